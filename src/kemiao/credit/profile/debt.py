"""What the company owes, to this bank and to others, and whether it pays on time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kemiao.credit.profile.expressions import exact_sum, growth_ppm, month_number, newest, only_if, ratio_ppm
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
    Feature("own_due_12m_fen", "debt", "本行一年内到期", "falling due here within a year",
            "一年内要还本行多少?", "How much does it have to repay this bank within a year?", "fen", "newest", _OWN),
    Feature("own_loans_repaid", "debt", "本行已结清笔数", "loans repaid here",
            "在本行还清过几笔?", "How many loans has it repaid to this bank?", "count", "history", _OWN),
    Feature("own_repaid_ppm", "debt", "本行已还比例", "share repaid here",
            "借过本行的钱还了多少?", "Which part of all that this bank lent it is repaid?", "ppm", "history", _OWN),
    Feature("months_with_bank", "debt", "与本行往来月数", "months with this bank",
            "跟本行打交道多久了?", "For how long has it borrowed here?", "months", "history", _OWN),
    Feature("external_due_12m_fen", "debt", "他行一年内到期", "falling due elsewhere within a year",
            "一年内要还别家多少?", "How much does it have to repay others within a year?", "fen", "newest", _EXTERNAL),
    Feature("external_growth_ppm", "debt", "他行贷款增长", "growth of loans elsewhere",
            "在别处越借越多吗?", "Does it owe other lenders more than a year ago?", "ppm", "12m/12m", _EXTERNAL),
    Feature("external_worst_days", "debt", "他行历史最长逾期", "worst days past due elsewhere",
            "在别处最长逾期过几天?", "How many days past due was it elsewhere at the worst?", "days", "history", _EXTERNAL),
    Feature("due_to_cash_ppm", "debt", "一年内到期比现金", "falling due to cash",
            "账上的钱够不够还一年内到期的?", "How much falls due within a year for each yuan in its accounts?", "ppm", "newest", ("own_loan", "external_loan", "bank_transaction")),
)  # fmt: skip
OWN_IF_SILENT = {"own_loan_balance_fen": 0, "own_loan_overdue_days": 0, "own_due_12m_fen": 0, "own_loans_repaid": 0}
EXTERNAL_IF_SILENT = {
    "external_loan_balance_fen": 0,
    "external_loan_overdue_days": 0,
    "lenders": 0,
    "external_due_12m_fen": 0,
    "external_worst_days": 0,
}


def look_at_own(own_loan: Table, span: Span) -> Table:
    rows = newest(own_loan.filter(own_loan.drawn_on <= span.as_of), ["company", "loan_no"])
    return rows.group_by("company").aggregate(
        own_loan_balance_fen=exact_sum(rows.balance_fen),
        own_loan_overdue_days=_longest(rows),
        own_due_12m_fen=_due(rows, span),
        own_loans_repaid=rows.count(where=rows.balance_fen == 0),
        own_principal_fen=exact_sum(rows.principal_fen),
        months_with_bank=span.as_of_month - month_number(rows.drawn_on.min()),
    )


def look_at_external(external_loan: Table, span: Span) -> Table:
    """The newest report of each loan: one that is paid off is reported with a balance of zero."""
    known = external_loan.filter(external_loan.reported_on <= span.as_of)
    rows = newest(known, ["company", "lender", "loan_no"], "reported_on")
    earlier = known.filter(known.reported_on <= span.ago(12))
    before = newest(earlier, ["company", "lender", "loan_no"], "reported_on")
    before = before.group_by("company").aggregate(external_before_fen=exact_sum(before.balance_fen))
    worst = known.group_by("company").aggregate(external_worst_days=known.overdue_days.max().fill_null(0))
    now = rows.group_by("company").aggregate(
        external_due_12m_fen=_due(rows, span),
        external_loan_balance_fen=exact_sum(rows.balance_fen),
        external_loan_overdue_days=_longest(rows),
        lenders=rows.lender.nunique(where=rows.balance_fen > 0),
    )
    return now.left_join(before, "company").drop("company_right").inner_join(worst, "company")


def _due(rows: Table, span: Span) -> Value:
    """What falls due within twelve months, and what is past due; null where a loan with a balance does not say when."""
    owed = rows.balance_fen > 0
    undated = rows.count(where=owed & rows.due_on.isnull())
    return only_if(undated == 0, exact_sum(rows.balance_fen, owed & (rows.due_on <= span.ago(-12))).fill_null(0))


def _longest(rows: Table) -> Value:
    """Days past due of the worst loan with a balance; null where a loan with a balance does not say."""
    owed = rows.balance_fen > 0
    unstated = rows.count(where=owed & rows.overdue_days.isnull())
    return only_if(unstated == 0, rows.overdue_days.max(where=owed).fill_null(0))


def derive(row: Table) -> dict[str, Value]:
    due = row.own_due_12m_fen + row.external_due_12m_fen
    return {
        "own_repaid_ppm": ratio_ppm(row.own_principal_fen - row.own_loan_balance_fen, row.own_principal_fen),
        "external_growth_ppm": growth_ppm(row.external_loan_balance_fen, row.external_before_fen),
        "due_to_cash_ppm": ratio_ppm(due, row.cash_balance_fen),
        "debt_to_revenue_ppm": ratio_ppm(row.own_loan_balance_fen + row.external_loan_balance_fen, row.revenue_12m_fen),
    }
