"""A drawing of where money went: parties stand in columns by the number of payments, bands between them are as wide as the amounts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kemiao.papers.charts import AMBER, BLUE, GREY, INK, ORANGE, PARTS, SOFT, TEAL, fit, rect, svg, text

COLOURS = {
    "purpose": TEAL, "property": ORANGE, "securities": AMBER, "lending": "#8d6bb0", "related": "#b0476b", "round_trip": "#7a1f1f",
    "untraced": GREY, "cash": BLUE, "": PARTS[1],
}  # fmt: skip
_WIDTH, _ROW, _NODE, _GAP = 860.0, 260.0, 9.0, 16.0


@dataclass(frozen=True, slots=True)
class Band:
    """amount from one party to another, from column to column + 1; outcome: where it ended, or "" where it went on."""

    column: int
    source: str
    target: str
    amount: int
    outcome: str
    words: str


def flow_chart(title: str, bands: Sequence[Band], legend: Sequence[tuple[str, str]], names: dict[str, str]) -> str:
    """bands: as they are to be stacked. names: party → what is written beside it. Two parties of one key in a column are one."""
    columns = max((band.column for band in bands), default=0) + 2
    nodes: dict[tuple[int, str], list[int]] = {}
    for band in bands:
        nodes.setdefault((band.column, band.source), [0, 0])[1] += band.amount
        nodes.setdefault((band.column + 1, band.target), [0, 0])[0] += band.amount
    tallest = max(
        (sum(max(flow) for (at, _), flow in nodes.items() if at == column) for column in range(columns)), default=1
    )
    count = max((sum(1 for at, _ in nodes if at == column) for column in range(columns)), default=1)
    scale = _ROW / max(tallest, 1)
    height = 46 + _ROW + count * _GAP
    step = (_WIDTH - 150) / max(columns - 1, 1)
    top: dict[tuple[int, str], float] = {}
    out = [text(0, 12, title, 10, bold=True), *_legend(legend)]
    for column in range(columns):
        y = 46.0
        for place, flow in nodes.items():
            if place[0] != column:
                continue
            deep = max(max(flow) * scale, 1)
            top[place] = y
            out.append(rect(column * step, y, _NODE, deep, INK))
            out.append(text(column * step + _NODE + 3, y + min(deep, 10) / 2 + 3, fit(names.get(place[1], place[1]), step - 20, 7.5), 7.5))  # fmt: skip
            y += deep + _GAP
    left, right = dict(top), dict(top)
    ribbons = []
    for band in bands:
        source, target = (band.column, band.source), (band.column + 1, band.target)
        wide = max(band.amount * scale, 0.6)
        ribbons.append(
            _ribbon(band, band.column * step + _NODE, left[source], (band.column + 1) * step, right[target], wide)
        )
        left[source] += band.amount * scale
        right[target] += band.amount * scale
    return svg(_WIDTH, height, title, [rect(0, 0, _WIDTH, height, "#ffffff"), *ribbons, *out])


def _ribbon(band: Band, x1: float, y1: float, x2: float, y2: float, wide: float) -> str:
    from html import escape

    middle = (x1 + x2) / 2
    colour = COLOURS.get(band.outcome, PARTS[1])
    path = (
        f"M{x1:.1f} {y1:.1f}C{middle:.1f} {y1:.1f} {middle:.1f} {y2:.1f} {x2:.1f} {y2:.1f}v{wide:.1f}"
        f"C{middle:.1f} {y2 + wide:.1f} {middle:.1f} {y1 + wide:.1f} {x1:.1f} {y1 + wide:.1f}Z"
    )
    return f'<path d="{path}" fill="{colour}" fill-opacity="0.45"><title>{escape(band.words)}</title></path>'


def _legend(entries: Sequence[tuple[str, str]]) -> list[str]:
    out, x = [], 0.0
    for outcome, words in entries:
        out += [rect(x, 22, 7, 7, COLOURS[outcome]), text(x + 10, 28.5, words, 7.5, colour=SOFT)]
        x += 10 + len(words.encode("gbk", "replace")) * 4.1 + 12
    return out
