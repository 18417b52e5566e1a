"""Postings as files for others: beancount, a workbook, a posting file with control totals for a core-banking system."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import IO, Any

import pyarrow as pa

from kemiao.bank.lending.day_grounds import chart_on
from kemiao.bank.lending.postings_store import chunks, rows_of
from kemiao.bank.world import World
from kemiao.base.money import yuan_text
from kemiao.base.refusal import Refusal
from kemiao.credit.books.chart import Account, Chart
from kemiao.credit.books.words import words

FORMATS = ("beancount", "xlsx", "core")
_ROWS_OF_A_SHEET = 1_048_576 - 2  # Excel's own, less title and totals
_ROOTS = {"asset": "Assets", "liability": "Liabilities", "equity": "Equity", "income": "Income", "expense": "Expenses", "memorandum": "Equity:Memorandum"}  # fmt: skip
_COLUMNS = ("booked_on", "value_day", "voucher", "loan", "company", "account", "amount_fen", "kind", "component", "message", "reversal")  # fmt: skip
_AT_ONCE = 50_000


@dataclass(frozen=True, slots=True)
class Exported:
    """What the file holds, to be compared with what a reader counts."""

    rows: int
    debit_fen: int
    credit_fen: int


def export(world: World, form: str, first: date | None, last: date | None, file: IO[bytes]) -> Exported | Refusal:
    """Writes postings booked on those days. Refuses NOTHING_POSTED, TOO_MANY_ROWS (a sheet ends); the caller keeps the file whole."""
    parts = chunks(world, first, last)
    rows = sum(chunk.rows for chunk in parts)
    if not rows:
        return Refusal.at(
            "NOTHING_POSTED", "那些天没有记过账", "nothing was posted on those days", first=first, last=last
        )
    if form == "xlsx" and rows > _ROWS_OF_A_SHEET:
        return Refusal.at("TOO_MANY_ROWS", f"{rows:,} 行超过一张工作表:请用 --from 与 --to 缩小", f"{rows:,} rows are more than a sheet holds: narrow by --from and --to")  # fmt: skip
    told = Exported(rows, sum(chunk.debit_fen for chunk in parts), sum(chunk.credit_fen for chunk in parts))
    chart = chart_on(world, last or world.clock.today())
    postings = (row for chunk in parts for row in _rows(rows_of(world, chunk)))
    match form:
        case "beancount":
            used = {str(name) for chunk in parts for name in rows_of(world, chunk)["account"].unique().to_pylist()}
            _beancount(chart, sorted(used), postings, told, file)
        case "xlsx":
            _workbook(chart, postings, told, file)
        case _:
            _core(chart, postings, told, file)
    return told


def _rows(table: pa.Table) -> Iterator[dict[str, Any]]:
    for start in range(0, table.num_rows, _AT_ONCE):
        yield from table.slice(start, _AT_ONCE).to_pylist()


def _named(chart: Chart, name: str) -> Account:
    return chart.accounts.get(name) or Account(name, name, name, name, "asset", False)


def _beancount(
    chart: Chart, used: Sequence[str], rows: Iterator[dict[str, Any]], told: Exported, file: IO[bytes]
) -> None:
    """Each account is opened once, before the first transaction; a transaction a voucher.

    https://beancount.github.io/docs/beancount_language_syntax.html
    """
    text = io.TextIOWrapper(file, "utf-8", newline="\n", write_through=True)
    names = {name: _bean_name(_named(chart, name)) for name in used}
    text.write('option "title" "Kemiao"\noption "operating_currency" "CNY"\n\n')
    for name in sorted(set(names.values())):
        text.write(f"1970-01-01 open {name} CNY\n")
    before = None
    for row in rows:
        if (row["booked_on"], row["voucher"]) != before:
            before = (row["booked_on"], row["voucher"])
            about = words(row["kind"], row["component"], "en") + (" (reversal)" if row["reversal"] else "")
            text.write(f'\n{row["booked_on"]} * "{_quoted(row["loan"])}" "{about}"\n  value_day: {row["value_day"]}\n')
            if row["message"] is not None:
                text.write(f'  message: "{_quoted(row["message"])}"\n')
        text.write(f"  {names[row['account']]}  {yuan_text(row['amount_fen']).replace(',', '')} CNY\n")
    text.write(f"\n; rows {told.rows}, debits {yuan_text(told.debit_fen)}, credits {yuan_text(told.credit_fen)}\n")
    text.detach()


def _bean_name(account: Account) -> str:
    part = "-".join(word.capitalize() for word in account.name.replace("_", " ").split())
    code = account.code[:1].upper() + account.code[1:].replace("_", "-")  # of a dropped account it is its name
    return f"{_ROOTS[account.kind]}:{code}-{part}"


def _quoted(text: str) -> str:
    return "".join(" " if ord(letter) < 32 else letter for letter in text).replace("\\", "\\\\").replace('"', '\\"')


def _core(chart: Chart, rows: Iterator[dict[str, Any]], told: Exported, file: IO[bytes]) -> None:
    """CSV: H (head), D (a posting: D or C, fen), T (rows, debits, credits, SHA-256 of the D lines as they stand in the file)."""
    seen = hashlib.sha256()

    def write(*cells: object) -> None:
        line = io.StringIO()
        csv.writer(line, lineterminator="\r\n").writerow(map(_plain, cells))
        content = line.getvalue().encode()
        if cells[0] == "D":
            seen.update(content)
        file.write(content)

    write("H", "KEMIAO-POSTINGS", 1, "CNY", "fen", told.rows)
    for row in rows:
        fen = row["amount_fen"]
        write("D", row["booked_on"].strftime("%Y%m%d"), row["value_day"].strftime("%Y%m%d"), row["voucher"], _named(chart, row["account"]).code,
              "D" if fen > 0 else "C", abs(fen), row["loan"], row["company"], row["kind"], row["component"] or "", row["message"] or "", "R" if row["reversal"] else "")  # fmt: skip
    write("T", told.rows, told.debit_fen, told.credit_fen, seen.hexdigest())


def _workbook(chart: Chart, rows: Iterator[dict[str, Any]], told: Exported, file: IO[bytes]) -> None:
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell

    book = Workbook(write_only=True)
    sheet = book.create_sheet("postings")
    sheet.append([*_COLUMNS, "code", "debit", "credit"])

    def money(fen: int) -> Any:
        cell = WriteOnlyCell(sheet, value=fen / 100)  # shown in yuan; amount_fen beside it is exact
        cell.number_format = "#,##0.00"
        return cell

    for row in rows:
        fen = row["amount_fen"]
        cells = [_plain(row[name]) for name in _COLUMNS]
        sheet.append([*cells, _named(chart, row["account"]).code, *((money(fen), None) if fen > 0 else (None, money(-fen)))])  # fmt: skip
    sheet.append(["total", *[None] * (len(_COLUMNS) - 1), told.rows, money(told.debit_fen), money(told.credit_fen)])
    book.save(file)


def _plain(value: Any) -> Any:
    """A text that begins like a formula stays a text."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value
