"""ask for money: an application, and where the product lets it the decision with it. What needs a person waits for one, and says why.

application_waits (subject: company, ref: the application): round, code, zh, en: why there was no offer yet.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from kemiao.bank.commands.apply import Apply, apply, reopen
from kemiao.bank.commands.offer import Offer, offer
from kemiao.bank.lending.applications import Application, Effort, application
from kemiao.bank.lending.waiting import WAITS
from kemiao.bank.world import World
from kemiao.base.refusal import Refusal, Refused


@dataclass(frozen=True, slots=True)
class AskedFor:
    """again: the same was asked for today. waits: why nothing was decided by itself; None where it was offered or declined."""

    application: Application
    again: bool
    waits: Refusal | None


def ask_for_money(world: World, asked: Apply, effort: Effort) -> AskedFor | Refusal:
    """effort: the applicant's. What follows is the program's own: nobody of the bank has looked at it."""
    made = apply(world, asked, effort)
    return made if isinstance(made, Refusal) else _decided(world, made.application, made.again, effort)


def ask_again(
    world: World, own: str, effort: Effort, amount_fen: int | None = None, months: int | None = None
) -> AskedFor | Refusal:
    """A new round of what lapsed, was withdrawn or declined."""
    made = reopen(world, own, effort, amount_fen, months)
    return made if isinstance(made, Refusal) else _decided(world, made.application, False, effort)


def _decided(world: World, found: Application, again: bool, effort: Effort) -> AskedFor:
    if found.word(world.clock.today()) != "applied":
        return AskedFor(found, again, None)
    try:
        answer = offer(world, Offer(found.id), replace(effort, account=None, minutes=None, applicant=None))
    except Refused as refused:  # the application stands, whatever hinders the offer
        answer = refused.refusal
    if not isinstance(answer, Refusal):
        return AskedFor(answer.application, again, None)
    with world.log.write() as tx:
        tx.append(
            WAITS, found.company, found.id, {"round": found.round, "code": answer.code, "zh": answer.zh, "en": answer.en}
        )  # fmt: skip
    now = application(world, found.id)
    return AskedFor(found if isinstance(now, Refusal) else now, again, answer)
