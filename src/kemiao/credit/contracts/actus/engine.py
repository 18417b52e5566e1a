"""Evaluates a table of contracts: one row a contract in, one row an event out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from kemiao.base.columns import IntArray
from kemiao.credit.contracts.actus.columns import EVENTS, MD, WELL
from kemiao.credit.contracts.actus.events import bound, maturity
from kemiao.credit.contracts.actus.states import run
from kemiao.credit.contracts.calendars import Calendar, china, monday_to_friday
from kemiao.credit.kernels import compiled

_NONE = monday_to_friday().bits


@dataclass(frozen=True, slots=True)
class Contracts:
    """Columns of contracts as actus/columns.py lays them out, one row each.

    amounts, rates: float64 (units of the currency, fractions a year) or int64 (fen, ppm): the latter rounds to whole fen.
    marks: what was observed for contract k stands in rows mark_offsets[k]..mark_offsets[k + 1] - 1, in the order of time.
    """

    times: IntArray
    grids: IntArray
    codes: IntArray
    amounts: npt.NDArray[Any]
    rates: npt.NDArray[Any]
    ratios: npt.NDArray[np.float64]
    mark_offsets: IntArray
    mark_kinds: IntArray
    mark_times: IntArray
    mark_amounts: npt.NDArray[Any]
    mark_rates: npt.NDArray[Any]
    mark_ratios: npt.NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.times)


def evaluate(contracts: Contracts, calendar: Calendar | None = None) -> tuple[pa.Table, IntArray]:
    """(events, faults): contract (its row), time (seconds since 1970), event, payoff, notional, rate, accrued after the event.

    Rounding `none`: float columns. Rounding `fen`: whole columns; an event posts the rounded cumulative interest less what was
    posted, what is repaid last takes the rest. faults: for each contract one of columns.FAULTS or WELL; a faulty one has no events.
    """
    calendar = calendar or china(2000, 2049)
    times = contracts.times.copy()
    columns = (contracts.grids, contracts.codes, contracts.amounts, contracts.rates)
    faults, bounds = _bounds(times, *columns, contracts.mark_offsets, contracts.mark_kinds, contracts.mark_times)
    offsets = np.zeros(len(times) + 1, np.int64)
    np.cumsum(bounds, out=offsets[1:])
    total = int(offsets[-1])
    places, out_times, kinds = (np.empty(total, np.int64) for _ in range(3))
    amounts = [np.empty(total, contracts.amounts.dtype) for _ in range(3)]
    rates = np.empty(total, contracts.rates.dtype)
    rows = _run_all(
        times, *columns, contracts.ratios, contracts.mark_offsets, contracts.mark_kinds, contracts.mark_times,
        contracts.mark_amounts, contracts.mark_rates, contracts.mark_ratios, calendar.bits, calendar.first_day, _NONE,
        faults, offsets, places, out_times, kinds, amounts[0], amounts[1], rates, amounts[2],
    )  # fmt: skip
    names = pa.DictionaryArray.from_arrays(pa.array(kinds[:rows].astype(np.int8)), pa.array(EVENTS))
    table = {
        "contract": places[:rows], "time": out_times[:rows], "event": names,
        "payoff": amounts[0][:rows], "notional": amounts[1][:rows], "rate": rates[:rows], "accrued": amounts[2][:rows],
    }  # fmt: skip
    return pa.table(table), faults


@compiled
def _bounds(times: Any, grids: Any, codes: Any, amounts: Any, rates: Any, offsets: Any, kinds: Any, mark_times: Any) -> tuple[Any, Any]:  # fmt: skip
    """Faults, and room for each contract's events; puts the maturities that follow from the terms into `times`."""
    faults, bounds = np.zeros(len(times), np.int64), np.zeros(len(times), np.int64)
    for k in range(len(times)):
        times[k, MD] = maturity(times[k], grids[k], codes[k], amounts[k], rates[k])
        first, last = offsets[k], offsets[k + 1]
        faults[k], bounds[k] = bound(times[k], grids[k], codes[k], kinds[first:last], mark_times[first:last])
    return faults, bounds


@compiled
def _run_all(
    times: Any, grids: Any, codes: Any, amounts: Any, rates: Any, ratios: Any,
    mark_offsets: Any, mark_kinds: Any, mark_times: Any, mark_amounts: Any, mark_rates: Any, mark_ratios: Any,
    bits: Any, first_day: int, none: Any, faults: Any, offsets: Any,
    places: Any, out_times: Any, kinds: Any, payoffs: Any, notionals: Any, out_rates: Any, accrued: Any,
) -> int:  # fmt: skip
    """Writes all events one after the other (the room of one contract is free for the next) and returns how many."""
    at = 0
    for k in range(len(times)):
        if faults[k] != WELL:
            continue
        size = offsets[k + 1] - offsets[k]
        first, last = mark_offsets[k], mark_offsets[k + 1]
        rows, faults[k] = run(
            times[k], grids[k], codes[k], amounts[k], rates[k], ratios[k], mark_kinds[first:last], mark_times[first:last],
            mark_amounts[first:last], mark_rates[first:last], mark_ratios[first:last], bits, first_day, none, size,
            out_times[at : at + size], kinds[at : at + size], payoffs[at : at + size], notionals[at : at + size],
            out_rates[at : at + size], accrued[at : at + size],
        )  # fmt: skip
        if faults[k] == WELL:
            for row in range(at, at + rows):
                places[row] = k
            at += rows
    return at
