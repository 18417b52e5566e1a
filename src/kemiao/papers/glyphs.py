"""The fonts that the package brings, and which characters they have. Fonts of the machine are never asked.

A character that no font has would print as an empty box without a word, so it is written out as its code point.
"""

from __future__ import annotations

import struct
import unicodedata
from bisect import bisect_right
from functools import cache
from importlib.resources import files

FAMILIES = (
    "Noto Sans SC",
    "Noto Sans TC",
    "Noto Sans JP",
    "Noto Sans KR",
)  # the later ones for rare characters of names
_FOLDERS = ("notosanssc", "notosanstc", "notosansjp", "notosanskr")
_HIDDEN = ("Cc", "Cf", "Cs", "Co", "Cn")


def font_folders() -> tuple[str, ...]:
    """Folders of the fonts in the wheel `justmytype-intl-cjk`."""
    root = files("justmytype_intl_cjk").joinpath("fonts", "ofl")
    return tuple(str(root.joinpath(folder)) for folder in _FOLDERS)


def printable(words: str) -> str:
    """`words` with what can't be printed made visible: controls and characters without a glyph as `[U+20BB7]`."""
    return "".join(
        character
        if character == "\n" or (unicodedata.category(character) not in _HIDDEN and _has_glyph(ord(character)))
        else f"[U+{ord(character):04X}]"
        for character in words
    )


def visible(words: str) -> str:
    """For a browser, which has fonts of its own for what the page's font lacks: only controls and marks that turn text around are written out."""
    return "".join(
        character
        if character == "\n" or unicodedata.category(character) not in _HIDDEN
        else f"[U+{ord(character):04X}]"
        for character in words
    )


def em_widths(words: str) -> float:
    """About how wide `words` run, in ems: full-width characters one, capitals and digits more than half."""
    return sum(
        1.0
        if unicodedata.east_asian_width(character) in ("W", "F", "A")
        else 0.66
        if character.isupper() or character in "%@mw"
        else 0.3
        if character in " .,:;'|!il()"
        else 0.56
        for character in words
    )


def _has_glyph(code: int) -> bool:
    return any(
        bisect_right(starts, code) and code <= ends[bisect_right(starts, code) - 1] for starts, ends in _covered()
    )


@cache
def _covered() -> tuple[tuple[tuple[int, ...], tuple[int, ...]], ...]:
    """For each font the runs of code points that it maps, as sorted starts and ends. Reads the fonts once a process."""
    root = files("justmytype_intl_cjk").joinpath("fonts", "ofl")
    found = []
    for folder in _FOLDERS:
        for entry in root.joinpath(folder).iterdir():
            if entry.name.endswith((".ttf", ".otf")):
                found.append(_runs(entry.read_bytes()))
    return tuple(found)


def _runs(font: bytes) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The groups of the font's format-12 character map (OpenType, `cmap`)."""
    tables = struct.unpack_from(">H", font, 4)[0]
    at = next(
        struct.unpack_from(">I", font, 12 + 16 * k + 8)[0]
        for k in range(tables)
        if font[12 + 16 * k : 16 + 16 * k] == b"cmap"
    )
    maps = struct.unpack_from(">H", font, at + 2)[0]
    for k in range(maps):
        start = at + struct.unpack_from(">I", font, at + 4 + 8 * k + 4)[0]
        if struct.unpack_from(">H", font, start)[0] == 12:
            groups = struct.unpack_from(">I", font, start + 12)[0]
            rows = [struct.unpack_from(">III", font, start + 16 + 12 * g) for g in range(groups)]
            return tuple(row[0] for row in rows), tuple(row[1] for row in rows)
    raise ValueError("a font without a format-12 character map")
