"""The whole book of a day in one pass: triggers → impairment → stage → expected loss → class → capital. Nothing feeds back."""

from __future__ import annotations

from datetime import date

import pyarrow as pa

from kemiao.credit.quality.columns import QUALITY
from kemiao.credit.quality.grounds import QualityGrounds


def judge(states: pa.Table, loans: pa.Table, flags: pa.Table, before: pa.Table | None, grounds: QualityGrounds, day: date) -> pa.Table:  # fmt: skip
    """states (STATES of the day), loans (LOANS: those of the states, others are not read), flags (FLAGS that stand on the day),
    before (QUALITY of an earlier day, or None) → QUALITY of the loans that are agreed, active or written off, by loan."""
    return QUALITY.empty_table()
