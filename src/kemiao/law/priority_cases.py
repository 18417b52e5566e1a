"""The rule `priority` over a table: one right a row, those with one `asset` rank among themselves."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa

from kemiao.base.columns import BoolArray, Ints
from kemiao.base.dates import parse_date
from kemiao.base.refusal import Refusal
from kemiao.law.columns import Cases, answer, weight_of
from kemiao.law.in_force import rows_in_force
from kemiao.law.priority import GROUNDS, KINDS, Place, Right, divided, ranked
from kemiao.law.rule import Input, Law, Output, Rule

_HOUR = re.compile(r"(.*?)[ T]+(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,3})\d*)?)?")
_DAY_MS = 86_400_000


def priority(cases: pa.Table, law: Law, on: date) -> pa.Table | Refusal:
    """Rank, ground and part of the price of each right. Rows without `asset` are all over one thing.

    A row that can't be read, or whose kind is unknown, leaves the order of its whole asset open: then none of it is ranked.
    """
    rows = rows_in_force(law, "priority", on, tuple(GROUNDS))
    if isinstance(rows, Refusal):
        return rows
    given = Cases(cases)
    claims, prices = given.amount("claim_fen"), given.amount("price_fen")
    kinds = given.choice("right", tuple(KINDS))
    bought = given.flag("purchase_money").sure
    days = {name: given.day(name).to_pylist() for name in ("delivered_on", "contract_on", "notice_on")}
    stamps = [_instant(text) for text in _texts(cases, "registered_at", given.rows)]
    given.refuse(np.array([isinstance(stamp, Refusal) for stamp in stamps], bool), "NOT_AN_INSTANT")

    groups: dict[str | None, list[int]] = {}
    for row, asset in enumerate(_texts(cases, "asset", given.rows)):
        groups.setdefault(asset, []).append(row)
    found = _Answers(given.rows)
    for members in groups.values():
        _together(given, members, prices)
        if not given.judged[members].all():
            continue
        if not kinds.known[members].all():
            for row in members:
                found.lacking["right"][row] = True
            continue
        rights = [
            Right(
                f"{row:09d}", list(KINDS)[kinds.index[row]], _known(claims, row), *_registered(stamps[row]), row,
                days["delivered_on"][row], bool(bought[row]), days["contract_on"][row], days["notice_on"][row],
            )
            for row in members
        ]  # fmt: skip
        places = ranked(rights, law, on)
        if isinstance(places, Refusal):
            given.refuse(_mask(members, given.rows), places.code)
            continue
        price = next((price for row in members if (price := _known(prices, row)) is not None), None)
        found.take(places, divided(places, price) if price is not None else {}, price is not None)
    outputs = {"rank": found.rank.tolist(), "ground": found.ground, "paid_fen": found.paid}
    return answer(RULE, given, on, {name: _column(name, cells) for name, cells in outputs.items()}, found.lacking, found.weight)  # fmt: skip


class _Answers:
    """What is said of each row, filled asset by asset."""

    def __init__(self, rows: int) -> None:
        self.rank: Any = np.full(rows, None, object)
        self.ground: list[str | None] = [None] * rows
        self.paid: list[int | None] = [None] * rows
        self.weight = np.zeros(rows, np.int64)
        self.lacking: dict[str, BoolArray] = {name: np.zeros(rows, bool) for name in ("right", "claim_fen")}

    def take(self, places: Sequence[Place], parts: Mapping[str, int | None], priced: bool) -> None:
        for place in places:
            row = int(place.right.id)
            self.rank[row], self.ground[row], self.paid[row] = place.rank, place.ground, parts.get(place.right.id)
            self.weight[row] = weight_of(place.confidence)
            self.lacking["claim_fen"][row] = priced and parts.get(place.right.id) is None


def _together(given: Cases, members: Sequence[int], prices: Ints) -> None:
    """One row of an asset that is refused refuses the others with it; one thing has one price."""
    known = {int(prices.values[row]) for row in members if prices.known[row]}
    if len(known) > 1:
        given.refuse(_mask(members, given.rows), "TWO_PRICES")
    if not given.judged[list(members)].all():
        given.refuse(_mask(members, given.rows), "ANOTHER_ROW_REFUSED")


def _instant(text: str | None) -> tuple[date, int | None] | Refusal | None:
    """A day, or a day with its hour as milliseconds: which zone it is in does not matter as long as all are in one."""
    if text is None:
        return None
    match = _HOUR.fullmatch(text.strip())
    day = parse_date(match[1] if match else text)
    if isinstance(day, Refusal) or match is None:
        return day if isinstance(day, Refusal) else (day, None)
    hour, minute, second = int(match[2]), int(match[3]), int(match[4] or 0)
    if hour > 23 or minute > 59 or second > 59:
        return Refusal("NOT_AN_INSTANT", f"“{text}”不是时刻", f"{text!r} is not an instant")
    within = ((hour * 60 + minute) * 60 + second) * 1000 + int((match[5] or "0").ljust(3, "0"))
    return day, day.toordinal() * _DAY_MS + within


def _registered(stamp: tuple[date, int | None] | Refusal | None) -> tuple[date | None, int | None]:
    return (None, None) if stamp is None or isinstance(stamp, Refusal) else stamp


def _texts(cases: pa.Table, name: str, rows: int) -> list[str | None]:
    return cases.column(name).to_pylist() if name in cases.column_names else [None] * rows


def _known(column: Ints, row: int) -> int | None:
    return int(column.values[row]) if column.known[row] else None


def _mask(members: Sequence[int], rows: int) -> BoolArray:
    mask = np.zeros(rows, bool)
    mask[list(members)] = True
    return mask


def _column(name: str, cells: list[Any]) -> pa.Array:
    return pa.array(cells, RULE.schema.field(name).type)


RULE = Rule(
    "priority", "担保物权的清偿顺序", "priority of security rights", "民法典, 403、414–416、456、768",
    (
        Input("asset", "choice", "担保物(相同者一起排序;空则全表为同一物)", "the thing (rights over one thing rank together; null: all rows are)", ("thing", "collateral", "押品", "担保物", "标的物"), elected=True),
        Input("right", "choice", "权利种类", "kind of right", ("kind", "权利", "担保方式", "担保种类"), choices={name: (*words, *more) for (name, words), more in zip(KINDS.items(), (("动产抵押",), ("应收账款质押",), ("留置权",), (), ("租赁",), ("retention of title", "保留所有权"), ("floating_charge", "浮动担保")), strict=True)}),
        Input("registered_at", "choice", "登记时刻(空为未登记)", "instant of registration (null: not registered)", ("registered", "registered on", "登记时间", "登记日期", "登记时刻"), elected=True),
        Input("claim_fen", "fen", "债权额", "the claim", ("claim", "amount", "债权", "担保金额", "融资款"), "yuan"),
        Input("delivered_on", "day", "交付日(质物或所购之物)", "day of delivery (of the pledge, or of what was bought)", ("delivered", "delivery", "交付日期", "交付日"), elected=True),
        Input("purchase_money", "flag", "担保的是标的物价款", "secures the price of the thing", ("pmsi", "price claim", "价款", "价款抵押"), elected=True),
        Input("contract_on", "day", "合同日", "day of the contract", ("contract", "合同日期"), elected=True),
        Input("notice_on", "day", "转让通知到达债务人之日(空为未通知)", "day on which notice reached the debtor (null: none did)", ("notice", "通知日期", "通知到达日"), elected=True),
        Input("price_fen", "fen", "变价所得(空则不分配)", "price of the thing (null: not divided)", ("price", "sale", "receivable", "proceeds", "变价款", "拍卖款"), "yuan", elected=True),
    ),
    (
        Output("rank", "count", "顺位", "rank"),
        Output("ground", "choice", "顺位的依据", "what decides it"),
        Output("paid_fen", "fen", "可得", "paid"),
    ),
    ("priority",), priority,
)  # fmt: skip
