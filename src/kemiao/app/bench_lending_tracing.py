"""Tracing 10 000 disbursements over 10 million payments by both methods, beside a plain Python first-in-first-out of the same.

The payments are drawn: companies with accounts at the bank pay one another and the world outside, over two years.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from time import perf_counter
from typing import Any

import numpy as np

from kemiao.base.refusal import BrokenInvariant
from kemiao.credit.tracing.columns import METHODS, REASON, Disbursements, Payments
from kemiao.credit.tracing.follow import follow
from kemiao.credit.tracing.rules import TracingRules

DISBURSEMENTS, PAYMENTS = 10_000, 10_000_000
_DAYS, _PEER_ROWS = 730, 200_000


def bench_tracing(divided_by: int = 1) -> Iterator[dict[str, Any]]:
    rules = _rules()
    small = _drawn(max(PAYMENTS // 1_000, 2_000), 20, 1)
    begun = perf_counter()
    follow(*small, rules)
    yield {"what": "tracing: first run compiles (or loads what was compiled before)", "seconds": round(perf_counter() - begun, 2)}  # fmt: skip
    payments, disbursed = _drawn(PAYMENTS // divided_by, DISBURSEMENTS // divided_by, 2)
    begun = perf_counter()
    found = follow(payments, disbursed, rules)
    took = perf_counter() - begun
    rows = len(payments.amount)
    peer_rows, peer_took = _peer(payments, disbursed, found.pairs)
    yield {
        "what": "tracing: disbursements over payments, both methods", "reach": "under 60 s at 10 k over 10 M",
        "disbursements": len(disbursed.amount), "payments": rows, "seconds": round(took, 2),
        "pairs_found": int((found.pairs >= 0).sum() // 2),
        "still_followed_share": round(float(found.fen["fifo"][:, [REASON["cash_own"], REASON["cash_others"]]].sum() / disbursed.amount.sum()), 3),
        "peer": "Python loop, first in first out alone", "peer_payments": peer_rows, "peer_microseconds_a_payment": round(peer_took * 1e6 / peer_rows, 3),
        "microseconds_a_payment": round(took * 1e6 / rows / len(METHODS), 3),
    }  # fmt: skip


def _rules() -> TracingRules:
    import tomllib
    from importlib.resources import files

    from kemiao.base.refusal import Refusal
    from kemiao.credit.tracing.rules import tracing_rules

    read = tracing_rules(tomllib.loads(files("kemiao.bank.default_policy").joinpath("tracing.toml").read_text("utf-8")))
    if isinstance(read, Refusal):
        raise BrokenInvariant(read.en)
    return read


def _drawn(rows: int, loans: int, seed: int) -> tuple[Payments, Disbursements]:
    """About `rows` rows: a third of them the two sides of payments between the bank's accounts, the rest from and to outside."""
    draw = np.random.Generator(np.random.PCG64(seed))
    accounts = max(rows // 50, 10)
    parties = accounts * 2  # the upper half has accounts elsewhere
    between, outside = rows // 6, rows - loans - 2 * (rows // 6)
    payer = draw.integers(accounts, size=between)
    payee = (accounts * draw.random(between) ** 2).astype(np.int64)  # some are everybody's suppliers
    payee = np.where(payee == payer, (payee + 1) % accounts, payee)
    when = draw.integers(_DAYS, size=between)
    moved = np.maximum(np.exp(draw.normal(13.5, 1.2, between)).astype(np.int64), 100)
    own = draw.integers(accounts, size=outside)
    outer = draw.integers(accounts, parties, size=outside)
    fen = np.maximum(np.exp(draw.normal(13.5, 1.2, outside)).astype(np.int64), 100)
    fen = np.where(draw.integers(2, size=outside) == 0, fen, -fen)
    borrower = draw.choice(accounts, loans, replace=loans > accounts)
    lent = draw.integers(2, 40, loans) * 1_000_000
    started = draw.integers(_DAYS - 200, size=loans)
    account = np.concatenate([payer, payee, own, borrower])
    day = np.concatenate([when, when, draw.integers(_DAYS, size=outside), started])
    amount = np.concatenate([-moved, moved, fen, lent])
    party = np.concatenate([payee, payer, np.where(draw.integers(4, size=outside) == 0, -1, outer), np.full(loans, -1)])
    kind = draw.choice(len(_rules().kinds), len(account), p=None).astype(np.int8)
    kind[draw.random(len(account)) < 0.6] = 0
    order = np.lexsort((np.arange(len(account)), account, day))
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    group = np.arange(parties, dtype=np.int32)
    group[draw.integers(parties, size=parties // 20)] = group[draw.integers(parties, size=parties // 20)]
    payments = Payments(
        day[order].astype(np.int32), account[order].astype(np.int32), amount[order].astype(np.int64), party[order].astype(np.int32),
        kind[order], np.arange(accounts, dtype=np.int32), draw.integers(0, 5_000_000, accounts), group,
    )  # fmt: skip
    suppliers = np.unique(borrower.astype(np.int64) * parties + draw.integers(parties, size=loans))
    return payments, Disbursements(
        place[len(account) - loans :], lent.astype(np.int64), started.astype(np.int32), borrower.astype(np.int32),
        np.full(loans, -1, np.int32), np.full(loans, len(_rules().purposes) - 1, np.int32), np.zeros(loans, bool), suppliers,
    )  # fmt: skip


def _peer(payments: Payments, disbursed: Disbursements, pairs: Any) -> tuple[int, float]:
    """The same lots as Python would keep them: accounts as queues, payments one by one, no judging of where they end."""
    rows = min(_PEER_ROWS, len(payments.amount))
    account, amount = payments.account[:rows].tolist(), payments.amount[:rows].tolist()
    other = pairs[:rows].tolist()
    tags = {int(row): number for number, row in enumerate(disbursed.row.tolist())}
    queues: list[deque[list[int]]] = [deque() for _ in range(len(payments.owner))]
    transit: dict[int, list[list[int]]] = {}
    begun = perf_counter()
    for row in range(rows):
        queue, fen = queues[account[row]], amount[row]
        if fen > 0:
            queue.extend(transit.pop(row, None) or [[tags.get(row, -1), fen]])
            continue
        left, taken = -fen, []
        while left > 0 and queue:
            lot = queue[0]
            piece = min(left, lot[1])
            taken.append([lot[0], piece])
            left -= piece
            lot[1] -= piece
            if lot[1] == 0:
                queue.popleft()
        if other[row] >= 0:
            transit[other[row]] = taken
    return rows, perf_counter() - begun
