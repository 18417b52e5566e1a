"""A paper as PDF, by typst, with the fonts that the package brings. The same paper gives the same bytes."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import fields, is_dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from kemiao.base.refusal import BrokenInvariant
from kemiao.papers.blocks import Cell, Chart, Paper, runs
from kemiao.papers.figures import day_text
from kemiao.papers.glyphs import FAMILIES, font_folders, printable


def render_pdf(paper: Paper, folders: Sequence[str] | None = None) -> bytes:
    """PDF bytes. `folders`: where fonts are looked for, by default in the wheel that the package depends on.

    The paper reaches typst as JSON text, so no word of it can be markup. Any warning of typst (a family that is not
    there) is a fault: the page would print with holes and look whole.
    """
    import typst

    template = files("kemiao.papers").joinpath("templates", "paper.typ").read_bytes()
    content = as_data(paper, printable if paper.lang == "zh" else _narrow) | {
        "fonts": list(FAMILIES),
        "dated": [paper.dated.year, paper.dated.month, paper.dated.day],
        "dated_text": day_text(paper.dated, paper.lang),
    }
    printed, warnings = typst.compile_with_warnings(
        template,
        font_paths=_fonts(tuple(folders) if folders is not None else font_folders()),
        format="pdf",
        sys_inputs={"paper": json.dumps(content, ensure_ascii=False)},
    )
    if warnings:
        raise BrokenInvariant(f"typst warns: {warnings[0].message}")
    return bytes(printed)


# The fonts draw these marks as wide as a Chinese character: right in Chinese, holes in English.
_NARROW = str.maketrans({"“": '"', "”": '"', "‘": "'", "’": "'", "…": "...", "—": "–"})


def _narrow(words: str) -> str:
    return printable(words.translate(_NARROW))


@cache
def _fonts(folders: tuple[str, ...]) -> Any:
    import typst

    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=list(folders))


def as_data(value: object, write: Callable[[str], str]) -> Any:
    """Dataclasses as mappings with their `kind`, tuples as lists; every text passes through `write`."""
    if is_dataclass(value) and not isinstance(value, type):
        inside = {each.name: as_data(getattr(value, each.name), write) for each in fields(value)}
        if isinstance(value, Cell | Chart):
            inside["refs"] = as_data(runs(value.refs), write)
        return {"kind": type(value).__name__.lower()} | inside
    match value:
        case str():
            return write(value)
        case tuple():
            return [as_data(item, write) for item in value]
        case date():
            return value.isoformat()
        case _:
            return value
