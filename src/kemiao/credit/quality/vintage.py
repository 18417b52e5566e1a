"""Vintages and roll rates: how loans of one start age, and where loans of one state are a month later."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kemiao.credit.quality.book import flat
from kemiao.credit.quality.totals import share_ppm

BUCKETS = ("current", "1-30", "31-60", "61-90", "91+", "written_off", "settled")
_EDGES = np.array([0, 30, 60, 90])
_WRITTEN_OFF, _SETTLED = BUCKETS.index("written_off"), BUCKETS.index("settled")


def bucket(states: pa.Table) -> Any:
    """Number of the bucket of each row; states: STATES, of which status and past_due_days are read. −1: nothing was drawn yet."""
    status = flat(states["status"])
    days = np.asarray(flat(states["past_due_days"]).cast(pa.int64()).fill_null(0))
    found = np.searchsorted(_EDGES, days, side="left")
    found = np.where(np.asarray(pc.equal(status, "written_off")), _WRITTEN_OFF, found)
    found = np.where(np.asarray(pc.is_in(status, value_set=pa.array(["settled", "renewed"]))), _SETTLED, found)
    return np.where(np.asarray(pc.equal(status, "agreed")), -1, found)


def roll(before: pa.Table, now: pa.Table) -> list[dict[str, Any]]:
    """A row for each bucket of `before`: loans, principal, and the share of it (ppm) that is in each bucket of `now`."""
    loans = flat(before["loan"])
    place = pc.index_in(loans, value_set=flat(now["loan"]))
    was, stands = bucket(before), bucket(now.take(place.drop_null()))
    into = np.full(len(loans), _SETTLED)
    into[np.asarray(place.is_valid())] = stands
    principal = np.asarray(flat(before["principal_fen"]).cast(pa.int64()))
    rows = []
    for number, name in enumerate(BUCKETS[:_WRITTEN_OFF]):
        here = was == number
        whole = int(principal[here].sum())
        shares = {
            target: share_ppm(int(principal[here & (into == place)].sum()), whole)
            for place, target in enumerate(BUCKETS)
        }
        rows.append({"from": name, "loans": int(here.sum()), "principal_fen": whole, "to": shares})
    return rows


def vintages(loans: pa.Table, months: Iterable[tuple[date, pa.Table]], days_over: int = 90) -> list[dict[str, Any]]:
    """A row for each quarter in which loans began: their amount, and by month on book the share (ppm of the amount) that was
    ever more than days_over past due, or written off. months: (month end, STATES of it), in their order.

    A share stands only where all loans of the quarter have been on book so long.
    """
    starts = np.asarray(flat(loans["starts_on"]).cast(pa.int32()).cast(pa.int64()).fill_null(0)).astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)  # fmt: skip
    amount = np.asarray(flat(loans["amount_fen"]).cast(pa.int64()).fill_null(0))
    cohort = starts // 3
    names = sorted(set(cohort.tolist()))
    bad = np.zeros(loans.num_rows, bool)
    drawn = np.zeros(loans.num_rows, bool)
    began = np.full(loans.num_rows, 10**6)  # the month on book in which it first was bad
    last: int | None = None
    for day, states in months:
        age = last = (day.year - 1970) * 12 + day.month - 1
        place = pc.index_in(flat(loans["loan"]), value_set=flat(states["loan"]))
        there = np.asarray(place.is_valid())
        here = states.take(place.drop_null())
        late = np.zeros(loans.num_rows, bool)
        days = np.asarray(flat(here["past_due_days"]).cast(pa.int64()).fill_null(0))
        late[there] = (days > days_over) | (bucket(here) == _WRITTEN_OFF)
        drawn[there] |= bucket(here) >= 0
        fresh = late & ~bad
        began[fresh] = (age - starts)[fresh]
        bad |= late
    rows: list[dict[str, Any]] = []
    if last is None:
        return rows
    for name in names:
        mine = (cohort == name) & drawn
        if not mine.any():
            continue
        whole, youngest = int(amount[mine].sum()), int(starts[mine].max())
        curve = [share_ppm(int(amount[mine & (began <= month)].sum()), whole) for month in range(last - youngest + 1)]
        rows.append({"quarter": f"{1970 + name // 4}Q{name % 4 + 1}", "loans": int(mine.sum()), "amount_fen": whole, "ever_ppm": curve})  # fmt: skip
    return rows
