"""The columns of a day that a judgement reads, aligned: states, what was agreed, flags, what the day before knew."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kemiao.base.columns import BoolArray, IntArray, Ints
from kemiao.base.money import FEN_MAX
from kemiao.base.refusal import BrokenInvariant
from kemiao.credit.books.reconcile import expected as in_ledger
from kemiao.credit.quality.columns import DEBTORS, FLAG_WORDS, FLAGS, QUALITY

EPOCH = date(1970, 1, 1)
_REMEMBERED = (
    "loan",
    "day",
    "rate_ppm",
    "eir_ppm",
    "observed_from",
    "observed_until",
    "nonperforming_since",
    "clean_since",
    "restructurings",
)
JUDGED = ("agreed", "active", "written_off")
_OWNED = (
    "principal",
    "interest_receivable",
    "penalty_receivable",
    "fee_receivable",
)  # accounts: what is ours of a loan


@dataclass(frozen=True, slots=True)
class Book:
    """Rows by loan. Numbers are Ints: unknown stays unknown. company_code, group_code: small numbers of equal ones."""

    day: int
    states: pa.Table
    loans: pa.Table  # of the same rows
    before: pa.Table  # QUALITY of the same rows, null where there was none
    group: pa.Array
    company_code: IntArray
    group_code: IntArray
    turnover_mean: Ints
    flags: Mapping[str, BoolArray]
    all_banks: Ints
    overdue_90: Ints
    status: pa.Array
    balance: Ints
    undrawn: IntArray

    @property
    def rows(self) -> int:
        return int(self.states.num_rows)

    def state(self, name: str) -> Ints:
        return ints(self.states[name])

    def loan(self, name: str) -> Ints:
        return ints(self.loans[name])

    def known_before(self, name: str) -> Ints:
        return ints(self.before[name])

    def is_(self, column: pa.Array, value: str) -> BoolArray:
        return np.asarray(pc.equal(column, value).fill_null(False))

    def by_company(self, values: IntArray) -> IntArray:
        return total(values, self.company_code)

    def by_group(self, values: IntArray) -> IntArray:
        return total(values, self.group_code)


def book(states: pa.Table, loans: pa.Table, flags: pa.Table, before: pa.Table | None, debtors: pa.Table, day: date) -> Book:  # fmt: skip
    """Raises BrokenInvariant where a state has no loan."""
    judged = pc.is_in(states["status"], value_set=pa.array(JUDGED))
    here = states if pc.all(judged).as_py() in (True, None) else states.filter(judged)
    if not _ordered(flat(here["loan"])):
        here = here.sort_by("loan")
    ids = flat(here["loan"])
    place = pc.index_in(ids, value_set=flat(loans["loan"]))
    if place.null_count:
        raise BrokenInvariant(f"{place.null_count} states have no loan")
    agreed = _taken(loans, place)
    # A day that is judged late knows of loans that came after it: signed later, or taken over from another ledger later.
    signed = pc.coalesce(flat(agreed["signed_on"]), flat(agreed["starts_on"]))
    later = pc.greater(signed, pa.scalar(day, pa.date32())).fill_null(False)
    elsewhere = pc.equal(flat(agreed["origin"]), "imported").fill_null(False)
    to_come = pc.and_(pc.equal(flat(here["status"]), "agreed"), pc.or_(later, elsewhere))
    if pc.any(to_come).as_py():
        here, agreed = here.filter(pc.invert(to_come)), agreed.filter(pc.invert(to_come))
        ids = flat(here["loan"])
    company = flat(agreed["company"])
    debtor = debtors.take(pc.index_in(company, value_set=flat(debtors["company"]))) if debtors.num_rows else _nulls(DEBTORS, len(ids))  # fmt: skip
    group = pc.coalesce(flat(debtor["group"]), company)
    earlier = before if before is not None and before.num_rows else None
    was = _nulls(QUALITY, len(ids)) if earlier is None else _taken(earlier.select(list(_REMEMBERED)), pc.index_in(ids, value_set=flat(earlier["loan"])))  # fmt: skip
    status = flat(here["status"])
    raised = _flags(flags, company)
    told = flags.filter(pc.equal(flags["flag"], "other_bank_npl")) if flags.num_rows else FLAGS.empty_table()
    at = pc.index_in(company, value_set=flat(told["company"]))
    balance, undrawn = _amounts(here, agreed, status, day)
    return Book(
        (day - EPOCH).days, here, agreed, was, group, _codes(company), _codes(group), ints(debtor["turnover_mean_fen"]),
        raised, ints(told["all_banks_fen"].take(at)), ints(told["overdue_90_fen"].take(at)), status, balance, undrawn,
    )  # fmt: skip


def _ordered(ids: pa.Array) -> bool:
    return len(ids) < 2 or bool(pc.all(pc.less(ids[:-1], ids[1:])).as_py())


def _taken(table: pa.Table, place: pa.Array) -> pa.Table:
    """The rows at these places; the table itself where they are all of it in their order, as they are day after day."""
    if (
        len(place) == table.num_rows
        and place.null_count == 0
        and np.array_equal(np.asarray(place), np.arange(len(place)))
    ):
        return table
    return table.take(place)


def _amounts(states: pa.Table, loans: pa.Table, status: pa.Array, day: date) -> tuple[Ints, IntArray]:
    """Own part on the balance sheet, as the ledger has it; and what may still be drawn."""
    active = np.asarray(pc.equal(status, "active"))
    agreed = np.asarray(pc.equal(status, "agreed"))
    principal = ints(states["principal_fen"]).values
    accounts = in_ledger(states)
    balance = np.where(active, np.maximum(sum(accounts[name] for name in _OWNED), 0), 0)
    limit, drawn, matures = (
        ints(loans["amount_fen"]).values,
        ints(states["drawn_fen"]).values,
        ints(states["matures_on"]),
    )
    revolving = np.asarray(pc.equal(flat(states["repayment"]), "revolving").fill_null(False))
    open_ = np.where(agreed, limit, np.where(active, limit - np.where(revolving, principal, drawn), 0))
    before_end = ~matures.known | (matures.values > (day - EPOCH).days)
    return Ints(balance, np.ones(len(status), bool)), np.where(before_end, np.maximum(open_, 0), 0)


def _flags(flags: pa.Table, company: pa.Array) -> dict[str, BoolArray]:
    raised = {}
    for name in FLAG_WORDS:
        named = flat(flags.filter(pc.equal(flags["flag"], name))["company"])
        raised[name] = np.asarray(pc.is_in(company, value_set=named)) if len(named) else np.zeros(len(company), bool)
    return raised


def flat(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    if not isinstance(column, pa.ChunkedArray):
        return column
    return column.chunk(0) if column.num_chunks == 1 else pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)  # fmt: skip


def ints(column: pa.ChunkedArray | pa.Array) -> Ints:
    """Whole numbers, or days since 1970."""
    column = flat(column)
    return Ints.of(column.cast(pa.int32()) if column.type == pa.date32() else column)


def total(values: IntArray, codes: IntArray) -> IntArray:
    """Each row's sum over the rows of its code, exact."""
    sums = np.zeros(int(codes.max(initial=-1)) + 1, np.int64)
    np.add.at(sums, codes, values)
    return np.asarray(sums[codes])


def as_rules_take(whole: IntArray, part: IntArray) -> tuple[IntArray, IntArray]:
    """Both in so much larger units that the whole is an amount that the rules of law take: one absurd loan stops no book."""
    unit = np.maximum(-(-whole // FEN_MAX), 1)
    return whole // unit, part // unit


def _codes(names: pa.Array) -> IntArray:
    return np.asarray(names.dictionary_encode().indices, np.int64)


def _nulls(schema: pa.Schema, rows: int) -> pa.Table:
    return pa.table([pa.nulls(rows, field.type) for field in schema], schema=schema)
