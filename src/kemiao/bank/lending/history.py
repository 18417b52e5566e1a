"""What happened to an existing loan before it came in: kept as it was told, and held against its opening balance.

A history is evidence, not servicing: the opening says what is owed. Event history_chunk names the chunk.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pyarrow as pa

from kemiao.bank.event_log import Transaction
from kemiao.bank.lending.chunks import read_chunk, write_chunk
from kemiao.bank.lending.loan_file import Rows, values
from kemiao.bank.world import World
from kemiao.base.refusal import Refusal

CHUNK = "history_chunk"
HISTORY = pa.schema([
    ("loan", pa.string()), ("value_day", pa.date32()), ("kind", pa.string()),  # disburse | repay | fee | other
    ("amount_fen", pa.int64()), ("principal_fen", pa.int64()), ("interest_fen", pa.int64()),  # of a repayment: its parts, null where not told
    ("reference", pa.string()),
])  # fmt: skip


@dataclass(slots=True)
class Told:
    """rows of HISTORY by loan, with their places in the file; rejected ones by place; loans that wait keep their rows waiting."""

    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    places: dict[str, list[int]] = field(default_factory=dict)
    rejected: dict[int, list[Refusal]] = field(default_factory=dict)
    waiting: int = 0

    def wait(self, rows: Rows, loan: str) -> None:
        """Its rows are of a loan that the ledger has, and that does not come in yet."""
        for place in self.places.pop(loan, ()):
            self.rejected[place] = [Refusal.at("LOAN_WAITS", "台账中有这笔贷款,但它的行在等待:更正台账后连同明细再次迁入", "the ledger has this loan, but it waits: correct the ledger and bring both again", **rows.at(place, "loan_no"))]  # fmt: skip
            self.waiting += 1
        self.rows.pop(loan, None)


def judge_history(rows: Rows, loans: Mapping[str, object], on: date) -> Told:
    """loans: the numbers that the ledger has."""
    columns, told = values(rows), Told()
    for place in range(len(rows.numbers)):
        if place in rows.totals:
            continue
        row = {name: columns[name][place] if name in columns else None for name in ("loan_no", *HISTORY.names[1:])}
        found = list(rows.columns.errors.get(place, ())) or _wrong(row, rows, place, loans, on)
        if found:
            told.rejected[place] = found
        else:
            loan = str(row.pop("loan_no"))
            told.places.setdefault(loan, []).append(place)
            told.rows.setdefault(loan, []).append({"loan": loan, **row})
    return told


def _wrong(row: Mapping[str, Any], rows: Rows, place: int, loans: Mapping[str, object], on: date) -> list[Refusal]:
    missing = [name for name in ("loan_no", "value_day", "kind", "amount_fen") if row[name] is None]
    if missing:
        return [Refusal.at("MISSING", "缺少必需的单元格", "a cell that is needed is missing", **rows.at(place, name)) for name in missing]  # fmt: skip
    parts = (row["principal_fen"] or 0) + (row["interest_fen"] or 0)
    tests = (
        (row["loan_no"] not in loans, "NO_SUCH_LOAN", "loan_no", "台账中没有这笔贷款", "the ledger has no such loan"),
        (row["value_day"] > on, "LATER_THAN_BALANCE", "value_day", f"晚于余额日 {on}", f"is after {on}, the day of the balances"),
        (row["amount_fen"] < 0 or min(row["principal_fen"] or 0, row["interest_fen"] or 0) < 0, "NEGATIVE", "amount_fen", "不应小于零", "is below zero"),
        (parts > row["amount_fen"], "PARTS_ABOVE_AMOUNT", "principal_fen", "本金与利息之和大于金额", "principal and interest are more than the amount"),
    )  # fmt: skip
    return [Refusal.at(code, zh, en, **rows.at(place, name)) for wrong, code, name, zh, en in tests if wrong]


def principal_left_fen(rows: list[dict[str, Any]]) -> int | None:
    """Paid out less principal repaid; None where a repayment does not say its principal, or nothing was paid out."""
    drawn = sum(row["amount_fen"] for row in rows if row["kind"] == "disburse")
    repaid = [row["principal_fen"] for row in rows if row["kind"] == "repay"]
    if not drawn or any(amount is None for amount in repaid):
        return None
    return int(drawn - sum(repaid))


def keep_history(world: World, tx: Transaction, rows: list[dict[str, Any]]) -> None:
    table = pa.Table.from_pylist(rows, HISTORY).sort_by([("loan", "ascending"), ("value_day", "ascending")])
    own = write_chunk(world.home, table)
    tx.append(CHUNK, ref=own, public={"digest": own, "rows": table.num_rows})


def draws(world: World, own: str | None = None) -> dict[str, list[tuple[date, int]]]:
    """loan → (day, fen) of each draw that its history tells, by day. own: of one loan."""
    import pyarrow.compute as pc

    found: dict[str, list[tuple[date, int]]] = {}
    for event in world.log.events(CHUNK):
        chunk = read_chunk(world.home, str(event.public["digest"]))
        chunk = chunk.filter(pc.equal(chunk["kind"], "disburse"))
        chunk = chunk if own is None else chunk.filter(pc.equal(chunk["loan"], own))
        for row in chunk.select(["loan", "value_day", "amount_fen"]).to_pylist():
            found.setdefault(row["loan"], []).append((row["value_day"], row["amount_fen"]))
    return {loan: sorted(told) for loan, told in found.items()}


def history_of(world: World, loan: str) -> Iterator[dict[str, Any]]:
    """What was told of a loan before it came in, by day."""
    import pyarrow.compute as pc

    for event in world.log.events(CHUNK):
        chunk = read_chunk(world.home, str(event.public["digest"]))
        yield from chunk.filter(pc.equal(chunk["loan"], loan)).to_pylist()
