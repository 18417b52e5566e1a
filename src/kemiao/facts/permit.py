"""The key to payload rows. Only the command layer builds one; the lake opens for nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args

from kemiao.base.refusal import Refusal

Purpose = Literal[
    "credit_review",
    "post_loan",
    "planning",
    "model_fitting",
    "peer_comparison",
    "report",
    "trace",
    "subject_access",
    "import",
]

# What a consent for one purpose also covers. Review does not cover what comes after the loan (RULES.md 8.2); the report of a
# decision and its trace read again what the decision had read.
COVERS: Mapping[str, frozenset[str]] = {
    **{purpose: frozenset({purpose}) for purpose in get_args(Purpose)},
    "credit_review": frozenset({"credit_review", "report", "trace"}),
}


@dataclass(frozen=True, slots=True)
class Reading:
    """A reading under a consent as the shared chain accepted it. at: milliseconds since 1970, UTC. receipt: the node's signed word."""

    company: str
    entry: str
    index: int
    at: int
    receipt: str


@dataclass(frozen=True, slots=True)
class Told:
    """A company that is on the chain itself, to be told by an entry of its own of what is read without a consent there."""

    company: str
    tables: tuple[str, ...]
    bases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Permit:
    """Whose rows, of which tables, for what, until when (inclusive), and where the reading is receipted.

    subjects: company keys, each with a basis on record for every table named. receipts: the event that records the
    reading. bases: what the reading rests on, repeated in the result.

    What the shared chain adds, where there is one. accounts: (batch, accounts): of these batches only the rows of the accounts
    that the company's consent names. closed: batches of which no row is opened, because their consent does not stand.
    left_out: companies that were wanted and may not be read, and why. readings: those under consents, already on the chain.
    told: subjects that are on the chain themselves; None where there is no chain.
    """

    subjects: tuple[str, ...]
    tables: tuple[str, ...]
    purpose: Purpose
    until: date
    receipts: str
    bases: tuple[str, ...] = ()
    accounts: tuple[tuple[int, tuple[str, ...]], ...] = ()
    closed: tuple[int, ...] = ()
    left_out: tuple[tuple[str, Refusal], ...] = ()
    readings: tuple[Reading, ...] = ()
    told: tuple[Told, ...] | None = None

    def allows(self, table: str, on: date) -> bool:
        return table in self.tables and on <= self.until
