"""Cut-offs are lowered again where a large loan was thrown out and left a hole.

Only the next in line may come in: the best of those behind a bar who would rather be here. It comes in if it fits in all that it
takes from, and what it leaves may let in somebody else. Nobody loses by it, so it comes to an end; and whoever would rather be
somewhere stays behind a bar there.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from kemiao.credit.kernels import compiled
from kemiao.credit.matching.deferred import OPEN, needed, take, within
from kemiao.credit.matching.market import WHOLE


@compiled
def wants(s: Any, p: int) -> bool:
    """Whether the request would rather have (more of) option p than what it holds."""
    i = s.request[p]
    if s.dropped[i] or s.held[p] >= s.most[p] or (s.form[i] == WHOLE and s.most[p] < s.amount[i]):
        return False
    first = s.start[i]
    while s.last[i] >= first and s.held[s.last[i]] == 0:
        s.last[i] -= 1
    return s.left[i] > 0 or s.last[i] > p


@compiled
def less_wanted(s: Any, p: int) -> int:
    """Fen that the request holds in options that it likes less than p."""
    total = 0
    for j in range(p + 1, s.last[s.request[p]] + 1):
        total += s.held[j]
    return total


@compiled
def enough(s: Any, p: int, want: int, room: int) -> int:
    """What comes in of `want` where there is `room`: a whole loan or none of it; parts in whole units, if the request needs no more."""
    i = s.request[p]
    if room >= want:
        fen = want
    elif s.form[i] == WHOLE or room <= 0:
        fen = 0
    else:
        total = s.held[p] + room
        fen = max(0, total - total % s.unit_fen[0] - s.held[p])
    total = s.amount[i] - max(0, s.left[i] - fen)
    return fen if total >= needed(s, i) else 0


@compiled
def _fits(s: Any, p: int) -> int:
    """Fen that come in at option p in the room that is free; what the request would leave counts as free for a whole loan."""
    i, q, b, c = s.request[p], s.mandate[p], s.limit[p], s.cover[p]
    want = min(s.left[i] + less_wanted(s, p), s.most[p] - s.held[p])
    j = s.last[i]
    own = s.amount[i] if s.form[i] == WHOLE and j > p else 0
    room = s.budget[q] - s.held_fen[0, q] - s.held_fen[1, q]
    if own > 0 and s.mandate[j] == q:
        room += own
    if b >= 0:
        more = s.limit_fen[b] - s.held_limit[b]
        if own > 0 and s.limit[j] == b:
            more += own
        room = min(room, more)
    if c >= 0:
        # Sums of what was rounded up: taken out first and put back, so that the sum of the new ones is the one that counts.
        if own > 0:
            take(s, j, -own)
        spare = s.capacity[c] - s.held_cover[c]
        share = s.share[c]
        before = (s.held[p] // 1_000_000) * share + ((s.held[p] % 1_000_000) * share + 999_999) // 1_000_000
        room = min(room, within(spare + before, share) - s.held[p])
        if own > 0:
            take(s, j, own)
    return enough(s, p, want, room)


@compiled
def _behind(s: Any, r: int, p: int) -> bool:
    """Whether r stays behind some bar when all the bars that p is behind are lowered to just after p. p = -1: behind any."""
    who, q, b, c = s.reserved[s.request[r]], s.mandate[r], s.limit[r], s.cover[r]
    if s.place[r] >= s.bar[who, q]:
        passed = p >= 0 and s.mandate[p] == q and who >= s.reserved[s.request[p]] and s.place[r] < s.place[p]
        if not passed:
            return True
    if b >= 0 and s.limit_place[r] >= s.limit_bar[b]:
        if not (p >= 0 and s.limit[p] == b and s.limit_place[r] < s.limit_place[p]):
            return True
    if c >= 0 and s.cover_place[r] >= s.cover_bar[c]:
        if not (p >= 0 and s.cover[p] == c and s.cover_place[r] < s.cover_place[p]):
            return True
    return False


@compiled
def _nobody_first(s: Any, order: Any, first: int, last: int, p: int) -> bool:
    for place in range(first, last):
        r = order[place]
        if r != p and wants(s, r) and not _behind(s, r, p):
            return False
    return True


@compiled
def _next_in_line(s: Any, p: int) -> bool:
    q, b, c = s.mandate[p], s.limit[p], s.cover[p]
    # Nobody of the others comes in before a reserved one of better standing, so they stand behind both bars.
    bar = min(s.bar[s.reserved[s.request[p]], q], s.bar[1, q])
    if not _nobody_first(s, s.order, s.at[q] + min(bar, s.place[p]), s.at[q] + s.place[p], p):
        return False
    if b >= 0 and s.limit_place[p] >= s.limit_bar[b]:
        if not _nobody_first(s, s.limit_order, s.limit_at[b] + s.limit_bar[b], s.limit_at[b] + s.limit_place[p], p):
            return False
    if c >= 0 and s.cover_place[p] >= s.cover_bar[c]:
        if not _nobody_first(s, s.cover_order, s.cover_at[c] + s.cover_bar[c], s.cover_at[c] + s.cover_place[p], p):
            return False
    return True


@compiled
def _stir(s: Any, p: int, mandates: Any, limits: Any, covers: Any) -> None:
    mandates[s.mandate[p]] = True
    if s.limit[p] >= 0:
        limits[s.limit[p]] = True
    if s.cover[p] >= 0:
        covers[s.cover[p]] = True


@compiled
def _move(s: Any, p: int, fen: int, mandates: Any, limits: Any, covers: Any) -> None:
    i, q, b, c = s.request[p], s.mandate[p], s.limit[p], s.cover[p]
    while s.left[i] < fen:
        while s.held[s.last[i]] == 0:
            s.last[i] -= 1
        j = s.last[i]
        take(s, j, -min(s.held[j], fen - s.left[i]))
        _stir(s, j, mandates, limits, covers)
    take(s, p, fen)
    _stir(s, p, mandates, limits, covers)
    after = 0 if wants(s, p) else 1
    for who in range(s.reserved[i], 2):
        if s.place[p] >= s.bar[who, q]:
            s.bar[who, q] = s.place[p] + after
    if b >= 0 and s.limit_place[p] >= s.limit_bar[b]:
        s.limit_bar[b] = s.limit_place[p] + after
    if c >= 0 and s.cover_place[p] >= s.cover_bar[c]:
        s.cover_bar[c] = s.cover_place[p] + after


@compiled
def _let_in(
    s: Any, order: Any, begin: int, end: int, bar: Any, key: int, who: int, mandates: Any, limits: Any, covers: Any
) -> bool:
    """Lowers one bar past those who would not come anyway, and past one who comes in; whether one did."""
    passed = True
    for place in range(bar[key], end - begin):
        p = order[begin + place]
        if who >= 0 and s.reserved[s.request[p]] != who:
            continue
        s.count[1] += 1
        if not wants(s, p):
            continue
        if passed:
            bar[key], passed = place, False
        fen = _fits(s, p)
        if fen > 0 and _next_in_line(s, p):
            _move(s, p, fen, mandates, limits, covers)
            return True
        now = bar[key]
        bar[key] = OPEN
        elsewhere = _behind(s, p, -1)
        bar[key] = now
        if not elsewhere:
            return False
    if passed:
        bar[key] = OPEN
    return False


@compiled
def lower(s: Any, steps_max: int) -> bool:
    """Until nobody next in line fits. False where the guard stopped it."""
    k, ls, cs = len(s.budget), len(s.limit_fen), len(s.capacity)
    mandates, limits, covers = np.ones(k, np.bool_), np.ones(ls, np.bool_), np.ones(cs, np.bool_)
    while True:
        still = True
        for q in range(k):
            while mandates[q]:
                still, mandates[q] = False, False
                for who in range(1, -1, -1):
                    while s.bar[who, q] != OPEN and _let_in(
                        s, s.order, s.at[q], s.at[q + 1], s.bar[who], q, who, mandates, limits, covers
                    ):
                        if s.count[1] > steps_max:
                            return False
        for b in range(ls):
            while limits[b]:
                still, limits[b] = False, False
                while s.limit_bar[b] != OPEN and _let_in(
                    s, s.limit_order, s.limit_at[b], s.limit_at[b + 1], s.limit_bar, b, -1, mandates, limits, covers
                ):
                    if s.count[1] > steps_max:
                        return False
        for c in range(cs):
            while covers[c]:
                still, covers[c] = False, False
                while s.cover_bar[c] != OPEN and _let_in(
                    s, s.cover_order, s.cover_at[c], s.cover_at[c + 1], s.cover_bar, c, -1, mandates, limits, covers
                ):
                    if s.count[1] > steps_max:
                        return False
        if still:
            return True
