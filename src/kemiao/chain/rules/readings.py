"""Readings: who read whose tables, for what, on which basis. Under a consent the entry is the gate: checked and counted."""

from __future__ import annotations

from kemiao.base.refusal import Refusal
from kemiao.chain.entry import Signed
from kemiao.chain.rules import bodies as form
from kemiao.chain.rules.consents import no_approval_needed, withdrawn
from kemiao.chain.rules.standing import approved, standing, with_parents, withdrawals
from kemiao.chain.rules.state import Effects, State, Value, day_of

_ONE = {
    "consent": form.nothing_or(form.DIGEST), "request": form.nothing_or(form.DIGEST), "purpose": form.is_purpose,
    "tables": form.TABLES_NAMED, "accounts": form.nothing_or(form.ACCOUNTS),
}  # fmt: skip
_MANY = {
    "count": form.number(0),
    "root": form.DIGEST,
    "purpose": form.is_purpose,
    "tables": form.many(form.is_table, 100, 0),
}
_MANY_ALSO = {"bases": form.many(form.text(200), 100, 0), "until": form.DAY}


def reading(state: State, signed: Signed, at: int) -> Effects | Refusal:
    """State: readings/<company>/<entry id> → {reader, at, sequence, purpose, tables, accounts, consent, request, basis}.

    A withdrawal ends what the reader has on paper. It does not reach what the reader must read by law (office) or has of its own,
    its loans to the company: such a reading stands in the company's list with its basis, for it to dispute.

    Of many companies, on paper: subject None, nothing is checked, and the root lets the reader show later whom it had read.
    """
    entry = signed.entry
    if entry.subject is None:
        refused = form.faulty(entry, _MANY, _MANY_ALSO) or _basis_missing(
            entry.basis, {"paper", "office", "own", "anonymised"}
        )
        return Effects() if refused is None else refused
    refused = form.faulty(entry, _ONE)
    if refused is not None:
        return refused
    body, basis = dict(entry.body or {}), dict(entry.basis or {})
    puts: dict[str, Value | None] = {}
    if body["consent"] is not None or "consent" in basis:
        if basis.get("consent") != body["consent"]:
            return form.malformed("consent")
        gate = _counted(state, signed, at)
        if isinstance(gate, Refusal):
            return gate
        puts = gate
    else:
        refused = _basis_missing(basis, {"paper", "office", "own", "anonymised"})
        if refused is None and body["request"] is not None:
            refused = form.malformed("request")
        if refused is None and "paper" in basis and withdrawals(state, entry.subject, entry.author):
            refused = withdrawn(entry.subject, entry.author)
        if refused is not None:
            return refused
    made = {**body, "reader": entry.author, "at": at, "sequence": entry.sequence, "basis": basis}
    return Effects({**puts, f"readings/{entry.subject}/{signed.id}": made})


def _counted(state: State, signed: Signed, at: int) -> dict[str, Value | None] | Refusal:
    """One query off the consent, off each that it was passed on from, and the approval used."""
    entry, body = signed.entry, signed.entry.body or {}
    consent_id, purpose, tables = body["consent"], body["purpose"], body["tables"]
    consent = standing(state, consent_id, entry.author, purpose, tables, body["accounts"], day_of(at))
    if isinstance(consent, Refusal):
        return consent
    if consent["company"] != entry.subject:
        return Refusal.at("OTHER_COMPANY", "授权来自另一家企业", "the consent is another company's", consent=consent_id)
    puts: dict[str, Value | None] = {}
    if consent["ask"]:
        request = approved(state, body["request"], consent_id, purpose, tables)
        if isinstance(request, Refusal):
            return request
        puts[f"request/{body['request']}"] = {**request, "used": signed.id}
    elif body["request"] is not None:
        return no_approval_needed(consent_id)
    for each_id, each in with_parents(state, consent_id):
        puts[f"consent/{each_id}"] = {**each, "used": each["used"] + 1}
    return puts


def _basis_missing(basis: object, known: set[str]) -> Refusal | None:
    if isinstance(basis, dict) and basis and set(basis) <= known:
        return None
    return Refusal.at("NO_BASIS", "读取须有依据:授权、书面、职权、自有或匿名", "a reading needs a basis: consent, paper, office, own or anonymised")  # fmt: skip
