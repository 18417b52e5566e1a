"""The standard's contracts: its own cases, the worked checks of its notes, and a naive loop."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kemiao.base.dates import add_months
from kemiao.base.refusal import Refusal
from kemiao.credit.contracts.actus.cases import cases_of
from kemiao.credit.contracts.actus.check import check, time_text
from kemiao.credit.contracts.actus.contracts import contracts_of, in_fen
from kemiao.credit.contracts.actus.engine import evaluate

CALL_MONEY = {
    "contractType": "CLM", "contractRole": "RPA", "notionalPrincipal": "5000", "nominalInterestRate": "0.06", "dayCountConvention": "A360",
    "statusDate": "2020-02-20T00:00:00", "initialExchangeDate": "2020-03-02T00:00:00", "cycleOfInterestPayment": "P1ML1", "xDayNotice": "P10D",
}  # fmt: skip
BALANCE = {
    "contractType": "UMP", "contractRole": "RPL", "notionalPrincipal": " 2000", "nominalInterestRate": 0.03, "dayCountConvention": "A365",
    "statusDate": "2020-12-20", "initialExchangeDate": "2021-01-01T00:00", "cycleAnchorDateOfInterestPayment": "2021-04-01T00:00:00", "cycleOfInterestPayment": "P3ML1",
}  # fmt: skip


def file_of(terms: dict, to: str = "", happened: tuple = (), observed: dict | None = None, results: tuple = ()) -> bytes:  # fmt: skip
    events = [{"time": time, "type": kind, "value": value} for time, kind, value in happened]
    return json.dumps({"one": {"terms": terms, "to": to, "dataObserved": observed or {}, "eventsObserved": events, "results": list(results)}}).encode()  # fmt: skip


def rows_of(*arguments, fen: bool = False) -> list[tuple]:
    case = cases_of(file_of(*arguments))["one"]
    contracts, refusals = contracts_of([case])
    assert refusals == [None]
    events, faults = evaluate(in_fen(contracts) if fen else contracts)
    assert faults.tolist() == [0]
    return [(time_text(row["time"])[5:10], row["event"], *(round(row[name], 9) for name in ("payoff", "notional", "accrued"))) for row in events.to_pylist()]  # fmt: skip


@pytest.mark.parametrize("kind", ["pam", "lam", "ann"])
def test_every_case_of_the_standard_agrees(shared_data, kind):
    cases = cases_of((shared_data / "actus" / f"actus-tests-{kind}.json").read_bytes())
    results = list(check(cases))
    assert len(results) == {"pam": 25, "lam": 31, "ann": 31}[kind]
    assert [(one.case, one.mismatches[:3], one.refusal) for one in results if one.mismatches or one.refusal] == []


def test_call_money_is_repaid_a_notice_after_the_call_with_interest_to_the_call():
    assert rows_of(CALL_MONEY, "2020-05-25", [("2020-05-20", "XD", "")]) == [
        ("03-02", "IED", -5000, 5000, 0),
        ("03-02", "IPCI", 0, 5000, 0),
        ("04-02", "IPCI", 0, 5025.833333333, 0),
        ("05-02", "IPCI", 0, 5050.9625, 0),
        ("05-20", "XD", 0, 5050.9625, 0),
        ("05-30", "IP", 15.1528875, 5050.9625, 0),
        ("05-30", "STD", 5050.9625, 0, 0),
    ]


def test_call_money_with_a_maturity_ends_there_and_a_notice_has_no_effect():
    rows = rows_of(CALL_MONEY | {"maturityDate": "2020-04-10T00:00:00"}, "2020-12-31")
    assert [row[:2] for row in rows] == [("03-02", "IED"), ("03-02", "IPCI"), ("04-02", "IPCI"), ("04-10", "IP"), ("04-10", "MD")]  # fmt: skip
    assert rows[3][2] == round(5025.833333333333 * 0.06 * 8 / 360, 9)
    at_once = rows_of(CALL_MONEY | {"xDayNotice": "P0D"}, "2020-12-31", [("2020-05-20", "XD", "")])
    assert [row[1] for row in at_once[-3:]] == ["XD", "IP", "STD"]
    assert [row[4] for row in at_once[-3:]] == [15.1528875, 0, 0]


def test_money_not_called_runs_to_the_horizon_without_a_closing_pair():
    assert [row[:2] for row in rows_of(CALL_MONEY, "2020-05-02")] == [("03-02", "IED"), ("03-02", "IPCI"), ("04-02", "IPCI")]  # fmt: skip


def test_a_balance_capitalises_its_interest_and_takes_money_in():
    assert rows_of(BALANCE, "2021-10-01") == [
        ("01-01", "IED", 2000, -2000, 0),
        ("04-01", "IPCI", 0, -2014.794520548, 0),
        ("07-01", "IPCI", 0, -2029.864079565, 0),
    ]
    moved = rows_of(BALANCE, "2021-10-01", [("2021-05-01T00:00:00", "PR", "500")])
    assert moved[2:] == [("05-01", "PR", 500, -2514.794520548, -4.967986489), ("07-01", "IPCI", 0, -2532.37092888, 0)]
    ended = rows_of(BALANCE | {"terminationDate": "2021-05-01", "priceAtTerminationDate": "10", "contractRole": "RPA"}, "2021-10-01")  # fmt: skip
    assert ended[-1] == ("05-01", "TD", round(10 + 4.967986489022331, 9), 0, 0)


@settings(max_examples=25)
@given(
    st.dates(date(2015, 1, 1), date(2024, 12, 28)), st.integers(2, 40), st.floats(0.001, 0.2), st.integers(5, 400), st.booleans(),
)  # fmt: skip
def test_negative_amortisation_agrees_with_a_naive_loop(start, months, rate, payment, is_loan):
    terms = {
        "contractType": "NAM", "contractRole": "RPA" if is_loan else "RPL", "notionalPrincipal": "5000", "nominalInterestRate": repr(rate),
        "dayCountConvention": "A365", "statusDate": str(start - timedelta(3)), "initialExchangeDate": str(start), "maturityDate": str(add_months(start, months)),
        "cycleAnchorDateOfPrincipalRedemption": str(add_months(start, 1)), "cycleOfPrincipalRedemption": "P1ML1", "nextPrincipalRedemptionPayment": str(payment),
    }  # fmt: skip
    sign, owed, flows, before = 1 if is_loan else -1, 5000.0, [("IED", -5000.0)], start
    days = [add_months(add_months(start, 1), k) for k in range(months)]
    for day in [day for day in days if day < add_months(start, months)]:
        interest = owed * rate * (day - before).days / 365
        part = min(payment - interest, owed)
        flows += [("PR", part), ("IP", interest)]
        owed, before = owed - part, day
    flows += [("IP", owed * rate * (add_months(start, months) - before).days / 365), ("MD", owed)]
    found = rows_of(terms)
    assert [row[1] for row in found] == [event for event, _ in flows]
    assert [row[2] for row in found] == pytest.approx([sign * amount for _, amount in flows], abs=1e-8)


def test_negative_amortisation_without_a_maturity_ends_when_it_is_repaid():
    terms = {
        "contractType": "NAM", "contractRole": "RPA", "notionalPrincipal": "5000", "nominalInterestRate": "0.06", "dayCountConvention": "30E360",
        "statusDate": "2020-12-30", "initialExchangeDate": "2021-01-01", "cycleAnchorDateOfPrincipalRedemption": "2021-02-01", "cycleOfPrincipalRedemption": "P1ML0",
        "nextPrincipalRedemptionPayment": "525",
    }  # fmt: skip
    rows = rows_of(terms)  # 525 less 25 of interest repays 500 a month: ten redemptions, the last at maturity
    assert [row[1] for row in rows].count("PR") == 9
    assert rows[-1][:2] == ("11-01", "MD")


def test_in_whole_fen_what_is_repaid_last_takes_the_rest():
    terms = {
        "contractType": "ANN", "contractRole": "RPA", "notionalPrincipal": "1000000", "nominalInterestRate": "0.0365", "dayCountConvention": "30E360",
        "statusDate": "2023-12-30", "initialExchangeDate": "2024-01-01", "maturityDate": "2025-01-01", "cycleAnchorDateOfPrincipalRedemption": "2024-02-01",
        "cycleOfPrincipalRedemption": "P1ML1",
    }  # fmt: skip
    rows = rows_of(terms, fen=True)
    paid = [row[2] for row in rows if row[1] in ("PR", "MD")]
    assert sum(paid) == 100_000_000
    assert all(isinstance(value, int) for row in rows for value in row[2:])
    first_interest, first_part = next(row[2] for row in rows if row[1] == "IP"), paid[0]
    assert first_interest + first_part == 8_499_008  # 84,990.08 yuan


def test_a_case_that_cannot_be_read_stops_no_other():
    text = file_of(BALANCE, "2021-10-01").decode()
    good = json.loads(text)["one"]
    cases = cases_of(json.dumps({
        "good": good, "swap": {**good, "terms": {"contractType": "SWAPS"}}, "bare": {"terms": {"contractType": "PAM"}}, "none": 3,
        "day": {**good, "terms": {**BALANCE, "initialExchangeDate": "2021-13-01"}},
        "cycle": {**good, "terms": {**BALANCE, "cycleOfInterestPayment": "P0ML1"}},
        "open": {**good, "to": ""}, "long": {**good, "to": "9999-01-01", "terms": {**BALANCE, "cycleOfInterestPayment": "P1DL1"}},
    }).encode())  # fmt: skip
    codes = {one.case: one.refusal and one.refusal.code for one in check(cases)}
    assert codes == {
        "good": None, "swap": "UNKNOWN_CONTRACT_TYPE", "bare": "TERM_MISSING", "none": "NOT_A_CASE", "day": "BAD_TERM", "cycle": "BAD_TERM",
        "open": "NO_HORIZON", "long": "TOO_MANY_EVENTS",
    }  # fmt: skip
    assert isinstance(cases_of(b"[1"), Refusal)
    assert isinstance(cases_of(b"[]"), Refusal)


def test_a_difference_is_named_by_row_and_column():
    stated = {"eventDate": "2021-01-01T00:00", "eventType": "IED", "payoff": "2000.1", "notionalPrincipal": "-2000", "nominalInterestRate": "0.03", "accruedInterest": "0"}  # fmt: skip
    (result,) = check(cases_of(file_of(BALANCE, "2021-04-02", results=(stated,))))
    assert result.mismatches == ((1, "payoff", 2000.1, 2000.0), (2, "surplus", None, "2021-04-01T00:00:00 IPCI"))


def test_a_first_redemption_after_the_end_writes_no_events_beyond_it():
    terms = {
        "contractType": "NAM", "contractRole": "RPA", "notionalPrincipal": "5000", "nominalInterestRate": "0.06", "dayCountConvention": "A365",
        "statusDate": "2012-12-30", "initialExchangeDate": "2013-01-01", "maturityDate": "2013-01-11", "cycleAnchorDateOfInterestPayment": "2013-01-02",
        "cycleOfInterestPayment": "P1DL1", "cycleAnchorDateOfPrincipalRedemption": "2030-01-01", "cycleOfPrincipalRedemption": "P1ML1", "nextPrincipalRedemptionPayment": "100",
    }  # fmt: skip
    assert [row[1] for row in rows_of(terms)] == ["IED", *["IP"] * 10, "MD"]
