"""A market as it might stand on a day: companies that ask, funders that lend, guarantors. Drawn, seeded; nobody real."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import numpy as np

from kemiao.credit.matching.market import (
    ALL,
    FORMS,
    SIZES,
    UNKNOWN,
    Covers,
    IntColumn,
    Mandates,
    Market,
    Requests,
    Wish,
)

GRADES = ("AAA", "AA", "A", "BBB", "BB", "B", "CCC", "CC", "C", "D")
_PD_FROM = (0, 1_000, 2_500, 6_000, 15_000, 35_000, 80_000, 160_000, 300_000)
INDUSTRIES = (
    "软件和信息技术服务业", "集成电路设计业", "专用设备制造业", "通用设备制造业", "医药制造业", "医疗仪器设备制造业", "新材料制造业",
    "电气机械和器材制造业", "仪器仪表制造业", "通信设备制造业", "汽车零部件制造业", "航空航天器制造业", "机器人制造业", "专业技术服务业",
    "研究和试验发展业", "环境治理业", "现代农业技术服务业", "食品制造业", "纺织新材料业", "物流科技服务业",
)  # fmt: skip
REGIONS = ("城东区", "城西区", "高新区", "经开区", "滨江区", "临港区")
PURPOSES = ("working_capital", "equipment", "research", "orders")
COLLATERAL = ("patent", "receivable", "equipment", "property")
MILLION = 100_000_000  # fen: 100万 yuan
UNIT = 1_000_000  # 1万
_KINDS = ("bank", "branch", "bank", "government", "leasing")


def drawn(
    n: int, k: int, c: int = 0, seed: int = 1, forms: Mapping[str, float] | None = None, day: date = date(2024, 7, 1)
) -> Market:
    """n requests, k mandates, c covers (every third one a pool). forms: shares of FORMS; all whole where not given.

    Amounts 10万 to 1000万, log-normal, whole 万. Budgets add up to about a third of what is asked for.
    """
    rng = np.random.Generator(np.random.PCG64(seed))
    for_requests, for_mandates, for_covers = rng.spawn(3)
    requests = _requests(for_requests, n, k, forms or {"whole": 1.0}, day)
    asked = int(requests.amount_fen.sum())
    mandates = _mandates(for_mandates, k, asked)
    return Market(requests, mandates, _covers(for_covers, c, asked), GRADES, day, f"{seed:064x}")


def _requests(rng: np.random.Generator, n: int, k: int, forms: Mapping[str, float], day: date) -> Requests:
    pd = np.clip(np.exp(rng.normal(np.log(0.02), 0.9, n)) * 1e6, 300, 290_000).astype(np.int64)
    amount = np.clip(np.exp(rng.normal(np.log(120), 0.9, n)).astype(np.int64), 10, 1000) * UNIT
    form = rng.choice([FORMS.index(name) for name in forms], n, p=list(forms.values())).astype(np.int64)
    size = rng.choice(4, n, p=[0.35, 0.45, 0.17, 0.03]).astype(np.int64)
    known = rng.random(n)
    ranked, wanted = rng.random(n) < 0.2, rng.random((n, 3))
    kinds = rng.random((n, len(COLLATERAL))) < np.array([0.4, 0.5, 0.25, 0.15])
    flag = {name: (rng.random(n) < p).astype(np.int64) for name, p in (("green", 0.2), ("first_time", 0.35))}
    industry, region, purpose = (
        _words(rng, names, n, power) for names, power in ((INDUSTRIES, 1.5), (REGIONS, 1.2), (PURPOSES, 1.5))
    )

    def some(share: float) -> tuple[frozenset[str], ...]:
        hit, which = rng.random(n) < share, rng.integers(0, max(k, 1), n)
        return tuple(frozenset({_mandate(w)}) if h and k else frozenset() for h, w in zip(hit, which, strict=True))

    return Requests(
        id=tuple(f"R{i:06}" for i in range(n)), company=tuple(f"C{i:06}" for i in range(n)), purpose=purpose, industry=industry,
        region=region,
        collateral=tuple(frozenset(np.array(COLLATERAL)[row].tolist()) for row in kinds),
        ranking=tuple(
            Wish(tuple(dict.fromkeys(_mandate(int(w * k)) for w in row)), others=True) if r and k else None
            for r, row in zip(ranked, wanted, strict=True)
        ),
        veto=some(0.05), relations=some(0.5),
        amount_fen=amount, least_fen=np.where(form == FORMS.index("split"), amount // 2 // UNIT * UNIT, 0), form=form,
        months=rng.choice([6, 12, 18, 24, 36, 60], n, p=[0.1, 0.4, 0.1, 0.2, 0.15, 0.05]).astype(np.int64),
        rate_max_ppm=(rng.integers(55, 130, n) * 1_000 + pd // 4).astype(np.int64),
        latest_day=np.where(rng.random(n) < 0.7, ALL, day.toordinal() + rng.integers(5, 90, n)),
        grade=np.searchsorted(_PD_FROM, pd, side="right") - 1,
        technology=np.where(known < 0.9, np.clip(rng.normal(5, 2, n).round(), 1, 10), UNKNOWN).astype(np.int64),
        pd_ppm=pd, lgd_ppm=rng.choice([350_000, 400_000, 450_000], n).astype(np.int64),
        patents=rng.poisson(3, n).astype(np.int64), green=flag["green"], size=size, age_months=rng.integers(6, 240, n).astype(np.int64),
        first_time=flag["first_time"], covered=rng.choice(2, n, p=[0.2, 0.8]).astype(np.int64),
        collateral_fen=np.where(kinds.any(axis=1), (amount * rng.uniform(0.5, 3, n)).astype(np.int64), UNKNOWN),
        speed_ppm_day=np.full(n, 50, np.int64), relation_ppm=np.full(n, 1_000, np.int64), flexible_ppm=np.full(n, 1_000, np.int64),
    )  # fmt: skip


def _mandate(place: int) -> str:
    return f"M{place:04}"


def _words(rng: np.random.Generator, names: tuple[str, ...], n: int, power: float) -> tuple[str, ...]:
    """Skewed: the first ones are the most frequent."""
    return tuple(names[place] for place in (len(names) * rng.random(n) ** power).astype(np.int64))


def _sets(
    rng: np.random.Generator, names: tuple[str, ...], count: int, all_of: float, share: float
) -> tuple[frozenset[str], ...]:
    """Empty (all of them) with probability all_of, else about `share` of the names."""
    free, hits = rng.random(count) < all_of, rng.random((count, len(names))) < share
    return tuple(
        frozenset() if one or not row.any() else frozenset(np.array(names)[row].tolist())
        for one, row in zip(free, hits, strict=True)
    )


def _full(length: int, value: int) -> IntColumn:
    return np.full(length, value, dtype=np.int64)


def _mandates(rng: np.random.Generator, k: int, asked: int) -> Mandates:
    weight = np.exp(rng.normal(0, 0.7, k))
    budget = (asked / 3 * weight / max(weight.sum(), 1e-9)).astype(np.int64) // UNIT * UNIT + MILLION
    base = rng.integers(28, 44, k) * 1_000
    grade = base[:, None] + np.arange(len(GRADES) + 1)[None, :] * rng.integers(1_500, 4_500, k)[:, None]
    step = rng.integers(0, 800, k)
    technology = np.concatenate([[9], np.arange(10)])  # unknown as T10
    rate = (grade[:, :, None] + step[:, None, None] * technology[None, None, :]).astype(np.int64)
    covered = rng.choice(3, k, p=[0.25, 0.7, 0.05]).astype(np.int64)
    floor = rng.integers(4, 8, k)
    rate[np.arange(len(GRADES) + 1)[None, :] > floor[:, None]] = UNKNOWN
    limited = rng.random(k) < 0.5
    return Mandates(
        id=tuple(_mandate(j) for j in range(k)), funder=tuple(f"F{j // 2:03}" for j in range(k)),
        kind=tuple(_KINDS[j % len(_KINDS)] for j in range(k)),
        industries=_sets(rng, INDUSTRIES, k, 0.85, 0.6), not_industries=_sets(rng, INDUSTRIES, k, 0.8, 0.1),
        regions=_sets(rng, REGIONS, k, 0.9, 0.6), purposes=_sets(rng, PURPOSES, k, 0.9, 0.7),
        collateral=_sets(rng, COLLATERAL, k, 0.9, 0.6),
        industry_share_ppm=tuple({"*": 300_000} if one else {} for one in limited),
        ranking=(None,) * k, product=("",) * k,
        budget_fen=budget, amount_low_fen=rng.choice([0, 10 * UNIT, 20 * UNIT], k, p=[0.6, 0.2, 0.2]).astype(np.int64),
        amount_high_fen=rng.choice([300 * UNIT, 500 * UNIT, 1000 * UNIT], k).astype(np.int64),
        months_low=_full(k, 0), months_high=rng.choice([24, 36, 60], k, p=[0.2, 0.4, 0.4]).astype(np.int64),
        grade_floor=floor.astype(np.int64), technology_floor=np.where(rng.random(k) < 0.75, UNKNOWN, rng.integers(6, 10, k)).astype(np.int64),
        rate_ppm=rate, covered_off_ppm=rng.integers(0, 8, k) * 1_000,
        patents_least=np.where(rng.random(k) < 0.85, 0, 1).astype(np.int64), green_only=(rng.random(k) < 0.05).astype(np.int64),
        speed_days=rng.integers(1, 30, k).astype(np.int64), flexible=(rng.random(k) < 0.4).astype(np.int64),
        share_max_ppm=rng.choice([100_000, 200_000, 500_000, 1_000_000], k).astype(np.int64),
        covered=covered, loan_to_value_ppm=np.where(rng.random(k) < 0.9, UNKNOWN, 1_000_000).astype(np.int64),
        value_least_ppm=np.where(rng.random(k) < 0.2, 0, -ALL), funding_ppm=rng.integers(15, 22, k) * 1_000,
        operating_ppm=rng.integers(4, 9, k) * 1_000, target_return_ppm=_full(k, 100_000), capital_ratio_ppm=_full(k, 80_000),
        risk_weight_ppm=_full(k, 850_000), loyal_ppm=rng.integers(0, 4, k) * 500,
    )  # fmt: skip


def _covers(rng: np.random.Generator, c: int, asked: int) -> Covers:
    pool = np.arange(c) % 3 == 2
    return Covers(
        id=tuple(f"G{q:03}" for q in range(c)), guarantor=tuple(f"保{q:03}" for q in range(c)),
        kind=tuple("pool" if one else "guarantee" for one in pool),
        industries=_sets(rng, INDUSTRIES, c, 0.7, 0.5), regions=_sets(rng, REGIONS, c, 0.8, 0.6),
        sizes=_sets(rng, SIZES[:3], c, 0.5, 0.7), mandates=(frozenset[str](),) * c,
        capacity_fen=(asked / 12 / max(c, 1) * rng.uniform(0.6, 1.4, c)).astype(np.int64) // UNIT * UNIT,
        share_ppm=np.where(pool, 500_000, rng.choice([700_000, 800_000], c)).astype(np.int64),
        fee_ppm=np.where(pool, 0, rng.integers(5, 16, c) * 1_000).astype(np.int64),
        grade_floor=rng.integers(5, 9, c).astype(np.int64), technology_floor=_full(c, UNKNOWN),
        amount_high_fen=_full(c, 500 * UNIT), months_high=_full(c, 36), first_time_only=(rng.random(c) < 0.2).astype(np.int64),
        green_only=_full(c, 0),
    )  # fmt: skip
