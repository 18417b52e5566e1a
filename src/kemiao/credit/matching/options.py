"""The Book of a Market: all that could be contracted, valued and put in everybody's order. docs/market-tables.md has the formulas.

Every number is whole and every rounding is stated there, so that a stranger who has the postings computes the same Book.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np

from kemiao.base.money import PPM
from kemiao.base.refusal import Refusal
from kemiao.credit.allocate.elasticity import Elasticity
from kemiao.credit.matching import pairing
from kemiao.credit.matching.book import Book, Floor
from kemiao.credit.matching.coding import (
    Allowed,
    Wishes,
    accepted,
    by_word,
    collateral_taken,
    floor_or_any,
    industry_limits,
    one_of,
    rates,
    sizes_taken,
    wishes,
    works_with,
)
from kemiao.credit.matching.groups import member
from kemiao.credit.matching.lottery import lots
from kemiao.credit.matching.market import ALL, KINDS, SIZES, UNKNOWN, BoolColumn, IntColumn, Market
from kemiao.credit.matching.pairing import (
    O_COMPANY,
    O_COMPANY_TIER,
    O_COST,
    O_COVER,
    O_FUNDER,
    O_GUARANTOR,
    O_LIMIT,
    O_MANDATE,
    O_MANDATE_TIER,
    O_MOST,
    O_RATE,
)
from kemiao.credit.matching.ranks import group_by, sort_parts
from kemiao.credit.matching.rules import MarketRules

OPTIONS_MAX = 20_000_000  # 2.5 GB of columns
PAIRS_MAX = 10**9  # request, mandate and cover: seconds
# Fen of a side: 2.8 trillion yuan. No value reaches 32 a year of an amount, so sums of values stay below 2^53 too.
SUM_MAX = 2**48
_COLUMNS = 11
WORSE = 2**38  # above any value in ppm, so that tier * 2 * WORSE - value sorts by tier, then by falling value


def churn_of_grades(table: Elasticity, churn_class: Mapping[str, str], grades: tuple[str, ...]) -> Elasticity | Refusal:
    """The churn table with a class a grade, as `book` takes it. Refuses a grade that policy gives no class of the table."""
    missing = [grade for grade in grades if churn_class.get(grade) not in table.classes]
    if missing:
        return _without_class(missing)
    rows = [table.classes.index(churn_class[grade]) for grade in grades]
    return Elasticity(grades, table.rates_ppm, table.churn_ppm[rows], table.dips, table.largest_change_ppm)


def _without_class(grades: Sequence[str]) -> Refusal:
    return Refusal.at(
        "GRADE_WITHOUT_CHURN_CLASS",
        f"等级 {'、'.join(grades)} 在策略 plan 的 churn_class 中没有对应",
        f"policy plan: churn_class has no class for the grade {', '.join(grades)}",
        file="plan.toml",
        key="churn_class",
    )


def book(market: Market, rules: MarketRules, churn: Elasticity | None) -> Book | Refusal:
    """churn: with a class a grade (churn_of_grades); None, or rules without churn: whoever is offered a rate takes it.

    Refuses AMOUNTS_TOO_LARGE where a side adds up to more than SUM_MAX, MARKET_TOO_LARGE beyond PAIRS_MAX meetings or OPTIONS_MAX
    options, GRADE_WITHOUT_CHURN_CLASS where the churn table lacks a grade.
    """
    requests, mandates, covers = market.requests, market.mandates, market.covers
    if rules.churn and churn is not None and not set(market.grades) <= set(churn.classes):
        return _without_class([grade for grade in market.grades if grade not in churn.classes])
    meetings = len(requests) * len(mandates) * (1 + len(covers))
    if meetings > PAIRS_MAX:
        return _too_large(meetings, PAIRS_MAX)
    for column in (requests.amount_fen, mandates.budget_fen, covers.capacity_fen):
        if sum(column.tolist()) > SUM_MAX:
            return Refusal(
                "AMOUNTS_TOO_LARGE",
                "金额合计过大,无法精确计算",
                "these amounts add up to more than can be computed exactly",
            )
    unit = rules.unit_fen
    budget = mandates.budget_fen // unit * unit
    industry = by_word(
        requests.industry,
        [one_of(*sets) for sets in zip(mandates.industries, mandates.not_industries, strict=True)],
        [one_of(names) for names in covers.industries],
    )
    limit_at, limit_mandate, limit_fen = industry_limits(market, industry, unit)
    said, lot, mandate_lot = wishes(market), lots(market.seed, requests.id), lots(market.seed, mandates.id)
    found = _options(market, rules, churn, industry, said, limit_at, limit_fen, budget)
    if isinstance(found, Refusal):
        return found
    start, out = found

    request = np.repeat(np.arange(len(requests)), np.diff(start))
    beside = (len(covers) + 1) * mandate_lot[out[O_MANDATE]] + out[O_COVER] + 1
    place = np.arange(len(request))
    sort_parts(start, out[O_COMPANY_TIER] * (2 * WORSE) - out[O_COMPANY], beside, place)
    for row in range(_COLUMNS):  # one at a time: a whole second table would not fit
        out[row] = out[row][place]
    del place, beside
    standing = _standing(
        out[O_MANDATE], len(mandates), out[O_MANDATE_TIER] * (2 * WORSE) - out[O_FUNDER],
        (len(covers) + 1) * lot[request] + out[O_COVER] + 1,
    )  # fmt: skip
    pool = covers_are(market, "pool")[np.maximum(out[O_COVER], 0)] if len(covers) else np.zeros(len(request), np.bool_)
    cover_standing = _standing(
        out[O_COVER], len(covers), np.where(pool, requests.pd_ppm[request], -out[O_GUARANTOR]),
        max(len(mandates), 1) * lot[request] + mandate_lot[out[O_MANDATE]],
    )  # fmt: skip
    return Book(
        amount_fen=requests.amount_fen, least_fen=requests.least_fen, form=requests.form, lot=lot,
        reserved=member(requests, rules.reserved) if rules.reserve_ppm else np.zeros(len(requests), np.bool_),
        start=start, request=request, mandate=out[O_MANDATE], cover=out[O_COVER], limit=out[O_LIMIT],
        rate_ppm=out[O_RATE], cost_ppm=out[O_COST], company_ppm=out[O_COMPANY], funder_ppm=out[O_FUNDER],
        guarantor_ppm=out[O_GUARANTOR], welfare_ppm=_welfare(market, rules, request, out), most_fen=out[O_MOST],
        standing=standing, cover_standing=cover_standing, budget_fen=budget,
        reserve_fen=_share(budget, rules.reserve_ppm, unit),
        limit_mandate=limit_mandate, limit_fen=limit_fen, capacity_fen=covers.capacity_fen, share_ppm=covers.share_ppm,
        floors=tuple(Floor(group, member(requests, group), share) for group, share in rules.floors),
    )  # fmt: skip


def _too_large(found: int, most: int) -> Refusal:
    return Refusal(
        "MARKET_TOO_LARGE",
        f"可能的组合有 {found} 个,最多 {most} 个",
        f"{found} contracts are possible; at most {most} are taken",
    )


def covers_are(market: Market, kind: str) -> BoolColumn:
    """(c,) which of them are of a kind of KINDS."""
    return np.array([one == kind for one in market.covers.kind], dtype=np.bool_)


def _share(fen: IntColumn, share_ppm: int, unit: int) -> IntColumn:
    return np.array([one * share_ppm // PPM // unit * unit for one in fen.tolist()], dtype=np.int64)


def _options(
    market: Market, rules: MarketRules, churn: Elasticity | None, industry: Allowed, said: Wishes, limit_at: IntColumn, limit_fen: IntColumn,
    budget: IntColumn,
) -> tuple[IntColumn, IntColumn] | Refusal:  # fmt: skip
    """start (n + 1) and the table (columns of pairing.O_*, m)."""
    requests, mandates, covers = market.requests, market.mandates, market.covers
    region = by_word(requests.region, [one_of(s) for s in mandates.regions], [one_of(s) for s in covers.regions])
    purpose = by_word(requests.purpose, [one_of(s) for s in mandates.purposes], [])
    kinds, kinds_taken = collateral_taken(market)
    rate_table = rates(market)
    accept_table = accepted(market, rate_table, churn if rules.churn else None)
    lgd = np.where(requests.lgd_ppm == UNKNOWN, rules.funder["lgd_ppm"], requests.lgd_ppm)
    r_table = np.stack([
        requests.amount_fen, requests.form, requests.months, requests.rate_max_ppm, requests.latest_day - market.day.toordinal(),
        requests.grade, requests.technology, requests.pd_ppm, lgd, requests.patents, requests.green, np.where(requests.size == UNKNOWN, len(SIZES), requests.size), requests.first_time,
        requests.covered, requests.collateral_fen, requests.speed_ppm_day, requests.relation_ppm, requests.flexible_ppm,
        industry.code, region.code, purpose.code, kinds, said.others,
    ], axis=1)  # fmt: skip
    most = [
        b * s // PPM for b, s in zip(budget.tolist(), np.minimum(mandates.share_max_ppm, PPM).tolist(), strict=True)
    ]
    m_table = np.stack([
        budget, mandates.amount_low_fen, mandates.amount_high_fen, mandates.months_low, mandates.months_high,
        floor_or_any(mandates.grade_floor), floor_or_any(mandates.technology_floor), mandates.patents_least, mandates.green_only,
        mandates.speed_days, mandates.flexible, np.array(most, dtype=np.int64), mandates.covered,
        np.where(mandates.loan_to_value_ppm == UNKNOWN, ALL, mandates.loan_to_value_ppm), mandates.value_least_ppm,
        mandates.funding_ppm + mandates.operating_ppm, mandates.target_return_ppm, mandates.capital_ratio_ppm,
        mandates.risk_weight_ppm, mandates.loyal_ppm, said.row,
    ], axis=1)  # fmt: skip
    pool = covers_are(market, KINDS[1])
    c_table = np.stack([
        covers.capacity_fen, covers.share_ppm, np.where(pool, 0, covers.fee_ppm),
        floor_or_any(covers.grade_floor), floor_or_any(covers.technology_floor), covers.amount_high_fen, covers.months_high,
        covers.first_time_only, covers.green_only,
    ], axis=1)  # fmt: skip
    start = np.zeros(len(requests) + 1, dtype=np.int64)
    arguments = (
        r_table, m_table, c_table, industry.mandates, region.mandates, purpose.mandates, kinds_taken, industry.covers, region.covers,
        sizes_taken(market), works_with(market), limit_at, limit_fen, rate_table, accept_table, said.start, said.mandate, said.tier,
        said.known_start, said.known, said.table, rules.unit_fen, start,
    )  # fmt: skip
    pairing.pair(*arguments, False, np.zeros((_COLUMNS, 0), dtype=np.int64))
    np.cumsum(start, out=start)
    if start[-1] > OPTIONS_MAX:
        return _too_large(int(start[-1]), OPTIONS_MAX)
    out = np.empty((_COLUMNS, int(start[-1])), dtype=np.int64)
    pairing.pair(*arguments, True, out)
    return start, out


def _standing(group: IntColumn, groups: int, high: IntColumn, low: IntColumn) -> IntColumn:
    """(m,) each option's place in its group's order by high, then low; 0 for those of no group."""
    result = np.zeros(len(group), dtype=np.int64)
    start, place = np.zeros(groups + 1, dtype=np.int64), np.empty(int((group >= 0).sum()), dtype=np.int64)
    group_by(group, groups, start, place)
    sort_parts(start, high[place], low[place], place)
    for first, last in pairwise(start.tolist()):
        result[place[first:last]] = np.arange(last - first)
    return result


def _welfare(market: Market, rules: MarketRules, request: IntColumn, out: IntColumn) -> IntColumn:
    """Values by the operator's weights, rounded half up once, and what access is worth to the public."""
    weight = rules.welfare
    total = out[O_COMPANY] * weight["company_ppm"]
    total += out[O_FUNDER] * weight["funder_ppm"]
    total += out[O_GUARANTOR] * weight["guarantor_ppm"]
    first = (market.requests.first_time == 1)[request]
    return np.asarray((2 * total + PPM) // (2 * PPM) + weight["access_ppm"] + first * weight["first_time_ppm"])
