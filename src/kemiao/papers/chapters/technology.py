"""Technology: the grade on its scale, the five measures, innovation points, what it does to the limit."""

from __future__ import annotations

from collections.abc import Iterator

from kemiao.papers import charts
from kemiao.papers.blocks import Block, Cell, Chart, Charts, Column, Notice, Pairs, Table
from kemiao.papers.content import TechnologyPage, Text
from kemiao.papers.figures import rate, title
from kemiao.papers.words import Lang


def technology(page: TechnologyPage | None, lang: Lang) -> Iterator[Block]:
    if page is None:
        return
    cannot = Text("无法判断", "cannot tell").say(lang)
    heading = Text("技术流等级(在参照企业中的分位下限)", "Technology flow (from which place in the reference)").say(
        lang
    )
    steps = [(name, f"≥ {rate(low, lang, 0)}") for name, low in page.scale]
    yield Charts((Chart(charts.scale_strip(steps, page.grade), heading, f"{heading}: {page.grade or cannot}"),))
    yield Pairs(_facts(page, lang, cannot))
    measured = Text("五项指标(在参照企业中的分位)", "Five measures (place in the reference)").say(lang)
    drawn = charts.bars(
        [(title(each.title, lang), each.ppm, rate(each.ppm, lang, 0) if each.ppm is not None else cannot) for each in page.measures],
        missing=Text("未知", "unknown").say(lang),
    )  # fmt: skip
    yield Charts((Chart(drawn, measured, measured),))
    yield Table(
        (Column(Text("指标", "measure").say(lang), 2), Column(Text("读取", "reads").say(lang), 7)),
        tuple((Cell(title(each.title, lang)), Cell(each.reads.say(lang), "muted")) for each in page.measures),
    )
    if page.negative:
        yield Notice(
            "bad", Text("负面清单", "Negative list").say(lang), tuple(each.say(lang) for each in page.negative)
        )
    if page.unknowns:
        yield Table(
            (Column(Text("未知指标", "unknown").say(lang), 4), Column(Text("可以补证的材料", "paper that settles it").say(lang), 5)),
            tuple((Cell(title(item, lang)), Cell(paper.say(lang), "muted")) for item, paper in page.unknowns),
        )  # fmt: skip


def _facts(page: TechnologyPage, lang: Lang, cannot: str) -> tuple[tuple[str, Cell], ...]:
    def milli(value: int | None) -> str:
        return cannot if value is None else f"{value / 1000:.1f}"

    unknown = Text("未知,按 1.00", "unknown, taken as 1.00").say(lang)
    classes = " · ".join(f"{title(name, lang)} {milli(value)}" for name, value in page.classes)
    stage = page.stage.say(lang) if page.stage else cannot
    return (
        (Text("对额度的作用", "effect on the limit").say(lang), Cell(page.effect.say(lang), "strong")),
        (Text("创新积分(满分 100)", "innovation points (of 100)").say(lang), Cell(f"{milli(page.points_milli)}  ({classes})")),
        (Text("阶段", "stage").say(lang), Cell(stage)),
        (Text("转化修正", "conversion correction").say(lang), Cell(unknown if page.correction_ppm is None else f"× {page.correction_ppm / 10**6:.2f}")),
        (Text("已知程度", "known").say(lang), Cell(Text(
            f"技术流 {rate(page.coverage_ppm, 'zh', 0)},创新积分 {rate(page.points_coverage_ppm, 'zh', 0)};低于 60% 不下结论",
            f"flow {rate(page.coverage_ppm, 'en', 0)}, points {rate(page.points_coverage_ppm, 'en', 0)}; below 60% nothing is told").say(lang))),
        (Text("参照", "reference").say(lang), Cell(Text(f"{page.companies} 家企业,{page.reference[:16]}", f"{page.companies} companies, {page.reference[:16]}").say(lang), "muted")),
    )  # fmt: skip
