"""Servicing: loans and what happened to them give how they stand and what moved, to the day and to the fen.

Pure: the same loans, messages and rates give the same states and lines, whether served in one go or day by day.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kemiao.base.columns import IntArray
from kemiao.base.refusal import BrokenInvariant
from kemiao.credit.contracts.calendars import Calendar
from kemiao.credit.contracts.lpr_series import LprSeries
from kemiao.credit.servicing.carry import ARREARS, COLUMNS, DAY, LINE
from kemiao.credit.servicing.coded import Coded, coded_messages, coded_terms
from kemiao.credit.servicing.columns import LINES
from kemiao.credit.servicing.standing import as_states
from kemiao.credit.servicing.terms import LINE_COMPONENTS, LINE_KINDS, M_VALUE_DAY

CARRIED = pa.schema([
    ("loan", pa.string()), *((name, pa.int64()) for name in COLUMNS), ("arrears", pa.list_(pa.int64()))
])  # fmt: skip
"""A loan's state inside; arrears: five numbers (carry.ARREARS) for each due that is not wholly paid."""
_EPOCH = date(1970, 1, 1)
_THREADS = 2
_ALONE = 2_000  # loans below which a second thread isn't worth its start


@dataclass(frozen=True, slots=True)
class ServicingRules:
    """The bank's choices. non_accrual_days: past due by more than that, interest is no income until it is paid."""

    non_accrual_days: int


@dataclass(frozen=True, slots=True)
class Served:
    """states: schema STATES, a row a loan, in the order of loans. lines: schema LINES, by loan and day; those since `start`.

    carried: schema CARRIED, from which the next day goes on.
    """

    states: pa.Table
    lines: pa.Table
    carried: pa.Table


def serve(
    loans: pa.Table, messages: pa.Table, lpr: LprSeries, until: date, *, start: pa.Table | None = None,
    rules: ServicingRules, calendar: Calendar, with_lines: bool = True,
) -> Served:  # fmt: skip
    """Serves every loan to the end of `until`. loans: LOANS; messages: MESSAGES in any order, those of other loans don't matter.

    start: `carried` of an earlier day, with messages after that day only (see `to_serve_again`); loans that it lacks begin anew.
    with_lines: whether lines and carried are wanted too; without them one pass is enough and both come empty. No message makes
    it fail: what can't be used is kept for the borrower, what can't be changed stays. Raises BrokenInvariant where columns are
    not what the schemas say, or where a message came late for `start`.
    """
    terms, coded = coded_terms(loans), coded_messages(loans, messages)
    before, arrears, arrears_from = _carried(loans, start)
    _in_time(coded, before)
    day = (until - _EPOCH).days
    work = _Work(terms, coded, before, arrears, arrears_from, day, lpr, calendar, rules)
    states, line_counts, due_counts = work.count()
    table = as_states(loans, states)
    if not with_lines:
        return Served(table, LINES.empty_table(), CARRIED.empty_table())
    lines, left = work.write(line_counts, due_counts)
    return Served(table, _lines(loans, messages, lines), _carry(loans, states, left, _offsets(due_counts)))


def to_serve_again(messages: pa.Table, closed_on: date) -> pa.Array:
    """Loans with a message for a day that is closed already: they are served from their start, not from what was carried."""
    return pc.unique(messages["loan"].filter(pc.less_equal(messages["value_day"], pa.scalar(closed_on))))


class _Work:
    """Arrays of one serving, and the two passes over them: count, then write."""

    def __init__(
        self, terms: IntArray, coded: Coded, before: IntArray, arrears: IntArray, arrears_from: IntArray, until: int, lpr: LprSeries,
        calendar: Calendar, rules: ServicingRules,
    ) -> None:  # fmt: skip
        self._terms, self._coded, self._before = terms, coded, before
        self._arrears, self._arrears_from, self._until = arrears, arrears_from, until
        self._lpr_days = np.array(lpr.days, np.int64)  # copies: the kernel takes arrays that could be written alone
        self._lpr = np.stack([lpr.one_year_ppm, lpr.five_year_ppm])
        self._bits = np.array(calendar.bits, np.uint8)
        self._first_day, self._rules = calendar.first_day, rules

    def count(self) -> tuple[IntArray, IntArray, IntArray]:
        """States at the end; how many lines and unpaid dues each loan has."""
        states = self._before.copy()
        nothing = np.zeros((0, len(LINE)), np.int64), np.zeros((0, len(ARREARS)), np.int64)
        n = len(states)
        line_counts, due_counts = np.zeros(n, np.int64), np.zeros(n, np.int64)
        self._run(states, *nothing, line_counts, due_counts, True)
        return states, line_counts, due_counts

    def write(self, line_counts: IntArray, due_counts: IntArray) -> tuple[IntArray, IntArray]:
        """Lines and arrears, loan by loan."""
        lines = np.zeros((int(line_counts.sum()), len(LINE)), np.int64)
        left = np.zeros((int(due_counts.sum()), len(ARREARS)), np.int64)
        self._run(self._before.copy(), lines, left, _offsets(line_counts), _offsets(due_counts), False)
        return lines, left

    def _run(
        self,
        states: IntArray,
        lines: IntArray,
        left: IntArray,
        lines_from: IntArray,
        out_from: IntArray,
        counting: bool,
    ) -> None:
        from kemiao.credit.servicing.kernel import serve_many  # loads the compiler: only where loans are served

        n = len(states)
        parts = _THREADS if n > _ALONE else 1
        edges = [n * part // parts for part in range(parts + 1)]

        def stretch(part: int) -> None:
            low, high = edges[part], edges[part + 1]
            serve_many(
                low, counting, states[low:high], self._terms[low:high], self._coded.numbers, self._coded.starts[low : high + 1],
                self._arrears, self._arrears_from[low : high + 1], self._until, self._lpr_days, self._lpr, self._bits,
                self._first_day, self._rules.non_accrual_days, lines, lines_from[low : high + 1], left, out_from[low : high + 1],
            )  # fmt: skip

        if parts == 1:
            return stretch(0)
        with ThreadPoolExecutor(parts) as pool:
            list(pool.map(stretch, range(parts)))
        return None


def _carried(loans: pa.Table, start: pa.Table | None) -> tuple[IntArray, IntArray, IntArray]:
    """States and arrears to go on from, in the order of loans; zeros for loans that begin."""
    n = loans.num_rows
    if start is None or not start.num_rows:
        return np.zeros((n, len(COLUMNS)), np.int64), np.zeros((0, len(ARREARS)), np.int64), np.zeros(n + 1, np.int64)
    if not start["loan"].combine_chunks().equals(loans["loan"].combine_chunks()):
        place = pc.index_in(loans["loan"].combine_chunks(), value_set=start["loan"].combine_chunks())
        start = start.take(place)
    states = np.empty((n, len(COLUMNS)), np.int64)
    for column, name in enumerate(COLUMNS):
        states[:, column] = np.asarray(start[name].combine_chunks().fill_null(0))
    lists = start["arrears"].combine_chunks().fill_null([])
    flat = np.array(lists.flatten(), np.int64).reshape(-1, len(ARREARS))
    counts = np.asarray(pc.list_value_length(lists)) // len(ARREARS)
    return states, flat, _offsets(counts.astype(np.int64))


def _carry(loans: pa.Table, states: IntArray, left: IntArray, left_from: IntArray) -> pa.Table:
    columns = [pa.array(np.ascontiguousarray(states[:, place])) for place in range(len(COLUMNS))]
    offsets = pa.array((left_from * len(ARREARS)).astype(np.int32))
    lists = pa.ListArray.from_arrays(offsets, pa.array(left.reshape(-1)))
    return pa.table([loans["loan"].combine_chunks(), *columns, lists], CARRIED)


def _lines(loans: pa.Table, messages: pa.Table, lines: IntArray) -> pa.Table:
    columns = [pa.array(np.ascontiguousarray(lines[:, place])) for place in range(len(LINE))]
    loan, day, kind, component, amount, sold, off_balance, message = columns
    return pa.table(
        [
            loans["loan"].combine_chunks().take(loan), day.cast(pa.int32()).cast(pa.date32()), _word(LINE_KINDS, kind),
            _word(LINE_COMPONENTS, component), amount, sold, off_balance.cast(pa.bool_()),
            messages["message"].combine_chunks().take(pc.if_else(pc.less(message, 0), None, message)),
        ],
        LINES,
    )  # fmt: skip


def _word(words: Sequence[str], codes: pa.Array) -> pa.Array:
    return pa.array(list(words), pa.string()).take(codes)


def _offsets(counts: IntArray) -> IntArray:
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)])


def _in_time(coded: Coded, before: IntArray) -> None:
    loan = np.repeat(np.arange(len(before)), np.diff(coded.starts))
    late = (before[loan, 0] == 1) & (coded.numbers[:, M_VALUE_DAY] <= before[loan, DAY])
    if late.any():
        raise BrokenInvariant("a message came late: its loan is to be served from its start (to_serve_again)")
