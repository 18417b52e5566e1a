"""Plans at size: CUMCM's 425 companies by its 29 rates, 100 000 companies by 50; beside HiGHS on the whole model.

The companies are drawn (seeded), the churn table is the file given or policy's. Both sides get the same offers.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

BUDGET_A_COMPANY_FEN = 20_000_000  # 20万: with loans of 10万 to 100万 the budget reaches about a quarter of them
PEER_SECONDS = 60
LAW_LIKE = (18_000, 6_000, 450_000, 100_000, 80_000)  # funding, operating, LGD, target return, capital ratio


def bench_plan(churn: Path | None = None, large: int = 100_000, peer: int = 2_000) -> Iterator[dict[str, Any]]:
    """One figure a line: who, companies, rates, budget_counts, seconds, gap_ppm, profit_fen.

    `kemiao` runs both ways to count a budget. `highs_mip` and `highs_lp` solve all pairs of `peer` companies at once,
    within PEER_SECONDS; kemiao's line of the same size is the one to compare with.
    """
    for counts in ("offered", "expected"):
        for companies, rates in ((425, 29), (peer, 50), (large, 50)):
            yield _ours(companies, rates, counts, churn)
            if companies == peer:
                yield from _peers(companies, rates, counts, churn)


def _asked(companies: int, rates: int, counts: str, churn: Path | None) -> tuple[Any, Any, Any, Any, Any, Any]:
    """candidates, terms, policy, costs, churn table, rates: with the file's own rates where it has as many."""
    import tomllib
    from importlib.resources import files

    import numpy as np

    from kemiao.bank.commands.plan import rows_of
    from kemiao.credit.allocate import elasticity
    from kemiao.credit.allocate.candidates import complete
    from kemiao.credit.allocate.terms import Costs, Terms, policy_from

    text = files("kemiao.bank.default_policy").joinpath("plan.toml").read_text("utf-8")
    policy = replace(policy_from(tomllib.loads(text)), budget_counts=counts)
    if churn is None:
        table = elasticity.from_policy(policy)
    else:
        table = elasticity.from_rows(*rows_of(churn), churn.name, policy.churn_class.values())
    grid = np.linspace(40_000, 150_000, rates).astype(np.int64)
    grid = table.rates_ppm if len(table.rates_ppm) == rates else grid
    costs = Costs(*LAW_LIKE)
    terms = Terms(companies * BUDGET_A_COMPANY_FEN, 10_000_000, 100_000_000, int(grid[0]), int(grid[-1]))
    return complete(_drawn(companies), policy, costs), terms, policy, costs, table, grid


def _drawn(companies: int) -> Any:
    """PD and limit log-normal, 20 industries, grades by PD as the default master scale has them."""
    import numpy as np

    from kemiao.credit.allocate.candidates import candidates_from_table

    draw = np.random.default_rng(20_240_701)
    pd = np.clip(np.exp(draw.normal(np.log(0.02), 0.9, companies)), 0.0005, 0.4)
    grade = np.array(["AAA", "AA", "A", "BBB", "BB", "B", "CCC", "CC"])[
        np.searchsorted([0.001, 0.0025, 0.006, 0.014, 0.03, 0.07, 0.15], pd, side="right")
    ]
    industry = draw.integers(1, 21, companies)
    limit = np.exp(draw.normal(np.log(6e7), 0.8, companies)).astype(np.int64)
    weight = draw.choice([750_000, 850_000, 1_000_000], companies)
    columns = ((pd * 10**6).astype(int).tolist(), grade.tolist(), industry.tolist(), limit.tolist(), weight.tolist())
    rows = (
        (number, (f"C{number:06}", g, f"industry {i}", str(p), str(x), str(w)))
        for number, (p, g, i, x, w) in enumerate(zip(*columns, strict=True))
    )
    header = ("company", "grade", "industry", "pd_ppm", "limit_fen", "risk_weight_ppm")
    return candidates_from_table(header, rows, "drawn")


def _ours(companies: int, rates: int, counts: str, churn: Path | None) -> dict[str, Any]:
    from kemiao.credit.allocate.plan import Plan, plan, question

    candidates, terms, policy, costs, table, grid = _asked(companies, rates, counts, churn)
    started = time.perf_counter()
    made = plan(question(candidates, terms, policy, costs, table, grid))
    seconds = time.perf_counter() - started
    if not isinstance(made, Plan):
        raise TypeError(made)
    return _figure("kemiao", companies, grid, counts, seconds) | {
        "gap_ppm": made.solution.gap_ppm,
        "profit_fen": made.solution.profit_fen,
        "loans": len(made.funded),
        "stages": "+".join(made.solution.stages),
    }


def _peers(companies: int, rates: int, counts: str, churn: Path | None) -> Iterator[dict[str, Any]]:
    """HiGHS on every pair of company and rate, as a user would write it: integer program, and its relaxation."""
    import highspy
    import numpy as np

    from kemiao.credit.allocate.exact import OBJECTIVE_UNIT, Core, program
    from kemiao.credit.allocate.offers import VALUE_SCALE, every_pair
    from kemiao.credit.allocate.solver import QuietHighs

    candidates, terms, policy, costs, table, grid = _asked(companies, rates, counts, churn)
    offers = every_pair(candidates, terms, policy, costs, table, grid).offers
    company, option = np.indices(offers.value.shape).reshape(2, -1)
    whole = Core(company, option, np.zeros(len(offers), dtype=bool))
    for who in ("highs_lp", "highs_mip"):
        solver = QuietHighs(time_limit=PEER_SECONDS, mip_rel_gap=1e-3)
        started = time.perf_counter()
        model = program(offers, whole)
        if who == "highs_lp":
            model.integrality_ = [highspy.HighsVarType.kContinuous] * model.num_col_
        solver.passModel(model)
        solver.run()
        seconds = time.perf_counter() - started
        info, status = solver.getInfo(), solver.modelStatusToString(solver.getModelStatus())
        found = info.objective_function_value * OBJECTIVE_UNIT / VALUE_SCALE
        figure = _figure(who, companies, grid, counts, seconds) | {"profit_fen": int(found), "stages": status}
        if who == "highs_mip":
            figure["gap_ppm"] = int(info.mip_gap * 10**6) if np.isfinite(info.mip_gap) else None
        yield figure


def _figure(who: str, companies: int, grid: Any, counts: str, seconds: float) -> dict[str, Any]:
    return {
        "who": who,
        "companies": companies,
        "rates": len(grid),
        "budget_counts": counts,
        "seconds": round(seconds, 2),
    }
