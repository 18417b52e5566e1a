"""Codes that kernels know loans and messages by, and the columns of terms as they were agreed."""

from __future__ import annotations

from kemiao.credit.servicing.columns import COMPONENTS, KINDS, REPAYMENTS

BULLET, INTEREST_FIRST, EQUAL_PRINCIPAL, EQUAL_INSTALMENT, REVOLVING = range(len(REPAYMENTS))

TERMS = (
    "repayment", "amount_fen", "starts_on", "matures_on", "first_due_on", "every_months", "month_end", "business_day", "day_count",
    "rate_ppm", "rate_kind", "spread_ppm", "floor_ppm", "cap_ppm", "first_reset_on", "reset_months", "overdue_markup_ppm",
    "diverted_markup_ppm", "compound", "grace_days", "early_fee_ppm", "fee_fen",
    "order_0", "order_1", "order_2", "order_3", "order_4",
)  # fmt: skip
(
    T_REPAYMENT, T_AMOUNT, T_STARTS, T_MATURES, T_FIRST_DUE, T_EVERY, T_MONTH_END, T_BUSINESS_DAY, T_DAY_COUNT,
    T_RATE, T_RATE_KIND, T_SPREAD, T_FLOOR, T_CAP, T_FIRST_RESET, T_RESET_MONTHS, T_OVERDUE,
    T_DIVERTED, T_COMPOUND, T_GRACE, T_EARLY_FEE, T_FEE,
    T_ORDER, _1, _2, _3, _4,
) = range(len(TERMS))  # fmt: skip

MESSAGE_KINDS = tuple(KINDS)
(
    OPENING, DISBURSE, REPAY, ADD_FEE, EXTEND, RESTRUCTURE, RENEW, TAKE_OVER, SET_RATE, DEFER, DIVERT, SELL, BUY_BACK, WRITE_OFF,
    RECOVER, REFUND, REVERSE,
) = range(len(MESSAGE_KINDS))  # fmt: skip
LINE_KINDS = (*MESSAGE_KINDS, "accrue", "due", "reset", "suspend", "resume", "settle")
ACCRUE, FALL_DUE, RESET, SUSPEND, RESUME, SETTLE = range(len(MESSAGE_KINDS), len(LINE_KINDS))

LINE_COMPONENTS = (*COMPONENTS, "kept", "price", "forgiven")
FEES, PENALTIES, COMPOUNDS, INTERESTS, PRINCIPALS, KEPT_MONEY, PRICE, FORGIVEN = range(len(LINE_COMPONENTS))

NOT_GIVEN = -(2**62)  # a number that a message or a loan leaves null

MESSAGE = ("kind", "value_day", "amount_fen", "rate_ppm", "day", "share_ppm", "count", "word", "place",
           "interest_fen", "interest_due_fen", "penalty_fen", "compound_fen", "principal_due_fen", "oldest_due_on")  # fmt: skip
(
    M_KIND, M_VALUE_DAY, M_AMOUNT, M_RATE, M_DAY, M_SHARE, M_COUNT, M_WORD, M_PLACE,
    M_INTEREST, M_INTEREST_DUE, M_PENALTY, M_COMPOUND, M_PRINCIPAL_DUE, M_OLDEST_DUE,
) = range(len(MESSAGE))  # fmt: skip
"""word: of a repay 1 for next, 0 for early; of a restructure the code of the repayment. The last six: of an opening."""
