"""A lake that an earlier release wrote: its tables lack the columns that came since."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from deltalake import write_deltalake

from kemiao.data.lake import Lake
from kemiao.facts.permit import Permit
from kemiao.facts.tables import TABLES
from little_bank import lake_table

A, B, DAY = "cumcm:E1", "cumcm:E2", date(2024, 7, 1)
FORM = TABLES["intellectual_property"]
PERMIT = Permit((A, B), ("intellectual_property", "staff"), "credit_review", DAY, "reading")
RIGHT = {"company": A, "number": "1", "kind": "invention", "status": "in_force", "filed_on": date(2020, 1, 1)}


def older_lake(root: Path) -> Lake:
    """One right, in a table of the first release's columns."""
    rows = lake_table("intellectual_property", [RIGHT])
    write_deltalake(root / "intellectual_property", rows.drop([c.name for c in FORM.columns if c.later]))
    return Lake(root)


def read(lake: Lake, snapshot: dict[str, int]) -> pa.Table:
    with lake.open(PERMIT, snapshot, DAY, DAY) as facts:
        return facts.sql("SELECT * FROM intellectual_property ORDER BY number")


def test_what_older_files_lack_reads_as_unknown(tmp_path: Path) -> None:
    lake = older_lake(tmp_path)
    rows = read(lake, lake.versions())
    assert rows.schema.names == FORM.arrow_schema.names and rows.num_rows == 1
    assert all(rows[column.name].null_count == 1 for column in FORM.columns if column.later)
    assert rows["kind"].to_pylist() == ["invention"]


def test_rows_of_today_stand_beside_older_ones_and_older_snapshots_stay_readable(tmp_path: Path) -> None:
    lake = older_lake(tmp_path)
    before = lake.versions()
    lake.append("intellectual_property", lake_table("intellectual_property", [{**RIGHT, "company": B, "number": "2", "claims": 9, "disputed": False}], 2))  # fmt: skip
    rows = read(lake, lake.versions())
    assert rows["claims"].to_pylist() == [None, 9] and rows["disputed"].to_pylist() == [None, False]
    assert read(lake, before)["number"].to_pylist() == ["1"]
    assert lake.restore(before) == ["intellectual_property"]
    assert pc.sum(read(lake, lake.versions())["claims"]).as_py() is None


def test_rows_of_an_older_table_can_be_removed_and_changed(tmp_path: Path) -> None:
    lake = older_lake(tmp_path)
    lake.append(
        "intellectual_property", lake_table("intellectual_property", [{**RIGHT, "number": "2", "claims": 9}], 2)
    )
    lake.update("intellectual_property", "number = '1'", {"title": "'x'"})
    lake.remove("intellectual_property", "number = '2'")
    assert read(lake, lake.versions()).select(["number", "title", "claims"]).to_pylist() == [{"number": "1", "title": "x", "claims": None}]  # fmt: skip
