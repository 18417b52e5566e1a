"""Searches: limited a day, and each leaves a receipt that the debtor can list. What is found is read off the state.

State: searches/<participant>/<day> → count; searched/asset/<kind>/<blinded id>/<entry id> and searched/debtor/<company>/<entry id>
→ {by, at, reason, asset, debtor, found}.
"""

from __future__ import annotations

from typing import Any

from kemiao.base.refusal import Refusal
from kemiao.chain.blinding import PARTS
from kemiao.chain.entry import Signed, is_digest
from kemiao.chain.rules import bodies as form
from kemiao.chain.rules.registration import is_company
from kemiao.chain.rules.rights import over
from kemiao.chain.rules.state import Effects, State, day_of

SEARCHERS = frozenset(("bank", "guarantor", "leasing", "factor", "funder", "regulator", "auditor"))
REASON_MAX = 200


def _is_place(value: object) -> bool:
    return (
        isinstance(value, dict)
        and value.keys() == {"kind", "id"}
        and isinstance(value["kind"], str)
        and value["kind"] in PARTS
        and is_digest(value["id"])
    )


_SEARCH = {
    "asset": form.nothing_or(_is_place),
    "debtor": form.nothing_or(is_company),
    "reason": form.nothing_or(form.text(REASON_MAX)),
}


def search(state: State, signed: Signed, at: int) -> Effects | Refusal:
    """body: {"asset": {kind, id} | null, "debtor": company | null, "reason": text | null where it was not stated}: a thing, all of a debtor's, or a thing of a debtor
    (whose floating charges count then too)."""
    entry, day = signed.entry, day_of(at)
    body = {"asset": None, "debtor": None, **(entry.body or {})}
    refused = form.faulty(entry, {"reason": _SEARCH["reason"]}, _SEARCH)
    if refused is not None:
        return refused
    asset, debtor = body["asset"], body["debtor"]
    if asset is None and debtor is None:
        return form.malformed("asset")
    if entry.subject not in (None, debtor):
        return Refusal.at("SUBJECT_IS_THE_DEBTOR", "查询条目的对象应为债务人", "the entry's subject is to be the debtor", debtor=debtor)  # fmt: skip
    refused = _may_not(state, entry.author, debtor)
    if refused is not None:
        return refused
    count = state.get(f"searches/{entry.author}/{day}") or 0
    limit: int = (state.get("genesis") or {})["parameters"]["searches_per_day"]
    if count >= limit:
        return Refusal.at("SEARCH_LIMIT", f"今天已查询 {count} 次,上限 {limit}", f"{count} searches were made today, {limit} are allowed", day=day)  # fmt: skip
    found = [] if asset is None else over(state, asset, debtor, day)
    receipt = {
        "by": entry.author, "at": at, "reason": body["reason"], "asset": asset, "debtor": debtor,
        "found": None if asset is None else len(found),
    }  # fmt: skip
    told = {each.value["debtor"] for each in found} | ({debtor} if debtor is not None else set())
    puts: dict[str, Any] = {f"searches/{entry.author}/{day}": count + 1}
    puts |= {f"searched/debtor/{company}/{signed.id}": receipt for company in sorted(told)}
    if asset is not None:
        puts[f"searched/asset/{asset['kind']}/{asset['id']}/{signed.id}"] = receipt
    return Effects(puts)


def _may_not(state: State, author: str, debtor: str | None) -> Refusal | None:
    """Lenders and those who watch over them; a company about itself."""
    known = state.get(f"participant/{author}") or {}
    if not SEARCHERS.isdisjoint(known.get("roles", ())) or (debtor is not None and known.get("company") == debtor):
        return None
    return Refusal.at("ROLE_MAY_NOT_SEARCH", "该参与方的角色不能查询担保登记;企业只能查询自己(--debtor 本企业)", "the participant has no role that may search; a company may for itself alone (--debtor with its own code)", participant=author)  # fmt: skip
