"""Who trades with whom, and what outside customers ask for: relations with a beginning, an end and habits of payment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kemiao.twin.population.firms import Firms, Parties
from kemiao.twin.population.setting import KINDS, PPM, Calendar, Flags, Floats, Ints, Setting

SALE, MATERIAL, SERVICE, RESEARCH, CAPEX, RENT, POWER = range(len(KINDS))
AGES = 13  # months that an unpaid amount is followed; the last place holds all older ones
_GOODS_VAT, _RENT_VAT, _SERVICE_VAT = 130_000, 90_000, 60_000


@dataclass(frozen=True, slots=True)
class Relations:
    """One place a relation: seller, buyer, as what it is bought, from which month to which (end exclusive)."""

    seller: Ints
    buyer: Ints
    kind: Ints
    start: Ints
    end: Ints
    weight: (
        Floats  # sales: share of the seller's planned sales; purchases: share among the buyer's suppliers of the kind
    )
    trades: Floats  # chance of trading in a month
    vat_ppm: Ints
    pays: Floats  # (relations, AGES): share of an amount of that age that is paid in the month
    invoices: Floats  # mean number of further invoices in a month with trade

    def active(self, month: int) -> Flags:
        return (self.start <= month) & (month < self.end)


@dataclass(frozen=True, slots=True)
class Demand:
    """What would be bought if both sides were alive; fen without tax as floats, (relations, months). Zero where inside."""

    outside: Floats
    noise: Floats  # (relations, months) mean 1: how purchases are spread over suppliers
    price: Floats  # (firms, months): a firm's price level, 1 at the start
    stress: NDArray[np.float64]  # (parties, months): share of what is due that an outside buyer pays
    returned: Flags  # (relations, months): goods come back
    season: Floats  # (firms, months)


def make_relations(
    rng: np.random.Generator, setting: Setting, calendar: Calendar, firms: Firms, parties: Parties
) -> Relations:
    parts = [_customers(rng, setting, calendar, firms, parties)]
    for kind in (MATERIAL, SERVICE, RESEARCH, CAPEX):
        parts.append(_suppliers(rng, setting, calendar, firms, parties, kind))
    parts += [_utility(calendar, firms, parties.park, RENT), _utility(calendar, firms, parties.power, POWER)]
    columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    count, inside = len(columns["seller"]), parties.inside
    vat = np.where(columns["kind"] == RENT, _RENT_VAT, _GOODS_VAT)
    vat = np.where(np.isin(columns["kind"], (SERVICE, RESEARCH)), _SERVICE_VAT, vat)
    own_vat = np.rint(firms.vat * PPM).astype(np.int64)
    seller = columns["seller"]
    vat = np.where(seller < inside, own_vat[np.minimum(seller, inside - 1)], vat)
    terms = setting.per_sector("terms_months")[firms.sector]
    payer = np.where(columns["kind"] == SALE, terms[np.minimum(seller, inside - 1)], 1.3)
    return Relations(
        **columns, vat_ppm=vat.astype(np.int64), pays=_habits(rng, columns, payer),
        trades=_regularity(rng, setting, firms, columns), invoices=rng.gamma(0.7, 0.55, count),
    )  # fmt: skip


def _customers(
    rng: np.random.Generator, setting: Setting, calendar: Calendar, firms: Firms, parties: Parties
) -> dict[str, Any]:
    """Outside customers: some from before the run, others arriving; a few firms live on one customer."""
    rules = setting.economy["trade"]
    count = len(firms.sector)
    size = np.log10(firms.sales / firms.sales.mean() + 0.05)
    first = 1 + rng.poisson(rules["buyers"] * np.exp(rules["buyers_spread"] * rng.standard_normal(count) + 0.3 * size))
    life = rules["life_months"]
    born = np.maximum(firms.registered, 0)
    years_alive = (calendar.months - born) / life
    later = rng.poisson(first * years_alive * setting.per_stage("arrivals")[firms.stage])
    seller = np.concatenate([np.repeat(np.arange(count), first), np.repeat(np.arange(count), later)])
    new = np.arange(len(seller)) >= first.sum()
    start = np.where(new, born[seller] + rng.random(len(seller)) * (calendar.months - born[seller]), born[seller])
    lives = rng.exponential(life, len(seller)) * np.where(rng.random(len(seller)) < 0.25, 3.0, 0.75)
    low, high = rules["weight_spread"]
    spread = rng.uniform(low, high, count)
    raw = np.exp(spread[seller] * rng.standard_normal(len(seller)))
    total = np.bincount(seller[~new], raw[~new], count)
    crowd = np.arange(len(parties.buyers))
    liked = 1 / (20 + rng.permutation(crowd))
    return {
        "seller": seller,
        "buyer": rng.choice(parties.buyers, len(seller), p=liked / liked.sum()),
        "kind": np.full(len(seller), SALE),
        "start": np.rint(start).astype(np.int64),
        "end": np.rint(start + 1 + lives).astype(np.int64),
        "weight": np.minimum(raw / total[seller], np.where(new, 0.5, 1.0)),
    }


def _suppliers(
    rng: np.random.Generator, setting: Setting, calendar: Calendar, firms: Firms, parties: Parties, kind: int
) -> dict[str, Any]:
    """Suppliers of one kind: an outside one that always delivers, and others, some of them firms of the city."""
    rules = setting.economy["trade"]
    count = len(firms.sector)
    more = rng.poisson(rules["suppliers"][KINDS[kind]], count)
    buyer = np.concatenate([np.arange(count), np.repeat(np.arange(count), more)])
    steady = np.arange(len(buyer)) < count
    seller = rng.choice(parties.sellers, len(buyer))
    near = ~steady & (rng.random(len(buyer)) < rules["inside_ppm"] / PPM)
    codes = [sector["code"] for sector in setting.sectors]
    for place, sector in enumerate(setting.sectors):
        offered = np.flatnonzero(
            np.isin(firms.sector, [codes.index(code) for code in sector["buys"].get(KINDS[kind], [])])
        )
        asked = np.flatnonzero(near & (firms.sector[buyer] == place))
        if len(offered):
            known = 1 / (5 + rng.permutation(len(offered)))  # a few sellers are known to everybody
            seller[asked] = rng.choice(offered, len(asked), p=known / known.sum())
    keep = seller != buyer
    born = np.maximum(firms.registered, 0)[buyer]
    start = np.where(steady, 0, born + rng.random(len(buyer)) ** 2 * (calendar.months - born) * 0.8)
    end = np.where(steady, calendar.months, start + 6 + rng.exponential(36, len(buyer)))
    return {
        "seller": seller[keep],
        "buyer": buyer[keep],
        "kind": np.full(keep.sum(), kind),
        "start": np.rint(start).astype(np.int64)[keep],
        "end": np.rint(end).astype(np.int64)[keep],
        "weight": np.exp(0.8 * rng.standard_normal(len(buyer)))[keep],
    }


def _utility(calendar: Calendar, firms: Firms, seller: int, kind: int) -> dict[str, Any]:
    count = len(firms.sector)
    return {
        "seller": np.full(count, seller),
        "buyer": np.arange(count),
        "kind": np.full(count, kind),
        "start": np.maximum(firms.registered, 0),
        "end": np.full(count, calendar.months),
        "weight": np.ones(count),
    }


def _habits(rng: np.random.Generator, columns: Mapping[str, Any], terms: Floats) -> Floats:
    """Share paid at each age: nothing before the terms, then most of it, then a tail that some buyers stretch."""
    count = len(terms)
    months = np.maximum(rng.poisson(terms), 0)
    months = np.where(np.isin(columns["kind"], (RENT, POWER)), 0, months)[:, None]
    speed = rng.uniform(0.45, 0.95, count)[:, None]
    age = np.arange(AGES)[None, :]
    return np.where(age < months, 0.0, np.where(age == AGES - 1, 0.5, speed))


def _regularity(rng: np.random.Generator, setting: Setting, firms: Firms, columns: Mapping[str, Any]) -> Floats:
    """How often a relation trades: projects seldom, supplies often, rent and power each month."""
    lumpy = setting.per_sector("lumpy")[firms.sector]
    sale = columns["kind"] == SALE
    owner = np.where(sale, columns["seller"], columns["buyer"])
    often = np.clip(0.95 - 0.45 * lumpy[owner] + 0.2 * rng.standard_normal(len(owner)), 0.15, 1.0)
    often = np.where(sale, often, np.clip(often, 0.45, 1.0))
    return np.where(np.isin(columns["kind"], (RENT, POWER)), 1.0, np.where(columns["kind"] == CAPEX, 0.12, often))


def make_demand(
    rng: np.random.Generator, setting: Setting, calendar: Calendar, firms: Firms, parties: Parties, relations: Relations
) -> Demand:
    count, months = len(relations.seller), calendar.months
    firm = np.minimum(relations.seller, parties.inside - 1)
    season = _season(setting, calendar, firms)
    price = _prices(rng, setting, calendar, firms)
    trend = _trend(rng, setting, calendar, firms)
    happens = rng.random((count, months)) < relations.trades[:, None]
    size = rng.gamma(3.0, 1 / 3.0, (count, months))
    noise = np.where(happens, size / relations.trades[:, None], 0.0)
    age = np.arange(months)[None, :] - relations.start[:, None]
    ramp = np.where(relations.start[:, None] > 0, np.clip((age + 1) / 4, 0, 1), 1.0)
    alive = (age >= 0) & (np.arange(months)[None, :] < relations.end[:, None])
    sale = relations.kind == SALE
    planned = firms.sales[firm, None] * (season * price * trend)[firm]
    outside = np.where(sale[:, None] & alive, planned * relations.weight[:, None] * ramp * noise, 0.0)
    late = (rng.random((count, months)) < setting.economy["trade"]["return_ppm"] / PPM) & sale[:, None]
    return Demand(outside, noise, price, _stress(rng, setting, calendar, parties), late, season)


def _season(setting: Setting, calendar: Calendar, firms: Firms) -> Floats:
    weights = np.array([sector["season"] for sector in setting.sectors])
    weights = weights / weights.mean(axis=1, keepdims=True)
    return np.asarray(weights[firms.sector][:, calendar.month_of_year()])


def _prices(rng: np.random.Generator, setting: Setting, calendar: Calendar, firms: Firms) -> Floats:
    """The sector's price path and a firm's own cuts, which stay."""
    months = np.arange(calendar.months)
    path = np.zeros((len(setting.sectors), calendar.months))
    for place, sector in enumerate(setting.sectors):
        for before, lasts, change in sector["price_path"]:
            path[place] += change / PPM * np.clip(months - (calendar.now - before), 0, lasts)
    exposed = rng.uniform(0.2, 1.5, len(firms.sector))[:, None]
    cut = rng.random((len(firms.sector), calendar.months)) < setting.economy["trade"]["price_cut_ppm_month"] / PPM
    depth = rng.uniform(0.12, 0.32, cut.shape)
    return np.asarray(np.exp(path[firms.sector] * exposed - np.cumsum(np.where(cut, depth, 0.0), axis=1)))


def _trend(rng: np.random.Generator, setting: Setting, calendar: Calendar, firms: Firms) -> Floats:
    """Growth that fades, and a walk of the firm's own luck."""
    years = np.maximum(np.arange(calendar.months)[None, :] - np.maximum(firms.registered, 0)[:, None], 0) / 12
    fading = firms.growth[:, None] * 3 * (1 - np.exp(-years / 3))
    luck = np.cumsum(
        setting.economy["trade"]["luck"] * rng.standard_normal((len(firms.sector), calendar.months)), axis=1
    )
    common = np.zeros(calendar.months)
    for before, lasts, change in setting.economy["trade"]["demand_path"]:
        common += change / PPM * np.clip(np.arange(calendar.months) - (calendar.now - before), 0, lasts)
    return np.asarray(np.exp(np.clip(fading + luck, -3, 1.1) + common))


def _stress(rng: np.random.Generator, setting: Setting, calendar: Calendar, parties: Parties) -> Floats:
    rules = setting.economy["trade"]
    pays = np.ones((len(parties.code), calendar.months))
    begins = rng.random((len(parties.buyers), calendar.months)) < rules["stress_ppm_month"] / PPM
    lasts = rng.geometric(1 / rules["stress_months"], begins.shape)
    until = np.zeros(len(parties.buyers), dtype=np.int64)
    for month in range(calendar.months):
        until = np.maximum(until, np.where(begins[:, month], month + lasts[:, month], 0))
        pays[parties.buyers, month] = np.where(month < until, rules["stress_pays_ppm"] / PPM, 1.0)
    return pays
