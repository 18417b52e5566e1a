"""The regulator's workbook: amounts in yuan, shares as numbers, one sheet a breakdown, control totals at the end."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

from kemiao.bank.book_words import CHECK_WORDS, FIELD_WORDS, KEY_WORDS, PART_WORDS, SHEET_WORDS

_WORDED = ("key", "class", "status", "industry", "size_class", "technology")
_INSTANT = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
Word = Callable[[str, str], str]


def book_workbook(document: dict[str, Any], word: Word) -> bytes:
    """Of bank.commands.book_report. word: chooses between zh and en. The same figures give the same bytes."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    _summary(word, book.create_sheet(word("总览", "summary")), document)
    named = {**KEY_WORDS, **document.get("units", {})}
    for name, words in SHEET_WORDS.items():
        _table(word, book.create_sheet(word(*words)), document[name], named)
    for name, words in (
        ("balance", ("余额变动", "movement of balances")),
        ("allowance", ("减值准备变动", "movement of allowances")),
    ):
        _movement(word, book.create_sheet(word(*words)), document["movement"][name])
    for name, words in (("single", ("单户集中度", "largest borrowers")), ("group", ("集团集中度", "largest groups")), ("industry", ("行业集中度", "largest industries"))):  # fmt: skip
        _table(word, book.create_sheet(word(*words)), document["concentration"][name])
    _pairs(word, book.create_sheet(word("普惠口径", "inclusive loans")), document["inclusive"])
    _table(word, book.create_sheet(word("贷款明细", "loans")), document["loans"]["rows"])
    _table(word, book.create_sheet(word("控制数", "control totals")), document["control"])
    return _same_bytes(book)


def _same_bytes(book: Any) -> bytes:
    """The same figures give the same file: openpyxl writes the time of saving into it."""
    raw, fixed = io.BytesIO(), io.BytesIO()
    book.save(raw)
    with zipfile.ZipFile(raw) as old, zipfile.ZipFile(fixed, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "docProps/core.xml":
                content = _INSTANT.sub(b"2000-01-01T00:00:00Z", content)
            entry = zipfile.ZipInfo(name, (2000, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(entry, content)
    return fixed.getvalue()


def _summary(word: Word, sheet: Any, document: dict[str, Any]) -> None:
    _append(sheet, [word("基准日", "as of"), document["as_of"]])
    _append(sheet, [word("已日终结账", "day closed"), word("是", "yes") if document["closed"] else word("否,即时判定", "no: judged now")])  # fmt: skip
    _pairs(word, sheet, document["totals"])


def _pairs(word: Word, sheet: Any, pairs: dict[str, Any]) -> None:
    for name, value in pairs.items():
        if name in FIELD_WORDS and name != word("en", "zh"):  # the reason in one language
            _append(sheet, [word(*FIELD_WORDS[name]), _cell(name, value)])


def _table(word: Word, sheet: Any, rows: list[dict[str, Any]], named: Mapping[Any, tuple[str, str]] = KEY_WORDS) -> None:  # fmt: skip
    names = list(rows[0]) if rows else ["key", "loans", "balance_fen"]
    _append(sheet, [word(*FIELD_WORDS.get(name, (name, name))) for name in names])
    for row in rows:
        _append(sheet, [_said(word, name, row, named) for name in names])


def _said(word: Word, name: str, row: dict[str, Any], named: Mapping[Any, tuple[str, str]]) -> Any:
    """A cell in words where there are any for what it says."""
    value = row[name]
    words: Mapping[Any, tuple[str, str]] = {"what": CHECK_WORDS, "field": FIELD_WORDS}.get(name, named if name in _WORDED else {})  # fmt: skip
    return word(*words[value]) if not isinstance(value, list) and value in words else _cell(name, value, row)


def _movement(word: Word, sheet: Any, table: dict[str, dict[str, int]]) -> None:
    columns = ("stage1", "stage2", "stage3", "total")
    _append(sheet, ["", *(word(*words) for words in (KEY_WORDS[1], KEY_WORDS[2], KEY_WORDS[3], ("合计", "total")))])
    for part, words in PART_WORDS.items():
        _append(sheet, [word(*words), *(Decimal(table[part][column]) / 100 for column in columns)])


def _cell(name: str, value: Any, row: dict[str, Any] | None = None) -> Any:
    """Fen become yuan, ppm a number; of control totals by the figure that they are of."""
    unit = str(row["field"]) if row is not None and "field" in row and name in ("sum", "total", "difference") else name
    match value:
        case None | bool():
            return value
        case int() if unit.endswith("_fen"):
            return Decimal(value) / 100
        case int() if unit.endswith("_ppm"):
            return Decimal(value) / 1_000_000
        case list():
            return ", ".join(map(str, value))
    return value


def _append(sheet: Any, cells: Iterable[Any]) -> None:
    from openpyxl.cell import WriteOnlyCell

    row = []
    for value in cells:
        cell = WriteOnlyCell(sheet, value)
        if cell.data_type == "f":  # a name that begins with "=" is a name
            cell.data_type = "s"
        row.append(cell)
    sheet.append(row)
