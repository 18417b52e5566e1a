"""From a match to an offer in the lending core, and who comes in when one falls."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kemiao.app.cli import cli
from kemiao.bank.commands import market_lend, market_reoffer
from kemiao.bank.commands.apply import withdraw
from kemiao.bank.commands.market_call import Opening, open_call
from kemiao.bank.commands.market_clear_call import ClearedCall, clear_call
from kemiao.bank.commands.market_lend import Lend, lend
from kemiao.bank.commands.market_post import Row, post
from kemiao.bank.commands.market_post import withdraw as withdraw_posting
from kemiao.bank.commands.market_reoffer import release, reoffer
from kemiao.bank.lending.applications import Effort, applications
from kemiao.bank.market.matches import matches, standing
from kemiao.bank.market.postings import postings
from kemiao.base.refusal import Refusal, Refused
from little_bank import ME, OTHER, at, clock_on, decided_home

NEXT = date(2024, 7, 2)
NOBODY = Effort()


pytestmark = pytest.mark.slow


@pytest.fixture
def home(tmp_path: Path, cleared: Path) -> Path:
    return Path(shutil.copytree(cleared, tmp_path / "home"))


@pytest.fixture(scope="module")
def cleared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two companies ask for 30万 each, one mandate lends 40万: one is matched, the other waits."""
    root = tmp_path_factory.mktemp("market") / "home"
    decided_home(root)
    with at(root) as world:
        asked = {"amount": "30万", "months": "12", "rate_max": "9%", "purpose": "raw_materials"}
        for own, company in (("r1", ME), ("r2", OTHER)):
            assert not isinstance(
                post(world, "requests", [Row({"request": own, "company": company, **asked})])[0], Refusal
            )
        terms = {"mandate": "m1", "budget": "40万", "rate": "4.2%", "product": "tech_credit"}
        assert not isinstance(post(world, "mandates", [Row(terms)])[0], Refusal)
        assert not isinstance(open_call(world, Opening(None, 1, 1, True)), Refusal)
    with at(root, clock_on(NEXT)) as world:
        assert isinstance(clear_call(world, None), ClearedCall)
    return root


def test_a_match_is_offered_as_it_was_agreed_and_once(home: Path):
    with at(home, clock_on(NEXT)) as world:
        (made,) = lend(world, Lend(), NOBODY)
        assert made.refusal is None
        terms = made.application.offer["terms"]
        assert (terms["amount_fen"], terms["rate_ppm"], terms["purpose"]) == (
            30_000_000,
            made.match.rate_ppm,
            "raw_materials",
        )
        assert made.application.until.isoformat() == made.match.until, "no longer than the call holds it"
        (again,) = lend(world, Lend(), NOBODY)
        assert (again.application.id, len(again.application.steps)) == (
            made.application.id,
            len(made.application.steps),
        )
        assert release(world, made.match.id, "x").code == "MATCH_ON_OFFER"


def test_who_waits_comes_in_when_an_offer_falls_and_the_same_two_are_not_matched_again(home: Path):
    with at(home, clock_on(NEXT)) as world:
        (first,) = lend(world, Lend(), NOBODY)
        assert reoffer(world, None).made == (), "while it stands nobody is moved"
        assert not isinstance(withdraw(world, first.application.id, "不需要了", NOBODY), Refusal)
        done = reoffer(world, None)
        assert [why for _, why in done.fallen] == ["offer_withdrawn"]
        (made,) = done.made
        assert made["company"] != first.match.company
        assert reoffer(world, None).made == ()
        (second,) = lend(world, Lend(), NOBODY)
        assert second.application.offer["terms"]["amount_fen"] == 30_000_000
        stands = {each.id for each in postings(world)}
        assert first.match.request in stands, "who let a match go may be matched by the next call"
        assert second.match.request not in stands


def test_a_match_that_nobody_offers_in_time_falls(home: Path):
    with at(home, clock_on(NEXT)) as world:
        (match,) = standing(world)
    with at(home, clock_on(date.fromisoformat(match.until))) as world:
        assert reoffer(world, None).fallen == ()
    after = date.fromordinal(date.fromisoformat(match.until).toordinal() + 1)
    with at(home, clock_on(after)) as world:
        (told,) = lend(world, Lend(), NOBODY)
        assert told.refusal.code == "MATCH_FALLEN"
        done = reoffer(world, None)
        assert [why for _, why in done.fallen] == ["not_offered"]
        assert len(done.made) == 1


def test_what_is_decided_after_the_commitments_counts_for_newcomers_alone_and_one_call_is_cleared_at_a_time(home: Path):
    from kemiao.bank.commands.assess import Request, assess
    from kemiao.bank.market.facts import facts_of
    from kemiao.base.clock import epoch_ms

    with at(home, clock_on(NEXT)) as world:
        before, newcomer = facts_of(world, [ME])[ME]["decision"], "foreign:nobody"
        assert not isinstance(assess(world, Request((ME,), date(2024, 6, 1))), Refusal)
        after = facts_of(world, [ME])[ME]["decision"]
        assert after != before
        assert facts_of(world, [ME], by_ms=epoch_ms(world.clock.now()) - 1)[ME]["decision"] == before
        assert facts_of(world, [ME], by_ms=0)[ME]["decision"] == before, (
            "of who was not known the first decision counts"
        )
        assert facts_of(world, [newcomer], by_ms=0)[newcomer].code == "NO_DECISION"
        opened = open_call(world, Opening(None, 0, 0, True))
        with world.log.write() as tx:  # a call of the chain whose clearing was begun and not ended
            tx.append("market_gathering", ref="local-000009", public={"until": 1})
            tx.append("market_call", ref="local-000009", public={"number": 9, "opened_at": 1, "commit_until": 1, "reveal_until": 1, "policy": opened.policy})  # fmt: skip
        assert clear_call(world, opened.id).code == "CALL_BEING_CLEARED"


def test_a_match_is_let_go_with_a_reason_and_once(home: Path):
    with at(home, clock_on(NEXT)) as world:
        (match,) = standing(world)
        assert release(world, match.id, " ").code == "REASON_NEEDED"
        assert release(world, match.id, "改用自有资金").id == match.id
        assert release(world, match.id, "改用自有资金").code == "NO_SUCH_MATCH"
        assert [each.fallen for each in matches(world)] == ["released"]
        assert len(reoffer(world, None).made) == 1


def test_what_is_no_match_of_ours_is_not_offered(home: Path):
    with at(home, clock_on(NEXT)) as world:
        assert lend(world, Lend(match="m-none"), NOBODY).code == "NO_SUCH_MATCH"
        assert lend(world, Lend(call="local-000009"), NOBODY).code == "NO_SUCH_CALL"


def test_a_match_becomes_one_application_whoever_lends_it_at_once(home: Path, monkeypatch):
    """Another process lends it, under another product, after this one has looked."""
    with at(home, clock_on(NEXT)) as world:
        (match,) = standing(world)
        assert isinstance(lend(world, Lend(), NOBODY), list)
        monkeypatch.setattr(market_lend, "lent_on", lambda *_: {})
        (second,) = lend(world, Lend(purpose="x", product="tech_credit"), NOBODY)
        monkeypatch.undo()
        monkeypatch.setattr(market_lend, "_purposes", lambda *_: {})
        monkeypatch.setattr(market_lend, "lent_on", lambda *_: {})
        (third,) = lend(world, Lend(purpose="设备"), NOBODY)
        of_match = [each for each in applications(world) if each.asked.get("match") == match.id]
        assert len(of_match) == 1
        assert second.application.id == third.application.id == of_match[0].id


def test_a_match_that_falls_meanwhile_is_not_lent(home: Path, monkeypatch):
    with at(home, clock_on(NEXT)) as world:
        (match,) = standing(world)
        looked = list(standing(world))
        release(world, match.id, "改用自有资金")
        monkeypatch.setattr(market_lend, "standing", lambda *_: iter(looked))
        (told,) = lend(world, Lend(), NOBODY)
        assert (told.application, told.refusal.code) == (None, "MATCH_FALLEN")


def test_a_match_that_is_lent_meanwhile_is_not_let_go(home: Path, monkeypatch):
    with at(home, clock_on(NEXT)) as world:
        (match,) = standing(world)

        def looked(*_: object) -> object:
            yield match
            assert lend(world, Lend(), NOBODY)[0].refusal is None

        monkeypatch.setattr(market_reoffer, "standing", lambda *_: iter(list(looked())))
        done = release(world, match.id, "改用自有资金")
        assert isinstance(done, Refusal)
        assert done.code == "MATCH_ON_OFFER"
        assert [each.id for each in standing(world)] == [match.id]


def test_who_waits_is_placed_on_what_stands_when_it_is_written(home: Path, monkeypatch):
    """Meanwhile somebody takes the posting off the list, or a call begins to be cleared: then it is worked out anew."""
    with at(home, clock_on(NEXT)) as world:
        (match,) = standing(world)
        waits = next(each.id for each in postings(world) if each.side == "requests" and each.id != match.request)
        release(world, match.id, "改用自有资金")
        real = market_reoffer.stable

        def slow(*asked: object) -> object:
            monkeypatch.undo()
            assert not isinstance(withdraw_posting(world, waits), Refusal)
            return real(*asked)

        monkeypatch.setattr(market_reoffer, "stable", slow)
        with pytest.raises(Refused) as refused:
            reoffer(world, None)
        assert refused.value.refusal.code == "REOFFERED_MEANWHILE"
        assert reoffer(world, None).made == ()


def test_nothing_is_reoffered_while_another_call_is_being_cleared(home: Path):
    with at(home, clock_on(NEXT)) as world:
        (match,) = standing(world)
        assert not isinstance(open_call(world, Opening(None, 0, 0, True)), Refusal)
        with world.log.write() as tx:
            tx.append("market_gathering", ref="local-000002", public={"until": world.log.end()})
        release(world, match.id, "改用自有资金")
        done = reoffer(world, "local-000001")
        assert isinstance(done, Refusal)
        assert done.code == "CALL_BEING_CLEARED"
        assert isinstance(clear_call(world, "local-000002"), ClearedCall)
        assert not isinstance(reoffer(world, "local-000001"), Refusal)


def test_what_is_in_the_way_stands_below_the_table_and_the_exit_code_says_that_there_is_something(home: Path):
    settings = home / "kemiao.toml"
    settings.write_text(f"today = {date(2024, 8, 1)}\n{settings.read_text('utf-8')}", "utf-8")
    told = CliRunner().invoke(cli, ["market", "lend", "--home", str(home)])
    assert told.exit_code == 3
    match, code, *_ = told.stdout.splitlines()[-1].split()
    assert (match[:2], code) == ("m-", "MATCH_FALLEN")
    lines = CliRunner().invoke(cli, ["market", "lend", "--home", str(home), "--json"])
    assert lines.exit_code == 3
    assert json.loads(lines.stdout)["refused"]["code"] == "MATCH_FALLEN"
