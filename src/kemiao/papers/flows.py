"""A drawing of where money went: holders stand in columns by the number of payments, bands between them are as wide as the amounts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from kemiao.papers.charts import AMBER, BLUE, GREY, INK, ORANGE, PARTS, SOFT, TEAL, fit, rect, room, svg, text

COLOURS = {
    "purpose": TEAL, "property": ORANGE, "securities": AMBER, "lending": "#8d6bb0", "related": "#b0476b", "round_trip": "#7a1f1f",
    "untraced": GREY, "cash": BLUE, "": PARTS[1],
}  # fmt: skip
_TALL, _NODE, _TOP, _LEFT, _LABELS = 300.0, 10.0, 96.0, 20.0, 230.0
_LINES = 27.0  # from one label of two lines to the next
_STEP, _STEP_LEAST, _WIDE = 280.0, 190.0, 1_200.0

Place = tuple[int, str]
"""Column, and who holds the money there."""


@dataclass(frozen=True, slots=True)
class Node:
    """outcome: where the money ended there, or "" where it was handed on. label and note: two lines beside it."""

    label: str
    note: str
    outcome: str


@dataclass(frozen=True, slots=True)
class Band:
    """An amount from a place to one in the next column; words: what is said of it when it is pointed at."""

    source: Place
    target: Place
    amount: int
    outcome: str
    words: str


@dataclass(frozen=True, slots=True)
class Words:
    """title, what stands under it, the columns' heads from the first on, (outcome, words) of the legend, and a last line."""

    title: str
    under: str
    heads: Sequence[str]
    legend: Sequence[tuple[str, str]]
    foot: str


def flow_chart(words: Words, nodes: Mapping[Place, Node], bands: Sequence[Band]) -> str:
    """nodes: in the order in which they are to stand in their column."""
    columns = max((column for column, _ in nodes), default=0) + 1
    step = max(_STEP_LEAST, min(_STEP, _WIDE / max(columns - 1, 1)))
    into, out = _sums(bands, "target"), _sums(bands, "source")
    deep = {place: max(into.get(place, 0), out.get(place, 0)) for place in nodes}
    whole = max((sum(fen for (at, _), fen in deep.items() if at == column) for column in range(columns)), default=1)
    scale = _TALL / max(whole, 1)
    top: dict[Place, float] = {}
    y = [_TOP] * columns
    for place, node in nodes.items():
        above = 0.0 if node.outcome or place[0] == 0 else 14.0  # the label of who hands money on stands above
        top[place] = y[place[0]] + above
        y[place[0]] = top[place] + max(deep[place] * scale + 10, _LINES if node.outcome else 14)
    width, height = _LEFT + step * (columns - 1) + _NODE + _LABELS, max(y) + 26
    width = max(width, _LEFT + room(words.title, 13, bold=True) + 20, _legend_room(words.legend) + _LEFT)
    marks = [
        *(mark for place, node in nodes.items() for mark in _node(node, place, _LEFT + place[0] * step, top[place], deep[place] * scale, step)),
        *(text(_LEFT + column * step, _TOP - 18, head, 8, colour=SOFT) for column, head in enumerate(words.heads[:columns])),
    ]  # fmt: skip
    head = [text(_LEFT, 24, words.title, 13, bold=True), text(_LEFT, 40, words.under, 8.5, colour=SOFT)]
    foot = [text(_LEFT, height - 9, fit(words.foot, width - 2 * _LEFT, 7.5), 7.5, colour=SOFT)]
    parts = [rect(0, 0, width, height, "#ffffff"), *_ribbons(bands, top, scale, step), *marks, *head, *_legend(words.legend), *foot]  # fmt: skip
    return svg(width, height, words.title, parts)


def _sums(bands: Sequence[Band], side: str) -> dict[Place, int]:
    found: dict[Place, int] = {}
    for band in bands:
        place = band.source if side == "source" else band.target
        found[place] = found.get(place, 0) + band.amount
    return found


def _ribbons(bands: Sequence[Band], top: Mapping[Place, float], scale: float, step: float) -> list[str]:
    """Leaving a holder they lie in the order of where they go, arriving in the order of where they come from: few cross."""
    left, right, starts = dict(top), dict(top), {}
    for band in sorted(bands, key=lambda band: (band.source[0], top[band.source], top[band.target])):
        starts[id(band)] = left[band.source]
        left[band.source] += band.amount * scale
    drawn = []
    for band in sorted(bands, key=lambda band: (band.target[0], top[band.target], top[band.source])):
        x1, x2 = _LEFT + band.source[0] * step + _NODE, _LEFT + band.target[0] * step
        drawn.append(_ribbon(band, x1, starts[id(band)], x2, right[band.target], max(band.amount * scale, 0.8)))
        right[band.target] += band.amount * scale
    return drawn


def _ribbon(band: Band, x1: float, y1: float, x2: float, y2: float, wide: float) -> str:
    middle = (x1 + x2) / 2
    path = (
        f"M{x1:.1f} {y1:.1f}C{middle:.1f} {y1:.1f} {middle:.1f} {y2:.1f} {x2:.1f} {y2:.1f}v{wide:.1f}"
        f"C{middle:.1f} {y2 + wide:.1f} {middle:.1f} {y1 + wide:.1f} {x1:.1f} {y1 + wide:.1f}Z"
    )
    colour = COLOURS.get(band.outcome, PARTS[1])
    return f'<path d="{path}" fill="{colour}" fill-opacity="0.4"><title>{escape(band.words)}</title></path>'


def _node(node: Node, place: Place, x: float, y: float, deep: float, step: float) -> list[str]:
    bar = rect(x, y, _NODE, max(deep, 1.5), COLOURS[node.outcome] if node.outcome else INK)
    if node.outcome or place[0] == 0:
        beside, wide = x + _NODE + 6, _LABELS - 26 if node.outcome else step - 40
        return [bar, _haloed(beside, y + 8, fit(node.label, wide, 9), 9, INK), _haloed(beside, y + 19, fit(node.note, wide, 8), 8, SOFT)]  # fmt: skip
    return [bar, _haloed(x, y - 4, fit(f"{node.label}  {node.note}", step - 12, 8.5), 8.5, INK)]


def _haloed(x: float, y: float, words: str, size: float, colour: str) -> str:
    """Readable where a band passes behind it."""
    return text(x, y, words, size, colour=colour).replace("<text ", '<text paint-order="stroke" stroke="#ffffff" stroke-width="2.5" stroke-linejoin="round" ', 1)  # fmt: skip


def _legend(entries: Sequence[tuple[str, str]]) -> list[str]:
    out, x = [], _LEFT
    for outcome, words in entries:
        out += [rect(x, 51, 9, 9, COLOURS[outcome]), text(x + 13, 59, words, 8.5)]
        x += room(words, 8.5) + 31
    return out


def _legend_room(entries: Sequence[tuple[str, str]]) -> float:
    return sum(room(words, 8.5) + 31 for _, words in entries)
