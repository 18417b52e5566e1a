"""undo: a batch leaves the lake; what rested on it is named. The event log keeps both the import and its undoing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from kemiao.bank.commands.import_files import confirmed_file, disk
from kemiao.bank.world import World
from kemiao.base.refusal import Refusal


@dataclass(frozen=True, slots=True)
class Undone:
    """removed: rows by table. decisions: ids of decisions that read the batch. confirmed_by: batches that told some of its
    facts once more, and whose files have to be imported again to have those back."""

    batch: int
    removed: dict[str, int]
    decisions: tuple[str, ...]
    confirmed_by: tuple[int, ...]

    def as_json(self) -> dict[str, object]:
        return {
            "batch": self.batch, "removed": self.removed, "decisions": list(self.decisions),
            "confirmed_by": list(self.confirmed_by),
        }  # fmt: skip


def undo_import(world: World, batch: int) -> Undone | Refusal:
    with disk(world), world.log.write() as tx:
        event = world.log.last("import", ref=str(batch))
        if event is None:
            return Refusal.at("NO_SUCH_BATCH", "没有这个批次", "there is no such batch", batch=batch)
        if world.log.last("import_undone", ref=str(batch)) is not None:
            return Refusal.at("ALREADY_UNDONE", "这个批次已经撤销", "the batch is undone already", batch=batch)
        world.lake.restore(world.log.snapshot()[1])
        removed = {str(table): int(rows) for table, rows in event.public["tables"].items()}
        ids = {table: _ids_of(world, table, batch) for table in removed}
        for table in removed:
            world.lake.remove(table, f"batch = {batch}")
        decisions = tuple(
            decision.ref or str(decision.seq)
            for decision in world.log.events("decision")
            if batch in decision.public.get("batches", ())
        )
        later = tuple(
            int(other.public["batch"])
            for other in world.log.events("import", after=event.seq)
            if other.public["confirmed"] and _told_again(world, int(other.public["batch"]), ids)
        )
        undone = Undone(batch, removed, decisions, later)
        tx.append("import_undone", ref=str(batch), public=undone.as_json())
        if removed:
            tx.append("snapshot", public={"tables": world.lake.versions(), "cause": "undo", "batch": batch})
        return undone


def _ids_of(world: World, table: str, batch: int) -> pa.Array:
    import duckdb

    files = world.lake.uris(table, world.log.snapshot()[1])
    with duckdb.connect() as connection:
        rows = connection.sql("SELECT fact_id FROM read_parquet(?) WHERE batch = ?", params=[files, batch])
        return rows.to_arrow_table()["fact_id"].combine_chunks()


def _told_again(world: World, batch: int, ids: Mapping[str, pa.Array]) -> bool:
    path = confirmed_file(world, batch)
    if not path.exists():
        return False
    facts = pq.read_table(path)
    return any(
        pc.any(pc.is_in(facts.filter(pc.equal(facts["table"], table))["fact_id"], there)).as_py()
        for table, there in ids.items()
    )
