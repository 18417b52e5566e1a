"""audit: whether the logs are as they were written, and what was out of the ordinary: overrides, rows in quarantine, imports that were undone.

The auditor's first look; each line leads to where the whole of it is. Nothing is opened that is sealed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from kemiao.bank.event_log import Event
from kemiao.bank.quarantined import still_waiting
from kemiao.bank.world import World

_LISTED = 500


@dataclass(frozen=True, slots=True)
class Checked:
    """log: event or access. broken: the first entry that was altered or lacks the one before it; None where all is as it was written."""

    log: str
    entries: int
    broken: int | None
    head: str | None

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"holds": self.broken is None}


def check_event_log(world: World) -> Checked:
    """Every event, and every sealed part that can still be opened."""
    last = next(world.log.events(newest_first=True, most=1), None)
    broken = world.log.broken_link()
    return Checked("event", last.seq if last else 0, broken, last.digest if last else None)


def summary(world: World) -> dict[str, Any]:
    overrides = _newest(world, "override", lambda event: {
        "decision": event.ref, "company": event.subject, "at": event.at, "from": event.public["from"], "to": event.public["to"],
        "by": event.public.get("by"), "approved_by": event.public.get("approved_by"),
    })  # fmt: skip
    undone = _newest(world, "import_undone", lambda event: {"batch": event.public["batch"], "at": event.at})
    fallen = _newest(world, "market_fallen", lambda event: {
        "match": event.ref, "company": event.subject, "at": event.at, "why": event.public["why"],
    })  # fmt: skip
    return {"overrides": overrides, "undone_imports": undone, "fallen_matches": fallen, "quarantine": quarantine(world)}


def quarantine(world: World) -> list[dict[str, Any]]:
    """Rows that still wait, counted by batch and file."""
    maps = {event.public["batch"]: event.public["map"] for event in world.log.events("import")}
    counted: dict[tuple[int, str], int] = {}
    for place, mark in still_waiting(world).items():
        counted[(place.batch, mark.name)] = counted.get((place.batch, mark.name), 0) + 1
    return [{"batch": batch, "map": maps.get(batch), "file": name, "rows": rows} for (batch, name), rows in counted.items()]  # fmt: skip


def _newest(world: World, kind: str, said: Callable[[Event], dict[str, Any]]) -> dict[str, Any]:
    """How many there are, and the newest of them."""
    events = list(world.log.events(kind, newest_first=True))
    return {"count": len(events), "newest": [said(event) for event in events[:_LISTED]]}


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision as the log has it in plain: what it said is sealed under its company."""

    seq: int
    decision: str
    company: str | None
    at: str
    as_of: str
    code: str


def decisions(world: World, company: str | None = None, before: int | None = None, most: int = 100) -> list[Decided]:
    """Newest first. before: of smaller numbers."""
    found: list[Decided] = []
    for event in world.log.events("decision", subject=company, newest_first=True):
        if before is not None and event.seq >= before:
            continue
        found.append(Decided(event.seq, str(event.ref), event.subject, event.at, event.public["as_of"], event.public["code"]))  # fmt: skip
        if len(found) == most:
            break
    return found
