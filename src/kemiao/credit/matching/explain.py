"""Why a company was or wasn't matched: mandate by mandate, by the terms and the cut-offs, and the smallest change that would have done."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from kemiao.base.money import PPM
from kemiao.base.refusal import Refusal
from kemiao.credit.allocate.elasticity import Elasticity
from kemiao.credit.matching.again import Again, again, contracts
from kemiao.credit.matching.book import Book
from kemiao.credit.matching.changes import changes
from kemiao.credit.matching.clearing import Cleared
from kemiao.credit.matching.market import ALL, FORMS, Market
from kemiao.credit.matching.options import book as contractible
from kemiao.credit.matching.places import one_request
from kemiao.credit.matching.rules import MarketRules
from kemiao.credit.matching.unmet import cost_unmet, unmet, unmet_cover, value_unmet

FORM = "kemiao.market_why/1"
STATES = {
    "matched": ("成交", "matched"),
    "preferred_other": ("企业已得到更想要的", "the company got what it would rather have"),
    "behind_cut_off": ("排在录取线之后", "it stands behind the cut-off"),
    "behind_limit": ("排在行业限额的录取线之后", "it stands behind the cut-off of the industry's limit"),
    "behind_cover": ("排在担保方的录取线之后", "it stands behind the cut-off of the cover"),
    "no_room": ("剩余额度容不下", "what is left is too small for it"),
    "incomplete": ("合计不足企业最低要求,全部放弃", "in all less than the company takes, so it took nothing"),
    "terms": ("条件不符", "terms are not met"),
}


def explain(asked: Cleared | Again, request: str) -> dict[str, Any] | Refusal:
    """JSON, whole numbers. request: its id or its company. Refuses REQUEST_UNKNOWN.

    stable, best: what it gets in each. mandates: one row each, in the company's own order where it could contract, then the others:
    state (STATES), unmet (terms, where it could not), options (with value and cut-off, where it could). changes: see changes.py; looked for where
    it got less than it asked for in the stable matching.
    """
    around = asked if isinstance(asked, Again) else again(asked)
    cleared = around.cleared
    i = position(cleared.market, request)
    if isinstance(i, Refusal):
        return i
    market, book = cleared.market, cleared.book
    got, options = around.got_fen(i), np.arange(int(book.start[i]), int(book.start[i + 1]))
    found = changes(around, i) if got < book.amount_fen[i] else []
    if isinstance(found, Refusal):
        return found
    best = cleared.best.amount_fen
    rows = _mandates(around, i)
    return {
        "form": FORM, "request": market.requests.id[i], "company": market.requests.company[i],
        "amount_fen": int(book.amount_fen[i]), "as": FORMS[int(book.form[i])], "clears": cleared.rules.clears,
        "stable": {
            "amount_fen": got, "matches": contracts(cleared, book, options[cleared.stable.amount_fen[options] > 0], cleared.stable.amount_fen),
        },
        "best": {
            "amount_fen": int(best[options].sum()), "matches": contracts(cleared, book, options[best[options] > 0], best),
        },
        "counts": {state: count for state in STATES if (count := sum(row["state"] == state for row in rows))},
        "mandates": rows,
        "changes": found,
    }  # fmt: skip


def position(market: Market, name: str) -> int | Refusal:
    """The request of that id, else the company's."""
    for names in (market.requests.id, market.requests.company):
        if name in names:
            return names.index(name)
    return Refusal.at("REQUEST_UNKNOWN", f"没有编号或企业为“{name}”的需求", f"no request has the id or the company {name!r}", request=name)  # fmt: skip


def _mandates(around: Again, i: int) -> list[dict[str, Any]]:
    cleared = around.cleared
    market, book = cleared.market, cleared.book
    bare = _bare(market, cleared.rules, cleared.churn, i)
    by_mandate: dict[int, list[int]] = {}
    for p in range(int(book.start[i]), int(book.start[i + 1])):
        by_mandate.setdefault(int(book.mandate[p]), []).append(p)
    others = [j for j in range(book.mandates) if j not in by_mandate]
    rows = []
    for j in [*by_mandate, *others]:
        told = [_option(around, i, p) for p in by_mandate.get(j, ())]
        states = [option["state"] for option in told] or ["terms"]
        state = "matched" if "matched" in states else states[0]  # else of the option that it would like best there
        zh, en = STATES[state]
        terms = [] if told else _unmet(market, cleared.rules, bare, i, j)
        rows.append({
            "mandate": market.mandates.id[j], "funder": market.mandates.funder[j], "state": state, "zh": zh, "en": en,
            "unmet": terms, "options": told,
        })  # fmt: skip
    return rows


def _option(around: Again, i: int, p: int) -> dict[str, Any]:
    at, cleared = around.at, around.cleared
    market, book, best = cleared.market, cleared.book, cleared.best
    j, g, b = int(book.mandate[p]), int(book.cover[p]), int(book.limit[p])
    price = int(best.budget_price_ppm[j]) + (int(best.limit_price_ppm[b]) if b >= 0 else 0)
    if g >= 0:
        price += int(best.capacity_price_ppm[g]) * int(book.share_ppm[g]) // PPM
    state = _state(cleared, i, p)
    cut = int(cleared.stable.cut[j, int(book.reserved[i])])
    return {
        "cover": market.covers.id[g] if g >= 0 else None, "state": state,
        "zh": STATES[state][0], "en": STATES[state][1], "choice": p - int(book.start[i]) + 1,
        "rate_ppm": int(book.rate_ppm[p]), "cost_ppm": int(book.cost_ppm[p]), "company_ppm": int(book.company_ppm[p]),
        "value": _value(around, p), "cut_off": _value(around, _at_cut(at.start, at.ladder, j, cut)),
        "welfare_ppm": int(book.welfare_ppm[p]), "above_prices_ppm_estimate": int(book.welfare_ppm[p]) - price,
    }  # fmt: skip


def _state(cleared: Cleared, i: int, p: int) -> str:
    book, found = cleared.book, cleared.stable
    amount, options = found.amount_fen, slice(int(book.start[i]), int(book.start[i + 1]))
    if amount[p] > 0:
        return "matched"
    held = np.flatnonzero(amount[options]) + options.start
    if len(held) and int(amount[options].sum()) >= book.amount_fen[i] and p > held[-1]:
        return "preferred_other"
    if i in found.incomplete:
        return "incomplete"
    if book.standing[p] > found.cut[int(book.mandate[p]), int(book.reserved[i])]:
        return "behind_cut_off"
    if book.limit[p] >= 0 and book.standing[p] > found.limit_cut[int(book.limit[p])]:
        return "behind_limit"
    if book.cover[p] >= 0 and book.cover_standing[p] > found.cover_cut[int(book.cover[p])]:
        return "behind_cover"
    return "no_room"


def _at_cut(start: Any, ladder: Any, j: int, cut: int) -> int | None:
    first, last = int(start[j]), int(start[j + 1])
    return int(ladder[first + cut]) if 0 <= cut < last - first else None


def _value(around: Again, p: int | None) -> dict[str, Any] | None:
    """An option's place in its mandate's order, as cut-offs are published; None where everybody, or nobody, may come in."""
    if p is None:
        return None
    at, book = around.at, around.cleared.book
    request, row = int(book.request[p]), int(at.row[int(book.mandate[p])])
    tier = int(at.tiers[row, request]) if row >= 0 else 0
    return {"tier": tier, "value_ppm": int(book.funder_ppm[p]), "lot": int(book.lot[request])}


def unmet_terms(
    market: Market, rules: MarketRules, churn: Elasticity | None, book: Book, i: int
) -> Iterator[list[str]]:
    """Codes of the terms that are not met, for each mandate with which request i can't contract. book: of this market."""
    bare = _bare(market, rules, churn, i)
    there = set(book.mandate[int(book.start[i]) : int(book.start[i + 1])].tolist())
    for j in range(book.mandates):
        if j not in there:
            yield sorted({str(term["code"]) for term in _unmet(market, rules, bare, i, j)})


def _bare(market: Market, rules: MarketRules, churn: Elasticity | None, i: int) -> Book | None:
    """The request's options if neither its highest cost nor the mandates' least value counted: what a contract would cost and be worth."""
    mandates = replace(market.mandates, value_least_ppm=np.full(len(market.mandates), -ALL, dtype=np.int64))
    alone = replace(market, mandates=mandates, requests=one_request(market.requests, i, {"rate_max_ppm": 10 * PPM}))
    made = contractible(alone, rules, churn if rules.churn else None)
    return None if isinstance(made, Refusal) else made


def _unmet(market: Market, rules: MarketRules, bare: Book | None, i: int, j: int) -> list[dict[str, Any]]:
    """Of the contract that comes nearest: without a cover or with the one that leaves fewest terms unmet."""
    unit = rules.unit_fen
    near = [] if bare is None else np.flatnonzero(bare.mandate == j).tolist()
    if bare is not None and near:
        p = min(near, key=lambda p: int(bare.cost_ppm[p]))
        most, least = int(market.requests.rate_max_ppm[i]), int(market.mandates.value_least_ppm[j])
        cost, value = int(bare.cost_ppm[p]), int(bare.funder_ppm[p])
        missing = [cost_unmet(cost, most)] if cost > most else []
        missing += [value_unmet(value, least)] if value < least else []
        return [term.as_json() for term in missing]
    pair = unmet(market, i, j, unit)
    by_cover = [(unmet_cover(market, i, j, g, unit), g) for g in range(-1, len(market.covers))]
    terms, g = min(by_cover, key=lambda row: len(row[0]))
    cover = {"cover": market.covers.id[g]} if g >= 0 and terms else {}
    return [*(term.as_json() for term in pair), *({**term.as_json(), **cover} for term in terms)]
