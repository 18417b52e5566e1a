"""The stable matching at size, lists included, and the same checked by the independent verifier."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any


def bench_market_stable(divided_by: int = 1) -> Iterator[dict[str, Any]]:
    """One line a market: what, reach, measured_seconds (processor time of one thread), the parts of it, what blocks.

    Whole loans, then divisible ones, of 100 000 requests and 50 mandates over divided_by; a small one first compiles.
    """
    _once(200, 5, "whole", 0)
    for form in ("whole", "split"):
        yield _once(100_000 // divided_by, 50, form, 0)
    yield _once(max(2_000 // divided_by, 100), 20, "whole", 3)


def _once(requests: int, mandates: int, form: str, covers: int) -> dict[str, Any]:
    from kemiao.app.bench_market_rules import packaged_rules
    from kemiao.base.refusal import Refusal, Refused
    from kemiao.credit.matching.book import broken
    from kemiao.credit.matching.options import book
    from kemiao.credit.matching.stable import stable
    from kemiao.twin.population.market import drawn

    rules = packaged_rules()
    market = drawn(requests, mandates, covers, 1, {form: 1.0})
    started = time.process_time()
    made = book(market, rules, None)
    if isinstance(made, Refusal):
        raise Refused(made)
    listed = time.process_time()
    found = stable(made, rules)
    done = time.process_time()
    return {
        "what": f"stable, {requests} requests x {mandates} mandates x {covers} covers, {form}", "reach": "under 10 s, lists included",
        "measured_seconds": round(done - started, 2), "lists_seconds": round(listed - started, 2), "stable_seconds": round(done - listed, 2),
        "options": len(made.request), "blocking": found.blocking_count, "exact": found.exact, "broken": len(broken(made, found.amount_fen)),
        "lent_ppm_of_budget": int(found.amount_fen.sum()) * 1_000_000 // max(1, int(made.budget_fen.sum())), "steps": found.steps,
    }  # fmt: skip
