"""Movement tables add up, and the lines that the books post are the movement of the allowances."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
import pyarrow.compute as pc
from hypothesis import given, settings
from hypothesis import strategies as st

from credit.quality.small_book import DAY, MILLION, judged
from kemiao.credit.quality.movement import adds_up, movement
from kemiao.credit.quality.provisions import USED, provisions
from kemiao.credit.quality.totals import by_class, by_stage, totals
from kemiao.credit.servicing.columns import LINES

LATER = date(2024, 8, 1)
ROW = st.fixed_dictionaries({
    "amount_fen": st.integers(1, 10**11), "past_due_days": st.sampled_from([0, 0, 20, 60, 100, 400]),
    "status": st.sampled_from(["active", "active", "active", "agreed", "settled", "written_off"]), "company": st.sampled_from(["uscc:A", "uscc:B"]),
})  # fmt: skip


def standing(row):
    return row | ({"principal_fen": 0} if row["status"] == "written_off" else {})


def taken(*fen):
    return pa.table([[f"loan-{place}" for place in range(len(fen))], list(fen)], schema=USED)


@settings(max_examples=15)
@given(st.lists(st.tuples(ROW, ROW, st.integers(-(10**9), 10**9)), min_size=1, max_size=8))
def test_opening_and_changes_are_the_closing(rows):
    before = judged([standing(row) for row, _, _ in rows])
    now = judged([standing(row) for _, row, _ in rows], day=LATER, before=before)
    moves = movement(before, now, taken(*(fen for _, _, fen in rows)))
    for name, column in (("balance", "balance_fen"), ("allowance", "ecl_fen")):
        assert adds_up(moves[name])
        assert moves[name]["opening"]["total"] == pc.sum(before[column]).as_py() or before.num_rows == 0
        assert moves[name]["closing"]["total"] == (pc.sum(now[column]).as_py() or 0)
        assert moves[name]["to_stage1"]["total"] == moves[name]["to_stage3"]["total"] == 0
    for parts in (by_class(now), by_stage(now)):
        assert sum(row["balance_fen"] for row in parts) == totals(now)["balance_fen"]


@settings(max_examples=15)
@given(st.lists(st.tuples(ROW, ROW), min_size=1, max_size=8), st.integers(0, 10**9))
def test_lines_carry_the_allowance_from_one_judgement_to_the_next(pairs, used):
    before = judged([row for row, _ in pairs])
    now = judged([row for _, row in pairs], day=LATER, before=before)
    lines = provisions(before, now, LATER, taken(used))
    assert lines.schema == LINES
    assert (pc.sum(lines["amount_fen"]).as_py() or 0) == (pc.sum(now["ecl_fen"]).as_py() or 0) - (
        pc.sum(before["ecl_fen"]).as_py() or 0
    ) + used
    assert 0 not in lines["amount_fen"].to_pylist()
    assert provisions(now, now, LATER).num_rows == 0


def test_a_loan_that_gets_worse_moves_its_allowance_from_stage_to_stage():
    before, now = judged([{}]), judged([{"past_due_days": 100}], day=LATER)
    lines = provisions(before, now, LATER).to_pylist()
    was, stands = before["ecl_fen"][0].as_py(), now["ecl_fen"][0].as_py()
    assert [(line["component"], line["amount_fen"]) for line in lines] == [("stage1", -was), ("stage3", stands)]
    moved = movement(before, now, taken())["allowance"]
    assert (moved["to_stage3"]["stage1"], moved["to_stage3"]["stage3"], moved["remeasured"]["stage3"]) == (
        -was,
        was,
        stands - was,
    )


def test_of_nothing_there_are_no_ratios():
    none = judged([])
    assert totals(none)["npl_ratio_ppm"] is None
    assert movement(none, judged([{}], day=DAY), taken())["balance"]["new"]["stage1"] == MILLION


def test_a_write_off_takes_what_stood_on_its_day():
    kept, gone = {"past_due_days": 95}, {"past_due_days": 95, "status": "written_off", "principal_fen": 0}
    before, now = judged([kept, kept]), judged([gone, kept | {"status": "settled"}, gone], day=LATER)
    # Interest accrued after the opening; the second was written off in part and then repaid; the third began in between.
    moves = movement(before, now, taken(MILLION + 5000, MILLION // 4, MILLION // 2))["balance"]
    assert moves["written_off"]["total"] == -(MILLION + 5000 + MILLION // 4 + MILLION // 2)
    assert (moves["remeasured"]["total"], moves["settled"]["total"], moves["new"]["total"]) == (5000, -3 * MILLION // 4, MILLION // 2)  # fmt: skip
    assert adds_up(moves)
