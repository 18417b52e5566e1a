"""Postings as the books keep them: columnar chunks, each named by one event; what is asked of them is summed when it is asked.

Event posting_chunk (ref: day/part): {day, part, rows, digest, debit_fen, credit_fen, until_seq}.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kemiao.bank.event_log import Draft, Event, Transaction
from kemiao.bank.lending.by_company import enough, gather, gathered_until, tables
from kemiao.bank.lending.chunks import read_chunk, write_chunk
from kemiao.bank.world import World
from kemiao.base.refusal import BrokenInvariant
from kemiao.credit.books.columns import POSTINGS, plain

POSTING_CHUNK = "posting_chunk"
_SCAN = 2_000  # a look for one company costs about what so many rows cost to scan


class PostedOtherwise(Exception):
    """A part of this day is posted already, and not as it would be now."""


@dataclass(frozen=True, slots=True)
class Chunk:
    day: date
    part: str
    rows: int
    digest: str
    debit_fen: int
    credit_fen: int
    until_seq: int
    seq: int


def append_postings(world: World, day: date, part: str, until_seq: int, postings: pa.Table) -> None:
    """Writes one part of a day's postings, once: the same part again is left as it is. Raises as posting_draft and append_once."""
    draft = posting_draft(world, day, part, until_seq, postings)
    with world.log.write() as tx:
        append_once(world, tx, draft)


def posting_draft(world: World, day: date, part: str, until_seq: int, postings: pa.Table) -> Draft:
    """The event of a part, whose chunk is written. Raises BrokenInvariant where it does not sum to zero, Outage where the disk is full."""
    fen = np.asarray(postings["amount_fen"].combine_chunks())
    debit, credit = int(fen[fen > 0].sum()), -int(fen[fen < 0].sum())
    if debit != credit:
        raise BrokenInvariant(f"part {part} of {day}: debits {debit}, credits {credit}")
    own = write_chunk(world.home, postings.select(POSTINGS.names))
    public = {"day": day.isoformat(), "part": part, "rows": postings.num_rows, "digest": own, "debit_fen": debit, "credit_fen": credit, "until_seq": until_seq}  # fmt: skip
    return Draft(POSTING_CHUNK, ref=f"{day.isoformat()}/{part}", public=public)


def append_once(world: World, tx: Transaction, draft: Draft) -> None:
    """Raises PostedOtherwise where law, policy or program changed since the part was posted."""
    there = world.log.last(POSTING_CHUNK, ref=draft.ref)
    if there is None:
        tx.append_many([draft])
    elif dict(there.public) != draft.public:
        raise PostedOtherwise(draft.ref)


def chunks(world: World, first: date | None = None, last: date | None = None) -> list[Chunk]:
    """Parts booked on those days, in the order in which they were written."""
    found = (_chunk(event.public, event.seq) for event in world.log.events(POSTING_CHUNK))
    return [each for each in found if (first is None or each.day >= first) and (last is None or each.day <= last)]


def gather_small(world: World) -> None:
    """Once a few small chunks lie alone: see by_company."""
    alone = (
        _chunk(event.public, event.seq) for event in world.log.events(POSTING_CHUNK, after=gathered_until(world.home))
    )
    if enough(alone):
        gather(world.home, chunks(world))


def chunk_event(event: Event) -> Chunk:
    return _chunk(event.public, event.seq)


def _chunk(public: Mapping[str, Any], seq: int) -> Chunk:
    return Chunk(
        date.fromisoformat(public["day"]), public["part"], public["rows"], public["digest"], public["debit_fen"], public["credit_fen"],
        public["until_seq"], seq,
    )  # fmt: skip


def rows_of(world: World, chunk: Chunk, *, check: bool = False) -> pa.Table:
    """One part (POSTINGS), mapped from its file."""
    return read_chunk(world.home, chunk.digest, check=check)


def account_totals(world: World, first: date | None = None, last: date | None = None) -> dict[str, tuple[int, int]]:
    """account → debits and credits (both above zero) booked on those days: postings summed, nothing stored."""
    totals: dict[str, tuple[int, int]] = {}
    for chunk in chunks(world, first, last):
        for name, debit, credit in sums_by_account(rows_of(world, chunk)):
            before = totals.get(name, (0, 0))
            totals[name] = (before[0] + debit, before[1] + credit)
    return totals


def sums_by_account(postings: pa.Table) -> list[tuple[str, int, int]]:
    fen = postings["amount_fen"]
    zero = pa.scalar(0, pa.int64())
    split = pa.table({
        "account": postings["account"], "debit": pc.max_element_wise(fen, zero), "credit": pc.negate(pc.min_element_wise(fen, zero)),
    })  # fmt: skip
    summed = split.group_by("account", use_threads=False).aggregate([("debit", "sum"), ("credit", "sum")])
    names = summed["account"].cast(pa.string()).to_pylist()
    return list(zip(names, summed["debit_sum"].to_pylist(), summed["credit_sum"].to_pylist(), strict=True))


def of_companies(world: World, companies: Collection[str], first: date | None = None, last: date | None = None) -> pa.Table:  # fmt: skip
    """All postings of some companies (POSTINGS, in plain words), of each in the order in which they were booked. A chunk lies by
    company: few are looked up, of many a chunk is read through. Where chunks were gathered by company, that is read instead."""
    names, begin, end = sorted(companies), first or date.min, last or date.max
    parts = [_slices(table, names) for table in tables(world.home, chunks(world), begin, end)]
    found = pa.concat_tables(
        [plain(POSTINGS.empty_table()), *(part for part in parts if part.num_rows)]
    ).combine_chunks()
    if first is not None or last is not None:  # what was gathered goes on beyond the days that are asked for
        booked = found["booked_on"]
        days = [pa.scalar(day, pa.date32()) for day in (begin, end)]
        found = found.filter(pc.and_(pc.greater_equal(booked, days[0]), pc.less_equal(booked, days[1])))
    return found


def _slices(postings: pa.Table, companies: Sequence[str]) -> pa.Table:
    if not postings.num_rows:
        return plain(postings)
    column = postings["company"].chunk(0)
    names, codes = column.dictionary, np.asarray(column.indices)
    if len(companies) * _SCAN > len(codes):
        wanted = np.asarray(pc.is_in(names, value_set=pa.array(companies, pa.string())))
        return plain(postings.filter(pa.array(wanted[codes])))
    parts = []
    for company in companies:
        code = _found(names, company)
        if code is not None:
            start, end = np.searchsorted(
                codes, np.array([code, code + 1], codes.dtype)
            )  # of another type all would be copied
            parts.append(_few(postings, int(start), int(end)))
    return pa.concat_tables(parts) if parts else plain(postings.slice(0, 0))


def _few(postings: pa.Table, start: int, end: int) -> pa.Table:
    """As plain, for rows so few that casting dictionaries would cost more than they do."""
    columns = [column.chunk(0).slice(start, end - start) for column in postings.columns]
    words = [each.dictionary_decode() if pa.types.is_dictionary(each.type) else each for each in columns]
    return pa.table(words, names=postings.column_names)


def _found(names: pa.Array, wanted: str) -> int | None:
    """The place of a word in words that are in order. Compared as UTF-8 bytes, as they were ordered."""
    key, low, high = wanted.encode(), 0, len(names)
    while low < high:
        middle = (low + high) // 2
        if names[middle].as_buffer().to_pybytes() < key:
            low = middle + 1
        else:
            high = middle
    return low if low < len(names) and names[low].as_py() == wanted else None


def of_loans(world: World, loans: Mapping[str, str], last: date | None = None) -> Iterator[pa.Table]:
    """Postings of some loans (loan → company), part by part, in plain words."""
    wanted = pa.array(sorted(loans), pa.string())
    companies = sorted(set(loans.values()))
    for chunk in chunks(world, last=last):
        rows = _slices(rows_of(world, chunk), companies)
        if rows.num_rows:
            yield rows.filter(pc.is_in(rows["loan"], value_set=wanted))
