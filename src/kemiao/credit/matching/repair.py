"""From prices to loans: whole fen, inside every limit at every step. Requests are served one after another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from kemiao.credit.kernels import compiled
from kemiao.credit.matching.book import covered_fen, lent
from kemiao.credit.matching.frame import FloatGrid, Frame, floors_kept
from kemiao.credit.matching.market import SYNDICATED, WHOLE, IntColumn
from kemiao.credit.matching.prices import SCALE, Prices, bonuses, cell_prices


@dataclass(slots=True)
class Draft:
    """A feasible allocation at all times. amount_fen: (m,). room_*: fen left of budget, limit, capacity. slack: (floors,) fen-ppm,
    as floats: a guide, checked exactly at the end."""

    amount_fen: IntColumn
    room_budget: IntColumn
    room_limit: IntColumn
    room_capacity: IntColumn
    slack: FloatGrid

    def copy(self) -> Draft:
        return Draft(
            self.amount_fen.copy(),
            self.room_budget.copy(),
            self.room_limit.copy(),
            self.room_capacity.copy(),
            self.slack.copy(),
        )


def draft_of(frame: Frame, amount_fen: IntColumn) -> Draft:
    """Of a feasible allocation, with its rooms."""
    book = frame.book
    used = np.zeros(len(frame.cell_mandate), dtype=np.int64)
    np.add.at(used, frame.cell, amount_fen)
    budget, limit, capacity = book.budget_fen.copy(), book.limit_fen.copy(), book.capacity_fen.copy()
    np.subtract.at(budget, frame.cell_mandate, used)
    inside = frame.cell_limit >= 0
    np.subtract.at(limit, frame.cell_limit[inside], used[inside])
    covered = np.flatnonzero((book.cover >= 0) & (amount_fen > 0))
    np.subtract.at(capacity, book.cover[covered], covered_fen(book, amount_fen)[covered])
    given = lent(book, amount_fen).astype(np.float64)
    slack = np.array([float((row * given).sum()) for row in frame.gain_ppm], dtype=np.float64)
    return Draft(amount_fen.copy(), budget, limit, capacity, slack)


def empty(frame: Frame) -> Draft:
    return draft_of(frame, np.zeros(len(frame.cell), dtype=np.int64))


def by_prices(frame: Frame, prices: Prices, draft: Draft | None = None) -> Draft:
    """Serves requests by what a fen of their best option is worth above the prices, ties by lot; those below the prices come last and
    fill what is left. draft: filled further; nothing in it is taken away except by a floor."""
    book = frame.book
    made = empty(frame) if draft is None else draft
    price, bonus = cell_prices(frame, prices), bonuses(frame, prices)
    worth = np.empty(book.requests, dtype=np.int64)
    _best_worth(book.start, frame.cell, frame.welfare, price, bonus, worth)
    order = np.lexsort((book.lot, -worth))
    arguments = (order, *_columns(frame, made), price, bonus, frame.gain_ppm, made.slack, frame.unit_fen)
    _serve_all(*arguments)
    if len(book.floors):
        mend_floors(frame, made, bonus)
        _serve_all(*arguments)
    return made


def from_shares(frame: Frame, options: IntColumn, share: npt.NDArray[np.float64]) -> Draft:
    """What a solver gave, with its rounding, as a draft: whole loans from a half on, parts to the nearest unit, cut to fit; a loan in parts
    that misses its least total by some units is completed where there is room, or left out."""
    book = frame.book
    made = empty(frame)
    columns = (frame.cell_mandate, frame.cell_limit, frame.cell_cover, frame.cell_share_ppm)
    rooms = (made.room_budget, made.room_limit, made.room_capacity)
    for place in np.lexsort((book.lot[book.request[options]], -share)).tolist():
        o = int(options[place])
        i, c = int(book.request[o]), int(frame.cell[o])
        amount = int(book.amount_fen[i])
        unit = frame.unit_fen
        wanted = (
            int(share[place] * amount / unit + 0.5) * unit
            if book.form[i] != WHOLE
            else amount
            if share[place] > 0.5
            else 0
        )
        if not wanted:
            continue
        held = int(made.amount_fen[book.start[i] : book.start[i + 1]].sum())
        fits = min(int(fitting(c, *columns, *rooms)), int(book.most_fen[o]), amount - held)
        part = min(wanted, fits // unit * unit)
        if part <= 0 or (book.form[i] == WHOLE and (part < amount or held)):
            continue
        take(c, part, *columns, *rooms)
        made.amount_fen[o] = part
    amounts = made.amount_fen
    for i in np.flatnonzero(book.form != WHOLE).tolist():
        mine = slice(int(book.start[i]), int(book.start[i + 1]))
        total = int(amounts[mine].sum())
        needed = int(book.amount_fen[i]) if book.form[i] == SYNDICATED else int(book.least_fen[i])
        if not 0 < total < needed:
            continue
        for o in range(mine.start, mine.stop):
            c, old = int(frame.cell[o]), int(amounts[o])
            take(c, -old, *columns, *rooms)
            fits = min(int(fitting(c, *columns, *rooms)), int(book.most_fen[o]))
            more = (
                max(min(fits // frame.unit_fen * frame.unit_fen, old + needed - total), old) if total < needed else old
            )
            amounts[o] = more
            total += more - old
            take(c, more, *columns, *rooms)
        if total < needed:
            for o in range(mine.start, mine.stop):
                take(int(frame.cell[o]), -int(amounts[o]), *columns, *rooms)
                amounts[o] = 0
    return draft_of(frame, amounts)


def mend_floors(frame: Frame, draft: Draft, bonus: IntColumn) -> None:
    """Takes loans back until every floor is kept: those that a floor weighs on, worth least to everybody first."""
    book = frame.book
    if floors_kept(frame, lent(book, draft.amount_fen)):
        return
    given = lent(book, draft.amount_fen)
    slack = [sum(g * a for g, a in zip(row.tolist(), given.tolist(), strict=True)) for row in frame.gain_ppm]
    held = np.flatnonzero(draft.amount_fen > 0)
    earned = np.zeros(book.requests)
    np.add.at(earned, book.request[held], frame.welfare[held] * draft.amount_fen[held].astype(np.float64))
    per_fen = earned / np.maximum(given, 1)
    order = np.lexsort((book.lot, per_fen))
    gains = frame.gain_ppm
    drop = []
    for i in order[given[order] > 0].tolist():
        low = [f for f, s in enumerate(slack) if s < 0]
        if not low:
            break
        if all(int(gains[f, i]) < 0 for f in low):
            drop.append(i)
            for f in range(len(slack)):
                slack[f] -= int(gains[f, i]) * int(given[i])
    amount = np.where(np.isin(book.request, drop), 0, draft.amount_fen)
    if min(slack) < 0:  # floors that pull in different directions: lending nothing keeps them all
        amount = np.zeros_like(amount)
    mended = draft_of(frame, amount)
    for name in ("amount_fen", "room_budget", "room_limit", "room_capacity", "slack"):
        getattr(draft, name)[:] = getattr(mended, name)


def _columns(frame: Frame, draft: Draft) -> tuple[Any, ...]:
    book = frame.book
    return (
        book.start, book.form, book.amount_fen, book.least_fen, book.most_fen, frame.cell, frame.welfare,
        frame.cell_mandate, frame.cell_limit, frame.cell_cover, frame.cell_share_ppm,
        draft.amount_fen, draft.room_budget, draft.room_limit, draft.room_capacity,
    )  # fmt: skip


@compiled
def _best_worth(start: Any, cell: Any, welfare: Any, price: Any, bonus: Any, worth: Any) -> Any:  # fmt: skip
    for i in range(len(worth)):
        best = np.int64(-(2**62))
        for o in range(start[i], start[i + 1]):
            best = max(best, np.int64(welfare[o]) * SCALE - price[cell[o]] + bonus[i])
        worth[i] = best


@compiled
def borne(amount: Any, share: Any) -> Any:  # fmt: skip
    """What a cover has to bear of an amount, rounded up."""
    return amount // 1_000_000 * share + (amount % 1_000_000 * share + 999_999) // 1_000_000


@compiled
def fitting(c: Any, cell_mandate: Any, cell_limit: Any, cell_cover: Any, cell_share: Any, budget: Any, limit: Any, capacity: Any) -> Any:  # fmt: skip
    """The most that still fits in a cell, fen."""
    most = budget[cell_mandate[c]]
    if cell_limit[c] >= 0:
        most = min(most, limit[cell_limit[c]])
    if cell_cover[c] >= 0 and cell_share[c] > 0:
        left, share = capacity[cell_cover[c]], cell_share[c]
        # floor(left * 10^6 / share) in parts, so that nothing passes 2^63
        if left // share < 1_000_000_000_000:
            most = min(most, left // share * 1_000_000 + left % share * 1_000_000 // share)
    return most


@compiled
def take(c: Any, amount: Any, cell_mandate: Any, cell_limit: Any, cell_cover: Any, cell_share: Any, budget: Any, limit: Any, capacity: Any) -> Any:  # fmt: skip
    """Books an amount that goes into a cell; a negative one is what was booked before, given back."""
    budget[cell_mandate[c]] -= amount
    if cell_limit[c] >= 0:
        limit[cell_limit[c]] -= amount
    if cell_cover[c] >= 0:
        if amount >= 0:
            capacity[cell_cover[c]] -= borne(amount, cell_share[c])
        else:
            capacity[cell_cover[c]] += borne(-amount, cell_share[c])


@compiled
def serve(i: Any, start: Any, form: Any, amount: Any, least: Any, most: Any, cell: Any, welfare: Any, cell_mandate: Any, cell_limit: Any, cell_cover: Any, cell_share: Any, given: Any, budget: Any, limit: Any, capacity: Any, price: Any, bonus: Any, gain: Any, slack: Any, unit: Any, above: Any) -> Any:  # fmt: skip
    """Gives a request what fits, best above the prices first; options that earn nothing (welfare and bonus) only complete a loan that
    needs them. `above`: options worth no more than it above the prices are left. Returns what was added, fen."""
    first, last = start[i], start[i + 1]
    before = np.int64(0)
    for o in range(first, last):
        before += given[o]
    if before >= amount[i] or (before > 0 and form[i] != 1):
        return np.int64(0)
    ceiling = amount[i]
    for f in range(len(slack)):
        if gain[f, i] < 0:
            room = (slack[f] * (1.0 - 2.0**-40)) / -np.float64(gain[f, i])
            if room < np.float64(ceiling - before):
                ceiling = before + max(np.int64(room) - 1, np.int64(0))
    if ceiling <= before:
        return np.int64(0)
    needed = max(least[i], np.int64(1))
    if form[i] != 1:
        needed = amount[i]
    if ceiling < needed:
        return np.int64(0)
    total = before
    earned = 0.0
    tried = np.zeros(last - first, np.bool_)
    added = np.zeros(last - first, np.int64)
    while total < ceiling:
        at = -1
        best = np.int64(0)
        for o in range(first, last):
            if tried[o - first]:
                continue
            value = np.int64(welfare[o]) * SCALE - price[cell[o]] + bonus[i]
            if at < 0 or value > best:
                best = value
                at = o
        if at < 0 or best <= above:
            break
        tried[at - first] = True
        value = np.int64(welfare[at]) * SCALE + bonus[i]
        if value <= 0 and (total >= needed or form[i] == 0):
            continue
        fits = min(
            fitting(cell[at], cell_mandate, cell_limit, cell_cover, cell_share, budget, limit, capacity),
            most[at] - given[at],
        )
        if form[i] == 0:
            if fits < amount[i]:
                continue
            part = amount[i]
        else:
            part = min(fits, (ceiling if value > 0 else needed) - total) // unit * unit
            if part <= 0:
                continue
        if given[at] > 0:  # rounding up of what the cover bears: of the whole, not of two parts
            take(cell[at], -given[at], cell_mandate, cell_limit, cell_cover, cell_share, budget, limit, capacity)
            held = given[at]
            part = min(
                part,
                fitting(cell[at], cell_mandate, cell_limit, cell_cover, cell_share, budget, limit, capacity) - held,
            )
            part = max(part // unit * unit, np.int64(0))
            take(cell[at], held + part, cell_mandate, cell_limit, cell_cover, cell_share, budget, limit, capacity)
        else:
            take(cell[at], part, cell_mandate, cell_limit, cell_cover, cell_share, budget, limit, capacity)
        added[at - first] = part
        given[at] += part
        total += part
        earned += np.float64(value) * np.float64(part)
    if total < needed or earned <= 0.0:
        for o in range(first, last):
            if added[o - first] > 0:
                whole = given[o]
                take(cell[o], -whole, cell_mandate, cell_limit, cell_cover, cell_share, budget, limit, capacity)
                given[o] = whole - added[o - first]
                if given[o] > 0:
                    take(cell[o], given[o], cell_mandate, cell_limit, cell_cover, cell_share, budget, limit, capacity)
        return np.int64(0)
    for f in range(len(slack)):
        slack[f] += np.float64(gain[f, i]) * np.float64(total - before)
    return total - before


@compiled
def _serve_all(order: Any, start: Any, form: Any, amount: Any, least: Any, most: Any, cell: Any, welfare: Any, cell_mandate: Any, cell_limit: Any, cell_cover: Any, cell_share: Any, given: Any, budget: Any, limit: Any, capacity: Any, price: Any, bonus: Any, gain: Any, slack: Any, unit: Any) -> Any:  # fmt: skip
    for step in range(len(order)):
        serve(
            order[step], start, form, amount, least, most, cell, welfare, cell_mandate, cell_limit, cell_cover, cell_share,
            given, budget, limit, capacity, price, bonus, gain, slack, unit, np.int64(-(2**62)),
        )  # fmt: skip
