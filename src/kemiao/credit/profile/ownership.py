"""Who owns the company, and whether the shares are pledged already."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kemiao.base.rates import PPM
from kemiao.credit.profile.expressions import exact_sum, newest, ratio_ppm
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
)  # fmt: skip


def look(shareholding: Table, span: Span) -> Table:
    """company and the holdings as they stand: a holder's newest row counts, and a share of zero is an exit."""
    known = shareholding.filter(shareholding.since <= span.as_of)
    rows = newest(known, ["company", "holder"], "since")
    stated = rows.pledged_ppm.notnull()
    # share × pledged is at most 10^12, and a company has few holders: far from the bound of int64.
    sums = rows.group_by("company").aggregate(
        largest_holder_ppm=rows.share_ppm.max(),
        pledged=exact_sum(rows.share_ppm * rows.pledged_ppm, stated),
        stated=exact_sum(rows.share_ppm, stated),
        fund_share_ppm=exact_sum(rows.share_ppm, rows.holder_kind == "fund").fill_null(0),
    )
    return sums.select(
        "company", "largest_holder_ppm", "fund_share_ppm", pledged_shares_ppm=ratio_ppm(sums.pledged, sums.stated * PPM)
    )
