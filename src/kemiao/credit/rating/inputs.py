"""What a model's inputs were when it learnt: their range, how much was unknown, their levels. And whether a table that it
is to score is of the same kind: other units, values outside the range, levels that it never saw.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from kemiao.base.canonical import canonical_bytes
from kemiao.base.refusal import Refusal
from kemiao.credit.rating.columns import Column
from kemiao.credit.rating.scorecard import number_json

PPM = 1_000_000
_QUANTILES_PPM = (10_000, 50_000, 250_000, 500_000, 750_000, 950_000, 990_000)
_SAMPLE = 4096  # magnitudes kept of a piece of a table: enough for its median
_NAMED = 5
# How many times a number grows or shrinks when it is written in another unit, and what that looks like.
_UNITS = (
    (100, "像是把元写成了分", "looks like fen where yuan were learnt"),
    (Decimal("0.01"), "像是把分写成了元", "looks like yuan where fen were learnt"),
    (10_000, "像是把万元写成了元,或把百分数写成了百万分率", "looks like yuan where 10 000 yuan were learnt, or ppm where per cent were"),
    (Decimal("0.0001"), "像是把元写成了万元,或把百万分率写成了百分数", "looks like 10 000 yuan where yuan were learnt, or per cent where ppm were"),
    (1_000_000, "像是把万元写成了分,或把小数写成了百万分率", "looks like fen where 10 000 yuan were learnt, or ppm where fractions were"),
    (Decimal("0.000001"), "像是把分写成了万元,或把百万分率写成了小数", "looks like 10 000 yuan where fen were learnt, or fractions where ppm were"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Input:
    """low, high, quantiles (ppm of the known values, value) of numbers; levels (value, rows) of choices.

    magnitude: the median size of values other than zero, which tells a unit where half of the column is zero.
    """

    feature: str
    kind: str
    unit: str
    rows: int
    unknown_ppm: int
    low: Decimal | None = None
    high: Decimal | None = None
    quantiles: tuple[tuple[int, Decimal], ...] = ()
    magnitude: Decimal | None = None
    levels: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class CheckRules:
    """The bank's policy (models.toml)."""

    rows_min: int  # below so many known values a median tells nothing
    times: int
    outside_max_ppm: int
    unknown_more_max_ppm: int


@dataclass(slots=True)
class Seen:
    """What pieces of a table showed of one input, so far."""

    rows: int = 0
    unknown: int = 0
    outside: int = 0
    low: float | None = None
    high: float | None = None
    sizes: list[npt.NDArray[np.float64]] = field(default_factory=list)
    unseen: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Warned:
    """code: OTHER_UNITS, OUT_OF_RANGE, UNSEEN_LEVELS, MORE_UNKNOWN."""

    code: str
    column: str
    zh: str
    en: str

    def as_json(self) -> dict[str, str]:
        return {"code": self.code, "column": self.column, "zh": self.zh, "en": self.en}


def check_rules(policy: Mapping[str, Any]) -> CheckRules | Refusal:
    try:
        return CheckRules(**{name: policy["units"][name] for name in CheckRules.__slots__})
    except KeyError as error:
        return Refusal.at("POLICY_INCOMPLETE", f"缺少 {error}", f"lacks {error}", file="models.toml", key=error.args[0])


def inputs_of(columns: Sequence[Column], features: Sequence[str], units: Mapping[str, str]) -> tuple[Input, ...]:
    """Of the columns that a model uses, as it saw them."""
    by_name = {each.name: each for each in columns}
    return tuple(_input(by_name[name], units.get(name, "")) for name in features)


def _input(column: Column, unit: str) -> Input:
    rows = column.values.size
    known = column.values[column.known]
    unknown = (rows - known.size) * PPM // max(rows, 1)
    if column.kind != "number":
        counts = np.bincount(known.astype(np.int64), minlength=len(column.levels)).tolist()
        return Input(column.name, "choice", unit, rows, unknown, levels=tuple(zip(column.levels, counts, strict=True)))
    if known.size == 0:
        return Input(column.name, "number", unit, rows, unknown)
    marks = np.quantile(known, [each / PPM for each in _QUANTILES_PPM], method="inverted_cdf").tolist()
    return Input(
        column.name, "number", unit, rows, unknown, _decimal(known.min()), _decimal(known.max()),
        tuple((ppm, _decimal(mark)) for ppm, mark in zip(_QUANTILES_PPM, marks, strict=True)), _magnitude(known),
    )  # fmt: skip


def _magnitude(known: npt.NDArray[Any]) -> Decimal | None:
    sizes = np.abs(known[known != 0])
    return _decimal(np.quantile(sizes, 0.5, method="inverted_cdf")) if sizes.size else None


def _decimal(number: Any) -> Decimal:
    return Decimal(repr(float(number)))


def observe(each: Input, column: pa.Array | pa.ChunkedArray, seen: Seen) -> None:
    """Adds a piece of a table: numbers, or trimmed text."""
    seen.rows += len(column)
    if each.kind != "number":
        seen.unknown += column.null_count
        learnt = {level for level, _ in each.levels}
        for pair in pc.value_counts(column.drop_null()).to_pylist():
            if pair["values"] not in learnt:
                seen.unseen[pair["values"]] = seen.unseen.get(pair["values"], 0) + pair["counts"]
        return
    values = np.asarray(column.cast(pa.float64(), safe=False).fill_null(np.nan), dtype=np.float64)
    known = values[np.isfinite(values)]
    seen.unknown += values.size - known.size
    if not known.size:
        return
    if each.low is not None and each.high is not None:
        seen.outside += int(np.count_nonzero((known < float(each.low)) | (known > float(each.high))))
    low, high = float(known.min()), float(known.max())
    seen.low = low if seen.low is None else min(seen.low, low)
    seen.high = high if seen.high is None else max(seen.high, high)
    sizes = np.abs(known[known != 0])
    seen.sizes.append(sizes[:: max(1, sizes.size // _SAMPLE)])


def warnings(inputs: Sequence[Input], seen: Mapping[str, Seen], rules: CheckRules) -> tuple[Warned, ...]:
    found: list[Warned] = []
    for each in inputs:
        now = seen.get(each.feature)
        if now is None or not now.rows:
            continue
        found += [_levels(each, now)] if now.unseen else []
        other = _units(each, now, rules)
        known = now.rows - now.unknown
        if other:
            found.append(other)
        elif now.outside * PPM > rules.outside_max_ppm * known:
            found.append(Warned(
                "OUT_OF_RANGE", each.feature,
                f"{known} 个数中有 {now.outside} 个在训练时的范围 {_plain(each.low)} 至 {_plain(each.high)} 之外(这里 {_plain(now.low)} 至 {_plain(now.high)})",
                f"{now.outside} of {known} values lie outside the range that was learnt, {_plain(each.low)} to {_plain(each.high)} (here {_plain(now.low)} to {_plain(now.high)})",
            ))  # fmt: skip
        more = now.unknown * PPM // now.rows - each.unknown_ppm
        if now.rows >= rules.rows_min and more > rules.unknown_more_max_ppm:
            found.append(Warned(
                "MORE_UNKNOWN", each.feature,
                f"{now.unknown / now.rows:.1%} 未知,训练时是 {each.unknown_ppm / PPM:.1%}",
                f"{now.unknown / now.rows:.1%} are unknown, {each.unknown_ppm / PPM:.1%} were when it was learnt",
            ))  # fmt: skip
    return tuple(found)


def _units(each: Input, now: Seen, rules: CheckRules) -> Warned | None:
    """The median size is many times that which was learnt; of a few values, all lie far beyond the range."""
    sizes = np.concatenate(now.sizes) if now.sizes else np.array([])
    if each.magnitude is None or each.low is None or each.high is None or not sizes.size:
        return None
    here, learnt = float(np.quantile(sizes, 0.5, method="inverted_cdf")), float(each.magnitude)
    ratio = here / learnt
    far = ratio >= rules.times or ratio * rules.times <= 1
    beyond = here >= rules.times * max(abs(float(each.low)), abs(float(each.high)))
    if not (beyond or (far and sizes.size >= rules.rows_min)):
        return None
    near = next((words for times, *words in _UNITS if 0.3 < ratio / float(times) < 3), None)
    zh, en = (f";{near[0]}", f"; {near[1]}") if near else ("", "")
    factor = f"{ratio:.3g}" if ratio >= 1 else f"1/{1 / ratio:.3g}"
    return Warned(
        "OTHER_UNITS", each.feature,
        f"单位可能不同:中位数(绝对值)这里是 {_plain(here)},训练时是 {_plain(learnt)}({factor} 倍){zh}",
        f"the unit may be another: the median size is {_plain(here)} here and was {_plain(learnt)} when it was learnt ({factor} times){en}",
    )  # fmt: skip


def _levels(each: Input, now: Seen) -> Warned:
    rows = sum(now.unseen.values())
    most = sorted(now.unseen.items(), key=lambda pair: (-pair[1], pair[0]))[:_NAMED]
    shown = ", ".join(f"{level!r} ({count})" for level, count in most)
    return Warned(
        "UNSEEN_LEVELS", each.feature,
        f"{rows} 行有训练时没有的取值,共 {len(now.unseen)} 种:{shown}",
        f"{rows} rows have values that were not there when it was learnt, {len(now.unseen)} of them: {shown}",
    )  # fmt: skip


def _plain(number: Decimal | float | None) -> str:
    return "?" if number is None else f"{float(number):.6g}"


def inputs_bytes(inputs: Sequence[Input]) -> bytes:
    """Canonical JSON; numbers that a reader of JSON might round are decimal text."""
    return canonical_bytes({"inputs": [_json(each) for each in inputs]})


def _json(each: Input) -> dict[str, object]:
    head: dict[str, object] = {"feature": each.feature, "kind": each.kind, "unit": each.unit, "rows": each.rows, "unknown_ppm": each.unknown_ppm}  # fmt: skip
    for name in ("low", "high", "magnitude"):
        value = getattr(each, name)
        if value is not None:
            head[name] = number_json(value)
    if each.quantiles:
        head["quantiles"] = [[ppm, number_json(value)] for ppm, value in each.quantiles]
    return head | ({"levels": [list(pair) for pair in each.levels]} if each.levels else {})


def inputs_from(content: bytes) -> tuple[Input, ...]:
    """Reads what `inputs_bytes` wrote. Raises ValueError, KeyError or TypeError for what it did not."""
    return tuple(
        Input(
            cells["feature"], cells["kind"], cells["unit"], cells["rows"], cells["unknown_ppm"], _read(cells.get("low")), _read(cells.get("high")),
            tuple((ppm, Decimal(str(value))) for ppm, value in cells.get("quantiles", ())), _read(cells.get("magnitude")),
            tuple((level, rows) for level, rows in cells.get("levels", ())),
        )
        for cells in json.loads(content)["inputs"]
    )  # fmt: skip


def _read(value: object) -> Decimal | None:
    return None if value is None else Decimal(str(value))
