"""kemiao demo"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kemiao.app.door import Door, command


def register(cli: typer.Typer) -> None:
    @command(cli)
    def demo(
        door: Door,
        out: Annotated[
            Path, typer.Option(help="演示目录,重跑时清空 / the demo's folder, emptied when run again")
        ] = Path("demo"),
        companies: Annotated[int, typer.Option(min=10, max=5000, help="企业数 / how many companies")] = 300,
        seed: Annotated[int, typer.Option(min=0, help="随机种子 / the seed of the park")] = 1,
        months: Annotated[
            int, typer.Option(min=0, max=120, help="放款后再过几个月 / how many months the loans are served")
        ] = 12,
        port: Annotated[int, typer.Option("--port", min=0, max=65535, help="门户的端口,0 为任取 / of the portal; 0 takes any")] = 8600,
    ) -> object:  # fmt: skip
        """演示:一个科技园从资料到授信报告,再到放款、还款与月末,最后打开门户 / A park from its papers to the committee's report, to loans and month ends, and to the portal, served
        until Ctrl-C (KEMIAO_DEMO=once, CI: it ends there).

        例 e.g.: kemiao demo --companies 300 ; KEMIAO_DEMO=once kemiao demo
        """
        import os

        from kemiao.app.demo import run

        once = os.environ.get("KEMIAO_DEMO") == "once" or os.environ.get("CI", "").lower() in ("1", "true")
        return run(cli, door, out, companies, seed, months, port, stay=not once)
