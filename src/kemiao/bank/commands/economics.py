"""economics: what lending costs and brings, from the recorded steps: approvals, time to money, cost a loan, loss, margin.

Beside each figure stands what the field reports, with its year (bank/lending/practice.toml): the 30 % baseline among it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from kemiao.bank.commands.due_diligence import KIND as DUE_DILIGENCE
from kemiao.bank.event_log import Event
from kemiao.bank.lending.applications import WAITING, Application, applications, lending_policy
from kemiao.bank.lending.loan_store import loans
from kemiao.bank.world import World
from kemiao.base.money import PPM, div_half_up, share_fen
from kemiao.base.refusal import Refusal
from kemiao.base.tables import read_packaged
from kemiao.law.lpr import lpr_on

_HOUR_MS, _HOUR_MINUTES = 3_600_000, 60


@dataclass(frozen=True, slots=True)
class Economics:
    """Nulls are unknown: nothing to measure yet. Shares and rates in ppm, times in seconds, money in fen.

    finished: applications that wait for nobody any more. loss_expected_ppm: a year, by amount. loss_realised_ppm: written off
    less recovered, of all that was paid out. margin_ppm: rate less cost of funds, of it after expected loss in margin_after_loss_ppm.
    """

    applications: int
    finished: int
    declined: int
    withdrawn_or_lapsed: int
    loans: int
    loans_of_applications_ppm: int | None
    seconds_to_money: Mapping[str, int | None]
    machine_ms_of_a_loan: Mapping[str, int | None]
    minutes_of_a_loan: int | None
    cost_fen: int
    cost_of_a_loan_fen: int | None
    rate_ppm: int | None
    loss_expected_ppm: int | None
    loss_realised_ppm: int | None
    margin_ppm: int | None
    margin_after_loss_ppm: int | None
    clock_stands_still: bool  # a study's home: how long anything takes is not measured there
    by_step: tuple[Mapping[str, Any], ...]
    practice: tuple[Mapping[str, Any], ...]


def economics(world: World, since: date | None = None, until: date | None = None) -> Economics | Refusal:
    """Of the applications that were made from one day to another, both included, with all that came of them since."""
    rules = lending_policy(world)
    if isinstance(rules, Refusal):
        return rules
    today = world.clock.today()
    found = [each for each in applications(world) if _made_within(each, since, until)]
    paid = [each for each in found if each.disbursed_fen > 0]
    finished = [each for each in found if each.word(today) not in WAITING]
    declined = sum(1 for each in finished if each.step == "declined")
    steps = [event for each in found for event in each.steps]
    looks = _looks(world, {each.company for each in found}, since, until)
    cost = sum(_cost_fen(event, rules["cost"]) for event in (*steps, *looks))
    machine = [sum(int(event.public["machine_ms"]) for event in each.steps) for each in paid]
    minutes = sum(int(event.public["minutes"]) for event in (*steps, *looks))
    book = _book(world, {str(each.loan) for each in paid})
    return Economics(
        len(found), len(finished), declined, len(finished) - declined - sum(1 for each in finished if each.step == "disbursed"), len(paid),
        _share(len(paid), len(finished)), _spread([] if world.home.today is not None else [_seconds(each) for each in paid]), _spread(machine),
        div_half_up(minutes, len(paid)) if paid else None, cost, div_half_up(cost, len(paid)) if paid else None,
        book["rate"], book["expected"], book["realised"], book["margin"], book["after"], world.home.today is not None,
        tuple(_by_step([*steps, *looks], rules["cost"])), tuple(practice()),
    )  # fmt: skip


def practice() -> Iterable[Mapping[str, Any]]:
    """What the field reports, each with period, source and confidence."""
    for row in read_packaged("kemiao.bank.lending", "practice").rows:
        yield {**row.cells, "source": row.source, "confidence": row.confidence}


def _made_within(each: Application, since: date | None, until: date | None) -> bool:
    made = datetime.fromisoformat(each.steps[0].at).date()
    return (since is None or since <= made) and (until is None or made <= until)


def _looks(world: World, companies: set[str], since: date | None, until: date | None) -> list[Event]:
    """Due diligence on these companies in that time: it is done for the loan, though it is of the company."""
    days = ((event, datetime.fromisoformat(event.at).date()) for event in world.log.events(DUE_DILIGENCE))
    return [event for event, day in days if event.subject in companies and (since is None or since <= day) and (until is None or day <= until)]  # fmt: skip


def _cost_fen(event: Event, cost: Mapping[str, int]) -> int:
    machine = div_half_up(int(event.public["machine_ms"]) * cost["machine_fen_per_hour"], _HOUR_MS)
    return machine + div_half_up(int(event.public["minutes"]) * cost["labour_fen_per_hour"], _HOUR_MINUTES)


def _seconds(each: Application) -> int:
    """From the application (its last round) to the first money."""
    begun = next(event for event in reversed(each.steps) if event.public["step"] in ("applied", "reopened"))
    paid = next(event for event in each.steps if event.public["step"] == "disbursed")
    return int((datetime.fromisoformat(paid.at) - datetime.fromisoformat(begun.at)).total_seconds())


def _by_step(events: Sequence[Event], cost: Mapping[str, int]) -> Iterable[Mapping[str, Any]]:
    grouped: dict[str, list[Event]] = {}
    for event in events:
        grouped.setdefault(str(event.public.get("step", DUE_DILIGENCE)), []).append(event)
    for name, some in grouped.items():
        spread = _spread([int(event.public["machine_ms"]) for event in some])
        yield {
            "step": name, "count": len(some), "machine_ms_p50": spread["p50"], "machine_ms_p99": spread["p99"],
            "minutes": sum(int(event.public["minutes"]) for event in some), "stated": sum(1 for event in some if event.public.get("stated")),
            "cost_fen": sum(_cost_fen(event, cost) for event in some),
        }  # fmt: skip


def _book(world: World, wanted: set[str]) -> dict[str, int | None]:
    """Rate, expected and realised loss, margin of the loans: weighted by their amounts."""
    rows = [row for row in loans(world).to_pylist() if row["loan"] in wanted]
    total = sum(row["amount_fen"] for row in rows)
    none: dict[str, int | None] = dict.fromkeys(("rate", "expected", "realised", "margin", "after"))
    if not total:
        return none
    from kemiao.bank.lending.standing import states

    rate = _weighted(rows, [row["rate_ppm"] for row in rows], total)
    expected = _weighted(rows, [_expected_ppm(row) for row in rows], total)
    now = [row for row in states(world).to_pylist() if row["loan"] in wanted]
    drawn = sum(row["drawn_fen"] for row in now)
    lost = sum(max(0, row["written_off_fen"] - row["recovered_fen"]) for row in now)
    funds = _weighted(rows, [_funds_ppm(world, row["signed_on"]) for row in rows], total)
    margin = None if rate is None or funds is None else rate - funds
    after = None if margin is None or expected is None else margin - expected
    return none | {"rate": rate, "expected": expected, "realised": _share(lost, drawn), "margin": margin, "after": after}  # fmt: skip


def _expected_ppm(row: Mapping[str, Any]) -> int | None:
    """PD × LGD × what nobody else bears, a year."""
    if row["pd_ppm"] is None or row["lgd_ppm"] is None:
        return None
    own = PPM - (row["guaranteed_ppm"] or 0) - (row["pool_ppm"] or 0)
    return share_fen(share_fen(row["pd_ppm"], row["lgd_ppm"]), own)


def _funds_ppm(world: World, day: date) -> int | None:
    rates, pricing = lpr_on(world.law, day), world.policy.on(day).get("pricing")
    return None if isinstance(rates, Refusal) or pricing is None else rates.one_year_ppm + int(pricing["funding_to_lpr_ppm"])  # fmt: skip


def _weighted(rows: Sequence[Mapping[str, Any]], values: Sequence[int | None], total: int) -> int | None:
    if any(value is None for value in values):
        return None
    return div_half_up(sum(row["amount_fen"] * int(value or 0) for row, value in zip(rows, values, strict=True)), total)


def _share(part: int, whole: int) -> int | None:
    return div_half_up(part * PPM, whole) if whole else None


def _spread(values: Sequence[int]) -> dict[str, int | None]:
    ordered = sorted(values)
    if not ordered:
        return {"p50": None, "p99": None}
    return {"p50": ordered[(len(ordered) - 1) // 2], "p99": ordered[-(-len(ordered) * 99 // 100) - 1]}
