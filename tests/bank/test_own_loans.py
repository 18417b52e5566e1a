"""Existing loans come in: good rows go on, bad ones wait by file, row and column, totals and history are held against each other."""

from __future__ import annotations

import csv
import shutil
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kemiao.bank.commands import staff
from kemiao.bank.commands.own_loans import OwnLoans, bring_loans
from kemiao.bank.commands.staff import Add
from kemiao.bank.lending.history import history_of
from kemiao.bank.lending.loan_store import loans, messages
from kemiao.bank.lending.own_loans import running_interest
from kemiao.bank.lending.record import record
from kemiao.bank.lending.standing import served
from kemiao.base.dates import add_months
from kemiao.base.refusal import Refusal
from little_bank import DAY, ME, at, clock_on, new_home

USCC = ME.removeprefix("uscc:")
HEAD = (
    "借据号,统一社会信用代码,发放日期,到期日,贷款金额(元),余额,年利率,逾期天数,欠息,逾期本金,还款方式,还款间隔月数,罚息"
)
GOOD = (
    f"A1,{USCC},2024-01-15,2025-01-15,1000000,1000000,4.35%,0,,,先息后本,1",
    f"A2,{USCC},2024-01-15,2025-01-15,600000,500000,4.35%,12,1812.50,,先息后本,3,0",
    f"A3,{USCC},2023-01-15,2024-01-15,100000,30000.01,5%,,0,,到期一次还本付息,,0",
)
BAD = (
    (f"B1,{USCC}X,2024-01-15,2025-01-15,1,1,4%,0,,,,", "统一社会信用代码"),
    (f"B2,{USCC},2024-01-15,2025-01-15,1,1;2,4%,0,,,,", "余额"),
    (f"B3,{USCC},2024-01-15,2025-01-15,1,2,4%,0,,,,", "余额"),
    (f"B4,{USCC},2024-01-15,2023-01-15,1,1,4%,0,,,,", "到期日"),
    (f"B5,{USCC},2024-08-15,2025-01-15,1,1,4%,0,,,,", "发放日期"),
    (f"B6,{USCC},2024-01-15,2025-01-15,1,1,4%,30,,,,", "欠息"),
    (f"B7,{USCC},2024-01-15,2025-01-15,1,1,4%,,5,,,", "逾期天数"),
    (f"B8,{USCC},2023-01-15,2024-01-15,1,1,4%,0,,,,", "逾期天数"),
    (f"B9,{USCC},2024-01-15,2025-01-15,1,1,,0,,,,", "年利率"),
    (f"C1,{USCC},2024-01-15,2025-01-15,-1,-1,4%,0,,,,", "贷款金额(元)"),
    (f"C2,{USCC},2024-01-15,2125-01-15,1,1,4%,0,,,,", "到期日"),
    (f"C3,{USCC},2024-01-15,2025-01-15,1,1,4%,0,,,等额本金,0", "还款间隔月数"),
    (f"C4,{USCC},2024-01-15,2025-01-15,1,1,4%,0,,,明年再说,1", "还款方式"),
    (f"A1,{USCC},2024-01-15,2025-01-15,1,1,4%,0,,,,", "借据号"),
    (f"C5,{USCC},2024-01-15,2025-01-15,1,1,4%,0,,2,,", "逾期本金"),
)
TOTAL = 100_000_000 + 50_000_000 + 3_000_001


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = new_home(tmp_path_factory.mktemp("own") / "home")
    with at(root) as world:
        staff.add(world, None, Add("chen", "陈静", ("administrator", "operations"), "head_office"))
    return root


@pytest.fixture
def root(kept: Path, tmp_path: Path) -> Path:
    shutil.copytree(kept, tmp_path / "home")
    return tmp_path / "home"


def ledger(root: Path, rows: Any, head: str = HEAD, name: str = "台账.csv") -> Path:
    path = root.parent / name
    rows = [row + "," * (head.count(",") - row.count(",")) for row in rows]
    path.write_text("\n".join(("本行贷款台账", head, *rows)) + "\n", "utf-8")
    return path


def bring(root: Path, file: Path, day: date = DAY, **more: Any) -> Any:
    with at(root, clock_on(day)) as world:
        return bring_loans(world, "chen", replace(OwnLoans(file), **more))


def test_what_the_ledger_says_stands_in_the_book_on_its_day(root):
    answer = bring(root, ledger(root, GOOD), total_fen=TOTAL)
    assert (answer["taken"], answer["rejected"], answer["principal_fen"], answer["reckoned"]) == (3, 0, TOTAL, 2)
    with at(root) as world:
        one, two, three = served(world).states.to_pylist()
        assert [row["principal_fen"] for row in (one, two, three)] == [100_000_000, 50_000_000, 3_000_001]
        assert (one["interest_fen"], one["past_due_days"]) == (
            193_333,
            0,
        )
        assert (two["interest_due_fen"], two["past_due_days"], two["oldest_due_on"]) == (181_250, 12, date(2024, 6, 19))
        assert (three["principal_due_fen"], three["past_due_days"]) == (3_000_001, (DAY - date(2024, 1, 15)).days)
        lines = [line for line in served(world).lines.to_pylist() if line["kind"] == "opening"]
        assert sum(line["amount_fen"] for line in lines if line["component"] == "principal") == TOTAL


def test_the_same_file_again_does_nothing_also_on_another_day(root):
    file = ledger(root, GOOD)
    bring(root, file)
    with at(root) as world:
        before = world.log.last("own_loans").seq
    again = bring(root, file, date(2024, 7, 9))
    assert (again["again"], again["taken"], again["known"], again["rejected"]) == (True, 0, 3, 0)
    with at(root) as world:
        assert world.log.last("own_loans").seq == before and messages(world).num_rows == 3
    changed = bring(root, ledger(root, [GOOD[0].replace("1000000,4", "900000,4"), *GOOD[1:]]), on=DAY)
    assert (changed["known"], changed["rejected"]) == (2, 1)


def test_bad_rows_wait_with_file_row_and_column_and_good_ones_go_on(root):
    answer = bring(root, ledger(root, [*GOOD, *(row for row, _ in BAD)]))
    assert (answer["taken"], answer["rejected"], answer["unread"]) == (3, len(BAD), 1)
    with Path(answer["rejects"]).open(encoding="utf-8-sig", newline="") as file:
        waiting = list(csv.DictReader(file))
    first = {}
    for row in waiting:
        first.setdefault(int(row["_row"]), row)
    assert {row["_file"] for row in waiting} == {"台账.csv"}
    for place, (text, column) in enumerate(BAD):
        found = first[place + 3 + len(GOOD)]
        assert (found["_column"].split("; ")[0], found["借据号"]) == (column, text.split(",")[0]), found
    corrected = Path(answer["rejects"]).read_text("utf-8-sig").replace("1;2", "1")
    fixed = root.parent / "更正.csv"
    fixed.write_text(corrected, "utf-8")
    assert bring(root, fixed)["taken"] == 1  # B2; the columns that say what is wrong are not read


def test_a_stated_total_that_differs_lets_nothing_in(root):
    file = ledger(root, GOOD)
    assert bring(root, file, total_fen=TOTAL - 1).code == "CONTROL_TOTAL_DIFFERS"
    assert bring(root, file, total_fen=TOTAL + 1).code == "CONTROL_TOTAL_DIFFERS"
    with at(root) as world:
        assert not loans(world).num_rows


def test_a_history_that_leads_elsewhere_keeps_its_loan_out(root):
    history = ledger(root, [
        "A1,2024-01-15,放款,1000000,,,x1", "A1,2024-02-15,还款,3745.83,0,3745.83,x2", "A2,2024-01-15,放款,600000,,,y1",
        "A2,2024-04-15,还款,106000,100001,5999,y2", "A9,2024-04-15,还款,1,1,0,z1", "A1,2024-07-02,还款,1,1,0,x3", "A1,2024-03-15,还款,1,2,0,x4",
    ], "借据号,日期,类型,金额,其中本金,其中利息,流水号", "明细.csv")  # fmt: skip
    answer = bring(root, ledger(root, GOOD), history=history)
    assert (
        answer["taken"],
        answer["rejected"],
        answer["history"],
        answer["history_agreed"],
        answer["history_rejected"],
    ) == (2, 1, 2, 1, 3)
    with at(root) as world:
        assert [row["reference"] for row in history_of(world, "A1")] == ["x1", "x2"]
        assert loans(world)["loan"].to_pylist() == ["A1", "A3"]


@pytest.mark.parametrize(("change", "code"), [
    ({"on": date(2024, 7, 2)}, "DAY_AHEAD"), ({"file": Path("nowhere.csv")}, "NO_SUCH_FILE"),
])  # fmt: skip
def test_what_can_not_be_brought(root, change, code):
    from kemiao.base.refusal import Refused

    try:
        answer = bring(root, **{"file": ledger(root, GOOD), **change})
    except Refused as refused:
        answer = refused.refusal
    assert isinstance(answer, Refusal) and answer.code == code


def test_a_ledger_without_its_columns_is_refused_by_name(root):
    answer = bring(root, ledger(root, ["A1,1"], "借据号,余额"))
    assert answer.code == "COLUMN_MISSING" and "年利率" in answer.zh


@pytest.mark.parametrize(("count", "days"), [("A360", 16), ("A365", 16), ("30E360", 16)])
def test_running_interest_counts_from_the_last_due(count, days):
    loan = {"starts_on": date(2024, 1, 15), "first_due_on": date(2024, 2, 15), "matures_on": date(2025, 1, 15), "every_months": 1, "day_count": count, "rate_ppm": 36_000}  # fmt: skip
    basis = 365 if count == "A365" else 360
    assert running_interest(loan, 10_000_000, date(2024, 7, 1)) == round(10_000_000 * 0.036 * days / basis)


def test_what_happened_before_the_opening_is_in_it(root):
    bring(root, ledger(root, GOOD))
    with at(root, clock_on(date(2024, 7, 20))) as world:
        tell = {"loan": "A1", "kind": "repay", "amount_fen": 100}
        assert record(world, None, {**tell, "value_day": DAY}).code == "BEFORE_THE_OPENING"
        assert record(world, None, {**tell, "value_day": date(2024, 7, 2)}).kind == "repay"
        drawn = record(world, None, {**tell, "loan": "A2", "kind": "disburse", "value_day": date(2024, 7, 2)})
        assert drawn.code == "MORE_THAN_AGREED"  # what was repaid of it is not drawn again


@given(st.dates(date(2020, 1, 1), date(2024, 1, 1)), st.integers(0, 40), st.integers(1, 13), st.integers(0, 1500))
def test_the_last_due_is_found_without_walking(start, day, every, later):
    first = start + timedelta(day)
    on = first + timedelta(later)
    loan = {
        "starts_on": start,
        "first_due_on": first,
        "matures_on": date(2040, 1, 1),
        "every_months": every,
        "day_count": "A360",
        "rate_ppm": 360_000,
    }
    since = max(due for number in range(60) if (due := add_months(first, number * every)) <= on)
    assert running_interest(loan, 1_000_000, on) == 1_000 * (on - since).days


def waits(answer: Any) -> dict[str, list[tuple[str, str]]]:
    """Loan number → (code, column) of each of its faults."""
    found: dict[str, list[tuple[str, str]]] = {}
    if answer["rejects"]:
        with Path(answer["rejects"]).open(encoding="utf-8-sig", newline="") as file:
            for row in csv.DictReader(file):
                assert row["借据号"] not in found  # a line a row: it is corrected and brought again
                found[row["借据号"]] = list(zip(row["_code"].split("; "), row["_column"].split("; "), strict=True))
    return found


def why(answer: Any) -> str:
    return "".join(Path(answer[name]).read_text("utf-8-sig") for name in ("rejects", "history_rejects") if answer[name])


FLOATING = "借据号,统一社会信用代码,发放日期,到期日,贷款金额,余额,年利率,利率类型,首次重定价日,利差"


@pytest.mark.parametrize(("head", "cell"), [
    ("利差(BP)", "140"), ("利差(基点)", "140"), ("加点(BP)", "+140"), ("利差bp", "140"), ("加点_bps", "140"), ("利差", "140BP"), ("利差", "140个基点"), ("利差(%)", "1.40"),
])  # fmt: skip
def test_a_spread_is_read_in_the_unit_of_its_header_or_cell(root, head, cell):
    row = f"F1,{USCC},2023-03-01,2026-03-01,100,100,4.85%,lpr_1y,2024-03-01,{cell}"  # 3.45% on that day
    assert bring(root, ledger(root, [row], FLOATING.replace("利差", head)))["taken"] == 1
    with at(root) as world:
        assert loans(world)["spread_ppm"].to_pylist() == [14_000]


def test_a_spread_in_no_unit_and_a_rate_that_the_lpr_does_not_give_wait(root):
    rows = (
        f"F1,{USCC},2023-03-01,2026-03-01,100,100,4.85%,lpr_1y,2024-03-01,140",
        f"F2,{USCC},2023-03-01,2026-03-01,100,100,6.25%,lpr_1y,2024-03-01,1.40%",
        f"F3,{USCC},2023-03-01,2026-03-01,100,100,4.35,固定,,",
        f"F4,{USCC},2023-09-01,2026-03-01,100,100,4.85%,lpr_1y,2024-09-01,1.40%",  # its next reset; 3.45% when it was drawn
    )
    answer = bring(root, ledger(root, rows, FLOATING))
    assert waits(answer) == {
        "F1": [("SPREAD_OUT_OF_RANGE", "利差")], "F2": [("RATE_DISAGREES", "年利率")], "F3": [("OUT_OF_RANGE", "年利率")],
    }  # fmt: skip
    assert "应为 4.85%" in why(answer) and "写成 4.35%" in why(answer) and "14000.00%" in why(answer)


@pytest.mark.parametrize(("row", "faults"), [
    ("2023-01-15,2024-01-15,9,9,5%,168,,,到期一次还本付息,,", ["欠息", "罚息"]),
    ("2023-01-15,2024-01-15,9,9,5%,168,0,,到期一次还本付息,,", ["罚息"]),
    ("2023-01-15,2024-01-15,9,9,5%,168,0,,到期一次还本付息,,0", []),
    ("2024-01-15,2025-01-15,9,9,5%,30,0.1,,先息后本,1,", ["罚息"]),
    ("2024-01-15,2025-01-15,9,9,5%,30,0.1,,等额本息,1,0", ["逾期本金"]),
    ("2024-01-15,2025-01-15,9,9,5%,30,0,0,先息后本,1,0", ["逾期本金"]),
    ("2024-01-15,2024-07-01,9,9,5%,0,,,先息后本,1,", ["欠息"]),
    ("2024-01-15,2024-07-01,9,9,5%,0,0.1,,先息后本,1,", ["罚息"]),
])  # fmt: skip
def test_what_is_owed_past_due_is_said_and_never_assumed(root, row, faults):
    answer = bring(root, ledger(root, [f"P1,{USCC},{row}"]))
    assert waits(answer).get("P1", []) == [("ARREARS_UNSAID", column) for column in faults]


def test_overdue_principal_runs_no_interest_beside_its_penalty(root):
    row = f"P1,{USCC},2024-01-15,2025-01-15,1000000,1000000,3.6%,16,0,400000,等额本金,1,500"
    bring(root, ledger(root, [row]))
    with at(root) as world:
        (state,) = served(world).states.to_pylist()
    assert (state["interest_fen"], state["penalty_fen"]) == (60_000_000 * 36_000 * 16 // 360 // 1_000_000, 50_000)


def test_total_rows_are_compared_and_not_counted(root):
    rows = (*GOOD[:2], f"小计,,,,,{1_500_000},,,,,,,", GOOD[2], f"合 计:,,,,,{TOTAL / 100:.2f},,,,,,,")
    answer = bring(root, ledger(root, rows), total_fen=TOTAL)
    assert (answer["taken"], answer["rejected"], answer["totals"], answer["read_fen"]) == (3, 0, 2, TOTAL)
    assert answer["rows"] == 5 and answer["ledger_total_fen"] == TOTAL


def test_a_total_row_that_is_not_the_sum_lets_nothing_in_and_names_what_stands_twice(root):
    answer = bring(root, ledger(root, [*GOOD, GOOD[0], f"总计,,,,,{TOTAL / 100:.2f},,,,,,,"]))
    assert answer.code == "CONTROL_TOTAL_DIFFERS" and dict(answer.where)["row"] == "7"
    assert "2,530,000.01 元" in answer.zh and "1,530,000.01 元" in answer.zh and "A1(3、6)" in answer.zh
    assert "1,000,000.00 yuan" not in answer.en.split("apart")[1] and "0.00 yuan taken" in answer.en
    with at(root) as world:
        assert not loans(world).num_rows


def workbook(root: Path, **sheets: list[str]) -> Path:
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.active)
    for name, lines in sheets.items():
        sheet = book.create_sheet(name)
        for line in lines:
            sheet.append(line.split(","))
    book.save(path := root.parent / "台账.xlsx")
    return path


def test_the_ledger_is_found_behind_a_first_sheet_that_explains(root):
    path = workbook(root, 说明=["本表为存量贷款", "余额,单位:元"], 台账=[HEAD, *GOOD, GOOD[0]])
    answer = bring(root, path)
    assert (answer["sheet"], answer["taken"]) == ("台账", 3)
    with Path(answer["rejects"]).open(encoding="utf-8-sig", newline="") as file:
        assert [(row["_sheet"], row["_row"]) for row in csv.DictReader(file)] == [("台账", "5")]


def test_a_workbook_without_one_ledger_is_refused_with_its_sheets_and_the_headers_expected(root):
    two = bring(root, workbook(root, 甲=[HEAD, GOOD[0]], 乙=[HEAD, GOOD[1]]))
    assert two.code == "SEVERAL_SHEETS" and "甲、乙" in two.zh
    assert bring(root, root.parent / "台账.xlsx", sheet="乙")["taken"] == 1
    assert bring(root, root.parent / "台账.xlsx", sheet="丙").code == "NO_SUCH_SHEET"
    none = bring(root, workbook(root, 甲=["x,y"], 乙=["z"]))
    assert none.code == "COLUMN_MISSING" and "借据号、统一社会信用代码" in none.zh and "loan_no" not in none.en
    assert dict(none.where) == {"file": "台账.xlsx", "sheet": "甲、乙"}


def test_a_row_names_all_its_faults(root):
    answer = bring(root, ledger(root, [f"=A,{USCC}X,2024-01-15,2023-01-15,1,2,4.35,0,没有,,,,"]))
    assert {column for _, column in waits(answer)["=A"]} >= {
        "借据号",
        "统一社会信用代码",
        "到期日",
        "余额",
        "年利率",
        "欠息",
    }


def test_a_loan_number_is_short_and_plain(root):
    odd = ("-1", "+1", "@x", "a..b", "../x", "a b", "a" * 65, "x(1)", "é", "a'b", "/etc")
    answer = bring(
        root, ledger(root, [GOOD[0].replace("A1,", f"{number},", 1) for number in (*odd, "科贷〇-2024_01/3.b")])
    )
    assert waits(answer) == {number: [("BAD_LOAN_NUMBER", "借据号")] for number in odd} and answer["taken"] == 1


def test_a_history_says_which_loans_wait_and_its_counts_add_up(root):
    rows = [
        "A1,2024-01-15,放款,1000000,,", "A2,2024-01-15,放款,1,,", "B1,2024-01-15,放款,1,,", "Z9,2024-01-15,放款,1,,", "A1,2024-07-02,还款,1,1,0",
        "S1,2024-01-15,放款,1,,", "合计,,,1000003,,",
    ]  # fmt: skip
    history = ledger(root, rows, "借据号,日期,类型,金额,其中本金,其中利息", "明细.csv")
    settled = f"S1,{USCC},2024-01-15,2025-01-15,1,0,4%,0,,,,"
    answer = bring(root, ledger(root, [*GOOD, BAD[0][0], settled]), history=history)
    parts = ("history", "history_known", "history_waiting", "history_rejected", "history_totals")
    assert [answer[name] for name in parts] == [1, 1, 2, 2, 1] and answer["history_rows"] == len(rows)
    assert "LOAN_WAITS" in why(answer) and "按明细应剩本金 1.00 元,台账余额为 500,000.00 元" in why(answer)
    again = bring(root, root.parent / "台账.csv", history=history)
    assert (again["known"], again["history_known"]) == (2, 2)
    assert sum(again[name] for name in parts) == len(rows)
