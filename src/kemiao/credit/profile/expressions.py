"""What the groups of features are made of: exact sums, ratios in ppm, months, the newest row.

Arithmetic. Sums of fen are exact (DuckDB adds int64 in 128 bits) and are handed on as int64; squares of monthly or
counterparty sums are exact in DECIMAL(38) up to 10^18 fen. A ratio is one division of two doubles, each the nearest to an
exact integer, rounded half away from zero: within 1 ppm of the exact ratio, and the same bits each time. From 10^15 ppm on (a
billionfold, where that would no longer hold) it is a ratio to next to nothing, and null.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from kemiao.base.rates import PPM

if TYPE_CHECKING:
    from datetime import date

    from ibis.expr.types import Table, Value

# Which of two rows about the same thing counts: the one known later, then the one imported later.
LATER = ("known_at", "batch", "file", "row")


def month_number(day: Value) -> Value:
    """Months since year 0: differences are whole months."""
    return day.year().cast("int64") * 12 + day.month() - 1


def exact_sum(fen: Value, where: Value | None = None) -> Value:
    """The sum of an int64 column as int64. DuckDB gives HUGEINT, and a plain cast from ibis' int64 to int64 is dropped."""
    return fen.sum(where=where).cast("decimal(38,0)").cast("int64")


def exact_square(fen: Value) -> Value:
    # In DuckDB the product of two decimals of 18 digits has 18 digits too, and stops the query beyond them.
    wide = fen.cast("decimal(38,0)")
    return wide * wide


def exact_product(left: Value, right: Value) -> Value:
    return left.cast("decimal(38,0)") * right.cast("decimal(38,0)")


def bit(number: Value) -> Value:
    """2 to that power: a set of small numbers as one number, by bit_or."""
    return whole(1) << number.cast("int64")


def bits_set(number: Value) -> Value:
    """How many bits of an int64 above zero are set."""
    return cast("Value", _bit_count()(number)).cast("int64")


@cache
def _bit_count() -> Callable[[Value], Value]:
    import ibis

    def bit_count(number: int) -> int:
        """The engine's own (DuckDB, Spark and PostgreSQL have it by this name)."""
        raise NotImplementedError

    return cast("Callable[[Value], Value]", ibis.udf.scalar.builtin(bit_count, signature=(("int64",), "int64")))


def above_zero(value: Value) -> Value:
    """The value where it is above zero, else null."""
    import ibis

    return ibis.greatest(value, 0).nullif(0)  # greatest() passes over null, which then is 0, which then is null


def ratio_ppm(part: Value, whole: Value) -> Value:
    """part ÷ whole in ppm. Null where either is unknown or the whole is not above zero."""
    return rounded(part.cast("float64") * PPM / above_zero(whole).cast("float64"))


def growth_ppm(now: Value, before: Value) -> Value:
    """now ÷ before − 1 in ppm; null where there was nothing to grow from."""
    return ratio_ppm(now - before, before)


def divided(part: Value, whole: Value) -> Value:
    """part ÷ whole, rounded half away from zero; null where the whole is not above zero."""
    return rounded(part.cast("float64") / above_zero(whole).cast("float64"))


def rounded(value: Value) -> Value:
    """A double to the nearest whole number, half away from zero."""
    # try_cast is null beyond 15 digits. (ibis' own round() casts to int64 first and would stop the query on a larger one.)
    return value.try_cast("decimal(15,0)").cast("int64")


def only_if(condition: Value, value: Value) -> Value:
    """The value where the condition holds; null where it does not or is unknown."""
    return condition.ifelse(value, _null())


def _null() -> Value:
    import ibis

    return ibis.null()


def unknown(kind: Any) -> Value:
    """Null of an ibis type."""
    import ibis

    return ibis.null(kind.copy(nullable=True))


def first_known(*values: Value) -> Value:
    import ibis

    return ibis.coalesce(*values)


def largest_of(*values: Value) -> Value:
    import ibis

    return ibis.greatest(*values)


def least_of(*values: Value | int) -> Value:
    import ibis

    return ibis.least(*values)


def day(value: date) -> Value:
    import ibis

    return ibis.literal(value)


def whole(value: int) -> Value:
    import ibis

    return ibis.literal(value, type="int64")


def ranked(rows: Table, by: Sequence[str], order: Sequence[Any]) -> Value:
    """0, 1, 2, … within `by` in that order."""
    import ibis

    return ibis.row_number().over(ibis.window(group_by=[rows[name] for name in by], order_by=list(order)))


def numbered(rows: Table, by: str, name: str) -> Table:
    """The rows with their place in the order of `by` as a column."""
    import ibis

    return rows.mutate(**{name: ibis.row_number().over(ibis.window(order_by=rows[by]))})


def within(value: Value, rows: Table, by: Sequence[str]) -> Value:
    """An aggregate over the rows that share `by`, on each of them."""
    import ibis

    return value.over(ibis.window(group_by=[rows[name] for name in by]))


def running(value: Value, rows: Table, by: Sequence[str], order: str) -> Value:
    """An aggregate of int64 over the rows of `by` up to and with this one."""
    import ibis

    window = ibis.cumulative_window(group_by=[rows[name] for name in by], order_by=rows[order])
    return value.over(window).cast("decimal(38,0)").cast("int64")


def following(value: Value, rows: Table, by: Sequence[str], order: str) -> Value:
    """An aggregate over the rows of `by` after this one."""
    import ibis

    return value.over(ibis.window(group_by=[rows[name] for name in by], order_by=rows[order], rows=(1, None)))


def previous(value: Value, rows: Table, by: Sequence[str], order: str) -> Value:
    """The value of the row before, in that order; null on the first."""
    import ibis

    return value.lag().over(ibis.window(group_by=[rows[name] for name in by], order_by=rows[order]))


def newest(rows: Table, by: Sequence[str], *first: str) -> Table:
    """One row for each `by`: the greatest in the columns `first`, then what was known and imported last."""
    import ibis

    order = [ibis.desc(rows[name], nulls_first=False) for name in (*first, *LATER)]
    return rows.filter(ranked(rows, by, order) == 0)
