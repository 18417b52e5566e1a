"""The book of a call: everything that its result rests on, as one document, and the clearing of it. Pure: no I/O.

The operator makes it from the bids that were revealed to it and from its own assessments; the auditor is sent the same and
clears it again. The same book gives the same bytes on every machine.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np

from kemiao.bank.market.documents import form_of_bid, seed
from kemiao.bank.market.facts import COLUMNS, typed
from kemiao.bank.market.postings import KEY, SIDES, Side
from kemiao.bank.market.reading import plain_of, read_rows
from kemiao.bank.market.terms import Terms, digest_of, terms_of
from kemiao.base.canonical import SAFE_INTEGER
from kemiao.base.digest import digest
from kemiao.base.money import PPM
from kemiao.base.refusal import Refusal
from kemiao.credit.matching.clearing import Cleared, clear
from kemiao.credit.matching.market import IntColumn, Market
from kemiao.credit.matching.result import Sources, document

FORM = "kemiao.market_book/1"
ROWS_EACH: Mapping[Side, int] = {"mandates": 500, "covers": 50}  # of a bidder in a call, other than the operator
_DAY = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8]|29|30|31)")
Book = Mapping[str, Any]
"""form; call; operator ("" of a local one); day; policy: frozen ones by name. bids: in the order of their commitments, then those that
stand from earlier calls, the newest call first: each {bid, call, bidder, company (of a company's own home, else null), at, document}. used_fen: by mandate or
cover, what earlier matches took. done: requests that were matched before. facts: company → {decision, cells} or {refused}. void: bids that were left out,
each {bid, bidder, code, zh, en}."""


@dataclass(frozen=True, slots=True)
class Settled:
    """owner: (side, id) → the bid that it came from. void: rows that were left out, each {bid, side, row, code, zh, en}."""

    cleared: Cleared
    document: dict[str, Any]
    owner: Mapping[tuple[Side, str], str]
    void: tuple[dict[str, Any], ...]


Plain = Callable[[Mapping[str, str]], dict[str, str] | Refusal]


@dataclass(frozen=True, slots=True)
class _Row:
    bid: str
    number: int
    cells: dict[str, str]


def settle(book: Book) -> Settled | Refusal:
    """Clears it. One side empty is a market too: then nothing is lent. Nobody but the operator makes a market too large to be cleared:
    where it is, the bidder that does most to it is left out, and it is cleared without."""
    terms = terms_of(book["policy"])
    if isinstance(terms, Refusal):
        return terms
    without: set[str] = set()
    while True:
        settled = _settled(book, terms, frozenset(without))
        if isinstance(settled, Settled):
            return settled
        refusal, largest = settled
        if largest is None or refusal.code not in ("AMOUNTS_TOO_LARGE", "MARKET_TOO_LARGE"):
            return refusal
        without.add(largest)


def _settled(book: Book, terms: Terms, without: frozenset[str]) -> Settled | tuple[Refusal, str | None]:
    """without: bidders of whom nothing is taken. Where it is refused, with the bidder that does most to the market's size."""
    void: list[dict[str, Any]] = []
    rows = {side: _kept(side, book, plain_of(side, terms), without, void) for side in SIDES}
    read = {side: read_rows(side, [row.cells for row in rows[side]], terms) for side in SIDES}
    bad: list[Refusal] = []
    for side in SIDES:
        for place, fault in read[side].faults:
            void.append(_void(rows[side][place], side, fault))
            bad.append(fault)
    owner = {(side, row.cells[KEY[side]]): row.bid for side in SIDES for row in rows[side]}
    market = Market(
        read["requests"].value,
        _less(read["mandates"].value, "budget_fen", book["used_fen"]),
        _less(read["covers"].value, "capacity_fen", book["used_fen"]),
        terms.grades, date.fromisoformat(book["day"]), _seed(book),
    )  # fmt: skip
    cleared = clear(market, terms.rules, terms.churn)
    if isinstance(cleared, Refusal):
        return cleared, _largest(book, market, owner)
    return Settled(cleared, document(cleared, _sources(book, terms, bad)), owner, tuple(void))


def _largest(book: Book, market: Market, owner: Mapping[tuple[Side, str], str]) -> str | None:
    """The bidder, not the operator, with the largest share of a side's rows or sums; of equals the first of the bids."""
    bidders = {bid["bid"]: bid["bidder"] for bid in book["bids"]}
    share = dict.fromkeys((bidder for bidder in bidders.values() if bidder != book["operator"]), 0)
    for side, table, column in (
        ("requests", market.requests, market.requests.amount_fen),
        ("mandates", market.mandates, market.mandates.budget_fen),
        ("covers", market.covers, market.covers.capacity_fen),
    ):
        rows, fen = dict.fromkeys(share, 0), dict.fromkeys(share, 0)
        for own, amount in zip(table.id, column.tolist(), strict=True):
            bidder = bidders[owner[(side, own)]]  # type: ignore[index]
            if bidder in share:
                rows[bidder] += 1
                fen[bidder] += amount
        for bidder in share:
            parts = rows[bidder] * PPM // max(len(table), 1), fen[bidder] * PPM // max(sum(column.tolist()), 1)
            share[bidder] = max(share[bidder], *parts)
    most = max(share.values(), default=0)
    return next((bidder for bidder, part in share.items() if part == most), None) if most else None


def well_formed(value: Any) -> bool:
    """Whether a book that somebody sent has the form of one, so that it can be cleared; what it says is another question."""
    texts = ("form", "call", "operator", "day")
    return (
        isinstance(value, dict)
        and value.keys() == {*texts, "policy", "bids", "used_fen", "done", "facts", "void"}
        and value["form"] == FORM
        and all(isinstance(value[name], str) for name in texts)
        and _DAY.fullmatch(value["day"]) is not None
        and isinstance(value["policy"], dict)
        and isinstance(value["bids"], list)
        and all(map(_is_bid, value["bids"]))
        and len({bid["bid"] for bid in value["bids"]}) == len(value["bids"])
        and isinstance(value["used_fen"], dict)
        and all(type(fen) is int and 0 <= fen <= SAFE_INTEGER for fen in value["used_fen"].values())
        and isinstance(value["done"], list)
        and all(isinstance(own, str) for own in value["done"])
        and isinstance(value["facts"], dict)
        and all(map(_are_facts, value["facts"].values()))
        and isinstance(value["void"], list)
        and all(isinstance(row, dict) and {"bid", "bidder", "code"} <= row.keys() and all(isinstance(cell, str) for cell in row.values()) for row in value["void"])
    )  # fmt: skip


def _is_bid(bid: Any) -> bool:
    return (
        isinstance(bid, dict)
        and bid.keys() == {"bid", "call", "bidder", "company", "at", "document"}
        and all(isinstance(bid[name], str) for name in ("bid", "call", "bidder"))
        and isinstance(bid["company"], str | None)
        and type(bid["at"]) is int
        and not isinstance(form_of_bid(bid["document"]), Refusal)
    )


def _are_facts(known: Any) -> bool:
    if not isinstance(known, dict):
        return False
    if known.keys() == {"refused"}:
        return isinstance(known["refused"], str)
    cells = known.get("cells")
    if known.keys() != {"decision", "cells"} or not isinstance(known["decision"], str) or not isinstance(cells, dict):
        return False
    return cells.keys() <= set(COLUMNS) and all(isinstance(cell, str) for cell in cells.values())


def book_digest(book: Book) -> str:
    return digest("market_book", book)


def _seed(book: Book) -> str:
    fresh = [bid["document"]["nonce"] for bid in book["bids"] if bid["call"] == book["call"]]
    return seed(book["call"], fresh)


def _sources(book: Book, terms: Terms, bad: Sequence[Refusal]) -> Sources:
    return Sources({"book": book_digest(book), "policy": digest_of(book["policy"])}, terms.pd_ppm, bad=tuple(bad))


def _kept(
    side: Side, book: Book, plain: Plain, without: frozenset[str], void: list[dict[str, Any]]
) -> list[_Row]:  # fmt: skip
    """The rows of a side, named so that no two bidders can be mixed up, with what the operator knows of the companies."""
    taken: dict[str, int] = {}
    kept: list[_Row] = []
    seen: set[str] = set()
    asked: set[str] = set()  # companies: each has one request
    done = set(book["done"])
    for bid in book["bids"]:
        for number, typed_row in enumerate(bid["document"]["rows"][side], 1):
            row = _Row(bid["bid"], number, dict(typed_row))
            fault = _too_much(side, bid, book, without, taken)
            fault = fault or _not_plain(plain(typed_row), typed_row) or _qualified(side, row.cells, bid, book)
            own = row.cells.get(KEY[side], "")
            if fault is None and own in done:
                fault = Refusal(
                    "MATCHED_BEFORE", "已在先前的撮合中成交", "it was matched in an earlier call: it stands down"
                )
            company = row.cells.get("company", "") if side == "requests" else ""
            if fault is None and (own in seen or company in asked):
                fault = Refusal.at(
                    "ANOTHER_STANDS", "同一编号已有一份", "another of the same id stands already", posting=own
                )
            if fault is None and side == "requests":
                fault = _add_facts(row.cells, book["facts"])
            if fault is not None:
                void.append(_void(row, side, fault))
                continue
            seen.add(own)
            asked |= {company} - {""}
            kept.append(row)
    return kept


def _too_much(side: Side, bid: Mapping[str, Any], book: Book, without: frozenset[str], taken: dict[str, int]) -> Refusal | None:  # fmt: skip
    """Every mandate meets every request and every cover, and each company is told of each: so one bidder has so many, and no more."""
    bidder = bid["bidder"]
    if bidder in without:
        return Refusal(
            "TOO_LARGE_FOR_ALL",
            "这份标书使撮合大到无法计算,未予计入",
            "with it the market is too large to be computed: it is left out",
        )
    if bidder == book["operator"] or side not in ROWS_EACH:
        return None
    taken[bidder] = taken.get(bidder, 0) + 1
    most = ROWS_EACH[side]
    return Refusal("TOO_MANY_ROWS", f"每个参与方每次最多 {most} 行", f"a bidder has {most} rows of this side at most") if taken[bidder] > most else None  # fmt: skip


def _not_plain(plain: dict[str, str] | Refusal, row: Mapping[str, str]) -> Refusal | None:
    """A bid is written in our own columns and units, so that each reader finds the same in it."""
    if isinstance(plain, Refusal):
        return plain
    return (
        None
        if plain == row
        else Refusal(
            "ROW_NOT_PLAIN", "没有写成规定的列名和单位", "it is not written in the market's own columns and units"
        )
    )


def qualified(operator: str, bidder: str, own: str) -> str:
    """An id as the market has it."""
    return own if bidder == operator else f"{bidder}:{own}"


def _qualified(side: Side, cells: dict[str, str], bid: Mapping[str, Any], book: Book) -> Refusal | None:
    """Rows of the operator keep their names. Of others an id begins with the bidder's, who is the funder or guarantor itself, and a company
    asks for itself alone."""
    bidder, company = bid["bidder"], bid["company"]
    if bidder == book["operator"]:
        return None
    cells[KEY[side]] = qualified(book["operator"], bidder, cells.get(KEY[side], ""))
    if side == "requests":
        if company is None or cells.get("company") != company:
            return Refusal.at(
                "NOT_ITS_OWN", "企业只能为自己申请", "a company asks for itself alone", company=cells.get("company")
            )
        return None
    if company is not None:
        return Refusal.at(
            "NOT_A_FUNDER", "企业不能提供资金或担保", "a company offers no money and no cover", bidder=bidder
        )
    cells["funder" if side == "mandates" else "guarantor"] = bidder
    return None


def _add_facts(cells: dict[str, str], facts: Mapping[str, Any]) -> Refusal | None:
    said = typed(cells)
    if said:
        return Refusal.at("FACT_TYPED", f"{'、'.join(said)} 不能自己填写", f"{', '.join(said)} can't be typed")
    known = facts.get(cells.get("company", ""))
    if known is None or "refused" in known:
        return Refusal(
            "NO_DECISION",
            "运营方没有这家企业可用的评估",
            "the operator has no assessment of this company that admits it",
        )
    cells |= known["cells"]
    return None


def _less(table: Any, column: str, used: Mapping[str, int]) -> Any:
    """What earlier matches took is not there any more."""
    if not used:
        return table
    taken: IntColumn = np.array([used.get(own, 0) for own in table.id], dtype=np.int64)
    return replace(table, **{column: np.maximum(getattr(table, column) - taken, 0)})


def _void(row: _Row, side: Side, fault: Refusal) -> dict[str, Any]:
    return {"bid": row.bid, "side": side, "row": row.number, "code": fault.code, "zh": fault.zh, "en": fault.en}
