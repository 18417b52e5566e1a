"""Whole loans proven best by portfolios: 150 requests by 10 mandates, 300 by 10 with concentration limits and covers; beside HiGHS.

Markets are drawn (seeded), three seeds a size. HiGHS gets the whole model, and as long as we took.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

SEEDS = (11, 12, 13)
LEVELS_PPM = (1_000_000,)  # of the drawn budgets
PEER_LEAST_SECONDS = 1.0


def bench_exact(divided_by: int = 1, seeds: tuple[int, ...] = SEEDS) -> Iterator[dict[str, Any]]:
    """A line a market: who, requests, mandates, covers, seed, level_ppm, options, welfare, gap_ppm, nodes, seconds (processor time), reach."""
    for _ in _both(10, 2, 1, 1, 1_000_000, 0):  # compiles
        pass
    for requests, covers, reach in ((150, 0, 0), (300, 3, 1_000)):
        for seed in seeds:
            for level in LEVELS_PPM:
                yield from _both(max(requests // divided_by, 10), 10, covers, seed, level, reach)


def _both(requests: int, mandates: int, covers: int, seed: int, level: int, reach: int) -> Iterator[dict[str, Any]]:
    import highspy
    import numpy as np

    from kemiao.app.bench_market_rules import packaged_rules
    from kemiao.credit.allocate.solver import QuietHighs
    from kemiao.credit.matching.best import best
    from kemiao.credit.matching.book import Book
    from kemiao.credit.matching.frame import framed
    from kemiao.credit.matching.options import book
    from kemiao.credit.matching.portfolios import fits, portfolios
    from kemiao.credit.matching.relaxation import UNIT_FEN, linear, objective_unit
    from kemiao.twin.population.market import drawn

    rules = packaged_rules()
    market = drawn(requests, mandates, covers, seed, day=date(2024, 7, 1))
    budget = market.mandates.budget_fen * level // 1_000_000
    market = replace(market, mandates=replace(market.mandates, budget_fen=budget))
    made = book(market, rules, None)
    if not isinstance(made, Book):
        raise TypeError(made)
    size = {
        "requests": requests, "mandates": mandates, "covers": covers, "seed": seed, "level_ppm": level, "options": len(made.request),
    }  # fmt: skip
    started, waited = time.process_time(), time.perf_counter()
    found = best(made, rules)
    before = {"gap_before_ppm": found.gap_ppm, "seconds_before": round(time.process_time() - started, 2)}
    if fits(made) and found.gap_ppm > 0 and "portfolios" not in found.method:
        found = portfolios(made, rules, found)
    seconds, waited = time.process_time() - started, time.perf_counter() - waited
    yield {
        "who": "kemiao", **size, **before, "welfare": found.welfare, "gap_ppm": found.gap_ppm, "proven": found.gap_ppm == 0, "nodes": found.nodes,
        "method": "+".join(found.method), "seconds": round(seconds, 2), "reach_gap_ppm": reach, "reached": found.gap_ppm <= reach and seconds < 30,
    }  # fmt: skip
    frame = framed(made)
    model, _ = linear(frame, np.arange(len(made.request)))
    model.integrality_ = [highspy.HighsVarType.kInteger] * len(made.request)
    solver = QuietHighs(time_limit=max(waited, PEER_LEAST_SECONDS), mip_rel_gap=0.0)
    solver.passModel(model)
    started = time.process_time()
    solver.run()
    info = solver.getInfo()
    welfare = int(info.objective_function_value * objective_unit(frame) * UNIT_FEN)
    yield {
        "who": "highs_mip", **size, "welfare": welfare, "gap_ppm": round(info.mip_gap * 1e6) if np.isfinite(info.mip_gap) else None,
        "nodes": int(info.mip_node_count), "seconds": round(time.process_time() - started, 2), "ours_minus_theirs_ppm": _ppm(found.welfare - welfare, welfare),
    }  # fmt: skip


def _ppm(difference: int, of: int) -> int:
    return round(difference * 1_000_000 / of) if of else 0
