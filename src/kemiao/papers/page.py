"""A paper as one HTML file: its styles and charts inside, no script, nothing fetched, ready to print."""

from __future__ import annotations

from html import escape
from importlib.resources import files

from kemiao.papers.blocks import (
    Block,
    Bullets,
    Cell,
    Chart,
    Charts,
    Heading,
    Notice,
    Pairs,
    Paper,
    Paragraph,
    Signatures,
    Table,
    Tables,
    Verdict,
    runs,
)
from kemiao.papers.font_face import font_face
from kemiao.papers.glyphs import visible

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; font-src data:"  # the file may load and run nothing, whatever gets into it


def render_page(paper: Paper) -> bytes:
    """UTF-8 HTML. Every word is escaped here, in `_w`; only charts arrive as markup, and they escape their own."""
    style = files("kemiao.papers").joinpath("templates", "paper.css").read_text("utf-8")
    lang = "zh-CN" if paper.lang == "zh" else "en"
    body = "\n".join(_block(block) for block in paper.blocks)
    words = body + paper.running + paper.kind + paper.foot + paper.title + paper.subtitle
    style += font_face(frozenset(visible(words)) - {"\n"}) + "\n"
    return (
        f'<!DOCTYPE html>\n<html lang="{lang}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>{_w(paper.running)}</title>\n'
        f"<style>\n{style}</style>\n</head>\n<body>\n<main>\n<header>\n"
        f'<div class="kind"><b>{_w(paper.kind)}</b><span>{_w(paper.foot)}</span></div>\n'
        f"<h1>{_w(paper.title)}</h1>\n<p>{_w(paper.subtitle)}</p>\n</header>\n{body}\n"
        f"<footer>{_w(paper.running)} · {_w(paper.foot)}</footer>\n</main>\n</body>\n</html>\n"
    ).encode()


def _w(words: str) -> str:
    return escape(visible(words))


def _refs(numbers: tuple[int, ...]) -> str:
    links = ",".join(
        _link(first) + ((("–" if last > first + 1 else ",") + _link(last)) if last > first else "")
        for first, last in runs(numbers)
    )
    return f"[{links}]" if links else ""


def _link(number: int) -> str:
    return f'<a href="#source-{number}">{number}</a>'


def _inside(cell: Cell) -> str:
    if not cell.refs:
        return _w(cell.text)
    return f"{_w(cell.text)}<sup>{_refs(cell.refs)}</sup>" if cell.text else f"<small>{_refs(cell.refs)}</small>"


def _block(block: Block) -> str:
    match block:
        case Heading(level, number, words):
            tag = f"h{level + 1}"
            return f"<{tag}>{_w(number)}{'' if number.endswith('、') or not number else ' '}{_w(words)}</{tag}>"
        case Paragraph(words, tone):
            return f'<p class="{tone}">{_w(words)}</p>'
        case Verdict():
            return _verdict(block)
        case Pairs(items):
            rows = "".join(f'<dt>{_w(name)}</dt><dd class="{cell.tone}">{_inside(cell)}</dd>' for name, cell in items)
            return f"<dl>{rows}{'<dt></dt><dd></dd>' if len(items) % 2 else ''}</dl>"
        case Table():
            return _table(block)
        case Tables(left, right):
            columns = ("".join(_table(table) for table in side) for side in (left, right))
            return f'<div class="tables">{"".join(f"<div>{column}</div>" for column in columns)}</div>'
        case Charts(charts):
            blank = "<div></div>" if len(charts) == 1 and charts[0].narrow else ""
            return f'<div class="charts">{"".join(_chart(chart) for chart in charts)}{blank}</div>'
        case Bullets(items, numbered):
            tag = "ol" if numbered else "ul"
            return f"<{tag}>{''.join(f'<li>{_inside(item)}</li>' for item in items)}</{tag}>"
        case Notice(tone, title, lines):
            words = "".join(f"<p>{_w(line)}</p>" for line in lines)
            return f'<aside class="notice {tone}"><b>{_w(title)}</b>{words}</aside>'
        case Signatures(roles, sign, on):
            line = f'<div class="line"><span>{_w(sign)}</span><span>{_w(on)}</span></div>'
            each = "".join(f"<div><b>{_w(role)}</b>{line}</div>" for role in roles)
            return f'<div class="signatures">{each}</div>'


def _verdict(block: Verdict) -> str:
    cards = "".join(
        f"<div><small>{_w(label)}</small><b>{_w(words)}</b><small>{_w(note)}</small></div>"
        for label, words, note in block.cards
    )
    return (
        f'<section class="verdict {block.tone}"><div class="top"><div><small>{_w(block.label)}</small>'
        f'<strong class="decision">{_w(block.decision)}</strong></div><span>{_w(block.note)}</span></div>'
        f'<div class="cards">{cards}</div></section>'
    )


def _table(block: Table) -> str:
    heads = "".join(f'<th class="{column.align}">{_w(column.title)}</th>' for column in block.columns)
    total = sum(column.share for column in block.columns)
    widths = "".join(f'<col style="width:{column.share / total:.2%}">' for column in block.columns)
    rows = []
    for k, row in enumerate(block.rows):
        anchor = next((f' id="source-{cell.anchor}"' for cell in row if cell.anchor is not None), "")
        is_total = block.last_is_total and k == len(block.rows) - 1
        cells = "".join(
            f'<td class="{column.align} {cell.tone}">{_inside(cell)}</td>'
            for column, cell in zip(block.columns, row, strict=True)
        )
        kind = ' class="total"' if is_total else ""
        rows.append(f"<tr{anchor}{kind}>{cells}</tr>")
    caption = f"<caption>{_w(block.caption)}</caption>" if block.caption else ""
    return (
        f"<table>{caption}<colgroup>{widths}</colgroup><thead><tr>{heads}</tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table>"
    )


def _chart(chart: Chart) -> str:
    refs = f"<sup>{_refs(chart.refs)}</sup>" if chart.refs else ""
    return f"<figure><figcaption>{_w(chart.title)}{refs}</figcaption>{chart.svg}</figure>"
