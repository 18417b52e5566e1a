"""Statements in, orders out, the settlement account reconciled: what a day at the bank's back office brings, and what goes wrong."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from kemiao.bank.commands import approval, staff
from kemiao.bank.commands.end_of_day import end_of_day
from kemiao.bank.commands.payments_in import Finder, TakenIn, match, payments_in, unmatched
from kemiao.bank.commands.payments_out import again, payments_out, set_account, waiting
from kemiao.bank.commands.payments_reconcile import reconcile
from kemiao.bank.commands.staff import Add
from kemiao.bank.lending import record_many
from kemiao.bank.lending.loan_store import LOAN_CHUNK, MESSAGE_CHUNK, append_chunk, loan_draft, messages
from kemiao.bank.lending.people import Account, account_of
from kemiao.bank.lending.record import record
from kemiao.bank.lending.settlement import reference_of, settlement
from kemiao.bank.lending.standing import serve_now
from kemiao.bank.world import World
from kemiao.base.refusal import Outage, Refusal, Refused
from kemiao.credit.servicing.columns import LOANS, MESSAGES
from kemiao.data.camt053 import read_statements
from kemiao.twin.population.paying import Payment
from kemiao.twin.population.settlement_bank import Executed, statement
from little_bank import LOAN, ME, at, clock_on, new_home

START = LOAN["starts_on"]
HEARD, TODAY = date(2024, 2, 27), date(2024, 3, 1)  # heard late: three days to close


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = new_home(tmp_path_factory.mktemp("payments") / "home")
    with at(root, clock_on(HEARD)) as world:
        staff.add(world, None, Add("chen", "陈静", ("administrator",), "head_office"))
        staff.add(world, "chen", Add("zhou", "周宁", ("operations",), "head_office"))
        staff.add(world, "chen", Add("wu", "吴刚", ("head_office_officer",), "head_office"))
        other = {**LOAN, "loan": "loan-2", "company": "foreign:other"}
        with world.log.write() as tx:
            tx.append_many([loan_draft(LOAN), loan_draft(other)])
        for own in ("loan-1", "loan-2"):
            answer = record(
                world,
                teller(world),
                {
                    "message": f"{own}/draw-1",
                    "loan": own,
                    "kind": "disburse",
                    "value_day": START,
                    "amount_fen": 1_000_000,
                },
            )
            assert not isinstance(answer, Refusal), answer
    return root


@pytest.fixture
def world(made: Path, tmp_path: Path) -> Iterator[World]:
    shutil.copytree(made, tmp_path / "home")
    with at(tmp_path / "home", clock_on(TODAY)) as world:
        yield world


def teller(world: World) -> Account:
    account = account_of(world, "zhou")
    assert isinstance(account, Account)
    return account


def account_set(world: World, number: str, name: str) -> None:
    """Set by the teller, approved by wu."""
    asked = set_account(world, ME, number, name, None, teller(world))
    assert isinstance(asked, Refusal) and asked.code == "FOUR_EYES_NEEDED", asked
    approval.give(world, "wu", dict(asked.where)["request"])
    assert not isinstance(set_account(world, ME, number, name, None, teller(world)), Refusal)


def account_no(world: World) -> str:
    own = settlement(world, TODAY)
    assert not isinstance(own, Refusal)
    return own.payer.account


def paid(loan: str, amount: int, day: date, company: str = ME) -> Payment:
    return Payment(loan, company, day, TODAY, amount)


def sheet(
    world: World,
    path: Path,
    came: list[Payment],
    went: Sequence[Executed] = (),
    *,
    month: int = 2,
    opening: int = 5_000_000,
) -> Path:
    first = date(2024, month, 1)
    content, _ = statement(account_no(world), first, date(2024, month, 28), opening, came, list(went))
    path.write_bytes(content)
    return path


def taken(world: World, path: Path) -> TakenIn:
    answer = payments_in(world, path, teller(world))
    assert not isinstance(answer, Refusal), answer
    return answer[0]


def repaid(world: World, loan: str = "loan-1") -> list[tuple[date, int]]:
    rows = messages(world, loan).to_pylist()
    return [(row["value_day"], row["amount_fen"]) for row in rows if row["kind"] == "repay"]


def test_repayments_find_their_loan_once_however_often_the_statement_comes(world: World, tmp_path: Path) -> None:
    file = sheet(
        world, tmp_path / "a.xml", [paid("loan-1", 170_000, date(2024, 2, 9)), paid("loan-2", 1_000, date(2024, 2, 10))]
    )
    first = taken(world, file)
    assert (first.again, first.counts["recorded"], first.counts["unmatched"]) == (False, 2, 0)
    before = len(list(world.log.events()))
    assert taken(world, file).again
    assert len(list(world.log.events())) == before
    assert repaid(world) == [(date(2024, 2, 9), 170_000)]


def test_an_entry_that_comes_again_in_another_statement_is_one(world: World, tmp_path: Path) -> None:
    file = sheet(world, tmp_path / "a.xml", [paid("loan-1", 170_000, date(2024, 2, 9))])
    taken(world, file)
    longer = file.read_text().replace("<Id>S20240201-20240228</Id>", "<Id>another</Id>")
    (tmp_path / "b.xml").write_text(longer)
    assert taken(world, tmp_path / "b.xml").counts["known"] == 1
    changed = (
        longer.replace("<Id>another</Id>", "<Id>third</Id>")
        .replace("1700.00", "1800.00")
        .replace("51700.00", "51800.00")
    )
    (tmp_path / "c.xml").write_text(changed)
    assert taken(world, tmp_path / "c.xml").unmatched[0]["why"]["code"] == "ENTRY_CHANGED"
    assert repaid(world) == [(date(2024, 2, 9), 170_000)]


def test_without_a_reference_the_company_s_only_loan_is_meant(world: World, tmp_path: Path) -> None:
    file = sheet(world, tmp_path / "a.xml", [paid("unknown", 5_000, date(2024, 2, 9))])
    assert taken(world, file).counts["recorded"] == 1
    assert repaid(world) == [(date(2024, 2, 9), 5_000)]


def test_what_is_nobody_s_waits_until_a_person_says_whose_it_is(world: World, tmp_path: Path) -> None:
    came = [paid("loan-9", 5_000, date(2024, 2, 9), "foreign:nobody"), paid("loan-1 loan-2", 7_000, date(2024, 2, 10))]
    answer = taken(world, sheet(world, tmp_path / "a.xml", came, [Executed("X1", date(2024, 2, 3), 900, "电费")]))
    assert [each["why"]["code"] for each in answer.unmatched] == ["NOBODY_KNOWN", "SEVERAL_LOANS", "NOT_ORDERED"]
    nobody, several, fee = [each["entry"] for each in answer.unmatched]
    assert {each["entry"] for each in unmatched(world)} == {nobody, several, fee}
    assert not isinstance(match(world, nobody, "loan-1", "电话核实", teller(world)), Refusal)
    assert not isinstance(match(world, fee, None, "本行电费", teller(world)), Refusal)
    for entry, loan, code in (
        (nobody, "loan-1", "ENTRY_SETTLED"),
        (several, "loan-9", "NO_SUCH_LOAN"),
        ("bank-x", "loan-1", "NO_SUCH_ENTRY"),
    ):
        refused = match(world, entry, loan, None, teller(world))
        assert isinstance(refused, Refusal) and refused.code == code
    assert repaid(world) == [(date(2024, 2, 9), 5_000)] and len(unmatched(world)) == 1


def test_what_servicing_refuses_waits_with_its_reason(world: World, tmp_path: Path) -> None:
    answer = taken(world, sheet(world, tmp_path / "a.xml", [paid("loan-1", 5_000, date(2024, 1, 2))]))
    assert answer.unmatched[0]["why"]["code"] == "BEFORE_THE_LOAN"


def test_orders_go_out_once_and_come_back_as_carried_out(world: World, tmp_path: Path) -> None:
    account_set(world, "6222 0202 0011 2233", "北京星瀚科技有限公司")
    sent = payments_out(world, tmp_path / "o.xml", teller(world))
    assert not isinstance(sent, Refusal)
    assert (sent.orders, sent.total_fen, [(message, why.code) for message, why in sent.left_out]) == (1, 1_000_000, [("loan-2/draw-1", "NO_PAYMENT_ACCOUNT")])  # fmt: skip
    text = (tmp_path / "o.xml").read_text()
    assert (
        "6222020200112233" in text and "<CtrlSum>10000.00</CtrlSum>" in text and reference_of("loan-1/draw-1") in text
    )
    second = payments_out(world, tmp_path / "p.xml", teller(world))
    assert not isinstance(second, Refusal) and second.file is None and not (tmp_path / "p.xml").exists()
    assert not isinstance(again(world, str(sent.file), tmp_path / "q.xml", teller(world)), Refusal)
    assert (tmp_path / "q.xml").read_bytes() == (tmp_path / "o.xml").read_bytes()
    went = [Executed(reference_of("loan-1/draw-1"), date(2024, 2, 1), 1_000_000, "北京星瀚科技有限公司")]
    assert taken(world, sheet(world, tmp_path / "a.xml", [], went)).counts["order"] == 1
    assert not any("6222" in str(event.public) for event in world.log.events())


def test_an_account_that_nobody_approved_redirects_no_payment_and_an_administrator_touches_none(world: World, tmp_path: Path) -> None:  # fmt: skip
    account_set(world, "6222020200112233", "甲")
    with world.log.write() as tx:  # as a home that was made before had it done: by one alone
        tx.append("payment_account", ME, public={"by": "zhou"}, private={"number": "6222999999999999", "name": "甲", "bank": None})  # fmt: skip
    administrator = account_of(world, "chen")
    assert isinstance(administrator, Account)
    refused = [
        payments_out(world, tmp_path / "x.xml", administrator), again(world, "KMO", tmp_path / "x.xml", administrator),
        set_account(world, ME, "6222888888888888", "乙", None, administrator), match(world, "bank-x", None, "无", administrator),
        payments_in(world, sheet(world, tmp_path / "a.xml", []), administrator),
    ]  # fmt: skip
    assert [each.code for each in refused if isinstance(each, Refusal)] == ["NOT_YOUR_ROLE"] * 5
    assert not isinstance(payments_out(world, tmp_path / "o.xml", teller(world)), Refusal)
    assert "6222020200112233" in (tmp_path / "o.xml").read_text()


def test_a_file_that_can_t_be_written_orders_nothing(world: World, tmp_path: Path) -> None:
    account_set(world, "6222020200112233", "甲")
    with pytest.raises(Outage):
        payments_out(world, tmp_path / "none" / "o.xml", teller(world))
    assert world.log.last("payment_orders") is None


def test_the_books_and_the_statement_differ_by_what_is_listed(world: World, tmp_path: Path) -> None:
    account_set(world, "6222020200112233", "甲")
    payments_out(world, tmp_path / "o.xml", teller(world))
    went = [Executed(reference_of("loan-1/draw-1"), date(2024, 2, 1), 1_000_000, "甲")]
    came = [paid("loan-1", 170_000, date(2024, 2, 9)), paid("loan-x", 300, date(2024, 2, 12), "foreign:nobody")]
    file = sheet(world, tmp_path / "a.xml", came, went)
    taken(world, file)
    assert not isinstance(end_of_day(world, TODAY), Refusal)
    answer = reconcile(world, file)
    assert not isinstance(answer, Refusal)
    (found,) = answer
    assert [(one["status"], one["amount_fen"]) for one in found.only_statement] == [("unmatched", 300)]
    assert [(one["key"], one["amount_fen"]) for one in found.only_ledger] == [("loan-2/draw-1", -1_000_000)]
    assert found.difference_fen == 1_000_300 and found.gap_fen == 0 and not found.agrees
    later = sheet(world, tmp_path / "m.xml", [], month=1, opening=0)
    earlier = reconcile(world, later)
    assert not isinstance(earlier, Refusal) and earlier[0].statement_fen == 0


def one_by_one(world: World, path: Path) -> list[str]:
    """What a clerk does who records each entry before looking at the next."""
    finder, became = Finder(world), []
    for entry in read_statements(path)[0].entries:
        found = finder.find(entry)
        if found.loan is None:
            assert found.why is not None
            became.append(found.why.code)
            continue
        message = {"message": entry.id, "loan": found.loan, "kind": found.kind, "value_day": entry.value_day, "amount_fen": entry.amount_fen,
                   "reason": f"camt.053 {entry.reference}".strip()}  # fmt: skip
        answer = record(world, teller(world), message)
        became.append(answer.code if isinstance(answer, Refusal) else "recorded")
    return became


def test_a_statement_taken_whole_is_as_its_entries_taken_one_by_one(world: World, tmp_path: Path) -> None:
    for own, kind, day, fen in (
        ("loan-2", "write_off", date(2024, 2, 14), None),
        ("loan-1", "repay", date(2024, 2, 13), 50_000),
    ):
        assert not isinstance(record(world, teller(world), {"loan": own, "kind": kind, "value_day": day, "amount_fen": fen}), Refusal)  # fmt: skip
    opening = {
        "message": "opening-3",
        "loan": "loan-3",
        "kind": "opening",
        "value_day": date(2024, 2, 12),
        "amount_fen": 900_000,
        "rate_ppm": 46_000,
    }
    with world.log.write() as tx:
        append_chunk(
            world,
            tx,
            LOAN_CHUNK,
            pa.Table.from_pylist([{**LOAN, "loan": "loan-3", "company": "foreign:third", "origin": "imported"}], LOANS),
        )
        append_chunk(world, tx, MESSAGE_CHUNK, pa.Table.from_pylist([opening], MESSAGES))
    came = [
        paid("loan-2", 600_000, date(2024, 2, 16)), paid("loan-2", 700_000, date(2024, 2, 17)), paid("loan-2", 300_000, date(2024, 2, 15)),
        paid("loan-2", 90_000, date(2024, 2, 10)), paid("loan-1", 170_000, date(2024, 2, 9)), paid("loan-1", 1_200_000, date(2024, 2, 16)),
        paid("unknown", 4_000, date(2024, 2, 18)), paid("unknown", 5_000, date(2024, 2, 18), "foreign:other"), paid("loan-1", 8_000, date(2024, 1, 2)),
        paid("loan-3", 20_000, date(2024, 2, 11)), paid("loan-3", 30_000, date(2024, 2, 13)), paid("unknown", 6_000, date(2024, 2, 20), "foreign:third"),
    ]  # fmt: skip
    file = sheet(world, tmp_path / "a.xml", came)
    shutil.copytree(tmp_path / "home", tmp_path / "other")
    with at(tmp_path / "other", clock_on(TODAY)) as other:
        clerk, theirs = one_by_one(other, file), sorted_messages(other)
    taken(world, file)
    whole = [(event.public.get("why") or {}).get("code", "recorded") for event in world.log.events("bank_entry")]
    assert whole == clerk and sorted_messages(world) == theirs
    assert {"MORE_THAN_OWED", "NOT_WRITTEN_OFF", "BEFORE_THE_OPENING", "BEFORE_THE_LOAN", "NO_ACTIVE_LOAN"} < set(clerk)


def sorted_messages(world: World) -> list[dict[str, object]]:
    return messages(world).drop(["seq"]).sort_by([("loan", "ascending"), ("message", "ascending")]).to_pylist()


def test_a_large_statement_is_served_once(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many entries it has: what is counted is servings, not seconds."""
    served: list[int] = []

    def counted(world: World, known: pa.Table, *more: object, **named: object) -> object:
        served.append(known.num_rows)
        return serve_now(world, known, *more, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(record_many, "serve_now", counted)
    loans = [{**LOAN, "loan": f"many-{number}", "company": f"foreign:m{number}"} for number in range(200)]
    with world.log.write() as tx:
        append_chunk(world, tx, LOAN_CHUNK, pa.Table.from_pylist(loans, LOANS))
    came = [paid(str(loan["loan"]), 1_000, date(2024, 2, 9), str(loan["company"])) for loan in loans]
    assert taken(world, sheet(world, tmp_path / "a.xml", came)).counts["recorded"] == 200
    assert served == [200]


HEAD = '<?xml version="1.0"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt>'
BAD = {
    "not xml at all": "NOT_XML",
    '<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>': "NOT_XML",
    "<Document/>": "NOT_CAMT053",
    HEAD + "</BkToCstmrStmt></Document>": "BAD_STATEMENT",
    HEAD + "<Stmt><Id>1</Id></Stmt></BkToCstmrStmt></Document>": "BAD_STATEMENT",
    "<a>" * 50 + "</a>" * 50: "FILE_TOO_LARGE",
}


@pytest.mark.parametrize(("content", "code"), BAD.items())
def test_a_file_that_is_no_statement_is_refused(content: str, code: str, tmp_path: Path) -> None:
    (tmp_path / "x.xml").write_text(content)
    with pytest.raises(Refused) as refused:
        read_statements(tmp_path / "x.xml")
    assert refused.value.refusal.code == code


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("<Amt Ccy=\"CNY\">1700.00</Amt>", "<Amt Ccy=\"CNY\">1700.001</Amt>", "BAD_STATEMENT"),
        ("<Amt Ccy=\"CNY\">1700.00</Amt>", "<Amt Ccy=\"USD\">1700.00</Amt>", "NOT_CNY"),
        ("<Amt Ccy=\"CNY\">1700.00</Amt>", "<Amt Ccy=\"CNY\">1700.01</Amt>", "STATEMENT_DOES_NOT_ADD"),
        ("<Amt Ccy=\"CNY\">1700.00</Amt>", "<Amt Ccy=\"CNY\">-1700.00</Amt>", "BAD_STATEMENT"),
        ("<Dt>2024-02-09</Dt>", "<Dt>2024-02-30</Dt>", "BAD_STATEMENT"),
        ("<Id>S20240201-20240228</Id>", "<Id/>", "BAD_STATEMENT"),
    ],
)  # fmt: skip
def test_a_faulty_statement_is_refused_whole(world: World, tmp_path: Path, old: str, new: str, code: str) -> None:
    file = sheet(world, tmp_path / "a.xml", [paid("loan-1", 170_000, date(2024, 2, 9))])
    file.write_text(file.read_text().replace(old, new))
    with pytest.raises(Refused) as refused:
        payments_in(world, file, teller(world))
    assert refused.value.refusal.code == code
    assert world.log.last("bank_entry") is None


def test_another_account_s_statement_and_one_of_the_same_id_are_refused(world: World, tmp_path: Path) -> None:
    file = sheet(world, tmp_path / "a.xml", [paid("loan-1", 170_000, date(2024, 2, 9))])
    taken(world, file)
    (tmp_path / "b.xml").write_text(file.read_text().replace(account_no(world), "999999"))
    (tmp_path / "c.xml").write_text(file.read_text().replace("还款", "还 款"))
    for name, code in (("b.xml", "WRONG_ACCOUNT"), ("c.xml", "STATEMENT_ID_TAKEN")):
        answer = payments_in(world, tmp_path / name, teller(world))
        assert isinstance(answer, Refusal) and answer.code == code


def test_money_for_a_named_payee_without_an_account_does_not_go_to_the_borrower(world: World, tmp_path: Path) -> None:
    set_account(world, ME, "6222020200112233", "甲", None, teller(world))
    with world.log.write() as tx:
        tx.append_many([loan_draft({**LOAN, "loan": "loan-3"})])
    row = {"loan": "loan-3", "kind": "disburse", "value_day": TODAY, "amount_fen": 1_000_000}
    assert not isinstance(record(world, None, row | {"counterparty": "某设备公司"}), Refusal)
    made, left_out = waiting(world)
    assert "loan-3" not in [row["loan"] for row, _ in made]
    assert "PAYEE_ACCOUNT_NEEDED" in [why.code for _, why in left_out]
