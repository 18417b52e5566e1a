"""Rights lapse by the day in China, wherever the machine stands."""

from __future__ import annotations

from datetime import UTC, datetime

from bank.chain_bank import at, chain_home, say
from chain.actors import ACME, BLINDING_KEY
from kemiao.bank.commands.collateral import due
from kemiao.base.clock import FixedClock
from kemiao.base.refusal import Refusal
from kemiao.chain.blinding import blinded
from kemiao.chain.node import Accepted

LATE = FixedClock(datetime(2026, 3, 2, 20, tzinfo=UTC))  # 3 March in China


def test_what_lapses_soon_is_counted_from_chinas_day(tmp_path):
    home = chain_home(tmp_path / "home")
    thing = blinded(BLINDING_KEY, "machine", {"serial": "SN-1", "maker": "沈阳机床"})
    assert not isinstance(thing, Refusal)
    body = {
        "asset": thing.as_json(), "right": "mortgage", "debtor": ACME, "claim_fen": 90_000, "total_fen": None, "pledged_fen": None,
        "contract_on": "2026-03-01", "until": "2026-04-12", "purchase_money": None, "behind": [],
    }  # fmt: skip
    with at(home, LATE) as world:
        assert isinstance(say(world, "right.register", "bank-a", subject=ACME, body=body), Accepted)
        assert [each["days_left"] for each in due(world, 40)] == [40]
