"""How the twin's borrowers pay: the same whoever asks and in whatever order, and never more than is owed at once."""

from __future__ import annotations

from datetime import date, timedelta
from xml.etree import ElementTree

from kemiao.twin.population.paying import Due, Payment, payments
from kemiao.twin.population.setting import read_setting
from kemiao.twin.population.settlement_bank import Executed, statement

MANNER = read_setting().economy["paying"]
FIRST, LAST = date(2024, 8, 1), date(2024, 8, 31)
DUES = [Due(f"loan-{n}", f"uscc:{n}", FIRST + timedelta(days=n % 28), 100_000 + n, 1_000_000) for n in range(400)]
NS = "{urn:iso:std:iso:20022:tech:xsd:camt.053.001.08}"


def test_a_due_has_its_fate_whoever_asks() -> None:
    paid = payments(DUES, FIRST, LAST, {}, 1, MANNER)
    assert payments(reversed(DUES), FIRST, LAST, {}, 1, MANNER) == paid
    by_loan = {one.loan: one for one in paid}
    alone = [one for due in DUES[:50] for one in payments([due], FIRST, LAST, {}, 1, MANNER)]
    assert all(by_loan[one.loan] == one for one in alone)
    assert payments(DUES, FIRST, LAST, {}, 2, MANNER) != paid


def test_most_pay_in_time_some_late_some_in_part() -> None:
    paid = {one.loan: one for one in payments(DUES, FIRST, LAST, {}, 1, MANNER)}
    due = {one.loan: one for one in DUES}
    in_time = sum(one.value_day == due[loan].due_on for loan, one in paid.items())
    assert 0.85 * len(DUES) < in_time < len(DUES)
    assert any(one.amount_fen < due[loan].amount_fen for loan, one in paid.items())
    assert any(one.value_day > due[loan].due_on for loan, one in paid.items())
    assert all(FIRST <= one.value_day <= LAST <= one.told_on for one in paid.values())


def test_whose_cash_ran_out_pays_nothing_and_the_estate_pays_once() -> None:
    over = date(2024, 8, 1)
    ran_out = {due.company: over for due in DUES}
    assert payments(DUES, FIRST, LAST, ran_out, 1, MANNER) == []
    first, last, shares = over, LAST, []
    for _ in range(12):
        shares += payments(DUES, first, last, ran_out, 1, MANNER)
        first = last + timedelta(days=1)
        last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    assert sorted(one.loan for one in shares) == sorted(due.loan for due in DUES)
    assert all(0 < one.amount_fen < 1_000_000 for one in shares)


def test_the_statement_of_the_settlement_bank_adds_up() -> None:
    received = [Payment("loan-1", "uscc:1", FIRST, LAST, 12_345), Payment("loan-2", "uscc:2", LAST, LAST, 5)]
    content, closing = statement("6222", FIRST, LAST, 1_000, received, [Executed("order-1", FIRST, 13_000, "供应商")])
    assert closing == 1_000 + 12_345 + 5 - 13_000
    sheet = ElementTree.fromstring(content).find(f"{NS}BkToCstmrStmt/{NS}Stmt")  # noqa: S314 - our own text
    assert sheet is not None
    signs = {"CRDT": 1, "DBIT": -1}
    amounts = [
        round(float(str(entry.findtext(f"{NS}Amt"))) * 100) * signs[str(entry.findtext(f"{NS}CdtDbtInd"))]
        for entry in (*sheet.findall(f"{NS}Bal"), *sheet.findall(f"{NS}Ntry"))
    ]
    assert amounts == [1_000, closing, 12_345, 5, -13_000]
