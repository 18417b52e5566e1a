"""Charts as SVG of our own: the same bytes for the same values, sharp on paper and on a screen.

Sizes are points. Colours tell apart for readers with red-green blindness, and no meaning rests on colour alone: signs,
labels and legends say the same. No ids, no scripts, no styles from outside, so that charts can stand side by side.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from html import escape

from kemiao.papers.figures import axis_text, basis_points, signed
from kemiao.papers.glyphs import em_widths

INK, SOFT, FAINT, PAPER = "#1c2b36", "#5b6b78", "#d9e0e5", "#ffffff"
TEAL, AMBER, BLUE, ORANGE, GREY = "#0f6c74", "#c98a1b", "#3b6fb6", "#c65a1e", "#9aa8b3"
GAP = "#e9edf0"
SERIES = (TEAL, AMBER, BLUE, GREY)
PARTS = ("#0f6c74", "#5fa5a8", "#3b6fb6", "#c98a1b", "#8d6bb0", "#9aa8b3", "#c65a1e")
FAMILY = "'Noto Sans SC','PingFang SC','Hiragino Sans GB','Microsoft YaHei','Noto Sans CJK SC','Source Han Sans SC',sans-serif"


def _n(value: float) -> str:
    """A coordinate: two places at most, so that bytes do not hang on the last bit of a division."""
    return f"{value:.2f}".rstrip("0").rstrip(".") if round(value, 2) else "0"


def text(
    x: float, y: float, words: str, size: float = 8, anchor: str = "start", colour: str = INK, bold: bool = False
) -> str:
    # typst draws a variable font at its thinnest unless the axis itself is set; browsers understand the same words
    weight = 700 if bold else 400
    return (
        f'<text x="{_n(x)}" y="{_n(y)}" font-size="{_n(size)}" text-anchor="{anchor}" fill="{colour}" font-weight="{weight}" '
        f"style=\"font-variation-settings:'wght' {weight}\">{escape(words)}</text>"
    )


def rect(x: float, y: float, width: float, height: float, fill: str, extra: str = "") -> str:
    return f'<rect x="{_n(x)}" y="{_n(y)}" width="{_n(max(width, 0))}" height="{_n(max(height, 0))}" fill="{fill}"{extra}/>'


def line(x1: float, y1: float, x2: float, y2: float, colour: str = FAINT, width: float = 0.6, dash: str = "") -> str:
    dashes = f' stroke-dasharray="{dash}"' if dash else ""
    return f'<line x1="{_n(x1)}" y1="{_n(y1)}" x2="{_n(x2)}" y2="{_n(y2)}" stroke="{colour}" stroke-width="{_n(width)}"{dashes}/>'


def svg(width: float, height: float, words: str, parts: Iterable[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_n(width)} {_n(height)}" width="{_n(width)}" height="{_n(height)}" '
        f'role="img" aria-label="{escape(words)}" font-family="{FAMILY}">{"".join(parts)}</svg>'
    )


def fit(words: str, room: float, size: float) -> str:
    """As much of `words` as stands in `room` points, with an ellipsis where something is cut."""
    if em_widths(words) * size <= room:
        return words
    while words and (em_widths(words) + 1) * size > room:
        words = words[:-1]
    return words + "…"


def room(words: str, size: float, bold: bool = False) -> float:
    """About how many points `words` take."""
    return em_widths(words) * size * (1.07 if bold else 1)


def ticks(low: float, high: float, steps: int = 4) -> list[int]:
    """Round numbers (1, 2, 2.5, 5 × 10^n) that cover low..high, zero among them where the range holds it."""
    span = max(high - low, 1)
    rough = span / steps
    power = 10 ** math.floor(math.log10(rough)) if rough >= 1 else 1
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough)
    step = max(1, round(step))
    return [step * k for k in range(math.floor(low / step), math.ceil(high / step) + 1)]


@dataclass(frozen=True, slots=True)
class _Scale:
    """Values onto points."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        span = self.high - self.low
        return self.start if span == 0 else self.start + (value - self.low) / span * (self.end - self.start)


def _legend(entries: Sequence[tuple[str, str]], x: float, y: float) -> list[str]:
    out: list[str] = []
    for words, colour in entries:
        out += [rect(x, y - 6.5, 7, 7, colour, ' rx="1"'), text(x + 10, y, words, 8, colour=SOFT)]
        x += 10 + em_widths(words) * 8 + 14
    return out


def months(
    months: Sequence[date],
    series: Sequence[tuple[str, Sequence[int | None]]],
    unit: str,
    lang: str,
    gap: str,
    width: float = 490,
) -> str:
    """Grouped bars a month. A month without a value is a shaded gap that `gap` names, never a zero."""
    height, top, bottom, left = 158.0, 24.0, 22.0, 44.0
    known = [value for _, values in series for value in values if value is not None]
    marks = ticks(min(0, *known, 0), max(0, *known, 0)) if known else [0, 1]
    y = _Scale(marks[0], marks[-1], height - bottom, top)
    slot = (width - left - 4) / max(len(months), 1)
    out = _legend([(name, SERIES[k]) for k, (name, _) in enumerate(series)], left, 9)
    silent = [i for i in range(len(months)) if all(values[i] is None for _, values in series)]
    if silent:
        x = width - 10 - room(gap, 8)
        out += [rect(x, 2.5, 7, 7, GAP, ' rx="1"'), text(x + 10, 9, gap, 8, colour=SOFT)]
    out += [rect(left + i * slot, top, slot, height - top - bottom, GAP) for i in silent]
    for mark in marks:
        out += [
            line(left, y.at(mark), width, y.at(mark), SOFT if mark == 0 else FAINT, 0.8 if mark == 0 else 0.5),
            text(left - 5, y.at(mark) + 2.8, axis_text(mark, unit, lang), 7.5, "end", SOFT),
        ]
    bar = slot * 0.72 / max(len(series), 1)
    for k, (_, values) in enumerate(series):
        for i, value in enumerate(values):
            if value is None:
                continue
            x = left + i * slot + slot * 0.14 + k * bar
            a, b = y.at(max(value, 0)), y.at(min(value, 0))
            out.append(rect(x, a, bar, b - a, SERIES[k]))
    every = 1 if len(months) <= 8 else 3
    for i, month in enumerate(months):
        if i % every == 0:
            out.append(text(left + (i + 0.5) * slot, height - 8, f"{month:%Y-%m}", 7.5, "middle", SOFT))
    return svg(width, height, ", ".join(name for name, _ in series), out)


def bars(
    rows: Sequence[tuple[str, int | None, str]],
    width: float = 490,
    marked: int | None = None,
    mark_words: str = "",
    missing: str = "",
) -> str:
    """Horizontal bars: label, value, the value in words. `marked` is the row that counts, named by `mark_words`."""
    height_of = 17.0
    value_room = max((room(words, 8, True) for _, value, words in rows if value is not None), default=0) + 10
    value_room += room(f"  {mark_words}", 8, True) if mark_words else 0
    wanted = max((room(label, 8, True) for label, _, _ in rows), default=0) + 10
    # labels give way before bars do: a bar of no length would say nothing
    label_room = max(min(wanted, width * 0.44, width - value_room - width * 0.14), width * 0.16)
    known = [value for _, value, _ in rows if value is not None]
    scale = _Scale(0, max([*known, 1]), label_room, width - value_room)
    out: list[str] = []
    for i, (label, value, words) in enumerate(rows):
        y, chosen = 4 + i * height_of, i == marked
        out.append(text(label_room - 7, y + 9.5, fit(label, label_room - 10, 8), 8, "end", INK, chosen))
        if value is None:
            out.append(text(label_room + 5, y + 9.5, fit(missing, width - label_room, 7.5), 7.5, colour=SOFT))
            continue
        end = scale.at(max(value, 0))
        out.append(rect(label_room, y + 1.5, end - label_room, 10.5, TEAL if chosen or marked is None else "#a9c7ca"))
        tail = f"{words}  {mark_words}" if chosen and mark_words else words
        out.append(text(end + 5, y + 9.5, tail, 8, colour=TEAL if chosen else INK, bold=chosen))
    out.append(line(label_room, 2, label_room, 4 + len(rows) * height_of, SOFT, 0.8))
    return svg(width, 8 + len(rows) * height_of, ", ".join(f"{label} {words}" for label, _, words in rows), out)


def waterfall(
    start: tuple[str, int], steps: Sequence[tuple[str, str, int]], end: tuple[str, int], broken: str, width: float = 490
) -> str:
    """From a starting number over signed steps (label, note, points) to the end; the steps add up: the caller sees to it.

    Where start and end are far from zero beside the steps, the axis begins later: the two whole bars then show a break,
    and `broken` (words with {low}) says so.
    """
    height_of, label_room = 16.0 if len(steps) <= 14 else 12.6, width * 0.44
    runs = [start[1]]
    for _, _, points in steps:
        runs.append(runs[-1] + points)
    low, high = min(*runs, end[1]), max(*runs, end[1])
    cut = low > 0 and (high - low) < low
    floor = low - max(1, round((high - low) * 0.25)) if cut else min(0, low)
    scale = _Scale(floor, max(high, floor + 1), label_room + 4, width - 34)
    out: list[str] = []
    rows: list[tuple[str, str, int, int, str, str]] = [
        (start[0], "", floor if cut else 0, start[1], GREY, str(start[1]))
    ]
    for (label, note, points), before in zip(steps, runs, strict=False):
        rows.append((label, note, before, before + points, TEAL if points >= 0 else ORANGE, signed(points)))
    rows.append((end[0], "", floor if cut else 0, end[1], INK, str(end[1])))
    for i, (label, note, a, b, colour, words) in enumerate(rows):
        y, whole = 3 + i * height_of, i in (0, len(rows) - 1)
        note_room = min(room(note, 7.5) + 8, label_room * 0.42) if note else 0
        out.append(text(0, y + 9.1, fit(label, label_room - note_room - 8, 8), 8, colour=INK, bold=whole))
        if note:
            out.append(text(label_room - 6, y + 9.1, fit(note, note_room, 7.5), 7.5, "end", SOFT))
        x1, x2 = sorted((scale.at(a), scale.at(b)))
        out.append(rect(x1, y + 2, max(x2 - x1, 0.8), 8.6, colour))
        if whole and cut:
            out += [line(x1 + 9 + k, y + 11.8, x1 + 13 + k, y + 0.8, PAPER, 1.6) for k in (0, 4)]
        out.append(text(x2 + 4, y + 9.2, words, 8, colour=INK if whole else colour, bold=True))
        if i + 1 < len(rows):
            out.append(line(scale.at(b), y + 10.6, scale.at(b), y + height_of + 2, SOFT, 0.5))
    out.append(line(label_room + 4, 0, label_room + 4, 4 + len(rows) * height_of, FAINT, 0.6))
    deep = 6 + len(rows) * height_of
    if cut:
        out.append(text(width, deep + 7, broken.format(low=floor), 7, "end", SOFT))
        deep += 11
    return svg(width, deep, f"{start[0]} {start[1]} → {end[0]} {end[1]}", out)


def stack(parts: Sequence[tuple[str, int]], marks: Sequence[tuple[str, int]], width: float = 490) -> str:
    """A price as a stack of its parts, in ppm. `marks` (floor, cap, the rate) stand over it; one far outside is an arrow."""
    top, deep = 26.0, 24.0
    total = sum(max(ppm, 0) for _, ppm in parts)
    scale = _Scale(0, max(total, 1) * 1.6, 2, width - 2)
    out: list[str] = []
    x = 0
    for k, (_, ppm) in enumerate(parts):
        a, b = scale.at(x), scale.at(x + max(ppm, 0))
        out.append(rect(a, top, b - a - 0.6, deep, PARTS[k % len(PARTS)]))
        words = basis_points(ppm)
        if room(words, 8, True) + 5 < b - a:
            out.append(text((a + b) / 2, top + deep / 2 + 3, words, 8, "middle", PAPER, True))
        x += max(ppm, 0)
    right_of = 0.0
    for words, ppm in sorted(marks, key=lambda mark: mark[1]):
        beyond = ppm > scale.high
        shown = f"{words} →" if beyond else words
        wide = room(shown, 8, True)
        at = min(scale.at(ppm), width)
        left = max(min(at - wide / 2, width - wide), 0)
        under = left < right_of  # no room beside the one before it: below the bar
        if not beyond:
            # beside the bar, not through it: the numbers inside stay legible
            out += [line(at, 15 if not under else top - 4, at, top - 1, INK, 1)]
            out += [line(at, top + deep + 1, at, top + deep + (8 if under else 4), INK, 1)]
        out.append(text(left, top + deep + 17 if under else 11, shown, 8, colour=INK, bold=True))
        right_of = max(right_of, left + wide + 8)
    y, x_at = top + deep + 31, 2.0
    for k, (name, ppm) in enumerate(parts):
        words = f"{name} {basis_points(ppm)} bp"
        wide = 10 + room(words, 8) + 14
        if x_at + wide > width:
            x_at, y = 2.0, y + 14
        out += [rect(x_at, y - 6.5, 7, 7, PARTS[k % len(PARTS)], ' rx="1"'), text(x_at + 10, y, words, 8, colour=SOFT)]
        x_at += wide
    return svg(width, y + 5, ", ".join(f"{name} {basis_points(ppm)} bp" for name, ppm in parts), out)


def columns(
    bins: Sequence[tuple[str, int]], lang: str, width: float = 240, unit: str = "count", height: float = 150.0
) -> str:
    """Upright columns with their numbers on top: distributions."""
    top, bottom, left = 16.0, 20.0, 32.0 if unit == "count" else 40.0
    marks = ticks(0, max([count for _, count in bins] + [1]))
    y = _Scale(0, marks[-1], height - bottom, top)
    slot = (width - left) / max(len(bins), 1)
    out: list[str] = []
    for mark in marks:
        out += [
            line(left, y.at(mark), width, y.at(mark), SOFT if mark == 0 else FAINT, 0.8 if mark == 0 else 0.5),
            text(left - 5, y.at(mark) + 2.8, axis_text(mark, unit, lang), 7.5, "end", SOFT),
        ]
    size = 7.5 if max((em_widths(label) for label, _ in bins), default=0) * 7.5 < slot else 6
    for i, (label, value) in enumerate(bins):
        x = left + i * slot
        out.append(rect(x + slot * 0.16, y.at(value), slot * 0.68, y.at(0) - y.at(value), TEAL))
        out.append(text(x + slot / 2, height - 7, fit(label, slot, size), size, "middle", SOFT))
        if value:
            out.append(text(x + slot / 2, y.at(value) - 3, axis_text(value, unit, lang), size, "middle", INK))
    return svg(width, height, ", ".join(f"{label} {value}" for label, value in bins), out)


def scale_strip(grades: Sequence[tuple[str, str]], current: str | None, width: float = 490) -> str:
    """The master scale as a strip, the company's grade filled in: grade and the PD below which it ends."""
    slot, out = width / max(len(grades), 1), list[str]()
    for i, (name, below) in enumerate(grades):
        here = name == current
        out.append(rect(i * slot, 2, slot - 1.5, 19, TEAL if here else "#e8eef0", ' rx="1.5"'))
        out.append(text(i * slot + slot / 2, 15.2, name, 9, "middle", PAPER if here else SOFT, here))
        out.append(text(i * slot + slot / 2, 31, below, 6.8, "middle", INK if here else SOFT, here))
    return svg(width, 35, f"{current or ''} / " + " ".join(name for name, _ in grades), out)
