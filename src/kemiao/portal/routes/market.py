"""The market, as the bank works with it: postings, calls and each of their steps, results and why; and a company's own request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fastapi import Path, Query
from pydantic import BaseModel, ConfigDict, Field

from kemiao.bank.market.book import Settled
from kemiao.bank.market.calls import Call, calls, named, now_ms
from kemiao.bank.world import World
from kemiao.base.money import FEN_MAX
from kemiao.base.refusal import Refusal
from kemiao.portal.door import Asked, Asking, CompanyKey, Cursor, Limit, Page, done, paged, resumable, router
from kemiao.portal.efforts import effort_of
from kemiao.portal.settlements import Settlements

routes = router("market")
CallName = Annotated[str, Path(max_length=80, description="number, id or the first eight digits of it")]
Fen = Annotated[int, Field(ge=0, le=FEN_MAX)]
Ppm = Annotated[int, Field(ge=0, le=1_000_000)]
Text = Annotated[str, Field(max_length=2000)]
_MATCHES_MOST, _BLOCKING_MOST, _VOID_MOST = 5_000, 500, 500


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class MarketCall(BaseModel):
    """stage: commit, reveal, closed (to be cleared), cleared. Times: milliseconds since 1970, UTC. ours: this home runs it.
    digests: of the result as the chain has them."""

    call: str
    number: int
    operator: str | None
    auditor: str | None
    local: bool
    ours: bool
    stage: Literal["commit", "reveal", "closed", "cleared"]
    opened_at: int
    commit_until: int
    reveal_until: int
    day: str
    policy: str
    digests: dict[str, str]


class MarketBid(BaseModel):
    bid: str
    commitment: str
    postings: list[str]
    standing: bool
    state: str


class MarketCallWhole(MarketCall):
    """may: what this home may do now, of commit, reveal, clear, check, lend, reoffer. now: the home's own clock."""

    now: int
    bids: list[MarketBid]
    may: list[str]


class MarketPosting(BaseModel):
    """row: in the market's own columns and units; null where it was erased. ended: withdrawn, matched, erased; null while it stands."""

    posting: str
    side: Literal["requests", "mandates", "covers"]
    company: str | None
    row: dict[str, str] | None
    posted_at: str | None
    ended: str | None
    used_fen: int


class MarketMatch(BaseModel):
    """fallen: why it stands no longer. state, application: what it became."""

    match: str
    call: str
    request: str
    company: str
    mandate: str
    cover: str | None
    guarantor: str | None
    amount_fen: int
    covered_fen: int
    rate_ppm: int
    months: int
    until: str
    fallen: str | None
    application: str | None
    state: str | None
    ours: bool


class MarketSide(BaseModel):
    count: int
    sum_fen: int


class MarketTotals(BaseModel):
    matched: int
    contracts: int
    success_ppm: int | None
    lent_fen: int
    lent_ppm: int | None
    welfare_fen: int
    companies_fen: int
    funders_fen: int
    guarantors_fen: int
    rate_ppm: int | None
    cost_ppm: int | None


class MarketLent(BaseModel):
    mandate: str
    funder: str
    budget_fen: int
    stable_fen: int
    stable_loans: int
    best_fen: int
    best_loans: int


class MarketCutOff(BaseModel):
    """at: mandate, limit or cover. open: it took everybody who came, where the numbers are null."""

    at: str
    name: str
    group: str
    tier: int | None
    value_ppm: int | None
    lot: int | None
    open: bool


class MarketContract(BaseModel):
    request: str
    company: str
    mandate: str
    funder: str
    cover: str | None
    guarantor: str | None
    amount_fen: int
    covered_fen: int
    months: int
    form: str
    rate_ppm: int
    cost_ppm: int
    company_ppm: int
    funder_ppm: int
    choice: int


class MarketBlocking(BaseModel):
    request: str
    mandate: str
    cover: str | None


class MarketMoreOrLess(BaseModel):
    side: Literal["companies", "funders", "covers"]
    gain: MarketSide
    lose: MarketSide
    same: int


class MarketPrice(BaseModel):
    """What stability costs: welfare of both results, and the most that any allocation could have (proven)."""

    stable_fen: int
    best_fen: int
    bound_fen: int
    lost_fen: int
    lost_ppm: int | None
    sides: list[MarketMoreOrLess]


class MarketServed(BaseModel):
    """A group's share of requests that got something, of members and of others, with the interval of each; of the result that counts."""

    group: str
    members: int
    members_matched: int
    members_ppm: int | None
    others: int
    others_matched: int
    others_ppm: int | None
    within_grade_ppm: int | None
    within_grade_low_ppm: int | None
    within_grade_high_ppm: int | None


class MarketVoid(BaseModel):
    bid: str
    code: str
    zh: str
    en: str


class MarketResult(BaseModel):
    """Of a call that was cleared in this home, made again from what was kept: docs/market-result.md. matches: of the result that counts."""

    call: str
    day: str
    seed: str
    cleared: Literal["stable", "best"]
    requests: int
    mandates: int
    covers: int
    options: int
    without_option: int
    asked_fen: int
    budget_fen: int
    stable: MarketTotals
    best: MarketTotals
    greedy: MarketTotals
    best_bound_fen: int
    stable_exact: bool
    price: MarketPrice
    lent: list[MarketLent]
    cut_offs: list[MarketCutOff]
    blocking_count: int
    blocking: list[MarketBlocking]
    served: list[MarketServed]
    matches: list[MarketContract]
    matches_count: int
    void: list[MarketVoid]


class MarketOpening(Strict):
    """Minutes: as policy has it without. auditor: a participant; needed on a chain."""

    auditor: str | None = Field(default=None, max_length=64)
    commit_minutes: int | None = Field(default=None, ge=0, le=366 * 1440)
    reveal_minutes: int | None = Field(default=None, ge=0, le=366 * 1440)
    local: bool = False


class MarketCommitting(Strict):
    """postings: all that stand without. standing: for later calls too."""

    postings: list[Annotated[str, Field(max_length=60)]] = Field(default=[], max_length=5_000)
    standing: bool = True


class MarketLending(Strict):
    match: str | None = Field(default=None, max_length=64)
    product: str | None = Field(default=None, max_length=64)
    purpose: str | None = Field(default=None, max_length=200)


class MarketReason(Strict):
    reason: str = Field(min_length=1, max_length=200)


class MarketCleared(BaseModel):
    """told: participants whose sheets were sent; untold: those who named no sealing key."""

    call: str
    matches: int
    void: int
    told: list[str]
    untold: list[str]


class MarketFinding(BaseModel):
    """holds: null where only others can tell, or not yet."""

    code: str
    holds: bool | None
    zh: str
    en: str


class MarketChecked(BaseModel):
    call: str
    holds: bool
    findings: list[MarketFinding]


class MarketLentOn(BaseModel):
    """refused: why there is no offer yet."""

    match: MarketMatch
    refused: dict[str, Any] | None


class MarketReoffered(BaseModel):
    call: str
    fallen: list[dict[str, str]]
    made: list[dict[str, Any]]
    left_fen: int


class MarketInterval(BaseModel):
    mean: int
    low: int
    high: int


class MarketExpected(BaseModel):
    mandate: str
    budget_fen: int
    lent_fen: MarketInterval
    loans: MarketInterval


class MarketForecast(BaseModel):
    """Of the present requests drawn anew, again and again: docs/market-outlook.md."""

    draws: int
    arrivals: int
    confidence_ppm: int
    mandates: list[MarketExpected]


class MarketNewPosting(Strict):
    """cells: columns of docs/market-tables.md, as typed there. instead: in place of what stands under the same id or for the same company."""

    side: Literal["requests", "mandates", "covers"]
    cells: dict[Annotated[str, Field(max_length=60)], Text] = Field(min_length=1, max_length=80)
    instead: bool = False


@routes.get("/market/calls")
def market_calls(asked: Asking) -> list[MarketCall]:
    """All that this home knows of, the newest first."""
    with asked.world() as world:
        _catch_up(world)
        now = now_ms(world)
        return [MarketCall(**_call(world, call, now)) for call in reversed(calls(world))]


@routes.post("/market/calls", status_code=201)
def open_call(asked: Asking, body: MarketOpening) -> MarketCall:
    """On the chain where this home takes part in one, else local."""
    from kemiao.bank.commands import market_call as command

    with asked.world() as world:
        call = done(command.open_call(world, command.Opening(body.auditor, body.commit_minutes, body.reveal_minutes, body.local)))  # fmt: skip
        return MarketCall(**_call(world, call, now_ms(world)))


@routes.get("/market/calls/{call}")
def market_call(asked: Asking, call: CallName) -> MarketCallWhole:
    """One call: its times, its state, what was posted to it."""
    from kemiao.bank.commands.market_bid import our_bids

    with asked.world() as world:
        _catch_up(world)
        found = done(named(world, call))
        now = now_ms(world)
        bids = [MarketBid(bid=each.bid, commitment=each.commitment, postings=list(each.postings), standing=each.standing, state=each.state) for each in our_bids(world, found.id)]  # fmt: skip
        return MarketCallWhole(**_call(world, found, now), now=now, bids=bids, may=_may(world, found, now, bids))


@routes.post("/market/calls/{call}/commitments")
def commit(asked: Asking, call: CallName, body: MarketCommitting) -> list[MarketBid]:
    """Our postings, sealed: only digests go to the chain."""
    from kemiao.bank.commands.market_bid import commit as command

    with asked.world() as world:
        made = done(command(world, body.postings, call, body.standing))
    return [MarketBid(bid=each.bid, commitment=each.commitment, postings=list(each.postings), standing=each.standing, state=each.state) for each in made]  # fmt: skip


@routes.post("/market/calls/{call}/revelations")
def reveal(asked: Asking, call: CallName) -> list[MarketBid]:
    """Our bids, sealed for operator and auditor."""
    from kemiao.bank.commands.market_bid import reveal as command

    with asked.world() as world:
        made = done(command(world, call))
    return [MarketBid(bid=each.bid, commitment=each.commitment, postings=list(each.postings), standing=each.standing, state=each.state) for each in made]  # fmt: skip


@routes.post("/market/calls/{call}/clearing")
@resumable
def clear(asked: Asking, call: CallName) -> MarketCleared:
    """By whoever opened it, after the deadline. Again, it does nothing twice."""
    from kemiao.bank.commands.market_clear_call import clear_call as command

    with asked.world() as world:
        made = done(command(world, call))
    void = len(made.book["void"]) + len(made.settled.void)
    return MarketCleared(call=made.call.id, matches=len(made.matches), void=void, told=list(made.told), untold=list(made.untold))  # fmt: skip


@routes.post("/market/calls/{call}/check")
def check(asked: Asking, call: CallName) -> MarketChecked:
    """What we were told of a call, held against the chain and our own bids. What we are matched to stands in our log after it."""
    from kemiao.bank.commands.market_check import check as command

    with asked.world() as world:
        made = done(command(world, call))
    findings = [MarketFinding(code=each.code, holds=each.holds, zh=each.zh, en=each.en) for each in made.findings]
    return MarketChecked(call=made.call.id, holds=made.holds, findings=findings)


@routes.get("/market/calls/{call}/result")
def result(asked: Asking, call: CallName) -> MarketResult:
    """Both results of a cleared call beside each other: what was matched, and who gains or loses."""
    with asked.world() as world:
        found = done(named(world, call))
        made = done(settled(asked, world, found.id))
    return _result(found, made)


@routes.get("/market/calls/{call}/matches")
def matches(asked: Asking, call: CallName) -> list[MarketMatch]:
    """With what became of each."""
    from kemiao.bank.market.matches import lent_on
    from kemiao.bank.market.matches import matches as of_call

    with asked.world() as world:
        found = done(named(world, call))
        known = list(of_call(world, found.id))
        begun = lent_on(world, {match.company for match in known})
        ours = _own_mandates(world)
        day = world.clock.today()
        return [_match(each, begun.get(each.id), day, ours) for each in known]


@routes.post("/market/calls/{call}/loans")
@resumable
def lend(asked: Asking, call: CallName, body: MarketLending) -> list[MarketLentOn]:
    """The matches that this home funds become applications and offers. A refused one stops none of the others; again, it goes on."""
    from kemiao.bank.commands.market_lend import Lend
    from kemiao.bank.commands.market_lend import lend as command

    with asked.world() as world:
        made = done(command(world, Lend(call, body.match, body.product, body.purpose), effort_of(asked, world)))
        day, ours = world.clock.today(), _own_mandates(world)
        return [MarketLentOn(match=_match(each.match, each.application, day, ours), refused=each.refusal.as_json() if each.refusal else None) for each in made]  # fmt: skip


@routes.post("/market/calls/{call}/reoffers")
def reoffer(asked: Asking, call: CallName) -> MarketReoffered:
    """What has fallen goes to who waits; nobody who holds a match is moved."""
    from kemiao.bank.commands.market_reoffer import reoffer as command

    with asked.world() as world:
        made = done(command(world, call))
    fallen = [{"match": match.id, "company": match.company, "why": why} for match, why in made.fallen]
    return MarketReoffered(call=made.call.id, fallen=fallen, made=list(made.made), left_fen=made.left_fen)


@routes.post("/market/matches/{match}/release")
def release(asked: Asking, match: Annotated[str, Path(max_length=64)], body: MarketReason) -> MarketMatch:
    """Lets a match fall: what it held goes to who waits."""
    from kemiao.bank.commands.market_reoffer import release as command

    with asked.world() as world:
        made = done(command(world, match, body.reason))
        return _match(made, None, world.clock.today(), _own_mandates(world)).model_copy(update={"fallen": "released"})


@routes.get("/market/calls/{call}/one-more")
def one_more(
    asked: Asking, call: CallName, name: Annotated[str, Query(max_length=120)], step_fen: Annotated[int, Query(ge=1, le=FEN_MAX)],
    side: Literal["mandate", "cover"] = "mandate",
) -> dict[str, Any]:  # fmt: skip
    """What a step more of a budget, or of a cover, would do: the market is cleared again (docs/market-why.md)."""
    from kemiao.credit.matching.one_more import one_more as again

    with asked.world() as world:
        made = done(settled(asked, world, call))
    return done(again(made.cleared, side, name, step_fen))


@routes.get("/market/calls/{call}/forecast")
def forecast(asked: Asking, call: CallName, arrivals: Annotated[int | None, Query(ge=0, le=100_000)] = None) -> MarketForecast:  # fmt: skip
    """What each mandate of the call may expect of the next one."""
    from kemiao.credit.matching.forecast import forecast as expect

    with asked.world() as world:
        cleared = done(settled(asked, world, call)).cleared
    return MarketForecast(**done(expect(cleared.market, cleared.rules, cleared.churn, None, arrivals)))


@routes.get("/market/calls/{call}/companies/{company}/explanation")
def explanation(asked: Asking, call: CallName, company: CompanyKey) -> dict[str, Any]:
    """Why it was or wasn't matched, mandate by mandate, and the smallest changes that would have done (docs/market-why.md). A company is
    told of mandates what its sheet tells it, and of those it could not contract with only which terms stood in the way."""
    from kemiao.credit.matching.explain import explain

    with asked.world() as world:
        made = done(settled(asked, world, call))
    said = done(explain(made.cleared, company))
    return said if asked.only is None else _for_company(said)


@routes.get("/market/calls/{call}/companies/{company}/declining")
def declining(asked: Asking, call: CallName, company: CompanyKey) -> dict[str, Any]:
    """What declining its offer would cost it, and who would take its place."""
    from kemiao.credit.matching.declining import declining as again

    with asked.world() as world:
        made = done(settled(asked, world, call))
    return done(again(made.cleared, company))


class MarketQuotes(BaseModel):
    """cost_ppm: lower, median, upper quartile; null below the policy's number of funders."""

    company: str
    quotes: int
    quotes_least: int
    cost_ppm: dict[str, int] | None


@routes.get("/market/calls/{call}/companies/{company}/quotes")
def quotes(asked: Asking, call: CallName, company: CompanyKey) -> MarketQuotes:
    """What rates would have matched the company's request, by clearing again."""
    from kemiao.credit.matching.explain import position
    from kemiao.credit.matching.quotes import quotes as of_request

    with asked.world() as world:
        cleared = done(settled(asked, world, call)).cleared
    least = cleared.rules.call["quotes_least"]
    found = of_request(cleared.market, cleared.book, done(position(cleared.market, company)), least)
    return MarketQuotes(company=company, quotes=found["quotes"], quotes_least=least, cost_ppm=found["cost_ppm"])


@routes.get("/market/postings")
def postings(asked: Asking, ended: bool = False, cursor: Cursor = None, limit: Limit = 200) -> Page[MarketPosting]:
    """What is posted in this home."""
    from kemiao.bank.commands.market_post import listed

    with asked.world() as world:
        found = listed(world, ended=ended)
    some, after = paged(found, lambda each: f"{each.seq:012}", cursor, limit)
    return Page(items=[as_posting(each) for each in some], next=after)


@routes.post("/market/postings", status_code=201)
def post(asked: Asking, body: MarketNewPosting) -> MarketPosting:
    """Posts a request, a mandate or a cover for the bank."""
    from kemiao.bank.commands.market_post import Row
    from kemiao.bank.commands.market_post import post as command

    with asked.world() as world:
        (made,) = done(command(world, body.side, [Row(body.cells)], instead=body.instead))
        return as_posting(done(made))


@routes.delete("/market/postings/{posting}")
def withdraw(asked: Asking, posting: Annotated[str, Path(max_length=60)]) -> MarketPosting:
    """Takes a posting back, before it is bid."""
    from kemiao.bank.commands.market_post import withdraw as command

    with asked.world() as world:
        return as_posting(done(command(world, posting)))


# A company's own.


class MarketOwnMatch(MarketMatch):
    funder: str | None


class MarketPurpose(BaseModel):
    purpose: str
    zh: str
    en: str


class MarketOwn(BaseModel):
    """requests: the newest first. calls: where the market is, as far as it matters to who asks: the newest ones."""

    requests: list[MarketPosting]
    matches: list[MarketOwnMatch]
    calls: list[MarketCall]
    purposes: list[MarketPurpose]


class MarketAsking(Strict):
    """What a company asks the market for. rate_max_ppm: the highest true annual cost, a guarantee's fee included. ranking: funders, the most
    wanted first; others follow. latest: the day by which it needs the money."""

    amount_fen: int = Field(ge=100, le=FEN_MAX)
    months: int = Field(ge=1, le=600)
    rate_max_ppm: int = Field(ge=1, lt=1_000_000)
    purpose: str | None = Field(default=None, max_length=60)
    form: Literal["whole", "split", "syndicated"] = "whole"
    least_fen: int | None = Field(default=None, ge=0, le=FEN_MAX)
    latest: str | None = Field(default=None, pattern=r"^\d{4}-\d{2}-\d{2}$")
    covered: Literal["no", "accept", "need"] = "accept"
    ranking: list[Annotated[str, Field(max_length=120)]] = Field(default=[], max_length=50)
    veto: list[Annotated[str, Field(max_length=120)]] = Field(default=[], max_length=50)
    instead: bool = False

    def cells(self, company: str) -> dict[str, str]:
        plain = {
            "company": company, "amount_fen": self.amount_fen, "months": self.months, "rate_max_ppm": self.rate_max_ppm, "purpose": self.purpose,
            "form": self.form, "least_fen": self.least_fen, "latest": self.latest, "covered": self.covered,
            "ranking": ">".join([*self.ranking, "*"]) if self.ranking else None, "veto": ";".join(self.veto) or None,
        }  # fmt: skip
        return {name: str(value) for name, value in plain.items() if value is not None}


class MarketTried(BaseModel):
    """unmet: code of a term → at how many mandates it is not met."""

    quotes: int
    quotes_least: int
    cost_ppm: dict[str, int] | None
    mandates: int
    unmet: dict[str, int]


@routes.get("/companies/{company}/market")
def own_market(asked: Asking, company: CompanyKey) -> MarketOwn:
    """The company's requests in the market, with what became of each."""
    from kemiao.bank.market.funders import matches_of
    from kemiao.bank.market.matches import lent_on
    from kemiao.bank.market.postings import postings as posted
    from kemiao.credit.products.form import PURPOSES

    with asked.world() as world:
        _catch_up(world)
        now, day = now_ms(world), world.clock.today()
        mine = [each for each in posted(world, ended=True) if each.subject == company and each.side == "requests"]
        found = [(match, funder) for match, funder in matches_of(world, None) if match.company == company]
        begun = lent_on(world, {company})
        ours = _own_mandates(world)
        matched = [MarketOwnMatch(**_match(each, begun.get(each.id), day, ours).model_dump(), funder=funder) for each, funder in reversed(found)]  # fmt: skip
        known = [MarketCall(**_call(world, call, now)) for call in reversed(calls(world)[-5:])]
    purposes = [MarketPurpose(purpose=name, zh=zh, en=en) for name, (zh, en) in PURPOSES.items() if name != "renewal"]
    return MarketOwn(requests=[as_posting(each) for each in reversed(mine)], matches=matched, calls=known, purposes=purposes)  # fmt: skip


@routes.get("/companies/{company}/market/trial")
def trial(
    asked: Asking, company: CompanyKey, amount_fen: Annotated[int, Query(ge=100, le=FEN_MAX)], months: Annotated[int, Query(ge=1, le=600)],
    rate_max_ppm: Annotated[int, Query(ge=1, lt=1_000_000)], covered: Literal["no", "accept", "need"] = "accept",
) -> MarketTried:  # fmt: skip
    """Before posting: how many funders could sign, as things stand now. Nothing is posted."""
    from kemiao.bank.commands.market_present import try_request

    cells = MarketAsking(amount_fen=amount_fen, months=months, rate_max_ppm=rate_max_ppm, covered=covered).cells(
        company
    )
    with asked.world() as world:
        found = done(try_request(world, cells))
    return MarketTried(quotes=found.quotes, quotes_least=found.quotes_least, cost_ppm=dict(found.cost_ppm) if found.cost_ppm else None, mandates=found.mandates, unmet=dict(found.unmet))  # fmt: skip


@routes.post("/companies/{company}/market/requests", status_code=201)
def ask(asked: Asking, company: CompanyKey, body: MarketAsking) -> MarketPosting:
    """Posts a request for money to the next call."""
    from kemiao.bank.commands.market_post import Row
    from kemiao.bank.commands.market_post import post as command

    with asked.world() as world:
        (made,) = done(command(world, "requests", [Row(body.cells(company))], instead=body.instead))
        return as_posting(done(made))


@routes.delete("/companies/{company}/market/requests")
def take_back(asked: Asking, company: CompanyKey) -> MarketPosting:
    """The one that stands. What was matched stays matched."""
    from kemiao.bank.commands.market_post import withdraw as command
    from kemiao.bank.market.postings import postings as posted

    with asked.world() as world:
        mine = [each for each in posted(world) if each.subject == company and each.side == "requests"]
        if not mine:
            done(Refusal("NO_SUCH_POSTING", "没有有效的融资需求", "no request of yours stands"))
        return as_posting(done(command(world, mine[-1].id)))


def settled(asked: Asked, world: World, call: str) -> Settled | Refusal:
    found: Settled | Refusal = asked.portal.kept.view(Settlements).of(world, call)
    return found


def _catch_up(world: World) -> None:
    """While the node is away what is known already is shown."""
    from kemiao.bank.last_known import node_is_away

    if world.chain is not None:
        node_is_away(world.chain)


def _ours(world: World, call: Call) -> bool:
    return call.is_local or (world.chain is not None and call.operator == world.chain.me)


def _call(world: World, call: Call, now: int) -> dict[str, Any]:
    result = call.result or {}
    return {
        "call": call.id, "number": call.number, "operator": call.operator or None, "auditor": call.auditor, "local": call.is_local,
        "ours": _ours(world, call), "stage": call.stage(now), "opened_at": call.opened_at, "commit_until": call.commit_until,
        "reveal_until": call.reveal_until, "day": call.day.isoformat(), "policy": call.policy,
        "digests": {name: str(result[name]) for name in ("root", "seed", "result", "published", "sheets") if name in result},
    }  # fmt: skip


def _may(world: World, call: Call, now: int, bids: list[MarketBid]) -> list[str]:
    """What is worth a button; whether it is done is the command's to say."""
    from kemiao.bank.commands.market_clear_call import tells_on

    stage, ours = call.stage(now), _ours(world, call)
    ended = world.log.last("market_cleared", ref=call.id) is not None
    able = {
        "commit": not call.is_local and stage == "commit",
        "reveal": not call.is_local and stage == "reveal" and any(bid.state == "committed" for bid in bids),
        "clear": ours and stage in ("closed", "cleared") and (not ended or tells_on(world, call)),
        "check": not call.is_local and bool(bids),
        "lend": stage == "cleared" and (ended or not ours),
        "reoffer": ours and ended,
    }
    return [name for name, may in able.items() if may]


def _own_mandates(world: World) -> set[str]:
    from kemiao.bank.market.funders import mandates

    return {each.id for each in mandates(world)}


def _match(match: Any, application: Any, day: Any, ours: set[str]) -> MarketMatch:
    return MarketMatch(
        match=match.id, call=match.call, request=match.request, company=match.company, mandate=match.mandate, cover=match.cover,
        guarantor=match.guarantor, amount_fen=match.amount_fen, covered_fen=match.covered_fen, rate_ppm=match.rate_ppm, months=match.months,
        until=match.until, fallen=match.fallen or None, application=application.id if application else None,
        state=application.word(day) if application else None, ours=match.mandate in ours,
    )  # fmt: skip


def as_posting(each: Any) -> MarketPosting:
    return MarketPosting(
        posting=each.id, side=each.side, company=each.subject, row=dict(each.row) if each.row is not None else None, posted_at=each.at or None,
        ended=each.ended or None, used_fen=each.used_fen,
    )  # fmt: skip


def _result(call: Call, made: Settled) -> MarketResult:
    whole = made.document
    counts, stable, best, counted = whole["counts"], whole["stable"], whole["best"], whole[whole["cleared"]]
    by_best = {row["mandate"]: row for row in best["mandates"]}
    lent = [
        MarketLent(
            mandate=row["mandate"], funder=row["funder"], budget_fen=row["budget_fen"], stable_fen=row["lent_fen"], stable_loans=row["loans"],
            best_fen=by_best[row["mandate"]]["lent_fen"], best_loans=by_best[row["mandate"]]["loans"],
        )
        for row in stable["mandates"]
    ]  # fmt: skip
    price = whole["price_of_stability"]
    sides = [
        MarketMoreOrLess(side=side, gain=MarketSide(**_side(price[side]["gain"])), lose=MarketSide(**_side(price[side]["lose"])), same=price[side]["same"])
        for side in ("companies", "funders", "covers")
    ]  # fmt: skip
    cuts = [MarketCutOff(**{**{name: cut[name] for name in ("at", "name", "tier", "value_ppm", "lot", "open")}, "group": cut["class"]}) for cut in stable["cut_offs"]]  # fmt: skip
    return MarketResult(
        call=call.id, day=whole["day"], seed=whole["seed"], cleared=whole["cleared"],
        **{name: counts[name] for name in ("requests", "mandates", "covers", "options", "without_option", "asked_fen", "budget_fen")},
        stable=MarketTotals(**_only(MarketTotals, stable)), best=MarketTotals(**_only(MarketTotals, best)), greedy=MarketTotals(**_only(MarketTotals, whole["greedy"])),
        best_bound_fen=best["bound_fen"], stable_exact=stable["exact"],
        price=MarketPrice(**{name: price["welfare"][name] for name in ("stable_fen", "best_fen", "bound_fen", "lost_fen", "lost_ppm")}, sides=sides),
        lent=lent, cut_offs=cuts, blocking_count=stable["blocking"]["count"],
        blocking=[MarketBlocking(**_only(MarketBlocking, one)) for one in stable["blocking"]["listed"][:_BLOCKING_MOST]],
        served=[_served(row) for row in whole["fairness"][whole["cleared"]]],
        matches=[MarketContract(**_only(MarketContract, one)) for one in counted["matches"][:_MATCHES_MOST]], matches_count=len(counted["matches"]),
        void=[MarketVoid(**_only(MarketVoid, one)) for one in made.void[:_VOID_MOST]],
    )  # fmt: skip


def _side(said: Mapping[str, Any]) -> dict[str, int]:
    return {"count": said["count"], "sum_fen": said["sum_fen"]}


def _only(model: type[BaseModel], said: Mapping[str, Any]) -> dict[str, Any]:
    return {name: said[name] for name in model.model_fields}


def _served(row: Mapping[str, Any]) -> MarketServed:
    number = row["number"]
    within = number["within_grade"] or {}

    def share(part: str) -> int | None:
        return number[part]["share"]["ppm"] if number[part]["share"] else None

    return MarketServed(
        group=row["group"], members=number["members"]["of"], members_matched=number["members"]["matched"], members_ppm=share("members"),
        others=number["others"]["of"], others_matched=number["others"]["matched"], others_ppm=share("others"),
        within_grade_ppm=within.get("ppm"), within_grade_low_ppm=within.get("low_ppm"), within_grade_high_ppm=within.get("high_ppm"),
    )  # fmt: skip


_OPTION = ("cover", "state", "zh", "en", "choice", "cost_ppm", "company_ppm", "value", "cut_off")


def _for_company(said: Mapping[str, Any]) -> dict[str, Any]:
    """As a sheet tells it. Who could not have contracted is counted by term, without a name; what it would have to change is told
    without saying with whom."""
    counted = said["clears"]
    could = [
        {"mandate": row["mandate"], "funder": row["funder"], "state": row["state"], "zh": row["zh"], "en": row["en"], "options": [{name: option[name] for name in _OPTION} for option in row["options"]]}
        for row in said["mandates"]
        if row["options"]
    ]  # fmt: skip
    unmet: dict[str, int] = {}
    for row in said["mandates"]:
        for code in {term["code"] for term in row["unmet"]}:
            unmet[code] = unmet.get(code, 0) + 1
    kept = ("dimension", "zh", "en", "in_hand", "before", "after", "amount_fen")
    changes = [
        {name: row[name] for name in kept} for row in said["changes"] if row["dimension"] not in ("veto", "ranking")
    ]
    return {
        "form": said["form"], "request": said["request"], "company": said["company"], "amount_fen": said["amount_fen"], "clears": counted,
        "got": said[counted], "mandates": could, "unmet": unmet, "changes": changes,
    }  # fmt: skip
