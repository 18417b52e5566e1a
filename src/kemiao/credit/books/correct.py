"""What was posted of loans that are served again, against what is right: reversal entries and new ones, nothing is altered."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kemiao.base.columns import BoolArray, IntArray
from kemiao.credit.books.columns import POSTINGS, coded, column_codes, plain

_EVENT = ("loan", "value_day", "kind", "component", "message")  # what a voucher is about


def corrections(posted: pa.Table, right: pa.Table, booked_on: date, first_voucher: int = 1) -> tuple[pa.Table, int]:
    """Postings (POSTINGS, by company then voucher) that turn what was posted into what is right, and how many vouchers.

    posted: all postings of those loans so far, reversals included, allowances left out. right: their postings over all their
    days. An event whose accounts already stand as they should is left alone; another one is reversed whole and posted anew.
    """
    both = pa.concat_tables([plain(posted), plain(right)])
    sides = np.r_[np.full(posted.num_rows, -1, np.int64), np.ones(right.num_rows, np.int64)]
    event = _groups([_codes(both[name]) for name in _EVENT])
    leg = _groups([event, _codes(both["account"])])
    fen = np.asarray(both["amount_fen"].combine_chunks())
    wrong = _sums(leg, sides * fen) != 0
    changed = np.zeros(int(event.max()) + 1 if len(event) else 0, bool)
    changed[event[wrong[leg]]] = True
    here = changed[event]
    stood = _sums(leg, np.where(sides < 0, fen, 0))
    first_of_leg = np.zeros(len(leg), bool)
    first_of_leg[np.unique(leg, return_index=True)[1]] = True
    back = np.flatnonzero(here & first_of_leg & (stood[leg] != 0))
    anew = np.flatnonzero(here & (sides > 0))
    rows = np.r_[back, anew]
    amounts = np.r_[-stood[leg[back]], fen[anew]]
    reversal = np.r_[np.ones(len(back), bool), np.zeros(len(anew), bool)]
    old_voucher = np.r_[np.zeros(len(back), np.int64), np.asarray(both["voucher"].combine_chunks())[anew]]
    return _written(both, rows, amounts, reversal, (event[rows], old_voucher), booked_on, first_voucher)


def _written(
    both: pa.Table, rows: IntArray, amounts: IntArray, reversal: BoolArray, parts: tuple[IntArray, IntArray], booked_on: date, first: int
) -> tuple[pa.Table, int]:  # fmt: skip
    """By company, loan, value day, event; in each the reversal first. One voucher for what an event takes back, one for each new one."""
    event, old = parts
    taken = both.take(pa.array(rows))
    ranks = [_ranked(taken[name]) for name in ("company", "loan", "value_day", "kind", "component", "message")]
    order = np.lexsort((old, ~reversal, event, *reversed(ranks)))
    key = _groups([event[order], reversal[order].astype(np.int64), old[order]])
    fresh = np.r_[True, key[1:] != key[:-1]] if len(key) else np.zeros(0, bool)
    taken = taken.take(pa.array(order))
    columns = []
    for field in POSTINGS:
        match field.name:
            case "booked_on":
                columns.append(pa.array([booked_on] * len(order), pa.date32()))
            case "voucher":
                columns.append(pa.array(first + np.cumsum(fresh) - 1, pa.int64()))
            case "amount_fen":
                columns.append(pa.array(amounts[order], pa.int64()))
            case "reversal":
                columns.append(pa.array(reversal[order]))
            case _ if pa.types.is_dictionary(field.type):
                columns.append(_sorted_names(taken[field.name], few=field.type.index_type == pa.int8()))
            case _:
                columns.append(taken[field.name].combine_chunks())
    return pa.table(columns, schema=POSTINGS), int(fresh.sum())


def _codes(column: pa.ChunkedArray) -> IntArray:
    if pa.types.is_date(column.type):
        return np.asarray(column.combine_chunks().cast(pa.int32())).astype(np.int64)
    codes, names, unknown = column_codes(column)
    return np.where(unknown, len(names), codes)


def _ranked(column: pa.ChunkedArray) -> IntArray:
    """As codes, but in the order of the words."""
    if pa.types.is_date(column.type):
        return _codes(column)
    codes, names, unknown = column_codes(column)
    rank = np.empty(len(names) + 1, np.int64)
    rank[np.asarray(pc.array_sort_indices(names))] = np.arange(len(names))
    rank[len(names)] = -1
    return rank[np.where(unknown, len(names), codes)]


def _sorted_names(column: pa.ChunkedArray, *, few: bool) -> pa.DictionaryArray:
    """A dictionary column whose names are in order, as those who look for a company expect."""
    codes, names, unknown = column_codes(column)
    order = np.asarray(pc.array_sort_indices(names))
    rank = np.empty(len(names), np.int64)
    rank[order] = np.arange(len(names))
    return coded(rank[codes] if len(names) else codes, names.take(pa.array(order)), few=few, unknown=unknown)


def _groups(columns: list[IntArray]) -> IntArray:
    """One number for each combination of codes: 0, 1, 2 … by their order."""
    group = np.zeros(len(columns[0]), np.int64)
    for column in columns:
        _, code = np.unique(column, return_inverse=True)
        _, group = np.unique(group * (int(code.max()) + 1 if len(code) else 1) + code, return_inverse=True)
    return group.astype(np.int64)


def _sums(group: IntArray, values: IntArray) -> IntArray:
    """Whole-number sums by group; bincount would go through floats."""
    total = np.zeros(int(group.max()) + 1 if len(group) else 0, np.int64)
    np.add.at(total, group, values)
    return total
