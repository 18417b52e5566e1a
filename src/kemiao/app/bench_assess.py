"""Benches of assessing: one company out of a large lake in a warm process, and a whole book with profiles at hand."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from time import perf_counter
from typing import Any

DAY = date(2024, 7, 1)


def bench_one(invoices: int, companies: int, asked: int, folder: Path) -> dict[str, Any]:
    """`asked` assessments, one company each, by the same command as `kemiao assess KEY`: milliseconds."""
    from kemiao.bank.commands.assess import Request, assess
    from kemiao.base.refusal import Refusal
    from kemiao.twin.population.bulk import bench_companies, bench_lake

    keys = bench_companies(companies)
    with _home(folder) as world:
        with world.log.write() as tx:
            world.lake.append("invoice", bench_lake(invoices, companies))
            _record(world, tx, invoices, keys)
        times = []
        for number in range(asked + 3):
            key = keys[number * len(keys) // (asked + 3)]
            start = perf_counter()
            answer = assess(world, Request((key,)))
            times.append((perf_counter() - start) * 1000)
            if isinstance(answer, Refusal):
                raise TypeError(answer.en)
    warm = sorted(times[3:])
    return {
        "bench": "one assessment", "invoices": invoices, "asked": asked, "median_ms": round(warm[len(warm) // 2], 1),
        "p99_ms": round(warm[int(len(warm) * 0.99) - 1], 1), "first_ms": round(times[0], 1), "reach": "p99 < 300 ms",
    }  # fmt: skip


def bench_book(companies: int, folder: Path, progress: Callable[[int, int], None]) -> dict[str, Any]:
    """A whole book: judged, documented, sealed and appended, from profiles at hand. Seconds."""
    from kemiao.bank.commands.assess import Inputs, append, decide, rested_on
    from kemiao.bank.permits import permit
    from kemiao.bank.rulebook import grounds
    from kemiao.base.refusal import Refusal

    features = profiles(companies)
    keys = features["company"].to_pylist()
    with _home(folder) as world:
        with world.log.write() as tx:
            _record(world, tx, 0, keys)
        start = perf_counter()
        base, given = grounds(world, DAY), permit(world, keys, "credit_review")
        inputs = Inputs(features, {}, given, base, 0, rested_on(base, DAY, DAY, (), given))
        decided = decide(inputs, progress)
        judged = perf_counter() - start
        if isinstance(decided, Refusal):
            raise TypeError(decided.en)
        appended = append(world, inputs, decided).appended
        whole = perf_counter() - start
    return {
        "bench": "assess --all",
        "companies": companies,
        "appended": appended,
        "judged_s": round(judged, 1),
        "whole_s": round(whole, 1),
        "reach": "< 60 s",
    }


def profiles(companies: int, seed: int = 1) -> Any:
    """Drawn rows in the form of a profile: about a third of the cells unknown, sizes as skewed as companies are."""
    import numpy as np
    import pyarrow as pa

    from kemiao.bank.commands.replay import row_schema
    from kemiao.facts.tables import INDUSTRIES

    rng = np.random.Generator(np.random.PCG64(seed))
    columns: dict[str, Any] = {"company": pa.array([f"foreign:bench-{number:07d}" for number in range(companies)])}
    for field in row_schema():
        if field.name == "company":
            continue
        if pa.types.is_boolean(field.type):
            values: Any = rng.random(companies) < 0.3
        elif pa.types.is_date(field.type):
            values = np.datetime64("2010-01-01") + rng.integers(0, 5000, companies)
        elif pa.types.is_string(field.type):
            words = {
                "industry": list(INDUSTRIES),
                "tax_credit_grade": list("ABMCD"),
                "revenue_source": ["financial_statement", "tax_filing", "invoice"],
                "register_status": ["active"],
            }
            values = rng.choice(np.array(words.get(field.name, ["a", "b"]), object), companies)
        elif field.name.endswith("_fen"):
            values = rng.lognormal(19, 2, companies).astype(np.int64) % 10**12
        elif field.name.endswith("_ppm"):
            values = rng.normal(200_000, 200_000, companies).astype(np.int64)
        else:
            values = rng.integers(0, 40, companies)
        columns[field.name] = pa.array(values, field.type, mask=rng.random(companies) < 0.33)
    columns["staff_tech"] = columns["staff_total"]
    columns["dishonest_listings"] = pa.array((rng.random(companies) < 0.01).astype(np.int64))
    return pa.table(columns, schema=row_schema())


def _home(folder: Path):
    from kemiao.bank.home import create_home
    from kemiao.bank.world import open_world
    from kemiao.base.clock import FixedClock

    root = folder / "home"
    create_home(root, os.urandom, DAY)
    return open_world(root, FixedClock(datetime(DAY.year, DAY.month, DAY.day, tzinfo=UTC)), os.urandom)


def _record(world, tx, rows: int, companies: list[str]) -> None:
    tx.append("import", ref="1", public={
        "batch": 1, "map": "bench", "basis": "anonymised", "tables": {"invoice": rows}, "historical": False, "absence": "unknown",
        "assumed": True, "known_from_import": [], "newest_on": None, "companies": companies, "files": [],
    })  # fmt: skip
    tx.append("snapshot", public={"tables": world.lake.versions(), "cause": "bench"})
