"""Need and limit: every way to reach a limit, the binding one, and what the others lacked."""

from __future__ import annotations

from collections.abc import Iterator

from kemiao.papers import charts
from kemiao.papers.blocks import (
    Block,
    Cell,
    Chart,
    Charts,
    Column,
    Paragraph,
    Table,
)
from kemiao.papers.content import (
    Candidate,
    ReportContent,
    Text,
)
from kemiao.papers.figures import amount, title, wan
from kemiao.papers.words import Lang, names

_NAMED = 6  # missing inputs named before the rest is counted


def limit(content: ReportContent, lang: Lang) -> Iterator[Block]:
    bound = next((k for k, each in enumerate(content.candidates) if each.name == content.binding), None)
    if bound is not None and content.limit_fen:
        chosen = content.candidates[bound].title
        yield Paragraph(
            Text(
                f"授信额度 {amount(content.limit_fen, 'zh')},由“{chosen.zh}”决定。各口径分别测算,取其中起约束作用者;算不出的口径列明缺少什么,不作零处理。",
                f"The limit is {amount(content.limit_fen, 'en')}, bound by: {chosen.en}. Every way is worked out; one that could not be says what it lacks and is never taken as zero.",
            ).say(lang)
        )
    if not content.candidates:
        return
    lacks = Text("无法测算,缺少:", "cannot be worked out, lacks: ").say(lang)
    drawn = charts.bars(
        [(title(each.title, lang), each.fen, _candidate_words(each, lang, lacks)) for each in content.candidates],
        marked=bound,
        mark_words=Text("起约束作用", "binding").say(lang),
        missing=Text("无法测算", "cannot be worked out").say(lang),
    )
    heading = Text("各测算口径", "Candidates").say(lang)
    yield Charts((Chart(drawn, heading, heading),))
    yield Table(
        (
            Column(Text("测算口径", "candidate").say(lang), 3.2),
            Column(Text("金额(万元)", "thousand yuan").say(lang), 1.8, "right"),
            Column(Text("约束", "binding").say(lang), 1.2, "center"),
            Column(Text("缺少的输入", "missing inputs").say(lang), 4),
        ),
        tuple(
            (
                Cell(title(each.title, lang), "strong" if k == bound else "plain"),
                Cell(wan(each.fen, lang), "strong" if k == bound else "plain" if each.fen is not None else "muted"),
                Cell("●" if k == bound else "", "good"),
                Cell(names(each.missing, lang, _NAMED), "muted"),
            )
            for k, each in enumerate(content.candidates)
        ),
    )


def _candidate_words(each: Candidate, lang: Lang, lacks: str) -> str:
    return amount(each.fen, lang) if each.fen is not None else lacks + names(each.missing, lang)
