"""Better by filling two mandates anew together: every whole loan of both, and those that have none, may end in either or in none.

An exact search but for its bounds. A state is what the two budgets use more or less than now; of two ways to it the one that loses
less stays. Requests whose place is nearly a tie come first, and a state that loses more than the two mandates lack to their bound is
dropped (labels with bounds, as in Pisinger 1997 for knapsacks), so a few thousand states are all there is.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from kemiao.credit.kernels import compiled
from kemiao.credit.matching.exchange import put
from kemiao.credit.matching.frame import Frame
from kemiao.credit.matching.market import WHOLE
from kemiao.credit.matching.prices import SCALE, Prices, bonuses, cell_prices
from kemiao.credit.matching.repair import Draft, borne, draft_of, fitting

ITEMS = 120  # requests of two mandates that may change their place
STATES = 16_000
WINDOW = 500  # grains that a budget may be off on the way
GRAINS = 300  # of a mean loan, where amounts have no common measure


def paired(frame: Frame, prices: Prices, draft: Draft, work: int) -> Draft:
    """work: states looked at, at most; it ends before where no two mandates have anything to gain."""
    book = frame.book
    given = np.flatnonzero((draft.amount_fen > 0) & (book.form[book.request] == WHOLE))
    if not work or not len(given) or book.mandates < 2:
        return draft
    counted = Prices(np.zeros_like(prices.budget), prices.limit, prices.capacity, prices.floor)
    bonus = bonuses(frame, prices)[book.request]
    worth = frame.welfare.astype(np.int64) * SCALE - cell_prices(frame, prices)[frame.cell] + bonus
    value = (frame.welfare.astype(np.int64) * SCALE - cell_prices(frame, counted)[frame.cell] + bonus) / SCALE
    value = value * book.amount_fen[book.request]
    able = np.flatnonzero((book.form[book.request] == WHOLE) & (frame.welfare > 0))
    pair = book.request[able] * book.mandates + book.mandate[able]
    best = np.full(book.requests * book.mandates, np.iinfo(np.int64).min)
    np.maximum.at(best, pair, worth[able])
    there = np.full(book.requests * book.mandates, -1, dtype=np.int32)
    top = worth[able] == best[pair]
    there[pair[top]] = able[top]
    plain = np.full(book.requests * book.mandates, -1, dtype=np.int32)
    bare = able[book.cover[able] < 0]
    plain[book.request[bare] * book.mandates + book.mandate[bare]] = bare
    held = np.full(book.requests, -1, dtype=np.int64)
    held[book.request[given]] = given
    row = np.concatenate([[0], np.cumsum(np.bincount(book.mandate, minlength=book.mandates))]).astype(np.int64)
    whole = book.amount_fen[book.form == WHOLE]
    grain = max(math.gcd(*np.unique(whole).tolist()), int(whole.mean()) // GRAINS, 1)
    held = _paired(
        work, grain, book.form, book.amount_fen, frame.cell, value,
        there.reshape(book.requests, book.mandates), plain.reshape(book.requests, book.mandates),
        prices.budget / SCALE, frame.cell_mandate, frame.cell_limit, frame.cell_cover, frame.cell_share_ppm, frame.gain_ppm,
        held, draft.room_budget.copy(), draft.room_limit.copy(), draft.room_capacity.copy(), draft.slack.copy(), row,
        ITEMS, STATES, WINDOW,
    )  # fmt: skip
    amount = np.where(book.form[book.request] == WHOLE, 0, draft.amount_fen)
    taken = held[held >= 0]
    amount[taken] = book.amount_fen[book.request[taken]]
    return draft_of(frame, amount)


@compiled
def _paired(work: Any, grain: Any, form: Any, amount: Any, cell: Any, value: Any, there: Any, plain: Any, price: Any, c_m: Any, c_l: Any,
            c_c: Any, c_s: Any, gain: Any, held: Any, budget: Any, limit: Any, capacity: Any, slack: Any, row: Any,
            items: Any, states: Any, window: Any) -> Any:  # fmt: skip
    n, mandates = len(amount), len(budget)
    holders, count, place = np.empty(row[mandates], np.int32), np.zeros(mandates, np.int64), np.zeros(n, np.int64)
    noise = 0.0
    for i in range(n):
        noise += np.float64(amount[i])
        if held[i] >= 0:
            k = c_m[cell[held[i]]]
            holders[row[k] + count[k]] = i
            place[i] = count[k]
            count[k] += 1
    noise = noise * 2.0**-30
    side = 2 * window + 1
    grid = np.full(side * side, -1, np.int32)
    at_first, at_second, parent = np.zeros(states, np.int32), np.zeros(states, np.int32), np.zeros(states, np.int32)
    lost, step = np.zeros(states, np.float64), np.zeros(states, np.int32)
    who, now = np.empty(n, np.int64), np.empty(n, np.int64)
    loss, key = np.empty((n, 3), np.float64), np.empty(n, np.float64)
    to = np.empty((n, 3), np.int64)
    rest = np.zeros(items + 1, np.float64)
    moved, before, after = np.empty(items, np.int64), np.empty(items, np.int64), np.empty(items, np.int64)
    changed, tried = np.zeros(mandates, np.int64), np.full((mandates, mandates), -1, np.int64)
    clock = np.int64(0)
    looked_at = np.int64(0)
    position = np.int64(0)
    idle = np.int64(0)
    strict = False  # a cover or a limit was in the way: once more without taking from them
    while looked_at < work and idle < mandates * mandates:
        position = (position + 1) % (mandates * mandates)
        idle += 1
        k, other = position % mandates, (position + position // mandates) % mandates
        if k >= other or tried[k, other] >= max(changed[k], changed[other]):
            continue
        looked_at += n
        found = 0
        lacks = price[k] * np.float64(budget[k]) + price[other] * np.float64(budget[other])
        spare = lacks
        for i in range(n):
            if form[i] != 0:
                continue
            state = 0
            if held[i] >= 0:
                m = c_m[cell[held[i]]]
                if m == k:
                    state = 1
                elif m == other:
                    state = 2
                else:
                    continue
            to[found, 0] = -1
            for x in range(1, 3):
                m = k if x == 1 else other
                o = np.int64(there[i, m])
                if o >= 0 and x != state:
                    c = c_c[cell[o]]
                    if c >= 0 and (strict or capacity[c] < borne(amount[i], c_s[cell[o]])):
                        o = np.int64(plain[i, m])
                    if strict and o >= 0 and c_l[cell[o]] >= 0 and limit[c_l[cell[o]]] < amount[i]:
                        o = np.int64(-1)
                to[found, x] = held[i] if x == state else o
            if to[found, 1] < 0 and to[found, 2] < 0:
                continue
            worth_now, worth_best = 0.0, 0.0
            for x in range(1, 3):
                o = to[found, x]
                if o >= 0:
                    worth = value[o] - price[k if x == 1 else other] * np.float64(amount[i])
                    loss[found, x] = worth
                    worth_best = max(worth_best, worth)
                    if x == state:
                        worth_now = worth
            least = 1e300
            for x in range(3):
                if x == 0:
                    loss[found, 0] = worth_now
                elif to[found, x] >= 0:
                    loss[found, x] = worth_now - loss[found, x]
                else:
                    loss[found, x] = 1e300
                if x != state:
                    least = min(least, loss[found, x])
            lacks += worth_best - worth_now
            key[found] = least
            who[found] = i
            now[found] = state
            found += 1
        order = np.argsort(key[:found], kind="mergesort")
        chosen = 0
        while chosen < min(found, items) and key[order[chosen]] < lacks:
            chosen += 1
        rest[chosen] = 0.0
        for x in range(chosen - 1, -1, -1):
            rest[x] = rest[x + 1] + min(key[order[x]], 0.0)
        room_k, room_other = budget[k] // grain, budget[other] // grain
        best, most = np.int64(-1), lacks * 1e-9 + 1.0
        # Too many states: once more for a change that leaves less to be wished for, which rules out most of them.
        for depth in range(3):
            deepest = rest[0] + lacks * 4.0**-depth
            total = 1
            at_first[0], at_second[0], lost[0], parent[0] = 0, 0, 0.0, -1
            grid[window * side + window] = 0
            for x in range(chosen):
                c = order[x]
                i = who[c]
                down, up = amount[i] // grain, (amount[i] + grain - 1) // grain
                standing = total
                looked_at += standing
                for s in range(standing):
                    if spare - lost[s] - rest[x] <= most or lost[s] + rest[x] > deepest:
                        continue
                    if grid[(at_first[s] + window) * side + at_second[s] + window] != s:
                        continue
                    for y in range(3):
                        if y == now[c] or loss[c, y] > lacks:
                            continue
                        less = lost[s] + loss[c, y]
                        if spare - less - rest[x + 1] <= most or less + rest[x + 1] > deepest:
                            continue
                        a, b = np.int64(at_first[s]), np.int64(at_second[s])
                        if now[c] == 1:
                            a -= down
                        elif now[c] == 2:
                            b -= down
                        if y == 1:
                            a += up
                        elif y == 2:
                            b += up
                        if a < -window or a > window or b < -window or b > window:
                            continue
                        spot = (a + window) * side + b + window
                        if (grid[spot] >= 0 and lost[grid[spot]] <= less) or total >= states:
                            continue
                        at_first[total], at_second[total], lost[total], parent[total], step[total] = (
                            a,
                            b,
                            less,
                            s,
                            x * 3 + y,
                        )
                        grid[spot] = total
                        if a <= room_k and b <= room_other:
                            more = (price[k] * np.float64(a) + price[other] * np.float64(b)) * np.float64(grain) - less
                            if more > most:
                                best, most = np.int64(total), more
                        total += 1
            for s in range(total):
                grid[(at_first[s] + window) * side + at_second[s] + window] = -1
            if best >= 0 or total < states:
                break
        tried[k, other] = clock
        if best < 0:
            strict = False
            continue
        moves = 0
        back = best
        while back > 0:
            c = order[step[back] // 3]
            moved[moves], before[moves], after[moves] = who[c], held[who[c]], to[c, step[back] % 3]
            moves += 1
            back = np.int64(parent[back])
        delta = 0.0
        good = True
        for x in range(moves):
            if before[x] >= 0:
                delta -= value[before[x]]
                put(moved[x], -1, held, amount, cell, c_m, c_l, c_c, c_s, budget, limit, capacity, gain, slack, place, holders, row, count)  # fmt: skip
        for x in range(moves):
            if after[x] >= 0 and good:
                if fitting(cell[after[x]], c_m, c_l, c_c, c_s, budget, limit, capacity) < amount[moved[x]]:
                    good = False
                    break
                delta += value[after[x]]
                put(moved[x], after[x], held, amount, cell, c_m, c_l, c_c, c_s, budget, limit, capacity, gain, slack, place, holders, row, count)  # fmt: skip
        for f in range(len(slack)):
            good = good and slack[f] >= noise
        if good and delta > 0.0:
            clock += 1
            changed[k] = changed[other] = clock
            idle = np.int64(0)
            strict = False
            continue
        for x in range(moves):
            if held[moved[x]] >= 0:
                put(moved[x], -1, held, amount, cell, c_m, c_l, c_c, c_s, budget, limit, capacity, gain, slack, place, holders, row, count)  # fmt: skip
        for x in range(moves):
            if before[x] >= 0:
                put(moved[x], before[x], held, amount, cell, c_m, c_l, c_c, c_s, budget, limit, capacity, gain, slack, place, holders, row, count)  # fmt: skip
        strict = not strict
        if strict:
            tried[k, other] = -1
            position -= 1
            idle -= 1
    return held
