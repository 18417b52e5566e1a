"""condition: what is to be there before signing and before money is paid, ticked one by one, each with what shows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from kemiao.bank.commands.apply import TEXT_MAX, Stepped, step
from kemiao.bank.event_log import Draft
from kemiao.bank.lending.applications import Application, Effort, application, at_step, step_draft
from kemiao.bank.lending.clearance import clear
from kemiao.bank.lending.paper import paper_digest
from kemiao.bank.world import World
from kemiao.base.refusal import Refusal

SECURITY = "SECURITY"
PLACES = ("signing", "drawdown")
_WHEN = {"signing": ("签署前", "before signing"), "drawdown": ("放款前", "before money is paid")}


@dataclass(frozen=True, slots=True)
class Tick:
    """codes: of the offer's conditions. paper: a file of which the digest is kept. right: a registration on the chain."""

    application: str
    codes: tuple[str, ...]
    paper: Path | None = None
    right: str | None = None
    note: str | None = None


def tick(world: World, asked: Tick, effort: Effort) -> Stepped | Refusal:
    """One event for each condition, all or none of them."""
    found = at_step(world, asked.application, "offered", "accepted", "proposed", "signed", "disbursed")
    if isinstance(found, Refusal):
        return found
    if effort.account is None:
        return Refusal("NO_ACCOUNT_NAMED", "条件须由人落实:用 --as 账户,或设 KEMIAO_ACCOUNT", "a person ticks a condition: --as ACCOUNT, or set KEMIAO_ACCOUNT")  # fmt: skip
    known = {each["code"] for each in conditions(found)}
    unknown = next((code for code in asked.codes if code not in known), None)
    if unknown is not None or not asked.codes:
        return Refusal.at("NO_SUCH_CONDITION", f"没有这项条件;有:{'、'.join(sorted(known)) or '无'}", f"there is no such condition; there are: {', '.join(sorted(known)) or 'none'}", application=found.id, condition=unknown)  # fmt: skip
    if asked.note is not None and len(asked.note) > TEXT_MAX:
        return Refusal.at("TEXT_TOO_LONG", f"文字超过 {TEXT_MAX} 字", f"the text has more than {TEXT_MAX} characters", what="note")  # fmt: skip
    shown = _shown(world, found, asked)
    if isinstance(shown, Refusal):
        return shown
    bound = {
        "application": found.id,
        "company": found.company,
        "round": found.round,
        "conditions": list(asked.codes),
        **shown,
    }
    may = clear(world, effort.account, "condition", 0, bound)
    if isinstance(may, Refusal):
        return may
    private = {"note": asked.note, "file": asked.paper.name if asked.paper else None}
    spent = replace(effort, minutes=0, machine_ms=lambda: 0)  # one command, counted once: with its first tick
    others: list[Draft] = []
    for code in asked.codes[1:]:
        draft = step_draft(world, found.id, found.company, "ticked", spent, {"condition": code, **shown}, private)
        if isinstance(draft, Refusal):
            return draft
        others.append(draft)
    said = {"condition": asked.codes[0], **shown}
    return step(world, found.id, (found.step,), "ticked", effort, said, private, beside=others, clearance=may)


def conditions(found: Application) -> Sequence[Mapping[str, Any]]:
    return tuple(found.offer["conditions"]) if found.offer else ()


def listed(world: World, own: str) -> list[dict[str, Any]] | Refusal:
    """Each condition with its tick, or null."""
    found = application(world, own)
    if isinstance(found, Refusal):
        return found
    return [{**each, "ticked": found.ticks.get(each["code"])} for each in conditions(found)]


def still_open(found: Application, place: str) -> Refusal | None:
    """Refuses CONDITIONS_OPEN with those that are to be there at a place of the way (those of earlier places too)."""
    wanted = PLACES[: PLACES.index(place) + 1]
    left = [each for each in conditions(found) if each["at"] in wanted and each["code"] not in found.ticks]
    if not left:
        return None
    zh, en = "、".join(f"{each['code']} {each['zh']}" for each in left), "; ".join(f"{each['code']} {each['en']}" for each in left)  # fmt: skip
    when = _WHEN[place]
    return Refusal.at("CONDITIONS_OPEN", f"{when[0]}须落实:{zh}(kemiao condition tick {found.id} 代码)", f"to be met {when[1]}: {en} (kemiao condition tick {found.id} CODE)", application=found.id)  # fmt: skip


def security_stands(world: World, found: Application) -> Refusal | None:
    """Whether the registration that the security condition was ticked with still stands."""
    told = found.ticks.get(SECURITY)
    if told is None or told.get("right") is None:
        return None
    checked = _right(world, found, str(told["right"]))
    return checked if isinstance(checked, Refusal) else None


def _shown(world: World, found: Application, asked: Tick) -> dict[str, Any] | Refusal:
    """What shows that the condition is met."""
    shown: dict[str, Any] = {}
    if asked.paper is not None:
        sha256 = paper_digest(asked.paper)
        if isinstance(sha256, Refusal):
            return sha256
        shown["paper"] = sha256
    if asked.right is not None:
        right = _right(world, found, asked.right)
        if isinstance(right, Refusal):
            return right
        shown["right"] = right
    if SECURITY in asked.codes and not shown:
        return Refusal.at("SECURITY_NOT_SHOWN", "担保须有登记:--right 链上编号(kemiao collateral register),或 --paper 登记证明", "security needs its registration: --right of the chain (kemiao collateral register), or --paper", application=found.id)  # fmt: skip
    return shown


def _right(world: World, found: Application, text: str) -> str | Refusal:
    """The id of a right that stands, is ours, and secures at least what was agreed. Who gave it may be another than the borrower."""
    from kemiao.bank.chain_side import chain_of
    from kemiao.bank.commands.collateral import find

    chain = chain_of(world)
    chain.refresh()
    right = find(chain, text, chain.today())
    if isinstance(right, Refusal):
        return right
    if not right.stands or right.holder != chain.me:
        return Refusal.at("RIGHT_DOES_NOT_STAND", "该权利不在或不属于本行", "the right does not stand, or is not ours", right=right.id)  # fmt: skip
    amount = int(found.asked["amount_fen"])
    if right.claim_fen < amount:
        return Refusal.at("RIGHT_TOO_SMALL", "登记的债权额低于贷款金额", "the registered claim is below the loan", right=right.id, claim_fen=right.claim_fen, amount_fen=amount)  # fmt: skip
    return right.id
