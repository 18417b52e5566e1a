"""What prices leave open, decided by HiGHS: the companies near the margin, as a mixed-integer program."""

from __future__ import annotations

from dataclasses import dataclass

import highspy
import numpy as np
import numpy.typing as npt

from kemiao.base.money import PPM
from kemiao.credit.allocate.offers import VALUE_SCALE, Offers
from kemiao.credit.allocate.prices import Bound, FloatColumn, company_prices
from kemiao.credit.allocate.solver import QuietHighs

IntColumn = npt.NDArray[np.int64]
UNIT_FEN = 10**6  # ten thousand yuan: amounts in the solver are of the order of one
TOLERANCE = (
    1e-9  # of a unit, a thousandth of a fen: looser, and loans that fill a limit together come out too large to fit
)
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
    value = offers.value[kept.company, kept.option].astype(np.float64)
    use = offers.use[kept.company, kept.option].astype(np.float64) / PPM
    cap = offers.cap_fen[kept.company] / UNIT_FEN
    unit = float(UNIT_FEN) * VALUE_SCALE / 100  # objective in hundredths of a unit

    model = highspy.HighsLp()
    model.num_col_ = 2 * pairs
    model.sense_ = highspy.ObjSense.kMaximize
    fixed_cost = np.full(pairs, -float(offers.cost_fen) * VALUE_SCALE / unit)
    model.col_cost_ = np.concatenate([value * UNIT_FEN / unit, fixed_cost])  # amounts first, then who has an offer
    model.col_lower_ = np.zeros(2 * pairs)
    model.col_upper_ = np.concatenate([cap, np.ones(pairs)])
    kinds = [highspy.HighsVarType.kContinuous] * pairs + [highspy.HighsVarType.kInteger] * pairs
    model.integrality_ = kinds

    inf = highspy.kHighsInf
    rows: list[tuple[float, float]] = []
    entry_row, entry_col, entry_val = [], [], []

    def add(low: float, high: float, columns: IntColumn, values: FloatColumn) -> None:
        entry_row.append(np.full(len(columns), len(rows)))
        entry_col.append(columns)
        entry_val.append(values)
        rows.append((low, high))

    for number, limit in enumerate(offers.limits):
        inside = np.flatnonzero((offers.member[kept.company] == number).any(axis=1))
        if len(inside):
            add(-inf, limit.limit_fen / UNIT_FEN, inside, use[inside])
    first = (
        np.flatnonzero(np.r_[True, kept.company[1:] != kept.company[:-1]]) if pairs else np.array([], dtype=np.int64)
    )
    for begin, end in zip(first.tolist(), [*first[1:].tolist(), pairs], strict=True):
        columns = np.arange(begin, end) + pairs
        add(1.0 if kept.must[kept.company[begin]] else -inf, 1.0, columns, np.ones(len(columns)))
    base = len(rows)
    each = np.arange(pairs)
    # amount <= cap x offered, amount >= min x offered
    entry_row += [base + each, base + each, base + pairs + each, base + pairs + each]
    entry_col += [each, pairs + each, each, pairs + each]
    entry_val += [np.ones(pairs), -cap, np.ones(pairs), np.full(pairs, -offers.min_fen / UNIT_FEN)]
    rows += [(-inf, 0.0)] * pairs + [(0.0, inf)] * pairs

    model.num_row_ = len(rows)
    model.row_lower_ = np.array([low for low, _ in rows])
    model.row_upper_ = np.array([high for _, high in rows])
    by_row = np.concatenate(entry_row).argsort(kind="stable")
    counts = np.bincount(np.concatenate(entry_row), minlength=len(rows))
    model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    model.a_matrix_.start_ = np.concatenate([[0], np.cumsum(counts)])
    model.a_matrix_.index_ = np.concatenate(entry_col)[by_row]
    model.a_matrix_.value_ = np.concatenate(entry_val)[by_row]

    solver = QuietHighs(
        mip_rel_gap=goal, mip_abs_gap=0.0, mip_max_nodes=nodes_max,
        primal_feasibility_tolerance=TOLERANCE, mip_feasibility_tolerance=TOLERANCE,
    )  # fmt: skip
    solver.passModel(model)
    # No start from the plan in hand: given one, HiGHS 1.16 was seen to report the objective of a better plan and to return
    # the start as its solution.
    solver.run()
    bound = solver.getInfo().mip_dual_bound * unit
    solution = np.array(solver.getSolution().col_value)
    taken = np.flatnonzero(solution[pairs:] > 0.5) if len(solution) else np.array([], dtype=np.int64)
    amounts = np.floor(solution[taken] * UNIT_FEN + 0.5).astype(np.int64)
    loans = zip(kept.company[taken].tolist(), kept.option[taken].tolist(), amounts.tolist(), strict=True)
    return list(loans), bound * (1 + SOLVER_ERROR)
