"""Cells that several chapters share: a figure with the numbers of its sources."""

from __future__ import annotations

from kemiao.papers.blocks import (
    Cell,
)
from kemiao.papers.content import (
    Measure,
    Text,
    Value,
)
from kemiao.papers.figures import figure
from kemiao.papers.words import Lang


def measure_cell(measure: Measure, lang: Lang) -> Cell:
    if measure.value is None:
        return Cell(figure(None, measure.unit, lang), "muted")
    return Cell(figure(measure.value, measure.unit, lang), "plain", measure.sources)


def source_cell(value: Value, sources: tuple[int, ...], lang: Lang) -> Cell:
    """Where a known value has no row behind it, a source that was asked about every company found none."""
    if value is None:
        return Cell("")
    return Cell("", refs=sources) if sources else Cell(Text("查无", "none").say(lang), "muted")
