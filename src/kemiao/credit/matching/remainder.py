"""What is left to match when some matches stand and others fell: the waiting list is cleared over it, and nobody who holds an offer is moved."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from kemiao.credit.matching.book import Book, covered_fen
from kemiao.credit.matching.market import BoolColumn, IntColumn


def remainder(book: Book, held_fen: IntColumn, gone: BoolColumn) -> tuple[Book, IntColumn]:
    """The book of those who hold nothing, over what the held matches leave, and the place in `book` of each option in it.

    held_fen: (m,) amounts of the matches that stand. gone: (m,) options that are over: fallen ones, and those of whoever withdrew.
    Limits never go below zero; the reserve shrinks by what reserved requests hold.
    """
    holding = np.zeros(book.requests, dtype=np.bool_)
    holding[book.request[held_fen > 0]] = True
    kept = np.flatnonzero(~gone & ~holding[book.request])
    counts = np.bincount(book.request[kept], minlength=book.requests)
    start = np.concatenate(([0], np.cumsum(counts))).astype(np.int64)
    reserved_fen = np.where(book.reserved[book.request], held_fen, 0)
    by_option = (
        "request", "mandate", "cover", "limit", "rate_ppm", "cost_ppm", "company_ppm", "funder_ppm", "guarantor_ppm",
        "welfare_ppm", "most_fen",
    )  # fmt: skip
    rest = replace(
        book,
        **{name: getattr(book, name)[kept] for name in by_option},
        start=start,
        standing=_places(book.mandate[kept], book.standing[kept]),
        cover_standing=_places(book.cover[kept], book.cover_standing[kept]),
        budget_fen=_left(book.budget_fen, book.mandate, held_fen),
        reserve_fen=_left(book.reserve_fen, book.mandate, reserved_fen),
        limit_fen=_left(book.limit_fen, book.limit, held_fen),
        capacity_fen=_left(book.capacity_fen, book.cover, covered_fen(book, held_fen)),
    )
    return rest, kept


def _left(most_fen: IntColumn, place: IntColumn, used_fen: IntColumn) -> IntColumn:
    left = most_fen.copy()
    there = place >= 0
    np.subtract.at(left, place[there], used_fen[there])
    return np.maximum(left, 0)


def _places(group: IntColumn, order: IntColumn) -> IntColumn:
    """0, 1, … within each group by `order`; 0 where there is no group (-1)."""
    by = np.lexsort((order, group))
    sorted_group = group[by]
    first = np.searchsorted(sorted_group, sorted_group, side="left")
    places = np.empty(len(group), dtype=np.int64)
    places[by] = np.arange(len(group)) - first
    places[group < 0] = 0
    return places
