"""Who may sign, and how keys come and go: each refusal by its code, then random histories against a naive model."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chain.actors import START, Stage, cast, chain, seeded
from kemiao.base.refusal import Refusal
from kemiao.base.signing import SUITES
from kemiao.chain.entry import Entry, Signed
from kemiao.chain.genesis import KEYS, genesis_state, key_card, make_card, make_genesis
from kemiao.chain.rules.apply import apply
from kemiao.chain.rules.participants import KEYS_EVER, added_key_bytes, distrusted, public_key

DECISION = {"count": 1, "root": "0" * 64, "model": "m", "policy": "p", "law": [], "code": "c", "as_of": "2026-01-01", "law_on": "2026-01-01"}  # fmt: skip


@pytest.fixture(params=SUITES)
def stage(request) -> Stage:
    return Stage(request.param)


def key_of(stage: Stage, author: str, purpose: str) -> str:
    return cast(stage.suite)[author].signers[purpose].key_id


def added(stage: Stage, author: str, signer, purposes, **changed) -> dict:
    """A new key with its proof. changed: for whom the proof was made."""
    card = key_card(signer, purposes)
    said = added_key_bytes(changed.get("chain", chain(stage.suite)), changed.get("participant", author), card)
    return {**card, "proof": changed.get("by", signer).sign(said).hex()}


def rotation(retire=None, add=None, distrusted_from=None) -> dict:
    return {"retire": retire, "add": add, "distrusted_from": distrusted_from}


# -- who may sign


def test_who_is_not_in_the_genesis_signs_nothing():
    stage = Stage()
    stranger = seeded("stranger")
    assert stage.refused("consent.request", "stranger", signer=stranger, sequence=1) == "NO_SUCH_PARTICIPANT"


def test_a_key_of_another_signs_nothing_here(stage):
    theirs = cast(stage.suite)["bank-b"].signers["entries"]
    assert stage.refused("decision", "bank-a", signer=theirs, body=DECISION) == "FOREIGN_KEY"
    assert stage.refused("decision", "bank-a", signer=seeded("unknown", stage.suite), body=DECISION) == "FOREIGN_KEY"


@pytest.mark.parametrize(
    ("kind", "purpose"),
    [("decision", "keys"), ("decision", "node"), ("consent.grant", "keys"), ("consent.grant", "node"), ("key.rotate", "entries"), ("key.rotate", "node"), ("participant.suspend", "entries")],
)  # fmt: skip
def test_a_key_signs_only_what_it_is_for(stage, kind, purpose):
    assert stage.refused(kind, "acme", purpose=purpose) == "KEY_NOT_FOR_THIS"


def test_a_suspended_participant_changes_keys_and_nothing_else(stage):
    stage.accepted("participant.suspend", "bank-a", body={"suspended": True})
    assert stage.refused("decision", "bank-a", body=DECISION) == "SUSPENDED"
    fresh = seeded("fresh", stage.suite)
    stage.accepted("key.rotate", "bank-a", body=rotation(add=added(stage, "bank-a", fresh, ["keys"])))
    stage.accepted("decision", "bank-b", body=DECISION)  # others are not touched
    stage.accepted("participant.suspend", "bank-a", body={"suspended": False})
    stage.accepted("decision", "bank-a", body=DECISION)


def test_suspension_tells_since_when(stage):
    stage.accepted("participant.suspend", "bank-a", body={"suspended": True})
    assert stage.state.get("participant/bank-a")["suspended"] == stage.at
    stage.accepted("participant.suspend", "bank-a", body={"suspended": False, "participant": "bank-a"})
    assert stage.state.get("participant/bank-a")["suspended"] is None


def test_nobody_suspends_another_alone(stage):
    body = {"suspended": True, "participant": "bank-b"}
    for author in ("bank-a", "regulator", "auditor"):  # no office is above the others
        assert stage.refused("participant.suspend", author, body=body) == "NEEDS_A_VOTE"


def test_a_suspension_that_changes_nothing_is_refused(stage):
    assert stage.refused("participant.suspend", "bank-a", body={"suspended": False}) == "NOTHING_TO_CHANGE"
    stage.accepted("participant.suspend", "bank-a", body={"suspended": True})
    assert stage.refused("participant.suspend", "bank-a", body={"suspended": True}) == "NOTHING_TO_CHANGE"


@pytest.mark.parametrize("body", [{}, {"suspended": 1}, {"suspended": None}, {"suspended": True, "why": "x"}, {"participant": "bank-a"}])  # fmt: skip
def test_a_malformed_suspension_is_refused(body):
    assert Stage().refused("participant.suspend", "bank-a", body=body) == "MALFORMED_BODY"


# -- how keys come and go


def test_a_new_key_takes_over_and_what_the_old_one_signed_stays(stage):
    old, new = key_of(stage, "bank-a", "entries"), seeded("new", stage.suite)
    stage.accepted("decision", "bank-a", body=DECISION)
    before = stage.at
    stage.accepted("key.rotate", "bank-a", body=rotation(old, added(stage, "bank-a", new, ["consent", "entries"])))
    assert stage.refused("decision", "bank-a", body=DECISION) == "KEY_RETIRED"
    stage.accepted("decision", "bank-a", signer=new, body=DECISION)
    keys = stage.state.get("participant/bank-a")["keys"]
    assert keys[old]["until"] is not None
    assert (keys[new.key_id]["from"], keys[new.key_id]["until"]) == (keys[old]["until"], None)
    assert stage.state.get(f"key/{new.key_id}") == "bank-a"
    assert not distrusted(stage.state, "bank-a", old, before)
    assert public_key(stage.state, "bank-a", old) is not None  # old entries are still verified with it


def test_a_key_of_the_other_suite_may_follow(stage):
    (other,) = set(SUITES) - {stage.suite}
    new = seeded("other suite", other)
    body = rotation(key_of(stage, "bank-a", "entries"), added(stage, "bank-a", new, ["entries"]))
    stage.accepted("key.rotate", "bank-a", body=body)
    stage.accepted("decision", "bank-a", signer=new, body=DECISION)


def test_a_stolen_key_is_cut_off_from_a_time_on(stage):
    old = key_of(stage, "bank-a", "entries")
    stage.accepted("decision", "bank-a", body=DECISION)
    theft = stage.at + 500
    stage.accepted("decision", "bank-a", body=DECISION)
    body = rotation(old, distrusted_from=theft)
    stage.accepted("key.rotate", "bank-a", body=body)
    assert not distrusted(stage.state, "bank-a", old, theft - 1)
    assert distrusted(stage.state, "bank-a", old, theft)
    assert distrusted(stage.state, "bank-a", old, stage.at)
    assert not distrusted(stage.state, "bank-a", key_of(stage, "bank-a", "keys"), stage.at)
    assert not distrusted(stage.state, "bank-b", old, stage.at)
    assert not distrusted(stage.state, "nobody", old, stage.at)
    stage.accepted("key.rotate", "bank-a", body=rotation(old, distrusted_from=0))  # and from ever on
    assert distrusted(stage.state, "bank-a", old, 0)


def test_distrust_may_come_after_retirement_and_move_back_only(stage):
    old = key_of(stage, "bank-a", "entries")
    stage.accepted("key.rotate", "bank-a", body=rotation(old))
    until = stage.at
    assert stage.refused("key.rotate", "bank-a", body=rotation(old)) == "KEY_RETIRED"
    stage.accepted("key.rotate", "bank-a", body=rotation(old, distrusted_from=START + 500))
    for later in (START + 500, START + 501, None):  # what was disowned is not owned again
        assert stage.refused("key.rotate", "bank-a", body=rotation(old, distrusted_from=later)) == "KEY_RETIRED"
    stage.accepted("key.rotate", "bank-a", body=rotation(old, distrusted_from=START + 499))
    key = stage.state.get("participant/bank-a")["keys"][old]
    assert (key["until"], key["distrusted_from"]) == (until, START + 499)


def test_distrust_does_not_begin_in_the_future(stage):
    old = key_of(stage, "bank-a", "entries")
    ahead = rotation(old, distrusted_from=stage.at + 1001)  # the entry comes in at + 1000
    assert stage.refused("key.rotate", "bank-a", body=ahead) == "DISTRUST_AHEAD"
    stage.accepted("key.rotate", "bank-a", body=rotation(old, distrusted_from=stage.at + 1000))


def test_the_last_key_for_keys_stays(stage):
    only = key_of(stage, "bank-a", "keys")
    assert stage.refused("key.rotate", "bank-a", body=rotation(only)) == "LAST_KEY_FOR_KEYS"
    fresh = seeded("fresh", stage.suite)
    entries_only = added(stage, "bank-a", fresh, ["entries"])
    assert stage.refused("key.rotate", "bank-a", body=rotation(only, entries_only)) == "LAST_KEY_FOR_KEYS"
    stage.accepted("key.rotate", "bank-a", body=rotation(only, added(stage, "bank-a", fresh, ["keys"])))
    assert stage.refused("key.rotate", "bank-a", body=rotation(fresh.key_id)) == "KEY_RETIRED"  # signed by the old one
    assert stage.refused("key.rotate", "bank-a", signer=fresh, body=rotation(fresh.key_id)) == "LAST_KEY_FOR_KEYS"


def test_only_a_key_of_ones_own_is_retired(stage):
    for other in (key_of(stage, "bank-b", "entries"), "0" * 32, ""):
        assert stage.refused("key.rotate", "bank-a", body=rotation(other)) == "NO_SUCH_KEY"


def test_a_key_is_added_only_by_who_holds_it(stage):
    fresh, other = seeded("fresh", stage.suite), seeded("other", stage.suite)
    for proof in (
        added(stage, "bank-a", fresh, ["entries"], by=other),
        added(stage, "bank-a", fresh, ["entries"], participant="bank-b"),  # shown for another, and taken along
        added(stage, "bank-a", fresh, ["entries"], chain="0" * 64),  # shown on another chain
        {**added(stage, "bank-a", fresh, ["entries"]), "proof": ""},
        {**added(stage, "bank-a", fresh, ["entries"]), "proof": None},
        {**added(stage, "bank-a", fresh, ["entries"]), "purposes": ["keys"]},
    ):
        assert stage.refused("key.rotate", "bank-a", body=rotation(add=proof)) == "KEY_NOT_PROVED"


def test_a_key_that_anybody_has_or_had_is_not_added(stage):
    theirs, own = cast(stage.suite)["bank-b"].signers["entries"], cast(stage.suite)["bank-a"].signers["entries"]
    for known in (theirs, own):
        body = rotation(add=added(stage, "bank-a", known, ["entries"]))
        assert stage.refused("key.rotate", "bank-a", body=body) == "KEY_IN_USE"
    stage.accepted("key.rotate", "bank-a", body=rotation(own.key_id))
    again = rotation(add=added(stage, "bank-a", own, ["entries"]))
    assert stage.refused("key.rotate", "bank-a", body=again) == "KEY_IN_USE"


def test_a_key_of_a_node_is_added_for_nothing_else(stage):
    body = rotation(add=added(stage, "bank-a", seeded("fresh", stage.suite), ["entries", "node"]))
    assert stage.refused("key.rotate", "bank-a", body=body) == "NODE_KEY_ALONE"


def test_a_new_key_must_be_one(stage):
    good = added(stage, "bank-a", seeded("fresh", stage.suite), ["entries"])
    for wrong, expected in (
        ({**good, "public": "0" * len(good["public"])}, "NOT_A_PUBLIC_KEY"),
        ({**good, "key": "0" * 32}, "MALFORMED_CARD"),
        ({**good, "suite": "rsa"}, "MALFORMED_CARD"),
        ({**good, "purposes": []}, "MALFORMED_CARD"),
        ({**good, "owner": "bank-a"}, "MALFORMED_CARD"),
    ):
        assert stage.refused("key.rotate", "bank-a", body=rotation(add=wrong)) == expected


@pytest.mark.parametrize(
    "body",
    [
        {},
        rotation(),
        {**rotation("0" * 32), "more": 1},
        rotation(7),
        rotation(add=[]),
        rotation(add={"key": "0" * 32}),
        rotation("0" * 32, distrusted_from="2026"),
        rotation("0" * 32, distrusted_from=True),
        rotation("0" * 32, distrusted_from=-1),
        rotation(add={"proof": ""}, distrusted_from=1),  # which key?
    ],
)
def test_a_malformed_rotation_is_refused(body):
    assert Stage().refused("key.rotate", "bank-a", body=body) == "MALFORMED_BODY"


def test_keys_are_bounded_at_one_time_and_ever():
    stage = Stage()
    for number in range(KEYS - 3):
        stage.accepted(
            "key.rotate", "bank-a", body=rotation(add=added(stage, "bank-a", seeded(f"{number}"), ["entries"]))
        )
    more = added(stage, "bank-a", seeded("one more"), ["entries"])
    assert stage.refused("key.rotate", "bank-a", body=rotation(add=more)) == "TOO_MANY_KEYS"
    stage.accepted("key.rotate", "bank-a", body=rotation(key_of(stage, "bank-a", "entries"), more))
    participant = stage.state.values["participant/bank-a"]
    retired = {
        "suite": "ed25519",
        "public": "",
        "purposes": ["entries"],
        "from": 0,
        "until": 1,
        "distrusted_from": None,
    }
    filled = {f"{number:032x}": retired for number in range(KEYS_EVER - 1 - len(participant["keys"]))}
    stage.state.values["participant/bank-a"] = {**participant, "keys": {**participant["keys"], **filled}}
    last = rotation(seeded("0").key_id, added(stage, "bank-a", seeded("the last"), ["entries"]))
    stage.accepted("key.rotate", "bank-a", body=last)
    beyond = rotation(seeded("1").key_id, added(stage, "bank-a", seeded("beyond"), ["entries"]))
    assert stage.refused("key.rotate", "bank-a", body=beyond) == "TOO_MANY_KEYS"


def test_a_refused_rotation_leaves_no_trace(stage):
    before = dict(stage.state.values)
    good, bad = added(stage, "bank-a", seeded("fresh", stage.suite), ["entries"]), key_of(stage, "bank-b", "keys")
    stage.refused("key.rotate", "bank-a", body=rotation(bad, good))
    assert stage.state.values == before


# -- random histories against a naive model: a list of what was accepted, read through anew for every question

NAMES = ("one", "two")
SETS = (["keys"], ["entries"], ["consent", "entries"], ["consent", "entries", "keys"])
POOL = [seeded(f"pool {number}") for number in range(8)]
FIRST = {name: [(seeded(f"{name} {number}"), SETS[number]) for number in range(2)] for name in NAMES}
SIGNERS = [*(signer for keys in FIRST.values() for signer, _ in keys), *POOL]
CARDS = [make_card(name, name.title(), ["bank"], None, FIRST[name]) for name in NAMES]
GENESIS = make_genesis("naive", CARDS, {"searches_per_day": 1, "blinding_check": None}, START)
CHAIN = genesis_state(GENESIS)["chain"]
PURPOSE = {"key.rotate": "keys", "participant.suspend": "keys", "consent.revoke": "consent", "decision": "entries"}


@dataclass
class Naive:
    """history: (author, kind, body, at) of what was accepted."""

    history: list[tuple[str, str, dict, int]] = field(default_factory=list)

    def keys(self, name: str) -> dict[str, list[str]]:
        came = {signer.key_id: purposes for signer, purposes in FIRST[name]}
        for author, kind, body, _ in self.history:
            if (author, kind) == (name, "key.rotate") and body["add"]:
                came[body["add"]["key"]] = body["add"]["purposes"]
        return came

    def gone(self, name: str) -> set[str]:
        return {body["retire"] for author, kind, body, _ in self.history if (author, kind) == (name, "key.rotate") and body["retire"]}  # fmt: skip

    def distrust(self, key: str) -> list[int]:
        return [body["distrusted_from"] for _, kind, body, _ in self.history if kind == "key.rotate" and body["retire"] == key and body["distrusted_from"] is not None]  # fmt: skip

    def suspended(self, name: str) -> bool:
        said = [body["suspended"] for author, kind, body, _ in self.history if (author, kind) == (name, "participant.suspend")]  # fmt: skip
        return bool(said) and said[-1]

    def faults(self, author: str, key: str, kind: str, body: dict, at: int) -> set[str]:
        """Every code by which this could be refused; empty where it is accepted."""
        keys, gone = self.keys(author), self.gone(author)
        if key not in keys:
            return {"FOREIGN_KEY", "SUSPENDED"} if self.suspended(author) else {"FOREIGN_KEY"}
        found = set()
        if self.suspended(author) and PURPOSE[kind] != "keys":
            found.add("SUSPENDED")
        if key in gone:
            found.add("KEY_RETIRED")
        if PURPOSE[kind] not in keys[key]:
            found.add("KEY_NOT_FOR_THIS")
        if kind == "participant.suspend" and body["suspended"] is self.suspended(author):
            found.add("NOTHING_TO_CHANGE")
        if kind == "key.rotate":
            found |= self.rotation_faults(author, body, at, keys, gone)
        return found

    def rotation_faults(self, author: str, body: dict, at: int, keys: dict, gone: set) -> set[str]:
        found = set()
        retire, add, since = body["retire"], body["add"], body["distrusted_from"]
        if retire is not None and retire not in keys:
            found.add("NO_SUCH_KEY")
        if retire in gone and (since is None or any(since >= before for before in self.distrust(retire))):
            found.add("KEY_RETIRED")
        if since is not None and since > at:
            found.add("DISTRUST_AHEAD")
        if add is not None and any(add["key"] in self.keys(name) for name in NAMES):
            found.add("KEY_IN_USE")
        left = {name: purposes for name, purposes in keys.items() if name not in gone and name != retire}
        if add is not None:
            left[add["key"]] = add["purposes"]
        if not any("keys" in purposes for purposes in left.values()):
            found.add("LAST_KEY_FOR_KEYS")
        return found


STEPS = st.lists(
    st.tuples(
        st.sampled_from(NAMES), st.integers(0, len(SIGNERS) - 1),
        st.sampled_from(["key.rotate", "key.rotate", "participant.suspend", "decision"]),
        st.none() | st.integers(0, len(SIGNERS) - 1), st.none() | st.tuples(st.integers(0, len(SIGNERS) - 1), st.sampled_from(SETS)),
        st.none() | st.integers(-3000, 1000), st.booleans(), st.booleans(),
    ), min_size=5, max_size=40,
)  # fmt: skip


@settings(max_examples=100)
@given(STEPS)
def test_random_histories_agree_with_a_naive_model(steps):
    state, naive, at = genesis_state(GENESIS), Naive(), START
    sequence = dict.fromkeys(NAMES, 0)
    for author, by, kind, retire, add, since, suspended, own in steps:
        at += 700
        usable = [key for key, purposes in naive.keys(author).items() if PURPOSE[kind] in purposes and key not in naive.gone(author)]  # fmt: skip
        key = usable[by % len(usable)] if own and usable else SIGNERS[by].key_id
        match kind:
            case "participant.suspend":
                body = {"suspended": suspended}
            case "decision":
                body = DECISION
            case _:
                gone = by if retire is None and add is None else retire
                body = rotation(None if gone is None else SIGNERS[gone].key_id)
                if add is not None:
                    signer, purposes = SIGNERS[add[0]], add[1]
                    card = key_card(signer, purposes)
                    body["add"] = {**card, "proof": signer.sign(added_key_bytes(CHAIN, author, card)).hex()}
                if since is not None and gone is not None:
                    body["distrusted_from"] = at + since
        entry = Entry(kind, author, key, sequence[author] + 1, CHAIN, body=body)
        effects = apply(type("S", (), {"get": state.get})(), Signed(entry, entry.id(), bytes(64)), at)
        expected = naive.faults(author, key, kind, body, at)
        if isinstance(effects, Refusal):
            assert effects.code in expected, (effects.code, expected)
            continue
        assert not expected
        state.update(effects.puts)
        naive.history.append((author, kind, body, at))
        sequence[author] += 1
    _same(state, naive, at)


def _same(state: dict, naive: Naive, at: int) -> None:
    class View:
        get = staticmethod(state.get)

    for name in NAMES:
        held = state[f"participant/{name}"]
        assert set(held["keys"]) == set(naive.keys(name))
        assert {key for key, value in held["keys"].items() if value["until"] is not None} == naive.gone(name)
        assert (held["suspended"] is not None) is naive.suspended(name)
        for key in held["keys"]:
            assert state[f"key/{key}"] == name
            for then in (START, START + 1400, at):
                assert distrusted(View, name, key, then) is any(then >= since for since in naive.distrust(key))
