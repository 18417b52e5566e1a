"""Permits: the only place that builds one. Each import recorded its basis; what has no basis is not read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from kemiao.bank.event_log import Transaction
from kemiao.bank.views import Batch, batches
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
    brought: Sequence[Batch] | None = None,
) -> Permit:
    """For today, over every table that a batch with a basis brought (or those of `tables` among them).

    brought: the batches as they stood at an earlier decision, to read again what it read; those of today otherwise.
    """
    standing = batches(world) if brought is None else brought
    known = {table for batch in standing for table in batch.tables}
    wanted = [name for name in (TABLES if tables is None else tables) if name in known]
    bases = sorted({batch.basis for batch in standing if set(batch.tables) & set(wanted)})
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
