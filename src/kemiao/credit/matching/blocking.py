"""Which options block an allocation: both sides would rather have each other than what they hold.

An option blocks where its request would rather have it than something that it holds (or than nothing), and each one that it takes
from has room for it: what is free there, and what worse-standing options hold. So a mandate does not give up a contract that it holds
for one of the same request that stands worse with it. A whole loan needs room for all of it; of a divisible one a whole unit is enough, if the
request then has as much as it needs. A reserve is open to the others as far as nobody reserved holds it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from kemiao.credit.kernels import compiled
from kemiao.credit.matching.deferred import allowed, barred, before, load, within
from kemiao.credit.matching.market import WHOLE
from kemiao.credit.matching.standing import (
    AMOUNT,
    BAR,
    BUDGET,
    COVER,
    COVER_PLACE,
    DROPPED,
    END,
    FIRST,
    FORM,
    FUNDER_BAR,
    FUNDER_HELD,
    HELD,
    LAST,
    LEFT,
    LIMIT,
    LIMIT_PLACE,
    MANDATE,
    MOST,
    NEEDED,
    OPEN,
    PART,
    PLACE,
    REQUEST,
    RESERVE,
    RESERVED,
    ROOM,
    SHARE,
    SHARED,
    STARTS,
    UNIT,
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
def hopeless(s: Any, p: int, others: int, reserved: int) -> bool:
    """Whether better-standing ones leave no room at the mandate, whatever else there is; asked first, since it is so for most."""
    r, funder = s.request[s.option[p, REQUEST]], s.funder[s.option[p, MANDATE]]
    need = r[AMOUNT] if r[FORM] == WHOLE else 1
    first = r[RESERVED] and reserved + need <= funder[RESERVE]
    return bool(others + reserved + need > funder[BUDGET] and not first)


@compiled
def rooms(s: Any, p: int) -> tuple[int, int, int]:
    """Fen that option p may hold by its mandate, its limit and its cover, with all better-standing ones there."""
    o = s.option[p]
    b, f = o[LIMIT], s.funder[o[MANDATE]]
    others, reserved = before(s.others_tree, f[STARTS], o[PLACE]), before(s.reserved_tree, f[STARTS], o[PLACE])
    at_most = s.limit[b, ROOM] - before(s.limit_tree, s.limit[b, STARTS], o[LIMIT_PLACE]) if b >= 0 else OPEN
    return room_at(s, p, others, reserved), at_most, borne_at(s, p)


@compiled
def room_at(s: Any, p: int, others: int, reserved: int) -> int:
    """Fen that option p may hold by its mandate, where better-standing ones hold so much there."""
    f = s.funder[s.option[p, MANDATE]]
    if s.request[s.option[p, REQUEST], RESERVED]:
        return int(max(f[BUDGET] - reserved - others, f[RESERVE] - reserved))
    return int(f[BUDGET] - others - max(reserved, min(f[FUNDER_HELD + 1], f[RESERVE])))


@compiled
def borne_at(s: Any, p: int) -> int:
    """Fen that option p may hold by its cover."""
    o = s.option[p]
    c, r = o[COVER], s.request[o[REQUEST]]
    if c < 0:
        return OPEN
    if not s.count[SHARED]:
        return int(allowed(s, p))
    share, j = s.cover[c, SHARE], r[LAST]
    spare = s.cover[c, ROOM] - before(s.cover_tree, s.cover[c, STARTS], o[COVER_PLACE])
    if r[FORM] == WHOLE and j > p and s.option[j, COVER] == c and s.option[j, COVER_PLACE] < o[COVER_PLACE]:
        spare += load(s.option[j, HELD], share)  # all contracts of one request are worth the same to a cover
    return int(within(spare, share)) if spare > 0 else 0


@compiled
def comes_in(s: Any, p: int) -> int:
    """Fen that would come in at option p, 0 where it does not block."""
    room, at_most, borne = rooms(s, p)
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
    fen = want if room >= want else (o[HELD] + room) // s.count[UNIT] * s.count[UNIT] - o[HELD]
    return (
        fen if fen > 0 and (r[LEFT] < r[AMOUNT] or fen >= r[NEEDED]) else 0
    )  # what it has already, it goes on to complete


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
        s.cover[c, BAR], s.cover[c, PART] = OPEN, 0
    s.count[SHARED] = 1
    wanted = np.zeros(len(s.option), np.bool_)  # looked at request by request: option by option it would jump about
    anybody_reserved = False
    for i in range(len(s.request)):
        anybody_reserved = anybody_reserved or s.request[i, RESERVED] != 0
        for p in range(s.request[i, FIRST], s.request[i, END]):
            wanted[p] = wants(s.option, s.request, p)
    for last in range(2):
        at_limit = np.zeros(len(s.limit), np.int64)
        for q in range(len(s.funder) - 1):
            f = s.funder[q]
            held = np.zeros(2, np.int64)
            for place in range(f[STARTS], s.funder[q + 1, STARTS]):
                here = place - f[STARTS]
                behind = here >= f[FUNDER_BAR] and (here >= f[FUNDER_BAR + 1] or not anybody_reserved)
                # Behind the bars nobody blocks where nothing is left for anybody: then there is no more to see here.
                if behind and (last or (held[0] + held[1] >= f[BUDGET] and held[1] >= f[RESERVE])):
                    break
                p = s.order[place]
                if not wanted[p] and not s.flag[place]:
                    continue
                o = s.option[p]
                r, b = s.request[o[REQUEST]], o[LIMIT]
                if wanted[p] and not (last and barred(s, p)):
                    full = hopeless(s, p, held[0], held[1])
                    if full and ((b < 0 and o[COVER] < 0) or last):
                        f[FUNDER_BAR + r[RESERVED]] = min(f[FUNDER_BAR + r[RESERVED]], o[PLACE])
                    elif not (full and b >= 0 and r[FORM] == WHOLE and at_limit[b] + r[AMOUNT] > s.limit[b, ROOM]):
                        at_most = s.limit[b, ROOM] - at_limit[b] if b >= 0 else OPEN
                        room = room_at(s, p, held[0], held[1])
                        blocks[p] = _draw(s, p, room, at_most, borne_at(s, p), last)
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
