"""kemiao population make"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kemiao.app.door import Door, command
from kemiao.base.refusal import Outage, Refusal


def register(cli: typer.Typer) -> None:
    population = typer.Typer(no_args_is_help=True, help="虚构的科技园 / an invented park of companies")
    cli.add_typer(population, name="population")

    @command(population)
    def make(
        door: Door,
        out: Annotated[Path, typer.Option(help="写到这个空目录 / an empty folder to write into")],
        companies: Annotated[int, typer.Option(min=1, max=5000, help="企业数 / how many companies")] = 300,
        seed: Annotated[int, typer.Option(min=0, help="随机种子 / same seed, same bytes")] = 1,
        day: Annotated[str, typer.Option(help="月初 / the first of a month: YYYY-MM-DD")] = "2024-07-01",
    ) -> Refusal | None:
        """生成一个虚构的科技园:与真实文件同样格式的发票、登记、申报、流水等。 / Makes an invented park: the same files that users have.

        例 e.g.: kemiao population make --companies 300 --seed 1 --out park
        """
        from kemiao.base.dates import parse_date
        from kemiao.twin.population.park import generate_park

        on = parse_date(day)
        if isinstance(on, Refusal):
            return on
        if out.exists() and (not out.is_dir() or any(out.iterdir())):
            return Refusal.at(
                "OUT_NOT_EMPTY", "目录不是空的,请换一个", "is not an empty folder: choose another", file=out
            )
        try:
            written = generate_park(out, companies, seed, on)
        except OSError as error:
            raise Outage(
                "CANNOT_WRITE",
                f"写不进去:{error.strerror}",
                f"cannot be written: {error.strerror}",
                {"file": error.filename or out},
            ) from error
        rows = sum(one.rows for one in written)
        if door.as_json:
            door.document({
                "folder": str(out), "companies": companies, "seed": seed, "day": on.isoformat(), "rows": rows,
                "files": [{"path": one.path, "map": one.map, "rows": one.rows, "option": dict(one.option)} for one in written],
            })  # fmt: skip
            return None
        by_map: dict[str, list[int]] = {}
        for one in written:
            by_map.setdefault(one.map, []).append(one.rows)
        columns = [door.word("映射", "map"), door.word("文件", "files"), door.word("行", "rows")]
        door.table(str(out), columns, ((name, len(sizes), f"{sum(sizes):,}") for name, sizes in by_map.items()))
        door.say("导入例如:kemiao import etax_invoices " + str(out / "发票"), "import e.g.: kemiao import etax_invoices " + str(out / "发票"))  # fmt: skip
        return None
