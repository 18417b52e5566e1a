"""The first record: who was there at the start, as cards that they made themselves. Nobody is above the others."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from kemiao.base.digest import digest
from kemiao.base.keys import parse_company
from kemiao.base.refusal import BrokenInvariant, Refusal
from kemiao.base.signing import PUBLIC_BYTES, SUITES, Signer, in_domain, is_public, key_id, verify
from kemiao.chain.entry import is_digest, is_participant_id

ROLES = (
    "bank", "company", "government", "guarantor", "operator", "leasing", "factor", "funder", "data_provider", "regulator",
    "auditor",
)  # fmt: skip
PURPOSES = ("keys", "consent", "entries", "node")
KEYS = 16  # of one participant at one time
PARTICIPANTS = 1000  # in a genesis
GENESIS_BYTES = 4 * 1024 * 1024
GENESIS_DEPTH = 8
_NAME = re.compile(r"[^\s\x00-\x1f\x7f](?:[^\x00-\x1f\x7f]{0,98}[^\s\x00-\x1f\x7f])?")
_HEX = re.compile(r"(?:[0-9a-f]{2})*")
_KEY_FIELDS = {"key", "suite", "public", "purposes"}
_CARD_FIELDS = {"id", "name", "roles", "company", "keys", "proofs"}


def key_card(signer: Signer, purposes: Iterable[str]) -> dict[str, Any]:
    """What others need to know of a key."""
    return {
        "key": signer.key_id,
        "suite": signer.suite,
        "public": signer.public.hex(),
        "purposes": sorted(set(purposes)),
    }


def make_card(
    participant: str,
    name: str,
    roles: Iterable[str],
    company: str | None,
    keys: Sequence[tuple[Signer, Iterable[str]]],
) -> dict[str, Any]:
    """A participant as it shows itself, with each key's proof that its owner holds it. Raises BrokenInvariant if it is no card."""
    card: dict[str, Any] = {
        "id": participant,
        "name": name,
        "roles": sorted(set(roles)),
        "company": company,
        "keys": [key_card(signer, purposes) for signer, purposes in keys],
    }
    said = possession(digest("card", card))
    card["proofs"] = {signer.key_id: signer.sign(said).hex() for signer, _ in keys}
    refused = check_card(card)
    if refused is not None:
        raise BrokenInvariant(f"made a card that is none: {refused.code} {refused.where}")
    return card


def possession(digest_hex: str) -> bytes:
    """What a key signs to show that its owner holds it."""
    return in_domain("possession", bytes.fromhex(digest_hex))


def check_card(card: object) -> Refusal | None:
    """Form, keys and proofs; nothing that needs the state."""
    if not isinstance(card, dict) or card.keys() != _CARD_FIELDS:
        return _bad_card("card")
    faulty = next((name for name, fits in _FORM.items() if not fits(card[name])), None)
    if faulty is not None:
        return _bad_card(faulty)
    keys = card["keys"]
    refused = next((refusal for key in keys if (refusal := check_key(key)) is not None), None)
    if refused is not None:
        return refused
    names = [key["key"] for key in keys]
    if len(set(names)) != len(names):
        return _bad_card("keys")
    if not any("keys" in key["purposes"] for key in keys):
        return Refusal.at(
            "NO_KEY_FOR_KEYS",
            "至少要有一把用途为 keys 的密钥,否则以后无法更换密钥",
            "at least one key must be for the purpose keys, or keys could never be replaced",
            participant=card["id"],
        )
    proofs = card["proofs"]
    if not isinstance(proofs, dict) or proofs.keys() != set(names):
        return _bad_card("proofs")
    said = possession(digest("card", {field: card[field] for field in _CARD_FIELDS - {"proofs"}}))
    unproved = next((key for key in keys if not proves(key, said, proofs[key["key"]])), None)
    return None if unproved is None else not_proved(unproved["key"])


def check_key(key: object) -> Refusal | None:
    """A key card: right form, a public key of its suite, named by its own digest, with purposes that may stand together."""
    if not isinstance(key, dict) or key.keys() != _KEY_FIELDS:
        return _bad_card("keys")
    suite, public, purposes = key["suite"], key["public"], key["purposes"]
    if suite not in SUITES or not isinstance(public, str) or not _HEX.fullmatch(public):
        return _bad_card("keys")
    if not _is_choice(purposes, PURPOSES):
        return _bad_card("purposes")
    if len(public) != 2 * PUBLIC_BYTES[suite] or not is_public(suite, bytes.fromhex(public)):
        return Refusal.at(
            "NOT_A_PUBLIC_KEY", "不是有效的公钥", "is no valid public key", suite=suite, public=public[:16]
        )
    if key["key"] != key_id(suite, bytes.fromhex(public)):
        return _bad_card("key")
    if "node" in purposes and purposes != ["node"]:
        # A checkpoint is signed in the form of others (C2SP), without our domain before it: its key must sign nothing of an author.
        return Refusal.at(
            "NODE_KEY_ALONE",
            "用途 node 的密钥不得兼作他用",
            "a key for the purpose node is for nothing else",
            key=key["key"],
        )
    return None


def proves(key: Mapping[str, Any], said: bytes, proof: object) -> bool:
    """key: a key card that was checked. proof: hex."""
    if not isinstance(proof, str) or len(proof) != 128 or not _HEX.fullmatch(proof):
        return False
    return verify(key["suite"], bytes.fromhex(key["public"]), said, bytes.fromhex(proof))


def not_proved(key: str) -> Refusal:
    return Refusal.at(
        "KEY_NOT_PROVED", "没有证明持有这把密钥", "there is no proof that the key's owner holds it", key=key
    )


def make_genesis(
    name: str, cards: Sequence[Mapping[str, Any]], parameters: Mapping[str, Any], made_at: int
) -> dict[str, Any]:
    """made_at: milliseconds since 1970, UTC. parameters: searches_per_day (of one participant), blinding_check."""
    ordered = sorted((dict(card) for card in cards), key=lambda card: str(card.get("id")))
    return {"cards": ordered, "made_at": made_at, "name": name, "parameters": dict(parameters)}


def chain_id(genesis: Mapping[str, Any]) -> str:
    return digest("genesis", genesis)


def check_genesis(genesis: object) -> Refusal | None:
    if not isinstance(genesis, dict) or genesis.keys() != {"cards", "made_at", "name", "parameters"}:
        return _bad_genesis("genesis")
    cards = genesis["cards"]
    if not isinstance(cards, list) or not 1 <= len(cards) <= PARTICIPANTS:
        return _bad_genesis("cards")
    refused = next((refusal for card in cards if (refusal := check_card(card)) is not None), None)
    if refused is not None:
        return refused
    ids = [card["id"] for card in cards]
    if ids != sorted(ids):
        return _bad_genesis("cards")
    keys = [key["key"] for card in cards for key in card["keys"]]
    companies = [card["company"] for card in cards if card["company"] is not None]
    for what, values in (("participant", ids), ("key", keys), ("company", companies)):
        twice = (
            next((value for value in values if values.count(value) > 1), None)
            if len(set(values)) < len(values)
            else None
        )
        if twice is not None:
            return Refusal.at("GIVEN_TWICE", "出现了两次", "is given twice", **{what: twice})
    if not _is_at(genesis["made_at"]):
        return _bad_genesis("made_at")
    if not is_name(genesis["name"]):
        return _bad_genesis("name")
    return None if _are_parameters(genesis["parameters"]) else _bad_genesis("parameters")


def genesis_state(genesis: Mapping[str, Any]) -> dict[str, Any]:
    """The state after record 0. genesis: checked."""
    made_at = genesis["made_at"]
    state: dict[str, Any] = {
        "chain": chain_id(genesis),
        "genesis": {"name": genesis["name"], "parameters": genesis["parameters"], "made_at": made_at},
    }
    for card in genesis["cards"]:
        state[f"participant/{card['id']}"] = {
            "name": card["name"], "roles": card["roles"], "company": card["company"], "suspended": None,
            "keys": {key["key"]: key_in_state(key, made_at) for key in card["keys"]},
        }  # fmt: skip
        state |= {f"key/{key['key']}": card["id"] for key in card["keys"]}
        if card["company"] is not None:
            state[f"company/{card['company']}"] = card["id"]
    return state


def key_in_state(key: Mapping[str, Any], at: int) -> dict[str, Any]:
    return {
        "suite": key["suite"], "public": key["public"], "purposes": key["purposes"], "from": at, "until": None,
        "distrusted_from": None,
    }  # fmt: skip


def _is_choice(value: object, allowed: Sequence[str]) -> bool:
    """A sorted list of some of them, none twice: one set, one spelling."""
    return (
        isinstance(value, list)
        and len(value) > 0
        and all(item in allowed for item in value)
        and value == sorted(set(value))
    )


def is_name(value: object) -> bool:
    return isinstance(value, str) and _NAME.fullmatch(value) is not None


def _is_company(value: object) -> bool:
    return value is None or (isinstance(value, str) and parse_company(value) == value)


def _is_at(value: object) -> bool:
    return type(value) is int and 0 <= value < 2**53


def _are_parameters(value: object) -> bool:
    return (
        isinstance(value, dict)
        and value.keys() == {"searches_per_day", "blinding_check"}
        and type(value["searches_per_day"]) is int
        and 0 <= value["searches_per_day"] <= 1_000_000
        and (value["blinding_check"] is None or is_digest(value["blinding_check"]))
    )


_FORM: Mapping[str, Callable[[Any], bool]] = {
    "id": is_participant_id,
    "name": is_name,
    "roles": lambda value: _is_choice(value, ROLES),
    "company": _is_company,
    "keys": lambda value: isinstance(value, list) and 1 <= len(value) <= KEYS,
}


def _bad_card(field: str) -> Refusal:
    return Refusal.at("MALFORMED_CARD", "参与方名片的格式不对", "the participant's card is malformed", field=field)


def _bad_genesis(field: str) -> Refusal:
    return Refusal.at("MALFORMED_GENESIS", "创世记录的格式不对", "the genesis is malformed", field=field)
