"""A file of facts to be attested, whole: rows as columns, or one statement. A row that can't be read refuses the file."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa

from kemiao.base.canonical import canonical_bytes
from kemiao.base.loose_json import parse_loose
from kemiao.base.refusal import Refusal, Refused
from kemiao.chain.batch import Cell, text_of
from kemiao.data.readers import Fault, RawBatch, Sheet, open_file

ROWS_MAX = 5_000_000
OBJECT_BYTES = 1 << 20
COLUMNS_MAX, NAME_MAX = 200, 64  # of an attestation: chain/rules/attestations.py


def read_facts(path: Path) -> pa.Table:
    """Columns as the file has them, text where it has no types; `.json` is one object, a row of its own. At least one row.

    Raises Refused with file, row and column: as open_file does, and UNREADABLE_ROW, BAD_HEADER, SEVERAL_SHEETS,
    UNKNOWN_COLUMN, TOO_MANY_FACTS, EMPTY_BATCH, NOT_JSON.
    """
    if path.suffix.lower() == ".json":
        return pa.table({name: pa.array([_cell(value)], pa.string()) for name, value in _object(path).items()})
    sheet, names = _sheet(path)
    if path.suffix.lower() in (".jsonl", ".ndjson"):
        _check_lines(path, names)
    table = pa.Table.from_batches(list(_named(path, sheet.read(0), names)))
    if table.num_rows == 0:
        raise _refused(path, "EMPTY_BATCH", "一条事实也没有", "there is not a single fact")
    return table


def read_statement(path: Path) -> dict[str, Any]:
    """What everybody may read: the values of one JSON object, or the cells of the only row. Raises as read_facts does, and
    Refused PUBLIC_IS_ONE_STATEMENT."""
    if path.suffix.lower() == ".json":
        return _object(path)
    table = read_facts(path)
    if table.num_rows != 1:
        raise _refused(
            path, "PUBLIC_IS_ONE_STATEMENT", f"公开声明只能是一行,文件有 {table.num_rows} 行;多行请不加 --public",
            f"a public statement is one row, the file has {table.num_rows}: leave --public out for many",
        )  # fmt: skip
    cells = {name: column[0].as_py() for name, column in zip(table.column_names, table.columns, strict=True)}
    return {name: cell if isinstance(cell, str | int | None) else text_of(cell) for name, cell in cells.items()}


def _sheet(path: Path) -> tuple[Sheet, list[str]]:
    sheets = [sheet for sheet in open_file(path) if any(any(cells) for cells in sheet.head)]
    if not sheets:
        raise _refused(path, "EMPTY_FILE", "文件是空的", "the file is empty")
    if len(sheets) > 1:
        raise _refused(path, "SEVERAL_SHEETS", "工作簿有几个表,请各存一个文件", "the workbook has several sheets: a file for each, please", sheet=sheets[1].name)  # fmt: skip
    head = [cell.strip() for cell in sheets[0].head[0]]
    while head and not head[-1]:
        head.pop()
    _check_names(path, head)
    return sheets[0], head


def _check_names(path: Path, names: Sequence[str]) -> None:
    if not 1 <= len(names) <= COLUMNS_MAX:
        raise _refused(
            path, "BAD_HEADER", f"须有 1 至 {COLUMNS_MAX} 列", f"there are 1 to {COLUMNS_MAX} columns", row=1
        )
    for place, name in enumerate(names):
        if not name.strip() or len(name) > NAME_MAX or name in names[:place]:
            raise _refused(
                path, "BAD_HEADER", f"列名须有字、不重复、不超过 {NAME_MAX} 字",
                f"a column's name is not blank, not there twice, {NAME_MAX} characters at most", row=1, column=name[:NAME_MAX] or place + 1,
            )  # fmt: skip


def _check_lines(path: Path, names: Sequence[str]) -> None:
    """What the reader of JSON Lines would pass over: columns that the first thousand lines lack, one twice in a line, bytes that
    are no characters."""
    with path.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                text = line.decode("utf-8-sig")
                found = json.loads(text, object_pairs_hook=list) if text.strip() else []
                if b"\\u" in line:
                    json.dumps(found, ensure_ascii=False).encode()  # half of a surrogate pair
            except UnicodeError:
                raise Refused(_fault(path, names, Fault(number, "NOT_DECODABLE", ()))) from None
            except (ValueError, RecursionError):
                raise Refused(_fault(path, names, Fault(number, "NOT_JSON", ()))) from None
            keys = sorted(pair[0] for pair in found if isinstance(pair, tuple)) if isinstance(found, list) else []
            twice = next((key for key, following in pairwise(keys) if key == following), None)
            other = next((key for key in keys if key not in names), twice)
            if other is not None:
                raise _refused(
                    path, "UNKNOWN_COLUMN", "该行的列不在前一千行之中,或重复出现",
                    "the line has a column that the first thousand lines lack, or one twice", row=number, column=other,
                )  # fmt: skip


def _named(path: Path, batches: Iterable[RawBatch], names: Sequence[str]) -> Iterable[pa.RecordBatch]:
    count = 0
    for batch in batches:
        if batch.faults:
            raise Refused(_fault(path, names, batch.faults[0]))
        count += batch.cells.num_rows
        if count > ROWS_MAX:
            raise _refused(path, "TOO_MANY_FACTS", f"一批最多 {ROWS_MAX} 行,请分开", f"a batch has {ROWS_MAX} rows at most: split it")  # fmt: skip
        yield pa.RecordBatch.from_arrays(batch.cells.columns[: len(names)], names)


def _fault(path: Path, names: Sequence[str], fault: Fault) -> Refusal:
    return Refusal.at(
        "UNREADABLE_ROW", f"这一行读不出来({fault.code}),整份文件都没有存证", f"this row can't be read ({fault.code}): nothing of the file was attested",
        file=path.name, row=fault.row, column=None if fault.column is None else names[fault.column],
    )  # fmt: skip


def _object(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise _refused(path, "NO_SUCH_FILE", "没有这个文件", "there is no such file")
    if path.stat().st_size > OBJECT_BYTES:
        raise _refused(path, "OBJECT_TOO_LARGE", f"JSON 对象超过 {OBJECT_BYTES} 字节", f"the JSON object has more than {OBJECT_BYTES} bytes")  # fmt: skip
    value = parse_loose(path.read_bytes())
    if isinstance(value, Refusal):
        raise _refused(path, value.code, value.zh, value.en)
    if not isinstance(value, dict):
        raise _refused(path, "NOT_JSON", "须为一个 JSON 对象", "should be one JSON object")
    _check_names(path, list(value))
    return value


def _cell(value: object) -> Cell:
    """A list or an object inside becomes its canonical text."""
    return canonical_bytes(value).decode() if isinstance(value, list | dict) else text_of(value)


def _refused(path: Path, code: str, zh: str, en: str, **where: object) -> Refused:
    return Refused(Refusal.at(code, zh, en, file=path.name, **where))
