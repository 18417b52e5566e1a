"""Files of existing loans and of their history: columns by the names that ledgers have, cells as people type them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, NoReturn

from kemiao.base.refusal import BrokenInvariant, Refusal
from kemiao.credit.servicing.columns import BUSINESS_DAYS, DAY_COUNTS, RATE_KINDS
from kemiao.data.readers import open_file
from kemiao.law.case_columns import CaseColumns, case_columns
from kemiao.law.rule import Input, Rule

ROWS_MAX = 2_000_000
_REPAYMENTS = {
    "bullet": ("到期一次还本付息", "一次还本付息", "利随本清"),
    "interest_first": ("先息后本", "按期付息到期还本", "按月付息到期还本", "按季付息到期还本", "分期付息到期还本"),
    "equal_principal": ("等额本金",),
    "equal_installment": ("等额本息",),
    "revolving": ("随借随还", "循环贷款"),
}
_SECURITIES = {
    "none": ("信用", "无"), "receivables": ("应收账款",), "property": ("房地产", "不动产", "抵押"), "equipment": ("设备",),
    "cash": ("存单", "保证金"), "intellectual_property": ("知识产权", "专利"), "guarantee": ("保证", "担保"),
}  # fmt: skip
_KINDS = {"disburse": ("放款", "发放", "提款"), "repay": ("还款", "收回"), "fee": ("费用", "收费"), "other": ("其他", "展期", "调息")}  # fmt: skip


def _same(names: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    return dict.fromkeys(names, ())


LOAN_INPUTS = (
    Input("loan_no", "choice", "借据号", "loan number", ("借据编号", "贷款编号", "合同号", "loan")),
    Input("company", "choice", "统一社会信用代码", "company", ("社会信用代码", "企业代码", "客户代码", "uscc")),
    Input("drawn_on", "day", "发放日期", "drawn on", ("放款日期", "贷款发放日", "起息日", "starts_on")),
    Input("due_on", "day", "到期日", "due on", ("到期日期", "贷款到期日", "matures_on")),
    Input("principal_fen", "fen", "贷款金额", "principal", ("借据金额", "发放金额", "放款金额", "amount"), "yuan"),
    Input("balance_fen", "fen", "余额", "balance", ("贷款余额", "借据余额", "剩余本金"), "yuan"),
    Input("rate_ppm", "ppm", "年利率", "rate", ("利率", "执行利率")),
    Input("overdue_days", "count", "逾期天数", "days past due", ("逾期日数",)),
    Input("oldest_due_on", "day", "最早欠款日", "oldest due", ("欠款起始日", "最早逾期日")),
    Input("principal_due_fen", "fen", "逾期本金", "principal due", (), "yuan"),
    Input("interest_due_fen", "fen", "欠息", "interest due", ("逾期利息", "拖欠利息"), "yuan"),
    Input("interest_fen", "fen", "应计利息", "accrued interest", ("未到期应计利息",), "yuan"),
    Input("penalty_fen", "fen", "罚息", "penalty", ("应收罚息",), "yuan"),
    Input("compound_fen", "fen", "复利", "compound interest", ("应收复利",), "yuan"),
    Input("repayment", "choice", "还款方式", "repayment", (), choices=_REPAYMENTS),
    Input("every_months", "count", "还款间隔月数", "every months", ("还款周期月", "结息周期月")),
    Input("first_due_on", "day", "首次还款日", "first due", ("首期还款日", "首次结息日")),
    Input("month_end", "flag", "月末还款", "month end"),
    Input("business_day", "choice", "节假日规则", "business day", (), choices=_same(BUSINESS_DAYS)),
    Input("day_count", "choice", "计息基础", "day count", (), choices=_same(DAY_COUNTS)),
    Input("rate_kind", "choice", "利率类型", "rate kind", (), choices=_same(RATE_KINDS) | {"fixed": ("固定", "固定利率")}),
    Input("spread_ppm", "ppm", "利差", "spread", ("加点", "lpr加点")),
    Input("floor_ppm", "ppm", "利率下限", "floor"), Input("cap_ppm", "ppm", "利率上限", "cap"),
    Input("first_reset_on", "day", "首次重定价日", "first reset", ("下次重定价日",)),
    Input("reset_months", "count", "重定价周期月", "reset months"),
    Input("overdue_markup_ppm", "ppm", "罚息上浮", "overdue markup", ("逾期上浮",)),
    Input("grace_days", "count", "宽限期天数", "grace days"),
    Input("vat_ppm", "ppm", "增值税率", "vat"),
    Input("product", "choice", "产品", "product", ("产品名称", "贷款品种")),
    Input("unit", "choice", "机构", "unit", ("经办机构", "支行")), Input("manager", "choice", "客户经理", "manager", ("管户经理",)),
    Input("security", "choice", "担保方式", "security", (), choices=_SECURITIES),
    Input("security_value_fen", "fen", "担保价值", "security value", ("抵押物价值",), "yuan"),
    Input("guarantor", "choice", "保证人", "guarantor", ("担保人",)), Input("guaranteed_ppm", "ppm", "保证比例", "guaranteed share"),
    Input("purpose", "choice", "用途", "purpose", ("贷款用途",)),
    Input("pd_ppm", "ppm", "违约概率", "pd"), Input("lgd_ppm", "ppm", "违约损失率", "lgd"), Input("grade", "choice", "信用等级", "grade", ("评级",)),
    Input("industry", "choice", "行业", "industry", ("行业代码",)), Input("size_class", "choice", "企业规模", "size", ("规模",)),
    Input("technology", "choice", "科技类别", "technology category"),
)  # fmt: skip
HISTORY_INPUTS = (
    Input("loan_no", "choice", "借据号", "loan number", ("借据编号", "贷款编号", "合同号", "loan")),
    Input("value_day", "day", "日期", "date", ("交易日期", "起息日", "记账日期", "on")),
    Input("kind", "choice", "类型", "kind", ("交易类型", "业务类型"), choices=_KINDS),
    Input("amount_fen", "fen", "金额", "amount", ("交易金额", "发生额"), "yuan"),
    Input("principal_fen", "fen", "其中本金", "principal", ("本金",), "yuan"),
    Input("interest_fen", "fen", "其中利息", "interest", ("利息",), "yuan"),
    Input("reference", "choice", "流水号", "reference", ("凭证号", "交易流水号")),
)  # fmt: skip
_ZH = {item.name: item.zh for item in (*HISTORY_INPUTS, *LOAN_INPUTS)}


@dataclass(frozen=True, slots=True)
class Rows:
    """A file's rows with the numbers that their owner sees; the cells as they came; what can't be read, by place."""

    file: str
    header: tuple[str, ...]
    numbers: tuple[int, ...]
    columns: CaseColumns
    cells: tuple[tuple[str | None, ...], ...]  # by column
    faults: tuple[Refusal, ...]

    def row(self, place: int) -> tuple[str | None, ...]:
        return tuple(column[place] for column in self.cells)

    def at(self, place: int, name: str) -> dict[str, Any]:
        """Where a cell is, for a refusal."""
        return {
            "file": self.file,
            "row": self.numbers[place],
            "column": self.columns.read.get(name, _ZH.get(name, name)),
        }


def read_loans(path: Path) -> Rows | Refusal:
    return _read(path, _form("own_loans", LOAN_INPUTS), ("loan_no", "company", "drawn_on", "due_on", "principal_fen", "balance_fen", "rate_ppm"))  # fmt: skip


def read_history(path: Path) -> Rows | Refusal:
    return _read(path, _form("loan_history", HISTORY_INPUTS), ("loan_no", "value_day", "kind", "amount_fen"))


def _read(path: Path, form: Rule, needed: tuple[str, ...]) -> Rows | Refusal:
    """The first sheet. The header is the row of the first ones in which most columns are known."""
    sheet = open_file(path)[0]
    heads = [_known(form, [cell or "" for cell in head], path.name) for head in sheet.head]
    place = max(range(len(heads)), key=lambda row: (heads[row], -row), default=0)
    header = [cell or "" for cell in sheet.head[place]] if sheet.head else []
    while header and not header[-1].strip():
        header.pop()
    numbers: list[int] = []
    cells: list[list[str | None]] = [[] for _ in header]
    faults: list[Refusal] = []
    for batch in sheet.read(place):
        faults += [Refusal.at(fault.code, "这一行读不出来", "the row can't be read", file=path.name, row=fault.row) for fault in batch.faults]  # fmt: skip
        numbers += batch.cells["row"].to_pylist()
        for column, name in zip(cells, batch.cells.schema.names, strict=False):
            column.extend(map(_text, batch.cells[name].to_pylist()))
        if len(numbers) > ROWS_MAX:
            return Refusal.at("TOO_MANY_ROWS", f"一个文件最多 {ROWS_MAX} 行", f"a file has {ROWS_MAX} rows at most", file=path.name)  # fmt: skip
    found = case_columns(form, header, cells, path.name, numbers)
    if isinstance(found, Refusal):
        return found
    absent = [item for item in form.inputs if item.name in needed and item.name not in found.read]
    if absent:
        zh, en = "、".join(item.zh for item in absent), ", ".join(item.en for item in absent)
        return Refusal.at("COLUMN_MISSING", f"缺少列:{zh}", f"columns are missing: {en}", file=path.name, row=place + 1)
    return Rows(path.name, tuple(header), tuple(numbers), found, tuple(map(tuple, cells)), tuple(faults))


def _known(form: Rule, header: list[str], file: str) -> int:
    found = case_columns(form, header, [[] for _ in header], file, [])
    return 0 if isinstance(found, Refusal) else len(found.read)


def _form(name: str, inputs: tuple[Input, ...]) -> Rule:
    return Rule(name, "存量贷款", "existing loans", "", inputs, (), (), _no_rule)


def _no_rule(*_: object, **__: object) -> NoReturn:
    raise BrokenInvariant("a form of a file judges nothing")


def _text(cell: object) -> str | None:
    match cell:
        case None | str():
            return cell
        case float():
            return format(Decimal(repr(cell)), "f")
        case bool():
            return "true" if cell else "false"
        case date():
            return cell.isoformat()[:10]
    return str(cell)


def values(rows: Rows) -> Mapping[str, list[Any]]:
    """The columns that were read, as Python values; a blank is None."""
    return {name: rows.columns.table[name].to_pylist() for name in rows.columns.table.column_names}
