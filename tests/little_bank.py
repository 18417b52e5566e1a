"""A little bank for tests: a home with a clock that stands still, rows put into its lake, a sound company to lend to."""

from __future__ import annotations

import os
import runpy
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pyarrow as pa

from kemiao.bank.home import create_home
from kemiao.bank.world import World, open_world
from kemiao.base.clock import FixedClock
from kemiao.base.keys import uscc_check_digit
from kemiao.credit.servicing.columns import INTEREST_FIRST
from kemiao.facts.tables import TABLES

DAY = date(2024, 7, 1)
NOW = FixedClock(datetime(2024, 7, 1, 9, tzinfo=UTC))
WHOLE = runpy.run_path(str(Path(__file__).parent / "credit" / "profile" / "whole_company.py"))
ME = f"uscc:{(_CODE := WHOLE['ME'][5:22])}{uscc_check_digit(_CODE)}"  # with a check digit that the command line accepts
Rows = Mapping[str, Iterable[Mapping[str, Any]]]


def lake_table(name: str, rows: Iterable[Mapping[str, Any]], batch: int = 1) -> pa.Table:
    """Rows of a table of facts, with plausible provenance where the test does not care; a key of its own for each."""
    form = TABLES[name]
    full = [
        {
            "fact_id": f"{batch:06}{number:010}".encode(), "content_id": f"{batch:06}{number:010}".encode(),
            "happened_on": row.get(form.happened_on), "known_at": row.get(form.happened_on), "source": "test", "basis": "own",
            "batch": batch, "file": 1, "row": number + 2, "revision": 0, **row,
        }
        for number, row in enumerate(rows)
    ]  # fmt: skip
    return pa.Table.from_pylist(full, schema=form.arrow_schema)


@cache
def _template() -> Path:
    """Making a home runs the migrations, which takes a while: made once, copied for each test."""
    root = Path(mkdtemp(prefix="kemiao-test-")) / "home"
    create_home(root, os.urandom)
    return root


def new_home(root: Path) -> Path:
    shutil.copytree(_template(), root)
    return root


@contextmanager
def at(root: Path, clock: FixedClock = NOW) -> Iterator[World]:
    with open_world(root, clock, os.urandom) as world:
        yield world


def clock_on(day: date) -> FixedClock:
    return FixedClock(datetime(day.year, day.month, day.day, 9, tzinfo=UTC))


def put(
    world: World, rows: Rows, *, companies: Sequence[str] = (), absence: str = "unknown", basis: str = "own", assumed: bool = False,
    historical: bool = False, known_from_import: Sequence[str] = (),
) -> int:  # fmt: skip
    """What an import leaves behind, without its files: rows in the lake, the import and the snapshot in the log."""
    with world.log.write() as tx:
        last = world.log.last("import")
        batch = 1 + (last.public["batch"] if last else 0)
        tables = {name: lake_table(name, some, batch) for name, some in rows.items()}
        for name, table in tables.items():
            world.lake.append(name, table)
        days = [day for table in tables.values() for day in table["happened_on"].to_pylist() if day]
        counts = {name: table.num_rows for name, table in tables.items()}
        tx.append(
            "import", ref=str(batch),
            public={
                "batch": batch, "map": "test", "basis": basis, "tables": counts, "historical": historical, "absence": absence,
                "assumed": assumed, "known_from_import": list(known_from_import), "newest_on": max(days).isoformat() if days else None, "companies": list(companies),
                "files": [{"file": "test.csv", "digest": ""}], "confirmed": 0, "quarantined": 0, "settled": [],
            },
        )  # fmt: skip
        tx.append("snapshot", public={"tables": world.lake.versions(), "cause": "import", "batch": batch})
    return batch


def sound(company: str = ME) -> dict[str, list[dict[str, Any]]]:
    """A company with a paper of every kind, all of them good, so that it is approved."""
    facts = {name: [dict(row) for row in rows] for name, rows in WHOLE["facts"]().items()}
    for row in facts["tax_filing"]:
        row["arrears_fen"] = 0
    for row in (*facts["own_loan"], *facts["external_loan"]):
        row |= {"overdue_days": 0}
    for row in facts["own_loan"]:
        row["balance_fen"] = 0
    facts["court_case"] = [row for row in facts["court_case"] if row["role"] != "enforced"]
    facts["dishonest_listing"] = [row for row in facts["dishonest_listing"] if row.get("removed_on")]
    for row in facts["financial_statement"]:
        row["cash_fen"] = 10_000_00
        row |= {"receivable_opening_fen": 900_000_00, "receivable_closing_fen": 1_100_000_00}
    for rows in facts.values():
        for row in rows:
            for name in ("company", "seller", "buyer"):
                if row.get(name) == WHOLE["ME"]:
                    row[name] = company
    return facts


def months_before(day: date, count: int) -> date:
    return day - timedelta(days=30 * count)


@cache
def policy_on(day: date = DAY) -> dict[str, Any]:
    """The policy that a new home is given."""
    from importlib.resources import as_file, files

    from kemiao.bank.policy import read_policy

    with as_file(files("kemiao.bank.default_policy")) as folder:
        return dict(read_policy(folder).on(day))


def rulebook_of(policy: Mapping[str, Any] | None = None, day: date = DAY) -> Any:
    """The rulebook of a new home, or of a changed policy."""
    from kemiao.bank.rulebook import rulebook
    from kemiao.base.tables import read_all_packaged
    from kemiao.credit.rating.expert_card import card_from_policy

    contents = policy if policy is not None else policy_on()
    return rulebook(card_from_policy(contents["expert_card"]), contents, read_all_packaged("kemiao.law.tables"), day)


@cache
def sound_row() -> dict[str, Any]:
    """The profile of the sound company, every column of it known."""
    import duckdb

    from kemiao.credit.profile import features_sql

    with duckdb.connect() as connection:
        for name, rows in sound().items():
            connection.register(name, lake_table(name, rows))
        for name in set(TABLES) - set(sound()):
            connection.register(name, lake_table(name, ()))
        connection.register("subjects", pa.table({"company": [ME]}))
        row: dict[str, Any] = connection.sql(features_sql(DAY, frozenset())).to_arrow_table().to_pylist()[0]
    return row


def profile_table(rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Profiles as the columns that an assessment reads."""
    from kemiao.bank.commands.replay import row_schema

    return pa.Table.from_pylist([dict(row) for row in rows], schema=row_schema())


OTHER, THIN = "uscc:91110108MA01KPGK0L", "cumcm:E7"  # a second sound company, and one with a single invoice


@cache
def _decided() -> tuple[Path, dict[str, str]]:
    from kemiao.bank.commands.assess import Request, assess
    from kemiao.credit.document import decision_id

    root = new_home(Path(mkdtemp(prefix="kemiao-test-")) / "home")
    other = sound(OTHER)
    other["invoice"] = [row | {"invoice_no": f"o{row['invoice_no']}"} for row in other["invoice"]]
    other["shareholding"].append({"company": OTHER, "holder": ME, "holder_kind": "company", "since": date(2022, 5, 10), "share_ppm": 100_000, "pledged_ppm": 0})  # fmt: skip
    sold = {
        "invoice_no": "m1",
        "seller": ME,
        "buyer": OTHER,
        "issued_on": date(2024, 6, 3),
        "amount_fen": 777_00,
        "status": "normal",
        "red_letter": False,
    }
    thin = {
        "invoice_no": "t1",
        "seller": THIN,
        "buyer": "foreign:x",
        "issued_on": date(2024, 5, 2),
        "amount_fen": 99_00,
        "status": "normal",
        "red_letter": False,
    }
    with at(root) as world:
        put(world, {**sound(), "invoice": [*sound()["invoice"], sold]}, companies=(ME,), basis="consent:2024-17")
        put(world, {**other, "invoice": [*other["invoice"], thin]}, companies=(OTHER, THIN), assumed=True)
        answer = assess(world, Request(None))
    return root, {document["company"]: decision_id(document) for document in answer.documents}


def decided_home(root: Path) -> dict[str, str]:
    """A copy of a home with decisions on three companies; their ids by company."""
    template, ids = _decided()
    shutil.copytree(template, root)
    return ids


# Equal instalments of half a year, agreed on its first day; row as in LOANS, what is null left out.
LOAN = {
    "loan": "loan-1", "company": ME, "product": "credit", "unit": "technology_team", "manager": "li", "origin": "signed", "repayment": "equal_installment",
    "amount_fen": 1_000_000, "signed_on": date(2024, 1, 10), "starts_on": date(2024, 1, 10), "matures_on": date(2024, 7, 10), "first_due_on": date(2024, 2, 10),
    "every_months": 1, "month_end": False, "business_day": "none", "day_count": "A360", "rate_ppm": 46_000, "rate_kind": "fixed", "spread_ppm": 0,
    "reset_months": 0, "overdue_markup_ppm": 500_000, "diverted_markup_ppm": 1_000_000, "compound": True, "grace_days": 0,
    "allocation": INTEREST_FIRST, "early_fee_ppm": 0, "fee_fen": 0, "vat_ppm": 60_000, "security": "none", "security_value_fen": 0,
    "guaranteed_ppm": 0, "pool_ppm": 0, "entrusted": False, "pd_ppm": 20_000, "lgd_ppm": 450_000,
}  # fmt: skip
