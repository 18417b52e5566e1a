"""Tracing as one would write it for a reader: accounts are lists of [origin, state, hops, amount], payments come one by one."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Account:
    owner: int
    lots: list[list[int]] = field(default_factory=list)  # origin (−1 nobody's), state, hops, amount

    def put(self, lot: list[int], proportional: bool) -> None:
        if lot[3] == 0:
            return
        if proportional:
            for own in self.lots:
                if own[:3] == lot[:3]:
                    own[3] += lot[3]
                    return
            self.lots.append(list(lot))
            self.lots.sort(key=lambda own: own[:3])
        else:
            self.lots.append(list(lot))

    def take(self, amount: int, proportional: bool) -> list[list[int]]:
        whole = sum(lot[3] for lot in self.lots)
        taken: list[list[int]] = []
        if proportional and amount < whole:
            upto = before = 0
            for lot in self.lots:
                upto += lot[3]
                piece = amount * upto // whole - before
                before += piece
                taken.append([*lot[:3], piece])
                lot[3] -= piece
        else:
            for lot in self.lots:
                piece = min(lot[3], amount)
                amount -= piece
                taken.append([*lot[:3], piece])
                lot[3] -= piece
        self.lots = [lot for lot in self.lots if lot[3]]
        return [lot for lot in taken if lot[3]]


def naive(world: dict[str, Any], proportional: bool) -> list[Counter[str]]:
    """world: accounts (owner, opening), loans (account, day, amount, purpose kinds, payee), payments
    (day, from account, to account or None, amount, party, kind), one on a day. Returns outcome reasons of each loan."""
    accounts = [Account(owner, [[-1, 0, 0, opening]] if opening else []) for owner, opening in world["accounts"]]
    found: list[Counter[str]] = [Counter() for _ in world["loans"]]
    events = [(loan["day"], 0, place) for place, loan in enumerate(world["loans"])]
    events += [(payment["day"], 1, place) for place, payment in enumerate(world["payments"])]
    for _, what, place in sorted(events):
        if what == 0:
            loan = world["loans"][place]
            accounts[loan["account"]].put([place, 0, 0, loan["amount"]], proportional)
            continue
        payment = world["payments"][place]
        payer = accounts[payment["from"]]
        taken = payer.take(payment["amount"], proportional)
        missing = payment["amount"] - sum(lot[3] for lot in taken)
        for lot in [*taken, [-1, 0, 0, missing]]:
            onward = _judge(world, found, payer.owner, payment, lot) if lot[0] >= 0 else [-1, 0, 0, lot[3]]
            if payment["to"] is not None:
                accounts[payment["to"]].put(onward, proportional)
    for account in accounts:
        for tag, state, _, amount in account.lots:
            if tag >= 0:
                own = account.owner == world["loans"][tag]["borrower"]
                found[tag][["cash_own" if own else "cash_others", "for_purpose", "related"][state]] += amount
    return [Counter({reason: amount for reason, amount in one.items() if amount}) for one in found]


def _judge(world: dict[str, Any], found: list[Counter[str]], payer: int, payment: dict[str, Any], lot: list[int]) -> list[int]:  # fmt: skip
    tag, state, hops, amount = lot
    loan, rules, party, kind = world["loans"][tag], world["rules"], payment["party"], payment["kind"]
    seen = payment["to"] is not None

    def end(reason: str) -> list[int]:
        found[tag][reason] += amount
        return [-1, 0, 0, amount]

    def settled(plain: str) -> list[int]:
        return end([plain, "for_purpose", "related"][state])

    if hops >= rules["hops"]:
        return settled("beyond_hops")
    if party == loan["borrower"] and payer != party:
        return end("round_trip")
    if party == loan["borrower"] and not seen:
        return end("own_elsewhere")
    if party != loan["borrower"]:
        good = kind in loan["kinds"] or (party >= 0 and party == loan["payee"]) or (loan["borrower"], party) in world["suppliers"]  # fmt: skip
        if state != 1 and not good and kind in ("property", "securities", "lending"):
            return end(kind)
        if party >= 0 and world["group"][party] == world["group"][loan["borrower"]] and party != loan["payee"]:
            state = 2
        elif state == 0 and good:
            state = 1
        elif state == 0 and not seen:
            return end("left" if kind == "unknown" else "other_use")
        if not seen or (state == 1 and payment["day"] > loan["day"] + rules["watch"]):
            return settled("left")
    if amount * 1_000_000 < loan["amount"] * rules["least_ppm"]:
        return settled("too_small")
    return [tag, state, hops + 1, amount]
