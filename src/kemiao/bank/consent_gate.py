"""What the shared chain opens of a reading: consents first, each counted by an accepted entry; nothing where they don't stand.

A batch that was imported under a consent on the chain is readable under that consent alone. What was imported on paper is
readable until the company withdraws on the chain. docs/decisions/023.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from kemiao.bank.views import Batch
from kemiao.base.refusal import Refusal, Refused
from kemiao.facts.permit import Purpose, Reading, Told
from kemiao.facts.tables import TABLES

if TYPE_CHECKING:
    from kemiao.bank.chain_side import SharedChain
    from kemiao.bank.intents import EntryDraft
    from kemiao.chain.node import Node

ON_PAPER = {"paper": "on file"}  # basis of an entry: the paper's name, and whose it is, stays in the event log
_ON_CHAIN = re.compile(r"consent:([0-9a-f]{64})")
_FEW = 50  # companies that are looked up one by one; beyond, a list of all is cheaper


@dataclass(slots=True)
class Gate:
    """left_out: company → why. closed: batches of which no row may be read. accounts: batch → those that its consent names.
    readings: what the chain accepted. consents: those of the subjects. told: subjects with papers that are on
    the chain themselves."""

    left_out: dict[str, Refusal] = field(default_factory=dict)
    closed: set[int] = field(default_factory=set)
    accounts: dict[int, tuple[str, ...]] = field(default_factory=dict)
    readings: list[Reading] = field(default_factory=list)
    consents: frozenset[str] = frozenset()
    told: tuple[Told, ...] = ()


@dataclass(frozen=True, slots=True)
class _Under:
    """The batches under one consent. value: as the state has it; None where it is not on this chain."""

    consent: str
    value: Mapping[str, Any] | None
    batches: tuple[Batch, ...]
    tables: tuple[str, ...]

    @property
    def company(self) -> str | None:
        return self.value["company"] if self.value else None


def consent_of(basis: str) -> str | None:
    """The id of the consent on the chain that a basis names; None for paper, office, own, anonymised."""
    named = _ON_CHAIN.fullmatch(basis)
    return named[1] if named else None


def is_paper(basis: str) -> bool:
    return basis.startswith("consent:") and consent_of(basis) is None


def open_gate(
    chain: SharedChain, subjects: Sequence[str], purpose: Purpose, wanted: Sequence[str], standing: Sequence[Batch], day: str
) -> Gate:  # fmt: skip
    """Submits the readings that consents need, in one group. Nothing is submitted where the state already says no.

    wanted: tables. standing: batches that brought any of them. Raises Refused where a reading must be signed and the passphrase is
    missing, Outage where a follower can't learn whether a consent was revoked.
    """
    gate = Gate()
    if any(batch.basis.startswith("consent:") for batch in standing):
        _refresh(chain, any(consent_of(batch.basis) for batch in standing))
    node = chain.node
    found = _by_consent(node, wanted, standing)
    withdrawn = _withdrawn(node, chain.me, subjects)
    if purpose != "subject_access":  # the company's own right: no consent, no withdrawal stands in its way
        for company in withdrawn:
            if any(is_paper(batch.basis) and _may_concern(batch, company) for batch in standing):
                gate.left_out[company] = _was_withdrawn(company, chain.me)
        _consents(chain, gate, frozenset(subjects), purpose, found, day)
    opened = set(subjects) - set(gate.left_out)
    gate.consents = frozenset(under.consent for under in found if under.company in opened)
    # Who withdrew is told too: of what office or our own dealings still let us read, which it may have other views of.
    other = [batch for batch in standing if purpose == "subject_access" or consent_of(batch.basis) is None]
    gate.told = _told(node, subjects, set(gate.left_out), wanted, other)
    return gate


def _refresh(chain: SharedChain, by_consent: bool) -> None:
    """Revocations count from when the chain has them. On paper alone a missing passphrase stops nothing: then the replica is
    as new as its last visit."""
    try:
        chain.refresh()
    except Refused as refused:
        if by_consent or refused.refusal.code != "PASSPHRASE_NEEDED":
            raise


def _consents(
    chain: SharedChain, gate: Gate, subjects: frozenset[str], purpose: Purpose, found: Sequence[_Under], day: str
) -> None:
    planned: list[tuple[_Under, EntryDraft]] = []
    for under in found:
        draft = _reading(chain, under, purpose, day)
        if under.company in subjects and under.company is not None:
            if isinstance(draft, Refusal):
                gate.left_out.setdefault(under.company, draft)
            else:
                planned.append((under, draft))
        elif isinstance(draft, Refusal):
            gate.closed |= {batch.number for batch in under.batches}
            for company in _owners(under) & subjects:
                gate.left_out.setdefault(company, draft)
        elif _is_counted(chain.node, under.consent):  # this reading would not be counted on it
            gate.closed |= {batch.number for batch in under.batches}
    planned = [(under, draft) for under, draft in planned if under.company not in gate.left_out]
    results = chain.read_many([draft for _, draft in planned]) if planned else []
    for (under, _), result in zip(planned, results, strict=True):
        company = str(under.company)
        if isinstance(result, Refusal):
            gate.left_out.setdefault(company, result)
        else:
            gate.readings.append(result)
    for under in found:
        if under.company in gate.left_out:
            gate.closed |= {batch.number for batch in under.batches}
        elif under.value and under.value["accounts"] is not None:
            gate.accounts |= {batch.number: tuple(under.value["accounts"]) for batch in under.batches}


def _is_counted(node: Node, consent: str) -> bool:
    """Whether the consent, or one that it was passed on from, has a number of queries or an approval of each."""
    from kemiao.chain.rules.standing import with_parents

    return any(each["ask"] or each["queries"] is not None for _, each in with_parents(node, consent))


def not_open(chain: SharedChain, batch: Batch) -> Refusal | None:
    """Why papers of a batch that wait outside the lake may not be looked at: its consent does not stand, or who is named as
    their owner withdrew. Raises Outage where a follower can't learn that."""
    from kemiao.chain.rules.standing import standing

    consent = consent_of(batch.basis)
    if not batch.basis.startswith("consent:"):
        return None
    _refresh(chain, consent is not None)
    if consent is None:
        gone = _withdrawn(chain.node, chain.me, batch.companies)
        return _was_withdrawn(gone[0], chain.me) if gone else None
    value = chain.node.get(f"consent/{consent}")
    stands = standing(chain.node, consent, chain.me, None, (), value["accounts"] if value else None, chain.today())
    return stands if isinstance(stands, Refusal) else None


def closed_today(
    chain: SharedChain, subjects: Sequence[str], purpose: Purpose, wanted: Sequence[str], standing: Sequence[Batch]
) -> frozenset[str]:
    """Whom the chain, as far as this home knows it, does not open today: for what was read before and is still at hand. Nothing is
    submitted, nobody is told, and no query is counted."""
    day, asked = chain.today(), set(subjects)
    closed = {
        company for company in _withdrawn(chain.node, chain.me, subjects)
        if any(is_paper(batch.basis) and _may_concern(batch, company) for batch in standing)
    }  # fmt: skip
    for under in _by_consent(chain.node, wanted, standing):
        whose = {under.company} & asked if under.company is not None else _owners(under) & asked
        if whose and isinstance(_reading(chain, under, purpose, day), Refusal):
            closed |= {company for company in whose if company is not None}
    return frozenset(closed)


def _owners(under: _Under) -> set[str]:
    """Whose papers came under a consent that this chain does not know."""
    return set() if under.value else {company for batch in under.batches for company in batch.companies}


def _reading(chain: SharedChain, under: _Under, purpose: Purpose, day: str) -> EntryDraft | Refusal:
    """The entry by which a consent opens its tables, or why it doesn't stand."""
    from kemiao.bank.intents import EntryDraft
    from kemiao.chain.rules.standing import WITH_ACCOUNTS, approved, standing
    from kemiao.chain.views import requests

    limited = under.value["accounts"] if under.value and not WITH_ACCOUNTS.isdisjoint(under.tables) else None
    consent = standing(chain.node, under.consent, chain.me, purpose, under.tables, limited, day)
    if isinstance(consent, Refusal):
        return consent
    request = None
    if consent["ask"]:
        mine = requests(chain.node, day, company=consent["company"])
        asked = [one.id for one in mine if one.value["consent"] == under.consent and one.value["reader"] == chain.me]
        tried = [approved(chain.node, one, under.consent, purpose, under.tables) for one in [*asked, None]]
        request = next(
            (one for one, answer in zip(asked, tried, strict=False) if not isinstance(answer, Refusal)), None
        )
        if request is None:
            return next(answer for answer in tried if isinstance(answer, Refusal))
    body = {
        "consent": under.consent, "request": request, "purpose": purpose, "tables": list(under.tables),
        "accounts": None if limited is None else list(limited),
    }  # fmt: skip
    return EntryDraft("reading", consent["company"], basis={"consent": under.consent}, body=body)


def _by_consent(node: Node, wanted: Sequence[str], standing: Sequence[Batch]) -> list[_Under]:
    grouped: dict[str, list[Batch]] = {}
    for batch in standing:
        consent = consent_of(batch.basis)
        if consent is not None:
            grouped.setdefault(consent, []).append(batch)
    return [
        _Under(consent, node.get(f"consent/{consent}"), tuple(batches), tuple(name for name in wanted if any(name in batch.tables for batch in batches)))
        for consent, batches in sorted(grouped.items())
    ]  # fmt: skip


def _withdrawn(node: Node, me: str, subjects: Sequence[str]) -> list[str]:
    from kemiao.chain.views import every

    if len(subjects) <= _FEW:
        return [company for company in subjects if node.get(f"withdrawn/{company}/{me}") is not None]
    wanted = set(subjects)
    said = (
        key.removeprefix("withdrawn/").removesuffix(f"/{me}")
        for key, _ in every(node, "withdrawn/")
        if key.endswith(f"/{me}")
    )
    return [company for company in said if company in wanted]  # fmt: skip


def _was_withdrawn(company: str, me: str) -> Refusal:
    from kemiao.chain.rules.consents import withdrawn

    return withdrawn(company, me)


def _told(
    node: Node, subjects: Sequence[str], without: set[str], wanted: Sequence[str], other: Sequence[Batch]
) -> tuple[Told, ...]:
    """Who sees an entry of its own for what is read without a consent on the chain. other: the batches of which that is."""
    from kemiao.chain.views import every

    if len(subjects) <= _FEW:
        there = {company for company in subjects if node.get(f"company/{company}") is not None}
    else:
        there = {key.removeprefix("company/") for key, _ in every(node, "company/")} & set(subjects)
    told = []
    for company in sorted(there - without):
        its = [batch for batch in other if _may_concern(batch, company)]
        tables = tuple(name for name in wanted if any(name in batch.tables for batch in its))
        if tables:
            told.append(Told(company, tables, tuple(sorted({batch.basis for batch in its}))))
    return tuple(told)


def _may_concern(batch: Batch, company: str) -> bool:
    """An import names the owners of papers with two parties; whose the other papers are, only the lake knows."""
    one_party = any(TABLES[name].subjects == ("company",) for name in batch.tables)
    return one_party or not batch.companies or company in batch.companies
