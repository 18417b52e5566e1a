"""The smallest change of a request that would have matched it, dimension by dimension, verified by clearing the market again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kemiao.base.refusal import Refusal
from kemiao.credit.matching.again import Again
from kemiao.credit.matching.rooms import comes_in, rooms
from kemiao.credit.matching.steps import DIMENSIONS, NOT_IN_HAND, Step, steps
from kemiao.credit.matching.together import together

TRIES = 3  # clearings of one dimension: where so many smaller changes did not do, the larger ones are not tried


def changes(again: Again, i: int) -> list[dict[str, Any]] | Refusal:
    """One row a dimension in which a change was found, those in the company's own hand first; empty where no single change does.

    A row: dimension, zh, en, in_hand, before, after, amount_fen, matches, verified (how), refused. Where nothing in its own hand does alone,
    several that go together for one mandate: dimension "together", before and after by dimension. Smaller changes of the dimension than `after` either find no room before them, or were cleared and did not match it:
    refused counts those.
    """
    at = again.at
    found = rooms(at, i)
    tried = steps(at, i, found)
    if isinstance(tried, Refusal):
        return tried
    said = again.versions(i, [step.change for step in tried])
    if isinstance(said, Refusal):
        return said
    rows = []
    for name in DIMENSIONS:
        refused = 0
        for version, step in enumerate(tried):
            if step.dimension != name or not comes_in(found, said, version):
                continue
            outcome = again.outcome(said, version)
            if outcome["amount_fen"] > again.got_fen(i):
                rows.append(_row(step, outcome, refused))
                break
            refused += 1
            if refused == TRIES:
                break
    if not any(row["in_hand"] for row in rows):
        several = together(again, i, found)
        if isinstance(several, Refusal):
            return several
        rows += [several] if several is not None else []
    return sorted(rows, key=lambda row: not row["in_hand"])


def _row(step: Step, outcome: Mapping[str, Any], refused: int) -> dict[str, Any]:
    zh, en = DIMENSIONS[step.dimension]
    return {
        "dimension": step.dimension, "zh": zh, "en": en, "in_hand": step.dimension not in NOT_IN_HAND,
        "before": step.before, "after": step.after, **outcome, "refused": refused,
    }  # fmt: skip
