"""Security rights over things and claims: registered, transferred, released, renewed. A second right over one thing is refused
or ranked, never silent. Searches are in rules/searches.py, near-duplicates in rules/suspicions.py.

State: see rules/rights.py; debtor/<company>/<right id> and holder/<participant>/<right id> → at (whoever ever held it).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kemiao.base.money import yuan_text
from kemiao.base.refusal import Refusal
from kemiao.chain.entry import Signed
from kemiao.chain.rules import bodies as form
from kemiao.chain.rules.registration import (
    FEN,
    REGISTER,
    encumbered,
    not_a_registrant,
    other_total,
    out_of_term,
    over_pledged,
    unfit,
)
from kemiao.chain.rules.rights import Seen, in_order, over, seen
from kemiao.chain.rules.searches import search
from kemiao.chain.rules.state import Effects, Note, State, day_of
from kemiao.chain.rules.suspicions import suspicions
from kemiao.law.priority import GROUNDS

__all__ = ["register", "release", "renew", "search", "transfer"]

KEPT = 64  # of one thing, with those that lapsed or were released; older ones stay under their own id
ACTS_MAX = 128  # of one right


def register(state: State, signed: Signed, at: int) -> Effects | Refusal:
    """Notes: RANK where others stand, SUSPICION for each near-duplicate."""
    entry, day = signed.entry, day_of(at)
    refused = form.faulty(entry, REGISTER) or not_a_registrant(state, entry.author)
    if refused is not None:
        return refused
    body = dict(entry.body or {})
    if entry.subject != body["debtor"]:
        return Refusal.at("SUBJECT_IS_THE_DEBTOR", "登记条目的对象应为债务人", "the entry's subject is to be the debtor", debtor=body["debtor"])  # fmt: skip
    refused = unfit(body, day) or out_of_term(body["until"], day)
    if refused is not None:
        return refused
    place = {"kind": body["asset"]["kind"], "id": body["asset"]["id"]}
    standing = over(state, place, body["debtor"], day)
    refused = other_total(standing, body["total_fen"]) or encumbered(body, standing) or over_pledged(body, standing)
    if refused is not None:
        return refused
    number = (state.get("rights") or 0) + 1
    value = {
        "place": place, "right": body["right"], "debtor": body["debtor"], "by": entry.author, "key": entry.key, "at": at,
        "number": number, "claim_fen": body["claim_fen"], "total_fen": body["total_fen"], "pledged_fen": body["pledged_fen"],
        "contract_on": body["contract_on"], "until": body["until"], "commitment": entry.commitment,
        "delivered_on": (body["purchase_money"] or {}).get("delivered_on"), "acts": [],
    }  # fmt: skip
    own = Seen(signed.id, "standing", entry.author, body["claim_fen"], body["pledged_fen"], body["until"], value)
    notes = _rank_notes([*standing, own], own, day)
    if isinstance(notes, Refusal):
        return notes
    kept, found = suspicions(state, own, body["asset"]["variants"], at)
    puts: dict[str, Any] = {
        f"right/{signed.id}": value, "rights": number, f"debtor/{body['debtor']}/{signed.id}": at,
        f"holder/{entry.author}/{signed.id}": at, f"asset/{place['kind']}/{place['id']}": _listed(state, f"asset/{place['kind']}/{place['id']}", own, standing), **kept,
    }  # fmt: skip
    if body["right"] == "floating":
        puts[f"floating/{body['debtor']}"] = _listed(state, f"floating/{body['debtor']}", own, standing)
    return Effects(puts, (*notes, *found))


def transfer(state: State, signed: Signed, at: int) -> Effects | Refusal:
    """Its rank goes with it. body: {"right", "to"}."""
    to = (signed.entry.body or {}).get("to")
    now = _held(state, signed, at, {"right": form.DIGEST, "to": form.PARTICIPANT})
    if isinstance(now, Refusal):
        return now
    participant = state.get(f"participant/{to}")
    if participant is None:
        return Refusal.at("NO_SUCH_PARTICIPANT", "没有这个参与方", "there is no such participant", participant=to)
    if participant["suspended"] is not None:
        return Refusal.at("SUSPENDED", "该参与方已暂停", "the participant is suspended", participant=to)
    if to == now.holder:
        return Refusal.at("HOLDER_ALREADY", "该参与方已是权利人", "the participant holds the right already", participant=to)  # fmt: skip
    refused = not_a_registrant(state, str(to))
    if refused is not None:
        return refused
    return Effects({**_acted(signed, now, at, {"act": "transfer", "to": to}), f"holder/{to}/{now.id}": at})


def release(state: State, signed: Signed, at: int) -> Effects | Refusal:
    """body: {"right", "amount_fen": of the pledged part of a receivable, else of the claim; null for all}."""
    amount = (signed.entry.body or {}).get("amount_fen")
    now = _held(state, signed, at, {"right": form.DIGEST, "amount_fen": form.nothing_or(FEN)})
    if isinstance(now, Refusal):
        return now
    left = now.claim_fen if now.value["total_fen"] is None else now.pledged_of_total_fen
    if amount is not None and amount > left:
        return Refusal.at("AMOUNT_ABOVE_WHAT_STANDS", f"只剩 {yuan_text(left)} 元可以解除", f"only {yuan_text(left)} yuan are left to be released", right=now.id)  # fmt: skip
    return Effects(_acted(signed, now, at, {"act": "release", "amount_fen": amount}))


def renew(state: State, signed: Signed, at: int) -> Effects | Refusal:
    """Before it lapses; the rank stays. body: {"right", "until"}."""
    until = (signed.entry.body or {}).get("until")
    now = _held(state, signed, at, {"right": form.DIGEST, "until": form.DAY})
    if isinstance(now, Refusal):
        return now
    if str(until) <= now.until:
        return Refusal.at("NOT_LATER", f"登记已到 {now.until},展期须给出更晚的到期日", f"it is registered until {now.until} already: give a later day", right=now.id)  # fmt: skip
    refused = out_of_term(str(until), day_of(at))
    return refused or Effects(_acted(signed, now, at, {"act": "renew", "until": until}))


def _rank_notes(rights: Sequence[Seen], own: Seen, day: str) -> list[Note] | Refusal:
    places = in_order(rights, day)
    if isinstance(places, Refusal):
        return places
    if len(rights) == 1:
        return []
    mine = next(place for place in places if place.right.id == own.id)
    ahead = [place.right.id for place in places if place.rank is not None and mine.rank is not None and place.rank < mine.rank]  # fmt: skip
    zh, en = GROUNDS[mine.ground]
    where = (("rank", str(mine.rank)), ("of", str(len(rights))), ("ground", mine.ground), ("behind", ",".join(ahead)), ("confidence", mine.confidence))  # fmt: skip
    return [Note("RANK", f"共 {len(rights)} 项权利,顺位第 {mine.rank}({zh})", f"ranks {mine.rank} of {len(rights)} ({en})", where)]  # fmt: skip


def _listed(state: State, key: str, own: Seen, standing: Sequence[Seen]) -> list[str]:
    """The ids under a key with the new one; of many, those that stand and the newest others."""
    before: list[str] = list(state.get(key) or ())
    stands = {each.id for each in standing}
    over_full = len(before) + 1 - KEPT
    dead = [each for each in before if each not in stands][: max(over_full, 0)]
    return [*(each for each in before if each not in dead), own.id]


def _held(state: State, signed: Signed, at: int, needed: Mapping[str, form.Check]) -> Seen | Refusal:
    """The right of the body, which stands and is the author's."""
    refused = form.faulty(signed.entry, needed)
    if refused is not None:
        return refused
    own = str((signed.entry.body or {})["right"])
    now = seen(state, own, day_of(at))
    if now is None:
        return Refusal.at("NO_SUCH_RIGHT", "没有这项权利", "there is no such right", right=own)
    if now.holder != signed.entry.author:
        return Refusal.at("NOT_THE_HOLDER", "只有权利人可以这样做", "only the holder may do this", right=own, holder=now.holder)  # fmt: skip
    if signed.entry.subject not in (None, now.value["debtor"]):
        return Refusal.at("SUBJECT_IS_THE_DEBTOR", "登记条目的对象应为债务人", "the entry's subject is to be the debtor", debtor=now.value["debtor"])  # fmt: skip
    if not now.stands:
        code, zh, en = _GONE[now.word]
        return Refusal.at(code, zh, en, right=own)
    if len(now.value["acts"]) >= ACTS_MAX:
        return Refusal.at("TOO_MANY_ACTS", f"一项权利最多变动 {ACTS_MAX} 次", f"a right changes {ACTS_MAX} times at most", right=own)  # fmt: skip
    return now


_GONE = {
    "released": ("ALREADY_RELEASED", "权利已解除", "the right was released"),
    "lapsed": ("EXPIRED", "登记已届满", "the registration has lapsed"),
    "distrusted": (
        "RIGHT_DISTRUSTED",
        "登记所用的密钥已不可信",
        "it was registered by a key that is no longer trusted",
    ),
}


def _acted(signed: Signed, now: Seen, at: int, act: Mapping[str, Any]) -> dict[str, Any]:
    full = {**act, "by": signed.entry.author, "key": signed.entry.key, "at": at, "entry": signed.id}
    return {f"right/{now.id}": {**now.value, "acts": [*now.value["acts"], full]}}
