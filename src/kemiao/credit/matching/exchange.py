"""Better by exchange: a whole loan moves to another option, those in its way move on, others fill the room that is left.

Threshold accepting (Dueck & Scheuer 1990) over such chains: a chain that costs less than a falling threshold is kept, the best
allocation seen is what comes back. The prices say which options are worth a look and which loan should give way. The numbers drawn
are those of one multiplier from one seed: the same book gives the same chains.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from kemiao.credit.kernels import compiled
from kemiao.credit.matching.frame import Frame
from kemiao.credit.matching.market import WHOLE, IntColumn
from kemiao.credit.matching.prices import SCALE, Prices, bonuses, cell_prices
from kemiao.credit.matching.repair import Draft, draft_of, fitting, take

WINDOW = 24  # holders, or candidates, of a mandate that one step looks at
PAIRS_A_REQUEST = 2


def exchanged(frame: Frame, prices: Prices, draft: Draft, moves: int, first: float = 0.0, seed: int = 0) -> Draft:
    """moves: chains tried. first: threshold at the beginning, of a mean loan's welfare; 0: only what is better is kept; below 0: the
    last allocation comes back, however much it lost (a kick)."""
    book = frame.book
    whole = np.flatnonzero(book.form == WHOLE)
    price, bonus = cell_prices(frame, prices), bonuses(frame, prices)
    pair = _near(frame, price, bonus, len(whole) * PAIRS_A_REQUEST + 500)
    held = np.full(book.requests, -1, dtype=np.int64)
    given = np.flatnonzero((draft.amount_fen > 0) & (book.form[book.request] == WHOLE))
    held[book.request[given]] = given
    if not len(pair) or not moves:
        return draft
    by_mandate = pair[np.argsort(book.mandate[pair], kind="stable")]
    first_of = np.searchsorted(book.mandate[by_mandate], np.arange(book.mandates + 1)).astype(np.int64)
    loans = frame.welfare[given] * book.amount_fen[book.request[given]].astype(np.float64)
    mean = float(loans.sum()) / max(len(loans), 1)
    if not len(loans):
        mean = float(np.abs(frame.welfare[pair[0]])) * float(book.amount_fen[book.request[pair[0]]])
    row = np.concatenate([[0], np.cumsum(np.bincount(book.mandate, minlength=book.mandates))]).astype(np.int64)
    best = _exchange(
        moves, first * mean, pair, by_mandate, first_of, book.start, book.request, book.amount_fen, frame.cell, frame.welfare,
        frame.cell_mandate, frame.cell_limit, frame.cell_cover, frame.cell_share_ppm, price, frame.gain_ppm,
        held, draft.room_budget.copy(), draft.room_limit.copy(), draft.room_capacity.copy(), draft.slack.copy(), row, WINDOW, seed,
    )  # fmt: skip
    amount = np.where(book.form[book.request] == WHOLE, 0, draft.amount_fen)
    taken = best[best >= 0]
    amount[taken] = book.amount_fen[book.request[taken]]
    return draft_of(frame, amount)


def _near(frame: Frame, price: IntColumn, bonus: IntColumn, count: int) -> IntColumn:
    """The options of whole loans that lose least against the request's best answer, at most `count`, rising."""
    book = frame.book
    worth = frame.welfare.astype(np.int64) * SCALE - price[frame.cell] + bonus[book.request]
    best = np.zeros(book.requests, dtype=np.int64)
    np.maximum.at(best, book.request, worth)
    loss = (best[book.request] - worth).astype(np.float64) * book.amount_fen[book.request]
    able = (book.form[book.request] == WHOLE) & (frame.welfare.astype(np.int64) * SCALE + bonus[book.request] > 0)
    options = np.flatnonzero(able)
    if len(options) > count:
        limit = np.partition(loss[options], count - 1)[count - 1]
        options = options[loss[options] <= limit][: 2 * count]
    return np.asarray(options, dtype=np.int64)


@compiled
def put(i: Any, o: Any, held: Any, amount: Any, cell: Any, c_m: Any, c_l: Any, c_c: Any, c_s: Any, budget: Any, limit: Any,
         capacity: Any, gain: Any, slack: Any, place: Any, holders: Any, row: Any, count: Any) -> None:  # fmt: skip
    """Request i holds option o from now on, -1: none. Holders of mandate k: holders[row[k]:row[k] + count[k]]; place: where i stands."""
    old = held[i]
    if old >= 0:
        c = cell[old]
        take(c, -amount[i], c_m, c_l, c_c, c_s, budget, limit, capacity)
        k = c_m[c]
        count[k] -= 1
        last = holders[row[k] + count[k]]
        holders[row[k] + place[i]] = last
        place[last] = place[i]
        for f in range(len(slack)):
            slack[f] -= np.float64(gain[f, i]) * np.float64(amount[i])
    held[i] = o
    if o >= 0:
        c = cell[o]
        take(c, amount[i], c_m, c_l, c_c, c_s, budget, limit, capacity)
        k = c_m[c]
        holders[row[k] + count[k]] = i
        place[i] = count[k]
        count[k] += 1
        for f in range(len(slack)):
            slack[f] += np.float64(gain[f, i]) * np.float64(amount[i])


@compiled
def _drawn(state: Any, below: Any) -> Any:
    """A number from 0 below `below` (Knuth's 64-bit multiplier; the upper bits)."""
    state[0] = state[0] * 6364136223846793005 + 1442695040888963407
    return ((state[0] >> 33) & 0x7FFFFFFF) % below


@compiled
def _worth(o: Any, i: Any, welfare: Any, amount: Any) -> Any:
    """Welfare of a whole loan; a double, for it may pass 2^63: it guides, the total is counted exactly elsewhere."""
    if o < 0:
        return 0.0
    return np.float64(welfare[o]) * np.float64(amount[i])


@compiled
def _exchange(moves: Any, threshold: Any, pair: Any, by_mandate: Any, first_of: Any, start: Any, request: Any, amount: Any,
              cell: Any, welfare: Any, c_m: Any, c_l: Any, c_c: Any, c_s: Any, price: Any, gain: Any,
              held: Any, budget: Any, limit: Any, capacity: Any, slack: Any, row: Any, window: Any, seed: Any) -> Any:  # fmt: skip
    n, k = len(amount), len(budget)
    holders = np.empty(row[k], np.int32)
    count = np.zeros(k, np.int64)
    place = np.zeros(n, np.int64)
    for i in range(n):
        if held[i] >= 0:
            mandate = c_m[cell[held[i]]]
            holders[row[mandate] + count[mandate]] = i
            place[i] = count[mandate]
            count[mandate] += 1
    state = np.array([88172645463325252 + seed * 1000003], np.int64)
    changed, before = np.empty(64, np.int64), np.empty(64, np.int64)
    touched = np.empty(64, np.int64)
    best = held.copy()
    total, most = 0.0, 0.0
    noise = 0.0
    for i in range(n):
        noise += np.float64(amount[i])
    noise = noise * 2.0**-30  # a floor is kept with room to spare for the sums of doubles
    for move in range(moves):
        allowed = abs(threshold) * (1.0 - np.float64(move) / np.float64(moves))
        o = pair[_drawn(state, len(pair))]
        i = np.int64(request[o])  # type: ignore[assignment]
        old = held[i]
        if old == o:
            continue
        steps = 0
        places = 0
        delta = _worth(o, i, welfare, amount) - _worth(old, i, welfare, amount)
        c = cell[o]
        mandate = c_m[c]
        changed[0], before[0] = i, old
        steps = 1
        if old >= 0:
            put(
                i,
                -1,
                held,
                amount,
                cell,
                c_m,
                c_l,
                c_c,
                c_s,
                budget,
                limit,
                capacity,
                gain,
                slack,
                place,
                holders,
                row,
                count,
            )
            touched[places] = c_m[cell[old]]
            places += 1
        out = 0
        while fitting(c, c_m, c_l, c_c, c_s, budget, limit, capacity) < amount[i] and out < 3 and count[mandate] > 0:
            # The holder whose going makes room at the least loss above the prices, with what is then left over priced too.
            chosen = np.int64(-1)
            cost = 0.0
            offset = _drawn(state, count[mandate])
            for step in range(min(window, count[mandate])):
                j = np.int64(holders[row[mandate] + (offset + step) % count[mandate]])
                at = held[j]
                d = cell[at]
                take(d, -amount[j], c_m, c_l, c_c, c_s, budget, limit, capacity)
                room = fitting(c, c_m, c_l, c_c, c_s, budget, limit, capacity)
                take(d, amount[j], c_m, c_l, c_c, c_s, budget, limit, capacity)
                if room < amount[i]:
                    continue
                loss = (np.float64(welfare[at]) - np.float64(price[d]) / SCALE) * np.float64(amount[j])
                loss += np.float64(room - amount[i]) * np.float64(price[c]) / SCALE
                if chosen < 0 or loss < cost:
                    chosen, cost = j, loss
            if chosen < 0:
                chosen = np.int64(holders[row[mandate] + offset])
            changed[steps], before[steps] = chosen, held[chosen]
            steps += 1
            out += 1
            delta -= _worth(held[chosen], chosen, welfare, amount)
            put(
                chosen,
                -1,
                held,
                amount,
                cell,
                c_m,
                c_l,
                c_c,
                c_s,
                budget,
                limit,
                capacity,
                gain,
                slack,
                place,
                holders,
                row,
                count,
            )
        good = fitting(c, c_m, c_l, c_c, c_s, budget, limit, capacity) >= amount[i]
        if good:
            put(
                i,
                o,
                held,
                amount,
                cell,
                c_m,
                c_l,
                c_c,
                c_s,
                budget,
                limit,
                capacity,
                gain,
                slack,
                place,
                holders,
                row,
                count,
            )
            touched[places] = mandate
            places += 1
            for step in range(out):  # those who gave way go where they are worth most above the prices
                j = changed[1 + step]
                chosen = np.int64(-1)
                value = np.int64(0)
                for p in range(start[j], start[j + 1]):
                    r = np.int64(welfare[p]) * SCALE - price[cell[p]]
                    if welfare[p] <= 0 or (chosen >= 0 and r <= value):
                        continue
                    if fitting(cell[p], c_m, c_l, c_c, c_s, budget, limit, capacity) >= amount[j]:
                        chosen, value = p, r  # type: ignore[assignment]
                if chosen >= 0:
                    delta += _worth(chosen, j, welfare, amount)
                    put(
                        j,
                        chosen,
                        held,
                        amount,
                        cell,
                        c_m,
                        c_l,
                        c_c,
                        c_s,
                        budget,
                        limit,
                        capacity,
                        gain,
                        slack,
                        place,
                        holders,
                        row,
                        count,
                    )
                    touched[places] = c_m[cell[chosen]]
                    places += 1
            # What is left at the mandates that were touched goes to whoever gains most by coming there.
            step = 0
            while step < places and steps < 12:
                m = touched[step]
                step += 1
                there = first_of[m + 1] - first_of[m]
                if there == 0:
                    continue
                offset = _drawn(state, there)
                chosen = np.int64(-1)
                value = 0.0  # type: ignore[assignment]
                for q in range(min(window, there)):
                    p = by_mandate[first_of[m] + (offset + q) % there]
                    j = np.int64(request[p])
                    if held[j] == p or j == i:
                        continue
                    back = held[j]
                    more = _worth(p, j, welfare, amount) - _worth(back, j, welfare, amount)
                    if back >= 0:  # it leaves room where it was, worth its price
                        more += np.float64(price[cell[back]]) / SCALE * np.float64(amount[j])
                        more -= np.float64(price[cell[p]]) / SCALE * np.float64(amount[j])
                    if more <= value or _worth(p, j, welfare, amount) <= 0.0:
                        continue
                    if back >= 0 and c_m[cell[back]] == m:
                        continue
                    if fitting(cell[p], c_m, c_l, c_c, c_s, budget, limit, capacity) >= amount[j]:
                        chosen, value = p, more
                if chosen >= 0:
                    j = np.int64(request[chosen])
                    back = held[j]
                    delta += _worth(chosen, j, welfare, amount) - _worth(back, j, welfare, amount)
                    changed[steps], before[steps] = j, back
                    steps += 1
                    put(
                        j,
                        chosen,
                        held,
                        amount,
                        cell,
                        c_m,
                        c_l,
                        c_c,
                        c_s,
                        budget,
                        limit,
                        capacity,
                        gain,
                        slack,
                        place,
                        holders,
                        row,
                        count,
                    )
                    touched[places] = m
                    places += 1
                    if back >= 0:
                        touched[places] = c_m[cell[back]]
                        places += 1
            for f in range(len(slack)):
                good = good and slack[f] >= noise
        if good and delta > -allowed and (delta != 0.0 or old >= 0):
            total += delta
            if total > most and threshold > 0.0:
                most = total
                best[:] = held
        else:
            for step in range(steps - 1, -1, -1):
                put(
                    changed[step],
                    -1,
                    held,
                    amount,
                    cell,
                    c_m,
                    c_l,
                    c_c,
                    c_s,
                    budget,
                    limit,
                    capacity,
                    gain,
                    slack,
                    place,
                    holders,
                    row,
                    count,
                )
            for step in range(steps - 1, -1, -1):
                # In reverse: whoever was moved twice ends where it was first.
                if held[changed[step]] != before[step]:
                    put(
                        changed[step],
                        before[step],
                        held,
                        amount,
                        cell,
                        c_m,
                        c_l,
                        c_c,
                        c_s,
                        budget,
                        limit,
                        capacity,
                        gain,
                        slack,
                        place,
                        holders,
                        row,
                        count,
                    )
    return best if threshold > 0.0 else held
