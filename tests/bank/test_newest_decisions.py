"""The view of newest decisions that follows the log says what one made anew says, also after new decisions and an erasure."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from kemiao.bank.commands.assess import Request, assess
from kemiao.bank.commands.erase import erase
from kemiao.bank.newest_decisions import NewestDecisions
from kemiao.base.refusal import Refusal
from little_bank import ME, at, decided_home, put

pytestmark = pytest.mark.slow


def test_what_follows_the_log_is_what_is_made_anew(tmp_path: Path) -> None:
    ids = decided_home(tmp_path / "home")
    followed = NewestDecisions()
    with at(tmp_path / "home") as world:
        first = followed.all(world)
        assert first == NewestDecisions().all(world) and ids.keys() == first.keys() and len(first) > 1
        put(
            world,
            {
                "qualification": [
                    {"company": ME, "kind": "high_tech", "granted_on": date(2024, 5, 1), "certificate_no": "GR1"}
                ]
            },
            companies=(ME,),
        )
        assert not isinstance(assess(world, Request((ME,))), Refusal)
        second = followed.all(world)
        assert second == NewestDecisions().all(world)
        assert second[ME].qualifications_before == first[ME].qualifications
        gone = next(company for company in first if company != ME)
        erase(world, gone, "withdrawn")
        assert followed.all(world) == NewestDecisions().all(world)
        assert followed.all(world).keys() == first.keys() - {gone}
