"""Who owns the company, and whether the shares are pledged already."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kemiao.base.rates import PPM
from kemiao.credit.profile.expressions import exact_sum, month_number, newest, ratio_ppm, within
from kemiao.credit.profile.feature import Feature
from kemiao.credit.profile.window import Span

if TYPE_CHECKING:
    from ibis.expr.types import Table

_S = ("shareholding",)
FEATURES = (
    Feature("largest_holder_ppm", "ownership", "第一大股东持股", "largest holder",
            "谁说了算?", "How much does the largest holder own?", "ppm", "newest", _S),
    Feature("pledged_shares_ppm", "ownership", "股权质押比例", "share of stock pledged",
            "股权押出去了多少?", "Which part of its shares is pledged?", "ppm", "newest", _S),
    Feature("fund_share_ppm", "ownership", "投资机构持股", "share of funds",
            "有没有专业投资人进来?", "How much do professional investors own?", "ppm", "newest", _S),
    Feature("holders", "ownership", "股东数", "holders",
            "有几个股东?", "How many holders are there?", "count", "newest", _S),
    Feature("holder_changes_24m", "ownership", "股权变动次数", "changes of holdings",
            "两年里股权变过几次?", "How often did its holdings change in two years?", "count", "24m", _S),
    Feature("founders_share_ppm", "ownership", "创始股东持股", "share of the founders",
            "最早的股东还持有多少?", "How much do the first holders still own?", "ppm", "newest", _S),
    Feature("company_share_ppm", "ownership", "法人持股", "share of companies and the state",
            "有多少在企业和国资手里?", "How much do companies and the state own?", "ppm", "newest", _S),
    Feature("months_since_holder_change", "ownership", "距最近股权变动月数", "months since the last change of holdings",
            "股权稳定多久了?", "How long have its holdings stood as they are?", "months", "newest", _S),
)  # fmt: skip


def look(shareholding: Table, span: Span) -> Table:
    """company and the holdings as they stand: a holder's newest row counts, and a share of zero is an exit."""
    known = shareholding.filter(shareholding.since <= span.as_of)
    known = known.mutate(
        first_on=within(known.since.min(), known, ["company"]), joined_on=within(known.since.min(), known, ["company", "holder"])
    )  # fmt: skip
    changes = known.group_by("company").aggregate(
        # The founding itself is no change.
        holder_changes_24m=known.count(where=(known.since >= span.back(24)) & (known.since > known.first_on)),
        months_since_holder_change=span.as_of_month - month_number(known.since.max()),
    )
    rows = newest(known, ["company", "holder"], "since")
    stated = rows.pledged_ppm.notnull()
    # share × pledged is at most 10^12, and a company has few holders: far from the bound of int64.
    sums = rows.group_by("company").aggregate(
        largest_holder_ppm=rows.share_ppm.max(),
        pledged=exact_sum(rows.share_ppm * rows.pledged_ppm, stated),
        stated=exact_sum(rows.share_ppm, stated),
        fund_share_ppm=exact_sum(rows.share_ppm, rows.holder_kind == "fund").fill_null(0),
        holders=rows.count(where=rows.share_ppm > 0),
        founders_share_ppm=exact_sum(rows.share_ppm, rows.joined_on == rows.first_on).fill_null(0),
        company_share_ppm=exact_sum(rows.share_ppm, rows.holder_kind.isin(("company", "state"))).fill_null(0),
    )
    sums = sums.inner_join(changes, "company")
    return sums.select(
        "company", "largest_holder_ppm", "fund_share_ppm", "holders", "founders_share_ppm", "company_share_ppm",
        "holder_changes_24m", "months_since_holder_change", pledged_shares_ppm=ratio_ppm(sums.pledged, sums.stated * PPM),
    )  # fmt: skip
