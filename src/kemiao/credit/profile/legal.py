"""Courts and lists: who claims what from the company, and where it is listed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kemiao.credit.profile.expressions import exact_sum, only_if, ratio_ppm
from kemiao.credit.profile.feature import Feature
from kemiao.credit.profile.window import Span

if TYPE_CHECKING:
    from ibis.expr.types import Table, Value

_C, _D = ("court_case",), ("dishonest_listing",)
DISHONEST = Feature("dishonest_listings", "legal", "失信名录", "dishonest listings",
                    "在失信或严重违法名录上吗?", "How many dishonest listings are in force?", "count", "newest", _D)  # fmt: skip
ABNORMAL = Feature("abnormal_listings", "legal", "经营异常名录", "abnormal listings",
                   "在经营异常名录上吗?", "How many listings as abnormal are in force?", "count", "newest", _D)  # fmt: skip
FEATURES = (
    Feature("cases_defendant_24m", "legal", "被诉案件数", "cases as defendant",
            "两年里被告过几次?", "How often was it sued in two years?", "count", "24m", _C),
    Feature("claims_24m_fen", "legal", "被诉金额", "claims against it",
            "别人向它要多少钱?", "How much was claimed from it in two years?", "fen", "24m", _C),
    Feature("claims_to_revenue_ppm", "legal", "被诉金额比收入", "claims to sales",
            "被诉金额伤不伤筋骨?", "How large are the claims beside a year's sales?", "ppm", "24m", ("court_case", "invoice")),
    Feature("enforced_open", "legal", "在执行案件数", "open enforcements",
            "有没有被强制执行?", "How many enforcements against it are open?", "count", "newest", _C),
    DISHONEST,
    ABNORMAL,
    Feature("cases_change_24m", "legal", "被诉案件变化", "change of cases as defendant",
            "近一年被告比前一年多几次?", "How many more times was it sued in the last year than in the year before?", "count", "24m", _C),
    Feature("enforced_open_fen", "legal", "在执行金额", "amount under enforcement",
            "正在执行的有多少钱?", "How much is being enforced against it?", "fen", "newest", _C),
    Feature("cases_plaintiff_24m", "legal", "起诉他人案件数", "cases as plaintiff",
            "两年里告过别人几次?", "How often did it sue others in two years?", "count", "24m", _C),
    Feature("claims_made_24m_fen", "legal", "起诉他人金额", "claims that it makes",
            "它向别人要多少钱?", "How much did it claim from others in two years?", "fen", "24m", _C),
    Feature("listed_before", "legal", "曾列入名录次数", "listings removed",
            "以前上过几次名录又移出?", "How many listings of it were removed?", "count", "history", _D),
)  # fmt: skip
CASES_IF_SILENT = {
    "cases_defendant_24m": 0,
    "claims_24m_fen": 0,
    "enforced_open": 0,
    "cases_change_24m": 0,
    "enforced_open_fen": 0,
    "cases_plaintiff_24m": 0,
    "claims_made_24m_fen": 0,
}
LISTINGS_IF_SILENT = {"dishonest_listings": 0, "abnormal_listings": 0, "listed_before": 0}


def look_at_cases(court_case: Table, span: Span) -> Table:
    rows = court_case.filter(court_case.filed_on <= span.as_of)
    sued = (rows.role == "defendant") & (rows.filed_on >= span.back(24))
    sues = (rows.role == "plaintiff") & (rows.filed_on >= span.back(24))
    enforced = (rows.role == "enforced") & (rows.status == "open")
    last_year = rows.filed_on >= span.back(12)
    return rows.group_by("company").aggregate(
        cases_defendant_24m=rows.count(where=sued),
        claims_24m_fen=_stated(rows, sued),
        enforced_open=rows.count(where=enforced),
        cases_change_24m=rows.count(where=sued & last_year) - rows.count(where=sued & ~last_year),
        enforced_open_fen=_stated(rows, enforced),
        cases_plaintiff_24m=rows.count(where=sues),
        claims_made_24m_fen=_stated(rows, sues),
    )


def _stated(rows: Table, where: Value) -> Value:
    """The sum of the amounts; a claim without an amount is not a claim of nothing."""
    unstated = rows.count(where=where & rows.amount_fen.isnull())
    return only_if(unstated == 0, exact_sum(rows.amount_fen, where).fill_null(0))


def look_at_listings(dishonest_listing: Table, span: Span) -> Table:
    rows = dishonest_listing.filter(dishonest_listing.listed_on <= span.as_of)
    listed = rows.removed_on.isnull() | (rows.removed_on > span.as_of)
    abnormal = rows.kind == "abnormal_operation"
    return rows.group_by("company").aggregate(
        dishonest_listings=rows.count(where=listed & ~abnormal),
        abnormal_listings=rows.count(where=listed & abnormal),
        listed_before=rows.count(where=~listed),
    )


def derive(row: Table) -> dict[str, Value]:
    return {"claims_to_revenue_ppm": ratio_ppm(row.claims_24m_fen, row.revenue_12m_fen)}
