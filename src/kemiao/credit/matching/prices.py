"""A bound that no allocation can pass: every limit gets a price, and then each request answers for itself.

For whole prices p >= 0 of budgets, concentration limits, capacities and floors, the sum over requests of the best answer to
"earn welfare, pay p for what you use" plus p times the limits is at least the welfare of every allocation (Lagrange; weak
duality). Prices are whole numbers, answers are summed exactly, so the bound needs no allowance for rounding. Any prices give a
valid bound; good ones give a close one (Held & Karp 1971; Geoffrion 1974).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from kemiao.base.money import PPM
from kemiao.credit.kernels import compiled
from kemiao.credit.matching.frame import Frame
from kemiao.credit.matching.market import IntColumn

SCALE = 1024  # prices are counted in 1/1024 ppm: rounding them costs less than a millionth of the bound
_LIMB = 20  # amounts in two limbs of so many bits: products with a reduced value stay below 2^63


@dataclass(frozen=True, slots=True)
class Prices:
    """1/SCALE ppm a year, >= 0: of a fen of budget (k,), limit (l,), capacity (c,); floor (floors,): of a fen-ppm / 10^6 of slack."""

    budget: IntColumn
    limit: IntColumn
    capacity: IntColumn
    floor: IntColumn


@dataclass(frozen=True, slots=True)
class Answers:
    """bound: 1/SCALE fen-ppm, exact. used_*: what the answers use, fen (of a cover: what it bears, rounded down)."""

    bound: int
    used_budget: IntColumn
    used_limit: IntColumn
    used_capacity: IntColumn
    lent_fen: IntColumn


def no_prices(frame: Frame) -> Prices:
    book = frame.book
    lengths = (book.mandates, len(book.limit_fen), len(book.capacity_fen), len(book.floors))
    return Prices(*(np.zeros(length, dtype=np.int64) for length in lengths))


def cell_prices(frame: Frame, prices: Prices) -> IntColumn:
    """(cells,) what a fen lent there pays; the cover's part rounded down, so that no answer is worth less than it is."""
    limit = np.concatenate([prices.limit, np.zeros(1, dtype=np.int64)])
    cover = np.concatenate([prices.capacity, np.zeros(1, dtype=np.int64)])
    part = cover[frame.cell_cover] * frame.cell_share_ppm // PPM
    return np.asarray(prices.budget[frame.cell_mandate] + limit[frame.cell_limit] + part, dtype=np.int64)


def bonuses(frame: Frame, prices: Prices) -> IntColumn:
    """(n,) what a fen lent to the request earns at the floors, rounded up."""
    total = np.zeros(frame.book.requests, dtype=np.int64)
    for gain, price in zip(frame.gain_ppm, prices.floor.tolist(), strict=True):
        total += gain * price
    return np.asarray(-(-total // PPM), dtype=np.int64)


def reduced(frame: Frame, prices: Prices) -> IntColumn:
    """(m,) welfare above the prices of a fen, 1/SCALE ppm, never below the truth."""
    bonus = bonuses(frame, prices)[frame.book.request]
    return np.asarray(frame.welfare.astype(np.int64) * SCALE - cell_prices(frame, prices)[frame.cell] + bonus)


def answers_at(frame: Frame, prices: Prices) -> Answers:
    book = frame.book
    per_cell = np.zeros(len(frame.cell_mandate), dtype=np.int64)
    lent = np.zeros(book.requests, dtype=np.int64)
    high, low = _answer(
        book.start, book.form, book.amount_fen, book.least_fen, book.most_fen, frame.cell, frame.welfare,
        cell_prices(frame, prices), bonuses(frame, prices), SCALE, per_cell, lent,
    )  # fmt: skip
    bound = (int(high) << _LIMB) + int(low)
    for price, there in (
        (prices.budget, book.budget_fen), (prices.limit, book.limit_fen), (prices.capacity, book.capacity_fen),
    ):  # fmt: skip
        bound += sum(p * b for p, b in zip(price.tolist(), there.tolist(), strict=True) if p)
    borne = per_cell // PPM * frame.cell_share_ppm + per_cell % PPM * frame.cell_share_ppm // PPM
    return Answers(
        bound,
        _by(frame.cell_mandate, per_cell, book.mandates),
        _by(frame.cell_limit, per_cell, len(book.limit_fen)),
        _by(frame.cell_cover, borne, len(book.capacity_fen)),
        lent,
    )


def bound_of(scaled: int) -> int:
    """From 1/SCALE fen-ppm to fen-ppm, rounded up; an allocation's welfare is whole, and lending nothing earns 0."""
    return max(0, scaled // SCALE)


def _by(place: IntColumn, amount: IntColumn, length: int) -> IntColumn:
    result = np.zeros(length, dtype=np.int64)
    there = place >= 0
    np.add.at(result, place[there], amount[there])
    return result


@compiled
def _answer(start: Any, form: Any, amount: Any, least: Any, most: Any, cell: Any, welfare: Any, price: Any, bonus: Any, scale: Any, per_cell: Any, lent: Any) -> Any:  # fmt: skip
    """Fills per_cell and lent with each request's best answer; returns the sum of their worth in two limbs (high, low)."""
    high = np.int64(0)
    low = np.int64(0)
    longest = 0
    for i in range(len(amount)):
        longest = max(longest, start[i + 1] - start[i])
    worth = np.empty(longest, np.int64)
    taken = np.empty(longest, np.int64)
    limb = (1 << 20) - 1
    for i in range(len(amount)):
        first, last = start[i], start[i + 1]
        if first == last:
            continue
        if form[i] == 0:
            best = np.int64(0)
            at = -1
            for o in range(first, last):
                r = np.int64(welfare[o]) * scale - price[cell[o]] + bonus[i]
                if r > best:
                    best = r
                    at = o
            if at >= 0:
                high += best * (amount[i] >> 20)
                low += best * (amount[i] & limb)
                per_cell[cell[at]] += amount[i]
                lent[i] = amount[i]
        else:
            total_high = np.int64(0)
            total_low = np.int64(0)
            needed = amount[i] if form[i] == 2 else least[i]
            for o in range(first, last):
                worth[o - first] = np.int64(welfare[o]) * scale - price[cell[o]] + bonus[i]
                taken[o - first] = -1
            given = np.int64(0)
            while given < amount[i]:
                at = -1
                for o in range(last - first):
                    if taken[o] < 0 and (at < 0 or worth[o] > worth[at]):
                        at = o
                if at < 0 or (worth[at] <= 0 and given >= needed):
                    break
                # What is worth less than nothing fills up to what is needed, and no further.
                part = min(most[first + at], (amount[i] if worth[at] > 0 else needed) - given)
                taken[at] = part
                given += part
                total_high += worth[at] * (part >> 20)
                total_low += worth[at] * (part & limb)
            total_high += total_low >> 20
            total_low &= limb
            if given >= needed and total_high >= 0 and given > 0:
                high += total_high
                low += total_low
                lent[i] = given
                for o in range(last - first):
                    if taken[o] > 0:
                        per_cell[cell[first + o]] += taken[o]
        high += low >> 20
        low &= limb
    return high, low
