"""The plan of loans before anybody signs: every due with its interest, principal and fee, to the fen, for a million loans too.

A loan is drawn whole on one day. Interest is the rounded cumulative interest of the loan's life less what earlier dues took
(contracts/interest.py), the last due takes the rest of the principal. A reset counts from its day on; where it changes the rate,
level instalments are computed again. Beyond the last published LPR its last rate stands in.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from kemiao.base.columns import IntArray
from kemiao.credit.contracts import schedule_kernel
from kemiao.credit.contracts.calendars import Calendar, china
from kemiao.credit.contracts.lpr_series import LprSeries
from kemiao.credit.contracts.schedule_terms import REFUSALS, terms_of

SCHEDULE = pa.schema([
    ("loan", pa.dictionary(pa.int32(), pa.string())),
    ("due_on", pa.date32()), ("paid_on", pa.date32()),  # as agreed; moved to a business day
    ("interest_fen", pa.int64()), ("principal_fen", pa.int64()), ("fee_fen", pa.int64()),
    ("balance_fen", pa.int64()),  # principal outstanding afterwards
    ("refused", pa.dictionary(pa.int8(), pa.string())),  # REFUSALS, null where all is well
])  # fmt: skip


def schedule(
    loans: pa.Table, disbursed_on: date | pa.Array | None, lpr: LprSeries, *, calendar: Calendar | None = None, threads: int = 2
) -> pa.Table:  # fmt: skip
    """The dues of each loan, in the order of the loans: SCHEDULE.

    loans: LOANS. disbursed_on: one day, a day for each loan, or None for starts_on. calendar: China's by default; paid_on after
    its `known_until` is a guess by weekends. A fee has a row of its own on the day of disbursement. A loan whose terms make no
    plan has one row without figures and with the reason in `refused`. Memory: 40 bytes a row, 48 with fees; longer books in slices.
    """
    terms = terms_of(loans, disbursed_on)
    offsets = np.zeros(len(terms.start) + 1, np.int64)
    np.cumsum(terms.rows(), out=offsets[1:])
    total = int(offsets[-1])
    days = [np.empty(total, np.int32) for _ in range(2)]
    interest, principal, balance = (np.empty(total, np.int64) for _ in range(3))
    fees = np.zeros(total, np.int64)  # most pages of it are never touched
    amounts = [interest, principal, fees, balance]
    places = np.empty(total, np.int32)
    first_day, last_day = terms.span()
    calendar = calendar or china_over(first_day, last_day)
    moved = schedule_kernel.shifted_days(first_day, last_day, calendar.bits, calendar.first_day)
    counted = schedule_kernel.counted_days(first_day, last_day)
    months, first_month = schedule_kernel.month_starts(first_day, last_day)
    series = [lpr.days, lpr.one_year_ppm, lpr.five_year_ppm]
    shared = [*terms.columns(), *series, moved, counted, first_day, months, first_month, offsets]
    results = [places, *days, *amounts]

    def fill(first: int, last: int) -> None:
        schedule_kernel.fill(*[*shared, first, last, *results])

    cuts = np.searchsorted(offsets, np.linspace(0, total, threads + 1)).astype(int).tolist()
    cuts[0], cuts[-1] = 0, len(terms.start)
    if total < 10_000:
        fill(0, len(terms.start))
    else:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(fill, cuts[:-1], cuts[1:]))
    return _table(loans["loan"], terms.refused, places, days, amounts)


def china_over(first_day: int, last_day: int) -> Calendar:
    """China's calendar over days since 1970, in whole decades, so that few are made."""
    years = [max(1970 + days // 366, 1900) // 10 * 10 for days in (first_day, last_day)]
    return china(years[0], years[1] + 29)


def _table(
    names: pa.ChunkedArray, refused: npt.NDArray[np.int8], places: npt.NDArray[np.int32],
    days: Sequence[npt.NDArray[np.int32]], amounts: Sequence[IntArray],
) -> pa.Table:  # fmt: skip
    total = len(places)
    ids = names.combine_chunks() if isinstance(names, pa.ChunkedArray) else names
    mask = None
    # Nobody's reason: pages of zeros that are never touched are no memory.
    nobody = [pa.py_buffer(np.zeros((total + 7) // 8, np.uint8)), pa.py_buffer(np.zeros(total, np.int8))]
    reasons = pa.Array.from_buffers(pa.int8(), total, nobody, total)
    if refused.any():
        row_refused = refused[places]
        mask = row_refused != 0
        reasons = pa.array(row_refused, pa.int8(), mask=~mask)
    columns = [pa.DictionaryArray.from_arrays(_plain(places, pa.int32()), ids)]
    columns += [_masked(column, pa.date32(), mask) for column in days]
    columns += [_masked(column, pa.int64(), mask) for column in amounts]
    columns += [pa.DictionaryArray.from_arrays(reasons, pa.array(["", *REFUSALS]))]
    return pa.table(columns, schema=SCHEDULE)


def _masked(values: Any, kind: pa.DataType, mask: npt.NDArray[np.bool_] | None) -> pa.Array:
    if mask is None:
        return _plain(values, kind)
    stored = pa.array(values, mask=mask)
    return stored.cast(kind)


def _plain(values: Any, kind: pa.DataType) -> pa.Array:
    """Without a copy."""
    return pa.Array.from_buffers(kind, len(values), [None, pa.py_buffer(values)])
