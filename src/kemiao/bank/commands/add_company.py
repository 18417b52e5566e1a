"""company: typing one by hand through the same map, checks and lake as any file; what is known of one, through a Permit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa

from kemiao.bank.commands.import_files import Imported, ImportFiles, bring, disk
from kemiao.bank.import_consent import consented
from kemiao.bank.permits import permit, receipt
from kemiao.bank.views import companies
from kemiao.bank.world import World
from kemiao.base.refusal import Refusal
from kemiao.data.discovery import Found
from kemiao.data.map import load_map
from kemiao.data.map_reading import basis_is_known
from kemiao.data.mapping import bad_cells
from kemiao.data.readers import Sheet, batches
from kemiao.facts.tables import COMPANY, TABLES

_MAP = "typed"


@dataclass(frozen=True, slots=True)
class AddCompany:
    """cells: texts by the raw columns of the map `typed`, only those that were given."""

    cells: Mapping[str, str]
    basis: str | None = None


def add_company(world: World, request: AddCompany) -> Imported | Refusal:
    """A cell that can't be read refuses the whole: the person who typed it is still there to correct it."""
    source = load_map(_MAP)
    basis = request.basis or source.basis
    if not basis_is_known(basis):
        return Refusal("BAD_BASIS", f"“{basis}”不是依据(consent:文号、office:条款、anonymised、own)", f"{basis!r} is not a basis (consent:FILE, office:ARTICLE, anonymised, own)")  # fmt: skip
    header = tuple(request.cells)
    sheet = Sheet(None, (header,), lambda _: batches([(2, list(request.cells.values()))], header, pad=True))
    tables = tuple(table for table in source.tables if not table.missing_from(header))
    if not tables:
        return Refusal("MISSING", "至少要有统一社会信用代码和企业名称", "at least the key and the name are needed")
    with disk(world):
        raw = next(iter(sheet.read(0)))
        wrong = [error for table in tables for error in bad_cells(table, header, raw, world.clock.today())]
        if wrong:
            return Refusal.at(wrong[0].code, wrong[0].zh, wrong[0].en, column=wrong[0].column)
        found = Found(Path("typed"), sheet, 0, header, tables)
        consent = consented(world, basis, sorted({table.fact.name for table in tables}), None)
        if isinstance(consent, Refusal):
            return consent
        return bring(world, ImportFiles(source, _MAP, ()), consent, [found], (), None, lambda _: None, lambda _: None)


# -- what is known


@dataclass(frozen=True, slots=True)
class Known:
    """The register's newest values, and for each table how many rows, from when to when."""

    company: str
    register: dict[str, Any]
    tables: dict[str, dict[str, Any]]
    bases: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        return {"company": self.company, "register": self.register, "tables": self.tables, "bases": list(self.bases)}


def known(world: World, company: str) -> Known | Refusal:
    """Opens the lake for one company; the reading leaves its receipt first."""
    given = permit(world, [company], "subject_access")
    with world.log.write() as tx:
        receipt(tx, given)
    _, snapshot = world.log.snapshot()
    today: date = world.clock.today()
    with world.lake.open(given, snapshot, today, today) as facts:
        tables: dict[str, dict[str, Any]] = {}
        for name in given.tables:
            looked = f'SELECT count(*) AS rows, min(happened_on) AS first, max(happened_on) AS last FROM "{name}"'  # noqa: S608
            found = facts.sql(looked)
            row = found.to_pylist()[0]
            if row["rows"]:
                tables[name] = {
                    key: value.isoformat() if isinstance(value, date) else value for key, value in row.items()
                }
        register = _register(world, facts.sql("SELECT * FROM company ORDER BY known_at NULLS FIRST, batch, row"))
    if not tables:
        return Refusal.at("NO_SUCH_COMPANY", "没有这家企业的资料", "nothing is known of this company", company=company)
    return Known(company, register, tables, given.bases)


def _register(world: World, rows: pa.Table) -> dict[str, Any]:
    """Column by column the newest value that is known: several papers each bring a part."""
    values: dict[str, Any] = {}
    for column in COMPANY.columns[1:]:
        cells = rows[column.name].combine_chunks()
        if column.protection != "plain":
            cells = world.vault.open_column(rows["company"].combine_chunks(), cells)
        said = [cell for cell in cells.to_pylist() if cell is not None]
        last = said[-1] if said else None
        values[column.name] = last.isoformat() if isinstance(last, date) else last
    return values


def listed(world: World) -> list[dict[str, Any]]:
    """Every company whose papers were brought: key, name, industry, region as far as known."""
    keys = companies(world)
    if not keys:
        return []
    given = permit(world, keys, "subject_access", ["company"])
    _, snapshot = world.log.snapshot()
    today = world.clock.today()
    names: dict[str, dict[str, Any]] = {
        key: {"company": key, "name": None, "industry": None, "region": None} for key in keys
    }
    if "company" in given.tables:
        with world.log.write() as tx:
            receipt(tx, given)
        with world.lake.open(given, snapshot, today, today) as facts:
            rows = facts.sql(
                "SELECT company, name, industry, region FROM company ORDER BY known_at NULLS FIRST, batch, row"
            )
        for row in rows.to_pylist():
            names[row["company"]] |= {name: value for name, value in row.items() if value is not None}
    return list(names.values())


def industries() -> tuple[str, ...]:
    return TABLES["company"].by_name["industry"].choices
