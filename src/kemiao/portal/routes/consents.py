"""Consents of a company: whom it lets read what, for what, until when. They are given and taken back by its signature (signing)."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from kemiao.portal.door import Asking, CompanyKey, router

routes = router("consents")


class Consent(BaseModel):
    """state: standing, not_yet, expired, revoked, used_up, distrusted. at: milliseconds since 1970, UTC. left: queries that remain; null where
    they are not counted. parent: of which it is a part that was passed on."""

    id: str
    state: str
    reader: str
    name: str
    tables: list[str]
    purposes: list[str]
    from_on: str
    until: str
    queries: int | None
    left: int | None
    accounts: list[str] | None
    ask: bool
    may_pass_on: bool
    at: int
    revoked: int | None
    parent: str | None


class ConsentRequest(BaseModel):
    """state: waiting, approved, used, answered, lapsed. consent: null where it asks for one."""

    id: str
    state: str
    reader: str
    name: str
    consent: str | None
    purpose: str
    tables: list[str]
    at: int


class PaperConsent(BaseModel):
    """Papers in the bank that rest on another basis than a consent of the chain."""

    batch: int
    basis: str
    tables: list[str]
    imported_on: str


class Consents(BaseModel):
    """chain: whether this bank takes part in one; without, consents are papers."""

    chain: bool
    given: list[Consent]
    requests: list[ConsentRequest]
    papers: list[PaperConsent]


class Choice(BaseModel):
    name: str
    zh: str
    en: str


class ReaderChoice(BaseModel):
    id: str
    name: str
    roles: list[str]
    me: bool


class ConsentChoices(BaseModel):
    """What a consent can say here: readers of the chain, tables of facts, purposes. day: today, in China."""

    readers: list[ReaderChoice]
    tables: list[Choice]
    purposes: list[Choice]
    day: str


class Notice(BaseModel):
    """The very text that stood before the company when it signed; null where it signed elsewhere."""

    zh: str | None
    en: str | None


@routes.get("/companies/{company}/consents")
def consents(asked: Asking, company: CompanyKey) -> Consents:
    """Consents that the company has given, requests that wait for it, and papers that rest on something else."""
    from kemiao.bank.company_trust import consents_of

    with asked.world() as world:
        found, chain = consents_of(world, company), world.chain is not None
    return Consents(
        chain=chain, given=[_consent(one) for one in found.given], requests=[_request(one) for one in found.requests],
        papers=[PaperConsent(batch=one.batch, basis=one.basis, tables=list(one.tables), imported_on=one.imported_on) for one in found.papers],
    )  # fmt: skip


@routes.get("/consents/{consent}")
def consent(asked: Asking, consent: str) -> Notice:
    """What was put before the company."""
    from kemiao.bank.chain_side import chain_of

    with asked.world() as world:
        value = chain_of(world).node.get(f"consent/{consent}") or {}
        event = world.log.last("consent_notice", ref=str(value.get("notice")))
    zh, _, en = ("" if event is None else str(event.public["text"])).partition("\n\n")
    return Notice(zh=zh or None, en=en.strip() or None)


@routes.get("/consent-choices")
def choices(asked: Asking) -> ConsentChoices:
    """What a consent can say here: readers, tables, purposes."""
    from kemiao.bank.consent_notice import PURPOSES
    from kemiao.chain.views import every
    from kemiao.facts.tables import TABLES

    with asked.world() as world:
        chain = world.chain
        readers = [] if chain is None else [
            ReaderChoice(id=key.removeprefix("participant/"), name=value["name"], roles=value["roles"], me=key == f"participant/{chain.me}")
            for key, value in every(chain.node, "participant/")
            if value["company"] is None and value["suspended"] is None
        ]  # fmt: skip
        day = world.clock.today().isoformat() if chain is None else chain.today()
    return ConsentChoices(
        readers=sorted(readers, key=lambda one: (not one.me, one.id)), day=day,
        tables=[Choice(name=name, zh=table.zh, en=table.en) for name, table in TABLES.items()],
        purposes=[Choice(name=name, zh=zh, en=en) for name, (zh, en) in PURPOSES.items() if name not in ("subject_access", "import")],
    )  # fmt: skip


def _consent(one: dict[str, Any]) -> Consent:
    same = ("id", "state", "reader", "name", "tables", "purposes", "until", "queries", "left", "accounts", "ask", "may_pass_on", "at", "revoked", "parent")  # fmt: skip
    return Consent(**{name: one[name] for name in same}, from_on=one["from"])


def _request(one: dict[str, Any]) -> ConsentRequest:
    return ConsentRequest(**{name: one[name] for name in ("id", "state", "reader", "name", "consent", "purpose", "tables", "at")})  # fmt: skip
