"""Rows that wait: listed, exported, corrected, and taken again; nothing is lost and nothing is taken twice."""

from __future__ import annotations

import csv
from pathlib import Path

import openpyxl
import pytest

from kemiao.bank.commands.quarantine import RetriedRows, export, retry, waiting_list
from kemiao.bank.commands.undo_import import undo_import
from kemiao.base.refusal import Refusal, Refused

from .papers import invoice, lake_rows, write_csv


def again(world, file: Path | None = None, batch: int | None = None) -> RetriedRows:
    answer = retry(world, file, batch, lambda _: None)
    assert isinstance(answer, RetriedRows), answer
    return answer


def correct(file: Path, old: str, new: str) -> None:
    file.write_text(file.read_text("utf-8-sig").replace(old, new), "utf-8-sig")


@pytest.fixture
def waiting(bring, tmp_path):
    """Three good rows, two bad ones."""
    rows = [invoice(1), invoice(2, 金额="1OOO.00"), invoice(3), invoice(4, 开票日期="someday"), invoice(5)]
    file = write_csv(tmp_path / "a.csv", rows)
    imported = bring(file)
    assert (imported.taken, imported.quarantined) == (3, 2)
    return file


def test_a_waiting_row_says_where_it_is_and_what_is_expected(world, waiting):
    first, second = waiting_list(world)
    (error,) = first.errors
    assert (first.name, first.row, error.column, error.value) == ("a.csv", 3, "金额", "1OOO.00")
    assert (error.code, error.zh, error.expect_en) == ("NOT_AN_AMOUNT", "“1OOO.00”不是金额", "an amount with two decimals, up to 100 billion yuan")  # fmt: skip
    assert (second.row, second.errors[0].code, second.cell("购买方名称")) == (5, "NOT_A_DATE", "乙公司")


def test_after_one_cell_is_corrected_retry_takes_exactly_that_row(world, waiting, tmp_path):
    out = tmp_path / "waiting.csv"
    assert export(world, out, None, "zh") == 2
    correct(out, "1OOO.00", "1000.00")
    done = again(world, out)
    assert (done.retried, done.taken, done.duplicates, done.still_bad) == (2, 1, 0, 1)
    (taken,) = lake_rows(world, where="batch = 2")
    assert (taken["row"], taken["amount_fen"]) == (3, 100_000)
    assert [row.row for row in waiting_list(world)] == [5]
    assert again(world, out).taken == 0  # the corrected row waits no longer: it is not tried again
    assert len(lake_rows(world)) == 4


def test_a_workbook_can_be_corrected_as_well(world, waiting, tmp_path):
    out = tmp_path / "waiting.xlsx"
    export(world, out, None, "en")
    book = openpyxl.load_workbook(out)
    for row in book.active.iter_rows():
        for cell in row:
            cell.value = {"someday": "2024-06-01", "1OOO.00": 1000}.get(cell.value, cell.value)
    book.save(out)
    assert again(world, out).taken == 2
    assert waiting_list(world) == []


def test_the_corrected_original_can_be_imported_again(world, waiting, bring):
    waiting.write_text(waiting.read_text().replace("1OOO.00", "1000.00"))
    imported = bring(waiting)
    assert (imported.taken, imported.duplicates, imported.quarantined, imported.settled) == (1, 3, 1, 1)
    assert [row.row for row in waiting_list(world)] == [5]


def test_a_row_that_moved_is_recognised_by_the_key_of_its_fact(world, waiting, bring, tmp_path):
    rows = [invoice(9), invoice(2), invoice(4, 开票日期="2024-06-01")]
    assert bring(write_csv(tmp_path / "other.csv", rows)).settled == 2
    assert waiting_list(world) == []


def test_another_row_in_the_same_place_does_not_settle_it(world, bring, tmp_path):
    statement = "交易日期,借方发生额,贷方发生额\n{}\n"
    (tmp_path / "s.csv").write_text(statement.format("20240105,,x"))
    bring(tmp_path / "s.csv", map="bank_statement", company="cumcm:E1")
    (tmp_path / "s.csv").write_text(statement.format("20240207,,5"))
    assert bring(tmp_path / "s.csv", map="bank_statement", company="cumcm:E2").settled == 0
    assert len(waiting_list(world)) == 1


def test_the_originals_are_read_again_where_they_still_are(world, waiting):
    assert (again(world).retried, again(world).taken) == (2, 0)
    waiting.write_text(waiting.read_text().replace("someday", "2024-06-01"))
    assert again(world).taken == 1
    waiting.unlink()
    answer = retry(world, None, None, lambda _: None)
    assert isinstance(answer, Refusal)
    assert answer.code == "ORIGINALS_GONE"


def test_a_line_that_was_no_row_is_set_right_by_hand(world, bring, tmp_path):
    file = write_csv(tmp_path / "a.csv", [invoice(1)])
    file.write_text(file.read_text() + ",".join(list(invoice(2).values())[:-1]) + "\n")
    bring(file)
    export(world, tmp_path / "w.csv", None, "zh")
    with (tmp_path / "w.csv").open(encoding="utf-8-sig", newline="") as text:
        rows = list(csv.reader(text))
    rows[1] = [*rows[1][: len(rows[0]) - 1], "是"]
    with (tmp_path / "w.csv").open("w", newline="") as text:
        csv.writer(text).writerows(rows)
    assert again(world, tmp_path / "w.csv").taken == 1


def test_undoing_the_retry_brings_the_row_back_and_undoing_the_import_clears_it(world, waiting, tmp_path):
    out = tmp_path / "waiting.csv"
    export(world, out, None, "zh")
    correct(out, "1OOO.00", "1000.00")
    again(world, out)
    undo_import(world, 2)
    assert [row.row for row in waiting_list(world)] == [3, 5]
    undo_import(world, 1)
    assert waiting_list(world) == []
    assert lake_rows(world) == []


def test_a_bad_line_and_its_neighbours_come_in_together(world, bring, tmp_path):
    header = [*invoice(), "货物或应税劳务名称"]
    lines = [invoice(1, 货物或应税劳务名称="a"), invoice(1, 货物或应税劳务名称="b", 金额="x")]
    assert bring(write_csv(tmp_path / "lines.csv", lines, header=header)).quarantined == 2
    export(world, tmp_path / "w.csv", None, "zh")
    correct(tmp_path / "w.csv", ",x,", ",1000.00,")
    assert again(world, tmp_path / "w.csv").taken == 2
    assert [row["amount_fen"] for row in lake_rows(world)] == [200_000]


def test_a_file_that_is_no_export_is_refused(world, waiting):
    with pytest.raises(Refused) as refused:
        retry(world, waiting, None, lambda _: None)
    assert refused.value.refusal.code == "NOT_AN_EXPORT"


def test_nothing_waits_in_an_empty_home(world, tmp_path):
    assert export(world, tmp_path / "w.csv", None, "zh").code == "NOTHING_WAITS"
    assert retry(world, None, None, lambda _: None).code == "NOTHING_WAITS"


def test_an_erased_company_leaves_nothing_readable_in_quarantine(world, waiting):
    first, _ = waiting_list(world)
    assert first.subject
    for row in (first,):
        world.vault.destroy(row.subject)
    assert [row.cells for row in waiting_list(world)] == [(), ()]
