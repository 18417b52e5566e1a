"""What the bank's own book says of a company counts when it is assessed: once, as of the day, and so that it can be replayed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from bank.lending.test_day import a_loan
from kemiao.bank.commands.apply import Apply, apply
from kemiao.bank.commands.assess import Request, assess, profile_rows
from kemiao.bank.commands.offer import Offer, _unmoved, offer
from kemiao.bank.commands.replay import Replayed, replay
from kemiao.bank.commands.trace import Traced, trace
from kemiao.bank.lending.applications import Effort
from kemiao.bank.lending.chunks import write_chunk
from kemiao.bank.lending.exposure import exposure
from kemiao.bank.lending.loan_store import loan_draft, message_draft
from kemiao.bank.lending.own_book import own_book
from kemiao.bank.lending.products import product
from kemiao.bank.lending.quality import RELATED
from kemiao.bank.permits import permit
from kemiao.bank.world import World
from kemiao.base.refusal import Refusal, Refused
from kemiao.credit.document import decision_id
from kemiao.credit.products.terms import Facts
from kemiao.credit.quality.columns import DEBTORS
from little_bank import DAY, ME, OTHER, at, clock_on, decided_home

START = date(2024, 1, 31)


def lent(world: World, own: str, fen: int, drawn: bool = True, **changed: Any) -> None:
    row = a_loan(own, ME, amount_fen=fen, **{"repayment": "interest_first", **changed})
    with world.log.write() as tx:
        tx.append_many([loan_draft(row)])
        if drawn:
            paid = {
                "message": f"{own}-d",
                "loan": own,
                "kind": "disburse",
                "value_day": row["starts_on"],
                "amount_fen": fen,
            }
            tx.append_many([message_draft(ME, paid)])


def told(world: World, loan: str, kind: str, day: date, **rest: Any) -> None:
    with world.log.write() as tx:
        tx.append_many([message_draft(ME, {"message": f"{loan}-{kind}-{day}", "loan": loan, "kind": kind, "value_day": day, **rest})])  # fmt: skip


def read_by_columns(world: World) -> Mapping[str, Any]:
    """The profile of the company as it is read among many."""
    many = (ME, *(f"cumcm:X{number}" for number in range(60)))
    own, given = own_book(world, many, DAY), permit(world, many, "credit_review")
    assert own is not None
    with world.lake.open(given, world.log.snapshot()[1], DAY, DAY) as facts:
        rows = profile_rows(facts, DAY, frozenset(), own.loans).to_pylist()
    return next(row for row in rows if row["company"] == ME)


def decided(world: World, *companies: str, **more: Any) -> dict[str, Mapping[str, Any]]:
    answer = assess(world, Request(companies or None, **more))
    assert not isinstance(answer, Refusal), answer
    return {document["company"]: document for document in answer.documents}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    decided_home(tmp_path / "home")
    return tmp_path / "home"


def test_a_loan_of_the_book_lowers_the_limit_of_its_company_alone_and_past_due_declines(root: Path) -> None:
    with at(root) as world:
        before = decided(world)
        lent(world, "1", 60_000_000)  # the imported ledger has a loan of this number, and one that the book has not
        lent(world, "agreed", 70_000_000, drawn=False)
        after = decided(world)
        assert {company: decision_id(before[company]) == decision_id(after[company]) for company in before} == {
            company: company != ME for company in before
        }
        one, features = after[ME], after[ME]["features"]
        assert (features["own_loan_balance_fen"], features["own_loans_repaid"]) == (60_000_000, 1)
        assert features["own_loan_overdue_days"] > 90  # nothing was paid since January
        assert one["decision"] == "decline" and "PAST_DUE_OWN" in one["rules"]
        assert all(before[ME]["ceilings"][name] - one["ceilings"][name] == 60_000_000 for name in ("need", "repayment"))
        assert decided(world, ME)[ME] == one  # one company, many: the same bytes
        known = {name: value for name, value in read_by_columns(world).items() if name.startswith("own_")}
        assert known == {name: value for name, value in features.items() if name.startswith("own_")}
        early = decided(world, ME, as_of=date(2024, 1, 30))[ME]  # the day before the loan
        assert "own_book" not in early


def test_a_decision_on_the_book_replays_after_a_late_payment_and_is_traced_to_the_loans(root: Path) -> None:
    with at(root) as world:
        lent(world, "loan-a", 60_000_000)
        own = decision_id(decided(world, ME)[ME])
        told(
            world, "loan-a", "repay", START + timedelta(20), amount_fen=30_000_000
        )  # comes late, for a day long before
        found = replay(world, own)
        assert isinstance(found, Replayed) and (found.result, found.rows) == ("identical", "identical"), found
        later = decided(world, ME)[ME]
        assert later["own_book"]["loans"][0]["balance_fen"] < 60_000_000
        followed = trace(world, own, 5)
        assert isinstance(followed, Traced) and followed.own_book is not None
        assert [row["loan_no"] for row in followed.own_book["loans"]] == ["loan-a"]
        (balance,) = (each for each in followed.features if each["feature"] == "own_loan_balance_fen")
        assert balance["rows"]["own_book"] == 1
        told(world, "loan-a", "write_off", DAY)
        gone = decided(world, ME)[ME]["features"]  # off the balance sheet, and still owed
        assert gone["own_loan_balance_fen"] > 0 and gone["own_loan_overdue_days"] > 90


def test_who_was_lent_to_is_offered_what_is_left(root: Path) -> None:
    ask = Apply(ME, "tech_credit", 50_000_000, 12, "采购原材料")
    with at(root) as world:
        room = decided(world, ME)[ME]["allowed_fen"] // 1_000_000 * 1_000_000
        own = apply(world, replace(ask, amount_fen=room), Effort())
        assert not isinstance(own, Refusal)
        lent(
            world,
            "line",
            30_000_000,
            drawn=False,
            repayment="revolving",
            starts_on=DAY,
            signed_on=DAY,
            first_due_on=date(2024, 8, 10),
        )
        first = offer(world, Offer(own.application.id), Effort())
        assert isinstance(first, Refusal) and first.code == "ABOVE_LIMIT"
        assert "已承诺未放款 30万" in first.zh and int(dict(first.where)["most_fen"]) == room - 30_000_000
        small = apply(world, replace(ask, amount_fen=20_000_000), Effort())
        assert not isinstance(small, Refusal)
        answer = offer(world, Offer(small.application.id), Effort())
        assert not isinstance(answer, Refusal) and not answer.declined, answer
        assert answer.application.offer is not None and answer.application.offer["exposure"] == {
            "undrawn_fen": 30_000_000
        }
        seen = exposure(world, ME)
        assert (seen.undrawn_fen, seen.offered_fen) == (30_000_000, 20_000_000)
        told(world, "line", "disburse", DAY, amount_fen=10_000_000)
        assert (exposure(world, ME).owed_fen, exposure(world, ME).committed_fen) == (10_000_000, 40_000_000)
        assert exposure(world, ME, renews="line").owed_fen == 0
        assert exposure(world, OTHER).as_json() == {}
        with pytest.raises(
            Refused, match="EXPOSURE_MOVED"
        ):  # what another operator's offer at the same moment would do
            _unmoved(
                world,
                small.application,
                product(world, "tech_credit", DAY),
                Facts(owed_fen=0, committed_fen=30_000_000),
            )  # type: ignore[arg-type]
        table = pa.Table.from_pylist([{"company": each, "group": "group:1"} for each in (ME, OTHER)], DEBTORS)
        with world.log.write() as tx:
            tx.append(RELATED, public={"digest": write_chunk(world.home, table)})
        assert exposure(world, OTHER).as_json() == {"group": "group:1", "group_fen": 10_000_000}
    with at(root, clock_on(DAY + timedelta(days=30))) as world:
        assert exposure(world, ME).offered_fen == 0  # the offer lapsed
