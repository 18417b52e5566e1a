"""Signing for a company: what is to be signed is drafted, shown in words, and signed by the company's own key in its browser, or by the
key in the bank's custody after the account has shown its password again."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from kemiao.portal.door import Asked, Asking, CompanyKey, done, router
from kemiao.portal.guessing import counted

routes = router("signing")
Hex64 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
KeyId = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
Participant = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]{1,39}$")]
Name = Annotated[str, Field(pattern=r"^[a-z_]{1,40}$")]
Signature = Annotated[str, Field(pattern=r"^[0-9a-f]{128}$")]
Password = Annotated[str, Field(min_length=1, max_length=256)]


class Closed(BaseModel):
    model_config = ConfigDict(extra="forbid")


class KeyShown(BaseModel):
    """since: milliseconds since 1970, UTC. custody: its file lies with the bank."""

    key: str
    suite: str
    public: str
    purposes: list[str]
    since: int
    custody: bool


class KeyOf(BaseModel):
    """chain: null where the bank takes part in none. participant: null where nobody on it speaks for the company. how: custody, own, or
    null without a participant. candidate: the id that the company would take. waiting: a card of it lies here for a chain to come."""

    chain: str | None
    participant: str | None
    how: Literal["custody", "own"] | None
    keys: list[KeyShown]
    candidate: str
    waiting: str | None


class DraftGrant(Closed):
    what: Literal["grant"]
    reader: Participant
    tables: list[Name] = Field(min_length=1, max_length=64)
    purposes: list[Name] = Field(min_length=1, max_length=16)
    from_on: date | None = None
    until: date
    queries: int | None = Field(default=None, ge=1, le=1_000_000)
    accounts: list[Annotated[str, Field(min_length=4, max_length=64)]] | None = Field(
        default=None, min_length=1, max_length=50
    )
    ask: bool = False
    may_pass_on: bool = False
    key: KeyId | None = None


class DraftRevoke(Closed):
    what: Literal["revoke"]
    consent: Hex64 | None = None
    reader: Participant | None = None
    key: KeyId | None = None


class DraftApprove(Closed):
    what: Literal["approve"]
    request: Hex64
    key: KeyId | None = None


class DraftContract(Closed):
    """contract: the entry by which the bank proposed it."""

    what: Literal["contract"]
    contract: Hex64
    key: KeyId | None = None


Drafting = Annotated[DraftGrant | DraftRevoke | DraftApprove | DraftContract, Field(discriminator="what")]


class Draft(BaseModel):
    """entry: the exact text; its id is SHA-256 of `kemiao/entry` 00 and the text, and what is signed is `kemiao/signature/entry` 00 and
    the id. how: by which of the two ways `key` signs."""

    entry: str
    id: str
    kind: str
    key: str
    how: Literal["custody", "own"]
    zh: str
    en: str
    document: dict[str, Any] | None = None


class Signing(Closed):
    """signature: of the browser's key. password: instead, where the key is in the bank's custody."""

    draft: str = Field(max_length=60_000)
    signature: Signature | None = None
    password: Password | None = None


class SignedEntry(BaseModel):
    """at: milliseconds since 1970, UTC, by the node's clock."""

    entry: str
    kind: str
    index: int
    at: int
    how: Literal["custody", "own"]
    key: str
    again: bool


class KeyCard(Closed):
    """A key with the proof that it is held (chain.genesis, key.rotate)."""

    key: KeyId
    suite: Literal["ed25519", "sm2"]
    public: Annotated[str, Field(pattern=r"^([0-9a-f]{64}|[0-9a-f]{128})$")]
    purposes: list[Name] = Field(min_length=1, max_length=4)
    proof: Signature


class Release(Closed):
    entries: KeyCard
    keys: KeyCard
    password: Password


class Card(Closed):
    """card: as chain.genesis has it, signed by its own keys."""

    card: dict[str, Any]


class HandedIn(BaseModel):
    participant: str


@routes.get("/companies/{company}/key")
def key(asked: Asking, company: CompanyKey) -> KeyOf:
    """How the company signs, and with which keys."""
    from kemiao.bank.commands.company_key import participant_id
    from kemiao.bank.company_keys import company_keys

    with asked.world() as world:
        found = company_keys(world, company)
    return KeyOf(
        chain=found.chain, participant=found.participant, how=found.how, candidate=participant_id(company), waiting=found.waiting,
        keys=[KeyShown(key=one.key, suite=one.suite, public=one.public, purposes=list(one.purposes), since=one.since, custody=one.custody) for one in found.keys],
    )  # fmt: skip


@routes.post("/companies/{company}/drafts")
def draft(asked: Asking, company: CompanyKey, body: Drafting) -> Draft:
    """What is to be signed, numbered as the company's next entry, with the words that say what it means. Nothing is kept."""
    from kemiao.bank.commands import company_key as run
    from kemiao.bank.commands.consent import Grant, known_tables

    document = None
    with asked.world() as world:
        match body:
            case DraftGrant():
                tables = done(known_tables(body.tables))
                chosen = Grant(
                    body.reader, tables, tuple(dict.fromkeys(body.purposes)), body.from_on.isoformat() if body.from_on else _today(world),
                    body.until.isoformat(), body.queries, tuple(dict.fromkeys(body.accounts)) if body.accounts else None, body.ask, body.may_pass_on,
                )  # fmt: skip
                made = run.draft_grant(world, company, chosen, body.key)
            case DraftRevoke():
                made = run.draft_revoke(world, company, body.consent, body.reader, body.key)
            case DraftApprove():
                made = run.draft_approve(world, company, body.request, body.key)
            case DraftContract():
                made = run.draft_contract(world, company, body.contract, body.key)
                document = run.contract_document(world, company, body.contract)
        told = done(made)
    return Draft(entry=told.entry, id=told.id, kind=told.kind, key=told.key, how=told.how, zh=told.zh, en=told.en, document=document)  # fmt: skip


@routes.post("/companies/{company}/signatures")
def sign(asked: Asking, company: CompanyKey, body: Signing) -> SignedEntry:
    """Takes a signed draft to the chain. Refuses what was drafted before something else was signed (SEQUENCE_USED): draft it again."""
    from kemiao.base.refusal import Refusal, Refused

    if (body.signature is None) == (body.password is None):
        raise Refused(Refusal("UNFIT_INPUT", "签名与密码须且只须给一个", "give the signature or the password, one of them"))  # fmt: skip
    from kemiao.bank.commands import company_key as run

    if body.password is not None:
        again(asked, body.password)
    with asked.world() as world:
        if body.signature is not None:
            answer = run.submit(world, company, body.draft, body.signature, asked.account)
        else:
            answer = run.sign_kept(world, company, body.draft, asked.account)
        return _signed(done(answer))


@routes.post("/companies/{company}/card")
def card(asked: Asking, company: CompanyKey, body: Card) -> HandedIn:
    """Keys that the company made before there is a chain: whoever starts one takes the card along."""
    from kemiao.bank.commands.company_key import hand_in_card

    with asked.world() as world:
        return HandedIn(participant=done(hand_in_card(world, company, body.card, asked.account)))


@routes.post("/companies/{company}/key/release")
def release(asked: Asking, company: CompanyKey, body: Release) -> list[SignedEntry]:
    """Out of the bank's custody: keys of the company's own take the place of those that the bank kept."""
    from kemiao.bank.commands.company_key import release as run

    again(asked, body.password)
    with asked.world() as world:
        given = (body.entries.model_dump(), body.keys.model_dump())
        return [_signed(one) for one in done(run(world, company, *given, asked.account))]


def again(asked: Asked, password: str) -> None:
    """The account shows once more that it is its person who acts. Raises Refused PASSWORD_WRONG, TOO_MANY_REQUESTS."""
    from kemiao.bank.credentials import fits
    from kemiao.bank.sign_in_rules import sign_in_rules
    from kemiao.base.refusal import Refusal

    wrong = Refusal("PASSWORD_WRONG", "密码不对,没有签署", "the password is wrong; nothing was signed")
    counted(asked, lambda world: fits(world, asked.account, password, sign_in_rules(world)) or wrong)


def _today(world: Any) -> str:
    from kemiao.bank.chain_side import chain_of

    return chain_of(world).today()


def _signed(one: Any) -> SignedEntry:
    return SignedEntry(entry=one.entry, kind=one.kind, index=one.index, at=one.at, how=one.how, key=one.key, again=one.again)  # fmt: skip
