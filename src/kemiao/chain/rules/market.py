"""The market's calls: bids are committed, then revealed, each in its time by the chain's clock; then the operator names a result
under the very root that the chain computes over all commitments.

A bid that is committed but not revealed bars its author from the operator's next calls, and so does one that is withdrawn while
others reveal, or after the result, and one that the result names void: each is a way to choose among lotteries once the others'
bids are known. Calls of one operator follow each other. The state is described in calls.py.
"""

from __future__ import annotations

from typing import Any

from kemiao.base.china_time import when
from kemiao.base.refusal import Refusal
from kemiao.chain.entry import Signed
from kemiao.chain.rules import bodies as form
from kemiao.chain.rules.calls import (
    DAY_MS,
    Bid,
    Call,
    barred_until,
    bid_place,
    call_of,
    call_place,
    call_root,
    commitment_of,
    commitment_place,
    found_bid,
    is_trusted,
    newest_call,
    phase,
    takes_part,
)
from kemiao.chain.rules.state import Effects, State

OPERATORS = frozenset(("bank", "operator"))
AUDITORS = frozenset(("auditor", "regulator"))
BIDS_EACH = 32  # of one participant in one call: a bid may hold thousands of rows
COMMIT_MS = 366 * DAY_MS
REVEAL_MS = (
    30 * DAY_MS
)  # a node keeps parcels for 90 days by default: the first to be revealed is still there at the clearing
CALLS_BARRED = 1000
VOID_LISTED = 256
# Points of small order of Curve25519 and their other spellings (RFC 7748, section 6.1): nothing can be sealed for them.
_PRIME = 2**255 - 19
_SMALL_ORDER = frozenset((
    0, 1, _PRIME - 1,
    325606250916557431795983626356110631294008115727848805560023387167927233504,
    39382357235489614581723060781553021112529911719440698176882885853963445705823,
))  # fmt: skip


def _is_sealing_key(value: object) -> bool:
    if not form.DIGEST(value):
        return False
    point = int.from_bytes(bytes.fromhex(str(value)), "little")
    return point < _PRIME and point not in _SMALL_ORDER


def _are_parcels(value: object) -> bool:
    return isinstance(value, dict) and len(value) == 2 and all(map(form.DIGEST, value.values()))


_INSTANT = form.number(0)
_SEALING = {"public": _is_sealing_key}
_OPEN = {
    "auditor": form.PARTICIPANT, "commit_until": _INSTANT, "reveal_until": _INSTANT,
    "barred_calls": form.number(0, CALLS_BARRED), "withdrawn_calls": form.number(0, CALLS_BARRED), "policy": form.DIGEST,
}  # fmt: skip
_COMMIT = {"call": form.DIGEST}
_REVEAL = {"call": form.DIGEST, "bid": form.DIGEST, "parcels": _are_parcels}
_STANDING = {"standing": form.is_flag}
_WITHDRAW = {"bid": form.DIGEST}
_RESULT = {
    "call": form.DIGEST, "root": form.DIGEST, "bids": form.number(0), "seed": form.DIGEST, "result": form.DIGEST,
    "published": form.DIGEST, "sheets": form.DIGEST, "void": form.many(form.DIGEST, VOID_LISTED, 0),
    "cleared": form.one_of("stable", "best"),
}  # fmt: skip


def sealing_key(state: State, signed: Signed, at: int) -> Effects | Refusal:
    """The key that others seal parcels for the author with, in the place of an earlier one. body: {"public": X25519, 64 hex}.

    State: sealing/<participant> → {public, key, at, entry}.
    """
    entry = signed.entry
    refused = form.faulty(entry, _SEALING)
    if refused is not None:
        return refused
    value = {"public": (entry.body or {})["public"], "key": entry.key, "at": at, "entry": signed.id}
    return Effects({f"sealing/{entry.author}": value})


def open_call(state: State, signed: Signed, at: int) -> Effects | Refusal:
    """By whoever runs the market. The sealing keys of its operator and its auditor are those of this moment: a later change of
    keys moves no bid out of their sight."""
    entry, body = signed.entry, signed.entry.body or {}
    refused = form.faulty(entry, _OPEN)
    if refused is not None:
        return refused
    if not _has_role(state, entry.author, OPERATORS):
        return Refusal.at("ROLE_MAY_NOT_OPEN", "只有银行或平台运营方可以开市", "only a bank or an operator opens a call", participant=entry.author)  # fmt: skip
    if body["auditor"] == entry.author or not _has_role(state, body["auditor"], AUDITORS):
        return Refusal.at("NOT_AN_AUDITOR", "审计方须是另一个角色为审计或监管的参与方", "the auditor must be another participant that is an auditor or a regulator", auditor=body["auditor"])  # fmt: skip
    if not (at < body["commit_until"] <= at + COMMIT_MS):
        return _out_of_range("commit_until", body["commit_until"])
    if not (body["commit_until"] < body["reveal_until"] <= body["commit_until"] + REVEAL_MS):
        return _out_of_range("reveal_until", body["reveal_until"])
    sealing: dict[str, str] = {}
    for participant in (entry.author, body["auditor"]):
        known = state.get(f"sealing/{participant}")
        if known is None or not is_trusted(state, participant, known):
            return Refusal.at("NO_SEALING_KEY", "该参与方没有(可信的)封存密钥:kemiao participant sealing-key", "the participant has no sealing key that is trusted: kemiao participant sealing-key", participant=participant)  # fmt: skip
        sealing[participant] = known["public"]
    before = newest_call(state, entry.author)
    last = None if before is None else call_of(state, before)
    if last is not None and at < last["reveal_until"] and is_trusted(state, entry.author, last):
        return Refusal.at("CALL_STILL_OPEN", "上一次撮合尚未截止", "the call before it is still open", call=before)
    number = 1 + (state.get(f"calls/{entry.author}") or 0)
    value = {
        "by": entry.author, "key": entry.key, "at": at, "number": number, "auditor": body["auditor"], "sealing": sealing,
        **{name: body[name] for name in ("commit_until", "reveal_until", "barred_calls", "withdrawn_calls", "policy")},
        "bids": 0, "result": None,
    }  # fmt: skip
    return Effects({f"call/{signed.id}": value, f"calls/{entry.author}": number, call_place(entry.author, number): signed.id})  # fmt: skip


def commit(state: State, signed: Signed, at: int) -> Effects | Refusal:
    """A sealed bid's commitment, once of the same author. Another's copy of it is of no use, since a bid names its bidder; if the first to
    come were alone in having it, whoever sees a commitment on its way could keep its author out."""
    entry = signed.entry
    refused = form.faulty(entry, _COMMIT)
    if refused is not None:
        return refused
    if entry.commitment is None:
        return _no_commitment()
    own = str((entry.body or {})["call"])
    call = _known(state, own)
    if isinstance(call, Refusal):
        return call
    if at >= call["commit_until"]:
        return Refusal.at("TOO_LATE", f"提交承诺的时间已过({when(call['commit_until'])})", f"the time to commit was over at {when(call['commit_until'])}", call=own)  # fmt: skip
    if commitment_of(state, entry.author, entry.commitment) is not None:
        return Refusal.at("COMMITTED_ALREADY", "这份承诺已经提交过", "the commitment was made already", call=own)
    barred = barred_until(state, call["by"], entry.author, at)
    mine = state.get(f"bidder/{own}/{entry.author}") or []
    if call["number"] < barred:
        return Refusal.at("BARRED", f"该参与方未揭示或撤回过报价,第 {barred} 次起方可参加", f"the participant did not reveal a bid or took one back: it is kept out until call {barred}", participant=entry.author, call=own)  # fmt: skip
    if len(mine) >= BIDS_EACH:
        return Refusal.at("TOO_MANY_BIDS", f"每个参与方每次最多 {BIDS_EACH} 份报价", f"no more than {BIDS_EACH} bids of one participant in a call", call=own)  # fmt: skip
    place = call["bids"]
    bid = {
        "bid": signed.id, "by": entry.author, "key": entry.key, "at": at, "commitment": entry.commitment, "revealed": None,
        "withdrawn": None, "stood_down": None,
    }  # fmt: skip
    return Effects({
        f"call/{own}": {**call, "bids": place + 1}, bid_place(own, place): bid, f"bid/{signed.id}": {"call": own, "place": place},
        f"bidder/{own}/{entry.author}": [*mine, place], commitment_place(entry.author, entry.commitment): signed.id,
        f"barred/{call['by']}/{entry.author}": {"until": barred, "last": own},
    })  # fmt: skip


def reveal(state: State, signed: Signed, at: int) -> Effects | Refusal:
    """The commitment again, and the digests of the parcels that open it to the call's operator and auditor, and to nobody else.
    standing: the bid takes part in the next calls, too."""
    entry, body = signed.entry, signed.entry.body or {}
    refused = form.faulty(entry, _REVEAL, _STANDING)
    if refused is not None:
        return refused
    found = _own(state, signed)
    if isinstance(found, Refusal):
        return found
    own, place, call, bid = found
    if not is_trusted(state, call["by"], call):
        return _distrusted(own)
    if body["call"] != own:
        return Refusal.at("OTHER_CALL", "这份报价属于另一次撮合", "the bid belongs to another call", bid=body["bid"])
    if entry.commitment != bid["commitment"]:
        return Refusal.at("OTHER_BID", "揭示的与承诺的不是同一份报价", "what is revealed is not what was committed", bid=body["bid"])  # fmt: skip
    if at < call["commit_until"]:
        return Refusal.at("TOO_EARLY", f"承诺截止({when(call['commit_until'])})前不得揭示", f"nothing is revealed before commitments end, at {when(call['commit_until'])}", call=own)  # fmt: skip
    if at >= call["reveal_until"]:
        return Refusal.at("TOO_LATE", f"揭示的时间已过({when(call['reveal_until'])})", f"the time to reveal was over at {when(call['reveal_until'])}", call=own)  # fmt: skip
    if bid["withdrawn"] is not None:
        return _withdrawn_already(body["bid"])
    if bid["revealed"] is not None:
        return Refusal.at("REVEALED_ALREADY", "这份报价已经揭示过", "the bid was revealed already", bid=body["bid"])
    if body["parcels"].keys() != call["sealing"].keys():
        return Refusal.at("OTHER_ADDRESSEES", "密封内容须给运营方和审计方各一份", "there must be a parcel for the operator and one for the auditor, and no other", call=own)  # fmt: skip
    revealed = {**_act(signed, at), "parcels": body["parcels"], "standing": body.get("standing", False)}
    return Effects({bid_place(own, place): {**bid, "revealed": revealed}})


def withdraw(state: State, signed: Signed, at: int) -> Effects | Refusal:
    """By its author. While commitments are taken it is as if there had been no bid; while they are revealed it bars as if there had
    been no reveal; from then until the result the bid is bound, and after the result it bars. standing true: only what it would do
    in later calls ends, and nobody is barred for that."""
    entry, body = signed.entry, signed.entry.body or {}
    refused = form.faulty(entry, _WITHDRAW, _STANDING)
    if refused is not None:
        return refused
    found = _own(state, signed)
    if isinstance(found, Refusal):
        return found
    own, place, call, bid = found
    if bid["withdrawn"] is not None:
        return _withdrawn_already(body["bid"])
    if body.get("standing", False):
        if bid["revealed"] is None or not bid["revealed"]["standing"]:
            return Refusal.at("NOT_STANDING", "这份报价只参加本次撮合", "the bid takes part in its own call only", bid=body["bid"])  # fmt: skip
        if bid["stood_down"] is not None:
            return _withdrawn_already(body["bid"])
        return Effects({bid_place(own, place): {**bid, "stood_down": _act(signed, at)}})
    now = phase(call, at) if is_trusted(state, call["by"], call) else "lapsed"
    if now == "clearing":
        return Refusal.at("BEING_CLEARED", "揭示已截止,结果公布前报价不得撤回", "reveals have ended: no bid is taken back before the result", call=own)  # fmt: skip
    puts: dict[str, Any] = {bid_place(own, place): {**bid, "withdrawn": _act(signed, at)}}
    if now == "cleared":
        puts |= _barred(state, call, bid, call["withdrawn_calls"])
    return Effects(puts)


def result(state: State, signed: Signed, at: int) -> Effects | Refusal:
    """By the operator, once. root: of all bids of the call (calls.call_root), which the chain computes itself. void: revealed bids
    that could not be used, as many as are listed; the result itself has all and why. They bar their authors as if they had not
    been revealed. That they were of no use is the operator's word: the auditor, who has parcels of its own, can tell."""
    entry, body = signed.entry, signed.entry.body or {}
    refused = form.faulty(entry, _RESULT)
    if refused is not None:
        return refused
    own = str(body["call"])
    call = _known(state, own)
    if isinstance(call, Refusal):
        return call
    if call["by"] != entry.author:
        return Refusal.at("NOT_THE_OPERATOR", "只有运营方可以公布结果", "only the operator names the result", call=own)
    now = phase(call, at)
    if now != "clearing":
        code, zh, en = _NOT_NOW[now]
        return Refusal.at(code, zh, en, call=own)
    if body["bids"] != call["bids"]:
        return Refusal.at("OTHER_COUNT", f"本次撮合有 {call['bids']} 份报价", f"there are {call['bids']} bids in the call", call=own)  # fmt: skip
    root = call_root(state, own)
    if body["root"] != root:
        return Refusal.at("OTHER_ROOT", "树根与链上的报价不符:没有一份报价可以略去", "the root is not that of the bids on the chain: no bid can be left out", call=own, root=root)  # fmt: skip
    said = {name: body[name] for name in body if name not in ("call", "bids")}
    puts: dict[str, Any] = {f"call/{own}": {**call, "result": {"by": entry.author, **_act(signed, at), **said}}}
    for void in body["void"]:
        found = found_bid(state, void)
        if found is None or found[0] != own:
            return _no_such_bid(void)
        if not takes_part(call, found[2]):
            return Refusal.at("NOT_REVEALED", "未揭示或已撤回的报价不必列为作废", "a bid that was not revealed, or was taken back, is not named void", bid=void)  # fmt: skip
        puts |= _barred(state, call, found[2], call["barred_calls"])
    return Effects(puts)


_NOT_NOW = {
    "commit": ("TOO_EARLY", "承诺和揭示尚未截止", "commitments and reveals have not ended"),
    "reveal": ("TOO_EARLY", "揭示尚未截止", "reveals have not ended"),
    "lapsed": ("CALL_LAPSED", "揭示截止七天内没有结果,本次撮合已失效", "there was no result within seven days of the last reveal: the call has lapsed"),
    "cleared": ("CLEARED_ALREADY", "结果已公布", "the result was named already"),
}  # fmt: skip


def _known(state: State, own: str) -> Call | Refusal:
    """A call that its operator opened, with a key that is trusted."""
    call = call_of(state, own)
    if call is None:
        return _no_such_call(own)
    return call if is_trusted(state, call["by"], call) else _distrusted(own)


def _own(state: State, signed: Signed) -> tuple[str, int, Call, Bid] | Refusal:
    """The author's own bid, named in the body: its call's id, its place, the call, the bid."""
    named = str((signed.entry.body or {})["bid"])
    found = found_bid(state, named)
    if found is None:
        return _no_such_bid(named)
    own, place, bid = found
    if bid["by"] != signed.entry.author:
        return Refusal.at("NOT_THE_BIDDER", "这份报价是别人的", "the bid is another's", bid=named)
    call = call_of(state, own)
    return _no_such_call(own) if call is None else (own, place, call, bid)


def _barred(state: State, call: Call, bid: Bid, calls: int) -> dict[str, Any]:
    """Keeps the author of a bid out of so many calls of the operator after those that are open now. Nobody for what a stolen key did."""
    if not calls or not is_trusted(state, bid["by"], bid):
        return {}
    place = f"barred/{call['by']}/{bid['by']}"
    known = state.get(place) or {"until": 0, "last": None}
    until = 1 + (state.get(f"calls/{call['by']}") or 0) + calls
    return {place: {**known, "until": max(until, known["until"])}}


def _has_role(state: State, participant: str, roles: frozenset[str]) -> bool:
    known = state.get(f"participant/{participant}")
    return known is not None and known["suspended"] is None and not roles.isdisjoint(known["roles"])


def _act(signed: Signed, at: int) -> dict[str, Any]:
    return {"key": signed.entry.key, "at": at, "entry": signed.id}


def _no_commitment() -> Refusal:
    return Refusal("COMMITMENT_NEEDED", "条目须有报价的承诺", "the entry needs the bid's commitment")


def _no_such_call(own: str) -> Refusal:
    return Refusal.at("NO_SUCH_CALL", "没有这次撮合", "there is no such call", call=own)


def _distrusted(own: str) -> Refusal:
    return Refusal.at("CALL_DISTRUSTED", "开市所用的密钥已不可信", "the call was opened by a key that is no longer trusted", call=own)  # fmt: skip


def _no_such_bid(bid: str) -> Refusal:
    return Refusal.at("NO_SUCH_BID", "没有这份报价", "there is no such bid", bid=bid)


def _withdrawn_already(bid: str) -> Refusal:
    return Refusal.at("WITHDRAWN_ALREADY", "这份报价已撤回", "the bid was withdrawn already", bid=bid)


def _out_of_range(field: str, value: int) -> Refusal:
    return Refusal.at("TIME_OUT_OF_RANGE", "承诺须在将来 366 天内截止,揭示在其后 30 天内截止", "commitments end within 366 days from now, reveals within 30 days after them", field=field, value=value)  # fmt: skip
