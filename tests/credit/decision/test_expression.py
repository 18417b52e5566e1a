"""Conditions of policy: the subset, places of what is wrong, and SQL's three truth values as DuckDB has them."""

from __future__ import annotations

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kemiao.base.refusal import Refused
from kemiao.credit.decision.expression import evaluate, parse

COLUMNS = {"a": "number", "b": "number", "t": "text", "u": "text", "f": "flag", "g": "flag", "d": "day"}
FORM = pa.schema(
    [("a", pa.int64()), ("b", pa.int64()), ("t", pa.string()), ("u", pa.string()), ("f", pa.bool_()), ("g", pa.bool_()), ("d", pa.date32())]
)  # fmt: skip

WORDS = ("A", "BBB", "", "企业", "it's")
NUMBERS = st.integers(-4, 4)
ROWS = st.lists(
    st.fixed_dictionaries({
        "a": NUMBERS | st.none(), "b": NUMBERS | st.none(), "t": st.sampled_from(WORDS) | st.none(), "u": st.sampled_from(WORDS) | st.none(),
        "f": st.booleans() | st.none(), "g": st.booleans() | st.none(), "d": st.dates() | st.none(),
    }),
    min_size=1, max_size=6,
)  # fmt: skip


def quoted(word: str) -> str:
    return "'" + word.replace("'", "''") + "'"


def joined(parts: st.SearchStrategy[str], *symbols: str) -> st.SearchStrategy[str]:
    return st.builds(lambda left, symbol, right: f"({left} {symbol} {right})", parts, st.sampled_from(symbols), parts)


number = st.recursive(
    st.sampled_from(["a", "b"]) | NUMBERS.map(str),
    lambda inner: joined(inner, "+", "-", "*") | inner.map(lambda text: f"(-{text})" if not text.startswith("-") else f"(-({text}))"),
    max_leaves=4,
)  # fmt: skip
word = st.sampled_from(["t", "u"]) | st.sampled_from(WORDS).map(quoted)
null = st.just("NULL")
simple = (
    st.sampled_from(["f", "g", "TRUE", "FALSE"])
    | joined(number | null, "=", "<>", "!=", "<", "<=", ">", ">=")
    | joined(word | null, "=", "<>", "<", ">=")
    | st.builds(lambda x, low, high, no: f"({x} {no}BETWEEN {low} AND {high})", number, number | null, number, st.sampled_from(["", "NOT "]))
    | st.builds(lambda x, some, no: f"({x} {no}IN ({', '.join(some)}))", number, st.lists(number | null, min_size=1, max_size=3), st.sampled_from(["", "NOT "]))
    | st.builds(lambda x, some: f"({x} IN ({', '.join(some)}))", word, st.lists(word | null, min_size=1, max_size=3))
    | st.builds(lambda x, no: f"({x} IS {no}NULL)", number | word | st.sampled_from(["f", "d"]), st.sampled_from(["", "NOT "]))
    | st.just("(d = d)")
)  # fmt: skip
condition = st.recursive(
    simple, lambda inner: joined(inner, "AND", "OR") | inner.map(lambda text: f"(NOT {text})"), max_leaves=5
)


@pytest.fixture(scope="module")
def database():
    with duckdb.connect() as connection:
        yield connection


@settings(max_examples=150)
@given(text=condition, rows=ROWS)
def test_conditions_are_true_false_or_unknown_where_duckdb_says_so(database, text, rows):
    table = pa.Table.from_pylist(rows, schema=FORM)
    ours = evaluate(parse(text, COLUMNS, "x.toml", 1), table).to_pylist()
    database.register("rows", table)
    theirs = database.sql(f"SELECT ({text})::BOOLEAN AS truth FROM rows").fetchall()  # noqa: S608
    assert ours == [truth for (truth,) in theirs]


@pytest.mark.parametrize(
    ("text", "code", "line", "column"),
    [
        ("a > 0 AND nope = 3", "UNKNOWN_COLUMN", 7, 19),
        ("a > 0\n  AND nope = 3", "UNKNOWN_COLUMN", 8, 7),
        ("A > 0", "UNKNOWN_COLUMN", 7, 9),  # names are taken as they are written
        ("a > 0 OR OR b > 0", "NOT_AN_EXPRESSION", 7, 18),
        ("a >", "NOT_AN_EXPRESSION", 7, 11),
        ("a > 0\n  OR OR", "NOT_AN_EXPRESSION", 8, 6),
        ("", "NOT_AN_EXPRESSION", 7, 9),
        ("f XOR g", "NOT_AN_EXPRESSION", 7, 11),
        ("a > 0 AND length(t) > 2", "OUTSIDE_THE_SUBSET", 7, 19),
        ("t LIKE 'A%'", "OUTSIDE_THE_SUBSET", 7, 9),
        ("a / 2 > 1", "OUTSIDE_THE_SUBSET", 7, 9),
        ("a::INT > 1", "OUTSIDE_THE_SUBSET", 7, 9),
        ("f OR a IN (SELECT 1)", "OUTSIDE_THE_SUBSET", 7, 14),
        ("f OR other.a > 1", "OUTSIDE_THE_SUBSET", 7, 14),
        ("f IS TRUE", "OUTSIDE_THE_SUBSET", 7, 9),
        ("SELECT 1", "OUTSIDE_THE_SUBSET", 7, 9),
        ("f; g", "OUTSIDE_THE_SUBSET", 7, 9),
        ("a > 1.5", "WHOLE_NUMBERS_ONLY", 7, 13),
        ("a > 99999999999999999999", "NUMBER_TOO_LARGE", 7, 13),
        ("t = 1", "KINDS_DIFFER", 7, 13),
        ("f AND a", "KINDS_DIFFER", 7, 15),
        ("d > 'x'", "KINDS_DIFFER", 7, 13),
        ("a IN (1, 'x')", "KINDS_DIFFER", 7, 18),
        ("a + 1", "NOT_A_CONDITION", 7, 9),
        ("NULL", "NOT_A_CONDITION", 7, 9),
    ],
)
def test_what_is_wrong_is_named_by_file_line_and_column(text, code, line, column):
    with pytest.raises(Refused) as refused:
        parse(text, COLUMNS, "decision.toml", 7, 9)
    refusal = refused.value.refusal
    place = dict(refusal.where)
    assert (refusal.code, place["file"], place["line"], place["column"]) == (code, "decision.toml", str(line), str(column))  # fmt: skip
    assert refusal.zh
    assert refusal.en


def test_a_near_miss_is_guessed():
    with pytest.raises(Refused) as refused:
        parse("revenu_fen > 0", {"revenue_fen": "number"}, "decision.toml", 1)
    assert "did you mean revenue_fen?" in refused.value.refusal.en
    assert "是否为 revenue_fen?" in refused.value.refusal.zh


def test_the_columns_that_a_condition_reads_are_known():
    assert parse("a > b AND t IN ('x') OR f IS NULL", COLUMNS, "x", 1).columns == {"a", "b", "t", "f"}
