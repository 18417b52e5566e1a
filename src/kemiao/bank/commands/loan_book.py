"""Looking at loans: the list, one loan, its plan, its payoff, what is due and overdue by manager."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, timedelta
from typing import Any

from kemiao.bank.lending.loan_store import loan, loans, messages
from kemiao.bank.lending.standing import calendar, served, states
from kemiao.bank.world import World
from kemiao.base.refusal import Refusal
from kemiao.credit.servicing.columns import due_now_fen
from kemiao.credit.servicing.payoff import payoff

Row = dict[str, Any]
_OWN = ("company", "product", "unit", "manager", "amount_fen", "starts_on")


def listed(world: World, as_of: date | None = None, company: str | None = None, status: str | None = None) -> list[Row]:
    """Every loan as it stands, by id: what was agreed (a few columns) and STATES."""
    agreed = {row["loan"]: row for row in loans(world).select(["loan", *_OWN]).to_pylist()}
    rows = [{**agreed[state["loan"]], **state} for state in states(world, as_of).to_pylist()]
    return [
        row
        for row in rows
        if (company is None or row["company"] == company) and (status is None or row["status"] == status)
    ]


def shown(world: World, own: str, as_of: date | None = None) -> Row | Refusal:
    """One loan: {loan, state, messages (those that count by the day), payoff}. The same whenever the messages came in."""
    agreed = loan(world, own)
    if isinstance(agreed, Refusal):
        return agreed
    day = as_of or world.clock.today()
    state = states(world, day, own).to_pylist()[0]
    told = [
        {name: value for name, value in row.items() if name not in ("seq", "received_on") and value is not None}
        for row in messages(world, own).to_pylist()
        if row["value_day"] <= day
    ]
    return {"loan": agreed, "state": state, "payoff": asdict(payoff(state, agreed["early_fee_ppm"])), "messages": told}


def plan(world: World, own: str) -> list[Row] | Refusal:
    """Every due of a loan, those that were and those to come if nothing changes: due_on, pay_by, interest_fen, principal_fen,
    balance_fen (principal of the dues after it), passed, guessed (the calendar of that day is not published yet)."""
    from kemiao.credit.contracts.dates import shift
    from kemiao.credit.servicing.columns import BUSINESS_DAYS

    agreed = loan(world, own)
    if isinstance(agreed, Refusal):
        return agreed
    today, bits = world.clock.today(), calendar()
    now = states(world, today, own).to_pylist()[0]
    last = max(now["matures_on"], today)
    lines = served(world, last, own).lines.to_pylist()
    rule = BUSINESS_DAYS.index(agreed["business_day"])
    dues: dict[date, Row] = {}
    for line in lines:
        if line["kind"] == "due":
            day = line["value_day"]
            moved = date(1970, 1, 1) + timedelta(shift((day - date(1970, 1, 1)).days, rule, bits.bits, bits.first_day))
            row = dues.setdefault(day, {"due_on": day, "pay_by": moved, "interest_fen": 0, "principal_fen": 0, "passed": day <= today, "guessed": bits.guessed(moved)})  # fmt: skip
            row[f"{line['component']}_fen"] += line["amount_fen"]
    left = 0
    for row in reversed(dues.values()):
        row["balance_fen"], left = left, left + row["principal_fen"]
    return list(dues.values())


def quote(world: World, own: str, on: date) -> Row | Refusal:
    """What pays the loan off on a day, past or to come, if nothing else happens until then."""
    agreed = loan(world, own)
    if isinstance(agreed, Refusal):
        return agreed
    state = states(world, on, own).to_pylist()[0]
    return {"loan": own, "on": on, "status": state["status"], **asdict(payoff(state, agreed["early_fee_ppm"]))}


def due(world: World, within: int, manager: str | None = None, as_of: date | None = None) -> list[Row]:
    """What is overdue, due, or falls due within some days, by manager and age: the oldest first."""
    day = as_of or world.clock.today()
    rows = []
    for row in listed(world, day):
        if row["status"] not in ("active", "renewed") or (manager is not None and row["manager"] != manager):
            continue
        now = due_now_fen(row)
        soon = row["next_due_on"] if row["next_due_on"] and row["next_due_on"] <= day + timedelta(days=within) else None
        if now > 0 or soon is not None:
            rows.append({
                "manager": row["manager"], "loan": row["loan"], "company": row["company"], "past_due_days": row["past_due_days"],
                "due_now_fen": now, "oldest_due_on": row["oldest_due_on"], "next_due_on": soon,
                "next_due_fen": row["next_due_fen"] if soon else None, "kept_fen": row["kept_fen"],
            })  # fmt: skip
    return sorted(rows, key=_urgency)


def _urgency(row: Mapping[str, Any]) -> tuple[str, int, str, str]:
    return (
        str(row["manager"] or ""),
        -row["past_due_days"],
        str(row["oldest_due_on"] or row["next_due_on"]),
        row["loan"],
    )
