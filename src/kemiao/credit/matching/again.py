"""Clearing again with one request changed: the same solver over the changed book, in full or resumed; nothing estimated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from kemiao.base.refusal import Refusal
from kemiao.credit.matching.best import best
from kemiao.credit.matching.book import Book
from kemiao.credit.matching.clearing import Cleared
from kemiao.credit.matching.market import IntColumn
from kemiao.credit.matching.places import Places, Versions, changed_book, places, versions
from kemiao.credit.matching.resume import resume
from kemiao.credit.matching.stable import stable

FULL_STEPS = 20_000  # of the solver, when it cleared: up to so many, every answer is a full clearing
FULL, RESUMED = "full clearing", "resumed clearing"


@dataclass(frozen=True, slots=True)
class Again:
    """A cleared market that is asked about many times: its orders are laid out once.

    full: every answer by clearing the market from the beginning; else from where it ended (see resume.py).
    """

    at: Places
    full: bool

    @property
    def cleared(self) -> Cleared:
        return self.at.cleared

    @property
    def verified(self) -> str:
        return FULL if self.full else RESUMED

    def versions(self, i: int, changes: Sequence[Mapping[str, Any]]) -> Versions | Refusal:
        return versions(self.at, i, changes)

    def got_fen(self, i: int) -> int:
        """What the request gets in the stable matching."""
        book = self.cleared.book
        return int(self.cleared.stable.amount_fen[int(book.start[i]) : int(book.start[i + 1])].sum())

    def settled_with(self, said: Versions, version: int) -> tuple[Book, IntColumn]:
        """The whole market's book and its stable matching with this version of the request."""
        changed = changed_book(self.at, said, version)
        if self.full:
            return changed, stable(changed, self.cleared.rules).amount_fen
        return changed, resume(self.cleared, changed, said.i)

    def cleared_with(self, said: Versions, version: int) -> tuple[Book, IntColumn]:
        """The same for the result that clears, always in full."""
        changed, rules = changed_book(self.at, said, version), self.cleared.rules
        settled = stable(changed, rules).amount_fen
        return changed, best(changed, rules, settled).amount_fen if rules.clears == "best" else settled

    def outcome(self, said: Versions, version: int) -> dict[str, Any]:
        """What this version of the request gets. verified: how that is known."""
        changed, amount = self.settled_with(said, version)
        rows = slice(int(changed.start[said.i]), int(changed.start[said.i + 1]))
        got = amount[rows]
        return {
            "amount_fen": int(got.sum()),
            "matches": contracts(self.cleared, changed, rows.start + np.flatnonzero(got), amount),
            "verified": self.verified,
        }


def again(cleared: Cleared, full: bool | None = None) -> Again:
    """full: None where the market decides."""
    return Again(places(cleared), cleared.stable.steps <= FULL_STEPS if full is None else full)


def contracts(cleared: Cleared, book: Book, options: IntColumn, amount_fen: IntColumn) -> list[dict[str, Any]]:
    """These options of a book over the cleared market's postings, by the names of their parties."""
    mandates, covers = cleared.market.mandates, cleared.market.covers
    return [
        {
            "mandate": mandates.id[int(book.mandate[p])], "funder": mandates.funder[int(book.mandate[p])],
            "cover": covers.id[int(book.cover[p])] if book.cover[p] >= 0 else None,
            "amount_fen": int(amount_fen[p]), "rate_ppm": int(book.rate_ppm[p]), "cost_ppm": int(book.cost_ppm[p]),
        }
        for p in options.tolist()
    ]  # fmt: skip
