"""What a person sees of one company's papers over time: months of sales and cash, who it deals with and how much hangs on whom."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import pyarrow as pa

from kemiao.base.dates import add_months, month_start
from kemiao.base.money import PPM, div_half_up

Row = dict[str, Any]


def months_until(first: date, last: date, most: int) -> list[date]:
    """First days of the months from `first` to that of `last`, at most the newest `most`."""
    start = max(month_start(first), add_months(month_start(last), 1 - most))
    months = []
    while start <= last:
        months.append(start)
        start = add_months(start, 1)
    return months


def by_month(rows: Sequence[Mapping[str, Any]], months: Sequence[date], fields: Sequence[str]) -> list[Row]:
    """A row for each month, 0 where nothing was recorded. rows: with `month`."""
    known = {row["month"]: row for row in rows}
    return [
        {"month": month.isoformat(), **{name: int(known[month][name] or 0) if month in known else 0 for name in fields}}
        for month in months
    ]


def balances(last: Sequence[Mapping[str, Any]], months: Sequence[date]) -> list[int | None]:
    """What stood in all accounts at the end of each month: an account that saw no transaction stands as before.

    last: account, month, balance_fen (of its last transaction in the month; null where the paper names none). Null before the
    first known balance of any account.
    """
    standing: dict[str, int] = {}
    by: dict[date, list[Mapping[str, Any]]] = {}
    for row in last:
        by.setdefault(row["month"], []).append(row)
    ordered = sorted(by)
    found: list[int | None] = []
    for month in months:
        while ordered and ordered[0] <= month:
            standing |= {row["account"]: row["balance_fen"] for row in by[ordered.pop(0)] if row["balance_fen"] is not None}  # fmt: skip
        found.append(sum(standing.values()) if standing else None)
    return found


def dealings(rows: pa.Table, most: int) -> Row:
    """Customers or suppliers. rows: other, fen (net of the last 12 whole months), before_fen (of the 12 before), invoices, since,
    last_on. Who is at or below zero is none. hhi_ppm: the sum of squared shares, as the profile counts it."""
    listed = sorted((row for row in rows.to_pylist() if row["fen"] > 0), key=lambda row: (-row["fen"], row["other"]))
    whole = sum(row["fen"] for row in listed)
    return {
        "number": len(listed), "whole_fen": whole,
        "largest_ppm": _share(listed[0]["fen"], whole) if listed else None,
        "top5_ppm": _share(sum(row["fen"] for row in listed[:5]), whole) if listed else None,
        "hhi_ppm": round(sum((row["fen"] / whole) ** 2 for row in listed) * PPM) if listed else None,
        "rows": [{**row, "share_ppm": _share(row["fen"], whole)} for row in listed[:most]],
        "others": max(len(listed) - most, 0), "others_fen": sum(row["fen"] for row in listed[most:]),
        "lost": list(_lost(rows.to_pylist(), most)),
    }  # fmt: skip


def _lost(rows: Sequence[Mapping[str, Any]], most: int) -> Iterator[Row]:
    """Who dealt in the year before and no longer does, the largest first."""
    gone = [row for row in rows if row["before_fen"] > 0 and row["fen"] <= 0]
    for row in sorted(gone, key=lambda row: (-row["before_fen"], row["other"]))[:most]:
        yield dict(row)


def _share(part: int, whole: int) -> int:
    return div_half_up(part * PPM, whole)
