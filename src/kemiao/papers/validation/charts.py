"""Charts of a validation report, drawn as the other reports are. Every estimate shows its interval."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from kemiao.papers.charts import AMBER, FAINT, GREY, INK, ORANGE, SOFT, TEAL, fit, line, rect, room, svg, text

BAND = "#cfe3e4"
Point = tuple[float, float, float, float]  # x, y, low, high


@dataclass(frozen=True, slots=True)
class _Frame:
    """Shares onto points of the page; y grows upwards."""

    left: float
    right: float
    top: float
    bottom: float
    x_high: float = 1.0
    y_low: float = 0.0
    y_high: float = 1.0
    x_low: float = 0.0

    def x(self, value: float) -> float:
        return self.left + (value - self.x_low) / (self.x_high - self.x_low) * (self.right - self.left)

    def y(self, value: float) -> float:
        inside = min(max(value, self.y_low), self.y_high)
        return self.bottom - (inside - self.y_low) / (self.y_high - self.y_low) * (self.bottom - self.top)


def percent(value: float, step: float = 0.1) -> str:
    places = 0 if step >= 0.00999 else 1 if step >= 0.000999 else 2
    said = f"{value * 100:.{places}f}%"
    return ("−" + said[1:] if said.startswith("-") else said) if said.strip("-0.%") else "0%"


def step_of(span: float, steps: int = 4) -> float:
    """A round step (1, 2, 2.5, 5 times a power of ten) of about so many in the span."""
    rough = max(span, 1e-6) / steps
    power = 10.0 ** math.floor(math.log10(rough))
    return next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough * 0.999)


def _path(points: Sequence[tuple[float, float]], colour: str, width: float = 1.4, dash: str = "") -> str:
    at = " ".join(f"{x:.2f},{y:.2f}" for x, y in points)
    dashes = f' stroke-dasharray="{dash}"' if dash else ""
    return f'<polyline points="{at}" fill="none" stroke="{colour}" stroke-width="{width}" stroke-linejoin="round"{dashes}/>'


def _area(frame: _Frame, points: Sequence[Point]) -> str:
    upper = [(frame.x(x), frame.y(high)) for x, _, _, high in points]
    lower = [(frame.x(x), frame.y(low)) for x, _, low, _ in reversed(points)]
    at = " ".join(f"{x:.2f},{y:.2f}" for x, y in [*upper, *lower])
    return f'<polygon points="{at}" fill="{BAND}" stroke="none"/>'


def _dot(x: float, y: float, colour: str = TEAL, size: float = 2.6) -> str:
    return f'<circle cx="{x:.2f}" cy="{y:.2f}" r="{size}" fill="{colour}"/>'


def _grid(frame: _Frame, x_step: float, y_step: float) -> list[str]:
    out: list[str] = []
    for k in range(math.ceil(frame.y_low / y_step - 1e-9), math.floor(frame.y_high / y_step + 1e-9) + 1):
        y = frame.y(k * y_step)
        out += [
            line(frame.left, y, frame.right, y, SOFT if k == 0 else FAINT, 0.8 if k == 0 else 0.5),
            text(frame.left - 4, y + 2.6, percent(k * y_step, y_step), 7, "end", SOFT),
        ]
    for k in range(math.ceil(frame.x_low / x_step - 1e-9), math.floor(frame.x_high / x_step + 1e-9) + 1):
        x = frame.x(k * x_step)
        out += [
            line(x, frame.bottom, x, frame.bottom + 2.5, SOFT, 0.5),
            text(x, frame.bottom + 10.5, percent(k * x_step, x_step), 7, "middle", SOFT),
        ]
    return out


def _axes(frame: _Frame, x_name: str, y_name: str) -> list[str]:
    return [
        text((frame.left + frame.right) / 2, frame.bottom + 21, x_name, 7.5, "middle", SOFT),
        text(2, 8, y_name, 7.5, "start", SOFT),
    ]


def curve(points: Sequence[Point], x_name: str, y_name: str, chance: str, mark: tuple[float, str] | None = None) -> str:
    """A curve over shares with its band. chance: words for the diagonal. mark: an x with words, drawn as an upright."""
    frame = _Frame(32, 232, 16, 168)
    out = [_area(frame, points), *_grid(frame, 0.2, 0.2), *_axes(frame, x_name, y_name)]
    out.append(line(frame.x(0), frame.y(0), frame.x(1), frame.y(1), GREY, 0.8, "3 2"))
    out.append(text(frame.x(0.99), frame.y(0.05), chance, 7, "end", SOFT))
    out.append(_path([(frame.x(x), frame.y(y)) for x, y, _, _ in points], TEAL))
    if mark is not None:
        x = frame.x(mark[0])
        out += [
            line(x, frame.top, x, frame.bottom, AMBER, 0.9, "2 2"),
            text(x + 3, frame.y(0.13), mark[1], 7, "start", "#94600a"),
        ]
    return svg(240, 193, f"{y_name} / {x_name}", out)


def calibration(points: Sequence[Point], x_name: str, y_name: str, ideal: str) -> str:
    """Mean PD against event rate with its interval, from 0 to the greatest."""
    top = max(max(x, high) for x, _, _, high in points) * 1.04
    step = step_of(top)
    frame = _Frame(32, 232, 16, 168, top, 0, top)
    out = [*_grid(frame, step, step), *_axes(frame, x_name, y_name)]
    out.append(line(frame.x(0), frame.y(0), frame.x(top), frame.y(top), GREY, 0.8, "3 2"))
    out.append(text(frame.right, frame.y(top * 0.05), ideal, 7, "end", SOFT))
    for x, y, low, high in points:
        out += [line(frame.x(x), frame.y(low), frame.x(x), frame.y(high), TEAL, 1), _dot(frame.x(x), frame.y(y))]
    return svg(240, 193, f"{y_name} / {x_name}", out)


def distribution(
    edges: Sequence[float], good: Sequence[float], bad: Sequence[float], good_name: str, bad_name: str, x_name: str
) -> str:
    """The good upwards, the defaulted downwards, on the same bins of PD."""
    left, right, top, middle, bottom = 6.0, 234.0, 18.0, 90.0, 162.0
    slot, tallest = (right - left) / len(good), max(*good, *bad, 1e-9)
    out: list[str] = []
    for k, (up, down) in enumerate(zip(good, bad, strict=True)):
        x = left + k * slot + 0.6
        out += [
            rect(x, middle - up / tallest * (middle - top), slot - 1.2, up / tallest * (middle - top), TEAL),
            rect(x, middle, slot - 1.2, down / tallest * (bottom - middle), ORANGE),
        ]
    out.append(line(left, middle, right, middle, INK, 0.8))
    out += [
        text(left, 9, good_name, 7.5, "start", TEAL, True),
        text(left, bottom + 2, bad_name, 7.5, "start", ORANGE, True),
    ]
    for k in range(0, len(edges), 5):
        out.append(text(left + k * slot, bottom + 13, percent(edges[k], edges[k] / 3), 7, "start" if k == 0 else "end" if k == len(edges) - 1 else "middle", SOFT))  # fmt: skip
    out.append(text((left + right) / 2, bottom + 27, x_name, 7.5, "middle", SOFT))
    return svg(240, 193, f"{good_name} / {bad_name}", out)


def profit(
    points: Sequence[Point],
    best: Point,
    position: tuple[float, float],
    now: tuple[float, str],
    best_name: str,
    position_name: str,
    x_name: str,
    y_name: str,
) -> str:
    """Profit by approval share with its band; the best, where draws of the rows put it, and today's approval rate."""
    low, high = min(point[2] for point in points), max(*(point[3] for point in points), 0.0)
    step = step_of(high - low, 5)
    frame = _Frame(40, 486, 30, 170, 1.0, math.floor(low / step) * step, max(math.ceil(high / step), 1) * step)
    out = [
        rect(frame.x(position[0]), frame.top, frame.x(position[1]) - frame.x(position[0]), frame.bottom - frame.top, "#fdf5e6"),
        _area(frame, points), *_grid(frame, 0.1, step), *_axes(frame, x_name, y_name),
        _path([(frame.x(x), frame.y(y)) for x, y, _, _ in points], TEAL),
        line(frame.x(now[0]), frame.top, frame.x(now[0]), frame.bottom, GREY, 0.9, "2 2"),
    ]  # fmt: skip
    out.append(_dot(frame.x(best[0]), frame.y(best[1]), ORANGE, 3.2))
    x, entries = 486.0, ((now[1], GREY), (position_name, "#f3d9a4"), (best_name, ORANGE))
    for words, colour in entries:
        x -= room(words, 7.5) + 12
        out += [rect(x, 2.5, 6, 6, colour, ' rx="1"'), text(x + 9, 8.6, words, 7.5, colour=SOFT)]
        x -= 10
    return svg(490, 195, f"{y_name} / {x_name}", out)


def dots(
    rows: Sequence[tuple[str, float | None, float, float, str]],
    centre: float,
    note: str,
    missing: str,
    bounds: tuple[float, float] | None = None,
) -> str:
    """One row each: a name, an estimate with its interval, a note at the right. A row that reaches past the centre on one
    side only is drawn in orange: its interval leaves the centre out. bounds: no interval goes beyond."""
    known = [(low, high) for _, value, low, high, _ in rows if value is not None]
    low, high = min([centre, *(each[0] for each in known)]), max([centre, *(each[1] for each in known)])
    if bounds:
        low, high = max(low, bounds[0]), min(high, bounds[1])
    step = step_of(max(high - low, 1e-3), 4)
    low, high = math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step
    note_room = max((room(words, 7.5) for *_, words in rows), default=0) + 8
    left = min(max((room(name, 8) for name, *_ in rows), default=0) + 8, 170)
    bottom = 8 + 14.0 * len(rows)
    frame = _Frame(left, 490 - note_room, 4, bottom, high, 0, 1, low)
    out: list[str] = []
    for k in range(round(low / step), round(high / step) + 1):
        x = frame.x(k * step)
        out += [line(x, 4, x, bottom, FAINT, 0.5), text(x, bottom + 9, percent(k * step, step), 7, "middle", SOFT)]
    out.append(line(frame.x(centre), 2, frame.x(centre), bottom, SOFT, 0.9))
    for k, (name, value, under, over, words) in enumerate(rows):
        y = 11 + 14.0 * k
        out += [text(left - 6, y + 2.8, fit(name, left - 8, 8), 8, "end"), text(490, y + 2.6, words, 7.5, "end", SOFT)]
        if value is None:
            out.append(text(frame.x(centre) + 5, y + 2.6, missing, 7.5, colour=SOFT))
            continue
        colour = TEAL if under <= centre <= over else ORANGE
        out += [
            line(frame.x(max(under, low)), y, frame.x(min(over, high)), y, colour, 1.3),
            _dot(frame.x(value), y, colour),
        ]
    if note:
        out.append(text(0, bottom + 20, note, 7, colour=SOFT))
    return svg(490, bottom + (24 if note else 13), "; ".join(f"{name} {words}" for name, *_, words in rows), out)


def shifts(rows: Sequence[tuple[str, float, float, bool]], noise_name: str, moved_name: str, still_name: str) -> str:
    """PSI as bars, each with a mark where noise ends. Moved ones are orange."""
    longest = max(*(max(psi, noise) for _, psi, noise, _ in rows), 1e-06) * 1.02
    left = min(max(room(name, 8) for name, *_ in rows) + 8, 200)
    frame = _Frame(left, 430, 0, 1, longest)
    out: list[str] = []
    x = left
    for words, colour in ((moved_name, ORANGE), (still_name, "#a9c7ca"), (noise_name, INK)):
        out += [rect(x, 2.5, 6 if colour != INK else 1.4, 6.5, colour), text(x + 9, 8.6, words, 7.5, colour=SOFT)]
        x += room(words, 7.5) + 24
    for k, (name, psi, noise, moved) in enumerate(rows):
        y = 16 + 13.0 * k
        out += [
            text(left - 6, y + 7.6, fit(name, left - 8, 8), 8, "end"),
            rect(left, y + 1, frame.x(psi) - left, 8, ORANGE if moved else "#a9c7ca"),
            line(frame.x(noise), y - 0.5, frame.x(noise), y + 10.5, INK, 1.2),
            text(max(frame.x(psi), frame.x(noise)) + 5, y + 7.6, f"{psi:.3f}", 7.5, colour=INK),
        ]
    out.append(line(left, 14, left, 17 + 13.0 * len(rows), SOFT, 0.8))
    return svg(490, 20 + 13.0 * len(rows), "; ".join(f"{name} {psi:.3f}" for name, psi, _, _ in rows), out)


def over_time(
    names: Sequence[str],
    series: Sequence[tuple[str, str, Sequence[tuple[float, float, float] | None]]],
    centre: float | None,
) -> str:
    """Estimates with intervals by period; a period without one is a gap. Two series stand side by side in each slot."""
    known = [value for _, _, values in series for value in values if value is not None]
    low, high = (
        min([each[1] for each in known] + ([centre] if centre is not None else [])),
        max(each[2] for each in known),
    )
    step = step_of(max(high - low, 1e-3))
    frame = _Frame(36, 236, 18, 148, 1.0, math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step)
    out = _grid(frame, 10.0, step)[:-2]  # the last two mark 0 of an axis that has names instead
    slot = (frame.right - frame.left) / len(names)
    x = frame.left
    for name, colour, _ in series:
        out += [rect(x, 2.5, 6, 6, colour, ' rx="1"'), text(x + 9, 8.6, name, 7.5, colour=SOFT)]
        x += room(name, 7.5) + 22
    if centre is not None:
        out.append(line(frame.left, frame.y(centre), frame.right, frame.y(centre), GREY, 0.9, "3 2"))
    for number, (_, colour, values) in enumerate(series):
        off = (number - (len(series) - 1) / 2) * min(7.0, slot / 4)
        for k, value in enumerate(values):
            if value is None:
                continue
            at = frame.left + (k + 0.5) * slot + off
            out += [
                line(at, frame.y(value[1]), at, frame.y(value[2]), colour, 1.1),
                _dot(at, frame.y(value[0]), colour, 2.3),
            ]
    size = 7.0 if max(room(name, 7) for name in names) < slot - 2 else 5.6
    every = 1 if max(room(name, size) for name in names) < slot else 2
    for k, name in enumerate(names):
        if k % every == 0:
            out.append(
                text(
                    frame.left + (k + 0.5) * slot,
                    frame.bottom + 11,
                    fit(name, slot * every + 3, size),
                    size,
                    "middle",
                    SOFT,
                )
            )
    return svg(240, 166, ", ".join(name for name, _, _ in series), out)
