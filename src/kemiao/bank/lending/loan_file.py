"""Files of existing loans and of their history: columns by the names that ledgers have, cells as people type them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from kemiao.base.refusal import BrokenInvariant, Refusal
from kemiao.credit.servicing.columns import BUSINESS_DAYS, DAY_COUNTS, RATE_KINDS
from kemiao.data.readers import Sheet, cell_text, open_file
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
    Input("spread_ppm", "ppm", "利差", "spread", ("加点", "lpr加点", "加点幅度", "利差bp@bp", "利差基点@bp", "加点bp@bp", "加点基点@bp", "lpr加点bp@bp", "加点数@bp", "lpr加点数@bp", "加点数bp@bp")),
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
_TOTAL = re.compile(r"(?:本页|本表|本行|全行|全部)?(?:合计|总计|小计|共计|累计|总和)(?:数|额|金额|余额|元)?(?:共)?[笔户条行]?|(?:grand|sub)?totals?|sum")  # fmt: skip
_CODE_MIN = 15  # characters of a company's code, of which a total row has none
_ZH = {item.name: item.zh for item in (*HISTORY_INPUTS, *LOAN_INPUTS)}


@dataclass(frozen=True, slots=True)
class Rows:
    """A file's rows with the numbers that their owner sees; the cells as they came; what can't be read, by place.

    sheet: of a workbook. totals: places of rows that sum the others up.
    """

    file: str
    sheet: str | None
    header: tuple[str, ...]
    numbers: tuple[int, ...]
    columns: CaseColumns
    cells: tuple[tuple[str | None, ...], ...]  # by column
    faults: tuple[Refusal, ...]
    totals: frozenset[int]

    def row(self, place: int) -> tuple[str | None, ...]:
        return tuple(column[place] for column in self.cells)

    def at(self, place: int, name: str) -> dict[str, Any]:
        """Where a cell is, for a refusal."""
        return {
            "file": self.file,
            "sheet": self.sheet,
            "row": self.numbers[place],
            "column": self.columns.read.get(name, _ZH.get(name, name)),
        }


def read_loans(path: Path, sheet: str | None = None) -> Rows | Refusal:
    """sheet: of a workbook in which several hold a ledger."""
    return _read(path, _form("own_loans", LOAN_INPUTS), ("loan_no", "company", "drawn_on", "due_on", "principal_fen", "balance_fen", "rate_ppm"), sheet)  # fmt: skip


def read_history(path: Path) -> Rows | Refusal:
    return _read(path, _form("loan_history", HISTORY_INPUTS), ("loan_no", "value_day", "kind", "amount_fen"), None)


@dataclass(frozen=True, slots=True)
class _Head:
    """A sheet with the row in which most columns are known, and what it lacks."""

    sheet: Sheet
    place: int
    known: int
    absent: tuple[Input, ...]
    ambiguous: Refusal | None


def _read(path: Path, form: Rule, needed: tuple[str, ...], wanted: str | None) -> Rows | Refusal:
    """The sheet that has the columns. Two that have them are refused: of which the loans are is not to be guessed."""
    sheets = open_file(path)
    heads = [_head(form, needed, sheet, path.name) for sheet in sheets if wanted in (None, sheet.name)]
    found = [head for head in heads if not head.absent]
    if len(found) == 1:
        return _rows(path, form, found[0])
    if found:
        names = "、".join(str(head.sheet.name) for head in found)
        return Refusal.at("SEVERAL_SHEETS", f"几张表都是台账:{names};请用 kemiao loan import --sheet 指明一张,或每个文件只留一张", f"several sheets hold a ledger: {names}; name one with kemiao loan import --sheet, or keep one a file", file=path.name)  # fmt: skip
    if not heads:
        names = "、".join(str(sheet.name) for sheet in sheets)
        return Refusal.at("NO_SUCH_SHEET", f"没有这张表;有:{names}", f"there is no such sheet; there are: {names}", file=path.name, sheet=wanted)  # fmt: skip
    best = max(heads, key=lambda head: head.known)
    if best.ambiguous is not None:
        return best.ambiguous
    expected = "、".join(item.zh for item in form.inputs if item.name in needed)
    looked = "、".join(str(head.sheet.name) for head in heads if head.sheet.name is not None)
    if not best.known:
        return Refusal.at("COLUMN_MISSING", f"没有找到表头;应有的列:{expected}", f"no header was found; the columns that are expected: {expected}", file=path.name, sheet=looked or None)  # fmt: skip
    absent = "、".join(item.zh for item in best.absent)
    zh, en = (f";看过的表:{looked}", f"; sheets looked at: {looked}") if len(heads) > 1 else ("", "")
    return Refusal.at("COLUMN_MISSING", f"缺少列:{absent}(应有:{expected}){zh}", f"columns are missing: {absent} (expected are {expected}){en}", file=path.name, sheet=best.sheet.name, row=best.place + 1)  # fmt: skip


def _head(form: Rule, needed: tuple[str, ...], sheet: Sheet, file: str) -> _Head:
    wanted = tuple(item for item in form.inputs if item.name in needed)
    best = _Head(sheet, 0, 0, wanted, None)
    for place, cells in enumerate(sheet.head):
        header = [cell or "" for cell in cells]
        found = case_columns(form, header, [[] for _ in header], file, [])
        if isinstance(found, Refusal):
            if found.code == "TWO_COLUMNS" and not best.known:
                named = Refusal.at(found.code, found.zh, found.en, file=file, sheet=sheet.name, **{key: value for key, value in found.where if key != "file"})  # fmt: skip
                best = _Head(sheet, place, 1, wanted, named)
        elif len(found.read) > best.known:
            best = _Head(sheet, place, len(found.read), tuple(item for item in wanted if item.name not in found.read), None)  # fmt: skip
    return best


def _rows(path: Path, form: Rule, head: _Head) -> Rows | Refusal:
    sheet = head.sheet
    header = [cell or "" for cell in sheet.head[head.place]]
    while header and not header[-1].strip():
        header.pop()
    numbers: list[int] = []
    cells: list[list[str | None]] = [[] for _ in header]
    faults: list[Refusal] = []
    for batch in sheet.read(head.place):
        faults += [Refusal.at(fault.code, "这一行读不出来", "the row can't be read", file=path.name, sheet=sheet.name, row=fault.row) for fault in batch.faults]  # fmt: skip
        numbers += batch.cells["row"].to_pylist()
        for column, name in zip(cells, batch.cells.schema.names, strict=False):
            column.extend(map(cell_text, batch.cells[name].to_pylist()))
        if len(numbers) > ROWS_MAX:
            return Refusal.at("TOO_MANY_ROWS", f"一个文件最多 {ROWS_MAX} 行", f"a file has {ROWS_MAX} rows at most", file=path.name)  # fmt: skip
    found = case_columns(form, header, cells, path.name, numbers)
    if isinstance(found, Refusal):
        return found
    totals = _totals(found, header, cells)
    return Rows(path.name, sheet.name, tuple(header), tuple(numbers), found, tuple(map(tuple, cells)), tuple(faults), totals)  # fmt: skip


def _totals(found: CaseColumns, header: list[str], cells: list[list[str | None]]) -> frozenset[int]:
    """Rows that say 合计, 小计, total… first or in the number's place, and have no company or day of their own."""
    own = "company" if "company" in found.read else "value_day"
    number, telling = cells[header.index(found.read["loan_no"])], cells[header.index(found.read[own])]
    totals = set()
    for place, text in enumerate(telling):
        if own == "value_day" and found.table[own][place].as_py() is not None:
            continue
        if text is not None and sum(c.isascii() and c.isalnum() for c in text) >= _CODE_MIN:
            continue  # a row of a company, whatever its loan is called
        first = next((column[place] for column in cells if (column[place] or "").strip()), None)
        if any(_TOTAL.fullmatch(_bare(label)) for label in (first, number[place], text) if label):
            totals.add(place)
    return frozenset(totals)


def _bare(text: str) -> str:
    return re.sub(r"[\W\d_]", "", unicodedata.normalize("NFKC", text).casefold())


def _form(name: str, inputs: tuple[Input, ...]) -> Rule:
    return Rule(name, "存量贷款", "existing loans", "", inputs, (), (), _no_rule)


def _no_rule(*_: object, **__: object) -> NoReturn:
    raise BrokenInvariant("a form of a file judges nothing")


def values(rows: Rows) -> Mapping[str, list[Any]]:
    """The columns that were read, as Python values; a blank is None."""
    return {name: rows.columns.table[name].to_pylist() for name in rows.columns.table.column_names}
