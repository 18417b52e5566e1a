"""Conditions precedent, the notice to a declined applicant, signatures and digests."""

from __future__ import annotations

from collections.abc import Iterator

from kemiao.papers.blocks import (
    Block,
    Bullets,
    Cell,
    Column,
    Notice,
    Paragraph,
    Signatures,
    Table,
)
from kemiao.papers.content import (
    ReportContent,
    Text,
)
from kemiao.papers.figures import title
from kemiao.papers.words import Lang


def conditions(content: ReportContent, lang: Lang) -> Iterator[Block]:
    if content.conditions:
        yield Bullets(tuple(Cell(title(point.text, lang)) for point in content.conditions), numbered=True)
    else:
        yield Paragraph(Text("无。", "None.").say(lang), "muted")


def adverse(content: ReportContent, lang: Lang) -> Iterator[Block]:
    if content.adverse is not None:
        paragraphs = tuple(line for line in content.adverse.say(lang).splitlines() if line.strip())
        yield Notice("plain", Text("致申请人", "To the applicant").say(lang), paragraphs)


def signatures(content: ReportContent, lang: Lang) -> Iterator[Block]:
    yield Signatures(
        (
            Text("主调查人", "Investigated by").say(lang),
            Text("协办调查人", "Seconded by").say(lang),
            Text("审查人", "Reviewed by").say(lang),
            Text("有权审批人", "Approved by").say(lang),
        ),
        Text("签名", "signature").say(lang),
        Text("日期", "date").say(lang),
    )
    yield Table(
        (
            Column(Text("验证信息", "for verification").say(lang), 1.6),
            Column(Text("值", "value").say(lang), 6, breaks=70),
        ),
        (
            (Cell(Text("决策编号", "decision").say(lang)), Cell(content.decision_id)),
            (
                Cell(Text("评级模型", "model").say(lang)),
                Cell(f"{content.model.name} · {content.model.digest}"),
            ),
            *((Cell(label.say(lang)), Cell(value)) for label, value in content.digests),
        ),
    )
