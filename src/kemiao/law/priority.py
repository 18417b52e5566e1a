"""Priority of security rights over one thing (清偿顺序), the division of its price, and terms of registration.

Source: law/tables/priority.toml (民法典 403, 414–416, 456, 768; before 2021-01-01 it refuses).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from kemiao.base.dates import add_months
from kemiao.base.refusal import Refusal
from kemiao.base.tables import Row, weakest
from kemiao.law.in_force import by_id, number, rows_in_force
from kemiao.law.rule import Law

KINDS: Mapping[str, tuple[str, str]] = {
    "mortgage": ("抵押", "mortgage"), "pledge": ("质押", "pledge"), "lien": ("留置", "possessory lien"), "factoring": ("保理", "factoring"),
    "lease": ("融资租赁", "finance lease"), "retention": ("所有权保留", "retention of title"), "floating": ("浮动抵押", "floating charge"),
}  # fmt: skip
GROUNDS: Mapping[str, tuple[str, str]] = {
    "lien": ("留置", "possessory lien"), "purchase_money": ("价款优先", "purchase-money priority"),
    "by_time": ("按登记或交付先后", "by time of registration or delivery"), "notice": ("按通知先后", "by time of notice"),
    "pro_rata": ("未登记,按债权比例", "unregistered, pro rata"), "none": ("质权尚未设立", "the pledge has not arisen"),
}  # fmt: skip
_BY_TIME = ("purchase_money", "by_time")
_OF_TITLE = ("lease", "retention")
_FOR_A_PRICE = ("mortgage", *_OF_TITLE)


@dataclass(frozen=True, slots=True)
class Right:
    """One right over the thing. registered_at: milliseconds (any zero, one for all), None where only the day is known; of two
    at one instant the lower `entry` in the register is the earlier. delivered_on: of the thing itself, to the pledgee for a
    pledge and to the buyer for purchase money. Null registered_on: not registered; null notice_on: the debtor was not told.
    """

    id: str
    kind: str
    claim_fen: int | None = None
    registered_on: date | None = None
    registered_at: int | None = None
    entry: int = 0
    delivered_on: date | None = None
    purchase_money: bool = False
    contract_on: date | None = None
    notice_on: date | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """rank: from 1, equal where they share pro rata (the next rank is then not skipped); None where the right has not arisen.
    ground: the row of the law that decides it."""

    right: Right
    rank: int | None
    ground: str
    confidence: str


def ranked(rights: Sequence[Right], law: Law, on: date) -> tuple[Place, ...] | Refusal:
    """In order of payment, whatever order they are given in. Refuses what the law has no answer for."""
    rows = rows_in_force(law, "priority", on, tuple(GROUNDS))
    if isinstance(rows, Refusal):
        return rows
    days = number(by_id(rows, "purchase_money"), "days")
    refused = _contradiction(rights) or _same_day(rights, days)
    if refused is not None:
        return refused
    keyed = sorted(((_key(right, rows, days), right) for right in rights), key=lambda pair: (pair[0], pair[1].id))
    confidence = _confidence([right for _, right in keyed], rows, days)
    places: list[Place] = []
    rank, last = 0, None
    for key, right in keyed:
        if key != last:
            rank, last = rank + 1, key
        ground = _ground(right, days)
        places.append(Place(right, None if ground == "none" else rank, ground, confidence))
    return tuple(places)


def divided(places: Sequence[Place], price_fen: int) -> dict[str, int | None]:
    """right → its part of the price. Equal ranks share pro rata to their claims, to the fen by the largest remainder (then by
    id). From the first rank with an unknown claim on nobody's part can be told (None), unless nothing is left for it."""
    parts: dict[str, int | None] = {}
    left: int | None = price_fen
    for rank in sorted({place.rank for place in places if place.rank is not None}):
        tied = [place.right for place in places if place.rank == rank]
        claims = [right.claim_fen for right in tied if right.claim_fen is not None]
        if left == 0:
            parts |= {right.id: 0 for right in tied}
        elif left is None or len(claims) < len(tied):
            parts, left = parts | {right.id: None for right in tied}, None
        else:
            shares = _shares(min(left, sum(claims)), {right.id: right.claim_fen or 0 for right in tied})
            parts, left = {**parts, **shares}, left - sum(shares.values())
    return parts | {place.right.id: 0 for place in places if place.rank is None}


def registration_term(law: Law, on: date) -> tuple[date, date] | Refusal:
    """The first and the last day on which a registration made or renewed on a day may end."""
    rows = rows_in_force(law, "priority", on, ("registration_term",))
    if isinstance(rows, Refusal):
        return rows
    row = by_id(rows, "registration_term")
    return add_months(on, number(row, "months_min")), add_months(on, number(row, "months_max"))


def within_days(right: Right, days: int) -> bool:
    """Whether purchase money was registered in time: the day of delivery is not counted (art. 201), and one registered before
    delivery is not late."""
    return (
        right.purchase_money
        and right.registered_on is not None
        and right.delivered_on is not None
        and right.registered_on <= right.delivered_on + timedelta(days=days)
    )


def _ground(right: Right, days: int) -> str:
    if right.kind == "lien":
        return "lien"
    if within_days(right, days):
        return "purchase_money"
    if right.registered_on is not None or _delivered(right) is not None:
        return "by_time"
    if right.kind == "pledge":
        return "none"
    return "notice" if right.kind == "factoring" and right.notice_on is not None else "pro_rata"


def _key(right: Right, rows: tuple[Row, ...], days: int) -> tuple[int, int, int, int]:
    ground = _ground(right, days)
    order = number(by_id(rows, ground), "order")
    if ground in _BY_TIME:
        day = _delivered(right) or right.registered_on or date.min
        return order, day.toordinal(), right.registered_at or 0, right.entry
    if ground == "notice" and right.notice_on is not None:
        return order, right.notice_on.toordinal(), 0, 0
    return order, 0, 0, 0  # liens: several possess it together; the unregistered share


def _delivered(right: Right) -> date | None:
    """A pledged movable is pledged when it is handed over, whenever that was registered."""
    return right.delivered_on if right.kind == "pledge" else None


def _confidence(rights: Sequence[Right], rows: tuple[Row, ...], days: int) -> str:
    grounds = [_ground(right, days) for right in rights]
    used = {*grounds}
    kinds = {right.kind for right in rights}
    for_price = [right for right, ground in zip(rights, grounds, strict=True) if ground == "purchase_money"]
    if len(for_price) > 1 or any(right.kind in _OF_TITLE for right in for_price):
        used.add("purchase_money_of_title")
    if {"pledge", "factoring"} <= kinds:
        used.add("receivable_pledge_and_factoring")
    return weakest([by_id(rows, name).confidence for name in used]) if used else rows[0].confidence


def _contradiction(rights: Sequence[Right]) -> Refusal | None:
    kinds = {right.kind for right in rights}
    if "factoring" in kinds and not kinds <= {"factoring", "pledge"}:
        others = ", ".join(sorted(kinds - {"factoring", "pledge"}))
        return Refusal.at(
            "KINDS_DO_NOT_MEET", f"应收账款上不会有 {others}", f"a receivable has no {others}", kind=others
        )
    for right in rights:
        if right.purchase_money and right.kind not in _FOR_A_PRICE:
            return Refusal.at("NOT_FOR_A_PRICE", f"{KINDS[right.kind][0]}不担保标的物的价款", f"a {right.kind} does not secure the price of the thing", right=right.id)  # fmt: skip
        if right.notice_on is not None and right.contract_on is not None and right.notice_on < right.contract_on:
            return Refusal.at("NOTICE_BEFORE_CONTRACT", "通知早于合同", "the notice is earlier than the contract", right=right.id)  # fmt: skip
    return None


def _same_day(rights: Sequence[Right], days: int) -> Refusal | None:
    """Where the law goes by time, two acts of one day need their hour: it is not guessed."""
    by_day: dict[tuple[date, str], list[Right]] = {}
    for right in rights:
        day, ground = _delivered(right) or right.registered_on, _ground(right, days)
        if day is not None and ground in _BY_TIME:
            by_day.setdefault((day, ground), []).append(right)
    for (day, _), same in sorted(by_day.items()):
        if len(same) > 1 and any(_delivered(right) is not None or right.registered_at is None for right in same):
            names = ", ".join(sorted(right.id for right in same))
            return Refusal.at("HOUR_NEEDED", f"{day} 有几项登记或交付({names}),须写明时刻", f"{names} were registered or delivered on {day}: their hours are needed", on=day)  # fmt: skip
    return None


def _shares(amount_fen: int, claims: Mapping[str, int]) -> dict[str, int]:
    whole = sum(claims.values())
    if whole == 0:
        return dict.fromkeys(claims, 0)
    parts = {name: divmod(amount_fen * claim, whole) for name, claim in claims.items()}
    left = amount_fen - sum(part for part, _ in parts.values())
    first = sorted(parts, key=lambda name: (-parts[name][1], name))[:left]
    return {name: part + (name in first) for name, (part, _) in parts.items()}
