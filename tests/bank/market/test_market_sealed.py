"""A sealed call, from postings to replay."""

from __future__ import annotations

from datetime import timedelta
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
)
from chain.actors import ACME
from kemiao.bank.commands.market_bid import commit, reveal
from kemiao.bank.commands.market_check import check
from kemiao.bank.commands.market_clear_call import ClearedCall, clear_call
from kemiao.bank.commands.market_lend import Lend, lend
from kemiao.bank.commands.market_replay import replay
from kemiao.bank.lending.applications import Effort
from kemiao.bank.market.kept import cleared_call
from kemiao.bank.market.matches import standing
from kemiao.base.refusal import Refusal
from kemiao.credit.matching.clearing import Cleared
from little_bank import put, sound

AFTER = 2 * MINUTES + 5


@pytest.fixture
def cast(tmp_path: Path) -> Cast:
    return Cast(tmp_path, FUNDER, COMPANY, AUDITOR)


@pytest.mark.slow
def test_a_sealed_call_is_cleared_checked_and_replayed(cast: Cast):
    call = sealed_call(cast)
    with cast.at(OPERATOR, AFTER) as world:
        done = clear_call(world, call.id)
        assert isinstance(done, ClearedCall), done
        assert len(done.matches) == 2
        assert {match["funder"] for match in done.matches} == {"M1", FUNDER}
        assert done.told == (FUNDER, COMPANY)
        assert isinstance(cleared_call(world, "1"), Cleared)
    for name in (FUNDER, COMPANY):
        with cast.at(name, AFTER + 1) as world:
            said = check(world, None)
            assert not isinstance(said, Refusal), said
            assert said.holds, said.findings
            assert said.evidence is None
    with cast.at(AUDITOR, AFTER + 1) as world:
        again = replay(world, None)
        assert not isinstance(again, Refusal), again
        assert again.identical, again.differences
        assert (again.bids, again.opened) == (3, 3)


LPR = """observed_until = 2026-02-20
[[row]]
tenor = "1Y"
rate_ppm = 30_000
source = "test"
effective_from = 2026-02-20
confidence = "synthetic"
[[row]]
tenor = "5Y"
rate_ppm = 35_000
source = "test"
effective_from = 2026-02-20
confidence = "synthetic"
"""


@pytest.mark.slow
def test_a_funder_elsewhere_lends_what_it_was_matched_to_from_its_own_home(cast: Cast):
    """By its own mandate's product and its own assessment; the sheet says how much, at what rate, and until when."""
    (cast.homes[FUNDER] / "law" / "lpr.toml").write_text(LPR, "utf-8")
    with cast.at(OPERATOR, 0) as world:
        assessed(world, ACME)
        opened(world)
    with cast.at(FUNDER, 5) as world:
        put(world, sound(ACME), companies=(ACME,), historical=True)
        mandate(world, "M2", product="tech_credit")
        assert isinstance(commit(world, (), None, True), list)
    with cast.at(COMPANY, 5) as world:
        request(world, amount="30万")
        assert isinstance(commit(world, (), None, True), list)
    for name in (FUNDER, COMPANY):
        with cast.at(name, MINUTES + 5) as world:
            assert isinstance(reveal(world, None), list)
    with cast.at(OPERATOR, AFTER) as world:
        done = clear_call(world, None)
        assert isinstance(done, ClearedCall), done
        (match,) = done.matches
        assert lend(world, Lend(), Effort()) == []  # it is not the operator's to fund
    with cast.at(FUNDER, AFTER + 1) as world:
        said = check(world, None)
        assert not isinstance(said, Refusal)
        assert said.holds, said.findings
        (ours,) = standing(world)
        days = done.settled.cleared.rules.call["offer_days"]
        assert ours.until == (done.call.day + timedelta(days=days)).isoformat()
        (refused,) = lend(world, Lend(), Effort())
        assert refused.refusal is not None
        assert (refused.refusal.code, refused.application) == ("PURPOSE_NEEDED", None)
        (made,) = lend(world, Lend(purpose="raw_materials"), Effort())
        assert made.refusal is None, made.refusal
        assert made.application is not None
        terms = made.application.offer["terms"]  # type: ignore[index]
        assert (terms["amount_fen"], terms["rate_ppm"]) == (match["amount_fen"], match["rate_ppm"])
        assert made.application.asked["product"] == "tech_credit"
