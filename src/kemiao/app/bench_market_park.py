"""The market against first come, first served, on the companies of a park: volume, welfare, success, time.

Companies, their industries, districts, ages, staff and sales come from the twin's city; what they ask for and what funders offer is
drawn (seeded). Everybody has the same terms and values; first come, first served is run in many orders of arrival.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

ARRIVALS = 20
DAY = date(2024, 7, 1)


def bench_park(
    divided_by: int = 1, companies: int = 2_000, mandates: int = 20, covers: int = 3, seed: int = 1
) -> Iterator[dict[str, Any]]:
    """A line a result: who, lent_fen, lent_ppm, welfare_fen, success_ppm, matched, seconds (processor time); of `greedy` the mean
    over ARRIVALS orders with the least and the most of welfare. reach: none of them breaks a limit, best is the most welfare."""
    import numpy as np

    from kemiao.app.bench_market_rules import packaged_rules
    from kemiao.credit.matching.best import best
    from kemiao.credit.matching.clearing import clear
    from kemiao.credit.matching.greedy import greedy
    from kemiao.credit.matching.options import book
    from kemiao.credit.matching.stable import stable
    from kemiao.credit.matching.totals import totals

    rules = packaged_rules()
    clear(_market(40, 4, 2, seed), rules)  # compiles
    market = _market(
        max(companies // divided_by, 20), max(mandates // divided_by, 2), max(covers // divided_by, 1), seed
    )
    options, building = _timed(lambda: book(market, rules, None))
    size = {"requests": len(market.requests), "mandates": len(market.mandates), "covers": len(market.covers), "options": len(options.mandate)}  # fmt: skip
    matched, seconds = _timed(lambda: stable(options, rules))
    said = totals(options, matched.amount_fen)
    yield {"what": "park", "who": "stable", **size, **_kept(said), "blocking": matched.blocking_count, "seconds": round(building + seconds, 3)}  # fmt: skip
    found, seconds = _timed(lambda: best(options, rules, matched.amount_fen))
    said = totals(options, found.amount_fen)
    yield {
        "what": "park",
        "who": "best",
        **size,
        **_kept(said),
        "gap_ppm": found.gap_ppm,
        "seconds": round(building + seconds, 3),
    }
    runs, spent = [], 0.0
    rng = np.random.Generator(np.random.PCG64(seed))
    for _ in range(ARRIVALS):
        order = rng.permutation(len(market.requests)).astype(np.int64)
        amounts, seconds = _timed(lambda order=order: greedy(options, order))
        runs.append(_kept(totals(options, amounts)))
        spent += seconds
    mean = {key: sum(run[key] for run in runs) // ARRIVALS for key in runs[0]}
    worth = [run["welfare_fen"] for run in runs]
    yield {
        "what": "park", "who": "greedy", **size, **mean, "arrivals": ARRIVALS, "welfare_fen_least": min(worth), "welfare_fen_most": max(worth),
        "seconds": round(building + spent / ARRIVALS, 3),
    }  # fmt: skip


def _kept(said: dict[str, Any]) -> dict[str, Any]:
    keys = ("matched", "success_ppm", "lent_fen", "lent_ppm", "welfare_fen", "companies_fen", "funders_fen")
    return {key: said[key] or 0 for key in keys}


def _timed(work: Any) -> tuple[Any, float]:
    started = time.process_time()
    made = work()
    return made, round(time.process_time() - started, 3)


def _market(n: int, k: int, c: int, seed: int) -> Any:
    """The drawn market with the park's companies in the place of drawn ones. Three in ten may be split, one in ten is a syndicate's."""
    import numpy as np

    from kemiao.credit.matching.market import SPLIT
    from kemiao.twin.population.city import make_city
    from kemiao.twin.population.market import INDUSTRIES, REGIONS, UNIT, drawn

    market = drawn(n, k, c, seed, {"whole": 0.6, "split": 0.3, "syndicated": 0.1}, DAY)
    city = make_city(np.random.Generator(np.random.PCG64(seed)), n, DAY)
    firms, tenants = city.firms, city.tenants
    sectors, districts = [sector["zh"] for sector in city.setting.sectors], city.setting.words["districts"]
    # Two months of sales, as companies ask for working capital; whole 万 from 10 to 1000.
    amount = np.clip(firms.sales[tenants] * 2 // UNIT, 10, 1000).astype(np.int64) * UNIT
    staff = firms.sales[tenants] * firms.heads[tenants]
    requests = replace(
        market.requests,
        company=tuple(city.code(firm) for firm in tenants.tolist()),
        industry=tuple(sectors[sector] for sector in firms.sector[tenants].tolist()),
        region=tuple(districts[place] for place in firms.district[tenants].tolist()),
        amount_fen=amount,
        least_fen=np.where(market.requests.form == SPLIT, amount // 2 // UNIT * UNIT, 0),
        age_months=(city.calendar.now - firms.registered[tenants]).astype(np.int64),
        size=np.searchsorted([10, 100, 300], staff, side="right").astype(np.int64),
        collateral_fen=np.where(market.requests.collateral_fen >= 0, amount, -1),
    )
    asked, offered = int(amount.sum()), int(market.mandates.budget_fen.sum())

    def renamed(sets: Any, names: Any, others: Any) -> Any:
        return tuple(frozenset(others[names.index(name) % len(others)] for name in each) for each in sets)

    def scaled(column: Any) -> Any:
        return np.array([fen * asked // (3 * offered) // UNIT * UNIT for fen in column.tolist()], dtype=np.int64)

    # Budgets are a third of what this park asks for.
    mandates = replace(
        market.mandates,
        budget_fen=scaled(market.mandates.budget_fen),
        industries=renamed(market.mandates.industries, INDUSTRIES, sectors),
        not_industries=renamed(market.mandates.not_industries, INDUSTRIES, sectors),
        regions=renamed(market.mandates.regions, REGIONS, districts),
    )
    covers = replace(
        market.covers,
        capacity_fen=scaled(market.covers.capacity_fen),
        industries=renamed(market.covers.industries, INDUSTRIES, sectors),
        regions=renamed(market.covers.regions, REGIONS, districts),
    )
    return replace(market, requests=requests, mandates=mandates, covers=covers)
