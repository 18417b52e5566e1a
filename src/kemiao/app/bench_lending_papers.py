"""Papers of sound companies for the bench of the way to money: register, invoices, statements, returns, as an import leaves them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import pyarrow as pa

from kemiao.base.dates import add_months
from kemiao.facts.tables import TABLES

_INVOICED_MONTHS, _FILED_MONTHS = 30, 26
Row = Mapping[str, Any]


def sound_papers(world: Any, companies: Sequence[str], day: date) -> None:
    """Puts them into the lake as one batch of the bank's own, with its events. day: the first of a month."""
    made = {
        "company": (row for key in companies for row in _register(key)),
        "invoice": (row for number, key in enumerate(companies) for row in _invoices(key, number, day)),
        "financial_statement": (row for key in companies for row in _statements(key, day)),
        "tax_filing": (row for key in companies for row in _returns(key, day)),
    }
    tables = {name: _table(name, list(rows)) for name, rows in made.items()}
    with world.log.write() as tx:
        for name, table in tables.items():
            world.lake.append(name, table)
        tx.append("import", ref="1", public={
            "batch": 1, "map": "bench", "basis": "own", "tables": {name: table.num_rows for name, table in tables.items()},
            "historical": False, "absence": "none", "assumed": False, "known_from_import": [], "newest_on": day.isoformat(),
            "companies": list(companies), "files": [], "confirmed": 0,
        })  # fmt: skip
        tx.append("snapshot", public={"tables": world.lake.versions(), "cause": "import", "batch": 1})


def _table(name: str, rows: Sequence[Row]) -> pa.Table:
    form = TABLES[name]
    full = [
        {
            "fact_id": f"{number:016}".encode(), "content_id": f"{number:016}".encode(), "happened_on": row[form.happened_on],
            "known_at": row[form.happened_on], "source": "bench", "basis": "own", "batch": 1, "file": 1, "row": number + 2, "revision": 0, **row,
        }
        for number, row in enumerate(rows)
    ]  # fmt: skip
    return pa.Table.from_pylist(full, schema=form.arrow_schema)


def _register(key: str) -> Iterator[Row]:
    yield {
        "company": key, "name": "甲", "industry": "software", "region": "浙江杭州", "registered_on": date(2018, 5, 10), "registered_capital_fen": 10**9,
        "status": "active",
    }  # fmt: skip


def _invoices(key: str, number: int, day: date) -> Iterator[Row]:
    for ago in range(1, _INVOICED_MONTHS + 1):
        issued = _month_end(day, ago) - timedelta(days=5)
        sides = [(key, f"foreign:c{other}", 100_000_00 * (other + 1)) for other in range(3)]
        for place, (seller, buyer, fen) in enumerate([*sides, (f"foreign:s{ago % 2}", key, 240_000_00)]):
            yield {
                "invoice_no": f"{number}-{ago}-{place}", "seller": seller, "buyer": buyer, "issued_on": issued, "amount_fen": fen,
                "tax_fen": fen * 13 // 100, "total_fen": fen + fen * 13 // 100, "status": "normal", "red_letter": False,
            }  # fmt: skip


def _statements(key: str, day: date) -> Iterator[Row]:
    ends = {f"{name}_{end}_fen": 10_000_00 for name in ("inventory", "receivable", "payable", "prepayment", "advance") for end in ("opening", "closing")}  # fmt: skip
    ends |= {"receivable_opening_fen": 900_000_00, "receivable_closing_fen": 1_100_000_00}
    for back, revenue in enumerate((7_200_000_00, 6_000_000_00, 4_800_000_00), start=1):
        yield {
            "company": key, "period_end": date(day.year - back, 12, 31), "months": 12, "audited": True, "revenue_fen": revenue,
            "cost_of_sales_fen": 4_000_000_00, "total_cost_fen": 6_000_000_00, "net_profit_fen": 720_000_00, "operating_cash_flow_fen": 360_000_00,
            "total_assets_fen": 8_000_000_00, "total_liabilities_fen": 2_000_000_00, "cash_fen": 10_000_00, "short_debt_fen": 0, **ends,
        }  # fmt: skip


def _returns(key: str, day: date) -> Iterator[Row]:
    for ago in range(2, _FILED_MONTHS + 1):
        end = _month_end(day, ago)
        yield {
            "company": key, "tax_kind": "vat", "period_end": end, "filed_on": end + timedelta(days=12),
            "sales_fen": 540_000_00 if ago <= 13 else 500_000_00, "tax_due_fen": 16_200_00, "tax_paid_fen": 16_200_00, "arrears_fen": 0,
            "tax_credit_grade": "A" if ago == 4 else None,
        }  # fmt: skip


def _month_end(day: date, ago: int) -> date:
    return add_months(day, 1 - ago) - timedelta(days=1)
