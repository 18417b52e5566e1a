"""The firms of the city and those outside it that they trade with: one array a trait, one place a firm."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kemiao.twin.population.names import company_codes, company_names, person_names
from kemiao.twin.population.setting import FEN, PPM, STAGES, Calendar, Floats, Ints, Setting


@dataclass(frozen=True, slots=True)
class Parties:
    """Everybody who issues or receives an invoice. The first `inside` are simulated; the others only trade."""

    inside: int
    buyers: Ints  # places of outside buyers
    sellers: Ints  # places of outside sellers
    power: int
    park: int
    code: list[str]
    name: list[str]


@dataclass(frozen=True, slots=True)
class Firms:
    """Traits that do not change. Money in fen, shares as floats, months counted from the run's first."""

    sector: Ints
    stage: Ints  # place in STAGES: where the firm stood when the run began
    district: Ints
    registered: Ints  # month in which trade began, just after registration; below zero for firms older than the run
    sales: Floats  # planned sales a month at the start, fen
    growth: Floats  # log change a year of demand from the same customers
    material: Floats
    service: Floats
    research: Floats
    rent: Floats
    power: Floats
    capex: Floats
    advance: Floats  # customers' advances, of a month's sales
    prepay: Floats  # prepayments, of a month's purchases
    stock_months: Floats
    pay: Floats  # fen a head and month at the start
    heads: Floats  # staff wanted for one fen of monthly sales
    heads_start: Floats
    tech_share: Floats
    vat: Floats
    owner: Ints  # what the owner can still add, fen
    cash_start: Ints
    capital: Ints  # registered, fen
    representative: list[str]


def make_parties(rng: np.random.Generator, setting: Setting, firms: Firms) -> Parties:
    words, count = setting.words, len(firms.sector)
    buyers = count * setting.economy["population"]["outside_buyers_ppm"] // PPM
    sellers = count * setting.economy["population"]["outside_sellers_ppm"] // PPM
    far = rng.integers(0, len(words["outside_places"]), buyers + sellers)
    areas = [words["district_codes"][place] for place in firms.district] + [
        words["outside_codes"][place] for place in far
    ]
    places = [words["city"]] * count + [words["outside_places"][place] for place in far]
    own = [_pick(rng, setting.sectors[sector]["trades"]) for sector in firms.sector]
    trades = own + [_pick(rng, words["outside_trades"]) for _ in far]
    code = company_codes(rng, [*areas, words["district_codes"][0], words["district_codes"][0]])
    name = [*company_names(rng, words, places, trades), words["power_company"], words["park_company"]]
    return Parties(
        count,
        np.arange(count, count + buyers),
        np.arange(count + buyers, count + buyers + sellers),
        count + buyers + sellers,
        count + buyers + sellers + 1,
        code,
        name,
    )


def _pick(rng: np.random.Generator, words: list[str]) -> str:
    return words[int(rng.integers(len(words)))]


def make_firms(rng: np.random.Generator, setting: Setting, calendar: Calendar, count: int) -> Firms:
    sector = _weighted(rng, setting.per_sector("weight"), count)
    stage = _weighted(rng, np.array([setting.economy["population"]["stage_ppm"][name] for name in STAGES]), count)
    registered = _registered(rng, setting, calendar, stage)
    yearly = setting.per_stage("sales_a_year_yuan")[stage] * FEN
    spread = setting.per_stage("spread")[stage]
    sales = np.clip(yearly * np.exp(spread * rng.standard_normal(count)), 4e5 * FEN, 1.4e8 * FEN) / 12
    shares = {name: _share(rng, setting, name, sector) for name in _SHARES}
    margin = (
        setting.per_sector("margin_ppm")[sector]
        + setting.per_stage("margin_shift_ppm")[stage]
        + setting.per_sector("margin_spread_ppm")[sector] * rng.standard_normal(count)
    )
    pay = setting.per_sector("pay_yuan")[sector] * FEN * np.exp(0.18 * rng.standard_normal(count))
    bought = sum(shares[name] for name in ("material", "service", "research", "rent", "power"))
    staffed = np.clip(1 - bought - margin, 0.06, 1.4)  # what is left of sales for people
    heads_start = np.maximum(np.round(sales * staffed / pay), 3)
    cost = sales * bought + heads_start * pay
    cash = setting.per_stage("cash_months")[stage] * cost * np.exp(0.55 * rng.standard_normal(count))
    cash_rules = setting.economy["cash"]
    owner = 12 * cost * cash_rules["owner_ppm"] / PPM * np.exp(cash_rules["owner_spread"] * rng.standard_normal(count))
    return Firms(
        sector=sector,
        stage=stage,
        district=_weighted(rng, np.array(setting.words["district_share_ppm"]), count),
        registered=registered,
        sales=sales,
        growth=setting.per_stage("growth")[stage] + setting.per_stage("growth_spread")[stage] * rng.standard_normal(count),
        **shares,
        stock_months=setting.per_sector("stock_months")[sector] * np.exp(0.3 * rng.standard_normal(count)),
        pay=pay,
        heads=np.where(stage == 0, 0.75, 1.0) * staffed / pay,
        heads_start=heads_start,
        tech_share=np.clip(setting.per_sector("tech_share_ppm")[sector] * np.exp(0.25 * rng.standard_normal(count)), 0.05, 0.95),
        vat=setting.per_sector("vat_ppm")[sector],
        owner=np.rint(owner).astype(np.int64),
        cash_start=np.rint(cash).astype(np.int64),
        capital=_round_capital(np.maximum(cash * np.exp(0.6 * rng.standard_normal(count)), 5e5 * FEN)),
        representative=person_names(rng, setting.words, count),
    )  # fmt: skip


_SHARES = ("material", "service", "research", "rent", "power", "capex", "advance", "prepay")


def _share(rng: np.random.Generator, setting: Setting, name: str, sector: Ints) -> Floats:
    """Each firm's own share: the sector's, spread by a quarter. Advances and prepayments: many firms have none."""
    spread = setting.per_sector(f"{name}_ppm")[sector] * np.exp(0.22 * rng.standard_normal(len(sector)))
    if name in ("advance", "prepay"):
        return np.where(rng.random(len(sector)) < 0.65, spread, 0.0)
    return np.minimum(spread, 0.75)


def _registered(rng: np.random.Generator, setting: Setting, calendar: Calendar, stage: Ints) -> Ints:
    """Start-ups are born up to half a year before the day; older firms before the run."""
    ages = np.array([setting.economy["stage"][name]["age_months"] for name in STAGES])[stage]
    age = ages[:, 0] + rng.random(len(stage)) ** 1.3 * (ages[:, 1] - ages[:, 0])
    born = np.where(stage == 0, calendar.now - 6 - np.rint(age * (calendar.now + 18) / 30), -np.rint(age))
    return np.asarray(born.astype(np.int64))


def _weighted(rng: np.random.Generator, weights: Floats | Ints, count: int) -> Ints:
    return rng.choice(len(weights), count, p=weights / weights.sum()).astype(np.int64)


def _round_capital(fen: Floats) -> Ints:
    """Registered capital is a round figure: one significant digit and a half, in wan."""
    wan = fen / (10_000 * FEN)
    step = 10.0 ** np.floor(np.log10(wan)) / 2
    return np.rint(np.maximum(np.rint(wan / step), 1) * step).astype(np.int64) * 10_000 * FEN
