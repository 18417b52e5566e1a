"""books check: every chunk is what its event says, every voucher sums to zero, every loan stands in the ledger as servicing has it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kemiao.bank.lending import loan_store
from kemiao.bank.lending.chunks import read_chunk
from kemiao.bank.lending.closed_view import table_digest
from kemiao.bank.lending.day import last_closed
from kemiao.bank.lending.day_grounds import day_grounds
from kemiao.bank.lending.postings_store import Chunk, chunks, rows_of
from kemiao.bank.world import World
from kemiao.base.columns import IntArray
from kemiao.base.refusal import BrokenInvariant, Outage, Refusal
from kemiao.credit.books.reconcile import Difference, differences
from kemiao.credit.servicing.serve import serve

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Checked:
    """What was looked at, and what is wrong: nothing where the books are whole."""

    closed_until: date
    parts: int
    rows: int
    loans: int
    damaged: tuple[str, ...]  # parts that are not what their event says, or that don't balance
    differences: tuple[Difference, ...]
    replayed: bool  # servicing of today gives the states that were posted
    allowance_fen: int
    expected_loss_fen: int

    @property
    def whole(self) -> bool:
        return not self.damaged and not self.differences and self.replayed and self.allowance_fen == self.expected_loss_fen  # fmt: skip


def check_books(world: World, progress: Progress = lambda done, total: None) -> Checked | Refusal:
    event = last_closed(world)
    if event is None:
        return Refusal.at("NOTHING_CLOSED", "还没有结过账:先 kemiao eod", "no day was closed yet: kemiao eod does")
    day, until = date.fromisoformat(event.public["day"]), event.public["until_seq"]
    book = loan_store.loans(world, until)
    ledger: dict[str, IntArray] = {}
    damaged, rows, parts = [], 0, chunks(world, last=day)
    for number, chunk in enumerate(parts):
        fault = _fault(world, chunk)
        if fault is not None:
            damaged.append(f"{chunk.day}/{chunk.part}: {fault}")
        else:
            _add(ledger, rows_of(world, chunk), book)
        rows += chunk.rows
        progress(number + 1, len(parts) + 1)
    ground = day_grounds(world, day)
    known = loan_store.messages(world, until=until)
    known = known.filter(pc.less_equal(known["value_day"], pa.scalar(day, pa.date32())))
    states = serve(book, known, ground.lpr, day, rules=ground.rules, calendar=ground.calendar, with_lines=False).states
    quality = event.public["digests"].get("quality")
    loss = pc.sum(read_chunk(world.home, quality, check=True)["ecl_fen"]).as_py() if quality else 0
    progress(len(parts) + 1, len(parts) + 1)
    return Checked(
        day, len(parts), rows, book.num_rows, tuple(damaged), tuple(differences(states, ledger)),
        table_digest(states) == event.public["digests"]["states"], -int(ledger.get("allowance", np.zeros(1, np.int64)).sum()), loss or 0,
    )  # fmt: skip


def _fault(world: World, chunk: Chunk) -> str | None:
    try:
        table = rows_of(world, chunk, check=True)
    except (BrokenInvariant, Outage) as error:
        return str(error)
    fen = np.asarray(table["amount_fen"].combine_chunks())
    if (table.num_rows, int(fen[fen > 0].sum()), -int(fen[fen < 0].sum())) != (chunk.rows, chunk.debit_fen, chunk.credit_fen):  # fmt: skip
        return "rows or totals differ from its event"
    voucher = np.asarray(table["voucher"].combine_chunks())
    total = np.zeros(int(voucher.max() - voucher.min()) + 1 if len(voucher) else 0, np.int64)
    np.add.at(total, voucher - (voucher.min() if len(voucher) else 0), fen)
    return "a voucher does not sum to zero" if total.any() else None


def _add(ledger: dict[str, IntArray], table: pa.Table, book: pa.Table) -> None:
    """Adds a part's postings to the balances of accounts by loan."""
    if not table.num_rows:
        return
    loans, accounts = table["loan"].combine_chunks(), table["account"].combine_chunks()
    place = np.asarray(pc.index_in(loans.dictionary, value_set=book["loan"].combine_chunks()))
    rows, codes = place[np.asarray(loans.indices)], np.asarray(accounts.indices)
    fen = np.asarray(table["amount_fen"].combine_chunks())
    for code, name in enumerate(accounts.dictionary.to_pylist()):
        balance = ledger.setdefault(name, np.zeros(book.num_rows, np.int64))
        here = codes == code
        np.add.at(balance, rows[here].astype(np.int64), fen[here])
