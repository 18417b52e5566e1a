from __future__ import annotations

from datetime import date

import pytest

from kemiao.law.case_columns import case_columns, unit_text
from kemiao.law.registry import RULES


def read(rule, header, *rows):
    columns = [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in header]
    return case_columns(RULES[rule], header, columns, "cases.csv", list(range(2, 2 + len(rows))))


def cells(rule, header, *row):
    found = read(rule, header, row)
    assert found.errors == {}, found.errors
    return found.table.to_pylist()[0]


@pytest.mark.parametrize(
    ("header", "typed", "fen"),
    [
        ("revenue_fen", "900", 900), ("revenue_fen", "1,234.0", 1234), ("revenue_yuan", "900", 90_000), ("revenue_wan", "900", 900 * 10**6), ("revenue", "900", 900 * 10**6),
        ("rev", "0.00001", 10), ("rev (wan)", "900", 900 * 10**6), ("营业收入(万元)", "900", 900 * 10**6), ("营业收入（万元）", "900", 900 * 10**6), ("营业收入(元)", "9,000,000.00", 900 * 10**6),
        ("营业收入", "900", 900 * 10**6), ("营业收入(亿元)", "1.5", 15 * 10**9), ("revenue", "900万", 900 * 10**6), ("revenue_fen", "10,000,000,000,000", 10**13),
        ("revenue_fen", "900万", 900 * 10**6), ("revenue_yuan", "-", None),
        ("revenue", "(1.5)", -1_500_000), ("Revenue [yuan]", "¥ 12.30", 1_230),
    ],
)  # fmt: skip
def test_an_amount_takes_the_unit_of_its_cell_then_of_its_header_then_of_the_rule(header, typed, fen):
    assert cells("sme_size", [header], typed) == {"revenue_fen": fen}


def test_bare_amounts_of_other_rules_are_yuan():
    assert cells("tech_sme", ["sales", "R&D"], "30,000,000", "1650000") == {"revenue_fen": 3 * 10**9, "rd_expense_fen": 165 * 10**6}  # fmt: skip


@pytest.mark.parametrize(("typed", "industry"), [("software", "software"), ("软件和信息技术服务业", "software"), ("Software and IT services", "software"), ("工业", "industry"), ("Real-estate development", "real_estate"), ("其他未列明行业", "other"), ("农、林、牧、渔业", "agri"), ("", None)])  # fmt: skip
def test_industries_by_code_and_by_heading(typed, industry):
    assert cells("sme_size", ["行业"], typed) == {"industry": industry}


@pytest.mark.parametrize(("typed", "value"), [("是", True), ("TRUE", True), ("1", True), ("有", True), ("否", False), ("no", False), ("0", False), ("", None), ("未知", None)])  # fmt: skip
def test_flags_as_people_write_them(typed, value):
    assert cells("tech_sme", ["高新技术企业证书"], typed) == {"high_tech_certificate": value}


@pytest.mark.parametrize("header", ["Ⅰ类知识产权", "I类知识产权", "一类知识产权", "Class I", "ip_class_1"])
def test_one_input_has_many_headers(header):
    assert cells("tech_sme", [header], "3项") == {"ip_class_1": 3}


def test_conditions_of_entry_feed_the_flags_behind_them():
    row = cells("tech_sme", ["T1", "T3", "T4"], "是", "是", "是")
    assert row.pop("is_resident_mainland") is True
    assert len(row) == 7
    assert set(row.values()) == {False}


@pytest.mark.parametrize(
    ("header", "typed", "cell"),
    [
        ("PD", "0.02", {"pd_ppm": 20_000}), ("PD", "2%", {"pd_ppm": 20_000}), ("PD (%)", "2", {"pd_ppm": 20_000}), ("pd_ppm", "20,000", {"pd_ppm": 20_000}), ("PD_pct", "2%", {"pd_ppm": 20_000}),
        ("M", "2.5", {"maturity_years_ppm": 2_500_000}), ("期限(年)", "2.5年", {"maturity_years_ppm": 2_500_000}), ("S", "1.5", {"turnover_mean_fen": 15 * 10**8}), ("S (千万元)", "30", {"turnover_mean_fen": 3 * 10**10}),
        ("collateral", "none", {"collateral": "none"}), ("抵质押品", "房产", {"collateral": "property"}), ("overdue_days", "91天", {"overdue_days": 91}),
    ],
)  # fmt: skip
def test_rates_years_and_choices(header, typed, cell):
    assert cells("capital", [header], typed) == cell


def test_days_of_the_lpr():
    assert cells("lpr", ["日期"], "2024年7月1日") == {"day": date(2024, 7, 1)}


@pytest.mark.parametrize(
    ("rule", "header", "typed", "code"),
    [
        ("sme_size", "staff", "12O", "NOT_A_COUNT"), ("sme_size", "staff", "1.5", "NOT_A_COUNT"), ("sme_size", "staff", "9" * 30, "NOT_A_COUNT"), ("sme_size", "rev", "12,3O0", "NOT_AN_AMOUNT"),
        ("sme_size", "revenue_fen", "1.5", "NOT_AN_AMOUNT"), ("sme_size", "revenue_fen", "9" * 20, "AMOUNT_TOO_LARGE"), ("sme_size", "rev", "1e15", "NOT_AN_AMOUNT"), ("sme_size", "rev", "10000001", "AMOUNT_TOO_LARGE"),
        ("sme_size", "industry", "bakery", "UNKNOWN_CHOICE"), ("tech_sme", "R1", "maybe", "NOT_A_FLAG"), ("capital", "pd", "two", "NOT_A_RATE"), ("capital", "pd", "0.00000001", "FRACTION_OF_A_PPM"),
        ("capital", "pd", "9" * 19, "NOT_A_RATE"), ("capital", "pd_ppm", "9" * 19, "NOT_A_RATE"), ("lpr", "day", "2024-02-30", "NO_SUCH_DAY"),
    ],
)  # fmt: skip
def test_a_cell_that_cannot_be_read_is_named_by_file_row_and_column(rule, header, typed, code):
    found = read(rule, [header], (typed,))
    (error,) = found.errors[0]
    assert (error.code, dict(error.where)) == (code, {"file": "cases.csv", "row": "2", "column": header})
    assert found.table.to_pylist()[0] == {next(iter(found.read)): None}


def test_other_columns_are_ignored_and_the_first_name_of_the_row_is_kept():
    found = read("sme_size", ["vector", "staff", "note", "企业名称"], ("SZ1", "5", "x", "y"))
    assert (found.ids, found.ignored, dict(found.read)) == (("SZ1",), ("note", "企业名称"), {"staff_total": "staff"})


def test_the_same_input_twice_and_no_known_header_are_refused():
    assert read("sme_size", ["staff", "从业人员"]).code == "TWO_COLUMNS"
    assert read("sme_size", ["foo", "bar"]).code == "NO_COLUMN_KNOWN"


def test_every_input_answers_to_its_own_name_and_to_its_titles():
    for rule in RULES.values():
        for item in rule.inputs:
            for header in (item.name, item.zh, item.en):
                assert list(read(rule.name, [header]).read) == [item.name], (rule.name, header)
            assert unit_text(item)


def test_no_two_inputs_of_a_rule_share_a_header():
    for rule in RULES.values():
        for item in rule.inputs:
            for alias in item.aliases:
                if not alias.startswith("!"):
                    assert list(read(rule.name, [alias.partition("@")[0]]).read) == [item.name], (rule.name, alias)
