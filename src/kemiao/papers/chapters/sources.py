"""Where each figure comes from: table, map, batch, files and rows behind the numbers in brackets."""

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
from kemiao.papers.words import Lang, basis_text


def sources(content: ReportContent, lang: Lang) -> Iterator[Block]:
    if not content.sources:
        yield Paragraph(
            Text("本次评估没有可用的数据来源。", "No source stood behind this assessment.").say(lang), "muted"
        )
        return
    yield Paragraph(
        Text(
            "正文数字右上角的方括号编号对应下表。逐行追溯可用 kemiao trace 命令。",
            "The numbers in brackets beside figures lead here. kemiao trace goes down to single rows.",
        ).say(lang),
        "muted",
    )
    yield Table(
        (
            Column(Text("编号", "no.").say(lang), 0.8, "center"),
            Column(Text("数据表", "table").say(lang), 1.7),
            Column(Text("映射", "map").say(lang), 2.2, breaks=13),
            Column(Text("批次", "batch").say(lang), 0.9, "right"),
            Column(Text("文件", "files").say(lang), 3.4, breaks=13),
            Column(Text("行数", "rows").say(lang), 1.0, "right"),
            Column(Text("起止", "span").say(lang), 2.0),
            Column(Text("依据", "basis").say(lang), 2.3, breaks=13),
        ),
        tuple(
            (
                Cell(f"{each.number}", "strong", anchor=each.number),
                Cell(each.table.say(lang)),
                Cell(each.map_name + ("*" if each.assumed else "")),
                Cell(f"{each.batch}"),
                Cell(Text("、", ", ").say(lang).join(each.files)),
                Cell(f"{each.rows:,}"),
                Cell(f"{each.first_on or '—'}\n{each.last_on or '—'}"),
                Cell(basis_text(each.basis, lang)),
            )
            for each in content.sources
        ),
    )
    if any(each.assumed for each in content.sources):
        yield Paragraph(Text("* 可知日期为推定。", "* When these facts were known is assumed.").say(lang), "muted")
