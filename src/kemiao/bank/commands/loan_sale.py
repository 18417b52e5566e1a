"""Sale of a part of a loan to a funder, buying it back, and what the funder is told of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from kemiao.bank.lending.clearance import clear
from kemiao.bank.lending.loan_store import MESSAGE, loan, loans, messages
from kemiao.bank.lending.message_rules import unfit as message_unfit
from kemiao.bank.lending.people import account_of
from kemiao.bank.lending.record import record
from kemiao.bank.lending.standing import served, states
from kemiao.bank.world import World
from kemiao.base.digest import digest
from kemiao.base.money import FEN_MAX, PPM, share_fen, yuan_text
from kemiao.base.refusal import Refusal
from kemiao.credit.servicing.columns import MESSAGES
from kemiao.credit.servicing.funders import account as account_between
from kemiao.credit.servicing.funders import held_on, holdings, movements

_NAME_MAX = 100


@dataclass(frozen=True, slots=True)
class Transfer:
    """share_ppm of the loan. amount_fen: the price; None for that share of all that is owed. on: None for today."""

    kind: Literal["sell", "buy_back"]
    loan: str
    funder: str
    share_ppm: int
    amount_fen: int | None = None
    on: date | None = None
    message: str | None = None


def transfer(world: World, acting: str | None, request: Transfer) -> Any | Refusal:
    """Recorded as one message. The same again is the same message.

    Refuses NO_SUCH_LOAN, SHARE_OUT_OF_RANGE, NOT_THAT_MUCH (more is sold than is left, or bought back than the funder holds),
    BAD_FUNDER, NOTHING_OWED, and what clear() and record() refuse.
    """
    account = account_of(world, acting)
    if isinstance(account, Refusal):
        return account
    row = loan(world, request.loan)
    if isinstance(row, Refusal):
        return row
    day, funder = request.on or world.clock.today(), request.funder.strip()
    if not 1 <= len(funder) <= _NAME_MAX:
        return Refusal.at("BAD_FUNDER", f"受让方名称为 1 至 {_NAME_MAX} 字", f"a funder's name has 1 to {_NAME_MAX} characters", loan=request.loan)  # fmt: skip
    if not 1 <= request.share_ppm <= PPM:
        return Refusal.at(
            "SHARE_OUT_OF_RANGE", "份额应在 0 与 100% 之间", "the share lies between 0 and 100%", loan=request.loan
        )
    own = request.message or f"{request.kind}-{digest('transfer', [request.loan, funder, request.share_ppm, request.amount_fen, day])[:16]}"  # fmt: skip
    said = {
        "message": own,
        "loan": request.loan,
        "kind": request.kind,
        "value_day": day,
        "share_ppm": request.share_ppm,
        "counterparty": funder,
    }
    state = states(world, day, request.loan).to_pylist()[0]
    said["amount_fen"] = _par_fen(state, request) if request.amount_fen is None else request.amount_fen
    before = world.log.last(MESSAGE, ref=own)
    if before is not None and request.amount_fen is None:
        said["amount_fen"] = before.public.get("amount_fen")
    if before is not None:
        return record(world, account, said)  # which says whether it is the same
    full = {name: said.get(name) for name in MESSAGES.names}
    unfit = _unfit(world, request, state, funder, day) or message_unfit(world, row, full)  # before anybody is asked
    if unfit is not None:
        return unfit
    bound = {**said, "value_day": day.isoformat(), "company": row["company"]}
    now = states(world, None, request.loan).to_pylist()[0]
    principal = max(int(state["principal_fen"]), int(now["principal_fen"]))  # a day long past makes it no lighter
    price = request.amount_fen if request.amount_fen is not None else 0
    weight = min(max(share_fen(principal, request.share_ppm), price), FEN_MAX)
    cleared = clear(world, account, request.kind, weight, bound, unit=row["unit"])
    return cleared if isinstance(cleared, Refusal) else record(world, account, said, cleared)


def price_fen(world: World, message: str) -> int | None:
    """For which price a part went over, as its message says."""
    event = world.log.last(MESSAGE, ref=message)
    return None if event is None else event.public.get("amount_fen")


def _par_fen(state: Mapping[str, Any], request: Transfer) -> int:
    """What goes over, as servicing counts it: principal, and interest and penalties that have run up."""
    old = state["sold_ppm"]
    new = min(old + request.share_ppm, PPM) if request.kind == "sell" else max(old - request.share_ppm, 0)
    owed = (state["principal_fen"], state["interest_fen"] + state["interest_due_fen"], state["penalty_fen"], state["compound_fen"])  # fmt: skip
    return sum(abs(share_fen(amount, new) - share_fen(amount, old)) for amount in owed)


def _unfit(world: World, request: Transfer, state: dict[str, Any], funder: str, day: date) -> Refusal | None:
    if state["status"] != "active" or not state["principal_fen"]:
        return Refusal.at("NOTHING_OWED", f"该贷款没有可转让的本金:{yuan_text(state['principal_fen'])} 元({state['status']})", f"the loan has no principal to sell: {yuan_text(state['principal_fen'])} yuan ({state['status']})", loan=request.loan)  # fmt: skip
    held = held_on(holdings(messages(world, request.loan).to_pylist()), day)
    left = PPM - sum(held.values()) if request.kind == "sell" else held.get(funder, 0)
    if request.share_ppm > left:
        most = f"{left / 10_000:g}%"
        yuan = yuan_text(share_fen(state["principal_fen"], left))
        return Refusal.at("NOT_THAT_MUCH", f"最多 {most},即本金 {yuan} 元", f"at most {most}, which is {yuan} yuan of principal", loan=request.loan, funder=funder)  # fmt: skip
    return None


def funder_report(world: World, funder: str, first: date, last: date) -> dict[str, Any] | Refusal:
    """A servicing report: for each loan of which the funder holds a part, its account between two days, and every movement.

    What the accounts say of principal adds up; the sum of all funders' parts is the loan's sold principal.
    """
    if first > last:
        return Refusal.at("DAYS_REVERSED", "起日晚于止日", "the first day is after the last", funder=funder)
    rows = list(_accounts(world, funder, first, last))
    if not rows:
        return Refusal.at(
            "NO_SUCH_FUNDER", "没有转让给该受让方的贷款", "no loan was sold to this funder", funder=funder
        )
    totals = {name: sum(row[name] for row in rows) for name in rows[0] if name.endswith("_fen")}
    return {"funder": funder, "from": first, "to": last, "loans": rows, "totals": totals}


def _accounts(world: World, funder: str, first: date, last: date) -> Iterator[dict[str, Any]]:
    import pyarrow.compute as pc

    told = messages(world)
    sold = told.filter(pc.and_(pc.equal(told["kind"], "sell"), pc.equal(told["counterparty"], funder)))
    known = loans(world).select(["loan", "company"]).to_pylist()
    wanted = set(sold["loan"].to_pylist())
    for row in known:
        if row["loan"] not in wanted:
            continue
        found = holdings(told.filter(pc.equal(told["loan"], row["loan"])).to_pylist())
        if not any(one.day <= last for one in found):
            continue
        moved = movements(served(world, last, row["loan"]).lines.to_pylist(), found, funder)
        state = states(world, last, row["loan"]).to_pylist()[0]
        yield {
            "loan": row["loan"], "company": row["company"], "share_ppm": held_on(found, last).get(funder, 0), "status": state["status"],
            "past_due_days": state["past_due_days"], **account_between(moved, first, last),
            "movements": [one for one in moved if first <= one["day"] <= last],
        }  # fmt: skip
