"""The cost of a loan to its borrower: the plan of its dues, every fee that the borrower bears, and the yearly rate of it all.

Two rates are shown, as credit/contracts/apr.py defines them, both by the dues' own days and with all fees, of others too.
apr_ppm: the internal rate of return of what the borrower gets and pays, compounded (复利). simple_ppm: costs over the principal
that is outstanding and its years of 365 days (单利).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa

from kemiao.base.money import PPM, div_half_up
from kemiao.base.refusal import Refusal
from kemiao.credit.contracts.apr import apr_ppm
from kemiao.credit.contracts.lpr_series import LprSeries
from kemiao.credit.contracts.schedule import schedule
from kemiao.credit.contracts.schedule_terms import REFUSALS
from kemiao.credit.products.fees import FeeDue, fees_due
from kemiao.credit.products.product import Product
from kemiao.credit.servicing.columns import LOANS

_EPOCH, _YEAR_DAYS = date(1970, 1, 1), 365
_SHOWN = ("due_on", "paid_on", "interest_fen", "principal_fen", "fee_fen", "balance_fen")


@dataclass(frozen=True, slots=True)
class Cost:
    """schedule: one mapping a due. fees: the borrower's, of others too; bank_fees: what the bank bears itself.

    flows: day and fen, what the borrower gets above zero.
    """

    schedule: tuple[Mapping[str, Any], ...]
    fees: tuple[FeeDue, ...]
    bank_fees: tuple[FeeDue, ...]
    flows: tuple[tuple[date, int], ...]
    interest_fen: int
    apr_ppm: int | None
    simple_ppm: int | None


def plan(row: Mapping[str, Any], lpr: LprSeries, amount_fen: int | None = None, drawn_on: date | None = None) -> list[dict[str, Any]] | Refusal:  # fmt: skip
    """Due by due, a row of LOANS being drawn whole on its first day, or only so much on another, and nothing else happening.

    Refuses where its terms make no plan.
    """
    drawn = {**row, "loan": row.get("loan") or "?"} | ({} if amount_fen is None else {"amount_fen": amount_fen})
    dues = schedule(pa.Table.from_pylist([drawn], LOANS), drawn_on, lpr).to_pylist()
    refused = next((due["refused"] for due in dues if due["refused"]), None)
    if refused is not None:
        return Refusal.at(refused, *REFUSALS[refused], loan=row.get("loan"), product=row.get("product"))
    return [{name: due[name] for name in _SHOWN} for due in dues]


def cost(product: Product, row: Mapping[str, Any], lpr: LprSeries) -> Cost | Refusal:
    """row: of LOANS, drawn whole on the first day. Refuses where its terms make no plan."""
    dues = plan(row, lpr)
    if isinstance(dues, Refusal):
        return dues
    all_fees = fees_due(product.fees, row)
    borne = tuple(due for due in all_fees if due.fee.borne_by == "borrower")
    flows = [(row["starts_on"], int(row["amount_fen"]))]
    flows += [(due["due_on"], -(due["interest_fen"] + due["principal_fen"] + due["fee_fen"])) for due in dues]
    flows += [(due.on, -due.amount_fen) for due in borne if not _in_plan(due)]
    flows.sort(key=lambda flow: flow[0])
    return Cost(
        tuple(dues), borne,
        tuple(due for due in all_fees if due.fee.borne_by == "bank"), tuple(flows),
        sum(due["interest_fen"] for due in dues), _compound_ppm(flows), _simple_ppm(row, dues, flows),
    )  # fmt: skip


def _compound_ppm(flows: Sequence[tuple[date, int]]) -> int | None:
    days = np.array([(day - _EPOCH).days for day, _ in flows], np.int64)
    amounts = np.array([fen for _, fen in flows], np.int64)
    found = apr_ppm(np.array([0, len(flows)], np.int64), days, amounts)
    return int(found.values[0]) if found.known[0] else None


def _simple_ppm(row: Mapping[str, Any], dues: Sequence[Mapping[str, Any]], flows: Sequence[tuple[date, int]]) -> int | None:  # fmt: skip
    lent, balance, since = 0, int(row["amount_fen"]), row["starts_on"]
    for due in dues:
        lent += balance * (due["due_on"] - since).days
        balance, since = balance - due["principal_fen"], due["due_on"]
    return div_half_up(-sum(fen for _, fen in flows) * _YEAR_DAYS * PPM, lent) if lent else None


def _in_plan(due: FeeDue) -> bool:
    """The bank's own one-off fees are the row's fee_fen, which the plan has."""
    return due.fee.paid_to == "bank" and not due.fee.yearly_ppm
