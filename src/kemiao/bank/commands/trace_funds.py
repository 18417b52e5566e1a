"""trace_funds: what became of each disbursement's money, as far as the bank's own accounts show it.

Each answer is kept as an event funds_finding (subject: company, ref: loan): public {disbursement, as_of, amounts by outcome and
method, verdict}, private: payments by name. The same finding again is not kept twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from kemiao.bank.event_log import Draft
from kemiao.bank.lending.paid_out import booked, disbursements
from kemiao.bank.lending.seen_payments import Seen, day_number, seen_payments
from kemiao.bank.permits import receipt
from kemiao.bank.world import World
from kemiao.base.refusal import Refusal
from kemiao.credit.tracing.columns import METHODS, OUTCOMES, REASONS, Disbursements, Traced
from kemiao.credit.tracing.follow import follow
from kemiao.credit.tracing.rules import TracingRules, tracing_rules
from kemiao.law.loan_terms import loan_law

KIND = "funds_finding"
_ELSEWHERE = ("property", "securities", "lending", "related", "round_trip")
_UNSEEN = tuple(name for name, (outcome, _, _) in REASONS.items() if outcome == "untraced" and name != "other_use")
_OF_THE_RUN = ("accounts_read", "companies_closed", "gaps")
_PAYMENTS_SHOWN = 200
_FLOWS_UP_TO = 200  # disbursements of several loans of which payments are kept by name; of more only the sums
_SEALED = ("payments", "purpose", "company", "arrived_at", "name")  # not in the public part
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Request:
    """loan: None for all. as_of: what was booked and known by that day."""

    loan: str | None = None
    as_of: date | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """findings: one a disbursement. appended: how many are new. left_out: companies whose accounts may not be read, and why."""

    findings: tuple[Mapping[str, Any], ...]
    appended: int
    left_out: tuple[tuple[str, Refusal], ...]


def trace_funds(world: World, asked: Request, progress: Progress = lambda done, total: None) -> Answer | Refusal:
    day = asked.as_of or world.clock.today()
    if day > world.clock.today():
        return Refusal.at("DAY_TO_COME", "日期还没有到", "that day is still to come", day=day)
    rules = rules_on(world, day)
    if isinstance(rules, Refusal):
        return rules
    paid = disbursements(world, asked.loan, day)
    if isinstance(paid, Refusal):
        return paid
    if not paid:
        return Refusal.at("NOTHING_DISBURSED", "还没有放款", "nothing was disbursed yet", loan=asked.loan, as_of=day)
    payees = [_payee(row) for row in paid]
    borrowers = sorted({row["company"] for row in paid})
    progress(0, len(paid))
    seen = seen_payments(
        world, borrowers, min(row["value_day"] for row in paid), day, rules, [text for text in payees if text]
    )
    columns = _columns(seen, paid, payees, rules)
    traced = follow(seen.payments, columns, rules, keep_flows=asked.loan is not None or len(paid) <= _FLOWS_UP_TO)
    findings = [
        _finding(seen, traced, rules, row, place, day, int(columns.row[place]))
        | {"not_entrusted": _not_entrusted(world, seen, traced, row, place)}
        for place, row in enumerate(paid)
    ]
    progress(len(paid), len(paid))
    return Answer(tuple(findings), _append(world, seen, findings), tuple(sorted(seen.left_out.items())))


def rules_on(world: World, day: date) -> TracingRules | Refusal:
    """Raises Refused POLICY_NOT_IN_FORCE."""
    return tracing_rules(world.policy.named("tracing", day))


def _payee(row: Mapping[str, Any]) -> str | None:
    """Key or name of the payee that an entrusted payment names, without the account number behind it."""
    said = str(row["counterparty"] or "")
    name, _, last = said.rpartition(" ")
    text = name if name and sum(letter.isdigit() for letter in last) >= 6 else said
    return text if row["entrusted"] and text else None


def _columns(
    seen: Seen, paid: Sequence[Mapping[str, Any]], payees: Sequence[str | None], rules: TracingRules
) -> Disbursements:
    place = {key: number for number, key in enumerate(seen.parties)}
    payee = [place[seen.keys[text]] if text else -1 for text in payees]
    rows, reached = booked(seen, paid, place, payee, rules)
    # A ledger's day need not be the day in the account, which is what the money is watched from.
    days = [
        int(seen.payments.day[at]) if at >= 0 and row["from_ledger"] else day_number(row["value_day"])
        for row, at in zip(paid, rows.tolist(), strict=True)
    ]
    suppliers = sorted(
        place[buyer] * len(place) + place[seller]
        for buyer, seller in seen.suppliers
        if buyer in place and seller in place
    )
    return Disbursements(
        rows, np.array([row["amount_fen"] for row in paid], np.int64),
        np.array(days, np.int32),
        np.array([place[row["company"]] for row in paid], np.int32), np.array(payee, np.int32),
        np.array([rules.purpose(row["purpose"]) for row in paid], np.int32), reached, np.array(suppliers, np.int64),
    )  # fmt: skip


def _finding(
    seen: Seen, traced: Traced, rules: TracingRules, row: Mapping[str, Any], place: int, as_of: date, at: int
) -> dict[str, Any]:
    """Of one disbursement: by method fen of each outcome and reason, the verdict, and the payments by name. at: its row, or −1.

    seen_fen: what was seen to have gone somewhere, or to be there still. Only what was seen supports that nothing changed."""
    methods: dict[str, Any] = {}
    for method in METHODS:
        reasons = {name: int(fen) for name, fen in zip(REASONS, traced.fen[method][place], strict=True) if fen}
        outcomes = dict.fromkeys(OUTCOMES, 0)
        for name, fen in reasons.items():
            outcomes[REASONS[name][0]] += fen
        methods[method] = {"outcomes": outcomes, "reasons": reasons}
    changed = [sum(methods[method]["outcomes"][name] for name in _ELSEWHERE) for method in METHODS]
    over = [fen * 1_000_000 >= row["amount_fen"] * rules.change_ppm and fen > 0 for fen in changed]
    seen_fen = {
        method: row["amount_fen"] - sum(methods[method]["reasons"].get(name, 0) for name in _UNSEEN)
        for method in METHODS
    }
    fits = [row["amount_fen"] - methods[method]["outcomes"]["untraced"] for method in METHODS]
    told = min(fits) * 1_000_000 >= row["amount_fen"] * rules.visible_ppm
    verdict = "use_changed" if all(over) else "suspected" if any(over) else "none" if told else "cannot_tell"
    return {
        "loan": row["loan"], "company": row["company"], "disbursement": row["disbursement"], "value_day": row["value_day"].isoformat(),
        "amount_fen": row["amount_fen"], "purpose": row["purpose"], "read_as": list(rules.purposes)[rules.purpose(row["purpose"])],
        "entrusted": row["entrusted"], "as_of": as_of.isoformat(), "methods": methods, "changed_fen": dict(zip(METHODS, changed, strict=True)),
        "verdict": verdict, "seen_fen": seen_fen, "unseen_fen": row["amount_fen"] - max(seen_fen.values()), "from_ledger": row["from_ledger"],
        "booked_on": None if at < 0 else _day(seen, at),
        "name": seen.shown.get(row["company"]), "arrived_at": None if at < 0 else seen.accounts[seen.payments.account[at]][0], "kept": bool(traced.flows), "accounts_read": len(seen.accounts), "companies_closed": len(seen.left_out),
        "gaps": seen.gaps, "payments": _payments(seen, traced, place),
    }  # fmt: skip


def _not_entrusted(
    world: World, seen: Seen, traced: Traced, row: Mapping[str, Any], place: int
) -> dict[str, int] | None:
    """Payments of the borrower's own, out of money that was not entrusted, which the law wants paid by the bank (RULES L5): how
    many, their sum. None where no such law is in force on the day, payments were not kept, or a ledger does not say who paid."""
    if row["from_ledger"]:
        return None
    law = loan_law(world.law, "working_capital", row["value_day"])
    if isinstance(law, Refusal) or law.entrusted_above_fen is None or not traced.flows:
        return None
    table = traced.flows["fifo"]
    mine = (np.asarray(table["disbursement"]) == place) & (np.asarray(table["hop"]) == 1)
    payments = -seen.payments.amount[np.unique(np.asarray(table["row"])[mine])]
    above = payments[payments > law.entrusted_above_fen] if not row["entrusted"] else payments[:0]
    return {"payments": len(above), "total_fen": int(above.sum())}


def _payments(seen: Seen, traced: Traced, place: int) -> dict[str, list[dict[str, Any]]]:
    """By method the payments that the money took, in their order."""
    shown: dict[str, list[dict[str, Any]]] = {}
    for method, table in traced.flows.items():
        mine = np.flatnonzero(np.asarray(table["disbursement"]) == place)
        shown[method] = [_payment(seen, each) for each in table.take(mine).to_pylist()]
    return shown


def _day(seen: Seen, row: int) -> str:
    return date.fromordinal(int(seen.payments.day[row]) + date(1970, 1, 1).toordinal()).isoformat()


def _payment(seen: Seen, flow: Mapping[str, Any]) -> dict[str, Any]:
    row = flow["row"]
    money = seen.payments
    company, account = seen.accounts[money.account[row]]
    into = None if flow["into"] < 0 else seen.accounts[flow["into"]]
    return {
        "hop": flow["hop"], "known": ("plain", "reached", "related")[flow["state"]], "day": _day(seen, row),
        "from": company, "account": account, "from_name": seen.shown.get(company), "to": into[0] if into else None,
        "to_account": into[1] if into else None, "to_name": seen.names[row].as_py(), "summary": seen.summaries[row].as_py(),
        "amount_fen": flow["amount_fen"], "payment_fen": -int(money.amount[row]),
        "outcome": None if flow["reason"] < 0 else REASONS[list(REASONS)[flow["reason"]]][0],
        "reason": None if flow["reason"] < 0 else list(REASONS)[flow["reason"]],
    }  # fmt: skip


def _append(world: World, seen: Seen, findings: Sequence[Mapping[str, Any]]) -> int:
    """The receipts of the reading, and each finding that says something new."""
    drafts = []
    with world.log.write() as tx:
        newest = {str(event.public["disbursement"]): dict(event.public) for event in world.log.events(KIND)}
        for given in seen.permits:
            if given.subjects and given.tables:
                receipt(tx, given)
        for finding in findings:
            public = {name: value for name, value in finding.items() if name not in _SEALED}
            if not _same(newest.get(finding["disbursement"]), public):
                private = {"purpose": finding["purpose"], "payments": {method: largest(rows) for method, rows in finding["payments"].items()}}  # fmt: skip
                drafts.append(Draft(KIND, finding["company"], finding["loan"], public, private))
        tx.append_many(drafts)
    return len(drafts)


def largest(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """As many payments as are kept and listed, in their order."""
    if len(rows) <= _PAYMENTS_SHOWN:
        return list(rows)
    least = sorted((row["amount_fen"] for row in rows), reverse=True)[_PAYMENTS_SHOWN - 1]
    return [row for row in rows if row["amount_fen"] >= least][:_PAYMENTS_SHOWN]


def _same(before: Mapping[str, Any] | None, now: Mapping[str, Any]) -> bool:
    """Whether nothing new is said: how much else one run read says nothing of the money; payments that were not kept are new."""
    if before is None or (now["kept"] and not before.get("kept")):
        return False
    skipped = _OF_THE_RUN if now["kept"] else (*_OF_THE_RUN, "kept", "not_entrusted")
    return all(before.get(name) == value for name, value in now.items() if name not in skipped)


def findings(world: World, own: str | None = None, *, every: bool = False) -> list[dict[str, Any]]:
    """Kept findings, the newest of each disbursement. every: also those that found nothing wrong, or can't tell."""
    newest = {str(event.public["disbursement"]): event for event in world.log.events(KIND, ref=own)}
    return [
        {"company": event.subject, "found_at": event.at, **event.public}
        for event in newest.values()
        if every or event.public["verdict"] not in ("none", "cannot_tell")
    ]
