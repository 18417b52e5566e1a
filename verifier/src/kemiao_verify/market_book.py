"""What can be contracted between the posted rows, and everybody's order, computed as docs/market-tables.md says."""

from __future__ import annotations

import datetime
import hashlib
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kemiao_verify.market_tables import ALL, M, Row


@dataclass
class Book:
    """One list a column, an entry an option. at: (request id, mandate id, cover id or None) → option. of_request: in the company's order;
    of_mandate, of_cover: in theirs. limit: key of the concentration limit, or None. line, cover_line: (tier, minus value, lot) as published."""

    request: list[int] = field(default_factory=list)
    mandate: list[int] = field(default_factory=list)
    cover: list[int] = field(default_factory=list)
    limit: list[Any] = field(default_factory=list)
    most: list[int] = field(default_factory=list)
    rate: list[int] = field(default_factory=list)
    cost: list[int] = field(default_factory=list)
    company: list[int] = field(default_factory=list)
    funder: list[int] = field(default_factory=list)
    guarantor: list[int] = field(default_factory=list)
    welfare: list[int] = field(default_factory=list)
    tier: list[int] = field(default_factory=list)
    line: list[tuple[int, int, int]] = field(default_factory=list)
    cover_line: list[tuple[int, int, int]] = field(default_factory=list)
    at: dict[tuple[int, int, int], int] = field(default_factory=dict)
    of_request: list[list[int]] = field(default_factory=list)
    of_mandate: list[list[int]] = field(default_factory=list)
    of_cover: list[list[int]] = field(default_factory=list)
    limits: dict[Any, int] = field(default_factory=dict)
    budget: list[int] = field(default_factory=list)
    reserve: list[int] = field(default_factory=list)
    reserved: list[bool] = field(default_factory=list)


def rounded(a: int, b: int) -> int:
    return (2 * a + b) // (2 * b)


def build(
    requests: list[Row], mandates: list[Row], covers: list[Row], day: str, seed: str, rules: Mapping[str, Any]
) -> Book:
    book, unit = Book(), rules["unit_fen"]
    today = datetime.date.fromisoformat(day).toordinal()
    lots, funder_lots = _lots(seed, requests), _lots(seed, mandates)
    fair = rules["fairness"]
    book.reserved = [in_group(row, fair["reserved"]) if fair["reserved"] else False for row in requests]
    book.budget = [row["budget"] // unit * unit for row in mandates]
    book.reserve = [b * fair["reserve_ppm"] // M // unit * unit if fair["reserved"] else 0 for b in book.budget]
    wc, wf, wg = (rules["welfare"][name] for name in ("company_ppm", "funder_ppm", "guarantor_ppm"))
    access, first = rules["welfare"]["access_ppm"], rules["welfare"]["first_time_ppm"]
    works = [[not c["mandates"] or bool(c["mandates"] & {f["id"], f["funder"]}) for f in mandates] for c in covers]
    accepted = _acceptance(rules)
    order: list[list[Any]] = []
    for i, r in enumerate(requests):
        mine: list[Any] = []
        open_to = [g for g, c in enumerate(covers) if _covers(c, r)]
        for j, f in enumerate(mandates):
            rate0 = f["rates"].get((r["grade"], r["technology"]))
            if rate0 is None or not _meets(f, r, today):
                continue
            tier, funder_tier = _tier(r["ranking"], f["id"], f["funder"]), _tier(f["ranking"], r["id"], r["company"])
            if tier < 0 or funder_tier < 0:
                continue
            names = {f["id"], f["funder"]}
            known = bool(r["relations"] & names)
            limit, limit_fen = _limit(book, f, j, r["industry"], unit)
            for g in (-1, *open_to):
                if g < 0:
                    if r["covered"] == 2 or f["covered"] == 2:
                        continue
                    share = fee = 0
                    rate = rate0
                else:
                    if r["covered"] == 0 or f["covered"] == 0 or not works[g][j]:
                        continue
                    share, fee = covers[g]["share"], covers[g]["fee"]
                    rate = max(0, rate0 - f["covered_off"])
                cost = rate + rounded(share * fee, M)
                if cost > r["rate_max"]:
                    continue
                most = min(
                    r["amount"], f["amount_high"], book.budget[j] * f["share_max"] // M, book.budget[j], limit_fen
                )
                if g >= 0:
                    most = min(most, covers[g]["amount_high"], covers[g]["capacity"] * M // share)
                if most < r["amount"]:
                    if r["form"] == 0:
                        continue
                    most = most // unit * unit
                if most <= 0:
                    continue
                held = rounded(rounded(f["risk_weight"] * (M - share), M) * f["capital_ratio"], M)
                loss = rounded(rounded(r["pd"] * r["lgd"], M) * (M - share), M)
                margin = (
                    rounded(rate * (M - r["pd"]), M)
                    - loss
                    - f["funding"]
                    - f["operating"]
                    - rounded(held * f["target_return"], M)
                )
                value = rounded(accepted(r["grade"], rate) * margin, M) + (f["loyal"] if known else 0)
                if f["value_least"] is not None and value < f["value_least"]:
                    continue
                company = r["rate_max"] - cost - r["speed"] * f["speed_days"] + (r["relation"] if known else 0)
                company += r["flexible"] if f["flexible"] else 0
                guarantor = rounded(share * (fee - rounded(r["pd"] * r["lgd"], M)), M) if g >= 0 else 0
                worth = (
                    rounded(wc * company + wf * value + wg * guarantor, M)
                    + access
                    + (first if r["first_time"] == 1 else 0)
                )
                cover_line = (0, 0, 0)
                if g >= 0:
                    cover_line = (0, r["pd"] if covers[g]["pool"] else -guarantor, lots[i])
                mine.append(
                    ((tier, -company, funder_lots[j], g), (j, g, limit, most, rate, cost, company, value, guarantor, worth),
                     (funder_tier, -value, lots[i]), cover_line, tier)
                )  # fmt: skip
        mine.sort(key=lambda one: one[0])
        order.append(mine)
    _number(book, order, len(mandates), len(covers), funder_lots)
    return book


def _number(book: Book, order: list[list[Any]], mandates: int, covers: int, funder_lots: list[int]) -> None:
    book.of_mandate, book.of_cover = [[] for _ in range(mandates)], [[] for _ in range(covers)]
    for i, mine in enumerate(order):
        numbers = []
        for _, (j, g, limit, most, rate, cost, company, value, guarantor, worth), line, cover_line, tier in mine:
            p = len(book.request)
            numbers.append(p)
            columns: tuple[tuple[list[Any], Any], ...] = (
                (book.request, i), (book.mandate, j), (book.cover, g), (book.limit, limit), (book.most, most), (book.rate, rate), (book.cost, cost),
                (book.company, company), (book.funder, value), (book.guarantor, guarantor), (book.welfare, worth), (book.tier, tier),
                (book.line, line), (book.cover_line, cover_line),
            )  # fmt: skip
            for column, entry in columns:
                column.append(entry)
            book.at[i, j, g] = p
            book.of_mandate[j].append(p)
            if g >= 0:
                book.of_cover[g].append(p)
        book.of_request.append(numbers)
    for line in book.of_mandate:
        line.sort(key=lambda p: (book.line[p], book.cover[p]))
    for line in book.of_cover:
        line.sort(key=lambda p: (book.cover_line[p], funder_lots[book.mandate[p]]))


def _lots(seed: str, rows: list[Row]) -> list[int]:
    head = b"kemiao/market/lot\0" + seed.encode() + b"\0"
    drawn = sorted((hashlib.sha256(head + row["id"].encode()).digest(), at) for at, row in enumerate(rows))
    lots = [0] * len(rows)
    for lot, (_, at) in enumerate(drawn):
        lots[at] = lot
    return lots


def _tier(wish: Any, *names: str) -> int:
    if wish is None:
        return 0
    named, others = wish
    places = [named[name] for name in names if name in named]
    return min(places) if places else len(named) if others else -1


def _meets(f: Row, r: Row, today: int) -> bool:
    return not (
        r["amount"] < f["amount_low"]
        or not f["months_low"] <= r["months"] <= f["months_high"]
        or (f["technology_floor"] >= 0 and not 0 < r["technology"] <= f["technology_floor"])
        or (f["grade_floor"] >= 0 and not 0 <= r["grade"] <= f["grade_floor"])
        or today + f["speed_days"] > r["latest"]
        or (f["industries"] and r["industry"] not in f["industries"])
        or r["industry"] in f["not_industries"]
        or (f["regions"] and r["region"] not in f["regions"])
        or (f["purposes"] and r["purpose"] not in f["purposes"])
        or (f["collateral"] and not f["collateral"] & r["collateral"])
        or (r["patents"] < f["patents_least"] and f["patents_least"] > 0)
        or (f["green_only"] and r["green"] != 1)
        or (f["loan_to_value"] is not None and (r["collateral_value"] < 0 or r["collateral_value"] * f["loan_to_value"] // M < r["amount"]))
        or (r["veto"] and r["veto"] & {f["id"], f["funder"]})
    )  # fmt: skip


def _covers(c: Row, r: Row) -> bool:
    return not (
        (c["industries"] and r["industry"] not in c["industries"])
        or (c["regions"] and r["region"] not in c["regions"])
        or (c["sizes"] and r["size"] not in c["sizes"])
        or (c["grade_floor"] >= 0 and not 0 <= r["grade"] <= c["grade_floor"])
        or (c["technology_floor"] >= 0 and not 0 < r["technology"] <= c["technology_floor"])
        or r["months"] > c["months_high"]
        or (c["first_time_only"] and r["first_time"] != 1)
        or (c["green_only"] and r["green"] != 1)
    )


def _limit(book: Book, f: Row, j: int, industry: str, unit: int) -> tuple[Any, int]:
    share = f["industry_share"].get(industry, f["industry_share"].get("*")) if f["industry_share"] else None
    if share is None or share >= M:
        return None, ALL
    fen = book.budget[j] * share // M // unit * unit
    book.limits[j, industry] = fen
    return (j, industry), fen


def _acceptance(rules: Mapping[str, Any]) -> Any:
    churn = rules["churn"]
    if churn is None:
        return lambda grade, rate: M
    rates = churn["rates_ppm"]
    rows = [churn["churn_ppm"][grade] for grade in rules["grades"]]
    kept: dict[tuple[int, int], int] = {}

    def leaves(row: list[int], rate: int) -> int:
        if rate <= rates[0]:
            return row[0]
        if rate >= rates[-1]:
            return row[-1]
        at = bisect_right(rates, rate) - 1
        return row[at] + rounded((row[at + 1] - row[at]) * (rate - rates[at]), rates[at + 1] - rates[at])

    def accepted(grade: int, rate: int) -> int:
        if (grade, rate) not in kept:
            kept[grade, rate] = M - (
                leaves(rows[grade], rate) if grade >= 0 else max(leaves(row, rate) for row in rows)
            )
        return kept[grade, rate]

    return accepted


def in_group(row: Row, group: str) -> bool:
    kind, _, name = group.partition(":")
    if kind == "size":
        return bool(row["size"] == name)
    if kind == "region":
        return bool(row["region"] == name)
    if kind == "age_below":
        return bool(0 <= row["age_months"] < int(name))
    return bool(row[kind] == 1)
