"""What the state has certified: titles in force on the day."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kemiao.credit.profile.expressions import month_number
from kemiao.credit.profile.feature import Feature
from kemiao.credit.profile.window import Span

if TYPE_CHECKING:
    from ibis.expr.types import Table, Value

_Q = ("qualification",)
HIGH_TECH = Feature("high_tech_certificate", "qualifications", "高新技术企业", "high-tech enterprise",
                    "高新技术企业证书在有效期内吗?", "Is its high-tech certificate in force?", "flag", "newest", _Q)  # fmt: skip
FEATURES = (
    HIGH_TECH,
    Feature("specialized", "qualifications", "专精特新", "specialised and innovative",
            "是专精特新或小巨人企业吗?", "Is it certified as specialised and innovative, or as a little giant?", "flag", "newest", _Q),
    Feature("qualifications_in_force", "qualifications", "有效资质数", "qualifications in force",
            "有几项资质在有效期内?", "How many of its qualifications are in force?", "count", "newest", _Q),
    Feature("days_to_expiry", "qualifications", "最早到期天数", "days to the first expiry",
            "最早到期的资质还有几天?", "In how many days does its first qualification expire?", "days", "newest", _Q),
    Feature("qualification_step", "qualifications", "梯度培育层级", "step of the ladder",
            "走到梯度培育的第几级(创新型 1、专精特新 2、小巨人 3)?", "How far has it climbed: innovative 1, specialised 2, little giant 3?", "count", "newest", _Q),
    Feature("qualifications_expired", "qualifications", "过期未续资质类数", "kinds expired and not renewed",
            "有几类资质过期没续上?", "How many kinds of qualification did it lose by expiry?", "count", "newest", _Q),
    Feature("first_qualified_months", "qualifications", "首次认定距今月数", "months since the first qualification",
            "多久以前第一次被认定?", "How long ago was it first certified?", "months", "history", _Q),
)  # fmt: skip
_KINDS = ("national_award", "rd_institution", "standard_lead")
# The direct routes to a technology SME, besides the high-tech certificate; the rule judges their age.
ROUTES = tuple(
    Feature(f"{kind}_on", "qualifications", zh, en, question_zh, question_en, "day", "newest", _Q)
    for kind, zh, en, question_zh, question_en in (
        ("national_award", "国家科技奖励日", "national award on", "哪天获得国家科技奖励?", "When did it win a national award?"),
        ("rd_institution", "研发机构认定日", "research institution since", "哪天认定研发机构?", "Since when does it have a recognised research institution?"),
        ("standard_lead", "主导标准日", "led a standard on", "哪天主导制定标准?", "When did it lead the drafting of a standard?"),
    )
)  # fmt: skip
IF_SILENT: dict[str, int | bool] = {
    "high_tech_certificate": False,
    "specialized": False,
    "qualifications_in_force": 0,
    "qualification_step": 0,
    "qualifications_expired": 0,
}


def look(qualification: Table, span: Span) -> Table:
    rows = qualification.filter(qualification.granted_on <= span.as_of)
    in_force = rows.expires_on.isnull() | (rows.expires_on >= span.as_of)  # 有效期至: that day still counts
    return rows.group_by("company").aggregate(
        high_tech_certificate=(in_force & (rows.kind == "high_tech_enterprise")).any(),
        specialized=(in_force & rows.kind.isin(("specialized_sme", "little_giant"))).any(),
        days_to_expiry=rows.expires_on.min(where=in_force).delta(span.as_of, unit="day"),
        qualification_step=_step(rows, in_force),
        qualifications_expired=rows.kind.nunique() - rows.kind.nunique(where=in_force),
        first_qualified_months=span.as_of_month - month_number(rows.granted_on.min()),
        qualifications_in_force=rows.count(where=in_force),
        **{f"{kind}_on": rows.granted_on.max(where=in_force & (rows.kind == kind)) for kind in _KINDS},
    )


def _step(rows: Table, in_force: Value) -> Value:
    steps = rows.kind.cases(("little_giant", 3), ("specialized_sme", 2), ("innovative_sme", 1), else_=0)
    return steps.max(where=in_force).fill_null(0).cast("int64")
