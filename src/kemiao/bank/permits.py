"""Permits: the only place that builds one. Each import recorded its basis; what has no basis is not read, and what rests on a
consent of the shared chain only while that stands there."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from kemiao.bank.consent_gate import ON_PAPER, Gate, consent_of, open_gate
from kemiao.bank.event_log import Transaction
from kemiao.bank.intents import keep_readings
from kemiao.bank.views import Batch, batches
from kemiao.bank.world import World
from kemiao.base.digest import merkle_root
from kemiao.base.refusal import BrokenInvariant, Refused
from kemiao.facts.permit import Permit, Purpose
from kemiao.facts.tables import TABLES

_NAMED = 100  # up to here a receipt names its subjects; beyond, it commits to them
_SALT_BYTES = 32
_SUBJECT_ACCESS = "征信业管理条例 17: subject access"


def permit(
    world: World,
    subjects: Sequence[str],
    purpose: Purpose,
    tables: Sequence[str] | None = None,
    until: date | None = None,
    brought: Sequence[Batch] | None = None,
    *,
    or_nobody: bool = False,
) -> Permit:
    """For today, over every table that a batch with a basis brought (or those of `tables` among them).

    brought: the batches as they stood at an earlier decision, to read again what it read; those of today otherwise.
    Of several subjects those that the chain does not open are left out, and named; where none remains, Refused says why, unless
    the reader can do without (or_nobody).
    """
    standing = batches(world) if brought is None else brought
    known = {table for batch in standing for table in batch.tables}
    wanted = [name for name in (TABLES if tables is None else tables) if name in known]
    standing = [batch for batch in standing if set(batch.tables) & set(wanted)]
    day, asked = until or world.clock.today(), tuple(sorted(set(subjects)))
    gate = (
        Gate() if world.chain is None else open_gate(world.chain, asked, purpose, wanted, standing, world.chain.today())
    )
    opened = tuple(company for company in asked if company not in gate.left_out)
    if gate.left_out and world.chain is not None:
        if not opened and not or_nobody:
            raise Refused(gate.left_out[asked[0]])
        world.chain.left_out |= gate.left_out
    # Consents of other companies are nobody's business here: neither in a decision nor in a receipt.
    bases = sorted({batch.basis for batch in standing if consent_of(batch.basis) in (None, *gate.consents)})
    return Permit(
        opened, tuple(wanted), purpose, day, "reading", tuple(bases), tuple(sorted(gate.accounts.items())),
        tuple(sorted(gate.closed)), tuple(sorted(gate.left_out.items())), tuple(gate.readings),
        None if world.chain is None else gate.told,
    )  # fmt: skip


def opened_together(permits: Sequence[Permit]) -> Permit:
    """To look once at what each of these opens: they are alike but for their subjects. Each has its own receipt."""
    first = permits[0]
    if any((one.tables, one.purpose, one.until, one.closed, one.accounts) != (first.tables, first.purpose, first.until, first.closed, first.accounts) for one in permits):  # fmt: skip
        raise BrokenInvariant("permits that open different things are looked at together")
    subjects = sorted({subject for one in permits for subject in one.subjects})
    bases = sorted({basis for one in permits for basis in one.bases})
    return replace(first, subjects=tuple(subjects), bases=tuple(bases), readings=(), told=None)


def receipt(tx: Transaction, given: Permit) -> int:
    """What a company can later be shown: who read, which tables, for what, on what basis. In a home with a chain the entries of
    the consents are named, and what was read without a consent there waits for the chain."""
    named = {"subjects": list(given.subjects)} if len(given.subjects) <= _NAMED else {"count": len(given.subjects)}
    root = merkle_root([subject.encode() for subject in given.subjects])
    public = {**named, "root": root, "tables": list(given.tables), "purpose": given.purpose, "until": given.until, "bases": list(given.bases)}  # fmt: skip
    subject = given.subjects[0] if len(given.subjects) == 1 else None
    if given.told is None:
        return tx.append("reading", subject, public=public)
    salt = tx.random_bytes(_SALT_BYTES)
    event = tx.append("reading", subject, public=public | {"entries": [one.entry for one in given.readings]}, private={"salt": salt.hex()})  # fmt: skip
    keep_readings(tx, given.readings)
    _tell(tx, event, given, salt)
    return event


def _tell(tx: Transaction, event: int, given: Permit, salt: bytes) -> None:
    """An entry for each company that is on the chain; one for all others, who are hidden in a salted root."""
    if not given.tables or not given.subjects:
        return
    for told in given.told or ():
        basis = _basis(given.purpose, told.bases)
        tx.witness(event, {"kind": "reading", "subject": told.company, "purpose": given.purpose, "tables": list(told.tables), "basis": basis})  # fmt: skip
    shown = {*(told.company for told in given.told or ()), *(one.company for one in given.readings)}
    rest = [company for company in given.subjects if company not in shown]
    if rest:
        root = merkle_root([hidden(salt, company) for company in rest])
        schemes = sorted({basis.partition(":")[0] for basis in given.bases})
        tx.witness(event, {
            "kind": "readings", "count": len(rest), "root": root, "purpose": given.purpose, "tables": list(given.tables),
            "basis": _basis(given.purpose, given.bases), "bases": schemes, "until": given.until.isoformat(),
        })  # fmt: skip


def hidden(salt: bytes, company: str) -> bytes:
    """Leaf data of a company in a reading of many: with the salt, which we keep, it can be shown to have been among them."""
    return b"kemiao/reading\0" + hashlib.sha256(salt + company.encode()).digest()


def _basis(purpose: Purpose, bases: Sequence[str]) -> dict[str, str]:
    """The basis of an entry that rests on no consent of the chain: the strictest of those on record. Names of papers stay here."""
    if purpose == "subject_access":
        return {"office": _SUBJECT_ACCESS}
    offices = [basis.partition(":")[2] for basis in bases if basis.startswith("office:")]
    if any(basis.startswith("consent:") for basis in bases):
        return ON_PAPER
    if offices:
        return {"office": "; ".join(offices)[:200]}
    return {"own": "own"} if "own" in bases else {"anonymised": "anonymised"}
