"""payments in, match: a bank's statement comes in; repayments find their loan by reference, else by account or company.

What finds none waits with the reason, until a person says what it is. The same statement, and the same entry in another one,
does nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from kemiao.bank.event_log import Draft
from kemiao.bank.lending import settlement as kept
from kemiao.bank.lending.loan_store import loans
from kemiao.bank.lending.people import Account
from kemiao.bank.lending.record import record
from kemiao.bank.lending.standing import states
from kemiao.bank.world import World
from kemiao.base.digest import digest
from kemiao.base.refusal import Refusal
from kemiao.data.camt053 import BankEntry, Statement, read_statements

Progress = Callable[[int, int], None]
_SPLIT = re.compile(r"[\s,;:,;:。、()()【】\[\]]+")
_CUT = 35  # an EndToEndId's length: longer ids of loans come back cut


@dataclass(frozen=True, slots=True)
class TakenIn:
    """again: the statement was here before, and nothing happened. counts: recorded, known, order, unmatched, pending."""

    statement: str
    account: str
    closing_on: date
    again: bool
    counts: Mapping[str, int]
    unmatched: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class _Found:
    """What an entry is: a message of a loan, an order of ours, or nothing known (why)."""

    loan: str | None = None
    company: str | None = None
    kind: str = "repay"
    order: str | None = None
    by: str = ""
    why: Refusal | None = None


def payments_in(
    world: World, path: Path, account: Account | None, progress: Progress = lambda done, total: None
) -> list[TakenIn] | Refusal:  # fmt: skip
    """Raises Refused and Outage as read_statements does. Refuses WRONG_ACCOUNT, STATEMENT_ID_TAKEN, STATEMENT_IN_THE_FUTURE."""
    own = kept.settlement(world, world.clock.today())
    if isinstance(own, Refusal):
        return own
    sheets = read_statements(path)
    for sheet in sheets:  # all are looked at before the first is taken
        refusal = _unfit(world, sheet, own.payer.account, path)
        if refusal is not None:
            return refusal
    return [_take(world, sheet, account, progress) for sheet in sheets]


def _unfit(world: World, sheet: Statement, account: str, path: Path) -> Refusal | None:
    where = {"file": path.name, "statement": sheet.id}
    if sheet.account != account:
        return Refusal.at("WRONG_ACCOUNT", f"对账单的账号 {sheet.account} 不是清算账户 {account}(policy/payments.toml)", f"the statement is of account {sheet.account}, not of the settlement account {account} (policy/payments.toml)", **where)  # fmt: skip
    if sheet.closing_on > world.clock.today():
        return Refusal.at("STATEMENT_IN_THE_FUTURE", f"对账单日期 {sheet.closing_on} 在今天之后", f"the statement's day {sheet.closing_on} is after today", **where)  # fmt: skip
    for event in kept.statements(world, account):
        if event.public["id"] == sheet.id and event.ref != sheet.digest:
            return Refusal.at("STATEMENT_ID_TAKEN", "同一编号的对账单已导入,内容却不同", "a statement of this id came in before, with other content", **where)  # fmt: skip
    return None


def _take(world: World, sheet: Statement, account: Account | None, progress: Progress) -> TakenIn:
    if world.log.last(kept.STATEMENT, ref=sheet.digest) is not None:
        return TakenIn(sheet.id, sheet.account, sheet.closing_on, True, {})
    before = kept.entries(world)
    finder = Finder(world)
    drafts: list[Draft] = []
    counts = dict.fromkeys(("recorded", "known", "order", "unmatched"), 0) | {"pending": sheet.pending}
    waiting = []
    for number, entry in enumerate(sheet.entries, 1):
        progress(number, len(sheet.entries))
        if entry.id in before:
            # An overlapping statement. The same bank reference with another amount is no repetition: it waits for a person.
            if _same(before[entry.id].public, entry):
                counts["known"] += 1
                continue
            entry = _other(entry)  # noqa: PLW2901 - the entry goes on under an id of its own
            if entry.id in before:
                counts["known"] += 1
                continue
            found = _Found(why=Refusal("ENTRY_CHANGED", "同一银行流水号的另一笔已入账,内容却不同", "another entry of the same bank reference came in before, with other content"))  # fmt: skip
        else:
            found = finder.find(entry)
        public = _said(entry, sheet.id) | _booked(world, entry, found, account)
        counts[public["status"]] += 1
        if public["status"] == kept.OPEN:
            waiting.append({"entry": entry.id, **public, "party": entry.party, "text": entry.text})
        drafts.append(Draft(kept.ENTRY, public.get("company"), entry.id, public, _private(entry)))
    with world.log.write() as tx:
        if world.log.last(kept.STATEMENT, ref=sheet.digest) is not None:  # another took it in meanwhile
            return TakenIn(sheet.id, sheet.account, sheet.closing_on, True, {})
        tx.append_many(drafts)
        tx.append(
            kept.STATEMENT, ref=sheet.digest,
            public={
                "id": sheet.id, "account": sheet.account, "opening_fen": sheet.opening_fen, "opening_on": sheet.opening_on.isoformat(),
                "closing_fen": sheet.closing_fen, "closing_on": sheet.closing_on.isoformat(), "entries": len(sheet.entries), **counts,
                "refs": [entry.id for entry in sheet.entries],
            },
        )  # fmt: skip
    return TakenIn(sheet.id, sheet.account, sheet.closing_on, False, counts, tuple(waiting))


def _same(public: Mapping[str, Any], entry: BankEntry) -> bool:
    return bool(public["amount_fen"] == entry.amount_fen and public["value_day"] == entry.value_day.isoformat())


def _other(entry: BankEntry) -> BankEntry:
    return replace(
        entry, id="bank-" + digest("bank_entry", [entry.id, entry.amount_fen, entry.value_day.isoformat()])[:20]
    )


def _said(entry: BankEntry, statement: str) -> dict[str, Any]:
    return {
        "statement": statement, "amount_fen": entry.amount_fen, "booked_on": entry.booked_on.isoformat(),
        "value_day": entry.value_day.isoformat(), "reference": entry.reference,
    }  # fmt: skip


def _private(entry: BankEntry) -> dict[str, Any]:
    return {"party": entry.party, "account": entry.party_account, "party_id": entry.party_id, "text": entry.text, "end_to_end": entry.end_to_end}  # fmt: skip


def _booked(world: World, entry: BankEntry, found: _Found, account: Account | None) -> dict[str, Any]:
    """Records the message, and says what became of the entry."""
    if found.order is not None:
        return {
            "status": kept.ORDERED,
            "order": found.order,
            "loan": found.loan,
            "company": found.company,
            "by": found.by,
        }
    if found.loan is None:
        return {"status": kept.OPEN, "company": found.company, "why": _why(found.why)}
    message = {
        "message": entry.id, "loan": found.loan, "kind": found.kind, "value_day": entry.value_day, "amount_fen": entry.amount_fen,
        "counterparty": None, "reason": f"camt.053 {entry.reference}".strip(),
    }  # fmt: skip
    answer = record(world, account, message)
    if isinstance(answer, Refusal):
        return {"status": kept.OPEN, "company": found.company, "loan": found.loan, "why": _why(answer)}
    return {"status": kept.BOOKED, "loan": found.loan, "company": found.company, "message": entry.id, "by": found.by}


def _why(refusal: Refusal | None) -> dict[str, Any]:
    return refusal.as_json() if refusal else {}


class Finder:
    """Whose an entry is. Reads loans, accounts and orders once."""

    def __init__(self, world: World) -> None:
        self._world = world
        table = loans(world)
        self._company = dict(zip(table["loan"].to_pylist(), table["company"].to_pylist(), strict=True))
        self._cut: dict[str, list[str]] = {}
        self._of_company: dict[str, list[str]] = {}
        for own, company in self._company.items():
            self._cut.setdefault(own[:_CUT], []).append(own)
            self._of_company.setdefault(company, []).append(own)
        self._accounts = kept.companies_by_account(world)
        self._orders = dict(kept.orders(world))
        self._status: dict[str, dict[str, Any]] = {}

    def find(self, entry: BankEntry) -> _Found:
        order = self._orders.get(entry.end_to_end)
        if order is not None:
            return self._of_order(entry, order)
        if entry.reversal:
            return _Found(why=Refusal("BANK_REVERSAL", "银行冲正:请核对原入账,必要时 kemiao loan reverse", "a reversal by the bank: look up what it takes back, and kemiao loan reverse"))  # fmt: skip
        if entry.amount_fen <= 0:
            return _Found(why=Refusal("NOT_ORDERED", "本行没有下达这笔付款", "we did not order this payment"))
        named = self._named([entry.end_to_end, *_SPLIT.split(entry.text)])
        if len(named) > 1:
            return _Found(
                why=Refusal.at(
                    "SEVERAL_LOANS", "附言提到多笔贷款", "the text names several loans", loans=" ".join(named)
                )
            )
        if named:
            return self._of_loan(named[0], "reference")
        company = self._accounts.get(entry.party_account) or self._of_id(entry.party_id)
        if company is None:
            return _Found(why=Refusal("NOBODY_KNOWN", "没有贷款编号,付款账户也不认识", "names no loan, and comes from an account that is not known"))  # fmt: skip
        owing = [own for own in self._of_company.get(company, []) if self._state(own)["status"] == "active"]
        if len(owing) == 1:
            return self._of_loan(owing[0], "account" if entry.party_account in self._accounts else "company")
        if not owing:
            return _Found(company=company, why=Refusal("NO_ACTIVE_LOAN", "该企业没有在还的贷款", "the company has no loan that is being repaid"))  # fmt: skip
        return _Found(company=company, why=Refusal.at("SEVERAL_LOANS", "该企业有多笔贷款,来款未写明哪一笔", "the company has several loans, and the payment does not say which", loans=" ".join(owing)))  # fmt: skip

    def loan(self, own: str) -> _Found | Refusal:
        if own not in self._company:
            return Refusal.at("NO_SUCH_LOAN", "没有这笔贷款", "there is no such loan", loan=own)
        return self._of_loan(own, "person")

    def _named(self, words: Iterable[str]) -> list[str]:
        """Loans whose id stands among the words, whole, or as far as a reference can carry it."""
        found: dict[str, None] = {}
        for word in words:
            if word in self._company:
                found[word] = None
            elif len(word) == _CUT and len(self._cut.get(word, ())) == 1:
                found[self._cut[word][0]] = None
        return list(found)

    def _of_id(self, party_id: str) -> str | None:
        keys = (party_id, f"uscc:{party_id}", f"foreign:{party_id}")
        return next((key for key in keys if party_id and key in self._of_company), None)

    def _of_loan(self, own: str, by: str) -> _Found:
        kind = "recover" if self._state(own)["status"] == "written_off" else "repay"
        return _Found(own, self._company[own], kind, by=by)

    def _of_order(self, entry: BankEntry, order: Mapping[str, Any]) -> _Found:
        if entry.amount_fen == -order["amount_fen"] and not entry.reversal:
            return _Found(order["loan"], order["company"], order=entry.end_to_end, by="reference")
        if entry.amount_fen > 0:
            why = Refusal.at("ORDER_CAME_BACK", "付款被退回:请核对收款人,必要时 kemiao loan reverse", "a payment came back: look at the payee, and kemiao loan reverse", order=entry.end_to_end)  # fmt: skip
        else:
            why = Refusal.at("OTHER_AMOUNT", "扣款金额与付款指令不同", "what was taken is not what was ordered", order=entry.end_to_end)  # fmt: skip
        return _Found(company=order["company"], why=why)

    def _state(self, own: str) -> dict[str, Any]:
        if own not in self._status:
            rows: Sequence[dict[str, Any]] = states(self._world, own=own).select(["status"]).to_pylist()
            self._status[own] = rows[0]
        return self._status[own]


def unmatched(world: World) -> list[dict[str, Any]]:
    """Entries that wait, with what the bank said of them."""
    open_ones = [event for event in kept.entries(world).values() if event.public["status"] == kept.OPEN]
    private = world.log.privates(open_ones)
    return [
        {"entry": event.ref, **event.public, **(said or {})} for event, said in zip(open_ones, private, strict=True)
    ]


def match(world: World, entry: str, loan: str | None, reason: str | None, account: Account) -> dict[str, Any] | Refusal:
    """A person says which loan an entry repays, or, without a loan, why it concerns none."""
    event = kept.entries(world).get(entry)
    if event is None:
        return Refusal.at("NO_SUCH_ENTRY", "没有这笔银行流水", "there is no such bank entry", entry=entry)
    public = dict(event.public)
    if public["status"] != kept.OPEN:
        return Refusal.at("ENTRY_SETTLED", f"该流水已处理({public['status']})", f"the entry is dealt with ({public['status']})", entry=entry)  # fmt: skip
    said: dict[str, Any] = {"matched_by": account.account, "reason": reason}
    public.pop("why", None)
    company = event.subject
    if loan is None:
        public |= {"status": kept.DISMISSED, **said}
    else:
        if public["amount_fen"] <= 0:
            return Refusal.at(
                "MONEY_WENT_OUT", "付出的款项不能作为还款", "money that went out repays nothing", entry=entry
            )
        finder = Finder(world)
        known = finder.loan(loan)
        if isinstance(known, Refusal):
            return known
        day = date.fromisoformat(public["value_day"])
        message = {"message": entry, "loan": loan, "kind": known.kind, "value_day": day, "amount_fen": public["amount_fen"], "counterparty": None, "reason": reason}  # fmt: skip
        answer = record(world, account, message)
        if isinstance(answer, Refusal):
            return answer
        company = known.company
        public |= {"status": kept.BOOKED, "loan": loan, "company": company, "message": entry, "by": "person", **said}
    with world.log.write() as tx:
        now = kept.entries(world)[entry]
        if now.public["status"] != kept.OPEN:  # two persons at once
            return Refusal.at("ENTRY_SETTLED", "该流水刚刚已处理", "the entry was just dealt with", entry=entry)
        tx.append(kept.ENTRY, company, entry, public, world.log.private(event))
    return {"entry": entry, **public}
