"""Calls as this home sees them: of the chain where it takes part in one, and local ones of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from kemiao.bank.world import World
from kemiao.base.clock import epoch_ms
from kemiao.base.refusal import Refusal

LOCAL = "local-"


@dataclass(frozen=True, slots=True)
class Call:
    """Times are milliseconds since 1970, UTC. result: of the chain, once it was published there. auditor: None of a local one."""

    id: str
    number: int
    operator: str
    auditor: str | None
    opened_at: int
    commit_until: int
    reveal_until: int
    policy: str
    result: Mapping[str, Any] | None = None
    keys: Mapping[str, str] | None = None  # participant → sealing key (hex), of operator and auditor

    @property
    def is_local(self) -> bool:
        return self.id.startswith(LOCAL)

    @property
    def day(self) -> date:
        """On which it clears: the day in China on which the last bids may be revealed. The same whenever it is cleared."""
        from kemiao.chain.rules.state import day_of

        return date.fromisoformat(day_of(self.reveal_until))

    def stage(self, now_ms: int) -> str:
        if self.result is not None:
            return "cleared"
        if now_ms < self.commit_until:
            return "commit"
        return "reveal" if now_ms < self.reveal_until else "closed"


def now_ms(world: World) -> int:
    return epoch_ms(world.clock.now())


def calls(world: World) -> list[Call]:
    """All that this home knows of, in the order of their opening."""
    local = [
        Call(
            str(event.ref), event.public["number"], "", None, event.public["opened_at"], event.public["commit_until"], event.public["reveal_until"],
            event.public["policy"], _local_result(world, str(event.ref)),
        )
        for event in world.log.events("market_call")
    ]  # fmt: skip
    return sorted([*local, *_of_chain(world)], key=lambda call: (call.opened_at, call.id))


def named(world: World, text: str | None) -> Call | Refusal:
    """By its id, the beginning of it (8 digits or more), or its number; None: the newest."""
    known = calls(world)
    if text is None:
        found = known[-1:]
    else:
        typed = text.strip().lower()
        found = [call for call in known if typed in (call.id, str(call.number))] or [
            call for call in known if len(typed) >= 8 and call.id.startswith(typed)
        ]
    if not found:
        return Refusal.at(
            "NO_SUCH_CALL",
            "没有这场撮合(kemiao market call list)",
            "there is no such call (kemiao market call list)",
            call=text,
        )
    if len(found) > 1:
        return Refusal.at(
            "AMBIGUOUS_CALL", "不止一场撮合符合,请写编号", "more than one call fits: give its id", call=text
        )
    return found[0]


def being_cleared(world: World, but: str) -> Call | None:
    """Another call whose clearing was begun and not ended: what stands is its to hand out until then. One that lapsed on the chain is none."""
    from kemiao.chain.rules.calls import CLEARING_MS

    begun = {str(event.ref) for event in world.log.events("market_gathering")} - {but}
    begun -= {str(event.ref) for event in world.log.events("market_cleared")}
    if not begun:
        return None
    now = now_ms(world)
    waits = (call for call in calls(world) if call.id in begun)
    return next((call for call in waits if call.is_local or call.result is not None or now < call.reveal_until + CLEARING_MS), None)  # fmt: skip


def _local_result(world: World, call: str) -> Mapping[str, Any] | None:
    event = world.log.last("market_cleared", ref=call)
    return None if event is None else event.public["chain"]


def _of_chain(world: World) -> list[Call]:
    if world.chain is None:
        return []
    from kemiao.bank.market.chain_calls import chain_calls

    return chain_calls(world.chain)
