"""Which options block an allocation: both sides would rather have each other than what they hold.

An option blocks where its request would rather have it than something that it holds (or than nothing), and each one that it takes
from has room for it: what is free there, and what worse-standing options hold. What the request holds of a whole loan in an option
that it likes less counts as free. A whole loan needs room for all of it; of a divisible one a whole unit is enough, if the
request then has as much as it needs. A reserve is open to the others as far as nobody reserved holds it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from kemiao.credit.kernels import compiled
from kemiao.credit.matching.deferred import barred, before, load, within
from kemiao.credit.matching.market import WHOLE
from kemiao.credit.matching.standing import (
    AMOUNT,
    BAR,
    BUDGET,
    COVER,
    COVER_PLACE,
    DROPPED,
    FIRST,
    FORM,
    FUNDER_BAR,
    FUNDER_HELD,
    HELD,
    HELD_THERE,
    LAST,
    LEFT,
    LIMIT,
    LIMIT_PLACE,
    MANDATE,
    MOST,
    NEEDED,
    OPEN,
    PLACE,
    REQUEST,
    RESERVE,
    RESERVED,
    ROOM,
    SHARE,
    STARTS,
)


@compiled
def wants(option: Any, request: Any, p: int) -> bool:
    """Whether the request would rather have (more of) option p than what it holds."""
    o = option[p]
    r = request[o[REQUEST]]
    if r[DROPPED] or o[HELD] >= o[MOST] or (r[FORM] == WHOLE and o[MOST] < r[AMOUNT]):
        return False
    while r[LAST] >= r[FIRST] and option[r[LAST], HELD] == 0:
        r[LAST] -= 1
    return bool(r[LEFT] > 0 or r[LAST] > p)


@compiled
def hopeless(funder: Any, r: Any, others: int, reserved: int) -> bool:
    """Whether better-standing ones leave no room at the mandate, whatever else there is; asked first, since it is so for most."""
    need = r[AMOUNT] if r[FORM] == WHOLE else 1
    first = r[RESERVED] and reserved + need <= funder[RESERVE]
    return bool(others + reserved + need > funder[BUDGET] and not first)


@compiled
def rooms(s: Any, p: int, free: bool) -> tuple[int, int, int]:
    """Fen that option p may hold by its mandate, its limit and its cover, with all better-standing ones there.

    free: with all the others that are there, so that nobody is thrown out.
    """
    o = s.option[p]
    i, q, b, c = o[REQUEST], o[MANDATE], o[LIMIT], o[COVER]
    r, f = s.request[i], s.funder[q]
    if free:
        others, reserved = f[FUNDER_HELD] - o[HELD] * (1 - r[RESERVED]), f[FUNDER_HELD + 1] - o[HELD] * r[RESERVED]
    else:
        others = before(s.others_tree, f[STARTS], o[PLACE])
        reserved = before(s.reserved_tree, f[STARTS], o[PLACE])
    j = r[LAST]
    own = s.option[j, HELD] if r[FORM] == WHOLE and j > p else 0
    beside = own if own > 0 and s.option[j, MANDATE] == q and (free or s.option[j, PLACE] < o[PLACE]) else 0
    if r[RESERVED]:
        room = f[BUDGET] - (reserved - beside) - others
        if not free:
            room = max(room, f[RESERVE] - (reserved - beside))
    else:
        room = f[BUDGET] - (others - beside) - max(reserved, min(f[FUNDER_HELD + 1], f[RESERVE]))
    at_most, borne = OPEN, OPEN
    if b >= 0:
        at_limit = (
            s.limit[b, HELD_THERE] - o[HELD] if free else before(s.limit_tree, s.limit[b, STARTS], o[LIMIT_PLACE])
        )
        at_most = s.limit[b, ROOM] - at_limit + (beside if beside > 0 and s.option[j, LIMIT] == b else 0)
    if c >= 0:
        share = s.cover[c, SHARE]
        if free:
            spare = s.cover[c, ROOM] - s.cover[c, HELD_THERE] + load(o[HELD], share)
        else:
            spare = s.cover[c, ROOM] - before(s.cover_tree, s.cover[c, STARTS], o[COVER_PLACE])
        if own > 0 and s.option[j, COVER] == c and (free or s.option[j, COVER_PLACE] < o[COVER_PLACE]):
            spare += load(own, share)
        borne = within(spare, share) if spare > 0 else 0
    return room, at_most, borne


@compiled
def comes_in(s: Any, p: int, free: bool) -> int:
    """Fen that would come in at option p, 0 where it does not block. free: without throwing anybody out."""
    room, at_most, borne = rooms(s, p, free)
    return enough(s, p, min(room, at_most, borne))


@compiled
def enough(s: Any, p: int, total: int) -> int:
    """Fen that would come in where option p may hold so much in total."""
    o = s.option[p]
    r = s.request[o[REQUEST]]
    room = total - o[HELD]
    if room <= 0:
        return 0
    if r[FORM] == WHOLE:
        return r[AMOUNT] if room >= r[AMOUNT] else 0
    want = r[LEFT]
    for j in range(p + 1, r[LAST] + 1):
        want += s.option[j, HELD]
    want = min(want, o[MOST] - o[HELD])
    fen = want if room >= want else (o[HELD] + room) // s.count[2] * s.count[2] - o[HELD]
    return fen if fen > 0 and r[AMOUNT] - max(0, r[LEFT] - fen) >= r[NEEDED] else 0


@compiled
def judge(s: Any, blocks: Any) -> None:
    """Sets blocks (m,) where an option blocks, and draws the bars.

    A bar is drawn before the first who would come and for whom there is no room there, as far as it has room at the other places; then for
    who is behind no bar yet: at the first of mandate, limit, cover that has no room for it. Who blocks stands behind the mandate's.
    """
    for q in range(len(s.funder) - 1):
        s.funder[q, FUNDER_BAR], s.funder[q, FUNDER_BAR + 1] = OPEN, OPEN
    for b in range(len(s.limit) - 1):
        s.limit[b, BAR] = OPEN
    for c in range(len(s.cover) - 1):
        s.cover[c, BAR] = OPEN
    alone = len(s.cover) == 1
    for last in range(2):
        at_limit = np.zeros(len(s.limit), np.int64)
        for q in range(len(s.funder) - 1):
            f = s.funder[q]
            held = np.zeros(2, np.int64)
            for place in range(f[STARTS], s.funder[q + 1, STARTS]):
                if last and place - f[STARTS] >= f[FUNDER_BAR] and place - f[STARTS] >= f[FUNDER_BAR + 1]:
                    break
                p = s.order[place]
                o = s.option[p]
                r, b = s.request[o[REQUEST]], o[LIMIT]
                if wants(s.option, s.request, p) and not (last and barred(s, p)):
                    # Without covers a request has one option at a mandate, and most of those refused are soon judged.
                    full = alone and hopeless(f, r, held[0], held[1])
                    if full and (b < 0 or last):
                        f[FUNDER_BAR + r[RESERVED]] = min(f[FUNDER_BAR + r[RESERVED]], o[PLACE])
                    elif not (full and r[FORM] == WHOLE and at_limit[b] + r[AMOUNT] > s.limit[b, ROOM]):
                        room, at_most, borne = rooms(s, p, False)
                        blocks[p] = _draw(s, p, room, at_most, borne, last)
                held[r[RESERVED]] += o[HELD]
                if b >= 0:
                    at_limit[b] += o[HELD]


@compiled
def _draw(s: Any, p: int, room: int, at_most: int, borne: int, last: int) -> bool:
    """Draws the bar that option p stands behind; whether it blocks."""
    o = s.option[p]
    q, b, c = o[MANDATE], o[LIMIT], o[COVER]
    full, limited, unborne = enough(s, p, room) == 0, enough(s, p, at_most) == 0, enough(s, p, borne) == 0
    blocks = not (full or limited or unborne)
    if not last and int(full) + int(limited) + int(unborne) > 1:
        return False
    if full or blocks:
        bar = FUNDER_BAR + s.request[o[REQUEST], RESERVED]
        s.funder[q, bar] = min(s.funder[q, bar], o[PLACE])
    elif limited:
        s.limit[b, BAR] = min(s.limit[b, BAR], o[LIMIT_PLACE])
    else:
        s.cover[c, BAR] = min(s.cover[c, BAR], o[COVER_PLACE])
    return blocks
