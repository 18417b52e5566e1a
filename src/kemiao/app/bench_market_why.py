"""How long an answer takes: why a company was not matched, with every change that was tried cleared again."""

from __future__ import annotations

from collections.abc import Iterator
from time import process_time
from typing import Any

SIZES = ((2_000, 20, 0), (2_000, 20, 3), (100_000, 50, 0))
ASKED = 60
REACH_SECONDS = 0.1


def bench_market_why(divided_by: int = 1) -> Iterator[dict[str, Any]]:
    """One row a size: processor seconds an explanation of unserved companies takes, once the market's orders are laid out.

    full_seconds: one clearing of the whole market, which is what every changed request would take without resuming.
    """
    import numpy as np

    from kemiao.credit.matching.again import again
    from kemiao.credit.matching.explain import explain

    for n, k, c in SIZES:
        cleared, full_seconds = _settled(n // divided_by, k, c)
        started = process_time()
        around = again(cleared)
        laid_out = process_time() - started
        got = np.bincount(cleared.book.request, cleared.stable.amount_fen, minlength=cleared.book.requests)
        unserved = np.flatnonzero(got == 0)[: ASKED + 1].tolist()
        explain(around, cleared.market.requests.id[unserved[0]])  # compiled
        seconds, found, in_hand = [], 0, 0
        for i in unserved[1:]:
            started = process_time()
            why = explain(around, cleared.market.requests.id[i])
            seconds.append(process_time() - started)
            if isinstance(why, dict):
                found += bool(why["changes"])
                in_hand += any(row["in_hand"] for row in why["changes"])
        seconds.sort()
        yield {
            "what": "explanation of one company", "requests": n // divided_by, "mandates": k, "covers": c, "reach_seconds": REACH_SECONDS,
            "mean_seconds": round(sum(seconds) / len(seconds), 4), "p50_seconds": round(seconds[len(seconds) // 2], 4),
            "p95_seconds": round(seconds[len(seconds) * 95 // 100], 4), "asked": len(seconds), "with_a_change": found, "in_hand": in_hand,
            "verified": around.verified, "laid_out_seconds": round(laid_out, 3), "full_seconds": round(full_seconds, 3),
        }  # fmt: skip


def _settled(n: int, k: int, c: int) -> tuple[Any, float]:
    """A drawn market and its stable matching; the best allocation is no part of what is measured, so greedy's stands in."""
    import numpy as np

    from kemiao.app.bench_market_rules import packaged_rules
    from kemiao.credit.matching.best import Best
    from kemiao.credit.matching.book import welfare
    from kemiao.credit.matching.clearing import Cleared
    from kemiao.credit.matching.greedy import greedy
    from kemiao.credit.matching.options import book
    from kemiao.credit.matching.stable import stable
    from kemiao.twin.population.market import drawn

    rules = packaged_rules()
    market = drawn(n, k, c)
    made: Any = book(market, rules, None)
    stable(made, rules)  # compiled
    started = process_time()
    settled = stable(made, rules)
    seconds = process_time() - started
    first = greedy(made)
    worth = welfare(made, first)
    prices = [np.zeros(length, dtype=np.int64) for length in (k, len(made.limit_fen), c, 0)]
    return Cleared(market, rules, made, settled, Best(first, worth, worth, (), *prices, 0)), seconds
