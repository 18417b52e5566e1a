"""Spoils a few rows, as files in the world are spoilt, and writes down each place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from kemiao.base.keys import uscc_check_digit
from kemiao.twin.population.setting import PPM
from kemiao.twin.population.sheet import Dirt, Paper, Sheet

INVOICE_DIRT_PPM = 4_500
Spoil = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Fault:
    kind: str
    column: str
    spoil: Spoil
    outcome: str = "quarantined"


def letter_o(amount: str) -> str:
    """A zero typed as a capital O; an amount without a zero gets one at its end."""
    return amount[::-1].replace("0", "O", 1)[::-1] if "0" in amount else amount + "O"


def wrong_check_digit(code: str) -> str:
    right = uscc_check_digit(code[:17])
    return code[:17] + ("1" if right != "1" else "2")


def words_for_date(_: str) -> str:
    return "上月底"


def ten_yuan_more(amount: str) -> str:
    """The total no longer adds up."""
    sign, digits = (-1, amount[1:]) if amount.startswith("-") else (1, amount)
    fen = sign * int(digits.replace(".", "")) + 1_000
    return f"{'-' if fen < 0 else ''}{abs(fen) // 100}.{abs(fen) % 100:02d}"


def below_zero(number: str) -> str:
    return f"-{number}" if number.strip("0.") else "-1"


def absurd(_: str) -> str:
    return "1000000000000000"


INVOICE_FAULTS = (
    Fault("letter_o", "金额", letter_o),
    Fault("wrong_check_digit", "购方识别号", wrong_check_digit),
    Fault("text_date", "开票日期", words_for_date),
    Fault("total_does_not_add_up", "价税合计", ten_yuan_more),
)
OTHER_FAULTS: dict[str, Sequence[Fault]] = {
    "company_register": (Fault("text_date", "成立日期", words_for_date),),
    "tax_filings": (Fault("wrong_check_digit", "统一社会信用代码", wrong_check_digit), Fault("letter_o", "申报销售额", letter_o)),
    "payroll": (Fault("below_zero", "代发人数", below_zero), Fault("letter_o", "代发金额", letter_o)),
    "power": (Fault("below_zero", "用电量(千瓦时)", below_zero), Fault("text_date", "用电月份", words_for_date)),
    "financial_statements": (Fault("below_zero", "资产总额", below_zero),),
    "research": (Fault("letter_o", "研发费用(万元)", letter_o),),
    "orders": (Fault("absurd_amount", "合同金额(万元)", absurd),),
    "patents": (Fault("text_date", "申请日", words_for_date),),
    "courts": (Fault("text_date", "立案日期", words_for_date),),
    "shareholding": (Fault("wrong_check_digit", "统一社会信用代码", wrong_check_digit),),
}  # fmt: skip


def spoil(rng: np.random.Generator, papers: list[Paper]) -> list[Paper]:
    """Returns the papers with faults in known rows, some rows twice, and one file handed in twice."""
    for paper in papers:
        sheet = paper.sheets[0]
        if paper.map == "etax_invoices":
            many = max(int(rng.poisson(sheet.cells.num_rows * INVOICE_DIRT_PPM / PPM)), 0)
            _spoil_rows(rng, sheet, INVOICE_FAULTS, many)
        elif paper.map in OTHER_FAULTS:
            faults = [fault for fault in OTHER_FAULTS[paper.map] if fault.column in sheet.cells.column_names]
            many = max(1, sheet.cells.num_rows * 2_000 // PPM)
            _spoil_rows(rng, sheet, faults, min(many, sheet.cells.num_rows // 10))
    districts = [paper for paper in papers if paper.map == "etax_invoices" and not paper.path.endswith(".xlsx")]
    _repeat_rows(rng, districts[0], 3)
    if len(districts) > 1:
        _cut(districts[-1])
    register = next(paper for paper in papers if paper.map == "company_register")
    _stray_byte(rng, register)
    twice = districts[len(districts) // 2]
    return [
        *papers,
        Paper(twice.path.replace(".csv", "(1).csv"), twice.map, twice.sheets, twice.encoding, copy_of=twice.path),
    ]


def _spoil_rows(rng: np.random.Generator, sheet: Sheet, faults: Sequence[Fault], many: int) -> None:
    rows = np.sort(rng.choice(sheet.cells.num_rows, many, replace=False)) if many else np.array([], dtype=np.int64)
    which = rng.integers(0, max(len(faults), 1), len(rows))
    changed: dict[str, dict[int, str]] = {}
    for row, kind in zip(rows, which, strict=True):
        fault = faults[kind]
        old = sheet.cells[fault.column][int(row)].as_py()
        changed.setdefault(fault.column, {})[int(row)] = fault.spoil(old)
        sheet.dirt.append(Dirt(fault.kind, int(row) + sheet.first_row, fault.column, fault.outcome))
    for column, cells in changed.items():
        texts = sheet.cells[column].to_pylist()
        for row, text in cells.items():
            texts[row] = text
        sheet.cells = sheet.cells.set_column(
            sheet.cells.column_names.index(column), column, pa.array(texts, pa.string())
        )


def _repeat_rows(rng: np.random.Generator, paper: Paper, many: int) -> None:
    """Clean rows once more at the end of the file: the same facts."""
    sheet = paper.sheets[0]
    spoilt = {dirt.row - sheet.first_row for dirt in sheet.dirt}
    clean = np.array([row for row in range(sheet.cells.num_rows) if row not in spoilt])
    rows = np.sort(rng.choice(clean, min(many, len(clean)), replace=False))
    start = sheet.cells.num_rows + sheet.first_row
    sheet.cells = pa.concat_tables([sheet.cells, sheet.cells.take(pa.array(rows))])
    sheet.facts = np.concatenate([sheet.facts, sheet.facts[rows]])
    sheet.dirt.extend(Dirt("repeated_row", start + place, "", "duplicate") for place in range(len(rows)))


def _cut(paper: Paper) -> None:
    """The last line ends in the middle: the transfer broke off."""
    sheet = paper.sheets[0]
    last = sheet.cells.num_rows + sheet.first_row - 1
    sheet.dirt[:] = [dirt for dirt in sheet.dirt if dirt.row != last]
    paper.cut_last_line = True
    sheet.dirt.append(Dirt("cut_line", last, "", "quarantined"))


def _stray_byte(rng: np.random.Generator, paper: Paper) -> None:
    """A byte that is no character in GB18030, in a clean row."""
    sheet = paper.sheets[0]
    spoilt = {dirt.row for dirt in sheet.dirt}
    rows = [row for row in range(sheet.first_row, sheet.first_row + sheet.cells.num_rows) if row not in spoilt]
    paper.stray_byte_row = int(rng.choice(np.array(rows)))
    sheet.dirt.append(Dirt("stray_byte", paper.stray_byte_row, "企业名称", "quarantined"))
