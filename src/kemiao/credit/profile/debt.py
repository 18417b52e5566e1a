"""What the company owes, to this bank and to others, and whether it pays on time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kemiao.credit.profile.expressions import exact_sum, newest, only_if, ratio_ppm
from kemiao.credit.profile.feature import Feature
from kemiao.credit.profile.window import Span

if TYPE_CHECKING:
    from ibis.expr.types import Table, Value

_OWN, _EXTERNAL = ("own_loan",), ("external_loan",)
OWN_BALANCE = Feature("own_loan_balance_fen", "debt", "本行贷款余额", "owed to this bank",
                      "在本行欠多少?", "How much does it owe this bank?", "fen", "newest", _OWN)  # fmt: skip
OWN_OVERDUE = Feature("own_loan_overdue_days", "debt", "本行逾期天数", "days past due at this bank",
                      "在本行逾期几天?", "How many days past due is it at this bank?", "days", "newest", _OWN)  # fmt: skip
EXTERNAL_BALANCE = Feature("external_loan_balance_fen", "debt", "他行贷款余额", "owed to other lenders",
                           "在别处欠多少?", "How much does it owe other lenders?", "fen", "newest", _EXTERNAL)  # fmt: skip
EXTERNAL_OVERDUE = Feature("external_loan_overdue_days", "debt", "他行逾期天数", "days past due elsewhere",
                           "在别处逾期几天?", "How many days past due is it elsewhere?", "days", "newest", _EXTERNAL)  # fmt: skip
FEATURES = (
    OWN_BALANCE,
    OWN_OVERDUE,
    EXTERNAL_BALANCE,
    EXTERNAL_OVERDUE,
    Feature("lenders", "debt", "他行机构数", "other lenders",
            "向几家机构借了钱?", "How many other lenders does it owe?", "count", "newest", _EXTERNAL),
    Feature("debt_to_revenue_ppm", "debt", "负债收入比", "loans to sales",
            "贷款相当于一年收入的多少?", "How large are all its loans beside a year's sales?", "ppm", "12m", ("own_loan", "external_loan", "invoice")),
)  # fmt: skip
OWN_IF_SILENT = {"own_loan_balance_fen": 0, "own_loan_overdue_days": 0}
EXTERNAL_IF_SILENT = {"external_loan_balance_fen": 0, "external_loan_overdue_days": 0, "lenders": 0}


def look_at_own(own_loan: Table, span: Span) -> Table:
    rows = newest(own_loan.filter(own_loan.drawn_on <= span.as_of), ["company", "loan_no"])
    return rows.group_by("company").aggregate(
        own_loan_balance_fen=exact_sum(rows.balance_fen), own_loan_overdue_days=_longest(rows)
    )


def look_at_external(external_loan: Table, span: Span) -> Table:
    """The newest report of each loan: one that is paid off is reported with a balance of zero."""
    known = external_loan.filter(external_loan.reported_on <= span.as_of)
    rows = newest(known, ["company", "lender", "loan_no"], "reported_on")
    return rows.group_by("company").aggregate(
        external_loan_balance_fen=exact_sum(rows.balance_fen),
        external_loan_overdue_days=_longest(rows),
        lenders=rows.lender.nunique(where=rows.balance_fen > 0),
    )


def _longest(rows: Table) -> Value:
    """Days past due of the worst loan with a balance; null where a loan with a balance does not say."""
    owed = rows.balance_fen > 0
    unstated = rows.count(where=owed & rows.overdue_days.isnull())
    return only_if(unstated == 0, rows.overdue_days.max(where=owed).fill_null(0))


def derive(row: Table) -> dict[str, Value]:
    return {
        "debt_to_revenue_ppm": ratio_ppm(row.own_loan_balance_fen + row.external_loan_balance_fen, row.revenue_12m_fen)
    }
