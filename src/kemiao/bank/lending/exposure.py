"""What a company has of this bank already, beside a request: owed, agreed and not paid out, offered; and what its group owes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import pyarrow.compute as pc

from kemiao.bank.lending.applications import Application, applications
from kemiao.bank.lending.own_book import Standing, standing_of
from kemiao.bank.lending.quality import debtors_on
from kemiao.bank.world import World
from kemiao.credit.profile.own_loans import as_repaid, own_loans

_OPEN = ("offered", "accepted", "proposed")  # the bank is bound, and there is no loan yet


@dataclass(frozen=True, slots=True)
class Exposure:
    """owed_fen: of loans in the book, without the one that is renewed. undrawn_fen: of signed loans, revolving lines what could be drawn
    again. offered_fen: open offers of other applications. group, group_fen: borrowers under one control as `kemiao book related` last
    found them, and what they owe together without this company; None where it is of no group that is known."""

    owed_fen: int = 0
    undrawn_fen: int = 0
    offered_fen: int = 0
    group: str | None = None
    group_fen: int | None = None

    @property
    def committed_fen(self) -> int:
        return self.undrawn_fen + self.offered_fen

    def as_json(self) -> dict[str, Any]:
        """Only what there is."""
        return {name: value for name, value in asdict(self).items() if value}


def exposure(world: World, company: str, beside: str | None = None, renews: str | None = None) -> Exposure:
    """As of today. beside: the application that is being offered; renews: the loan that it would take over."""
    day = world.clock.today()
    group, others = _group(world, company, day)
    standing = standing_of(world, (company, *others), day)
    asked = [each for each in applications(world, company) if each.id != beside]
    if standing is None or not standing.loans.num_rows:
        return Exposure(offered_fen=_offered_fen(asked, {}, day))
    counted = own_loans(standing.loans, standing.states, standing.messages, day)
    counted = counted if renews is None else as_repaid(counted, renews)
    whole = pc.sum(counted["balance_fen"]).as_py() or 0
    owed = pc.sum(counted.filter(pc.equal(counted["company"], company))["balance_fen"]).as_py() or 0
    principal = dict(zip(standing.loans["loan"].to_pylist(), standing.states["principal_fen"].to_pylist(), strict=True))
    closed = {each.loan for each in asked if each.step == "signed" and each.until is not None and day > each.until}
    undrawn = sum(
        _undrawn_fen(loan, state, principal)
        for loan, state in _rows(standing, company)
        if loan["loan"] != renews and loan["loan"] not in closed
    )
    return Exposure(owed, undrawn, _offered_fen(asked, principal, day), group, whole - owed if group else None)


def _rows(standing: Standing, company: str) -> Iterable[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    mine = pc.equal(standing.loans["company"], company)
    return zip(standing.loans.filter(mine).to_pylist(), standing.states.filter(mine).to_pylist(), strict=True)


def _undrawn_fen(loan: Mapping[str, Any], state: Mapping[str, Any], principal: Mapping[str, int]) -> int:
    """What could still be drawn. An imported term loan was drawn before it came in; a renewal pays out nothing that is not owed already."""
    if state["status"] not in ("agreed", "active"):
        return 0
    if loan["repayment"] == "revolving":
        return max(int(loan["amount_fen"]) - int(state["principal_fen"]), 0)
    if loan["origin"] == "imported":
        return 0
    return max(int(loan["amount_fen"]) - int(state["drawn_fen"]) - principal.get(str(loan["renews"]), 0), 0)


def _offered_fen(asked: Iterable[Application], principal: Mapping[str, int], day: date) -> int:
    terms = [each.offer["terms"] for each in asked if each.offer is not None and each.word(day) in _OPEN]
    return sum(max(int(one["amount_fen"]) - principal.get(str(one.get("renews")), 0), 0) for one in terms)


def _group(world: World, company: str, day: date) -> tuple[str | None, tuple[str, ...]]:
    """The group's name, and who else is in it."""
    debtors = debtors_on(world, day)
    own = debtors.filter(pc.equal(debtors["company"], company))["group"].to_pylist()
    if not own or own[0] is None:
        return None, ()
    members = debtors.filter(pc.equal(debtors["group"], own[0]))["company"].to_pylist()
    return own[0], tuple(sorted(each for each in members if each != company))
