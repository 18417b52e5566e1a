"""How sure the grade is, and where points were lost by what a person can act on."""

from __future__ import annotations

from collections.abc import Iterator

from kemiao.papers.blocks import Block, Cell, Column, Notice, Table, Tone
from kemiao.papers.content import ReportContent, Sureness, Text
from kemiao.papers.figures import rate, title
from kemiao.papers.words import Lang

_CHANGE = {
    "company": Text("企业可以改变", "the company can change it"),
    "time": Text("随时间改善", "time alone improves it"),
    "none": Text("不能改变", "can't be changed"),
}
_TONES: dict[str, Tone] = {"high": "good", "medium": "plain", "low": "warn"}
_LEVELS = {"high": Text("高", "high"), "medium": Text("中", "medium"), "low": Text("低", "low")}


def sureness(content: ReportContent, lang: Lang) -> Iterator[Block]:
    said = content.sureness
    if said is not None:
        head = Text(f"评级的把握:{_LEVELS[said.level].zh}", f"Confidence of the grade: {_LEVELS[said.level].en}")
        yield Notice(
            _TONES[said.level], head.say(lang), tuple(each.say(lang) for each in (*said.reasons, *_bands(said)))
        )


def _bands(said: Sureness) -> Iterator[Text]:
    best, worst = said.unknown_band_ppm
    if best != worst:
        low, high = (rate(each, "zh") for each in said.unknown_band_ppm)
        yield Text(f"未知项全部补齐后,违约概率在 {low} 与 {high} 之间。", f"With all that is unknown answered, PD lies between {low} and {high}.")  # fmt: skip


def themes(content: ReportContent, lang: Lang) -> Iterator[Block]:
    if not content.themes:
        return
    yield Table(
        (
            Column(Text("主题与企业自身数据", "theme, with the company's figures").say(lang), 6.4),
            Column(Text("能否改变", "can it be changed").say(lang), 2),
            Column(Text("失分", "lost").say(lang), 1, "right"),
        ),
        tuple(
            (Cell(title(each.text, lang)), Cell(_CHANGE[each.change].say(lang), "muted"), Cell(f"−{each.lost}", "bad"))
            for each in content.themes
        ),
        Text("失分的主题", "What cost points, by theme").say(lang),
    )
