"""A bound that no plan can pass: every limit gets a price, and then each company answers for itself.

For prices p >= 0 of the limits, the sum over companies of the best answer to "earn value, pay p for what you use",
plus p times the limits, is at least the profit of every plan (Lagrange; weak duality). All companies of one industry
and grade see one price, so the bound is a sum of convex functions of one variable each: cutting planes, a bundle per
such cell, find the best prices in some tens of rounds. Any prices give a valid bound; good ones give a close one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kemiao.base.money import PPM
from kemiao.credit.allocate.offers import VALUE_SCALE, Offers
from kemiao.credit.allocate.solver import QuietHighs

FloatColumn = npt.NDArray[np.float64]
IntColumn = npt.NDArray[np.int64]

ROUNDS_MAX = 200
CLOSE_ENOUGH = 1e-8  # of the bound: between the best bound found and what any prices could reach
SOLVER_TOLERANCE = 1e-9
FIRST_PRICES = 24
ULPS = 2.0**-49  # sixteen roundings of a double: more than any answer takes


@dataclass(frozen=True, slots=True)
class Answers:
    """(n,) each: the option taken at the price, what it is worth there (10^-12 fen), its use (ppm of a fen)."""

    option: IntColumn
    worth: FloatColumn
    use: FloatColumn


@dataclass(frozen=True, slots=True)
class Bound:
    """price: one a limit, 10^-12 fen for a ppm of a fen. bound: 10^-12 fen, rounded up beyond every float error."""

    price: FloatColumn
    bound: float


def answer(offers: Offers, company_price: FloatColumn) -> Answers:
    """The best option of each company at its price, always at its cap: worth more than nothing grows with the amount."""
    if offers.value.shape[1] == 1:
        option = np.zeros(len(offers), dtype=np.int64)
        reduced = offers.value[:, 0] - company_price * offers.use[:, 0]
        use = offers.use[:, 0].astype(np.float64)
    else:
        grid = offers.value - company_price[:, None] * offers.use
        option = grid.argmax(axis=1)
        reduced = np.take_along_axis(grid, option[:, None], axis=1)[:, 0]
        use = np.take_along_axis(offers.use, option[:, None], axis=1)[:, 0].astype(np.float64)
    return Answers(option, reduced * offers.cap_fen - float(offers.cost_fen) * VALUE_SCALE, use * offers.cap_fen)


def company_prices(offers: Offers, price: FloatColumn) -> FloatColumn:
    total: FloatColumn = price[offers.member].sum(axis=1)
    return total


def bound_at(offers: Offers, price: FloatColumn, answers: Answers) -> float:
    """The Lagrangian bound at these prices, never below its exact value: the float error of all terms is added."""
    limits = [float(limit.limit_fen) * PPM for limit in offers.limits]
    paid = math.fsum(p * room for p, room in zip(price.tolist(), limits, strict=True))
    kept = math.fsum(np.maximum(answers.worth, 0.0).tolist())
    largest = (np.abs(offers.value).max(axis=1) + company_prices(offers, price) * PPM) * offers.cap_fen
    noise = (float(largest.sum()) + paid + float(offers.cost_fen) * VALUE_SCALE * len(offers)) * ULPS
    return kept + paid + noise


def best_prices(offers: Offers) -> Bound:
    """Cutting planes over the prices. offers holds at least one company."""
    usage = (offers.cap_fen * offers.use.max(axis=1).astype(np.float64)).astype(np.float64)
    can_bind = [
        float(usage[(offers.member == number).any(axis=1)].sum()) > limit.limit_fen * float(PPM) * (1 - 1e-9)
        for number, limit in enumerate(offers.limits)
    ]
    free = np.zeros(len(offers.limits))
    if not any(can_bind):
        return Bound(free, bound_at(offers, free, answer(offers, np.zeros(len(offers)))))
    search = _Search(offers, [number for number, binds in enumerate(can_bind) if binds])
    return search.run()


class _Search:
    """The master problem in HiGHS: a variable a price and a cell, a row a cut. Everything is scaled to about one."""

    def __init__(self, offers: Offers, active: list[int]) -> None:
        self.offers, self.active = offers, active
        member = np.where(np.isin(offers.member, active), offers.member, -1)
        self.cells, self.cell = np.unique(member, axis=0, return_inverse=True)
        self.cell = self.cell.reshape(-1)
        free = answer(offers, np.zeros(len(offers)))
        self.worth_unit = max(math.fsum(np.maximum(free.worth, 0.0).tolist()), 1.0)
        # Above it no company wants anything: value a ppm of use, at the cheapest use there is.
        with np.errstate(divide="ignore", invalid="ignore"):
            per_use = np.where(offers.use > 0, offers.value / offers.use, 0.0).max(axis=1)
        self.break_even = np.maximum(per_use, 0.0)
        self.price_unit = max(float(self.break_even.max()), 1e-6)
        self.best = Bound(np.zeros(len(offers.limits)), math.inf)
        self.solver = QuietHighs(
            primal_feasibility_tolerance=SOLVER_TOLERANCE, dual_feasibility_tolerance=SOLVER_TOLERANCE
        )
        inf = self.solver.getInfinity()
        for number in active:
            room = float(offers.limits[number].limit_fen) * PPM
            self.solver.addCol(room * self.price_unit / self.worth_unit, 0.0, 1.0, 0, np.array([]), np.array([]))
        for _ in range(len(self.cells)):
            self.solver.addCol(1.0, 0.0, inf, 0, np.array([]), np.array([]))
        self.column = {number: place for place, number in enumerate(active)}

    def run(self) -> Bound:
        for share in np.linspace(0.0, 1.0, FIRST_PRICES):
            self._cut(np.full(len(self.offers), float(np.quantile(self.break_even, share))), None)
        for _ in range(ROUNDS_MAX):
            self.solver.run()
            reach = self.solver.getInfo().objective_function_value * self.worth_unit
            price = np.zeros(len(self.offers.limits))
            columns = self.solver.getSolution().col_value
            for number in self.active:
                price[number] = max(columns[self.column[number]], 0.0) * self.price_unit
            at_cells = np.array(columns[len(self.active) :]) * self.worth_unit
            added = self._cut(company_prices(self.offers, price), at_cells, price)
            if not added or self.best.bound - reach <= CLOSE_ENOUGH * self.best.bound:
                break
        return self.best

    def _cut(self, company_price: FloatColumn, at_cells: FloatColumn | None, price: FloatColumn | None = None) -> int:
        """Adds the cell's tangent wherever the master is still below the truth; keeps the best bound seen."""
        answers = answer(self.offers, company_price)
        if price is not None:
            bound = bound_at(self.offers, price, answers)
            if bound < self.best.bound:
                self.best = Bound(price, bound)
        taken = answers.worth > 0
        count = len(self.cells)
        worth = np.bincount(self.cell[taken], weights=answers.worth[taken], minlength=count)
        use = np.bincount(self.cell[taken], weights=answers.use[taken], minlength=count)
        first = np.zeros(count)
        first[self.cell] = company_price  # one price in a cell
        # A cut that the master breaks by less than its own tolerance would be added for ever and change nothing.
        known = np.full(count, -np.inf) if at_cells is None else at_cells
        broken = np.flatnonzero(worth > known + 2 * SOLVER_TOLERANCE * self.worth_unit).tolist()
        for number in broken:
            slope = use[number] * self.price_unit / self.worth_unit
            places = [self.column[limit] for limit in self.cells[number].tolist() if limit >= 0]
            entries = [*places, len(self.active) + number]
            weights = [*([slope] * len(places)), 1.0]
            level = (worth[number] + use[number] * first[number]) / self.worth_unit
            self.solver.addRow(level, self.solver.getInfinity(), len(entries), np.array(entries), np.array(weights))
        return len(broken)
