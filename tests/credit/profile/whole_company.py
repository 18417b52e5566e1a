"""One company with a paper of every kind, so that every column of its row is known."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from kemiao.base.dates import add_months

AS_OF = date(2024, 7, 1)
ME = "uscc:91330106MA2ABCDE1X"


def month_end(ago: int) -> date:
    """The last day of the month that ended so many months ago; 1 is June 2024."""
    return add_months(date(2024, 7, 1), 1 - ago) - timedelta(days=1)


def invoices() -> list[dict[str, Any]]:
    rows = []
    for ago in range(1, 31):
        for other in range(3):
            rows.append((ME, f"foreign:c{other}", 100_000_00 * (other + 1), "normal", False, ago))
        rows.append((f"foreign:s{ago % 2}", ME, 240_000_00, "normal", False, ago))
    rows += [(ME, "foreign:c0", 50_000_00, "void", False, 3), (ME, "foreign:c1", -20_000_00, "normal", True, 2)]
    return [
        {
            "invoice_no": str(number), "seller": seller, "buyer": buyer, "issued_on": month_end(ago) - timedelta(days=5),
            "amount_fen": fen, "tax_fen": fen * 13 // 100, "total_fen": fen + fen * 13 // 100, "status": status, "red_letter": red,
        }
        for number, (seller, buyer, fen, status, red, ago) in enumerate(rows)
    ]  # fmt: skip


def facts() -> dict[str, list[dict[str, Any]]]:
    """Every table with rows of ME alone; amounts are chosen so that the results can be read off."""
    monthly = range(1, 27)
    bare = {
        "company": [
            {"industry": "software", "region": "浙江杭州", "registered_on": date(2018, 5, 10), "registered_capital_fen": 10**9, "status": "active", "name": "甲"},
        ],
        "contract_order": [
            {"order_no": "1", "customer": "c", "signed_on": date(2024, 3, 1), "due_on": date(2024, 9, 1), "amount_fen": 3_000_000_00, "status": "open"},
            {"order_no": "2", "customer": "c", "signed_on": date(2024, 1, 1), "due_on": date(2024, 6, 1), "amount_fen": 1_000_000_00, "status": "open"},
            {"order_no": "3", "customer": "d", "signed_on": date(2023, 9, 1), "due_on": date(2024, 2, 1), "amount_fen": 1_000_000_00, "status": "cancelled"},
            {"order_no": "4", "customer": "c", "signed_on": date(2023, 5, 1), "due_on": date(2024, 2, 1), "amount_fen": 5_000_000_00, "status": "delivered"},
        ],
        "bank_transaction": [
            row
            for ago in range(1, 27)
            for row in (
                {"account": "0001", "transaction_no": f"{100 - ago}a", "booked_on": month_end(ago) - timedelta(days=20), "amount_fen": 600_000_00 if ago <= 12 else 500_000_00, "balance_fen": 900_000_00},
                {"account": "0001", "transaction_no": f"{100 - ago}b", "booked_on": month_end(ago) - timedelta(days=10), "amount_fen": -500_000_00 if ago != 4 else -1_500_000_00, "balance_fen": 730_000_00},
            )
        ],
        "financial_statement": [
            {
                "period_end": date(year, 12, 31), "months": 12, "audited": True, "revenue_fen": revenue, "cost_of_sales_fen": 4_000_000_00,
                "total_cost_fen": 6_000_000_00, "net_profit_fen": 720_000_00, "operating_cash_flow_fen": 360_000_00, "total_assets_fen": 8_000_000_00,
                "total_liabilities_fen": 2_000_000_00, "cash_fen": 500_000_00, "short_debt_fen": 0,
                **{f"{name}_{end}_fen": 10_000_00 for name in ("inventory", "receivable", "payable", "prepayment", "advance") for end in ("opening", "closing")},
            }
            for year, revenue in ((2023, 7_200_000_00), (2022, 6_000_000_00), (2021, 4_800_000_00))
        ],
        "tax_filing": [
            {"tax_kind": "vat", "period_end": month_end(ago), "filed_on": month_end(ago) + timedelta(days=12), "sales_fen": 540_000_00 if ago <= 13 else 500_000_00,
             "tax_due_fen": 16_200_00, "tax_paid_fen": 16_200_00, "arrears_fen": 5_000_00 if ago == 2 else 0, "tax_credit_grade": "A" if ago == 4 else None}
            for ago in range(2, 27)
        ],
        "payroll": [{"month_end": month_end(ago), "people": 20, "total_fen": 200_000_00 if ago < 10 else 160_000_00, "paid_on": month_end(ago) + timedelta(days=10 + ago % 3)} for ago in monthly],
        "utility": [{"kind": "electricity", "month_end": month_end(ago), "quantity": 1_200 if ago <= 12 else 1_000, "amount_fen": 900_00, "paid_on": month_end(ago) + timedelta(days=20)} for ago in monthly],
        "qualification": [
            {"kind": "high_tech_enterprise", "certificate_no": "1", "granted_on": date(2022, 1, 1), "expires_on": date(2024, 7, 1)},
            {"kind": "specialized_sme", "certificate_no": "2", "granted_on": date(2020, 1, 1), "expires_on": date(2024, 6, 30)},
            {"kind": "national_award", "certificate_no": "3", "granted_on": date(2021, 1, 1)},
            {"kind": "rd_institution", "certificate_no": "4", "granted_on": date(2021, 2, 1)},
            {"kind": "innovative_sme", "certificate_no": "6", "granted_on": date(2023, 1, 1), "expires_on": date(2026, 1, 1)},
            {"kind": "standard_lead", "certificate_no": "5", "granted_on": date(2021, 3, 1)},
        ],
        "intellectual_property": [
            {"number": "1", "kind": "invention", "filed_on": date(2019, 5, 20), "granted_on": date(2021, 1, 1), "status": "in_force", "transferred_in": False},
            {"number": "2", "kind": "invention", "filed_on": date(2012, 5, 20), "granted_on": date(2014, 1, 1), "status": "in_force", "transferred_in": True},
            {"number": "3", "kind": "invention", "filed_on": date(2022, 5, 20), "status": "pending", "transferred_in": False},
            {"number": "4", "kind": "software_copyright", "filed_on": date(2023, 5, 20), "granted_on": date(2023, 6, 1), "status": "in_force", "transferred_in": False},
            {"number": "5", "kind": "utility_model", "filed_on": date(2018, 8, 20), "status": "lapsed", "transferred_in": False},
        ],
        "research_expense": [{"year_end": date(year, 12, 31), "amount_fen": fen, "deduction_fen": fen * 9 // 10} for year, fen in ((2023, 720_000_00), (2022, 600_000_00), (2021, 500_000_00), (2020, 0), (2019, 100_00))],
        "staff": [
            {"counted_on": date(2023, 12, 31), "total": 20, "tech": 8, "postgraduate": 5, "insured": 19},
            {"counted_on": date(2022, 12, 31), "total": 16, "tech": 6, "postgraduate": 4, "insured": 16},
        ],
        "shareholding": [
            {"holder": "person:p", "holder_kind": "person", "since": date(2018, 5, 10), "share_ppm": 1_000_000, "pledged_ppm": 0},
            {"holder": "person:p", "holder_kind": "person", "since": date(2021, 5, 10), "share_ppm": 800_000, "pledged_ppm": 250_000},
            {"holder": "foreign:f", "holder_kind": "fund", "since": date(2021, 5, 10), "share_ppm": 200_000, "pledged_ppm": 0},
        ],
        "court_case": [
            {"case_no": "1", "role": "defendant", "filed_on": date(2023, 5, 1), "amount_fen": 72_000_00, "status": "open"},
            {"case_no": "2", "role": "defendant", "filed_on": date(2022, 6, 30), "amount_fen": 1, "status": "closed"},
            {"case_no": "3", "role": "plaintiff", "filed_on": date(2024, 5, 1), "amount_fen": 5, "status": "open"},
            {"case_no": "4", "role": "enforced", "filed_on": date(2020, 5, 1), "amount_fen": 7, "status": "open"},
        ],
        "dishonest_listing": [
            {"kind": "abnormal_operation", "listed_on": date(2021, 1, 1), "removed_on": date(2022, 1, 1)},
            {"kind": "dishonest_enforced_person", "listed_on": date(2024, 1, 1)},
        ],
        "own_loan": [
            {"loan_no": "1", "drawn_on": date(2024, 1, 1), "due_on": date(2025, 1, 1), "principal_fen": 10**8, "balance_fen": 10**8, "rate_ppm": 43_500, "overdue_days": 3},
            {"loan_no": "2", "drawn_on": date(2022, 1, 1), "due_on": date(2023, 1, 1), "principal_fen": 10**8, "balance_fen": 0, "overdue_days": None},
        ],
        "external_loan": [
            {"lender": "甲银行", "loan_no": "1", "reported_on": date(2024, 5, 1), "due_on": date(2025, 7, 1), "balance_fen": 50_000_000, "overdue_days": 0},
            {"lender": "甲银行", "loan_no": "1", "reported_on": date(2023, 5, 1), "balance_fen": 70_000_000, "overdue_days": 40},
            {"lender": "乙银行", "loan_no": "2", "reported_on": date(2024, 5, 1), "balance_fen": 0, "overdue_days": None},
        ],
    }  # fmt: skip
    return {"invoice": invoices(), **{name: [{"company": ME, **row} for row in rows] for name, rows in bare.items()}}
