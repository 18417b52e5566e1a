"""Postings as tables of text that read_requests, read_mandates and read_covers read back to the same: as people would type them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date

from kemiao.base.money import FEN_PER_YUAN, yuan_text
from kemiao.credit.matching.columns import ANY
from kemiao.credit.matching.market import (
    ALL,
    COVERED,
    FORMS,
    SIZES,
    TECHNOLOGY,
    UNKNOWN,
    Covers,
    Mandates,
    Requests,
    Wish,
)

Table = tuple[list[str], list[list[str]]]
Written = Mapping[str, Iterable[str]]
_WAN = 10_000 * FEN_PER_YUAN


def request_table(requests: Requests, grades: Sequence[str]) -> Table:
    r = requests
    return _table({
        "request": r.id, "company": r.company, "amount": _each(money, r.amount_fen), "form": _each(FORMS.__getitem__, r.form),
        "least": _each(lambda fen: money(fen) if fen else "", r.least_fen), "months": _each(str, r.months),
        "rate_max": _each(percent, r.rate_max_ppm), "latest": _each(_day, r.latest_day), "purpose": r.purpose, "industry": r.industry,
        "region": r.region, "grade": _each(_place(grades), r.grade), "technology": _each(_technology, r.technology),
        "pd": _each(percent, r.pd_ppm), "lgd": _each(percent, r.lgd_ppm), "patents": _each(_known, r.patents), "green": _each(_yes, r.green),
        "size": _each(_place(SIZES), r.size), "age_months": _each(_known, r.age_months), "first_time": _each(_yes, r.first_time),
        "covered": _each(COVERED.__getitem__, r.covered), "collateral": map(_names, r.collateral),
        "collateral_value": _each(money, r.collateral_fen), "ranking": map(_wish, r.ranking), "veto": map(_names, r.veto),
        "relations": map(_names, r.relations), "speed_ppm_day": _each(str, r.speed_ppm_day), "relation": _each(percent, r.relation_ppm),
        "flexible": _each(percent, r.flexible_ppm),
    })  # fmt: skip


def mandate_table(mandates: Mandates, grades: Sequence[str]) -> Table:
    """A rate by grade and one step a technology grade, as every mandate has that was read from a table."""
    m = mandates
    worst = m.rate_ppm[:, len(grades), 1]
    steps = [next((int(row[2] - row[1]) for row in rates if row[1] != UNKNOWN), 0) for rates in m.rate_ppm]
    return _table({
        "mandate": m.id, "funder": m.funder, "kind": m.kind, "product": m.product, "budget": _each(money, m.budget_fen),
        "rate": _each(percent, worst), "rate_per_technology": map(percent, steps),
        **{f"rate_{grade}": [percent(int(ppm)) or "none" for ppm in m.rate_ppm[:, place, 1]] for place, grade in enumerate(grades)},
        "covered_off": _each(percent, m.covered_off_ppm), "amount_low": _each(money, m.amount_low_fen),
        "amount_high": _each(money, m.amount_high_fen), "months_low": _each(str, m.months_low), "months_high": _each(_limit, m.months_high),
        "grade_floor": _each(_place(grades), m.grade_floor), "technology_floor": _each(_technology, m.technology_floor),
        "industries": map(_names, m.industries), "not_industries": map(_names, m.not_industries), "regions": map(_names, m.regions),
        "purposes": map(_names, m.purposes), "collateral": map(_names, m.collateral), "loan_to_value": _each(percent, m.loan_to_value_ppm),
        "patents_least": _each(str, m.patents_least), "green_only": _each(_yes, m.green_only), "speed_days": _each(str, m.speed_days),
        "flexible": _each(_yes, m.flexible), "share_max": _each(percent, m.share_max_ppm),
        "industry_share": [";".join(f"{name}={percent(ppm)}" for name, ppm in shares.items()) for shares in m.industry_share_ppm],
        "covered": _each(COVERED.__getitem__, m.covered), "value_least": _each(_least, m.value_least_ppm), "ranking": map(_wish, m.ranking),
        "funding": _each(percent, m.funding_ppm), "operating": _each(percent, m.operating_ppm), "target_return": _each(percent, m.target_return_ppm),
        "capital_ratio": _each(percent, m.capital_ratio_ppm), "risk_weight": _each(percent, m.risk_weight_ppm), "loyal": _each(percent, m.loyal_ppm),
    })  # fmt: skip


def cover_table(covers: Covers, grades: Sequence[str]) -> Table:
    c = covers
    return _table({
        "cover": c.id, "guarantor": c.guarantor, "kind": c.kind, "capacity": _each(money, c.capacity_fen), "share": _each(percent, c.share_ppm),
        "fee": _each(percent, c.fee_ppm), "industries": map(_names, c.industries), "regions": map(_names, c.regions),
        "sizes": map(_names, c.sizes), "mandates": map(_names, c.mandates), "grade_floor": _each(_place(grades), c.grade_floor),
        "technology_floor": _each(_technology, c.technology_floor), "amount_high": _each(money, c.amount_high_fen),
        "months_high": _each(_limit, c.months_high), "first_time_only": _each(_yes, c.first_time_only), "green_only": _each(_yes, c.green_only),
    })  # fmt: skip


def _table(written: Written) -> Table:
    """Columns that say nothing of anybody are left out, but for the first one; a table without rows has them all."""
    columns = {name: list(cells) for name, cells in written.items()}
    first = next(iter(columns))
    kept = {name: cells for name, cells in columns.items() if name == first or not cells or any(cells)}
    return list(kept), [list(row) for row in zip(*kept.values(), strict=True)]


def _each(write: Callable[[int], str], column: Iterable[int]) -> list[str]:
    return [write(int(value)) for value in column]


def money(fen: int) -> str:
    """`200万` where it is a whole number of them; "" where there is no amount."""
    if fen in (UNKNOWN, ALL):
        return ""
    return f"{fen // _WAN}万" if fen and fen % _WAN == 0 else yuan_text(fen).replace(",", "")


def percent(ppm: int) -> str:
    """Exact: `4.3521%`, `4%`."""
    if ppm == UNKNOWN:
        return ""
    whole, part = divmod(ppm, 10_000)
    return f"{whole}.{part:04d}".rstrip("0").rstrip(".") + "%"


def _least(ppm: int) -> str:
    return "" if ppm == ANY else f"-{percent(-ppm)}" if ppm < 0 else percent(ppm)


def _day(ordinal: int) -> str:
    return "" if ordinal == ALL else date.fromordinal(ordinal).isoformat()


def _place(words: Sequence[str]) -> Callable[[int], str]:
    return lambda place: "" if place == UNKNOWN else words[place]


def _technology(number: int) -> str:
    return "" if number == UNKNOWN else TECHNOLOGY[number - 1]


def _known(number: int) -> str:
    return "" if number == UNKNOWN else str(number)


def _limit(number: int) -> str:
    return "" if number == ALL else str(number)


def _yes(flag: int) -> str:
    return "" if flag == UNKNOWN else "yes" if flag else "no"


def _names(names: frozenset[str]) -> str:
    return ";".join(sorted(names))


def _wish(wish: Wish | None) -> str:
    return "" if wish is None else ">".join((*wish.named, "*") if wish.others else wish.named)
