"""Which rows still wait in quarantine: those of batches that stand, without those that a later batch has settled."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from kemiao.bank.world import World
from kemiao.data.quarantine import Waiting, places, read


class Place(NamedTuple):
    """batch, number of the file inside it, row."""

    batch: int
    file: int
    row: int


@dataclass(frozen=True, slots=True)
class Mark:
    """What is known of a waiting row without opening its seal."""

    name: str
    sheet: str | None
    fact_id: bytes | None
    same: bytes


def quarantine_file(world: World, batch: int) -> Path:
    return world.home.quarantine / f"{batch:06}.parquet"


def place_of(row: Waiting) -> Place:
    return Place(row.batch, row.file, row.row)


def still_waiting(world: World, map_name: str | None = None, batch: int | None = None) -> dict[Place, Mark]:
    """By place, in the order of their batches. map_name, batch: only those."""
    undone = {event.public["batch"] for event in world.log.events("import_undone")}
    standing = [event.public for event in world.log.events("import") if event.public["batch"] not in undone]
    settled = {Place(*place) for public in standing for place in public["settled"]}
    waiting: dict[Place, Mark] = {}
    for public in standing:
        number = int(public["batch"])
        if (
            not public["quarantined"]
            or (map_name is not None and public["map"] != map_name)
            or batch not in (None, number)
        ):
            continue
        for row in places(quarantine_file(world, number)).to_pylist():
            place = Place(number, row["file"], row["row"])
            if place not in settled:
                waiting[place] = Mark(row["name"], row["sheet"], row["fact_id"], row["same"])
    return waiting


def waiting_rows(world: World, waiting: Mapping[Place, object] | Collection[Place]) -> Iterator[Waiting]:
    """The rows at these places, unsealed."""
    for batch in sorted({place.batch for place in waiting}):
        for row in read(quarantine_file(world, batch), batch, world.vault):
            if place_of(row) in waiting:
                yield row
