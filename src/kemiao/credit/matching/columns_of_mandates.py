"""The master of column generation: which portfolio each mandate takes, as a linear program over the portfolios found so far.

Dantzig and Wolfe, Decomposition principle for linear programs, Operations Research 8 (1960). A row a request, a mandate, a cover,
a floor; its prices lead to the next portfolios. Prices are floats on their way to whole numbers: what is proven by them is
computed anew from the whole numbers (pricing_problem.price), so no error of the solver is in a bound.
"""

from __future__ import annotations

from typing import Any

import highspy
import numpy as np
import numpy.typing as npt

from kemiao.base.money import PPM
from kemiao.credit.allocate.solver import QuietHighs
from kemiao.credit.matching.book import Book
from kemiao.credit.matching.market import IntColumn
from kemiao.credit.matching.pricing_problem import Pairs, Prices

PRICE_MAX = PPM  # of a fen of capacity or of lack: 100 % a year
FAR = 10.0  # what breaking a cover or a floor costs in the master, in the largest value of a fen
INTEGRAL = 1e-6


class Master:
    """Columns are kept for good; a node of the search looks only at those that fit it."""

    def __init__(self, book: Book, pairs: Pairs) -> None:
        self.book, self.pairs = book, pairs
        self.value: list[int] = []
        self.options: list[IntColumn] = []  # of the book, rising
        self.mandate: list[int] = []
        self._known: dict[tuple[int, bytes], int] = {}
        self._flat: list[IntColumn] = []
        n, k = book.requests, book.mandates
        self._rows = (n, n + k, n + k + len(book.capacity_fen), n + k + len(book.capacity_fen) + len(book.floors))
        worth = pairs.value // np.maximum(pairs.amount_fen, 1)
        self._fen = float(max(int(pairs.amount_fen.max(initial=1)), 1))  # amounts and values are counted in these
        self.unit = self._fen * float(max(int(np.abs(worth).max(initial=1)), 1))
        self._covered = np.zeros(len(book.request), dtype=np.int64)
        self._covered[pairs.option] = pairs.covered_fen
        self._value = np.zeros(len(book.request), dtype=np.int64)
        self._value[pairs.option] = pairs.value
        self._solver = QuietHighs(primal_feasibility_tolerance=1e-9, dual_feasibility_tolerance=1e-9)
        self._slack = self._rows[3] - self._rows[1]
        self._solver.passModel(self._model())

    def __len__(self) -> int:
        return len(self.value)

    def add(self, mandate: int, options: IntColumn) -> bool:
        """Whether it is new. options: of the book, rising, one a request, all of this mandate."""
        key = (mandate, options.tobytes())
        if key in self._known:
            return False
        self._known[key] = len(self.value)
        self.value.append(int(self._value[options].sum()))
        self.options.append(options)
        self.mandate.append(mandate)
        rows, values = self._entries(mandate, options)
        self._solver.addCol(-self.value[-1] / self.unit, 0.0, highspy.kHighsInf, len(rows), rows, values)
        return True

    def restrict(self, open_columns: npt.NDArray[np.bool_]) -> None:
        index = np.arange(len(self), dtype=np.int32) + self._slack
        upper = np.where(open_columns, highspy.kHighsInf, 0.0)
        self._solver.changeColsBounds(len(self), index, np.zeros(len(self)), upper)

    def fitting(
        self, banned: npt.NDArray[np.bool_], must: npt.NDArray[np.bool_], needed: IntColumn
    ) -> npt.NDArray[np.bool_]:
        """banned, must: (m,) of the book's options. needed (k,): how many requests each mandate must have; must: the options that serve one."""
        flat = np.concatenate([*self.options, np.zeros(0, np.int64)])
        owner = np.repeat(np.arange(len(self)), [len(one) for one in self.options])
        bad = np.bincount(owner, banned[flat], len(self)) > 0
        has = np.bincount(owner, must[flat], len(self)).astype(np.int64)
        return np.asarray(~bad & (has == needed[np.array(self.mandate, dtype=np.int64)]))

    def solve(self) -> tuple[float, Prices, npt.NDArray[np.float64]]:
        """Returns the worth in fen-ppm, the prices, and how much of each column is taken."""
        self._solver.run()
        solution = self._solver.getSolution()
        dual = -np.array(solution.row_dual)
        a, b, c, d = self._rows
        whole = np.maximum(np.rint(dual[:a] * self.unit), 0).astype(np.int64)
        rest = self.unit / self._fen
        cover = np.clip(np.rint(dual[b:c] * rest), 0, PRICE_MAX).astype(np.int64)
        floor = np.clip(np.rint(dual[c:d] * rest), 0, PRICE_MAX).astype(np.int64)
        worth = -self._solver.getInfo().objective_function_value * self.unit
        return worth, Prices(whole, cover, floor), np.array(solution.col_value)[self._slack :]

    def borne(self, options: IntColumn) -> IntColumn:
        """(c,) fen that a portfolio asks of each cover."""
        result = np.zeros(len(self.book.capacity_fen), dtype=np.int64)
        covered = options[self.book.cover[options] >= 0]
        np.add.at(result, self.book.cover[covered], self._covered[covered])
        return result

    def _entries(self, mandate: int, options: IntColumn) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float64]]:
        a, b, c, _ = self._rows
        rows, values = [*self.book.request[options].tolist(), a + mandate], [1.0] * (len(options) + 1)
        cover = self.book.cover[options]
        for number in np.unique(cover[cover >= 0]).tolist():
            rows.append(b + number)
            values.append(float(self._covered[options[cover == number]].sum()) / self._fen)
        amount = self.book.amount_fen[self.book.request[options]]
        for number, floor in enumerate(self.book.floors):
            lack = floor.share_ppm - PPM * floor.member[self.book.request[options]].astype(np.int64)
            rows.append(c + number)
            values.append(float((lack.astype(np.float64) * amount).sum()) / PPM / self._fen)
        return np.array(rows, dtype=np.int32), np.array(values)

    def _model(self) -> Any:
        """Rows, and a dear way out of every cover and floor, so that a solution always exists."""
        _, b, c, d = self._rows
        model = highspy.HighsLp()
        model.num_row_, model.num_col_ = d, d - b
        capacity = self.book.capacity_fen / self._fen
        model.row_upper_ = np.concatenate([np.ones(b), capacity, np.zeros(d - c)])
        low = np.full(d, -highspy.kHighsInf)
        low[self._rows[0] : b] = 1.0  # each mandate takes one of its portfolios, if only the empty one
        model.row_lower_ = low
        model.col_cost_ = np.full(d - b, FAR)
        model.col_lower_, model.col_upper_ = np.zeros(d - b), np.full(d - b, highspy.kHighsInf)
        model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        model.a_matrix_.start_ = np.arange(d - b + 1)
        model.a_matrix_.index_ = np.arange(b, d)
        model.a_matrix_.value_ = np.full(d - b, -1.0)
        return model
