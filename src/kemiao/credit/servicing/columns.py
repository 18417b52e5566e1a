"""The four tables of servicing: loans (what was agreed), messages (what happened), states (how it stands), lines (what moved).

States and lines follow from loans, messages and the LPR alone, so that they can be computed again at any time, and a message
that comes late gives the same as one in time. Amounts are whole fen, rates ppm a year, days are days.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

REPAYMENTS = ("bullet", "interest_first", "equal_principal", "equal_installment", "revolving")
"""到期一次还本付息, 先息后本, 等额本金, 等额本息, 随借随还 (interest at its dates; draw and repay at any time until the end)."""
RATE_KINDS = ("fixed", "lpr_1y", "lpr_5y")
DAY_COUNTS = ("A360", "A365", "30E360")
BUSINESS_DAYS = (
    "none",
    "following",
    "modified_following",
)  # when a due is to be paid; interest runs by the unshifted day
COMPONENTS = ("fee", "penalty", "compound", "interest", "principal")  # what a payment may be allocated to
INTEREST_FIRST = "fee,penalty,compound,interest,principal"  # an order of allocation: all five, each once

_text, _fen, _ppm, _count, _day, _flag = pa.string(), pa.int64(), pa.int64(), pa.int32(), pa.date32(), pa.bool_()

LOANS = pa.schema([
    ("loan", _text),  # its id: never reused
    ("company", _text), ("product", _text),
    ("unit", _text), ("manager", _text),  # branch or team, and the account of the customer manager; may be null
    ("decision", _text),  # that it rests on; null where it came from elsewhere
    ("origin", _text),  # signed | imported
    ("repayment", _text),  # REPAYMENTS
    ("amount_fen", _fen),  # agreed: the most that is owed at a time
    ("signed_on", _day), ("starts_on", _day), ("matures_on", _day),
    ("first_due_on", _day), ("every_months", _count),  # of interest and instalments; null and 0 for bullet
    ("month_end", _flag),  # a first due on a month's last day stays on the last day
    ("business_day", _text), ("day_count", _text),
    ("rate_ppm", _ppm),  # from the start; then by rate_kind: LPR of the reset's day + spread, within floor and cap
    ("rate_kind", _text), ("spread_ppm", _ppm), ("floor_ppm", _ppm), ("cap_ppm", _ppm),  # floor, cap: null binds not
    ("first_reset_on", _day), ("reset_months", _count),  # null and 0: never
    ("overdue_markup_ppm", _ppm), ("diverted_markup_ppm", _ppm),  # of the rate: 500_000 is half as much again
    ("compound", _flag),  # interest on interest that is past due, at the overdue rate
    ("grace_days", _count), ("allocation", _text),
    ("early_fee_ppm", _ppm),  # of principal repaid before it is due
    ("fee_fen", _fen),  # due at the first draw
    ("vat_ppm", _ppm),  # interest, penalties and fees include it; 0: exempt
    ("security", _text), ("security_value_fen", _fen),  # none | receivables | property | equipment | cash | intellectual_property | guarantee
    ("guarantor", _text), ("guaranteed_ppm", _ppm), ("pool_ppm", _ppm),  # of a loss: borne by guarantor, by the risk compensation pool
    ("purpose", _text), ("entrusted", _flag),  # paid to the named payee
    ("pd_ppm", _ppm), ("lgd_ppm", _ppm), ("grade", _text),  # as when it was decided
    ("industry", _text), ("size_class", _text), ("technology", _text),  # law's industry code, size class; technology category
    ("renews", _text),  # the loan that it renews without repayment, or null
])  # fmt: skip

MESSAGES = pa.schema([
    ("message", _text),  # its id, as the sender gave it: the same twice is one
    ("loan", _text), ("kind", _text), ("value_day", _day),  # the day from which it counts, which may be past
    ("seq", pa.int64()),  # order of coming in: of one value day the earlier first
    ("received_on", _day),
    ("amount_fen", _fen), ("rate_ppm", _ppm), ("day", _day), ("share_ppm", _ppm), ("count", _count), ("word", _text),  # by kind; else null
    ("counterparty", _text), ("reason", _text),
])  # fmt: skip

KINDS = {
    "opening": "existing loan comes in: amount_fen principal, rate_ppm; `word` is JSON of what else stands (interest_fen, interest_due_fen, penalty_fen, compound_fen, principal_due_fen, oldest_due_on)",
    "disburse": "amount_fen paid out (a draw where revolving)",
    "repay": "amount_fen received; more than is due: `word` says early (principal at once, the default), next (kept for the next due)",
    "fee": "amount_fen becomes due",
    "extend": "day: the new maturity (展期)",
    "restructure": "day, rate_ppm, word (repayment), count (every_months), amount_fen (forgiven principal): what changes, else null; share_ppm 1_000_000 where the debtor is in difficulty (RS1)",
    "renew": "word: the loan that takes over (无还本续贷): what is owed in principal moves there, no money moves",
    "renewed": "the other side, on the new loan: amount_fen of principal taken over, word: the old loan",
    "rate": "rate_ppm from that day, by agreement",
    "defer": "count: periods of principal put off (宽限); interest goes on",
    "divert": "funds were put to another use: the diverted markup from that day; share_ppm of the principal",
    "sell": "share_ppm of the loan sold to counterparty for amount_fen",
    "buy_back": "share_ppm bought back for amount_fen",
    "write_off": "off the books; the claim lives on",
    "recover": "amount_fen received after a write-off",
    "refund": "amount_fen of what was paid too much goes back to the borrower",
    "reverse": "word: the message that never was (a payment booked to a wrong loan, returned by the bank)",
}

STATES = pa.schema([
    ("loan", _text), ("day", _day),  # at the end of that day
    ("status", _text),  # agreed | active | settled | written_off | renewed
    ("drawn_fen", _fen),  # paid out so far
    ("principal_fen", _fen), ("principal_due_fen", _fen),  # outstanding; of it due and unpaid
    ("interest_fen", _fen), ("interest_due_fen", _fen),  # accrued since the last due; due and unpaid
    ("penalty_fen", _fen), ("compound_fen", _fen), ("fee_fen", _fen),  # accrued and unpaid
    ("off_balance_fen", _fen),  # of interest, penalty and compound: not in income, for the loan is non-accrual
    ("kept_fen", _fen),  # paid too much: the borrower's
    ("written_off_fen", _fen), ("recovered_fen", _fen),
    ("sold_ppm", _ppm), ("sold_principal_fen", _fen),
    ("rate_ppm", _ppm), ("matures_on", _day), ("repayment", _text),
    ("instalment_fen", _fen),  # of equal instalments; else null
    ("next_due_on", _day), ("next_due_fen", _fen),  # principal and interest to fall due then, if nothing changes
    ("oldest_due_on", _day), ("past_due_days", _count),  # of the oldest unpaid due; 0 within grace as well
    ("worst_past_due_days", _count),  # since it was last wholly cured
    ("cured_on", _day), ("timely_periods", _count),  # arrears wholly paid; dues paid in time since then
    ("missed_on", _day),  # the last due that was not paid in time
    ("restructured_on", _day), ("restructurings", _count), ("in_difficulty", _flag), ("observed_from", _day), ("observed_periods", _count),
    ("extended", _flag), ("diverted_ppm", _ppm),
    ("received_fen", _fen), ("interest_paid_fen", _fen),  # so far, all that the borrower paid; of it interest in all forms
])  # fmt: skip

LINES = pa.schema([
    ("loan", _text), ("value_day", _day),
    ("kind", _text),  # a message's kind, or accrue | due | reset | suspend | resume | settle
    ("component", _text),  # COMPONENTS, kept, price, forgiven
    ("amount_fen", _fen), ("sold_fen", _fen),  # of it the funders' part
    ("off_balance", _flag),
    ("message", _text),  # null for what the days bring
])  # fmt: skip


def due_now_fen(state: Mapping[str, Any]) -> int:
    """What is to be paid of a loan on the day of its state; state: a row of STATES."""
    return int(
        sum(state[name] for name in ("principal_due_fen", "interest_due_fen", "penalty_fen", "compound_fen", "fee_fen"))
    )
