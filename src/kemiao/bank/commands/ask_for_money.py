"""ask for money: an application, and where the product lets it the decision with it. What needs a person waits for one, and says why.

application_waits (subject: company, ref: the application): round, code, zh, en: why there was no offer yet.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from kemiao.bank.commands.apply import Apply, Stepped, apply, reopen
from kemiao.bank.commands.assess import decide_each, read_each
from kemiao.bank.commands.offer import Judged, Offer, offer
from kemiao.bank.lending.applications import Application, Effort, application
from kemiao.bank.lending.waiting import WAITS, why_waits
from kemiao.bank.world import World
from kemiao.base.refusal import BrokenInvariant, Refusal, Refused

T = TypeVar("T")


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


@dataclass(frozen=True, slots=True)
class Wish:
    """One of many who ask at the same time. world: the same for all but for the request that causes it (EventLog.caused_by)."""

    world: World
    asked: Apply
    effort: Effort


def ask_many(wishes: Sequence[Wish]) -> list[AskedFor | Refusal | Exception]:
    """As ask_for_money of each in turn: its own outcome, receipt and transactions. Only the lake is opened, and the table judged, once
    for all. What one raises is that one's answer."""
    if len(wishes) == 1:
        return [_tried(lambda: ask_for_money(wishes[0].world, wishes[0].asked, wishes[0].effort))]
    made = [_tried(lambda wish=wish: apply(wish.world, wish.asked, wish.effort)) for wish in wishes]  # type: ignore[misc]
    judged = _judged(wishes[0].world, [one.application for one in made if isinstance(one, Stepped)])
    answers: list[AskedFor | Refusal | Exception] = []
    for wish, one in zip(wishes, made, strict=True):
        if isinstance(one, Stepped):
            # Once: a second wish of the same company is a reading of its own.
            own = judged.pop(one.application.company, None)
            answers.append(_tried(lambda wish=wish, one=one, own=own: _decided(wish.world, one.application, one.again, wish.effort, own)))  # type: ignore[misc]  # fmt: skip
        else:
            answers.append(one)
    return answers


def _judged(world: World, found: Sequence[Application]) -> dict[str, Judged]:
    """Whose own assessment is asked for, judged together. Where that fails, each is assessed by itself, so that one stops nobody."""
    day = world.clock.today()
    some = [one.company for one in found if one.word(day) == "applied" and not one.asked.get("renews")]
    if len(set(some)) < 2:
        return {}
    try:
        return decide_each(read_each(world, sorted(set(some)), day))
    except BrokenInvariant:
        raise
    except Exception:  # noqa: BLE001 - whose fault it is shows when each is assessed by itself
        return {}


def _tried(run: Callable[[], T]) -> T | Exception:
    try:
        return run()
    except BrokenInvariant:
        raise
    except Exception as error:  # noqa: BLE001 - answered to who asked for it
        return error


def ask_again(
    world: World, own: str, effort: Effort, amount_fen: int | None = None, months: int | None = None
) -> AskedFor | Refusal:
    """A new round of what lapsed, was withdrawn or declined. Where this request has opened the round before it was cut off, it goes on there."""
    found = application(world, own)
    if (
        not isinstance(found, Refusal)
        and found.steps[-1].public["step"] == "reopened"
        and world.log.is_mine(found.steps[-1].seq)
    ):
        return _decided(world, found, True, effort)
    made = reopen(world, own, effort, amount_fen, months)
    return made if isinstance(made, Refusal) else _decided(world, made.application, False, effort)


def _decided(world: World, found: Application, again: bool, effort: Effort, judged: Judged | None = None) -> AskedFor:
    if found.word(world.clock.today()) != "applied":
        return AskedFor(found, again, None)
    try:
        answer = offer(world, Offer(found.id), replace(effort, account=None, minutes=None, applicant=None), judged)
    except Refused as refused:  # the application stands, whatever hinders the offer
        answer = refused.refusal
    if not isinstance(answer, Refusal):
        return AskedFor(answer.application, again, None)
    said = {"round": found.round, "code": answer.code, "zh": answer.zh, "en": answer.en}
    if why_waits(world, found) != said:  # what was said already is not said again
        with world.log.write() as tx:
            tx.append(WAITS, found.company, found.id, said)
    now = application(world, found.id)
    return AskedFor(found if isinstance(now, Refusal) else now, again, answer)
