"""The book as it is judged at the end of a day."""

from __future__ import annotations

from datetime import date

import pyarrow as pa

from kemiao.bank.lending.quality import judge_book as judge
from kemiao.bank.world import World


def judge_book(world: World, states: pa.Table, book: pa.Table, before: pa.Table | None, day: date, until: int) -> pa.Table:  # fmt: skip
    """Flags count by their day, so that a day that is closed later, or again, is judged alike."""
    return judge(world, states, book, before, day)
