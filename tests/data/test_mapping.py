"""Columns agree with cells: what SQL reads of a form, `cleaning` reads too, and the other way round."""

from __future__ import annotations

from datetime import date

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kemiao.base.keys import uscc_check_digit
from kemiao.base.money import FEN_MAX
from kemiao.base.refusal import Refusal
from kemiao.data.cleaning import BLANKS, read_cell
from kemiao.data.map import ColumnMap, KnownAt, TableMap
from kemiao.data.mapping import Mapper
from kemiao.facts.schema import Column, Table

DAY = date(2024, 7, 1)
KINDS = {
    "fen": Column("x", "fen", "金额", "amount"),
    "day": Column("x", "day", "日期", "day"),
    "company": Column("x", "company", "企业", "company"),
    "choice": Column("x", "choice", "状态", "status", choices=("open", "closed")),
    "flag": Column("x", "flag", "是否", "flag"),
    "ppm": Column("x", "ppm", "比例", "share"),
    "count": Column("x", "count", "数", "count", low=0),
    "text": Column("x", "text", "文字", "text"),
}
BASE_CODE = "91110108MA01KPGK0"
CODE = BASE_CODE + uscc_check_digit(BASE_CODE)


def read_by_sql(spec: ColumnMap, texts: list[str | None]) -> tuple[list[object], list[bool]]:
    fact = Table("t", "t", "t", "x", ("x",), (spec.column,))
    table = TableMap("t", fact, "", (spec,), ("x",), "revise", None, KnownAt(undated=True), None)
    cells = pa.RecordBatch.from_pydict(
        {"c0": pa.array(texts, pa.string()), "row": pa.array(range(len(texts)), pa.int64())}
    )
    with duckdb.connect() as connection:
        mapped = Mapper(connection, table, ["x"], cells.schema, {}, DAY, str.lower).run(cells)
    return mapped["x"].to_pylist(), [bad != 0 for bad in mapped["bad"].to_pylist()]


def read_by_cell(spec: ColumnMap, text: str | None) -> tuple[object, bool]:
    typed = (text or "").strip(BLANKS)
    if not typed:
        return None, False
    value = read_cell(spec, typed, str.lower)
    if isinstance(value, Refusal):
        return None, True
    low = spec.column.low is not None and isinstance(value, int) and value < spec.column.low
    return value, low


def agrees(spec: ColumnMap, texts: list[str | None]) -> None:
    values, bad = read_by_sql(spec, texts)
    good = [(None if wrong else value, wrong) for value, wrong in zip(values, bad, strict=True)]
    expected = [read_by_cell(spec, text) for text in texts]
    assert good == [(None if wrong else value, wrong) for value, wrong in expected]


def spec_of(kind: str, **settings_: object) -> ColumnMap:
    reading = {"day": "date"}.get(kind, "")
    return ColumnMap(KINDS[kind], raw=(("x",),), **({"reading": reading} | settings_))


DIGITS = st.text("0123456789", min_size=1, max_size=13)
MONEY = st.one_of(
    st.builds("{}{}.{}{}".format, st.sampled_from(["", "-", "+", "¥", "(", " "]), DIGITS, DIGITS, st.sampled_from(["", "元", "万", "亿", ")", " ", "%"])),
    DIGITS, st.integers(-FEN_MAX, FEN_MAX).map(lambda fen: f"{fen / 100:,.2f}"), st.text("0123456789,.-万元", max_size=12),
    st.sampled_from(["1e3", "1_000", "0x10", "１２３", "1,23", ".5", "5.", "--1", "∞", "nan", "100000000000", "100000000000.01"]),
)  # fmt: skip
DATES = st.one_of(
    st.dates(date(1900, 1, 1)).map(str), st.dates(date(1900, 1, 1)).map(lambda d: f"{d.year}年{d.month}月{d.day}日"),
    st.dates(date(1950, 1, 1)).map(lambda d: f"{d:%Y%m%d}"), st.text("0123456789-/ :年月日T.", max_size=20),
    st.sampled_from(["2024-02-30", "0000-01-01", "2024-13-01", "epoch", "infinity", "today", "2024-07-01 25:00:00", "2024-07-01T10:00", "-001-01-01", "45000", "99999"]),
)  # fmt: skip
COMPANIES = st.one_of(
    st.sampled_from([CODE, CODE.lower(), f"uscc:{CODE}", CODE[:-1] + "0", "cumcm:E1", "foreign:X", "person:a", "E1", "a b", "a:b", ":x", "张三"]),
    st.text("0123456789ABCDEFGHJKLMNPQRTUWXY", min_size=17, max_size=18), st.text(max_size=10),
)  # fmt: skip
CASES = {
    "money": (spec_of("fen"), MONEY),
    "money in wan": (spec_of("fen", unit="wan"), MONEY),
    "money in fen": (spec_of("fen", unit="fen"), MONEY),
    "money, sign turned": (spec_of("fen", sign=-1), MONEY),
    "days": (spec_of("day"), DATES),
    "months": (spec_of("day", reading="month_end"), DATES | st.sampled_from(["2024-06", "202406", "2024年6月", "2024-6"])),
    "years": (spec_of("day", reading="year_end"), DATES | st.sampled_from(["2024", "2024年", "2024年度"])),
    "companies": (spec_of("company"), COMPANIES),
    "companies with a scheme": (spec_of("company", scheme="cumcm"), COMPANIES),
    "companies, else foreign": (spec_of("company", fallback="foreign"), COMPANIES),
    "companies, else hashed": (spec_of("company", fallback="hash"), COMPANIES),
    "choices": (
        spec_of("choice", values=(("开", "open"), ("closed", "open"))),
        st.sampled_from(["开", " 开 ", "open", "closed", "Open", "?"]),
    ),
    "choices, else": (spec_of("choice", others="closed"), st.sampled_from(["开", "open", "closed"])),
    "flags": (spec_of("flag"), st.sampled_from(["是", "否", "Y", "n", "1", "0", "2", "TRUE", "真"])),
    "shares": (spec_of("ppm"), st.one_of(MONEY, st.sampled_from(["35%", "0.35", "1", "33.3333333%", "-1%", "5bp"]))),
    "counts": (spec_of("count"), st.one_of(MONEY, st.sampled_from(["12人", "1,234", "-5", "3.0", "3.5", "1" * 19]))),
    "counts, rounded": (spec_of("count", round=True), st.sampled_from(["3.5", "3.49", "1,234.5度", "-0.5"])),
    "text": (spec_of("text"), st.one_of(st.text(max_size=12), st.sampled_from(["2.43E+19", "1e+5", "a\tb", "\u3000a\u00a0"]))),
    "text, its end": (spec_of("text", keep_last=4), st.text("0123456789 *\n", max_size=12)),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_columns_agree_with_cells(case, data):
    spec, texts = CASES[case]
    around = st.sampled_from(["", " ", "\u3000", "\t"])
    cells = st.one_of(st.none(), st.just(" "), st.builds("{}{}{}".format, around, texts, around))
    agrees(spec, data.draw(st.lists(cells, min_size=1, max_size=30)))


def test_one_row_is_a_batch_of_one_row():
    assert read_by_sql(spec_of("fen"), ["12.34"]) == ([1234], [False])


def test_the_largest_amount_is_read_and_the_next_is_not():
    assert read_by_sql(spec_of("fen"), ["100000000000.00", "100000000000.01"]) == ([FEN_MAX, None], [False, True])


def test_an_identity_number_is_hashed_where_a_mistyped_credit_code_is_refused():
    spec = spec_of("company", fallback="foreign")
    assert read_cell(spec, "11010519491231002X", lambda text: "k") == "foreign:hk"
    mistyped = read_cell(spec, CODE[:-1] + ("0" if CODE[-1] != "0" else "1"), lambda text: "k")
    assert isinstance(mistyped, Refusal)
    assert mistyped.code == "USCC_CHECK_DIGIT"
