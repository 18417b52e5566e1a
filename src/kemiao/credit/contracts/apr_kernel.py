"""Internal rates of return in one pass. Ratios are in floating point; what leaves is whole ppm."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from kemiao.credit.kernels import compiled

PPM = 1_000_000
_LOW, _HIGH = math.log(0.01), math.log(101.0)  # of 1 + rate: -99 % to 10 000 %


@compiled
def irr_of_flows(offsets: Any, days: Any, amounts: Any) -> tuple[Any, Any]:
    """(ppm, known) of each loan: flows of any order and sign."""
    size = len(offsets) - 1
    rates, known = np.zeros(size, np.int64), np.zeros(size, np.bool_)
    for loan in range(size):
        first, last = offsets[loan], offsets[loan + 1]
        if last - first > 1:
            rates[loan], known[loan] = internal_rate_ppm(days[first:last], amounts[first:last])
    return rates, known


@compiled
def irr_of_plans(offsets: Any, starts: Any, amounts: Any, due: Any, interest: Any, principal: Any, fee: Any) -> tuple[Any, Any]:  # fmt: skip
    size = len(offsets) - 1
    rates, known = np.zeros(size, np.int64), np.zeros(size, np.bool_)
    longest = 1
    for loan in range(size):
        longest = max(longest, offsets[loan + 1] - offsets[loan] + 1)
    days, flows = np.empty(longest, np.int64), np.empty(longest, np.int64)
    for loan in range(size):
        first, last = offsets[loan], offsets[loan + 1]
        days[0], flows[0] = starts[loan], amounts[loan]
        for row in range(first, last):
            days[row - first + 1] = due[row]
            flows[row - first + 1] = -(interest[row] + principal[row] + fee[row])
        length = last - first + 1
        rates[loan], known[loan] = internal_rate_ppm(days[:length], flows[:length])
    return rates, known


@compiled
def simple_of_plans(offsets: Any, starts: Any, amounts: Any, due: Any, interest: Any, principal: Any, fee: Any) -> Any:
    """Costs over principal times years of 365 days, half up."""
    size = len(offsets) - 1
    rates = np.zeros(size, np.int64)
    for loan in range(size):
        balance, at = amounts[loan], starts[loan]
        costs, fen_days = 0.0, 0.0
        for row in range(offsets[loan], offsets[loan + 1]):
            fen_days += float(balance) * (due[row] - at)
            costs += interest[row] + fee[row]
            balance, at = balance - principal[row], due[row]
        if fen_days > 0.0:
            rates[loan] = math.floor(costs * 365.0 * PPM / fen_days + 0.5)
    return rates


@compiled
def internal_rate_ppm(days: Any, amounts: Any) -> tuple[int, bool]:
    """(ppm a year, known): sum of amounts / (1 + rate)^(days from the first / 365) = 0, by Newton's steps kept in a bracket.

    Of several such rates the one that the steps from 5 % find.
    """
    origin = days[0]
    for index in range(len(days)):
        origin = min(origin, days[index])
    low, high = _LOW, _HIGH
    at_low, _ = _value(days, amounts, origin, low)
    at_high, _ = _value(days, amounts, origin, high)
    if at_low == 0.0 and at_high == 0.0:
        return 0, False
    if at_low * at_high > 0.0:
        return 0, False
    force = math.log(1.05)
    for _ in range(200):
        value, slope = _value(days, amounts, origin, force)
        if value == 0.0:
            break
        if value * at_low > 0.0:
            low = force
        else:
            high = force
        step = force - value / slope if slope != 0.0 else low
        if not low < step < high:
            step = 0.5 * (low + high)
        if abs(step - force) < 1e-12:
            force = step
            break
        force = step
    return math.floor(math.expm1(force) * PPM + 0.5), True


@compiled
def _value(days: Any, amounts: Any, origin: int, force: float) -> tuple[float, float]:
    """Present value at a yearly force of interest, and its slope."""
    value, slope = 0.0, 0.0
    for index in range(len(days)):
        years = (days[index] - origin) / 365.0
        present = amounts[index] * math.exp(-force * years)
        value += present
        slope -= years * present
    return value, slope
