"""Who the company is: its register entry, each column from the newest source that knows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kemiao.credit.profile import industry_name
from kemiao.credit.profile.expressions import ranked
from kemiao.credit.profile.feature import Feature
from kemiao.credit.profile.window import Span

if TYPE_CHECKING:
    from ibis.expr.types import Table, Value

_C = ("company",)
INDUSTRY = Feature(
    "industry", "register", "行业", "industry", "它做哪一行?", "What trade is it in?", "text", "newest", _C
)
REGION = Feature("region", "register", "地区", "region", "它在哪里?", "Where is it?", "text", "newest", _C)
REGISTERED = Feature("registered_on", "register", "成立日期", "registered on",
                     "哪天成立的?", "When was it founded?", "day", "newest", _C)  # fmt: skip
FEATURES = (
    INDUSTRY,
    REGION,
    Feature("age_months", "register", "成立月数", "age", "它存在多久了?", "How long has it existed?", "months", "newest", _C),
    Feature("registered_capital_fen", "register", "注册资本", "registered capital",
            "股东承诺投入多少?", "How much have its owners promised to pay in?", "fen", "newest", _C),
    Feature("register_status", "register", "登记状态", "register status",
            "它还在经营吗?", "Is it still active in the register?", "text", "newest", _C),
    Feature("industry_named", "register", "行业(含按名称推断)", "industry, else by its name",
            "登记没写行业时,名称说它做哪一行?", "What trade is it in, by the register or else by its name?", "text", "newest", _C),
    Feature("industry_source", "register", "行业来源", "source of the industry",
            "行业是登记的还是按名称推断的?", "Is the industry registered, or told by the name?", "text", "newest", _C),
    Feature("industry_confidence_ppm", "register", "行业可信度", "trust in the industry",
            "这个行业有多可信?", "How often is such an industry right?", "ppm", "newest", _C),
)  # fmt: skip


def look(company: Table, span: Span) -> Table:
    """company, what its name says, industry, region, registered_on, registered_capital_fen, register_status; null where no source knows."""
    import ibis

    # The earliest known gets 0, so that the greatest place is the newest that has the column at all.
    order = [ibis.asc(company.known_at, nulls_first=True), company.batch, company.file, company.row]
    rows = company.mutate(place=ranked(company, ["company"], order))
    names = {"register_status": "status", "company_name": "name"} | {
        name: name for name in ("industry", "region", "registered_on", "registered_capital_fen")
    }
    entry = rows.group_by("company").aggregate(
        **{name: rows[raw].argmax(rows.place, where=rows[raw].notnull()) for name, raw in names.items()}
    )
    return entry.mutate(named_trade=industry_name.heard(entry.company_name)).drop("company_name")


def derive(row: Table, span: Span) -> dict[str, Value]:
    founded = row.registered_on
    months = span.as_of_month - (founded.year().cast("int64") * 12 + founded.month() - 1)
    begun = (founded.day() > span.as_of.day).cast("int64")  # the month that has begun is not full
    return {
        "age_months": (founded > span.as_of).ifelse(None, months - begun),
        **industry_name.derive(row),
    }
