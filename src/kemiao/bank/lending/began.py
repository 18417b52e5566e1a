"""When the book began: before that day there is nothing that law or policy could be asked about."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pyarrow.compute as pc

from kemiao.bank.lending import loan_store
from kemiao.bank.lending.chunks import read_chunk
from kemiao.bank.world import World


def began_on(world: World) -> date | None:
    """The first day of the book: of what was signed here, or came in with an opening balance; None where there is nothing."""
    return min(_first_days(world), default=None)


def _first_days(world: World) -> Iterator[date]:
    """Of chunks and events one by one; an imported loan's start lies before it was ours."""
    for event in world.log.events(loan_store.LOAN):
        if event.public.get("origin") != "imported":
            yield date.fromisoformat(event.public.get("signed_on") or event.public["starts_on"])
    for event in world.log.events(loan_store.MESSAGE):
        yield date.fromisoformat(event.public["value_day"])
    for event in world.log.events(loan_store.LOAN_CHUNK):
        table = read_chunk(world.home, event.public["digest"])
        own = table.filter(pc.not_equal(table["origin"], "imported"))
        if own.num_rows:
            yield pc.min(pc.coalesce(own["signed_on"], own["starts_on"])).as_py()
    for event in world.log.events(loan_store.MESSAGE_CHUNK):
        table = read_chunk(world.home, event.public["digest"])
        if table.num_rows:
            yield pc.min(table["value_day"]).as_py()
