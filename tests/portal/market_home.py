"""A little bank whose market was cleared once: two companies ask for 30万 each, fund-a lends 40万, another funder takes AAA alone.

One company is matched with fund-a (`matched`), the other waits (`waiting`).
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from kemiao.bank.commands.market_call import Opening, open_call
from kemiao.bank.commands.market_clear_call import ClearedCall, clear_call
from kemiao.bank.commands.market_post import Row, post
from kemiao.bank.market.matches import standing
from kemiao.bank.portal_accounts import USER_ADDED
from little_bank import ME, OTHER, at, clock_on
from portal.served import little_home

NEXT = date(2024, 7, 2)
CANARY = "金丝雀行-7731"  # a funder of which fund-a must see nothing


@dataclass(frozen=True)
class Market:
    home: Path
    matched: str
    waiting: str


def market_home(root: Path) -> Market:
    template, matched, waiting = _template()
    shutil.copytree(template, root)
    return Market(root, matched, waiting)


@cache
def _template() -> tuple[Path, str, str]:
    root = little_home(Path(mkdtemp(prefix="kemiao-market-")) / "home")
    with at(root) as world:
        asked = {"amount": "30万", "months": "12", "rate_max": "9%", "purpose": "raw_materials"}
        for own, company in (("r1", ME), ("r2", OTHER)):
            (made,) = post(world, "requests", [Row({"request": own, "company": company, **asked})])
            assert not hasattr(made, "code"), made
        for row in (
            {"mandate": "fund-a-1", "funder": "fund-a", "budget": "40万", "rate": "4.2%", "product": "tech_credit"},
            {"mandate": "canary-9", "funder": CANARY, "budget": "77.31万", "rate": "4.6%", "grade_floor": "AAA", "product": "tech_credit"},
        ):  # fmt: skip
            (made,) = post(world, "mandates", [Row(row)])
            assert not hasattr(made, "code"), made
        open_call(world, Opening(None, 1, 1, True))
        with world.log.write() as tx:
            tx.append(USER_ADDED, None, "fund-b", {"kind": "funder", "person": "另一资金方", "funder": "fund"})
    with at(root, clock_on(NEXT)) as world:
        assert isinstance(clear_call(world, None), ClearedCall)
        (match,) = standing(world)
    settings = root / "kemiao.toml"
    settings.write_text(settings.read_text("utf-8").replace("2024-07-01", NEXT.isoformat()), "utf-8")
    return root, match.company, OTHER if match.company == ME else ME
