"""The end of a day of a million loans; a trial balance and one customer's statement over ten million postings."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

from kemiao.base.clock import FixedClock

LOANS, POSTINGS, DAYS = 1_000_000, 10_000_000, 20
_DAY = date(2024, 6, 28)  # a Friday
_STATEMENTS = 50


def bench_day(folder: Path, divided_by: int) -> Iterable[dict[str, Any]]:
    """Rows of {what, reach, …}. folder: scratch on the disk that is measured. A tenth of the loans shows how time grows."""
    small = _ended(folder / "tenth", LOANS // divided_by // 10)
    large = _ended(folder / "whole", LOANS // divided_by)
    for row in (small, large):
        yield {"what": "end of day: accrual, dues, class, stage, ECL, capital, postings", "reach": "1 M loans: under 90 s, under 8 GB", **row}  # fmt: skip
    yield {"what": "growth of the end of day, 10 × the loans", "reach": "linear", "times": round(large["seconds"] / small["seconds"], 1)}  # fmt: skip
    yield from _asked(folder / "asked", POSTINGS // divided_by)


def _ended(root: Path, count: int) -> dict[str, Any]:
    """A book that was paid out and closed on one day; then the next day, in a process of its own, is what is measured."""
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        pool.submit(make_book, root, count).result()
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(end_next_day, root).result()


def make_book(root: Path, count: int) -> None:
    """A home with that many loans, by columns; a third of them falls due on the day that is measured."""
    from kemiao.bank.commands.end_of_day import end_of_day
    from kemiao.bank.home import create_home
    from kemiao.bank.lending.loan_store import LOAN_CHUNK, MESSAGE_CHUNK, append_chunk

    create_home(root, os.urandom)
    with _world(root, _DAY - timedelta(1)) as world:
        loans, messages = loans_by_columns(count)
        with world.log.write() as tx:
            append_chunk(world, tx, LOAN_CHUNK, loans)
            append_chunk(world, tx, MESSAGE_CHUNK, messages)
        end_of_day(world)


def end_next_day(root: Path) -> dict[str, Any]:
    from kemiao.bank.commands.end_of_day import end_of_day

    with _world(root, _DAY) as world:
        start, busy = perf_counter(), process_time()
        ended = end_of_day(world)
        seconds, busy = perf_counter() - start, process_time() - busy
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"loans": ended.loans, "postings": ended.rows, "seconds": round(seconds, 1), "processor_seconds": round(busy, 1), "peak_gb": round(peak / 2**20, 1)}  # fmt: skip


def loans_by_columns(count: int) -> tuple[Any, Any]:
    """Loans (LOANS) and what paid them out (MESSAGES): three due days, four ways of repaying, a tenth floating."""
    import numpy as np
    import pyarrow as pa

    from kemiao.credit.servicing.columns import INTEREST_FIRST, LOANS, MESSAGES

    number = np.arange(count)
    names = pa.array([f"loan-{each:09d}" for each in number])
    companies = pa.array([f"cumcm:E{each % max(count * 4 // 5, 1)}" for each in number])
    starts = date(2024, 5, 28)

    def days(*choices: date) -> Any:
        return pa.array(list(choices), pa.date32()).take(pa.array(number % len(choices)))

    def words(*choices: str) -> Any:
        return pa.array(list(choices)).take(pa.array(number % len(choices)))

    given: dict[str, Any] = {
        "loan": names, "company": companies, "product": words("p"), "origin": words("imported"),
        "repayment": words("equal_installment", "equal_principal", "interest_first", "equal_installment"),
        "amount_fen": pa.array(10_000_000 + number % 977 * 1_000_00), "signed_on": days(starts), "starts_on": days(starts), "matures_on": days(date(2027, 5, 28)),
        "first_due_on": days(date(2024, 6, 28), date(2024, 6, 5), date(2024, 6, 15)), "every_months": pa.array(np.ones(count, np.int32)),
        "month_end": pa.array(np.zeros(count, bool)), "business_day": words("following"), "day_count": words("A360"),
        "rate_ppm": pa.array(38_000 + number % 31 * 1_000), "rate_kind": words(*["fixed"] * 9, "lpr_1y"), "spread_ppm": pa.array(number % 11 * 1_000),
        "first_reset_on": days(date(2024, 6, 1)), "reset_months": pa.array(np.full(count, 3, np.int32)),
        "overdue_markup_ppm": pa.array(np.full(count, 500_000)), "diverted_markup_ppm": pa.array(np.full(count, 1_000_000)),
        "compound": pa.array(np.ones(count, bool)), "grace_days": pa.array(np.zeros(count, np.int32)), "allocation": words(INTEREST_FIRST),
        "early_fee_ppm": pa.array(np.zeros(count, np.int64)), "fee_fen": pa.array(np.zeros(count, np.int64)), "vat_ppm": pa.array(np.full(count, 60_000)),
        "security": words("none", "intellectual_property", "guarantee"), "guaranteed_ppm": pa.array(np.zeros(count, np.int64)), "pool_ppm": pa.array(np.zeros(count, np.int64)),
        "purpose": words("working capital"), "entrusted": pa.array(np.zeros(count, bool)), "pd_ppm": pa.array(5_000 + number % 97 * 500),
        "lgd_ppm": pa.array(np.full(count, 450_000)), "grade": words("A", "BBB", "BB"), "industry": words("I", "C", "M"), "size_class": words("small", "micro"),
    }  # fmt: skip
    loans = pa.table([given.get(field.name, pa.nulls(count, field.type)).cast(field.type) for field in LOANS], LOANS)
    paid: dict[str, Any] = {
        "message": pa.array([f"d-{each}" for each in number]), "loan": names, "kind": words("disburse"), "value_day": days(starts),
        "received_on": days(starts), "amount_fen": given["amount_fen"],
    }  # fmt: skip
    repaid: dict[str, Any] = {  # most pay on, every thirtieth is in arrears
        "message": pa.array([f"r-{each}" for each in number]), "loan": names, "kind": words("repay"), "value_day": days(date(2024, 6, 5)),
        "received_on": days(date(2024, 6, 5)), "amount_fen": pa.array(np.where(number % 30 == 0, 100, 4_000_000)), "word": words("next"),
    }  # fmt: skip
    tables = [pa.table([each.get(field.name, pa.nulls(count, field.type)).cast(field.type) for field in MESSAGES], MESSAGES) for each in (paid, repaid)]  # fmt: skip
    return loans, pa.concat_tables(tables)


def _asked(root: Path, postings: int) -> Iterable[dict[str, Any]]:
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        made = pool.submit(make_postings, root, postings).result()
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        yield from pool.submit(ask, root, made).result()


def make_postings(root: Path, postings: int) -> int:
    """Days of accruals of many loans in chunks, as the end of a day writes them."""
    import numpy as np
    import pyarrow as pa

    from kemiao.bank.home import create_home
    from kemiao.bank.lending.day_grounds import chart_on
    from kemiao.bank.lending.postings_store import append_postings
    from kemiao.credit.books.post import post
    from kemiao.credit.servicing.columns import LINES

    create_home(root, os.urandom)
    count = postings // DAYS // 3  # three legs an accrual
    number = np.arange(count)
    names = pa.array([f"loan-{each:09d}" for each in number])
    loans = pa.table({"loan": names, "company": pa.array([f"cumcm:E{each}" for each in number]), "vat_ppm": pa.array(np.full(count, 60_000))})  # fmt: skip
    taxed, made = np.zeros(count, np.int64), 0
    with _world(root, _DAY) as world:
        chart = chart_on(world, _DAY)
        for step in range(DAYS):
            day = _DAY - timedelta(DAYS - 1 - step)
            full: dict[str, Any] = {
                "loan": names, "value_day": pa.array(np.full(count, (day - date(1970, 1, 1)).days, np.int32)).cast(pa.date32()),
                "kind": pa.array(["accrue"]).take(pa.array(number * 0)), "component": pa.array(["interest"]).take(pa.array(number * 0)),
                "amount_fen": pa.array(10_000 + number % 7_919), "sold_fen": pa.array(number * 0), "off_balance": pa.array(np.zeros(count, bool)),
            }  # fmt: skip
            lines = pa.table([full.get(field.name, pa.nulls(count, field.type)) for field in LINES], LINES)
            done = post(chart, lines, loans, taxed, day)
            taxed = done.taxed_fen
            append_postings(world, day, "0000-on", 0, done.postings)
            made += done.postings.num_rows
    return made


def ask(root: Path, postings: int) -> list[dict[str, Any]]:
    from kemiao.bank.commands.books import statement_of, trial_balance

    with _world(root, _DAY) as world:
        start = perf_counter()
        balance = trial_balance(world)
        balanced = perf_counter() - start
        zero = balance.total_fen(memorandum=False)
        took = []
        for number in range(_STATEMENTS):
            start = perf_counter()
            statement_of(world, f"cumcm:E{number * 7919 % max(postings // DAYS // 3, 1)}", None, None)
            took.append(1000 * (perf_counter() - start))
    took.sort()
    return [
        {"what": "trial balance", "postings": postings, "chunks": DAYS, "seconds": round(balanced, 2), "debits_less_credits": zero, "reach": "10 M: under 2 s"},
        {"what": "one customer's statement", "postings": postings, "chunks": DAYS, "p50_ms": round(took[len(took) // 2], 1), "p99_ms": round(took[-1], 1), "reach": "10 M: under 20 ms"},
    ]  # fmt: skip


@contextmanager
def _world(root: Path, day: date) -> Iterator[Any]:
    from kemiao.bank.world import open_world

    with open_world(root, FixedClock(datetime(day.year, day.month, day.day, 9, tzinfo=UTC)), os.urandom) as world:
        yield world
