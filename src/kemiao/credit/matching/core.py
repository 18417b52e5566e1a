"""What prices leave open, decided by HiGHS: the options near the margin, as a mixed-integer program."""

from __future__ import annotations

from dataclasses import dataclass

import highspy
import numpy as np

from kemiao.credit.allocate.solver import QuietHighs
from kemiao.credit.matching.frame import Frame
from kemiao.credit.matching.market import SPLIT, SYNDICATED, WHOLE, BoolColumn, IntColumn
from kemiao.credit.matching.prices import SCALE, Prices, reduced
from kemiao.credit.matching.relaxation import UNIT_FEN, FloatColumn, linear, objective_unit

FEASIBLE = 1e-9
SOLVER_ERROR = 1e-7  # of its bound: more than its tolerances hide


@dataclass(frozen=True, slots=True)
class Solved:
    """share: of its request's amount that each option lends, as the solver has it. bound: fen-ppm, of these options alone."""

    share: FloatColumn
    bound: int
    nodes: int


def losses(frame: Frame, prices: Prices) -> FloatColumn:
    """(m,) fen-ppm: how much the bound falls where this option is used in full, never above the truth by more than a double's rounding;
    0 for the options of requests in several parts, which the bound can't rule out one by one."""
    book = frame.book
    worth = reduced(frame, prices)
    best = np.zeros(book.requests, dtype=np.int64)
    np.maximum.at(best, book.request, worth)
    lost = (best[book.request] - worth).astype(np.float64) / SCALE * book.amount_fen[book.request]
    return np.where(book.form[book.request] == WHOLE, lost * (1 - 1e-12), 0.0)


def kept(frame: Frame, prices: Prices, most: float) -> IntColumn:
    """Options that lose at most so much (fen-ppm), rising."""
    return np.flatnonzero(losses(frame, prices) <= most)


def solved(frame: Frame, options: IntColumn, nodes_max: int, goal: float, must: BoolColumn | None = None) -> Solved:
    """One thread and a limit of nodes, never of time: the same allocation on a slow machine and on a fast one.

    No start from the allocation in hand: given one, HiGHS 1.16 was seen to report the objective of a better plan and to return the
    start as its solution. must: (n,) requests that every better allocation funds.
    """
    book = frame.book
    solver = QuietHighs(
        mip_rel_gap=goal, mip_abs_gap=0.0, mip_max_nodes=nodes_max,
        primal_feasibility_tolerance=FEASIBLE, mip_feasibility_tolerance=FEASIBLE,
    )  # fmt: skip
    model, _ = linear(frame, options)
    model.integrality_ = [
        highspy.HighsVarType.kInteger if whole else highspy.HighsVarType.kContinuous
        for whole in (book.form[book.request[options]] == WHOLE).tolist()
    ]
    solver.passModel(model)
    _all_or_nothing(frame, options, solver)
    solver.run()
    info = solver.getInfo()
    share = np.array(solver.getSolution().col_value, dtype=np.float64)
    share = share[: len(options)] if len(share) else np.zeros(len(options))
    unit = objective_unit(frame) * UNIT_FEN
    bound = info.mip_dual_bound * unit
    bound = int(bound + abs(bound) * SOLVER_ERROR) + 1 if np.isfinite(bound) else 2**200
    return Solved(share, bound, int(info.mip_node_count))


def _all_or_nothing(frame: Frame, options: IntColumn, solver: QuietHighs) -> None:
    """A loan in parts has a least total: a column that says whether there is one."""
    book = frame.book
    for i in np.unique(book.request[options]).tolist():
        form, amount = int(book.form[i]), int(book.amount_fen[i])
        if form == WHOLE or (form == SPLIT and book.least_fen[i] == 0):
            continue
        mine = np.flatnonzero(book.request[options] == i)
        column = solver.getNumCol()
        solver.addCol(0.0, 0.0, 1.0, 0, np.array([]), np.array([]))
        solver.changeColIntegrality(column, highspy.HighsVarType.kInteger)
        least = 1.0 if form == SYNDICATED else float(book.least_fen[i]) / amount
        columns = np.concatenate([mine, [column]]).astype(np.int32)
        ones = np.ones(len(mine))
        most = 0.0 if form == SYNDICATED else solver.getInfinity()
        solver.addRow(0.0, most, len(columns), columns, np.concatenate([ones, [-least]]))
        if form == SYNDICATED:
            continue
        solver.addRow(-solver.getInfinity(), 0.0, len(columns), columns, np.concatenate([ones, [-1.0]]))
