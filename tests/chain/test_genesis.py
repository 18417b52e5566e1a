from __future__ import annotations

import copy

import pytest

from chain.actors import ACME, BOLT, CHAIN_PARAMETERS, START, cast, chain, genesis, seeded
from kemiao.base.canonical import canonical_bytes
from kemiao.base.refusal import BrokenInvariant
from kemiao.base.signing import SUITES
from kemiao.base.strict_json import parse_strict
from kemiao.chain.genesis import (
    GENESIS_DEPTH,
    chain_id,
    check_card,
    check_genesis,
    genesis_state,
    key_card,
    make_card,
    make_genesis,
)


@pytest.fixture(params=SUITES)
def suite(request) -> str:
    return request.param


def card(suite: str = "ed25519") -> dict:
    return copy.deepcopy(dict(cast(suite)["acme"].card))


def code(refusal) -> str | None:
    return None if refusal is None else refusal.code


def test_a_card_shows_that_its_keys_are_held(suite):
    assert check_card(card(suite)) is None
    forged = card(suite)
    names = [key["key"] for key in forged["keys"]]
    forged["proofs"][names[0]] = forged["proofs"][names[1]]
    assert code(check_card(forged)) == "KEY_NOT_PROVED"


@pytest.mark.parametrize(
    ("field", "value"),
    [("id", "acme-2"), ("name", "Acme Two"), ("roles", ["bank"]), ("company", None)],
)
def test_what_a_card_says_can_not_be_changed(suite, field, value):
    assert code(check_card({**card(suite), field: value})) == "KEY_NOT_PROVED"


def test_a_key_can_not_be_given_another_purpose(suite):
    changed = card(suite)
    changed["keys"][0]["purposes"] = ["consent", "keys"]
    assert code(check_card(changed)) == "KEY_NOT_PROVED"


def test_a_card_with_anothers_key_is_not_proved():
    mine, theirs = seeded("mine"), cast()["bank-a"].signers["entries"]
    made = make_card("thief", "Thief", ["bank"], None, [(mine, ["keys"])])
    made["keys"].append(key_card(theirs, ["entries"]))
    made["proofs"][theirs.key_id] = mine.sign(b"whatever").hex()
    assert code(check_card(made)) == "KEY_NOT_PROVED"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda c: c.pop("company"), "MALFORMED_CARD"),
        (lambda c: c.update(more=1), "MALFORMED_CARD"),
        (lambda c: c.update(id="Acme"), "MALFORMED_CARD"),
        (lambda c: c.update(id="a"), "MALFORMED_CARD"),
        (lambda c: c.update(id="a" * 41), "MALFORMED_CARD"),
        (lambda c: c.update(id="a/b"), "MALFORMED_CARD"),
        (lambda c: c.update(id=None), "MALFORMED_CARD"),
        (lambda c: c.update(name=""), "MALFORMED_CARD"),
        (lambda c: c.update(name=" Acme"), "MALFORMED_CARD"),
        (lambda c: c.update(name="Ac\nme"), "MALFORMED_CARD"),
        (lambda c: c.update(name="a" * 101), "MALFORMED_CARD"),
        (lambda c: c.update(roles=[]), "MALFORMED_CARD"),
        (lambda c: c.update(roles=["king"]), "MALFORMED_CARD"),
        (lambda c: c.update(roles=["company", "bank"]), "MALFORMED_CARD"),  # not sorted: a second spelling
        (lambda c: c.update(roles=["bank", "bank"]), "MALFORMED_CARD"),
        (lambda c: c.update(roles="bank"), "MALFORMED_CARD"),
        (lambda c: c.update(roles=[["bank"]]), "MALFORMED_CARD"),
        (lambda c: c.update(company=ACME.removeprefix("uscc:")), "MALFORMED_CARD"),
        (lambda c: c.update(company=ACME[:-1] + ("0" if ACME[-1] != "0" else "1")), "MALFORMED_CARD"),
        (lambda c: c.update(company=7), "MALFORMED_CARD"),
        (lambda c: c.update(keys=[]), "MALFORMED_CARD"),
        (lambda c: c.update(keys=c["keys"] * 6), "MALFORMED_CARD"),
        (lambda c: c.update(keys=[c["keys"][0], c["keys"][0]]), "MALFORMED_CARD"),
        (lambda c: c["keys"][0].update(suite="rsa"), "MALFORMED_CARD"),
        (lambda c: c["keys"][0].update(suite=[]), "MALFORMED_CARD"),
        (lambda c: c["keys"][0].update(public=c["keys"][0]["public"].upper()), "MALFORMED_CARD"),
        (lambda c: c["keys"][0].update(public=c["keys"][0]["public"][2:]), "NOT_A_PUBLIC_KEY"),
        (lambda c: c["keys"][0].update(public="00" * 32), "NOT_A_PUBLIC_KEY"),
        (lambda c: c["keys"][0].update(public=c["keys"][1]["public"]), "MALFORMED_CARD"),
        (lambda c: c["keys"][0].update(key="0" * 32), "MALFORMED_CARD"),
        (lambda c: c["keys"][0].update(purposes=["keys", "keys"]), "MALFORMED_CARD"),
        (lambda c: c["keys"][0].update(purposes=["keys", "consent"]), "MALFORMED_CARD"),
        (lambda c: c["keys"][0].update(purposes=[]), "MALFORMED_CARD"),
        (lambda c: c["keys"][0].update(purposes=["rule"]), "MALFORMED_CARD"),
        (lambda c: c["keys"][0].update(purposes=["keys", "node"]), "NODE_KEY_ALONE"),
        (lambda c: c["keys"][0].update(purposes=["consent"]), "NO_KEY_FOR_KEYS"),
        (lambda c: c["keys"][0].pop("suite"), "MALFORMED_CARD"),
        (lambda c: c["keys"].__setitem__(0, "key"), "MALFORMED_CARD"),
        (lambda c: c["proofs"].popitem(), "MALFORMED_CARD"),
        (lambda c: c["proofs"].update({"0" * 32: "0" * 128}), "MALFORMED_CARD"),
        (lambda c: c.update(proofs=None), "MALFORMED_CARD"),
        (lambda c: c.update(proofs=dict.fromkeys(c["proofs"], "")), "KEY_NOT_PROVED"),
        (lambda c: c.update(proofs=dict.fromkeys(c["proofs"], 1)), "KEY_NOT_PROVED"),
        (lambda c: c.update(proofs=dict.fromkeys(c["proofs"], "zz" * 64)), "KEY_NOT_PROVED"),
    ],
)
def test_a_malformed_card_is_refused(change, expected):
    changed = card()
    change(changed)
    assert code(check_card(changed)) == expected


@pytest.mark.parametrize("value", [None, [], "card", 1, {}])
def test_what_is_no_card_is_refused(value):
    assert code(check_card(value)) == "MALFORMED_CARD"


def test_making_a_card_that_is_none_is_a_fault():
    with pytest.raises(BrokenInvariant):
        make_card("acme", "Acme", ["king"], None, [(seeded("a"), ["keys"])])


def test_a_genesis_is_the_same_whatever_order_its_cards_came_in(suite):
    made = genesis(suite)
    cards = [actor.card for actor in cast(suite).values()]
    assert check_genesis(made) is None
    assert made == make_genesis("test chain", cards[::-1], CHAIN_PARAMETERS, START)
    assert chain_id(made) == chain(suite)


def test_a_genesis_is_read_back_by_the_strict_reader(suite):
    content = canonical_bytes(genesis(suite))
    assert parse_strict(content, depth=GENESIS_DEPTH) == genesis(suite)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda g: g.pop("name"), "MALFORMED_GENESIS"),
        (lambda g: g.update(owner="bank-a"), "MALFORMED_GENESIS"),
        (lambda g: g.update(name=""), "MALFORMED_GENESIS"),
        (lambda g: g.update(cards=[]), "MALFORMED_GENESIS"),
        (lambda g: g.update(cards={}), "MALFORMED_GENESIS"),
        (lambda g: g["cards"].reverse(), "MALFORMED_GENESIS"),
        (lambda g: g["cards"].insert(0, g["cards"][0]), "GIVEN_TWICE"),
        (lambda g: g["cards"][0].update(name="Somebody Else"), "KEY_NOT_PROVED"),
        (lambda g: g.update(made_at=-1), "MALFORMED_GENESIS"),
        (lambda g: g.update(made_at="now"), "MALFORMED_GENESIS"),
        (lambda g: g.update(made_at=True), "MALFORMED_GENESIS"),
        (lambda g: g.update(made_at=2**53), "MALFORMED_GENESIS"),
        (lambda g: g.update(parameters={}), "MALFORMED_GENESIS"),
        (lambda g: g["parameters"].update(searches_per_day=-1), "MALFORMED_GENESIS"),
        (lambda g: g["parameters"].update(searches_per_day=True), "MALFORMED_GENESIS"),
        (lambda g: g["parameters"].update(searches_per_day=1_000_001), "MALFORMED_GENESIS"),
        (lambda g: g["parameters"].update(blinding_check="abc"), "MALFORMED_GENESIS"),
        (lambda g: g["parameters"].update(super_user="bank-a"), "MALFORMED_GENESIS"),
    ],
)
def test_a_malformed_genesis_is_refused(change, expected):
    changed = copy.deepcopy(dict(genesis()))
    change(changed)
    assert code(check_genesis(changed)) == expected


def test_a_genesis_without_a_register_of_collateral_may_lack_the_blinding_key():
    changed = copy.deepcopy(dict(genesis()))
    changed["parameters"] = {"searches_per_day": 0, "blinding_check": None}
    assert check_genesis(changed) is None


@pytest.mark.parametrize("what", ["key", "company"])
def test_no_two_participants_share_a_key_or_a_company(what):
    shared, own = seeded("shared"), seeded("own")
    one = make_card("one", "One", ["company"], ACME, [(shared, ["keys"])])
    if what == "key":
        two = make_card("two", "Two", ["company"], None, [(shared, ["keys"])])
    else:
        two = make_card("two", "Two", ["company"], ACME, [(own, ["keys"])])
    other = make_card("another", "Another", ["company"], BOLT, [(seeded("another"), ["keys"])])
    refused = check_genesis(make_genesis("x", [other, one, two], CHAIN_PARAMETERS, START))
    assert code(refused) == "GIVEN_TWICE"
    assert dict(refused.where) == {what: shared.key_id if what == "key" else ACME}


def test_the_state_after_the_genesis_names_every_participant_key_and_company(suite):
    state = genesis_state(genesis(suite))
    acme = cast(suite)["acme"]
    assert state["chain"] == chain(suite)
    assert state["genesis"] == {"name": "test chain", "parameters": dict(CHAIN_PARAMETERS), "made_at": START}
    assert state[f"company/{ACME}"] == "acme"
    assert {key for key in state if key.startswith("participant/")} == {f"participant/{name}" for name in cast(suite)}
    assert state["participant/acme"]["suspended"] is None
    for purpose, signer in acme.signers.items():
        assert state[f"key/{signer.key_id}"] == "acme"
        held = state["participant/acme"]["keys"][signer.key_id]
        assert purpose in held["purposes"]
        assert (held["from"], held["until"], held["distrusted_from"]) == (START, None, None)
