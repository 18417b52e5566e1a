"""Whom the company sells to and buys from: how many, how concentrated, how faithful."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kemiao.credit.profile.expressions import exact_square, exact_sum, only_if, ranked, ratio_ppm
from kemiao.credit.profile.feature import Feature

if TYPE_CHECKING:
    from ibis.expr.types import Table, Value

_I = ("invoice",)
FEATURES = (
    Feature("customers_12m", "customers", "客户数", "customers",
            "它有多少客户?", "How many customers does it have?", "count", "12m", _I),
    Feature("largest_customer_ppm", "customers", "最大客户占比", "share of the largest customer",
            "没有最大客户会怎样?", "How much hangs on the largest customer?", "ppm", "12m", _I),
    Feature("top5_customers_ppm", "customers", "前五大客户占比", "share of the five largest customers",
            "前五大客户占多少?", "How much hangs on the five largest customers?", "ppm", "12m", _I),
    Feature("customers_hhi_ppm", "customers", "客户集中度", "concentration of customers",
            "客户分散吗(赫芬达尔指数)?", "How concentrated are its customers (Herfindahl index)?", "ppm", "12m", _I),
    Feature("repeat_customers_ppm", "customers", "老客户占比", "share of repeat customers",
            "老客户还在买吗?", "How much is sold to customers who also bought in the year before?", "ppm", "12m/12m", _I),
    Feature("lost_customers_top10", "customers", "流失大客户数", "lost among the ten largest customers",
            "上一年前十大客户丢了几个?", "How many of the ten largest customers of the year before no longer buy?", "count", "12m/12m", _I),
    Feature("suppliers_12m", "suppliers", "供应商数", "suppliers",
            "它有多少供应商?", "How many suppliers does it have?", "count", "12m", _I),
    Feature("largest_supplier_ppm", "suppliers", "最大供应商占比", "share of the largest supplier",
            "是不是靠一家供货?", "How much hangs on the largest supplier?", "ppm", "12m", _I),
    Feature("top5_suppliers_ppm", "suppliers", "前五大供应商占比", "share of the five largest suppliers",
            "前五大供应商占多少?", "How much hangs on the five largest suppliers?", "ppm", "12m", _I),
    Feature("suppliers_hhi_ppm", "suppliers", "供应商集中度", "concentration of suppliers",
            "供应商分散吗(赫芬达尔指数)?", "How concentrated are its suppliers (Herfindahl index)?", "ppm", "12m", _I),
    Feature("repeat_suppliers_ppm", "suppliers", "老供应商占比", "share of repeat suppliers",
            "老供应商还在供货吗?", "How much is bought from suppliers who also supplied in the year before?", "ppm", "12m/12m", _I),
    Feature("lost_suppliers_top10", "suppliers", "流失大供应商数", "lost among the ten largest suppliers",
            "上一年前十大供应商丢了几个?", "How many of the ten largest suppliers of the year before no longer supply?", "count", "12m/12m", _I),
)  # fmt: skip


def look(pairs: Table, company: str, other: str, subjects: Table) -> Table:
    """company: the side of the pair that is looked at. A counterparty counts where its net amount is above zero."""
    mine = pairs.rename(company=company, other=other).semi_join(subjects, "company")
    rows = mine.mutate(
        place=_place(mine, "recent_fen"), place_before=_place(mine, "before_fen"), now=mine.recent_fen > 0
    )
    return rows.group_by("company").aggregate(
        number=rows.count(where=rows.now),
        all_fen=exact_sum(rows.recent_fen, rows.now),
        largest_fen=rows.recent_fen.max(where=rows.now),
        top5_fen=exact_sum(rows.recent_fen, rows.now & (rows.place < 5)),
        squares=exact_square(rows.recent_fen).sum(where=rows.now).cast("float64"),
        repeat_fen=exact_sum(rows.recent_fen, rows.now & (rows.before_fen > 0)).fill_null(0),
        lost=rows.count(where=(rows.before_fen > 0) & (rows.place_before < 10) & ~rows.now),
    )


def _place(rows: Table, amount: str) -> Value:
    # By name after the amount: of two that bought the same, the same one is tenth on every machine.
    import ibis

    return ranked(rows, ["company"], [ibis.desc(rows[amount]), rows.other])


def derive(row: Table, side: str, sides: str, history: Value) -> dict[str, Value]:
    """side: customer or supplier. history: months of sales or purchases on record, null where there are none at all."""
    number, whole = row[f"{sides}_number"], row[f"{sides}_all_fen"]
    two_years = history >= 24
    return {
        f"{sides}_12m": only_if(history.notnull(), number.fill_null(0)),
        f"largest_{side}_ppm": ratio_ppm(row[f"{sides}_largest_fen"], whole),
        f"top5_{sides}_ppm": ratio_ppm(row[f"{sides}_top5_fen"], whole),
        f"{sides}_hhi_ppm": ratio_ppm(row[f"{sides}_squares"] / whole.cast("float64"), whole),
        f"repeat_{sides}_ppm": only_if(two_years, ratio_ppm(row[f"{sides}_repeat_fen"], whole)),
        f"lost_{sides}_top10": only_if(two_years, row[f"{sides}_lost"].fill_null(0)),
    }
