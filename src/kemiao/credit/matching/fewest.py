"""The fewest pairs that can block at all, proven: an integer program for small calls of whole loans.

Whether a stable matching of loans of different sizes exists is NP-complete (McDermid & Manlove 2010), so the size is bounded by policy. For each
option x (taken) and b (blocks): b >= 1 unless the request holds something that it likes as much or more, or better-standing loans leave
no room at the mandate, the limit or the cover. What leaves no room is a choice y, with room < amount as a row.
"""

from __future__ import annotations

from dataclasses import dataclass

import highspy
import numpy as np

from kemiao.base.refusal import Refusal
from kemiao.credit.allocate.solver import QuietHighs
from kemiao.credit.matching.book import Book, broken, covered_fen
from kemiao.credit.matching.market import WHOLE, IntColumn
from kemiao.credit.matching.rules import MarketRules
from kemiao.credit.matching.stable import blocking_of


@dataclass(frozen=True, slots=True)
class Fewest:
    """count: pairs that block amount_fen. at_least: no allocation has fewer; proven where both are the same."""

    amount_fen: IntColumn
    count: int
    at_least: int

    @property
    def proven(self) -> bool:
        return self.count == self.at_least


def fewest(book: Book, rules: MarketRules) -> Fewest | Refusal:
    """Refuses FEWEST_TOO_LARGE above fewest_requests_max requests, FEWEST_NOT_WHOLE with divisible loans or reserves."""
    most = rules.solver["fewest_requests_max"]
    if book.requests > most:
        return Refusal.at(
            "FEWEST_TOO_LARGE", f"申请超过 {most} 笔,不求最少阻碍对", f"more than {most} requests: the fewest pairs are not looked for",
            requests=book.requests,
        )  # fmt: skip
    if (book.form != WHOLE).any() or book.reserve_fen.any():
        return Refusal.at(
            "FEWEST_NOT_WHOLE",
            "最少阻碍对只对整笔贷款且无预留时求解",
            "the fewest pairs are looked for with whole loans and no reserve only",
        )
    usable = book.most_fen >= book.amount_fen[book.request]
    if not usable.any():
        return Fewest(np.zeros(len(book.request), np.int64), 0, 0)
    solver = QuietHighs(
        mip_rel_gap=0.0, mip_abs_gap=0.5, mip_max_nodes=rules.solver["nodes_max"], mip_feasibility_tolerance=1e-9
    )
    solver.passModel(_program(book, np.flatnonzero(usable)))
    solver.run()
    m = len(book.request)
    amount = np.zeros(m, np.int64)
    values = np.array(solver.getSolution().col_value)
    if len(values):
        taken = np.flatnonzero(usable)[values[: int(usable.sum())] > 0.5]
        amount[taken] = book.amount_fen[book.request[taken]]
    if broken(book, amount):
        amount[:] = 0
    bound = solver.getInfo().mip_dual_bound
    at_least = max(0, int(np.ceil(bound - 1e-6))) if np.isfinite(bound) else 0
    return Fewest(amount, len(blocking_of(book, amount, rules.unit_fen)), at_least)


def _program(book: Book, options: IntColumn) -> highspy.HighsLp:
    """Columns: x of each option, b of each, then y of each place that may leave it no room."""
    n = len(options)
    loan = book.amount_fen[book.request[options]]
    unit = max(1, int(np.gcd.reduce(np.concatenate([loan, book.budget_fen, book.limit_fen]))))
    borne = covered_fen(book, np.where(np.arange(len(book.request)) >= 0, book.amount_fen[book.request], 0))[options]
    rows: list[tuple[dict[int, float], float, float]] = []
    inf = highspy.kHighsInf
    columns = 2 * n
    for i in range(book.requests):
        mine = np.flatnonzero(book.request[options] == i)
        if len(mine):
            rows.append((dict.fromkeys(mine.tolist(), 1.0), -inf, 1.0))
    places = (
        (book.mandate[options], book.standing[options], book.budget_fen, loan, unit),
        (book.limit[options], book.standing[options], book.limit_fen, loan, unit),
        (book.cover[options], book.cover_standing[options], book.capacity_fen, borne, 1),
    )
    for group, _, most, fen, scale in places:
        for key in range(len(most)):
            inside = np.flatnonzero(group == key)
            rows.append(({int(p): float(fen[p] // scale) for p in inside}, -inf, float(most[key] // scale)))
    for p in range(n):
        liked = np.flatnonzero((book.request[options] == book.request[options[p]]) & (options <= options[p])).tolist()
        row = dict.fromkeys(liked, 1.0) | {n + p: 1.0}
        for at, (group, place, most, fen, scale) in enumerate(places):
            key = int(group[p])
            if key < 0:
                continue
            better = np.flatnonzero((group == key) & (place < place[p]))
            if at == 2:  # a cover gives up the request's own loan for this one, since to it they are all the same
                better = better[book.request[options[better]] != book.request[options[p]]]
            short = float(most[key] // scale - fen[p] // scale + 1)  # so much held by better ones, and there is no room
            if fen[better].sum() // scale < short:
                continue
            row[columns] = 1.0
            rows.append(({int(o): float(fen[o] // scale) for o in better} | {columns: -short}, 0.0, inf))
            columns += 1
        rows.append((row, 1.0, inf))
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = columns, len(rows)
    model.col_cost_ = np.concatenate([np.zeros(n), np.ones(n), np.zeros(columns - 2 * n)])
    model.col_lower_, model.col_upper_ = np.zeros(columns), np.ones(columns)
    model.integrality_ = [highspy.HighsVarType.kInteger] * columns
    model.row_lower_, model.row_upper_ = np.array([row[1] for row in rows]), np.array([row[2] for row in rows])
    model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    model.a_matrix_.start_ = np.concatenate([[0], np.cumsum([len(row[0]) for row in rows])])
    model.a_matrix_.index_ = np.array([column for row in rows for column in row[0]], dtype=np.int32)
    model.a_matrix_.value_ = np.array([value for row in rows for value in row[0].values()])
    return model
