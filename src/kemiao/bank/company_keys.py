"""How a company signs on the chain, as seen from the home of its bank: with a key that it holds, or with one in the bank's custody.

company_card (subject: company, ref: participant): its card, handed in before there is a chain; a chain names all who take part at
its start. company_signature (subject: company, ref: entry): an account had an entry signed, and by which of the two ways.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from kemiao.bank.own_keys import current_keys, kept_for_others
from kemiao.bank.world import World
from kemiao.base.refusal import Refusal

CARD, SIGNATURE = "company_card", "company_signature"
How = Literal["custody", "own"]


@dataclass(frozen=True, slots=True)
class CompanyKey:
    """One key that stands. custody: its file lies with the bank."""

    key: str
    suite: str
    public: str
    purposes: tuple[str, ...]
    since: int
    custody: bool


@dataclass(frozen=True, slots=True)
class CompanyKeys:
    """chain: id; None where this home takes part in none. participant: who speaks for the company there; None where nobody does.
    how: of its consents and contracts; None without a participant. waiting: a card of it lies here for a chain to come.
    """

    chain: str | None
    participant: str | None
    how: How | None
    keys: tuple[CompanyKey, ...]
    waiting: str | None

    def for_purpose(self, purpose: str) -> list[CompanyKey]:
        return [key for key in self.keys if purpose in key.purposes]


def company_keys(world: World, company: str) -> CompanyKeys:
    """As far as this home knows."""
    handed = world.log.last(CARD, subject=company)
    waiting = None if handed is None else str(handed.ref)
    if world.chain is None:
        return CompanyKeys(None, None, None, (), waiting)
    node = world.chain.node
    participant: str | None = node.get(f"company/{company}")
    if participant is None:
        return CompanyKeys(world.chain.chain, None, None, (), waiting)
    held: Mapping[str, Any] = (node.get(f"participant/{participant}") or {}).get("keys", {})
    standing = {key for purpose in ("keys", "consent", "entries") for key in current_keys(node, participant, purpose)}
    kept = {file.key for file in kept_for_others(world.home).files()}
    keys = tuple(
        CompanyKey(name, about["suite"], about["public"], tuple(about["purposes"]), about["from"], name in kept)
        for name, about in sorted(held.items(), key=lambda one: (one[1]["from"], one[0]), reverse=True)
        if name in standing
    )
    how: How = "custody" if any(key.custody and "consent" in key.purposes for key in keys) else "own"
    return CompanyKeys(world.chain.chain, participant, how, keys, None)


def speaks(world: World, company: str) -> CompanyKeys | Refusal:
    """The keys of a company that takes part. Refuses NO_CHAIN, NOT_ON_THE_CHAIN."""
    found = company_keys(world, company)
    if found.chain is None:
        return Refusal("NO_CHAIN", "本行没有加入共享链:授权与合同以纸质办理", "this bank takes part in no chain: consents and contracts are on paper")  # fmt: skip
    if found.participant is None:
        return Refusal.at("NOT_ON_THE_CHAIN", "链上没有代表该企业的参与方:授权与合同以纸质办理", "nobody on the chain speaks for the company: consents and contracts are on paper", company=company)  # fmt: skip
    return found
