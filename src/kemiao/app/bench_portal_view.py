"""Bench of the page of one company: how long its data take where it has ten thousand invoices, first look and later ones."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

DAY = date(2024, 7, 1)
OURS, OTHERS = "uscc:91330106MA2ABCDE1G", 400


def bench_company_view(invoices: int, others: int, looks: int, folder: Path) -> dict[str, Any]:
    """`looks` readings of the company's papers, each with its permit and receipt, beside `others` invoices of other companies; and what
    the log adds. Milliseconds."""
    from kemiao.app.bench_assess import _home, _record
    from kemiao.bank.commands.company_view import from_the_log, read_papers
    from kemiao.base.refusal import Refusal
    from kemiao.twin.population.bulk import bench_lake

    with _home(folder) as world:
        with world.log.write() as tx:
            world.lake.append("invoice", bench_lake(others, 20_000))
            world.lake.append("invoice", rows_of(invoices))
            _record(world, tx, invoices + others, (OURS,))
        papers, log, cpu = [], [], []
        for _ in range(looks + 2):
            start, busy = perf_counter(), process_time()
            answer = read_papers(world, OURS)
            papers.append((perf_counter() - start) * 1000)
            start = perf_counter()
            from_the_log(world, OURS)
            log.append((perf_counter() - start) * 1000)
            cpu.append((process_time() - busy) * 1000)
            if isinstance(answer, Refusal):
                raise TypeError(answer.en)
    warm, kept = sorted(papers[2:]), sorted(log[2:])
    return {
        "bench": "one company's page", "invoices": invoices, "others": others, "looks": looks, "first_ms": round(papers[0], 1),
        "median_ms": round(warm[len(warm) // 2], 1), "p99_ms": round(warm[-1 - len(warm) // 100], 1), "from_the_log_ms": round(kept[len(kept) // 2], 1),
        "cpu_ms": round(sorted(cpu[2:])[len(cpu[2:]) // 2], 1),  # of both, on whatever cores: what it costs on a machine that is busy
        "months": len(answer.papers["invoices"]), "reach": "papers and log together under 300 ms",
    }  # fmt: skip


def rows_of(invoices: int) -> Any:
    """Invoices of one company over 36 months, to and from OTHERS parties; nothing in them is drawn."""
    import numpy as np
    import pyarrow as pa

    from kemiao.facts.tables import INVOICE

    number = np.arange(invoices)
    sold = number % 5 != 0
    other = np.array([f"uscc:9133010{each:05d}BENCH1" for each in range(OTHERS)])[(number * 7) % OTHERS]
    day = (np.datetime64(DAY) - 1 - (number * 1095) // max(invoices, 1)).astype("datetime64[D]")
    red = number % 97 == 0
    amount = np.where(red, -1, 1) * (100_000 + (number * 7919) % 5_000_000)
    plain = {
        "invoice_no": pa.array([f"V{each:012d}" for each in number.tolist()]), "seller": pa.array(np.where(sold, OURS, other)),
        "buyer": pa.array(np.where(sold, other, OURS)), "issued_on": pa.array(day), "amount_fen": pa.array(amount), "tax_fen": pa.array(amount * 6 // 100),
        "total_fen": pa.array(amount + amount * 6 // 100), "status": pa.array(np.where(number % 83 == 0, "void", "normal")), "red_letter": pa.array(red),
        "fact_id": pa.array([b"V%019d" % each for each in number.tolist()]), "content_id": pa.array([b"V%019d" % each for each in number.tolist()]),
        "happened_on": pa.array(day), "known_at": pa.array(day), "source": pa.array(["bench"] * invoices), "basis": pa.array(["own"] * invoices),
        "batch": pa.array(np.ones(invoices, np.int64)), "file": pa.array(np.ones(invoices, np.int64)), "row": pa.array(number + 2),
        "revision": pa.array(np.zeros(invoices, np.int64)),
    }  # fmt: skip
    schema = INVOICE.arrow_schema
    return pa.table([plain[name].cast(schema.field(name).type) if name in plain else pa.nulls(invoices, schema.field(name).type) for name in schema.names], schema=schema)  # fmt: skip
