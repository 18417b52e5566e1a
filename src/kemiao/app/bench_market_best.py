"""The best allocation at size, beside HiGHS' integer program on the full model given the same time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

# Seeds that nothing was tuned on. Requests, mandates, covers, seeds.
SIZES = ((2_000, 20, 0, (11, 12, 13)), (2_000, 20, 3, (11, 12)), (100_000, 50, 0, (11,)))
PEER_OPTIONS = 100_000  # HiGHS is given the full model up to this size


def bench_market_best(divided_by: int = 1) -> Iterator[dict[str, Any]]:
    """One figure a line: what, who, requests, mandates, options, seed, seconds (processor), gap_ppm, welfare, reach, method."""
    from dataclasses import replace

    from kemiao.app.bench_market_rules import packaged_rules
    from kemiao.base.refusal import Refusal
    from kemiao.credit.matching.best import best
    from kemiao.credit.matching.options import book
    from kemiao.twin.population.market import drawn

    rules = packaged_rules()
    warm = book(drawn(60, 4, seed=9), rules, None)
    for above in (0, rules.solver["prices_above_pairs"]):  # compiles the kernels of both ways
        best(warm, replace(rules, solver={**rules.solver, "prices_above_pairs": above}))
    for requests, mandates, covers, seeds in SIZES:
        for seed in seeds:
            options = book(drawn(max(requests // divided_by, 20), mandates, covers, seed=seed), rules, None)
            if isinstance(options, Refusal):
                raise TypeError(options)
            started, waited = time.process_time(), time.perf_counter()
            found = best(options, rules)
            seconds, waited = time.process_time() - started, time.perf_counter() - waited
            row = {
                "what": "market best", "requests": options.requests, "mandates": options.mandates, "covers": covers,
                "options": len(options.mandate), "seed": seed,
            }  # fmt: skip
            reach = "gap <= 0.1 % under 60 s" if requests > 10_000 else "gap <= 0.1 % under 10 s, not worse than HiGHS"
            yield row | {
                "who": "kemiao", "seconds": round(seconds, 2), "gap_ppm": found.gap_ppm, "welfare": found.welfare,
                "reach": reach, "method": "+".join(found.method),
            }  # fmt: skip
            if len(options.mandate) <= PEER_OPTIONS:
                yield row | _peer(options, waited, found.bound)


def _peer(options: Any, seconds: float, bound: int) -> dict[str, Any]:
    """HiGHS on every option, as a user would write it, until it has proven the optimum or has waited as long as ours."""
    import highspy
    import numpy as np

    from kemiao.credit.allocate.solver import QuietHighs
    from kemiao.credit.matching.frame import framed
    from kemiao.credit.matching.relaxation import UNIT_FEN, linear, objective_unit

    frame = framed(options)
    model, _ = linear(frame, np.arange(len(options.mandate)))
    model.integrality_ = [highspy.HighsVarType.kInteger] * model.num_col_
    solver = QuietHighs(time_limit=max(seconds, 0.1), mip_rel_gap=0.0)
    started = time.process_time()
    solver.passModel(model)
    solver.run()
    value = solver.getInfo().objective_function_value * objective_unit(frame) * UNIT_FEN
    reached = int(value) if np.isfinite(value) else 0
    gap = int(10**6 * (bound - reached) / bound) if bound else 0
    return {"who": "highs_mip", "seconds": round(time.process_time() - started, 2), "gap_ppm": gap, "welfare": reached}
