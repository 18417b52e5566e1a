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
from kemiao.base.money import FEN_MAX
from kemiao.base.refusal import Refusal

ACTIONS = {
    "disburse": "disburse", "extend": "extend", "renew": "extend", "defer": "extend", "restructure": "restructure", "rate": "rate",
    "write_off": "write_off", "refund": "refund", "reverse": "reverse", "repay": "repay", "recover": "recover", "fee": "fee",
    "divert": "divert", "sell": "sell", "buy_back": "buy_back",
}  # fmt: skip
"""Kinds of message and the action of organisation.toml that each is; other kinds nobody types."""
_MOVED = ("disburse", "refund", "repay", "recover", "fee")
_OWED = ("principal_fen", "interest_fen", "interest_due_fen", "penalty_fen", "compound_fen")


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


def _cleared(world: World, maker: Account, ready: Prepared) -> Clearance | Refusal:
    kind = str(ready.row["kind"])
    return clear(
        world, maker, ACTIONS.get(kind, kind), _weight_fen(world, ready), ready.bound, unit=ready.agreed["unit"]
    )


def _weight_fen(world: World, ready: Prepared) -> int:
    """The amount by which an action is weighed: what moves, or the principal that the change is about. A reversal is as heavy as
    what it takes back."""
    row = ready.row
    if row["kind"] == "reverse":
        told = messages(world, str(row["loan"])).to_pylist()
        row = next((each for each in told if each["message"] == row["word"]), row)
    if row["kind"] in _MOVED and row["amount_fen"] is not None:
        return int(row["amount_fen"])
    # The larger of the value day and today: who dates a change back to a day on which little was owed changes what is owed now.
    days = dict.fromkeys((ready.row["value_day"], world.clock.today()))
    stood = [states(world, day, str(row["loan"])).to_pylist()[0] for day in days]
    weights = [int(row["amount_fen"] or 0), *(_at_stake_fen(state, row, ready.agreed) for state in stood)]
    return min(max(weights), FEN_MAX)


def _at_stake_fen(state: Mapping[str, Any], row: Mapping[str, Any], agreed: Mapping[str, Any]) -> int:
    """On a day: of writing off all that is owed, and what was written off; of a line all that can be drawn; else the principal."""
    if row["kind"] == "write_off":
        if row["amount_fen"] is not None:
            return int(row["amount_fen"])
        return int(sum(state[name] for name in _OWED) + state["written_off_fen"])
    line = int(agreed["amount_fen"]) if agreed["repayment"] == "revolving" else 0
    return max(int(state["principal_fen"]), line)
