"""Which bench is what: sizes as docs/benchmarks.md states them, scratch folders that are removed, real data where it lies."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from kemiao.app.door import Door
from kemiao.base.refusal import Refusal, Refused

INVOICES, COMPANIES, BOOK = 5_000_000, 20_000, 200_000


def run_bench(
    name: str, data: Path | None, divided_by: int, door: Door, *, large: bool = False
) -> Iterable[dict[str, Any]]:
    """Rows of one bench. divided_by: 1 for the stated size. large: features over ten times as many invoices and companies too."""
    with tempfile.TemporaryDirectory(prefix="kemiao-bench-") as scratch:
        folder = Path(scratch)
        match name:
            case "features":
                from kemiao.app.bench_features import bench_features

                for times in (1, 10) if large else (1,):
                    invoices, companies = times * INVOICES // divided_by, times * COMPANIES // divided_by
                    yield {"bench": "features", **bench_features(invoices, companies, 1, folder)}
            case "import":
                from kemiao.app.bench_import import bench_import

                yield {"bench": "import", **bench_import(_data(data) / "cumcm2020c", folder)}
            case "assess":
                from kemiao.app.bench_assess import bench_one

                yield bench_one(INVOICES // divided_by, COMPANIES // divided_by, 200, folder)
            case "book":
                from kemiao.app.bench_assess import bench_book

                with door.progress("评估", "assessing") as bar:
                    yield bench_book(BOOK // divided_by, folder, bar)
            case "plan":
                from kemiao.app.bench_plan import bench_plan

                churn = _data(data) / "cumcm2020c" / "rate_churn.csv"
                yield from ({"bench": "plan", **row} for row in bench_plan(churn, 100_000 // divided_by))
            case "rating":
                from kemiao.app.bench_rating import bench_rating

                yield from ({"bench": "rating", **row} for row in bench_rating(_data(data), divided_by))
            case "chain":
                from kemiao.app.bench_chain import bench_chain

                real = data or Path(os.environ.get("KEMIAO_SHARED_DATA", "../shared/data"))
                yield from (
                    {"bench": "chain", **row}
                    for row in bench_chain(real if real.is_dir() else None, folder, divided_by)
                )
            case "lending":
                yield from ({"bench": "lending", **row} for row in _lending(folder, data, divided_by))
            case "market":
                yield from ({"bench": "market", **row} for row in _market(folder, divided_by))
            case "portal":
                from kemiao.app.bench_portal import bench_portal

                yield from ({"bench": "portal", **row} for row in bench_portal(folder, divided_by))
            case "drift":
                from kemiao.app.bench_drift import bench_drift

                with door.progress("监测", "watching") as bar:
                    yield from ({"bench": "drift", **row} for row in bench_drift(folder, max(2, 20 // divided_by), bar))


def _lending(folder: Path, data: Path | None, divided_by: int) -> Iterable[dict[str, Any]]:
    from kemiao.app.bench_lending_actus import bench_actus
    from kemiao.app.bench_lending_day import bench_day
    from kemiao.app.bench_lending_schedules import bench_schedules
    from kemiao.app.bench_lending_tracing import bench_tracing
    from kemiao.app.bench_lending_way import bench_way

    yield from bench_actus(_data(data) / "actus")
    yield from bench_schedules(folder / "schedules", divided_by)
    yield from bench_day(folder / "day", divided_by)
    yield from bench_way(folder / "way", divided_by)
    yield from bench_tracing(divided_by)


def _market(folder: Path, divided_by: int) -> Iterable[dict[str, Any]]:
    from kemiao.app.bench_market_best import bench_market_best
    from kemiao.app.bench_market_exact import bench_exact
    from kemiao.app.bench_market_park import bench_park
    from kemiao.app.bench_market_stable import bench_market_stable
    from kemiao.app.bench_market_why import bench_market_why

    yield from bench_market_stable(folder / "market", divided_by)
    yield from bench_market_best(divided_by)
    yield from bench_exact(divided_by)
    yield from bench_market_why(divided_by)
    yield from bench_park(divided_by)


def _data(given: Path | None) -> Path:
    folder = given or Path(os.environ.get("KEMIAO_SHARED_DATA", "../shared/data"))
    if not folder.is_dir():
        raise Refused(
            Refusal.at(
                "NO_DATA",
                "没有真实数据:--data 或 KEMIAO_SHARED_DATA",
                "real data is not there: --data or KEMIAO_SHARED_DATA",
                folder=folder,
            )
        )
    return folder
