"""Postings of small chunks gathered by company: a view beside the books, so that one customer's statement opens few files.

A book that is closed every day has one small chunk a day or more, and opening each costs more than the few rows wanted of it. What
is posted stays as it is; a gathered file copies the rows of chunks that follow one another and says which by a digest of theirs.
Thrown away, incomplete or not of these chunks, it is not read, and the chunks are; the next end of day makes it again.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kemiao.bank.home import Home
from kemiao.bank.lending.chunks import mapped, read_chunk

if TYPE_CHECKING:
    from kemiao.bank.lending.postings_store import Chunk

SMALL, MOST = 200_000, 1_000_000  # rows: a larger chunk is left alone; a gathered file grows to so many
WAIT = 8  # chunks that may lie alone before they are gathered
_OF = b"chunks"  # in the file's metadata: the digest of the digests


@dataclass(frozen=True, slots=True)
class _File:
    """A gathered file and the chunks that it copies."""

    path: Path
    chunks: Sequence[Chunk]

    @property
    def rows(self) -> int:
        return sum(each.rows for each in self.chunks)


def tables(home: Home, chunks: Sequence[Chunk], first: date = date.min, last: date = date.max) -> Iterator[pa.Table]:
    """Postings (POSTINGS, each table by company) in the order of chunks: of those booked on some days, and of days beside them."""
    for each in _units(home, chunks):
        days = [chunk.day for chunk in each.chunks] if isinstance(each, _File) else [each.day]
        if max(days) < first or min(days) > last:
            continue
        table = _read(each) if isinstance(each, _File) else read_chunk(home, each.digest)
        if table is not None:
            yield table
        elif isinstance(each, _File):
            yield from (read_chunk(home, chunk.digest) for chunk in each.chunks)


def gathered_until(home: Home) -> int:
    """The event of the newest chunk that was gathered; 0 where none was."""
    return max((last for _, last, _ in _named(home)), default=0)


def enough(alone: Iterable[Chunk]) -> bool:
    return sum(each.rows <= SMALL for each in alone) >= WAIT


def gather(home: Home, chunks: Sequence[Chunk]) -> None:
    """Gathers small chunks that lie alone, once there are enough of them. A disk that does not take it changes nothing."""
    units = _units(home, chunks)
    if not enough(each for each in units if not isinstance(each, _File)):
        return
    running: list[_File | Chunk] = []
    for each in [*units, None]:
        if each is not None and each.rows + sum(other.rows for other in running) <= MOST and (isinstance(each, _File) or each.rows <= SMALL):  # fmt: skip
            running.append(each)
            continue
        if len(running) > 1:
            _write(home, running)
        running = [each] if each is not None and each.rows <= SMALL else []


def _units(home: Home, chunks: Sequence[Chunk]) -> list[_File | Chunk]:
    """Gathered files and the chunks that are in none of them, in their order. Of files that overlap the widest counts."""
    places = {chunk.seq: place for place, chunk in enumerate(chunks)}
    units: list[_File | Chunk] = []
    at = 0
    for first, last, path in sorted(_named(home), key=lambda named: (named[0], -named[1])):
        start, end = places.get(first), places.get(last)
        if start is not None and end is not None and at <= start <= end:
            units += [*chunks[at:start], _File(path, chunks[start : end + 1])]
            at = end + 1
    return [*units, *chunks[at:]]


def _named(home: Home) -> Iterator[tuple[int, int, Path]]:
    for path in _folder(home).glob("*-*.arrow"):
        first, _, last = path.stem.partition("-")
        if first.isdigit() and last.isdigit():
            yield int(first), int(last), path


def _read(file: _File) -> pa.Table | None:
    try:
        table = mapped(file.path)
    except (OSError, ValueError):  # gone meanwhile, empty, or no Arrow any more (ArrowInvalid is a ValueError)
        return None
    own = (table.schema.metadata or {}).get(_OF)
    return table if own == _digest(file.chunks) and table.num_rows == file.rows else None


def _write(home: Home, units: Sequence[_File | Chunk]) -> None:
    chunks = [chunk for each in units for chunk in (each.chunks if isinstance(each, _File) else [each])]
    table = _by_company(list(tables(home, chunks))).replace_schema_metadata({_OF: _digest(chunks)})
    path = _folder(home) / f"{chunks[0].seq}-{chunks[-1].seq}.arrow"
    building = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        building.parent.mkdir(parents=True, exist_ok=True)
        with pa.OSFile(str(building), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
            writer.write_table(table)
        building.rename(path)
        for each in units:
            if isinstance(each, _File) and each.path != path:
                each.path.unlink(missing_ok=True)
    except OSError:  # the day is closed without it
        building.unlink(missing_ok=True)


def _by_company(parts: Sequence[pa.Table]) -> pa.Table:
    """One table, by company, of one company in the order of the parts; names of companies in order, as in a chunk."""
    whole = pa.concat_tables(part.replace_schema_metadata(None) for part in parts).unify_dictionaries().combine_chunks()
    company = whole["company"].chunk(0)
    in_order = np.asarray(pc.array_sort_indices(company.dictionary))
    rank = np.empty(len(in_order), np.int32)
    rank[in_order] = np.arange(len(in_order))
    codes = rank[np.asarray(company.indices)]
    rows = np.argsort(codes, kind="stable")
    names = company.dictionary.take(pa.array(in_order))
    place = whole.schema.get_field_index("company")
    return whole.take(pa.array(rows)).set_column(place, whole.schema.field(place), pa.DictionaryArray.from_arrays(pa.array(codes[rows]), names)).combine_chunks()  # fmt: skip


def _digest(chunks: Sequence[Chunk]) -> bytes:
    return hashlib.sha256("".join(chunk.digest for chunk in chunks).encode()).hexdigest().encode()


def _folder(home: Home) -> Path:
    return home.books / "by_company"
