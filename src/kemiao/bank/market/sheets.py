"""The sheet of a bid: what a bidder is told of a result, so that it can check that nobody wronged it, and no more. Pure.

A request learns where it stands at each mandate that it could contract with, a mandate its matches and, without a name, who
stands before its cut-off and took something better. What a contract is worth to its other side (and so the highest rate that a company
would have paid, and its order) is not told; nor who would have contracted by the result that does not count. Losing bids stay
with operator and auditor.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

import numpy as np

from kemiao.bank.market.book import Book, Settled
from kemiao.bank.market.documents import SHEET
from kemiao.bank.market.postings import Side
from kemiao.credit.matching.market import IntColumn
from kemiao.credit.matching.result import matches

ABOVE_MOST = 1_000  # of those above a mandate's cut-off that took better; all are counted


def sheets(book: Book, settled: Settled) -> list[dict[str, Any]]:
    """One for each bid that took part, in the order of the bids; none for those of the operator, who has the whole."""
    cleared = settled.cleared
    results = {
        name: matches(cleared, found.amount_fen) for name, found in (("stable", cleared.stable), ("best", cleared.best))
    }
    own: dict[str, dict[str, Any]] = {}
    told = [bid for bid in book["bids"] if bid["bidder"] != book["operator"]]
    if not told:
        return []
    for bid in told:
        own[bid["bid"]] = {
            "form": SHEET, "call": book["call"], "bid": bid["bid"], "bidder": bid["bidder"], "nonce": bid["document"]["nonce"],
            "cleared": cleared.rules.clears, "seed": cleared.market.seed, "requests": [], "mandates": [], "covers": [], "void": [],
        }  # fmt: skip
    for row in settled.void:
        if row["bid"] not in own:
            continue
        own[row["bid"]]["void"].append({key: row[key] for key in ("side", "row", "code", "zh", "en")})
    _requests(settled, results, own)
    _funders(settled, results, own)
    return [own[bid["bid"]] for bid in told]


def _requests(settled: Settled, results: Mapping[str, list[dict[str, Any]]], own: dict[str, dict[str, Any]]) -> None:
    market, book = settled.cleared.market, settled.cleared.book
    by_request = {name: _grouped(rows, "request") for name, rows in results.items()}
    tiers = tier_of_mandate(settled)
    start = book.start.tolist()
    names, covers = market.mandates.id, market.covers.id
    columns = [
        column.tolist()
        for column in (book.mandate, book.cover, book.cost_ppm, book.company_ppm, tiers, book.funder_ppm)
    ]
    for i, request in enumerate(market.requests.id):
        bid = settled.owner[("requests", request)]
        if bid not in own:
            continue
        lot = int(book.lot[i])
        options = [
            {
                "mandate": names[columns[0][o]], "cover": covers[columns[1][o]] if columns[1][o] >= 0 else None, "choice": o - start[i] + 1,
                "cost_ppm": columns[2][o], "company_ppm": columns[3][o], "tier": columns[4][o], "value_ppm": columns[5][o], "lot": lot,
            }
            for o in range(start[i], start[i + 1])
        ]  # fmt: skip
        own[bid]["requests"].append({
            "request": request, "company": market.requests.company[i], "reserved": bool(book.reserved[i]), "options": options,
            **{name: by_request[name].get(request, []) for name in results},
        })  # fmt: skip


def _funders(settled: Settled, results: Mapping[str, list[dict[str, Any]]], own: dict[str, dict[str, Any]]) -> None:
    for side, own_id, row in _rows_of_funders(settled, results):
        bid = settled.owner[(side, own_id)]
        if bid in own:
            own[bid][side].append(row)


def of_mandates(settled: Settled, wanted: Collection[str]) -> list[dict[str, Any]]:
    """The same rows as bidders are sent, of mandates by their ids: for funders that post in the operator's own home."""
    cleared = settled.cleared
    results = {
        name: matches(cleared, found.amount_fen) for name, found in (("stable", cleared.stable), ("best", cleared.best))
    }
    return [row for side, own_id, row in _rows_of_funders(settled, results) if side == "mandates" and own_id in wanted]


def _rows_of_funders(settled: Settled, results: Mapping[str, list[dict[str, Any]]]) -> Iterator[tuple[Side, str, dict[str, Any]]]:  # fmt: skip
    """value_ppm: of an option above the cut-off. took: the choice that its request got, and the choice that this one is."""
    market = settled.cleared.market
    book = settled.cleared.book
    counts = settled.cleared.rules.clears
    taken = {_pair(match) for match in results[counts]}
    sides: tuple[tuple[Side, str, tuple[str, ...], str, list[int]], ...] = (
        ("mandates", "mandate", market.mandates.id, "budget_fen", book.budget_fen.tolist()),
        ("covers", "cover", market.covers.id, "capacity_fen", book.capacity_fen.tolist()),
    )
    for side, key, names, there, fen in sides:
        grouped = {name: _grouped(rows, key) for name, rows in results.items()}
        above = _above(settled) if side == "mandates" else {}
        for place, name in enumerate(names):
            count, first = above.get(place, (0, []))
            yield side, name, {
                key: name, there: fen[place], **{result: [_told(row, named=_pair(row) in taken) for row in grouped[result].get(name, [])] for result in results},
                **({"above": {"count": count, "first": first}} if side == "mandates" else {}),
            }  # fmt: skip


_CONTRACT = ("request", "company", "mandate", "funder", "cover", "guarantor", "amount_fen", "covered_fen", "months", "form", "rate_ppm", "cost_ppm")  # fmt: skip
_BLIND = ("mandate", "cover", "amount_fen", "covered_fen", "rate_ppm")


def _pair(match: Mapping[str, Any]) -> tuple[str, str, str | None]:
    return match["request"], match["mandate"], match["cover"]


def _told(match: Mapping[str, Any], *, named: bool) -> dict[str, Any]:
    """What who lends or covers is told of a contract. The same for both, so that one that does both can tell it is one."""
    return {name: match[name] for name in (_CONTRACT if named else _BLIND)}


def _above(settled: Settled) -> dict[int, tuple[int, list[dict[str, Any]]]]:
    """By mandate: options that stand before the cut-off of their class and hold nothing, because the request has something better."""
    cleared = settled.cleared
    book, found = cleared.book, cleared.stable
    if not len(book.mandate):
        return {}
    cut = found.cut[book.mandate, book.reserved[book.request].astype(np.int64)]
    held = _at_mandate(book.request * max(book.mandates, 1) + book.mandate, found.amount_fen)
    places = np.flatnonzero((book.standing <= cut) & ~held)
    places = places[np.lexsort((book.standing[places], book.mandate[places]))]
    pairs = book.request[places] * max(book.mandates, 1) + book.mandate[places]
    _, first = np.unique(pairs, return_index=True)
    places = places[np.sort(first)]
    got = np.zeros(book.requests, dtype=np.int64)  # the worst choice that the request holds; 0: nothing
    holding = np.flatnonzero(found.amount_fen > 0)
    got[book.request[holding]] = holding - book.start[book.request[holding]] + 1
    tiers = tier_of_mandate(settled)
    above: dict[int, tuple[int, list[dict[str, Any]]]] = {}
    for o in places.tolist():
        i = int(book.request[o])
        count, rows = above.get(int(book.mandate[o]), (0, []))
        if count < ABOVE_MOST:
            rows.append({"tier": int(tiers[o]), "value_ppm": int(book.funder_ppm[o]), "lot": int(book.lot[i]), "choice": o - int(book.start[i]) + 1, "took": int(got[i])})  # fmt: skip
        above[int(book.mandate[o])] = (count + 1, rows)
    return above


def _at_mandate(pair: IntColumn, amount_fen: IntColumn) -> Any:
    return np.isin(pair, pair[amount_fen > 0])


def tier_of_mandate(settled: Settled) -> IntColumn:
    """(m,) the tier of each option in its mandate's own ranking; 0 where value alone ranks."""
    from kemiao.credit.matching.coding import places_of, tiers_of

    market, book = settled.cleared.market, settled.cleared.book
    tiers = np.zeros(len(book.mandate), dtype=np.int64)
    ranked = [(j, wish) for j, wish in enumerate(market.mandates.ranking) if wish is not None]
    if not ranked:
        return tiers
    named = places_of(market.requests.id, market.requests.company)
    for j, wish in ranked:
        of = tiers_of(wish, named)
        here = np.flatnonzero(book.mandate == j)
        tiers[here] = [of.get(i, len(wish.named)) for i in book.request[here].tolist()]
    return tiers


def _grouped(rows: list[dict[str, Any]], key: str) -> dict[str, list[dict[str, Any]]]:
    grouped: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        if row[key] is not None:
            grouped.setdefault(row[key], []).append(row)
    return grouped
