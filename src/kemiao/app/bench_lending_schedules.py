"""Plans of a million loans over 36 months to the fen, beside a loop in Python's Decimal, and what compiling takes. Both in one run."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from time import perf_counter
from typing import Any

from kemiao.base.refusal import BrokenInvariant

LOANS, MONTHS, PEER = 1_000_000, 36, 5_000  # the peer's loop is measured on fewer loans, its time scaled
_CENT, _START = Decimal("0.01"), date(2024, 1, 1)


def bench_schedules(folder: Path, divided_by: int) -> Iterable[dict[str, Any]]:
    """Rows of {what, reach, …}. folder: scratch, for code compiled anew."""
    import resource

    from kemiao.credit.contracts.schedule import schedule

    yield _compiling(folder)
    lpr, count = _lpr(), max(LOANS // divided_by, 1_000)
    schedule(_loans(1), None, lpr)  # compiled, or read from the disk
    loans = _loans(count)
    start = perf_counter()
    plan = schedule(loans, None, lpr)
    seconds = perf_counter() - start
    rows = plan.num_rows
    ours = [tuple(row[name] for name in ("interest_fen", "principal_fen")) for row in plan.slice(rows - MONTHS).to_pylist()]  # fmt: skip
    del plan
    peers = max(PEER // divided_by, 100)
    start = perf_counter()
    for number in range(count - peers, count):
        flows = _in_decimals(number)
    peer = (perf_counter() - start) / peers * count
    apart = sum(abs(mine[0] - theirs[0]) for mine, theirs in zip(ours, flows, strict=True))
    if apart > MONTHS:
        raise BrokenInvariant(f"the plans differ by {apart} fen")
    yield {
        "what": "plans of loans, equal instalments, in fen", "reach": 3.0, "loans": count, "months": MONTHS, "rows": rows, "seconds": round(seconds, 2),
        "decimal_seconds": round(peer, 1), "decimal_measured_on": peers, "times": round(peer / seconds, 1), "reach_times": 8,
        "seconds_a_million": round(seconds / count * 1_000_000, 2), "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }  # fmt: skip
    yield _effective_rates(loans.slice(0, max(count // 10, 1)), lpr)


def _compiling(folder: Path) -> dict[str, Any]:
    """The kernels of the plan and of the standard's contracts, each in a fresh process with an empty folder of compiled code."""
    import os
    import subprocess
    import sys

    code = {
        "plan": "from kemiao.app.bench_lending_schedules import _loans, _lpr; from kemiao.credit.contracts.schedule import schedule; schedule(_loans(1), None, _lpr())",
        "standard": "from kemiao.credit.contracts.actus.contracts import contracts_of; from kemiao.credit.contracts.actus.engine import evaluate; evaluate(contracts_of([])[0])",
    }  # fmt: skip
    row: dict[str, Any] = {"what": "kernels compiled, once a machine"}
    for name, text in code.items():
        for turn in ("compiled", "kept"):
            start = perf_counter()
            fresh = os.environ | {"NUMBA_CACHE_DIR": str(folder / "compiled")}
            subprocess.run([sys.executable, "-c", text], check=True, env=fresh)  # noqa: S603 (our own interpreter and code)
            row[f"{name}_{turn}_seconds"] = round(perf_counter() - start, 1)
    return row


def _effective_rates(loans: Any, lpr: Any) -> dict[str, Any]:
    from kemiao.credit.contracts.apr import apr_of_loans

    apr_of_loans(loans.slice(0, 1), lpr)
    start = perf_counter()
    apr_of_loans(loans, lpr)
    seconds = perf_counter() - start
    return {"what": "annual percentage rates, compound and simple, all fees in", "loans": loans.num_rows, "seconds": round(seconds, 2), "per_second": round(loans.num_rows / seconds)}  # fmt: skip


def _lpr() -> Any:
    from kemiao.base.tables import read_all_packaged
    from kemiao.credit.contracts.lpr_series import series_of

    return series_of(read_all_packaged("kemiao.law.tables"))


def _amount(number: int) -> int:
    return 10_000_000 + number * 7_919 % 490_000_000  # 100 thousand to 5 million yuan


def _loans(count: int) -> Any:
    """LOANS rows of different amounts, rates and days, by columns."""
    import numpy as np
    import pyarrow as pa

    from kemiao.base.dates import add_months
    from kemiao.credit.servicing.columns import LOANS as COLUMNS

    numbers = np.arange(count)
    starts = [_START + timedelta(day) for day in range(28)]
    day = pa.array(numbers % 28)
    of_day = {
        "signed_on": starts, "starts_on": starts, "matures_on": [add_months(one, MONTHS) for one in starts], "first_due_on": [add_months(one, 1) for one in starts],
    }  # fmt: skip
    all_alike = {
        "company": "甲", "product": "p", "origin": "imported", "repayment": "equal_installment", "every_months": 1, "month_end": False, "business_day": "following",
        "day_count": "30E360", "rate_kind": "fixed", "spread_ppm": 0, "reset_months": 0, "fee_fen": 0,
    }  # fmt: skip
    columns: dict[str, Any] = {
        "loan": pa.array(np.char.add("L", numbers.astype("U8"))), "amount_fen": pa.array(10_000_000 + numbers * 7_919 % 490_000_000), "rate_ppm": pa.array(30_000 + numbers % 30_000),
        **{name: pa.array(days, pa.date32()).take(day) for name, days in of_day.items()},
        **{name: pa.DictionaryArray.from_arrays(pa.array(np.zeros(count, np.int32)), pa.array([value])) for name, value in all_alike.items()},
    }  # fmt: skip
    return pa.table([columns[field.name].cast(field.type) if field.name in columns else pa.nulls(count, field.type) for field in COLUMNS], schema=COLUMNS)  # fmt: skip


def _in_decimals(number: int) -> list[tuple[int, int]]:
    """The same plan as it is usually written: a loop over months in Decimal."""
    owed = Decimal(_amount(number)) / 100
    rate = Decimal(30_000 + number % 30_000) / 1_000_000 / 12
    level = (owed * rate / (1 - (1 + rate) ** -MONTHS)).quantize(_CENT, ROUND_HALF_UP)
    flows = []
    for month in range(MONTHS):
        interest = (owed * rate).quantize(_CENT, ROUND_HALF_UP)
        principal = owed if month == MONTHS - 1 else level - interest
        owed -= principal
        flows.append((int(interest * 100), int(principal * 100)))
    return flows
