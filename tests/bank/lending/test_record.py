"""Recording what happens to a loan: once, by somebody, checked against how the loan stands."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from kemiao.bank.commands.loan_book import due, listed, plan, quote, shown
from kemiao.bank.commands.loan_change import change, renew
from kemiao.bank.commands.loan_draw import draw
from kemiao.bank.lending import record as recording
from kemiao.bank.lending.loan_store import MESSAGE_CHUNK, append_chunk, loan_draft
from kemiao.bank.lending.record import Recorded, record
from kemiao.bank.lending.standing import states
from kemiao.bank.world import World
from kemiao.base.refusal import Refusal, Refused
from kemiao.credit.servicing.columns import INTEREST_FIRST, MESSAGES
from little_bank import ME, at, clock_on, new_home

START, TODAY = date(2024, 1, 5), date(2024, 7, 1)
TERMS = {
    "company": ME, "product": "p", "origin": "signed", "repayment": "interest_first", "amount_fen": 50_000_000, "signed_on": START, "starts_on": START,
    "matures_on": date(2025, 1, 6), "first_due_on": date(2024, 2, 5), "every_months": 1, "month_end": False, "business_day": "following",
    "day_count": "A360", "rate_ppm": 36_000, "rate_kind": "fixed", "overdue_markup_ppm": 500_000, "diverted_markup_ppm": 1_000_000, "compound": True,
    "grace_days": 0, "allocation": INTEREST_FIRST, "early_fee_ppm": 0, "fee_fen": 0, "vat_ppm": 60_000, "manager": "zhou",
}  # fmt: skip


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with at(new_home(tmp_path / "home"), clock_on(TODAY)) as opened:
        with opened.log.write() as tx:
            drafts = [{"loan": "one"}, {"loan": "line", "repayment": "revolving"}, {"loan": "new", "renews": "one", "starts_on": date(2024, 6, 1), "matures_on": date(2025, 6, 1), "first_due_on": date(2024, 7, 1)}]  # fmt: skip
            tx.append_many([loan_draft({**TERMS, **each}) for each in drafts])
            for name, role in (("zhou", "branch_officer"), ("sun", "operations")):
                public = {"person": name, "roles": [role], "unit": "head_office", "bootstrap": True}
                tx.append("staff_added", ref=name, public=public)
        for own in ("one", "line"):
            told(opened, own, "disburse", START, 50_000_000)
        yield opened


def told(world: World, loan: str, kind: str, on: date, fen: int | None = None, **more: Any) -> Recorded | Refusal:
    return record(world, None, {"loan": loan, "kind": kind, "value_day": on, "amount_fen": fen, **more})


def code(answer: object) -> str:
    assert isinstance(answer, Refusal), answer
    return answer.code


def test_two_at_once_record_one_message(world: World) -> None:
    row = {"loan": "one", "kind": "repay", "value_day": TODAY, "amount_fen": 1_000, "message": "bank-7"}
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda _: record(world, None, row), range(2)))
    assert sorted(each.again for each in answers if isinstance(each, Recorded)) == [False, True]
    assert states(world, own="one")["received_fen"].to_pylist() == [1_000]


def test_an_id_that_came_in_a_chunk_is_taken(world: World) -> None:
    rows = [
        {
            "message": "old-1",
            "loan": "one",
            "kind": "repay",
            "value_day": date(2024, 3, 5),
            "seq": 0,
            "amount_fen": 5,
            "received_on": START,
        }
    ]
    with world.log.write() as tx:
        append_chunk(world, tx, MESSAGE_CHUNK, pa.Table.from_pylist(rows, MESSAGES))
    assert code(told(world, "one", "repay", date(2024, 3, 5), 6, message="old-1")) == "MESSAGE_ID_TAKEN"
    assert states(world, own="one")["received_fen"].to_pylist() == [5]


def test_what_makes_no_sense_is_refused_and_leaves_nothing(world: World) -> None:
    before = world.log.last("loan_message")
    found = [
        code(told(world, "one", "repay", TODAY, 10**13 + 1)), code(told(world, "one", "dance", TODAY, 1)), code(told(world, "one", "disburse", TODAY, 1)),
        code(told(world, "one", "write_off", TODAY, 50_000_001)), code(told(world, "one", "sell", TODAY, 1, share_ppm=1_000_001)),
        code(told(world, "one", "buy_back", TODAY, 1, share_ppm=1)), code(told(world, "one", "reverse", TODAY, word="nothing")),
        code(told(world, "one", "restructure", TODAY)), code(told(world, "one", "rate", TODAY, rate_ppm=-1)), code(told(world, "one", "opening", TODAY, 1)),
        code(told(world, "one", "extend", TODAY, day=date(2999, 1, 1))), code(told(world, "one", "defer", TODAY, count=0)),
    ]  # fmt: skip
    assert found == [
        "AMOUNT_TOO_LARGE", "NO_SUCH_KIND", "MORE_THAN_AGREED", "MORE_THAN_OWED", "SHARE_OUT_OF_RANGE", "MORE_THAN_SOLD", "NO_SUCH_MESSAGE",
        "NOTHING_CHANGES", "RATE_OUT_OF_RANGE", "OPENED_ALREADY", "DAY_OUT_OF_RANGE", "COUNT_OUT_OF_RANGE",
    ]  # fmt: skip
    assert world.log.last("loan_message") == before
    with pytest.raises(Refused):
        states(world, own="nobody")


def test_a_line_is_drawn_again_up_to_what_was_agreed(world: World) -> None:
    row = {"loan": "line", "value_day": TODAY, "amount_fen": 20_000_000}
    assert code(draw(world, "zhou", {**row, "loan": "one"})) == "NOT_REVOLVING"
    assert code(draw(world, "zhou", row)) == "MORE_THAN_AGREED"
    told(world, "line", "repay", date(2024, 1, 5), 30_000_000)
    assert isinstance(draw(world, "zhou", row), Recorded)
    assert states(world, own="line")["principal_fen"].to_pylist() == [40_000_000]


def test_a_renewal_is_two_messages_in_one_transaction_and_is_the_same_when_sent_again(world: World) -> None:
    on = date(2024, 6, 3)
    assert code(renew(world, "zhou", "line", "new", on)) == "NOT_ITS_RENEWAL"
    first, second = renew(world, "zhou", "one", "new", on), renew(world, "zhou", "one", "new", on)
    assert not isinstance(first, Refusal) and [each.kind for each in first] == ["renewed", "renew"]
    assert not isinstance(second, Refusal) and second[0].again
    rows = {row["loan"]: row for row in listed(world)}
    assert (rows["one"]["status"], rows["one"]["principal_fen"]) == ("renewed", 0)
    assert (rows["new"]["status"], rows["new"]["principal_fen"]) == ("active", 50_000_000)


def test_what_was_reversed_is_recorded_anew_under_a_new_id_only(world: World) -> None:
    first = told(world, "one", "repay", TODAY, 1_000)
    assert isinstance(first, Recorded)
    assert not isinstance(told(world, "one", "reverse", TODAY, word=first.message), Refusal)
    assert code(told(world, "one", "repay", TODAY, 1_000)) == "MESSAGE_REVERSED"
    assert code(told(world, "one", "repay", TODAY, 1_000, message=first.message)) == "MESSAGE_REVERSED"
    assert isinstance(told(world, "one", "repay", TODAY, 1_000, message="anew"), Recorded)


def test_a_loan_past_due_is_restructured_and_not_extended(world: World) -> None:
    row = {"loan": "one", "kind": "extend", "value_day": TODAY, "day": date(2025, 6, 30)}
    assert code(change(world, "zhou", row)) == "PAST_DUE"


def test_four_eyes_are_asked_for_what_makes_sense_only(world: World) -> None:
    row = {"loan": "one", "kind": "write_off", "value_day": TODAY, "reason": "破产"}
    assert code(change(world, "zhou", {**row, "amount_fen": 10**10})) == "MORE_THAN_OWED"
    assert world.log.last("approval_requested") is None
    assert code(change(world, "zhou", row)) == "FOUR_EYES_NEEDED"
    assert code(change(world, "nobody", row)) == "NO_SUCH_ACCOUNT"


def test_a_change_dated_back_weighs_what_is_owed_today_and_a_reversal_what_it_takes_back(world: World) -> None:
    with world.log.write() as tx:
        tx.append_many([loan_draft({**TERMS, "loan": "big", "amount_fen": 150_000_000})])
    told(world, "big", "disburse", START, 50_000_000)
    told(world, "big", "disburse", date(2024, 6, 3), 100_000_000)
    early = {"loan": "big", "kind": "rate", "value_day": date(2024, 2, 5), "rate_ppm": 30_000}
    assert code(change(world, "zhou", early)) == "FOUR_EYES_NEEDED"
    told(world, "big", "write_off", date(2024, 6, 20), message="off")
    assert code(change(world, "sun", {"loan": "big", "kind": "reverse", "word": "off"})) == "FOUR_EYES_NEEDED"
    rate, back = (event.public["amount_fen"] for event in world.log.events("approval_requested"))
    assert rate == 150_000_000 and back > 150_000_000  # with the interest that was written off


def test_who_administers_touches_no_loan(world: World) -> None:
    with world.log.write() as tx:
        tx.append("staff_added", ref="root", public={"person": "root", "roles": ["administrator"], "unit": "head_office", "bootstrap": True})  # fmt: skip
    for kind, said in (("repay", {"amount_fen": 1}), ("fee", {"amount_fen": 1}), ("divert", {"share_ppm": 1_000})):
        assert code(change(world, "root", {"loan": "one", "kind": kind, "value_day": TODAY, **said})) == "NOT_YOUR_ROLE"


def test_of_two_draws_at_once_the_second_is_judged_by_what_the_first_left(world: World, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    told(world, "line", "repay", date(2024, 1, 5), 30_000_000)
    row = {"loan": "line", "kind": "disburse", "value_day": TODAY, "amount_fen": 20_000_000}
    true = recording.prepare

    def overtaken(world: World, row: dict[str, Any]) -> Any:
        ready = true(world, row)
        monkeypatch.undo()
        assert isinstance(record(world, None, row | {"message": "faster"}), Recorded)
        return ready

    monkeypatch.setattr(recording, "prepare", overtaken)
    with pytest.raises(Refused, match="MORE_THAN_AGREED"):
        record(world, None, row)
    assert states(world, own="line")["principal_fen"].to_pylist() == [40_000_000]


def test_looking_at_loans(world: World) -> None:
    first = due(world, 7)
    assert [row["loan"] for row in first] == ["line", "one"] and first[0]["past_due_days"] == 147
    assert due(world, 7, manager="wang") == []
    rows = plan(world, "one")
    assert not isinstance(rows, Refusal)
    assert (len(rows), rows[-1]["principal_fen"], rows[0]["balance_fen"]) == (13, 50_000_000, 50_000_000)
    told(world, "one", "repay", date(2024, 2, 5), 155_000)
    looked, quoted = shown(world, "one", date(2024, 2, 10)), quote(world, "one", date(2024, 2, 10))
    assert not isinstance(looked, Refusal) and not isinstance(quoted, Refusal)
    assert quoted["total_fen"] == looked["payoff"]["total_fen"] == 50_000_000 + 25_000
