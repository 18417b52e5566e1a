"""One company read under a consent of the chain, checked, counted and receipted there, against the same on paper. Decision 023."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from time import perf_counter
from typing import Any

_DAY = date(2026, 3, 2)
_NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
_INVOICES, _COMPANIES, _ASKED = 5_000_000, 20_000, 100


def bench_reading(data: Path | None, folder: Path, divided_by: int) -> Iterable[dict[str, Any]]:
    """The reading is an assessment of one company out of a large lake in a warm process. Two homes, asked in turns.
    data: not needed, the rows are drawn."""
    _ = data
    asked = max(10, _ASKED // min(divided_by, 10))
    with ExitStack() as stack:
        homes = {
            chained: stack.enter_context(_home(folder / f"reading-{chained}", chained, divided_by))
            for chained in (False, True)
        }
        times: dict[bool, list[float]] = {False: [], True: []}
        for _round in range(asked + 3):
            for chained, (world, company) in homes.items():
                times[chained].append(_read(world, company))
    without, under = (sorted(times[chained][3:]) for chained in (False, True))
    middle = len(without) // 2
    yield {
        "what": "a reading with consent check and receipt against the same on paper", "invoices": _INVOICES // divided_by, "asked": asked,
        "median_ms": round(under[middle], 2), "without_median_ms": round(without[middle], 2),
        "overhead_ms": round(under[middle] - without[middle], 2), "overhead": round(under[middle] / without[middle] - 1, 3), "reach": "< 0.10",
    }  # fmt: skip


def _read(world: Any, company: str) -> float:
    from kemiao.bank.commands.assess import Request, assess
    from kemiao.base.refusal import Refusal

    start = perf_counter()
    answer = assess(world, Request((company,)))
    took = (perf_counter() - start) * 1000
    if isinstance(answer, Refusal):
        raise TypeError(answer.en)
    return took


@contextmanager
def _home(root: Path, chained: bool, divided_by: int) -> Iterator[tuple[Any, str]]:
    from kemiao.app.bench_chain_cast import Cast
    from kemiao.app.bench_chain_home import PASSPHRASE, consent, join
    from kemiao.bank.home import create_home
    from kemiao.bank.world import open_world
    from kemiao.base.clock import FixedClock
    from kemiao.twin.population.bulk import bench_companies, bench_lake

    cast, clock = Cast("ed25519"), FixedClock(_NOW)
    rows, companies = _INVOICES // divided_by, max(20, _COMPANIES // divided_by)
    root.parent.mkdir(parents=True, exist_ok=True)
    create_home(root, os.urandom, _DAY)
    basis = "consent:paper"
    if chained:
        join(root, cast, clock)
        basis = f"consent:{consent(root, cast, clock, ['invoice'])}"
    with open_world(root, clock, os.urandom, lambda: PASSPHRASE) as world:
        keys = bench_companies(companies)
        with world.log.write() as tx:
            world.lake.append("invoice", bench_lake(rows, companies))
            world.lake.append("invoice", _own(bench_lake(rows // companies * 2, 2), bench_companies(2), cast.company))
            for number, who, how in ((1, keys, "anonymised"), (2, [cast.company], basis)):
                _record(tx, number, who, how)
            tx.append("snapshot", public={"tables": world.lake.versions(), "cause": "bench"})
        yield world, cast.company


def _own(rows: Any, keys: list[str], company: str) -> Any:
    """The first company's invoices as those of ours, in a batch of their own."""
    import pyarrow as pa
    import pyarrow.compute as pc

    table = rows.read_all() if isinstance(rows, pa.RecordBatchReader) else rows
    for side in ("seller", "buyer"):
        place = table.schema.get_field_index(side)
        ours = pc.if_else(pc.equal(table[side], keys[0]), company, table[side])
        table = table.set_column(place, table.schema.field(side), ours)
    table = table.filter(pc.or_(pc.equal(table["seller"], company), pc.equal(table["buyer"], company)))
    place = table.schema.get_field_index("batch")
    return table.set_column(place, table.schema.field("batch"), pa.repeat(pa.scalar(2, pa.int64()), table.num_rows))


def _record(tx: Any, number: int, companies: list[str], basis: str) -> None:
    tx.append("import", ref=str(number), public={
        "batch": number, "map": "bench", "basis": basis, "tables": {"invoice": 1}, "historical": False, "absence": "unknown",
        "assumed": True, "known_from_import": [], "newest_on": None, "companies": companies, "files": [],
    })  # fmt: skip
