"""end of day: closes each day from the one after the last closed to the day asked for. Stopped anywhere, it goes on from there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from kemiao.bank.lending.day import HEARD, close_day, last_closed, standing_at
from kemiao.bank.lending.loan_store import received_on
from kemiao.bank.world import World
from kemiao.base.refusal import Refusal

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Ended:
    """days: those that this run closed. closed_until: the last closed day, None where there was never a loan."""

    days: tuple[date, ...]
    closed_until: date | None
    loans: int
    rows: int


def end_of_day(world: World, day: date | None = None, progress: Progress = lambda done, total: None) -> Ended | Refusal:
    """day: None for today. A day that was closed already is done. Refuses DAY_NOT_COME; raises Refused for missing policies."""
    until = day or world.clock.today()
    if until > world.clock.today():
        return Refusal.at("DAY_NOT_COME", "这一天还没有到", "that day has not come yet", day=until, today=world.clock.today())  # fmt: skip
    event = last_closed(world)
    start = date.fromisoformat(event.public["day"]) + timedelta(1) if event else _first_day(world, until)
    if start is None or start > until:
        closed_until = date.fromisoformat(event.public["day"]) if event else None
        return Ended((), closed_until, event.public["loans"] if event else 0, 0)
    days = [start + timedelta(number) for number in range((until - start).days + 1)]
    standing = standing_at(world, event) if event else None
    rows = 0
    for number, each in enumerate(days):

        def at_part(done: int, total: int, before: int = number) -> None:
            progress(before * 1000 + done * 1000 // max(total, 1), len(days) * 1000)

        standing = close_day(world, each, standing, last=each == until, progress=at_part)
        rows += standing.rows
        progress((number + 1) * 1000, len(days) * 1000)
    return Ended(tuple(days), until, standing.served.num_rows if standing else 0, rows)


def _first_day(world: World, until: date) -> date | None:
    """The day on which the bank first heard of a loan; what is dated before it is booked at its end."""
    firsts = (next(world.log.events(kind), None) for kind in HEARD)
    days = [received_on(event) for event in firsts if event is not None]
    return min(*days, until) if days else None
