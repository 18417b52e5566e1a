"""Headings of green loans (绿色贷款) in the catalogue in force. Source: law/tables/green_loan.toml."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from kemiao.base.refusal import Refusal
from kemiao.law.in_force import rows_in_force
from kemiao.law.rule import Law


def green_headings(law: Law, on: date) -> Mapping[str, tuple[str, str]] | Refusal:
    """code → (zh, en). Refuses LAW_NOT_IN_FORCE before the catalogue."""
    rows = rows_in_force(law, "green_loan", on)
    if isinstance(rows, Refusal):
        return rows
    return {str(row.cells["code"]): (str(row.cells["zh"]), str(row.cells["en"])) for row in rows}
