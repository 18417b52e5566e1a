"""Import of the contest's invoices against DuckDB reading the same Parquet files and writing them as Parquet.

Both sides run in this process, warm, in turns; each import goes into a fresh home with every check, digest and verdict.
"""

from __future__ import annotations

import os
import resource
import shutil
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any

_NOW = datetime(2024, 7, 1, 9, tzinfo=UTC)


def bench_import(folder: Path, scratch: Path, rounds: int = 3) -> dict[str, Any]:
    """folder: ../shared/data/cumcm2020c or one like it. Returns rows, seconds and processor seconds of both sides (median of
    the rounds), their ratios, the counts of the import, and the peak memory of the process in MB."""
    files = sorted(folder.glob("*_invoices.parquet"))
    scratch.mkdir(parents=True, exist_ok=True)
    counts: dict[str, Any] = {}
    ours: list[tuple[float, float]] = []
    duckdbs: list[tuple[float, float]] = []
    _import(files[:1], scratch)  # both sides warm: what is measured is rows, not the loading of libraries
    _copy(files[:1], scratch)
    for _ in range(rounds):
        ours.append(_timed(lambda: counts.update(_import(files, scratch))))
        duckdbs.append(_timed(lambda: _copy(files, scratch)))
    seconds, cpu = (median(column) for column in zip(*ours, strict=True))
    duckdb_seconds, duckdb_cpu = (median(column) for column in zip(*duckdbs, strict=True))
    return {
        **counts, "seconds": round(seconds, 3), "duckdb_seconds": round(duckdb_seconds, 3),
        "ratio": round(seconds / duckdb_seconds, 2), "cpu_seconds": round(cpu, 3), "duckdb_cpu_seconds": round(duckdb_cpu, 3),
        "cpu_ratio": round(cpu / duckdb_cpu, 2), "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }  # fmt: skip


def bench_memory(folder: Path, scratch: Path, times: int) -> dict[str, Any]:
    """Peak memory over an import of `times` as many invoices, each with a number of its own. For a process of its own."""
    import duckdb

    scratch.mkdir(parents=True, exist_ok=True)
    names = ", ".join(f"'{file}'" for file in sorted(folder.glob("*_output_invoices.parquet")))
    out = scratch / "many_output_invoices.parquet"
    with duckdb.connect(config={"memory_limit": "300MB", "temp_directory": str(scratch)}) as connection:
        connection.execute("SET enable_progress_bar = false")
        connection.execute(
            f"COPY (SELECT 企业代号, 发票号码 || '-' || n AS 发票号码, * EXCLUDE (企业代号, 发票号码, n) FROM read_parquet([{names}]), range({times}) t(n)) TO '{out}'"  # noqa: S608
        )
    counts = _import([out], scratch)
    out.unlink()
    return {**counts, "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}


def _timed(run: Callable[[], object]) -> tuple[float, float]:
    seconds, cpu = perf_counter(), process_time()
    run()
    return perf_counter() - seconds, process_time() - cpu


def _import(files: Sequence[Path], scratch: Path) -> dict[str, int]:
    from kemiao.bank.commands.import_files import Imported, ImportFiles, import_files
    from kemiao.bank.home import create_home
    from kemiao.bank.world import open_world
    from kemiao.base.clock import FixedClock
    from kemiao.data.map import load_map

    root = scratch / "home"
    shutil.rmtree(root, ignore_errors=True)
    create_home(root, os.urandom)
    with open_world(root, FixedClock(_NOW), os.urandom) as world:
        done = import_files(world, ImportFiles(load_map("cumcm2020c"), "cumcm2020c", tuple(files)))
    shutil.rmtree(root)
    if not isinstance(done, Imported):
        raise SystemExit(done.text("en"))
    return {
        "rows": sum(file.rows for file in done.files),
        "taken": done.taken,
        "duplicates": done.duplicates,
        "quarantined": done.quarantined,
    }


def _copy(files: Sequence[Path], scratch: Path) -> None:
    import duckdb

    with duckdb.connect() as connection:
        connection.execute("SET enable_progress_bar = false")
        for place, file in enumerate(files):
            connection.execute(f"COPY (FROM read_parquet('{file}')) TO '{scratch / f'copy-{place}.parquet'}'")
    for place in range(len(files)):
        (scratch / f"copy-{place}.parquet").unlink()
