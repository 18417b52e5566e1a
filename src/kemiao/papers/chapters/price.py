"""The price: its parts one on the other, the floor, the cap and the rate."""

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
    ReportContent,
    Text,
)
from kemiao.papers.figures import basis_points, rate, title
from kemiao.papers.words import Lang


def price(content: ReportContent, lang: Lang) -> Iterator[Block]:
    priced = content.price
    if not priced.parts:
        yield Paragraph(Text("本次未定价。", "No price was set.").say(lang), "muted")
        return
    built_up = sum(part.ppm for part in priced.parts)
    marks = [
        (f"{words.say(lang)} {rate(ppm, lang)}", ppm)
        for words, ppm in (
            (Text("下限", "floor"), priced.floor_ppm),
            (Text("上限", "cap"), priced.cap_ppm),
            (Text("执行利率", "rate"), priced.rate_ppm),
        )
        if ppm is not None
    ]
    heading = Text("利率构成(基点)", "What the rate is made of (bp)").say(lang)
    drawn = charts.stack([(part.title.say(lang), part.ppm) for part in priced.parts], marks)
    yield Charts((Chart(drawn, heading, heading),))
    yield Table(
        (
            Column(Text("组成", "part").say(lang), 5),
            Column(Text("年利率", "a year").say(lang), 1.6, "right"),
            Column("bp", 1.6, "right"),
        ),
        (
            *(
                (Cell(title(part.title, lang)), Cell(rate(part.ppm, lang, 3)), Cell(basis_points(part.ppm)))
                for part in priced.parts
            ),
            (
                Cell(Text("合计", "sum").say(lang), "strong"),
                Cell(rate(built_up, lang, 3), "strong"),
                Cell(basis_points(built_up), "strong"),
            ),
        ),
        last_is_total=True,
    )
    if priced.rate_ppm is not None:
        yield Paragraph(_rate_words(content, built_up, lang))


def _rate_words(content: ReportContent, built_up: int, lang: Lang) -> str:
    priced = content.price
    final = rate(priced.rate_ppm, lang)
    over = over_lpr(content, lang)
    tail = f"({over})" if over and lang == "zh" else f" ({over})" if over else ""
    final_zh, final_en = f"执行利率为 {final}{tail}。", f"the rate is {final}{tail}."
    sum_zh, sum_en = f"组成合计 {rate(built_up, 'zh', 3)},", f"The parts sum to {rate(built_up, 'en', 3)}; "
    built = priced.built_ppm if priced.built_ppm is not None else built_up
    if priced.rate_ppm is not None and priced.rate_ppm < built:
        return Text(f"{sum_zh}高于政策上限,{final_zh}", f"{sum_en}above policy's cap, so {final_en}").say(lang)
    if priced.rate_ppm is not None and priced.rate_ppm > built:
        return Text(f"{sum_zh}低于政策下限,{final_zh}", f"{sum_en}below policy's floor, so {final_en}").say(lang)
    if built != built_up:
        return Text(f"{sum_zh}按政策步长取整,{final_zh}", f"{sum_en}rounded to policy's step, {final_en}").say(lang)
    return Text(final_zh, final_en[0].upper() + final_en[1:]).say(lang)


def over_lpr(content: ReportContent, lang: Lang) -> str:
    lpr = content.price.lpr_ppm
    if lpr is None or content.rate_ppm is None:
        return ""
    gap = content.rate_ppm - lpr
    sign = "+" if gap >= 0 else "−"
    return f"LPR {rate(lpr, lang)} {sign} {basis_points(abs(gap))} bp"
