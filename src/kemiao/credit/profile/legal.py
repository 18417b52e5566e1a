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
)  # fmt: skip
CASES_IF_SILENT = {"cases_defendant_24m": 0, "claims_24m_fen": 0, "enforced_open": 0}
LISTINGS_IF_SILENT = {"dishonest_listings": 0, "abnormal_listings": 0}


def look_at_cases(court_case: Table, span: Span) -> Table:
    rows = court_case.filter(court_case.filed_on <= span.as_of)
    sued = (rows.role == "defendant") & (rows.filed_on >= span.back(24))
    unstated = rows.count(where=sued & rows.amount_fen.isnull())
    return rows.group_by("company").aggregate(
        cases_defendant_24m=rows.count(where=sued),
        # A claim without an amount is not a claim of nothing.
        claims_24m_fen=only_if(unstated == 0, exact_sum(rows.amount_fen, sued).fill_null(0)),
        enforced_open=rows.count(where=(rows.role == "enforced") & (rows.status == "open")),
    )


def look_at_listings(dishonest_listing: Table, span: Span) -> Table:
    rows = dishonest_listing.filter(dishonest_listing.listed_on <= span.as_of)
    listed = rows.removed_on.isnull() | (rows.removed_on > span.as_of)
    abnormal = rows.kind == "abnormal_operation"
    return rows.group_by("company").aggregate(
        dishonest_listings=rows.count(where=listed & ~abnormal), abnormal_listings=rows.count(where=listed & abnormal)
    )


def derive(row: Table) -> dict[str, Value]:
    return {"claims_to_revenue_ppm": ratio_ppm(row.claims_24m_fen, row.revenue_12m_fen)}
