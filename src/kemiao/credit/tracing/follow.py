"""Follows all disbursements at once through all payments, by both methods."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pyarrow as pa

from kemiao.base.columns import IntArray
from kemiao.base.refusal import BrokenInvariant
from kemiao.credit.tracing.columns import FLOWS, METHODS, REACHED, REASON, Disbursements, Payments, Traced
from kemiao.credit.tracing.pairs import pairs
from kemiao.credit.tracing.rules import TracingRules


def follow(
    payments: Payments, disbursements: Disbursements, rules: TracingRules, *, keep_flows: bool = False, methods: Sequence[str] = METHODS
) -> Traced:  # fmt: skip
    """Each disbursement's money by reason and method, adding up to it to the fen.

    keep_flows: also payment by payment, which takes memory where disbursements are many. Raises BrokenInvariant where the
    parts of a disbursement do not add up.
    """
    from kemiao.credit.tracing.kernel import run

    count = len(disbursements.amount)
    seen = disbursements.row >= 0
    brought = np.full(len(payments.amount), -1, np.int32)
    brought[disbursements.row[seen]] = np.flatnonzero(seen)
    sides = pairs(payments, rules.days_between, disbursements.row[seen])
    place = np.arange(count, dtype=np.int64)
    start = (place << 8) | np.where(disbursements.reached, (REACHED << 4) | 1, 0)
    tags = np.stack([
        disbursements.borrower.astype(np.int64), disbursements.payee.astype(np.int64), disbursements.purpose.astype(np.int64),
        disbursements.day.astype(np.int64) + rules.watch_days,
        [-(-int(amount) * rules.least_ppm // 1_000_000) for amount in disbursements.amount],
    ]) if count else np.empty((5, 0), np.int64)  # fmt: skip

    def one(method: str) -> tuple[IntArray, IntArray, int]:
        answer: tuple[IntArray, IntArray, int] = run(
            method == "proportional", payments.day, payments.account, payments.amount, payments.party, payments.kind, sides, brought,
            payments.owner, payments.opening, payments.group, tags, start, disbursements.supplier, rules.allowed(), rules.ends(),
            rules.hops, keep_flows,
        )  # fmt: skip
        return answer

    with ThreadPoolExecutor(len(methods)) as pool:  # compiled code holds no lock: the methods run side by side
        answers = dict(zip(methods, pool.map(one, methods), strict=True))
    paid = disbursements.reached & ~seen  # by the bank itself, to where it does not see
    unseen = ~disbursements.reached & ~seen
    fen: dict[str, IntArray] = {}
    flows: dict[str, Any] = {}
    for method, (found, moved, _) in answers.items():
        found[paid, REASON["for_purpose"]] = disbursements.amount[paid]
        found[unseen, REASON["not_seen"]] = disbursements.amount[unseen]
        if not np.array_equal(found.sum(axis=1), disbursements.amount):
            raise BrokenInvariant(f"tracing ({method}): the parts of a disbursement do not add up to it")
        fen[method] = found
        if keep_flows:
            flows[method] = pa.table(
                [pa.array(column).cast(kind) for column, kind in zip(moved, FLOWS.types, strict=True)], schema=FLOWS
            )
    short = max((each for _, _, each in answers.values()), default=0)
    return Traced(fen, flows, sides, short)
