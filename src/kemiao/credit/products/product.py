"""A product as it was read from its file: one frozen value, named by the digest of what the file says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from kemiao.credit.decision.rules import Rule
from kemiao.law.loan_terms import LoanLaw


@dataclass(frozen=True, slots=True)
class Head:
    zh: str
    en: str
    about_zh: str
    about_en: str
    law_kind: str
    purposes: tuple[str, ...]
    refused_words: tuple[str, ...]
    green: bool
    renewal: bool


@dataclass(frozen=True, slots=True)
class Amount:
    min_fen: int
    max_fen: int
    step_fen: int
    ceilings: tuple[str, ...]
    of_limit_ppm: int


@dataclass(frozen=True, slots=True)
class Tenor:
    min_months: int
    max_months: int
    start_months: int
    long_cycle_days: int


@dataclass(frozen=True, slots=True)
class RateFormula:
    kind: str
    add_ppm: int
    step_ppm: int
    floor_ppm: int
    cap_ppm: int
    reset_months: int
    overdue_markup_ppm: int
    diverted_markup_ppm: int
    compound: bool
    day_count: str


@dataclass(frozen=True, slots=True)
class Schedule:
    repayment: str
    every_months: int
    due_day: int
    month_end: bool
    business_day: str
    grace_days: int
    allocation: str
    early_fee_ppm: int


@dataclass(frozen=True, slots=True)
class Security:
    kind: str
    loan_to_value_ppm: int
    lgd_ppm: int
    guaranteed_ppm: int
    pool_ppm: int
    register_zh: str
    register_en: str

    @property
    def shared_ppm(self) -> int:
        """Of a loss: what others bear."""
        return self.guaranteed_ppm + self.pool_ppm


@dataclass(frozen=True, slots=True)
class Accounting:
    measured_at: str
    vat_ppm: int
    fee_income: str
    reported_as: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Authority:
    automatic_max_fen: int
    automatic_grades: tuple[str, ...]
    entrusted_always: bool


@dataclass(frozen=True, slots=True)
class Fee:
    code: str
    zh: str
    en: str
    once_ppm: int
    yearly_ppm: int
    fixed_fen: int
    paid_to: str
    borne_by: str


@dataclass(frozen=True, slots=True)
class Named:
    """A covenant, or a document (then `at` says when it is wanted)."""

    code: str
    zh: str
    en: str
    at: str = ""


@dataclass(frozen=True, slots=True)
class Product:
    """name: the file's; digest: of what the file says. law: the rows for its kind in force on the day that was asked for.

    green: headings of the catalogue in force, for a green product. withdrawn_from: no new loans from that day on.
    """

    name: str
    file: str
    effective_from: date
    digest: str
    head: Head
    amount: Amount
    tenor: Tenor
    rate: RateFormula
    schedule: Schedule
    security: Security
    accounting: Accounting
    authority: Authority
    fees: tuple[Fee, ...]
    rules: tuple[Rule, ...]
    covenants: tuple[Named, ...]
    documents: tuple[Named, ...]
    withdrawn_from: date | None = None
    law: LoanLaw | None = None
    green: Mapping[str, tuple[str, str]] | None = None
