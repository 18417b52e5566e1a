"""Sealed bids on the chain: committed, revealed and cleared in their time, and nobody's bid can be left out."""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nacl.bindings import crypto_scalarmult, crypto_scalarmult_base
from nacl.exceptions import RuntimeError as SodiumError

from chain.actors import START, Stage, seeded
from chain.naive_market import NaiveMarket, Said
from chain.proving import rotation
from kemiao.base import tree
from kemiao.base.refusal import Refusal
from kemiao.chain.rules.calls import (
    CLEARING_MS,
    DAY_MS,
    barred_until,
    bid_leaf,
    bids_of,
    call_of,
    call_path,
    call_root,
    found_bid,
    phase,
    takes_part,
)
from kemiao.chain.rules.market import _SMALL_ORDER, BIDS_EACH, COMMIT_MS, REVEAL_MS

A, B, C = "aa" * 32, "bb" * 32, "cc" * 32
COMMIT, REVEAL = START + 1_000_000, START + 2_000_000
RULES = {"barred_calls": 2, "withdrawn_calls": 1, "policy": "0f" * 32}


def sealing(name: str) -> str:
    return crypto_scalarmult_base(name.encode().ljust(32, b"\0")).hex()


def market() -> Stage:
    """An operator and an auditor with sealing keys."""
    stage = Stage()
    for name in ("bank-a", "auditor"):
        stage.accepted("sealing_key", name, body={"public": sealing(name)})
    return stage


def terms(commit_until: int = COMMIT, reveal_until: int = REVEAL, **other: Any) -> dict[str, Any]:
    return {"auditor": "auditor", "commit_until": commit_until, "reveal_until": reveal_until, **RULES, **other}


def opened(stage: Stage) -> str:
    """A call that begins now, with a thousand seconds for each phase."""
    return stage.accepted("call_open", "bank-a", body=terms(stage.at + 1_000_000, stage.at + 2_000_000))


def reveal_body(call: str, bid: str, **other: Any) -> dict[str, Any]:
    return {"call": call, "bid": bid, "parcels": {"bank-a": "11" * 32, "auditor": "22" * 32}, **other}


def result_body(stage: Stage, call: str, **other: Any) -> dict[str, Any]:
    known = call_of(stage.state, call)
    return {
        "call": call, "root": call_root(stage.state, call), "bids": known["bids"] if known else 0, "seed": "01" * 32,
        "result": "02" * 32, "published": "03" * 32, "sheets": "04" * 32, "void": [], "cleared": "stable", **other,
    }  # fmt: skip


def committed(stage: Stage, call: str, who: str, commitment: str) -> str:
    return stage.accepted("bid_commit", who, body={"call": call}, commitment=commitment)


def test_a_call_goes_from_commitments_through_reveals_to_its_result() -> None:
    stage = market()
    call = opened(stage)
    known = call_of(stage.state, call)
    assert known["sealing"] == {name: sealing(name) for name in ("bank-a", "auditor")}
    first, second, third = (
        committed(stage, call, who, what) for who, what in (("bank-b", A), ("acme", B), ("bolt", C))
    )
    stage.accepted("bid_withdraw", "bolt", body={"bid": third})
    stage.accepted("bid_reveal", "bank-b", at=known["commit_until"], commitment=A, body=reveal_body(call, first))
    stage.accepted("call_result", "bank-a", at=known["reveal_until"], body=result_body(stage, call, void=[first]))
    assert [takes_part(call_of(stage.state, call), bid) for bid in bids_of(stage.state, call)] == [True, False, False]
    assert call_of(stage.state, call)["result"]["root"] == call_root(stage.state, call)
    assert [barred_until(stage.state, "bank-a", who, stage.at) for who in ("bank-b", "acme", "bolt", "tax-office")] == [
        4,
        4,
        0,
        0,
    ]
    assert found_bid(stage.state, second)[1] == 1


def test_every_bid_is_under_the_root_with_its_path() -> None:
    stage = market()
    call = opened(stage)
    mine = [committed(stage, call, "bank-b", f"{number:064x}") for number in range(11)]
    root = bytes.fromhex(call_root(stage.state, call))
    for place, bid in enumerate(mine):
        leaf = tree.leaf_hash(bid_leaf(bid, f"{place:064x}", revealed=False, withdrawn=False))
        path = [bytes.fromhex(step) for step in call_path(stage.state, call, place)]
        assert tree.check_inclusion(leaf, place, 11, path, root)


def test_the_chain_s_time_decides_what_is_late() -> None:
    stage = market()
    call = opened(stage)
    known = call_of(stage.state, call)
    bid, kept = committed(stage, call, "bank-b", A), committed(stage, call, "bolt", C)
    reveal = {"commitment": A, "body": reveal_body(call, bid)}
    assert stage.refused("bid_reveal", "bank-b", at=known["commit_until"] - 1, **reveal) == "TOO_EARLY"
    assert (
        stage.refused("bid_commit", "acme", at=known["commit_until"], body={"call": call}, commitment=B) == "TOO_LATE"
    )
    stage.accepted("bid_reveal", "bolt", at=known["commit_until"], commitment=C, body=reveal_body(call, kept))
    assert stage.refused("bid_reveal", "bank-b", at=known["reveal_until"], **reveal) == "TOO_LATE"
    assert (
        stage.refused("call_result", "bank-a", at=known["reveal_until"] - 1, body=result_body(stage, call))
        == "TOO_EARLY"
    )
    lapsed = known["reveal_until"] + CLEARING_MS
    assert stage.refused("bid_withdraw", "bank-b", at=lapsed - 1, body={"bid": bid}) == "BEING_CLEARED"
    assert stage.refused("call_result", "bank-a", at=lapsed, body=result_body(stage, call)) == "CALL_LAPSED"
    for who, own in (("bank-b", bid), ("bolt", kept)):
        stage.accepted("bid_withdraw", who, at=lapsed, body={"bid": own})
    assert phase(call_of(stage.state, call), lapsed) == "lapsed"
    assert [barred_until(stage.state, "bank-a", who, lapsed) for who in ("bank-b", "bolt")] == [4, 0]


def test_who_takes_back_while_others_reveal_has_not_revealed() -> None:
    """Else many bids could be committed, and one chosen among them once others' commitments are known."""
    stage = market()
    call = opened(stage)
    known = call_of(stage.state, call)
    early, late, shown = (committed(stage, call, who, what) for who, what in (("acme", A), ("bolt", B), ("bank-b", C)))
    stage.accepted("bid_withdraw", "acme", at=known["commit_until"] - 1, body={"bid": early})
    stage.accepted("bid_reveal", "bank-b", at=known["commit_until"], commitment=C, body=reveal_body(call, shown))
    stage.accepted("bid_withdraw", "bolt", at=known["commit_until"], body={"bid": late})
    stage.accepted("bid_withdraw", "bank-b", at=known["reveal_until"] - 1, body={"bid": shown})
    told = [barred_until(stage.state, "bank-a", who, known["reveal_until"]) for who in ("acme", "bolt", "bank-b")]
    assert told == [0, 4, 4]
    assert not any(takes_part(known, bid) for bid in bids_of(stage.state, call))


def test_a_bid_withdrawn_in_the_moment_of_the_result_was_in_the_call() -> None:
    stage = market()
    call = opened(stage)
    known = call_of(stage.state, call)
    bid = committed(stage, call, "acme", A)
    stage.accepted("bid_reveal", "acme", at=known["commit_until"], commitment=A, body=reveal_body(call, bid))
    stage.accepted("call_result", "bank-a", at=known["reveal_until"], body=result_body(stage, call))
    stage.accepted("bid_withdraw", "acme", at=known["reveal_until"], body={"bid": bid})
    assert call_root(stage.state, call) == call_of(stage.state, call)["result"]["root"]
    assert barred_until(stage.state, "bank-a", "acme", stage.at) == 3


def test_a_bid_is_revealed_once_by_its_author_in_its_call_and_as_it_was_committed() -> None:
    stage = market()
    call = opened(stage)
    bid, other = committed(stage, call, "bank-b", A), committed(stage, call, "acme", B)
    stage.at = call_of(stage.state, call)["commit_until"]
    assert stage.refused("bid_reveal", "acme", commitment=A, body=reveal_body(call, bid)) == "NOT_THE_BIDDER"
    assert stage.refused("bid_reveal", "bank-b", commitment=B, body=reveal_body(call, bid)) == "OTHER_BID"
    assert stage.refused("bid_reveal", "bank-b", commitment=None, body=reveal_body(call, bid)) == "OTHER_BID"
    assert stage.refused("bid_reveal", "bank-b", commitment=A, body=reveal_body(other, bid)) == "OTHER_CALL"
    assert stage.refused("bid_reveal", "bank-b", commitment=A, body=reveal_body(call, call)) == "NO_SUCH_BID"
    for parcels in (
        {"bank-a": A, "bank-b": B},
        {"auditor": A},
        {"bank-a": A, "auditor": B, "acme": C},
        {"bank-a": "x", "auditor": B},
    ):
        body = {**reveal_body(call, bid), "parcels": parcels}
        assert stage.refused("bid_reveal", "bank-b", commitment=A, body=body) in ("OTHER_ADDRESSEES", "MALFORMED_BODY")
    stage.accepted("bid_reveal", "bank-b", commitment=A, body=reveal_body(call, bid))
    assert stage.refused("bid_reveal", "bank-b", commitment=A, body=reveal_body(call, bid)) == "REVEALED_ALREADY"


def test_the_same_commitment_is_nobody_s_twice_and_a_copy_keeps_its_author_out_of_nothing() -> None:
    stage = market()
    call = opened(stage)
    committed(stage, call, "acme", A)
    committed(stage, call, "bank-b", A)
    assert stage.refused("bid_commit", "bank-b", body={"call": call}, commitment=A) == "COMMITTED_ALREADY"
    assert stage.refused("bid_commit", "acme", body={"call": call}) == "COMMITMENT_NEEDED"
    stage.at = call_of(stage.state, call)["reveal_until"]
    assert stage.refused("bid_commit", "bank-b", body={"call": opened(stage)}, commitment=A) == "COMMITTED_ALREADY"


def test_no_participant_fills_a_call() -> None:
    stage = market()
    call = opened(stage)
    for number in range(BIDS_EACH):
        committed(stage, call, "bank-b", f"{number:064x}")
    assert stage.refused("bid_commit", "bank-b", body={"call": call}, commitment=A) == "TOO_MANY_BIDS"
    committed(stage, call, "acme", A)


def test_the_operator_can_leave_no_bid_out() -> None:
    stage = market()
    call = opened(stage)
    bids = [committed(stage, call, who, what) for who, what in (("bank-b", A), ("acme", B))]
    stage.at = call_of(stage.state, call)["reveal_until"]
    good = result_body(stage, call)
    only_one = tree.leaf_hash(bid_leaf(bids[0], A, revealed=False, withdrawn=False)).hex()
    claims_revealed = [tree.leaf_hash(bid_leaf(bid, what, revealed=True, withdrawn=False)) for bid, what in zip(bids, (A, B), strict=True)]  # fmt: skip
    for wrong in ({"root": only_one}, {"root": tree.root(claims_revealed).hex()}, {"root": tree.EMPTY_ROOT.hex()}):
        assert stage.refused("call_result", "bank-a", body={**good, **wrong}) == "OTHER_ROOT"
    assert stage.refused("call_result", "bank-a", body={**good, "bids": 1, "root": only_one}) == "OTHER_COUNT"
    assert stage.refused("call_result", "bank-b", body=good) == "NOT_THE_OPERATOR"
    assert stage.refused("call_result", "bank-a", body={**good, "void": [call]}) == "NO_SUCH_BID"
    assert stage.refused("call_result", "bank-a", body={**good, "void": [bids[0]] * 2}) == "MALFORMED_BODY"
    assert stage.refused("call_result", "bank-a", body={**good, "void": bids}) == "NOT_REVEALED"
    stage.accepted("call_result", "bank-a", body=good)
    assert stage.refused("call_result", "bank-a", body=good) == "CLEARED_ALREADY"


def test_a_call_without_bids_is_cleared_under_the_empty_root() -> None:
    stage = market()
    call = opened(stage)
    stage.accepted(
        "call_result", "bank-a", at=call_of(stage.state, call)["reveal_until"], body=result_body(stage, call)
    )
    assert call_of(stage.state, call)["result"]["root"] == tree.EMPTY_ROOT.hex()


def cleared(stage: Stage, call: str) -> None:
    stage.accepted(
        "call_result",
        "bank-a",
        at=max(stage.at, call_of(stage.state, call)["reveal_until"]),
        body=result_body(stage, call),
    )


def test_who_does_not_reveal_is_kept_out_of_the_next_calls_and_then_let_in() -> None:
    stage = market()
    call = opened(stage)
    committed(stage, call, "acme", A)
    cleared(stage, call)
    for number in (2, 3):
        call = opened(stage)
        assert stage.refused("bid_commit", "acme", body={"call": call}, commitment=B) == "BARRED", number
        committed(stage, call, "bolt", f"{number:064x}")
        stage.accepted("bid_withdraw", "bolt", body={"bid": stage.records[-1].id})
        stage.at = call_of(stage.state, call)["reveal_until"]
    committed(stage, opened(stage), "acme", B)


def test_who_withdraws_after_the_result_is_kept_out_but_not_who_only_ends_a_standing_bid() -> None:
    stage = market()
    call = opened(stage)
    bids = {who: committed(stage, call, who, what) for who, what in (("acme", A), ("bolt", B), ("bank-b", C))}
    stage.at = call_of(stage.state, call)["commit_until"]
    for who, what, standing in (("acme", A, False), ("bolt", B, True), ("bank-b", C, True)):
        stage.accepted("bid_reveal", who, commitment=what, body=reveal_body(call, bids[who], standing=standing))
    stage.at = call_of(stage.state, call)["reveal_until"]
    assert stage.refused("bid_withdraw", "acme", body={"bid": bids["acme"]}) == "BEING_CLEARED"
    cleared(stage, call)
    root = call_root(stage.state, call)
    assert stage.refused("bid_withdraw", "acme", body={"bid": bids["acme"], "standing": True}) == "NOT_STANDING"
    assert stage.refused("bid_withdraw", "acme", body={"bid": bids["bolt"]}) == "NOT_THE_BIDDER"
    stage.accepted("bid_withdraw", "acme", body={"bid": bids["acme"]})
    stage.accepted("bid_withdraw", "bolt", body={"bid": bids["bolt"], "standing": True})
    assert stage.refused("bid_withdraw", "bolt", body={"bid": bids["bolt"], "standing": True}) == "WITHDRAWN_ALREADY"
    stage.accepted("bid_withdraw", "bank-b", body={"bid": bids["bank-b"]})
    assert call_root(stage.state, call) == root
    call = opened(stage)
    assert stage.refused("bid_commit", "acme", body={"call": call}, commitment="01" * 32) == "BARRED"
    assert stage.refused("bid_commit", "bank-b", body={"call": call}, commitment="01" * 32) == "BARRED"
    committed(stage, call, "bolt", "02" * 32)
    stage.at = call_of(stage.state, call)["reveal_until"]
    committed(stage, opened(stage), "acme", "03" * 32)


def test_whose_bid_the_result_names_void_is_kept_out_as_if_it_had_not_been_revealed() -> None:
    """Else somebody would reveal what can't be read, and so choose between two seeds once the other bids are known."""
    stage = market()
    call = opened(stage)
    bids = {who: committed(stage, call, who, what) for who, what in (("acme", A), ("bolt", B), ("bank-b", C))}
    stage.at = call_of(stage.state, call)["commit_until"]
    for who, what in (("acme", A), ("bolt", B)):
        stage.accepted("bid_reveal", who, commitment=what, body=reveal_body(call, bids[who]))
    stage.at = call_of(stage.state, call)["reveal_until"]
    good = result_body(stage, call)
    assert stage.refused("call_result", "bank-a", body={**good, "void": [bids["bank-b"]]}) == "NOT_REVEALED"
    open_now = opened(stage)  # before the result is named: acme may bid in it
    committed(stage, open_now, "acme", "01" * 32)
    stage.accepted("call_result", "bank-a", body={**good, "void": [bids["acme"]]})
    assert stage.refused("bid_commit", "acme", body={"call": open_now}, commitment="02" * 32) == "BARRED"
    committed(stage, open_now, "bolt", "03" * 32)
    told = [barred_until(stage.state, "bank-a", who, stage.at) for who in ("acme", "bolt", "bank-b")]
    assert told == [5, 0, 4]


def test_who_takes_one_bid_back_after_the_result_is_still_barred_for_another_that_was_not_revealed() -> None:
    stage = market()
    call = opened(stage)
    shown, _ = committed(stage, call, "acme", A), committed(stage, call, "acme", B)
    stage.at = call_of(stage.state, call)["commit_until"]
    stage.accepted("bid_reveal", "acme", commitment=A, body=reveal_body(call, shown))
    cleared(stage, call)
    stage.accepted("bid_withdraw", "acme", body={"bid": shown})
    assert barred_until(stage.state, "bank-a", "acme", stage.at) == 4


def test_nobody_is_barred_for_a_void_bid_of_a_stolen_key() -> None:
    stage = market()
    call = opened(stage)
    bids = {who: committed(stage, call, who, what) for who, what in (("acme", A), ("bolt", B))}
    stage.at = call_of(stage.state, call)["commit_until"]
    for who, what in (("acme", A), ("bolt", B)):
        stage.accepted("bid_reveal", who, commitment=what, body=reveal_body(call, bids[who]))
    stolen = {"retire": found_bid(stage.state, bids["acme"])[2]["key"], "add": None, "distrusted_from": START}
    stage.accepted("key.rotate", "acme", body=stolen, purpose="keys")
    stage.at = call_of(stage.state, call)["reveal_until"]
    stage.accepted("call_result", "bank-a", body=result_body(stage, call, void=list(bids.values())))
    assert [barred_until(stage.state, "bank-a", who, stage.at) for who in bids] == [0, 4]


@pytest.mark.parametrize(
    ("who", "body", "code"),
    [
        ("acme", terms(), "ROLE_MAY_NOT_OPEN"), ("auditor", terms(auditor="regulator"), "ROLE_MAY_NOT_OPEN"),
        ("bank-a", terms(auditor="bank-b"), "NOT_AN_AUDITOR"), ("bank-a", terms(auditor="nobody"), "NOT_AN_AUDITOR"),
        ("bank-a", terms(auditor="regulator"), "NO_SEALING_KEY"), ("bank-b", terms(), "NO_SEALING_KEY"),
        ("bank-a", terms(START), "TIME_OUT_OF_RANGE"), ("bank-a", terms(COMMIT, COMMIT), "TIME_OUT_OF_RANGE"),
        ("bank-a", terms(REVEAL, COMMIT), "TIME_OUT_OF_RANGE"), ("bank-a", terms(COMMIT, COMMIT + REVEAL_MS + 1), "TIME_OUT_OF_RANGE"),
        ("bank-a", terms(START + COMMIT_MS + DAY_MS, START + COMMIT_MS + DAY_MS + 1), "TIME_OUT_OF_RANGE"), ("bank-a", terms(barred_calls=1001), "MALFORMED_BODY"),
        ("bank-a", terms(barred_calls=True), "MALFORMED_BODY"), ("bank-a", terms(commit_until=-1), "MALFORMED_BODY"),
        ("bank-a", terms(seed=A), "MALFORMED_BODY"), ("bank-a", terms(policy="latest"), "MALFORMED_BODY"),
    ],
)  # fmt: skip
def test_a_call_is_opened_by_an_operator_for_an_auditor_within_bounds(
    who: str, body: dict[str, Any], code: str
) -> None:
    assert market().refused("call_open", who, body=body) == code


def test_calls_of_one_operator_follow_each_other() -> None:
    stage = market()
    stage.accepted("sealing_key", "bank-b", body={"public": sealing("bank-b")})
    call = opened(stage)
    assert stage.refused("call_open", "bank-a", body=terms()) == "CALL_STILL_OPEN"
    stage.accepted("call_open", "bank-b", body=terms())
    until = call_of(stage.state, call)["reveal_until"]
    assert stage.refused("call_open", "bank-a", at=until - 1, body=terms(until + 1, until + 2)) == "CALL_STILL_OPEN"
    after = stage.accepted(
        "call_open", "bank-a", at=until, body=terms(until + COMMIT_MS, until + COMMIT_MS + REVEAL_MS)
    )
    assert call_of(stage.state, after)["number"] == 2


def test_nothing_is_sealed_for_a_key_that_a_stolen_key_named() -> None:
    stage = market()
    stolen = stage.state.get("sealing/auditor")["key"]
    rotation(stage, "auditor", add=seeded("another"), purposes=("keys",), retire=stolen, distrusted_from=START)
    assert stage.refused("call_open", "bank-a", body=terms()) == "NO_SEALING_KEY"


def test_a_later_sealing_key_does_not_change_an_open_call() -> None:
    stage = market()
    call = opened(stage)
    stage.accepted("sealing_key", "auditor", body={"public": sealing("another")})
    assert call_of(stage.state, call)["sealing"]["auditor"] == sealing("auditor")


@pytest.mark.parametrize("point", sorted(_SMALL_ORDER | {2**255 - 20, 2**255 - 19, 2**255 - 18, 2**256 - 1}))
def test_a_point_that_nothing_can_be_sealed_for_is_no_sealing_key(point: int) -> None:
    public = point.to_bytes(32, "little")
    assert Stage().refused("sealing_key", "acme", body={"public": public.hex()}) == "MALFORMED_BODY"
    if point in _SMALL_ORDER:
        with pytest.raises(SodiumError):
            crypto_scalarmult(b"\x07" * 32, public)


def test_what_a_stolen_key_did_neither_counts_nor_bars() -> None:
    stage = market()
    call = opened(stage)
    bid = committed(stage, call, "acme", A)
    since = stage.at
    stage.at = call_of(stage.state, call)["reveal_until"]
    assert barred_until(stage.state, "bank-a", "acme", stage.at) == 4
    stolen = found_bid(stage.state, bid)[2]["key"]
    stage.accepted("key.rotate", "acme", body={"retire": stolen, "add": None, "distrusted_from": since}, purpose="keys")
    assert barred_until(stage.state, "bank-a", "acme", stage.at) == 0


def test_a_call_that_a_stolen_key_opened_takes_nothing_and_holds_up_nobody() -> None:
    stage = market()
    call = opened(stage)
    bid = committed(stage, call, "acme", A)
    key = call_of(stage.state, call)["key"]
    stage.accepted("key.rotate", "bank-a", body={"retire": key, "add": None, "distrusted_from": START}, purpose="keys")
    assert stage.refused("bid_commit", "bolt", body={"call": call}, commitment=B) == "CALL_DISTRUSTED"
    stage.at = call_of(stage.state, call)["reveal_until"]
    assert barred_until(stage.state, "bank-a", "acme", stage.at) == 0
    stage.accepted("bid_withdraw", "acme", body={"bid": bid})


class History:
    """Two operators, four bidders, honest and not, and time that jumps; what the rules say is held against the naive market."""

    def __init__(self, seed: int) -> None:
        self.random, self.naive, self.stage = Random(seed), NaiveMarket(), market()  # noqa: S311  # a history, no secret
        self.stage.accepted("sealing_key", "bank-b", body={"public": sealing("bank-b")})
        self.told: Counter[str] = Counter()

    def go_on(self, steps: int) -> None:
        for _ in range(steps):
            late = self.random.random() < 0.02
            self.stage.at += (
                CLEARING_MS // self.random.choice((1, 50)) if late else self.random.choice((0, 0, 1, 2, 5, 10))
            )
            kind = self.random.choice(
                ("call_open", *["bid_commit"] * 3, *["bid_reveal"] * 4, "bid_withdraw", "call_result", "call_result")
            )
            who, body, commitment = getattr(self, kind)()
            at = self.stage.at + 1
            said = self.stage.say(kind, who, at=at, body=body, commitment=commitment)
            own = said if isinstance(said, str) else "f" * 64
            expected = self.naive.take(Said(own, kind, who, at, body, commitment))
            got = said.code if isinstance(said, Refusal) else None
            assert got == expected, (kind, who, body)
            self.told[f"{kind} {got or 'accepted'}"] += 1

    def some(self, of: list[str]) -> str:
        return (
            self.random.choice(of[-self.random.choice((1, 2, 8)) :]) if of and self.random.random() < 0.97 else "e" * 64
        )

    def calls(self) -> list[str]:
        return [one.id for one in self.naive.of("call_open")]

    def bids(self) -> list[str]:
        return [one.id for one in self.naive.of("bid_commit")]

    def call_open(self) -> tuple[str, dict[str, Any], None]:
        at = self.stage.at
        commit = at + self.random.choice((0, 20, 40, 40))
        body = terms(
            commit,
            commit + self.random.choice((0, 30, 40)),
            barred_calls=self.random.randrange(3),
            withdrawn_calls=self.random.randrange(3),
        )
        return self.random.choice(("bank-a", "bank-b")), body, None

    def bid_commit(self) -> tuple[str, dict[str, Any], str]:
        return (
            self.random.choice(("acme", "bolt", "leasing-c", "bank-b")),
            {"call": self.some(self.calls())},
            f"{self.random.randrange(30):064x}",
        )

    def bid_reveal(self) -> tuple[str, dict[str, Any], str]:
        bid = self.naive.bid(self.some(self.bids()))
        if bid is None or self.random.random() < 0.1:
            return "acme", self.parcels(self.some(self.calls()), self.some(self.bids())), A
        call = bid.body["call"] if self.random.random() < 0.95 else self.some(self.calls())
        return bid.by, {**self.parcels(call, bid.id), "standing": self.random.random() < 0.5}, bid.commitment or A

    def parcels(self, call: str, bid: str) -> dict[str, Any]:
        found = self.naive.bid(bid)
        held = self.naive.call(found.body["call"]) if found else None
        return {"call": call, "bid": bid, "parcels": {held.by if held else "bank-a": A, "auditor": B}}

    def bid_withdraw(self) -> tuple[str, dict[str, Any], None]:
        bid = self.naive.bid(self.some(self.bids()))
        who = bid.by if bid is not None and self.random.random() < 0.9 else "tax-office"
        body: dict[str, Any] = {"bid": bid.id if bid else "e" * 64}
        return who, body | ({"standing": True} if self.random.random() < 0.3 else {}), None

    def call_result(self) -> tuple[str, dict[str, Any], None]:
        call = self.naive.call(self.some(self.calls()))
        if call is None:
            return "bank-a", result_body(self.stage, "e" * 64), None
        body = result_body(self.stage, call.id, root=self.naive.root(call))
        wrong = self.random.random()
        body |= {"bids": body["bids"] + 1} if wrong < 0.05 else {"root": A} if wrong < 0.1 else {}
        bids = [one.id for one in self.naive.of("bid_commit", call=call.id)]
        shown = [bid for bid in bids if self.naive.of("bid_reveal", bid=bid)]
        some = (self.bids() if self.random.random() < 0.1 else shown)[-3:]
        body |= {"void": some} if self.random.random() < 0.4 else {}
        return call.by if wrong < 0.95 else "acme", body, None


@given(st.integers(0, 2**32))
@settings(max_examples=8, deadline=None)
def test_the_rules_and_the_naive_market_agree_on_every_entry(seed: int) -> None:
    history = History(seed)
    history.go_on(80)
    for call in history.naive.of("call_open"):
        assert call_root(history.stage.state, call.id) == history.naive.root(call)


@pytest.mark.slow
def test_long_histories_reach_every_refusal() -> None:
    told: Counter[str] = Counter()
    for seed in range(6):
        history = History(seed)
        history.go_on(300)
        told += history.told
    assert {line.split()[1] for line in told} == {
        "accepted", "TIME_OUT_OF_RANGE", "CALL_STILL_OPEN", "NO_SUCH_CALL", "TOO_LATE", "COMMITTED_ALREADY", "BARRED", "NO_SUCH_BID",
        "NOT_THE_BIDDER", "OTHER_CALL", "OTHER_BID", "TOO_EARLY", "WITHDRAWN_ALREADY", "REVEALED_ALREADY", "NOT_STANDING", "BEING_CLEARED",
        "NOT_THE_OPERATOR", "CLEARED_ALREADY", "CALL_LAPSED", "OTHER_COUNT", "OTHER_ROOT", "NOT_REVEALED",
    }  # fmt: skip
