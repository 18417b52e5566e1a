"""kemiao industry NAME"""

from __future__ import annotations

from typing import Annotated

import typer

from kemiao.app.door import Door, command


def register(cli: typer.Typer) -> None:
    @command(cli)
    def industry(
        door: Door,
        names: Annotated[
            list[str], typer.Argument(help="企业名称 / names of companies", metavar="NAME…", show_default=False)
        ],
    ) -> object:
        """按企业名称推断行业,及其可信度与所据字词;看不出的留空 / The industry that a name tells of, how often that is right, and the word it rests on; empty where the name tells nothing.

        例 e.g.: kemiao industry 云岚建筑劳务有限公司 远江信息科技有限公司
        """
        from kemiao.credit.profile.industry_name import industry_of

        said = [(name, industry_of(name)) for name in names]
        if door.as_json:
            door.lines(
                {"name": name, "industry": one.industry, "confidence_ppm": one.confidence_ppm, "word": one.word}
                for name, one in said
            )
        else:
            door.table("", [door.word("名称", "name"), door.word("行业", "industry"), door.word("可信度", "right"), door.word("所据", "word")],
                       [(name, one.industry, None if one.confidence_ppm is None else f"{one.confidence_ppm / 10_000:.1f} %", one.word) for name, one in said])  # fmt: skip
        return None
