"""Bids, sheets and the seed as documents: what is committed to, and with which digest. No I/O."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from kemiao.bank.market.postings import SIDES
from kemiao.base.digest import digest
from kemiao.base.keys import parse_company
from kemiao.base.money import FEN_MAX
from kemiao.base.refusal import Refusal
from kemiao.base.tree import leaf_hash, root

BID = "kemiao.bid/1"
SHEET = "kemiao.market_sheet/1"
ROWS_MOST = 5_000  # of one bid: a parcel is bounded; who has more makes several bids
COLUMNS_MOST = 80
CELL_MOST = 2_000  # characters
_NUMBERS = ("amount_fen", "covered_fen", "rate_ppm", "cost_ppm", "months")
MATCH_CELLS = frozenset(
    ("request", "company", "mandate", "funder", "cover", "guarantor", *_NUMBERS)
)  # what is kept of a match
_HEX = re.compile(r"[0-9a-f]{64}")
_FIELDS = {"form", "call", "bidder", "rows", "standing", "nonce"}
Rows = Mapping[str, Sequence[Mapping[str, str]]]


def bid(call: str, bidder: str, rows: Rows, standing: bool, nonce: str) -> dict[str, Any]:
    """rows: side → rows by column. nonce: 64 hex digits, drawn for this bid alone: it hides the bid, and it is a part of the seed."""
    return {"form": BID, "call": call, "bidder": bidder, "rows": {side: [dict(row) for row in rows.get(side, ())] for side in SIDES}, "standing": standing, "nonce": nonce}  # fmt: skip


def commitment(document: Mapping[str, Any]) -> str:
    return digest("bid", document)


def read_bid(value: object, call: str, bidder: str, committed: str) -> dict[str, Any] | Refusal:
    """What somebody sent for a commitment. Refuses BID_UNREADABLE, BID_ALTERED, BID_FOR_ANOTHER_CALL, BID_OF_ANOTHER."""
    document = form_of_bid(value)
    if isinstance(document, Refusal):
        return document
    if commitment(document) != committed:
        return Refusal.at("BID_ALTERED", "内容与承诺不符", "it is not what was committed to", commitment=committed)
    if document["call"] != call:
        return Refusal.at(
            "BID_FOR_ANOTHER_CALL", "是另一场撮合的标书", "it is a bid for another call", call=document["call"]
        )
    if document["bidder"] != bidder:
        return Refusal.at("BID_OF_ANOTHER", "标书写的不是提交者", "it names another bidder", bidder=document["bidder"])
    return document


def form_of_bid(value: object) -> dict[str, Any] | Refusal:
    """The value, where it has the form of a bid. Refuses BID_UNREADABLE."""
    if not isinstance(value, dict) or value.keys() != _FIELDS or value["form"] != BID or not _is_rows(value["rows"]):
        return _unreadable("form")
    if not (isinstance(value["nonce"], str) and _HEX.fullmatch(value["nonce"]) and type(value["standing"]) is bool):
        return _unreadable("nonce")
    if not all(isinstance(value[name], str) for name in ("call", "bidder")):
        return _unreadable("form")
    return value


def _is_rows(value: object) -> bool:
    if not isinstance(value, dict) or value.keys() != set(SIDES):
        return False
    rows = [row for side in SIDES if isinstance(value[side], list) for row in value[side]]
    return (
        all(isinstance(value[side], list) for side in SIDES)
        and 0 < len(rows) <= ROWS_MOST
        and all(isinstance(row, dict) and 0 < len(row) <= COLUMNS_MOST for row in rows)
        and all(isinstance(cell, str) and len(cell) <= CELL_MOST for row in rows for cell in row.values())
    )


def _unreadable(part: str) -> Refusal:
    return Refusal.at("BID_UNREADABLE", "标书读不出", "the bid can't be read", part=part)


def seed(call: str, nonces: Sequence[str]) -> str:
    """Of the lottery: nobody knows it before the last nonce is revealed. nonces: of the valid bids, in the order of their commitments."""
    return digest("market_seed", {"call": call, "nonces": list(nonces)})


def sheet_leaf(sheet: Mapping[str, Any]) -> bytes:
    """A sheet names the nonce of its bid, which only bidder, operator and auditor know: its leaf hides it from all others."""
    return leaf_hash(bytes.fromhex(digest("market_sheet", sheet)))


def sheets_root(sheets: Sequence[Mapping[str, Any]]) -> str:
    return root([sheet_leaf(each) for each in sheets]).hex()


def is_sheet(value: object) -> bool:
    """Whether what an operator sent has the form of a sheet, so that its matches can be kept; what else it says is checked later."""
    return (
        isinstance(value, dict)
        and {"form", "call", "bid", "bidder", "nonce", "cleared", "void", *SIDES} <= value.keys()
        and value["form"] == SHEET
        and all(isinstance(value[name], str) for name in ("call", "bid", "bidder", "nonce"))
        and value["cleared"] in ("stable", "best")
        and all(isinstance(row, dict) for row in _listed(value["void"]))
        and all(_is_told(row, value["cleared"]) for side in SIDES for row in _listed(value[side]))
    )


def _is_told(row: object, cleared: str) -> bool:
    return isinstance(row, dict) and isinstance(row.get(cleared), list) and all(map(_is_match, row[cleared]))


def _is_match(match: object) -> bool:
    if not isinstance(match, dict) or not match.keys() >= MATCH_CELLS:
        return False
    return (
        all(isinstance(match[name], str) for name in ("request", "company", "mandate", "funder"))
        and all(isinstance(match[name], str | None) for name in ("cover", "guarantor"))
        and all(type(match[name]) is int and 0 <= match[name] <= FEN_MAX for name in _NUMBERS)
        and parse_company(match["company"]) == match["company"]
    )


def _listed(value: object) -> list[object]:
    """A list, or one thing that nothing takes for a row."""
    return value if isinstance(value, list) else [None]
