"""Raw batches → canonical columns, by SQL that is generated from the map and run by DuckDB over Arrow.

Plain forms (ISO days, bare decimals, listed choices) are read in SQL; every other form goes to `cleaning`, cell by cell
with a memory of what was seen. A cell that can't be read is null with a bit set in `bad`; its words come from `cleaning`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import count
from typing import Any

import numpy as np
import pyarrow as pa

from kemiao.base.money import FEN_MAX
from kemiao.base.refusal import BrokenInvariant, Refusal, Refused
from kemiao.data.cleaning import (
    BLANKS,
    NO,
    YES,
    Pseudonym,
    hashed_key,
    missing,
    read_cell,
    too_low,
)
from kemiao.data.map import ColumnMap, TableMap

_DUCK = {
    "text": "VARCHAR", "company": "VARCHAR", "choice": "VARCHAR", "day": "DATE", "fen": "BIGINT", "ppm": "BIGINT",
    "count": "BIGINT", "flag": "BOOLEAN",
}  # fmt: skip
_ARROW = {
    "VARCHAR": pa.string(),
    "DATE": pa.date32(),
    "BIGINT": pa.int64(),
    "BOOLEAN": pa.bool_(),
}
_REMEMBERED = 1_000_000
_NUMBERS = count()
_CLASS = "".join(f"\\x{{{ord(blank):x}}}" for blank in BLANKS)
_AROUND = f"^[{_CLASS}]|[{_CLASS}]$"
_HEX = np.array([int(chr(digit), 16) if chr(digit) in "0123456789abcdef" else 0 for digit in range(256)], np.uint16)
_PAIR = np.arange(65_536, dtype=np.uint16)
_BYTE_OF_TWO = (_HEX[_PAIR & 0xFF] << 4 | _HEX[_PAIR >> 8]).astype(
    np.uint8
)  # little-endian: the first digit is the low byte
_FEN_OF = {"": 100, "yuan": 100, "wan": 1_000_000, "fen": 1}
_EXPECT = {
    "fen": ("金额,两位小数,不超过一千亿元", "an amount with two decimals, up to 100 billion yuan"),
    "day": ("日期,例如 2024-07-01", "a date such as 2024-07-01"),
    "company": (
        "统一社会信用代码(18 位,校验码正确)",
        "a unified social credit code (18 characters, right check digit)",
    ),
    "choice": ("映射里列出的值", "a value that the map lists"),
    "flag": ("是或否", "yes or no"),
    "ppm": ("比例,例如 35%", "a share such as 35%"),
    "count": ("整数", "a whole number"),
    "text": ("文字", "text"),
}


@dataclass(frozen=True, slots=True)
class CellError:
    """What is wrong with one cell of a row. column: the raw column's name; value: as the owner wrote it."""

    code: str
    zh: str
    en: str
    column: str
    value: str | None
    expect_zh: str
    expect_en: str

    def as_json(self) -> dict[str, object]:
        return {
            "code": self.code, "zh": self.zh, "en": self.en, "column": self.column, "value": self.value,
            "expect": {"zh": self.expect_zh, "en": self.expect_en},
        }  # fmt: skip


class Mapper:
    """One [[table]] of a map over one header. header: normalised names by position; schema: of the raw batches."""

    def __init__(
        self,
        connection: Any,
        table: TableMap,
        header: Sequence[str],
        schema: pa.Schema,
        options: Mapping[str, str],
        day: date,
        pseudonym: Pseudonym,
    ) -> None:
        self.table, self._connection, self._pseudonym = table, connection, pseudonym
        self._header, self._schema, self._options, self._day = tuple(header), schema, options, day
        self._place = {name: place for place, name in reversed(list(enumerate(header)))}
        self._functions: set[str] = set()
        self._number = next(_NUMBERS)  # several sheets and tables share a connection
        self._view = ""
        self._raw = f"raw_{self._number}"
        self.sql = self._statement()

    def run(self, cells: pa.RecordBatch) -> pa.Table:
        """row, own columns (protected ones still readable), happened_on, known_at, fact_id, content_id, bad, skip."""
        self._connection.register(self._raw, pa.Table.from_batches([cells]))
        if not self._view:  # a view, because the client tokenises the text of every query anew: 30 ms a batch
            self._view = f"mapped_{self._number}"
            self._connection.execute(f"CREATE TEMP VIEW {self._view} AS {self.sql}")
        mapped = self._connection.sql(f"FROM {self._view}").to_arrow_table()
        for name in ("content_id", "fact_id"):
            if name in mapped.column_names:
                mapped = mapped.set_column(mapped.column_names.index(name), name, _from_hex(mapped[name]))
        return mapped if "fact_id" in mapped.column_names else mapped.append_column("fact_id", mapped["content_id"])

    def errors(self, cells: Mapping[str, str | None], bad: int) -> list[CellError]:
        """The words for the bits of `bad`. cells: raw texts by header name."""
        found: list[CellError] = []
        for place, spec in enumerate(self.table.columns):
            if bad >> place & 1:
                found += self._cell_errors(spec, cells)
        for place, check in enumerate(self.table.checks, start=len(self.table.columns)):
            if bad >> place & 1:
                names = " / ".join(self._raw_names_in(check.expect))
                found.append(CellError(check.code, check.zh, check.en, names, None, check.expect, check.expect))
        return found

    def key_is_whole(self, bad: int) -> bool:
        """Whether the key of a bad row is good, so that the fact can be recognised when it comes again."""
        names = [spec.column.name for spec in self.table.columns]
        if set(self.table.key) == set(names):
            return False
        return not any(bad >> names.index(name) & 1 for name in self.table.key)

    # -- the words of an error

    def _cell_errors(self, spec: ColumnMap, cells: Mapping[str, str | None]) -> list[CellError]:
        sources = [
            (name, cells.get(name))
            for names in self._sources(spec)
            for name in names
            if (cells.get(name) or "").strip(BLANKS)
        ]
        found = []
        for name, text in sources:
            refusal = self._why(spec, name, (text or "").strip(BLANKS))
            if refusal is not None:
                found.append(self._error(refusal, spec, name, text))
        if found:
            return found
        name = " / ".join(dict.fromkeys(name for names in self._sources(spec) for name in names)) or spec.column.name
        text = sources[0][1] if sources else None
        if sources:
            return [self._error(Refusal("NOT_READABLE", "无法读出", "can't be read"), spec, name, text)]
        return [self._error(missing(spec.column), spec, name, None)]

    def _why(self, spec: ColumnMap, name: str, text: str) -> Refusal | None:
        if spec.sign_by and name in spec.sign_by.raw:
            known = "、".join((*spec.sign_by.minus, *spec.sign_by.plus))
            if text in (*spec.sign_by.minus, *spec.sign_by.plus):
                return None
            return Refusal(
                "NOT_A_DIRECTION", f"“{text}”不是收支方向({known})", f"{text!r} is not a direction ({known})"
            )
        if name in spec.hash_of or text in (*spec.blank, *self.table.blank):
            return None
        value = read_cell(spec, text, self._pseudonym)
        if isinstance(value, Refusal):
            return value
        return too_low(spec.column, value) if isinstance(value, int) else None

    @staticmethod
    def _error(refusal: Refusal, spec: ColumnMap, name: str, text: str | None) -> CellError:
        zh, en = _EXPECT[spec.column.kind]
        return CellError(refusal.code, refusal.zh, refusal.en, name, text, zh, en)

    def _raw_names_in(self, expression: str) -> list[str]:
        """Raw columns behind the canonical ones that a check speaks of."""
        return [
            name
            for spec in self.table.columns
            if spec.column.name in expression
            for names in self._sources(spec)[:1]
            for name in names
        ]

    def _sources(self, spec: ColumnMap) -> list[tuple[str, ...]]:
        """The raw columns that this header has of a column's alternatives."""
        alternatives = [
            *spec.raw,
            *((name,) for name in (*spec.credit, *spec.debit)),
            *((name,) for name in (spec.sign_by.raw if spec.sign_by else ())),
            *((name,) for name in spec.hash_of),
        ]
        return [names for names in alternatives if all(name in self._place for name in names)]

    # -- the statement

    def _statement(self) -> str:  # every name and text in the SQL below is quoted where it is put in
        texts, values, late, bad, replaced = [], [], [], [], []
        for place, spec in enumerate(self.table.columns):
            name = _quoted(spec.column.name)
            if spec.sql is not None and not self._sources(spec):
                late.append(f"CAST({spec.sql} AS {_DUCK[spec.column.kind]}) AS {name}")
                bad.append(self._out_of_bounds(spec))
                continue
            column_texts, value = self._value(spec, place)
            texts += column_texts
            values.append(f"{value} AS {name}")
            given = [f"_t{place}{suffix} IS NOT NULL" for suffix in self._suffixes(column_texts, place)]
            bare = self._bare(spec)
            if bare is not None:
                given = [f"{self._text(bare)} IS NOT NULL"]
            unread = f"CASE WHEN {name} IS NULL THEN {' OR '.join(given)} ELSE false END" if given else "false"
            bad.append(f"{unread} OR {self._out_of_bounds(spec)}")
            if spec.sql is not None:  # where the cell is blank; one that can't be read stays unread
                blank = " AND ".join(text.replace("IS NOT NULL", "IS NULL") for text in given) or "true"
                made = f"CASE WHEN {blank} THEN {spec.sql} END"
                replaced.append(f"coalesce({name}, {made}) AS {name}")
        bad += [f"({check.expect}) IS FALSE" for check in self.table.checks]
        mapped = "".join(f", {text}" for text in texts)
        level = f"SELECT *, {self._skip()} AS skip{mapped} FROM {self._raw}"  # noqa: S608
        level = f"SELECT *, {', '.join(values)} FROM ({level})" if values else level  # noqa: S608
        level = self._generated(level)
        level = f"SELECT * REPLACE ({', '.join(replaced)}) FROM ({level})" if replaced else level  # noqa: S608
        level = f"SELECT *, {', '.join(late)} FROM ({level})" if late else level  # noqa: S608
        mask = " | ".join(
            f"(CASE WHEN {condition} THEN {1 << place} ELSE 0 END)::BIGINT" for place, condition in enumerate(bad)
        )
        own = ", ".join(self._own(column.name, column.kind) for column in self.table.fact.columns)
        happened = _quoted(self.table.happened_on) if self.table.happened_on else "NULL::DATE"
        level = f"SELECT row, skip, {own}, {happened} AS happened_on, {mask} AS bad FROM ({level})"  # noqa: S608
        content = self._digest([column.name for column in self.table.fact.columns])
        whole = set(self.table.key) == self.table.mapped  # then both digests are over the same cells
        fact = "" if whole else f", {self._digest(self.table.key)} AS fact_id"
        return f"SELECT *, {self._known_at()} AS known_at, {content} AS content_id{fact} FROM ({level})"  # noqa: S608

    @staticmethod
    def _suffixes(texts: Sequence[str], place: int) -> list[str]:
        """Which of a column's texts make it unread when they are there: not the direction, which says nothing alone."""
        marks = [text.rpartition(" AS ")[2].removeprefix(f"_t{place}") for text in texts]
        return [mark for mark in marks if mark != "_sign"]

    def _own(self, name: str, kind: str) -> str:
        return _quoted(name) if name in self.table.mapped else f"NULL::{_DUCK[kind]} AS {_quoted(name)}"

    def _skip(self) -> str:
        names = [name for name in self.table.skip_where_blank if name in self._place]
        return " AND ".join(f"{self._text(name)} IS NULL" for name in names) if names else "false"

    def _generated(self, level: str) -> str:
        made = []
        for spec in self.table.columns:
            if spec.generate:
                others = [other.column.name for other in self.table.columns if other is not spec and other.sql is None]
                text = " || ".join(f"coalesce(CAST({_quoted(name)} AS VARCHAR), chr(0)) || chr(31)" for name in others)
                name = _quoted(spec.column.name)
                made.append(f"coalesce({name}, 'r' || left(sha256({text}), 20)) AS {name}")
        return f"SELECT * REPLACE ({', '.join(made)}) FROM ({level})" if made else level  # noqa: S608

    def _known_at(self) -> str:
        known, day = self.table.known_at, _literal(self._day)
        if known.undated:
            return "NULL::DATE"
        if known.at_import:
            return day
        # Where the file leaves the day blank, the import is the first moment of which we are sure.
        own = _quoted(known.column) if known.column else f"happened_on + {known.lag_days}"
        return f"coalesce({own}, {day})"

    def _digest(self, names: Sequence[str]) -> str:
        """The first half of a SHA-256 in hex. No text cell holds a control character, so the joints can't be forged."""
        by_name = self.table.fact.by_name
        first = [_quoted(name) for name in names if not by_name[name].later]
        parts = ", chr(31), ".join(f"coalesce(CAST({name} AS VARCHAR), chr(0))" for name in first)
        head = _literal(f"{self.table.fact.name}\x1f{self.table.part}\x1f")
        # A column that came after the first release names itself, and adds nothing where it is null.
        since = [name for name in names if by_name[name].later]
        more = "".join(
            f", chr(30) || {_literal(name)} || chr(31) || CAST({_quoted(name)} AS VARCHAR)" for name in since
        )
        return f"left(sha256(concat({head}, {parts}{more})), 32)"

    def _out_of_bounds(self, spec: ColumnMap) -> str:
        name, conditions = _quoted(spec.column.name), []
        if spec.column.required:
            conditions.append(f"{name} IS NULL")
        if spec.column.low is not None:
            conditions.append(f"{name} < {spec.column.low}")
        if spec.column.kind == "fen":
            conditions.append(f"{name} NOT BETWEEN {-FEN_MAX} AND {FEN_MAX}")
        return " OR ".join(conditions) or "false"

    def _value(self, spec: ColumnMap, place: int) -> tuple[list[str], str]:
        """The texts of a column (`… AS _tN`) and the expression that reads them."""
        if spec.credit or spec.debit:
            return self._two_sided(spec, place)
        found = [names for names in spec.raw if all(name in self._place for name in names)]
        if not found:
            return [], self._absent(spec)
        if spec.column.kind == "fen" and len(found) == 1 and self._is_float(found[0]):
            return self._float_money(spec, found[0][0], place)
        bare = self._bare(spec)
        if bare is not None:
            return [], self._read(spec, f"c{self._place[bare]}", place, self._text(bare))
        texts = [f"{self._alternatives(spec, found)} AS _t{place}"]
        text = f"_t{place}"
        value = self._read(spec, text, place)
        if spec.sign_by:
            texts.append(f"{self._joined_or(spec.sign_by.raw)} AS _t{place}_sign")
            minus, plus = (_list(words) for words in (spec.sign_by.minus, spec.sign_by.plus))
            sign = f"CASE WHEN _t{place}_sign IN ({minus}) THEN -1 WHEN _t{place}_sign IN ({plus}) THEN 1 END"
            value = f"({value}) * ({sign})"
        if spec.hash_of:
            texts += [f"{self._joined_or(spec.hash_of)} AS _t{place}_name"]
            udf = self._function(
                f"hashed_{place}", lambda cell: hashed_key(spec.fallback or "hash", cell, self._pseudonym), "VARCHAR"
            )
            value = f"CASE WHEN {text} IS NOT NULL THEN {value} WHEN _t{place}_name IS NOT NULL THEN {udf}(_t{place}_name) END"
        return texts, value

    def _bare(self, spec: ColumnMap) -> str | None:
        """The one raw column of texts behind a column, where nothing else bears on it: then only odd cells are stripped."""
        found = [names for names in spec.raw if all(name in self._place for name in names)]
        if len(found) != 1 or len(found[0]) != 1 or spec.sign_by or spec.hash_of or spec.sql:
            return None
        kind = self._schema.field(f"c{self._place[found[0][0]]}").type
        text = pa.types.is_string(kind) or pa.types.is_large_string(kind)
        return found[0][0] if text and not spec.blank and not self.table.blank else None

    def _absent(self, spec: ColumnMap) -> str:
        """The file lacks the column: the command line may give it; a column that may be absent is null."""
        if spec.option and spec.option in self._options:
            return self._constant(spec, self._options[spec.option])
        if spec.value is not None:
            return self._constant(spec, spec.value)
        if spec.option and not spec.optional:
            flag = "--company KEY" if spec.option == "company" else f"--set {spec.option}=VALUE"
            raise Refused(
                Refusal.at("OPTION_NEEDED", f"文件里没有{spec.column.zh},请用 {flag} 给出", f"the file does not name {spec.column.en}: give it with {flag}", column=spec.column.name)
            )  # fmt: skip
        return f"NULL::{_DUCK[spec.column.kind]}"

    def _constant(self, spec: ColumnMap, text: str) -> str:
        value = read_cell(spec, text.strip(BLANKS), self._pseudonym)
        if isinstance(value, Refusal):
            raise Refused(
                Refusal(
                    value.code, value.zh, value.en, (("option", spec.option or "value"), ("column", spec.column.name))
                )
            )
        return f"{_literal(value)}::{_DUCK[spec.column.kind]}"

    def _two_sided(self, spec: ColumnMap, place: int) -> tuple[list[str], str]:
        texts, sides = [], []
        for side, names in (("c", spec.credit), ("d", spec.debit)):
            name = next((name for name in names if name in self._place), None)
            if name is None:
                continue
            text = f"_t{place}{side}"
            texts.append(f"{self._cell(spec, name)} AS {text}")
            sides.append((side, text, self._read(spec, text, place)))
        # A side that is there and can't be read must not count as zero.
        guard = " OR ".join(f"({text} IS NOT NULL AND {value} IS NULL)" for _, text, value in sides)
        nothing = " AND ".join(f"{text} IS NULL" for _, text, _ in sides)
        total = " ".join(f"{'+' if side == 'c' else '-'} coalesce({value}, 0)" for side, _, value in sides)
        return texts, f"CASE WHEN {guard} OR ({nothing}) THEN NULL ELSE 0 {total} END"

    def _float_money(self, spec: ColumnMap, name: str, place: int) -> tuple[list[str], str]:
        raw, scale = f"c{self._place[name]}", _FEN_OF[spec.unit]
        number = f"_t{place}"
        fen = f"({number} * {scale})"
        # Within a millionth of a fen, or within what a double can say of a figure of this size.
        exact = f"abs({fen} - round({fen})) <= greatest(1e-6, abs({fen}) * 1e-15)"
        value = f"CASE WHEN {exact} AND abs({fen}) <= {FEN_MAX} THEN CAST(round({fen}) AS BIGINT) * {spec.sign} END"
        return [f"CASE WHEN isnan({raw}) THEN NULL ELSE CAST({raw} AS DOUBLE) END AS {number}"], value

    def _is_float(self, names: Sequence[str]) -> bool:
        return len(names) == 1 and pa.types.is_floating(self._schema.field(f"c{self._place[names[0]]}").type)

    def _alternatives(self, spec: ColumnMap, found: Sequence[Sequence[str]]) -> str:
        cells = []
        for names in found:
            parts = [self._cell(spec, name) for name in names]
            joined = f" || {_literal(spec.join)} || ".join(parts)  # null where a part is blank
            cells.append(f"({joined})")
        return f"coalesce({', '.join(cells)})" if len(cells) > 1 else cells[0]

    def _joined_or(self, names: Sequence[str]) -> str:
        cells = [self._text(name) for name in names if name in self._place]
        return f"coalesce({', '.join([*cells, 'NULL::VARCHAR'])})"

    def _cell(self, spec: ColumnMap, name: str) -> str:
        blank = (*spec.blank, *self.table.blank)
        text = self._text(name)
        return f"CASE WHEN {text} NOT IN ({_list(blank)}) THEN {text} END" if blank else text

    def _text(self, name: str) -> str:
        """A raw cell as stripped text, null where it is blank or the file lacks it."""
        if name not in self._place:
            return "NULL::VARCHAR"
        cell = f"c{self._place[name]}"
        kind = self._schema.field(cell).type
        if pa.types.is_floating(kind):
            whole = f"{cell} = trunc({cell}) AND abs({cell}) < 1e15"
            return f"CASE WHEN isnan({cell}) THEN NULL WHEN {whole} THEN CAST(CAST({cell} AS BIGINT) AS VARCHAR) ELSE format('{{:.15g}}', {cell}) END"
        if pa.types.is_string(kind) or pa.types.is_large_string(kind):
            # Trimming with a set of characters costs ten times a glance at both ends, and few cells need it.
            return f"nullif(CASE WHEN regexp_matches({cell}, {_literal(_AROUND)}) THEN trim({cell}, {_literal(BLANKS)}) ELSE {cell} END, '')"
        return f"CAST({cell} AS VARCHAR)"

    def _read(self, spec: ColumnMap, text: str, place: int, stripped: str | None = None) -> str:
        """The fast way for plain forms, `cleaning` for every other.

        stripped: the expression that strips `text`, where it was not done before: only odd cells then pay for it.
        """
        kind = spec.column.kind
        if kind in ("choice", "flag"):
            words = _words_of_choice(spec) if kind == "choice" else _words_of_flag(spec)
            others = None if spec.others is None else _literal(spec.others)
            plain, odd = (_listed(words, cell) for cell in (text, stripped or text))
            other = "" if others is None else f"WHEN {stripped or text} IS NOT NULL THEN {others}"
            return f"CASE {plain} {other} END" if stripped is None else f"CASE {plain} ELSE CASE {odd} {other} END END"
        slow = self._function(f"slow_{place}", lambda cell: read_cell(spec, cell, self._pseudonym), _DUCK[kind])
        odd = stripped or text
        other = f"WHEN {odd} IS NOT NULL THEN {slow}({odd}) END"
        match kind:
            case "fen":
                digits, decimals = (15, "") if spec.unit == "fen" else (10, r"(\.\d{1,2})?")
                plain = f"CAST(CAST({text} AS DECIMAL(18,2)) * {_FEN_OF[spec.unit] * spec.sign} AS BIGINT)"
                return f"CASE WHEN regexp_full_match({text}, '-?\\d{{1,{digits}}}{decimals}') THEN {plain} {other}"
            case "day" if spec.reading == "date":
                iso = f"regexp_full_match({text}, '[12]\\d{{3}}-\\d{{2}}-\\d{{2}}( \\d{{2}}:\\d{{2}}:\\d{{2}})?')"
                return f"CASE WHEN {iso} THEN TRY_CAST(left({text}, 10) AS DATE) {other}"
            case "company" if spec.scheme:
                plain = f"regexp_full_match({text}, '[!-9;-~]{{1,64}}')"
                return f"CASE WHEN {plain} THEN {_literal(spec.scheme + ':')} || {text} {other}"
            case "count":
                return f"CASE WHEN regexp_full_match({text}, '\\d{{1,15}}') THEN CAST({text} AS BIGINT) {other}"
            case "text":
                marks = rf"[\x00-\x1f\x7f]|^-?\d(\.\d+)?[eE]\+\d+$|{_AROUND}"
                plain = f"right({text}, {spec.keep_last})" if spec.keep_last else text
                return f"CASE WHEN regexp_matches({text}, {_literal(marks)}) THEN {slow}({odd}) ELSE nullif({plain}, '') END"
        return f"CASE {other}"

    def _function(self, name: str, read: Callable[[str], object], kind: str) -> str:
        full = f"{name}_{self._number}"
        if full in self._functions:
            return full
        self._functions.add(full)
        remembered: dict[str, object] = {}

        def column(texts: Any) -> pa.Array:
            values: list[object] = []
            if len(remembered) > _REMEMBERED:
                remembered.clear()
            for text in texts.to_pylist():
                if text is None:
                    values.append(None)
                    continue
                if text not in remembered:
                    value = read(text)
                    remembered[text] = None if isinstance(value, Refusal) else value
                values.append(remembered[text])
            return pa.array(values, _ARROW[kind])

        self._connection.create_function(full, column, ["VARCHAR"], kind, type="arrow", null_handling="special")
        return full


def _words_of_choice(spec: ColumnMap) -> dict[str, list[str]]:
    """SQL value → texts that mean it; what the map lists goes before the canonical words themselves."""
    listed = dict(spec.values)
    words: dict[str, list[str]] = {}
    for text, target in (listed | {word: word for word in spec.column.choices if word not in listed}).items():
        words.setdefault(_literal(target), []).append(text)
    return words


def _words_of_flag(spec: ColumnMap) -> dict[str, list[str]]:
    return {"true": list(spec.true or YES), "false": list(spec.false or NO)}


def _listed(words: Mapping[str, Sequence[str]], text: str) -> str:
    return " ".join(f"WHEN {text} IN ({_list(listed)}) THEN {value}" for value, listed in words.items())


def _from_hex(column: pa.ChunkedArray) -> pa.Array:
    """32 hex digits a row → 16 bytes. Three times as fast as in SQL."""
    texts = column.combine_chunks()
    texts = texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts
    rows = len(texts)
    if not rows:
        return pa.array([], pa.binary())
    start = np.frombuffer(texts.buffers()[1], np.int32)[texts.offset]
    digits = np.frombuffer(texts.buffers()[2], np.uint8)[start : start + 32 * rows]
    content = _BYTE_OF_TWO[digits.view(np.uint16)].tobytes()
    offsets = np.arange(0, 16 * (rows + 1), 16, dtype=np.int32)
    return pa.Array.from_buffers(pa.binary(), rows, [None, pa.py_buffer(offsets), pa.py_buffer(content)])


def _quoted(name: str | None) -> str:
    if name is None:
        raise BrokenInvariant("a column without a name")
    return '"' + name.replace('"', '""') + '"'


def _literal(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case date():
            return f"DATE '{value.isoformat()}'"
        case str():
            return "'" + value.replace("'", "''") + "'"
    raise BrokenInvariant(f"no SQL literal for {type(value).__name__}")


def _list(texts: Sequence[str]) -> str:
    return ", ".join(_literal(text) for text in texts) or "NULL"


def bad_cells(table: TableMap, header: Sequence[str], raw: Any, day: date) -> list[CellError]:
    """What is wrong with the first row of a batch, for a caller who would rather ask again than take it to quarantine."""
    import duckdb

    with duckdb.connect(config={"threads": 1, "enable_external_access": "false"}) as connection:
        mapper = Mapper(connection, table, header, raw.cells.schema, {}, day, lambda text: text)
        bad = mapper.run(raw.cells)["bad"][0].as_py()
    cells = {name: raw.cells.column(place)[0].as_py() for place, name in enumerate(header)}
    return mapper.errors(cells, bad)
