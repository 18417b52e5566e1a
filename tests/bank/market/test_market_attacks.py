"""Who tries to bend a sealed call, and what becomes of it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

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
from kemiao.bank.commands import market_bid, market_check, market_clear_call
from kemiao.bank.commands.erase import erase
from kemiao.bank.commands.market_bid import commit, our_bids, reveal, take_back
from kemiao.bank.commands.market_check import check
from kemiao.bank.commands.market_clear_call import ClearedCall, clear_call
from kemiao.bank.commands.market_replay import Replayed, replay
from kemiao.bank.event_log import EventLog
from kemiao.bank.market import gathering
from kemiao.bank.market.calls import named
from kemiao.bank.market.postings import Posting, postings
from kemiao.bank.world import World
from kemiao.base.refusal import Refusal
from kemiao.chain import receipt

AFTER = 2 * MINUTES + 5


@pytest.fixture
def cast(tmp_path: Path) -> Cast:
    return Cast(tmp_path, FUNDER, COMPANY, AUDITOR)


def cleared(cast: Cast, now: int = AFTER) -> ClearedCall:
    with cast.at(OPERATOR, now) as world:
        done = clear_call(world, None)
        assert isinstance(done, ClearedCall), done
        return done


def replayed(cast: Cast, now: int = AFTER) -> Replayed:
    with cast.at(AUDITOR, now) as world:
        done = replay(world, None)
        assert isinstance(done, Replayed), done
        return done


def codes(cast: Cast, name: str, now: int = AFTER) -> set[str]:
    """Of what a bidder finds wrong."""
    with cast.at(name, now) as world:
        said = check(world, None)
        assert not isinstance(said, Refusal), said
        assert (said.evidence is None) == said.holds
        return {finding.code for finding in said.findings if finding.holds is False}


def bid_of_funder(cast: Cast, **terms: object) -> None:
    """A call with one bid, of the second bank, committed."""
    with cast.at(OPERATOR, 0) as world:
        opened(world)
    with cast.at(FUNDER, 5) as world:
        mandate(world, "M2", **terms)
        done = commit(world, (), None, True)
        assert isinstance(done, list), done


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"standing": False}, "BID_ALTERED"),
        ({"call": "0" * 64}, "BID_ALTERED"),
        ({"rows": []}, "BID_UNREADABLE"),
        ({"form": "kemiao.bid/2"}, "BID_UNREADABLE"),
    ],
)
def test_a_bid_that_was_altered_after_it_was_committed_is_void_and_says_why(cast: Cast, monkeypatch, change, code):
    bid_of_funder(cast)
    real = market_bid.send

    def altered(chain: SharedChain, to: str, public: str, document: Any) -> Any:
        return real(chain, to, public, {**document, **change})

    monkeypatch.setattr(market_bid, "send", altered)
    with cast.at(FUNDER, MINUTES + 5) as world:
        assert isinstance(reveal(world, None), list)
    done = cleared(cast)
    assert [row["code"] for row in done.book["void"]] == [code]
    assert done.settled.document["counts"]["mandates"] == 0
    assert replayed(cast).identical
    assert codes(cast, FUNDER) == {"BID_VOID"}


def test_who_reveals_what_cant_be_read_is_kept_out_of_the_next_calls(cast: Cast, monkeypatch):
    """Else a bidder could choose between two seeds of the lottery once the others have revealed."""
    bid_of_funder(cast)
    real = market_bid.send
    monkeypatch.setattr(market_bid, "send", lambda chain, to, public, document: real(chain, to, public, {**document, "rows": []}))  # fmt: skip
    with cast.at(FUNDER, MINUTES + 5) as world:
        assert isinstance(reveal(world, None), list)
    monkeypatch.undo()
    cleared(cast)
    with cast.at(OPERATOR, AFTER + 1) as world:
        opened(world)
    with cast.at(FUNDER, AFTER + 2) as world:
        barred = commit(world, (), None, True)
        assert isinstance(barred, Refusal)
        assert barred.code == "BARRED"


@pytest.mark.slow
def test_an_operator_that_names_a_good_bid_void_is_found_out(cast: Cast, monkeypatch):
    """It could bar whom it likes: what it says is computed again."""
    sealed_call(cast)
    with cast.at(FUNDER, AFTER) as world:
        (bid,) = our_bids(world, named(world, None).id)  # type: ignore[union-attr]
    real = market_clear_call.result_body
    monkeypatch.setattr(market_clear_call, "result_body", lambda *given: {**real(*given), "void": [bid.bid]})
    cleared(cast)
    assert codes(cast, FUNDER) == {"BID_VOID"}
    assert [each.code for each in replayed(cast).differences] == ["OTHER_VOID"]


def test_nobody_hides_behind_many_void_bids(monkeypatch):
    monkeypatch.setattr(market_clear_call, "VOID_LISTED", 3)
    rows = [("1", "a", "BID_ALTERED"), ("2", "a", "BID_ALTERED"), ("3", "a", "BID_ALTERED"), ("4", "b", "NOT_REVEALED"), ("5", "b", "BID_ALTERED"), ("6", "a", "BID_ALTERED")]  # fmt: skip
    void = [{"bid": bid, "bidder": bidder, "code": code} for bid, bidder, code in rows]
    assert market_clear_call._unusable({"void": void}) == ["1", "5", "2"]


def test_a_bid_that_was_made_for_another_call_is_void(cast: Cast, monkeypatch):
    with cast.at(OPERATOR, 0) as world:
        opened(world)
    real = market_bid.own.document
    monkeypatch.setattr(market_bid.own, "document", lambda call, *more: real("1" * 64, *more))
    with cast.at(FUNDER, 5) as world:
        mandate(world)
        assert isinstance(commit(world, (), None, True), list)
    with cast.at(FUNDER, MINUTES + 5) as world:
        assert isinstance(reveal(world, None), list)
    assert [row["code"] for row in cleared(cast).book["void"]] == ["BID_FOR_ANOTHER_CALL"]


def test_the_operator_and_the_auditor_must_be_shown_the_same(cast: Cast, monkeypatch):
    bid_of_funder(cast)
    real = market_bid.send

    def two_faced(chain: SharedChain, to: str, public: str, document: Any) -> Any:
        return real(chain, to, public, document if to == AUDITOR else {**document, "standing": False})

    monkeypatch.setattr(market_bid, "send", two_faced)
    with cast.at(FUNDER, MINUTES + 5) as world:
        assert isinstance(reveal(world, None), list)
    cleared(cast)
    assert [each.code for each in replayed(cast).differences] == ["VOID_WITHOUT_CAUSE"]


def test_late_early_and_second_tries_are_refused_by_the_chains_time(cast: Cast):
    bid_of_funder(cast)
    with cast.at(FUNDER, 10) as world:
        early = reveal(world, None)
        assert isinstance(early, Refusal)
        assert early.code == "TOO_EARLY"
        assert isinstance(commit(world, (), None, True), Refusal)  # nothing new stands
    with cast.at(COMPANY, MINUTES) as world:
        request(world)
        late = commit(world, (), None, True)
        assert isinstance(late, Refusal)
        assert late.code == "TOO_LATE"
    with cast.at(FUNDER, MINUTES + 5) as world:
        first = reveal(world, None)
        entries = shared(world).node.size()
        assert reveal(world, None) == first  # again: nothing more is sent
        assert shared(world).node.size() == entries
    with cast.at(OPERATOR, MINUTES + 10) as world:
        early = clear_call(world, None)
        assert isinstance(early, Refusal)
        assert early.code == "CALL_STILL_OPEN"
    with cast.at(FUNDER, AFTER) as world:
        other = clear_call(world, None)
        assert isinstance(other, Refusal)
        assert other.code == "NOT_THE_OPERATOR"


@pytest.mark.slow
def test_a_bid_taken_back_before_the_deadline_is_as_if_it_had_not_been(cast: Cast):
    bid_of_funder(cast)
    with cast.at(FUNDER, 10) as world:
        (bid,) = our_bids(world, named(world, None).id)  # type: ignore[union-attr]
        assert not isinstance(take_back(world, bid.bid, standing_only=False), Refusal)
        done = commit(world, ["M2"], None, True)
        assert isinstance(done, list), done
        assert done[0].bid != bid.bid
    with cast.at(FUNDER, MINUTES + 5) as world:
        assert [each.state for each in reveal(world, None)] == ["withdrawn", "revealed"]  # type: ignore[union-attr]
    done = cleared(cast)
    assert done.settled.document["counts"]["mandates"] == 1
    assert codes(cast, FUNDER) == set()


def test_a_company_that_was_erased_spoils_its_own_bid_alone(cast: Cast):
    with cast.at(OPERATOR, 0) as world:
        assessed(world, BOLT)
        opened(world)
        for post_one in (lambda: request(world, BOLT), lambda: mandate(world, "M1")):
            post_one()
            assert isinstance(commit(world, (), None, True), list)
        erase(world, BOLT, "the company asked for it")
    with cast.at(OPERATOR, MINUTES + 5) as world:
        lost = reveal(world, None)
        assert isinstance(lost, Refusal)
        assert lost.code == "POSTING_ERASED"
        assert {bid.state for bid in our_bids(world, named(world, None).id)} == {"committed", "revealed"}  # type: ignore[union-attr]


@pytest.mark.slow
def test_two_processes_at_once_commit_a_posting_once_and_keep_a_match_once(cast: Cast, monkeypatch):
    """The second comes in between what the first reads and what it writes."""
    with cast.at(OPERATOR, 0) as world:
        assessed(world, ACME)
        request(world, ACME)
        opened(world)
        assert isinstance(commit(world, (), None, True), list)
    real_left, real_received = market_bid.own.left_of, market_check.received
    with cast.at(FUNDER, 5) as world:
        mandate(world, "M2")

        def second(*given: Any) -> Any:
            monkeypatch.undo()
            assert isinstance(commit(world, (), None, True), list)
            return real_left(*given)

        monkeypatch.setattr(market_bid.own, "left_of", second)
        late = commit(world, (), None, True)
        assert isinstance(late, Refusal)
        assert late.code == "COMMITTED_MEANWHILE"
    for name in (OPERATOR, FUNDER):
        with cast.at(name, MINUTES + 5) as world:
            assert isinstance(reveal(world, None), list)
    cleared(cast)
    with cast.at(FUNDER, AFTER) as world:

        def other(*given: Any) -> Any:
            monkeypatch.undo()
            assert not isinstance(check(world, None), Refusal)
            return real_received(*given)

        monkeypatch.setattr(market_check, "received", other)
        said = check(world, None)
        assert not isinstance(said, Refusal)
        assert said.holds, said.findings
        assert len(list(world.log.events("market_match"))) == 1
        assert len(list(world.log.events("market_sheet"))) == 1


@pytest.mark.slow
@pytest.mark.parametrize("bad", [{"mandates": "none"}, {"mandates": [{"mandate": "M2", "stable": [{}]}]}, {"bid": 7}, {"void": [[]]}, {"cleared": ["stable"]}])  # fmt: skip
def test_a_sheet_that_is_none_stops_nobody_from_checking(cast: Cast, monkeypatch, bad):
    bid_of_funder(cast)
    with cast.at(FUNDER, MINUTES + 5) as world:
        assert isinstance(reveal(world, None), list)
    real = market_clear_call.sheets
    monkeypatch.setattr(market_clear_call, "sheets", lambda *given: [{**sheet, **bad} for sheet in real(*given)])  # fmt: skip
    with cast.at(OPERATOR, AFTER) as world:
        clear_call(world, None)
    assert codes(cast, FUNDER) == {"SHEET_RECEIVED"}


def test_who_does_not_reveal_is_void_and_kept_out_of_the_next_calls(cast: Cast):
    bid_of_funder(cast)
    with cast.at(FUNDER, AFTER) as world:
        late = reveal(world, None)
        assert isinstance(late, Refusal)
        assert late.code == "TOO_LATE"
    assert [row["code"] for row in cleared(cast).book["void"]] == ["NOT_REVEALED"]
    assert replayed(cast).identical
    with cast.at(OPERATOR, AFTER + 1) as world:
        opened(world)
    with cast.at(FUNDER, AFTER + 2) as world:
        barred = commit(world, (), None, True)
        assert isinstance(barred, Refusal)
        assert barred.code == "BARRED"


def test_a_funder_that_withdraws_after_clearing_is_kept_out_too(cast: Cast):
    bid_of_funder(cast)
    with cast.at(FUNDER, MINUTES + 5) as world:
        (bid,) = reveal(world, None)  # type: ignore[misc]
    cleared(cast)
    with cast.at(FUNDER, AFTER + 1) as world:
        back = take_back(world, bid.bid[:12], standing_only=False)
        assert not isinstance(back, Refusal), back
    with cast.at(OPERATOR, AFTER + 2) as world:
        opened(world)
    with cast.at(FUNDER, AFTER + 3) as world:
        mandate(world, "M3")
        barred = commit(world, ["M3"], None, True)
        assert isinstance(barred, Refusal)
        assert barred.code == "BARRED"


@pytest.mark.slow
def test_an_operator_that_drops_a_bid_is_found_out_by_its_bidder_and_by_the_auditor(cast: Cast, monkeypatch):
    sealed_call(cast)
    real = gathering._fresh

    def without_funder(world: World, call: Any, void: Any) -> Any:
        return (bid for bid in real(world, call, void) if isinstance(bid, Refusal) or bid["bidder"] != FUNDER)

    monkeypatch.setattr(gathering, "_fresh", without_funder)
    cleared(cast)
    assert codes(cast, FUNDER) == {"SHEET_RECEIVED"}
    assert codes(cast, COMPANY) == set()
    assert {each.code for each in replayed(cast).differences} == {"BID_LEFT_OUT"}


@pytest.mark.slow
def test_an_operator_that_takes_a_budget_or_a_request_for_used_is_found_out(cast: Cast, monkeypatch):
    sealed_call(cast)
    requests = {each.id for each in _posted(cast, COMPANY)}
    (own,) = requests
    monkeypatch.setattr(gathering, "_earlier", lambda *_: ({f"{FUNDER}:M2": 50_000_000}, [f"{COMPANY}:{own}"]))
    cleared(cast)
    assert codes(cast, FUNDER) == {"BUDGET_AS_POSTED"}
    assert codes(cast, COMPANY) == {"MATCHED_BEFORE"}


def _posted(cast: Cast, name: str) -> list[Posting]:
    with cast.at(name, AFTER) as world:
        return postings(world)


@pytest.mark.slow
def test_an_operator_that_changes_a_result_is_found_out(cast: Cast, monkeypatch):
    sealed_call(cast)
    real = market_clear_call.result_body

    def bent(*given: Any) -> dict[str, Any]:
        return {**real(*given), "result": "0" * 64, "seed": "1" * 64}

    monkeypatch.setattr(market_clear_call, "result_body", bent)
    cleared(cast)
    assert codes(cast, FUNDER) == {"SEED"}
    assert {each.code for each in replayed(cast).differences} == {"OTHER_RESULT", "OTHER_SEED"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "side", "change"),
    [
        (FUNDER, "mandates", {"rate_ppm": 39_999}), (FUNDER, "mandates", {"amount_fen": 100_000_001}),
        (COMPANY, "requests", {"cost_ppm": 80_001}), (COMPANY, "requests", {"months": 13}),
    ],
)  # fmt: skip
def test_a_sheet_with_terms_that_nobody_posted_is_found_out_by_its_bidder(cast: Cast, monkeypatch, name, side, change):
    sealed_call(cast)
    real = market_clear_call.sheets

    def bent(*given: Any) -> list[dict[str, Any]]:
        told = real(*given)
        for row in (row for sheet in told for row in sheet[side]):
            row["stable"] = [{**match, **change} for match in row["stable"]]
        return told

    monkeypatch.setattr(market_clear_call, "sheets", bent)
    cleared(cast)
    assert codes(cast, name) == {"TERMS_AS_POSTED"}


def test_a_node_that_drops_a_commitment_is_convicted_by_its_own_receipt(cast: Cast):
    node = cast.homes[OPERATOR] / "chain" / "node.db"
    with cast.at(OPERATOR, 0) as world:
        opened(world)
    before = {path.name: path.read_bytes() for path in node.parent.glob("node.db*")}
    with cast.at(FUNDER, 5) as world:
        mandate(world)
        (bid,) = commit(world, (), None, True)  # type: ignore[misc]
    for path in node.parent.glob("node.db*"):
        path.unlink()
    for name, content in before.items():
        (node.parent / name).write_bytes(content)
    (
        cast.homes[FUNDER] / "chain" / "node.db-seen"
    ).unlink()  # it shares the node's file here: nothing else has seen the entry
    with cast.at(FUNDER, 10) as world:
        said = check(world, None)
        assert not isinstance(said, Refusal)
        assert [finding.code for finding in said.findings if finding.holds is False] == ["BID_ON_CHAIN"]
        assert said.evidence is not None
        (dropped,) = said.evidence["dropped"]
        assert dropped["commitment"] == bid.commitment
        promise = receipt.read(dropped["receipt"])
        assert isinstance(promise, receipt.Receipt)
        assert [own for _, _, own in promise.accepted] == [bid.bid]


def test_a_company_asks_for_itself_and_can_claim_nothing(cast: Cast, monkeypatch):
    from kemiao.bank.commands import market_post

    monkeypatch.setattr(market_post, "typed", lambda _: [])
    with cast.at(OPERATOR, 0) as world:
        assessed(world, ACME)
        assessed(world, BOLT)
        opened(world)
    with cast.at(COMPANY, 5) as world:
        request(world, grade="AAA")
        request(world, BOLT)
        mandate(world, "its-own")
        assert isinstance(commit(world, (), None, True), list)
    with cast.at(COMPANY, MINUTES + 5) as world:
        assert isinstance(reveal(world, None), list)
    done = cleared(cast)
    assert {row["code"] for row in done.settled.void} == {"FACT_TYPED", "NOT_ITS_OWN", "NOT_A_FUNDER"}
    assert codes(cast, COMPANY) == set()  # each row is accounted for on its sheet
    assert replayed(cast).identical


@pytest.mark.slow
def test_bids_stand_for_the_next_call_less_what_was_matched(cast: Cast):
    sealed_call(cast)
    first = cleared(cast)
    assert len(first.matches) == 2  # bolt with M1 or the second bank's, acme with the other
    with cast.at(OPERATOR, AFTER + 1) as world:
        assert {each.side for each in postings(world)} == {"mandates"}
        opened(world)
    for name in (FUNDER, COMPANY):
        with cast.at(name, AFTER + 2) as world:
            said = check(world, "1")
            assert not isinstance(said, Refusal)
            assert said.holds
    second = cleared(cast, AFTER + 2 * MINUTES + 5)
    counts = second.settled.document["counts"]
    assert (counts["requests"], counts["mandates"], counts["budget_fen"]) == (0, 2, 0)
    later = AFTER + 2 * MINUTES + 6
    assert replayed(cast, later).identical
    assert codes(cast, FUNDER, later) == codes(cast, COMPANY, later) == set()  # told of what stands, too


class Killed(BaseException):
    pass


def _state(world: World) -> list[tuple[str, str | None, str]]:
    kinds = ("market_gathering", "market_input", "market_clearing", "market_match", "market_cleared")
    return [(event.kind, event.subject, str(dict(event.public))) for kind in kinds for event in world.log.events(kind)]


@pytest.mark.slow
def test_killed_at_any_step_and_run_again_a_clearing_gives_the_same_once(tmp_path: Path, monkeypatch):
    cast = Cast(tmp_path / "first", FUNDER, COMPANY, AUDITOR)
    sealed_call(cast)
    steps = 0
    expected = None
    while True:
        shutil.rmtree(tmp_path / "again", ignore_errors=True)
        shutil.copytree(tmp_path / "first" / OPERATOR, tmp_path / "again")
        cast.homes[OPERATOR] = tmp_path / "again"
        left = [steps]
        real_write, real_put = EventLog.write, SharedChain.put_parcel

        def dies(left: list[int] = left) -> None:
            left[0] -= 1
            if left[0] == -1:
                raise Killed

        def write(self: EventLog, real: Any = real_write, dies: Any = dies) -> Any:
            dies()
            return real(self)

        def put(self: SharedChain, to: str, content: bytes, real: Any = real_put, dies: Any = dies) -> Any:
            sent = real(self, to, content)
            dies()
            return sent

        monkeypatch.setattr(EventLog, "write", write)
        monkeypatch.setattr(SharedChain, "put_parcel", put)
        survived = True
        try:
            with cast.at(OPERATOR, AFTER) as world:
                clear_call(world, None)
        except Killed:
            survived = False
        monkeypatch.undo()
        with cast.at(OPERATOR, AFTER) as world:
            done = clear_call(world, None)
            assert isinstance(done, ClearedCall), done
            again = clear_call(world, None)
            assert isinstance(again, ClearedCall)
            state = _state(world)
        expected = expected or [row for row in state if row[0] in ("market_input", "market_match")]
        assert [row for row in state if row[0] in ("market_input", "market_match")] == expected, steps
        assert [row[0] for row in state].count("market_cleared") == 1
        assert again.settled.document == done.settled.document
        if survived:
            break
        steps += 1
    assert steps >= 6
