from __future__ import annotations

from datetime import date

import pytest

from kemiao.base.refusal import Refused
from kemiao.base.tables import read_all_packaged, table_from_text, weakest

ROW = 'source = "s"\nconfidence = "text"\n'


def read(text):
    return table_from_text("t", text, "t.toml")


def test_a_row_is_in_force_from_its_first_day_to_the_day_before_its_end():
    row = read(f"[[row]]\nx = 1\n{ROW}effective_from = 2024-01-01\neffective_to = 2025-01-01\n").rows[0]
    days = [date(2023, 12, 31), date(2024, 1, 1), date(2024, 12, 31), date(2025, 1, 1)]
    assert [row.in_force(day) for day in days] == [False, True, True, False]
    assert dict(row.cells) == {"x": 1}


def test_a_row_without_an_end_stays_in_force():
    table = read(f"head = 5\n[[row]]\n{ROW}effective_from = 2024-01-01\n")
    assert len(table.on(date(9999, 12, 31))) == 1
    assert table.on(date(2023, 12, 31)) == ()
    assert dict(table.head) == {"head": 5}


@pytest.mark.parametrize(
    ("text", "code", "row"),
    [
        ("[[row]\n", "NOT_TOML", None),
        ('[[row]]\nsource = "s"\neffective_from = 2024-01-01\n', "ROW_WITHOUT_SOURCE", "1"),
        (f'[[row]]\n{ROW}effective_from = 2024-01-01\n[[row]]\n{ROW}', "ROW_WITHOUT_SOURCE", "2"),
        (f'[[row]]\n{ROW}effective_from = "2024-01-01"\n', "BAD_DATED_ROW", "1"),
        (f'[[row]]\n{ROW}effective_from = 2024-01-01T00:00:00\n', "BAD_DATED_ROW", "1"),
        (f'[[row]]\n{ROW}effective_from = 2024-01-01\neffective_to = 2024-01-01\n', "BAD_DATED_ROW", "1"),
        ('[[row]]\nsource = "s"\nconfidence = "sure"\neffective_from = 2024-01-01\n', "BAD_DATED_ROW", "1"),
        ('[[row]]\nsource = " "\nconfidence = "text"\neffective_from = 2024-01-01\n', "BAD_DATED_ROW", "1"),
        (f'[row]\n{ROW}effective_from = 2024-01-01\n', "BAD_DATED_ROW", None),
    ],
)  # fmt: skip
def test_a_bad_row_is_named_by_file_and_number(text, code, row):
    with pytest.raises(Refused) as caught:
        read(text)
    where = dict(caught.value.refusal.where)
    assert (caught.value.refusal.code, where["file"], where.get("row")) == (code, "t.toml", row)


def test_the_weakest_confidence_is_the_last_of_the_scale():
    assert weakest(["text", "single", "corroborated"]) == "single"
    assert weakest(["recalled", "text"]) == "recalled"


def test_every_row_of_the_law_has_a_document_and_overlaps_none_of_its_own_kind():
    for table in read_all_packaged("kemiao.law.tables").values():
        assert table.rows, table.name
        for row in table.rows:
            assert len(row.source) > 5, (table.name, row)
        starts = [(tuple(sorted((key, str(value)) for key, value in row.cells.items() if key in ("id", "code", "tenor", "industry", "kind", "input", "collateral", "from_ppm", "at_least"))), row.effective_from) for row in table.rows]  # fmt: skip
        assert len(starts) == len(set(starts)), table.name
