"""Loans of the bank's own book in the form in which the profile reads its loan ledger (facts own_loan)."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

OWN_LOANS = pa.schema([
    ("company", pa.string()), ("loan_no", pa.string()), ("drawn_on", pa.date32()), ("due_on", pa.date32()),
    ("principal_fen", pa.int64()), ("balance_fen", pa.int64()), ("overdue_days", pa.int32()),
])  # fmt: skip
KEY = ("company", "loan_no")


def own_loans(loans: pa.Table, states: pa.Table, messages: pa.Table, day: date) -> pa.Table:
    """Schema OWN_LOANS, by company and loan number. loans: LOANS; states: theirs at the end of the day, in the same order; messages: MESSAGES.

    balance_fen: the principal outstanding; where only interest or fees are past due, these; of a loan written off, what was not
    recovered. overdue_days: as servicing counts them; of a loan written off, those that it had and those since. A loan counts from
    its first draw, or its opening; one that was renewed only with what the new loan did not take over.
    """
    column = {name: np.asarray(states[name].combine_chunks()) for name in _READ}
    interest = sum(
        column[name] for name in ("interest_fen", "interest_due_fen", "penalty_fen", "compound_fen", "fee_fen")
    )
    principal, late = column["principal_fen"], column["past_due_days"].astype(np.int64)
    written = np.asarray(pc.equal(states["status"], "written_off").combine_chunks())
    claim = np.maximum(column["written_off_fen"] - column["recovered_fen"], 0)
    balance = np.where((principal == 0) & (late > 0), interest, principal)
    since = column["worst_past_due_days"] + _days_since(messages, "write_off", loans["loan"], day)
    counted = {
        "company": loans["company"], "loan_no": loans["loan"], "drawn_on": loans["starts_on"], "due_on": states["matures_on"],
        "principal_fen": loans["amount_fen"], "balance_fen": np.where(written, claim, balance),
        "overdue_days": np.where(written, np.where(claim > 0, since, 0), late).astype(np.int32),
    }  # fmt: skip
    table = pa.table([pa.chunked_array([_array(counted[field.name])]) for field in OWN_LOANS], OWN_LOANS)
    renewed = np.asarray(pc.equal(states["status"], "renewed").combine_chunks())
    there = (column["drawn_fen"] > 0) & ~(renewed & (balance == 0))
    return table.filter(pa.array(there)).sort_by([(name, "ascending") for name in KEY]).combine_chunks()


def as_repaid(rows: pa.Table, loan: str) -> pa.Table:
    """The same with one loan owing nothing. rows: schema OWN_LOANS."""
    at = rows.schema.get_field_index("balance_fen")
    return rows.set_column(at, OWN_LOANS.field(at), pc.if_else(pc.equal(rows["loan_no"], loan), 0, rows["balance_fen"]))


_READ = (
    "principal_fen", "interest_fen", "interest_due_fen", "penalty_fen", "compound_fen", "fee_fen", "past_due_days", "worst_past_due_days",
    "written_off_fen", "recovered_fen", "drawn_fen",
)  # fmt: skip


def _days_since(messages: pa.Table, kind: str, loan: pa.ChunkedArray, day: date) -> np.ndarray:
    """From the last message of a kind to the day; 0 where there was none."""
    said = messages.filter(
        pc.and_(pc.equal(messages["kind"], kind), pc.less_equal(messages["value_day"], pa.scalar(day, pa.date32())))
    )
    last = said.group_by("loan").aggregate([("value_day", "max")])
    place = pc.index_in(loan.combine_chunks(), value_set=last["loan"].combine_chunks())
    on = last["value_day_max"].cast(pa.int32()).combine_chunks().take(place)
    today = (day - date(1970, 1, 1)).days
    return np.asarray(pc.subtract(today, on.fill_null(today))).astype(np.int64)


def _array(values: pa.ChunkedArray | np.ndarray) -> pa.Array:
    return values.combine_chunks() if isinstance(values, pa.ChunkedArray) else pa.array(values)
