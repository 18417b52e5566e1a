"""Chinese must come out as characters, not as boxes: looked at in the glyphs that the PDF really draws."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterator
from importlib.resources import files

import pypdfium2
import pytest
import typst
from paper_contents import REPORT

from kemiao.base.refusal import BrokenInvariant
from kemiao.papers.glyphs import font_folders, printable, visible
from kemiao.papers.pdf import as_data, render_pdf
from kemiao.papers.report import compose_report

_TEXT = re.compile(rb"/f\d+ [\d.]+ Tf [-\d. ]+ Tm")
_ESCAPES = {ord("n"): 10, ord("r"): 13, ord("t"): 9, ord("b"): 8, ord("f"): 12}


def glyphs_drawn(pdf: bytes) -> list[int]:
    """Glyph numbers of every text operator (Identity-H: two bytes each). 0 is .notdef: the empty box."""
    found = []
    for start in re.finditer(rb"stream\r?\n", pdf):
        try:
            content = zlib.decompressobj().decompress(pdf[start.end() :])
        except zlib.error:
            continue
        for shown in _TEXT.finditer(content):
            for codes in _strings(content, shown.end()):
                found += [int.from_bytes(codes[k : k + 2], "big") for k in range(0, len(codes), 2)]
    return found


def _strings(content: bytes, at: int) -> Iterator[bytes]:
    """The strings up to the next Tj or TJ: hexadecimal ones, and literal ones, whose parentheses may nest unescaped."""
    while content[at : at + 1] != b"T":
        if content[at : at + 1] == b"<":
            end = content.index(b">", at)
            yield bytes.fromhex(content[at + 1 : end].decode())
            at = end
        elif content[at : at + 1] == b"(":
            text, at = _literal(content, at + 1)
            yield text
        at += 1


def _literal(operand: bytes, at: int) -> tuple[bytes, int]:
    text, depth = bytearray(), 1
    while True:
        code = operand[at]
        if code == ord("\\"):
            octal = re.match(rb"[0-7]{1,3}", operand[at + 1 :])
            text.append(int(octal[0], 8) if octal else _ESCAPES.get(operand[at + 1], operand[at + 1]))
            at += 1 + (len(octal[0]) if octal else 1)
            continue
        depth += (code == ord("(")) - (code == ord(")"))
        if depth == 0:
            return bytes(text), at
        text.append(code)
        at += 1


def fonts_used(pdf: bytes) -> set[str]:
    return {name.decode() for name in re.findall(rb"/FontName/[A-Z]{6}\+([A-Za-z0-9-]+)", pdf)}


def test_no_box_is_drawn_and_every_font_is_one_that_the_package_brings():
    pdf = render_pdf(compose_report(REPORT, "zh"))
    drawn = glyphs_drawn(pdf)
    assert len(drawn) > 2_000
    assert 0 not in drawn
    assert {name.partition("-")[0] for name in fonts_used(pdf)} <= {
        "NotoSansSC",
        "NotoSansTC",
        "NotoSansJP",
        "NotoSansKR",
    }


def test_the_same_look_finds_boxes_where_the_fonts_are_not_there():
    paper = compose_report(REPORT, "zh")
    content = as_data(paper, printable) | {"fonts": ["Libertinus Serif"], "dated": [2024, 7, 1], "dated_text": ""}
    template = files("kemiao.papers").joinpath("templates", "paper.typ").read_bytes()
    pdf = typst.compile(
        template,
        font_paths=typst.Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=[]),
        format="pdf",
        sys_inputs={"paper": json.dumps(content)},
    )
    assert glyphs_drawn(pdf).count(0) > 1_000


def test_fonts_that_are_not_where_they_should_be_stop_the_report(tmp_path):
    with pytest.raises(BrokenInvariant, match="font"):
        render_pdf(compose_report(REPORT, "zh"), [str(tmp_path)])


def test_the_text_can_be_read_and_searched_in_the_pdf():
    document = pypdfium2.PdfDocument(render_pdf(compose_report(REPORT, "zh")))
    words = "".join(page.get_textpage().get_text_range() for page in document)
    for expected in ("授信调查报告", "苏州微纳精工智能装备科技有限公司", "转人工审查", "资金成本", "得分构成"):
        assert expected in words
    document.close()


def test_every_weight_of_the_charts_text_is_drawn_as_dark_as_the_text_around_it():
    """typst draws a variable font at its thinnest (100) unless the chart names the weight itself."""
    from kemiao.papers.charts import text

    assert "'wght' 400" in text(0, 0, "金额")
    assert "'wght' 700" in text(0, 0, "金额", bold=True)


def test_what_no_font_has_is_written_out_and_rare_characters_of_names_are_not():
    assert printable("𠮷祥 喆 龘 ①") == "𠮷祥 喆 龘 ①"
    assert printable("甲\u202e乙🙂") == "甲[U+202E]乙[U+1F642]"
    assert visible("甲\u202e乙🙂\x00") == "甲[U+202E]乙🙂[U+0000]"
    assert len(font_folders()) == 4
