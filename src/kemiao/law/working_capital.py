"""Working-capital need (流动资金贷款需求量测算): the reference formula, in exact fractions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from kemiao.base.columns import PPM, BoolArray, Ints
from kemiao.base.money import FEN_MAX
from kemiao.base.refusal import Refusal
from kemiao.law.columns import Cases, answer, weight_of
from kemiao.law.in_force import number, rows_in_force
from kemiao.law.rule import Input, Law, Output, Rule

# Objects: Python integers, because the products of four amounts pass any machine word.
Big = npt.NDArray[np.object_]
_ITEMS = (
    ("inventory", "存货", "inventory", "cost_of_sales_fen", 1),
    ("receivable", "应收账款", "receivables", "revenue_fen", 1),
    ("payable", "应付账款", "payables", "cost_of_sales_fen", -1),
    ("prepayment", "预付账款", "prepayments", "cost_of_sales_fen", 1),
    ("advance", "预收账款", "advances from customers", "revenue_fen", -1),
)  # name, zh, en, what it turns against, sign in the cash cycle
_SOURCES = ("own_funds_fen", "existing_loans_fen", "other_sources_fen")


def working_capital(cases: pa.Table, law: Law, on: date, *, negative_cycle_loan_fen: int) -> pa.Table | Refusal:
    """need_fen and new_loan_fen, rounded half up to a fen; days and turns in millionths.

    The sales profit rate is sales_profit_rate_ppm, or net_profit_fen over revenue where that is null. new_loan_fen below zero
    says by how much other funds exceed the need. Where the cash cycle is not above zero the formula has no meaning: both
    amounts are negative_cycle_loan_fen (the bank's choice) and manual_review is true. Sales or cost of sales of 0 with
    balances to turn is refused (NOTHING_TURNS_OVER), a need beyond 10^13 fen too; days and turns beyond 10^13 are null. Source: law/tables/working_capital.toml.
    """
    rows = rows_in_force(law, "working_capital", on)
    if isinstance(rows, Refusal):
        return rows
    given = Cases(cases)
    year_days = number(rows[0], "year_days")
    base = {name: given.amount(name) for name in ("revenue_fen", "cost_of_sales_fen")}
    sales, cost = base["revenue_fen"], base["cost_of_sales_fen"]
    ends = {name: (given.amount(f"{name}_opening_fen"), given.amount(f"{name}_closing_fen")) for name, *_ in _ITEMS}
    doubled = {name: opening + closing for name, (opening, closing) in ends.items()}  # twice the mean
    for name, _, _, against, _ in _ITEMS:
        stuck = doubled[name].known & (doubled[name].values > 0) & base[against].known & (base[against].values == 0)
        given.refuse(stuck, "NOTHING_TURNS_OVER")
    given.refuse(sales.known & (sales.values == 0), "NOTHING_TURNS_OVER")
    growth = given.ppm("revenue_growth_ppm", -PPM, 10**9)
    profit_rate, profit = given.ppm("sales_profit_rate_ppm", -(10**9), 10**9), given.signed_amount("net_profit_fen")

    # The cycle as a fraction of a year, over sales * cost: days = year_days * turn_top / turn_bottom.
    sales_n, cost_n = _big(sales, 1), _big(cost, 1)
    parts = {name: _big(doubled[name]) * (sales_n if against == "cost_of_sales_fen" else cost_n) * sign for name, _, _, against, sign in _ITEMS}  # fmt: skip
    turn_top, turn_bottom = sum(parts.values()), 2 * sales_n * cost_n
    cycle_known = sales.known & cost.known & np.logical_and.reduce([column.known for column in doubled.values()])
    negative = _surely_not_positive(ends, sales, cost)

    # sales * (1 - profit rate), over PPM
    kept_by_rate = sales_n * (PPM - _big(profit_rate))
    kept = np.where(profit_rate.known, kept_by_rate, (sales_n - _big(profit)) * PPM)
    grown = PPM + _big(growth)
    kept_known = sales.known & (profit_rate.known | profit.known)
    nothing_left = (kept_known & (kept == 0).astype(bool)) | (growth.known & (growth.values == -PPM))
    need_top, need_bottom = kept * grown * turn_top, PPM * PPM * turn_bottom
    need_known = cycle_known & (negative | (kept_known & growth.known) | nothing_left)

    need = _rounded(need_top, need_bottom, need_known & ~negative & given.judged)
    given.refuse(need_known & ~negative & given.judged & ~need.known, "RESULT_TOO_LARGE")
    cycle_days = _rounded(turn_top * year_days * PPM, turn_bottom, cycle_known & given.judged)
    turns = _rounded(PPM * turn_bottom, turn_top, cycle_known & ~negative & given.judged)
    days = {name: _days(doubled[name], base[against], year_days) for name, _, _, against, _ in _ITEMS}
    funds = [given.amount(name) for name in _SOURCES]
    new_loan = need - funds[0] - funds[1] - funds[2]
    chosen = Ints(np.full(given.rows, negative_cycle_loan_fen), negative)
    outputs: dict[str, Any] = {
        "need_fen": chosen.or_else(need),
        "new_loan_fen": chosen.or_else(new_loan),
        "manual_review": pa.array(negative, pa.bool_(), mask=~cycle_known & ~negative),
        "cycle_days_ppm": cycle_days,
        "turns_ppm": turns,
    } | {f"{name}_days_ppm": column for name, column in days.items()}  # fmt: skip

    unknown = {name: ~column.known for name, column in base.items()}
    unknown |= {f"{name}_{end}_fen": ~column.known for name in ends for end, column in zip(("opening", "closing"), ends[name], strict=True)}  # fmt: skip
    unknown |= {name: ~column.known for name, column in zip(_SOURCES, funds, strict=True)}
    unknown |= {"sales_profit_rate_ppm": ~nothing_left & ~profit_rate.known & ~profit.known, "revenue_growth_ppm": ~nothing_left & ~growth.known}  # fmt: skip
    missing = {item.name: unknown[item.name] & ~negative for item in RULE.inputs if item.name in unknown}
    return answer(RULE, given, on, outputs, missing, np.full(given.rows, weight_of(rows[0].confidence)))


def _surely_not_positive(ends: Mapping[str, tuple[Ints, Ints]], sales: Ints, cost: Ints) -> BoolArray:
    """The cash cycle is not above zero, whatever the unknown is: payables and advances only shorten it, so those that are
    unknown count as none; and where sales or cost are unknown, both of its parts must be at most zero by themselves."""
    against_cost, against_sales = np.zeros(len(sales), np.int64), np.zeros(len(sales), np.int64)
    settled = np.ones(len(sales), bool)
    for name, _, _, against, sign in _ITEMS:
        opening, closing = ends[name]
        part = sign * (opening.values + closing.values)
        settled &= (opening.known & closing.known) | (sign < 0)
        if against == "cost_of_sales_fen":
            against_cost = against_cost + part
        else:
            against_sales = against_sales + part
    whole = against_cost * _big(sales, 1) + against_sales * _big(cost, 1)
    apart = (against_cost <= 0) & (against_sales <= 0)
    return np.asarray(settled & np.where(sales.known & cost.known, (whole <= 0).astype(bool), apart))


def _big(column: Ints, unknown: int = 0) -> Big:
    """Python integers; `unknown` stands where nothing is known and is never read back."""
    values = np.where(column.known & (column.values != 0), column.values, unknown if unknown else 0)
    return values.astype(object)


def _rounded(top: Big, bottom: Big, known: BoolArray) -> Ints:
    """top / bottom where known, halves away from zero; not known where it is beyond what an amount may be."""
    up, down = np.abs(top[known]), bottom[known]
    exact = np.zeros(len(top), object)
    exact[known] = np.sign(top[known]) * ((2 * up + down) // (2 * down))
    within = known & (np.abs(exact) <= FEN_MAX).astype(bool)
    return Ints(np.where(within, exact, 0).astype(np.int64), within)


def _days(doubled: Ints, base: Ints, year_days: int) -> Ints:
    known = doubled.known & base.known & ((base.values > 0) | (doubled.values == 0))
    return _rounded(_big(doubled) * (year_days * PPM), 2 * _big(base, 1), known)


RULE = Rule(
    "working_capital", "流动资金贷款需求量测算", "working-capital need", "流动资金贷款管理办法, 附件",
    (
        Input("revenue_fen", "fen", "上年度销售收入", "last year's sales", ("sales", "revenue", "rev", "营业收入", "销售收入", "上年度营业收入"), "yuan"),
        Input("cost_of_sales_fen", "fen", "营业成本", "cost of sales", ("cogs", "cost of sales", "销售成本"), "yuan"),
        Input("sales_profit_rate_ppm", "ppm", "上年度销售利润率", "last year's sales profit rate", ("profit rate", "sales profit rate", "销售利润率"), "fraction"),
        Input("net_profit_fen", "fen", "净利润(未给销售利润率时使用)", "net profit (used where the rate is not given)", ("profit", "net profit", "净利润", "利润"), "yuan"),
        Input("revenue_growth_ppm", "ppm", "预计销售收入年增长率", "expected growth of sales", ("growth", "sales growth", "预计销售增长率", "销售增长率", "增长率"), "fraction"),
        *(
            Input(f"{name}_{end}_fen", "fen", f"{zh}{zh_end}", f"{en}, {end}", (f"{name} {end}", f"{short} {end}", f"{zh_end}{zh}", f"{zh}({zh_end})", f"{zh}{zh_end}余额"), "yuan")
            for (name, zh, en, *_), short in zip(_ITEMS, ("inv", "ar", "ap", "pre", "adv"), strict=True)
            for end, zh_end in (("opening", "期初"), ("closing", "期末"))
        ),
        Input("own_funds_fen", "fen", "自有资金", "own funds", ("own funds", "借款人自有资金"), "yuan"),
        Input("existing_loans_fen", "fen", "现有流动资金贷款", "existing working-capital loans", ("existing loans", "existing working capital loans"), "yuan"),
        Input("other_sources_fen", "fen", "其他渠道营运资金", "other working-capital sources", ("other", "other sources", "其他渠道提供的营运资金"), "yuan"),
    ),
    (
        Output("need_fen", "fen", "营运资金量", "working-capital need"),
        Output("new_loan_fen", "fen", "新增流动资金贷款额度", "new working-capital loan"),
        Output("manual_review", "flag", "须人工复核(周转期不为正)", "a person reviews it (the cash cycle is not above zero)"),
        Output("cycle_days_ppm", "ppm", "营运资金周转天数(百万分之一天)", "cash cycle in millionths of a day"),
        Output("turns_ppm", "ppm", "营运资金周转次数(百万分之一次)", "turns a year in millionths"),
        *(Output(f"{name}_days_ppm", "ppm", f"{zh}周转天数(百万分之一天)", f"days of {en} in millionths of a day") for name, zh, en, *_ in _ITEMS),
    ),
    ("working_capital",), working_capital, ("negative_cycle_loan_fen",),
)  # fmt: skip
