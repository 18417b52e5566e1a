"""Whose key is whose: from the genesis and the changes of keys that the file carries."""

from __future__ import annotations

import re
from typing import Any

from kemiao_verify.canonical import digest
from kemiao_verify.entry import is_participant
from kemiao_verify.outcome import NotProved, malformed
from kemiao_verify.signatures import LENGTHS, holds, is_public, key_id

_PURPOSES = ("keys", "consent", "entries", "node")


class Key:
    """added, retired: places in the chain; the genesis is 0."""

    def __init__(self, card: dict[str, Any], added: int) -> None:
        self.suite, self.public = card["suite"], bytes.fromhex(card["public"])
        self.purposes = card["purposes"]
        self.added = added
        self.retired: int | None = None
        self.distrusted_from: int | None = None

    def signs_entry(self, place: int) -> bool:
        """The entry that retires a key may be signed by that very key."""
        return self.added < place and (self.retired is None or place <= self.retired)

    def signs_head(self, size: int) -> bool:
        """Up to the head whose last entry retires the key."""
        return self.added < size and (self.retired is None or size <= self.retired + 1)


class Keys:
    def __init__(self, genesis: Any) -> None:
        self._cards: dict[str, dict[str, Any]] = {}
        self._keys: dict[str, dict[str, Key]] = {}
        if not isinstance(genesis, dict) or not isinstance(genesis.get("cards"), list):
            raise malformed("genesis")
        for card in genesis["cards"]:
            if not _is_card(card) or card["id"] in self._cards:
                raise malformed("genesis")
            own: dict[str, Key] = {}
            for key in card["keys"]:
                _check_card_of_key(key, "genesis")
                if key["key"] in own:
                    raise malformed("genesis")
                own[key["key"]] = Key(key, 0)
            self._cards[card["id"]], self._keys[card["id"]] = card, own

    def check(self, opened: dict[str, Any], entry_id: str, purpose: str, *, count_distrust: bool = True) -> None:
        """Raises NotProved unless the entry is signed by a key that its author had at this place, for this purpose."""
        entry, place = opened["entry"], opened["index"]
        where = {"participant": entry["author"], "key": entry["key"]}
        key = self._keys.get(entry["author"], {}).get(entry["key"])
        if key is None or key.added >= place:
            raise NotProved(
                "KEY_NOT_FROM_GENESIS",
                "这把密钥不能从创世记录推出",
                "the key does not follow from the genesis",
                **where,
            )
        if not key.signs_entry(place):
            raise NotProved("KEY_RETIRED", "密钥已停用", "the key is retired", **where)
        if purpose not in key.purposes:
            raise NotProved(
                "KEY_NOT_FOR_THIS",
                f"这把密钥的用途不含 {purpose}",
                f"the key is not for the purpose {purpose}",
                **where,
            )
        if count_distrust and key.distrusted_from is not None and opened["at"] >= key.distrusted_from:
            raise NotProved(
                "KEY_DISTRUSTED",
                "密钥当时已失信,其签名不算数",
                "the key was distrusted by then: what it signed does not count",
                **where,
            )
        message = b"kemiao/signature/entry\0" + bytes.fromhex(entry_id)
        if not holds(key.suite, key.public, message, bytes.fromhex(opened["signature"])):
            raise NotProved("BAD_SIGNATURE", "签名不对", "the signature does not hold", entry=entry_id)

    def change(self, opened: dict[str, Any], entry_id: str) -> None:
        """Takes a key.rotate entry. A key that is distrusted from some time on may still have signed it before that was said."""
        entry = opened["entry"]
        body = entry["body"]
        if entry["kind"] != "key.rotate" or body.keys() != {"add", "distrusted_from", "retire"}:
            raise malformed("keys")
        self.check(opened, entry_id, "keys", count_distrust=False)
        own = self._keys[entry["author"]]
        if body["retire"] is not None:
            old = own.get(body["retire"]) if isinstance(body["retire"], str) else None
            if old is None or not (body["distrusted_from"] is None or type(body["distrusted_from"]) is int):
                raise malformed("keys")
            old.retired = opened["index"] if old.retired is None else old.retired
            old.distrusted_from = body["distrusted_from"]
        if body["add"] is not None:
            if not isinstance(body["add"], dict):
                raise malformed("keys")
            card = dict(body["add"])
            proof = card.pop("proof", None)
            _check_card_of_key(card, "keys")
            if card["key"] in own:
                raise malformed("keys")
            said = digest("key_added", {"chain": entry["chain"], "participant": entry["author"], "key": card})
            message = b"kemiao/signature/possession\0" + bytes.fromhex(said)
            if not (isinstance(proof, str) and re.fullmatch(r"[0-9a-f]{128}", proof)):
                raise malformed("keys")
            if not holds(card["suite"], bytes.fromhex(card["public"]), message, bytes.fromhex(proof)):
                raise malformed("keys")
            own[card["key"]] = Key(card, opened["index"])

    def nodes(self, size: int) -> dict[str, tuple[str, Key]]:
        """Keys that may sign a head of this size: key id → (participant, key)."""
        return {
            name: (participant, key)
            for participant, own in self._keys.items()
            for name, key in own.items()
            if "node" in key.purposes and key.signs_head(size)
        }

    def who(self, participant: str, key: str) -> dict[str, Any]:
        card = self._cards[participant]
        return {
            "participant": participant,
            "name": card["name"],
            "roles": card["roles"],
            "key": key,
            "suite": self._keys[participant][key].suite,
        }


def _is_card(card: object) -> bool:
    return (
        isinstance(card, dict)
        and is_participant(card.get("id"))
        and isinstance(card.get("name"), str)
        and isinstance(card.get("roles"), list)
        and all(isinstance(role, str) for role in card["roles"])
        and isinstance(card.get("keys"), list)
    )


def _check_card_of_key(card: object, part: str) -> None:
    if not isinstance(card, dict) or card.keys() != {"key", "suite", "public", "purposes"}:
        raise malformed(part)
    suite, public, purposes = card["suite"], card["public"], card["purposes"]
    fits = (
        isinstance(suite, str)
        and suite in LENGTHS
        and isinstance(public, str)
        and re.fullmatch(r"[0-9a-f]*", public) is not None
        and len(public) == 2 * LENGTHS[suite]
        and isinstance(purposes, list)
        and len(purposes) > 0
        and all(isinstance(purpose, str) and purpose in _PURPOSES for purpose in purposes)
        and purposes == sorted(set(purposes))
        and ("node" not in purposes or purposes == ["node"])
    )
    if not fits or not is_public(suite, bytes.fromhex(public)) or card["key"] != key_id(suite, bytes.fromhex(public)):
        raise malformed(part)
