"""Views: folds over the event log. Nothing here is kept; each is built when it is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from kemiao.bank.event_log import CAUSED, Event
from kemiao.bank.world import World


@dataclass(frozen=True, slots=True)
class Batch:
    """One import that stands: what it brought, on what basis, and how its map dates it.

    tables: rows taken by table. newest_on: the last day that its facts speak of. assumed: its known_at is an assumption.
    companies: owners named on the command line or by the files, where they are few enough to be listed.
    """

    number: int
    map: str
    basis: str
    tables: dict[str, int]
    historical: bool
    absence: str
    assumed: bool
    newest_on: date | None
    companies: tuple[str, ...]
    files: tuple[str, ...]
    seq: int  # of its event
    imported_on: date
    known_from_import: frozenset[str]  # tables whose facts were known on the day of import only


def batches(world: World, until: int | None = None) -> tuple[Batch, ...]:
    """Imports in their order, without those that were undone. until: as it stood at that event."""

    def before(event: Event) -> bool:
        return until is None or event.seq <= until

    undone = {event.public["batch"] for event in world.log.events("import_undone") if before(event)}
    return tuple(
        _batch(event) for event in world.log.events("import") if before(event) and event.public["batch"] not in undone
    )


def companies(world: World) -> tuple[str, ...]:
    """Keys of all companies that are someone's subject: those with rows of their own, and the owners of imported papers.

    An erased company is nobody's subject until papers of it are imported again.
    """
    _, tables = world.log.snapshot()
    erased = {event.subject: event.seq for event in world.log.events("erased")}
    owners = {company for batch in batches(world) for company in batch.companies if batch.seq > erased.get(company, 0)}
    return tuple(sorted(owners | set(world.lake.owners(tables))))


def was_done(world: World, cause: str) -> bool:
    """Whether the event log has something that was committed for this cause: see EventLog.caused_by."""
    return world.log.last(CAUSED, ref=cause) is not None


def default_as_of(world: World, brought: Sequence[Batch]) -> date:
    """Today, or the newest fact's day where all maps in use are historical."""
    days = [batch.newest_on for batch in brought if batch.newest_on is not None]
    return max(days) if days and all(batch.historical for batch in brought) else world.clock.today()


def _batch(event: Event) -> Batch:
    import_ = event.public
    newest = import_["newest_on"]
    return Batch(
        import_["batch"], import_["map"], import_["basis"], dict(import_["tables"]), import_["historical"], import_["absence"],
        import_["assumed"], date.fromisoformat(newest) if newest else None, tuple(import_["companies"]),
        tuple(file["file"] for file in import_["files"]), event.seq, datetime.fromisoformat(event.at).date(),
        frozenset(import_["known_from_import"]),
    )  # fmt: skip
