"""How loans stand, as a table that others read: from what the kernel carries."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from kemiao.base.columns import BoolArray, IntArray
from kemiao.credit.servicing.carry import (
    CLOSED,
    COLUMNS,
    COMPOUND,
    DRAWN,
    FEE,
    INSTALMENT,
    INTEREST,
    INTEREST_DUE,
    MATURES,
    NEVER,
    NEXT_DUE,
    PENALTY,
    PRINCIPAL,
    RENEWED,
    REPAYMENT,
    SOLD,
    SUSPENDED,
    WRITTEN,
)
from kemiao.credit.servicing.columns import REPAYMENTS, STATES
from kemiao.credit.servicing.terms import EQUAL_INSTALMENT, REVOLVING

STATUSES = ("agreed", "active", "settled", "written_off", "renewed")
_PPM = 1_000_000


def as_states(loans: pa.Table, carried: IntArray) -> pa.Table:
    """Schema STATES, a row a loan. carried: columns carry.COLUMNS."""
    interest = carried[:, INTEREST] + carried[:, INTEREST_DUE] + carried[:, PENALTY] + carried[:, COMPOUND]
    made = {
        "loan": loans["loan"].combine_chunks(),
        "status": pa.array(list(STATUSES)).take(pa.array(status(carried, interest))),
        "off_balance_fen": pa.array(np.where(carried[:, SUSPENDED] == 1, interest, 0)),
        "sold_principal_fen": pa.array(_share(carried[:, PRINCIPAL], carried[:, SOLD])),
        "repayment": pa.array(list(REPAYMENTS)).take(pa.array(carried[:, REPAYMENT])),
        "instalment_fen": pa.array(carried[:, INSTALMENT], mask=carried[:, REPAYMENT] != EQUAL_INSTALMENT),
        "next_due_fen": _column(carried, "next_due_fen", carried[:, NEXT_DUE] == NEVER),
    }
    columns = [made[field.name] if field.name in made else _column(carried, field.name, None) for field in STATES]
    return pa.table([_as(field, column) for field, column in zip(STATES, columns, strict=True)], STATES)


def status(carried: IntArray, interest: IntArray) -> IntArray:
    """Places in STATUSES. A revolving loan lives until its end even where nothing is drawn."""
    owes = (carried[:, PRINCIPAL] != 0) | (interest != 0) | (carried[:, FEE] != 0)
    over = carried[:, COLUMNS.index("day")] >= carried[:, MATURES]
    drawn = carried[:, DRAWN] > 0
    settled = ~owes & (over | (drawn & (carried[:, REPAYMENT] != REVOLVING)))
    found = np.where(settled, 2, np.where(drawn, 1, 0))
    found = np.where(carried[:, CLOSED] == RENEWED, 4, found)
    return np.where(carried[:, CLOSED] == WRITTEN, 3, found).astype(np.int64)


def _column(carried: IntArray, name: str, null: BoolArray | None) -> pa.Array:
    values = np.ascontiguousarray(carried[:, COLUMNS.index(name)])
    return pa.array(values, mask=values == NEVER if null is None and name.endswith(("_on", "_from")) else null)


def _as(field: pa.Field, column: pa.Array) -> pa.Array:
    if field.type == pa.date32() and column.type != pa.date32():
        return column.cast(pa.int32()).cast(pa.date32())
    return column.cast(field.type)


def _share(amount: IntArray, ppm: IntArray) -> IntArray:
    """ppm of an amount, half up, in two limbs: as the kernel's `part`."""
    millions, few = np.divmod(amount, _PPM)
    return np.asarray(millions * ppm + (2 * few * ppm + _PPM) // (2 * _PPM))
