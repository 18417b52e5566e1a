"""A page or a drawing that carries its own glyphs: machines without Chinese fonts print empty boxes and say nothing."""

from __future__ import annotations

from base64 import b64encode
from functools import lru_cache
from io import BytesIO
from pathlib import Path

from kemiao.papers.glyphs import FAMILIES, font_folders


@lru_cache(maxsize=64)
def font_face(characters: frozenset[str]) -> str:
    """A style rule with the package's font cut down to the characters, both weights: the same bytes for the same characters."""
    from fontTools.subset import Options, Subsetter
    from fontTools.ttLib import TTFont

    (file,) = sorted(Path(font_folders()[0]).glob("*.ttf"))
    with TTFont(file, lazy=True, recalcTimestamp=False) as font:
        options = Options(layout_features=[], notdef_outline=True, hinting=False, desubroutinize=True, recalc_timestamp=False)  # fmt: skip
        cutter = Subsetter(options)
        cutter.populate(unicodes=sorted(map(ord, characters)))
        cutter.subset(font)
        font.flavor = "woff"
        built = BytesIO()
        font.save(built)
    content = b64encode(built.getvalue()).decode("ascii")
    return f"@font-face{{font-family:'{FAMILIES[0]}';font-weight:100 900;src:url(data:font/woff;base64,{content}) format('woff')}}"


def standing_alone(drawing: str) -> str:
    """An SVG with its font inside."""
    head, body = drawing.split(">", 1)
    return f"{head}><style>{font_face(frozenset(drawing))}</style>{body}"
