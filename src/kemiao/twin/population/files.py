"""Writes papers as files: the same papers give the same bytes, on any day and machine."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from openpyxl import Workbook
from openpyxl.styles import Alignment

from kemiao.twin.population.sheet import Paper, Sheet

_ZIP_DAY = (1980, 1, 1, 0, 0, 0)  # the first day that a zip archive can hold
_MODIFIED = re.compile(rb"(<dcterms:(created|modified)[^>]*>)[^<]*(</dcterms)")
_NO_CHARACTER = b"\xff"  # is no character in GB18030 nor in UTF-8


def write_paper(folder: Path, paper: Paper) -> int:
    """Writes one paper below `folder`; returns its size in bytes."""
    target = folder / paper.path
    target.parent.mkdir(parents=True, exist_ok=True)
    content = _workbook(paper) if paper.path.endswith(".xlsx") else _text(paper)
    target.write_bytes(content)
    return len(content)


def _text(paper: Paper) -> bytes:
    """CSV with CRLF, cells quoted only where they must be."""
    sheet = paper.sheets[0]
    lines = _joined(sheet.cells)
    text = "\r\n".join([",".join(sheet.cells.column_names), *lines])
    content = text.encode(paper.encoding)
    if paper.stray_byte_row:
        before = "\r\n".join([",".join(sheet.cells.column_names), *lines[: paper.stray_byte_row - 2]]) + "\r\n"
        line = lines[paper.stray_byte_row - 2]
        at = len((before + line[: line.index(",") + 3]).encode(paper.encoding))
        content = content[:at] + _NO_CHARACTER + content[at:]
    if paper.cut_last_line:
        kept = len(lines[-1].encode(paper.encoding)) // 2
        return content[: len(content) - kept]
    return content + "\r\n".encode(paper.encoding.replace("-sig", ""))


def _joined(cells: pa.Table) -> list[str]:
    columns = []
    for column in cells.combine_chunks().columns:
        needs = pc.match_substring_regex(column, '[",\r\n]')
        if pc.any(needs).as_py():
            doubled = pc.replace_substring(column, '"', '""')
            quoted = pc.binary_join_element_wise(pa.scalar('"'), doubled, pa.scalar('"'), "")
            columns.append(pc.if_else(needs, quoted, column))
        else:
            columns.append(column)
    return list(pc.binary_join_element_wise(*columns, ",").to_pylist())


def _workbook(paper: Paper) -> bytes:
    book = Workbook(write_only=True)
    for sheet in paper.sheets:
        if sheet.title or sheet.merged:
            continue
        page = book.create_sheet(sheet.name)
        page.append(sheet.cells.column_names)
        for row in _typed_rows(sheet):
            page.append(row)
    merged = [sheet for sheet in paper.sheets if sheet.title or sheet.merged]
    if merged:
        book = Workbook()
        book.remove(book.worksheets[0])
        for sheet in merged:
            _merged_page(book, sheet)
    raw = io.BytesIO()
    book.save(raw)
    return _same_bytes(raw.getvalue())


def _typed_rows(sheet: Sheet) -> list[tuple[object, ...]]:
    columns = [
        [_number(cell) if name in sheet.numeric else (cell or None) for cell in sheet.cells[name].to_pylist()]
        for name in sheet.cells.column_names
    ]
    return list(zip(*columns, strict=True))


def _number(cell: str) -> object:
    """A number where the text is one; spoilt cells stay text."""
    try:
        return float(cell) if "." in cell else int(cell)
    except ValueError:
        return cell or None


def _merged_page(book: Workbook, sheet: Sheet) -> None:
    """A title over all columns, and one merged cell over equal neighbours of a column."""
    page = book.create_sheet(sheet.name)
    names = sheet.cells.column_names
    page.append([sheet.title])
    page.merge_cells(start_row=1, end_row=1, start_column=1, end_column=len(names))
    page["A1"].alignment = Alignment(horizontal="center")
    page.append(names)
    for row in _typed_rows(sheet):
        page.append(row)
    at = names.index(sheet.merged) + 1
    cells = [*sheet.cells[sheet.merged].to_pylist(), ""]
    start = 0
    for place in range(1, len(cells)):
        if cells[place] != cells[start]:
            if place - start > 1:
                page.merge_cells(start_row=start + 3, end_row=place + 2, start_column=at, end_column=at)
            start = place


def _same_bytes(workbook: bytes) -> bytes:
    """The archive again, with fixed days: openpyxl writes the time of saving into it."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(workbook)) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as new,
    ):
        for name in old.namelist():
            content = old.read(name)
            if name == "docProps/core.xml":
                content = _MODIFIED.sub(rb"\g<1>2000-01-01T00:00:00Z\g<3>", content)
            entry = zipfile.ZipInfo(name, _ZIP_DAY)
            entry.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(entry, content)
    return out.getvalue()
