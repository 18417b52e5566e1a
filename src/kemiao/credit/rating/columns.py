"""A table of one row a company or loan becomes columns to learn from: numbers or choices, and a label of 0 and 1.

Text that reads as numbers (`$1,234.00`, `12%`, `(300)`) is numbers; codes with leading zeros are choices.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from kemiao.base.refusal import Refusal
from kemiao.credit.rating.scoring import FLAGS, NO_ANSWER

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Kind = Literal["number", "choice", "date"]

_NUMBER = r"^[-+]?(?i:inf|infinity)$|^\(?[-+]?[$¥¥€£]?[-+]?((\d{1,3}(,\d{3})+|\d+)(\.\d*)?|\.\d+)([eE][-+]?\d+)?(%| *[万亿]?元?)\)?$"
_TIMES = (("万", 1e4), ("亿", 1e8))
_CODE = r"^[-+]?0\d+$"
_DATE = r"^(\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}.*|\d{1,2}[-/. ][A-Za-z]{3,9}[-/. ]\d{2,4}|\d{1,2}/\d{1,2}/\d{2,4}( .*)?)$"
_COMPACT_DATE = r"^(19|20)\d{2}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])$"
_BAD = ("1", "true", "yes", "y", "是", "bad", "default", "defaulted", "违约", "坏", "有违约", "event")
_GOOD = (
    "0",
    "-1",
    "false",
    "no",
    "n",
    "否",
    "good",
    "non-default",
    "nondefault",
    "未违约",
    "不违约",
    "正常",
    "好",
    "无违约",
)
_SENTINEL = re.compile(r"-1|-?9{2,}|-8{2,}")
_SENTINEL_SHARE = 0.01
_CODES_MAX = 8  # of a column
_MIXED_SHARE = 0.95  # text nearly all of which reads as numbers is numbers, the rest unknown
_NAMED = 5


@dataclass(frozen=True, slots=True)
class Column:
    """values: float64 with NaN unknown (number, date as a number without meaning), or codes of `levels` with -1 unknown.
    whole: numbers without fractions. special: codes such as -1 or 999 that stand apart. odd: text and infinite ratios read as unknown."""

    name: str
    kind: Kind
    values: Floats | Ints
    levels: tuple[str, ...] = ()
    whole: bool = False
    special: tuple[float, ...] = ()
    odd: int = 0

    @property
    def known(self) -> npt.NDArray[np.bool_]:
        known: npt.NDArray[np.bool_] = ~np.isnan(self.values) if self.kind == "number" else self.values >= 0
        return known


@dataclass(frozen=True, slots=True)
class TrainingTable:
    """Rows in an order that does not depend on how the file was sorted. without_label: rows left out.

    numbers: each row's place in the file, from 0; keys: its identifier, where a column was named as one. weights: of
    cases, None where all rows count alike."""

    columns: tuple[Column, ...]
    event: Ints
    label: str
    event_value: str
    without_label: int
    digest: str
    numbers: Ints
    keys: tuple[str | None, ...] = ()
    weights: Floats | None = None

    def without(self, *names: str | None) -> TrainingTable:
        """The same rows, some columns not learnt from."""
        return replace(self, columns=tuple(each for each in self.columns if each.name not in names))


def read_training(
    table: pa.Table,
    label: str,
    drop: Sequence[str] = (),
    key: str | None = None,
    event_value: str | None = None,
    weight: str | None = None,
) -> TrainingTable | Refusal:
    """Refuses a column that is not there, an empty table, a label that is not two-valued, and weights that are none."""
    names = table.column_names
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        return Refusal.at("COLUMN_TWICE", "有重名的列", "a column name occurs twice", column=", ".join(twice))
    for name in (label, *drop, *([key] if key else []), *([weight] if weight else [])):
        if name not in names:
            listed = ", ".join(names[:20])
            return Refusal.at("NO_SUCH_COLUMN", f"没有这一列;表中有:{listed}", f"there is no such column; the table has: {listed}", column=name)  # fmt: skip
    if table.num_rows == 0:
        return Refusal("TABLE_EMPTY", "表中没有数据行", "the table has no rows")
    outcome = _label(table[label], label, event_value)
    if isinstance(outcome, Refusal):
        return outcome
    event, value = outcome
    weights = None if weight is None else _weights(table[weight], weight)
    if isinstance(weights, Refusal):
        return weights
    left_out = {label, *drop, key, weight}
    columns = [_column(name, table[name]) for name in names if name not in left_out]
    keys = [_column(key, pc.cast(table[key], pa.string()), as_choice=True)] if key else []
    labelled = np.flatnonzero(event >= 0)
    ties = [] if weights is None else [weights[labelled]]
    order = labelled[np.lexsort([*ties, event[labelled], *(each.values[labelled] for each in (*columns[::-1], *keys))])]
    columns = [_taken(each, order) for each in columns]
    named = (
        tuple(keys[0].levels[code] if code >= 0 else None for code in keys[0].values[order].tolist()) if keys else ()
    )
    weights = None if weights is None else weights[order]
    digest = _digest(columns, event[order], weights)
    return TrainingTable(tuple(columns), event[order], label, value, int(event.size - labelled.size), digest, order, named, weights)  # fmt: skip


def _weights(column: pa.ChunkedArray, name: str) -> Floats | Refusal:
    """Refuses by the first row that has none: rows count from 1 below the header."""
    kind = column.type
    if pa.types.is_temporal(kind) or pa.types.is_nested(kind):
        return Refusal.at("BAD_WEIGHTS", f"权重须为正数,该列是 {kind}", f"weights are numbers above zero, the column has {kind}", column=name)  # fmt: skip
    text = text_of(column)
    plain = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
    values = np.asarray(pc.cast(column, pa.float64(), safe=False).fill_null(np.nan)) if plain else numbers_in(text)[0]
    bad = np.flatnonzero(~(np.isfinite(values) & (values > 0)))
    if not bad.size:
        return values.astype(np.float64)
    first = int(bad[0])
    said = column[first].as_py() if text[first].as_py() is None else text[first].as_py()
    shown = "" if said is None else str(said)
    return Refusal.at(
        "BAD_WEIGHTS", f"权重须为正数,这里是“{shown}”;共 {bad.size} 行不是", f"weights are numbers above zero, this is {shown!r}; {bad.size} rows have none",
        row=first + 1, column=name,
    )  # fmt: skip


def column_named(table: TrainingTable, name: str | None) -> Column | Refusal | None:
    """A column to compare with; None for no name."""
    if name is None:
        return None
    found = next((each for each in table.columns if each.name == name), None)
    return found or Refusal.at("NO_SUCH_COLUMN", "没有这一列可作基准", "there is no such column for a baseline", column=name)  # fmt: skip


def _taken(column: Column, rows: Ints) -> Column:
    return Column(
        column.name, column.kind, column.values[rows], column.levels, column.whole, column.special, column.odd
    )


def _digest(columns: Sequence[Column], event: Ints, weights: Floats | None) -> str:
    state = hashlib.sha256(b"kemiao/training_table\0")
    for each in columns:
        state.update(repr((each.name, each.kind, each.levels)).encode() + each.values.tobytes())
    state.update(event.tobytes())
    if weights is not None:
        state.update(b"weights" + weights.tobytes())
    return state.hexdigest()


def _label(column: pa.ChunkedArray, name: str, event_value: str | None) -> tuple[Ints, str] | Refusal:
    """(1 event, 0 not, -1 no label; the value that is the event)."""
    texts = pc.replace_substring_regex(text_of(column), r"^([-+]?\d+)\.0+$", r"\1")
    found = sorted(value for value in pc.unique(texts).to_pylist() if value is not None)
    shown = "、".join(found[:_NAMED]), ", ".join(found[:_NAMED])
    if not found:
        return Refusal.at("LABEL_EMPTY", "标签列没有值", "the label column has no values", column=name)
    if len(found) > 2:
        return Refusal.at(
            "LABEL_MORE_THAN_TWO", f"标签须为两个值,这里有 {len(found)} 个:{shown[0]}", f"a label has two values, this one has {len(found)}: {shown[1]}",
            column=name,
        )  # fmt: skip
    if len(found) == 1:
        return Refusal.at(
            "LABEL_ONE_VALUE", f"标签只有一个值“{found[0]}”:没有好坏之分,无法学习", f"the label has one value only, {found[0]!r}: nothing to learn from",
            column=name,
        )  # fmt: skip
    bad = event_value if event_value is not None else _bad_one(found)
    if bad not in found:
        return Refusal.at(
            "LABEL_UNCLEAR", f"看不出哪个值表示违约({shown[0]}),请用 --event 指明", f"which value means default ({shown[1]})? say it with --event",
            column=name,
        )  # fmt: skip
    event = np.asarray(pc.fill_null(pc.cast(pc.equal(texts, bad), pa.int64()), -1))
    return event.astype(np.int64), str(bad)


def _bad_one(pair: Sequence[str]) -> str | None:
    bad = [value for value in pair if value.lower() in _BAD]
    good = [value for value in pair if value.lower() in _GOOD]
    if len(bad) == 1 and len(good) <= 1:
        return bad[0]
    return next(value for value in pair if value not in good) if len(good) == 1 and not bad else None


def text_of(column: pa.ChunkedArray) -> pa.Array:
    """Trimmed text, null where missing; 1.0 and 1 are the same, and so are True and true: one file's flags are another's words."""
    flat = column.combine_chunks()
    if isinstance(flat, pa.ChunkedArray):
        flat = pa.concat_arrays(flat.chunks) if flat.num_chunks else pa.array([], flat.type)
    if pa.types.is_dictionary(flat.type):
        flat = flat.dictionary_decode()
    if pa.types.is_floating(flat.type):
        whole = bool(pc.all(pc.equal(pc.floor(flat), flat)).as_py())
        flat = flat.cast(pa.int64(), safe=False) if whole and not _any_nan(flat) else flat
    text = flag_words(pc.utf8_trim_whitespace(flat.cast(pa.string())))
    return pc.if_else(
        pc.fill_null(pc.is_in(text, pa.array(sorted(NO_ANSWER))), True), pa.scalar(None, pa.string()), text
    )


def flag_words(text: pa.Array) -> pa.Array:
    lower = pc.utf8_lower(text)
    return pc.if_else(pc.fill_null(pc.is_in(lower, pa.array(FLAGS)), False), lower, text)


def _any_nan(flat: pa.Array) -> bool:
    return bool(pc.any(pc.is_nan(flat)).as_py())


def _column(name: str, column: pa.ChunkedArray, *, as_choice: bool = False) -> Column:
    kind = column.type
    if pa.types.is_temporal(kind):
        return _choice(name, text_of(column), "date")
    if not as_choice and (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)):
        return _number(name, np.asarray(pc.cast(column, pa.float64(), safe=False).fill_null(np.nan)), 0)
    text = text_of(column)
    return _choice(name, text, "choice") if as_choice else _from_text(name, text)


def _from_text(name: str, text: pa.Array) -> Column:
    known = len(text) - text.null_count
    if known == 0:
        return _number(name, np.full(len(text), np.nan), 0)
    values, odd = numbers_in(text)
    count = known - int(odd.sum())
    for pattern in (_DATE, _COMPACT_DATE):
        if (pc.sum(pc.match_substring_regex(text, pattern)).as_py() or 0) >= _MIXED_SHARE * known:
            return _choice(name, text, "date")
    if count < _MIXED_SHARE * known or pc.any(pc.match_substring_regex(text, _CODE)).as_py():
        return _choice(name, text, "choice")
    return _number(name, values, known - count)


def numbers_in(text: pa.Array) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """The numbers that trimmed text says, NaN where there is none; and where it says something that is no number."""
    numbers = pc.match_substring_regex(text, _NUMBER)
    bare = pc.replace_substring_regex(pc.if_else(numbers, text, None), r"[$¥¥€£,%()+万亿元 ]", "")
    values = np.asarray(bare.cast(pa.float64()).fill_null(np.nan))
    values = values.copy()
    for word, times in _TIMES:  # 500万 and 5,000,000元 are the same amount
        values[np.asarray(pc.fill_null(pc.match_substring(text, word), False))] *= times
    negative = np.asarray(pc.fill_null(pc.starts_with(text, "("), False))
    return np.where(negative, -values, values), np.asarray(pc.fill_null(pc.invert(numbers), False))


def _number(name: str, values: Floats, odd: int) -> Column:
    finite: Floats = np.where(np.isfinite(values), values, np.nan)  # infinite ratios are unknown
    odd += int(np.isinf(values).sum())
    known = finite[~np.isnan(finite)]
    whole = bool(known.size) and bool(np.all(known == np.floor(known))) and float(np.abs(known).max()) < 2**53
    return Column(name, "number", finite, (), whole, _sentinels(known), odd)


def _sentinels(known: Floats) -> tuple[float, ...]:
    """Codes at an end of the column, away from the rest and with rows enough: -1, 999, -99 ... mean something else.

    There may be several at one end (-1 not applicable, -999 no record): each is a special value of its own."""
    found: list[float] = []
    rest = known
    while rest.size:
        coded = next((end for end in (rest.min(), rest.max()) if _stands_apart(float(end), rest, known.size)), None)
        if coded is None:
            break
        found.append(float(coded))
        rest = rest[rest != coded]
    return tuple(sorted(found))


def _stands_apart(end: float, values: Floats, rows: int) -> bool:
    rest = values[values != end]
    if not _is_code(end) or rest.size == 0 or (values.size - rest.size) / rows < _SENTINEL_SHARE:
        return False
    plain = rest[rest >= 0]
    if end < 0 and plain.size and all(_is_code(float(each)) for each in np.unique(rest[rest < 0])[:_CODES_MAX]):
        return True  # below zero there are codes only
    gap = min(abs(rest.min() - end), abs(rest.max() - end))
    return bool(end != -1 and gap > 2 * (rest.max() - rest.min()))


def _is_code(value: float) -> bool:
    return value == np.floor(value) and bool(_SENTINEL.fullmatch(format(value, ".0f")))


def _choice(name: str, text: pa.Array, kind: Kind) -> Column:
    coded = text.dictionary_encode()
    levels = coded.dictionary.to_pylist()
    order = sorted(range(len(levels)), key=lambda place: levels[place])
    rank = np.empty(len(levels) + 1, dtype=np.int64)
    rank[order], rank[-1] = np.arange(len(levels)), -1
    codes = rank[np.asarray(coded.indices.fill_null(len(levels)))]
    return Column(name, kind, codes, tuple(levels[place] for place in order))
