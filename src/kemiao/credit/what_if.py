"""One company with some facts otherwise, judged again by the same code: nothing is added up beside it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa

from kemiao.base.dates import parse_date
from kemiao.base.refusal import BrokenInvariant, Refusal
from kemiao.credit.assessment import Rulebook
from kemiao.credit.assessment import assess as judge
from kemiao.credit.decision.rules import OUTCOMES
from kemiao.credit.profile import COLUMNS
from kemiao.credit.rating.master_scale import grade
from kemiao.credit.rating.model import score
from kemiao.credit.technology.matrix import Technology

Changes = Mapping[str, Any]
NUMBER_MAX = 10**15  # in fen, what the product takes as an amount at most (base/money)
_TEXT_MAX = 100
_NOT_BELOW_NONE = ("count", "months")
_WHOLE = re.compile(r"-?[0-9]{1,16}")


@dataclass(frozen=True, slots=True)
class Judged:
    """What a judgement says of one row."""

    points: int
    pd_ppm: int
    grade: str
    limit_fen: int
    rate_ppm: int | None
    decision: str
    authority: str

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def typed_change(name: str, text: str) -> Any | Refusal:
    """`NAME=VALUE` of the profile in the column's own unit, whole numbers as they are kept; an empty text is unknown (None)."""
    feature = COLUMNS.get(name)
    if feature is None:
        return Refusal.at("NO_SUCH_FEATURE", "没有这一项:kemiao features", "there is no such feature: kemiao features", feature=name[:80])  # fmt: skip
    unfit = Refusal.at("NOT_A_VALUE", f"“{text[:40]}”不是{feature.zh}的取值", f"{text[:40]!r} is no value of {feature.en}", feature=name)  # fmt: skip
    if text == "":
        return None
    if feature.unit == "flag":
        return {"true": True, "false": False}.get(text, unfit)
    if feature.unit == "day":
        day = parse_date(text)
        return unfit if isinstance(day, Refusal) else day.isoformat()
    if feature.unit == "text":
        return text if len(text) <= _TEXT_MAX else unfit
    if not _WHOLE.fullmatch(text) or abs(int(text)) > NUMBER_MAX or (int(text) < 0 and feature.unit in _NOT_BELOW_NONE):
        return unfit
    return int(text)


def judged_with(
    row: pa.Table, changes: Sequence[Changes], book: Rulebook, technology: Technology | None
) -> list[Judged] | Refusal:
    """row: one company; each of changes: column → value (None unknown) on that row. All are judged in one call."""
    if not changes:
        return []
    graded = technology.at(np.zeros(len(changes), np.int64)) if technology is not None else None
    found = judge(with_changes(row, changes), book, graded)
    if isinstance(found, Refusal):
        return found
    rates = [rate if known else None for rate, known in zip(found.price.rate.values.tolist(), found.price.rate.known.tolist(), strict=True)]  # fmt: skip
    columns = (
        found.scored["points"].to_pylist(), found.scored["pd_ppm"].to_pylist(), found.grades.to_pylist(), found.limit_fen.tolist(), rates,
        [OUTCOMES[number] for number in found.decision.tolist()], list(found.authority),
    )  # fmt: skip
    return [Judged(*cells) for cells in zip(*columns, strict=True)]


def points_with(row: pa.Table, changes: Sequence[Changes], book: Rulebook) -> tuple[list[int], list[int]]:
    """(points, place of the grade in the scale) of each: the model alone, for a search over many."""
    if not changes:
        return [], []
    scored = score(book.card, with_changes(row, changes), parts=False)
    if isinstance(scored, Refusal):
        raise BrokenInvariant(f"judged, but not scored: {scored.code}")
    order = {each.name: place for place, each in enumerate(book.scale)}
    names = grade(np.asarray(scored["pd_ppm"]), book.scale).to_pylist()
    return scored["points"].to_pylist(), [order[name] for name in names]


def with_changes(row: pa.Table, changes: Sequence[Changes]) -> pa.Table:
    """The row as often as there are changes, each with its own."""
    table = row.take(pa.array(np.zeros(len(changes), np.int64)))
    for name in dict.fromkeys(name for each in changes for name in each):
        kind = row.schema.field(name).type
        own = row[name][0].as_py()
        values = [_cell(each.get(name, own), kind) for each in changes]
        table = table.set_column(table.schema.get_field_index(name), name, pa.array(values, kind))
    return table


def _cell(value: Any, kind: pa.DataType) -> Any:
    return date.fromisoformat(value) if isinstance(value, str) and pa.types.is_date(kind) else value
