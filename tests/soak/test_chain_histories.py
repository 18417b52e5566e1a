"""A million entries of random histories, rules against the naive chain. KEMIAO_SOAK_ENTRIES changes the number."""

from __future__ import annotations

import os
from collections import Counter
from random import Random

import pytest

from chain.histories import History

_LENGTHS = (50, 250, 250, 1000)


@pytest.mark.soak
def test_rules_and_naive_chain_agree_over_a_million_entries() -> None:
    told: Counter[str] = Counter()
    seed, left = 1_000, int(os.environ.get("KEMIAO_SOAK_ENTRIES", "1000000"))
    while left > 0:
        history = History(Random(seed))  # noqa: S311
        history.go_on(min(left, _LENGTHS[seed % len(_LENGTHS)]))
        history.compare()
        told += history.told
        seed, left = seed + 1, left - sum(history.told.values())
    accepted = sum(count for line, count in told.items() if line.endswith("accepted"))
    print(f"{sum(told.values())} entries, {accepted} accepted, {len(told)} kinds of answer")
