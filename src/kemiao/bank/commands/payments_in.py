"""payments in, match: a bank's statement comes in; repayments find their loan by reference, else by account or company.

What finds none waits with the reason, until a person says what it is. The same statement, and the same entry in another one,
does nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from kemiao.bank.event_log import Draft
from kemiao.bank.lending import settlement as kept
from kemiao.bank.lending.clearance import Clearance, clear, unfit_maker
from kemiao.bank.lending.loan_store import loans
from kemiao.bank.lending.people import Account
from kemiao.bank.lending.record import Prepared, draft_of, prepare, record
from kemiao.bank.lending.record_many import prepare_many, states_of
from kemiao.bank.world import World
from kemiao.base.digest import digest
from kemiao.base.money import FEN_MAX
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
    new = [sheet.digest for sheet in sheets if world.log.last(kept.STATEMENT, ref=sheet.digest) is None]
    may = clear(world, account, "payments_in", 0, {"statements": new}) if account is not None and new else None
    if isinstance(may, Refusal):
        return may
    return [_take(world, sheet, account, may if sheet.digest in new[:1] else None, progress) for sheet in sheets]


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


def _take(
    world: World, sheet: Statement, account: Account | None, may: Clearance | None, progress: Progress
) -> TakenIn:
    """Messages, entries and the statement in one transaction."""
    seen = world.log.end()
    planned = _planned(world, sheet, account, progress)
    with world.log.write() as tx:
        if world.log.last(kept.STATEMENT, ref=sheet.digest) is not None:  # taken in before, or by another meanwhile
            return TakenIn(sheet.id, sheet.account, sheet.closing_on, True, {})
        if world.log.end() != seen:  # somebody wrote while this was judged: once more, with nobody writing
            planned = _planned(world, sheet, account, progress)
        if may is not None:
            may.use(tx)
        tx.append_many(planned.drafts)
        tx.append(
            kept.STATEMENT, ref=sheet.digest,
            public={
                "id": sheet.id, "account": sheet.account, "opening_fen": sheet.opening_fen, "opening_on": sheet.opening_on.isoformat(),
                "closing_fen": sheet.closing_fen, "closing_on": sheet.closing_on.isoformat(), "entries": len(sheet.entries), **planned.counts,
                "refs": [entry.id for entry in sheet.entries],
            },
        )  # fmt: skip
    return TakenIn(sheet.id, sheet.account, sheet.closing_on, False, planned.counts, planned.waiting)


@dataclass(frozen=True, slots=True)
class _Planned:
    """drafts: of messages, then of entries."""

    drafts: Sequence[Draft]
    counts: Mapping[str, int]
    waiting: tuple[Mapping[str, Any], ...]


def _planned(world: World, sheet: Statement, account: Account | None, progress: Progress) -> _Planned:
    counts = dict.fromkeys(("recorded", "known", "order", "unmatched"), 0) | {"pending": sheet.pending}
    entries = _new(world, sheet, counts)
    finder = Finder(world)
    finder.look_at([entry for entry, why in entries if why is None])
    found = [(entry, _Found(why=why) if why else finder.find(entry)) for entry, why in entries]
    messages = [_message(entry, each) for entry, each in found if each.order is None and each.loan is not None]
    ready = iter(prepare_many(world, messages))
    recorded, told, waiting = [], [], []
    for number, (entry, each) in enumerate(found, 1):
        progress(number, len(found))
        answer = next(ready) if each.order is None and each.loan is not None else None
        if isinstance(answer, Prepared) and answer.known is None:
            recorded.append(draft_of(answer, account))
        public = _said(entry, sheet.id) | _became(entry, each, answer)
        counts[public["status"]] += 1
        if public["status"] == kept.OPEN:
            waiting.append({"entry": entry.id, **public, "party": entry.party, "text": entry.text})
        told.append(Draft(kept.ENTRY, public.get("company"), entry.id, public, _private(entry)))
    return _Planned([*recorded, *told], counts, tuple(waiting))


def _new(world: World, sheet: Statement, counts: dict[str, int]) -> list[tuple[BankEntry, Refusal | None]]:
    """Entries that did not come in before, in an overlapping statement. The same bank reference with another amount is no
    repetition: it goes on under an id of its own, and waits for a person."""
    before = {
        str(event.ref): event for event in world.log.among(kept.ENTRY, "ref", {entry.id for entry in sheet.entries})
    }
    new: list[tuple[BankEntry, Refusal | None]] = []
    for entry in sheet.entries:
        if entry.id not in before:
            new.append((entry, None))
            continue
        other = _other(entry)
        if _same(before[entry.id].public, entry) or world.log.last(kept.ENTRY, ref=other.id) is not None:
            counts["known"] += 1
        else:
            new.append((other, Refusal("ENTRY_CHANGED", "同一银行流水号的另一笔已入账,内容却不同", "another entry of the same bank reference came in before, with other content")))  # fmt: skip
    return new


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


def _message(entry: BankEntry, found: _Found) -> dict[str, Any]:
    return {
        "message": entry.id, "loan": found.loan, "kind": found.kind, "value_day": entry.value_day, "amount_fen": entry.amount_fen,
        "counterparty": None, "reason": f"camt.053 {entry.reference}".strip(),
    }  # fmt: skip


def _became(entry: BankEntry, found: _Found, answer: Prepared | Refusal | None) -> dict[str, Any]:
    """What is kept of an entry: its order, the message that it became, or why it waits."""
    if found.order is not None:
        return {"status": kept.ORDERED, "order": found.order, "loan": found.loan, "company": found.company, "by": found.by}  # fmt: skip
    if answer is None:
        return {"status": kept.OPEN, "company": found.company, "why": _why(found.why)}
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
        self._status: dict[str, str] = {}

    def look_at(self, entries: Iterable[BankEntry]) -> None:
        """Serves every loan that an entry may mean, all at once; what is not looked at is served when it is asked for."""
        self._serve({own for entry in entries for own in self._meant(entry)[1]} - set(self._status))

    def find(self, entry: BankEntry) -> _Found:
        order = self._orders.get(entry.end_to_end)
        if order is not None:
            return self._of_order(entry, order)
        if entry.reversal:
            return _Found(why=Refusal("BANK_REVERSAL", "银行冲正:请核对原入账,必要时 kemiao loan reverse", "a reversal by the bank: look up what it takes back, and kemiao loan reverse"))  # fmt: skip
        if entry.amount_fen <= 0:
            return _Found(why=Refusal("NOT_ORDERED", "本行没有下达这笔付款", "we did not order this payment"))
        company, meant = self._meant(entry)
        if company is None and len(meant) > 1:
            return _Found(why=Refusal.at("SEVERAL_LOANS", "附言提到多笔贷款", "the text names several loans", loans=" ".join(meant)))  # fmt: skip
        if company is None and meant:
            return self._of_loan(meant[0], "reference")
        if company is None:
            return _Found(why=Refusal("NOBODY_KNOWN", "没有贷款编号,付款账户也不认识", "names no loan, and comes from an account that is not known"))  # fmt: skip
        owing = [own for own in meant if self._status_of(own) == "active"]
        if len(owing) == 1:
            return self._of_loan(owing[0], "account" if entry.party_account in self._accounts else "company")
        if not owing:
            return _Found(company=company, why=Refusal("NO_ACTIVE_LOAN", "该企业没有在还的贷款", "the company has no loan that is being repaid"))  # fmt: skip
        return _Found(company=company, why=Refusal.at("SEVERAL_LOANS", "该企业有多笔贷款,来款未写明哪一笔", "the company has several loans, and the payment does not say which", loans=" ".join(owing)))  # fmt: skip

    def loan(self, own: str) -> _Found | Refusal:
        if own not in self._company:
            return Refusal.at("NO_SUCH_LOAN", "没有这笔贷款", "there is no such loan", loan=own)
        return self._of_loan(own, "person")

    def _meant(self, entry: BankEntry) -> tuple[str | None, list[str]]:
        """None and the loans that it names; else the company that paid, and its loans; else None and nothing."""
        named = self._named([entry.end_to_end, *_SPLIT.split(entry.text)])
        if named:
            return None, named
        company = self._accounts.get(entry.party_account) or self._of_id(entry.party_id)
        return company, self._of_company.get(company, []) if company else []

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
        kind = "recover" if self._status_of(own) == "written_off" else "repay"
        return _Found(own, self._company[own], kind, by=by)

    def _of_order(self, entry: BankEntry, order: Mapping[str, Any]) -> _Found:
        if entry.amount_fen == -order["amount_fen"] and not entry.reversal:
            return _Found(order["loan"], order["company"], order=entry.end_to_end, by="reference")
        if entry.amount_fen > 0:
            why = Refusal.at("ORDER_CAME_BACK", "付款被退回:请核对收款人,必要时 kemiao loan reverse", "a payment came back: look at the payee, and kemiao loan reverse", order=entry.end_to_end)  # fmt: skip
        else:
            why = Refusal.at("OTHER_AMOUNT", "扣款金额与付款指令不同", "what was taken is not what was ordered", order=entry.end_to_end)  # fmt: skip
        return _Found(company=order["company"], why=why)

    def _status_of(self, own: str) -> str:
        if own not in self._status:
            self._serve([own])
        return self._status[own]

    def _serve(self, owns: Collection[str]) -> None:
        """Loans as they stand today, in one serving."""
        if owns:
            table = states_of(self._world, owns)
            self._status |= dict(zip(table["loan"].to_pylist(), table["status"].to_pylist(), strict=True))


def unmatched(world: World) -> list[dict[str, Any]]:
    """Entries that wait, with what the bank said of them."""
    open_ones = [event for event in kept.entries(world).values() if event.public["status"] == kept.OPEN]
    private = world.log.privates(open_ones)
    return [
        {"entry": event.ref, **event.public, **(said or {})} for event, said in zip(open_ones, private, strict=True)
    ]


def match(world: World, entry: str, loan: str | None, reason: str | None, account: Account) -> dict[str, Any] | Refusal:
    """A person says which loan an entry repays, or, without a loan, why it concerns none."""
    refused = unfit_maker(world, account, "payments_match")
    if refused is not None:
        return refused
    event = kept.entries(world).get(entry)
    if event is None:
        return Refusal.at("NO_SUCH_ENTRY", "没有这笔银行流水", "there is no such bank entry", entry=entry)
    public = dict(event.public)
    if public["status"] != kept.OPEN:
        return Refusal.at("ENTRY_SETTLED", f"该流水已处理({public['status']})", f"the entry is dealt with ({public['status']})", entry=entry)  # fmt: skip
    said: dict[str, Any] = {"matched_by": account.account, "reason": reason}
    public.pop("why", None)
    company = event.subject
    bound = {"entry": entry, "loan": loan, "reason": reason, **({"company": company} if company else {})}
    amount = min(abs(int(public["amount_fen"])), FEN_MAX)
    may: Clearance | None = None
    if loan is None:
        dismissal = clear(world, account, "payments_match", amount, bound)
        if isinstance(dismissal, Refusal):
            return dismissal
        may = dismissal
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
        ready = prepare(world, message)
        if isinstance(ready, Refusal):
            return ready
        cleared = clear(world, account, "payments_match", amount, bound) if ready.known is None else None
        answer = cleared if isinstance(cleared, Refusal) else record(world, account, message, cleared)
        if isinstance(answer, Refusal):
            return answer
        company = known.company
        public |= {"status": kept.BOOKED, "loan": loan, "company": company, "message": entry, "by": "person", **said}
    with world.log.write() as tx:
        now = kept.entries(world)[entry]
        if now.public["status"] != kept.OPEN:  # two persons at once
            return Refusal.at("ENTRY_SETTLED", "该流水刚刚已处理", "the entry was just dealt with", entry=entry)
        if may is not None:
            may.use(tx)
        tx.append(kept.ENTRY, company, entry, public, world.log.private(event))
    return {"entry": entry, **public}
