"""consent: a company grants, approves, revokes and sees who read; a reader asks and passes on. All of it is the chain's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from kemiao.bank.chain_ids import named
from kemiao.bank.chain_side import SharedChain, chain_of
from kemiao.bank.world import World
from kemiao.base.digest import digest_bytes
from kemiao.base.refusal import Refusal
from kemiao.chain import views
from kemiao.chain.node import Accepted
from kemiao.chain.rules.standing import covered


@dataclass(frozen=True, slots=True)
class Grant:
    """from_on, until: ISO days, both inside. queries: None for any number. accounts: None for all. own_text: of --notice."""

    reader: str
    tables: tuple[str, ...]
    purposes: tuple[str, ...]
    from_on: str
    until: str
    queries: int | None = None
    accounts: tuple[str, ...] | None = None
    ask: bool = False
    may_pass_on: bool = False
    own_text: str | None = None


@dataclass(frozen=True, slots=True)
class PassOn:
    """None: as the consent has it that is passed on."""

    consent: str
    reader: str
    tables: tuple[str, ...] | None = None
    purposes: tuple[str, ...] | None = None
    until: str | None = None
    queries: int | None = None
    may_pass_on: bool = False


@dataclass(frozen=True, slots=True)
class Request:
    """consent: None to look for one that asks, and to ask for a consent where there is none. tables: None for all of it."""

    company: str | None
    purpose: str
    tables: tuple[str, ...] | None
    consent: str | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """given: by our company. held: by us. requests: that wait at our company, or that we made."""

    given: list[views.ConsentSeen]
    held: list[views.ConsentSeen]
    requests: list[views.RequestSeen]

    def as_json(self) -> dict[str, Any]:
        return {
            "given": [one.as_json() for one in self.given], "held": [one.as_json() for one in self.held],
            "requests": [one.as_json() for one in self.requests],
        }  # fmt: skip


def own_company(chain: SharedChain) -> str | Refusal:
    company: str | None = (chain.node.get(f"participant/{chain.me}") or {}).get("company")
    if company is not None:
        return company
    return Refusal.at("NOT_A_COMPANY", "本参与方不代表任何企业:授权由企业在自己的目录里给出", "this participant speaks for no company: a consent is given from the company's own home", participant=chain.me)  # fmt: skip


def grant(world: World, asked: Grant, shown: str) -> Accepted | Refusal:
    """shown: the very text that was put before the company (bank.consent_notice). It is kept, and its digest signed."""
    chain = chain_of(world)
    company = own_company(chain)
    if isinstance(company, Refusal):
        return company
    notice = digest_bytes("notice", shown.encode())
    if world.log.last("consent_notice", ref=notice) is None:
        with world.log.write() as tx:
            tx.append("consent_notice", company, notice, public={"text": shown})
    body = {
        "reader": asked.reader, "tables": list(asked.tables), "purposes": list(asked.purposes), "from": asked.from_on,
        "until": asked.until, "queries": asked.queries, "ask": asked.ask, "may_pass_on": asked.may_pass_on, "notice": notice,
        "accounts": None if asked.accounts is None else list(asked.accounts),
    }  # fmt: skip
    return chain.act("consent.grant", subject=company, body=body)


def request(world: World, asked: Request) -> Accepted | Refusal:
    chain = chain_of(world)
    chain.refresh()
    consent = _to_ask_under(chain, asked)
    if isinstance(consent, Refusal):
        return consent
    company, tables = asked.company, asked.tables
    if consent is not None:
        company, tables = consent.value["company"], tables or tuple(consent.value["tables"])
        if asked.company not in (None, company):
            return Refusal.at(
                "OTHER_COMPANY", "授权来自另一家企业", "the consent is another company's", company=company
            )
    if company is None or tables is None:
        return Refusal("NOTHING_TO_ASK_UNDER", "没有可用的授权:请用 --company 和 --table 写明要向谁申请什么", "there is no consent to ask under: name with --company and --table who is asked for what")  # fmt: skip
    body = {"consent": None if consent is None else consent.id, "purpose": asked.purpose, "tables": list(tables)}
    return chain.act("consent.request", subject=company, body=body)


def _to_ask_under(chain: SharedChain, asked: Request) -> views.ConsentSeen | Refusal | None:
    if asked.consent is not None:
        own = named(chain.node, "consent", asked.consent)
        return own if isinstance(own, Refusal) else views.consent_seen(chain.node, own, chain.today())
    if asked.company is None:
        return None
    for one in views.consents(chain.node, chain.today(), company=asked.company, reader=chain.me):
        fits = set(asked.tables or one.value["tables"]) <= set(one.value["tables"])
        if one.word == "standing" and one.value["ask"] and fits and covered(one.value["purposes"], asked.purpose):
            return one
    return None


def approve(world: World, request: str) -> Accepted | Refusal:
    chain = chain_of(world)
    chain.refresh()
    own = named(chain.node, "request", request)
    if isinstance(own, Refusal):
        return own
    waiting: dict[str, Any] = chain.node.get(f"request/{own}") or {}
    return chain.act("consent.approve", subject=waiting["company"], body={"request": own})


def pass_on(world: World, asked: PassOn) -> Accepted | Refusal:
    chain = chain_of(world)
    chain.refresh()
    own = named(chain.node, "consent", asked.consent)
    if isinstance(own, Refusal):
        return own
    held: dict[str, Any] = chain.node.get(f"consent/{own}") or {}
    body = {
        "consent": own, "reader": asked.reader, "tables": list(asked.tables or held["tables"]),
        "purposes": list(asked.purposes or held["purposes"]), "until": asked.until or held["until"], "queries": asked.queries,
        "may_pass_on": asked.may_pass_on,
    }  # fmt: skip
    return chain.act("consent.pass", subject=held["company"], body=body)


def revoke(world: World, consent: str | None, reader: str | None) -> Accepted | Refusal:
    chain = chain_of(world)
    company = own_company(chain)
    if isinstance(company, Refusal):
        return company
    own: str | Refusal | None = None
    if consent is not None:
        chain.refresh()
        own = named(chain.node, "consent", consent)
        if isinstance(own, Refusal):
            return own
    return chain.act("consent.revoke", subject=company, body={"consent": own, "reader": reader})


def listing(world: World, company: str | None = None, reader: str | None = None) -> Listing:
    """What our company gave, what we hold, and the requests of both; of one company or one reader where named. As far as this
    home knows: whoever asks for news does it before, since the node may be away."""
    chain = chain_of(world)
    node, day = chain.node, chain.today()
    ours = own_company(chain)
    given = [] if isinstance(ours, Refusal) else views.consents(node, day, company=ours, reader=reader)
    held = views.consents(node, day, company=company, reader=chain.me)
    wait = [] if isinstance(ours, Refusal) else views.requests(node, day, company=ours)
    made = views.requests(node, day, company=company, reader=chain.me)
    return Listing(
        [one for one in given if company in (None, one.value["company"])],
        [one for one in held if reader in (None, one.value["reader"])],
        [one for one in (*wait, *made) if reader in (None, one.value["reader"]) and company in (None, one.value["company"])],
    )  # fmt: skip


def reads(world: World, company: str | None = None) -> list[dict[str, Any]] | Refusal:
    """Who read a company's papers (our own company's unless named), each with the reader's name. As far as this home knows."""
    chain = chain_of(world)
    of = own_company(chain) if company is None else company
    if isinstance(of, Refusal):
        return of
    return [{**one, "name": name_of(chain, one["reader"])} for one in views.readings(chain.node, of)]


def name_of(chain: SharedChain, participant: str) -> str:
    return str((chain.node.get(f"participant/{participant}") or {}).get("name", participant))


def known_tables(texts: Sequence[str]) -> tuple[str, ...] | Refusal:
    """Tables of facts by name; `all` for every one."""
    from kemiao.facts.tables import TABLES

    if list(texts) == ["all"]:
        return tuple(TABLES)
    unknown = next((text for text in texts if text not in TABLES), None)
    if unknown is not None:
        return Refusal.at("NO_SUCH_TABLE", f"没有这个事实表;有:{'、'.join(TABLES)}", f"there is no such table of facts; there are {', '.join(TABLES)}", table=unknown)  # fmt: skip
    return tuple(dict.fromkeys(texts))


def known_purposes(texts: Sequence[str]) -> tuple[str, ...] | Refusal:
    from kemiao.facts.permit import COVERS

    unknown = next((text for text in texts if text not in COVERS), None)
    if unknown is not None:
        return Refusal.at("NO_SUCH_PURPOSE", f"没有这种用途;有:{'、'.join(COVERS)}", f"there is no such purpose; there are {', '.join(COVERS)}", purpose=unknown)  # fmt: skip
    return tuple(dict.fromkeys(texts))
