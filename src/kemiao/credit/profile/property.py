"""Intellectual property: how much is in force, how fresh, whether it was made or bought, how early it began."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kemiao.credit.profile.expressions import month_number, only_if, ratio_ppm
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
)  # fmt: skip
IF_SILENT = {"inventions_in_force": 0, "ip_class_1": 0, "ip_class_2": 0, "ip_filed_36m": 0}


def look(intellectual_property: Table, span: Span) -> Table:
    """company and counts; a right without a filing day counts as in force, never as recent."""
    filed = intellectual_property.filed_on
    rows = intellectual_property.filter(filed.isnull() | (filed <= span.as_of))
    in_force, own = rows.status == "in_force", rows.transferred_in
    return rows.group_by("company").aggregate(
        inventions_in_force=rows.count(where=in_force & (rows.kind == "invention")),
        ip_class_1=rows.count(where=in_force & rows.kind.isin(_CLASS_1)),
        ip_class_2=rows.count(where=in_force & rows.kind.isin(_CLASS_2)),
        ip_filed_36m=rows.count(where=rows.filed_on > span.ago(36)),
        ip_bought=rows.count(where=in_force & own),
        ip_known_origin=rows.count(where=in_force & own.notnull()),
        first_invention_on=rows.filed_on.min(where=(rows.kind == "invention") & ~own.fill_null(False)),
    )


def derive(row: Table) -> dict[str, Value]:
    # Bought inventions may be older than the company; its own can't be, so an earlier one is a mistake somewhere.
    months = month_number(row.first_invention_on) - month_number(row.registered_on)
    return {
        "ip_bought_ppm": ratio_ppm(row.ip_bought, row.ip_known_origin),
        "months_to_first_invention": only_if(months >= 0, months),
    }
