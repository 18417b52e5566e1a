"""Chapters of a paper, numbered by what is there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kemiao.papers.blocks import Block, Heading
from kemiao.papers.content import Text
from kemiao.papers.words import Lang, chapter_number


def numbered(chapters: Iterable[tuple[Text, Iterable[Block]]], lang: Lang) -> Iterator[Block]:
    """Each chapter that has something to say, under its heading; one without a block leaves no gap in the numbers."""
    number = 0
    for heading, chapter in chapters:
        inside = tuple(chapter)
        if inside:
            number += 1
            yield Heading(1, chapter_number(number, lang), heading.say(lang))
            yield from inside
