"""Policy rules are SQL boolean expressions over named columns, evaluated as columns with SQL's three truth values.

The subset: columns, numbers, text, TRUE, FALSE, NULL; = <> < <= > >=, BETWEEN, IN, IS [NOT] NULL; AND OR NOT; + - * and
unary minus over whole numbers. No functions, casts, sub-queries or division: a rule that needs more is a feature.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn, Protocol

import pyarrow as pa
import pyarrow.compute as pc
import sqlglot
from sqlglot import expressions as exp
from sqlglot.errors import ParseError, TokenError

from kemiao.base.refusal import BrokenInvariant, Refusal, Refused


@dataclass(frozen=True, slots=True)
class Expression:
    """A checked expression. `columns` are the names it reads."""

    text: str
    tree: exp.Expression
    columns: frozenset[str]


class Fail(Protocol):
    def __call__(self, node: exp.Expression, code: str, zh: str, en: str) -> NoReturn: ...


def parse(text: str, columns: Mapping[str, str], file: str, line: int, column: int = 1) -> Expression:
    """Reads `text`, which stands in `file` at `line` and `column`, over columns of kind number, text, flag or day.

    Raises Refused NOT_AN_EXPRESSION, UNKNOWN_COLUMN or OUTSIDE_THE_SUBSET, with file, line and column (from 1).
    """
    try:
        tree = sqlglot.parse_one(text, dialect="duckdb")
    except (ParseError, TokenError) as error:
        places = getattr(error, "errors", None) or [{}]
        at_line = line + int(places[0].get("line") or 1) - 1
        # The parser names the end of the token that it stumbled over.
        at_column = int(places[0].get("col") or 1) - max(len(str(places[0].get("highlight") or "")) - 1, 0)
        at_column += column - 1 if at_line == line else 0
        problem = str(places[0].get("description") or error)
        raise _refused(
            "NOT_AN_EXPRESSION",
            f"“{text}”不是合法的条件:{problem}",
            f"{text!r} is not an expression: {problem}",
            (file, at_line, at_column),
        ) from error

    def fail(node: exp.Expression, code: str, zh: str, en: str) -> NoReturn:
        offset = 0 if node is tree else _offset(node)
        lines = text.count("\n", 0, offset)
        inside = offset - (text.rfind("\n", 0, offset) + 1)
        raise _refused(code, zh, en, (file, line + lines, inside + (column if lines == 0 else 1)))

    if _kind(tree, columns, fail) != "flag":
        fail(tree, "NOT_A_CONDITION", f"“{text}”不是真假条件", f"{text!r} is not a condition")
    return Expression(text, tree, frozenset(node.name for node in tree.find_all(exp.Column)))


def evaluate(expression: Expression, table: pa.Table) -> pa.Array:
    """True, false or null (unknown) for each row. AND and OR know that false AND unknown is false."""
    value = _value(expression.tree, table)
    if isinstance(value, pa.Scalar):
        return pa.array([value.as_py()] * table.num_rows, pa.bool_())
    return value.combine_chunks() if isinstance(value, pa.ChunkedArray) else value


_COMPARE: Mapping[type[exp.Expression], Callable[[Any, Any], Any]] = {
    exp.EQ: pc.equal, exp.NEQ: pc.not_equal, exp.LT: pc.less, exp.LTE: pc.less_equal, exp.GT: pc.greater, exp.GTE: pc.greater_equal,
}  # fmt: skip
_ARITHMETIC: Mapping[type[exp.Expression], Callable[[Any, Any], Any]] = {
    exp.Add: pc.add_checked, exp.Sub: pc.subtract_checked, exp.Mul: pc.multiply_checked,
}  # fmt: skip
_LOGIC: Mapping[type[exp.Expression], Callable[[Any, Any], Any]] = {exp.And: pc.and_kleene, exp.Or: pc.or_kleene}
_KINDS = {"number": "整数", "text": "文字", "flag": "真假", "day": "日期", "null": "空"}
_INT64 = 2**63 - 1


def _value(node: exp.Expression, table: pa.Table) -> Any:
    match node:
        case exp.Paren():
            return _value(node.this, table)
        case exp.Column():
            return table[node.name]
        case exp.Literal():
            return pa.scalar(node.this, pa.string()) if node.is_string else pa.scalar(int(node.this), pa.int64())
        case exp.Boolean():
            return pa.scalar(bool(node.this), pa.bool_())
        case exp.Null():
            return pa.scalar(None, pa.null())
        case exp.Not():
            return pc.invert(_flag(_value(node.this, table)))
        case exp.Neg():
            return pc.negate_checked(_number(_value(node.this, table)))
        case exp.Is():
            return pc.is_null(_value(node.this, table))
        case exp.In():
            tests = [_compared(pc.equal, _value(node.this, table), _value(item, table)) for item in node.expressions]
            return _reduce(pc.or_kleene, tests)
        case exp.Between():
            value = _value(node.this, table)
            low, high = _value(node.args["low"], table), _value(node.args["high"], table)
            return pc.and_kleene(_compared(pc.greater_equal, value, low), _compared(pc.less_equal, value, high))
    kind = type(node)
    if kind in _COMPARE:
        return _compared(_COMPARE[kind], _value(node.left, table), _value(node.right, table))
    if kind in _ARITHMETIC:
        return _ARITHMETIC[kind](_number(_value(node.left, table)), _number(_value(node.right, table)))
    if kind in _LOGIC:
        return _LOGIC[kind](_flag(_value(node.left, table)), _flag(_value(node.right, table)))
    raise BrokenInvariant(f"parse admitted {node.key}")


def _compared(function: Callable[[Any, Any], Any], left: Any, right: Any) -> Any:
    """A comparison; with NULL it is unknown, and NULL takes the other side's kind."""
    if pa.types.is_null(left.type):
        left = left.cast(right.type)
    if pa.types.is_null(right.type):
        right = right.cast(left.type)
    if pa.types.is_null(left.type):  # NULL = NULL
        return pa.scalar(None, pa.bool_())
    return function(left, right)


def _flag(value: Any) -> Any:
    return value.cast(pa.bool_()) if pa.types.is_null(value.type) else value


def _number(value: Any) -> Any:
    return value.cast(pa.int64()) if pa.types.is_null(value.type) else value


def _reduce(function: Callable[[Any, Any], Any], values: list[Any]) -> Any:
    result = values[0]
    for value in values[1:]:
        result = function(result, value)
    return result


def _kind(node: exp.Expression, columns: Mapping[str, str], fail: Fail) -> str:
    """number, text, flag, day or null; fails where the subset ends or two kinds meet that don't compare."""

    def all_of(kind: str, *parts: exp.Expression) -> None:
        for part in parts:
            found = _kind(part, columns, fail)
            if kind == "null":
                kind = found  # NULL takes any kind: the next part that has one sets it
            if found not in (kind, "null"):
                fail(
                    part,
                    "KINDS_DIFFER",
                    f"“{part.sql()}”应为{_KINDS[kind]},却是{_KINDS[found]}",
                    f"{part.sql()!r} should be a {kind}, it is a {found}",
                )

    match node:
        case exp.Paren():
            return _kind(node.this, columns, fail)
        case exp.Column():
            if node.table:
                fail(node, "OUTSIDE_THE_SUBSET", "列名前不能有表名", "a column is named without its table")
            if node.name in columns:
                return columns[node.name]
            close = _closest(node.name, columns)
            fail(
                node, "UNKNOWN_COLUMN", f"没有“{node.name}”这一列{f',是否为 {close}?' if close else ''}",
                f"there is no column {node.name!r}{f'; did you mean {close}?' if close else ''}",
            )  # fmt: skip
        case exp.Literal():
            if not node.is_string and not str(node.this).isdigit():
                fail(
                    node,
                    "WHOLE_NUMBERS_ONLY",
                    f"{node.this}:只能用整数(分、ppm、天)",
                    f"{node.this}: whole numbers only (fen, ppm, days)",
                )
            if not node.is_string and int(node.this) > _INT64:
                fail(node, "NUMBER_TOO_LARGE", f"{node.this}:数字过大", f"{node.this} is too large a number")
            return "text" if node.is_string else "number"
        case exp.Boolean():
            return "flag"
        case exp.Null():
            return "null"
        case exp.Not():
            all_of("flag", node.this)
            return "flag"
        case exp.Neg():
            all_of("number", node.this)
            return "number"
        case exp.Is():
            _kind(node.this, columns, fail)
            if not isinstance(node.expression, exp.Null):
                fail(node, "OUTSIDE_THE_SUBSET", "IS 之后只能是 NULL", "only NULL may follow IS")
            return "flag"
        case exp.In():
            if not node.expressions:
                fail(node, "OUTSIDE_THE_SUBSET", "IN 之后须列出取值", "IN needs a list of values")
            all_of(_kind(node.this, columns, fail), *node.expressions)
            return "flag"
        case exp.Between():
            all_of(_kind(node.this, columns, fail), node.args["low"], node.args["high"])
            return "flag"
    if type(node) in _ARITHMETIC:
        all_of("number", node.left, node.right)
        return "number"
    if type(node) in _LOGIC:
        all_of("flag", node.left, node.right)
        return "flag"
    if type(node) in _COMPARE:
        all_of(_kind(node.left, columns, fail), node.right)
        return "flag"
    fail(
        node,
        "OUTSIDE_THE_SUBSET",
        f"条件中不能使用 {node.key.upper()}",
        f"{node.key.upper()} is outside what rules may use",
    )


def _offset(node: exp.Expression) -> int:
    """Where a node begins in the text: names, literals and functions carry their place, what joins them does not."""
    starts = [int(each.meta["start"]) for each in node.walk() if "start" in each.meta]
    return min(starts) if starts else 0


def _closest(name: str, columns: Mapping[str, str]) -> str | None:
    from difflib import get_close_matches

    return next(iter(get_close_matches(name, columns, n=1)), None)


def _refused(code: str, zh: str, en: str, place: tuple[str, int, int]) -> Refused:
    file, line, column = place
    return Refused(Refusal.at(code, zh, en, file=file, line=line, column=column))
