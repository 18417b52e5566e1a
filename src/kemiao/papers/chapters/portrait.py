"""Who the company is: its card, its months, its counterparties, its features, and what the rules say of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kemiao.papers import charts
from kemiao.papers.blocks import (
    Block,
    Cell,
    Chart,
    Charts,
    Column,
    Heading,
    Pairs,
    Table,
    Tables,
)
from kemiao.papers.chapters.cells import measure_cell, source_cell
from kemiao.papers.content import (
    Counterparties,
    Finding,
    MeasureGroup,
    Monthly,
    ReportContent,
    Text,
)
from kemiao.papers.figures import amount, figure, rate, title
from kemiao.papers.portrait import portrait_chart
from kemiao.papers.words import CONFIDENCE, NOTHING, WEAK, Lang, names

_BAND = 34  # rows, heads and gaps counted, in both columns of a band together
_LONG = 12  # rows of one small table
_NAMED = 4  # missing inputs named before the rest is counted


def portrait(content: ReportContent, lang: Lang) -> Iterator[Block]:
    if content.profile:
        yield Heading(2, "", Text("基本情况", "Who it is").say(lang))
        yield Pairs(tuple((title(each.title, lang), measure_cell(each, lang)) for each in content.profile))
    if content.beside:
        heading = Text("360° 画像:与同业相比", "360° portrait: beside its peers").say(lang)
        drawn = portrait_chart(content.beside, lang, on_a_page=True)
        yield Charts((Chart(drawn, heading, heading),))
    if content.monthly:
        yield Charts((_monthly_chart(content.monthly[0], 490, lang),))
        rest = content.monthly[1:]
        for left in range(0, len(rest), 2):
            yield Charts(tuple(_monthly_chart(each, 238, lang) for each in rest[left : left + 2]))
    if content.counterparties:
        yield Charts(tuple(_counterparty_chart(each, lang) for each in content.counterparties))
    if content.portrait:
        yield Heading(2, "", Text("经营与信用特征", "Features").say(lang))
    yield from _bands([_group_table(part, lang) for group in content.portrait for part in _parts(group)])
    if content.findings:
        yield Heading(2, "", Text("依法规作出的认定", "What the rules say").say(lang))
        yield Table(
            (
                Column(Text("规则", "rule").say(lang), 2.2),
                Column(Text("结论", "result").say(lang), 3),
                Column(Text("规则文本可靠程度", "standing of the rule's text").say(lang), 2),
                Column(Text("缺少的输入", "missing inputs").say(lang), 3),
            ),
            tuple(_finding_row(finding, lang) for finding in content.findings),
        )


def _parts(group: MeasureGroup) -> Iterator[MeasureGroup]:
    """A long group in parts of about the same length, so that two columns can be of one height."""
    count = -(-len(group.measures) // _LONG)
    size = -(-len(group.measures) // max(count, 1))
    for start in range(0, len(group.measures), max(size, 1)):
        heading = group.title if start == 0 else Text(f"{group.title.zh}(续)", f"{group.title.en}, continued")
        yield MeasureGroup(heading, group.measures[start : start + size])


def _bands(tables: Sequence[Table]) -> Iterator[Tables]:
    """Tables in their order, in bands of two columns of about the same height; a band is short enough to fit a page."""
    while tables:
        band: list[Table] = []
        while tables and (not band or sum(map(_height, band)) + _height(tables[0]) <= _BAND):
            band, tables = [*band, tables[0]], tables[1:]
        heights = [_height(each) for each in band]
        cut = min(range(1, len(band) + 1), key=lambda k: abs(sum(heights[:k]) - sum(heights[k:])))
        yield Tables(tuple(band[:cut]), tuple(band[cut:]))


def _height(table: Table) -> int:
    return len(table.rows) + 2


def _monthly_chart(monthly: Monthly, width: float, lang: Lang) -> Chart:
    heading = monthly.title.say(lang)
    drawn = charts.months(
        monthly.months,
        [(each.title.say(lang), each.values) for each in monthly.series],
        monthly.unit,
        lang,
        monthly.silent.say(lang),
        width,
    )
    span = f"{monthly.months[0]:%Y-%m} – {monthly.months[-1]:%Y-%m}"
    return Chart(drawn, heading, f"{heading}, {span}", monthly.sources, narrow=width < 300)


def _counterparty_chart(side: Counterparties, lang: Lang) -> Chart:
    heading = side.title.say(lang)
    rows = [
        (
            each.key.partition(":")[2] or each.key,
            each.share_ppm,
            f"{rate(each.share_ppm, lang, 1)} {amount(each.amount_fen, lang)}",
        )
        for each in side.largest
    ]
    return Chart(charts.bars(rows, 238), heading, heading, side.sources, narrow=True)


def _group_table(group: MeasureGroup, lang: Lang) -> Table:
    return Table(
        (
            Column(group.title.say(lang), 4.4),
            Column("", 2.5, "right"),
            Column(Text("来源", "source").say(lang), 1.1),
        ),
        tuple(
            (
                Cell(title(each.title, lang)),
                Cell(figure(each.value, each.unit, lang), "muted" if each.value is None else "plain"),
                source_cell(each.value, each.sources, lang),
            )
            for each in group.measures
        ),
    )


def _finding_row(finding: Finding, lang: Lang) -> tuple[Cell, ...]:
    result = finding.result.say(lang) if finding.result else Text("无法判断", "cannot tell").say(lang)
    confidence = CONFIDENCE.get(finding.confidence or "", NOTHING).say(lang)
    return (
        Cell(title(finding.title, lang)),
        Cell(result, "strong" if finding.result else "muted"),
        Cell(confidence, "warn" if finding.confidence in WEAK else "plain"),
        Cell(names(finding.missing, lang, _NAMED), "muted"),
    )
