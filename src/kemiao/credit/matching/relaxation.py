"""The linear relaxation by HiGHS: its duals are prices, its solution says which loans are near the margin."""

from __future__ import annotations

from typing import Any

import highspy
import numpy as np
import numpy.typing as npt

from kemiao.base.money import PPM
from kemiao.credit.allocate.solver import QuietHighs
from kemiao.credit.matching.frame import Frame
from kemiao.credit.matching.market import IntColumn
from kemiao.credit.matching.prices import SCALE, Prices, answers_at

FloatColumn = npt.NDArray[np.float64]
UNIT_FEN = 10**6  # rows count ten thousand yuan: loans are of the order of a hundred
TOLERANCE = 1e-9
FIRST_STEP, LAST_STEP = 2e-3, 1e-5  # of the largest price
PATIENCE = 3  # rounds without help before steps are halved


def relaxed(frame: Frame, options: IntColumn, part: float = 1.0) -> tuple[Prices, FloatColumn]:
    """Over these options alone (rising). part: of all requests that they stand for; the limits shrink with it.

    Returns prices (1/SCALE ppm, whole, >= 0) and the share of each option's request that it lends, (len(options),).
    """
    solver = QuietHighs(primal_feasibility_tolerance=TOLERANCE, dual_feasibility_tolerance=TOLERANCE)
    model, rows = linear(frame, options, part)
    solver.passModel(model)
    solver.run()
    solution = solver.getSolution()
    dual = np.abs(np.array(solution.row_dual, dtype=np.float64)) if model.num_row_ else np.zeros(0)
    return prices_of(frame, dual, rows), np.array(solution.col_value, dtype=np.float64)


def linear(frame: Frame, options: IntColumn, part: float = 1.0) -> tuple[Any, int]:
    """A HighsLp whose columns are the share of the request's amount that each option lends; rows: budgets, limits, capacities, floors, then
    requests of more than one option. Returns it and the number of rows before the requests'."""
    book = frame.book
    request = book.request[options]
    units = book.amount_fen[request] / UNIT_FEN
    upper = np.minimum(book.most_fen[options], book.amount_fen[request]) / book.amount_fen[request]
    share = np.where(book.cover[options] >= 0, frame.cell_share_ppm[frame.cell[options]], 0) / PPM
    rows = Rows()
    each = np.arange(len(options))
    inf = highspy.kHighsInf
    for place, there, use in (
        (book.mandate[options], book.budget_fen, units),
        (book.limit[options], book.limit_fen, units),
        (book.cover[options], book.capacity_fen, units * share),
    ):
        inside = np.flatnonzero(place >= 0)
        rows.add(place[inside], inside, use[inside], np.full(len(there), -inf), there / UNIT_FEN * part)
    for gain in frame.gain_ppm:
        rows.add(np.zeros(len(options), np.int64), each, -gain[request] / PPM * units, np.array([-inf]), np.zeros(1))
    limits = rows.count
    shared, owner = np.unique(request, return_inverse=True)
    rows.add(owner.reshape(-1), each, np.ones(len(options)), np.full(len(shared), -inf), np.ones(len(shared)))
    model = highspy.HighsLp()
    model.num_col_ = len(options)
    model.sense_ = highspy.ObjSense.kMaximize
    model.col_cost_ = frame.welfare[options] * units / objective_unit(frame)
    model.col_lower_ = np.zeros(len(options))
    model.col_upper_ = upper
    rows.into(model)
    return model, limits


def objective_unit(frame: Frame) -> float:
    """The objective counts units of ten thousand yuan at a thousand ppm; or at what the largest welfare asks for."""
    return max(1_000.0, float(np.abs(frame.welfare).max()) / 100 if len(frame.welfare) else 0.0)


def prices_of(frame: Frame, dual: FloatColumn, rows: int) -> Prices:
    """From the duals of the first rows."""
    book = frame.book
    whole = np.rint(np.nan_to_num(dual[:rows]) * objective_unit(frame) * SCALE).astype(np.int64)
    ends = np.cumsum([book.mandates, len(book.limit_fen), len(book.capacity_fen)])
    budget, limit, capacity, floor = np.split(whole, ends)
    return Prices(budget, limit, capacity, floor)


class Rows:
    """Blocks of rows, gathered as (row, column, value) and handed over row by row."""

    def __init__(self) -> None:
        self.row: list[IntColumn] = []
        self.column: list[IntColumn] = []
        self.value: list[FloatColumn] = []
        self.low: list[FloatColumn] = []
        self.high: list[FloatColumn] = []
        self.count = 0

    def add(self, row: IntColumn, column: IntColumn, value: FloatColumn, low: FloatColumn, high: FloatColumn) -> None:
        """row: number within the block, of which `low` and `high` have one each."""
        self.row.append(row + self.count)
        self.column.append(column)
        self.value.append(value)
        self.low.append(low)
        self.high.append(high)
        self.count += len(low)

    def into(self, model: Any) -> None:
        row = np.concatenate(self.row)
        order = row.argsort(kind="stable")
        model.num_row_ = self.count
        model.row_lower_, model.row_upper_ = np.concatenate(self.low), np.concatenate(self.high)
        model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        model.a_matrix_.start_ = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=self.count))])
        model.a_matrix_.index_ = np.concatenate(self.column)[order]
        model.a_matrix_.value_ = np.concatenate(self.value)[order]


def approached(frame: Frame, pairs_max: int, rounds: int) -> tuple[Prices, int]:
    """Prices of a book that is too large for one linear program, and their bound (1/SCALE fen-ppm).

    First those of a part drawn by lot, with limits in proportion; then steps against what the answers use too much of or too little
    (subgradients, in proportion to the limit, halved where they no longer help: Held, Wolfe & Crowder 1974).
    """
    book = frame.book
    stride = max(1, -(-len(frame.cell) // max(pairs_max, 1)))
    drawn = book.lot % stride == 0
    options = np.flatnonzero(drawn[book.request])
    part = int(book.amount_fen[drawn].sum()) / max(int(book.amount_fen.sum()), 1)
    best, _ = relaxed(frame, options, part)
    bound = answers_at(frame, best).bound
    unit = max(float(np.concatenate([best.budget, best.limit, best.capacity, [SCALE]]).max()), 1.0)
    there = (book.budget_fen, book.limit_fen, book.capacity_fen)
    step, failed = FIRST_STEP, 0
    price, answers = best, answers_at(frame, best)
    for _ in range(rounds):
        if step < LAST_STEP:
            break
        used = (answers.used_budget, answers.used_limit, answers.used_capacity)
        moved = []
        for old, limit, use in zip((price.budget, price.limit, price.capacity), there, used, strict=True):
            excess = np.clip((use - limit).astype(np.float64) / np.maximum(limit, 1), -1.0, 1.0)
            moved.append(np.maximum(old + np.rint(excess * (step * unit)).astype(np.int64), 0))
        slack = -(frame.gain_ppm * answers.lent_fen.astype(np.float64)).sum(axis=1) / PPM
        excess = np.clip(slack / max(float(answers.lent_fen.sum()), 1.0), -1.0, 1.0)
        moved.append(np.maximum(price.floor + np.rint(excess * (step * unit)).astype(np.int64), 0))
        price = Prices(*moved)
        answers = answers_at(frame, price)
        if answers.bound < bound:
            failed = 0 if bound - answers.bound > bound * 1e-6 else failed + 1
            best, bound = price, answers.bound
        else:
            failed += 1
        if failed >= PATIENCE:
            step, failed = step / 2, 0
            price, answers = best, answers_at(frame, best)
    return best, bound
