"""import: files into the lake, through a map. One transaction of the event log makes the whole batch exist, or none of it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import blake2b, sha256
from pathlib import Path
from typing import Any

import pyarrow as pa

from kemiao.bank.attesting import attest
from kemiao.bank.event_log import Transaction
from kemiao.bank.import_consent import consented, only_about
from kemiao.bank.quarantined import Place, place_of, still_waiting, waiting_rows
from kemiao.bank.views import companies
from kemiao.bank.world import World
from kemiao.base.refusal import Outage, Refusal
from kemiao.data.discovery import Found, LeftOut, discover
from kemiao.data.intake import (
    Setting,
    SheetIntake,
    confirmed_facts,
    conflicting,
    count,
    judge,
    lake_parts,
    owners_of,
    stage_sheet,
    workers,
)
from kemiao.data.judging import settled_by
from kemiao.data.map import Map
from kemiao.data.map_reading import basis_is_known
from kemiao.data.quarantine import QuarantineWriter, Waiting
from kemiao.data.readers import RawBatch
from kemiao.facts.schema import Table
from kemiao.facts.tables import TABLES

Step = Callable[[str], None]
Told = Callable[[int], None]
_NO_SPACE = 28


@dataclass(frozen=True, slots=True)
class ImportFiles:
    """map_ref: how the map was named, so that a retry finds it again. options: --company and --set."""

    source: Map
    map_ref: str
    paths: tuple[Path, ...]
    options: Mapping[str, str] = field(default_factory=dict)
    basis: str | None = None


@dataclass(frozen=True, slots=True)
class FileCounts:
    """One file, or one sheet of a workbook. Taken + duplicates + quarantined = rows; blank lines are not rows."""

    number: int
    file: str
    sheet: str | None
    tables: tuple[str, ...]
    rows: int
    taken: int
    duplicates: int
    quarantined: int
    blank: int
    digest: str

    def as_json(self) -> dict[str, object]:
        return {
            "number": self.number, "file": self.file, "sheet": self.sheet, "tables": list(self.tables), "rows": self.rows,
            "taken": self.taken, "duplicates": self.duplicates, "quarantined": self.quarantined, "blank": self.blank,
            "digest": self.digest,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Imported:
    """settled: rows of earlier batches that left quarantine. confirmed: facts that a second source told once more."""

    batch: int
    taken: int
    duplicates: int
    quarantined: int
    files: tuple[FileCounts, ...]
    left_out: tuple[LeftOut, ...]
    tables: Mapping[str, int]
    settled: int
    confirmed: int

    def as_json(self) -> dict[str, object]:
        return {
            "batch": self.batch, "taken": self.taken, "duplicates": self.duplicates, "quarantined": self.quarantined,
            "files": [file.as_json() for file in self.files], "left_out": [left.as_json() for left in self.left_out],
            "tables": dict(self.tables), "settled": self.settled, "confirmed": self.confirmed,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Retried:
    """What a retry adds to an import: the rows that it reads come from quarantine, and those still bad stay there."""

    rows: Mapping[tuple[int, int], Place]  # (number of the file in this batch, row) → its place in quarantine
    still_bad: set[tuple[int, int]] = field(default_factory=set)

    def watcher(self, number: int) -> Callable[[RawBatch, frozenset[int]], None]:
        return lambda _, bad: self.still_bad.update((number, row) for row in bad)


def _pass(_: Any) -> None:
    """No one listens."""


def import_files(world: World, request: ImportFiles, step: Step = _pass, told: Told = _pass) -> Imported | Refusal:
    """step(name): called before each step that writes, for tests that kill the process there."""
    basis = request.basis or request.source.basis
    if not basis_is_known(basis):
        return Refusal("BAD_BASIS", f"“{basis}”不是依据(consent:文号、office:条款、anonymised、own)", f"{basis!r} is not a basis (consent:FILE, office:ARTICLE, anonymised, own)")  # fmt: skip
    unknown = sorted(set(request.options) - request.source.options - {"company"})
    if unknown:
        known = ", ".join(sorted(request.source.options)) or "-"
        return Refusal("NO_SUCH_OPTION", f"映射没有选项 {unknown[0]};有:{known}", f"the map has no option {unknown[0]}; it has {known}")  # fmt: skip
    with disk(world):
        found, left = discover(request.source, request.paths)
        consent = consented(
            world,
            basis,
            sorted({table.fact.name for each in found for table in each.tables}),
            request.options.get("company"),
        )
        if isinstance(consent, Refusal):
            return consent
        return bring(world, request, consent, found, left, None, step, told)


def bring(
    world: World, request: ImportFiles, basis: str, found: Sequence[Found], left: Sequence[LeftOut],
    retried: Retried | None, step: Step, told: Told,
) -> Imported:  # fmt: skip
    """The one way into the lake. Holds the home's lock from before the first judgement until the snapshot is recorded."""
    with world.log.write() as tx:
        snapshot = dict(world.log.snapshot()[1])
        world.lake.restore(snapshot)  # what a writer that died has left beyond the last snapshot
        number = next_batch(world)
        with _scratch(world) as work, workers() as connections:
            setting = _setting(world, request, basis, number, work, connections)
            return _bring(world, tx, snapshot, setting, request, found, left, retried, step, told)


def _bring(
    world: World, tx: Transaction, snapshot: dict[str, int], setting: Setting, request: ImportFiles, found: Sequence[Found],
    left: Sequence[LeftOut], retried: Retried | None, step: Step, told: Told,
) -> Imported:  # fmt: skip
    waiting = {} if retried else still_waiting(world, request.source.name)
    already = frozenset(place.same for place in waiting.values())
    quarantine = QuarantineWriter(
        world.home.quarantine / f"{setting.batch:06}.parquet", setting.batch, world.vault, already
    )
    corrected = _Corrected(world, waiting)
    try:
        step("stage")
        intakes: list[SheetIntake] = []
        for number, sheet in enumerate(found):
            sink = quarantine if retried is None else _Nowhere()
            watch = corrected.watcher(sheet) if retried is None else retried.watcher(number)
            intakes.append(stage_sheet(sheet, number, setting, sink, watch, told))
        step("judge")
        facts = [table for table in TABLES.values() if any(s.table.fact is table for i in intakes for s in i.stages)]
        settled = set(corrected.settled)
        by_fact = _by_fact(waiting)
        for fact in facts:
            known = world.lake.fact_ids(None, fact.name, snapshot) if world.lake.uris(fact.name, snapshot) else None
            judged = judge(intakes, fact, known, setting.work, whole=bool(by_fact))
            settled |= {Place(*key) for key in settled_by(judged.connection, by_fact)}
            judged.close()
        conflicts = [count(intake) for intake in intakes]
        if retried is None:
            for intake, rows in zip(intakes, conflicts, strict=True):
                quarantine.add(list(conflicting(intake, rows)))
        else:
            refused = retried.still_bad | {
                (intake.number, row) for intake, rows in zip(intakes, conflicts, strict=True) for row in rows
            }
            settled = {place for row, place in retried.rows.items() if row not in refused}
        only_about(world, setting.basis, intakes)
        taken = _append(world, intakes, facts, setting, step)
        step("quarantine")
        quarantine.close()
        step("record")
        imported = _record(world, tx, setting, request, intakes, left, taken, settled, snapshot)
        step("commit")
    except BaseException:
        quarantine.abandon()
        raise
    return imported


def _append(
    world: World, intakes: Sequence[SheetIntake], facts: Sequence[Table], setting: Setting, step: Step
) -> dict[str, int]:
    taken = {}
    for fact in facts:
        rows = sum(stage.taken for intake in intakes for stage in intake.stages if stage.table.fact is fact)
        if rows:
            step(f"lake:{fact.name}")
            for part in lake_parts(intakes, fact, setting):
                world.lake.append(fact.name, part)
            taken[fact.name] = rows
    return taken


def _record(
    world: World, tx: Transaction, setting: Setting, request: ImportFiles, intakes: Sequence[SheetIntake],
    left: Sequence[LeftOut], taken: Mapping[str, int], settled: set[Place], snapshot: Mapping[str, int],
) -> Imported:  # fmt: skip
    digests = {intake.found.path: _digest_of(intake.found.path) for intake in intakes}
    known = {file["digest"] for event in world.log.events("import") for file in event.public["files"] if file["digest"]}
    confirmed = _keep_confirmed(world, setting.batch, [i for i in intakes if digests[i.found.path] not in known])
    files = tuple(_counts(intake, digests[intake.found.path]) for intake in intakes)
    newest = [stage.newest_on for intake in intakes for stage in intake.stages if stage.newest_on is not None]
    owners = sorted(_owners(world, intakes, request.options))
    imported = Imported(
        setting.batch, sum(file.taken for file in files), sum(file.duplicates for file in files),
        sum(file.quarantined for file in files), files, tuple(left), taken, len(settled), confirmed,
    )  # fmt: skip
    tx.append(
        "import", ref=str(setting.batch),
        public={
            **imported.as_json(), "map": request.source.name, "map_digest": request.source.digest, "basis": setting.basis,
            "historical": request.source.historical, "absence": request.source.absence,
            "assumed": any(stage.table.known_at.assumed for intake in intakes for stage in intake.stages),
            "known_from_import": sorted({stage.table.fact.name for intake in intakes for stage in intake.stages if stage.table.known_at.at_import}),
            "newest_on": max(newest).isoformat() if newest else None, "companies": owners,
            "settled": [list(place) for place in sorted(settled)],
        },
        private={
            "map": request.map_ref, "options": dict(request.options),
            "paths": {str(intake.number): str(intake.found.path.resolve()) for intake in intakes},
        },
    )  # fmt: skip
    if taken:
        attest(
            world,
            tx,
            setting.batch,
            taken,
            setting.basis,
            f"{request.source.name} {request.source.digest}",
            owners,
            snapshot,
        )
        tx.append("snapshot", public={"tables": world.lake.versions(), "cause": "import", "batch": setting.batch})
    return imported


def confirmed_file(world: World, batch: int) -> Path:
    return world.home.quarantine / f"{batch:06}.confirmed.parquet"


def _keep_confirmed(world: World, batch: int, intakes: Sequence[SheetIntake]) -> int:
    """Which facts a second source told, by id. The same file once more is no second source."""
    import pyarrow.parquet as pq

    facts, path = confirmed_facts(intakes), confirmed_file(world, batch)
    path.unlink(missing_ok=True)
    if facts.num_rows:
        pq.write_table(facts, path)
    return int(facts.num_rows)


def _counts(intake: SheetIntake, digest: str) -> FileCounts:
    return FileCounts(
        intake.number, intake.found.path.name, intake.found.sheet.name, tuple(table.fact.name for table in intake.found.tables),
        intake.rows, intake.taken, intake.duplicates, intake.quarantined, intake.blank, digest,
    )  # fmt: skip


def _digest_of(path: Path) -> str:
    """SHA-256 of a file; empty where it is gone (a retry from an exported list)."""
    if not path.is_file():
        return ""
    with path.open("rb") as file:
        digest = sha256()
        while part := file.read(1 << 20):
            digest.update(part)
    return digest.hexdigest()


def _owners(world: World, intakes: Sequence[SheetIntake], options: Mapping[str, str]) -> set[str]:
    """Where both parties of every invoice are the same two, the one that is a subject already is meant; else both may be."""
    certain, doubtful = owners_of(intakes)
    certain |= {options["company"]} if "company" in options else set()
    if doubtful:
        known = certain | set(companies(world))
        for pair in doubtful:
            certain |= (pair & known) or pair
    return certain


def next_batch(world: World) -> int:
    """Batches are numbered from 1. The lock is held: nobody takes the number meanwhile."""
    last = world.log.last("import")
    return 1 + (int(last.public["batch"]) if last else 0)


def _setting(
    world: World, request: ImportFiles, basis: str, batch: int, work: Path, connections: Sequence[Any]
) -> Setting:
    key = world.vault.keys(["pseudonym"], make=True)["pseudonym"]

    def pseudonym(text: str) -> str:
        return blake2b(text.encode(), key=key, digest_size=12, person=b"kemiao/name").hexdigest()

    return Setting(
        batch, world.clock.today(), basis, request.source.name, request.options, pseudonym, world.vault.seal_column, work,
        connections,
    )  # fmt: skip


@contextmanager
def _scratch(world: World) -> Iterator[Path]:
    """Holds the lock, so whatever lies here was left by a process that is gone."""
    work = world.home.work / "import"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)


class _Corrected:
    """Watches for rows of quarantine that come again in a corrected original: same file name, same row, the good cells equal."""

    def __init__(self, world: World, waiting: Mapping[Place, Any]) -> None:
        self._rows: dict[tuple[str, str | None], dict[int, Waiting]] = {}
        for row in waiting_rows(world, waiting):
            self._rows.setdefault((row.name, row.sheet), {})[row.row] = row
        self.settled: set[Place] = set()

    def watcher(self, found: Found) -> Callable[[RawBatch, frozenset[int]], None] | None:
        rows = self._rows.get((found.path.name, found.sheet.name))
        return None if not rows else lambda raw, bad: self._watch(found, rows, raw, bad)

    def _watch(self, found: Found, rows: Mapping[int, Waiting], raw: RawBatch, bad: frozenset[int]) -> None:
        import pyarrow.compute as pc

        wanted = pa.array([row for row in rows if row not in bad], pa.int64())
        cells = raw.cells.filter(pc.is_in(raw.cells["row"], wanted))
        for place in range(cells.num_rows):
            before = rows[cells["row"][place].as_py()]
            now = dict(zip(found.titles, (column[place].as_py() for column in cells.columns), strict=False))
            if _is_corrected(before, now):
                self.settled.add(place_of(before))


def _is_corrected(before: Waiting, now: Mapping[str, object]) -> bool:
    if len(before.cells) != len(before.header):
        return True  # it was no row; now there is one in its place
    faulty = {name for error in before.errors for name in error.column.split(" / ")}
    said = dict(zip(before.header, before.cells, strict=True))
    return all((text or "") == str(now.get(name) or "") for name, text in said.items() if _plain(name) not in faulty)


def _plain(name: str) -> str:
    from kemiao.data.map import raw_name

    return raw_name(name)


def _by_fact(waiting: Mapping[Place, Any]) -> dict[bytes, tuple[int, int, int]]:
    return {row.fact_id: (place.batch, place.file, place.row) for place, row in waiting.items() if row.fact_id}


class _Nowhere(QuarantineWriter):
    """Rows that a retry could not take are in quarantine already."""

    def __init__(self) -> None:
        """Holds nothing."""

    def add(self, rows: Sequence[Waiting]) -> None:
        """They stay where they are."""


@contextmanager
def disk(world: World) -> Iterator[None]:
    """What the disk refuses is an outage: nothing was recorded, and the next writer clears what was half written."""
    import duckdb
    from deltalake.exceptions import DeltaError

    try:
        yield
    except (OSError, DeltaError, duckdb.IOException, duckdb.OutOfMemoryException, Outage) as error:
        text = str(error)
        if getattr(error, "errno", None) == _NO_SPACE or "No space left" in text or "disk is full" in text:
            raise Outage("DISK_FULL", "磁盘已满,未导入任何内容;腾出空间后重试", "the disk is full; nothing was imported; free some space and try again", {"home": world.home.root}) from error  # fmt: skip
        if isinstance(error, PermissionError):
            raise Outage("NO_PERMISSION", f"没有读写权限:{error.filename}", f"may not read or write: {error.filename}", {"home": world.home.root}) from error  # fmt: skip
        if isinstance(error, OSError | duckdb.IOException):
            raise Outage("DISK_FAILED", f"读写失败:{text}", f"reading or writing failed: {text}", {"home": world.home.root}) from error  # fmt: skip
        raise
