"""Headings of green loans (绿色贷款) in the catalogue in force. Source: law/tables/green_loan.toml."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import numpy as np
import pyarrow as pa

from kemiao.base.refusal import Refusal
from kemiao.law.columns import Cases, answer, names_at, weight_of
from kemiao.law.in_force import rows_in_force
from kemiao.law.rule import Input, Law, Output, Rule


def green_headings(law: Law, on: date) -> Mapping[str, tuple[str, str]] | Refusal:
    """code → (zh, en). Refuses LAW_NOT_IN_FORCE before the catalogue."""
    rows = rows_in_force(law, "green_loan", on)
    if isinstance(rows, Refusal):
        return rows
    return {str(row.cells["code"]): (str(row.cells["zh"]), str(row.cells["en"])) for row in rows}


def green_loan(cases: pa.Table, law: Law, on: date) -> pa.Table | Refusal:
    """green: the heading is one of the catalogue. Loans approved before it was published and not drawn yet keep the former
    standard, which was not transcribed: approved_on before that day is refused in its row (LAW_NOT_IN_FORCE).
    """
    rows = rows_in_force(law, "green_loan", on)
    if isinstance(rows, Refusal):
        return rows
    given = Cases(cases)
    heading = given.choice("heading", [str(row.cells["code"]) for row in rows])
    begins = (max(row.effective_from for row in rows) - date(1970, 1, 1)).days
    approved = np.asarray(given.day("approved_on").cast(pa.int32()).fill_null(begins), np.int64)
    given.refuse(approved < begins, "LAW_NOT_IN_FORCE")
    outputs = {
        "green": pa.array(heading.known, pa.bool_(), mask=~heading.known),
        "heading_zh": names_at(heading.index, [str(row.cells["zh"]) for row in rows], heading.known),
        "heading_en": names_at(heading.index, [str(row.cells["en"]) for row in rows], heading.known),
    }
    weight = max(weight_of(row.confidence) for row in rows)
    return answer(RULE, given, on, outputs, {"heading": ~heading.known}, np.full(given.rows, weight, np.int64))


_WORDS = {
    "G1": ("节能降碳产业", "节能降碳"), "G2": ("环境保护产业", "环境保护"), "G3": ("资源循环利用产业", "资源循环利用"),
    "G4": ("能源绿色低碳转型",), "G5": ("生态保护修复和利用", "生态保护"), "G6": ("基础设施绿色升级",), "G7": ("绿色服务",),
    "G8": ("绿色贸易",), "G9": ("绿色消费",),
}  # fmt: skip

RULE = Rule(
    "green_loan", "绿色贷款", "green loan", "绿色金融支持项目目录(2025年版)",
    (
        Input("heading", "choice", "一级分类", "first-level heading", ("code", "类别", "绿色类别", "green"), choices=_WORDS),
        Input("approved_on", "day", "审批日(空则为所问之日)", "approved on (null: the day asked for)", ("审批日期",), elected=True),
    ),
    (
        Output("green", "flag", "绿色贷款", "a green loan"),
        Output("heading_zh", "text", "名称", "heading in Chinese"),
        Output("heading_en", "text", "英文名称", "heading"),
    ),
    ("green_loan",), green_loan,
)  # fmt: skip
