"""letter: what a company is told that was declined, referred, or given less than it asked for. From the kept decision alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import cast

from kemiao.bank.commands.replay import row_schema
from kemiao.bank.event_log import Event
from kemiao.bank.own_entries import no_decision
from kemiao.bank.permits import permit, receipt
from kemiao.bank.reasons import reasons_on
from kemiao.bank.rulebook import kept_rulebook
from kemiao.bank.world import World
from kemiao.base.money import short_text
from kemiao.base.refusal import Refusal
from kemiao.credit.assessment import Rulebook
from kemiao.credit.document import Document, explain, table_of
from kemiao.credit.lift import Lift
from kemiao.credit.lift import lift as lift_of
from kemiao.credit.profile import PAPERS
from kemiao.credit.rating.actionable import UNKNOWN, Reason, ReasonsPolicy, Words, actionable
from kemiao.credit.technology import matrix
from kemiao.facts.permit import Permit
from kemiao.facts.tables import TABLES
from kemiao.papers.content import Decision, Text
from kemiao.papers.letter import LetterContent, LetterForm, render_letter
from kemiao.papers.words import Lang

_MISSING = Words("部分资料缺失(见“可以补充的资料”)", "some papers are missing (see “Papers that would help”)")


@dataclass(frozen=True, slots=True)
class LetterRequest:
    """company: its newest decision; or decision: an id. asked_fen: what the company asked for."""

    company: str | None
    decision: str | None
    form: LetterForm
    lang: Lang
    asked_fen: int | None = None


@dataclass(frozen=True, slots=True)
class Letter:
    content: bytes
    sha256: str
    company: str
    decision_id: str
    said: LetterContent


def letter(world: World, request: LetterRequest) -> Letter | Refusal:
    event = _decision(world, request)
    if isinstance(event, Refusal):
        return event
    document = world.log.private(event)
    if document is None:
        return Refusal.at("INPUTS_ERASED", "该企业的资料已删除,无法再出通知", "the company's data were erased: no letter can be made", company=event.subject)  # fmt: skip
    if document["decision"] == "approve" and (request.asked_fen is None or request.asked_fen <= document["limit_fen"]):
        limit = short_text(document["limit_fen"])
        return Refusal.at(
            "NOTHING_ADVERSE", f"已批准 {limit},没有需要说明的不利结果;申请金额更高时请给出 --asked",
            f"approved ({short_text(document['limit_fen'], 'en')} yuan): nothing adverse to explain; give --asked where more was asked for", decision=event.ref,
        )  # fmt: skip
    day = date.fromisoformat(document["law_on"])
    policy, _ = reasons_on(world, day)
    book = kept_rulebook(world, document["model"], document["policy"], document["law_tables"], day)
    given = permit(world, (document["company"],), "report", ("company",))
    said = _content(document, book, policy, _name(world, given), request.asked_fen, world.clock.today())
    if isinstance(said, Refusal):
        return said
    made = render_letter(said, request.form, request.lang)
    mark = sha256(made).hexdigest()
    with world.log.write() as tx:
        receipt(tx, given)
        tx.append("letter", document["company"], event.ref, public={"form": request.form, "lang": request.lang, "sha256": mark, "bytes": len(made)})  # fmt: skip
    return Letter(made, mark, document["company"], said.decision_id, said)


def _decision(world: World, request: LetterRequest) -> Event | Refusal:
    event = world.log.last("decision", ref=request.decision) if request.decision else world.log.last("decision", subject=request.company)  # fmt: skip
    return event or no_decision(request.decision or str(request.company))


def _name(world: World, given: Permit) -> str | None:
    if not given.tables:
        return None
    with world.lake.open(given, world.log.snapshot()[1], None, world.clock.today()) as facts:
        rows = facts.sql(
            "SELECT arg_max(name, (coalesce(known_at, DATE '0001-01-01'), batch, file, row)) AS name FROM company WHERE name IS NOT NULL"
        )
    found: str | None = rows["name"][0].as_py()
    return found


def _content(
    document: Document, book: Rulebook, policy: ReasonsPolicy, name: str | None, asked_fen: int | None, dated: date
) -> LetterContent | Refusal:
    tables = tuple(document["rows"])
    said = explain(document, book)
    themes = actionable(said["rating"]["contributions"], tables, policy)
    lifted = lift_of(table_of(document, row_schema()), book, matrix.technology_of(document.get("technology")), policy, tables)  # fmt: skip
    if isinstance(lifted, Refusal):
        return lifted
    reasons = _reasons(document, said, book, themes, policy)[: policy.letter_reasons_max]
    papers = next((each.papers for each in themes if each.theme == UNKNOWN), ())
    own = policy.letter
    return LetterContent(
        document["company"], name, dated, date.fromisoformat(document["as_of"]), cast(Decision, document["decision"]), said["decision_id"],
        document["limit_fen"], asked_fen, tuple(_text(each) for each in reasons), tuple(_text(each) for each in _advice(themes, lifted, policy)),
        tuple(Text(*PAPERS[each]) for each in papers), tuple(Text(TABLES[each].zh, TABLES[each].en) for each in TABLES if each in tables), tuple(document["bases"]),
        Text(own["bank_zh"], own["bank_en"]), Text(own["contact_zh"], own["contact_en"]), own["answer_days"],
    )  # fmt: skip


def _reasons(
    document: Document, said: Document, book: Rulebook, themes: Sequence[Reason], policy: ReasonsPolicy
) -> list[Words]:
    """Rules that decided, or the ceiling that binds; then the themes that cost most."""
    deciding = (
        {rule.code for rule in book.rules} | {f"{rule.code}_UNKNOWN" for rule in book.rules} | set(policy.rule_words)
    )
    ruled = [_ruled(each, policy) for each in said["reasons"] if each["code"] in deciding]
    if document["decision"] == "approve" and document["binding"] in policy.ceiling_words:
        ruled.append(policy.ceiling_words[document["binding"]])
    return ruled + [_MISSING if each.theme == UNKNOWN else each.text for each in themes]


def _ruled(each: Mapping[str, str], policy: ReasonsPolicy) -> Words:
    return policy.rule_words.get(each["code"]) or Words(each["zh"], each["en"])


def _advice(themes: Sequence[Reason], lifted: Lift, policy: ReasonsPolicy) -> list[Words]:
    """Of the themes that cost most what the company can do, with the change that helps most as an example."""
    found = []
    for theme in themes:
        if theme.change != "company" or theme.theme == UNKNOWN:
            continue
        change = next((each.changes[0] for each in lifted.changes if each.changes[0].theme == theme.theme), None)
        if change is None:
            found.append(theme.help)
        else:
            found.append(Words(f"{theme.help.zh},例如{change.text.zh}", f"{theme.help.en}, for example {change.text.en}"))  # fmt: skip
    return found[: policy.letter_advice_max]


def _text(words: Words) -> Text:
    return Text(words.zh, words.en)
