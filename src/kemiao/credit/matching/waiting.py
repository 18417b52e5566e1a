"""Who would be next at each mandate: the waiting list of a result."""

from __future__ import annotations

import numpy as np

from kemiao.credit.matching.book import Book, lent
from kemiao.credit.matching.market import BoolColumn, IntColumn


def wanted(book: Book, amount_fen: IntColumn) -> BoolColumn:
    """(m,) the options that a request would rather have (more of) than the last of what it holds, at mandates where it holds nothing."""
    unserved = lent(book, amount_fen) < book.amount_fen
    last = np.full(book.requests, -1, dtype=np.int64)  # the worst option that it holds, in its own order
    held = np.flatnonzero(amount_fen > 0)
    last[book.request[held]] = held  # options of a request rise, so the last one written is the worst
    places = np.arange(len(book.mandate))
    there = np.unique(book.request[held] * max(book.mandates, 1) + book.mandate[held])
    at_its_own = np.isin(book.request * max(book.mandates, 1) + book.mandate, there)
    return np.asarray(~at_its_own & (unserved[book.request] | (places < last[book.request])), dtype=np.bool_)


def waiting(book: Book, amount_fen: IntColumn, most: int) -> list[tuple[int, list[int]]]:
    """By mandate: how many requests wait for it, and the first of them as options, at most `most`, by the mandate's own order."""
    options = np.flatnonzero(wanted(book, amount_fen))
    options = options[np.lexsort((book.standing[options], book.mandate[options]))]
    pairs = book.mandate[options] * max(book.requests, 1) + book.request[options]
    _, first = np.unique(pairs, return_index=True)  # with several covers a request stands where its best option stands
    options = options[np.sort(first)]
    ends = np.searchsorted(book.mandate[options], np.arange(book.mandates + 1))
    return [
        (int(stop - start), options[start : min(stop, start + most)].tolist())
        for start, stop in zip(ends[:-1].tolist(), ends[1:].tolist(), strict=True)
    ]
