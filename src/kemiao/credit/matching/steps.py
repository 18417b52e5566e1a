"""What a company could ask for otherwise: the versions of a request that are worth a look, dimension by dimension, the smallest change first.

Only the values at which something changes are tried: the costs, bounds, months and days that the postings name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from kemiao.base.money import PPM
from kemiao.base.refusal import Refusal
from kemiao.credit.matching.market import (
    ACCEPT,
    ALL,
    COVERED,
    FORMS,
    SPLIT,
    TECHNOLOGY,
    UNKNOWN,
    Market,
    Wish,
)
from kemiao.credit.matching.places import Places, Versions, versions
from kemiao.credit.matching.rooms import Rooms, room_fen

DIMENSIONS = {
    "rate_max": ("最高综合成本", "highest annual cost"),
    "amount": ("金额", "amount"),
    "months": ("期限", "months"),
    "form": ("形式", "form"),
    "least": ("最少接受", "least it takes"),
    "cover": ("担保", "guarantee"),
    "veto": ("排除的资金方", "funders kept out"),
    "ranking": ("排序", "ranking"),
    "collateral": ("押品", "collateral"),
    "collateral_value": ("押品价值", "collateral's value"),
    "latest": ("最迟到账", "latest date"),
    "grade": ("信用等级", "grade"),
    "technology": ("技术等级", "technology grade"),
    "patents": ("有效专利", "patents in force"),
}
NOT_IN_HAND = frozenset({"grade", "technology", "patents"})
"""Nobody decides these by asking otherwise; they are shown as what would have had to be, all else equal (the PD too)."""
_MOST = 100  # versions of one dimension


@dataclass(frozen=True, slots=True)
class Step:
    """change: of columns of Requests. before, after: as JSON. distance: by which the versions of a dimension are sorted."""

    dimension: str
    change: Mapping[str, Any]
    before: Any
    after: Any
    distance: int


def steps(at: Places, i: int, found: Rooms) -> list[Step] | Refusal:
    """All of them, sorted by dimension, then by distance; at most _MOST a dimension."""
    market = at.cleared.market
    amounts = _bounds(market, i, at.cleared.rules.unit_fen)
    probe = versions(
        at,
        i,
        [
            {"rate_max_ppm": 10 * PPM},
            *({"amount_fen": a, "least_fen": min(a, int(market.requests.least_fen[i]))} for a in amounts),
        ],
    )
    if isinstance(probe, Refusal):
        return probe
    made = [
        *_rates(market, i, probe),
        *_amounts(at, i, found, probe, amounts),
        *_terms(market, i),
        *_not_in_hand(market, i),
    ]
    by_dimension: dict[str, dict[str, Step]] = {name: {} for name in DIMENSIONS}
    for step in sorted(made, key=lambda step: step.distance):
        by_dimension[step.dimension].setdefault(repr(step.after), step)
    return [step for found_steps in by_dimension.values() for step in list(found_steps.values())[:_MOST]]


def _rates(market: Market, i: int, probe: Versions) -> Iterator[Step]:
    now = int(market.requests.rate_max_ppm[i])
    costs = probe.book.cost_ppm[: int(probe.book.start[1])]
    for cost in np.unique(costs[costs > now]).tolist():
        yield Step("rate_max", {"rate_max_ppm": cost}, now, cost, cost - now)


def _bounds(market: Market, i: int, unit_fen: int) -> list[int]:
    """Amounts at which a bound of some posting begins or ends, and the amount itself."""
    m, c, r = market.mandates, market.covers, market.requests
    budget = m.budget_fen // unit_fen * unit_fen
    bounds = {
        int(r.amount_fen[i]),
        *m.amount_low_fen.tolist(),
        *m.amount_high_fen.tolist(),
        *c.amount_high_fen.tolist(),
    }
    for j, (whole, part) in enumerate(zip(budget.tolist(), m.share_max_ppm.tolist(), strict=True)):
        shares = m.industry_share_ppm[j]
        industry = shares.get(r.industry[i], shares.get("*", PPM))
        bounds |= {
            whole,
            whole * min(part, PPM) // PPM,
            int(m.budget_fen[j]) * min(industry, PPM) // PPM // unit_fen * unit_fen,
        }
        ratio = int(m.loan_to_value_ppm[j])
        if ratio not in (ALL, UNKNOWN) and r.collateral_fen[i] != UNKNOWN:
            bounds.add(int(r.collateral_fen[i]) * ratio // PPM)
    for capacity, share in zip(c.capacity_fen.tolist(), c.share_ppm.tolist(), strict=True):
        if share > 0:
            bounds.add(capacity * PPM // share)
    lows = set(m.amount_low_fen.tolist())
    return sorted(a for a in bounds if 0 < a <= r.amount_fen[i] or (a in lows and a > 0))


def _amounts(at: Places, i: int, found: Rooms, probe: Versions, amounts: list[int]) -> Iterator[Step]:
    """Less, so that it fits: what stands before it leaves so much room; or more, where the least of a loan is above it."""
    requests, unit = at.cleared.market.requests, at.cleared.rules.unit_fen
    now, least = int(requests.amount_fen[i]), int(requests.least_fen[i])
    tried = set(amounts)
    for version, amount in enumerate(amounts, start=1):
        rows = range(int(probe.book.start[version]), int(probe.book.start[version + 1]))
        for option in rows:
            room = min(room_fen(found, probe, option), amount)
            low = int(at.cleared.market.mandates.amount_low_fen[int(probe.book.mandate[option])])
            room = room // unit * unit if room >= unit else room
            if room >= max(low, 1):
                tried.add(room)
    for amount in sorted(tried - {now}):
        yield Step("amount", {"amount_fen": amount, "least_fen": min(least, amount)}, now, amount, abs(amount - now))


def _terms(market: Market, i: int) -> Iterator[Step]:
    r, m, c = market.requests, market.mandates, market.covers
    months = int(r.months[i])
    for low, high in [
        *zip(m.months_low.tolist(), m.months_high.tolist(), strict=True),
        *((1, each) for each in c.months_high.tolist()),
    ]:
        near = min(max(months, low), high)
        if near != months and 0 < near < ALL:
            yield Step("months", {"months": near}, months, near, abs(near - months))
    form, least = int(r.form[i]), int(r.least_fen[i])
    for place in range(len(FORMS)):
        if place != form:
            yield Step("form", {"form": place, "least_fen": 0}, FORMS[form], FORMS[place], 0 if place == SPLIT else 1)
    if form == SPLIT and least > 0:
        yield Step("least", {"least_fen": 0}, least, 0, least)
    covered = int(r.covered[i])
    if len(c) and covered != ACCEPT:
        yield Step("cover", {"covered": ACCEPT}, COVERED[covered], COVERED[ACCEPT], 0)
    veto = r.veto[i]
    for name in sorted(veto):
        yield Step("veto", {"veto": veto - {name}}, sorted(veto), sorted(veto - {name}), 1)
    if len(veto) > 1:
        yield Step("veto", {"veto": frozenset()}, sorted(veto), [], len(veto))
    wish = r.ranking[i]
    if wish is not None and not wish.others:
        said = [*wish.named]
        yield Step("ranking", {"ranking": Wish(wish.named, True)}, said, [*said, "*"], 0)
    yield from _collateral(market, i)
    latest = int(r.latest_day[i])
    for speed in m.speed_days.tolist():
        ready = market.day.toordinal() + speed
        if latest < ready <= date.max.toordinal():
            yield Step("latest", {"latest_day": ready}, _day(latest), _day(ready), ready - latest)


def _collateral(market: Market, i: int) -> Iterator[Step]:
    r, m = market.requests, market.mandates
    offered, value, amount = r.collateral[i], int(r.collateral_fen[i]), int(r.amount_fen[i])
    kinds = sorted(frozenset().union(*m.collateral) - offered)
    for kind in kinds:
        yield Step("collateral", {"collateral": offered | {kind}}, sorted(offered), sorted(offered | {kind}), 1)
    for j, ratio in enumerate(m.loan_to_value_ppm.tolist()):
        if ratio in (ALL, UNKNOWN) or ratio <= 0:
            continue
        needed = -(-amount * PPM // ratio)
        if needed > value:
            now = None if value == UNKNOWN else value
            yield Step("collateral_value", {"collateral_fen": needed}, now, needed, needed - max(value, 0))
            for kind in sorted(m.collateral[j] - offered):
                change = {"collateral": offered | {kind}, "collateral_fen": needed}
                yield Step("collateral", change, sorted(offered), [*sorted(offered | {kind}), needed], 2 + needed)


def _not_in_hand(market: Market, i: int) -> Iterator[Step]:
    r, m = market.requests, market.mandates
    grade, technology, patents = int(r.grade[i]), int(r.technology[i]), int(r.patents[i])
    for better in range(len(market.grades) if grade == UNKNOWN else grade):
        now = None if grade == UNKNOWN else market.grades[grade]
        yield Step("grade", {"grade": better}, now, market.grades[better], len(market.grades) - better)
    for better in range(1, len(TECHNOLOGY) + 1 if technology == UNKNOWN else technology):
        now = None if technology == UNKNOWN else TECHNOLOGY[technology - 1]
        yield Step("technology", {"technology": better}, now, TECHNOLOGY[better - 1], len(TECHNOLOGY) - better)
    for needed in sorted(set(m.patents_least.tolist())):
        if needed > patents and needed > 0:
            yield Step("patents", {"patents": needed}, None if patents == UNKNOWN else patents, needed, needed)


def _day(ordinal: int) -> str | None:
    return date.fromordinal(ordinal).isoformat() if 0 < ordinal <= date.max.toordinal() else None
