"""A part of a loan is sold, served, bought back; each funder's account adds up and closes to zero."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from kemiao.bank.commands import approval, staff
from kemiao.bank.commands.loan_sale import Transfer, funder_report, transfer
from kemiao.bank.commands.staff import Add
from kemiao.bank.lending.loan_store import loan_draft, messages
from kemiao.bank.lending.people import account_of
from kemiao.bank.lending.record import record
from kemiao.bank.lending.standing import served
from kemiao.bank.world import World
from kemiao.base.refusal import Refusal
from kemiao.credit.servicing.funders import held_on, holdings, movements
from little_bank import LOAN as PLAIN_LOAN
from little_bank import at, clock_on, new_home

START = PLAIN_LOAN["starts_on"]
LOAN = {**PLAIN_LOAN, "amount_fen": 100_000_007}


@pytest.fixture(scope="module")
def sold_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = new_home(tmp_path_factory.mktemp("sale") / "home")
    with at(root, clock_on(date(2024, 9, 1))) as world:
        staff.add(world, None, Add("chen", "陈静", ("administrator",), "head_office"))
        staff.add(world, "chen", Add("zhou", "周宁", ("operations",), "head_office"))
        staff.add(world, "chen", Add("wu", "吴刚", ("head_office_officer",), "head_office"))
        with world.log.write() as tx:
            tx.append_many([loan_draft(LOAN)])
        tell(world, kind="disburse", value_day=START, amount_fen=100_000_007)
    return root


@pytest.fixture
def root(sold_home: Path, tmp_path: Path) -> Path:
    shutil.copytree(sold_home, tmp_path / "home")
    return tmp_path / "home"


@pytest.fixture
def world(root):
    with at(root, clock_on(date(2024, 9, 1))) as world:
        yield world


def tell(world: World, **row: Any) -> None:
    account = account_of(world, "zhou")
    answer = record(world, account, {"loan": "loan-1", **row})
    assert not isinstance(answer, Refusal), answer


def approved(world: World, kind: Any, funder: str, share: int, on: date, amount: int | None = None) -> Any:
    request = Transfer(kind, "loan-1", funder, share, amount, on)
    asked = transfer(world, "zhou", request)
    assert isinstance(asked, Refusal) and asked.code == "FOUR_EYES_NEEDED", asked
    approval.give(world, "wu", dict(asked.where)["request"])
    return transfer(world, "zhou", request)


def due(world: World, day: date) -> int:
    state = served(world, day, "loan-1").states.to_pylist()[0]
    return int(state["principal_due_fen"] + state["interest_due_fen"] + state["penalty_fen"] + state["compound_fen"])


@pytest.mark.slow
def test_accounts_of_two_funders_add_up_and_close_to_zero(world):
    assert approved(world, "sell", "甲银行", 333_333, date(2024, 1, 20)).kind == "sell"
    approved(world, "sell", "乙银行", 200_001, date(2024, 3, 1))
    for month in (2, 3, 4):
        tell(world, kind="repay", value_day=date(2024, month, 10), amount_fen=due(world, date(2024, month, 10)))
    approved(world, "buy_back", "甲银行", 100_000, date(2024, 4, 20))
    for month in (5, 6):
        tell(world, kind="repay", value_day=date(2024, month, 15), amount_fen=due(world, date(2024, month, 15)))
    until = date(2024, 6, 30)
    reports = [funder_report(world, name, date(2024, 1, 1), until) for name in ("甲银行", "乙银行")]
    state = served(world, until, "loan-1").states.to_pylist()[0]
    assert sum(report["totals"]["closing_fen"] for report in reports) == state["sold_principal_fen"] > 0
    july = funder_report(world, "甲银行", date(2024, 7, 1), date(2024, 7, 31))
    assert july["totals"]["opening_fen"] == reports[0]["totals"]["closing_fen"]
    assert [report["loans"][0]["share_ppm"] for report in reports] == [233_333, 200_001]

    tell(world, kind="repay", value_day=date(2024, 7, 10), amount_fen=due(world, date(2024, 7, 10)))
    ends = [funder_report(world, name, date(2024, 1, 1), date(2024, 8, 1)) for name in ("甲银行", "乙银行")]
    assert [end["totals"]["closing_fen"] for end in ends] == [0, 0]
    lines = served(world, date(2024, 8, 1), "loan-1").lines.to_pylist()
    cash = sum(line["sold_fen"] for line in lines if line["kind"] == "repay")
    assert sum(end["totals"]["remitted_fen"] for end in ends) == cash > 0
    found = holdings(messages(world, "loan-1").to_pylist())
    for component in ("principal", "interest", "penalty"):
        signs = {"sell": 1, "accrue": 1, "repay": -1, "buy_back": -1}
        for name in ("甲银行", "乙银行"):
            moved = [one for one in movements(lines, found, name) if one["component"] == component]
            assert sum(signs[one["kind"]] * one["amount_fen"] for one in moved) == 0


def test_no_more_is_sold_than_there_is_nor_bought_back_than_is_held(world):
    approved(world, "sell", "甲银行", 600_000, date(2024, 1, 20))
    for kind, funder, share in (
        ("sell", "乙银行", 400_001),
        ("buy_back", "甲银行", 600_001),
        ("buy_back", "乙银行", 1),
    ):
        assert (
            transfer(world, "zhou", Transfer(kind, "loan-1", funder, share, None, date(2024, 2, 1))).code
            == "NOT_THAT_MUCH"
        )
    for share in (0, -1, 1_000_001):
        assert transfer(world, "zhou", Transfer("sell", "loan-1", "乙银行", share)).code == "SHARE_OUT_OF_RANGE"
    assert transfer(world, "zhou", Transfer("sell", "loan-1", " ", 1)).code == "BAD_FUNDER"
    assert transfer(world, "zhou", Transfer("sell", "loan-9", "乙银行", 1)).code == "NO_SUCH_LOAN"
    assert funder_report(world, "丙银行", START, START).code == "NO_SUCH_FUNDER"


def test_a_part_goes_over_at_what_is_owed_unless_a_price_is_named(world):
    approved(world, "sell", "甲银行", 333_333, date(2024, 1, 20))
    approved(world, "sell", "乙银行", 100_001, date(2024, 4, 25))
    approved(world, "buy_back", "甲银行", 100_000, date(2024, 5, 2), 12_345)
    prices = [
        line for line in served(world, date(2024, 6, 1), "loan-1").lines.to_pylist() if line["component"] == "price"
    ]
    assert [line["amount_fen"] - line["sold_fen"] for line in prices[:2]] == [0, 0]  # no gain, no loss
    assert prices[2]["amount_fen"] == 12_345


def test_the_same_sale_twice_is_one(world):
    first = approved(world, "sell", "甲银行", 600_000, date(2024, 1, 20))
    again = transfer(world, "zhou", Transfer("sell", "loan-1", "甲银行", 600_000, None, date(2024, 1, 20)))
    assert (again.message, again.again) == (first.message, True)
    assert held_on(holdings(messages(world, "loan-1").to_pylist()), date(2024, 1, 20)) == {"甲银行": 600_000}


def test_a_written_off_part_leaves_the_account_and_what_is_recovered_is_passed_on(world):
    approved(world, "sell", "甲银行", 333_333, date(2024, 1, 20))
    tell(world, kind="write_off", value_day=date(2024, 5, 1))
    tell(world, kind="recover", value_day=date(2024, 6, 1), amount_fen=1_000_001)
    (row,) = funder_report(world, "甲银行", date(2024, 1, 1), date(2024, 6, 30))["loans"]
    assert row["closing_fen"] == 0 and row["written_off_fen"] == row["bought_fen"]
    assert row["recovered_fen"] == row["remitted_fen"] == 333_333
