"""Workbooks (XLSX, XLS, XLSB, ODS): typed cells as the text that the owner sees, merged cells filled down."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from kemiao.base.refusal import Refusal, Refused
from kemiao.data.readers import HEAD_ROWS, RawBatch, Sheet, batches


def sheets(path: Path) -> tuple[Sheet, ...]:
    import python_calamine

    try:
        with path.open("rb") as file:  # from_path would hide that the disk, not the workbook, is at fault
            book = python_calamine.CalamineWorkbook.from_filelike(file)
        opened = [book.get_sheet_by_name(sheet.name) for sheet in book.sheets_metadata if "WorkSheet" in str(sheet.typ)]
    except python_calamine.CalamineError as error:
        raise Refused(
            Refusal.at("NOT_A_WORKBOOK", f"不是可读的工作簿:{error}", f"is not a workbook that can be read: {error}", file=path.name)
        ) from error  # fmt: skip
    return tuple(_sheet(sheet) for sheet in opened)


def _sheet(sheet: Any) -> Sheet:
    head = [tuple(cell or "" for cell in cells) for _, cells in islice(_rows(sheet), HEAD_ROWS)]

    def read(header: int) -> Iterator[RawBatch]:
        return batches(islice(_rows(sheet), header + 1, None), head[header], pad=True)

    return Sheet(str(sheet.name), tuple(head), read)


def _rows(sheet: Any) -> Iterator[tuple[int, list[str | None]]]:
    if sheet.start is None:  # a sheet without any cell
        return
    left = sheet.start[1]
    # A cell merged over rows says the same for each of them; one merged over columns is a title and stays where it is.
    spans = [
        (top, bottom, column - left)
        for (top, column), (bottom, right) in (sheet.merged_cell_ranges or ())
        if bottom > top and right == column
    ]
    starts = {(top, column): bottom for top, bottom, column in spans}
    open_spans: dict[int, tuple[int, str | None]] = {}
    for number, values in enumerate(sheet.iter_rows()):
        cells = [_text(value) for value in values]
        for column, (bottom, text) in list(open_spans.items()):
            if number > bottom:
                del open_spans[column]
            else:
                cells[column] = text
        if starts:
            open_spans |= {
                column: (starts[number, column], cell)
                for column, cell in enumerate(cells)
                if (number, column) in starts
            }
        yield number + 1, cells


def _text(value: object) -> str | None:
    match value:
        case str():
            return value or None
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case float():
            # Fifteen digits are what a spreadsheet keeps and shows: 943.4000000000001 is 943.4. Longer numbers come out
            # with an exponent, and a text column refuses them: their last digits are lost.
            return format(value, ".15g")
        case datetime():
            return value.isoformat(" ", "seconds")
        case date() | time():
            return value.isoformat()
        case timedelta():
            return str(value)
    return str(value)
