"""Facts under batch roots: objects one by one, a table's rows as columns; the machine's own SHA-256 beside both.

The columns are the contest's invoices where they lie, else generated ones of the same form. Each figure is the best of the
rounds: what disturbs a run only ever slows it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path
from time import perf_counter
from typing import Any

import pyarrow as pa

FACTS, ROWS = 200_000, 1_100_000
_KEY = bytes(range(32))
_ROUNDS = 3
_BLOCK = 64  # what one compression of SHA-256 takes


def bench_batches(data: Path | None, folder: Path, divided_by: int) -> Iterable[dict[str, Any]]:
    """data: the folder of real data, or None. folder: scratch. divided_by: 1 for the stated size.

    Rows of {what, count, seconds, per_second, reach}; of the raw rate also mb_per_second of one long message.
    """
    from kemiao.chain.batch import batch_of_rows
    from kemiao.chain.batch_columns import batch_of_columns
    from kemiao.chain.leaf_file import LeafFile

    yield _raw(1_000_000 // divided_by)
    table, source = _invoices(data, ROWS // divided_by)
    objects = list(zip(*(column.to_pylist() for column in table.slice(0, FACTS // divided_by).columns), strict=True))
    yield _row(
        "facts from objects", len(objects), lambda: batch_of_rows(table.column_names, objects, _KEY), 60_000, source
    )
    yield _row("rows as columns", table.num_rows, lambda: batch_of_columns(table, _KEY), 400_000, source)
    batch, file = batch_of_columns(table, _KEY), folder / "leaves.bin"
    LeafFile.write(file, batch.leaves, batch.root)
    yield _row("leaf file opened and checked", table.num_rows, lambda: LeafFile.open(file), None, source)
    file.unlink()


def _row(what: str, count: int, run: Callable[[], object], reach: int | None, source: str) -> dict[str, Any]:
    seconds = min(_timed(run) for _ in range(_ROUNDS))
    return {
        "what": what, "count": count, "seconds": round(seconds, 3), "per_second": round(count / seconds), "reach": reach, "source": source,
    }  # fmt: skip


def _raw(count: int) -> dict[str, Any]:
    """One core: messages of one block each, as Python hands them over, and one long message."""
    blocks, long = [index.to_bytes(_BLOCK, "big") for index in range(count)], bytes(1 << 26)
    seconds = min(_timed(lambda: [sha256(block).digest() for block in blocks]) for _ in range(_ROUNDS))
    whole = min(_timed(lambda: sha256(long).digest()) for _ in range(_ROUNDS))
    return {
        "what": "SHA-256 raw, 64 bytes each", "count": count, "seconds": round(seconds, 3), "per_second": round(count / seconds),
        "mb_per_second": round(len(long) / whole / 1e6),
    }  # fmt: skip


def _timed(run: Callable[[], object]) -> float:
    start = perf_counter()
    run()
    return perf_counter() - start


def _invoices(data: Path | None, count: int) -> tuple[pa.Table, str]:
    files = [] if data is None else sorted((data / "cumcm2020c").glob("*_invoices.parquet"))
    return (_contest(files, count), "cumcm2020c") if files else (_generated(count), "generated")


def _contest(files: list[Path], count: int) -> pa.Table:
    """With days as days and amounts in fen, as facts have them."""
    import duckdb

    with duckdb.connect() as connection:
        connection.execute("SET enable_progress_bar = false").fetchall()
        selects = [
            f"SELECT 企业代号 company, 发票号码 invoice_no, 开票日期::DATE issued_on, COLUMNS('.方单位代号') AS counterparty, round(金额 * 100)::BIGINT amount_fen,"  # noqa: S608 - files of the bench
            f" round(税额 * 100)::BIGINT tax_fen, round(价税合计 * 100)::BIGINT total_fen, 发票状态 = '有效发票' valid FROM read_parquet('{file}')"
            for file in files
        ]
        return connection.sql(f"SELECT * FROM ({' UNION ALL '.join(selects)}) LIMIT {count}").to_arrow_table()  # noqa: S608


def _generated(count: int) -> pa.Table:
    start = date(2024, 1, 1)
    return pa.table({
        "company": pa.array([f"E{index % 400}" for index in range(count)]),
        "invoice_no": pa.array([f"{index:08}" for index in range(count)]),
        "issued_on": pa.array([start + timedelta(days=index % 700) for index in range(count)], pa.date32()),
        "counterparty": pa.array([f"A{index * 7919 % 50_000:05}" for index in range(count)]),
        "amount_fen": pa.array([index * 104_729 % 100_000_000 for index in range(count)], pa.int64()),
        "tax_fen": pa.array([index * 1_299 % 13_000_000 for index in range(count)], pa.int64()),
        "total_fen": pa.array([index * 15_485_863 % 113_000_000 for index in range(count)], pa.int64()),
        "valid": pa.array([index % 17 != 0 for index in range(count)]),
    })  # fmt: skip
