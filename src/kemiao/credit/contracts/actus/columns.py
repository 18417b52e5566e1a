"""Where a contract's terms stand in the columns that the kernels read, and the names of types and events.

Times are seconds since 1970 without a zone. What is absent is ABSENT in a time, 0 months and days in a cycle.
"""

from __future__ import annotations

TYPES = ("PAM", "LAM", "NAM", "ANN", "CLM", "UMP")
PAM, LAM, NAM, ANN, CLM, UMP = range(6)

ABSENT = -(2**62)
DAY = 86_400

TIMES = ("statusDate", "initialExchangeDate", "maturityDate", "amortizationDate", "capitalizationEndDate", "purchaseDate", "terminationDate", "to")  # fmt: skip
SD, IED, MD, AMD, IPCED, PRD, TD, TO = range(8)

GRIDS = ("InterestPayment", "PrincipalRedemption", "RateReset", "ScalingIndex", "InterestCalculationBase", "Fee")
IP_GRID, PR_GRID, RR_GRID, SC_GRID, CB_GRID, FP_GRID = range(6)
ANCHOR, EVERY, MONTHS, LONG = range(4)
"""A grid: its anchor's time, its step, whether steps are months (else days), whether the last stub is long."""

CODES = ("type", "sign", "day_count", "shift", "shifted_sums", "month_end", "calendar", "has_rate", "has_next", "has_reset", "has_accrued", "base", "scales_interest", "scales_notional", "fee_basis", "prepays", "penalty", "notice", "notice_months")  # fmt: skip
(TYPE, SIGN, DAY_COUNT, SHIFT, SHIFTED_SUMS, MONTH_END, CALENDAR, HAS_RATE, HAS_NEXT, HAS_RESET, HAS_ACCRUED, BASE, SCALES_INTEREST, SCALES_NOTIONAL, FEE_BASIS, PREPAYS, PENALTY, NOTICE, NOTICE_MONTHS) = range(19)  # fmt: skip
NO_CALENDAR, WEEKS, CHINA = range(3)
NT_BASE, LAGGED_BASE, FIXED_BASE = range(3)  # the interest base: NT, NTL, NTIED
NO_FEE, FEE_AMOUNT, FEE_RATE = range(3)
NO_PENALTY, PENALTY_AMOUNT, PENALTY_RATE, PENALTY_DIFFERENCE = range(4)

AMOUNTS = ("notionalPrincipal", "premiumDiscountAtIED", "accruedInterest", "nextPrincipalRedemptionPayment", "interestCalculationBaseAmount", "priceAtPurchaseDate", "priceAtTerminationDate", "feeAmount", "penaltyAmount")  # fmt: skip
NT, PDIED, IPAC, PRNXT, IPCBA, PPRD, PTD, FEE, PENALTY_FIXED = range(9)

RATES = ("nominalInterestRate", "nextResetRate", "rateSpread", "periodFloor", "periodCap", "lifeFloor", "lifeCap", "feeRate", "penaltyRate")  # fmt: skip
IPNR, RRNXT, RRSP, RRPF, RRPC, RRLF, RRLC, FER, PYRT = range(9)

RATIOS = ("rateMultiplier", "scalingIndexAtContractDealDate", "notionalScalingMultiplier", "interestScalingMultiplier")
RRMLT, INDEX, NSC, ISC = range(4)

RESET_MARK, INDEX_MARK, CALL_MARK, MOVE_MARK, PREPAY_MARK = range(5)
"""What was observed: a rate, an index, a call, money in or out of a balance, a prepayment."""

EVENTS = ("IED", "FP", "PR", "PD", "PY", "PP", "IP", "IPCI", "CE", "RRF", "RR", "PRF", "PRD", "TD", "SC", "IPCB", "MD", "AD", "XD", "IP", "STD")  # fmt: skip
"""In their order on one day; the second IP is the one after a call."""
(E_IED, E_FP, E_PR, E_PD, E_PY, E_PP, E_IP, E_IPCI, E_CE, E_RRF, E_RR, E_PRF, E_PRD, E_TD, E_SC, E_IPCB, E_MD, E_AD, E_XD, E_IP_CALLED, E_STD) = range(21)  # fmt: skip

WELL, NO_MATURITY, NO_OBSERVATION, TOO_MANY_EVENTS, NO_HORIZON = range(5)
FAULTS = {
    NO_MATURITY: ("NO_MATURITY", "没有到期日,也无法由还本计划推出", "there is no maturity date, and none follows from the redemptions"),
    NO_OBSERVATION: ("NO_OBSERVATION", "重定价或指数日没有观察值", "nothing was observed by the day of a reset or of an index"),
    TOO_MANY_EVENTS: ("TOO_MANY_EVENTS", "事件超过二十万个", "the contract has above 200 000 events"),
    NO_HORIZON: ("NO_HORIZON", "没有到期日、终止日、催收通知或分析截止日", "there is no maturity, no call and no horizon `to`"),
}  # fmt: skip
EVENTS_MAX = 200_000
