"""Who gets more and who less in one result than in another of the same requests."""

from __future__ import annotations

from typing import Any

import numpy as np

from kemiao.credit.matching.book import Book, lent
from kemiao.credit.matching.market import IntColumn, Requests

LISTED = 20


def moved(requests: Requests, before_fen: IntColumn, after_fen: IntColumn) -> dict[str, Any]:
    """before_fen, after_fen: (n,) what each request gets. more, less: how many, fen in all, and the largest by id, LISTED at most."""
    change = after_fen - before_fen
    return {"more": _told(requests, change, before_fen, after_fen), "less": _told(requests, -change, before_fen, after_fen)}  # fmt: skip


def lent_by(book: Book, amount_fen: IntColumn, mandate: int) -> IntColumn:
    """(n,) what each request gets of one mandate."""
    return lent(book, np.where(book.mandate == mandate, amount_fen, 0))


def covered_by(book: Book, amount_fen: IntColumn, cover: int) -> IntColumn:
    """(n,) the loan of each request that one cover bears a share of."""
    return lent(book, np.where(book.cover == cover, amount_fen, 0))


def _told(requests: Requests, change: IntColumn, before_fen: IntColumn, after_fen: IntColumn) -> dict[str, Any]:
    there = np.flatnonzero(change > 0)
    order = there[np.argsort(-change[there], kind="stable")]
    return {
        "count": len(there),
        "sum_fen": int(change[there].sum()),
        "listed": [
            {"request": requests.id[i], "company": requests.company[i], "before_fen": int(before_fen[i]), "after_fen": int(after_fen[i])}
            for i in order[:LISTED].tolist()
        ],
    }  # fmt: skip
