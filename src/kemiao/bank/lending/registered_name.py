"""The name that a company is registered under, for papers and for people who compare: read under a permit, with a receipt."""

from __future__ import annotations

from collections.abc import Collection

from kemiao.bank.permits import permit, receipt
from kemiao.bank.world import World

_NAMES = """
SELECT company, arg_max(name, (coalesce(known_at, DATE '0001-01-01'), batch, file, row)) AS name
FROM company WHERE name IS NOT NULL GROUP BY company
"""


def registered_names(world: World, companies: Collection[str]) -> dict[str, str]:
    """Company → its name; who is not known, or may not be read, is not there. Leaves a receipt where anything was read."""
    wanted = sorted(set(companies))
    if not wanted:
        return {}
    given = permit(world, wanted, "report", ("company",), or_nobody=True)
    if not given.tables or not given.subjects:
        return {}
    with world.lake.open(given, world.log.snapshot()[1], None, world.clock.today()) as facts:
        rows = facts.sql(_NAMES)
    with world.log.write() as tx:
        receipt(tx, given)
    return dict(zip(rows["company"].to_pylist(), rows["name"].to_pylist(), strict=True))
