"""The kernel that goes over all requests, mandates and covers: whose terms meet, and what a yuan of it is worth to each."""

from __future__ import annotations

from typing import Any

import numpy as np

from kemiao.credit.kernels import compiled
from kemiao.credit.matching.market import ALL, NEED, NO, UNKNOWN, WHOLE

M = 1_000_000
# Columns of the tables that the kernel reads.
(R_AMOUNT, R_FORM, R_MONTHS, R_RATE_MAX, R_DAYS, R_GRADE, R_TECHNOLOGY, R_PD, R_LGD, R_PATENTS, R_GREEN, R_SIZE, R_FIRST, R_COVERED,
 R_COLLATERAL, R_SPEED, R_RELATION, R_FLEXIBLE, R_INDUSTRY, R_REGION, R_PURPOSE, R_KINDS, R_OTHERS) = range(23)  # fmt: skip
(K_BUDGET, K_LOW, K_HIGH, K_MONTHS_LOW, K_MONTHS_HIGH, K_GRADE, K_TECHNOLOGY, K_PATENTS, K_GREEN, K_SPEED, K_FLEXIBLE, K_MOST, K_COVERED,
 K_VALUE_TO_LOAN, K_VALUE_LEAST, K_COSTS, K_RETURN, K_CAPITAL, K_WEIGHT, K_LOYAL, K_TIERS) = range(21)  # fmt: skip
C_CAPACITY, C_SHARE, C_FEE, C_GRADE, C_TECHNOLOGY, C_HIGH, C_MONTHS, C_FIRST, C_GREEN = range(9)
O_MANDATE, O_COVER, O_LIMIT, O_RATE, O_COST, O_COMPANY, O_FUNDER, O_GUARANTOR, O_MOST, O_COMPANY_TIER, O_MANDATE_TIER = range(11)  # fmt: skip


@compiled
def half_up(numerator: int, denominator: int) -> int:
    """Rounded to the nearest whole number, halves up; denominator > 0."""
    return (2 * numerator + denominator) // (2 * denominator)


@compiled
def margin_ppm(rate: int, pd: int, lgd: int, share: int, costs: int, weight: int, capital: int, target: int) -> int:
    """What a funder earns in a year on a yuan that is taken up; `share` of its loss and of its capital is another's."""
    own = M - share
    held = half_up(half_up(weight * own, M) * capital, M)
    lost = half_up(half_up(pd * lgd, M) * own, M)
    return half_up(rate * (M - pd), M) - lost - costs - half_up(held * target, M)


@compiled
def pair(
    requests: Any, mandates: Any, covers: Any, industry: Any, region: Any, purpose: Any, kinds: Any, c_industry: Any, c_region: Any,
    c_size: Any, works: Any, limit_at: Any, limit_fen: Any, rate_table: Any, accept_table: Any, wish_start: Any, wish_mandate: Any,
    wish_tier: Any, known_start: Any, known: Any, tiers: Any, unit: int, start: Any, filling: bool, out: Any,
) -> None:  # fmt: skip
    """Counts the options of each request into start[i + 1], or fills out (columns, m) from start[i] on."""
    n, k, c = len(requests), len(mandates), len(covers)
    tier_of = np.zeros(k, np.int64)
    knows = np.zeros(k, np.bool_)
    for i in range(n):
        r = requests[i]
        at = start[i] if filling else 0
        for j in range(k):
            tier_of[j] = r[R_OTHERS]
            knows[j] = False
        for w in range(wish_start[i], wish_start[i + 1]):
            tier_of[wish_mandate[w]] = wish_tier[w]
        for w in range(known_start[i], known_start[i + 1]):
            knows[known[w]] = True
        for j in range(k):
            m = mandates[j]
            amount, form = r[R_AMOUNT], r[R_FORM]
            if tier_of[j] < 0 or r[R_PD] == UNKNOWN:
                continue
            mandate_tier = 0
            if m[K_TIERS] >= 0:
                mandate_tier = tiers[m[K_TIERS], i]
                if mandate_tier < 0:
                    continue
            if amount < m[K_LOW] or r[R_MONTHS] < m[K_MONTHS_LOW] or r[R_MONTHS] > m[K_MONTHS_HIGH]:
                continue
            if m[K_GRADE] != ALL and (r[R_GRADE] == UNKNOWN or r[R_GRADE] > m[K_GRADE]):
                continue
            if m[K_TECHNOLOGY] != ALL and (r[R_TECHNOLOGY] == UNKNOWN or r[R_TECHNOLOGY] > m[K_TECHNOLOGY]):
                continue
            if (m[K_PATENTS] > 0 and r[R_PATENTS] < m[K_PATENTS]) or (m[K_GREEN] == 1 and r[R_GREEN] != 1):
                continue
            if m[K_SPEED] > r[R_DAYS]:
                continue
            if not (
                industry[r[R_INDUSTRY], j]
                and region[r[R_REGION], j]
                and purpose[r[R_PURPOSE], j]
                and kinds[r[R_KINDS], j]
            ):
                continue
            if m[K_VALUE_TO_LOAN] != ALL and (
                r[R_COLLATERAL] == UNKNOWN
                or r[R_COLLATERAL] // M * m[K_VALUE_TO_LOAN] + r[R_COLLATERAL] % M * m[K_VALUE_TO_LOAN] // M < amount
            ):
                continue
            limit = limit_at[r[R_INDUSTRY], j]
            most_of = min(amount, m[K_HIGH], m[K_MOST], m[K_BUDGET])
            if limit >= 0:
                most_of = min(most_of, limit_fen[limit])
            grade = r[R_GRADE] if r[R_GRADE] != UNKNOWN else rate_table.shape[1] - 1
            technology = r[R_TECHNOLOGY] if r[R_TECHNOLOGY] != UNKNOWN else 0
            for q in range(-1, c):
                covered = 0 if q < 0 else 1
                if (covered and (r[R_COVERED] == NO or m[K_COVERED] == NO)) or (
                    not covered and (r[R_COVERED] == NEED or m[K_COVERED] == NEED)
                ):
                    continue
                rate = rate_table[j, grade, technology, covered]
                if rate == UNKNOWN:
                    continue
                most, share, fee = most_of, 0, 0
                if covered:
                    v = covers[q]
                    if not works[q, j] or not c_industry[r[R_INDUSTRY], q] or not c_region[r[R_REGION], q]:
                        continue
                    if not c_size[r[R_SIZE], q] or r[R_MONTHS] > v[C_MONTHS]:
                        continue
                    if v[C_GRADE] != ALL and (r[R_GRADE] == UNKNOWN or r[R_GRADE] > v[C_GRADE]):
                        continue
                    if v[C_TECHNOLOGY] != ALL and (r[R_TECHNOLOGY] == UNKNOWN or r[R_TECHNOLOGY] > v[C_TECHNOLOGY]):
                        continue
                    if (v[C_FIRST] == 1 and r[R_FIRST] != 1) or (v[C_GREEN] == 1 and r[R_GREEN] != 1):
                        continue
                    share, fee = v[C_SHARE], v[C_FEE]
                    most = min(most, v[C_HIGH])
                    if share > 0:  # the most of which the share, rounded up, is not above the capacity
                        whole, rest = v[C_CAPACITY] // share, v[C_CAPACITY] % share
                        if whole < M * 1000:  # else above any amount
                            most = min(most, whole * M + rest * M // share)
                if most < amount:
                    if form == WHOLE:
                        continue
                    most = most // unit * unit
                if most <= 0:
                    continue
                cost = rate + half_up(share * fee, M)
                if cost > r[R_RATE_MAX]:
                    continue
                accept = accept_table[j, grade, technology, covered]
                funder = half_up(
                    accept
                    * margin_ppm(rate, r[R_PD], r[R_LGD], share, m[K_COSTS], m[K_WEIGHT], m[K_CAPITAL], m[K_RETURN]),
                    M,
                )
                if knows[j]:
                    funder += m[K_LOYAL]
                if funder < m[K_VALUE_LEAST]:
                    continue
                if filling:
                    out[O_MANDATE, at], out[O_COVER, at], out[O_LIMIT, at] = j, q, limit
                    out[O_RATE, at], out[O_COST, at] = rate, cost
                    company = r[R_RATE_MAX] - cost - r[R_SPEED] * m[K_SPEED]
                    if knows[j]:
                        company += r[R_RELATION]
                    if m[K_FLEXIBLE] == 1:
                        company += r[R_FLEXIBLE]
                    out[O_COMPANY, at], out[O_FUNDER, at] = company, funder
                    out[O_GUARANTOR, at] = half_up(share * (fee - half_up(r[R_PD] * r[R_LGD], M)), M)
                    out[O_MOST, at] = most
                    out[O_COMPANY_TIER, at], out[O_MANDATE_TIER, at] = tier_of[j], mandate_tier
                at += 1
        if not filling:
            start[i + 1] = at
