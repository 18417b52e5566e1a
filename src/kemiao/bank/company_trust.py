"""What a company sees of the trust that it gives: consents, who read what and why, receipts. Folds over chain, event log, access log."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from kemiao.bank.access_log import Access
from kemiao.bank.chain_side import SharedChain
from kemiao.bank.commands.consent import name_of
from kemiao.bank.event_log import Event
from kemiao.bank.portal_accounts import portal_account
from kemiao.bank.views import batches
from kemiao.bank.world import World
from kemiao.base.refusal import Refusal
from kemiao.chain import views
from kemiao.chain.rules.contracts import seen

MOST = 2000  # entries of each source, the newest, that a list is made of
_VISIT_MS = 600_000  # looks of one account for one purpose within so long of each other are one visit


@dataclass(frozen=True, slots=True)
class PaperConsent:
    """A batch of papers of the company that rests on something else than a consent of the chain."""

    batch: int
    basis: str
    tables: tuple[str, ...]
    imported_on: str


@dataclass(frozen=True, slots=True)
class Consents:
    """given: by the company, to anybody, on the chain (with readers' names). requests: that wait for it. papers: in this home."""

    given: tuple[dict[str, Any], ...]
    requests: tuple[dict[str, Any], ...]
    papers: tuple[PaperConsent, ...]


@dataclass(frozen=True, slots=True)
class Look:
    """Somebody read of the company. at: milliseconds since 1970, UTC. source: chain, bank or portal. who: a participant, or an account's
    roles; name: as the policy allows. times: looks that were put together. entry: on the chain. status: of the last answer."""

    id: str
    at: int
    source: str
    who: str
    name: str | None
    purpose: str
    tables: tuple[str, ...]
    basis: str | None = None
    entry: str | None = None
    route: str | None = None
    status: int | None = None
    times: int = 1


@dataclass(frozen=True, slots=True)
class Receipt:
    """What can be proved of the company. id: what proves it (an entry or a decision). entry: None where it waits for the chain."""

    id: str
    what: str
    at: int
    entry: str | None
    index: int | None
    state: str | None = None
    with_whom: str | None = None


def consents_of(world: World, company: str) -> Consents:
    """As far as this home knows."""
    chain = world.chain
    papers = tuple(
        PaperConsent(batch.number, batch.basis, tuple(batch.tables), batch.imported_on.isoformat())
        for batch in batches(world)
        if company in batch.companies and not _on_chain(batch.basis)
    )
    if chain is None:
        return Consents((), (), papers)
    given = [{**one.as_json(), "name": name_of(chain, one.value["reader"])} for one in views.consents(chain.node, chain.today(), company=company)]  # fmt: skip
    asked = [{**one.as_json(), "name": name_of(chain, one.value["reader"])} for one in views.requests(chain.node, chain.today(), company=company)]  # fmt: skip
    return Consents(tuple(given[::-1]), tuple(asked[::-1]), papers)


def looks_at(world: World, company: str, accesses: Sequence[Access], *, own: bool = False) -> list[Look]:
    """The newest first. accesses: the portal's log of the company. own: its own accounts' looks too."""
    chain = world.chain
    there = {} if chain is None else {one["id"]: one for one in views.readings(chain.node, company)}
    found: list[Look] = []
    for event in _readings(world, company):
        entry = next((one for one in _entries(world, event) if one in there), None)
        if entry is not None:
            del there[entry]
        public = event.public
        found.append(Look(f"event-{event.seq}", _ms(event.at), "bank", "bank", None, public["purpose"], tuple(public["tables"]), "; ".join(public["bases"])[:300] or None, entry))  # fmt: skip
    for one in there.values():
        found.append(_on_the_chain(chain, one))  # type: ignore[arg-type]  # there is one, or nothing would be in it
    found += _visits(world, accesses, own)
    return sorted(found, key=lambda look: (-look.at, look.id))


def receipts_of(world: World, company: str) -> list[Receipt]:
    """The newest first: decisions, contracts, consents given and taken back."""
    found = [_decision(world, event) for event in world.log.events("decision", subject=company, newest_first=True, most=200)]  # fmt: skip
    chain = world.chain
    if chain is not None:
        node, day = chain.node, chain.today()
        for one in views.consents(node, day, company=company):
            record = node.find(one.id)
            found.append(Receipt(one.id, "consent", one.value["at"], one.id, record.index if record else None, one.word, one.value["reader"]))  # fmt: skip
        for key, _ in views.every(node, f"contracts/{company}/"):
            contract = seen(node, key.rpartition("/")[2], day)
            if contract is not None:
                found += _contract(chain, contract.id, contract.word, contract.value)
        for record in _own(chain, company, "consent.revoke"):
            found.append(Receipt(record.id, "revocation", record.at, record.id, record.index))
    return sorted(found, key=lambda one: (-one.at, one.id))


def owner_of_receipt(world: World, own: str) -> str | None:
    """Whose a decision is, or the entry of an id: the company that it names."""
    if own.startswith("dec-"):
        event = world.log.last("decision", ref=own)
        return event.subject if event else None
    record = None if world.chain is None or len(own) != 64 else world.chain.node.find(own)
    return None if record is None else _subject(record.envelope)


def owner_of_consent(world: World, own: str) -> str | None:
    value = None if world.chain is None else world.chain.node.get(f"consent/{own}")
    return None if value is None else str(value["company"])


# -- readings


def _readings(world: World, company: str) -> Iterator[Event]:
    """Receipts that name the company, alone or among others. Of a reading of very many the receipt has a digest of them only."""
    yield from world.log.events("reading", subject=company, newest_first=True, most=MOST)
    for event in world.log.events("reading", newest_first=True, most=MOST):
        if event.subject is None and company in event.public.get("subjects", ()):
            yield event


def _entries(world: World, event: Event) -> Iterable[str]:
    yield from event.public.get("entries", ())
    for anchored in world.log.events("anchored", ref=str(event.seq)):
        yield str(anchored.public["entry"])


def _on_the_chain(chain: SharedChain, one: Mapping[str, Any]) -> Look:
    basis = one["basis"] or {}
    told = f"consent:{one['consent']}" if one["consent"] else "; ".join(f"{name}: {text}" for name, text in basis.items())  # fmt: skip
    name = name_of(chain, one["reader"])
    return Look(f"chain-{one['id']}", one["at"], "chain", one["reader"], name, one["purpose"], tuple(one["tables"]), told or None, one["id"])  # fmt: skip


def _visits(world: World, accesses: Sequence[Access], own: bool) -> list[Look]:
    names = bool(world.policy.named("access", world.clock.today()).get("readings", {}).get("names", False))
    found: list[Look] = []
    latest: dict[tuple[str, str], tuple[int, int]] = {}  # place in found, and the oldest look of that visit so far
    who: dict[str, tuple[str, str | None, bool]] = {}
    for access in accesses:  # the newest first
        if access.account is None:
            continue
        if access.account not in who:
            who[access.account] = _role(world, access.account, names)
        role, name, is_company = who[access.account]
        if is_company and not own:
            continue
        purpose = str(access.said.get("why"))
        place, oldest = latest.get((access.account, purpose), (None, 0))
        if place is not None and oldest - access.at <= _VISIT_MS:
            before = found[place]
            found[place] = replace(before, times=before.times + 1)
            latest[access.account, purpose] = (place, access.at)
            continue
        latest[access.account, purpose] = (len(found), access.at)
        found.append(Look(f"access-{access.seq}", access.at, "portal", role, name, purpose, (), None, None, str(access.said.get("route")), int(access.said.get("status", 0))))  # fmt: skip
    return found


def _role(world: World, account: str, names: bool) -> tuple[str, str | None, bool]:
    """What an account is, its person's name where the policy tells it, and whether it is a company's."""
    found = portal_account(world, account)
    if isinstance(found, Refusal):
        return "closed", None, False
    return ", ".join(sorted(found.roles)), found.person if names or found.kind == "company" else None, found.kind == "company"  # fmt: skip


# -- receipts


def _decision(world: World, event: Event) -> Receipt:
    from kemiao.bank.outbox import anchors
    from kemiao.bank.own_entries import run_of

    run = None if world.chain is None else run_of(world, event)
    anchored = [] if run is None else anchors(world, run.seq)
    entry, index = (anchored[0]["entry"], anchored[0]["index"]) if anchored else (None, None)
    return Receipt(str(event.ref), "decision", _ms(event.at), entry, index)


def _contract(chain: SharedChain, own: str, word: str, value: Mapping[str, Any]) -> list[Receipt]:
    record = chain.node.find(own)
    made = [Receipt(own, "contract_proposed", value["at"], own, record.index if record else None, word, value["by"])]
    if value["signed"] is not None:
        signed = chain.node.find(value["signed"]["entry"])
        made.append(Receipt(value["signed"]["entry"], "contract_signed", value["signed"]["at"], value["signed"]["entry"], signed.index if signed else None, word, value["by"]))  # fmt: skip
    return made


def _own(chain: SharedChain, company: str, kind: str) -> list[Any]:
    from kemiao.chain.sqlite_node import SqliteNode

    node = chain.node
    return node.chosen(kind=kind, subject=company, last=200) if isinstance(node, SqliteNode) else []


def _subject(envelope: bytes) -> str | None:
    from kemiao.chain.entry import open_envelope

    opened = open_envelope(envelope)
    return None if isinstance(opened, Refusal) else opened.entry.subject


def _on_chain(basis: str) -> bool:
    from kemiao.bank.consent_gate import consent_of

    return consent_of(basis) is not None


def _ms(at: str) -> int:
    return int(datetime.fromisoformat(at).timestamp() * 1000)
