"""What is unknown, the paper that would settle it, and how far the limit could move."""

from __future__ import annotations

from collections.abc import Iterator

from kemiao.papers.blocks import (
    Block,
    Cell,
    Column,
    Paragraph,
    Table,
)
from kemiao.papers.content import (
    ReportContent,
    Text,
)
from kemiao.papers.figures import amount, title
from kemiao.papers.words import Lang, names


def unknowns(content: ReportContent, lang: Lang) -> Iterator[Block]:
    if not content.unknowns:
        yield Paragraph(Text("无未知事项。", "Nothing that the assessment asked for is unknown.").say(lang), "muted")
        return
    yield Paragraph(
        Text(
            "未知一律按未知处理,不以零或平均数代替。下表列出可以补证的材料、能补足的事项,以及补证后额度至多减少、至多增加多少(单项测算)。",
            "What is unknown is treated as unknown, never as zero or an average. Each line names a paper, what it would settle, and how far the limit could fall or rise by one of its items.",
        ).say(lang)
    )
    yield Table(
        (
            Column(Text("可以补证的材料", "paper").say(lang), 3.2),
            Column(Text("未知事项", "what it would settle").say(lang), 4.6),
            Column(Text("至多减少", "could fall by").say(lang), 1.7, "right"),
            Column(Text("至多增加", "could rise by").say(lang), 1.7, "right"),
        ),
        tuple(
            (
                Cell(title(each.paper, lang)),
                Cell(names(each.items, lang), "muted"),
                Cell(each.note.say(lang), "muted") if each.note else _move(each.fall_fen, lang),
                Cell("") if each.note else _move(each.rise_fen, lang),
            )
            for each in content.unknowns
        ),
    )


def _move(fen: int | None, lang: Lang) -> Cell:
    if fen is None:
        return Cell(Text("未测算", "not worked out").say(lang), "muted")
    if fen == 0:
        return Cell(Text("不变", "none").say(lang), "muted")
    return Cell(("+" if fen > 0 else "−") + amount(abs(fen), lang), "good" if fen > 0 else "bad")
