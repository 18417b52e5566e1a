"""Recording one message about a loan: the one way by which anything happens to it. The same message twice is one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from kemiao.bank.lending.clearance import Clearance
from kemiao.bank.lending.loan_store import MESSAGE, loan, message_draft, message_known
from kemiao.bank.lending.message_rules import unfit, with_day_of_reversed
from kemiao.bank.lending.people import Account
from kemiao.bank.world import World
from kemiao.base.digest import digest
from kemiao.base.refusal import Refusal
from kemiao.credit.servicing.columns import MESSAGES

_CONTENT = tuple(name for name in MESSAGES.names if name not in ("message", "seq", "received_on"))


@dataclass(frozen=True, slots=True)
class Recorded:
    """again: the very same message was there already, and nothing was appended. seq: of its event; None inside an imported chunk."""

    message: str
    loan: str
    company: str
    kind: str
    value_day: date
    seq: int | None
    again: bool

    def as_json(self) -> dict[str, Any]:
        return {
            "message": self.message, "loan": self.loan, "company": self.company, "kind": self.kind,
            "value_day": self.value_day.isoformat(), "again": self.again,
        }  # fmt: skip


def record(
    world: World, account: Account | None, row: Mapping[str, Any], clearance: Clearance | None = None
) -> Recorded | Refusal:
    """Appends one message, or says why not. row: as MESSAGES, without seq and received_on; what is not given is null.

    Without a `message` the id follows from the content, so that the same command twice is one message; who means a second one
    gives it an id of its own. account: who acts, None for the bank's machinery. clearance: is used up in the same transaction;
    may raise Refused APPROVAL_USED. Refuses NO_SUCH_LOAN, NO_SUCH_KIND, AMOUNT_NOT_POSITIVE, AMOUNT_TOO_LARGE, BEFORE_THE_LOAN,
    IN_THE_FUTURE, MORE_THAN_OWED, MORE_THAN_KEPT, MORE_THAN_AGREED, NOT_WRITTEN_OFF, NO_SUCH_MESSAGE, REVERSED_ALREADY,
    MESSAGE_ID_TAKEN and what message_rules says of a kind.
    """
    agreed = loan(world, str(row.get("loan")))
    if isinstance(agreed, Refusal):
        return agreed
    dated = with_day_of_reversed(world, row)
    if isinstance(dated, Refusal):
        return dated
    full = {name: dated.get(name) for name in MESSAGES.names if name not in ("seq", "received_on")}
    full["message"] = full["message"] or message_id(full)
    company = str(agreed["company"])
    known = _known(world, full, company)
    if known is not None:
        return known
    reason = unfit(world, agreed, full)
    if reason is not None:
        return reason
    draft = message_draft(company, full)
    with world.log.write() as tx:  # two commands at once: the second finds the first one's
        known = _known(world, full, company)
        if known is not None:
            return known
        if clearance is not None:
            clearance.use(tx)
        public = {**(draft.public or {}), **_who(account, clearance)}
        seq = tx.append(draft.kind, draft.subject, draft.ref, public)
    day: date = full["value_day"]
    return Recorded(str(full["message"]), str(full["loan"]), company, str(full["kind"]), day, seq, False)


def message_id(row: Mapping[str, Any]) -> str:
    """From what it says."""
    said = {name: _plain(row[name]) for name in _CONTENT if row.get(name) is not None}
    return "msg-" + digest("loan_message", said)[:20]


def _known(world: World, row: Mapping[str, Any], company: str) -> Recorded | Refusal | None:
    event = world.log.last(MESSAGE, ref=str(row["message"]))
    if event is None:
        if message_known(world, str(row["message"])):
            return _taken(row)
        return None
    same = all(event.public.get(name) == _plain(row.get(name)) for name in _CONTENT)
    if not same:
        return _taken(row)
    day = date.fromisoformat(event.public["value_day"])
    return Recorded(str(row["message"]), str(row["loan"]), company, str(row["kind"]), day, event.seq, True)


def _taken(row: Mapping[str, Any]) -> Refusal:
    return Refusal.at("MESSAGE_ID_TAKEN", "同一编号的报文已入账,内容却不同", "a message with this id was recorded with other content", message=row["message"])  # fmt: skip


def _who(account: Account | None, clearance: Clearance | None) -> dict[str, Any]:
    """Beside the message's columns, which readers take by name: who did it, who approved it."""
    if clearance is not None:
        return {name: value for name, value in clearance.public.items() if value is not None}
    return {} if account is None else {"by": account.account}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
