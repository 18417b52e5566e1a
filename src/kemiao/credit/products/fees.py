"""What a borrower pays beside interest: the product's fees in fen and on their days, the bank's and others'."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from kemiao.base.dates import add_months
from kemiao.base.money import PPM, div_half_up, share_fen
from kemiao.credit.products.product import Fee


@dataclass(frozen=True, slots=True)
class FeeDue:
    fee: Fee
    on: date
    amount_fen: int


def fees_due(fees: Sequence[Fee], row: Mapping[str, Any]) -> tuple[FeeDue, ...]:
    """Of a row of LOANS: what is fixed or once, on the first day; what is yearly, at the start of each year, the last one by months.

    The bank's own are in `fee_fen` of the row as well, and due at the first draw.
    """
    due = []
    start, end, amount_fen = row["starts_on"], row["matures_on"], row["amount_fen"]
    for fee in fees:
        once = share_fen(amount_fen, fee.once_ppm) + fee.fixed_fen
        if once:
            due.append(FeeDue(fee, start, once))
        year = 0
        while fee.yearly_ppm and (begins := add_months(start, 12 * year)) < end:
            months = min(12, _months_up(begins, end))
            due.append(FeeDue(fee, begins, div_half_up(amount_fen * fee.yearly_ppm * months, 12 * PPM)))
            year += 1
    return tuple(due)


def _months_up(begins: date, end: date) -> int:
    """Whole months from one day to another, a part of a month counting as one."""
    months = (end.year - begins.year) * 12 + end.month - begins.month
    return months + (add_months(begins, months) < end)
