"""The registered name of each company that a Permit opens."""

from __future__ import annotations

from kemiao.data.lake import Facts
from kemiao.facts.permit import Permit


def registered_names(facts: Facts, given: Permit) -> dict[str, str]:
    """company → its registered name, the newest that a register told."""
    if "company" not in given.tables:
        return {}
    rows = facts.sql(
        "SELECT company, arg_max(name, (coalesce(known_at, DATE '0001-01-01'), batch, file, row)) AS name "
        "FROM company WHERE name IS NOT NULL GROUP BY company"
    )
    return dict(zip(rows["company"].to_pylist(), rows["name"].to_pylist(), strict=True))
