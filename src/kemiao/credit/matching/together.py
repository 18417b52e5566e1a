"""Changes that go together: all that one mandate asks for and the request does not meet, as far as the company decides it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import numpy as np

from kemiao.base.money import PPM
from kemiao.base.refusal import Refusal
from kemiao.credit.matching.again import Again
from kemiao.credit.matching.market import ACCEPT, COVERED, WHOLE, Market, Wish
from kemiao.credit.matching.rooms import Rooms, comes_in, room_fen
from kemiao.credit.matching.steps import DIMENSIONS
from kemiao.credit.matching.unmet import Unmet, unmet, unmet_cover

TRIES = 3
_RATE = 10 * PPM


def together(around: Again, i: int, found: Rooms) -> dict[str, Any] | Refusal | None:
    """The fewest dimensions that do it together, as a row of changes.py with before and after by dimension; None where nothing does."""
    market, unit = around.cleared.market, around.cleared.rules.unit_fen
    wanted: list[tuple[int, int, dict[str, Any]]] = []
    for j in range(len(market.mandates)):
        for g in range(-1, len(market.covers)):
            terms = [*unmet(market, i, j, unit), *unmet_cover(market, i, j, g, unit)]
            change = _change(market, i, j, g, terms)
            if change is not None:
                wanted.append((j, g, change))
    if not wanted:
        return None
    probe = around.versions(i, [{**change, "rate_max_ppm": _RATE} for _, _, change in wanted])
    if isinstance(probe, Refusal):
        return probe
    finals = []
    for version, (j, g, change) in enumerate(wanted):
        rows = np.arange(int(probe.book.start[version]), int(probe.book.start[version + 1]))
        for option in rows[(probe.book.mandate[rows] == j) & (probe.book.cover[rows] == g)].tolist():
            final, cost, room = dict(change), int(probe.book.cost_ppm[option]), room_fen(found, probe, option)
            if cost > market.requests.rate_max_ppm[i]:
                final["rate_max_ppm"] = cost
            amount = int(probe.book.amount_fen[version])
            if room < amount and int(probe.book.form[version]) == WHOLE:
                final["amount_fen"] = room // unit * unit
            least = max(int(market.mandates.amount_low_fen[j]), 1)
            if final and final.get("amount_fen", amount) >= least:
                final["least_fen"] = min(int(market.requests.least_fen[i]), final.get("amount_fen", amount))
                finals.append(final)
    finals.sort(
        key=lambda final: (len(final), final.get("rate_max_ppm", 0), -final.get("amount_fen", 0), repr(sorted(final)))
    )
    if not finals:
        return None
    said = around.versions(i, finals)
    if isinstance(said, Refusal):
        return said
    refused = 0
    for version, final in enumerate(finals):
        if not comes_in(found, said, version):
            continue
        outcome = around.outcome(said, version)
        if outcome["amount_fen"] > around.got_fen(i):
            return _row(market, i, final) | outcome | {"refused": refused}
        refused += 1
        if refused == TRIES:
            break
    return None


def _change(market: Market, i: int, j: int, g: int, terms: list[Unmet]) -> dict[str, Any] | None:
    """None where something is not the company's to change."""
    r, m = market.requests, market.mandates
    change: dict[str, Any] = {}
    for term in terms:
        match term.code:
            case "VETOED":
                change["veto"] = r.veto[i] - {m.id[j], m.funder[j]}
            case "NOT_IN_COMPANY_RANKING":
                wish = r.ranking[i]
                change["ranking"] = Wish(wish.named if wish else (), True)
            case "AMOUNT_BELOW_LOW":
                change["amount_fen"] = term.needed
            case (
                "AMOUNT_ABOVE_HIGH"
                | "AMOUNT_ABOVE_BUDGET"
                | "AMOUNT_ABOVE_SHARE"
                | "AMOUNT_ABOVE_INDUSTRY"
                | "AMOUNT_ABOVE_COVER"
            ):
                if term.needed <= 0:
                    return None
                change["amount_fen"] = min(term.needed, change.get("amount_fen", term.needed))
            case "AMOUNT_ABOVE_CAPACITY":
                most = (
                    term.needed * PPM // int(market.covers.share_ppm[g])
                )  # of the loan; the term counts what is borne
                change["amount_fen"] = min(most, change.get("amount_fen", most))
            case "MONTHS_BELOW_LOW" | "MONTHS_ABOVE_HIGH" | "MONTHS_ABOVE_COVER":
                change["months"] = min(term.needed, change.get("months", term.needed))
            case "COLLATERAL_MISSING":
                change["collateral"] = r.collateral[i] | {term.needed[0]}
            case "COLLATERAL_VALUE_LOW":
                change["collateral_fen"] = term.needed
            case "TOO_SLOW":
                change["latest_day"] = market.day.toordinal() + int(m.speed_days[j])
            case "COVER_NOT_TAKEN_BY_COMPANY" | "COVER_NEEDED_BY_COMPANY":
                change["covered"] = ACCEPT
            case _:
                return None
    return change


def _row(market: Market, i: int, final: Mapping[str, Any]) -> dict[str, Any]:
    before, after = dict(_said(market, i, final, old=True)), dict(_said(market, i, final, old=False))
    zh = "、".join(DIMENSIONS[name][0] for name in after)
    en = ", ".join(DIMENSIONS[name][1] for name in after)
    return {"dimension": "together", "zh": zh, "en": en, "in_hand": True, "before": before, "after": after}


_COLUMNS = {
    "rate_max_ppm": "rate_max", "amount_fen": "amount", "months": "months", "covered": "cover", "veto": "veto", "ranking": "ranking",
    "collateral": "collateral", "collateral_fen": "collateral_value", "latest_day": "latest",
}  # fmt: skip


def _said(market: Market, i: int, final: Mapping[str, Any], *, old: bool) -> Iterator[tuple[str, Any]]:
    for column, name in _COLUMNS.items():
        if column not in final:
            continue
        value = getattr(market.requests, column)[i] if old else final[column]
        if isinstance(value, frozenset):
            yield name, sorted(value)
        elif isinstance(value, Wish):
            yield name, [*value.named, *(["*"] if value.others else [])]
        elif name == "latest":
            yield name, date.fromordinal(min(int(value), date.max.toordinal())).isoformat()
        elif name == "cover":
            yield name, COVERED[int(value)]
        else:
            yield name, None if value is None or int(value) < 0 else int(value)
