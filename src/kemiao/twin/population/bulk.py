"""Many invoices at once, for benches: the canonical table with its provenance, sizes and relations as skewed as real ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kemiao.facts.tables import INVOICE
from kemiao.twin.population.names import company_codes
from kemiao.twin.population.setting import HISTORY_MONTHS, Flags, Floats, Ints, calendar_of

_PARTNERS = 18  # mean number of a company's relations
_OTHERS = 3  # other parties for each company
_SEASON = np.array([0.8, 0.55, 1.0, 0.95, 1.0, 1.15, 0.95, 0.95, 1.05, 0.95, 1.1, 1.45])
_VOID, _RED = 0.012, 0.011
_BATCH_ROWS = 200_000


@dataclass(frozen=True, slots=True)
class _World:
    codes: pa.Array
    ours: Ints  # a relation's company
    theirs: Ints
    weight: Floats
    ticket: Floats  # median net amount of an invoice, fen
    sells: Flags
    start: Ints
    end: Ints
    rate: Floats


def bench_companies(companies: int = 20_000, seed: int = 1) -> list[str]:
    """The keys of the companies that `bench_lake` of the same arguments is about."""
    world = _world(np.random.Generator(np.random.PCG64(seed)).spawn(2)[0], companies)
    return [str(code) for code in world.codes[:companies].to_pylist()]


def bench_lake(
    n_invoices: int = 5_000_000, companies: int = 20_000, seed: int = 1, day: date = date(2024, 7, 1)
) -> pa.RecordBatchReader:
    """n_invoices rows of `invoice` with provenance, month by month over the 36 months before `day`, in batches.

    A few companies have thousands of invoices, most a handful; relations begin and end; 1.2 % void, 1.1 % red letters.
    fact_id and content_id are drawn, not hashed: they are unique, and nothing else is asked of them here.
    """
    schema = INVOICE.arrow_schema
    for_world, for_rows = np.random.Generator(np.random.PCG64(seed)).spawn(2)
    world = _world(for_world, companies)
    starts = calendar_of(day).starts()
    first = int(np.searchsorted(starts, np.datetime64(day))) - HISTORY_MONTHS
    return pa.RecordBatchReader.from_batches(schema, _batches(for_rows, world, n_invoices, starts[first:], schema))


def _world(rng: np.random.Generator, companies: int) -> _World:
    size = np.exp(1.35 * rng.standard_normal(companies))
    partners = 1 + rng.poisson(_PARTNERS * np.clip(size**0.4, 0.2, 6))
    ours = np.repeat(np.arange(companies), partners)
    count = len(ours)
    parties = companies * (1 + _OTHERS)
    theirs = np.minimum((parties * rng.random(count) ** 1.6).astype(np.int64), parties - 1)
    theirs = np.where(theirs == ours, (theirs + 1) % parties, theirs)
    weight = size[ours] / partners[ours] * np.exp(1.1 * rng.standard_normal(count))
    start = np.where(rng.random(count) < 0.55, 0, rng.integers(0, HISTORY_MONTHS, count))
    return _World(
        codes=pa.array([f"uscc:{code}" for code in company_codes(rng, ["990171"] * parties)]),
        ours=ours,
        theirs=theirs,
        weight=weight,
        ticket=3_000_000 * size[ours] ** 0.5 * np.exp(0.9 * rng.standard_normal(count)),
        sells=rng.random(count) < 0.5,
        start=start,
        end=start + 1 + rng.geometric(1 / 26, count),
        rate=rng.choice([0.13, 0.06, 0.03], count, p=[0.6, 0.33, 0.07]),
    )


def _batches(
    rng: np.random.Generator, world: _World, n_invoices: int, starts: np.ndarray, schema: pa.Schema
) -> Iterator[pa.RecordBatch]:
    growth = 1.012 ** np.arange(HISTORY_MONTHS) * _SEASON[(np.arange(HISTORY_MONTHS) + 6) % 12]
    upto = np.rint(np.cumsum(growth) / growth.sum() * n_invoices).astype(np.int64)
    done = 0
    for month in range(HISTORY_MONTHS):
        active = (world.start <= month) & (month < world.end)
        ladder = np.cumsum(world.weight * active)
        while done < upto[month]:
            rows = int(min(upto[month] - done, _BATCH_ROWS))
            yield _batch(rng, world, ladder, starts[month : month + 2], month, done, rows, schema)
            done += rows


def _batch(
    rng: np.random.Generator,
    world: _World,
    ladder: Floats,
    bounds: np.ndarray,
    month: int,
    done: int,
    rows: int,
    schema: pa.Schema,
) -> pa.RecordBatch:
    relation = np.searchsorted(ladder, rng.random(rows) * ladder[-1], side="right")
    net = np.rint(world.ticket[relation] * np.exp(1.2 * rng.standard_normal(rows))).astype(np.int64) + 100
    luck = rng.random(rows)
    red, void = luck < _RED, (luck >= _RED) & (luck < _RED + _VOID)
    net = np.where(red, -net, np.minimum(net, 10**11))
    tax = np.rint(net * world.rate[relation]).astype(np.int64)
    sells, ours, theirs = world.sells[relation], world.ours[relation], world.theirs[relation]
    length = int((bounds[1] - bounds[0]).astype(np.int64))
    day = pa.array(bounds[0] + rng.integers(0, length, rows).astype("timedelta64[D]"))
    number = pc.utf8_lpad(pa.array(np.arange(done + 1, done + rows + 1)).cast(pa.string()), 18, "0")
    columns = {
        "invoice_no": pc.binary_join_element_wise(pa.scalar("99"), number, ""),
        "seller": world.codes.take(pa.array(np.where(sells, ours, theirs))),
        "buyer": world.codes.take(pa.array(np.where(sells, theirs, ours))),
        "issued_on": day,
        "amount_fen": pa.array(net),
        "tax_fen": pa.array(tax),
        "total_fen": pa.array(net + tax),
        "status": pa.array(["normal", "void"]).take(pa.array(void.astype(np.int64))),
        "red_letter": pa.array(red),
        "fact_id": _drawn_ids(rng, rows),
        "content_id": _drawn_ids(rng, rows),
        "happened_on": day,
        "known_at": day,
        "source": _same("etax_invoices", rows),
        "basis": _same("consent:BENCH", rows),
        "batch": pa.array(np.ones(rows, dtype=np.int64)),
        "file": pa.array(np.full(rows, month, dtype=np.int32)),
        "row": pa.array(np.arange(done + 2, done + rows + 2)),
        "revision": pa.array(np.zeros(rows, dtype=np.int32)),
    }
    return pa.record_batch([columns[field.name] for field in schema], schema=schema)


def _same(text: str, rows: int) -> pa.Array:
    return pa.array([text]).take(pa.array(np.zeros(rows, dtype=np.int64)))


def _drawn_ids(rng: np.random.Generator, rows: int) -> pa.Array:
    offsets = pa.array(np.arange(0, 16 * (rows + 1), 16, dtype=np.int32)).buffers()[1]
    return pa.Array.from_buffers(pa.binary(), rows, [None, offsets, pa.py_buffer(rng.bytes(16 * rows))])
