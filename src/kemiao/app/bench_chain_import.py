"""Import of the contest's invoices with attestations against the same without, and sending them to the chain. Decision 023."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

_NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
_ROUNDS = 3


def bench_import_on_chain(data: Path | None, folder: Path, divided_by: int) -> Iterable[dict[str, Any]]:
    """Both sides in this process, warm, in turns, each into a fresh home. data: the shared data, or None: then nothing is measured."""
    files = sorted((data / "cumcm2020c").glob("*_invoices.parquet")) if data else []
    files = files[:1] if divided_by > 1 else files
    if not files:
        return
    scratch = folder / "import-on-chain"
    scratch.mkdir(parents=True)
    for chained in (False, True):
        _import(files[:1], scratch, chained)
    sides: dict[bool, list[float]] = {False: [], True: []}
    rows, sent = 0, []
    for _ in range(_ROUNDS):
        for chained in (False, True):
            seconds, rows, sending = _import(files, scratch, chained)
            sides[chained].append(seconds)
            sent += [sending] if chained else []
    without, attested = median(sides[False]), median(sides[True])
    yield {
        "what": "import with its attestations against the same without", "rows": rows, "seconds": round(attested, 3),
        "without_seconds": round(without, 3), "ratio": round(attested / without, 2), "reach": "< 2.5", "submit_seconds": round(median(sent), 3),
    }  # fmt: skip


def _import(files: Sequence[Path], scratch: Path, chained: bool) -> tuple[float, int, float]:
    """Seconds of the import, rows taken, seconds of submitting what it left for the chain."""
    from kemiao.app.bench_chain_cast import Cast
    from kemiao.app.bench_chain_home import PASSPHRASE, join
    from kemiao.bank.commands.import_files import Imported, ImportFiles, import_files
    from kemiao.bank.home import create_home
    from kemiao.bank.outbox import flush
    from kemiao.bank.world import open_world
    from kemiao.base.clock import FixedClock
    from kemiao.data.map import load_map

    root, clock = scratch / "home", FixedClock(_NOW)
    create_home(root, os.urandom)
    if chained:
        join(root, Cast("ed25519"), clock)
    with open_world(root, clock, os.urandom, lambda: PASSPHRASE) as world:
        start = perf_counter()
        done = import_files(world, ImportFiles(load_map("cumcm2020c"), "cumcm2020c", tuple(files)))
        seconds = perf_counter() - start
        start = perf_counter()
        if chained and flush(world).waiting:
            raise TypeError("the chain did not take what the import left")
        sending = perf_counter() - start
    shutil.rmtree(root)
    if not isinstance(done, Imported):
        raise TypeError(done.en)
    return seconds, done.taken, sending
