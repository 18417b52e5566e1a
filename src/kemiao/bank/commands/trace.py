"""trace: from a decision down to the rows that it read."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from kemiao.bank.chain_trace import chain_trace
from kemiao.bank.own_entries import no_decision
from kemiao.bank.permits import permit, receipt
from kemiao.bank.rulebook import kept_rulebook
from kemiao.bank.views import Batch, batches
from kemiao.bank.world import World
from kemiao.base.refusal import Outage, Refusal, Refused
from kemiao.credit.decision.fired import fired
from kemiao.credit.document import Document, explain
from kemiao.credit.profile import COLUMNS
from kemiao.facts.tables import TABLES


@dataclass(frozen=True, slots=True)
class Traced:
    """decision: in words. at: when it was appended. features: each with its tables. rows: table → rows with their place.

    closed: why the rows may not be read now, where the shared chain does not open them. chain: see bank.chain_trace.
    own_book: the loans of the bank's own book that the decision counted, {day, loans}: see bank.lending.own_book. fired: the rules that
    held or could not be told, with the values they saw.
    """

    decision: Document
    at: str
    snapshot: int
    features: list[Document]
    batches: list[Document]
    rows: dict[str, list[Document]]
    rows_left_out: dict[str, int]
    rows_kept: bool
    closed: dict[str, object] | None = None
    chain: Document | None = None
    own_book: Document | None = None
    fired: list[Document] = field(default_factory=list)


def trace(world: World, wanted: str, rows_at_most: int, tables: Collection[str] | None = None) -> Traced | Refusal:
    """tables: only the rows of these are opened; of none, nothing is read and no receipt left."""
    event = world.log.last("decision", ref=wanted)
    if event is None:
        return no_decision(wanted)
    kept = world.log.private(event)
    if kept is None:
        return Refusal.at(
            "INPUTS_ERASED",
            "该企业的资料已删除,决定的内容不可再读",
            "the company was erased: the decision can't be read",
            decision=wanted,
        )
    book = kept_rulebook(world, kept["model"], kept["policy"], kept["law_tables"], date.fromisoformat(kept["law_on"]))
    used = {int(batch) for table in kept["rows"].values() for batch in table}
    stood = batches(world, until=event.seq)
    brought = [batch for batch in stood if batch.number in used]
    read, closed = _read(world, event.public["snapshot"], kept, rows_at_most, stood, tables)
    features = [_feature(name, value, kept) for name, value in kept["features"].items()]
    return Traced(
        explain(kept, book), event.at, event.public["snapshot"], features, [_batch(batch) for batch in brought],
        read or {}, _left_out(kept, read or {}), read is not None, closed.as_json() if closed else None,
        chain_trace(world, event, kept, brought), kept.get("own_book"), fired(kept, book.rules),
    )  # fmt: skip


def _feature(name: str, value: Any, kept: Document) -> Document:
    feature = COLUMNS[name]
    rows = {
        table: sum(rows for rows, _ in kept["rows"][table].values())
        for table in feature.tables
        if table in kept["rows"]
    }
    if "own_book" in kept and "own_loan" in feature.tables:
        rows["own_book"] = len(kept["own_book"]["loans"])
    return {
        "feature": name, "zh": feature.zh, "en": feature.en, "value": value, "unit": feature.unit, "window": feature.window,
        "rows": rows,
    }  # fmt: skip


def _batch(batch: Batch) -> Document:
    return {
        "batch": batch.number,
        "map": batch.map,
        "basis": batch.basis,
        "tables": batch.tables,
        "files": list(batch.files),
        "assumed": batch.assumed,
    }


def _read(
    world: World,
    number: int,
    kept: Document,
    at_most: int,
    stood: Sequence[Batch],
    tables: Collection[str] | None,
) -> tuple[dict[str, list[Document]] | None, Refusal | None]:
    """The rows as the decision's snapshot has them; None where the snapshot was swept. What the log keeps of the decision is told
    also when the chain no longer opens the rows: then why."""
    snapshot = next((past for past in world.log.events("snapshot") if past.seq == number), None)
    if snapshot is None:
        return None, None
    wanted = sorted(name for name in kept["rows"] if tables is None or name in tables)
    if not wanted and tables is not None:
        return {}, None
    try:
        given = permit(world, (kept["company"],), "trace", wanted, brought=stood)
    except Refused as refused:
        return {}, refused.refusal
    try:
        with world.lake.open(
            given, snapshot.public["tables"], date.fromisoformat(kept["as_of"]), world.clock.today()
        ) as facts:
            rows = {table: facts.sql(_query(table), [at_most]).to_pylist() for table in given.tables}
    except Outage as gone:
        if gone.code != "SNAPSHOT_GONE":
            raise
        return None, None
    with world.log.write() as tx:
        receipt(tx, given)
    return rows, None


def _query(table: str) -> str:
    plain = ", ".join(f'"{column.name}"' for column in TABLES[table].columns if column.protection == "plain")
    return f'SELECT batch, file, row, known_at, hex(fact_id) AS fact_id, {plain} FROM "{table}" ORDER BY batch, file, row LIMIT ?'  # noqa: S608


def _left_out(kept: Document, read: dict[str, list[Document]]) -> dict[str, int]:
    whole = {table: sum(rows for rows, _ in by_batch.values()) for table, by_batch in kept["rows"].items()}
    return {table: rows - len(read.get(table, [])) for table, rows in whole.items() if rows > len(read.get(table, []))}
