"""Whose key is whose, by both checkers: from genesis records and changes of keys that no honest node would have taken."""

from __future__ import annotations

import copy
import json

import pytest

from chain.actors import cast, chain, genesis, seeded, signed
from kemiao.base.refusal import Refusal
from kemiao.chain.entry import open_envelope
from kemiao.chain.genesis import key_card
from kemiao.chain.key_history import KeyHistory
from kemiao.chain.rules.participants import added_key_bytes
from kemiao_verify import NotProved
from kemiao_verify.keys import Keys


def made(content):
    """Both, or None where both refuse."""
    ours = KeyHistory.of(content)
    try:
        theirs = Keys(content)
    except NotProved as wrong:
        assert isinstance(ours, Refusal) and ours.code == wrong.code == "MALFORMED_PROOF"
        return None
    assert not isinstance(ours, Refusal)
    return ours, theirs


def both(ours, theirs, envelope, index, at=1):
    """What both say of a key.rotate entry at this place: a code, or None where they take it."""
    opened = open_envelope(envelope)
    assert not isinstance(opened, Refusal)
    refused = ours.rotate(opened, index, at)
    placed = {**json.loads(envelope), "index": index, "at": at}
    try:
        theirs.change(placed, opened.id)
    except NotProved as wrong:
        assert refused is not None and refused.code == wrong.code
        return wrong.code
    assert refused is None
    assert {name: (who, key[1]) for name, (who, key) in ours.nodes(index + 1).items()} == {
        name: (who, key.public) for name, (who, key) in theirs.nodes(index + 1).items()
    }
    return None


def rotation(body, signer=None, author="bank-a", kind="key.rotate"):
    return signed(kind, author, sequence=1, purpose="keys", body=body, signer=signer)


def card_of(add, purposes=("entries",), author="bank-a"):
    card = key_card(add, purposes)
    return {**card, "proof": add.sign(added_key_bytes(chain(), author, card)).hex()}


SIGNER = cast()["bank-a"].signers["entries"].key_id
NONE = {"retire": None, "add": None, "distrusted_from": None}


@pytest.mark.parametrize(
    "spoil",
    [
        lambda g: g.update(cards={}), lambda g: g.pop("cards"), lambda g: g["cards"].append(g["cards"][0]), lambda g: g["cards"].append(1),
        lambda g: g["cards"][0].update(id="A"), lambda g: g["cards"][0].update(id=1), lambda g: g["cards"][0].update(name=1),
        lambda g: g["cards"][0].update(roles="bank"), lambda g: g["cards"][0].update(roles=[1]), lambda g: g["cards"][0].update(keys={}),
        lambda g: g["cards"][0]["keys"].append(g["cards"][0]["keys"][0]), lambda g: g["cards"][0]["keys"].append(None),
        lambda g: g["cards"][0]["keys"][0].update(more=1), lambda g: g["cards"][0]["keys"][0].update(suite="rsa"),
        lambda g: g["cards"][0]["keys"][0].update(suite=[]), lambda g: g["cards"][0]["keys"][0].update(suite="sm2"),
        lambda g: g["cards"][0]["keys"][0].update(public="00" * 32), lambda g: g["cards"][0]["keys"][0].update(public=1),
        lambda g: g["cards"][0]["keys"][0].update(public="ZZ" * 32), lambda g: g["cards"][0]["keys"][0].update(key="00" * 16),
        lambda g: g["cards"][0]["keys"][0].update(purposes=[]), lambda g: g["cards"][0]["keys"][0].update(purposes=["all"]),
        lambda g: g["cards"][0]["keys"][0].update(purposes=[[]]), lambda g: g["cards"][0]["keys"][0].update(purposes="keys"),
        lambda g: g["cards"][0]["keys"][0].update(purposes=["keys", "entries"]), lambda g: g["cards"][0]["keys"][0].update(purposes=["keys", "node"]),
    ],
)  # fmt: skip
def test_a_genesis_with_cards_or_keys_of_another_form_is_refused(spoil):
    content = copy.deepcopy(dict(genesis()))
    assert made(content) is not None
    spoil(content)
    assert made(content) is None


@pytest.mark.parametrize("content", [None, [], "x", 1, {}])
def test_what_is_no_genesis_is_refused(content):
    assert made(content) is None


def test_a_nodes_key_signs_heads_up_to_the_one_over_its_end():
    ours, theirs = made(genesis())
    node = seeded("a new node")
    old = cast()["bank-a"].signers["node"].key_id
    assert both(ours, theirs, rotation({**NONE, "add": card_of(node, ("node",)), "retire": old}), 5) is None
    for size, stands in ((5, {old}), (6, {old, node.key_id}), (7, {node.key_id})):
        names = {name for name, (who, _) in ours.nodes(size).items() if who == "bank-a"}
        assert names == stands == {name for name, (who, _) in theirs.nodes(size).items() if who == "bank-a"}
    assert (
        both(ours, theirs, rotation({**NONE, "retire": old, "distrusted_from": 7}), 8) is None
    )  # retired before: distrusted later
    assert ours.keys["bank-a"][old].retired == 5


@pytest.mark.parametrize(
    "body",
    [
        {}, {**NONE, "more": 1}, {**NONE, "retire": "00" * 16}, {**NONE, "retire": 1}, {**NONE, "retire": SIGNER, "distrusted_from": "1"},
        {**NONE, "retire": SIGNER, "distrusted_from": True}, {**NONE, "add": 1}, {**NONE, "add": {}}, {**NONE, "add": card_of(cast()["bank-a"].signers["entries"])},
        {**NONE, "add": {**card_of(seeded("new")), "proof": "00" * 64}}, {**NONE, "add": {**card_of(seeded("new")), "proof": None}},
        {**NONE, "add": {**card_of(seeded("new")), "proof": "0" * 127}}, {**NONE, "add": {**card_of(seeded("new")), "more": 1}},
        {**NONE, "add": card_of(seeded("new"), author="bank-b")}, {**NONE, "add": {**card_of(seeded("new")), "purposes": ["entries", "keys"]}},
    ],
)  # fmt: skip
def test_a_change_of_keys_of_another_form_or_without_the_new_keys_proof_is_refused(body):
    assert both(*made(genesis()), rotation(body), 5) == "MALFORMED_PROOF"


def test_only_a_key_for_keys_that_stands_there_changes_keys():
    add = {**NONE, "add": card_of(seeded("new"))}
    assert both(*made(genesis()), rotation(add, cast()["bank-a"].signers["entries"]), 5) == "KEY_NOT_FOR_THIS"
    assert both(*made(genesis()), rotation(add, cast()["bank-b"].signers["keys"]), 5) == "KEY_NOT_FROM_GENESIS"
    assert both(*made(genesis()), rotation(add, author="nobody", signer=cast()["bank-a"].signers["keys"]), 5) == "KEY_NOT_FROM_GENESIS"  # fmt: skip
    assert both(*made(genesis()), rotation(add, kind="attestation"), 5) == "MALFORMED_PROOF"
    ours, theirs = made(genesis())
    second = seeded("bank-a second keys")
    assert both(ours, theirs, rotation({**NONE, "add": card_of(second, ("keys",))}), 5) is None
    late = {**NONE, "retire": cast()["bank-a"].signers["keys"].key_id}
    assert both(ours, theirs, rotation(late, second), 5) == "KEY_NOT_FROM_GENESIS"  # not yet at its own place
    assert both(ours, theirs, rotation(late, second), 6) is None
    assert both(ours, theirs, rotation(add), 7) == "KEY_RETIRED"
    forged = rotation(add, second).replace(b'"sequence":1', b'"sequence":2')
    assert both(ours, theirs, forged, 8) == "BAD_SIGNATURE"
