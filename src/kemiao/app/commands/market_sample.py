"""kemiao market sample"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kemiao.app.door import Door, command
from kemiao.app.groups import group
from kemiao.base.refusal import Outage, Refusal


def register(cli: typer.Typer) -> None:
    market = group(cli, "market")

    @command(market)
    def sample(
        door: Door,
        out: Annotated[Path, typer.Option(help="写到这个空目录 / an empty folder to write into")],
        requests: Annotated[int, typer.Option(min=0, max=200_000, help="申请数 / how many requests")] = 2000,
        mandates: Annotated[int, typer.Option(min=0, max=1000, help="授权数 / how many mandates of funders")] = 20,
        covers: Annotated[int, typer.Option(min=0, max=100, help="担保与风险补偿 / guarantees and pools")] = 3,
        seed: Annotated[int, typer.Option(min=0, help="随机种子 / same seed, same bytes")] = 1,
        split: Annotated[int, typer.Option(min=0, max=100, help="可拆分申请的百分比 / per cent of requests that may be split")] = 20,
    ) -> Refusal | None:  # fmt: skip
        """生成虚构的申请、授权和担保表,可直接用于 market clear / Invented tables of requests, mandates and covers to start from.

        例 e.g.: kemiao market sample --requests 2000 --mandates 20 --covers 3 --out sample
        """  # fmt: skip
        from kemiao.credit.matching.posted import cover_table, mandate_table, request_table
        from kemiao.twin.population.market import drawn

        if out.exists() and (not out.is_dir() or any(out.iterdir())):
            return Refusal.at(
                "OUT_NOT_EMPTY", "目录不是空的,请换一个", "is not an empty folder: choose another", file=out
            )
        made = drawn(requests, mandates, covers, seed, {"whole": 1 - split / 100, "split": split / 100})
        tables = {
            "requests": request_table(made.requests, made.grades),
            "mandates": mandate_table(made.mandates, made.grades),
            "covers": cover_table(made.covers, made.grades),
        }
        files = [_written(out, name, table) for name, table in tables.items() if table[1] or name != "covers"]
        if door.as_json:
            return door.document({"folder": str(out), "seed": seed, "files": files})
        door.table(
            str(out),
            [door.word("文件", "file"), door.word("行", "rows")],
            [(f["file"], f"{f['rows']:,}") for f in files],
        )
        typed = " ".join(f"--{name} {out / name}.csv" for name in tables if name != "covers" or covers)
        return door.say(f"接下来:kemiao market clear {typed}", f"next: kemiao market clear {typed}")


def _written(out: Path, name: str, table: tuple[list[str], list[list[str]]]) -> dict[str, object]:
    import csv

    header, rows = table
    path = out / f"{name}.csv"
    try:
        out.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(header)
            writer.writerows(rows)
    except OSError as error:
        raise Outage("CANNOT_WRITE", f"写不进去:{error.strerror}", f"cannot be written: {error.strerror}", {"file": path}) from error  # fmt: skip
    return {"file": path.name, "rows": len(rows)}
