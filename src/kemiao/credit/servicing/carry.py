"""What servicing carries from a day to the next: a row of whole numbers a loan, and its arrears.

The kernel reads and writes these columns by their places; STATES and more follow from them.
"""

from __future__ import annotations

COLUMNS = (
    "begun", "day", "drawn_fen", "principal_fen", "principal_due_fen", "interest_fen", "interest_rest", "interest_due_fen",
    "penalty_fen", "penalty_rest", "compound_fen", "compound_rest", "fee_fen", "suspended", "kept_fen", "written_off_fen",
    "written_principal_fen", "recovered_fen", "sold_ppm", "rate_ppm", "spread_ppm", "matures_on", "repayment", "anchor",
    "every_months", "next_due_on", "instalment_fen", "stale", "next_reset_on", "deferred", "worst_past_due_days",
    "cured_on", "timely_periods", "missed_on", "restructured_on", "restructurings", "in_difficulty", "observed_from",
    "observed_periods", "extended", "diverted_ppm", "received_fen", "interest_paid_fen", "in_arrears", "closed",
    "oldest_due_on", "past_due_days", "next_due_fen",
)  # fmt: skip
"""interest_rest, …: the exact amount less the posted one (credit.contracts.interest). suspended: non-accrual, all that is unpaid
of interest is off balance.  stale: the instalment is to be reckoned again.
deferred: periods of principal still put off. in_arrears: late, or was and its penalties are unpaid. closed: 0 or a reason below."""

(
    BEGUN, DAY, DRAWN, PRINCIPAL, PRINCIPAL_DUE, INTEREST, INTEREST_REST, INTEREST_DUE,
    PENALTY, PENALTY_REST, COMPOUND, COMPOUND_REST, FEE, SUSPENDED, KEPT, WRITTEN_OFF,
    WRITTEN_PRINCIPAL, RECOVERED, SOLD, RATE, SPREAD, MATURES, REPAYMENT, ANCHOR,
    EVERY, NEXT_DUE, INSTALMENT, STALE, NEXT_RESET, DEFERRED, WORST,
    CURED_ON, TIMELY, MISSED_ON, RESTRUCTURED_ON, RESTRUCTURINGS, IN_DIFFICULTY, OBSERVED_FROM,
    OBSERVED_PERIODS, EXTENDED, DIVERTED, RECEIVED, INTEREST_PAID, IN_ARREARS, CLOSED,
    OLDEST_DUE_ON, PAST_DUE, NEXT_DUE_AMOUNT,
) = range(len(COLUMNS))  # fmt: skip

NEVER = -(10**7)  # a day that is null: long before any
WRITTEN, RENEWED = 1, 2  # why a loan is closed

ARREARS = ("due_on", "pay_by", "principal_fen", "interest_fen", "late")
DUE_ON, PAY_BY, DUE_PRINCIPAL, DUE_INTEREST, LATE = range(len(ARREARS))
"""A due that is not wholly paid. pay_by: the due day shifted to a workday. late: since the day after pay_by and grace."""

ROW = "int64[::1]"  # as the compiler knows them: a loan's state or terms, one message
TABLE = "int64[:,::1]"  # arrears, lines, messages
WHERE = "UniTuple(int64,2)"  # place of the loan, day

LINE = ("loan", "day", "kind", "component", "amount_fen", "sold_fen", "off_balance", "message")
"""A line as the kernel writes it: codes for words, places for loan and message (-1: none)."""
