"""book_report: what the regulator's workbook says: the book by industry, size, class, technology category; movement; control totals."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from kemiao.bank.commands.book import head, past_due
from kemiao.bank.lending.moved import opening_on, written_off
from kemiao.bank.lending.organisation import organisation
from kemiao.bank.lending.quality import as_of
from kemiao.bank.world import World
from kemiao.base.digest import digest
from kemiao.base.refusal import Refusal
from kemiao.credit.quality.book import flat
from kemiao.credit.quality.concentration import concentration, limits_of
from kemiao.credit.quality.inclusive import inclusive
from kemiao.credit.quality.movement import adds_up, movement
from kemiao.credit.quality.totals import by, by_class, by_stage, totals

_LOANS_LISTED = 100_000  # in a sheet of the workbook; a larger book lists what is not normal
_BREAKDOWNS = (
    "by_class",
    "by_stage",
    "past_due",
    "by_industry",
    "by_size",
    "by_technology",
    "by_repayment",
    "by_security",
    "by_unit",
)


def book_report(world: World, day: date | None, since: date | None) -> dict[str, Any] | Refusal:
    """since: of the movement; None: as moved.opening_on says. Refuses PERIOD_REVERSED, POLICY_NUMBER."""
    found = as_of(world, day)
    opened = opening_on(world, found.day, since)
    if opened >= found.day:
        return Refusal.at("PERIOD_REVERSED", "期初须早于期末", "the opening must be before the closing", since=opened, as_of=found.day)  # fmt: skip
    limits = limits_of(world.policy.named("concentration", found.day))
    if isinstance(limits, Refusal):
        return limits
    quality = found.quality
    agreed = found.loans.take(pc.index_in(flat(quality["loan"]), value_set=flat(found.loans["loan"])))
    small = inclusive(quality, found.loans, world.law, found.day)
    opening = as_of(world, opened)
    moves = movement(opening.quality, quality, written_off(world, opening, found))
    document = head(found) | {
        "since": opened.isoformat(), "totals": totals(quality),
        "by_class": by_class(quality), "by_stage": by_stage(quality), "past_due": past_due(quality),
        **{f"by_{name}": by(quality, agreed[column]) for name, column in (("industry", "industry"), ("size", "size_class"), ("technology", "technology"), ("repayment", "repayment"), ("security", "security"), ("unit", "unit"))},
        # Where no row is in force on the day, that is said instead of a guess.
        "inclusive": small.as_json() if isinstance(small, Refusal) else small,
        "movement": moves, "concentration": concentration(quality, found.loans, limits),
        "loans": _listed(quality, agreed), "units": _units(world, found.day),
    }  # fmt: skip
    return document | {"control": control(document)}


def control(document: dict[str, Any]) -> list[dict[str, Any]]:
    """Each breakdown against the total of the book, and what the movement closes at: differences are 0, or something is wrong."""
    whole = document["totals"]
    rows = []
    for name in _BREAKDOWNS:
        # Lines that nothing was drawn from yet are in no bucket of days past due: there only balances are compared.
        for field in ("balance_fen",) if name == "past_due" else ("loans", "balance_fen", "ecl_fen", "rwa_fen"):
            own = sum(row[field] for row in document[name])
            rows.append(
                {"what": name, "field": field, "sum": own, "total": whole[field], "difference": own - whole[field]}
            )
    for name, field in (("balance", "balance_fen"), ("allowance", "ecl_fen")):
        closing = document["movement"][name]["closing"]["total"]
        adds = int(adds_up(document["movement"][name]))
        rows.append({"what": f"movement_of_{name}", "field": field, "sum": closing, "total": whole[field], "difference": closing - whole[field]})  # fmt: skip
        rows.append({"what": f"{name}_adds_up", "field": None, "sum": adds, "total": 1, "difference": adds - 1})  # fmt: skip
    listed = document["loans"]
    rows.append({"what": "loan_rows" if listed["all"] else "loan_rows_not_normal", "field": "loans", "sum": len(listed["rows"]), "total": listed["expected"], "difference": len(listed["rows"]) - listed["expected"]})  # fmt: skip
    rows.append({"what": "digest", "field": digest("book", {name: document[name] for name in ("as_of", "totals", *_BREAKDOWNS)}), "sum": None, "total": None, "difference": 0})  # fmt: skip
    return rows


def _units(world: World, day: date) -> dict[str, tuple[str, str]]:
    """What units are called, zh and en."""
    rules = organisation(world, day)
    return {} if isinstance(rules, Refusal) else {name: (unit.zh, unit.en) for name, unit in rules.units.items()}


_LISTED = ("loan", "company", "group", "status", "class", "class_reasons", "stage", "past_due_days", "balance_fen", "undrawn_fen", "ecl_fen", "rate_ppm", "pd_ppm", "lgd_ppm", "eir_ppm", "risk_weight_ppm", "rwa_fen", "capital_fen", "raroc_ppm")  # fmt: skip


def _listed(quality: pa.Table, agreed: pa.Table) -> dict[str, Any]:
    every = quality.num_rows <= _LOANS_LISTED
    wanted = quality if every else quality.filter(pc.not_equal(quality["class"], "normal"))
    shown = wanted.slice(0, _LOANS_LISTED).select(list(_LISTED))
    place = pc.index_in(flat(shown["loan"]), value_set=flat(quality["loan"]))
    extra: Sequence[str] = ("product", "industry", "size_class", "technology", "starts_on", "matures_on")
    for name in extra:
        shown = shown.append_column(name, flat(agreed[name]).take(place))
    return {"all": every, "expected": min(wanted.num_rows, _LOANS_LISTED), "rows": shown.to_pylist()}
