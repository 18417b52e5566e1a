"""market call open: a call on the chain where this home takes part in one, else a local one that its own clock decides."""

from __future__ import annotations

from dataclasses import dataclass

from kemiao.bank.market.calls import LOCAL, Call, calls, now_ms
from kemiao.bank.market.terms import digest_of, frozen_on, terms_of
from kemiao.bank.world import World
from kemiao.base.digest import digest
from kemiao.base.refusal import Refusal

MINUTE_MS = 60_000
MINUTES_MOST = 366 * 1440


@dataclass(frozen=True, slots=True)
class Opening:
    """Minutes; None: as policy has it. auditor: a participant; needed on a chain."""

    auditor: str | None = None
    commit_minutes: int | None = None
    reveal_minutes: int | None = None
    local: bool = False


def open_call(world: World, asked: Opening) -> Call | Refusal:
    """Keeps the policies of the day by the digest that the call names: it is cleared by those, whatever is approved meanwhile."""
    frozen = frozen_on(world, world.clock.today())
    terms = terms_of(frozen)
    if isinstance(terms, Refusal):
        return terms
    rules = terms.rules.call
    minutes = (
        rules["commit_minutes"] if asked.commit_minutes is None else asked.commit_minutes,
        rules["reveal_minutes"] if asked.reveal_minutes is None else asked.reveal_minutes,
    )
    for name, number in zip(("--commit", "--reveal"), minutes, strict=True):
        if not 0 <= number <= MINUTES_MOST:
            return Refusal.at(
                "BAD_CALL_TIME",
                f"时间须在 0 至 {MINUTES_MOST} 分钟之间",
                f"a time is from 0 to {MINUTES_MOST} minutes",
                option=name,
            )
    policy = digest_of(frozen)
    with world.log.write() as tx:
        if world.log.last("market_policy", ref=policy) is None:
            tx.append("market_policy", ref=policy, public={"content": frozen})
    opened = now_ms(world)
    commit_until = opened + minutes[0] * MINUTE_MS
    reveal_until = commit_until + minutes[1] * MINUTE_MS
    if world.chain is None or asked.local:
        return _open_local(world, opened, commit_until, reveal_until, policy)
    if asked.auditor is None:
        return Refusal.at(
            "NO_AUDITOR", "链上的撮合须指定审计方:--auditor", "a call on the chain needs an auditor: --auditor"
        )
    from kemiao.bank.market.chain_calls import open_on_chain

    return open_on_chain(world.chain, asked.auditor, commit_until, reveal_until, rules, policy)


def _open_local(world: World, opened: int, commit_until: int, reveal_until: int, policy: str) -> Call:
    """The nonce of the lottery is drawn now and shown by its digest: the operator can't draw again once it sees who posted."""
    number = 1 + sum(call.is_local for call in calls(world))
    call = f"{LOCAL}{number:06}"
    nonce = world.random_bytes(32).hex()
    with world.log.write() as tx:
        tx.append(
            "market_call", ref=call,
            public={"number": number, "opened_at": opened, "commit_until": commit_until, "reveal_until": reveal_until, "policy": policy, "nonce": digest("market_nonce", nonce)},
            private={"nonce": nonce},
        )  # fmt: skip
    return Call(call, number, "", None, opened, commit_until, reveal_until, policy)
