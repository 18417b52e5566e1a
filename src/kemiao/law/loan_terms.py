"""Terms of loans and payment control (贷款期限与支付管理): how long a loan may run, and when the bank pays the named payee."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from kemiao.base.refusal import Refusal
from kemiao.base.tables import Row, weakest
from kemiao.law.in_force import by_id, number, rows_in_force
from kemiao.law.rule import Law

TERM_ROWS = {"working_capital": "L1", "fixed_asset": "L2", "personal_business": "L3", "personal_consumer": "L4"}


@dataclass(frozen=True, slots=True)
class LoanLaw:
    """What stands on a day for one kind of loan. confidence: of the weakest row.

    months_max_long_cycle: where the operating cycle is long, else as months_max. longer_by: who may allow more, or None.
    prohibited: uses that the law forbids, by code, zh, en.
    """

    kind: str
    months_max: int
    months_max_long_cycle: int
    longer_by: str | None
    entrusted_above_fen: int | None
    inclusive_line_max_fen: int
    prohibited: tuple[tuple[str, str, str], ...]
    confidence: str

    def longest_months(self, long_cycle: bool) -> int:
        return self.months_max_long_cycle if long_cycle else self.months_max


def loan_law(law: Law, kind: str, on: date) -> LoanLaw | Refusal:
    """The rows of a kind (TERM_ROWS) in force on a day. Refuses LAW_NOT_IN_FORCE."""
    own = TERM_ROWS[kind]
    rows = rows_in_force(law, "loan_terms", on, (own, "L5", "L8", "L10"))
    if isinstance(rows, Refusal):
        return rows
    term, payment, uses, inclusive = (by_id(rows, name) for name in (own, "L5", "L8", "L10"))
    months = number(term, "months_max")
    return LoanLaw(
        kind, months,
        number(term, "months_max_long_cycle") if "months_max_long_cycle" in term.cells else months,
        str(term.cells["longer_by"]) if "longer_by" in term.cells else None,
        number(payment, "entrusted_above_fen") if kind in _words(payment, "kinds") else None,
        number(inclusive, "inclusive_line_max_fen"),
        tuple(zip(*(_words(uses, name) for name in ("uses", "uses_zh", "uses_en")), strict=True)) if kind in _words(uses, "kinds") else (),
        weakest([row.confidence for row in (term, payment, uses, inclusive)]),
    )  # fmt: skip


def _words(row: Row, cell: str) -> tuple[str, ...]:
    value = row.cells[cell]
    if not isinstance(value, list):
        raise TypeError(f"{cell} of {row.source} is {value!r}, not a list")
    return tuple(str(item) for item in value)
