"""Which rows a decision read: for each company, table and batch their number and a fingerprint of what they say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kemiao.data.lake import Facts
from kemiao.facts.schema import Table
from kemiao.facts.tables import TABLES

_MODULUS = 2**53 - 1  # canonical JSON holds whole numbers up to here


def provenance(facts: Facts, tables: Sequence[str]) -> dict[str, dict[str, Any]]:
    """company → table → batch → [rows, fingerprint].

    The fingerprint is the sum of the MD5 of the rows' own columns: it does not depend on their order, and a cell changed on disk
    changes it. It guards against damage; the proof against intent is the commitment in the event log.
    """
    found: dict[str, dict[str, Any]] = {}
    for name in tables:
        columns = [column.to_pylist() for column in facts.sql(_query(TABLES[name])).columns]
        for company, batch, rows, mark in zip(*columns, strict=True):
            found.setdefault(company, {}).setdefault(name, {})[str(batch)] = [rows, int(mark)]
    return found


def _query(table: Table) -> str:
    # A separator and a mark for null that no text of a file holds: nothing runs into its neighbour.
    first = [column.name for column in table.columns if not column.later]
    cells = ", chr(31), ".join(
        f'coalesce("{name}"::VARCHAR, chr(0))' for name in (*first, "known_at", "happened_on", "revision")
    )
    # What came after the first release names itself and adds nothing where it is null: older fingerprints still fit.
    since = [column.name for column in table.columns if column.later]
    cells += "".join(f", chr(30) || '{name}' || chr(31) || \"{name}\"::VARCHAR" for name in since)
    looks = " UNION ALL ".join(
        f'SELECT "{column}" AS company, batch, mark FROM marked WHERE true'  # noqa: S608 - names of facts
        + "".join(f' AND "{column}" <> "{before}"' for before in table.subjects[:place])  # both sides alike: one row
        for place, column in enumerate(table.subjects)
    )
    return (
        f'WITH marked AS (SELECT {", ".join(table.subjects)}, batch, md5_number_lower(concat({cells})) AS mark FROM "{table.name}") '  # noqa: S608
        f"SELECT company, batch, count(*) AS rows, (sum(mark::HUGEINT) % {_MODULUS})::BIGINT AS mark "
        f"FROM ({looks}) WHERE company IN (SELECT company FROM subjects) GROUP BY ALL ORDER BY ALL"
    )
