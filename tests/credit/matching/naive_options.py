"""What can be contracted, by the formulas of docs/market-tables.md read again from the page: one contract at a time, fractions."""

from __future__ import annotations

from fractions import Fraction
from hashlib import sha256
from math import floor
from typing import Any

from kemiao.credit.matching.market import SIZES

M = 10**6
UNKNOWN = -1
ALL = 10**15


def near(value: Fraction) -> int:
    return floor(value + Fraction(1, 2))


def naive_options(market: Any, rules: Any, churn: Any) -> list[dict[str, Any]]:
    """In the book's order: by request, then as the company prefers them."""
    r, m, c = market.requests, market.mandates, market.covers
    request_lot, mandate_lot = lots(market.seed, r.id), lots(market.seed, m.id)
    found = []
    for i in range(len(r)):
        for j in range(len(m)):
            for q in range(-1, len(c)):
                option = contract(market, rules, churn, i, j, q)
                if option is not None:
                    option |= {"request": i, "mandate": j, "cover": q}
                    option["lots"] = (request_lot[i], mandate_lot[j])
                    found.append(option)
    found.sort(key=lambda o: (o["request"], o["tier"], -o["company"], o["lots"][1], o["cover"]))
    for j in range(len(m)):
        own = [o for o in found if o["mandate"] == j]
        own.sort(key=lambda o: (o["mandate_tier"], -o["funder"], o["lots"][0], o["cover"]))
        for place, option in enumerate(own):
            option["standing"] = place
    for q in range(len(c)):
        own = [o for o in found if o["cover"] == q]
        pool = c.kind[q] == "pool"
        own.sort(key=lambda o: (r.pd_ppm[o["request"]] if pool else -o["guarantor"], *o["lots"]))
        for place, option in enumerate(own):
            option["cover_standing"] = place
    return found


def lots(seed: str, ids: tuple[str, ...]) -> dict[int, int]:
    def number(name: str) -> str:
        return sha256(b"kemiao/market/lot\0" + seed.encode() + b"\0" + name.encode()).hexdigest()

    return {row: lot for lot, row in enumerate(sorted(range(len(ids)), key=lambda row: number(ids[row])))}


def tier(wish: Any, names: set[str]) -> int | None:
    if wish is None:
        return 0
    places = [place for place, name in enumerate(wish.named) if name in names]
    return min(places) if places else len(wish.named) if wish.others else None


def allows(names: Any, word: str) -> bool:
    return not names or word in names


def known_and_at_most(value: int, floor_: int) -> bool:
    return floor_ == UNKNOWN or (value != UNKNOWN and value <= floor_)


def contract(market: Any, rules: Any, churn: Any, i: int, j: int, q: int) -> dict[str, Any] | None:
    r, m, c = market.requests, market.mandates, market.covers
    lender, borrower = {m.id[j], m.funder[j]}, {r.id[i], r.company[i]}
    own, its = tier(r.ranking[i], lender), tier(m.ranking[j], borrower)
    amount, unit, pd = int(r.amount_fen[i]), rules.unit_fen, int(r.pd_ppm[i])
    grade, technology = int(r.grade[i]), int(r.technology[i])
    covered = q >= 0
    budget = int(m.budget_fen[j]) // unit * unit
    rate = int(m.rate_ppm[j, grade if grade >= 0 else len(market.grades), max(technology, 0)])
    terms = [
        not r.veto[i] & lender, own is not None, its is not None, pd != UNKNOWN,
        m.amount_low_fen[j] <= amount, m.months_low[j] <= r.months[i] <= m.months_high[j],
        known_and_at_most(grade, m.grade_floor[j]), known_and_at_most(technology, m.technology_floor[j]),
        allows(m.industries[j], r.industry[i]), r.industry[i] not in m.not_industries[j], allows(m.regions[j], r.region[i]),
        allows(m.purposes[j], r.purpose[i]), not m.collateral[j] or m.collateral[j] & r.collateral[i],
        m.patents_least[j] == 0 or r.patents[i] >= m.patents_least[j], not m.green_only[j] or r.green[i] == 1,
        m.loan_to_value_ppm[j] == UNKNOWN
        or (r.collateral_fen[i] != UNKNOWN and int(r.collateral_fen[i]) * int(m.loan_to_value_ppm[j]) // M >= amount),
        market.day.toordinal() + m.speed_days[j] <= r.latest_day[i], rate != UNKNOWN,
        r.covered[i] != 0 if covered else r.covered[i] != 2, m.covered[j] != 0 if covered else m.covered[j] != 2,
    ]  # fmt: skip
    shares = m.industry_share_ppm[j]
    share_of = shares.get(r.industry[i], shares.get("*", M))
    limit = budget * share_of // M // unit * unit if share_of < M else ALL
    most = min(amount, int(m.amount_high_fen[j]), budget * min(int(m.share_max_ppm[j]), M) // M, budget, limit)
    share, fee = 0, 0
    if covered:
        rate = max(rate - int(m.covered_off_ppm[j]), 0)
        share, fee = int(c.share_ppm[q]), 0 if c.kind[q] == "pool" else int(c.fee_ppm[q])
        terms += [
            not c.mandates[q] or c.mandates[q] & lender, allows(c.industries[q], r.industry[i]), allows(c.regions[q], r.region[i]),
            allows(c.sizes[q], SIZES[r.size[i]] if r.size[i] != UNKNOWN else ""), r.months[i] <= c.months_high[q],
            known_and_at_most(grade, c.grade_floor[q]), known_and_at_most(technology, c.technology_floor[q]),
            not c.first_time_only[q] or r.first_time[i] == 1, not c.green_only[q] or r.green[i] == 1,
        ]  # fmt: skip
        most = min(most, int(c.amount_high_fen[q]), int(c.capacity_fen[q]) * M // share)
    if not all(terms):
        return None
    if most < amount:
        most = 0 if r.form[i] == 0 else most // unit * unit
    cost = rate + near(Fraction(share * fee, M))
    knows = bool(r.relations[i] & lender)
    lgd = int(r.lgd_ppm[i]) if r.lgd_ppm[i] != UNKNOWN else rules.funder["lgd_ppm"]
    lost = near(Fraction(pd * lgd, M))
    held = near(Fraction(near(Fraction(int(m.risk_weight_ppm[j]) * (M - share), M)) * int(m.capital_ratio_ppm[j]), M))
    margin = (
        near(Fraction(rate * (M - pd), M))
        - near(Fraction(lost * (M - share), M))
        - int(m.funding_ppm[j] + m.operating_ppm[j])
    )
    margin -= near(Fraction(held * int(m.target_return_ppm[j]), M))
    funder = near(Fraction(accept(market, rules, churn, grade, rate) * margin, M)) + (
        int(m.loyal_ppm[j]) if knows else 0
    )
    if most <= 0 or cost > r.rate_max_ppm[i] or funder < m.value_least_ppm[j]:
        return None
    company = int(r.rate_max_ppm[i]) - cost - int(r.speed_ppm_day[i]) * int(m.speed_days[j])
    company += (int(r.relation_ppm[i]) if knows else 0) + (int(r.flexible_ppm[i]) if m.flexible[j] else 0)
    guarantor = near(Fraction(share * (fee - lost), M))
    w = rules.welfare
    welfare = near(Fraction(w["company_ppm"] * company + w["funder_ppm"] * funder + w["guarantor_ppm"] * guarantor, M))
    welfare += w["access_ppm"] + (w["first_time_ppm"] if r.first_time[i] == 1 else 0)
    return {
        "tier": own, "mandate_tier": its, "rate": rate, "cost": cost, "most": most, "funder": funder, "company": company,
        "guarantor": guarantor, "welfare": welfare, "limit": None if limit == ALL else (j, r.industry[i], limit), "cover_standing": 0,
    }  # fmt: skip


def accept(market: Any, rules: Any, churn: Any, grade: int, rate: int) -> int:
    if churn is None or not rules.churn:
        return M
    xs = churn.rates_ppm.tolist()
    inside = min(max(rate, xs[0]), xs[-1])

    def leave(row: int) -> int:
        ys = churn.churn_ppm[row].tolist()
        for x0, x1, y0, y1 in zip(xs, xs[1:], ys, ys[1:], strict=False):
            if x0 <= inside <= x1:
                return near(y0 + Fraction((y1 - y0) * (inside - x0), x1 - x0))
        raise AssertionError(inside)

    rows = range(len(market.grades)) if grade == UNKNOWN else [churn.classes.index(market.grades[grade])]
    return M - max(leave(row) for row in rows)
