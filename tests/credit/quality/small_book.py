"""Loans and their states by hand: what a test says, and plausible values for the rest."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

import pyarrow as pa

from kemiao.base.tables import read_all_packaged
from kemiao.credit.quality.columns import DEBTORS, FLAGS
from kemiao.credit.quality.grounds import Provisioning, QualityGrounds, provisioning_of
from kemiao.credit.quality.judge import judge
from kemiao.credit.servicing.columns import LOANS, STATES

DAY = date(2024, 7, 1)
MILLION = 10**8  # fen
LOAN = {
    "company": "uscc:A", "repayment": "interest_first", "amount_fen": MILLION, "starts_on": date(2024, 1, 1), "matures_on": date(2025, 1, 1),
    "every_months": 1, "pd_ppm": 20_000, "lgd_ppm": 450_000, "size_class": "small", "security": "none", "industry": "software", "technology": "tech_sme",
}  # fmt: skip
STATE = dict.fromkeys(("principal_due_fen", "interest_fen", "interest_due_fen", "penalty_fen", "compound_fen", "fee_fen", "off_balance_fen", "kept_fen", "written_off_fen", "recovered_fen", "sold_ppm", "sold_principal_fen", "past_due_days", "worst_past_due_days", "timely_periods", "restructurings", "observed_periods", "diverted_ppm", "received_fen", "interest_paid_fen"), 0) | {"status": "active", "in_difficulty": False, "extended": False, "rate_ppm": 50_000}  # fmt: skip
Row = Mapping[str, Any]


@cache
def policy() -> Mapping[str, Any]:
    text = files("kemiao.bank.default_policy").joinpath("provisioning.toml").read_text("utf-8")
    return tomllib.loads(text)


def provisioning(**changed: Any) -> Provisioning:
    read = provisioning_of({**policy(), **changed})
    assert isinstance(read, Provisioning), read
    return read


@cache
def _law() -> Any:
    return read_all_packaged("kemiao.law.tables")


def grounds(debtors: Sequence[Row] = (), **changed: Any) -> QualityGrounds:
    return QualityGrounds(_law(), provisioning(**changed), 5 * 10**12, 22_000, 6_000, pa.Table.from_pylist(list(debtors), DEBTORS))  # fmt: skip


def loans(rows: Sequence[Row]) -> pa.Table:
    return pa.Table.from_pylist([LOAN | {"loan": f"loan-{place}"} | {name: row[name] for name in row if name in LOANS.names} for place, row in enumerate(rows)], LOANS)  # fmt: skip


def states(rows: Sequence[Row], day: date = DAY) -> pa.Table:
    full = []
    for place, row in enumerate(rows):
        agreed = LOAN | row
        owed = {"drawn_fen": agreed["amount_fen"], "principal_fen": agreed["amount_fen"], "matures_on": agreed["matures_on"], "repayment": agreed["repayment"]}  # fmt: skip
        full.append(STATE | owed | {"loan": f"loan-{place}", "day": day} | {name: row[name] for name in row if name in STATES.names})  # fmt: skip
    return pa.Table.from_pylist(full, STATES)


def flags(*raised: tuple[str, str] | Row) -> pa.Table:
    rows = [one if isinstance(one, Mapping) else {"company": one[0], "flag": one[1]} for one in raised]
    return pa.Table.from_pylist(rows, FLAGS)


def judged(rows: Sequence[Row], *raised: Any, day: date = DAY, before: pa.Table | None = None, base: QualityGrounds | None = None) -> pa.Table:  # fmt: skip
    return judge(states(rows, day), loans(rows), flags(*raised), before, base or grounds(), day)


def one(*raised: Any, day: date = DAY, before: pa.Table | None = None, base: QualityGrounds | None = None, **row: Any) -> dict[str, Any]:  # fmt: skip
    return dict(judged([row], *raised, day=day, before=before, base=base).to_pylist()[0])
