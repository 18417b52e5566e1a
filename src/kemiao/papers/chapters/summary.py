"""The first page: the decision, its figures and its reasons."""

from __future__ import annotations

from collections.abc import Iterator

from kemiao.papers.blocks import (
    Block,
    Bullets,
    Cell,
    Column,
    Heading,
    Paragraph,
    Table,
    Tone,
    Verdict,
)
from kemiao.papers.chapters.price import over_lpr
from kemiao.papers.content import (
    ReportContent,
    Text,
)
from kemiao.papers.figures import amount, day_text, figure, rate, title
from kemiao.papers.words import DECISION, MODEL_KIND, NOTHING, Lang

_TONE: dict[str, Tone] = {"approve": "good", "refer": "warn", "decline": "bad"}
_NOT_SET = {"approve": Text("未定", "not set"), "refer": Text("未定", "not set"), "decline": NOTHING}


def summary(content: ReportContent, lang: Lang) -> Iterator[Block]:
    proposed = content.decision != "decline"
    yield Verdict(
        _TONE[content.decision],
        Text("系统建议", "Proposal of the system").say(lang),
        DECISION[content.decision].say(lang),
        Text("审批权限:", "Authority: ").say(lang) + content.authority.say(lang),
        (
            (
                Text("授信额度", "Limit").say(lang),
                amount(content.limit_fen, lang)
                if content.limit_fen and proposed
                else _NOT_SET[content.decision].say(lang),
                _binding_words(content, lang) if proposed else "",
            ),
            (
                Text("年利率", "Rate a year").say(lang),
                rate(content.rate_ppm, lang)
                if content.rate_ppm is not None and proposed
                else _NOT_SET[content.decision].say(lang),
                over_lpr(content, lang) if proposed else "",
            ),
            (
                Text("信用等级", "Grade").say(lang),
                content.grade or Text("未评", "none").say(lang),
                _points_words(content, lang),
            ),
            (
                Text("违约概率", "PD").say(lang),
                rate(content.pd_ppm, lang),
                Text("未来一年", "over one year").say(lang),
            ),
        ),
    )
    yield Paragraph(_story(content).say(lang))
    if content.reasons:
        yield Heading(2, "", Text("决策理由", "Reasons for the decision").say(lang))
        yield Bullets(tuple(Cell(title(point.text, lang)) for point in content.reasons), numbered=True)
    if content.changes:
        yield Heading(2, "", Text("与上一次决策相比", "Since the last decision").say(lang))
        yield Table(
            (
                Column(Text("项目", "item").say(lang), 3),
                Column(Text("上次", "before").say(lang), 2, "right"),
                Column(Text("本次", "now").say(lang), 2, "right"),
            ),
            tuple(
                (
                    Cell(title(change.title, lang)),
                    Cell(figure(change.before, change.unit, lang), "muted"),
                    Cell(figure(change.after, change.unit, lang)),
                )
                for change in content.changes
            ),
        )


def _story(content: ReportContent) -> Text:
    """The decision in one breath, from the figures above and nothing else."""
    zh = [f"依据截至{day_text(content.as_of, 'zh')}的数据,"]
    en = [f"On facts as of {content.as_of}, "]
    if content.grade:
        zh.append(f"信用等级为 {content.grade},未来一年违约概率 {rate(content.pd_ppm, 'zh')};")
        en.append(f"the grade is {content.grade} with a PD of {rate(content.pd_ppm, 'en')} over one year; ")
    else:
        zh.append("未能评级;")
        en.append("no grade could be given; ")
    zh.append(f"建议{DECISION[content.decision].zh}。")
    en.append(f"the proposal is to {DECISION[content.decision].en.lower()}.")
    if content.reasons:
        zh.append(f"首要理由:{content.reasons[0].text.zh.rstrip('。.')}。")
        en.append(f" First reason: {content.reasons[0].text.en.rstrip('.')}.")
    zh.append(f"前提条件 {len(content.conditions)} 项,可补证材料 {len(content.unknowns)} 种。")
    en.append(
        f" Conditions precedent: {len(content.conditions)}; papers that would settle unknowns: {len(content.unknowns)}."
    )
    return Text("".join(zh), "".join(en))


def _binding_words(content: ReportContent, lang: Lang) -> str:
    bound = next((c for c in content.candidates if c.name == content.binding), None)
    return Text(f"取决于{bound.title.zh}", f"bound by {bound.title.en}").say(lang) if bound else ""


def _points_words(content: ReportContent, lang: Lang) -> str:
    points = content.rating.points
    kind = MODEL_KIND.get(content.model.kind, Text(content.model.kind, content.model.kind)).say(lang)
    return kind if points is None else Text(f"{points} 分 · {kind}", f"{points} points · {kind}").say(lang)
