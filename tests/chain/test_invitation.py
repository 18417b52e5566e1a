"""Invitations: what is changed in one, and who may have signed it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from chain.actors import MemoryState, cast, chain, genesis, seeded
from kemiao.base.refusal import Refusal
from kemiao.chain import invitation
from kemiao.chain.genesis import genesis_state
from kemiao.chain.invitation import INVITATION_BYTES, Invitation

SIGNER = cast()["bank-a"].signers["entries"]
ADDRESS = "https://node.bank.example:8421"


def made(**parts: Any) -> Invitation:
    given = {"address": ADDRESS, "certificate": None, "blinding": None, "by": "bank-a", "signer": SIGNER} | parts
    return invitation.write(genesis(), **given)


def state() -> MemoryState:
    return MemoryState(genesis_state(genesis()))


def code(answer: Invitation | Refusal | None) -> str:
    return answer.code if isinstance(answer, Refusal) else "ok"


def test_an_invitation_comes_back_as_it_was_written():
    for parts in ({}, {"certificate": "-----BEGIN…"}, {"blinding": {"box": "00"}}):
        written = made(**parts)
        read = invitation.read(written.content())
        assert read == written
        assert read.chain == chain()
        assert invitation.check(read, state()) is None


def test_what_was_changed_is_not_signed():
    written = made(certificate="a", blinding={"box": "00"})
    for change in (
        {"address": "https://thief.example"},
        {"certificate": None},
        {"blinding": None},
        {"blinding": {"box": "01"}},
        {"by": "bank-b"},
        {"key": cast()["bank-b"].signers["entries"].key_id},
        {"signature": bytes(64)},
        {"signature": b""},
    ):
        assert code(invitation.check(replace(written, **change), state())) == "INVITATION_NOT_SIGNED"


def test_a_stranger_or_a_key_in_wrong_hands_invites_nobody():
    assert code(invitation.check(made(signer=seeded("a stranger")), state())) == "INVITATION_NOT_SIGNED"
    assert code(invitation.check(made(by="mallory", signer=seeded("mallory")), state())) == "INVITATION_NOT_SIGNED"
    for field, wanted in (("distrusted_from", "INVITATION_NOT_SIGNED"), ("until", "ok")):
        seen = state()
        record = seen.values["participant/bank-a"]
        key = {**record["keys"][SIGNER.key_id], field: 5}
        seen.values["participant/bank-a"] = {**record, "keys": {**record["keys"], SIGNER.key_id: key}}
        assert code(invitation.check(made(), seen)) == wanted


def test_a_changed_genesis_is_another_chain_or_none():
    value = json.loads(made().content())
    value["genesis"]["name"] = "another"
    other = invitation.read(json.dumps(value).encode())
    assert other.chain != chain()
    value["genesis"]["cards"][0]["name"] = "Somebody"
    assert code(invitation.read(json.dumps(value).encode())) == "KEY_NOT_PROVED"
    del value["genesis"]["cards"]
    assert code(invitation.read(json.dumps(value).encode())) == "MALFORMED_GENESIS"


@pytest.mark.parametrize(
    "change",
    [
        {"form": "kemiao.invitation/2"},
        {"address": ""},
        {"address": "x" * 501},
        {"address": "https://a\x1b[2J"},
        {"address": None},
        {"certificate": 1},
        {"certificate": "x" * 70_000},
        {"blinding": "x"},
        {"by": "Not An Id"},
        {"by": None},
        {"key": 5},
        {"signature": "zz"},
        {"more": 1},
    ],
)
def test_a_malformed_invitation_is_refused(change):
    value = json.loads(made().content()) | change
    assert code(invitation.read(json.dumps(value).encode())) == "MALFORMED_INVITATION"


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[]", b"null", b"\xff", b"[" * 1_000_000, b" " * (INVITATION_BYTES + 1)]
)
def test_what_is_no_invitation_is_refused(content):
    assert code(invitation.read(content)) == "MALFORMED_INVITATION"
