"""How long a patent lasts (专利权期限), by kind, from the day of filing. Source: law/tables/patent_term.toml."""

from __future__ import annotations

from datetime import date

from kemiao.base.dates import add_months
from kemiao.base.refusal import Refusal
from kemiao.base.tables import weakest
from kemiao.law.in_force import number, rows_in_force
from kemiao.law.rule import Law


def patent_terms(law: Law, on: date) -> tuple[dict[str, int], str] | Refusal:
    """kind → years from filing, as the law stands on the day, and the confidence of the weakest row."""
    rows = rows_in_force(law, "patent_term", on)
    if isinstance(rows, Refusal):
        return rows
    return {str(row.cells["kind"]): number(row, "years") for row in rows}, weakest([row.confidence for row in rows])


def legal_end(filed_on: date, years: int) -> date:
    """The first day on which the right is gone."""
    return add_months(filed_on, 12 * years)
