"""Applications as their applicant makes and follows them: asking, the yes to an offer, the contract. What the bank does to them is casework."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from kemiao.bank.lending.applications import Application
from kemiao.bank.world import World
from kemiao.base.money import FEN_MAX
from kemiao.base.refusal import Refusal, Refused
from kemiao.portal.acting import effort_of
from kemiao.portal.door import Asked, Asking, CompanyKey, Cursor, Limit, Page, done, paged, resumable, router
from kemiao.portal.routes.products import Costs, MoneyWords, costs_of

routes = router("applications")


class OfferCondition(BaseModel):
    """at: signing or drawdown. ticked: the bank has seen it."""

    code: str
    zh: str
    en: str
    at: str
    ticked: bool = False


class ApplicationStep(BaseModel):
    """who: company, bank, or program where no person acted. account: of the bank's staff, shown to the bank only."""

    step: str
    zh: str
    en: str
    at: str
    who: Literal["company", "bank", "program"]
    account: str | None
    event: int
    condition: str | None = None
    amount_fen: int | None = None


class ApplicationNext(BaseModel):
    """until: by policy lending.toml; null where it promises nothing."""

    what: str
    who: Literal["bank", "company", "nobody"]
    until: date | None
    open: list[OfferCondition]


class OfferShown(BaseModel):
    """digest: of what a yes agrees to. automatic: nobody of the bank had to look at it."""

    digest: str
    until: date | None
    amount_fen: int
    automatic: bool
    decision: str
    costs: Costs
    conditions: list[OfferCondition]
    covenants: list[MoneyWords]


class ContractState(BaseModel):
    """how: chain, portal or paper. signature: of the company: an entry, the contract's digest, or a paper's."""

    how: str
    digest: str | None
    entry: str | None
    signature: str | None
    until: str | None


class ApplicationBrief(BaseModel):
    """purpose: a code of the products, whose words then stand beside it, or the applicant's own words."""

    application: str
    company: str
    product: str
    zh: str
    en: str
    state: str
    state_zh: str
    state_en: str
    on: date
    until: date | None
    amount_fen: int
    months: int
    purpose: str
    purpose_words: MoneyWords | None
    round: int
    loan: str | None
    disbursed_fen: int
    match: str | None


class ApplicationWhole(ApplicationBrief):
    """waits_for: why nothing was decided by itself. declined_for: the reasons, where it was declined."""

    payee: str | None
    payee_account: str | None
    guarantor: str | None
    contact: str | None
    next: ApplicationNext
    waits_for: MoneyWords | None
    declined_for: list[MoneyWords]
    offer: OfferShown | None
    contract: ContractState | None
    steps: list[ApplicationStep]


class AskingForMoney(BaseModel):
    """A request for money. payee: who is to be paid, where that is known already, with its account."""

    model_config = ConfigDict(extra="forbid")
    product: str = Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")
    amount_fen: int = Field(gt=0, le=FEN_MAX)
    months: int = Field(ge=1, le=360)
    purpose: str = Field(min_length=1, max_length=200)
    contact: str | None = Field(default=None, max_length=200)
    payee: str | None = Field(default=None, max_length=200)
    payee_account: str | None = Field(default=None, max_length=200)
    guarantor: str | None = Field(default=None, max_length=200)
    renews: str | None = Field(default=None, max_length=80)
    green: str | None = Field(default=None, max_length=40)


class AcceptingOffer(BaseModel):
    """offer: the digest of the offer that was shown."""

    model_config = ConfigDict(extra="forbid")
    offer: str = Field(min_length=16, max_length=100)


class WithdrawingApplication(BaseModel):
    model_config = ConfigDict(extra="forbid")
    reason: str = Field(default="", max_length=200)


class NewRound(BaseModel):
    model_config = ConfigDict(extra="forbid")
    amount_fen: int | None = Field(default=None, gt=0, le=FEN_MAX)
    months: int | None = Field(default=None, ge=1, le=360)


class SigningContract(BaseModel):
    """digest: of the text that was shown. password: of the account, once more; not for a contract on the chain, where the key signs."""

    model_config = ConfigDict(extra="forbid")
    digest: str = Field(min_length=16, max_length=100)
    password: str | None = Field(default=None, min_length=1, max_length=256)


class ContractText(BaseModel):
    """zh, en: its words, made from the document. digest: of the document, which is what is signed. how: null before the bank has proposed
    it. file: for a company that signs in a home of its own (kemiao sign FILE)."""

    application: str
    zh: str
    en: str
    digest: str
    how: str | None
    entry: str | None
    until: str
    signed: bool
    file: str | None
    document: dict[str, Any]


@routes.get("/companies/{company}/applications")
def of_company(asked: Asking, company: CompanyKey, cursor: Cursor = None, limit: Limit = 50) -> Page[ApplicationBrief]:
    """The newest first."""
    from kemiao.bank.lending.applications import applications

    with asked.world() as world:
        found = sorted(applications(world, company), key=_newest_first)
        some, after = paged(found, _newest_first, cursor, limit)
        return Page(items=[brief(world, each) for each in some], next=after)


@routes.post("/companies/{company}/applications", status_code=201)
@resumable
def ask(asked: Asking, company: CompanyKey, body: AskingForMoney) -> ApplicationWhole:
    """Asks for money; what the product decides without a person is decided at once. The same on one day is one. Who asks at the same
    time as others is assessed with them, as by itself."""
    from kemiao.bank.commands.apply import Apply

    wish = Apply(
        company, body.product, body.amount_fen, body.months, body.purpose, body.payee or None, body.payee_account or None, body.guarantor or None,
        body.renews or None, body.green or None, contact=body.contact or None,
    )  # fmt: skip
    with asked.world() as world:
        effort = effort_of(asked, world)
    made = done(asked.portal.asking.ask((asked, wish, effort)))
    with asked.world() as world:
        return whole(asked, world, made.application)


@routes.get("/applications/{application}")
def show(asked: Asking, application: str) -> ApplicationWhole:
    """An application as its applicant sees it: where it stands, what comes next and by when, its offer, its steps."""
    with asked.world() as world:
        return whole(asked, world, _found(world, application))


@routes.post("/applications/{application}/acceptance")
def accept(asked: Asking, application: str, body: AcceptingOffer) -> ApplicationWhole:
    """The yes to an offer, by the applicant's account or by who of the bank took it."""
    from kemiao.bank.commands.apply import accept as run

    with asked.world() as world:
        return whole(asked, world, done(run(world, application, effort_of(asked, world), seen=body.offer)).application)


@routes.post("/applications/{application}/withdrawal")
def withdraw(asked: Asking, application: str, body: WithdrawingApplication) -> ApplicationWhole:
    """Takes the application back, or says no to its offer: before both have signed."""
    from kemiao.bank.commands.apply import withdraw as run

    with asked.world() as world:
        return whole(asked, world, done(run(world, application, body.reason, effort_of(asked, world))).application)


@routes.post("/applications/{application}/new-round")
@resumable
def reopen(asked: Asking, application: str, body: NewRound) -> ApplicationWhole:
    """A new round of what was declined, withdrawn or has lapsed: assessed anew."""
    from kemiao.bank.commands.ask_for_money import ask_again

    with asked.world() as world:
        made = done(ask_again(world, application, effort_of(asked, world), body.amount_fen, body.months))
        return whole(asked, world, made.application)


@routes.get("/applications/{application}/contract")
def contract(asked: Asking, application: str) -> ContractText:
    """The text that is to be signed, or was."""
    from kemiao.bank.commands.sign import contract_file, kept_contract
    from kemiao.bank.lending.contract import commitment, text

    with asked.world() as world:
        found = _found(world, application)
        document = kept_contract(world, found)
        if document is None:
            raise Refused(Refusal.at("NO_SUCH_CONTRACT", "合同还没有拟好", "there is no contract yet", application=found.id))  # fmt: skip
        said = found.contract
        file = contract_file(world, found)
    return ContractText(
        application=found.id, zh=text(document, "zh"), en=text(document, "en"), digest=commitment(document), how=said["how"] if said else None,
        entry=said.get("contract") if said and said["how"] == "chain" else None, until=document["until"], signed=found.loan is not None,
        file=file.decode() if file else None, document=document,
    )  # fmt: skip


@routes.post("/applications/{application}/contract/signature")
def sign_contract(asked: Asking, application: str, body: SigningContract) -> ApplicationWhole:
    """The company signs the text that it was shown, by its account; or, after its key has signed on the chain, the bank takes note."""
    from kemiao.bank.commands.sign import kept_contract, sign, sign_at_portal
    from kemiao.bank.lending.contract import commitment
    from kemiao.portal.routes.signing import again

    with asked.world() as world:
        found = _found(world, application)
        document = kept_contract(world, found)
        on_chain = found.contract is not None and found.contract["how"] == "chain"
    if document is None or commitment(document) != body.digest:
        raise Refused(Refusal.at("OTHER_TEXT", "所见文本与待签合同不是同一份:请重新打开", "the text that was seen is not the contract: open it again", application=found.id))  # fmt: skip
    if not on_chain:
        if body.password is None:
            raise Refused(Refusal("PASSWORD_NEEDED", "签署须再次输入密码", "to sign, give the password once more"))
        again(asked, body.password)
    with asked.world() as world:
        effort = effort_of(asked, world)
        if on_chain:
            noted = sign(world, application, None, effort)
            if isinstance(noted, Refusal):
                raise Refused(noted)
            return whole(asked, world, noted.application)
        signed = done(sign_at_portal(world, application, body.digest, effort))
        return whole(asked, world, signed.application)


def brief(world: World, found: Application) -> ApplicationBrief:
    return ApplicationBrief(**_brief(world, found))


def whole(asked: Asked, world: World, found: Application) -> ApplicationWhole:
    from kemiao.bank.lending.waiting import next_of, why_waits

    waits = why_waits(world, found)
    following = next_of(found, world.clock.today())
    applied = world.log.private(found.steps[0]) or {}
    return ApplicationWhole(
        **_brief(world, found), payee=found.asked.get("payee"), payee_account=found.asked.get("payee_account"), guarantor=found.asked.get("guarantor"),
        contact=applied.get("contact"),
        next=ApplicationNext(what=following.what, who=following.who, until=following.until, open=[_condition(found, each) for each in following.open]),
        waits_for=MoneyWords(code=waits["code"], zh=waits["zh"], en=waits["en"]) if waits else None,
        declined_for=[MoneyWords(code=each["code"], zh=each["zh"], en=each["en"]) for each in found.why] if found.step == "declined" else [],
        offer=offer_of(world, found), contract=_contract(found.contract), steps=[_step(asked, event) for event in found.steps],
    )  # fmt: skip


def offer_of(world: World, found: Application) -> OfferShown | None:
    """None where there is none, or its product was changed so that it can't be shown."""
    from kemiao.bank.commands.apply import offer_digest
    from kemiao.bank.lending.offer_shown import offer_shown

    if found.offer is None:
        return None
    shown = offer_shown(world, found)
    if isinstance(shown, Refusal):
        return None
    said = found.offer
    until = date.fromisoformat(said["until"]) if said["until"] else None
    return OfferShown(
        digest=offer_digest(said), until=until, amount_fen=shown.row["amount_fen"], automatic=said["automatic"], decision=said["decision"],
        costs=costs_of(shown.row, shown.cost), conditions=[_condition(found, each) for each in said["conditions"]],
        covenants=[MoneyWords(**each) for each in said["covenants"]],
    )  # fmt: skip


def _found(world: World, own: str) -> Application:
    from kemiao.bank.lending.applications import application

    return done(application(world, own))


def _newest_first(found: Application) -> str:
    return f"{10**15 - found.steps[0].seq:016d}"


def _brief(world: World, found: Application) -> dict[str, Any]:
    from kemiao.bank.lending.applications import WORDS
    from kemiao.bank.lending.products import own_file
    from kemiao.credit.products.form import PURPOSES

    day = world.clock.today()
    word = found.word(day)
    name, purpose = str(found.asked["product"]), str(found.asked["purpose"])
    own = own_file(world, name, day)
    zh, en = (name, name) if isinstance(own, Refusal) else (own.head.zh, own.head.en)
    return {
        "application": found.id, "company": found.company, "product": name, "zh": zh, "en": en, "state": word, "state_zh": WORDS[word][0],
        "state_en": WORDS[word][1], "on": found.on, "until": found.until, "amount_fen": found.asked["amount_fen"], "months": found.asked["months"],
        "purpose": purpose, "purpose_words": MoneyWords(code=purpose, zh=PURPOSES[purpose][0], en=PURPOSES[purpose][1]) if purpose in PURPOSES else None, "round": found.round, "loan": found.loan, "disbursed_fen": found.disbursed_fen, "match": found.asked.get("match"),
    }  # fmt: skip


def _condition(found: Application, each: Mapping[str, Any]) -> OfferCondition:
    return OfferCondition(
        code=each["code"], zh=each["zh"], en=each["en"], at=each["at"], ticked=each["code"] in found.ticks
    )


def _contract(said: Mapping[str, Any] | None) -> ContractState | None:
    if said is None:
        return None
    on_chain = said["how"] == "chain"
    return ContractState(
        how=said["how"], digest=said.get("commitment"), entry=said.get("contract") if on_chain else None,
        signature=said.get("signature") or said.get("paper"), until=said.get("until"),
    )  # fmt: skip


def _step(asked: Asked, event: Any) -> ApplicationStep:
    from kemiao.bank.lending.applications import WORDS

    said = event.public
    words = WORDS[said["step"]]
    own = said.get("applicant")
    who: Literal["company", "bank", "program"] = "company" if own else "bank" if said["by"] else "program"
    if who == "program" and said["step"] in ("applied", "accepted", "withdrawn", "reopened"):
        who = "company"  # at the command line, without an account: what an applicant says
    return ApplicationStep(
        step=said["step"], zh=words[0], en=words[1], at=event.at, who=who, account=own or (said["by"] if asked.only is None else None), event=event.seq,
        condition=said.get("condition"), amount_fen=said.get("amount_fen"),
    )  # fmt: skip
