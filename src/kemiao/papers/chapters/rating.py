"""The rating: the master scale, how the points add up, and where they were lost."""

from __future__ import annotations

from collections.abc import Iterator

from kemiao.papers import charts
from kemiao.papers.blocks import (
    Block,
    Cell,
    Chart,
    Charts,
    Column,
    Notice,
    Pairs,
    Paragraph,
    Table,
)
from kemiao.papers.chapters.cells import source_cell
from kemiao.papers.chapters.reasons import sureness, themes
from kemiao.papers.content import (
    Contribution,
    ReportContent,
    Text,
)
from kemiao.papers.figures import bound_text, figure, signed, title
from kemiao.papers.words import Lang


def rating(content: ReportContent, lang: Lang) -> Iterator[Block]:
    card = content.rating
    if card.scale:
        *most, last = card.scale
        steps = [(grade.name, f"< {bound_text(grade.high_ppm)}") for grade in most]
        steps.append((last.name, f"≥ {bound_text(last.low_ppm)}"))
        drawn = charts.scale_strip(steps, content.grade)
        heading = Text("主标尺(各级违约概率上限)", "Master scale (upper bound of PD)").say(lang)
        yield Charts((Chart(drawn, heading, f"{heading}: {content.grade}"),))
    if content.model.kind == "expert":
        yield Notice(
            "warn",
            Text("专家评分卡", "An expert card").say(lang),
            (
                Text(
                    "评级出自专家评分卡,未经本行历史违约数据拟合或检验;违约概率为主标尺映射值,不是观测违约率。",
                    "This rating comes from an expert card that was neither fitted nor validated on this bank's own defaults; its PD is read from the master scale, not observed.",
                ).say(lang),
            ),
        )
    yield from sureness(content, lang)
    if content.model.moved:
        yield Paragraph(content.model.moved.say(lang))
    if content.model.facts:
        yield Pairs(tuple((name, Cell(value)) for name, value in content.model.facts))
    if not card.contributions:
        return
    ordered = sorted(card.contributions, key=lambda each: (each.points - each.best_points, each.title.zh))
    if card.base_points is not None and card.points is not None:
        zeros = sum(each.points == 0 for each in ordered)
        silent = [(Text(f"其余 {zeros} 项", f"{zeros} others").say(lang), "", 0)] if zeros else []
        heading = Text("得分构成:由基础分到总分", "How the points add up").say(lang)
        drawn = charts.waterfall(
            (Text("基础分", "base").say(lang), card.base_points),
            [(title(each.title, lang), each.label.say(lang), each.points) for each in ordered if each.points] + silent,
            (Text("总分", "total").say(lang), card.points),
            Text("横轴自 {low} 分起", "the axis begins at {low} points").say(lang),
        )
        yield Charts((Chart(drawn, heading, heading),))
    yield from themes(content, lang)
    yield Table(
        (
            Column(Text("评价项", "characteristic").say(lang), 3.6),
            Column(Text("数值", "value").say(lang), 2.2, "right"),
            Column(Text("来源", "source").say(lang), 0.9),
            Column(Text("所在区间", "bin").say(lang), 3),
            Column(Text("得分", "points").say(lang), 1, "right"),
            Column(Text("最高", "best").say(lang), 1, "right"),
            Column(Text("失分", "lost").say(lang), 1, "right"),
        ),
        tuple(_contribution_row(each, lang) for each in ordered),
        Text("评分明细,按失分由多到少", "Points by characteristic, most lost first").say(lang),
    )


def _contribution_row(each: Contribution, lang: Lang) -> tuple[Cell, ...]:
    lost = each.points - each.best_points
    return (
        Cell(title(each.title, lang)),
        Cell(figure(each.value, each.unit, lang), "muted" if each.value is None else "plain"),
        source_cell(each.value, each.sources, lang),
        Cell(each.label.say(lang), "muted"),
        Cell(signed(each.points)),
        Cell(signed(each.best_points), "muted"),
        Cell(signed(lost), "bad" if lost < 0 else "muted"),
    )
