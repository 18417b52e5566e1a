"""Who tries to stop a sealed call, or to learn what others bid; and two at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from bank.market.market_cast import (
    AUDITOR,
    COMPANY,
    FUNDER,
    MINUTES,
    OPERATOR,
    Cast,
    assessed,
    mandate,
    opened,
    request,
    sealed_call,
    shared,
)
from chain.actors import ACME, BOLT
from kemiao.bank.chain_side import SharedChain
from kemiao.bank.commands.market_bid import commit, reveal
from kemiao.bank.commands.market_clear_call import ClearedCall, clear_call, tells_on
from kemiao.bank.commands.market_post import Row, post
from kemiao.bank.market import book
from kemiao.bank.market.bids import own_bids
from kemiao.bank.market.calls import calls
from kemiao.bank.market.sheets import sheets
from kemiao.base.refusal import Refusal

AFTER = 2 * MINUTES + 5


@pytest.fixture
def cast(tmp_path: Path) -> Cast:
    return Cast(tmp_path, FUNDER, COMPANY, AUDITOR)


def test_a_commitment_that_another_committed_first_keeps_nobody_out(cast: Cast, monkeypatch):
    """Whoever runs the node sees a commitment before it stands, and could take it first."""
    with cast.at(OPERATOR, 0) as world:
        call = opened(world)
    with cast.at(FUNDER, 5) as world:
        mandate(world, "M2")
        monkeypatch.setattr(type(shared(world)), "act", lambda *_, **__: Refusal("X", "x", "x"))
        assert isinstance(commit(world, (), None, True), Refusal)
        monkeypatch.undo()
        (bid,) = own_bids(world, call.id)
    with cast.at(COMPANY, 5) as world:
        done = shared(world).act("bid_commit", body={"call": call.id}, commitment=bid.commitment)
        assert not isinstance(done, Refusal)
    with cast.at(FUNDER, 6) as world:
        done = commit(world, (), None, True)
        assert isinstance(done, list), done
    with cast.at(FUNDER, MINUTES + 5) as world:
        assert [each.state for each in reveal(world, None)] == ["revealed"]
    with cast.at(OPERATOR, AFTER) as world:
        done = clear_call(world, None)
        assert isinstance(done, ClearedCall), done
        assert [bid["bidder"] for bid in done.book["bids"]] == [FUNDER]


def test_no_bidder_makes_a_market_too_large_to_be_cleared(cast: Cast):
    with cast.at(OPERATOR, 0) as world:
        assessed(world, BOLT)
        request(world, BOLT)
        mandate(world)
        opened(world)
        assert isinstance(commit(world, (), None, True), list)
    with cast.at(FUNDER, 5) as world:
        rows = [Row({"mandate": f"H{n}", "budget_fen": str(10**13), "rate": "4%"}) for n in range(29)]
        assert not any(isinstance(each, Refusal) for each in post(world, "mandates", rows))
        assert isinstance(commit(world, (), None, True), list)
    for name in (OPERATOR, FUNDER):
        with cast.at(name, MINUTES + 5) as world:
            assert isinstance(reveal(world, None), list)
    with cast.at(OPERATOR, AFTER) as world:
        done = clear_call(world, None)
        assert isinstance(done, ClearedCall), done
        assert done.matches
        assert {row["code"] for row in done.settled.void} == {"TOO_LARGE_FOR_ALL"}


def test_a_bidder_s_rows_are_bounded_and_the_operator_s_are_not(cast: Cast, monkeypatch):
    monkeypatch.setattr(book, "ROWS_EACH", {"mandates": 1})
    with cast.at(OPERATOR, 0) as world:
        mandate(world, "M1")
        mandate(world, "M2")
        opened(world)
        assert isinstance(commit(world, (), None, True), list)
    with cast.at(FUNDER, 5) as world:
        mandate(world, "M1")
        mandate(world, "M2")
        assert isinstance(commit(world, (), None, True), list)
    for name in (OPERATOR, FUNDER):
        with cast.at(name, MINUTES + 5) as world:
            assert isinstance(reveal(world, None), list)
    with cast.at(OPERATOR, AFTER) as world:
        done = clear_call(world, None)
        assert isinstance(done, ClearedCall), done
        assert done.settled.cleared.market.mandates.id == ("M1", "M2", f"{FUNDER}:M1")
        assert [row["code"] for row in done.settled.void] == ["TOO_MANY_ROWS"]


def test_a_funder_learns_no_loser_and_nobody_s_highest_rate(cast: Cast):
    """By funder's value acme is taken, by welfare bolt would be: only the first is matched."""
    newcomer = {"industry": "software", "region": "310000", "age_months": 40, "own_loans_repaid": 0, "lenders": 0}
    with cast.at(OPERATOR, 0) as world:
        assessed(world, ACME, features={**newcomer, "lenders": 3})
        assessed(world, BOLT, pd_ppm=12_000)
        request(world, ACME)
        request(world, BOLT)
        opened(world)
        assert isinstance(commit(world, (), None, True), list)
    with cast.at(FUNDER, 5) as world:
        mandate(world, "M2", budget="100万")
        assert isinstance(commit(world, (), None, True), list)
    for name in (OPERATOR, FUNDER):
        with cast.at(name, MINUTES + 5) as world:
            assert isinstance(reveal(world, None), list)
    with cast.at(OPERATOR, AFTER) as world:
        done = clear_call(world, None)
        assert isinstance(done, ClearedCall), done
        (lender,) = sheets(done.book, done.settled)
        companies = [done.settled.document[name]["matches"][0]["company"] for name in ("stable", "best")]
    assert companies == [ACME, BOLT]
    (told,) = lender["mandates"]
    assert [match["company"] for match in told["stable"]] == [ACME]
    assert told["best"] == [{"mandate": f"{FUNDER}:M2", "cover": None, "amount_fen": 100_000_000, "covered_fen": 0, "rate_ppm": 40_000}]  # fmt: skip
    assert BOLT not in str(lender)
    assert not {"company_ppm", "choice", "welfare_ppm", "guarantor_ppm"} & told["stable"][0].keys()


@pytest.mark.slow
def test_a_full_mailbox_keeps_no_sheet_from_others_and_the_rest_is_told_later(cast: Cast, monkeypatch):
    sealed_call(cast)
    real = SharedChain.put_parcel

    def put(self: SharedChain, to: str, content: bytes) -> str | Refusal:
        return Refusal("QUOTA_USED", "x", "x") if to == FUNDER else real(self, to, content)

    monkeypatch.setattr(SharedChain, "put_parcel", put)
    with cast.at(OPERATOR, AFTER) as world:
        done = clear_call(world, None)
        assert isinstance(done, Refusal)
        assert done.code == "QUOTA_USED"
        assert {event.public["to"] for event in world.log.events("market_told")} == {AUDITOR, COMPANY}
        assert tells_on(world, *calls(world))  # so that a page goes on offering it
        monkeypatch.undo()
        done = clear_call(world, None)
        assert isinstance(done, ClearedCall), done
        assert not tells_on(world, done.call)
        assert len(list(world.log.events("market_told"))) == 3
        assert len(done.matches) == len(list(world.log.events("market_match")))
