"""Loans and messages for tests of servicing, with what a test does not care about filled in."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa

from kemiao.credit.contracts.calendars import Calendar, china
from kemiao.credit.contracts.lpr_series import LprSeries
from kemiao.credit.servicing.columns import INTEREST_FIRST, LOANS, MESSAGES
from kemiao.credit.servicing.serve import Served, ServicingRules, serve

LPR = LprSeries(
    np.array([(date(2024, 1, 20) - date(1970, 1, 1)).days, (date(2024, 7, 22) - date(1970, 1, 1)).days, (date(2024, 10, 21) - date(1970, 1, 1)).days]),
    np.array([34_500, 33_500, 31_000]), np.array([42_000, 38_500, 36_000]), date(2025, 8, 20),
)  # fmt: skip
CALENDAR: Calendar = china(2004, 2060)
RULES = ServicingRules(90)
START = date(2024, 1, 5)


def a_loan(**terms: Any) -> dict[str, Any]:
    """1 million yuan over a year, equal instalments on the 5th, 3.65 %."""
    return {
        "loan": "one", "company": "c", "product": "p", "origin": "signed", "repayment": "equal_installment", "amount_fen": 100_000_000,
        "signed_on": START, "starts_on": START, "matures_on": date(2025, 1, 5), "first_due_on": date(2024, 2, 5), "every_months": 1,
        "month_end": False, "business_day": "following", "day_count": "A360", "rate_ppm": 36_500, "rate_kind": "fixed",
        "overdue_markup_ppm": 500_000, "diverted_markup_ppm": 1_000_000, "compound": True, "grace_days": 0,
        "allocation": INTEREST_FIRST, "early_fee_ppm": 0, "fee_fen": 0, "vat_ppm": 60_000, **terms,
    }  # fmt: skip


def loans(*rows: dict[str, Any]) -> pa.Table:
    return pa.Table.from_pylist(list(rows), LOANS)


def messages(*rows: dict[str, Any]) -> pa.Table:
    """seq and ids by their order."""
    return pa.Table.from_pylist(
        [{"loan": "one", "message": f"m{place}", "seq": place, **row} for place, row in enumerate(rows)], MESSAGES
    )


def drawn(fen: int = 100_000_000, on: date = START) -> dict[str, Any]:
    return {"kind": "disburse", "value_day": on, "amount_fen": fen}


def served(loan: dict[str, Any], told: list[dict[str, Any]], until: date, **options: Any) -> Served:
    return serve(loans(loan), messages(*told), LPR, until, rules=RULES, calendar=CALENDAR, **options)


def state(loan: dict[str, Any], told: list[dict[str, Any]], until: date) -> dict[str, Any]:
    found: dict[str, Any] = served(loan, told, until, with_lines=False).states.to_pylist()[0]
    return found
