"""payments reconcile: the settlement account in the books against the bank's statement, and each difference by name.

statement − (brought forward + books) = what only the statement has − what only the books have + a gap between statements.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from kemiao.bank.lending import settlement as kept
from kemiao.bank.lending.day import last_closed
from kemiao.bank.lending.postings_store import chunks, rows_of
from kemiao.bank.world import World
from kemiao.base.refusal import Refusal
from kemiao.data.camt053 import Statement, read_statements


@dataclass(frozen=True, slots=True)
class Reconciled:
    """brought_forward_fen: on the account before the first statement, which the books don't know. difference_fen: explained by
    the items and the gap, to the fen. closed_until: the last day that the books have closed."""

    statement: str
    on: date
    statement_fen: int
    brought_forward_fen: int
    ledger_fen: int
    difference_fen: int
    gap_fen: int
    only_statement: tuple[dict[str, Any], ...]
    only_ledger: tuple[dict[str, Any], ...]
    closed_until: date | None

    @property
    def agrees(self) -> bool:
        return not (self.difference_fen or self.gap_fen or self.only_statement or self.only_ledger)


def reconcile(world: World, path: Path) -> list[Reconciled] | Refusal:
    """Each statement of the file. Raises Refused and Outage as read_statements does. Refuses WRONG_ACCOUNT."""
    own = kept.settlement(world, world.clock.today())
    if isinstance(own, Refusal):
        return own
    made = []
    for sheet in read_statements(path):
        if sheet.account != own.payer.account:
            return Refusal.at("WRONG_ACCOUNT", f"对账单的账号 {sheet.account} 不是清算账户 {own.payer.account}", f"the statement is of account {sheet.account}, not of the settlement account {own.payer.account}", file=path.name, statement=sheet.id)  # fmt: skip
        made.append(_reconciled(world, sheet, own.ledger_account))
    return made


def _reconciled(world: World, sheet: Statement, ledger_account: str) -> Reconciled:
    earlier = [
        event.public for event in kept.statements(world, sheet.account)
        if event.ref != sheet.digest and event.public["closing_on"] < sheet.closing_on.isoformat()
    ]  # fmt: skip
    brought = int(earlier[0]["opening_fen"]) if earlier else sheet.opening_fen
    known = kept.entries(world)
    orders = dict(kept.orders(world))
    told: dict[str, dict[str, Any]] = {}  # entry → what the bank says, each once
    for public in earlier:
        for ref in public["refs"]:
            told[ref] = dict(known[ref].public)
    for entry in sheet.entries:
        said = {"amount_fen": entry.amount_fen, "value_day": entry.value_day.isoformat(), "reference": entry.reference, "statement": sheet.id}  # fmt: skip
        told[entry.id] = said | (dict(known[entry.id].public) if entry.id in known else {"status": "new"})
    bank: dict[str, int] = {}
    shown: dict[str, dict[str, Any]] = {}
    for ref, public in told.items():
        order = orders.get(str(public.get("order")))
        key = str(order["message"] if order else public.get("message") or ref)
        bank[key] = bank.get(key, 0) + int(public["amount_fen"])
        shown[key] = {"key": key, "entry": ref, **{name: public.get(name) for name in ("value_day", "reference", "status", "loan", "why")}}  # fmt: skip
    books = _ledger(world, ledger_account, sheet.closing_on)
    ledger = sum(row["amount_fen"] for row in books.values())
    closed = last_closed(world)
    gap = sheet.closing_fen - brought - sum(bank.values())
    only_bank, only_books = [], []
    for key in sorted(bank.keys() | books.keys()):
        left = bank.get(key, 0) - books.get(key, {"amount_fen": 0})["amount_fen"]
        if left and key in bank:
            only_bank.append({**shown[key], "amount_fen": left})
        elif left:
            only_books.append({**books[key], "key": key, "amount_fen": -left})
    return Reconciled(
        sheet.id, sheet.closing_on, sheet.closing_fen, brought, ledger, sheet.closing_fen - brought - ledger, gap,
        tuple(only_bank), tuple(only_books),
        date.fromisoformat(closed.public["day"]) if closed else None,
    )  # fmt: skip


def _ledger(world: World, account: str, until: date) -> dict[str, dict[str, Any]]:
    """message → what the settlement account has of it, by value day up to `until`; a loan's own days stand under the loan."""
    found: dict[str, dict[str, Any]] = {}
    for chunk in chunks(world):
        rows = rows_of(world, chunk)
        mine = rows.filter(
            pc.and_(
                pc.equal(rows["account"].cast(pa.string()), account), pc.less_equal(rows["value_day"], pa.scalar(until))
            )
        )
        for row in mine.select(["message", "loan", "value_day", "kind", "amount_fen"]).to_pylist():
            key = row["message"] or f"{row['loan']} {row['kind']}"
            before = found.setdefault(key, {"loan": row["loan"], "kind": row["kind"], "value_day": row["value_day"].isoformat(), "amount_fen": 0})  # fmt: skip
            before["amount_fen"] += row["amount_fen"]
    return {key: row for key, row in found.items() if row["amount_fen"]}
