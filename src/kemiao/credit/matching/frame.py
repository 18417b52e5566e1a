"""The book as the solvers walk it: an option is a cell (mandate, limit, cover) and a welfare, two narrow columns."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kemiao.base.refusal import BrokenInvariant
from kemiao.credit.matching.book import Book
from kemiao.credit.matching.market import IntColumn

NarrowColumn = npt.NDArray[np.int32]
FloatGrid = npt.NDArray[np.float64]

WELFARE_BITS = 31


@dataclass(frozen=True, slots=True)
class Frame:
    """cell, welfare: (m,) int32. cell_mandate, cell_limit, cell_cover: (cells,), -1 where there is none. cell_share_ppm: of a
    loan in the cell that its cover bears. unit_fen: common measure of all amounts, budgets and limits, of which parts of a loan are whole
    multiples (1 where they have none). gain: (floors, n) ppm: what a fen lent to the request adds to a floor's slack."""

    book: Book
    cell: NarrowColumn
    welfare: NarrowColumn
    cell_mandate: IntColumn
    cell_limit: IntColumn
    cell_cover: IntColumn
    cell_share_ppm: IntColumn
    gain_ppm: npt.NDArray[np.int64]
    unit_fen: int


def framed(book: Book) -> Frame:
    """A limit lies inside one mandate, so limit (or mandate, where there is none) and cover name the cell."""
    limits, covers = len(book.limit_fen), len(book.capacity_fen)
    if len(book.welfare_ppm) and int(np.abs(book.welfare_ppm).max()) >= 1 << WELFARE_BITS:
        raise BrokenInvariant("an option's welfare is beyond 2^31 ppm")
    place = np.where(book.limit >= 0, book.limit, limits + book.mandate)
    cell = place * (covers + 1) + book.cover + 1
    places = np.concatenate([np.asarray(book.limit_mandate, dtype=np.int64), np.arange(book.mandates, dtype=np.int64)])
    inside = np.concatenate([np.arange(limits, dtype=np.int64), np.full(book.mandates, -1, dtype=np.int64)])
    cover = np.arange(-1, covers, dtype=np.int64)
    share = np.concatenate([[0], np.asarray(book.share_ppm, dtype=np.int64)]).astype(np.int64)
    gain = np.array(
        [np.where(floor.member, 1_000_000 - floor.share_ppm, -floor.share_ppm) for floor in book.floors], dtype=np.int64
    ).reshape(len(book.floors), book.requests)
    return Frame(
        book,
        cell.astype(np.int32),
        book.welfare_ppm.astype(np.int32),
        np.repeat(places, covers + 1),
        np.repeat(inside, covers + 1),
        np.tile(cover, len(places)),
        np.tile(share, len(places)),
        gain,
        _measure(book.amount_fen, book.least_fen, book.most_fen, book.budget_fen, book.limit_fen),
    )


def _measure(*columns: IntColumn) -> int:
    found = 0
    for column in columns:
        found = math.gcd(found, int(np.gcd.reduce(column))) if len(column) else found
    return max(found, 1)


def floors_kept(frame: Frame, lent_fen: IntColumn) -> bool:
    """Whether an allocation that lends so much to each request keeps every floor; exact."""
    given = lent_fen.tolist()
    return all(sum(g * a for g, a in zip(row.tolist(), given, strict=True) if a) >= 0 for row in frame.gain_ppm)
