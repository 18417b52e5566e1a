"""Many messages prepared at once, as a statement brings them: the book is read once, and each is judged as if those before it
were recorded already, so that they end as one after another would.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from kemiao.bank.lending.loan_store import loans, messages_known, messages_of
from kemiao.bank.lending.message_rules import Standing, unfit
from kemiao.bank.lending.record import Prepared, Recorded, known_as, same_content, taken
from kemiao.bank.lending.standing import serve_now
from kemiao.bank.world import World
from kemiao.base.refusal import Refusal
from kemiao.credit.servicing.columns import MESSAGES

KINDS = ("repay", "recover")
_LAST = 1 << 62  # of a message that is not in the log yet: after all that are


def prepare_many(world: World, rows: Sequence[Mapping[str, Any]]) -> list[Prepared | Refusal]:
    """As record.prepare for each, in their order. rows: of KINDS, each with its id and a loan that the book has."""
    book = _Book(world, {str(row["loan"]) for row in rows}, {str(row["message"]) for row in rows})
    return [book.prepared(row) for row in rows]


def states_of(world: World, owns: Collection[str], day: date | None = None, company: str | None = None) -> pa.Table:
    """Schema STATES of several loans, read and served once. company: whose all of them are; then only its events are looked for."""
    known = _some(world, owns, company)
    return serve_now(world, known, messages_of(world, known), day or world.clock.today()).states


def _some(world: World, owns: Collection[str], company: str | None = None) -> pa.Table:
    table = loans(world, companies=None if company is None else (company,))
    return table.filter(pc.is_in(table["loan"], pa.array(sorted(owns), pa.string()))).combine_chunks()


class _Book:
    """What is known of some loans, and what is to be recorded beside it."""

    def __init__(self, world: World, owns: Collection[str], ids: Collection[str]) -> None:
        self._world = world
        self._loans = _some(world, owns)
        self._place = {row: place for place, row in enumerate(self._loans["loan"].to_pylist())}
        self._agreed = self._loans.to_pylist()
        self._told = messages_of(world, self._loans)  # by loan
        names = self._told["loan"].to_pylist()
        self._from = {name: place for place, name in reversed(list(enumerate(names)))}
        self._count = dict.fromkeys(self._from, 0)
        for name in names:
            self._count[name] += 1
        openings = self._told.filter(pc.equal(self._told["kind"], "opening"))
        self._opened = dict(zip(reversed(openings["loan"].to_pylist()), reversed(openings["value_day"].to_pylist()), strict=True))  # fmt: skip
        self._taken = messages_known(world, ids)
        self._new: dict[str, Mapping[str, Any]] = {}
        self._new_of: dict[str, list[Mapping[str, Any]]] = {}

    def prepared(self, row: Mapping[str, Any]) -> Prepared | Refusal:
        own, name = str(row["loan"]), str(row["message"])
        agreed = self._agreed[self._place[own]]
        full: dict[str, Any] = {name: row.get(name) for name in MESSAGES.names if name not in ("seq", "received_on")}
        if name in self._taken:
            known = known_as(self._world, full, str(agreed["company"]))
            return known if isinstance(known, Refusal) else Prepared(full, agreed, known)
        if name in self._new:
            if not same_content(self._new[name], full):
                return taken(full)
            again = Recorded(name, own, str(agreed["company"]), str(full["kind"]), full["value_day"], None, True)
            return Prepared(full, agreed, again)
        reason = unfit(self._world, agreed, full, Standing(lambda: self._opened.get(own), lambda day: self._state(own, day)))  # fmt: skip
        if reason is not None:
            return reason
        self._new[name] = full
        self._new_of.setdefault(own, []).append(full)
        return Prepared(full, agreed, None)

    def _state(self, own: str, day: date) -> Mapping[str, Any]:
        new = [{**row, "seq": _LAST + number} for number, row in enumerate(self._new_of.get(own, ()))]
        told = self._told.slice(self._from.get(own, 0), self._count.get(own, 0))
        told = pa.concat_tables([told, pa.Table.from_pylist(new, MESSAGES)]).combine_chunks()
        state: dict[str, Any] = serve_now(self._world, self._loans.slice(self._place[own], 1), told, day).states.to_pylist()[0]  # fmt: skip
        return state
