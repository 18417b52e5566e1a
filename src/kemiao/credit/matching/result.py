"""The document of a cleared market, `kemiao.market/1`: everything that the result rests on, both results, and what they cost.

Whole, it is for the operator and the auditor; `published` is what everybody may read: no request, and nobody who lost, is named
in it. docs/market-result.md has every field.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import numpy as np

from kemiao.base.digest import digest
from kemiao.base.money import PPM
from kemiao.base.refusal import Refusal
from kemiao.credit.matching.book import Book, covered_fen
from kemiao.credit.matching.clearing import Cleared, unmet
from kemiao.credit.matching.cut_offs import cut_offs
from kemiao.credit.matching.fairness import fairness
from kemiao.credit.matching.fewest import fewest
from kemiao.credit.matching.greedy import greedy
from kemiao.credit.matching.market import FORMS, IntColumn
from kemiao.credit.matching.result_names import limit_names, option
from kemiao.credit.matching.rules import MarketRules
from kemiao.credit.matching.stability_price import stability_price
from kemiao.credit.matching.totals import by_cover, by_mandate, totals
from kemiao.credit.matching.waiting import waiting

FORM, PUBLISHED = "kemiao.market/1", "kemiao.market_published/1"
WAITING = (
    20  # of each mandate's waiting list: an offer that falls seldom goes further; the whole list can be made again
)


@dataclass(frozen=True, slots=True)
class Sources:
    """What a document says of where its inputs came from. digests: of what was read, by name. pd_ppm: by grade, as was assumed where
    a request states none. bad: the rows that were left out, named by file, row and column."""

    digests: Mapping[str, str] = field(default_factory=dict)
    pd_ppm: Mapping[str, int] = field(default_factory=dict)
    bad: Sequence[Refusal] = ()


def document(cleared: Cleared, sources: Sources) -> dict[str, Any]:
    """Canonical: integers and text alone; the same clearing gives the same bytes."""
    market, book = cleared.market, cleared.book
    first = greedy(book)
    listed = cleared.rules.solver["listed_max"]
    return {
        "form": FORM,
        "day": market.day.isoformat(),
        "seed": market.seed,
        "inputs": dict(sources.digests),
        "book": book_digest(book),
        "rules": rules_json(cleared, sources),
        "counts": {
            "requests": len(market.requests), "mandates": len(market.mandates), "covers": len(market.covers),
            "options": len(book.mandate), "without_option": int(np.count_nonzero(np.diff(book.start) == 0)), "bad_rows": _rows(sources.bad),
            "asked_fen": sum(book.amount_fen.tolist()), "budget_fen": sum(book.budget_fen.tolist()), "capacity_fen": sum(book.capacity_fen.tolist()),
        },
        "cleared": cleared.rules.clears,
        "stable": _stable(cleared, listed),
        "best": _best(cleared),
        "greedy": totals(book, first),
        "price_of_stability": stability_price(cleared),
        "fairness": {
            name: fairness(market, book, cleared.rules, found.amount_fen)
            for name, found in (("stable", cleared.stable), ("best", cleared.best))
        },
        "waiting": _waiting(cleared),
        "bad_rows": [refusal.as_json() for refusal in sources.bad[:listed]],
    }  # fmt: skip


def _rows(bad: Sequence[Refusal]) -> int:
    return len({(place.get("file"), place.get("row")) for place in (dict(fault.where) for fault in bad)})


def published(whole: Mapping[str, Any]) -> dict[str, Any]:
    """What everybody may read of it: seed, rules, cut-offs, sums. Digest of the whole: who holds it can show that it is the one.

    Budgets and what a funder lends are its own bid; a group with a side of fewer than quotes_least is not told apart.
    """
    stable = {key: value for key, value in whole["stable"].items() if key not in _PRIVATE}
    stable |= {"blocking": whole["stable"]["blocking"]["count"], "incomplete": len(whole["stable"]["incomplete"])}
    kept = ("day", "seed", "rules", "counts", "cleared", "greedy")
    return {
        "form": PUBLISHED,
        "result": document_digest(whole),
        **{key: whole[key] for key in kept},
        "stable": stable,
        "best": {key: value for key, value in whole["best"].items() if key not in _PRIVATE},
        "price_of_stability": _without_names(whole["price_of_stability"]),
        "fairness": {
            name: [_large_enough(row, whole["rules"]["call"]["quotes_least"]) for row in rows]
            for name, rows in whole["fairness"].items()
        },
    }


_PRIVATE = ("matches", "incomplete", "prices", "mandates", "covers", "blocking")


def _without_names(price: Mapping[str, Any]) -> dict[str, Any]:
    kept = dict(price)
    for side in ("companies", "funders", "covers"):
        kept[side] = dict(kept[side])
        for way in ("gain", "lose"):
            kept[side][way] = {key: value for key, value in kept[side][way].items() if key != "largest"}
    return kept


def _large_enough(row: Mapping[str, Any], least: int) -> dict[str, Any]:
    few = any(row["number"][side]["of"] < least for side in ("members", "others"))
    return {**row, "known": None, "number": None, "amount": None} if few else dict(row)


def document_digest(whole: Mapping[str, Any]) -> str:
    return digest("market_result", whole)


def book_digest(book: Book) -> str:
    """Of all that can be contracted: two machines that read the same postings have the same."""
    total = sha256(b"kemiao/market_book\0")
    for name in Book.__dataclass_fields__:
        column = getattr(book, name)
        if isinstance(column, np.ndarray):
            total.update(f"{name} {len(column)}\0".encode() + column.astype("<i8").tobytes())
    return total.hexdigest()


def rules_json(cleared: Cleared, sources: Sources) -> dict[str, Any]:
    """Every number that the result rests on beside the postings."""
    rules, churn = cleared.rules, cleared.churn if cleared.rules.churn else None
    return {
        **market_rules_json(rules),
        "grades": list(cleared.market.grades),
        "pd_ppm": dict(sources.pd_ppm),
        "churn": None
        if churn is None
        else {"rates_ppm": churn.rates_ppm.tolist(), "churn_ppm": dict(zip(churn.classes, churn.churn_ppm.tolist(), strict=True))},
    }  # fmt: skip


def market_rules_json(rules: MarketRules) -> dict[str, Any]:
    return {
        "clears": rules.clears,
        "unit_fen": rules.unit_fen,
        **{name: dict(getattr(rules, name)) for name in ("company", "funder", "welfare", "call", "solver")},
        "fairness": {
            "measured": list(rules.measured),
            "reserved": rules.reserved,
            "reserve_ppm": rules.reserve_ppm,
            "confidence_ppm": rules.confidence_ppm,
            "floors": [{"group": group, "share_ppm": share} for group, share in rules.floors],
        },
    }


def matches(cleared: Cleared, amount_fen: IntColumn) -> list[dict[str, Any]]:
    """The contracts of a result, by request, then by the company's own order. choice: place in that order, from 1 on."""
    market, book = cleared.market, cleared.book
    requests, mandates, covers = market.requests, market.mandates, market.covers
    used = np.flatnonzero(amount_fen > 0)
    columns = [column[used].tolist() for column in (
        book.request, book.mandate, book.cover, amount_fen, covered_fen(book, amount_fen), book.rate_ppm, book.cost_ppm,
        book.company_ppm, book.funder_ppm, book.guarantor_ppm, book.welfare_ppm,
        used_choice(book),
    )]  # fmt: skip
    months, forms = requests.months.tolist(), requests.form.tolist()
    return [
        {
            "request": requests.id[i], "company": requests.company[i], "mandate": mandates.id[j], "funder": mandates.funder[j],
            "cover": covers.id[g] if g >= 0 else None, "guarantor": covers.guarantor[g] if g >= 0 else None,
            "amount_fen": fen, "covered_fen": borne, "months": months[i], "form": FORMS[forms[i]],
            "rate_ppm": rate, "cost_ppm": cost, "company_ppm": company, "funder_ppm": funder, "guarantor_ppm": guarantor,
            "welfare_ppm": worth, "choice": choice,
        }
        for i, j, g, fen, borne, rate, cost, company, funder, guarantor, worth, choice in zip(*columns, strict=True)
    ]  # fmt: skip


def used_choice(book: Book) -> IntColumn:
    """(m,) the place of each option in its company's order, from 1 on."""
    return np.asarray(np.arange(len(book.request)) - book.start[book.request] + 1, dtype=np.int64)


def _stable(cleared: Cleared, listed: int) -> dict[str, Any]:
    market, book, found = cleared.market, cleared.book, cleared.stable
    blocking = found.blocking[:listed].tolist()
    return {
        "exact": bool(found.exact),
        **_result(cleared, found.amount_fen),
        "cut_offs": cut_offs(cleared),
        "blocking": {
            "count": int(found.blocking_count),
            "fewest": _fewest(cleared),
            "listed": [option(cleared, one) for one in blocking],
        },
        "incomplete": [market.requests.id[i] for i in sorted(found.incomplete.tolist())],
        "floors_unmet": [floor.group for floor in unmet(book, found.amount_fen)],
    }


def _fewest(cleared: Cleared) -> dict[str, int] | None:
    """No allocation is blocked by fewer than at_least contracts; one by count. None where it is not asked: nothing blocks, or the market is
    too large, may be divided, is covered or has a reserve."""
    if not cleared.stable.blocking_count or (cleared.book.cover >= 0).any():
        return None
    found = fewest(cleared.book, cleared.rules)
    return None if isinstance(found, Refusal) else {"count": found.count, "at_least": found.at_least}


def _best(cleared: Cleared) -> dict[str, Any]:
    market, book, found = cleared.market, cleared.book, cleared.best
    return {
        **_result(cleared, found.amount_fen),
        "bound_fen": -(-int(found.bound) // PPM),
        "bound_fen_ppm": str(int(found.bound)),
        "gap_ppm": int(found.gap_ppm),
        "method": list(found.method),
        "nodes": int(found.nodes),
        "prices": {
            "estimate": True,
            "budgets": _priced("mandate", market.mandates.id, found.budget_price_ppm),
            "limits": _priced("limit", limit_names(cleared), found.limit_price_ppm),
            "covers": _priced("cover", market.covers.id, found.capacity_price_ppm),
            "floors": _priced("group", [floor.group for floor in book.floors], found.floor_price_ppm),
        },
    }


def _result(cleared: Cleared, amount_fen: IntColumn) -> dict[str, Any]:
    market, book = cleared.market, cleared.book
    return {
        **totals(book, amount_fen),
        "mandates": by_mandate(market, book, amount_fen),
        "covers": by_cover(market, book, amount_fen),
        "matches": matches(cleared, amount_fen),
    }


def _priced(key: str, names: Sequence[str], prices: IntColumn) -> list[dict[str, Any]]:
    return [{key: name, "price_ppm": price} for name, price in zip(names, prices.tolist(), strict=True)]


def _waiting(cleared: Cleared) -> list[dict[str, Any]]:
    market, book = cleared.market, cleared.book
    return [
        {
            "mandate": name,
            "count": count,
            "first": [{**option(cleared, place), "funder_ppm": int(book.funder_ppm[place])} for place in first],
        }
        for name, (count, first) in zip(market.mandates.id, waiting(book, cleared.amounts, WAITING), strict=True)
    ]
