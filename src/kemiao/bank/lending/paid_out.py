"""What was paid out to borrowers, and where it came into an account: disbursements of the book, and draws of existing loans.

A loan that came in from a ledger was paid out before the book began: its history says when and how much, or else the ledger's
own day and amount do. A ledger's day need not be the day in the account, so its money is looked for in a wider window, and
outside the narrow one only where the summary says that a loan came in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kemiao.bank.lending.history import draws
from kemiao.bank.lending.loan_store import loans, messages
from kemiao.bank.lending.seen_payments import Seen, day_number
from kemiao.bank.lending.standing import one_loan
from kemiao.bank.world import World
from kemiao.base.refusal import Refusal, Refused
from kemiao.credit.tracing.rules import TracingRules

_LOAN = ("loan", "company", "purpose", "entrusted", "starts_on", "amount_fen")
_KINDS = ("disburse", "opening", "reverse")


def disbursements(world: World, own: str | None, until: date) -> list[dict[str, Any]] | Refusal:
    """Money paid out that still stands, oldest first, each with what its loan says. from_ledger: before the loan came in."""
    try:
        known = loans(world) if own is None else one_loan(world, own)
    except Refused as refused:
        return refused.refusal
    told = messages(world, own)
    told = told.filter(pc.is_in(told["kind"], pa.array(_KINDS)))
    agreed = {row["loan"]: row for row in known.select(_LOAN).filter(pc.is_in(known["loan"], told["loan"].combine_chunks())).to_pylist()}  # fmt: skip
    rows = [row for row in told.to_pylist() if row["loan"] in agreed]
    never = {row["word"] for row in rows if row["kind"] == "reverse"}
    standing = [row for row in rows if row["kind"] != "reverse" and row["message"] not in never]
    before = draws(world, own) if any(row["kind"] == "opening" for row in standing) else {}
    paid: list[dict[str, Any]] = []
    for row in standing:
        loan = agreed[row["loan"]]
        if row["kind"] == "disburse":
            paid.append(_paid(row, loan, row["message"], row["value_day"], row["amount_fen"] or 0))
            continue
        drawn = before.get(row["loan"]) or [(loan["starts_on"], loan["amount_fen"] or 0)]
        for number, (day, fen) in enumerate(drawn, 1):
            name = row["message"] if len(drawn) == 1 else f"{row['message']}/{number}"
            paid.append(_paid(row, loan, name, day, fen))
    paid = [row for row in paid if row["value_day"] is not None and row["value_day"] <= until and row["amount_fen"] > 0]
    return sorted(paid, key=lambda row: (row["value_day"], row["disbursement"]))


def _paid(row: Mapping[str, Any], loan: Mapping[str, Any], name: str, day: date, fen: int) -> dict[str, Any]:
    return {
        "loan": row["loan"], "disbursement": name, "value_day": day, "amount_fen": fen, "counterparty": row["counterparty"],
        "entrusted": bool(row["word"] == "entrusted" or loan["entrusted"]), "company": loan["company"], "purpose": loan["purpose"],
        "from_ledger": row["kind"] == "opening",
    }  # fmt: skip


def booked(
    seen: Seen, paid: Sequence[Mapping[str, Any]], place: Mapping[str, int], payee: Sequence[int], rules: TracingRules
) -> tuple[Any, Any]:
    """Row where each disbursement came into an account, the borrower's or else the named payee's, or −1; and whether the
    payee has it. Each row serves once."""
    money, own = seen.payments, seen.payments.owner[seen.payments.account]
    amounts = np.array([row["amount_fen"] for row in paid], np.int64)
    candidates: dict[tuple[int, int], list[int]] = {}
    for at in np.flatnonzero(np.isin(money.amount, amounts)).tolist():
        candidates.setdefault((int(own[at]), int(money.amount[at])), []).append(at)
    used: set[int] = set()
    rows, reached = np.full(len(paid), -1, np.int64), np.zeros(len(paid), bool)
    for number, each in enumerate(paid):
        for who, arrived in ((place[each["company"]], False), (payee[number], True)):
            free = [row for row in candidates.get((who, each["amount_fen"]), ()) if row not in used]
            row = _nearest(seen, free, each, rules)
            if row is not None:
                rows[number], reached[number] = row, arrived
                used.add(row)
                break
        else:
            # Paid by the bank itself to the payee that it approved; beyond that nothing is seen.
            reached[number] = each["entrusted"] and payee[number] >= 0
    return rows, reached


def _nearest(seen: Seen, free: Sequence[int], each: Mapping[str, Any], rules: TracingRules) -> int | None:
    """In the days after the disbursement: what says that it is a loan, else the first. Of a ledger's, in its wider window, only
    what says so."""
    day = day_number(each["value_day"])
    ranked = []
    for row in free:
        apart = int(seen.payments.day[row]) - day
        narrow = 0 <= apart <= rules.days_between
        if narrow or (each["from_ledger"] and abs(apart) <= rules.ledger_days):
            says = rules.loan_came_in(seen.summaries[row].as_py())
            if narrow or says:
                ranked.append((not says, abs(apart), row))
    return min(ranked)[2] if ranked else None
