"""Tracing from a bank's own records: loans in the log, statements in the lake, findings as events."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pyarrow as pa
import pytest

from kemiao.bank.commands.trace_funds import Request, findings, trace_funds
from kemiao.bank.lending.history import keep_history
from kemiao.bank.lending.loan_store import LOAN_CHUNK, MESSAGE_CHUNK, append_chunk, loan_draft, message_draft
from kemiao.bank.world import World
from kemiao.base.refusal import Refusal
from kemiao.credit.servicing.columns import LOANS, MESSAGES
from little_bank import ME, at, clock_on, new_home, put

SUPPLIER, SISTER, BROKER = "foreign:supplier", "foreign:sister", "foreign:broker"
NAMES = {
    ME: "北京星瀚科技有限公司",
    SUPPLIER: "华北精密材料有限公司",
    SISTER: "星瀚投资有限公司",
    BROKER: "东方证券股份有限公司",
}
YUAN = 100


def lend(world: World, own: str, amount: int, day: date, **more: Any) -> None:
    row = {
        "loan": own,
        "company": ME,
        "product": "p",
        "repayment": "bullet",
        "amount_fen": amount,
        "purpose": "采购原材料",
        "entrusted": False,
    }
    said = {"message": f"{own}/draw-1", "loan": own, "kind": "disburse", "value_day": day, "amount_fen": amount}
    with world.log.write() as tx:
        tx.append_many([loan_draft(row | more.get("loan", {})), message_draft(ME, said | more.get("message", {}))])


def statement(
    world: World, company: str, rows: list[tuple[date, int, str, str]], balance: int = 0
) -> list[dict[str, Any]]:
    made = []
    for place, (day, amount, who, why) in enumerate(rows):
        balance += amount
        sealed = [world.vault.seal_many([(company, text.encode())])[0] if text else None for text in (who, why)]
        made.append({
            "company": company, "account": "main", "transaction_no": f"{company}{place}", "booked_on": day, "amount_fen": amount,
            "balance_fen": balance, "counterparty_name": sealed[0], "summary": sealed[1],
        })  # fmt: skip
    return made


def d(day: int) -> date:
    return date(2024, 3, day)


@pytest.fixture
def world(tmp_path: Any) -> Iterator[World]:
    new_home(tmp_path / "home")
    with at(tmp_path / "home", clock_on(date(2024, 3, 31))) as world:
        me, supplier, sister, broker = NAMES[ME], NAMES[SUPPLIER], NAMES[SISTER], NAMES[BROKER]
        lend(world, "loan-1", 1_000_00 * YUAN, d(5))
        rows = [
            *statement(world, ME, [(d(5), 1_000_00 * YUAN, "", "贷款发放"), (d(6), -600_00 * YUAN, supplier, "货款"), (d(7), -300_00 * YUAN, sister, "往来款"),
                                   (d(9), 200_00 * YUAN, supplier, "退款")]),
            *statement(world, SUPPLIER, [(d(6), 600_00 * YUAN, me, "货款"), (d(9), -200_00 * YUAN, me, "退款")]),
            *statement(world, SISTER, [(d(7), 300_00 * YUAN, me, "往来款"), (d(8), -250_00 * YUAN, broker, "银证转账")]),
        ]  # fmt: skip
        company = [{"company": key, "name": name, "registered_on": date(2015, 1, 1)} for key, name in NAMES.items()]
        held = [{"company": key, "holder": "person:x", "holder_kind": "person", "since": date(2015, 1, 1), "share_ppm": 600_000} for key in (ME, SISTER)]  # fmt: skip
        put(world, {"company": company, "bank_transaction": rows, "shareholding": held}, companies=list(NAMES))
        yield world


def traced(world: World, **asked: Any) -> dict[str, Any]:
    answer = trace_funds(world, Request(**asked))
    assert not isinstance(answer, Refusal), answer
    return dict(answer.findings[0]) | {"appended": answer.appended}


def test_money_is_followed_through_statements_by_name_and_amount(world: World) -> None:
    found = traced(world, loan="loan-1")
    outcomes = {name: fen // YUAN // 100 for name, fen in found["methods"]["fifo"]["outcomes"].items() if fen}
    assert outcomes == {"purpose": 400, "securities": 250, "related": 50, "round_trip": 200, "cash": 100}
    assert sum(found["methods"]["proportional"]["outcomes"].values()) == found["amount_fen"]
    assert found["verdict"] == "use_changed" and found["gaps"] == 0 and found["appended"] == 1
    last = [each for each in found["payments"]["fifo"] if each["outcome"] == "securities"]
    assert [(each["hop"], each["to_name"], each["summary"]) for each in last] == [(2, NAMES[BROKER], "银证转账")]


@pytest.mark.slow
def test_a_finding_is_an_event_once_and_names_stay_sealed(world: World) -> None:
    assert traced(world, loan="loan-1")["appended"] == 1
    assert traced(world)["appended"] == 0
    (event,) = world.log.events("funds_finding")
    assert NAMES[BROKER] not in str(event.public) and event.subject == ME
    private = world.log.private(event)
    assert private is not None and NAMES[BROKER] in str(private["payments"])
    assert [one["verdict"] for one in findings(world)] == ["use_changed"]
    assert {event.public["purpose"] for event in world.log.events("reading")} == {"post_loan"}


def test_as_of_an_earlier_day_the_money_is_still_there(world: World) -> None:
    assert traced(world, as_of=d(5))["methods"]["fifo"]["outcomes"]["cash"] == 1_000_00 * YUAN


def test_only_accounts_that_the_money_can_have_reached_are_read(world: World) -> None:
    traced(world, loan="loan-1")
    read = {
        one
        for event in world.log.events("reading")
        if "bank_transaction" in event.public["tables"]
        for one in event.public["subjects"]
    }
    assert read == {ME, SUPPLIER, SISTER, BROKER}


def test_an_entrusted_payment_out_of_sight_reached_its_payee(world: World) -> None:
    more = {
        "loan": {"entrusted": True},
        "message": {"counterparty": "远方设备有限公司 6222000011112222", "word": "entrusted"},
    }
    lend(world, "loan-2", 77_00 * YUAN, d(10), **more)
    assert traced(world, loan="loan-2")["methods"]["fifo"]["reasons"] == {"for_purpose": 77_00 * YUAN}


def test_a_disbursement_that_no_account_shows_is_untraced_and_said_so(world: World) -> None:
    lend(world, "loan-3", 55_00 * YUAN, d(11))
    found = traced(world, loan="loan-3")
    assert found["methods"]["fifo"]["reasons"] == {"not_seen": 55_00 * YUAN}
    assert (found["verdict"], found["seen_fen"]["fifo"]) == ("cannot_tell", 0)
    assert [one["loan"] for one in findings(world)] == []


def came_in(world: World, own: str, amount: int, day: date, history: list[tuple[date, int]] = []) -> None:  # noqa: B006
    """As the import of a ledger leaves it, at the end of the month."""
    loan = {
        "loan": own,
        "company": ME,
        "origin": "imported",
        "amount_fen": amount,
        "starts_on": day,
        "entrusted": False,
    }
    opening = {
        "message": f"opening-{own}",
        "loan": own,
        "kind": "opening",
        "value_day": d(31),
        "amount_fen": amount // 2,
    }
    with world.log.write() as tx:
        append_chunk(world, tx, LOAN_CHUNK, pa.Table.from_pylist([loan], LOANS))
        append_chunk(world, tx, MESSAGE_CHUNK, pa.Table.from_pylist([opening], MESSAGES))
        if history:
            keep_history(
                world,
                tx,
                [{"loan": own, "value_day": day, "kind": "disburse", "amount_fen": fen} for day, fen in history],
            )


def test_an_existing_loan_is_traced_from_its_drawing_before_it_came_in(tmp_path: Any) -> None:
    new_home(tmp_path / "home")
    with at(tmp_path / "home", clock_on(date(2024, 3, 31))) as world:
        came_in(world, "J1", 1_000, d(1))  # the ledger's day is another than the account's
        came_in(world, "J2", 900, d(1), [(d(12), 300), (d(14), 200)])
        rows = [(d(2), 1_000, "客户", "货款"), (d(9), 1_000, NAMES[ME], "贷款发放"), (d(9), -1_500, NAMES[ME], "代发工资"), (d(10), -500, "某某证券", ""),
                (d(12), 300, "", "放款"), (d(13), -300, "某某材料", "货款")]  # fmt: skip
        put(world, {"bank_transaction": statement(world, ME, rows)}, companies=[ME])
        answer = trace_funds(world, Request())
        assert not isinstance(answer, Refusal)
        found = {one["disbursement"]: one for one in answer.findings}
        assert {name: (one["booked_on"], one["methods"]["fifo"]["reasons"]) for name, one in found.items()} == {
            "opening-J1": ("2024-03-09", {"for_purpose": 500, "securities": 500}),
            "opening-J2/1": ("2024-03-12", {"for_purpose": 300}),
            "opening-J2/2": (None, {"not_seen": 200}),
        }
        assert all(one["from_ledger"] and one["not_entrusted"] is None for one in found.values())
        assert [one["verdict"] for one in found.values()] == ["use_changed", "none", "cannot_tell"]
        one = trace_funds(world, Request("J2"))
        assert not isinstance(one, Refusal) and (len(one.findings), one.appended) == (2, 0)


def test_newest_first_statements_are_read_in_their_own_order(tmp_path: Any) -> None:
    new_home(tmp_path / "home")
    with at(tmp_path / "home", clock_on(date(2024, 3, 31))) as world:
        lend(world, "loan-1", 1_000, d(5))
        rows = statement(
            world,
            ME,
            [
                (d(5), 1_000, "", "放款"),
                (d(5), -400, "某某证券", ""),
                (d(5), 300, "客户", "货款"),
                (d(5), -900, "某某证券", ""),
            ],
        )
        put(world, {"bank_transaction": rows[::-1]}, companies=[ME])
        assert traced(world)["methods"]["fifo"]["outcomes"]["securities"] == 1_000
        assert traced(world)["gaps"] == 0


def test_what_cannot_be_traced_is_refused(world: World) -> None:
    for asked, code in (
        (Request("nobody"), "NO_SUCH_LOAN"),
        (Request(None, date(2024, 4, 2)), "DAY_TO_COME"),
        (Request(None, d(1)), "NOTHING_DISBURSED"),
    ):
        answer = trace_funds(world, asked)
        assert isinstance(answer, Refusal) and answer.code == code


def test_a_large_payment_of_the_borrower_s_own_should_have_been_entrusted(tmp_path: Any) -> None:
    new_home(tmp_path / "home")
    large, day = 12_000_000 * YUAN, date(2024, 8, 1)
    with at(tmp_path / "home", clock_on(date(2024, 8, 31))) as world:
        lend(world, "loan-1", large, day)
        rows = statement(world, ME, [(day, large, "", "放款"), (day, -11_000_000 * YUAN, "某某材料公司", "货款"), (day, -1_000_000 * YUAN, "某某材料公司", "货款")])  # fmt: skip
        put(world, {"bank_transaction": rows}, companies=[ME])
        assert traced(world)["not_entrusted"] == {"payments": 1, "total_fen": 11_000_000 * YUAN}
        assert traced(world)["methods"]["fifo"]["outcomes"]["purpose"] == large
