"""Which pairs block an allocation: both sides would rather have each other than what they hold.

An option blocks where its request would rather have it than something that it holds (or than nothing), and each one that it takes
from has room for it: what is free there, and what worse-standing options hold. What the request itself holds in options that it
likes less counts as free. A whole loan needs room for all of it; of a divisible one a whole unit is enough, if the request then
has as much as it needs. Reserved room is open to the others as far as nobody reserved holds it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from kemiao.credit.kernels import compiled
from kemiao.credit.matching.deferred import load, within
from kemiao.credit.matching.lowering import enough, less_wanted, wants


@compiled
def mark_blocking(s: Any, blocks: Any) -> None:
    """Sets blocks (m,) where an option blocks."""
    at_cover = np.zeros(len(s.held) if len(s.capacity) else 0, np.int64)
    for c in range(len(s.capacity)):
        better = 0
        for place in range(s.cover_at[c], s.cover_at[c + 1]):
            p = s.cover_order[place]
            at_cover[p] = better
            better += load(s.held[p], s.share[c])
    at_limit = np.zeros(len(s.limit_fen), np.int64)
    for q in range(len(s.budget)):
        others = reserved = 0
        for place in range(s.at[q], s.at[q + 1]):
            p = s.order[place]
            b, who = s.limit[p], s.reserved[s.request[p]]
            if wants(s, p):
                better = at_cover[p] if s.cover[p] >= 0 else 0
                blocks[p] = _blocks(s, p, others, reserved, at_limit[b] if b >= 0 else 0, better)
            if who:
                reserved += s.held[p]
            else:
                others += s.held[p]
            if b >= 0:
                at_limit[b] += s.held[p]


@compiled
def _blocks(s: Any, p: int, others: int, reserved: int, at_limit: int, at_cover: int) -> bool:
    """others, reserved, at_limit, at_cover: what better-standing options hold at the mandate, the limit, the cover."""
    i, q, b, c = s.request[p], s.mandate[p], s.limit[p], s.cover[p]
    own = all_own = own_limit = own_cover = 0
    for j in range(p + 1, s.last[i] + 1):
        if s.held[j] > 0:
            if s.mandate[j] == q:
                all_own += s.held[j]
                if s.place[j] < s.place[p]:
                    own += s.held[j]
                    own_limit += s.held[j] if b >= 0 and s.limit[j] == b else 0
            if c >= 0 and s.cover[j] == c and s.cover_place[j] < s.cover_place[p]:
                own_cover += load(s.held[j], s.share[c])
    if s.reserved[i]:
        reserved -= own
        room = max(s.reserve[q] - reserved, s.budget[q] - reserved - others)
    else:
        room = s.budget[q] - (others - own) - max(reserved, min(s.held_fen[1, q], s.reserve[q]))
    if b >= 0:
        room = min(room, s.limit_fen[b] - (at_limit - own_limit))
    if c >= 0:
        room = min(room, within(s.capacity[c] - (at_cover - own_cover), s.share[c]))
    return enough(s, p, min(s.left[i] + less_wanted(s, p), s.most[p] - s.held[p]), room - s.held[p]) > 0
