"""Orders of repayment: who may give one, what meets it, when it is over."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from kemiao.bank.commands.repayment_order import Ordered, OrderRepayment, order_repayment, quote, withdraw_order
from kemiao.bank.lending.applications import Applicant, Effort
from kemiao.bank.lending.loan_store import loan_draft
from kemiao.bank.lending.people import account_of
from kemiao.bank.lending.record import Recorded, record
from kemiao.bank.lending.repayment_orders import Order, orders_of, waiting
from kemiao.bank.world import World
from kemiao.base.refusal import Refusal
from kemiao.credit.servicing.columns import INTEREST_FIRST
from little_bank import ME, at, clock_on, new_home

START, TODAY = date(2024, 1, 5), date(2024, 7, 1)
TERMS = {
    "loan": "one", "company": ME, "product": "p", "origin": "signed", "repayment": "interest_first", "amount_fen": 50_000_000, "signed_on": START,
    "starts_on": START, "matures_on": date(2025, 1, 6), "first_due_on": date(2024, 2, 5), "every_months": 1, "month_end": False,
    "business_day": "following", "day_count": "A360", "rate_ppm": 36_000, "rate_kind": "fixed", "overdue_markup_ppm": 500_000, "diverted_markup_ppm": 0,
    "compound": True, "grace_days": 0, "allocation": INTEREST_FIRST, "early_fee_ppm": 10_000, "fee_fen": 0, "vat_ppm": 60_000, "manager": "sun",
}  # fmt: skip
MINE = Effort(applicant=Applicant("mine", ME, "session"))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    root = new_home(tmp_path / "home")
    with at(root, clock_on(TODAY)) as world:
        with world.log.write() as tx:
            tx.append_many([loan_draft(TERMS)])
            for name, role in (("sun", "operations"), ("chen", "administrator")):
                tx.append("staff_added", ref=name, public={"person": name, "roles": [role], "unit": "head_office", "bootstrap": True})  # fmt: skip
        moved(world, "disburse", START, 50_000_000)
        for month in range(2, 7):
            moved(world, "repay", date(2024, month, 5), 155_000 if month in (2, 4, 6) else 150_000)
    return root


@pytest.fixture
def world(home: Path) -> Iterator[World]:
    with at(home, clock_on(TODAY)) as opened:
        yield opened


def moved(world: World, kind: str, on: date, fen: int | None, **more: str) -> None:
    made = record(world, None, {"loan": "one", "kind": kind, "value_day": on, "amount_fen": fen, **more})
    assert isinstance(made, Recorded), made


def early(fen: int, on: date = TODAY) -> OrderRepayment:
    return OrderRepayment("one", "early", on, fen)


def ordered(world: World, asked: OrderRepayment) -> Order:
    made = order_repayment(world, asked, MINE)
    assert isinstance(made, Ordered), made
    return made.order


def states(world: World) -> list[str]:
    known = orders_of(world, "one")
    assert not isinstance(known, Refusal)
    return [each.state for each in known]


def test_the_company_itself_or_who_records_repayments_may_order_and_nobody_else(world: World) -> None:
    staff = {name: account_of(world, name) for name in ("sun", "chen")}
    efforts = {name: Effort(account) for name, account in staff.items() if not isinstance(account, Refusal)}
    for effort, code in (
        (Effort(applicant=Applicant("theirs", "uscc:other", "s")), "NOT_THE_APPLICANT"), (Effort(), "NO_ACCOUNT_NAMED"),
        (efforts["chen"], "NOT_YOUR_ROLE"), (Effort(efforts["sun"].account, applicant=MINE.applicant), "NOT_THE_APPLICANT"),
    ):  # fmt: skip
        refused = order_repayment(world, early(1_000_000), effort)
        assert isinstance(refused, Refusal) and refused.code == code
    made = order_repayment(world, early(1_000_000), efforts["sun"])
    assert isinstance(made, Ordered) and (made.order.by, made.order.applicant) == ("sun", None)


def test_the_fee_of_an_early_repayment_is_told_before_and_is_what_is_taken(world: World) -> None:
    told = quote(world, early(10_000_000))
    assert not isinstance(told, Refusal)
    moved(world, "repay", TODAY, 10_000_000, message="seen", word="early")
    from kemiao.bank.lending.standing import states as standing

    now = standing(world, own="one").to_pylist()[0]
    assert told.left_fen == now["principal_fen"] and told.early_fee_fen > 0
    assert told.principal_fen + told.interest_fen + told.penalty_fen + told.early_fee_fen + told.kept_fen == 10_000_000


def test_each_order_is_met_by_a_payment_of_its_own_that_came_after_it(world: World) -> None:
    moved(world, "repay", TODAY, 1_000_000, message="before")
    ordered(world, early(1_000_000))
    assert states(world) == ["waiting"]
    moved(world, "repay", TODAY, 1_000_000, message="first")
    ordered(world, early(1_000_000))
    assert states(world) == ["paid", "waiting"]
    moved(world, "repay", TODAY, 1_000_000, message="second")
    assert states(world) == ["paid", "paid"]
    moved(world, "reverse", TODAY, None, word="second")
    assert states(world) == ["paid", "waiting"]
    assert [each.message for each in waiting(world)] == [None]


def test_what_was_taken_back_is_met_by_nothing_and_another_may_follow(world: World) -> None:
    own = ordered(world, early(1_000_000))
    refused = order_repayment(world, early(2_000_000), MINE)
    assert isinstance(refused, Refusal) and refused.code == "ORDER_WAITS"
    gone = withdraw_order(world, own.id, MINE)
    assert not isinstance(gone, Refusal) and gone.state == "withdrawn"
    moved(world, "repay", TODAY, 1_000_000, message="late")
    assert states(world) == ["withdrawn"]
    assert ordered(world, early(1_000_000)).id != own.id


def test_an_order_lapses_after_its_days_and_a_late_payment_does_not_meet_it(home: Path) -> None:
    with at(home, clock_on(TODAY)) as world:
        own = ordered(world, early(1_000_000, date(2024, 7, 3)))
    for day, state in ((date(2024, 7, 8), "waiting"), (date(2024, 7, 9), "lapsed")):
        with at(home, clock_on(day)) as world:
            assert states(world) == [state]
    with at(home, clock_on(date(2024, 7, 9))) as world:
        moved(world, "repay", date(2024, 7, 9), 1_000_000, message="late")
        assert states(world) == ["lapsed"]
        refused = withdraw_order(world, own.id, MINE)
        assert isinstance(refused, Refusal) and refused.code == "ORDER_CLOSED"
