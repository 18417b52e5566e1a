"""The letter to a company that was declined, referred to a person, or given less than it asked for. Plain words: no points, no
grades, no codes of ours but the number to quote."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from kemiao.papers.blocks import Block, Bullets, Cell, Heading, Paper, Paragraph
from kemiao.papers.content import Decision, Text
from kemiao.papers.figures import amount, day_text, title
from kemiao.papers.page import render_page
from kemiao.papers.pdf import render_pdf
from kemiao.papers.words import Lang, basis_text, names

LetterForm = Literal["pdf", "html", "txt"]


@dataclass(frozen=True, slots=True)
class LetterContent:
    """asked_fen: what the company asked for, where that is known. read: tables of facts; bases: on what they were read."""

    company: str
    name: str | None
    dated: date
    as_of: date
    decision: Decision
    decision_id: str
    limit_fen: int
    asked_fen: int | None
    reasons: tuple[Text, ...]
    advice: tuple[Text, ...]
    papers: tuple[Text, ...]
    read: tuple[Text, ...]
    bases: tuple[str, ...]
    bank: Text
    contact: Text
    answer_days: int


def render_letter(content: LetterContent, form: LetterForm, lang: Lang) -> bytes:
    """The same content, form and language give the same bytes."""
    paper = compose_letter(content, lang)
    if form == "txt":
        return plain_text(paper).encode()
    return render_pdf(paper) if form == "pdf" else render_page(paper)


def compose_letter(content: LetterContent, lang: Lang) -> Paper:
    kind = Text("授信结果通知书", "Notice of a credit decision").say(lang)
    name = content.name or _code(content.company)
    day = day_text(content.dated, lang)
    subtitle = Text(f"{day} · 编号 {content.decision_id}", f"{day} · number {content.decision_id}").say(lang)
    running = f"{kind} · {name}"
    return Paper(lang, kind, name, subtitle, running, content.decision_id, content.dated, tuple(_blocks(content, lang)))


def _blocks(content: LetterContent, lang: Lang) -> Iterator[Block]:
    yield from _part(Text("结果", "What was decided"), lang)
    yield Paragraph(_outcome(content).say(lang), "strong")
    if content.reasons:
        yield from _part(Text("主要原因", "The main reasons"), lang)
        yield _list(content.reasons, lang)
    if content.advice:
        yield from _part(Text("贵公司可以做什么", "What you can do"), lang)
        yield _list(content.advice, lang)
        said = Text("这些变化会使下一次评估更有利,但不是放款承诺。", "Such changes help at the next assessment; they are no promise of a loan.")  # fmt: skip
        yield Paragraph(said.say(lang), "muted")
    if content.papers:
        yield from _part(Text("可以补充的资料", "Papers that would help"), lang)
        yield _list(content.papers, lang)
    yield from _part(Text("贵公司的权利", "Your rights"), lang)
    yield _list(_rights(content), lang)
    yield from _part(Text("读取了哪些资料", "Whose data was read"), lang)
    yield Paragraph(_read(content, lang))
    yield Paragraph(content.bank.say(lang) if lang == "zh" else title(content.bank, lang))


def _part(words: Text, lang: Lang) -> Iterator[Block]:
    yield Heading(2, "", words.say(lang))


def _list(items: Sequence[Text], lang: Lang) -> Bullets:
    return Bullets(tuple(Cell(title(each, lang)) for each in items))


def _outcome(content: LetterContent) -> Text:
    asked = content.asked_fen
    asked_zh, asked_en = (f"{amount(asked, 'zh')}的", f" for {amount(asked, 'en')}") if asked is not None else ("", "")
    match content.decision:
        case "decline":
            return Text(
                f"贵公司{asked_zh}授信申请本次未获批准。", f"Your application{asked_en} was not approved this time."
            )
        case "refer":
            return Text(
                f"贵公司{asked_zh}授信申请尚未决定,已转由审批人员审查。",
                f"Your application{asked_en} is not decided yet: a person will look at it.",
            )
        case "approve":
            given_zh, given_en = amount(content.limit_fen, "zh"), amount(content.limit_fen, "en")
            return Text(
                f"本次批准的额度为{given_zh},低于贵公司申请的{amount(asked, 'zh')}。",
                f"{given_en} was approved, which is less than the {amount(asked, 'en')} that you asked for.",
            )


def _rights(content: LetterContent) -> tuple[Text, ...]:
    """Source: 个人信息保护法 art. 24 (explanation, and not by automatic decision alone) and 征信业管理条例 art. 25 (objection), given
    here to companies as well."""
    days = content.answer_days
    return (
        Text("要求说明作出这一结果的理由", "to be told why it was decided so"),
        Text("要求由审批人员重新审查,而不只由自动评估决定", "to have a person review it, so that it does not rest on an automatic assessment alone"),
        Text(f"认为资料有误时提出异议、更正或补充;收到书面异议后 {days} 天内书面答复", f"to object to wrong data, correct it or add to it; an objection in writing is answered in writing within {days} days"),
        Text(f"联系{content.contact.zh},并告知本通知的编号 {content.decision_id}", f"For any of these, contact {content.contact.en} and quote the number {content.decision_id}"),
    )  # fmt: skip


def _read(content: LetterContent, lang: Lang) -> str:
    code = _code(content.company)
    who = content.name or code
    tables = names(content.read, lang)
    bases = Text("、", ", ").say(lang).join(basis_text(each, lang) for each in content.bases)
    if lang == "zh":
        return f"评估读取了{who}（{code}）截至{day_text(content.as_of, lang)}的资料：{tables}。读取依据：{bases}。"
    return f"The assessment read data of {who} ({code}) as known on {day_text(content.as_of, lang)}: {tables}. Basis: {bases}."


def _code(company: str) -> str:
    """The company's own code, without our word for its kind."""
    return company.partition(":")[2]


def plain_text(paper: Paper) -> str:
    """The letter as text: its blocks one under the other."""
    lines = [paper.kind, paper.title, paper.subtitle, ""]
    for block in paper.blocks:
        match block:
            case Heading():
                lines += ["", block.text]
            case Paragraph():
                lines.append(block.text)
            case Bullets():
                lines += [f"· {item.text}" for item in block.items]
    return "\n".join(lines) + "\n"
