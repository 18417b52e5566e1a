"""Who may sign what, and how keys come and go. There is no super-user: nobody changes another's keys or suspends another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kemiao.base.digest import digest
from kemiao.base.refusal import Refusal
from kemiao.chain.entry import Entry, Signed
from kemiao.chain.genesis import KEYS, check_key, key_in_state, not_proved, possession, proves
from kemiao.chain.rules.bodies import malformed
from kemiao.chain.rules.state import Effects, State

KEYS_EVER = 1024  # of one participant, retired ones too: its state is read at each of its entries


def may_sign(state: State, entry: Entry, purpose: str, at: int) -> Refusal | None:
    """Whether the entry's key may sign for its author, for this purpose, at this time (milliseconds since 1970, UTC)."""
    author = state.get(f"participant/{entry.author}")
    if author is None:
        return Refusal.at(
            "NO_SUCH_PARTICIPANT", "没有这个参与方", "there is no such participant", participant=entry.author
        )
    if author["suspended"] is not None and purpose != "keys":
        return Refusal.at(
            "SUSPENDED",
            "该参与方已暂停;恢复:kemiao participant suspend --resume",
            "the participant is suspended; to come back: kemiao participant suspend --resume",
            participant=entry.author,
        )
    key = author["keys"].get(entry.key)
    if key is None:
        return Refusal.at(
            "FOREIGN_KEY",
            "密钥不属于条目的作者",
            "the key is not the author's",
            participant=entry.author,
            key=entry.key,
        )
    if key["until"] is not None:
        return Refusal.at("KEY_RETIRED", "密钥已停用", "the key is retired", participant=entry.author, key=entry.key)
    if purpose not in key["purposes"]:
        return Refusal.at(
            "KEY_NOT_FOR_THIS",
            f"这把密钥的用途不含 {purpose}",
            f"the key is not for the purpose {purpose}",
            participant=entry.author,
            key=entry.key,
        )
    return None


def public_key(state: State, participant: str, key: str) -> tuple[str, bytes] | None:
    """Suite and bytes of a key that the participant has or had."""
    found = _keys(state, participant).get(key)
    return None if found is None else (found["suite"], bytes.fromhex(found["public"]))


def distrusted(state: State, participant: str, key: str, at: int) -> bool:
    """Whether what this key signed and the chain accepted at `at` no longer counts, since the key was in wrong hands then."""
    found = _keys(state, participant).get(key)
    return found is not None and found["distrusted_from"] is not None and bool(at >= found["distrusted_from"])


def rotate(state: State, signed: Signed, at: int) -> Effects | Refusal:
    """body: {"retire": key id | null, "add": key card with "proof" | null, "distrusted_from": ms | null}. Old entries stay valid,
    but for those of the retired key from distrusted_from on. A key retired before may be distrusted later, and only from earlier."""
    entry = signed.entry
    body = entry.body or {}
    if not _is_rotation(body):
        return malformed("rotation")
    author = state.get(f"participant/{entry.author}")
    keys: dict[str, dict[str, Any]] = dict(author["keys"])  # type: ignore[index]  # may_sign has seen the author
    puts: dict[str, Any] = {}
    if body["retire"] is not None:
        retired = _retired(keys, body["retire"], body["distrusted_from"], at)
        if isinstance(retired, Refusal):
            return retired
        keys[body["retire"]] = retired
    if body["add"] is not None:
        added = _added(state, entry, body["add"])
        if isinstance(added, Refusal):
            return added
        keys[added["key"]] = key_in_state(added, at)
        puts[f"key/{added['key']}"] = entry.author
    current = [key for key in keys.values() if key["until"] is None]
    if not any("keys" in key["purposes"] for key in current):
        return Refusal.at(
            "LAST_KEY_FOR_KEYS",
            "至少要留一把用途为 keys 的密钥",
            "at least one key for the purpose keys must stay",
            participant=entry.author,
        )
    if len(current) > KEYS or len(keys) > KEYS_EVER:
        return Refusal.at(
            "TOO_MANY_KEYS",
            f"同时最多 {KEYS} 把密钥,累计最多 {KEYS_EVER} 把",
            f"no more than {KEYS} keys at one time and {KEYS_EVER} ever",
            participant=entry.author,
        )
    return Effects({**puts, f"participant/{entry.author}": {**author, "keys": keys}})  # type: ignore[dict-item]


def suspend(state: State, signed: Signed, at: int) -> Effects | Refusal:
    """body: {"suspended": bool}, with "participant" where another is meant, which one participant alone can't decide."""
    entry = signed.entry
    body = entry.body or {}
    if body.keys() - {"participant"} != {"suspended"} or type(body["suspended"]) is not bool:
        return malformed("suspended")
    if body.get("participant", entry.author) != entry.author:
        return Refusal.at(
            "NEEDS_A_VOTE",
            "参与方只能暂停自己;暂停他人须经表决",
            "a participant suspends nobody but itself; another's suspension needs a vote",
            participant=str(body["participant"])[:40],
        )
    author = state.get(f"participant/{entry.author}")
    if (author["suspended"] is not None) is body["suspended"]:  # type: ignore[index]
        already = ("已经暂停", "is suspended already") if body["suspended"] else ("没有暂停", "is not suspended")
        return Refusal.at(
            "NOTHING_TO_CHANGE", f"该参与方{already[0]}", f"the participant {already[1]}", participant=entry.author
        )
    return Effects({f"participant/{entry.author}": {**author, "suspended": at if body["suspended"] else None}})  # type: ignore[dict-item]


def added_key_bytes(chain: str, participant: str, key: Mapping[str, Any]) -> bytes:
    """What a new key signs to show that it is held. key: its card, without the proof."""
    return possession(digest("key_added", {"chain": chain, "participant": participant, "key": key}))


def _keys(state: State, participant: str) -> Mapping[str, Any]:
    found = state.get(f"participant/{participant}")
    return {} if found is None else found["keys"]


def _is_rotation(body: Mapping[str, Any]) -> bool:
    if body.keys() != {"retire", "add", "distrusted_from"}:
        return False
    retire, add, since = body["retire"], body["add"], body["distrusted_from"]
    return (
        (retire is None or isinstance(retire, str))
        and (add is None or (isinstance(add, dict) and "proof" in add))
        and (retire is not None or add is not None)
        and (since is None or (type(since) is int and since >= 0 and retire is not None))
    )


def _retired(keys: Mapping[str, Any], name: str, since: int | None, at: int) -> dict[str, Any] | Refusal:
    key = keys.get(name)
    if key is None:
        return Refusal.at("NO_SUCH_KEY", "没有这把密钥", "there is no such key", key=name[:40])
    before = key["distrusted_from"]
    if key["until"] is not None and (since is None or (before is not None and since >= before)):
        return Refusal.at("KEY_RETIRED", "密钥已停用", "the key is retired", key=name)
    if since is not None and since > at:
        return Refusal.at("DISTRUST_AHEAD", "失信起点不能晚于现在", "distrust can't begin later than now", key=name)
    return {**key, "until": at if key["until"] is None else key["until"], "distrusted_from": since}


def _added(state: State, entry: Entry, given: Mapping[str, Any]) -> dict[str, Any] | Refusal:
    key = {field: value for field, value in given.items() if field != "proof"}
    refused = check_key(key)
    if refused is not None:
        return refused
    if state.get(f"key/{key['key']}") is not None:
        return Refusal.at("KEY_IN_USE", "密钥已登记过", "the key is known already", key=key["key"])
    if not proves(key, added_key_bytes(entry.chain, entry.author, key), given["proof"]):
        return not_proved(key["key"])
    return key
