"""A customer's statement as a PDF or a workbook."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from kemiao.app.door import Door
from kemiao.app.whole_file import whole_file


def write_statement(door: Door, asked, out: Path, dated: date):
    """Raises Refused OUT_UNWRITABLE."""
    with whole_file(out) as room:
        if out.suffix.lower() == ".pdf":
            room.stream.write(_pdf(door, asked, dated))
        else:
            _workbook(door, asked, room.stream)


def _pdf(door: Door, asked, dated: date) -> bytes:
    from kemiao.papers.statement import StatementContent, StatementRow, render_statement

    said = asked.statement
    rows = tuple(StatementRow(each.booked_on, each.value_day, each.loan, _words(door, each), each.fen, each.balance_fen) for each in said.movements)  # fmt: skip
    whose = asked.loan or asked.company.partition(":")[2]
    return render_statement(
        StatementContent(whose, said.first, said.last, dated, said.opening_fen, said.closing_fen, rows, said.loans), door.lang
    )  # fmt: skip


def _words(door: Door, each) -> str:
    from kemiao.credit.books.words import words

    return words(each.kind, each.component, door.lang) + (door.word("(冲正)", " (reversed)") if each.reversal else "")


def _workbook(door: Door, asked, stream) -> None:
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell

    book = Workbook(write_only=True)
    sheet = book.create_sheet(door.word("对账单", "statement"))
    said = asked.statement

    def money(fen: int):
        cell = WriteOnlyCell(sheet, value=fen / 100)  # shown in yuan; amount_fen beside it is exact
        cell.number_format = "#,##0.00"
        return cell

    sheet.append([door.word("记账日", "booked"), door.word("起息日", "value day"), door.word("贷款", "loan"), door.word("事项", "what"),
                  door.word("金额(元)", "yuan"), door.word("欠款(元)", "owed, yuan"), "amount_fen", "balance_fen"])  # fmt: skip
    sheet.append([said.first, None, None, door.word("期初", "opening"), None, money(said.opening_fen), None, said.opening_fen])  # fmt: skip
    for each in said.movements:
        sheet.append([each.booked_on, each.value_day, each.loan, _words(door, each), money(each.fen), money(each.balance_fen), each.fen, each.balance_fen])  # fmt: skip
    sheet.append([said.last, None, None, door.word("期末", "closing"), None, money(said.closing_fen), None, said.closing_fen])  # fmt: skip
    book.save(stream)
