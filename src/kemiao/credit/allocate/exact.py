"""What prices leave open, decided by HiGHS: the companies near the margin, as a mixed-integer program."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import highspy
import numpy as np
import numpy.typing as npt

from kemiao.base.money import PPM
from kemiao.credit.allocate.offers import VALUE_SCALE, Offers
from kemiao.credit.allocate.prices import Bound, FloatColumn, company_prices
from kemiao.credit.allocate.solver import QuietHighs

IntColumn = npt.NDArray[np.int64]
UNIT_FEN = 10**6  # ten thousand yuan: amounts in the solver are of the order of one
OBJECTIVE_UNIT = float(UNIT_FEN) * VALUE_SCALE / 100  # the objective counts hundredths of a unit
# Of a unit, a thousandth of a fen: looser, and loans that fill a limit together come out too large to fit.
TOLERANCE = 1e-9
SOLVER_ERROR = 1e-6  # of its bound: more than its tolerances hide


@dataclass(frozen=True, slots=True)
class Core:
    """(company, option) pairs that a better plan could still use; `must` are companies that every better plan funds."""

    company: IntColumn
    option: IntColumn
    must: npt.NDArray[np.bool_]


def core(offers: Offers, bound: Bound, profit: int) -> Core:
    """Keeps a pair only if the bound, with the pair forced in, reaches the profit already in hand. No optimum is lost."""
    at = company_prices(offers, bound.price)
    reduced = offers.value - at[:, None] * offers.use
    ends = (
        np.maximum(reduced * offers.cap_fen[:, None], reduced * offers.min_fen) - float(offers.cost_fen) * VALUE_SCALE
    )
    best = np.maximum(ends.max(axis=1), 0.0)
    slack = bound.bound - float(profit)
    keep = best[:, None] - ends <= slack
    # A rate is of no use if a higher one earns as much a yuan: it never uses more of the budget. Rates rise along k.
    later = np.maximum.accumulate(offers.value[:, ::-1], axis=1)[:, ::-1]
    keep[:, :-1] &= offers.value[:, :-1] > later[:, 1:]
    company, option = np.nonzero(keep)
    return Core(company, option, best > slack)


def solve_core(offers: Offers, kept: Core, nodes_max: int, goal: float) -> tuple[list[tuple[int, int, int]], float]:
    """Returns the loans as (company, option, fen) before whole-fen repair, and a bound in 10^-12 fen.

    One thread and a limit of nodes, never of time: the same plan on a slow machine and on a fast one.
    """
    pairs = len(kept.company)
    solver = QuietHighs(
        mip_rel_gap=goal, mip_abs_gap=0.0, mip_max_nodes=nodes_max,
        primal_feasibility_tolerance=TOLERANCE, mip_feasibility_tolerance=TOLERANCE,
    )  # fmt: skip
    solver.passModel(program(offers, kept))
    # No start from the plan in hand: given one, HiGHS 1.16 was seen to report the objective of a better plan and to return
    # the start as its solution.
    solver.run()
    bound = solver.getInfo().mip_dual_bound * OBJECTIVE_UNIT
    solution = np.array(solver.getSolution().col_value)
    taken = np.flatnonzero(solution[pairs:] > 0.5) if len(solution) else np.array([], dtype=np.int64)
    amounts = np.floor(solution[taken] * UNIT_FEN + 0.5).astype(np.int64)
    loans = zip(kept.company[taken].tolist(), kept.option[taken].tolist(), amounts.tolist(), strict=True)
    return list(loans), bound * (1 + SOLVER_ERROR)


def program(offers: Offers, kept: Core) -> Any:
    """The pairs as a HighsLp: columns are the amount of each pair in units, then whether the pair is offered.

    Rows: the limits; one offer a company (exactly one where it must be funded); least and greatest amount of a pair.
    """
    pairs = len(kept.company)
    value = offers.value[kept.company, kept.option].astype(np.float64) * UNIT_FEN / OBJECTIVE_UNIT
    use = offers.use[kept.company, kept.option].astype(np.float64) / PPM
    cap, least = offers.cap_fen[kept.company] / UNIT_FEN, np.full(pairs, offers.min_fen / UNIT_FEN)
    fixed = np.full(pairs, float(offers.cost_fen) * VALUE_SCALE / OBJECTIVE_UNIT)
    inf, each, one = highspy.kHighsInf, np.arange(pairs), np.ones(pairs)

    rows = _Rows()
    for number, limit in enumerate(offers.limits):
        inside = np.flatnonzero((offers.member[kept.company] == number).any(axis=1))
        rows.add(np.zeros(len(inside), np.int64), inside, use[inside], [-inf], [limit.limit_fen / UNIT_FEN])
    funded, owner = np.unique(kept.company, return_inverse=True)
    rows.add(owner, pairs + each, one, np.where(kept.must[funded], 1.0, -inf), np.ones(len(funded)))
    twice, both = np.concatenate([each, each]), np.concatenate([each, pairs + each])
    rows.add(twice, both, np.concatenate([one, -cap]), np.full(pairs, -inf), np.zeros(pairs))
    rows.add(twice, both, np.concatenate([one, -least]), np.zeros(pairs), np.full(pairs, inf))

    model = highspy.HighsLp()
    model.num_col_ = 2 * pairs
    model.sense_ = highspy.ObjSense.kMaximize
    model.col_cost_ = np.concatenate([value, -fixed])
    model.col_lower_ = np.zeros(2 * pairs)
    model.col_upper_ = np.concatenate([cap, one])
    model.integrality_ = [highspy.HighsVarType.kContinuous] * pairs + [highspy.HighsVarType.kInteger] * pairs
    rows.into(model)
    return model


class _Rows:
    """Blocks of rows, gathered as (row, column, value) and handed over row by row."""

    def __init__(self) -> None:
        self.row: list[IntColumn] = []
        self.column: list[IntColumn] = []
        self.value: list[FloatColumn] = []
        self.low: list[float] = []
        self.high: list[float] = []

    def add(
        self, row: IntColumn, column: IntColumn, value: FloatColumn, low: Iterable[float], high: Iterable[float]
    ) -> None:
        """row: number within the block, of which `low` and `high` have one each."""
        self.row.append(row + len(self.low))
        self.column.append(column)
        self.value.append(value)
        self.low.extend(low)
        self.high.extend(high)

    def into(self, model: Any) -> None:
        row = np.concatenate(self.row)
        order = row.argsort(kind="stable")
        model.num_row_ = len(self.low)
        model.row_lower_, model.row_upper_ = np.array(self.low), np.array(self.high)
        model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        model.a_matrix_.start_ = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=len(self.low)))])
        model.a_matrix_.index_ = np.concatenate(self.column)[order]
        model.a_matrix_.value_ = np.concatenate(self.value)[order]
