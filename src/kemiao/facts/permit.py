"""The key to payload rows. Only the command layer builds one; the lake opens for nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

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


@dataclass(frozen=True, slots=True)
class Permit:
    """Whose rows, of which tables, for what, until when (inclusive), and where the reading is receipted.

    subjects: company keys, each with a basis on record for every table named. receipts: the event that records the
    reading. bases: what the reading rests on, repeated in the result.
    """

    subjects: tuple[str, ...]
    tables: tuple[str, ...]
    purpose: Purpose
    until: date
    receipts: str
    bases: tuple[str, ...] = ()

    def allows(self, table: str, on: date) -> bool:
        return table in self.tables and on <= self.until
