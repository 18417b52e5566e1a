"""Every policy of lending and of the market, read as its own reader reads it: what a bank changed is found wrong before a day's work rests on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

from kemiao.bank.commands.trace_funds import rules_on
from kemiao.bank.lending.applications import lending_policy
from kemiao.bank.lending.day_grounds import chart_on
from kemiao.bank.lending.organisation import every_action
from kemiao.bank.lending.products import product_files
from kemiao.bank.lending.quality import grounds_on
from kemiao.bank.lending.settlement import settlement
from kemiao.bank.lending.standing import servicing_rules
from kemiao.bank.market.terms import frozen_on, terms_of
from kemiao.bank.sign_in_rules import sign_in_rules
from kemiao.bank.world import World
from kemiao.base.refusal import Refusal, Refused

_READERS: Mapping[str, Callable[[World, date], object]] = {
    "organisation": every_action, "lending": lambda world, day: lending_policy(world), "accounts": chart_on, "servicing": servicing_rules,
    "provisioning": grounds_on, "payments": settlement, "tracing": rules_on,
    "sign_in": sign_in_rules, "market": lambda world, day: terms_of(frozen_on(world, day)),
}  # fmt: skip


def unfit(world: World, day: date) -> list[Refusal]:
    """What is wrong with the policies of lending, of the market and with the product files; a policy that a home has not is left out."""
    there = world.policy.on(day)
    found = [_refusal(reader, world, day) for name, reader in _READERS.items() if name in there]
    found += [file.refusal for file in product_files(world)]
    return [refusal for refusal in found if refusal is not None]


def _refusal(reader: Callable[[World, date], object], world: World, day: date) -> Refusal | None:
    try:
        read = reader(world, day)
    except Refused as refused:
        return refused.refusal
    return read if isinstance(read, Refusal) else None
