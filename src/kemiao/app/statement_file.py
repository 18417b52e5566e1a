"""A customer's statement as a PDF or a workbook."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from kemiao.app.door import Door
from kemiao.app.whole_file import whole_file


def write_statement(door: Door, asked, out: Path, dated: date, name: str | None = None, bank: str | None = None):
    """name: the company's, where it may be read. bank: our own. Raises Refused FILE_EXISTS, OUT_UNWRITABLE."""
    from kemiao.bank.statement_paper import statement_pdf

    with whole_file(out) as room:
        if out.suffix.lower() == ".pdf":
            room.stream.write(statement_pdf(asked, dated, name, bank, door.lang))
        else:
            _workbook(door, asked, room.stream, name, bank)


def _workbook(door: Door, asked, stream, name: str | None, bank: str | None) -> None:
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell

    from kemiao.bank.statement_paper import movement_words

    book = Workbook(write_only=True)
    sheet = book.create_sheet(door.word("对账单", "statement"))
    said = asked.statement

    def money(fen: int):
        cell = WriteOnlyCell(sheet, value=fen / 100)  # shown in yuan; amount_fen beside it is exact
        cell.number_format = "#,##0.00"
        return cell

    for word, text in ((door.word("贷款人", "lender"), bank), (door.word("客户", "customer"), name), (door.word("代码", "code"), asked.company.partition(":")[2]), (door.word("贷款", "loan"), asked.loan)):  # fmt: skip
        if text:
            cell = WriteOnlyCell(sheet, value=text)
            cell.data_type = "s"  # a name that begins like a formula is a name
            sheet.append([word, cell])
    sheet.append([])
    sheet.append([door.word("记账日", "booked"), door.word("起息日", "value day"), door.word("贷款", "loan"), door.word("事项", "what"),
                  door.word("金额(元)", "yuan"), door.word("欠款(元)", "owed, yuan"), "amount_fen", "balance_fen"])  # fmt: skip
    sheet.append([said.first, None, None, door.word("期初", "opening"), None, money(said.opening_fen), None, said.opening_fen])  # fmt: skip
    for each in said.movements:
        sheet.append([each.booked_on, each.value_day, each.loan, movement_words(each, door.lang), money(each.fen), money(each.balance_fen), each.fen, each.balance_fen])  # fmt: skip
    sheet.append([said.last, None, None, door.word("期末", "closing"), None, money(said.closing_fen), None, said.closing_fen])  # fmt: skip
    book.save(stream)
