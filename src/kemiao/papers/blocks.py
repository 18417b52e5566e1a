"""A paper is a list of blocks, each plain text and numbers. PDF and HTML print the same list, so they can't disagree.

No block carries markup: a company named `#eval` or `<script>` stays those letters in both forms.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

Tone = Literal["plain", "strong", "muted", "good", "warn", "bad"]
Align = Literal["left", "right", "center"]


@dataclass(frozen=True, slots=True)
class Cell:
    """Text with the numbers of its sources behind it. `anchor` makes it a place that those numbers lead to."""

    text: str
    tone: Tone = "plain"
    refs: tuple[int, ...] = ()
    anchor: int | None = None


def runs(numbers: tuple[int, ...]) -> tuple[tuple[int, int], ...]:
    """1, 2, 3, 5 as (1, 3) and (5, 5): many sources behind one figure stay short."""
    found: list[tuple[int, int]] = []
    for number in sorted(set(numbers)):
        if found and found[-1][1] == number - 1:
            found[-1] = (found[-1][0], number)
        else:
            found.append((number, number))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Heading:
    level: Literal[1, 2]
    number: str
    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    text: str
    tone: Tone = "plain"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The band that a reader sees first: the decision, and the figures that go with it."""

    tone: Tone
    label: str
    decision: str
    note: str
    cards: tuple[tuple[str, str, str], ...]  # label, figure, note


@dataclass(frozen=True, slots=True)
class Pairs:
    """Names and values, side by side in two columns."""

    items: tuple[tuple[str, Cell], ...]


@dataclass(frozen=True, slots=True)
class Column:
    title: str
    share: float  # of the width
    align: Align = "left"
    breaks: int = 0  # words of so many letters (file names) may break anywhere; 0: none, so that a digest copies whole


@dataclass(frozen=True, slots=True)
class Table:
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    caption: str | None = None
    last_is_total: bool = False


@dataclass(frozen=True, slots=True)
class Tables:
    """Small tables in two columns, one under the other in each."""

    left: tuple[Table, ...]
    right: tuple[Table, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """An SVG with its words for those who can't see it."""

    svg: str
    title: str
    words: str
    refs: tuple[int, ...] = ()
    narrow: bool = False  # drawn for half of the width


@dataclass(frozen=True, slots=True)
class Charts:
    """Charts side by side: one or two."""

    charts: tuple[Chart, ...]


@dataclass(frozen=True, slots=True)
class Bullets:
    items: tuple[Cell, ...]
    numbered: bool = False


@dataclass(frozen=True, slots=True)
class Notice:
    tone: Tone
    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Signatures:
    """Lines to sign on: role, and the words for name and date."""

    roles: tuple[str, ...]
    sign: str
    on: str


Block = Heading | Paragraph | Verdict | Pairs | Table | Tables | Charts | Bullets | Notice | Signatures


@dataclass(frozen=True, slots=True)
class Paper:
    lang: Literal["zh", "en"]
    kind: str  # 授信调查报告
    title: str  # the company
    subtitle: str
    running: str  # the head of later pages
    foot: str
    dated: date
    blocks: tuple[Block, ...]
