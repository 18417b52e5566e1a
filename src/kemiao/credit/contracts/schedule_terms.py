"""The terms of loans as columns for the kernel of the plan, and which loans have terms that make no plan."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from kemiao.base.columns import IntArray
from kemiao.base.money import FEN_MAX, PPM
from kemiao.credit.contracts import schedule_kernel
from kemiao.credit.servicing.columns import BUSINESS_DAYS, DAY_COUNTS, RATE_KINDS, REPAYMENTS

REFUSALS = {
    "TERM_MISSING": ("缺少必要条款", "a term that the plan needs is missing or unknown"),
    "AMOUNT_OUT_OF_RANGE": ("金额须大于零且不超过一千亿元", "the amount must be above zero and at most 100 billion yuan"),
    "RATE_OUT_OF_RANGE": ("利率须在 0 与 100% 之间", "the rate must lie between 0 and 100 %"),
    "DATES_OUT_OF_ORDER": ("到期日须晚于放款日", "maturity must be after the disbursement"),
    "TENOR_TOO_LONG": ("期限超过五十年", "the tenor is above fifty years"),
    "CYCLE_OUT_OF_RANGE": ("还款周期须为 0 至 600 个月", "the cycle of dues must be 0 to 600 months"),
}  # fmt: skip
"""Why a loan has no plan; a loan's code is the place here plus one, 0 where all is well."""
YEARS_MAX = 50
_UNBOUND = 2**40
_BULLET = REPAYMENTS.index("bullet")


@dataclass(frozen=True, slots=True)
class Terms:
    """One row a loan; days since 1970. A refused loan has harmless terms that the kernel does not read."""

    refused: npt.NDArray[np.int8]
    repayment: IntArray
    amount: IntArray
    start: IntArray
    matures: IntArray
    first_due: IntArray
    every: IntArray
    month_end: IntArray
    business_day: IntArray
    day_count: IntArray
    rate: IntArray
    rate_kind: IntArray
    spread: IntArray
    floor: IntArray
    cap: IntArray
    first_reset: IntArray
    reset_months: IntArray
    fee: IntArray

    def columns(self) -> tuple[Any, ...]:
        return tuple(getattr(self, name) for name in self.__dataclass_fields__)

    def span(self) -> tuple[int, int]:
        """The first and the last day of all plans."""
        well = self.refused == 0
        return (int(self.start[well].min()), int(self.matures[well].max())) if well.any() else (0, 0)

    def rows(self) -> IntArray:
        """Rows of each loan's plan."""
        rows: IntArray = schedule_kernel.count(self.refused, self.start, self.matures, self.first_due, self.every, self.month_end, self.fee)  # fmt: skip
        return rows


def terms_of(loans: pa.Table, disbursed_on: date | pa.Array | None) -> Terms:
    size = loans.num_rows
    refused = np.zeros(size, np.int8)

    def refuse(bad: npt.NDArray[np.bool_], code: str) -> None:
        refused[bad & (refused == 0)] = list(REFUSALS).index(code) + 1

    def whole(name: str, missing: int) -> IntArray:
        return _whole(loans[name], missing)

    def coded(name: str, names: tuple[str, ...]) -> IntArray:
        found = _whole(pc.index_in(loans[name], value_set=pa.array(names, pa.string())), -1)
        refuse(found < 0, "TERM_MISSING")
        return found

    repayment = coded("repayment", REPAYMENTS)
    business_day, day_count = coded("business_day", BUSINESS_DAYS), coded("day_count", DAY_COUNTS)
    rate_kind = coded("rate_kind", RATE_KINDS)
    start = starts_of(loans, disbursed_on)
    amount, rate, matures = whole("amount_fen", -_UNBOUND), whole("rate_ppm", -_UNBOUND), whole("matures_on", -_UNBOUND)
    every = np.where(repayment == _BULLET, 0, whole("every_months", 0))
    first_due = whole("first_due_on", _UNBOUND)
    first_reset = whole("first_reset_on", _UNBOUND)
    reset_months = whole("reset_months", 0)
    refuse((amount == -_UNBOUND) | (rate == -_UNBOUND), "TERM_MISSING")
    refuse((start == -_UNBOUND) | (matures == -_UNBOUND) | ((every > 0) & (first_due == _UNBOUND)), "TERM_MISSING")
    fee = whole("fee_fen", 0)
    refuse((amount <= 0) | (amount > FEN_MAX) | (fee < 0) | (fee > FEN_MAX), "AMOUNT_OUT_OF_RANGE")
    refuse((rate < 0) | (rate > PPM), "RATE_OUT_OF_RANGE")
    refuse(matures <= start, "DATES_OUT_OF_ORDER")
    refuse((matures - start > 366 * YEARS_MAX) | (np.abs(start) > 500 * 366), "TENOR_TOO_LONG")
    refuse((every < 0) | (every > 12 * YEARS_MAX) | (reset_months < 0) | (reset_months > 12 * YEARS_MAX), "CYCLE_OUT_OF_RANGE")  # fmt: skip
    # A reset or a due long before the start is a typing error, and the way from there to the start would be walked.
    refuse((every > 0) & ((first_due > matures + 366) | (first_due < start - 366 * YEARS_MAX)), "DATES_OUT_OF_ORDER")
    return Terms(
        refused, repayment, amount, start, matures, first_due, every, whole("month_end", 0), business_day, day_count,
        rate, rate_kind, whole("spread_ppm", 0), whole("floor_ppm", -_UNBOUND), whole("cap_ppm", _UNBOUND),
        first_reset, reset_months, fee,
    )  # fmt: skip


def starts_of(loans: pa.Table, disbursed_on: date | pa.Array | None) -> IntArray:
    if isinstance(disbursed_on, date):
        return np.full(loans.num_rows, (disbursed_on - date(1970, 1, 1)).days, np.int64)
    return _whole(loans["starts_on"] if disbursed_on is None else disbursed_on, -_UNBOUND)


def _whole(column: Any, missing: int) -> IntArray:
    flat = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    flat = flat.cast(pa.int32()) if pa.types.is_date32(flat.type) else flat
    return np.asarray(flat.cast(pa.int64()).fill_null(missing), np.int64)
