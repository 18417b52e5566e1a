"""The 360° portrait: one spoke a figure, its length the company's standing among its peers; grey where nothing is known."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from kemiao.base.rates import percent_text
from kemiao.papers import charts
from kemiao.papers.charts import AMBER, FAINT, GREY, INK, ORANGE, PAPER, SOFT, TEAL, fit, line, rect, svg, text
from kemiao.papers.content import Text, Value
from kemiao.papers.figures import figure

PPM = 1_000_000
_LISTED = 4  # strongest and weakest figures beside the circle
_GAP = 0.16  # of a sector left empty between axes


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where the circle and the column beside it stand, in points. headed: says whose portrait it is."""

    width: float
    height: float
    x: float
    y: float
    inner: float
    outer: float
    right: float
    edge: float
    headed: bool


_ALONE = _Layout(760.0, 560.0, 235.0, 300.0, 34.0, 168.0, 484.0, 24.0, headed=True)
_ON_A_PAGE = _Layout(490.0, 488.0, 142.0, 190.0, 22.0, 98.0, 296.0, 0.0, headed=False)


@dataclass(frozen=True, slots=True)
class Spoke:
    """quartiles: the peers' lower quartile, median, upper quartile, in the figure's unit."""

    title: Text
    unit: str
    value: Value
    quartiles: tuple[int, int, int] | None
    standing_ppm: int | None


@dataclass(frozen=True, slots=True)
class Sector:
    title: Text
    standing_ppm: int | None
    spokes: tuple[Spoke, ...]


@dataclass(frozen=True, slots=True)
class Near:
    number: int
    distance_ppm: int
    apart: tuple[Text, ...]
    alike: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class PortraitContent:
    """circle: in words, what the peers share with the company."""

    company: str
    day: str
    circle: Text
    peers: int
    known_ppm: int
    sectors: tuple[Sector, ...]
    near: tuple[Near, ...]


def portrait_chart(content: PortraitContent, lang: str, *, on_a_page: bool = False) -> str:
    """Beside whom, the circle, what it is best and weakest at, who is near. Alone it is 760 × 560 points and says whose it is."""
    at = _ON_A_PAGE if on_a_page else _ALONE
    words = Text("360° 画像", "360° portrait").say(lang)
    return svg(at.width, at.height, f"{content.company} {words}", [*_frame(at, content, lang), *_circle(at, content.sectors, lang), *_legend(at, lang), *_side(at, content, lang)])  # fmt: skip


def _frame(at: _Layout, content: PortraitContent, lang: str) -> list[str]:
    peers = Text(
        f"同业 {content.peers} 家({content.circle.zh}),{content.day};已知 {percent_text(content.known_ppm, 0)} 的指标",
        f"{content.peers} peers ({content.circle.en}), {content.day}; {percent_text(content.known_ppm, 0)} of the figures known",
    ).say(lang)
    if not at.headed:
        return [text(0, 12, fit(peers, at.width, 8), 8, colour=SOFT)]
    return [
        rect(0, 0, at.width, at.height, PAPER),
        text(24, 30, fit(content.company, 700, 16), 16, bold=True),
        text(24, 48, fit(peers, 710, 9), 9, colour=SOFT),
    ]


def _circle(at: _Layout, sectors: Sequence[Sector], lang: str) -> list[str]:
    out = []
    for share in (0.25, 0.5, 0.75, 1.0):
        radius = at.inner + share * (at.outer - at.inner)
        dash = "" if share in (0.5, 1.0) else ' stroke-dasharray="2 3"'
        colour = GREY if share == 0.5 else FAINT
        out.append(
            f'<circle cx="{at.x:g}" cy="{at.y:g}" r="{radius:g}" fill="none" stroke="{colour}" stroke-width="0.8"{dash}/>'
        )
    turn = 2 * math.pi / max(len(sectors), 1)
    for place, sector in enumerate(sectors):
        start = place * turn + turn * _GAP / 2
        room = turn * (1 - _GAP)
        for number, spoke in enumerate(sector.spokes):
            step = room / len(sector.spokes)
            out += _spoke(at, spoke, start + number * step, start + (number + 0.86) * step)
        out += _title(at, sector, place * turn + turn / 2, lang)
    words = Text("同业中位", "median peer").say(lang)
    room, y = charts.room(words, 6.5), at.y + (at.inner + at.outer) / 2
    return [
        *out,
        rect(at.x - room / 2 - 2, y - 5.5, room + 4, 9, PAPER),
        text(at.x, y + 2, words, 6.5, "middle", SOFT),
    ]


def _spoke(at: _Layout, spoke: Spoke, start: float, end: float) -> list[str]:
    if spoke.standing_ppm is None:
        return [_wedge(at, start, end, at.inner, at.inner + 7, FAINT)]
    length = at.inner + max(spoke.standing_ppm / PPM, 0.015) * (at.outer - at.inner)
    return [
        _wedge(at, start, end, at.inner, at.outer, "#f4f6f7"),
        _wedge(at, start, end, at.inner, length, colour(spoke.standing_ppm)),
    ]


def colour(standing_ppm: int) -> str:
    """The lowest quarter, the two in the middle, the highest; length says the same."""
    return (
        ORANGE
        if standing_ppm < PPM // 4
        else TEAL
        if standing_ppm >= 3 * PPM // 4
        else "#5fa5a8"
        if standing_ppm >= PPM // 2
        else AMBER
    )


def _wedge(at: _Layout, start: float, end: float, inner: float, outer: float, fill: str) -> str:
    """Angles clockwise from the top."""
    points = [(outer, start), (outer, end), (inner, end), (inner, start)]
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = ((at.x + r * math.sin(a), at.y - r * math.cos(a)) for r, a in points)
    return (
        f'<path d="M{ax:.2f} {ay:.2f}A{outer:.2f} {outer:.2f} 0 0 1 {bx:.2f} {by:.2f}L{cx:.2f} {cy:.2f}'
        f'A{inner:.2f} {inner:.2f} 0 0 0 {dx:.2f} {dy:.2f}Z" fill="{fill}"/>'
    )  # fmt: skip


def _title(at: _Layout, sector: Sector, angle: float, lang: str) -> list[str]:
    x, y = at.x + (at.outer + 16) * math.sin(angle), at.y - (at.outer + 16) * math.cos(angle)
    anchor = "middle" if abs(math.sin(angle)) < 0.3 else "start" if math.sin(angle) > 0 else "end"
    standing = "—" if sector.standing_ppm is None else percent_text(sector.standing_ppm, 0)
    down = 4 if math.cos(angle) < 0 else -3
    return [
        text(x, y + down, sector.title.say(lang), 9.5, anchor, bold=True),
        text(x, y + down + 11, standing, 8, anchor, SOFT),
    ]


def _legend(at: _Layout, lang: str) -> list[str]:
    entries = (
        (ORANGE, Text("后四分之一", "lowest quarter")), (AMBER, Text("中位以下", "below the median")), ("#5fa5a8", Text("中位以上", "above it")),
        (TEAL, Text("前四分之一", "highest quarter")), (FAINT, Text("未知", "unknown")),
    )  # fmt: skip
    out, x, y = [], at.edge, at.y + at.outer + 62
    for fill, words in entries:
        said = words.say(lang)
        taken = 11 + charts.room(said, 7.5) + 10
        if x + taken > at.right and x > at.edge:
            x, y = at.edge, y - 13
        out += [rect(x, y - 7, 8, 8, fill), text(x + 11, y, said, 7.5, colour=SOFT)]
        x += taken
    return out


def _side(at: _Layout, content: PortraitContent, lang: str) -> list[str]:
    told = sorted(
        (one for sector in content.sectors for one in sector.spokes if one.standing_ppm is not None),
        key=lambda one: one.standing_ppm or 0,
    )
    ahead = [one for one in told if (one.standing_ppm or 0) > PPM // 2][::-1]
    behind = [one for one in told if (one.standing_ppm or 0) < PPM // 2]
    out: list[str] = []
    y = 84.0 if at.headed else 34.0
    for title, some in (
        (Text("强于同业", "ahead of its peers"), ahead[:_LISTED]),
        (Text("弱于同业", "behind its peers"), behind[:_LISTED]),
    ):
        out += [text(at.right, y, title.say(lang), 10, bold=True), line(at.right, y + 5, at.width - at.edge, y + 5)]
        y += 20
        for spoke in some:
            out += _row(at, spoke, y, lang)
            y += 27
        y += 10
    return out + _nearest(at, content.near, y, lang)


def _row(at: _Layout, spoke: Spoke, y: float, lang: str) -> list[str]:
    low, middle, high = (figure(each, spoke.unit, lang) for each in spoke.quartiles or (None, None, None))
    standing = spoke.standing_ppm or 0
    peers = Text(f"同业 {low} · {middle} · {high}", f"peers {low} · {middle} · {high}").say(lang)
    return [
        rect(at.right, y - 7, 4, 17, colour(standing)),
        text(at.right + 9, y, fit(spoke.title.say(lang), at.width - at.edge - at.right - 70, 8.5), 8.5),
        text(at.width - at.edge, y, figure(spoke.value, spoke.unit, lang), 8.5, "end", bold=True),
        text(at.right + 9, y + 10, fit(peers, at.width - at.edge - at.right - 50, 7), 7, colour=SOFT),
        text(at.width - at.edge, y + 10, Text(f"胜过 {percent_text(standing, 0)}", f"beats {percent_text(standing, 0)}").say(lang), 7, "end", SOFT),
    ]  # fmt: skip


def _nearest(at: _Layout, near: Sequence[Near], y: float, lang: str) -> list[str]:
    if not near:
        words = Text(
            "共同已知的指标太少,不量与同业的距离", "too few figures known of both: no distance to a peer is told"
        )
        return [text(at.right, y, fit(words.say(lang), at.width - at.edge - at.right, 8), 8, colour=SOFT)]
    out = [
        text(at.right, y, Text("最相近的同业", "nearest peers").say(lang), 10, bold=True),
        line(at.right, y + 5, at.width - at.edge, y + 5),
    ]
    y += 19
    for each in near:
        joined = "、" if lang == "zh" else ", "
        apart, alike = (
            joined.join(one.say(lang) for one in each.apart[:2]),
            joined.join(one.say(lang) for one in each.alike[:2]),
        )
        head = Text(
            f"同业 {each.number} 号 · 距离 {percent_text(each.distance_ppm, 0)}",
            f"peer {each.number} · distance {percent_text(each.distance_ppm, 0)}",
        )
        out.append(text(at.right, y, head.say(lang), 8, colour=INK))
        for down, words in (
            (9.5, Text(f"差在 {apart}", f"apart in {apart}")),
            (18, Text(f"同在 {alike}", f"alike in {alike}")),
        ):
            out.append(text(at.right, y + down, fit(words.say(lang), at.width - at.edge - at.right, 7), 7, colour=SOFT))
        y += 31
    return out
