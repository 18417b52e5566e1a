"""Postings of a home, and a local call over them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from bank.market.market_cast import assessed, mandate, minute, posted, request
from chain.actors import ACME, BOLT
from kemiao.app.cli import cli
from kemiao.bank.commands.erase import erase
from kemiao.bank.commands.market_call import Opening, open_call
from kemiao.bank.commands.market_clear_call import ClearedCall, clear_call
from kemiao.bank.commands.market_post import Row, post, withdraw
from kemiao.bank.market.book import settle, well_formed
from kemiao.bank.market.calls import Call
from kemiao.bank.market.documents import bid, commitment, form_of_bid, read_bid
from kemiao.bank.market.kept import kept_book, settled_call
from kemiao.bank.market.postings import postings
from kemiao.bank.world import World, open_world
from kemiao.base.refusal import Refusal
from little_bank import new_home


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return new_home(tmp_path / "home")


@contextmanager
def at(home: Path, now: int = 0) -> Iterator[World]:
    with open_world(home, minute(now), os.urandom) as world:
        yield world


def codes(answers: Any) -> list[str | None]:
    return [each.code if isinstance(each, Refusal) else None for each in answers]


def local(world: World) -> ClearedCall:
    assert isinstance(open_call(world, Opening(None, 0, 0)), Call)
    done = clear_call(world, None)
    assert isinstance(done, ClearedCall), done
    return done


def test_rows_are_kept_in_one_spelling_and_a_bad_one_stops_none_of_the_others(home):
    rows = [
        {"授权": "M1", "预算": "1亿", "利率": "3.9%"}, {"mandate": "M2", "budget_fen": "5000", "rate_ppm": "40000", "rate_AAA_ppm": "35000"},
        {"mandate": "M3", "budget": "1亿", "rat": "4%"}, {"mandate": "M4", "budget": "-1", "rate": "4%"}, {"mandate": "M5", "budget": "1亿", "预算": "2亿", "rate": "4%"},
        {"mandate": "M:6", "budget": "1亿", "rate": "4%"}, {"mandate": "M1", "budget": "1亿", "rate": "4%"}, {"budget": "1亿"},
    ]  # fmt: skip
    with at(home) as world:
        answers = post(world, "mandates", [Row(row) for row in rows])
        assert codes(answers) == [None, None, "UNKNOWN_COLUMN", "AMOUNT_TOO_SMALL", "COLUMN_TWICE", "BAD_POSTING_ID", "TWICE", "BAD_POSTING_ID"]  # fmt: skip
        first, second = postings(world)
    assert first.row == {"mandate": "M1", "budget_fen": "10000000000", "rate_ppm": "39000"}
    assert second.row == {"mandate": "M2", "budget_fen": "5000", "rate_ppm": "40000", "rate_AAA": "0.035000"}


def test_a_company_is_asked_of_its_newest_assessment_alone(home):
    with at(home) as world:
        assessed(world, BOLT, decision="decline")
        asked = {"amount": "100万", "months": "12", "rate_max": "8%"}
        rows = [
            {"company": ACME, **asked},
            {"company": BOLT, **asked},
            {"company": ACME, "等级": "AAA", **asked},
            {"company": "x", **asked},
        ]
        assert codes(post(world, "requests", [Row(row) for row in rows])) == ["NO_DECISION", "DECLINED", "FACT_TYPED", "NOT_A_USCC"]  # fmt: skip
        assessed(world, ACME)
        own = request(world)
        assert codes(post(world, "requests", [Row(rows[0])])) == ["ALREADY_POSTED"]
        assert not isinstance(withdraw(world, own.id), Refusal)
        assert isinstance(withdraw(world, own.id), Refusal)
        assert request(world).id != own.id


def test_a_local_call_takes_what_stands_and_leaves_what_is_left(home):
    with at(home) as world:
        assessed(world, ACME)
        request(world)
        mandate(world)
        first = local(world)
        assert [match["amount_fen"] for match in first.matches] == [100_000_000]
    with at(home, 1) as world:
        assessed(world, BOLT)
        request(world, BOLT, amount="150万")
        second = local(world)
        assert second.settled.document["counts"]["budget_fen"] == 200_000_000
        assert second.settled.document["counts"]["requests"] == 1
        assert [each.used_fen for each in postings(world) if each.side == "mandates"] == [250_000_000]
        assert second.told == ()


@pytest.mark.parametrize("sides", [(), ("requests",), ("mandates",)])
def test_a_market_with_an_empty_side_lends_nothing(home, sides):
    with at(home) as world:
        assessed(world, ACME)
        if "requests" in sides:
            request(world)
        if "mandates" in sides:
            mandate(world)
        assert local(world).matches == ()


def test_a_company_that_is_erased_is_erased_out_of_its_calls(home):
    with at(home) as world:
        assessed(world, ACME)
        request(world)
        mandate(world)
        posted(world, "covers", cover="G1", capacity="100万", share="80%")
        local(world)
        kept = kept_book(world, "local-000001")
        assert not isinstance(kept, Refusal)
        assert well_formed(json.loads(json.dumps(kept)))
        erase(world, ACME, "the company asked for it")
        gone = settled_call(world, "1")
        assert isinstance(gone, Refusal)
        assert gone.code == "CALL_ERASED"
        assert [each.row for each in postings(world, ended=True) if each.subject == ACME] == [None]


@pytest.mark.slow
def test_through_the_command_line(home, tmp_path):
    file = tmp_path / "mandates.csv"
    file.write_text("mandate,budget,rate\nM1,100万,4%\nM2,many,4%\nM6,1亿,4%,one cell too many\nM7,100万,4%\n", "utf-8")

    def run(*words: str) -> tuple[int, list[Any]]:
        done = CliRunner().invoke(cli, ["market", *words, "--home", str(home), "--json"])
        return done.exit_code, [json.loads(line) for line in done.stdout.splitlines()]

    code, answers = run("offer", "--file", str(file))
    assert (code, answers[0]["posting"], answers[2]["posting"]) == (3, "M1", "M7")
    assert [answers[place]["refused"]["where"]["row"] for place in (1, 3)] == ["3", "4"]
    assert run("offer", "M3", "--budget", "1亿", "--rate", "4%", "--set", "green_only=是")[0] == 0
    assert run("offer", "M4")[0] == 3
    assert run("offer")[0] == 2
    assert [each["posting"] for each in run("list")[1]] == ["M1", "M7", "M3"]
    assert run("call", "open", "--commit", "soon")[0] == 2
    assert run("call", "open", "--commit", "0m", "--reveal", "0m")[0] == 0
    assert run("commit")[1][0]["refused"]["code"] == "NO_CHAIN"
    assert run("clear", "1")[0] == 0
    assert run("clear", "7")[1][0]["refused"]["code"] == "NO_SUCH_CALL"
    assert run("result", "1")[1][0]["form"] == "kemiao.market/1"
    assert run("call", "list")[1][0]["stage"] == "cleared"


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["form", "rows", "bids", "call", "nonce", "requests"]), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@settings(max_examples=60)
@given(JUNK, st.sampled_from(["form", "call", "bidder", "rows", "standing", "nonce"]))
def test_whatever_stands_in_a_parcel_is_a_bid_or_is_refused(junk, field):
    good = bid("c", "b", {"mandates": [{"mandate": "M1"}]}, True, "0" * 64)
    assert read_bid(good, "c", "b", commitment(good)) == good
    assert isinstance(form_of_bid(junk), Refusal)
    changed = {**good, field: junk}
    if changed != good:
        assert isinstance(read_bid(changed, "c", "b", commitment(good)), Refusal)


@settings(max_examples=60)
@given(JUNK, st.sampled_from(["day", "policy", "bids", "used_fen", "done", "facts", "void"]))
def test_whatever_an_operator_sends_as_a_book_is_refused_or_cleared(junk, field):
    book = {
        "form": "kemiao.market_book/1", "call": "c", "operator": "o", "day": "2026-03-02", "policy": {}, "bids": [], "used_fen": {}, "done": [],
        "facts": {}, "void": [],
    }  # fmt: skip
    assert well_formed(book)
    changed = {**book, field: junk}
    if well_formed(changed):
        assert isinstance(settle(changed), Refusal)  # without its policies no book is cleared
