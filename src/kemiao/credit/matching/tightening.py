"""A node's bound made tighter: by listing the portfolios that are left, and rows that cut off what no whole choice does.

Where every portfolio of a mandate that can still count is listed, a row may look inside it. Of three requests (or two and a mandate)
at most one portfolio can hold two: Jepsen, Petersen, Spoorendonk, Pisinger, Subset-row inequalities, Operations Research 56 (2008).
Mandates with too many portfolios stay priced one at a time, beside those rows. All bounds are whole numbers, as everywhere here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import highspy
import numpy as np
import numpy.typing as npt

from kemiao.credit.allocate.solver import QuietHighs
from kemiao.credit.kernels import compiled
from kemiao.credit.matching.listing import listed
from kemiao.credit.matching.market import IntColumn
from kemiao.credit.matching.pricing_problem import FREE, IMPOSSIBLE, MUST, OUT, ByteColumn, Pairs, fill

FloatColumn = npt.NDArray[np.float64]
LISTED_MOST, STEPS_MAX = 40_000, 1_500_000  # portfolios of a mandate, and steps of looking for them
LESS = 0.7  # a mandate that had too many is listed again when the gap is below this part of what it was
ROUNDS, CUT_ROUNDS, CUTS = 400, 40, 15
VIOLATED = 0.02
STALLED = 0.01  # of the gap: rounds of cuts that bring less than this, three times over, are the last
BATCH = 8  # portfolios a mandate that enter at once
FEW = 400  # portfolios of a mandate that HiGHS is given one by one
PARTS = 1_000.0  # of the gap, that HiGHS counts in
EXACT, WIDER = 1e-5, 1e-4  # parts


@dataclass(slots=True)
class Pool:
    """Portfolios of a mandate: pairs item[start[r]:start[r + 1]]. inside: of each row that cuts, how often each portfolio counts in it."""

    start: IntColumn
    item: IntColumn
    inside: list[ByteColumn] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.start) - 1

    def keep(self, left: npt.NDArray[np.bool_]) -> None:
        length = np.diff(self.start)
        self.item = self.item[np.repeat(left, length)]
        self.start = np.concatenate([[0], np.cumsum(length[left])]).astype(np.int64)
        self.inside = [one[left] for one in self.inside]


class Tight:
    """bound: of what is better than `floor`, fen-ppm. share: (p,) of each pair that the last answer takes."""

    def __init__(
        self, pairs: Pairs, requests: int, state: ByteColumn, floor: int, step: int, unit: float, seeds: list[tuple[int, IntColumn]]
    ) -> None:  # fmt: skip
        """No covers, no floors: one option a pair. state (p): OUT, FREE, MUST. seeds: (mandate, pairs) to begin with."""
        self.pairs, self.n, self.k, self.state, self.floor, self.step, self.unit = (
            pairs, requests, len(pairs.room), state, floor, step, unit,
        )  # fmt: skip
        self.value = pairs.value[pairs.first[:-1]]
        self.pools: list[Pool | None] = [None] * self.k
        self.tried = [2**62] * self.k  # gap at which a mandate had too many
        self.cuts: list[tuple[int, int, int]] = []
        self.bound = 2**62
        self.price, self.cut_price = np.zeros(self.n, np.int64), np.zeros(0, np.int64)
        self.share: FloatColumn = np.zeros(len(pairs))
        self.work = 0
        self._known: set[tuple[int, bytes]] = set()
        self._columns: list[tuple[int, IntColumn]] = []
        self._held: list[set[int]] = []
        self._closed: list[bool] = []
        self._counts: list[list[int]] = []  # of every column, how often it counts in each row that cuts
        self._looks: list[set[int]] = []  # mandates that a row looks into: those that were listed when it was made
        self._taken: FloatColumn = np.zeros(0)
        self._solver = QuietHighs(primal_feasibility_tolerance=1e-9, dual_feasibility_tolerance=1e-9)
        model = highspy.HighsLp()
        model.num_row_ = self.n + self.k
        model.row_lower_ = np.concatenate([np.full(self.n, -highspy.kHighsInf), np.ones(self.k)])
        model.row_upper_ = np.ones(self.n + self.k)
        model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        model.a_matrix_.start_ = [0]
        self._solver.passModel(model)
        for mandate, items in seeds:
            self._add(mandate, items)

    # --- bounds ---

    def reckon(
        self, price: IntColumn, cut_price: IntColumn
    ) -> tuple[int, list[int], list[IntColumn], list[list[IntColumn]]]:
        """Returns the bound at these prices, each mandate's most, what every listed portfolio is worth, and what to add."""
        pairs, total, worths = self.pairs, list[int](), list[IntColumn]()
        new: list[list[IntColumn]] = []
        worth = self.value - price[pairs.request]
        for j in range(self.k):
            pool, a, b = self.pools[j], pairs.start[j], pairs.start[j + 1]
            if pool is None:
                chosen = np.zeros(b - a, np.bool_)
                most = int(fill(pairs.weight[a:b], worth[a:b], pairs.limit[a:b], self.state[a:b], pairs.room[j], pairs.limit_room, chosen))  # fmt: skip
                total.append(most)
                worths.append(np.zeros(0, np.int64))
                new.append([a + np.flatnonzero(chosen)])
                continue
            each = _sums(pool.start, pool.item, worth)
            for at, inside in zip(cut_price.tolist(), pool.inside, strict=True):
                if at:
                    each = each - inside.astype(np.int64) * at
            worths.append(each)
            total.append(int(each.max()) if len(each) else IMPOSSIBLE)
            top = np.argpartition(-each, BATCH)[:BATCH] if len(each) > BATCH else np.arange(len(each))
            new.append([pool.item[pool.start[r] : pool.start[r + 1]] for r in top.tolist()])
        if IMPOSSIBLE in total:
            return IMPOSSIBLE, total, worths, new
        return sum(price.tolist()) + sum(cut_price.tolist()) + sum(total), total, worths, new

    def list_all(self) -> None:
        """Lists portfolios at the best prices so far: all that lose less than the gap."""
        bound, total, worths, _ = self.reckon(self.price, self.cut_price)
        gap = bound - self.floor
        pairs = self.pairs
        worth = self.value - self.price[pairs.request]
        for j, pool in enumerate(self.pools):
            least = total[j] - gap + 1
            if pool is not None:
                pool.keep(worths[j] >= least)
                continue
            if gap > LESS * self.tried[j]:
                continue
            self.tried[j] = gap
            span = np.arange(pairs.start[j], pairs.start[j + 1])
            must = span[self.state[span] == MUST]
            items = span[(self.state[span] == FREE) & (worth[span] > -gap)]
            rest = pairs.limit_room.copy()
            np.subtract.at(rest, pairs.limit[must][pairs.limit[must] >= 0], pairs.weight[must][pairs.limit[must] >= 0])
            count, start, item = listed(
                pairs.weight[items], worth[items], pairs.limit[items], np.arange(1, len(items) + 1), int(pairs.room[j] - pairs.weight[must].sum()),
                rest, least - int(worth[must].sum()), LISTED_MOST, STEPS_MAX,
            )  # fmt: skip
            if count < 0:
                continue
            item = items[item]
            if len(must):
                item = np.insert(item, np.repeat(start[:-1], len(must)), np.tile(must, count))
                start = start + np.arange(count + 1) * len(must)
            self.pools[j] = Pool(start, item, [np.zeros(count, np.uint8) for _ in self.cuts])
        self._close(worth, total, gap)

    def _close(self, worth: IntColumn, total: list[int], gap: int) -> None:
        """Takes out of the program what is no longer listed."""
        at = self.cut_price.tolist()
        for c, (j, items) in enumerate(self._columns):
            if self.pools[j] is None or self._closed[c]:
                continue
            own = int(worth[items].sum()) - sum(a * b for a, b in zip(self._counts[c], at, strict=True) if a)
            if own <= total[j] - gap:
                self._solver.changeColBounds(c, 0.0, 0.0)
                self._closed[c] = True

    # --- the linear program ---

    def _add(self, mandate: int, items: IntColumn) -> bool:
        key = (mandate, np.sort(items).tobytes())
        if key in self._known:
            return False
        self._known.add(key)
        self._columns.append((mandate, items))
        self._closed.append(False)
        self._held.append({*self.pairs.request[items].tolist(), self.n + mandate})
        rows = [*self.pairs.request[items].tolist(), self.n + mandate]
        values = [1.0] * len(rows)
        counts = [
            self._inside(cut, mandate, items) if mandate in self._looks[number] else 0
            for number, cut in enumerate(self.cuts)
        ]
        self._counts.append(counts)
        rows.extend(self.n + self.k + number for number, count in enumerate(counts) if count)
        values.extend(float(count) for count in counts if count)
        self._solver.addCol(-int(self.value[items].sum()) / self.unit, 0.0, highspy.kHighsInf, len(rows), np.array(rows, dtype=np.int32), np.array(values))  # fmt: skip
        return True

    def _inside(self, cut: tuple[int, int, int], mandate: int, items: IntColumn) -> int:
        held = set(self.pairs.request[items].tolist())
        return sum(row in held if row < self.n else row == self.n + mandate for row in cut) // 2

    def _solve(self) -> float:
        self._solver.run()
        solution = self._solver.getSolution()
        self._taken = np.array(solution.col_value)
        dual = np.maximum(np.rint(-np.array(solution.row_dual) * self.unit), 0).astype(np.int64)
        self._own, self._own_cut = dual[: self.n], dual[self.n + self.k :]
        return float(-self._solver.getInfo().objective_function_value * self.unit)

    def _converge(self) -> bool:
        """Until no portfolio is missing from the program. Returns whether something better may still be there."""
        near = True
        for number in range(ROUNDS):
            worth = self._solve()
            at = (self.price + self._own) // 2 if near and number else self._own
            at_cut = (self.cut_price + self._own_cut) // 2 if near and number else self._own_cut
            bound, _, _, new = self.reckon(at, at_cut)
            self.work += 1
            if bound < self.bound:
                self.bound, self.price, self.cut_price = bound, at, at_cut
            if self.bound // self.step * self.step <= self.floor:
                return False
            if self.bound - worth <= self.bound / 1e9:
                return True
            added = False
            for j, sets in enumerate(new):
                for items in sets:
                    added |= self._add(j, items)
            if not added and not near:
                return True
            near = added
        return True

    # --- rows that cut ---

    def _cut(self) -> bool:
        listed_ones = [j for j in range(self.k) if self.pools[j] is not None]
        use = [c for c in np.flatnonzero(self._taken > 1e-7).tolist() if self.pools[self._columns[c][0]] is not None]
        part = [c for c in use if self._taken[c] < 1 - 1e-7]
        if not part:
            return False
        rows = sorted({*self.pairs.request[np.concatenate([self._columns[c][1] for c in part])].tolist(), *(self.n + self._columns[c][0] for c in part)})  # fmt: skip
        place = {row: at for at, row in enumerate(rows)}
        inside = np.zeros((len(part), len(rows)), np.uint8)
        for at, c in enumerate(part):
            mandate, items = self._columns[c]
            inside[at, [place[i] for i in self.pairs.request[items].tolist()]] = 1
            inside[at, place[self.n + mandate]] = 1
        found = _triples(inside, self._taken[part], VIOLATED)
        had = set(self.cuts)
        fresh, used = [], np.zeros(len(rows), np.int64)
        for at in np.argsort(-found[:, 3], kind="stable").tolist():
            a, b, c = (int(found[at, column]) for column in range(3))
            cut = (rows[a], rows[b], rows[c])
            if cut in had or max(used[a], used[b], used[c]) >= 4:
                continue
            used[[a, b, c]] += 1
            fresh.append(cut)
            if len(fresh) == CUTS:
                break
        for cut in fresh:
            self.cuts.append(cut)
            self._looks.append(set(listed_ones))
            self._row(cut, listed_ones)
        self.cut_price = np.pad(self.cut_price, (0, len(fresh)))
        return bool(fresh)

    def _row(self, cut: tuple[int, int, int], listed_ones: list[int]) -> None:
        for j, pool in enumerate(self.pools):
            if pool is not None:
                mark = np.isin(self.pairs.request, cut)
                own = int(self.n + j in cut)
                pool.inside.append(((_sums(pool.start, pool.item, mark.astype(np.int64)) + own) // 2).astype(np.uint8))
        index, values = [], []
        for c, (mandate, _) in enumerate(self._columns):
            held = self._held[c]
            inside = sum(row in held for row in cut) // 2 if mandate in self._looks[-1] else 0
            self._counts[c].append(inside)
            if inside:
                index.append(c)
                values.append(float(inside))
        self._solver.addRow(-highspy.kHighsInf, 1.0, len(index), np.array(index, dtype=np.int32), np.array(values))

    def run(self, price: IntColumn) -> None:
        """From these prices. Leaves bound (at most floor: nothing better is here), share and prices."""
        self.price = price
        self.bound = self.reckon(price, self.cut_price)[0]
        stalled = 0
        for _ in range(CUT_ROUNDS):
            before = self.bound - self.floor
            self.list_all()
            if not self._converge():
                return
            stalled = stalled + 1 if before - (self.bound - self.floor) < STALLED * before else 0
            if stalled == 3 or not self._cut():
                break
        self.share = np.zeros(len(self.pairs))
        for c in np.flatnonzero(self._taken > 1e-9).tolist():
            self.share[self._columns[c][1]] += self._taken[c]

    def few(self, others: int, most: int) -> bool:
        """Whether all but so many mandates have few portfolios left, and at most so many together."""
        sizes = [len(pool) for pool in self.pools if pool is not None and len(pool) <= FEW]
        return len(sizes) >= self.k - others and sum(sizes) <= most

    @property
    def left(self) -> npt.NDArray[np.bool_]:
        """(p,) pairs that something better can still hold."""
        result = self.state != OUT
        for j, pool in enumerate(self.pools):
            if pool is not None:
                result[self.pairs.start[j] : self.pairs.start[j + 1]] = False
                result[pool.item] = True
        return np.asarray(result)

    # --- what is left, to HiGHS ---

    def finish(self, nodes: int) -> tuple[IntColumn, int]:
        """Portfolios where they are few, pairs and their limits elsewhere, as a mixed-integer program over what is lost to the bound.

        Returns the pairs it chooses (none: nothing better was found) and a bound. What is lost is counted in parts of the gap, so
        the solver's tolerances are far below one step of welfare; the bound is widened by more than they hide.
        """
        pairs, n, k = self.pairs, self.n, self.k
        top, total, _, _ = self.reckon(self.price, np.zeros(len(self.cuts), np.int64))
        gap = top - self.floor
        worth = self.value - self.price[pairs.request]
        listed_ones = [len(pool) if pool is not None else FEW + 1 for pool in self.pools]
        members: list[IntColumn] = []
        lost: list[int] = []
        entries: list[tuple[list[int], list[float]]] = []
        limits = n + k + len(self.cuts)
        for j, pool in enumerate(self.pools):
            if pool is not None and listed_ones[j] <= FEW:
                for r in range(len(pool)):
                    items = pool.item[pool.start[r] : pool.start[r + 1]]
                    members.append(items)
                    lost.append(total[j] - int(worth[items].sum()))
                    counts = [int(inside[r]) for inside in pool.inside]
                    entries.append((
                        [*pairs.request[items].tolist(), n + j, *(n + k + number for number, count in enumerate(counts) if count)],
                        [1.0] * (len(items) + 1) + [float(count) for count in counts if count],
                    ))  # fmt: skip
                continue
            for q in (pairs.start[j] + np.flatnonzero(self.left[pairs.start[j] : pairs.start[j + 1]])).tolist():
                members.append(np.array([q]))
                lost.append(-int(worth[q]))
                rows, values = [int(pairs.request[q]), n + j], [1.0, float(pairs.weight[q])]
                if pairs.limit[q] >= 0:
                    rows.append(limits + int(pairs.limit[q]))
                    values.append(float(pairs.weight[q]))
                entries.append((rows, values))
        slack = [i for i in range(n) if self.price[i] > 0]
        for i in slack:
            lost.append(int(self.price[i]))
            entries.append(([i], [1.0]))
        whole = len(members)
        must = set(np.flatnonzero(self.state == MUST).tolist())
        model: Any = highspy.HighsLp()
        model.num_col_, model.num_row_ = len(lost), limits + len(pairs.limit_room)
        unit = gap / PARTS
        model.col_cost_ = np.array([one / unit for one in lost])
        model.col_lower_ = np.array([float(len(m) == 1 and listed_ones[pairs.mandate[m[0]]] > FEW and int(m[0]) in must) for m in members] + [0.0] * len(slack))  # fmt: skip
        model.col_upper_ = np.ones(len(lost))
        few = np.array(listed_ones) <= FEW
        low = np.full(model.num_row_, -highspy.kHighsInf)
        low[slack] = 1.0
        low[n : n + k] = np.where(few, 1.0, -highspy.kHighsInf)
        model.row_lower_ = low
        model.row_upper_ = np.concatenate(
            [np.ones(n), np.where(few, 1.0, pairs.room), np.ones(len(self.cuts)), pairs.limit_room]
        )
        model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        model.a_matrix_.start_ = np.concatenate([[0], np.cumsum([len(rows) for rows, _ in entries])]).astype(np.int32)
        model.a_matrix_.index_ = np.array([row for rows, _ in entries for row in rows], dtype=np.int32)
        model.a_matrix_.value_ = np.array([value for _, values in entries for value in values])
        model.integrality_ = [highspy.HighsVarType.kInteger] * whole + [highspy.HighsVarType.kContinuous] * len(slack)
        model.offset_ = sum(total[j] for j in range(k) if not few[j]) / unit
        solver = QuietHighs(
            mip_max_nodes=nodes, mip_rel_gap=0.0, mip_abs_gap=EXACT, mip_feasibility_tolerance=1e-9, primal_feasibility_tolerance=1e-9,
            mip_allow_restart=False, mip_detect_symmetry=False, objective_bound=PARTS - self.step / unit / 2,
        )  # fmt: skip
        solver.passModel(model)
        solver.run()
        info, status = solver.getInfo(), solver.getModelStatus()
        self.solved_nodes = max(int(info.mip_node_count), 0)
        if status == highspy.HighsModelStatus.kInfeasible:
            return np.zeros(0, np.int64), self.floor
        least = info.mip_dual_bound
        bound = top - int(unit * (least - WIDER)) + 1 if np.isfinite(least) and abs(least) < 1e9 else top
        taken = np.array(solver.getSolution().col_value)
        parts = [members[c] for c in np.flatnonzero(taken[:whole] > 0.5).tolist()]
        return np.concatenate([*parts, np.zeros(0, np.int64)]), bound


@compiled
def _sums(start: IntColumn, item: IntColumn, of: IntColumn) -> IntColumn:
    result = np.zeros(len(start) - 1, np.int64)
    for r in range(len(start) - 1):
        total = 0
        for at in range(start[r], start[r + 1]):
            total += of[item[at]]
        result[r] = total
    return result


@compiled
def _triples(inside: npt.NDArray[np.uint8], taken: FloatColumn, least: float) -> FloatColumn:
    """inside: (columns, rows). Rows a < b < c in which portfolios that hold two of them are taken more than once together."""
    columns, rows = inside.shape
    found = np.empty((2000, 4))
    count = 0
    both = np.zeros((rows, rows))
    for c in range(columns):
        for a in range(rows):
            if inside[c, a]:
                for b in range(a + 1, rows):
                    if inside[c, b]:
                        both[a, b] += taken[c]
    for a in range(rows):
        for b in range(a + 1, rows):
            for c in range(b + 1, rows):
                together = both[a, b] + both[a, c] + both[b, c]
                if together <= 1 + least:
                    continue
                for q in range(columns):
                    if inside[q, a] and inside[q, b] and inside[q, c]:
                        together -= 2 * taken[q]
                if together > 1 + least and count < len(found):
                    found[count, 0], found[count, 1], found[count, 2], found[count, 3] = a, b, c, together
                    count += 1
    return found[:count]
