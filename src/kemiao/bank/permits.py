"""Permits: the only place that builds one. Each import recorded its basis; what has no basis is not read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from kemiao.bank.event_log import Transaction
from kemiao.bank.views import batches
from kemiao.bank.world import World
from kemiao.base.digest import merkle_root
from kemiao.facts.permit import Permit, Purpose
from kemiao.facts.tables import TABLES

_NAMED = 100  # up to here a receipt names its subjects; beyond, it commits to them


def permit(
    world: World,
    subjects: Sequence[str],
    purpose: Purpose,
    tables: Sequence[str] | None = None,
    until: date | None = None,
) -> Permit:
    """For today, over every table that a batch with a basis brought (or those of `tables` among them)."""
    brought = {table: batch.basis for batch in batches(world) for table in batch.tables}
    wanted = [name for name in (tables or TABLES) if name in brought]
    bases = sorted({batch.basis for batch in batches(world) if set(batch.tables) & set(wanted)})
    day = until or world.clock.today()
    return Permit(tuple(sorted(set(subjects))), tuple(wanted), purpose, day, "reading", tuple(bases))


def receipt(tx: Transaction, given: Permit) -> int:
    """What a company can later be shown: who read, which tables, for what, on what basis."""
    subjects = {"subjects": list(given.subjects)} if len(given.subjects) <= _NAMED else {"count": len(given.subjects)}
    root = merkle_root([subject.encode() for subject in given.subjects])
    return tx.append(
        "reading", given.subjects[0] if len(given.subjects) == 1 else None,
        public={**subjects, "root": root, "tables": list(given.tables), "purpose": given.purpose, "until": given.until, "bases": list(given.bases)},
    )  # fmt: skip
