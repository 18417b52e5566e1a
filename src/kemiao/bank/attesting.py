"""What an import brought, under one root for each table: the bank's attestation, of which every row can be proved alone.

The rows are those of the batch as they stand in the lake, by file, row and fact. Plain columns are hashed as text, sealed ones as
the SHA-256 of their ciphertext. The salts come from a key of the batch in the vault; the leaf hashes lie in HOME/chain/batches.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kemiao.bank.consent_gate import ON_PAPER, consent_of
from kemiao.bank.event_log import Transaction
from kemiao.bank.views import Batch, batches
from kemiao.bank.world import World
from kemiao.base.refusal import Refusal
from kemiao.facts.schema import Table
from kemiao.facts.tables import TABLES

if TYPE_CHECKING:
    from kemiao.chain import batch as chain_batch

_ALSO = ("known_at", "fact_id")  # beside a table's own columns


def leaf_path(world: World, batch: int, table: str) -> Path:
    return world.home.chain / "batches" / f"{batch:06}-{table}.leaves"


def attest(
    world: World, tx: Transaction, batch: int, taken: Mapping[str, int], basis: str, source: str, owners: Collection[str],
    before: Mapping[str, int],
) -> None:  # fmt: skip
    """Inside the import's transaction: leaves on disk, then the event, then what waits for the chain. Where there is no chain,
    nothing: `attest_missing` catches up once there is one.

    owners: whose papers they are, as far as the import knows. before: the snapshot without the batch; files of it are not read.
    """
    if world.chain is None or not taken:
        return
    from kemiao.chain.leaf_file import LeafFile

    versions = world.lake.versions()
    folder = world.home.chain / "batches"
    folder.mkdir(mode=0o700, exist_ok=True)
    for left in folder.glob(f"{batch:06}-*"):  # of an import that did not commit
        left.unlink()
    made: dict[str, Any] = {}
    for name in sorted(taken):
        files = sorted({*world.lake.uris(name, versions)} - {*world.lake.uris(name, before)})
        rows = _hashed(world, TABLES[name], files, batch)
        if isinstance(rows, Refusal):
            made[name] = {"refused": rows.as_json()}
            continue
        LeafFile.write(leaf_path(world, batch, name), rows.leaves, rows.root)
        subject = _subject(TABLES[name], files, batch, owners)
        made[name] = {"count": rows.count, "root": rows.root, "columns": list(rows.columns), "subject": subject}
    event = tx.append("batch_attested", ref=str(batch), public={"batch": batch, "tables": made})
    for name, each in made.items():
        if "refused" not in each:
            tx.witness(event, _waiting(batch, name, each, basis, source))


def attest_missing(world: World) -> int:
    """Batches that came before there was a chain: what of them stands now. Returns how many."""
    done = {event.ref for event in world.log.events("batch_attested")}
    missing = [each for each in batches(world) if each.tables and str(each.number) not in done]
    for each in missing:
        with world.log.write() as tx:
            standing = _standing(world, each)
            attest(world, tx, each.number, standing, each.basis, each.map, each.companies, {})
    return len(missing)


def _standing(world: World, batch: Batch) -> dict[str, int]:
    """Tables of a batch of which rows are left: erasures took some away."""
    versions = world.lake.versions()
    return {name: rows for name, rows in batch.tables.items() if _count(world.lake.uris(name, versions), batch.number)}


def _hashed(world: World, table: Table, files: Sequence[str], batch: int) -> chain_batch.Batch | Refusal:
    import duckdb

    from kemiao.base.refusal import Refused
    from kemiao.chain.batch_columns import batch_of_query

    key = batch_key(world, batch, make=True)
    config = {"memory_limit": "1GB", "temp_directory": str(world.home.work), "preserve_insertion_order": "true"}
    with closing(duckdb.connect(config=config)) as connection:
        try:
            return batch_of_query(
                connection, f"{select(table, files)} WHERE batch = {batch} ORDER BY file, row, fact_id", key
            )
        except Refused as refused:
            return refused.refusal


def batch_key(world: World, batch: int, *, make: bool) -> bytes:
    """Raises KeyError where it was destroyed with the company that the batch was about."""
    return world.vault.keys([_key_name(batch)], make=make)[_key_name(batch)]


def select(table: Table, files: Sequence[str]) -> str:
    """SQL of the cells of a table's rows, as they are hashed."""
    cells = [
        f'"{column.name}"' if column.protection == "plain" else f'sha256("{column.name}") AS "{column.name}"'
        for column in table.columns
    ]
    quoted = ", ".join("'" + file.replace("'", "''") + "'" for file in files)
    return f"SELECT {', '.join((*cells, *_ALSO))} FROM read_parquet([{quoted}], union_by_name = true)"  # noqa: S608 - names of facts, quoted files


def _subject(table: Table, files: Sequence[str], batch: int, owners: Collection[str]) -> str | None:
    """The company that a table's rows are about, where it is one."""
    if table.subjects != ("company",):
        return next(iter(owners)) if len(owners) == 1 else None
    import duckdb

    with closing(duckdb.connect()) as connection:
        asked = "SELECT min(company), max(company) FROM read_parquet(?) WHERE batch = ?"
        first, last = connection.execute(asked, [list(files), batch]).fetchall()[0]
    return first if first == last else None


def _count(files: Sequence[str], batch: int) -> int:
    import duckdb

    if not files:
        return 0
    with closing(duckdb.connect()) as connection:
        return int(connection.execute("SELECT count(*) FROM read_parquet(?) WHERE batch = ?", [list(files), batch]).fetchall()[0][0])  # fmt: skip


def _waiting(batch: int, table: str, made: Mapping[str, Any], basis: str, source: str) -> dict[str, Any]:
    body = {"form": "batch", "table": table, "columns": made["columns"], "count": made["count"], "root": made["root"], "source": source[:200], "batch": batch}  # fmt: skip
    return {"kind": "import", "batch": batch, "subject": made["subject"], "basis": _basis(basis), "body": body}


def _basis(basis: str) -> dict[str, str]:
    """As an entry has it: a consent on the chain by its id, one on paper without its name."""
    scheme, _, rest = basis.partition(":")
    if scheme == "consent":
        return {"consent": rest} if consent_of(basis) else ON_PAPER
    return {scheme: (rest or scheme)[:200]}


def _key_name(batch: int) -> str:
    return f"batch:{batch}"


def forget(world: World, company: str) -> None:
    """An erased company's own batches: without their keys nobody can try out what the leaves may say."""
    for event in world.log.events("batch_attested"):
        if all(table.get("subject") == company for table in event.public["tables"].values()):
            world.vault.destroy(_key_name(event.public["batch"]))
