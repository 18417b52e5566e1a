"""Loans and their messages as the event log has them: single ones as events, imported ones as chunks that an event names.

loan_signed (subject: company, ref: loan), loan_message (subject: company, ref: message id), loan_chunk, message_chunk.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kemiao.bank.event_log import Draft, Event, Transaction
from kemiao.bank.lending.chunks import read_chunk, write_chunk
from kemiao.bank.world import World
from kemiao.base.digest import digest
from kemiao.base.refusal import Refusal
from kemiao.credit.servicing.columns import LOANS, MESSAGES

LOAN, MESSAGE, LOAN_CHUNK, MESSAGE_CHUNK = "loan_signed", "loan_message", "loan_chunk", "message_chunk"


def loans(world: World, until: int | None = None, companies: Sequence[str] | None = None) -> pa.Table:
    """All loans by id (schema LOANS), or those of few companies. until: as of that event."""
    parts = [read_chunk(world.home, event.public["digest"]) for event in _events(world, LOAN_CHUNK, 0, until)]
    if companies is not None:
        parts = [_among(part, "company", companies) for part in parts]
    signed = (event for company in _each(companies) for event in _events(world, LOAN, 0, until, company))
    single = [_row(event.public, LOANS) for event in signed]
    table = pa.concat_tables([*(part.select(LOANS.names) for part in parts), pa.Table.from_pylist(single, LOANS)])
    return table.sort_by("loan").combine_chunks()


def loan(world: World, own: str) -> dict[str, Any] | Refusal:
    """One loan's row, with days as dates."""
    event = world.log.last(LOAN, ref=own)
    if event is not None:
        return _row(event.public, LOANS)
    for chunk in _events(world, LOAN_CHUNK, 0, None):
        found = _where(read_chunk(world.home, chunk.public["digest"]), "loan", own)
        if found.num_rows:
            return dict(found.to_pylist()[0])
    return Refusal.at("NO_SUCH_LOAN", "没有这笔贷款", "there is no such loan", loan=own)


def messages(world: World, own: str | None = None, after: int = 0, until: int | None = None) -> pa.Table:
    """Messages by loan, value day and order of coming (schema MESSAGES). own: of one loan. after, until: events between."""
    rows: list[dict[str, Any]] = []
    parts: list[pa.Table] = []
    about = None if own is None else _company(world, own)  # few events are about one company
    for event in _events(world, MESSAGE, after, until, about):
        if own is None or event.public["loan"] == own:
            rows.append(_told(event))
    for event in _events(world, MESSAGE_CHUNK, after, until):
        part = read_chunk(world.home, event.public["digest"])
        parts.append(_numbered(part if own is None else _where(part, "loan", own), event.seq))
    return _in_order(parts, rows)


def _told(event: Event) -> dict[str, Any]:
    return _row(event.public, MESSAGES) | {"seq": event.seq, "received_on": received_on(event)}


def _numbered(part: pa.Table, seq: int) -> pa.Table:
    place = MESSAGES.get_field_index("seq")
    return part.select(MESSAGES.names).set_column(place, "seq", pa.array(np.full(part.num_rows, seq)))


def _in_order(parts: Sequence[pa.Table], rows: list[dict[str, Any]]) -> pa.Table:
    table = pa.concat_tables([*parts, pa.Table.from_pylist(rows, MESSAGES)])
    return table.sort_by([("loan", "ascending"), ("value_day", "ascending"), ("seq", "ascending")]).combine_chunks()


def messages_of(world: World, known: pa.Table, until: int | None = None) -> pa.Table:
    """As messages, of the loans of a table: events are asked for by company, chunks are read once. until: as of that event."""
    owns = known["loan"].to_pylist()
    wanted = frozenset(owns)
    events = world.log.among(MESSAGE, "subject", set(known["company"].to_pylist()))
    single = (event for event in events if (until is None or event.seq <= until) and event.public["loan"] in wanted)
    chunks = _events(world, MESSAGE_CHUNK, 0, until)
    parts = [
        _numbered(_among(read_chunk(world.home, event.public["digest"]), "loan", owns), event.seq) for event in chunks
    ]
    return _in_order(parts, [_told(event) for event in single])


def messages_known(world: World, ids: Collection[str]) -> set[str]:
    """Which of many ids came in already."""
    found = {str(event.ref) for event in world.log.among(MESSAGE, "ref", ids)}
    wanted = pa.array(sorted(ids), pa.string())
    for chunk in _events(world, MESSAGE_CHUNK, 0, None):
        names = read_chunk(world.home, chunk.public["digest"])["message"]
        found.update(names.filter(pc.is_in(names, wanted)).to_pylist())
    return found


def received_on(event: Event) -> date:
    return datetime.fromisoformat(event.at).date()


def message_known(world: World, own: str) -> bool:
    """Whether a message of this id came in already: as an event, or inside a chunk."""
    if world.log.last(MESSAGE, ref=own) is not None:
        return True
    chunks = _events(world, MESSAGE_CHUNK, 0, None)
    return any(_where(read_chunk(world.home, chunk.public["digest"]), "message", own).num_rows for chunk in chunks)


def loan_draft(row: Mapping[str, Any]) -> Draft:
    """The event of a loan that was signed; row as in LOANS."""
    return Draft(LOAN, str(row["company"]), str(row["loan"]), _public(row, LOANS))


def message_draft(company: str, row: Mapping[str, Any]) -> Draft:
    """The event of a message; row as in MESSAGES, without seq and received_on, which the log gives."""
    return Draft(MESSAGE, company, str(row["message"]), _public(row, MESSAGES))


def append_chunk(world: World, tx: Transaction, kind: str, table: pa.Table) -> str:
    """A table of loans or messages as one event: kind is LOAN_CHUNK or MESSAGE_CHUNK."""
    own = write_chunk(world.home, table)
    tx.append(kind, ref=own, public={"digest": own, "rows": table.num_rows})
    return own


def loan_id(company: str, what: Mapping[str, Any]) -> str:
    """Of a new loan: from what was agreed, so that the same agreement makes one loan."""
    return "loan-" + digest("loan", {"company": company, **what})[:20]


def _company(world: World, own: str) -> str | None:
    row = loan(world, own)
    return None if isinstance(row, Refusal) else str(row["company"])


def _events(world: World, kind: str, after: int, until: int | None, subject: str | None = None) -> Iterable[Event]:
    found = world.log.events(kind, subject=subject, after=after)
    return (event for event in found if until is None or event.seq <= until)


def _each(companies: Sequence[str] | None) -> Sequence[str | None]:
    return (None,) if companies is None else companies


def _among(table: pa.Table, column: str, values: Any) -> pa.Table:
    return table.filter(pc.is_in(table[column], pa.array(values, pa.string())))


def _where(table: pa.Table, column: str, value: str) -> pa.Table:
    return table.filter(pc.equal(table[column], value))


def _public(row: Mapping[str, Any], schema: pa.Schema) -> dict[str, Any]:
    """Only what is known: canonical JSON has no days, and an absent column is null."""
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name in schema.names
        if (value := row.get(name)) is not None and name not in ("seq", "received_on")
    }


def _row(public: Mapping[str, Any], schema: pa.Schema) -> dict[str, Any]:
    return {
        field.name: date.fromisoformat(value) if value is not None and field.type == pa.date32() else value
        for field in schema
        for value in [public.get(field.name)]
    }
