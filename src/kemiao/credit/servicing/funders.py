"""Parts of loans that funders hold: who holds how much, and what of a loan's movements is theirs.

Servicing knows how much of a loan is sold in all; here that is divided among several, to the fen.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

CASH = ("repay", "recover")  # what is passed on
_SIGNS = {
    "sell": 1, "accrue": 1, "opening": 1, "disburse": 1, "renewed": 1, "repay": -1, "write_off": -1, "renew": -1, "buy_back": -1,
}  # fmt: skip
_PARTS = {"principal": "principal_fen", "interest": "interest_fen", "penalty": "penalty_fen", "compound": "penalty_fen"}


@dataclass(frozen=True, slots=True)
class Holding:
    """From a day on (the end of it) funders hold these shares, ppm of the loan."""

    day: date
    message: str
    shares: Mapping[str, int]


def holdings(messages: Iterable[Mapping[str, Any]]) -> list[Holding]:
    """From one loan's messages in their order, without those that were reversed. More than is there is neither sold nor bought."""
    rows = list(messages)
    reversed_ = {row["word"] for row in rows if row["kind"] == "reverse"}
    shares: dict[str, int] = {}
    found = []
    for row in rows:
        if row["kind"] not in ("sell", "buy_back") or row["message"] in reversed_:
            continue
        funder, share = row["counterparty"] or "", max(row["share_ppm"] or 0, 0)
        held = shares.get(funder, 0)
        if row["kind"] == "sell":
            held += min(share, 1_000_000 - sum(shares.values()))
        else:
            held -= min(share, held)
        shares = {name: ppm for name, ppm in {**shares, funder: held}.items() if ppm > 0}
        found.append(Holding(row["value_day"], row["message"], shares))
    return found


def held_on(found: Sequence[Holding], day: date) -> Mapping[str, int]:
    """Shares at the end of a day."""
    return next((one.shares for one in reversed(found) if one.day <= day), {})


def divide(amount_fen: int, shares: Mapping[str, int]) -> dict[str, int]:
    """An amount among funders by their shares: largest remainders get the rest, of equals the first by name."""
    total = sum(shares.values())
    if not total:
        return {}
    names = sorted(shares)
    parts = {name: divmod(amount_fen * shares[name], total) for name in names}
    rest = amount_fen - sum(whole for whole, _ in parts.values())
    lucky = set(sorted(names, key=lambda name: (-parts[name][1], name))[:rest])
    return {name: parts[name][0] + (name in lucky) for name in names}


def movements(lines: Iterable[Mapping[str, Any]], found: Sequence[Holding], funder: str) -> list[dict[str, Any]]:
    """A loan's lines as far as they are the funder's: day, kind, component, amount_fen, message. In the lines' order.

    What funders hold together of a component is divided anew after each line, so that nobody's part drifts and all end at
    zero. A sale or a buying back is its counterparty's alone. On the day of a sale what stands before it in the lines is
    divided as before it.
    """
    by_message = {one.message: place for place, one in enumerate(found)}
    held: dict[str, dict[str, int]] = {}  # component → funder → fen
    shares: Mapping[str, int] = {}
    answer = []
    for line in lines:
        place = by_message.get(line["message"])
        component, sign = _moves(line["kind"], line["component"])
        if place is not None:
            before = found[place - 1].shares if place else {}
            shares = found[place].shares
            party = next((name for name in {**before, **shares} if before.get(name) != shares.get(name)), None)
            amount = line["amount_fen"] if party == funder else 0
            if component is not None and party is not None:
                own = held.setdefault(component, {})
                own[party] = own.get(party, 0) + sign * line["amount_fen"]
        elif component is None or not line["sold_fen"]:
            continue
        else:
            own = held.get(component, {})
            new = divide(sum(own.values()) + sign * line["sold_fen"], shares)
            amount = sign * (new.get(funder, 0) - own.get(funder, 0))
            held[component] = new
        if amount:
            answer.append({"day": line["value_day"], "kind": line["kind"], "component": line["component"], "amount_fen": amount, "message": line["message"]})  # fmt: skip
    return answer


def _moves(kind: str, component: str) -> tuple[str | None, int]:
    """The balance that a line moves, and which way; None where no balance moves."""
    if component in ("fee", "kept", "price"):
        return None, 0
    if kind == "recover":
        return "recovered", 1
    if component == "forgiven":
        return "principal", -1
    if kind == "restructure":  # interest goes over into principal
        return component, 1 if component == "principal" else -1
    return (component, _SIGNS[kind]) if kind in _SIGNS else (None, 0)


def account(moved: Iterable[Mapping[str, Any]], first: date, last: date) -> dict[str, int]:
    """A funder's account of one loan between two days, both included: of principal

    closing = opening + bought + drawn − principal − sold_back − written_off − other. remitted is the cash: all that was
    collected, recoveries of what was written off with it.
    """
    names = ("opening_fen", "bought_fen", "drawn_fen", "principal_fen", "sold_back_fen", "written_off_fen", "other_fen")
    sums = dict.fromkeys(
        (*names, "closing_fen", "interest_fen", "penalty_fen", "recovered_fen", "price_fen", "remitted_fen"), 0
    )
    for one in moved:
        if one["day"] > last:
            continue
        name, sign = _place(one["kind"], one["component"])
        if one["day"] < first:
            sums["opening_fen"] += sign * one["amount_fen"]
            continue
        if name is not None:
            sums[name] += one["amount_fen"]
        if one["kind"] in CASH and one["component"] in _PARTS:
            sums["remitted_fen"] += one["amount_fen"]
    sums["closing_fen"] = (
        sums["opening_fen"] + sums["bought_fen"] + sums["drawn_fen"] - sums["principal_fen"] - sums["sold_back_fen"]
        - sums["written_off_fen"] - sums["other_fen"]
    )  # fmt: skip
    return sums


def _place(kind: str, component: str) -> tuple[str | None, int]:
    """Where an amount is summed, and how it moves the principal that the funder holds."""
    if component == "price":
        return "price_fen", 0
    if kind == "recover":
        return "recovered_fen", 0
    if component == "principal":
        moves = {
            "sell": ("bought_fen", 1), "buy_back": ("sold_back_fen", -1), "repay": ("principal_fen", -1), "write_off": ("written_off_fen", -1),
            "disburse": ("drawn_fen", 1), "renewed": ("drawn_fen", 1), "opening": ("drawn_fen", 1), "restructure": ("drawn_fen", 1),
            "renew": ("other_fen", -1),
        }  # fmt: skip
        return moves.get(kind, (None, 0))
    if component == "forgiven":
        return "other_fen", -1
    if kind == "repay" and component in _PARTS:
        return _PARTS[component], 0
    return None, 0
