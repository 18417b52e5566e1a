"""Every column of the row: what a whole company shows, what an empty table hides, what happened later and must not count."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import ibis
import pyarrow as pa
import pytest

from kemiao.credit.profile import COLUMNS, FEATURES, LAW_INPUTS, PAPERS, TABLES, features
from kemiao.credit.profile.page import page
from kemiao.facts.tables import TABLES as FORMS

from .conftest import AS_OF, table_of
from .whole_company import ME, facts

# By hand from whole_company.py. Revenue of 12 months: 12 × 600,000 less one red letter of 20,000 = 7,180,000 yuan.
EXPECTED = {
    "revenue_12m_fen": 718_000_000, "purchases_12m_fen": 288_000_000, "sales_history_months": 30, "sales_gap_months": 0,
    "trading_margin_ppm": 598_886, "customers_12m": 3, "largest_customer_ppm": 501_393, "suppliers_12m": 2,
    "void_count_ppm": 26_316, "red_count_ppm": 26_316, "days_since_last_sale": 6, "months_since_last_sale": 1,
    # Declared: 12 filings to May 2024 of 540,000 against 500,000; invoiced in those months 7,200,000 less 20,000.
    "declared_to_invoiced_ppm": 902_507, "declared_growth_ppm": 80_000, "vat_burden_ppm": 30_000, "vat_zero_filings": 0,
    "tax_arrears_fen": 500_000, "tax_credit_grade": "A",
    # Money: 12 × 600,000 in, 12 × 500,000 and once a million more out; the fall in March runs from the height before it.
    "cash_balance_fen": 73_000_000, "inflow_12m_fen": 720_000_000, "inflow_to_revenue_ppm": 1_002_786, "cash_days": 38,
    "largest_cash_gap_fen": 90_000_000,
    "staff_total": 20, "staff_tech": 8, "tech_staff_ppm": 400_000, "postgraduate_ppm": 250_000, "insured_ppm": 950_000,
    "staff_growth_ppm": 250_000, "payroll_growth_ppm": 250_000, "payroll_per_head_fen": 1_000_000, "payroll_delay_days": 12,
    "rd_expense_fen": 72_000_000, "rd_to_revenue_ppm": 100_000, "rd_growth_ppm": 200_000, "rd_years": 3,
    "inventions_in_force": 2, "ip_class_1": 2, "ip_class_2": 1, "ip_filed_36m": 2, "ip_bought_ppm": 333_333, "months_to_first_invention": 12,
    "open_orders_fen": 400_000_000, "order_cover_ppm": 557_103, "orders_late_ppm": 250_000, "orders_cancelled_ppm": 100_000,
    "high_tech_certificate": True, "specialized": False, "qualifications_in_force": 5,
    "national_award_on": date(2021, 1, 1), "rd_institution_on": date(2021, 2, 1), "standard_lead_on": date(2021, 3, 1),
    "cases_defendant_24m": 1, "claims_24m_fen": 7_200_000, "claims_to_revenue_ppm": 10_028, "enforced_open": 1,
    "dishonest_listings": 1, "abnormal_listings": 0,
    "power_growth_ppm": 200_000, "power_growth_3m_ppm": 200_000, "power_intensity": 2_006,
    "largest_holder_ppm": 800_000, "pledged_shares_ppm": 200_000, "fund_share_ppm": 200_000,
    "own_loan_balance_fen": 100_000_000, "own_loan_overdue_days": 3, "external_loan_balance_fen": 50_000_000,
    "external_loan_overdue_days": 0, "lenders": 1, "debt_to_revenue_ppm": 208_914,
    "net_margin_ppm": 100_000, "liabilities_to_assets_ppm": 250_000, "operating_cash_flow_ppm": 50_000, "statement_age_months": 7,
    "industry": "software", "region": "浙江杭州", "registered_on": date(2018, 5, 10), "age_months": 73,
    "registered_capital_fen": 10**9, "register_status": "active",
    "revenue_fen": 720_000_000, "revenue_source": "financial_statement", "revenue_growth_ppm": 200_000,
    "turnover_mean_fen": 600_000_000, "total_assets_fen": 800_000_000, "cash_fen": 50_000_000, "inventory_opening_fen": 1_000_000,
    "declared_growth_3m_ppm": 80_000, "declared_cv_ppm": 0, "filing_days": 12, "tax_unpaid_ppm": 0,
    # From month to month +100,000, in March −900,000: the lowest month's end held 730,000 − 200,000 − 100,000 of 7,000,000 a year.
    "inflow_growth_ppm": 200_000, "inflow_cv_ppm": 0, "outflow_cv_ppm": 473_804, "net_outflow_months": 1, "lowest_cash_days": 22,
    "net_flow_ppm": 27_778, "largest_receipt_ppm": 83_333, "receipts_12m": 12,
    # Pay of 12 months: 9 × 200,000 and 3 × 160,000.
    "sales_per_head_fen": 35_900_000, "payroll_to_revenue_ppm": 317_549, "tech_staff_growth_ppm": 333_333, "paid_people_growth_ppm": 0,
    "shrinking_months": 0, "paid_to_staff_ppm": 1_000_000, "pay_gap_months": 0,
    "rd_per_tech_fen": 9_000_000, "rd_deduction_ppm": 900_000, "rd_growth_2y_ppm": 440_000, "rd_to_payroll_ppm": 315_789,
    # In force since 62, 146 and 14 months; granted after 20, 20 and 1.
    "ip_growth_ppm": 0, "ip_pending_ppm": 200_000, "ip_lapsed_ppm": 200_000, "ip_age_months": 74, "grant_months": 14,
    "months_since_filing": 14, "invention_share_ppm": 666_667, "own_inventions_to_tech_ppm": 125_000,
    "orders_growth_ppm": 0, "average_order_fen": 250_000_000, "order_customers": 2, "largest_order_customer_ppm": 900_000,
    "repeat_orders_ppm": 900_000, "order_lead_days": 191, "latest_order_days": 30,
    "days_to_expiry": 0, "qualification_step": 1, "qualifications_expired": 1, "first_qualified_months": 54,
    "cases_change_24m": -1, "enforced_open_fen": 7, "cases_plaintiff_24m": 1, "claims_made_24m_fen": 5, "listed_before": 1,
    "power_cv_ppm": 0, "power_peak_ppm": 83_333, "power_low_months": 0, "power_against_sales_ppm": 202_778, "power_price_fen": 75, "power_paid_days": 20,
    "holders": 2, "holder_changes_24m": 0, "founders_share_ppm": 800_000, "company_share_ppm": 0, "months_since_holder_change": 38,
    "own_due_12m_fen": 100_000_000, "own_loans_repaid": 1, "own_repaid_ppm": 500_000, "months_with_bank": 30, "external_due_12m_fen": 50_000_000,
    "external_growth_ppm": -285_714, "external_worst_days": 40, "due_to_cash_ppm": 2_054_795,
    "gross_margin_ppm": 444_444, "overhead_ppm": 277_778, "asset_turnover_ppm": 900_000, "return_on_equity_ppm": 120_000, "equity_fen": 600_000_000,
    "short_debt_ppm": 0, "quick_ratio_ppm": 25_500_000, "margin_change_ppm": -20_000, "assets_growth_ppm": 0, "cash_of_profit_ppm": 500_000,
    "receivable_days": 1, "inventory_days": 1, "payable_days": 1, "cash_cycle_days": 1, "advances_ppm": 1_389, "prepayments_ppm": 2_500,
    "receivable_growth_ppm": 0, "inventory_growth_ppm": 0, "receivable_to_assets_ppm": 1_250,
    "industry_named": "software", "industry_source": "register", "industry_confidence_ppm": 1_000_000,
}  # fmt: skip
IF_SILENT = {
    "invoice": {"revenue_12m_fen": 0, "sales_history_months": 0, "purchases_12m_fen": 0, "customers_12m": 0, "suppliers_12m": 0,
        "purchases_history_months": 0, "invoices_12m": 0, "invoice_days": 0, "sales_per_head_fen": 0},
    "intellectual_property": {"inventions_in_force": 0, "ip_class_1": 0, "ip_class_2": 0, "ip_filed_36m": 0},
    "contract_order": {"open_orders_fen": 0, "order_cover_ppm": 0},
    "qualification": {"high_tech_certificate": False, "specialized": False, "qualifications_in_force": 0, "qualification_step": 0, "qualifications_expired": 0},
    "court_case": {"cases_defendant_24m": 0, "claims_24m_fen": 0, "claims_to_revenue_ppm": 0, "enforced_open": 0, "cases_change_24m": 0, "enforced_open_fen": 0, "cases_plaintiff_24m": 0, "claims_made_24m_fen": 0},
    "dishonest_listing": {"dishonest_listings": 0, "abnormal_listings": 0, "listed_before": 0},
    "own_loan": {"own_loan_balance_fen": 0, "own_loan_overdue_days": 0, "debt_to_revenue_ppm": 69_638, "own_due_12m_fen": 0, "own_loans_repaid": 0, "due_to_cash_ppm": 684_932},
    "external_loan": {"external_loan_balance_fen": 0, "external_loan_overdue_days": 0, "lenders": 0, "debt_to_revenue_ppm": 139_276, "external_due_12m_fen": 0, "external_worst_days": 0, "due_to_cash_ppm": 1_369_863},
}  # fmt: skip
# Read from the strongest of several sources: without one they come from the next.
FROM_THE_NEXT = ("revenue_fen", "revenue_source", "revenue_growth_ppm", "rd_to_revenue_ppm")


@pytest.fixture(scope="module")
def whole(profile: Any) -> dict[str, Any]:
    return profile(facts(), [ME])[ME]


def test_a_company_with_every_paper_is_seen_whole(whole: dict[str, Any]) -> None:
    assert [name for name in COLUMNS if whole[name] is None] == []
    assert {name: whole[name] for name in EXPECTED} == EXPECTED


def beside(rows_of: Callable[[str], dict[str, list[dict[str, Any]]]]) -> dict[str, list[dict[str, Any]]]:
    """Rows of a company for each table, called as the table, its partners and invoices its own: one query sees them all."""
    rows: dict[str, list[dict[str, Any]]] = {}
    for company in TABLES:
        for name, some in rows_of(company).items():
            rows.setdefault(name, []).extend({column: _own(company, column, value) for column, value in row.items()} for row in some)  # fmt: skip
    return rows


def _own(company: str, column: str, value: Any) -> Any:
    if value == ME:
        return company
    return f"{value}-{company}" if column in ("seller", "buyer", "invoice_no") else value


@pytest.fixture(scope="module")
def without(profile: Any) -> dict[str, dict[str, Any]]:
    """The row of a company that has nothing in a table, by the table."""
    return profile(beside(lambda table: {**facts(), table: []}), TABLES)


@pytest.fixture(scope="module")
def silent(profile: Any) -> dict[str, dict[str, Any]]:
    """The same where every source was asked about everybody."""
    return profile(beside(lambda table: {**facts(), table: []}), TABLES, silent=frozenset(TABLES))


@pytest.fixture(scope="module")
def later(profile: Any) -> dict[str, dict[str, Any]]:
    """The row of a company to which all that a table says of it happened once more, a day too late."""

    def rows_of(table: str) -> dict[str, list[dict[str, Any]]]:
        rows, happened_on = facts(), FORMS[table].happened_on
        if (
            table == "company"
        ):  # a register entry is not an event: the day of founding is what it says, not when it was said
            return rows
        copies = [{**row, happened_on: AS_OF + timedelta(days=1), "row": 900 + number} for number, row in enumerate(rows[table])]  # fmt: skip
        return {**rows, table: [*rows[table], *copies]}

    return profile(beside(rows_of), TABLES)


def rests_on(table: str) -> set[str]:
    return {name for name, column in COLUMNS.items() if table in column.tables} - set(FROM_THE_NEXT)


@pytest.mark.slow
@pytest.mark.parametrize("table", TABLES)
def test_nothing_in_a_table_hides_what_rests_on_it_and_nothing_else(table: str, without: Any, whole: dict[str, Any]) -> None:  # fmt: skip
    found, resting = without[table] | {"company": ME}, rests_on(table)
    assert {name: found[name] for name in resting} == dict.fromkeys(resting)
    others = set(COLUMNS) - resting - set(FROM_THE_NEXT)
    assert {name: found[name] for name in others} == {name: whole[name] for name in others}


@pytest.mark.slow
@pytest.mark.parametrize("table", ["invoice", "court_case"])
def test_an_empty_table_is_one_without_rows_of_the_company(table: str, profile: Any, without: Any) -> None:
    assert profile({**facts(), table: []}, [ME])[ME] == without[table] | {"company": ME}


@pytest.mark.slow
@pytest.mark.parametrize("table", TABLES)
def test_silence_is_zero_only_where_the_source_was_asked_about_everybody(table: str, silent: Any) -> None:
    zero, resting = IF_SILENT.get(table, {}), rests_on(table)
    assert {name: silent[table][name] for name in resting} == {name: zero.get(name) for name in resting}


@pytest.mark.slow
@pytest.mark.parametrize("table", TABLES)
def test_what_happened_after_the_day_changes_nothing(table: str, later: Any, whole: dict[str, Any]) -> None:
    assert later[table] | {"company": ME} == whole


def test_revenue_comes_from_the_next_source_when_the_strongest_is_missing(profile: Any) -> None:
    rows = facts()
    by_tax = profile({**rows, "financial_statement": []}, [ME])[ME]
    assert (by_tax["revenue_fen"], by_tax["revenue_source"], by_tax["revenue_growth_ppm"]) == (
        648_000_000,
        "tax_filing",
        80_000,
    )
    by_invoice = profile({**rows, "financial_statement": [], "tax_filing": []}, [ME])[ME]
    assert (by_invoice["revenue_fen"], by_invoice["revenue_source"]) == (718_000_000, "invoice")
    neither = profile({**rows, "financial_statement": [], "tax_filing": [], "invoice": []}, [ME])[ME]
    assert (neither["revenue_fen"], neither["revenue_source"]) == (None, None)


def test_a_missing_month_of_tax_is_not_a_month_without_sales(profile: Any) -> None:
    rows = facts()
    rows["tax_filing"] = [row for row in rows["tax_filing"] if row["period_end"] != date(2024, 1, 31)]
    found = profile(rows, [ME])[ME]
    names = ("declared_to_invoiced_ppm", "declared_growth_ppm", "vat_burden_ppm", "vat_zero_filings")
    assert {name: found[name] for name in names} == dict.fromkeys(names)


def test_each_column_of_the_register_comes_from_the_newest_source_that_has_it(profile: Any) -> None:
    rows = [
        {"company": ME, "region": "旧", "industry": "software", "known_at": date(2020, 1, 1)},
        {"company": ME, "region": "新", "industry": None, "known_at": date(2024, 1, 1)},
        {"company": ME, "region": "未注明", "industry": None, "known_at": None},
    ]
    found = profile({"company": rows}, [ME])[ME]
    assert (found["region"], found["industry"], found["registered_on"]) == ("新", "software", None)


def test_a_claim_without_an_amount_makes_the_sum_unknown(profile: Any) -> None:
    case = {
        "company": ME,
        "case_no": "9",
        "role": "defendant",
        "filed_on": date(2024, 2, 1),
        "amount_fen": None,
        "status": "open",
    }
    found = profile({**facts(), "court_case": [case]}, [ME])[ME]
    assert (found["cases_defendant_24m"], found["claims_24m_fen"], found["claims_to_revenue_ppm"]) == (1, None, None)


def test_subjects_without_any_fact_have_a_row_of_unknowns(profile: Any) -> None:
    found = profile(facts(), ["foreign:nobody", ME])
    assert set(found["foreign:nobody"].values()) == {"foreign:nobody", None}
    assert len(found) == 2


@pytest.mark.parametrize("silent", [frozenset(), frozenset(TABLES)])
def test_a_table_left_out_is_an_empty_one(silent: frozenset[str], profile: Any) -> None:
    rows = {name: rows for name, rows in facts().items() if name in ("invoice", "staff")}
    left_out = profile(rows, [ME], silent=silent, tables=frozenset(rows))
    assert left_out == profile(rows, [ME], silent=silent)


def test_expressions_on_tables_give_what_the_kept_query_gives(whole: dict[str, Any]) -> None:
    with duckdb.connect() as raw:
        for name, rows in facts().items():
            raw.register(name, table_of(name, rows))
        raw.register("subjects", pa.table({"company": [ME]}))
        connection = ibis.duckdb.from_connection(raw)
        numbers = itertools.count()

        def cache(expression: Any) -> Any:
            return connection.create_table(f"kept_{next(numbers)}", expression, temp=True)

        tables = {name: connection.table(name) for name in TABLES}
        row = features(tables, connection.table("subjects"), AS_OF, frozenset(), cache)
        assert connection.to_pyarrow(row).to_pylist() == [whole]


def test_each_column_has_a_question_in_two_languages_and_a_paper_that_answers_it() -> None:
    names = [feature.name for feature in FEATURES]
    assert len(names) == len(set(names)) >= 40
    for column in (*FEATURES, *LAW_INPUTS):
        assert column.question_zh.endswith("?")
        assert column.question_en.endswith("?")
        assert set(column.tables) <= PAPERS.keys() & FORMS.keys()
        assert column.paper_zh
        assert column.paper_en
    assert {feature.name for feature in FEATURES if feature.leak} == {
        "months_without_sales",
        "months_since_last_sale",
        "days_since_last_sale",
    }


def test_the_page_of_features_is_printed_from_the_catalogue() -> None:
    assert (Path(__file__).parents[3] / "docs" / "features.md").read_text("utf-8") == page()
