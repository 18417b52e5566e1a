"""Intellectual property: how much is in force, how fresh, whether it was made or bought, how early it began."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from kemiao.credit.profile.expressions import divided, exact_sum, growth_ppm, month_number, only_if, ratio_ppm
from kemiao.credit.profile.feature import Feature
from kemiao.credit.profile.window import Span

if TYPE_CHECKING:
    from ibis.expr.types import Table, Value

# Classes of 国科发政〔2017〕115号 as the high-tech guideline lists them (RULES 1.4): which kind of right is in which class.
_CLASS_1 = ("invention", "plant_variety", "ic_layout")
_CLASS_2 = ("utility_model", "design", "software_copyright")

_P = ("intellectual_property",)
CLASS_1 = Feature("ip_class_1", "property", "Ⅰ类知识产权", "class I rights",
                  "有几项Ⅰ类知识产权?", "How many class I rights are in force?", "count", "newest", _P)  # fmt: skip
CLASS_2 = Feature("ip_class_2", "property", "Ⅱ类知识产权", "class II rights",
                  "有几项Ⅱ类知识产权?", "How many class II rights are in force?", "count", "newest", _P)  # fmt: skip
FEATURES = (
    Feature("inventions_in_force", "property", "有效发明专利", "inventions in force",
            "手里有几项有效发明专利?", "How many of its inventions are in force?", "count", "newest", _P),
    CLASS_1,
    CLASS_2,
    Feature("ip_filed_36m", "property", "近三年申请数", "filed in three years",
            "最近三年还在申请吗?", "How many rights has it filed for in the last three years?", "count", "36m", _P),
    Feature("ip_bought_ppm", "property", "受让占比", "share bought",
            "知识产权是自己做的还是买的?", "Which share of its rights in force was bought from others?", "ppm", "newest", _P),
    Feature("months_to_first_invention", "property", "首个发明距成立月数", "months to the first invention",
            "成立多久申请了第一个发明?", "How long after its founding did it file its first invention?", "months", "history",
            ("intellectual_property", "company")),
    Feature("ip_growth_ppm", "property", "申请增长", "growth of filings",
            "近三年申请比再前三年多吗?", "Does it file more than in the three years before?", "ppm", "36m", _P),
    Feature("ip_pending_ppm", "property", "在审占比", "share pending",
            "名下有多少还没授权?", "Which share of its rights is not granted yet?", "ppm", "newest", _P),
    Feature("ip_lapsed_ppm", "property", "失效占比", "share lapsed",
            "名下有多少已经失效?", "Which share of its rights has lapsed?", "ppm", "newest", _P),
    Feature("ip_age_months", "property", "有效知识产权平均年龄", "mean age of its rights",
            "手里的技术有多旧?", "How old are its rights in force, on the mean, since they were filed?", "months", "newest", _P),
    Feature("grant_months", "property", "平均授权用时", "months to the grant",
            "从申请到授权要多久?", "How long did its rights take from filing to grant, on the mean?", "months", "history", _P),
    Feature("months_since_filing", "property", "距最近申请月数", "months since the last filing",
            "上一次申请是多久以前?", "How long ago did it last file for a right?", "months", "newest", _P),
    Feature("invention_share_ppm", "property", "发明占比", "share of inventions",
            "手里的知识产权有多少是发明?", "Which share of its rights in force are inventions?", "ppm", "newest", _P),
    Feature("own_inventions_to_tech_ppm", "property", "科技人员人均自有发明", "own inventions a head",
            "每个科技人员有多少自己的发明?", "How many inventions of its own has it for each of its technology staff?", "ppm", "newest", ("intellectual_property", "staff")),
)  # fmt: skip
IF_SILENT = {"inventions_in_force": 0, "ip_class_1": 0, "ip_class_2": 0, "ip_filed_36m": 0}


def look(intellectual_property: Table, span: Span) -> Table:
    """company and counts; a right without a filing day counts as in force, never as recent."""
    filed = intellectual_property.filed_on
    rows = intellectual_property.filter(filed.isnull() | (filed <= span.as_of))
    granted = rows.filed_on.notnull() & (rows.granted_on >= rows.filed_on) & (rows.granted_on <= span.as_of)
    in_force, own = rows.status == "in_force", rows.transferred_in
    return rows.group_by("company").aggregate(
        inventions_in_force=rows.count(where=in_force & (rows.kind == "invention")),
        ip_class_1=rows.count(where=in_force & rows.kind.isin(_CLASS_1)),
        ip_class_2=rows.count(where=in_force & rows.kind.isin(_CLASS_2)),
        ip_filed_36m=rows.count(where=rows.filed_on > span.ago(36)),
        ip_bought=rows.count(where=in_force & own),
        ip_known_origin=rows.count(where=in_force & own.notnull()),
        ip_filed_before=rows.count(where=rows.filed_on.between(span.ago(72) + timedelta(days=1), span.ago(36))),
        ip_rights=rows.count(),
        ip_pending=rows.count(where=rows.status == "pending"),
        ip_lapsed=rows.count(where=rows.status == "lapsed"),
        ip_in_force=rows.count(where=in_force),
        own_inventions=rows.count(where=in_force & (rows.kind == "invention") & ~own.fill_null(False)),
        ip_months=exact_sum(span.as_of_month - month_number(rows.filed_on), in_force),
        ip_dated=rows.count(where=in_force & rows.filed_on.notnull()),
        grant_wait=exact_sum(month_number(rows.granted_on) - month_number(rows.filed_on), granted),
        granted=rows.count(where=granted),
        last_filed_on=rows.filed_on.max(),
        first_invention_on=rows.filed_on.min(where=(rows.kind == "invention") & ~own.fill_null(False)),
    )


def derive(row: Table, span: Span) -> dict[str, Value]:
    # Bought inventions may be older than the company; its own can't be, so an earlier one is a mistake somewhere.
    months = month_number(row.first_invention_on) - month_number(row.registered_on)
    return {
        "ip_bought_ppm": ratio_ppm(row.ip_bought, row.ip_known_origin),
        "months_to_first_invention": only_if(months >= 0, months),
        "ip_growth_ppm": growth_ppm(row.ip_filed_36m, row.ip_filed_before),
        "ip_pending_ppm": ratio_ppm(row.ip_pending, row.ip_rights),
        "ip_lapsed_ppm": ratio_ppm(row.ip_lapsed, row.ip_rights),
        "ip_age_months": divided(row.ip_months, row.ip_dated),
        "grant_months": divided(row.grant_wait, row.granted),
        "months_since_filing": span.as_of_month - month_number(row.last_filed_on),
        "invention_share_ppm": ratio_ppm(row.inventions_in_force, row.ip_in_force),
        "own_inventions_to_tech_ppm": ratio_ppm(row.own_inventions, row.staff_tech),
    }
