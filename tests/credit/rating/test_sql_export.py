"""One score everywhere: the generated SQL gives the points of `score`, for any card and any row."""

from __future__ import annotations

import math
from decimal import Decimal
from itertools import pairwise

import duckdb
import numpy as np
import pyarrow as pa
import pytest
import sqlglot
from hypothesis import given, settings
from hypothesis import strategies as st

from kemiao.base.refusal import Refusal
from kemiao.credit.rating.scorecard import Bin, Characteristic, Scorecard, check, from_bytes, to_bytes
from kemiao.credit.rating.scoring import score
from kemiao.credit.rating.sql_export import DIALECTS, card_sql

NUMBERS = st.sampled_from(
    ["0", "-0.5", "4.5", "0.1", "12345678.9", "16777217", "250000000", "9007199254740993", "9223372036854775807", "5.00000000000000000001",
     "-9007199254740995", "4.99999999999999999999", "1E+30", "-1E+30", "1E+400", "3E-320"]
).map(Decimal)  # fmt: skip
FLOATS = st.one_of(
    st.none(), st.floats(), st.sampled_from([-0.0, 0.0, 0.1, 4.5, 5.0, 16777216.0, 16777218.0, 9007199254740992.0, 2.0**63, -1.0])
)  # fmt: skip
INTS = st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1), st.integers(-6, 6), st.sampled_from([2**53, 2**53 + 1, 16777217, 250000000]))  # fmt: skip
LEVELS = st.text(st.sampled_from("a'\"\\é𝛼公司%_ 　-"), max_size=4)
TEXTS = st.one_of(st.none(), LEVELS, st.sampled_from(["NA", " a ", "-", "a\u00a0"]))


@st.composite
def numbers(draw, name: str, unit: str = "count") -> Characteristic:
    cuts = sorted(draw(st.sets(NUMBERS, max_size=5)))
    ends = [None, *cuts, None]
    bins = [Bin(draw(POINTS), "?", "?", low=low, high=high) for low, high in pairwise(ends)]
    bins += [Bin(draw(POINTS), "?", "?", special=tuple(values)) for values in draw(st.lists(st.lists(NUMBERS, min_size=1, max_size=2), max_size=2))]  # fmt: skip
    return Characteristic(name, "?", "?", unit, (*bins, Bin(draw(POINTS), "?", "?", unknown=True)))


POINTS = st.integers(-99, 99)


@st.composite
def choices(draw, name: str) -> Characteristic:
    levels = draw(st.lists(LEVELS, min_size=1, max_size=6, unique_by=lambda level: level.strip()))
    half = len(levels) // 2
    bins = [Bin(draw(POINTS), "?", "?", levels=tuple(some)) for some in (levels[:half], levels[half:]) if some]
    bins += [Bin(draw(POINTS), "?", "?", other=True)] if draw(st.booleans()) else []
    return Characteristic(name, "?", "?", "text", (*bins, Bin(draw(POINTS), "?", "?", unknown=True)))


@st.composite
def cards_and_tables(draw) -> tuple[Scorecard, pa.Table]:
    each = (
        draw(numbers("float")), draw(numbers("single")), draw(numbers('in"t`')), draw(numbers("flag", "flag")), draw(choices("te'xt")),
        draw(choices("whole")),
    )  # fmt: skip
    starts = sorted(draw(st.sets(st.integers(-500, 500), min_size=1, max_size=9)))
    pds = sorted((draw(st.integers(1, 10**6)) for _ in starts), reverse=True)
    card = Scorecard("drawn", "fitted", draw(POINTS), each, tuple(zip(starts, pds, strict=True)))
    count = draw(st.integers(1, 12))

    def column(values, kind):
        return pa.array(draw(st.lists(values, min_size=count, max_size=count)), kind)

    table = pa.table({
        "company": [f"c{n}" for n in range(count)], "float": column(FLOATS, pa.float64()),
        "single": column(st.one_of(st.none(), st.floats(width=32)), pa.float32()), 'in"t`': column(INTS, pa.int64()),
        "flag": column(st.sampled_from([None, True, False]), pa.bool_()), "te'xt": column(TEXTS, pa.string()),
        "whole": column(st.one_of(st.none(), st.integers(-3, 3)), pa.int32()),
    })  # fmt: skip
    return card, table


def by_sql(sql: str, table: pa.Table) -> pa.Table:
    with duckdb.connect() as connection:
        connection.register("loans", table)
        return connection.sql(sql).to_arrow_table()


def same(found: pa.Table, scored: pa.Table) -> None:
    for name in ("points", "pd_ppm", *(name for name in scored.column_names if name.startswith("points."))):
        assert found[name].to_pylist() == scored[name].to_pylist(), name


@given(cards_and_tables())
@settings(max_examples=60)
def test_sql_gives_the_points_of_any_card_to_any_row(drawn):
    card, table = drawn
    assert check(card) is None
    scored = score(card, table)
    same(by_sql(card_sql(card, "duckdb", "loans"), table), scored)
    again = from_bytes(to_bytes(card), card.digest)
    assert score(again, table).equals(scored) and card_sql(again, "duckdb", "loans") == card_sql(card, "duckdb", "loans")  # fmt: skip


@pytest.mark.slow
@given(cards_and_tables())
@settings(max_examples=25)
def test_what_is_written_for_postgres_and_spark_means_the_same(drawn):
    """Read by a parser of the dialect, written for DuckDB by it, and run."""
    card, table = drawn
    scored = score(card, table)
    for dialect in ("postgres", "spark"):
        (statement,) = sqlglot.transpile(card_sql(card, dialect, "loans"), read=dialect, write="duckdb")
        statement = statement.replace("PG_TYPEOF", "TYPEOF").replace("'real', 'double precision'", "'FLOAT', 'DOUBLE'")
        same(by_sql(statement, table), scored)


@pytest.mark.slow
def test_a_million_rows_are_scored_alike_whole_in_pieces_and_by_sql():
    card = Scorecard("million", "fitted", 300, (_growth(), _kind()), ((0, 900_000), (300, 90_000), (310, 10_000)))
    draw = np.random.default_rng(7)
    growth = draw.normal(0, 1, 1_000_000)
    growth[::1001], growth[::1003], growth[::1005] = math.nan, math.inf, -1.0
    table = pa.table({"company": np.arange(growth.size), "growth": growth, "kind": np.array(["a", "b", "c"])[draw.integers(0, 3, growth.size)]})  # fmt: skip
    scored = score(card, table)
    pieces = pa.concat_tables([score(card, table.slice(at, 99_991)) for at in range(0, growth.size, 99_991)])
    assert pieces.equals(scored)
    found = by_sql(card_sql(card, "duckdb", "loans") + "ORDER BY company", table)
    assert found["points"].equals(scored["points"].cast(found["points"].type))
    one = score(card, table.slice(777_777, 1))
    assert one.to_pylist() == scored.slice(777_777, 1).to_pylist()


def _growth() -> Characteristic:
    bins = (
        Bin(0, "", "", high=Decimal("-0.1")),
        Bin(9, "", "", low=Decimal("-0.1")),
        Bin(5, "", "", special=(Decimal(-1),)),
    )
    return Characteristic("growth", "?", "?", "", (*bins, Bin(2, "", "", unknown=True)))


def _kind(*, optional: bool = False) -> Characteristic:
    return Characteristic(
        "kind", "?", "?", "text", (Bin(3, "", "", levels=("a",)), Bin(1, "", "", unknown=True)), optional
    )


@pytest.mark.parametrize("dialect", DIALECTS)
def test_an_optional_column_may_lack_and_another_may_not(dialect):
    card = Scorecard("small", "expert", 10, (_growth(), _kind(optional=True)), ((0, 10_000),))
    lacking = card_sql(card, dialect, "main.loans", key=None, lacking=("kind",))
    (statement,) = sqlglot.transpile(lacking, read=dialect, write="duckdb")
    assert by_sql(statement, pa.table({"growth": [1.0]}))["points"].to_pylist() == [20]
    for column in ("growth", "nobody"):
        refused = card_sql(card, dialect, "loans", lacking=(column,))
        assert isinstance(refused, Refusal) and ("column", column) in refused.where
