"""A ledger's balances held against the total that was stated for them, and against the totals that it has itself."""

from __future__ import annotations

from dataclasses import dataclass

from kemiao.bank.lending.loan_file import Rows, values
from kemiao.bank.lending.own_loans import Judged
from kemiao.base.money import yuan_text
from kemiao.base.refusal import Refusal

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Control:
    """read_fen: the sum of the balances that could be read, without total rows; unread: rows whose balance could not.
    own_fen: what the ledger's last total row says, if it has one."""

    read_fen: int
    unread: int
    own_fen: int | None


def control(rows: Rows, judged: Judged, stated_fen: int | None) -> Control | Refusal:
    """Refuses CONTROL_TOTAL_DIFFERS: the stated total is not the sum, or a total row is neither the sum of all rows above it nor
    of those since the total row before. Where rows could not be read, only a sum above the stated total is known to differ."""
    balances = values(rows)["balance_fen"]
    read = since = 0
    unread, own, differs = len(rows.faults), None, None
    for place, balance in enumerate(balances):
        if place not in rows.totals:
            read, since, unread = read + (balance or 0), since + (balance or 0), unread + (balance is None)
        elif balance is not None:
            own = balance
            differs = differs if differs is not None or balance in (read, since) else (place, balance, read)
            since = 0
    words = (rows, judged, unread)
    if stated_fen is not None and (
        read > stated_fen or (not unread and read != stated_fen)
    ):  # no balance is below zero
        return _differs(*words, read, stated_fen, "声明", "were stated", {"file": rows.file, "sheet": rows.sheet})
    if differs is not None and not unread:
        place, balance, above = differs
        return _differs(*words, above, balance, "合计行为", "are what this total row says", rows.at(place, "balance_fen"))  # fmt: skip
    return Control(read, unread, own)


def _differs(
    rows: Rows, judged: Judged, unread: int, read: int, other: int, zh: str, en: str, where: dict[str, object]
) -> Refusal:
    twice = [f"{number}({'、'.join(str(rows.numbers[place]) for place in places)})" for number, places in judged.twice().items()]  # fmt: skip
    named = " ".join(twice[:_SHOWN]) + (" …" if len(twice) > _SHOWN else "")
    count = len(rows.numbers) - len(rows.totals) + len(rows.faults)
    return Refusal.at(
        "CONTROL_TOTAL_DIFFERS",
        f"读到余额合计 {yuan_text(read)} 元,{zh} {yuan_text(other)} 元,相差 {yuan_text(read - other)} 元;{count} 行中 {unread} 行读不出余额"
        + (f";借据号重复(行):{named}" if twice else "") + ";迁入 0.00 元",
        f"the balances that were read sum to {yuan_text(read)} yuan, {yuan_text(other)} {en}, {yuan_text(read - other)} apart; of {count} rows {unread} could not be read"
        + (f"; loan numbers that stand more than once (rows): {named}" if twice else "") + "; 0.00 yuan taken",
        **where,
    )  # fmt: skip
