"""What an application waits for, who is to act, and until when: for its applicant and for the bank's worklist alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from kemiao.bank.lending.applications import KIND, Application
from kemiao.bank.world import World

WAITS = "application_waits"


@dataclass(frozen=True, slots=True)
class Next:
    """what: decide | answer | papers | contract | sign | pay | repay | again. who: bank, company or nobody. until: the last day by
    policy lending.toml; None where it sets none. open: conditions that are to be met before it, of the offer."""

    what: str
    who: Literal["bank", "company", "nobody"]
    until: date | None
    open: tuple[Mapping[str, Any], ...] = ()


def next_of(found: Application, day: date) -> Next:
    match found.word(day):
        case "applied":
            return Next("decide", "bank", found.until)
        case "offered":
            return Next("answer", "company", found.until, _open(found, ("signing",)))
        case "accepted":
            left = _open(found, ("signing",))
            return Next("papers" if left else "contract", "bank", found.until, left)
        case "proposed":
            return Next("sign", "company", found.until)
        case "signed":
            return Next("pay", "bank", found.until, _open(found, ("signing", "drawdown")))
        case "disbursed":
            return Next("repay", "company", None)
        case _:
            return Next("again", "nobody", None)


def why_waits(world: World, found: Application) -> Mapping[str, Any] | None:
    """Why this round was not decided by itself; None where nobody tried, or it is past that."""
    if found.step != "applied":
        return None
    event = world.log.last(WAITS, ref=found.id)
    return event.public if event is not None and event.public["round"] == found.round else None


def _open(found: Application, places: tuple[str, ...]) -> tuple[Mapping[str, Any], ...]:
    conditions = found.offer["conditions"] if found.offer else ()
    return tuple(each for each in conditions if each["at"] in places and each["code"] not in found.ticks)


def last_contact(world: World, company: str) -> str | None:
    """Whom the company last named to be called; None where nobody was named, or it was erased."""
    for event in world.log.events(KIND, subject=company, newest_first=True):
        if event.public["step"] == "applied":
            kept = world.log.private(event)
            if kept is not None and kept.get("contact"):
                return str(kept["contact"])
    return None
