"""Clearing resumed: from the stable matching as it stands, one request asks anew, last, and all that follows from it.

Quick, since only what moves is looked at, by the same steps that end a full clearing: whoever it throws out asks again, and room that is left goes to the next
in line. Covers stay as they are, apart from whom this moves. Where all loans are divisible and not covered, and the request only asks more funders after
those that refused it before, this ends in what a full clearing gives. Else it is one of the matchings that a call might have ended in:
room is left and taken in another sequence.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from kemiao.credit.kernels import compiled
from kemiao.credit.matching.blocking import comes_in, wants
from kemiao.credit.matching.book import Book
from kemiao.credit.matching.clearing import Cleared
from kemiao.credit.matching.deferred import take
from kemiao.credit.matching.lowering import attempt, least_wanted, settle
from kemiao.credit.matching.market import IntColumn
from kemiao.credit.matching.standing import (
    AMOUNT,
    DROPPED,
    END,
    FIRST,
    HELD,
    LEFT,
    NEEDED,
    REQUEST,
    SHARED,
    standing_of,
)


def resume(cleared: Cleared, changed: Book, i: int) -> IntColumn:
    """(options of the changed book,) what each holds, if request i is as in the changed book and all else as it was cleared."""
    book, rules, found = cleared.book, cleared.rules, cleared.stable
    first, last = int(book.start[i]), int(book.start[i + 1])
    amount = found.amount_fen
    held = np.concatenate([amount[:first], np.zeros(changed.start[i + 1] - first, dtype=np.int64), amount[last:]])
    s = standing_of(changed, rules.unit_fen)
    s.request[found.incomplete, DROPPED] = 1
    s.request[i, DROPPED] = 0
    s.count[SHARED] = 1
    for p in np.flatnonzero(held).tolist():
        take(s, p, int(held[p]))
    left = first + np.flatnonzero(amount[first:last])
    s.free_from[book.mandate[left]] = 0
    s.free_from[book.mandates + book.cover[left][book.cover[left] >= 0]] = 0
    least = least_wanted(s)
    _ask(s, i, least)
    settle(s, np.array([i], dtype=np.int64), least, 1, rules.solver["steps_max"])
    total = s.request[:, AMOUNT] - s.request[:, LEFT]
    short = (total > 0) & (total < s.request[:, NEEDED])
    return np.where(short[s.option[:, REQUEST]], 0, s.option[:, HELD])


@compiled
def _ask(s: Any, i: int, least: int) -> None:
    for p in range(s.request[i, FIRST], s.request[i, END]):
        if wants(s.option, s.request, p):
            fen = comes_in(s, p)
            if fen > 0 and not attempt(s, p, fen, least):
                s.shut[p] = 1
