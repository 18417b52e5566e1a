"""Size of an enterprise (中小企业划型): micro, small, medium or large, by industry."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import numpy as np
import pyarrow as pa

from kemiao.base.columns import BoolArray, IntArray, Ints
from kemiao.base.refusal import Refusal
from kemiao.base.tables import Row
from kemiao.law.columns import Cases, answer, names_at, weight_of
from kemiao.law.in_force import rows_in_force
from kemiao.law.rule import Input, Law, Output, Rule

CLASSES = ("micro", "small", "medium", "large")
SIZE_WORDS: Mapping[str, tuple[str, ...]] = {
    "micro": ("微型", "微型企业"),
    "small": ("小型", "小型企业"),
    "medium": ("中型", "中型企业"),
    "large": ("大型", "大型企业"),
}
_TOP = len(CLASSES) - 1
_CELLS = {"staff_total": ("staff_total", 1), "revenue_fen": ("revenue_wan", 10**6), "total_assets_fen": ("total_assets_wan", 10**6)}  # fmt: skip


def sme_size(cases: pa.Table, law: Law, on: date) -> pa.Table | Refusal:
    """size_class: the lowest class over the indicators that the industry uses.

    cases: industry, staff_total, revenue_fen, total_assets_fen. An unknown indicator is any class between micro and large,
    an unknown industry any of the table's: where that leaves one class, it is said; otherwise null, with what is missing.
    Source: law/tables/sme_size.toml.
    """
    rows = rows_in_force(law, "sme_size", on)
    if isinstance(rows, Refusal):
        return rows
    given = Cases(cases)
    industry = given.choice("industry", [str(row.cells["industry"]) for row in rows])
    indicators = {"staff_total": given.count("staff_total"), "revenue_fen": given.amount("revenue_fen"), "total_assets_fen": given.amount("total_assets_fen")}  # fmt: skip

    low, high = np.full(given.rows, _TOP), np.zeros(given.rows, np.int64)
    read = {name: np.zeros(given.rows, bool) for name in indicators}
    confidence = np.zeros(given.rows, np.int64)
    for number, row in enumerate(rows):
        # A row whose industry is unknown may be in each of them.
        here = np.flatnonzero((industry.index == number) | ~industry.known)
        low_here = high_here = np.full(len(here), _TOP)
        for name, column in indicators.items():
            ladder = _ladder(row, name)
            if ladder is None:
                continue
            lowest, highest = _classes(column, ladder, here)
            low_here, high_here = np.minimum(low_here, lowest), np.minimum(high_here, highest)
        for name in indicators:
            read[name][here] |= (_ladder(row, name) is not None) & (high_here > 0)
        low[here], high[here] = np.minimum(low[here], low_here), np.maximum(high[here], high_here)
        confidence[here] = np.maximum(confidence[here], weight_of(row.confidence))

    open_ = low != high
    missing: dict[str, BoolArray] = {"industry": open_ & ~industry.known}
    missing |= {name: open_ & ~column.known & read[name] for name, column in indicators.items()}
    return answer(RULE, given, on, {"size_class": names_at(low, CLASSES, ~open_)}, missing, confidence)


def _ladder(row: Row, name: str) -> IntArray | None:
    """Where small, medium and large begin for one indicator, in its own unit; None where the industry does not use it."""
    cell, unit = _CELLS[name]
    steps = row.cells.get(cell)
    return np.array(steps, np.int64) * unit if isinstance(steps, list) else None


def _classes(column: Ints, ladder: IntArray, here: IntArray) -> tuple[IntArray, IntArray]:
    """Lowest and highest class that the indicator may have in the rows `here`."""
    known = column.known[here]
    band = np.searchsorted(ladder, column.values[here], side="right")
    return np.where(known, band, 0), np.where(known, band, _TOP)


INDUSTRY_WORDS: Mapping[str, tuple[str, ...]] = {
    "agri": ("农、林、牧、渔业", "农林牧渔业", "农业", "farming", "farming, forestry, animal husbandry, fishery"),
    "industry": ("工业", "制造业", "采矿业", "mining", "manufacturing"),
    "construction": ("建筑业",),
    "wholesale": ("批发业", "批发"),
    "retail": ("零售业", "零售"),
    "transport": ("交通运输业", "交通运输"),
    "warehousing": ("仓储业", "仓储"),
    "postal": ("邮政业", "邮政", "postal services"),
    "hotel": ("住宿业", "住宿", "accommodation"),
    "catering": ("餐饮业", "餐饮"),
    "telecom": ("信息传输业", "信息传输", "information transmission"),
    "software": ("软件和信息技术服务业", "软件业", "软件", "software and it services"),
    "real_estate": ("房地产开发经营", "房地产", "real-estate development", "real estate development", "real estate"),
    "property_mgmt": ("物业管理", "property management"),
    "leasing_business": ("租赁和商务服务业", "租赁和商务服务", "leasing and business services"),
    "other": ("其他未列明行业", "其他", "科学研究和技术服务业", "other unlisted"),
}  # ways to write the industries; the numbers are in the table

RULE = Rule(
    "sme_size", "中小企业划型", "size of enterprises", "中小企业划型标准规定, 工信部联企业〔2011〕300号",
    (
        Input("industry", "choice", "行业", "industry", ("industry_code", "所属行业", "行业代码", "划型行业"), choices=INDUSTRY_WORDS),
        Input("staff_total", "count", "从业人员", "staff", ("staff", "employees", "从业人数", "从业人员数", "职工总数", "职工人数", "员工人数", "人数")),
        Input("revenue_fen", "fen", "营业收入", "revenue", ("rev", "revenue", "sales", "年营业收入", "销售收入"), "wan"),
        Input("total_assets_fen", "fen", "资产总额", "total assets", ("assets", "total assets", "资产", "总资产", "资产总计"), "wan"),
    ),
    (Output("size_class", "choice", "规模", "size"),),
    ("sme_size",), sme_size,
)  # fmt: skip
