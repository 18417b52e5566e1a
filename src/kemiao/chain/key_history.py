"""Which keys a participant had at which place of the chain, from the genesis and its key.rotate entries alone, without a state.

What a stranger with a proof file can know: that a key was there, and every end of it that the file shows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from kemiao.base.refusal import Refusal
from kemiao.base.signing import verify
from kemiao.chain.checkpoint import NodeKey
from kemiao.chain.entry import Entry, Signed, is_participant_id, signed_bytes
from kemiao.chain.genesis import check_key, proves
from kemiao.chain.rules.participants import added_key_bytes


@dataclass(frozen=True, slots=True)
class HeldKey:
    """added, retired: places in the chain (the genesis is 0). distrusted_from: milliseconds since 1970, UTC."""

    suite: str
    public: bytes
    purposes: tuple[str, ...]
    added: int
    retired: int | None = None
    distrusted_from: int | None = None

    def signs(self, index: int) -> bool:
        """Whether it may sign the entry at this place: the one that ends it, it may."""
        return self.added < index and (self.retired is None or index <= self.retired)

    def signs_head(self, size: int) -> bool:
        """The head over the entry that ends it is the last one: the node learns of its new key with that entry."""
        return self.added < size and (self.retired is None or size - 1 <= self.retired)


@dataclass
class KeyHistory:
    names: dict[str, tuple[str, tuple[str, ...]]] = field(default_factory=dict)
    keys: dict[str, dict[str, HeldKey]] = field(default_factory=dict)

    @classmethod
    def of(cls, genesis: Any) -> KeyHistory | Refusal:
        """genesis: what a digest vouches for and nobody else; only what is used here is looked at."""
        made = cls()
        if not isinstance(genesis, dict) or not isinstance(genesis.get("cards"), list):
            return _malformed()
        for card in genesis["cards"]:
            if not _is_card(card) or card["id"] in made.keys:
                return _malformed()
            made.names[card["id"]] = (card["name"], tuple(card["roles"]))
            held = made.keys[card["id"]] = {}
            for key in card["keys"]:
                if check_key(key) is not None or key["key"] in held:
                    return _malformed()
                held[key["key"]] = _held(key, 0)
        return made

    def signer(self, entry: Entry, purpose: str, index: int, at: int) -> HeldKey | Refusal:
        key = self.keys.get(entry.author, {}).get(entry.key)
        if key is None or key.added >= index:
            return Refusal.at("KEY_NOT_FROM_GENESIS", "这把密钥不能从创世记录推出", "the key does not follow from the genesis", participant=entry.author, key=entry.key)  # fmt: skip
        if not key.signs(index):
            return Refusal.at(
                "KEY_RETIRED", "密钥已停用", "the key is retired", participant=entry.author, key=entry.key
            )
        if purpose not in key.purposes:
            return Refusal.at("KEY_NOT_FOR_THIS", f"这把密钥的用途不含 {purpose}", f"the key is not for the purpose {purpose}", participant=entry.author, key=entry.key)  # fmt: skip
        if key.distrusted_from is not None and at >= key.distrusted_from:
            return Refusal.at("KEY_DISTRUSTED", "密钥当时已失信,其签名不算数", "the key was distrusted by then: what it signed does not count", participant=entry.author, key=entry.key)  # fmt: skip
        return key

    def checked(self, signed: Signed, purpose: str, index: int, at: int) -> Refusal | None:
        """Whether the entry is signed by a key that its author had there."""
        key = self.signer(signed.entry, purpose, index, at)
        if isinstance(key, Refusal):
            return key
        if not verify(key.suite, key.public, signed_bytes(signed.id), signed.signature):
            return Refusal.at("BAD_SIGNATURE", "签名不对", "the signature does not hold", entry=signed.id)
        return None

    def rotate(self, signed: Signed, index: int, at: int) -> Refusal | None:
        """Takes a key.rotate entry; they come in the chain's order."""
        entry, body = signed.entry, signed.entry.body or {}
        if entry.kind != "key.rotate" or body.keys() != {"retire", "add", "distrusted_from"}:
            return _malformed("keys")
        # A key that is distrusted later than it signed this still signed it: the chain's state keeps such rotations too.
        refused = self.checked(signed, "keys", index, -1)
        if refused is not None:
            return refused
        held = self.keys[entry.author]
        retire, add, since = body["retire"], body["add"], body["distrusted_from"]
        if retire is not None:
            old = held.get(retire) if isinstance(retire, str) else None
            if old is None or not (since is None or type(since) is int):
                return _malformed("keys")
            held[retire] = replace(old, retired=index if old.retired is None else old.retired, distrusted_from=since)
        if add is not None:
            key = {name: value for name, value in add.items() if name != "proof"} if isinstance(add, dict) else {}
            if check_key(key) is not None or key["key"] in held:
                return _malformed("keys")
            if not proves(key, added_key_bytes(entry.chain, entry.author, key), add.get("proof")):
                return _malformed("keys")
            held[key["key"]] = _held(key, index)
        return None

    def nodes(self, size: int) -> dict[str, tuple[str, NodeKey]]:
        """key id → (participant, key) of all that may sign a head of this size."""
        return {
            name: (participant, (key.suite, key.public))
            for participant, held in self.keys.items()
            for name, key in held.items()
            if "node" in key.purposes and key.signs_head(size)
        }

    def shown(self, participant: str, key: str) -> dict[str, Any]:
        """Who it is, for people."""
        name, roles = self.names[participant]
        suite = self.keys[participant][key].suite
        return {"participant": participant, "name": name, "roles": list(roles), "key": key, "suite": suite}


def _held(key: Mapping[str, Any], index: int) -> HeldKey:
    return HeldKey(key["suite"], bytes.fromhex(key["public"]), tuple(key["purposes"]), index)


def _is_card(card: object) -> bool:
    return (
        isinstance(card, dict)
        and is_participant_id(card.get("id"))
        and isinstance(card.get("name"), str)
        and isinstance(card.get("roles"), list)
        and all(isinstance(role, str) for role in card["roles"])
        and isinstance(card.get("keys"), list)
    )


def _malformed(part: str = "genesis") -> Refusal:
    return Refusal.at("MALFORMED_PROOF", "证明文件的格式不对", "the proof file is malformed", part=part)
