"""Whom the company sells to and buys from: how many, how concentrated, how faithful, and who they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kemiao.credit.profile.expressions import (
    bits_set,
    divided,
    exact_product,
    exact_square,
    exact_sum,
    growth_ppm,
    least_of,
    only_if,
    ranked,
    ratio_ppm,
)
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
    Feature("new_customers_ppm", "customers", "新客户占比(家数)", "share of new customers, by number",
            "有多少客户是这一年才来的?", "How many of its customers came in the last year?", "ppm", "12m/12m", _I),
    Feature("customer_churn_ppm", "customers", "客户流失率", "churn of customers",
            "上一年的客户走了几成?", "How many of the customers of the year before no longer buy?", "ppm", "12m/12m", _I),
    Feature("customers_growth_ppm", "customers", "客户数增长", "growth of customers",
            "客户多了还是少了?", "Has it more customers than the year before?", "ppm", "12m/12m", _I),
    Feature("customers_hhi_change_ppm", "customers", "客户集中度变化", "change of the concentration of customers",
            "客户是在集中还是在分散?", "Are its customers more or less concentrated than the year before?", "ppm", "12m/12m", _I),
    Feature("lasting_customers_ppm", "customers", "两年以上客户占比", "share of customers of two years and more",
            "有多少卖给了两年以上的客户?", "How much is sold to customers who first bought two years ago or longer?", "ppm", "history", _I),
    Feature("customer_months", "customers", "客户关系月数", "months of its relations to customers",
            "客户平均跟了多久(按销售加权)?", "How long have its customers been with it (weighted by sales)?", "months", "history", _I),
    Feature("unbroken_customers_ppm", "customers", "季季下单客户占比", "share of unbroken customers",
            "有多少卖给了每个季度都下单的客户?", "How much is sold to customers who bought in each quarter of the year?", "ppm", "12m", _I),
    Feature("one_off_customers_ppm", "customers", "一次性客户占比(家数)", "share of one-month customers, by number",
            "有多少客户一年只在一个月里买过?", "How many of its customers bought in a single month of the year?", "ppm", "12m", _I),
    Feature("sales_per_customer_fen", "customers", "户均销售", "sales per customer",
            "平均一个客户买多少?", "How much does one customer buy?", "fen", "12m", _I),
    Feature("voided_customers_ppm", "customers", "有作废客户占比", "share of customers with voids",
            "有多少卖给了发票作废过的客户?", "How much is sold to customers with whom an invoice was voided?", "ppm", "12m", _I),
    Feature("reversed_customers_ppm", "customers", "有冲红客户占比", "share of customers with reversals",
            "有多少卖给了退过货、冲过红的客户?", "How much is sold to customers with whom a sale was reversed?", "ppm", "12m", _I),
    Feature("registered_customers_ppm", "customers", "有信用代码客户占比", "share of registered customers",
            "有多少卖给了有统一社会信用代码的单位?", "How much is sold to customers with a unified social credit code?", "ppm", "12m", _I),
    Feature("person_customers_ppm", "customers", "个人客户占比", "share of persons",
            "有多少卖给了个人?", "How much is sold to persons?", "ppm", "12m", _I),
    Feature("new_suppliers_ppm", "suppliers", "新供应商占比(家数)", "share of new suppliers, by number",
            "有多少供应商是这一年才来的?", "How many of its suppliers came in the last year?", "ppm", "12m/12m", _I),
    Feature("supplier_churn_ppm", "suppliers", "供应商流失率", "churn of suppliers",
            "上一年的供应商走了几成?", "How many of the suppliers of the year before no longer supply?", "ppm", "12m/12m", _I),
    Feature("suppliers_growth_ppm", "suppliers", "供应商数增长", "growth of suppliers",
            "供应商多了还是少了?", "Has it more suppliers than the year before?", "ppm", "12m/12m", _I),
    Feature("lasting_suppliers_ppm", "suppliers", "两年以上供应商占比", "share of suppliers of two years and more",
            "有多少采购自两年以上的供应商?", "How much is bought from suppliers of two years and longer?", "ppm", "history", _I),
    Feature("supplier_months", "suppliers", "供应关系月数", "months of its relations to suppliers",
            "供应商平均跟了多久(按采购加权)?", "How long have its suppliers been with it (weighted by purchases)?", "months", "history", _I),
    Feature("unbroken_suppliers_ppm", "suppliers", "季季供货占比", "share of unbroken suppliers",
            "有多少采购自每个季度都供货的单位?", "How much is bought from suppliers who supplied in each quarter of the year?", "ppm", "12m", _I),
    Feature("one_off_suppliers_ppm", "suppliers", "一次性供应商占比(家数)", "share of one-month suppliers, by number",
            "有多少供应商一年只在一个月里供过货?", "How many of its suppliers supplied in a single month of the year?", "ppm", "12m", _I),
    Feature("registered_suppliers_ppm", "suppliers", "有信用代码供应商占比", "share of registered suppliers",
            "有多少采购自有统一社会信用代码的单位?", "How much is bought from suppliers with a unified social credit code?", "ppm", "12m", _I),
)  # fmt: skip
_YEAR = 0b1_1111_1111_1110  # bits 1 to 12 of the months of a pair
_QUARTERS = (0b1110, 0b111_0000, 0b11_1000_0000, 0b1_1100_0000_0000)


def look(pairs: Table) -> Table:
    """pairs: flows.customers or flows.suppliers. A counterparty counts where its net amount is above zero."""
    import ibis

    # By name after the amount: of two that bought the same, the same one is tenth on every machine. Of a sum of the five
    # largest it does not matter which of two alike is the fifth.
    largest, largest_before = [ibis.desc(pairs.recent_fen)], [ibis.desc(pairs.before_fen), pairs.other]
    rows = pairs.mutate(
        place=ranked(pairs, ["subject"], largest), place_before=ranked(pairs, ["subject"], largest_before),
        now=pairs.recent_fen > 0, earlier=pairs.before_fen > 0,
    )  # fmt: skip
    now, fen = rows.now, rows.recent_fen
    each_quarter = [rows.months & quarter != 0 for quarter in _QUARTERS]
    unbroken = each_quarter[0] & each_quarter[1] & each_quarter[2] & each_quarter[3]
    return rows.group_by("subject").aggregate(
        number=rows.count(where=now),
        all_fen=exact_sum(fen, now),
        largest_fen=fen.max(where=now),
        top5_fen=exact_sum(fen, now & (rows.place < 5)),
        squares=exact_square(fen).sum(where=now).cast("float64"),
        repeat_fen=exact_sum(fen, now & rows.earlier).fill_null(0),
        lost=rows.count(where=rows.earlier & (rows.place_before < 10) & ~now),
        number_before=rows.count(where=rows.earlier),
        before_fen=exact_sum(rows.before_fen, rows.earlier),
        before_squares=exact_square(rows.before_fen).sum(where=rows.earlier).cast("float64"),
        new=rows.count(where=now & (rows["first"] <= 12)),
        gone=rows.count(where=rows.earlier & ~now),
        lasting_fen=exact_sum(fen, now & (rows["first"] >= 24)).fill_null(0),
        fen_months=exact_product(fen, rows["first"]).sum(where=now).cast("float64"),
        unbroken_fen=exact_sum(fen, now & unbroken).fill_null(0),
        one_off=rows.count(where=now & (bits_set(rows.months & _YEAR) == 1)),
        registered_fen=exact_sum(fen, now & rows.other.startswith("uscc:")).fill_null(0),
        **(_as_customers(rows) if "back_fen" in rows.columns else {}),
    )


def _as_customers(rows: Table) -> dict[str, Value]:
    """What only the side that issues the invoices says."""
    now, fen, voided = rows.now, rows.recent_fen, rows.void_months & _YEAR
    back = now & (rows.back_fen > 0)
    return {
        "persons_fen": exact_sum(fen, now & rows.other.startswith("person:")).fill_null(0),
        "voided_fen": exact_sum(fen, now & (voided != 0)).fill_null(0),
        "reversed_fen": exact_sum(fen, now & (rows.reds > 0)).fill_null(0),
        "voided": exact_sum(bits_set(voided)),
        "rebilled": exact_sum(bits_set(voided & rows.months)),
        "mutual": rows.count(where=back),
        "mutual_fen": exact_sum(fen, back).fill_null(0),
        "circular_fen": exact_sum(least_of(fen, rows.back_fen), back).fill_null(0),
    }


def derive(row: Table, side: str, sides: str, history: Value) -> dict[str, Value]:
    """side: customer or supplier. history: months of sales or purchases on record, null where there are none at all."""
    number, whole = row[f"{sides}_number"], row[f"{sides}_all_fen"]
    number_before, before = row[f"{sides}_number_before"], row[f"{sides}_before_fen"]
    two_years = history >= 24
    hhi = ratio_ppm(row[f"{sides}_squares"] / whole.cast("float64"), whole)
    return {
        f"{sides}_12m": only_if(history.notnull(), number.fill_null(0)),
        f"largest_{side}_ppm": ratio_ppm(row[f"{sides}_largest_fen"], whole),
        f"top5_{sides}_ppm": ratio_ppm(row[f"{sides}_top5_fen"], whole),
        f"{sides}_hhi_ppm": hhi,
        f"repeat_{sides}_ppm": only_if(two_years, ratio_ppm(row[f"{sides}_repeat_fen"], whole)),
        f"lost_{sides}_top10": only_if(two_years, row[f"{sides}_lost"].fill_null(0)),
        f"new_{sides}_ppm": only_if(two_years, ratio_ppm(row[f"{sides}_new"], number)),
        f"{side}_churn_ppm": only_if(two_years, ratio_ppm(row[f"{sides}_gone"], number_before)),
        f"{sides}_growth_ppm": only_if(two_years, growth_ppm(number, number_before)),
        f"{sides}_hhi_change_ppm": only_if(
            two_years, hhi - ratio_ppm(row[f"{sides}_before_squares"] / before.cast("float64"), before)
        ),
        f"lasting_{sides}_ppm": only_if(two_years, ratio_ppm(row[f"{sides}_lasting_fen"], whole)),
        f"{side}_months": divided(row[f"{sides}_fen_months"], whole),
        f"unbroken_{sides}_ppm": only_if(history >= 12, ratio_ppm(row[f"{sides}_unbroken_fen"], whole)),
        f"one_off_{sides}_ppm": only_if(history >= 12, ratio_ppm(row[f"{sides}_one_off"], number)),
        f"registered_{sides}_ppm": ratio_ppm(row[f"{sides}_registered_fen"], whole),
    }


def derive_of_customers(row: Table) -> dict[str, Value]:
    whole = row.customers_all_fen
    return {
        "sales_per_customer_fen": divided(whole, row.customers_number),
        "person_customers_ppm": ratio_ppm(row.customers_persons_fen, whole),
        "voided_customers_ppm": ratio_ppm(row.customers_voided_fen, whole),
        "reversed_customers_ppm": ratio_ppm(row.customers_reversed_fen, whole),
    }
