"""Plots of a cleared market as SVG of our own: what each funder lends, where its cut-off lies, who gains and who loses."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from kemiao.base.money import short_text
from kemiao.base.rates import percent_text
from kemiao.papers.charts import (
    AMBER,
    BLUE,
    FAINT,
    INK,
    ORANGE,
    SOFT,
    TEAL,
    fit,
    line,
    rect,
    room,
    svg,
    text,
    ticks,
)

WIDTH = 860.0
MOST = 40  # rows of a plot: the page's tables have the rest
LABEL = 190.0


def _at(value: float, low: float, high: float, start: float, end: float) -> float:
    return start if high == low else start + (value - low) / (high - low) * (end - start)


def legend(entries: Sequence[tuple[str, str]], x: float = LABEL, y: float = 11) -> list[str]:
    out: list[str] = []
    for words, colour in entries:
        out += [rect(x, y - 8, 9, 9, colour, ' rx="2"'), text(x + 13, y, words, 10.5, colour=SOFT)]
        x += 13 + room(words, 10.5) + 18
    return out


def funders(rows: Sequence[Mapping[str, Any]], best: Sequence[Mapping[str, Any]], lang: str) -> str:
    """A pair of bars a mandate, stable and best, over its budget as a frame."""
    zh = lang == "zh"
    out = legend(
        [("稳定" if zh else "stable", TEAL), ("最优" if zh else "best", AMBER), ("预算" if zh else "budget", FAINT)]
    )
    high = max([1, *(row["budget_fen"] for row in rows)])
    tall, top, end = 24.0, 24.0, WIDTH - 130
    pairs = sorted(zip(rows, best, strict=True), key=lambda pair: (-pair[0]["budget_fen"], pair[0]["mandate"]))[:MOST]
    for place, (one, other) in enumerate(pairs):
        y = top + place * tall
        out.append(text(LABEL - 8, y + 14, fit(f"{one['mandate']} {one['funder']}", LABEL - 12, 10.5), 10.5, "end"))
        out.append(rect(LABEL, y + 2, _at(one["budget_fen"], 0, high, 0, end - LABEL), 17, FAINT))
        out.append(rect(LABEL, y + 3.5, _at(one["lent_fen"], 0, high, 0, end - LABEL), 6.5, TEAL))
        out.append(rect(LABEL, y + 11, _at(other["lent_fen"], 0, high, 0, end - LABEL), 6.5, AMBER))
        words = f"{short_text(one['lent_fen'], lang)} / {short_text(other['lent_fen'], lang)}"
        out.append(text(_at(one["budget_fen"], 0, high, LABEL, end) + 6, y + 14, words, 9.5, colour=SOFT))
    return svg(WIDTH, top + len(pairs) * tall + 6, "funders", out)


def cut_offs(cuts: Sequence[Mapping[str, Any]], lang: str) -> str:
    """A dot a mandate and class, at the value of the last that could come in; a ring at the left for who took everybody."""
    zh = lang == "zh"
    shown = [cut for cut in cuts if cut["at"] == "mandate"][:MOST]
    values = [cut["value_ppm"] for cut in shown if cut["value_ppm"] is not None]
    marks = ticks(min([0, *values]), max([1, *values]), 6)
    tall, top, start, end = 19.0, 30.0, LABEL + 100, WIDTH - 20
    bottom = top + len(shown) * tall
    out = legend([("录取线:最后一名的价值" if zh else "cut-off: value of the last one in", TEAL)])
    for mark in marks:
        x = _at(mark, marks[0], marks[-1], start, end)
        out += [line(x, top, x, bottom, SOFT if mark == 0 else FAINT), text(x, bottom + 14, percent_text(mark), 9.5, "middle", SOFT)]  # fmt: skip
    named = {"others": "其他" if zh else "others", "reserved": "预留" if zh else "reserved"}
    for place, cut in enumerate(shown):
        y = top + (place + 0.5) * tall
        label = " ".join((cut["name"], named.get(cut["class"], ""))).strip()
        out += [text(LABEL - 8, y + 4, fit(label, LABEL - 12, 10.5), 10.5, "end"), line(start, y, end, y, FAINT, 0.4)]
        if cut["value_ppm"] is None:
            words = ("接受所有人" if zh else "took everybody") if cut["open"] else ("不再接受" if zh else "closed")
            out.append(text(LABEL + 2, y + 4, words, 9.5, colour=SOFT))
            continue
        x = _at(cut["value_ppm"], marks[0], marks[-1], start, end)
        out.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4.5" fill="{TEAL}"/>')
        out.append(text(LABEL + 2, y + 4, percent_text(cut["value_ppm"], 4), 9.5, colour=INK))
    return svg(WIDTH, bottom + 20, "cut-offs", out)


def gains(price: Mapping[str, Any], lang: str) -> str:
    """Two bars a side: what those who are better off in the stable result gain, what the others lose."""
    zh = lang == "zh"
    sides = (("companies", "企业", "companies"), ("funders", "资金方", "funders"), ("covers", "担保方", "covers"))
    sums = [abs(price[side][way]["sum_fen"]) for side, *_ in sides for way in ("gain", "lose")]
    high, middle, half = max(1, *sums), LABEL + (WIDTH - LABEL) / 2, (WIDTH - LABEL) / 2 - 130
    out = legend(
        [("在稳定匹配中更好" if zh else "better off when stable", TEAL), ("更差" if zh else "worse off", ORANGE)]
    )
    tall, top = 34.0, 26.0
    for place, (side, name, en) in enumerate(sides):
        y = top + place * tall
        gain, lose, same = price[side]["gain"], price[side]["lose"], price[side]["same"]
        label = f"{name}(不变 {same})" if zh else f"{en} (same: {same})"
        out.append(text(LABEL - 8, y + 18, fit(label, LABEL - 12, 10.5), 10.5, "end"))
        for way, sign, colour, anchor in ((gain, 1, TEAL, "start"), (lose, -1, ORANGE, "end")):
            wide = _at(abs(way["sum_fen"]), 0, high, 0, half)
            out.append(rect(middle if sign > 0 else middle - wide, y + 7, wide, 16, colour))
            words = f"{way['count']}: {short_text(way['sum_fen'], lang)}"
            out.append(text(middle + sign * (wide + 6), y + 19, words, 10, anchor, colour))
    out.append(line(middle, top, middle, top + len(sides) * tall, SOFT, 0.8))
    return svg(WIDTH, top + len(sides) * tall + 6, "gains and losses", out)


def intervals(
    rows: Sequence[tuple[str, int | None, int, int, str]], lang: str, said: Callable[[int], str] = percent_text
) -> str:
    """(label, value, low, high, colour): a dot with its interval; a row without a value says so."""
    zh = lang == "zh"
    known = [number for _, value, low, high, _ in rows if value is not None for number in (low, high)]
    marks = ticks(min([0, *known]), max([1, *known]), 5)
    tall, top, start, end = 19.0, 26.0, LABEL + 10, WIDTH - 150
    bottom = top + len(rows) * tall
    out = legend([("稳定" if zh else "stable", TEAL), ("最优" if zh else "best", AMBER)])
    for mark in marks:
        x = _at(mark, marks[0], marks[-1], start, end)
        out += [line(x, top, x, bottom, SOFT if mark == 0 else FAINT), text(x, bottom + 14, said(mark), 9.5, "middle", SOFT)]  # fmt: skip
    for place, (label, value, low, high, colour) in enumerate(rows):
        y = top + (place + 0.5) * tall
        out.append(text(LABEL - 8, y + 4, fit(label, LABEL - 12, 10.5), 10.5, "end"))
        if value is None:
            out.append(text(start + 4, y + 4, "没有" if zh else "nobody", 9.5, colour=SOFT))
            continue
        left, at, right = (_at(number, marks[0], marks[-1], start, end) for number in (low, value, high))
        out += [line(left, y, right, y, colour, 2), line(left, y - 4, left, y + 4, colour, 1.4), line(right, y - 4, right, y + 4, colour, 1.4)]  # fmt: skip
        out.append(f'<circle cx="{at:.1f}" cy="{y:.1f}" r="3.8" fill="{colour}"/>')
        out.append(text(end + 8, y + 4, f"{said(value)} [{said(low)}, {said(high)}]", 9.5, colour=SOFT))
    return svg(WIDTH, bottom + 20, "intervals", out)


def three(rows: Sequence[tuple[str, Sequence[int], Callable[[int], str]]], names: Sequence[str]) -> str:
    """Small multiples: for each measure a bar a result, each measure on its own scale."""
    colours = (TEAL, AMBER, BLUE)
    wide = WIDTH / max(len(rows), 1)
    out = legend(list(zip(names, colours, strict=True)), 4)
    for place, (title, values, said) in enumerate(rows):
        x, high = place * wide + 4, max(1, *values)
        out.append(text(x, 34, title, 10.5, bold=True))
        for row, (value, colour) in enumerate(zip(values, colours, strict=True)):
            y = 42 + row * 20
            out.append(rect(x, y, _at(max(value, 0), 0, high, 0, wide - 96), 13, colour))
            out.append(text(x + _at(max(value, 0), 0, high, 0, wide - 96) + 5, y + 10.5, said(value), 9.5, colour=SOFT))
    return svg(WIDTH, 108, ", ".join(title for title, _, _ in rows), out)
