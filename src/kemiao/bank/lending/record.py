"""Recording one message about a loan: the one way by which anything happens to it. The same message twice is one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from kemiao.bank.event_log import Draft
from kemiao.bank.lending.clearance import Clearance
from kemiao.bank.lending.loan_store import MESSAGE, MESSAGE_CHUNK, loan, message_draft, message_known, messages
from kemiao.bank.lending.message_rules import unfit, with_day_of_reversed
from kemiao.bank.lending.people import Account
from kemiao.bank.world import World
from kemiao.base.digest import digest
from kemiao.base.refusal import Refusal, Refused
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
    MESSAGE_ID_TAKEN, MESSAGE_REVERSED (of the same content, taken back meanwhile) and what message_rules says of a kind.
    """
    made = record_together(world, account, [row], clearance)
    return made if isinstance(made, Refusal) else made[0]


def record_together(
    world: World, account: Account | None, rows: Sequence[Mapping[str, Any]], clearance: Clearance | None = None
) -> list[Recorded] | Refusal:
    """Several messages in one transaction, such as both sides of a renewal: all of them or none.

    Raises Refused where another message came in meanwhile, and after it this one may not be recorded.
    """
    heard = _newest(world)
    drafts: list[Prepared] = []
    for row in rows:
        ready = prepare(world, row)
        if isinstance(ready, Refusal):
            return ready
        drafts.append(ready)
    made: list[Recorded] = []
    with (
        world.log.write() as tx
    ):  # two commands at once: the second finds the first one's, and is judged by what that left
        if _newest(world) != heard:
            for ready in drafts:
                reason = unfit(world, ready.agreed, ready.row) if ready.known is None else None
                if reason is not None and known_as(world, ready.row, ready.company) is None:
                    raise Refused(reason)
        for ready in drafts:
            known = known_as(world, ready.row, ready.company)
            if isinstance(known, Refusal):
                raise Refused(known)
            if known is not None:
                made.append(known)
                continue
            if clearance is not None and not any(not each.again for each in made):
                clearance.use(tx)
            draft = draft_of(ready, account, clearance)
            seq = tx.append(draft.kind, draft.subject, draft.ref, draft.public)
            day: date = ready.row["value_day"]
            made.append(Recorded(str(draft.ref), str(ready.row["loan"]), ready.company, str(ready.row["kind"]), day, seq, False))  # fmt: skip
    return made


def _newest(world: World) -> tuple[int, ...]:
    """Of what was recorded about any loan, the last events."""
    last = (world.log.last(kind) for kind in (MESSAGE, MESSAGE_CHUNK))
    return tuple(event.seq if event is not None else 0 for event in last)


def draft_of(ready: Prepared, account: Account | None, clearance: Clearance | None = None) -> Draft:
    draft = message_draft(ready.company, ready.row)
    return replace(draft, public={**(draft.public or {}), **_who(account, clearance)})


@dataclass(frozen=True, slots=True)
class Prepared:
    """A message that may be recorded. agreed: its loan (LOANS). known: it was recorded already."""

    row: Mapping[str, Any]
    agreed: Mapping[str, Any]
    known: Recorded | None

    @property
    def company(self) -> str:
        return str(self.agreed["company"])

    @property
    def bound(self) -> dict[str, Any]:
        """What an approval of it is bound to."""
        return {
            "company": self.company,
            "loan": self.row["loan"],
            "message": self.row["message"],
            "content": _digest(self.row),
        }


def prepare(world: World, row: Mapping[str, Any]) -> Prepared | Refusal:
    """Everything that record does before it appends: so that nobody is asked to approve what can't be."""
    agreed = loan(world, str(row.get("loan")))
    if isinstance(agreed, Refusal):
        return agreed
    dated = with_day_of_reversed(world, row)
    if isinstance(dated, Refusal):
        return dated
    full: dict[str, Any] = {name: dated.get(name) for name in MESSAGES.names if name not in ("seq", "received_on")}
    full["message"] = full["message"] or message_id(full)
    known = known_as(world, full, str(agreed["company"]))
    if isinstance(known, Refusal):
        return known
    if known is None:
        reason = unfit(world, agreed, full)
        if reason is not None:
            return reason
    return Prepared(full, agreed, known)


def message_id(row: Mapping[str, Any]) -> str:
    """From what it says."""
    return "msg-" + _digest(row)[:20]


def _digest(row: Mapping[str, Any]) -> str:
    return digest("loan_message", {name: _plain(row[name]) for name in _CONTENT if row.get(name) is not None})


def known_as(world: World, row: Mapping[str, Any], company: str) -> Recorded | Refusal | None:
    event = world.log.last(MESSAGE, ref=str(row["message"]))
    if event is None and message_known(world, str(row["message"])):
        event = world.log.last(
            MESSAGE, ref=str(row["message"])
        )  # another recorded it this moment, or it is inside a chunk
        if event is None:
            return taken(row)
    if event is None:
        return None
    if not same_content(event.public, row):
        return taken(row)
    if row["kind"] != "reverse" and any(each["kind"] == "reverse" and each["word"] == row["message"] for each in messages(world, str(row["loan"])).to_pylist()):  # fmt: skip
        return Refusal.at("MESSAGE_REVERSED", "这条报文已冲正:要重新入账,请用 --message 给一个新的编号", "this message was reversed: to record it anew give it a new id by --message", message=row["message"], loan=row["loan"])  # fmt: skip
    day = date.fromisoformat(event.public["value_day"])
    return Recorded(str(row["message"]), str(row["loan"]), company, str(row["kind"]), day, event.seq, True)


def same_content(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return all(_plain(one.get(name)) == _plain(other.get(name)) for name in _CONTENT)


def taken(row: Mapping[str, Any]) -> Refusal:
    return Refusal.at("MESSAGE_ID_TAKEN", "同一编号的报文已入账,内容却不同", "a message with this id was recorded with other content", message=row["message"])  # fmt: skip


def _who(account: Account | None, clearance: Clearance | None) -> dict[str, Any]:
    """Beside the message's columns, which readers take by name: who did it, who approved it."""
    if clearance is not None:
        return {name: value for name, value in clearance.public.items() if value is not None}
    return {} if account is None else {"by": account.account}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
