"""A security right as it stands: its registration, and what its holders did with it since, by keys that are trusted.

State: right/<id> → {place: {kind, id}, right, debtor, by, key, at, number, claim_fen, total_fen, pledged_fen, contract_on, until,
delivered_on (purchase money), commitment, acts: [{act, by, key, at, entry, …}]}; rights → how many were ever registered;
asset/<kind>/<blinded id> → right ids in the order of registration; floating/<company> → ids of floating charges.

A right is folded from its acts at each look, so that what a key in wrong hands did (distrusted_from) is undone at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from typing import Any

from kemiao.base.refusal import BrokenInvariant, Refusal
from kemiao.base.tables import read_packaged
from kemiao.chain.rules.participants import distrusted
from kemiao.chain.rules.state import State, day_of
from kemiao.law.priority import Place, Right, ranked
from kemiao.law.rule import Law

FLOATING_OVER = ("machine", "stock")  # kinds of things that a floating charge of their owner covers (art. 396)


@dataclass(frozen=True, slots=True)
class Seen:
    """word: standing, released, lapsed, distrusted. claim_fen, pledged_fen: what is left of them. value: as the state has it."""

    id: str
    word: str
    holder: str
    claim_fen: int
    pledged_fen: int | None
    until: str
    value: Mapping[str, Any]

    @property
    def stands(self) -> bool:
        return self.word == "standing"

    @property
    def pledged_of_total_fen(self) -> int:
        """Of a receivable: the part that is pledged, all of it where no part was named."""
        total: int = self.value["total_fen"] or 0
        return total if self.pledged_fen is None else self.pledged_fen


@cache
def priority_law() -> Law:
    """The rows that the program was shipped with, not those that a home has loaded: every node must rank alike."""
    return {"priority": read_packaged("kemiao.law.tables", "priority")}


def seen(state: State, right_id: str, day: str) -> Seen | None:
    """None where there is no such right. day: as of which it stands or has lapsed (its last day is inside)."""
    value = state.get(f"right/{right_id}")
    if value is None:
        return None
    now = Seen(right_id, "standing", value["by"], value["claim_fen"], value["pledged_fen"], value["until"], value)
    if distrusted(state, value["by"], value["key"], value["at"]):
        return replace(now, word="distrusted")
    for act in value["acts"]:
        # After an act that doesn't count, what rested on it doesn't either: only the holder of that moment could act.
        if act["by"] == now.holder and now.stands and not distrusted(state, act["by"], act["key"], act["at"]):
            now = after(now, act)
    return replace(now, word="lapsed") if now.stands and now.until < day else now


def after(now: Seen, act: Mapping[str, Any]) -> Seen:
    if now.until < day_of(act["at"]):
        return now  # it had lapsed before: an earlier renewal did not count
    match act["act"]:
        case "transfer":
            return replace(now, holder=act["to"])
        case "renew":
            return replace(now, until=max(now.until, act["until"]))
        case "release" if act["amount_fen"] is None:
            return replace(now, word="released")
        case "release" if now.value["total_fen"] is not None:
            left = now.pledged_of_total_fen - act["amount_fen"]
            return replace(now, word="standing" if left > 0 else "released", pledged_fen=max(left, 0))
        case "release":
            left = now.claim_fen - act["amount_fen"]
            return replace(now, word="standing" if left > 0 else "released", claim_fen=max(left, 0))
    raise BrokenInvariant(f"no right is {act['act']}d")


def over(state: State, place: Mapping[str, str], debtor: str | None, day: str) -> list[Seen]:
    """Rights that stand over a thing, its owner's floating charges among them, in the order of registration."""
    ids: list[str] = list(state.get(f"asset/{place['kind']}/{place['id']}") or ())
    direct = standing_of(state, ids, day)
    if place["kind"] == "movables":
        owners = {debtor} if debtor is not None else set()
    elif place["kind"] in FLOATING_OVER:
        owners = {each.value["debtor"] for each in direct} | ({debtor} if debtor is not None else set())
    else:
        owners = set()
    floating = [own for owner in sorted(owners) for own in state.get(f"floating/{owner}") or () if own not in ids]
    return sorted([*direct, *standing_of(state, floating, day)], key=lambda each: each.value["number"])


def standing_of(state: State, ids: Iterable[str], day: str) -> list[Seen]:
    return [each for own in ids if (each := seen(state, own, day)) is not None and each.stands]


def in_order(rights: Sequence[Seen], day: str) -> tuple[Place, ...] | Refusal:
    """As the law ranks them on a day."""
    return ranked([as_lawful(each.id, each.value, each.claim_fen) for each in rights], priority_law(), date.fromisoformat(day))  # fmt: skip


def as_lawful(own: str, value: Mapping[str, Any], claim_fen: int) -> Right:
    """The right in the law's words. Deliveries of pledges are not seen here: the chain ranks by what is registered on it."""
    bought = value["delivered_on"]
    return Right(
        own, value["right"], claim_fen, date.fromisoformat(day_of(value["at"])), value["at"], value["number"],
        None if bought is None else date.fromisoformat(bought), bought is not None, None if value["contract_on"] is None else date.fromisoformat(value["contract_on"]),
    )  # fmt: skip
