"""A sealed call, from postings to replay."""

from __future__ import annotations

from pathlib import Path

import pytest

from bank.market.market_cast import AUDITOR, COMPANY, FUNDER, MINUTES, OPERATOR, Cast, sealed_call
from kemiao.bank.commands.market_check import check
from kemiao.bank.commands.market_clear_call import ClearedCall, clear_call
from kemiao.bank.commands.market_replay import replay
from kemiao.bank.market.kept import cleared_call
from kemiao.base.refusal import Refusal
from kemiao.credit.matching.clearing import Cleared

AFTER = 2 * MINUTES + 5


@pytest.fixture
def cast(tmp_path: Path) -> Cast:
    return Cast(tmp_path, FUNDER, COMPANY, AUDITOR)


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
