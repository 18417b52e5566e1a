"""A customer's statement as a paper: what moved, and what is owed after each movement."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from kemiao.base.money import yuan_text
from kemiao.papers.blocks import Block, Cell, Column, Heading, Pairs, Paper, Paragraph, Table
from kemiao.papers.content import Text
from kemiao.papers.figures import day_text
from kemiao.papers.pdf import render_pdf
from kemiao.papers.words import Lang

_BREAKS = 12  # a loan's id may break, so that it leaves a gap to the next column


@dataclass(frozen=True, slots=True)
class StatementRow:
    booked_on: date
    value_day: date
    loan: str
    words: str
    fen: int
    balance_fen: int


@dataclass(frozen=True, slots=True)
class StatementContent:
    """customer: its registered name, else its code. key: its code, or the loan. bank: our name. loans: loan → owed at the end. rows in booking order; opening + rows = closing."""

    customer: str
    key: str
    bank: str | None
    first: date
    last: date
    dated: date
    opening_fen: int
    closing_fen: int
    rows: tuple[StatementRow, ...]
    loans: tuple[tuple[str, int], ...]


def render_statement(content: StatementContent, lang: Lang) -> bytes:
    """A PDF; the same content and language give the same bytes."""
    kind = Text("客户对账单", "Customer statement").say(lang)
    period = Text(f"{day_text(content.first, 'zh')}至{day_text(content.last, 'zh')}", f"{content.first} to {content.last}").say(lang)  # fmt: skip
    blocks = tuple(_blocks(content, lang))
    under = " · ".join(each for each in (content.key if content.key != content.customer else None, period) if each)
    foot = " · ".join(each for each in (content.bank, period) if each)
    return render_pdf(Paper(lang, kind, content.customer, under, f"{kind} · {content.customer}", foot, content.dated, blocks))  # fmt: skip


def _blocks(content: StatementContent, lang: Lang) -> Iterator[Block]:
    moved = content.closing_fen - content.opening_fen
    bank = ((Text("贷款人", "Lender").say(lang), Cell(content.bank)),) if content.bank else ()
    yield Pairs((
        *bank,
        (Text("期初欠款(元)", "Owed at the start, yuan").say(lang), Cell(yuan_text(content.opening_fen))),
        (Text("本期变动(元)", "Moved, yuan").say(lang), Cell(yuan_text(moved))),
        (Text("期末欠款(元)", "Owed at the end, yuan").say(lang), Cell(yuan_text(content.closing_fen), "strong")),
    ))  # fmt: skip
    if len(content.loans) > 1:
        yield Heading(2, "", Text("各笔贷款期末欠款", "Owed on each loan").say(lang))
        both = (Column(Text("贷款", "Loan").say(lang), 5), Column(Text("欠款(元)", "Owed, yuan").say(lang), 2, "right"))
        yield Table(both, tuple((Cell(loan), Cell(yuan_text(fen))) for loan, fen in content.loans))
    yield Heading(2, "", Text("明细", "Movements").say(lang))
    several = len({row.loan for row in content.rows}) > 1
    titles = (
        ("记账日", "Booked", 2.2),
        ("起息日", "Value day", 2.2),
        *((("贷款", "Loan", 3.6),) if several else ()),
        ("事项", "What", 4.2),
    )
    columns = (
        *(Column(zh if lang == "zh" else en, share, breaks=_BREAKS) for zh, en, share in titles),
        Column(Text("金额(元)", "Yuan").say(lang), 2.4, "right"), Column(Text("欠款(元)", "Owed, yuan").say(lang), 2.6, "right"),
    )  # fmt: skip
    rows = tuple(
        (Cell(row.booked_on.isoformat()), Cell(row.value_day.isoformat(), "muted" if row.value_day == row.booked_on else "plain"),
         *((Cell(row.loan),) if several else ()), Cell(row.words), Cell(yuan_text(row.fen)), Cell(yuan_text(row.balance_fen)))
        for row in content.rows
    )  # fmt: skip
    if rows:
        yield Table(columns, rows)
    else:
        yield Paragraph(Text("本期没有变动。", "Nothing moved.").say(lang), "muted")
    said = Text("正数为应付本行,负数为已付或本行代存。利息逐日计提,按月合并显示。", "Above zero: owed to the bank; below: paid, or kept for you. Interest accrues by the day and is shown by the month.")  # fmt: skip
    yield Paragraph(said.say(lang), "muted")
