"""Checks the result of a market against the posted tables, with nothing of Kemiao: feasible, nothing blocks, cut-offs and sums true.

Slow and plain on purpose: everything is computed from the definitions in docs/market-tables.md and docs/market-stable.md, in whole numbers.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from kemiao_verify.market_book import Book, build, in_group
from kemiao_verify.market_tables import M, Row, read
from kemiao_verify.outcome import NotProved


def verify_market(document: Mapping[str, Any], tables: Mapping[str, bytes]) -> dict[str, Any]:
    """tables: bytes of the files by name (requests, mandates, covers). Returns what was checked; raises NotProved."""
    if document.get("form") != "kemiao.market/1":
        raise _wrong("MARKET_FORM", "不是 kemiao.market/1 结果文件", "not a result of form kemiao.market/1")
    try:
        return _verify(document, tables)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise _wrong(
            "MARKET_FORM",
            "结果文件缺少字段或类型不对",
            "the result lacks a field, or one is of another type",
            what=repr(error)[:80],
        ) from error


def _verify(document: Mapping[str, Any], tables: Mapping[str, bytes]) -> dict[str, Any]:
    rules, counts = document["rules"], document["counts"]
    for name, content in tables.items():
        posted = document["inputs"].get(name)
        if posted != hashlib.sha256(content).hexdigest():
            raise _wrong(
                "MARKET_INPUT",
                f"{name} 不是结果所依据的文件",
                f"{name} is not the file that the result rests on",
                table=name,
            )
    if set(document["inputs"]) - set(tables):
        raise _wrong(
            "MARKET_INPUT",
            "缺少结果所依据的文件",
            "a file that the result rests on is missing",
            table=sorted(set(document["inputs"]) - set(tables)),
        )
    grades = tuple(rules["grades"])
    sides = [
        read(name, tables[name], grades, rules) if name in tables else [] for name in ("requests", "mandates", "covers")
    ]
    for name, rows in zip(("requests", "mandates", "covers"), sides, strict=True):
        if counts[name] != len(rows):
            raise _wrong(
                "MARKET_ROWS",
                f"{name} 的有效行数不符",
                f"another number of good rows in {name}",
                posted=len(rows),
                result=counts[name],
            )
    requests, mandates, covers = sides
    book = build(requests, mandates, covers, document["day"], document["seed"], rules)
    if counts["options"] != len(book.request):
        raise _wrong(
            "MARKET_OPTIONS",
            "可成交合约数不符",
            "another number of contracts",
            computed=len(book.request),
            result=counts["options"],
        )
    found = {name: _held(document[name], name, book, sides) for name in ("stable", "best")}
    for name, held in found.items():
        _feasible(name, held, book, requests, covers, rules["unit_fen"])
        _totals(name, document[name], held, book)
    blocking = _stable(document["stable"], found["stable"], book, sides, rules)
    if document["stable"]["floors_unmet"] != _unmet(found["stable"], book, requests, rules):
        raise _wrong("MARKET_FLOOR", "稳定结果未达到的下限不符", "the floors that the stable result misses are others")
    _best(document["best"], found["best"], book, requests, rules)
    return {
        "requests": len(requests), "mandates": len(mandates), "covers": len(covers), "contracts": len(book.request),
        "stable_lent_fen": sum(found["stable"].values()), "best_lent_fen": sum(found["best"].values()), "blocking": blocking,
        "exact": bool(document["stable"]["exact"]), "gap_ppm": document["best"]["gap_ppm"],
    }  # fmt: skip


def _wrong(code: str, zh: str, en: str, **where: object) -> NotProved:
    return NotProved(code, zh, en, **where)


def _held(result: Mapping[str, Any], name: str, book: Book, sides: list[list[Row]]) -> dict[int, int]:
    """Option → fen, with the terms of every contract compared with what was computed."""
    places = [{row["id"]: at for at, row in enumerate(rows)} for rows in sides]
    held: dict[int, int] = {}
    for match in result["matches"]:
        key = (
            places[0].get(match["request"]),
            places[1].get(match["mandate"]),
            -1 if match["cover"] is None else places[2].get(match["cover"]),
        )
        p = book.at.get(key, -1)  # type: ignore[arg-type]
        if p < 0 or p in held:
            raise _wrong(
                "MARKET_MATCH",
                "成交不符合条款或重复",
                "a match that nobody's terms allow, or twice",
                result=name,
                request=match["request"],
            )
        computed = {
            "rate_ppm": book.rate[p], "cost_ppm": book.cost[p], "company_ppm": book.company[p], "funder_ppm": book.funder[p],
            "guarantor_ppm": book.guarantor[p], "welfare_ppm": book.welfare[p],
        }  # fmt: skip
        for field, value in computed.items():
            if match[field] != value:
                raise _wrong(
                    "MARKET_TERMS",
                    f"成交的 {field} 不符",
                    f"a match states another {field}",
                    result=name,
                    request=match["request"],
                    computed=value,
                )
        if type(match["amount_fen"]) is not int or not 0 < match["amount_fen"] <= book.most[p]:
            raise _wrong(
                "MARKET_AMOUNT", "成交金额超出范围", "an amount out of range", result=name, request=match["request"]
            )
        held[p] = match["amount_fen"]
    return held


def _borne(fen: int, share: int) -> int:
    return -(-fen * share // M)


def _feasible(
    name: str, held: Mapping[int, int], book: Book, requests: list[Row], covers: list[Row], unit: int
) -> None:
    total: dict[int, int] = defaultdict(int)
    parts: dict[int, int] = defaultdict(int)
    budget: dict[int, int] = defaultdict(int)
    limit: dict[Any, int] = defaultdict(int)
    capacity: dict[int, int] = defaultdict(int)
    for p, fen in held.items():
        total[book.request[p]] += fen
        parts[book.request[p]] += 1
        budget[book.mandate[p]] += fen
        if book.limit[p] is not None:
            limit[book.limit[p]] += fen
        if book.cover[p] >= 0:
            capacity[book.cover[p]] += _borne(fen, covers[book.cover[p]]["share"])
    for i, fen in total.items():
        row = requests[i]
        whole = fen == row["amount"]
        if (
            fen > row["amount"]
            or (row["form"] == 0 and (parts[i] > 1 or not whole))
            or (row["form"] == 2 and not whole)
            or fen < row["least"]
        ):
            raise _wrong(
                "MARKET_LOAN",
                "一笔申请的成交总额不合其方式",
                "the total of a request does not fit its form",
                result=name,
                request=row["id"],
            )
    for what, used, most in (
        ("budget", budget, dict(enumerate(book.budget))), ("limit", limit, book.limits),
        ("capacity", capacity, {g: row["capacity"] for g, row in enumerate(covers)}),
    ):  # fmt: skip
        for key, fen in used.items():
            if fen > most[key]:
                raise _wrong(
                    "MARKET_LIMIT",
                    "超出预算、限额或担保额度",
                    "more than a budget, a limit or a capacity",
                    result=name,
                    what=what,
                    key=key,
                )


def _totals(name: str, result: Mapping[str, Any], held: Mapping[int, int], book: Book) -> None:
    welfare = sum(fen * book.welfare[p] for p, fen in held.items())
    computed = {
        "lent_fen": sum(held.values()), "welfare_fen_ppm": str(welfare), "contracts": len(held), "matched": len({book.request[p] for p in held}),
    }  # fmt: skip
    for field, value in computed.items():
        if result[field] != value:
            raise _wrong(
                "MARKET_SUM",
                f"{field} 加总不符",
                f"{field} does not add up",
                result=name,
                computed=value,
                stated=result[field],
            )


def _stable(
    result: Mapping[str, Any], held: Mapping[int, int], book: Book, sides: list[list[Row]], rules: Mapping[str, Any]
) -> int:
    """Contracts that block are exactly those that are listed, and every cut-off is true. Returns how many block."""
    requests, _, covers = sides
    places = {row["id"]: at for at, row in enumerate(requests)}
    out = {places[name] for name in result["incomplete"]}
    if out & {book.request[p] for p in held}:
        raise _wrong("MARKET_INCOMPLETE", "列为未满额的申请却有成交", "a request listed as incomplete holds something")
    total = [0] * len(requests)
    last = [-1] * len(requests)
    for p, fen in held.items():
        total[book.request[p]] += fen
        last[book.request[p]] = max(last[book.request[p]], p)

    def wants(p: int) -> bool:
        i = book.request[p]
        if i in out or held.get(p, 0) >= book.most[p]:
            return False
        return total[i] < requests[i]["amount"] or last[i] > p

    cover_before: dict[int, int] = {}
    for g, line in enumerate(book.of_cover):
        borne = 0
        for p in line:
            cover_before[p] = borne
            borne += _borne(held[p], covers[g]["share"]) if p in held else 0
    cover_place = {p: at for line in book.of_cover for at, p in enumerate(line)}
    blocking, waiting = [], []
    for j, line in enumerate(book.of_mandate):
        sums = [0, 0]
        reserved_all = sum(held[p] for p in line if p in held and book.reserved[book.request[p]])
        limits: dict[Any, int] = defaultdict(int)
        for p in line:
            i = book.request[p]
            row, mine = requests[i], held.get(p, 0)
            if wants(p):
                waiting.append(p)
                own = last[i] if row["form"] == 0 and last[i] > p else -1
                others, reserved = sums
                if book.reserved[i]:
                    room = max(book.reserve[j] - reserved, book.budget[j] - reserved - others)
                else:
                    room = book.budget[j] - others - max(reserved, min(reserved_all, book.reserve[j]))
                key = book.limit[p]
                if key is not None:
                    room = min(room, book.limits[key] - limits[key])
                g = book.cover[p]
                if g >= 0:
                    spare = covers[g]["capacity"] - cover_before[p]
                    if own >= 0 and book.cover[own] == g and cover_place[own] < cover_place[p]:
                        spare += _borne(held[own], covers[g]["share"])
                    room = min(room, spare * M // covers[g]["share"]) if spare > 0 else 0
                if _comes(
                    row,
                    total[i],
                    sum(held.get(o, 0) for o in book.of_request[i] if o > p),
                    book.most[p],
                    mine,
                    room,
                    rules["unit_fen"],
                ):
                    blocking.append(p)
            sums[1 if book.reserved[i] else 0] += mine
            if mine and book.limit[p] is not None:
                limits[book.limit[p]] += mine
    _listed(result, blocking, book, sides, rules)
    _cut_offs(result["cut_offs"], waiting, held, book, sides)
    return len(blocking)


def _comes(row: Row, total: int, less_wanted: int, most: int, mine: int, room: int, unit: int) -> bool:
    """Whether anything would come in where the option may hold `room` in total."""
    if room <= mine:
        return False
    if row["form"] == 0:
        return bool(most >= row["amount"] and room >= row["amount"])
    want = min(row["amount"] - total + less_wanted, most - mine)
    fen = want if room - mine >= want else room // unit * unit - mine
    needed = row["least"] if row["form"] == 1 else row["amount"]
    return bool(fen > 0 and min(row["amount"], total + fen) >= needed)


def _listed(
    result: Mapping[str, Any], blocking: list[int], book: Book, sides: list[list[Row]], rules: Mapping[str, Any]
) -> None:
    stated = result["blocking"]
    if stated["count"] != len(blocking):
        raise _wrong(
            "MARKET_BLOCKING",
            "阻碍合同的数目不符",
            "another number of contracts block",
            computed=len(blocking),
            stated=stated["count"],
        )
    if result["exact"] and blocking:
        raise _wrong(
            "MARKET_BLOCKING",
            "称为稳定而有阻碍合同",
            "called stable, and there are contracts that block",
            computed=len(blocking),
        )
    ids = {
        (
            sides[0][book.request[p]]["id"],
            sides[1][book.mandate[p]]["id"],
            sides[2][book.cover[p]]["id"] if book.cover[p] >= 0 else None,
        )
        for p in blocking
    }
    listed = [(pair["request"], pair["mandate"], pair["cover"]) for pair in stated["listed"]]
    for key in listed:
        if key not in ids:
            raise _wrong("MARKET_BLOCKING", "列出的阻碍合同不成立", "a listed contract does not block", request=key[0])
    if len(set(listed)) != min(len(ids), rules["solver"]["listed_max"]):
        raise _wrong("MARKET_BLOCKING", "阻碍合同没有列全", "contracts that block are not listed")


def _cut_offs(
    stated: list[Mapping[str, Any]], waiting: list[int], held: Mapping[int, int], book: Book, sides: list[list[Row]]
) -> None:
    """Who would rather have a contract stands behind a cut-off of it; behind each cut-off there is somebody who would come; and each
    is the place of a contract that can be signed there."""
    cut: dict[Any, tuple[int, int, int] | None] = {}
    for one in stated:
        if one["open"]:
            continue
        key = (one["at"], one["name"], one["class"])
        cut[key] = None if one["tier"] is None else (one["tier"], _sign(one, sides) * one["value_ppm"], one["lot"])
    stood = {key for p in range(len(book.request)) for key, line in _places(p, book, sides) if cut.get(key) == line}
    for key, marginal in cut.items():
        if marginal is not None and key not in stood:
            raise _wrong("MARKET_CUT_OFF", "分数线不是任何可签合同的位置", "a cut-off is nobody's place", at=key[0], name=key[1])  # fmt: skip
    someone = set()
    for p in waiting:
        behind = False
        for key, line in _places(p, book, sides):
            if key in cut:
                marginal = cut[key]
                # Level with the cut-off: another contract of the same request, or the one that got a part.
                if marginal is None or line >= marginal:
                    someone.add(key)
                    behind = True
        if not behind:
            raise _wrong(
                "MARKET_CUT_OFF",
                "在分数线以内却未被接受",
                "refused, and before every cut-off",
                request=sides[0][book.request[p]]["id"],
                mandate=sides[1][book.mandate[p]]["id"],
            )
    for key in cut:
        if key not in someone:
            raise _wrong(
                "MARKET_CUT_OFF", "分数线之后无人等候", "nobody waits behind a cut-off", at=key[0], name=key[1]
            )


def _places(p: int, book: Book, sides: list[list[Row]]) -> list[tuple[tuple[str, str, str], tuple[int, int, int]]]:
    """Where a contract stands in line: (kind of place, its name, class) and (tier, minus the value, lot)."""
    row, funder, g = sides[0][book.request[p]], sides[1][book.mandate[p]], book.cover[p]
    own_class = "reserved" if book.reserved[book.request[p]] else "others"
    found = [(("mandate", funder["id"], each), book.line[p]) for each in ("all", own_class)]
    if book.limit[p] is not None:
        found.append((("limit", f"{funder['id']}/{row['industry']}", "all"), book.line[p]))
    if g >= 0:
        found.append((("cover", sides[2][g]["id"], "all"), book.cover_line[p]))
    return found


def _sign(one: Mapping[str, Any], sides: list[list[Row]]) -> int:
    """Lines count minus the value; a pool's counts PD, the least first."""
    return 1 if one["at"] == "cover" and any(row["id"] == one["name"] and row["pool"] for row in sides[2]) else -1


def _best(
    result: Mapping[str, Any], held: Mapping[int, int], book: Book, requests: list[Row], rules: Mapping[str, Any]
) -> None:
    welfare, bound = sum(fen * book.welfare[p] for p, fen in held.items()), int(result["bound_fen_ppm"])
    if welfare > bound:
        raise _wrong(
            "MARKET_BOUND", "福利超过所称上界", "the welfare is above the stated bound", welfare=welfare, bound=bound
        )
    gap = 0 if bound <= 0 else -(-M * (bound - welfare) // bound)
    if result["gap_ppm"] != gap:
        raise _wrong("MARKET_BOUND", "所称差距不符", "another gap than stated", computed=gap, stated=result["gap_ppm"])
    for group in _unmet(held, book, requests, rules):
        raise _wrong("MARKET_FLOOR", "未达到公平下限", "a fairness floor is not met", group=group)


def _unmet(held: Mapping[int, int], book: Book, requests: list[Row], rules: Mapping[str, Any]) -> list[str]:
    """Groups whose floor an allocation does not reach."""
    total = sum(held.values())
    return [
        floor["group"] for floor in rules["fairness"]["floors"]
        if sum(fen for p, fen in held.items() if in_group(requests[book.request[p]], floor["group"])) * M < floor["share_ppm"] * total
    ]  # fmt: skip
