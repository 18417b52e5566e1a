"""Invoice files as they come, and the lake as it stands."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from kemiao.bank.commands.import_files import Imported
from kemiao.bank.world import World

HEADER = ("数电发票号码", "销方识别号", "销方名称", "购方识别号", "购买方名称", "开票日期", "金额", "税额", "价税合计", "发票状态", "是否正数发票")  # fmt: skip
SELLER, BUYER = "91110108MA01KPGK0L", "91310000607213478L"


def invoice(number: int = 1, **cells: str) -> dict[str, str]:
    """A good row of an export; cells overrides by header name."""
    row = dict(zip(HEADER, (f"243120000000000{number:05}", SELLER, "甲公司", BUYER, "乙公司", "2024-05-01", "1000.00", "130.00", "1130.00", "正常", "是"), strict=True))  # fmt: skip
    return row | cells


def write_csv(
    path: Path, rows: Sequence[dict[str, str]], encoding: str = "utf-8", header: Sequence[str] = HEADER
) -> Path:
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows([row.get(name, "") for name in header] for row in rows)
    return path


def lake_rows(world: World, table: str = "invoice", where: str = "true") -> list[dict[str, object]]:
    """Rows of a table as they stand in the last snapshot, with their provenance, oldest import first."""
    import duckdb

    files = world.lake.uris(table, world.log.snapshot()[1])
    if not files:
        return []
    with duckdb.connect() as connection:
        return (
            connection.sql(f"SELECT * FROM read_parquet({files!r}) WHERE {where} ORDER BY batch, file, row")  # noqa: S608
            .to_arrow_table()
            .to_pylist()
        )


def adds_up(imported: Imported) -> bool:
    return all(file.taken + file.duplicates + file.quarantined == file.rows for file in imported.files)
