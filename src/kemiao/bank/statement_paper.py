"""A customer's statement as a PDF: the same bytes for the command line and the portal."""

from __future__ import annotations

from datetime import date

from kemiao.bank.commands.books import Asked
from kemiao.credit.books.statement import Movement
from kemiao.credit.books.words import words
from kemiao.papers.statement import StatementContent, StatementRow, render_statement
from kemiao.papers.words import Lang


def statement_pdf(asked: Asked, dated: date, name: str | None, bank: str | None, lang: Lang) -> bytes:
    """name: the company's, where it may be read. bank: our own."""
    said = asked.statement
    rows = tuple(StatementRow(each.booked_on, each.value_day, each.loan, movement_words(each, lang), each.fen, each.balance_fen) for each in said.movements)  # fmt: skip
    code = asked.company.partition(":")[2]
    own = asked.loan or (said.loans[0][0] if len(said.loans) == 1 else None)
    key = " · ".join(each for each in (code, own) if each)
    content = StatementContent(name or key, key, bank, said.first, said.last, dated, said.opening_fen, said.closing_fen, rows, said.loans)  # fmt: skip
    return render_statement(content, lang)


def movement_words(each: Movement, lang: Lang) -> str:
    return words(each.kind, each.component, lang) + (("(冲正)" if lang == "zh" else " (reversed)") if each.reversal else "")  # fmt: skip
