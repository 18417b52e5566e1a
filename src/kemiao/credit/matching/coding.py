"""The Market's words as numbers for the kernel: who may meet whom by name, in which tier, at which rate."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kemiao.base.money import PPM
from kemiao.credit.allocate.elasticity import Elasticity
from kemiao.credit.matching.market import ALL, SIZES, UNKNOWN, BoolColumn, IntColumn, Mandates, Market, Requests, Wish

TierTable = npt.NDArray[np.int32]
NOT_WANTED = -1


@dataclass(frozen=True, slots=True)
class Allowed:
    """code: (n,) of each request's word. mandates: (codes, k), covers: (codes, c): whether they take it."""

    code: IntColumn
    words: tuple[str, ...]
    mandates: BoolColumn
    covers: BoolColumn


@dataclass(frozen=True, slots=True)
class Wishes:
    """Of requests: start (n + 1), mandate and tier of each wish in sequence; others (n,): the tier of a mandate not named, NOT_WANTED where
    none is. A veto is a wish of tier NOT_WANTED. known_start, known: mandates of funders that a request knows.
    Of mandates: row (k,): of table (rows, n), -1 where value ranks."""

    start: IntColumn
    mandate: IntColumn
    tier: IntColumn
    others: IntColumn
    known_start: IntColumn
    known: IntColumn
    row: IntColumn
    table: TierTable


def by_word(
    words: Sequence[str], allowed: Sequence[Callable[[str], bool]], covers: Sequence[Callable[[str], bool]]
) -> Allowed:
    names = tuple(sorted(set(words)))
    place = {name: code for code, name in enumerate(names)}
    return Allowed(
        np.array([place[word] for word in words], dtype=np.int64), names, _taken(names, allowed), _taken(names, covers)
    )


def _taken(names: Sequence[str], tests: Sequence[Callable[[str], bool]]) -> BoolColumn:
    result = np.zeros((len(names), len(tests)), dtype=np.bool_)
    for place, test in enumerate(tests):
        result[:, place] = [test(name) for name in names]
    return result


def one_of(names: Collection[str], barred: Collection[str] = ()) -> Callable[[str], bool]:
    """None named: all but the barred; a word that nobody stated ("") is none of those named."""
    return lambda word: (not names or word in names) and word not in barred


def collateral_taken(market: Market) -> tuple[IntColumn, BoolColumn]:
    """(n,) codes of what is offered, (codes, k) whether the mandate asks for none, or for one of it."""
    kinds = sorted({tuple(sorted(kinds)) for kinds in market.requests.collateral})
    place = {kind: code for code, kind in enumerate(kinds)}
    taken = np.zeros((len(kinds), len(market.mandates)), dtype=np.bool_)
    for k, asked in enumerate(market.mandates.collateral):
        taken[:, k] = [not asked or not asked.isdisjoint(kind) for kind in kinds]
    codes = [place[tuple(sorted(kinds))] for kinds in market.requests.collateral]
    return np.array(codes, dtype=np.int64), taken


def wishes(market: Market) -> Wishes:
    requests, mandates = market.requests, market.mandates
    named = places_of(mandates.id, mandates.funder)
    start, mandate, tier, others = [0], list[int](), list[int](), list[int]()
    known_start, known = [0], list[int]()
    for wish, veto, relations in zip(requests.ranking, requests.veto, requests.relations, strict=True):
        if wish is None:
            others.append(0)
        else:
            tiers = tiers_of(wish, named)
            mandate += tiers.keys()
            tier += tiers.values()
            others.append(len(wish.named) if wish.others else NOT_WANTED)
        for name in veto:
            mandate += named.get(name, ())
            tier += [NOT_WANTED] * len(named.get(name, ()))
        for name in relations:
            known += named.get(name, ())
        start.append(len(mandate))
        known_start.append(len(known))
    row, table = _mandate_tiers(mandates, requests)
    return Wishes(
        _column(start),
        _column(mandate),
        _column(tier),
        _column(others),
        _column(known_start),
        _column(known),
        row,
        table,
    )


def _column(values: Sequence[int]) -> IntColumn:
    return np.array(values, dtype=np.int64)


def places_of(ids: Sequence[str], owners: Sequence[str]) -> Mapping[str, list[int]]:
    """Rows by name: of the posting itself and of whoever posted it."""
    result: dict[str, list[int]] = {}
    for row, names in enumerate(zip(ids, owners, strict=True)):
        for name in dict.fromkeys(names):
            result.setdefault(name, []).append(row)
    return result


def tiers_of(wish: Wish, named: Mapping[str, Sequence[int]]) -> dict[int, int]:
    """Row → tier; who is named twice, perhaps by its id and by its owner, stands where it is named first."""
    result: dict[int, int] = {}
    for tier, name in enumerate(wish.named):
        for row in named.get(name, ()):
            result.setdefault(row, tier)
    return result


def _mandate_tiers(mandates: Mandates, requests: Requests) -> tuple[IntColumn, TierTable]:
    ranked = [k for k, wish in enumerate(mandates.ranking) if wish is not None]
    row = np.full(len(mandates), -1, dtype=np.int64)
    row[ranked] = np.arange(len(ranked))
    table = np.zeros((len(ranked), len(requests)), dtype=np.int32)
    named = places_of(requests.id, requests.company) if ranked else {}
    for place, k in enumerate(ranked):
        wish = mandates.ranking[k]
        if wish is not None:
            table[place] = len(wish.named) if wish.others else NOT_WANTED
            tiers = tiers_of(wish, named)
            table[place, list(tiers)] = list(tiers.values())
    return row, table


def rates(market: Market) -> IntColumn:
    """(k, grades + 1, 11, 2): the rate without and with a cover, UNKNOWN where it lends none; never below 0."""
    plain = market.mandates.rate_ppm
    covered = np.maximum(plain - market.mandates.covered_off_ppm[:, None, None], 0)
    return np.ascontiguousarray(np.stack([plain, np.where(plain == UNKNOWN, UNKNOWN, covered)], axis=3))


def accepted(market: Market, rate_ppm: IntColumn, churn: Elasticity | None) -> IntColumn:
    """As rate_ppm: the share of companies that would stay at each of the rates; all of them where no churn is given.

    churn: its classes are the market's grades. A company without a grade is taken as the one most likely to leave. Outside the table's rates
    its first and last ones stand.
    """
    if churn is None:
        return np.full_like(rate_ppm, PPM)
    inside = np.clip(rate_ppm, churn.rates_ppm[0], churn.rates_ppm[-1])
    stay = churn.accept_ppm(inside.ravel()).reshape(len(churn.classes), *inside.shape)
    rows = [churn.classes.index(grade) for grade in market.grades]
    by_grade = [stay[row][:, g] for g, row in enumerate(rows)] + [stay[rows].min(axis=0)[:, -1]]
    return np.ascontiguousarray(np.stack(by_grade, axis=1))


def industry_limits(market: Market, industry: Allowed, unit_fen: int) -> tuple[IntColumn, IntColumn, IntColumn]:
    """(codes, k) place of the limit or -1; (l,) its mandate; (l,) its fen, in whole units. A share of all is no limit."""
    at = np.full((len(industry.words), len(market.mandates)), -1, dtype=np.int64)
    mandate, fen = list[int](), list[int]()
    for k, (shares, budget) in enumerate(
        zip(market.mandates.industry_share_ppm, market.mandates.budget_fen.tolist(), strict=True)
    ):
        for code, word in enumerate(industry.words):
            share = shares.get(word, shares.get("*", PPM))
            if share < PPM:
                at[code, k] = len(mandate)
                mandate.append(k)
                fen.append(budget * share // PPM // unit_fen * unit_fen)
    return at, np.array(mandate, dtype=np.int64), np.array(fen, dtype=np.int64)


def sizes_taken(market: Market) -> BoolColumn:
    """(sizes + 1, c); the last row: size not known."""
    names = (*SIZES, "")
    return _taken(names, [one_of(sizes) for sizes in market.covers.sizes])


def works_with(market: Market) -> BoolColumn:
    """(c, k): whether the cover works with the mandate, by its id or its funder."""
    mandates = market.mandates
    result = np.zeros((len(market.covers), len(mandates)), dtype=np.bool_)
    for c, names in enumerate(market.covers.mandates):
        result[c] = [
            not names or mandate in names or funder in names
            for mandate, funder in zip(mandates.id, mandates.funder, strict=True)
        ]
    return result


def floor_or_any(floor: IntColumn) -> IntColumn:
    """The worst place that is taken, as a number to compare with; ALL where any is, a place that is not known too."""
    return np.where(floor == UNKNOWN, ALL, floor)
