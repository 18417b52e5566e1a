"""A scorecard as one SQL query that gives the very points and PD of `scoring.score`, for DuckDB, PostgreSQL and Spark.

Nothing is rounded on the way: a threshold becomes the double, or the whole number, that `scoring` compares with. Values
are asked to lie between the finite doubles first: NULL does not, and NaN, which all three order above infinity, does not.
What a column must be: numbers for ranges (booleans where the card's unit is `flag`), text, whole numbers or booleans for
choices. docs/decisions/015.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, get_args

from kemiao.base.refusal import Refusal
from kemiao.credit.rating.scorecard import Characteristic, Scorecard
from kemiao.credit.rating.scoring import BLANKS, FLAGS, INT64_MAX, INT64_MIN, NO_ANSWER, level_word

Dialect = Literal["duckdb", "postgres", "spark"]
DIALECTS: tuple[Dialect, ...] = get_args(Dialect)
_EXACT_IN_DOUBLE = 2**53


@dataclass(frozen=True, slots=True)
class Words:
    """How a dialect writes what the three write differently."""

    quote: str
    text: str
    float_types: str

    def name(self, name: str) -> str:
        return self.quote + name.replace(self.quote, self.quote * 2) + self.quote

    def table(self, name: str) -> str:
        return ".".join(self.name(part) for part in name.split("."))

    def string(self, text: str) -> str:
        if self.quote == "`":  # Spark reads a backslash as an escape
            return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
        return "'" + text.replace("'", "''") + "'"

    def double(self, number: float) -> str:
        text = repr(number)
        if self.quote == "`":
            return text + "D"
        # A bare 1.5 is a decimal in both, and its way to a double is not everywhere the nearest one.
        return f"CAST('{text}' AS DOUBLE PRECISION)" if self.text == "TEXT" else f"CAST('{text}' AS DOUBLE)"

    def word(self, column: str) -> str:
        """As `scoring.level_word`."""
        bare = f"TRIM(BOTH {self.string(BLANKS)} FROM CAST({column} AS {self.text}))"
        flags = ", ".join(self.string(each) for each in FLAGS)
        return f"CASE WHEN LOWER({bare}) IN ({flags}) THEN LOWER({bare}) ELSE {bare} END"

    def is_float(self, column: str) -> str:
        kind = f"CAST(PG_TYPEOF({column}) AS TEXT)" if self.text == "TEXT" else f"LOWER(TYPEOF({column}))"
        return f"{kind} IN ({self.float_types})"


WORDS: dict[str, Words] = {
    "duckdb": Words('"', "VARCHAR", "'float', 'double'"),
    "postgres": Words('"', "TEXT", "'real', 'double precision'"),
    "spark": Words("`", "STRING", "'float', 'double'"),
}


def card_sql(
    card: Scorecard, dialect: Dialect, table: str, key: str | None = "company", lacking: Collection[str] = ()
) -> str | Refusal:
    """key, points, pd_ppm and `points.FEATURE` of each row of the table.

    lacking: optional columns that the table does not have. Refuses one that the card needs.
    """
    needed = [each.feature for each in card.characteristics if each.feature in lacking and not each.optional]
    strange = sorted(set(lacking) - {each.feature for each in card.characteristics})
    if needed or strange:
        names = ", ".join(needed or strange)
        return Refusal.at("COLUMN_MISSING", f"评分卡需要或不认识的列:{names}", f"the card needs, or does not know, {names}", card=card.name, column=names)  # fmt: skip
    words = WORDS[dialect]
    answers = [_points(each, words, each.feature in lacking) for each in card.characteristics]
    return query(answers, [each.feature for each in card.characteristics], card.base_points, card.pd_curve, words, table, key)  # fmt: skip


def query(
    answers: Sequence[str], features: Sequence[str], base: int, curve: Sequence[tuple[int, int]], words: Words, table: str, key: str | None
) -> str:  # fmt: skip
    """answers: the points of each feature as expressions over the table's columns."""
    inner = [
        f"p{number}" for number in range(1, len(answers) + 1)
    ]  # short names that no column of the table can clash with
    given = [f"{words.name(key)} AS k"] if key else []
    given += [f"{answer} AS {name}" for answer, name in zip(answers, inner, strict=True)]
    handed = ["k"] if key else []
    shown = [f"k AS {words.name(key)}"] if key else []
    shown += ["points", f"{_pd(curve)} AS pd_ppm"]
    shown += [f"{name} AS {words.name(f'points.{feature}')}" for name, feature in zip(inner, features, strict=True)]
    columns = ",\n  "
    return "\n".join([
        "WITH answers AS (", f"  SELECT {columns.join(given)}", f"  FROM {words.table(table)}", "),", "total AS (",
        f"  SELECT {', '.join([*handed, *inner])}, {' + '.join([str(base), *inner])} AS points", "  FROM answers", ")",
        f"SELECT {columns.join(shown)}", "FROM total", "",
    ])  # fmt: skip


def _points(each: Characteristic, words: Words, lacking: bool) -> str:
    unknown = each.bins[each.unknown_bin].points
    if lacking:
        return str(unknown)
    column = words.name(each.feature)
    return _choice(each, column, words, unknown) if each.is_choice else _number(each, column, words, unknown)


def _number(each: Characteristic, column: str, words: Words, unknown: int) -> str:
    if each.unit == "flag":
        column = f"(CASE WHEN {column} THEN 1 WHEN NOT {column} THEN 0 END)"
    special = [
        (condition, one.points)
        for one in reversed(each.bins)  # the last that names a value has it, as in scoring
        for value in one.special
        if (condition := _compared(column, "=", value, words))
    ]
    ranges = [one for one in each.bins if one.is_range]
    above = [
        (condition, one.points)
        for one in reversed(ranges[1:])
        if one.low is not None and (condition := _compared(column, ">=", one.low, words))
    ]
    finite = f"{column} >= {words.double(-sys.float_info.max)} AND {column} <= {words.double(sys.float_info.max)}"
    return f"CASE WHEN {finite} THEN {_case([*special, *above], ranges[0].points)} ELSE {unknown} END"


def _compared(column: str, sign: str, number: Decimal, words: Words) -> str | None:
    """`column sign number` as scoring compares: whole columns with a whole number, others with the nearest double.

    One literal serves both as long as they mean the same. None: no finite value answers to it.
    """
    nearest = float(number)
    whole = math.ceil(number) if sign == ">=" or number == int(number) else None
    if math.isinf(nearest) and (sign == "=" or nearest > 0):
        return None
    if math.isinf(nearest):
        return "TRUE"
    if not nearest.is_integer() or (whole == nearest and abs(nearest) <= _EXACT_IN_DOUBLE):
        return f"{column} {sign} {words.double(nearest)}"
    as_double = f"{column} {sign} {words.double(nearest)}"
    if whole is None:
        return as_double
    as_whole = (
        f"{column} {sign} {whole}" if INT64_MIN <= whole <= INT64_MAX else str(sign == ">=" and whole < 0).upper()
    )
    return f"CASE WHEN {words.is_float(column)} THEN {as_double} ELSE {as_whole} END"


def _choice(each: Characteristic, column: str, words: Words, unknown: int) -> str:
    text = words.word(column)
    unseen = next((one.points for one in each.bins if one.other), unknown)
    known = [
        (f"{text} IN ({', '.join(words.string(level_word(level)) for level in one.levels)})", one.points)
        for one in each.bins
        if one.levels
    ]
    nothing = ", ".join(words.string(word) for word in sorted(NO_ANSWER))
    return _case([(f"{column} IS NULL", unknown), *known, (f"{text} IN ({nothing})", unknown)], unseen)


def _case(conditions: Sequence[tuple[str, int]], otherwise: int) -> str:
    if not conditions:
        return str(otherwise)
    return (
        f"CASE {' '.join(f'WHEN {condition} THEN {points}' for condition, points in conditions)} ELSE {otherwise} END"
    )


def _pd(curve: Sequence[tuple[int, int]]) -> str:
    """The curve's step, found by halving: a card may have hundreds."""
    if len(curve) == 1:
        return str(curve[0][1])
    middle = len(curve) // 2
    return f"CASE WHEN points >= {curve[middle][0]} THEN {_pd(curve[middle:])} ELSE {_pd(curve[:middle])} END"
