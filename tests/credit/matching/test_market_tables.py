from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kemiao.credit.matching.market import ALL, UNKNOWN, Wish
from kemiao.credit.matching.posted import cover_table, mandate_table, request_table
from kemiao.credit.matching.tables import Read, no_covers, read_covers, read_mandates, read_requests, with_unreadable
from kemiao.twin.population.market import GRADES, drawn

from .market_rules import PD, packaged_rules

RULES = packaged_rules()
REQUEST = {"request": "r1", "amount": "200万", "months": "12", "rate_max": "6%"}
MANDATE = {"mandate": "m1", "budget": "1亿", "rate": "4%"}
COVER = {"cover": "c1", "capacity": "1亿", "share": "80%"}


def requests(*rows: dict[str, str]) -> Read[Any]:
    return read(REQUEST, rows)


def mandates(*rows: dict[str, str]) -> Read[Any]:
    return read(MANDATE, rows)


def covers(*rows: dict[str, str]) -> Read[Any]:
    return read(COVER, rows)


def read(base: dict[str, str], rows: tuple[dict[str, str], ...]) -> Read[Any]:
    header = list(dict.fromkeys([*base, *(name for row in rows for name in row)]))
    cells = [(number, [(base | row).get(name, "") for name in header]) for number, row in enumerate(rows, 2)]
    if base is REQUEST:
        return read_requests(header, cells, "f.csv", GRADES, PD, RULES)
    return (read_mandates if base is MANDATE else read_covers)(header, cells, "f.csv", GRADES, RULES)


def same(left: Any, right: Any) -> bool:
    pairs = ((getattr(left, one.name), getattr(right, one.name)) for one in fields(left))
    return all(np.array_equal(a, b) if isinstance(a, np.ndarray) else a == b for a, b in pairs)


@pytest.mark.parametrize("seed", [1, 2])
def test_a_drawn_market_is_read_back_from_its_tables(seed):
    market = drawn(150, 12, 4, seed, {"whole": 0.5, "split": 0.3, "syndicated": 0.2})
    for table, side, reading in (
        (request_table, market.requests, lambda h, r: read_requests(h, r, "f", GRADES, PD, RULES)),
        (mandate_table, market.mandates, lambda h, r: read_mandates(h, r, "f", GRADES, RULES)),
        (cover_table, market.covers, lambda h, r: read_covers(h, r, "f", GRADES, RULES)),
    ):
        header, rows = table(side, GRADES)
        back = reading(header, list(enumerate(rows, 2)))
        assert back.faults == ()
        assert same(back.value, side)
        shuffled = reading(header[::-1], [(number, row[::-1]) for number, row in reversed(list(enumerate(rows, 2)))])
        assert same(shuffled.value, side)


def test_what_is_not_stated_has_its_default():
    r = requests({}).value
    assert (r.company, r.form[0], r.least_fen[0], r.latest_day[0], r.grade[0], r.first_time[0]) == (
        ("r1",),
        0,
        0,
        ALL,
        UNKNOWN,
        UNKNOWN,
    )
    assert (r.pd_ppm[0], r.lgd_ppm[0]) == (RULES.funder["unknown_pd_ppm"], RULES.funder["lgd_ppm"])
    assert (r.ranking, r.veto, r.covered[0], r.speed_ppm_day[0]) == (
        (None,),
        (frozenset(),),
        1,
        RULES.company["speed_ppm_day"],
    )
    m = mandates({}).value
    assert (m.funder, m.amount_high_fen[0], m.share_max_ppm[0], m.value_least_ppm[0]) == (("m1",), ALL, 10**6, -ALL)
    assert len(no_covers()) == 0


def test_a_pd_that_nobody_stated_is_the_upper_bound_of_the_grade():
    assert requests({"grade": "BB"}, {"request": "b", "grade": "bb", "pd": "2.13456%"}).value.pd_ppm.tolist() == [
        21_346,
        35_000,
    ]


def test_chinese_names_of_columns_and_words_are_understood():
    header = ["申请", "金额", "期限月数", "最高利率", "方式", "至少", "规模", "首贷", "科技等级", "排序", "最晚日期"]
    row = ["甲", "200万", "12", "6%", "拆分", "50万", "小型", "是", "t3", "工行>*", "2024年7月15日"]
    r = read_requests(header, [(2, row)], "f", GRADES, PD, RULES).value
    assert (r.form[0], r.least_fen[0], r.size[0], r.first_time[0], r.technology[0]) == (1, 50_000_000, 1, 1, 3)
    assert r.ranking == (Wish(("工行",), True),)


@pytest.mark.parametrize(
    ("cells", "column", "code"),
    [
        ({"amount": "1e400"}, "amount", "NOT_AN_AMOUNT"),
        ({"amount": "inf"}, "amount", "NOT_AN_AMOUNT"),
        ({"amount": "-5万"}, "amount", "AMOUNT_TOO_SMALL"),
        ({"amount": "0"}, "amount", "AMOUNT_TOO_SMALL"),
        ({"amount": "2000亿"}, "amount", "AMOUNT_TOO_LARGE"),
        ({"amount": "11亿"}, "amount", "AMOUNT_TOO_LARGE"),
        ({"amount": "=1+1"}, "amount", "FORMULA"),
        ({"amount": ""}, "amount", "CELL_BLANK"),
        ({"rate_max": "NaN"}, "rate_max", "NOT_A_RATE"),
        ({"rate_max": "6"}, "rate_max", "RATE_OUT_OF_RANGE"),
        ({"months": "1.5"}, "months", "NOT_A_WHOLE_NUMBER"),
        ({"months": "١٢"}, "months", "NOT_A_WHOLE_NUMBER"),
        ({"pd": "1e999999999"}, "pd", "NOT_A_SHARE"),
        ({"pd": "101%"}, "pd", "SHARE_OUT_OF_RANGE"),
        ({"grade": "AAAA"}, "grade", "NOT_ONE_OF"),
        ({"technology": "T11"}, "technology", "NOT_ONE_OF"),
        ({"request": "r\u200b1"}, "request", "INVISIBLE_CHARACTER"),
        ({"request": "r\u3164"}, "request", "INVISIBLE_CHARACTER"),
        ({"industry": "软\x07件"}, "industry", "INVISIBLE_CHARACTER"),
        ({"request": "+cmd"}, "request", "BAD_NAME"),
        ({"request": "x" * 121}, "request", "BAD_NAME"),
        ({"ranking": "A>>B"}, "ranking", "BAD_RANKING"),
        ({"ranking": "A>*>B"}, "ranking", "BAD_NAME"),
        ({"latest": "2024-02-30"}, "latest", "NO_SUCH_DAY"),
        ({"least": "300万", "form": "split"}, "least", "LEAST_ABOVE_AMOUNT"),
        ({"least": "10万"}, "least", "LEAST_WITHOUT_SPLIT"),
    ],
)
def test_a_bad_cell_of_a_request_makes_its_row_bad_and_no_other(cells, column, code):
    made = requests({"request": "good"}, cells, {"request": "also"})
    assert made.value.id == ("also", "good")
    assert [(fault.code, dict(fault.where)) for fault in made.faults] == [
        (code, {"file": "f.csv", "row": "3", "column": column})
    ]
    assert [row for row, _ in made.bad_rows] == [3]


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ({"amount_low": "2亿", "amount_high": "1亿"}, "LOW_ABOVE_HIGH"),
        ({"months_low": "24", "months_high": "12"}, "LOW_ABOVE_HIGH"),
        ({"rate": ""}, "LENDS_NONE"),
        ({"rate": "", "rate_BBB": "5%", "grade_floor": "A"}, "LENDS_NONE"),
        ({"rate_per_grade": "20%"}, "RATE_OUT_OF_RANGE"),
        ({"industries": "软件", "not_industries": "软件;医药"}, "INDUSTRIES_CONTRADICT"),
        ({"covered": "no;need"}, "NOT_ONE_OF"),
        ({"industry_share": "软件=30%;软件=40%"}, "BAD_SHARES"),
        ({"industry_share": "软件"}, "BAD_SHARES"),
        ({"share_max": "101%"}, "RATE_OUT_OF_RANGE"),
    ],
)
def test_a_mandate_that_contradicts_itself_is_a_bad_row(cells, code):
    made = mandates({"mandate": "good"}, cells)
    assert made.value.id == ("good",)
    assert [fault.code for fault in made.faults] == [code]


def test_a_mandate_without_a_budget_is_taken_and_lends_nothing():
    assert mandates({"budget": "0"}).value.budget_fen.tolist() == [0]


def test_rates_follow_grade_and_technology_up_to_the_floors():
    table = mandates({"rate_per_grade": "0.2%", "rate_per_technology": "0.1%", "rate_A": "none", "rate_AA": "3%", "grade_floor": "BBB"}).value.rate_ppm[0]  # fmt: skip
    assert table[:, 1].tolist() == [40_000, 30_000, UNKNOWN, 46_000] + [UNKNOWN] * 7
    assert (table[0, 3], table[0, 0]) == (42_000, 49_000)
    anybody = mandates({"rate_per_grade": "0.2%"}).value.rate_ppm[0]
    assert anybody[10, 1] == anybody[9, 1] == 58_000
    own = mandates({"rate": "", "rate_AAA": "3%"}).value.rate_ppm[0]
    assert own[:, 1].tolist() == [30_000] + [UNKNOWN] * 10


def test_a_pool_with_a_fee_and_a_share_above_all_are_bad_rows():
    made = covers({"kind": "pool", "fee": "1%"}, {"cover": "b", "share": "120%"}, {"cover": "c", "kind": "风险补偿"})
    assert [fault.code for fault in made.faults] == ["POOL_WITH_FEE", "RATE_OUT_OF_RANGE"]
    assert (made.value.id, made.value.kind) == (("c",), ("pool",))


def test_the_second_of_an_id_or_a_company_is_bad_and_the_first_stands():
    made = requests(
        {"company": "a"}, {"company": "b"}, {"request": "r2", "company": "a"}, {"request": "r3", "company": "c"}
    )
    assert made.value.id == ("r1", "r3")
    assert [(fault.code, dict(fault.where)["row"]) for fault in made.faults] == [("TWICE", "3"), ("TWICE", "4")]
    # Who stands in a bad row alone does not keep others out.
    assert requests({"amount": "x"}, {}).value.id == ("r1",)
    taken = requests(
        {"request": "1", "company": "a"}, {"request": "2", "company": "a"}, {"request": "2", "company": "b"}
    )
    assert taken.value.company == ("a", "b")
    # Full-width letters are the same name.
    assert [fault.code for fault in requests({}, {"request": "\uff521"}).faults] == ["TWICE"]


def test_nobody_takes_the_name_of_another_as_an_id():
    made = requests({"company": "优选"}, {"request": "优选", "company": "b"}, {"request": "own", "company": "own"})
    assert (made.value.id, [fault.code for fault in made.faults]) == (("own", "r1"), ["NAME_OF_ANOTHER"])
    assert [fault.code for fault in mandates({"funder": "工行"}, {"mandate": "工行", "funder": "x"}).faults] == [
        "NAME_OF_ANOTHER"
    ]


@pytest.mark.parametrize(
    ("header", "code"),
    [
        (["request", "amount", "months", "rate_max", "wish"], "UNKNOWN_COLUMN"),
        (["request", "amount", "months"], "COLUMN_MISSING"),
        (["request", "amount", "金额", "months", "rate_max"], "COLUMN_TWICE"),
    ],
)
def test_a_header_that_is_not_understood_refuses_the_table(header, code):
    made = read_requests(header, [(2, ["x"] * len(header))], "f.csv", GRADES, PD, RULES)
    assert (len(made.value), [fault.code for fault in made.faults]) == (0, [code])


def test_cells_beyond_the_header_are_said_and_rows_of_blanks_are_not():
    rows = [(2, ["a", "1万", "12", "6%", "more"]), (3, ["", "", "", ""]), (4, ["b", "1万", "12", "6%"])]
    made = read_requests(list(REQUEST), rows, "f.csv", GRADES, PD, RULES)
    assert (made.value.id, [fault.code for fault in made.faults]) == (("b",), ["CELLS_WITHOUT_COLUMN"])


@settings(max_examples=150)
@given(
    st.lists(
        st.dictionaries(
            st.sampled_from(
                ["request", "amount", "months", "rate_max", "pd", "ranking", "grade", "least", "collateral"]
            ),
            st.text(max_size=12),
            max_size=4,
        ),
        max_size=4,
    )
)
def test_no_text_whatever_stops_the_reading(rows):
    made = requests({"request": "good"}, *rows)
    assert "good" in made.value.id
    assert len(made.value) + len(made.bad_rows) == 1 + sum(
        any(cell.strip() for cell in (REQUEST | row).values()) for row in rows
    )
    assert {dict(fault.where)["row"] for fault in made.faults} == {str(row) for row, _ in made.bad_rows}
    assert (made.value.amount_fen > 0).all() and (made.value.pd_ppm <= 10**6).all()


def test_a_table_that_is_too_long_is_refused_before_it_is_read(monkeypatch):
    monkeypatch.setattr("kemiao.credit.matching.tables.COVERS_MOST", 1)
    made = covers({}, {"cover": "b"})
    assert (len(made.value), made.faults[0].code) == (0, "TOO_MANY_ROWS")


def test_notes_beside_the_columns_are_not_read_but_a_formula_column_is_unknown():
    assert requests({"#problem": "=1", "# row": "x"}).value.id == ("r1",)
    assert requests({"=row": "x"}).faults[0].code == "UNKNOWN_COLUMN"


def test_a_line_that_is_no_row_is_a_bad_row_among_the_others():
    made = with_unreadable(requests({"amount": "x"}, {"request": "b"}), "f.csv", [(1, "BAD_QUOTE", ("a", "b"))])
    assert [dict(fault.where)["row"] for fault in made.faults] == ["1", "2"]
    assert [row for row, _ in made.bad_rows] == [1, 2]


def test_rules_of_another_operator_stand_in_for_what_is_not_stated():
    other = replace(RULES, funder={**RULES.funder, "funding_ppm": 1})
    assert read_mandates(
        list(MANDATE), [(2, list(MANDATE.values()))], "f", GRADES, other
    ).value.funding_ppm.tolist() == [1]


def test_a_unit_stands_behind_the_name_of_a_column_as_banks_write_it():
    header = ("申请编号", "企业名称", "申请金额(万元)", "期限(月)", "最高利率(%)", "信用等级", "违约概率 (%)")
    rows = [("r1", "甲", "200", "12", "5.5", "A", "1.25"), ("r2", "乙", "35万", "6", "6%", "", ""), ("r3", "丙", "1,200.5", "6", "0.055", "", "")]  # fmt: skip
    read = read_requests(header, list(enumerate(rows, 2)), "f", GRADES, PD, RULES)
    assert list(read.value.amount_fen) == [2_000_000_00, 350_000_00]
    assert (list(read.value.rate_max_ppm), read.value.pd_ppm[0]) == ([55_000, 60_000], 12_500)
    assert [fault.code for fault in read.faults] == ["PERCENT_OR_SHARE"]  # a spreadsheet's 5.5 %, or 0.055 %


def test_a_step_of_a_rate_may_be_small_in_per_cent():
    header = ("资金编号", "预算(亿元)", "利率(%)", "每降一级加(%)", "最低价值(%)")
    (mandate,) = read_mandates(header, [(2, ("m1", "1", "4", "0.05", "-2"))], "f", GRADES, RULES).value.rate_ppm
    assert mandate[1, 1] - mandate[0, 1] == 500
    (fault,) = read_mandates(header, [(2, ("m1", "1", "4", "0.002", ""))], "f", GRADES, RULES).faults
    assert fault.code == "PERCENT_OR_SHARE"


def test_all_unknown_columns_are_named_at_once():
    (fault,) = read_requests(
        ("申请", "金额", "期限", "最高利率", "电话", "联系人", "#备注"), [], "f", GRADES, PD, RULES
    ).faults
    assert dict(fault.where)["column"] == "电话、联系人"
    assert "申请、企业" in fault.zh and "、金额、" in fault.zh and "request, company" in fault.en


def test_a_table_without_rows_is_read_back_as_none():
    header, rows = cover_table(no_covers(), GRADES)
    back = read_covers(header, list(enumerate(rows, 2)), "f.csv", GRADES, RULES)
    assert back.faults == () and len(back.value) == 0
