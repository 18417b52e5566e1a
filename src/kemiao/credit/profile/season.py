"""The company's year: when it sells, and whether this year looks like the last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kemiao.credit.profile.expressions import least_of, only_if, ratio_ppm
from kemiao.credit.profile.feature import Feature

if TYPE_CHECKING:
    from ibis.expr.types import Table, Value

_I = ("invoice",)
FEATURES = (
    Feature("season_similarity_ppm", "season", "季节重复度", "likeness to last year's months",
            "各月销售与去年同月走势一致吗(余弦相似度)?", "Do its monthly sales follow the same months of last year (cosine)?", "ppm", "12m/12m", _I),
    Feature("weak_quarter_ppm", "season", "淡季占比", "share of the weakest calendar quarter",
            "淡季还剩多少销售?", "How much does it sell in its weakest calendar quarter?", "ppm", "12m", _I),
    Feature("fourth_quarter_ppm", "season", "第四季度占比", "share of October to December",
            "是不是靠年底冲量?", "Does it live on the rush at the year's end?", "ppm", "12m", _I),
    Feature("new_year_ppm", "season", "一二月占比", "share of January and February",
            "春节前后还有销售吗?", "Does it still sell around Spring Festival?", "ppm", "12m", _I),
)  # fmt: skip


def derive(row: Table) -> dict[str, Value]:
    one_year, two_years = row.sales_history_months >= 12, row.sales_history_months >= 24
    weakest = least_of(row.quarter_0, row.quarter_1, row.quarter_2, row.quarter_3)

    def share(fen: Value) -> Value:
        return only_if(one_year, ratio_ppm(fen, row.revenue_12m_fen))

    return {
        "season_similarity_ppm": only_if(
            two_years, ratio_ppm(row.like_before, (row.s_squares * row.before_squares).sqrt())
        ),
        "weak_quarter_ppm": share(weakest),
        "fourth_quarter_ppm": share(row.quarter_3),
        "new_year_ppm": share(row.new_year_fen),
    }
