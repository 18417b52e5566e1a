"""A file of cases for `kemiao law check`: read, judged, and given back one answer a row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from kemiao.base.refusal import Refusal
from kemiao.data.readers import Fault, cell_text, open_file
from kemiao.law.case_columns import CaseColumns, case_columns
from kemiao.law.registry import REFUSED
from kemiao.law.rule import Law, Rule

_FAULTS = {
    "TOO_MANY_CELLS": ("这一行的单元格比表头多", "the row has more cells than the header"),
    "TOO_FEW_CELLS": ("这一行的单元格比表头少,文件可能被截断", "the row has fewer cells than the header: was the file cut?"),
    "NOT_JSON": ("这一行不是 JSON 对象", "the line is not a JSON object"),
    "NOT_DECODABLE": ("这一行有无法解码的字节", "the row has bytes that are no characters"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class CaseFile:
    rows: tuple[int, ...]
    columns: CaseColumns
    faults: tuple[Refusal, ...]

    @property
    def ignored(self) -> tuple[str, ...]:
        return self.columns.ignored


def read_cases(rule: Rule, path: Path) -> CaseFile | Refusal:
    """The first sheet. The header is the row of the first ones in which most columns are known."""
    sheet = open_file(path)[0]
    heads = [(case_columns(rule, [cell or "" for cell in head], [[] for _ in head], path.name, []), place) for place, head in enumerate(sheet.head)]  # fmt: skip
    place = max(heads, key=lambda head: (_known(head[0]), -head[1]), default=(None, 0))[1]
    header = [cell or "" for cell in sheet.head[place]] if sheet.head else []
    while header and not header[-1].strip():
        header.pop()
    numbers: list[int] = []
    columns: list[list[str | None]] = [[] for _ in header]
    faults: list[Refusal] = []
    for batch in sheet.read(place):
        faults += [_fault(path.name, fault) for fault in batch.faults]
        numbers += batch.cells["row"].to_pylist()
        for column, name in zip(columns, batch.cells.schema.names, strict=False):
            column.extend(map(cell_text, batch.cells[name].to_pylist()))
    found = case_columns(rule, header, columns, path.name, numbers)
    return found if isinstance(found, Refusal) else CaseFile(tuple(numbers), found, tuple(faults))


def judged(rule: Rule, cases: CaseFile, law: Law, on: date, choices: Mapping[str, int]) -> Iterator[dict[str, Any]]:
    """One object a row: what the rule says, what it lacks, on what it rests, and why a row was not judged."""
    table = rule.check(cases.columns.table, law, on, choices)
    whole = table if isinstance(table, Refusal) else None
    answers = [] if isinstance(table, Refusal) else table.to_pylist()
    for number, row in enumerate(cases.rows):
        errors = cases.columns.errors.get(number, ())
        answer = _silent(rule, on) if errors or whole else answers[number]
        refused = whole.as_json() if whole else _refused(answer["refused"])
        yield {"row": row, "id": cases.columns.ids[number]} | answer | {"refused": refused, "errors": [error.as_json() for error in errors]}  # fmt: skip
    for fault in cases.faults:
        yield {"row": int(dict(fault.where)["row"]), "id": None} | _silent(rule, on) | {"errors": [fault.as_json()]}


def _known(columns: CaseColumns | Refusal) -> int:
    return 0 if isinstance(columns, Refusal) else len(columns.read)


def _silent(rule: Rule, on: date) -> dict[str, Any]:
    lists = {output.name for output in rule.outputs if output.kind == "names"} | {"missing"}
    return {name: [] if name in lists else None for name in rule.schema.names} | {"law_on": on}


def _refused(code: str | None) -> dict[str, str] | None:
    return None if code is None else {"code": code, "zh": REFUSED[code][0], "en": REFUSED[code][1]}


def _fault(file: str, fault: Fault) -> Refusal:
    zh, en = _FAULTS.get(fault.code, ("这一行读不出来", "the row can't be read"))
    return Refusal.at(fault.code, zh, en, file=file, row=fault.row)
