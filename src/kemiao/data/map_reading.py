"""From the TOML of a map to a Map, refusing what it does not mean, by file and key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from functools import cached_property
from typing import Any, NoReturn

from kemiao.base.refusal import Refusal, Refused
from kemiao.data.map import _BITS, Check, ColumnMap, KnownAt, Map, Sign, TableMap, raw_name
from kemiao.data.map_sql import why_not_an_expression, why_not_runnable
from kemiao.facts.schema import Column, Table
from kemiao.facts.tables import TABLES

_MAP_KEYS = {"name", "title", "basis", "historical", "absence", "table"}
_TABLE_KEYS = {
    "fact", "name", "part", "files", "sheets", "with", "without", "only_without", "sum", "skip_where_blank", "blank",
    "key", "on_change", "happened_on", "known_at", "owner", "columns", "check",
}  # fmt: skip
_COLUMN_KEYS = {field.name for field in fields(ColumnMap)} - {"column", "reading"} | {"as"}
_SETTINGS: Mapping[str, frozenset[str]] = {
    "fen": frozenset({"credit", "debit", "unit", "sign", "sign_by"}),
    "company": frozenset({"scheme", "fallback", "hash_of"}),
    "choice": frozenset({"values", "others"}),
    "flag": frozenset({"true", "false"}),
    "ppm": frozenset({"unit"}),
    "count": frozenset({"round"}),
    "text": frozenset({"keep_last", "generate"}),
    "day": frozenset(),
}
_READINGS = {
    "fen": ("money",),
    "day": ("date", "month_end", "year_end"),
    "company": ("company",),
    "choice": ("choice",),
    "flag": ("flag",),
    "ppm": ("share",),
    "count": ("count",),
    "text": ("text",),
}
_UNITS = {"fen": ("yuan", "wan", "fen"), "ppm": ("ratio", "percent")}
_SOURCES = ("raw", "credit", "debit", "value", "option", "sql")
_SQL_TYPES = {
    "fen": "BIGINT",
    "ppm": "BIGINT",
    "count": "BIGINT",
    "day": "DATE",
    "flag": "BOOLEAN",
    "text": "VARCHAR",
    "company": "VARCHAR",
    "choice": "VARCHAR",
}


def basis_is_known(basis: str) -> bool:
    """consent:FILE, office:ARTICLE, anonymised, own."""
    scheme, colon, rest = basis.partition(":")
    return basis in ("anonymised", "own") or (scheme in ("consent", "office") and bool(colon and rest.strip()))


class MapReader:
    """file: the name to put into refusals."""

    def __init__(self, file: str) -> None:
        self._file = file

    @cached_property
    def _binder(self) -> Any:
        """A DuckDB that can only bind: most maps have no SQL and never open it."""
        import duckdb

        return duckdb.connect(config={"enable_external_access": "false", "threads": 1})

    def refuse(self, code: str, key: str, zh: str, en: str) -> NoReturn:
        raise Refused(Refusal.at(code, zh, en, file=self._file, key=key))

    def map(self, content: Mapping[str, Any], digest: str) -> Map:
        self._known_keys(content, _MAP_KEYS, "")
        name = self._text(content, "name", "name")
        if not name.replace("_", "").isalnum():
            self.refuse("BAD_MAP", "name", "name 只能用字母、数字和下划线", "name has letters, digits and _ only")
        title = content.get("title", {"zh": name, "en": name})
        if not isinstance(title, dict) or not {"zh", "en"} <= set(title):
            self.refuse("BAD_MAP", "title", "title 须有 zh 和 en", "title has zh and en")
        basis = self._text(content, "basis", "basis")
        if not basis_is_known(basis):
            self.refuse("BAD_BASIS", "basis", f"“{basis}”不是依据(consent:文号、office:条款、anonymised、own)", f"{basis!r} is not a basis (consent:FILE, office:ARTICLE, anonymised, own)")  # fmt: skip
        absence = content.get("absence", "unknown")
        if absence not in ("unknown", "none"):
            self.refuse("BAD_MAP", "absence", "absence 须为 unknown 或 none", "absence is unknown or none")
        historical = self._flag(content, "historical", "historical")
        tables = content.get("table")
        if not isinstance(tables, list) or not tables:
            self.refuse("BAD_MAP", "table", "至少要有一个 [[table]]", "at least one [[table]] is needed")
        read = tuple(self._table(table, f"table[{number}]") for number, table in enumerate(tables, start=1))
        for number, table in enumerate(read, start=1):
            if table.only_without and table.only_without not in {other.name for other in read if other is not table}:
                self.refuse("BAD_MAP", f"table[{number}].only_without", f"没有名为 {table.only_without} 的 [[table]]", f"no other [[table]] is named {table.only_without}")  # fmt: skip
        return Map(name, title, basis, historical, absence, read, digest)

    def _table(self, content: Mapping[str, Any], at: str) -> TableMap:
        self._known_keys(content, _TABLE_KEYS, at)
        name = self._text(content, "fact", f"{at}.fact")
        if name not in TABLES:
            known = ", ".join(TABLES)
            self.refuse("NO_SUCH_TABLE", f"{at}.fact", f"没有事实表“{name}”;有:{known}", f"there is no table of facts {name!r}; there are {known}")  # fmt: skip
        fact = TABLES[name]
        raw_columns = content.get("columns")
        if not isinstance(raw_columns, dict) or not raw_columns:
            self.refuse("BAD_MAP", f"{at}.columns", "缺少 [table.columns]", "[table.columns] is missing")
        columns = tuple(
            self._column(fact, column, spec, f"{at}.columns.{column}") for column, spec in raw_columns.items()
        )
        mapped = {column.column.name for column in columns}
        lacking = [column.name for column in fact.columns if column.required and column.name not in mapped]
        if lacking:
            names = ", ".join(lacking)
            self.refuse("MAP_LACKS_COLUMN", f"{at}.columns", f"事实表 {fact.name} 必需的列没有映射:{names}", f"columns that {fact.name} requires are not mapped: {names}")  # fmt: skip
        key_names = content.get("key", list(fact.key))
        key = tuple(sorted(mapped)) if key_names == "row" else self._names(content, "key", at, mapped, fact.key)
        on_change = content.get("on_change", "revise")
        if on_change not in ("revise", "quarantine"):
            self.refuse("BAD_MAP", f"{at}.on_change", "on_change 须为 revise 或 quarantine", "on_change is revise or quarantine")  # fmt: skip
        happened_on = content.get("happened_on", fact.happened_on if fact.happened_on in mapped else None)
        if happened_on is not None and (happened_on not in mapped or fact.by_name[happened_on].kind != "day"):
            self.refuse("BAD_MAP", f"{at}.happened_on", f"{happened_on} 不是已映射的日期列", f"{happened_on} is not a mapped date column")  # fmt: skip
        table = TableMap(
            name=content.get("name", fact.name), fact=fact, part=content.get("part", ""), columns=columns, key=key,
            on_change=on_change, happened_on=happened_on, known_at=self._known_at(content, at, mapped, happened_on),
            owner=self._owner(content, at, fact), checks=self._checks(content, at, columns),
            files=self._texts(content, "files", at), sheets=self._texts(content, "sheets", at),
            with_raw=self._raw({"raw": content.get("with", [])}, f"{at}.with"), without_raw=self._raw_names(content, "without", at),
            only_without=content.get("only_without"),
            sum=self._names(content, "sum", at, {c.column.name for c in columns if c.column.kind in ("fen", "count")}, ()),
            skip_where_blank=self._raw_names(content, "skip_where_blank", at), blank=self._texts(content, "blank", at),
        )  # fmt: skip
        if len(columns) + len(table.checks) > _BITS:
            self.refuse("BAD_MAP", at, f"列和检查不能超过 {_BITS} 个", f"at most {_BITS} columns and checks")
        return table

    def _column(self, fact: Table, name: str, spec: Any, at: str) -> ColumnMap:
        if name not in fact.by_name:
            known = ", ".join(fact.by_name)
            self.refuse("NO_SUCH_COLUMN", at, f"事实表 {fact.name} 没有列“{name}”;有:{known}", f"{fact.name} has no column {name!r}; it has {known}")  # fmt: skip
        if not isinstance(spec, dict):
            self.refuse("BAD_MAP", at, "列写成 { raw = … } 的形式", "a column is written as { raw = … }")
        self._known_keys(spec, _COLUMN_KEYS, at)
        column = fact.by_name[name]
        self._settings_fit(column, spec, at)
        if not any(key in spec for key in _SOURCES):
            self.refuse("BAD_MAP", at, f"须有 {'、'.join(_SOURCES)} 之一", f"one of {', '.join(_SOURCES)} is needed")
        reading = spec.get("as", _READINGS[column.kind][0])
        if reading not in _READINGS[column.kind]:
            self.refuse("BAD_READING", f"{at}.as", f"{name} 只能读作 {'、'.join(_READINGS[column.kind])}", f"{name} is read as {', '.join(_READINGS[column.kind])}")  # fmt: skip
        if "sql" in spec:
            self._sql(spec["sql"], [other for other in fact.columns if other.name != name], f"{at}.sql", boolean=False)
        return ColumnMap(
            column, raw=self._raw(spec, at), credit=self._sides(spec, "credit", at), debit=self._sides(spec, "debit", at),
            value=str(spec["value"]) if "value" in spec else None, option=spec.get("option"), sql=spec.get("sql"),
            generate=spec.get("generate") == "row", optional=self._flag(spec, "optional", f"{at}.optional"),
            join=spec.get("join", ""), reading=reading, unit=spec.get("unit", ""), sign=self._sign(spec, at),
            sign_by=self._sign_by(spec, at), scheme=spec.get("scheme", ""), fallback=self._fallback(spec, at),
            hash_of=self._raw_names(spec, "hash_of", at), values=self._values(column, spec, at), others=spec.get("others"),
            true=self._texts(spec, "true", at), false=self._texts(spec, "false", at), round=self._flag(spec, "round", f"{at}.round"),
            keep_last=spec.get("keep_last"), blank=self._texts(spec, "blank", at),
        )  # fmt: skip

    def _settings_fit(self, column: Column, spec: Mapping[str, Any], at: str) -> None:
        special: frozenset[str] = frozenset().union(*_SETTINGS.values())
        unfit = sorted((set(spec) & special) - _SETTINGS[column.kind])
        if unfit:
            self.refuse("BAD_MAP", f"{at}.{unfit[0]}", f"{column.name} 是 {column.kind} 列,没有 {unfit[0]}", f"{column.name} is a {column.kind} column: it has no {unfit[0]}")  # fmt: skip
        units = _UNITS.get(column.kind, ())
        if "unit" in spec and spec["unit"] not in units:
            self.refuse("BAD_UNIT", f"{at}.unit", f"单位须为 {'、'.join(units)}", f"the unit is one of {', '.join(units)}")  # fmt: skip

    def _raw(self, spec: Mapping[str, Any], at: str) -> tuple[tuple[str, ...], ...]:
        raw = spec.get("raw", [])
        given = [raw] if isinstance(raw, str) else raw
        if not isinstance(given, list):
            self.refuse("BAD_MAP", f"{at}.raw", "raw 是列名或列名的列表", "raw is a name or a list of names")
        alternatives = [[item] if isinstance(item, str) else item for item in given]
        if not all(
            isinstance(item, list) and item and all(isinstance(n, str) and n for n in item) for item in alternatives
        ):
            self.refuse("BAD_MAP", f"{at}.raw", "raw 是列名或列名的列表", "raw is a name or a list of names")
        return tuple(tuple(raw_name(name) for name in names) for names in alternatives)

    def _sign(self, spec: Mapping[str, Any], at: str) -> int:
        sign = spec.get("sign", 1)
        if sign not in (1, -1):
            self.refuse("BAD_MAP", f"{at}.sign", "sign 须为 1 或 -1", "sign is 1 or -1")
        return int(sign)

    def _sign_by(self, spec: Mapping[str, Any], at: str) -> Sign | None:
        sign_by = spec.get("sign_by")
        if sign_by is None:
            return None
        if not isinstance(sign_by, dict) or set(sign_by) != {"raw", "minus", "plus"}:
            self.refuse("BAD_MAP", f"{at}.sign_by", "sign_by 须有 raw、minus、plus", "sign_by has raw, minus and plus")
        place = f"{at}.sign_by"
        minus, plus = self._texts(sign_by, "minus", place), self._texts(sign_by, "plus", place)
        return Sign(self._sides(sign_by, "raw", place), minus, plus)

    def _fallback(self, spec: Mapping[str, Any], at: str) -> str:
        fallback = spec.get("fallback", "")
        if fallback not in ("", "foreign", "hash", "person"):
            self.refuse("BAD_MAP", f"{at}.fallback", "fallback 须为 foreign、hash 或 person", "fallback is foreign, hash or person")  # fmt: skip
        return str(fallback)

    def _values(self, column: Column, spec: Mapping[str, Any], at: str) -> tuple[tuple[str, str], ...]:
        values = spec.get("values", {})
        targets = [*values.values(), *([spec["others"]] if "others" in spec else [])]
        wrong = sorted({str(target) for target in targets if target not in column.choices})
        if wrong:
            self.refuse("NO_SUCH_CHOICE", f"{at}.values", f"{wrong[0]} 不在 {'、'.join(column.choices)} 之中", f"{wrong[0]!r} is not one of {', '.join(column.choices)}")  # fmt: skip
        return tuple((str(text).strip(), str(target)) for text, target in values.items())

    def _known_at(self, content: Mapping[str, Any], at: str, mapped: set[str], happened_on: str | None) -> KnownAt:
        place = f"{at}.known_at"
        known = content.get("known_at")
        ways = ("lag_days", "column", "import", "undated")
        if not isinstance(known, dict) or sum(way in known for way in ways) != 1:
            self.refuse("BAD_KNOWN_AT", place, f"known_at 须恰有 {'、'.join(ways)} 之一", f"known_at has exactly one of {', '.join(ways)}")  # fmt: skip
        self._known_keys(known, {*ways, "assumed"}, place)
        if "lag_days" in known and (happened_on is None or not isinstance(known["lag_days"], int)):
            self.refuse("BAD_KNOWN_AT", place, "lag_days 是整数,并且需要 happened_on", "lag_days is a whole number and needs happened_on")  # fmt: skip
        if "column" in known and known["column"] not in mapped:
            self.refuse("BAD_KNOWN_AT", place, f"{known['column']} 没有映射", f"{known['column']} is not mapped")
        if known.get("undated") and content.get("fact") == "outcome":
            self.refuse("BAD_KNOWN_AT", place, "履约结果不能是 undated:它会提前泄露", "an outcome is never undated: it would be seen before its time")  # fmt: skip
        return KnownAt(
            known.get("lag_days"), known.get("column"), bool(known.get("import")), bool(known.get("undated")),
            bool(known.get("assumed", "column" not in known)),
        )  # fmt: skip

    def _owner(self, content: Mapping[str, Any], at: str, fact: Table) -> str | None:
        owner = content.get("owner", "company" if "company" in fact.subjects else None)
        if owner is not None and owner not in fact.subjects:
            self.refuse("BAD_MAP", f"{at}.owner", f"owner 须为 {'、'.join(fact.subjects)} 之一", f"owner is one of {', '.join(fact.subjects)}")  # fmt: skip
        return None if owner is None else str(owner)

    def _checks(self, content: Mapping[str, Any], at: str, columns: Sequence[ColumnMap]) -> tuple[Check, ...]:
        checks = []
        for number, check in enumerate(content.get("check", []), start=1):
            place = f"{at}.check[{number}]"
            self._known_keys(check, {"code", "expect", "zh", "en"}, place)
            code, expect, zh, en = (self._text(check, key, f"{place}.{key}") for key in ("code", "expect", "zh", "en"))
            self._sql(expect, [column.column for column in columns], f"{place}.expect", boolean=True)
            checks.append(Check(code, expect, zh, en))
        return tuple(checks)

    def _sql(self, text: Any, columns: Sequence[Column], at: str, *, boolean: bool) -> None:
        types = {column.name: _SQL_TYPES[column.kind] for column in columns}
        wrong = "is not text" if not isinstance(text, str) else why_not_an_expression(text, types)
        wrong = wrong or why_not_runnable(self._binder, str(text), types, boolean=boolean)
        if wrong:
            self.refuse("BAD_SQL", at, f"“{text}”不能用作 SQL 表达式:{wrong}", f"{text!r} is not a usable SQL expression: {wrong}")  # fmt: skip

    def _names(
        self, content: Mapping[str, Any], key: str, at: str, allowed: set[str], default: Sequence[str]
    ) -> tuple[str, ...]:
        names = content.get(key, list(default))
        unknown = [name for name in names if name not in allowed] if isinstance(names, list) else [names]
        if unknown:
            self.refuse("BAD_MAP", f"{at}.{key}", f"{unknown[0]} 不是可用的列", f"{unknown[0]!r} is not a column that can stand here")  # fmt: skip
        return tuple(names)

    def _text(self, content: Mapping[str, Any], key: str, at: str) -> str:
        value = content.get(key)
        if not isinstance(value, str) or not value:
            self.refuse("BAD_MAP", at, f"缺少 {key}(文字)", f"{key} (text) is missing")
        return value

    def _flag(self, content: Mapping[str, Any], key: str, at: str) -> bool:
        value = content.get(key, False)
        if not isinstance(value, bool):
            self.refuse("BAD_MAP", at, f"{key} 须为 true 或 false", f"{key} is true or false")
        return value

    def _texts(self, content: Mapping[str, Any], key: str, at: str) -> tuple[str, ...]:
        value = content.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            self.refuse("BAD_MAP", f"{at}.{key}", f"{key} 是文字的列表", f"{key} is a list of texts")
        return tuple(item.strip() for item in value)

    def _raw_names(self, content: Mapping[str, Any], key: str, at: str) -> tuple[str, ...]:
        return tuple(raw_name(name) for name in self._texts(content, key, at))

    def _sides(self, spec: Mapping[str, Any], key: str, at: str) -> tuple[str, ...]:
        value = spec.get(key, [])
        return self._raw_names({key: [value] if isinstance(value, str) else value}, key, at)

    def _known_keys(self, content: Any, known: set[str], at: str) -> None:
        if not isinstance(content, dict):
            self.refuse("BAD_MAP", at, "须为一张 TOML 表", "is not a TOML table")
        unknown = sorted(set(content) - known)
        if unknown:
            key = f"{at}.{unknown[0]}" if at else unknown[0]
            self.refuse("UNKNOWN_KEY", key, f"不认识 {unknown[0]};可用:{', '.join(sorted(known))}", f"{unknown[0]} is not known; there are {', '.join(sorted(known))}")  # fmt: skip
