"""Books drawn without a market: small ones for oracles, large ones for figures."""

from __future__ import annotations

import numpy as np

from kemiao.credit.matching.book import Book, Floor


def random_book(
    n: int, k: int, seed: int, forms: tuple[int, ...] = (0,), limits: int = 0, covers: int = 0, floors: int = 0,
    tight: float = 0.33, unit: int = 1_000_000, dense: float = 0.7,
) -> Book:  # fmt: skip
    """limits: concentration limits a mandate (industries). covers: options are drawn once without and once with one of them."""
    draw = np.random.default_rng(seed)
    amount = np.clip(np.exp(draw.normal(np.log(200), 0.9, n)), 10, 1000).astype(np.int64) * unit
    form = draw.choice(forms, n).astype(np.int64)
    least = np.where(form == 1, (draw.integers(0, 3, n) * amount // 4), 0)
    industry = draw.integers(0, max(limits, 1), n)
    quality = draw.normal(0, 12_000, n)
    taste = draw.normal(0, 6_000, k)
    budget = (
        (amount.sum() * tight * draw.dirichlet(np.full(k, 4.0))).astype(np.int64) // unit * unit
        if k
        else np.zeros(0, np.int64)
    )
    share = np.array([800_000, 500_000, 300_000] * 3, dtype=np.int64)[:covers]
    capacity = (amount.sum() * tight / 6 / max(covers, 1) * np.ones(covers)).astype(np.int64)
    rows: list[tuple[int, ...]] = []
    start = [0]
    for i in range(n):
        own = []
        for j in range(k):
            if draw.random() > dense:
                continue
            worth = int(30_000 + quality[i] + taste[j] + draw.normal(0, 6_000))
            most = (
                int(amount[i])
                if form[i] == 0
                else int(min(amount[i], max(unit, amount[i] * draw.integers(1, 5) // 4 // unit * unit)))
            )
            limit = int(j * limits + industry[i]) if limits else -1
            own.append((i, j, -1, limit, worth, most))
            if covers and draw.random() < 0.5:
                own.append((i, j, int(draw.integers(0, covers)), limit, worth + int(draw.normal(3_000, 4_000)), most))
        draw.shuffle(own)
        rows.extend(own)
        start.append(len(rows))
    table = np.array(rows, dtype=np.int64).reshape(-1, 6)
    m = len(table)
    zero = np.zeros(m, dtype=np.int64)
    standing = np.zeros(m, dtype=np.int64)
    for j in range(k):
        mine = np.flatnonzero(table[:, 1] == j)
        standing[mine] = draw.permutation(len(mine))
    floor = tuple(Floor(f"group {f}", draw.random(n) < 0.2, 300_000) for f in range(floors))
    limit_mandate = np.repeat(np.arange(k), limits).astype(np.int64)
    limit_fen = (
        (budget[limit_mandate] * draw.uniform(0.1, 0.5, k * limits)).astype(np.int64) // unit * unit
        if limits
        else np.zeros(0, np.int64)
    )
    return Book(
        amount, least.astype(np.int64), form, draw.permutation(n).astype(np.int64), np.zeros(n, dtype=np.bool_),
        np.array(start, dtype=np.int64), table[:, 0].copy(), table[:, 1].copy(), table[:, 2].copy(), table[:, 3].copy(),
        zero, zero, zero, zero, zero, table[:, 4].copy(), table[:, 5].copy(), standing, zero.copy(),
        budget, np.zeros(k, np.int64), limit_mandate, limit_fen, capacity, share, floor,
    )  # fmt: skip
