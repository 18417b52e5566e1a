"""A loan's plan before and after it is paid out, and what it costs the borrower a year with everything that the product asks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa

from kemiao.bank.world import World
from kemiao.base.refusal import Refusal
from kemiao.credit.contracts.apr import apr_ppm
from kemiao.credit.contracts.lpr_series import series_of
from kemiao.credit.contracts.schedule import schedule
from kemiao.credit.contracts.schedule_terms import REFUSALS
from kemiao.credit.products.fees import fees_due
from kemiao.credit.products.product import Product
from kemiao.credit.servicing.columns import LOANS

_EPOCH = date(1970, 1, 1)
_SHOWN = ("due_on", "paid_on", "interest_fen", "principal_fen", "fee_fen", "balance_fen")


def plan(world: World, row: Mapping[str, Any], amount_fen: int, day: date) -> list[dict[str, Any]] | Refusal:
    """Due by due, if `amount_fen` is drawn on a day and nothing else happens: a row of LOANS; days as dates."""
    loans = pa.Table.from_pylist([{"loan": "", **row, "amount_fen": amount_fen}], LOANS)
    dues = schedule(loans, day, series_of(world.law).until(day)).to_pylist()
    code = dues[0]["refused"] if dues else None
    if code is not None:
        return Refusal.at(code, *REFUSALS[code], loan=row.get("loan"))
    return [{name: due[name] for name in _SHOWN} for due in dues]


def cost_ppm(own: Product, row: Mapping[str, Any], dues: list[dict[str, Any]]) -> int | None:
    """The annual percentage rate (compound, RULES and PBoC 2021 No. 3) of a plan drawn whole on the first day, with every fee
    that the borrower bears, whoever gets it. None where there is no such rate."""
    flows = [(row["starts_on"], int(row["amount_fen"]))]
    flows += [(due["due_on"], -(due["interest_fen"] + due["principal_fen"])) for due in dues]
    flows += [(due.on, -due.amount_fen) for due in fees_due(own.fees, row) if due.fee.borne_by == "borrower"]
    days = np.array([(on - _EPOCH).days for on, _ in flows], np.int64)
    amounts = np.array([amount for _, amount in flows], np.int64)
    found = apr_ppm(np.array([0, len(flows)], np.int64), days, amounts)
    return int(found.values[0]) if found.known[0] else None
