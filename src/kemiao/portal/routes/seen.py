"""What a company sees of itself: grade, portrait beside its peers, qualifications, what would lift it. Nothing here decides anything.

Facts are read as the company's own enquiry. One look is kept in memory for some minutes while nothing that it rests on changes: one
receipt a visit, and the sliders judge from it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Annotated, Any, Literal, TypeVar

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from kemiao.bank.world import World
from kemiao.base.money import FEN_MAX
from kemiao.base.refusal import Refusal, Refused
from kemiao.portal.door import Asking, CompanyKey, done, router

routes = router("seen")
_KEPT_MS = 10 * 60_000
_CHANGES_MOST = 40
_FORMS = {"pdf": "application/pdf", "html": "text/html; charset=utf-8", "txt": "text/plain; charset=utf-8"}
T = TypeVar("T")


class Next(BaseModel):
    """what: as bank.lending.waiting names it, or ask | limit_used | wait_person | see_reasons | bring_papers where no application is under way;
    pay_overdue before all others. loan, days, due_fen: of what is past due."""

    what: str
    who: str
    application: str | None = None
    until: str | None = None
    loan: str | None = None
    days: int | None = None
    due_fen: int | None = None


class Own(BaseModel):
    """decision: approve | refer | decline as it stands after what persons decided; null where the company was never judged.
    step, steps: the grade's place in the scale, 1 the best. left_fen: what of limit_fen is neither owed nor promised today."""

    company: str
    name: str | None
    decision_id: str | None = None
    as_of: str | None = None
    decision: str | None = None
    grade: str | None = None
    step: int | None = None
    steps: int | None = None
    pd_ppm: int | None = None
    limit_fen: int | None = None
    left_fen: int | None = None
    rate_ppm: int | None = None
    next: Next


class Quantiles(BaseModel):
    """One figure beside its peers; quartiles and standing are null where fewer peers than policy says have it."""

    feature: str
    zh: str
    en: str
    unit: str
    value: int | None
    quartiles: list[int] | None
    standing_ppm: int | None
    peers: int
    better: str


class Axis(BaseModel):
    axis: str
    zh: str
    en: str
    standing_ppm: int | None
    figures: list[Quantiles]


class Beside(BaseModel):
    """same: what all peers share with the company. least: fewer peers than this, and nothing is told."""

    company: str
    as_of: str
    peers: int
    least: int
    same: list[str]
    known_ppm: int
    axes: list[Axis]


class Condition(BaseModel):
    code: str
    zh: str
    en: str
    unit: str
    have: int | bool | None
    need: int | bool
    at_most: bool
    state: str
    source: str
    confidence: str


class Scored(BaseModel):
    code: str
    group: str
    zh: str
    en: str
    unit: str
    have: int | None
    points: int | None
    most: int
    need: int | None
    earns: int | None
    more: int | None
    more_unit: str
    part_zh: str
    part_en: str
    source: str
    confidence: str


class TechSme(BaseModel):
    """passes: null where it can't be told; figures_pass leaves aside what only declarations say."""

    passes: bool | None
    figures_pass: bool | None
    score: int | None
    needs: int
    route: str | None
    points: dict[str, int | None]
    conditions: list[Condition]
    routes: list[Condition]
    scores: list[Scored]


class SizeStep(BaseModel):
    name: str
    zh: str
    en: str
    unit: str
    have: int | None
    steps: list[int]


class Size(BaseModel):
    size_class: str | None
    industry_zh: str | None
    industry_en: str | None
    indicators: list[SizeStep]
    source: str | None
    confidence: str | None


class Certificate(BaseModel):
    kind: str
    number: str
    granted_on: str
    expires_on: str | None
    days_left: int | None


class Qualifications(BaseModel):
    company: str
    as_of: str
    law_on: str
    tech_sme: TechSme
    size: Size
    certificates: list[Certificate]
    ladder: str | None


class Words(BaseModel):
    zh: str
    en: str


class Reason(BaseModel):
    """Why points were lost, by what can be done about it. change: company | time | none."""

    theme: str
    zh: str
    en: str
    help_zh: str
    help_en: str
    lost: int
    change: str


class Strength(BaseModel):
    feature: str
    zh: str
    en: str
    value_zh: str | None
    value: str | None
    points: int
    best_points: int


class Measure(BaseModel):
    name: str
    zh: str
    en: str
    points_milli: int | None


class Technology(BaseModel):
    """grade: T1 … T10; null where it can't be told. why: where there is no grade yet."""

    grade: str | None
    provisional: bool = False
    stage_zh: str | None = None
    points_milli: int | None = None
    coverage_ppm: int | None = None
    classes: list[Measure] = []
    papers: list[Words] = []
    why: Words | None = None


class Decided(BaseModel):
    company: str
    decision_id: str
    as_of: str
    at: str
    decision: str
    now: str
    grade: str
    pd_ppm: int
    points: int
    limit_fen: int | None
    rate_ppm: int | None
    confidence: str | None
    adverse: list[Reason]
    favourable: list[Strength]
    rules: list[Words]
    conditions: list[Words]


class Judged(BaseModel):
    points: int
    pd_ppm: int
    grade: str
    limit_fen: int
    rate_ppm: int | None
    decision: str
    authority: str


class Slider(BaseModel):
    """low, high, step: in the unit, of a figure; levels of a choice. now: what it is."""

    feature: str
    zh: str
    en: str
    question_zh: str
    question_en: str
    unit: str
    toward: str
    theme: str
    now: int | bool | str
    low: int | None
    high: int | None
    step: int | None
    levels: list[str]


class Change(BaseModel):
    feature: str
    zh: str
    en: str
    unit: str
    to: int | bool | str
    effort_ppm: int


class Way(BaseModel):
    changes: list[Change]
    points_gained: int
    after: Judged


class Paper(BaseModel):
    """What a missing paper could do to the grade."""

    zh: str
    en: str
    paper_zh: str
    paper_en: str
    worst: str
    best: str


class Lift(BaseModel):
    company: str
    as_of: str
    now: Judged
    next_grade: str | None
    sliders: list[Slider]
    changes: list[Way]
    paths: list[Way]
    papers: list[Paper]


class Supposed(BaseModel):
    """appended is always false: nothing is decided."""

    company: str
    as_of: str
    before: Judged
    after: Judged
    appended: bool = False


class LetterOf(BaseModel):
    model_config = ConfigDict(extra="forbid")
    form: Literal["pdf", "html", "txt"] = "pdf"
    lang: Literal["zh", "en"] = "zh"
    asked_fen: int | None = Field(default=None, ge=1, le=FEN_MAX)


@routes.get("/companies/{company}/own")
def own(asked: Asking, company: CompanyKey) -> Own:
    """Who it is to the bank, in a few figures, and what comes next. Reads the kept decision; no fact but the registered name."""
    from kemiao.bank.commands.override import now
    from kemiao.bank.commands.own_view import name_of
    from kemiao.bank.lending.exposure import exposure
    from kemiao.bank.rulebook import grounds

    with asked.world() as world:
        name = _kept(asked, world, "name", company, lambda: name_of(world, company))
        event = world.log.last("decision", subject=company)
        document = world.log.private(event) if event else None
        if event is None or document is None:
            return Own(company=company, name=name, next=_next(world, company, None))
        stands = now(world, event, document)
        scale = [each.name for each in grounds(world, world.clock.today()).book.scale]
        grade, limit_fen = document["grade"], document["limit_fen"]
        stand = exposure(world, company)
        left_fen = None if limit_fen is None else max(limit_fen - stand.owed_fen - stand.committed_fen, 0)
        return Own(
            company=company, name=name, decision_id=event.ref, as_of=document["as_of"], decision=stands, grade=grade,
            step=scale.index(grade) + 1 if grade in scale else None, steps=len(scale), pd_ppm=document["pd_ppm"],
            limit_fen=limit_fen, left_fen=left_fen, rate_ppm=document["rate_ppm"], next=_next(world, company, stands, left_fen),
        )  # fmt: skip


def _overdue(world: World, company: str, day: date) -> Next | None:
    """The loan that is past due longest, and what is due on it today."""
    from kemiao.bank.lending.own_book import standing_of
    from kemiao.credit.servicing.columns import due_now_fen

    found = standing_of(world, (company,), day)
    late = [] if found is None else [row for row in found.states.to_pylist() if row["past_due_days"] > 0]
    worst = max(late, key=lambda row: (row["past_due_days"], row["loan"]), default=None)
    return worst and Next(
        what="pay_overdue", who="company", loan=worst["loan"], days=worst["past_due_days"], due_fen=due_now_fen(worst)
    )


def _next(world: World, company: str, decision: str | None, left_fen: int | None = None) -> Next:
    from kemiao.bank.lending.applications import applications
    from kemiao.bank.lending.waiting import next_of

    day = world.clock.today()
    overdue = _overdue(world, company, day)
    if overdue is not None:
        return overdue
    for found in reversed(list(applications(world, company))):
        then = next_of(found, day)
        if then.who != "nobody" and then.what != "repay":
            return Next(what=then.what, who=then.who, application=found.id, until=then.until.isoformat() if then.until else None)  # fmt: skip
    what = {"approve": "ask", "refer": "wait_person", "decline": "see_reasons"}.get(decision or "", "bring_papers")
    what = "limit_used" if what == "ask" and left_fen == 0 else what
    return Next(what=what, who="bank" if what == "wait_person" else "company")


@routes.get("/companies/{company}/own/portrait")
def portrait(asked: Asking, company: CompanyKey) -> Beside:
    """Beside its peers: quartiles of at least as many as policy says, never a company."""
    from kemiao.bank.commands.portrait import Request, see
    from kemiao.credit.portrait import policy_of
    from kemiao.credit.profile import COLUMNS

    with asked.world() as world:
        seen = _kept(asked, world, "portrait", company, lambda: done(see(world, Request(company), purpose="subject_access")))  # fmt: skip
        least = done(policy_of(world.policy.on(world.clock.today())["portrait"])).told_peers_min
    found = seen.portrait
    axes = [
        Axis(
            axis=each.axis.name, zh=each.axis.zh, en=each.axis.en, standing_ppm=each.standing_ppm,
            figures=[
                Quantiles(
                    feature=one.feature, zh=COLUMNS[one.feature].zh, en=COLUMNS[one.feature].en, unit=COLUMNS[one.feature].unit, value=one.value,
                    quartiles=list(one.quartiles) if one.quartiles else None, standing_ppm=one.standing_ppm, peers=one.peers,
                    better="more" if one.more_is_better else "less",
                )
                for one in each.figures
            ],
        )
        for each in found.axes
    ]  # fmt: skip
    return Beside(company=company, as_of=seen.as_of.isoformat(), peers=found.peers, least=least, same=list(found.same), known_ppm=found.known_ppm, axes=axes)  # fmt: skip


@routes.get("/companies/{company}/own/qualifications")
def qualifications(asked: Asking, company: CompanyKey) -> Qualifications:
    """Law's qualifications: which it has, and what is missing, by number and by the row of law that says so."""
    from kemiao.bank.commands.own_view import qualified

    with asked.world() as world:
        found = done(qualified(world, _look(asked, world, company)))
    tech, size = found.tech_sme, found.size
    said = tech.said
    return Qualifications(
        company=company, as_of=found.as_of, law_on=found.law_on, ladder=found.ladder,
        tech_sme=TechSme(
            passes=said["passes"], figures_pass=said["figures_pass"], score=said["score"], needs=tech.needs, route=said["route"],
            points={name: said[f"{name}_points"] for name in ("staff", "rd", "ip")},
            conditions=[Condition.model_validate(each, from_attributes=True) for each in tech.conditions],
            routes=[Condition.model_validate(each, from_attributes=True) for each in tech.routes],
            scores=[Scored.model_validate(each, from_attributes=True) for each in tech.scores],
        ),
        size=Size(
            size_class=size.said["size_class"], industry_zh=size.industry_zh, industry_en=size.industry_en, source=size.source, confidence=size.confidence,
            indicators=[SizeStep(name=each.name, zh=each.zh, en=each.en, unit=each.unit, have=each.have, steps=list(each.steps)) for each in size.indicators],
        ),
        certificates=[
            Certificate(kind=each.kind, number=each.number, granted_on=each.granted_on.isoformat(), expires_on=each.expires_on.isoformat() if each.expires_on else None, days_left=each.days_left)
            for each in found.certificates
        ],
    )  # fmt: skip


@routes.get("/companies/{company}/own/grade")
def grade(asked: Asking, company: CompanyKey) -> Decided:
    """The newest decision in words: what speaks for it and against it. From the kept decision; no fact is read."""
    from kemiao.bank.commands.own_view import own_decision
    from kemiao.bank.own_entries import no_decision

    with asked.world() as world:
        said = own_decision(world, company)
    if said is None:
        raise Refused(no_decision(company))
    rules = [Words(zh=each["zh"], en=each["en"]) for each in said["reasons"] if not each["code"].startswith("RATING_")]
    return Decided(
        company=company, decision_id=said["decision_id"], as_of=said["as_of"], at=said["at"], decision=said["decision"], now=said["now"], grade=said["grade"],
        pd_ppm=said["pd_ppm"], points=said["rating"]["points"], limit_fen=said["limit_fen"], rate_ppm=said["rate_ppm"],
        confidence=said["confidence"]["confidence"] if said["confidence"] else None,
        adverse=[Reason(**{name: each[name] for name in Reason.model_fields}) for each in said["themes"] or ()],
        favourable=[Strength(**each) for each in said["favourable"]], rules=rules,
        conditions=[Words(zh=each["zh"], en=each["en"]) for each in said["conditions"]],
    )  # fmt: skip


@routes.get("/companies/{company}/own/technology")
def technology(asked: Asking, company: CompanyKey) -> Technology:
    """The technology grade (`kemiao tech`), and the papers that would tell more."""
    from kemiao.bank.commands.own_view import own_technology

    with asked.world() as world:
        said = _kept(asked, world, "technology", company, lambda: own_technology(world, company))
    if isinstance(said, Refusal):
        if said.code != "NO_REFERENCE":
            raise Refused(said)
        return Technology(grade=None, why=Words(zh="本行还没有建立技术参照,技术等级暂不能评定", en="the bank has no technology reference yet, so no technology grade can be given"))  # fmt: skip
    points, flow = said["points"], said["flow"]
    lacking = {each["paper_zh"]: Words(zh=each["paper_zh"], en=each["paper_en"]) for each in points["indicators"] if each["value"] is None}  # fmt: skip
    return Technology(
        grade=flow["grade"], provisional=said["provisional"], stage_zh=points["stage_zh"], points_milli=points["points_milli"], coverage_ppm=points["coverage_ppm"],
        classes=[Measure(**{name: each[name] for name in Measure.model_fields}) for each in points["classes"]], papers=list(lacking.values()),
    )  # fmt: skip


@routes.get("/companies/{company}/own/lift")
def lift(asked: Asking, company: CompanyKey) -> Lift:
    """What would lift the grade (`assess COMPANY --lift`), and how far each figure may be pushed at the sliders."""
    from kemiao.bank.commands.own_view import lift_of, sliders_of

    with asked.world() as world:
        seen = _look(asked, world, company)
        found = _kept(asked, world, "lift", company, lambda: done(lift_of(world, seen)).as_json())
        ranges = [Slider(**each.as_json()) for each in sliders_of(world, seen)]
    papers = [
        Paper(zh=each["zh"], en=each["en"], paper_zh=each["paper_zh"], paper_en=each["paper_en"], worst=each["worst"]["grade"], best=each["best"]["grade"])
        for each in found["papers"]
    ]  # fmt: skip
    return Lift(
        company=company, as_of=found["as_of"], now=Judged(**found["now"]), next_grade=found["next_grade"], sliders=ranges,
        changes=[Way(changes=[_change(each)], points_gained=each["points_gained"], after=Judged(**each["after"])) for each in found["changes"]],
        paths=[Way(changes=[_change(one) for one in each["changes"]], points_gained=each["points_gained"], after=Judged(**each["after"])) for each in found["paths"]],
        papers=papers,
    )  # fmt: skip


@routes.get("/companies/{company}/own/what-if")
def what_if(
    asked: Asking,
    company: CompanyKey,
    change: Annotated[list[str], Query(max_length=_CHANGES_MOST, description="NAME=VALUE in the column's own unit")],
) -> Supposed:
    """Judged with some figures otherwise (`assess COMPANY --what-if NAME=VALUE`); decides nothing, appends nothing."""
    from kemiao.bank.commands.what_if import supposed
    from kemiao.credit.what_if import typed_change

    changed: dict[str, Any] = {}
    for text in change:
        name, equals, value = text.partition("=")
        if not equals:
            raise Refused(Refusal("NOT_A_VALUE", "应为 名称=值", "is NAME=VALUE"))
        changed[name] = done(typed_change(name, value))
    with asked.world() as world:
        found = done(supposed(_look(asked, world, company).inputs, changed))
    return Supposed(company=company, as_of=found.as_of, before=Judged(**found.before.as_json()), after=Judged(**found.after.as_json()))  # fmt: skip


@routes.post("/decisions/{decision}/letters", response_class=Response)
def letter(asked: Asking, decision: str, body: LetterOf) -> Response:
    """The notice of what was decided and why (`kemiao letter`), to keep. Refuses NOTHING_ADVERSE where nothing is to be explained."""
    from kemiao.bank.commands.letter import LetterRequest
    from kemiao.bank.commands.letter import letter as run

    with asked.world() as world:
        made = done(run(world, LetterRequest(None, decision, body.form, body.lang, body.asked_fen)))
    name = f'attachment; filename="letter-{made.decision_id}.{body.form}"'
    return Response(made.content, media_type=_FORMS[body.form], headers={"Content-Disposition": name})


def _change(each: dict[str, Any]) -> Change:
    return Change(**{name: each[name] for name in Change.model_fields})


def _look(asked: Asking, world: World, company: str) -> Any:
    from kemiao.bank.commands.own_view import look

    return _kept(asked, world, "look", company, lambda: done(look(world, company)))


def _kept(asked: Asking, world: World, kind: str, company: str, make: Callable[[], T]) -> T:
    """The company's own, in memory for some minutes while it stands."""
    from kemiao.bank.commands.own_view import stand

    portal = asked.portal
    found: T = portal.kept.answer(("seen", kind, *stand(world, company)), portal.now_ms(), _KEPT_MS, make)
    return found
