"""Contracts that two keys sign: a bank puts one before a company, the company signs it, or the bank takes it back before that.

The chain has the salted digest of the text, never the text: both sides hold that, and each can show that it is what was signed.

State: contract/<id> → {by, key, at, company, commitment, until, signed, withdrawn}, where signed and withdrawn are null or
{by, key, at, entry}; contracts/<company>/<id> and proposals/<participant>/<id> → at; proposed/<participant>/<commitment> → id.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from kemiao.base.refusal import Refusal
from kemiao.chain.entry import Signed
from kemiao.chain.rules import bodies as form
from kemiao.chain.rules.consents import not_the_company
from kemiao.chain.rules.participants import distrusted
from kemiao.chain.rules.state import Effects, State, day_of

DAYS_MAX = 366  # a proposal that nobody signs within a year is none
_PROPOSE = {"until": form.DAY}
_NAMED = {"contract": form.DIGEST}


@dataclass(frozen=True, slots=True)
class Contract:
    """word: proposed, signed, withdrawn, expired, distrusted. value: as the state has it."""

    id: str
    word: str
    value: Mapping[str, Any]


def seen(state: State, contract: str, day: str) -> Contract | None:
    """As it stands on a day. None where there is no such contract. A signature by a key in wrong hands is none."""
    value = state.get(f"contract/{contract}")
    if value is None:
        return None
    if distrusted(state, value["by"], value["key"], value["at"]):
        word = "distrusted"
    elif _counts(state, value["signed"]):
        word = "signed"
    elif _counts(state, value["withdrawn"]):
        word = "withdrawn"
    else:
        word = "expired" if value["until"] < day else "proposed"
    return Contract(contract, word, value)


def propose(state: State, signed: Signed, at: int) -> Effects | Refusal:
    """By whoever lends, about a company that has a key of its own here. body: {"until": the last day to sign it}."""
    entry = signed.entry
    refused = form.faulty(entry, _PROPOSE)
    if refused is not None:
        return refused
    if entry.commitment is None:
        return Refusal.at(
            "CONTRACT_NEEDED", "条目须有合同文本的加盐摘要", "the entry needs the salted digest of the contract"
        )
    if entry.subject is None or state.get(f"company/{entry.subject}") is None:
        return Refusal.at("NO_SUCH_COMPANY", "链上没有代表该企业的参与方", "nobody on the chain speaks for the company", company=entry.subject)  # fmt: skip
    if state.get(f"company/{entry.subject}") == entry.author:
        return Refusal.at("OWN_CONTRACT", "不能与自己签约", "nobody contracts with itself", company=entry.subject)
    until, day = (entry.body or {})["until"], day_of(at)
    if until < day or _days(day, until) > DAYS_MAX:
        return Refusal.at("UNTIL_OUT_OF_RANGE", f"签署期限须在 {day} 起 {DAYS_MAX} 天内", f"the last day to sign is within {DAYS_MAX} days of {day}", until=until)  # fmt: skip
    place = f"proposed/{entry.author}/{entry.commitment}"
    if state.get(place) is not None:
        return Refusal.at("PROPOSED_ALREADY", "这份合同已经提出过", "the contract was proposed already", contract=state.get(place))  # fmt: skip
    value = {
        "by": entry.author, "key": entry.key, "at": at, "company": entry.subject, "commitment": entry.commitment, "until": until,
        "signed": None, "withdrawn": None,
    }  # fmt: skip
    own = signed.id
    return Effects({
        f"contract/{own}": value, f"contracts/{entry.subject}/{own}": at, f"proposals/{entry.author}/{own}": at, place: own,
    })  # fmt: skip


def sign(state: State, signed: Signed, at: int) -> Effects | Refusal:
    """By the company, with the key of its consents. The commitment is said again: who signs has opened the very text."""
    entry = signed.entry
    open_ = _open(state, signed, at)
    if isinstance(open_, Refusal):
        return open_
    refused = not_the_company(state, open_.value["company"], entry.author)
    if refused is not None:
        return refused
    if entry.commitment != open_.value["commitment"]:
        return Refusal.at("OTHER_TEXT", "签署的文本与提出的不是同一份", "the text that is signed is not the one that was proposed", contract=open_.id)  # fmt: skip
    return Effects({f"contract/{open_.id}": {**open_.value, "signed": _act(signed, at)}})


def withdraw(state: State, signed: Signed, at: int) -> Effects | Refusal:
    """By whoever proposed it, before it is signed."""
    open_ = _open(state, signed, at)
    if isinstance(open_, Refusal):
        return open_
    if open_.value["by"] != signed.entry.author:
        return Refusal.at("NOT_THE_PROPOSER", "只有提出合同的一方可以撤回", "only who proposed the contract takes it back", contract=open_.id)  # fmt: skip
    return Effects({f"contract/{open_.id}": {**open_.value, "withdrawn": _act(signed, at)}})


def _open(state: State, signed: Signed, at: int) -> Contract | Refusal:
    """The contract of the body, which waits to be signed."""
    entry = signed.entry
    refused = form.faulty(entry, _NAMED)
    if refused is not None:
        return refused
    own = str((entry.body or {})["contract"])
    found = seen(state, own, day_of(at))
    if found is None:
        return Refusal.at("NO_SUCH_CONTRACT", "没有这份合同", "there is no such contract", contract=own)
    if entry.subject != found.value["company"]:
        return Refusal.at("OTHER_COMPANY", "条目写的是另一家企业", "the entry names another company", of=own)
    if found.word != "proposed":
        code, zh, en = _CLOSED[found.word]
        return Refusal.at(code, zh, en, contract=own)
    return found


_CLOSED = {
    "signed": ("SIGNED_ALREADY", "合同已签署", "the contract was signed already"),
    "withdrawn": ("CONTRACT_WITHDRAWN", "合同已撤回", "the contract was withdrawn"),
    "expired": ("CONTRACT_EXPIRED", "签署期限已过", "the last day to sign is over"),
    "distrusted": (
        "CONTRACT_DISTRUSTED", "提出合同所用的密钥已不可信", "it was proposed by a key that is no longer trusted",
    ),
}  # fmt: skip


def _days(first: str, last: str) -> int:
    return (date.fromisoformat(last) - date.fromisoformat(first)).days


def _counts(state: State, act: Mapping[str, Any] | None) -> bool:
    return act is not None and not distrusted(state, act["by"], act["key"], act["at"])


def _act(signed: Signed, at: int) -> dict[str, Any]:
    return {"by": signed.entry.author, "key": signed.entry.key, "at": at, "entry": signed.id}
