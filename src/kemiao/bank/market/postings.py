"""What stands posted in this home: a fold over its events. Rows are as they were typed: columns of the market's tables, as text.

A posting stands until it is withdrawn or matched. A matched mandate or cover stands on with what is left of it; a request stands down. A match
that fell counts no more.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from kemiao.bank.event_log import Event
from kemiao.bank.market.matches import standing as standing_matches
from kemiao.bank.world import World
from kemiao.base.refusal import Refusal

Side = Literal["requests", "mandates", "covers"]
SIDES: tuple[Side, ...] = ("requests", "mandates", "covers")
KEY: Mapping[Side, str] = {"requests": "request", "mandates": "mandate", "covers": "cover"}  # the column of its id
ID = re.compile(r"[^\s:;>*/,\"'=\x00-\x1f\x7f]{1,60}")
"""What an id may be: it is named in rankings, which are separated by > and ;, and qualified by a bidder with a colon."""


@dataclass(frozen=True, slots=True)
class Posting:
    """seq: of its event. ended: why it stands no longer, "" while it does. used_fen: of a mandate or cover, what matches took."""

    id: str
    side: Side
    subject: str | None
    row: Mapping[str, str] | None  # None: erased
    seq: int
    at: str
    ended: str = ""
    used_fen: int = field(default=0)


def postings(world: World, *, ended: bool = False, until: int | None = None) -> list[Posting]:
    """In the order in which they were posted. ended: also those that stand no longer. until: as it stood at that event."""

    def there(event: Event) -> bool:
        return until is None or event.seq <= until

    gone = {
        str(event.ref): ("withdrawn", event.seq)
        for event in world.log.events("market_posting_withdrawn")
        if there(event)
    }
    used: dict[str, list[tuple[int, int]]] = {}
    for match in standing_matches(world, until=until):
        gone[match.request] = ("matched", match.seq)
        used.setdefault(match.mandate, []).append((match.seq, match.amount_fen))
        if match.cover is not None:
            used.setdefault(match.cover, []).append((match.seq, match.covered_fen))
    events = [event for event in world.log.events("market_posting") if there(event)]
    made = []
    for event, private in zip(events, world.log.privates(events), strict=True):
        why, when = gone.get(str(event.ref), ("", 0))
        why = why if when > event.seq else ""  # the same id posted again after it was withdrawn
        why = why or ("" if private is not None else "erased")
        if ended or not why:
            row = None if private is None else private["row"]
            taken = sum(fen for seq, fen in used.get(str(event.ref), ()) if seq > event.seq)
            made.append(
                Posting(str(event.ref), event.public["side"], event.subject, row, event.seq, event.at, why, taken)
            )
    return made


def standing(world: World, posting: str) -> Posting | Refusal:
    """The one that stands under an id."""
    found = next((each for each in postings(world) if each.id == posting), None)
    if found is None:
        return Refusal.at("NO_SUCH_POSTING", "没有这笔有效挂牌(kemiao market list)", "no posting of this id stands (kemiao market list)", posting=posting)  # fmt: skip
    return found
