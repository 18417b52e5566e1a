"""What a person does to a loan by command: checked, cleared by role and by a second person where needed, then recorded."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from kemiao.bank.lending.clearance import Clearance, clear
from kemiao.bank.lending.loan_store import loan, messages
from kemiao.bank.lending.people import Account, account_of
from kemiao.bank.lending.record import Prepared, Recorded, prepare, record_together
from kemiao.bank.lending.standing import states
from kemiao.bank.world import World
from kemiao.base.refusal import Refusal

ACTIONS = {
    "disburse": "disburse", "extend": "extend", "renew": "extend", "defer": "extend", "restructure": "restructure", "rate": "rate",
    "write_off": "write_off", "refund": "refund", "reverse": "reverse",
}  # fmt: skip
"""Kinds of message that organisation.toml has an action for; others need an account alone."""
_BY_PRINCIPAL = ("extend", "renew", "defer", "restructure", "rate")


def change(world: World, account: str | None, row: Mapping[str, Any]) -> Recorded | Refusal:
    """One message. row: as for record. Refuses as account_of, record and clear do; FOUR_EYES_NEEDED leaves a request behind."""
    maker = account_of(world, account)
    if isinstance(maker, Refusal):
        return maker
    ready = prepare(world, row)
    if isinstance(ready, Refusal):
        return ready
    late = _past_due(world, ready)
    if late is not None:
        return late
    made = _recorded(world, maker, ready, [row])
    return made if isinstance(made, Refusal) else made[0]


def _past_due(world: World, ready: Prepared) -> Refusal | None:
    """A debtor who is late and gets more time is in difficulty: that is a restructuring, and is judged as one."""
    if ready.row["kind"] != "extend" or ready.known is not None:
        return None
    days = states(world, ready.row["value_day"], str(ready.row["loan"]))["past_due_days"][0].as_py()
    if not days:
        return None
    return Refusal.at("PAST_DUE", f"贷款已逾期 {days} 天,不能展期:请用 kemiao loan restructure(按重组认定)", f"the loan is {days} days past due: it is not extended but restructured (kemiao loan restructure), and judged as such", loan=ready.row["loan"])  # fmt: skip


def renew(world: World, account: str | None, old: str, new: str, on: date) -> list[Recorded] | Refusal:
    """无还本续贷: what is owed in principal on the old loan at the end of the day before goes over to the new one; no money moves."""
    maker = account_of(world, account)
    if isinstance(maker, Refusal):
        return maker
    pair = [loan(world, own) for own in (old, new)]
    for each in pair:
        if isinstance(each, Refusal):
            return each
    before, after = (each for each in pair if not isinstance(each, Refusal))
    if after["renews"] != old or after["company"] != before["company"]:
        return Refusal.at("NOT_ITS_RENEWAL", f"合同 {new} 不是 {old} 的续贷", f"{new} was not agreed as the renewal of {old}", loan=new)  # fmt: skip
    told = [row for row in messages(world, old).to_pylist() if row["kind"] == "renew"]
    amount = states(world, on, old)["principal_fen"][0].as_py()
    if told:  # the same command again says the same
        other = [row for row in messages(world, new).to_pylist() if row["kind"] == "renewed"]
        amount = other[0]["amount_fen"] if other else amount
    rows: list[dict[str, Any]] = [
        {"loan": new, "kind": "renewed", "value_day": on, "amount_fen": amount, "word": old},
        {"loan": old, "kind": "renew", "value_day": on, "amount_fen": amount, "word": new},
    ]
    for row in rows:
        checked = prepare(world, row)
        if isinstance(checked, Refusal):
            return checked
    ready = prepare(world, rows[1])
    return ready if isinstance(ready, Refusal) else _recorded(world, maker, ready, rows)


def _recorded(world: World, maker: Account, ready: Prepared, rows: list[Any]) -> list[Recorded] | Refusal:
    if ready.known is not None:
        return [ready.known]
    clearance = _cleared(world, maker, ready)
    if isinstance(clearance, Refusal):
        return clearance
    return record_together(world, maker, rows, clearance)


def _cleared(world: World, maker: Account, ready: Prepared) -> Clearance | Refusal | None:
    action = ACTIONS.get(str(ready.row["kind"]))
    if action is None:
        return None
    return clear(world, maker, action, _weight_fen(world, ready), ready.bound, unit=ready.agreed["unit"])


def _weight_fen(world: World, ready: Prepared) -> int:
    """The amount by which an action is weighed: what moves, or the principal that the change is about."""
    row = ready.row
    own = str(row["loan"])
    if row["kind"] == "reverse":
        told = [each["amount_fen"] for each in messages(world, own).to_pylist() if each["message"] == row["word"]]
        if told and told[0] is not None:
            return int(told[0])
    elif row["amount_fen"] is not None and row["kind"] not in _BY_PRINCIPAL:
        return int(row["amount_fen"])
    return int(states(world, row["value_day"], own)["principal_fen"][0].as_py())
