"""override: a person decides otherwise than the rules did, with a reason and a second person; counted, and held against what came."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal

from kemiao.bank.event_log import Event, Transaction
from kemiao.bank.lending.clearance import clear
from kemiao.bank.lending.loan_store import loans
from kemiao.bank.lending.people import account_of
from kemiao.bank.lending.standing import states
from kemiao.bank.own_entries import no_decision
from kemiao.bank.world import World
from kemiao.base.money import PPM, div_half_up
from kemiao.base.refusal import Refusal

EVENT = "override"
To = Literal["approve", "decline"]
_REASON = 10, 2000


def override(
    world: World, acting: str | None, decision: str, to: To, reason: str, also: Callable[[Transaction], None] = lambda _: None
) -> dict[str, Any] | Refusal:  # fmt: skip
    """The decision itself stays as it was made; who lends reads this event beside it. also: what is kept with it, or not at all.

    Refuses NO_DECISION, DECISION_SUPERSEDED, INPUTS_ERASED, ALREADY_SO, REASON_NEEDED, and what clear() refuses.
    """
    account = account_of(world, acting)
    if isinstance(account, Refusal):
        return account
    event = world.log.last("decision", ref=decision)
    if event is None:
        return no_decision(decision)
    document = _fit(world, event, to, reason)
    if isinstance(document, Refusal):
        return document
    bound = {"decision": decision, "company": event.subject, "to": to, "reason": reason.strip()}
    cleared = clear(world, account, "override", _reach_fen(world, document), bound)
    if isinstance(cleared, Refusal):
        return cleared
    public = {
        "from": now(world, event, document), "to": to, "decided": document["decision"], "grade": document["grade"], "pd_ppm": document["pd_ppm"],
        "authority": document["authority"], **cleared.public,
    }  # fmt: skip
    with world.log.write() as tx:
        cleared.use(tx)
        tx.append(EVENT, event.subject, decision, public, {"reason": reason.strip()})
        also(tx)
    return {"decision": decision, "company": event.subject, **public, "reason": reason.strip()}


def _fit(world: World, event: Event, to: To, reason: str) -> Mapping[str, Any] | Refusal:
    low, high = _REASON
    if not low <= len(reason.strip()) <= high:
        return Refusal.at("REASON_NEEDED", f"理由须有 {low} 至 {high} 字", f"the reason has {low} to {high} characters", decision=event.ref)  # fmt: skip
    newest = world.log.last("decision", subject=event.subject)
    if newest is not None and newest.ref != event.ref:
        return Refusal.at("DECISION_SUPERSEDED", f"这家企业已有更新的决定 {newest.ref}", f"the company has a newer decision, {newest.ref}", decision=event.ref)  # fmt: skip
    document = world.log.private(event)
    if document is None:
        return Refusal.at("INPUTS_ERASED", "该决定的内容已被删除", "what was decided is erased", decision=event.ref)
    if now(world, event, document) == to:
        return Refusal.at("ALREADY_SO", f"该决定已是 {to}", f"it is {to} already", decision=event.ref)
    return document


def now(world: World, event: Event, document: Mapping[str, Any]) -> str:
    """approve | refer | decline, as it stands after the last override."""
    last = world.log.last(EVENT, ref=event.ref)
    return str(document["decision"] if last is None else last.public["to"])


def _reach_fen(world: World, document: Mapping[str, Any]) -> int:
    """The amount that counts for authority: the limit, and at least what the decision's own level begins at."""
    levels = sorted(level["limit_fen"] for level in world.policy.on(world.clock.today())["authority"]["level"])
    names = {level["name"]: level["limit_fen"] for level in world.policy.on(world.clock.today())["authority"]["level"]}
    own = names.get(document["authority"], levels[-1])
    least = max((limit for limit in levels if limit < own), default=-1) + 1
    return max(int(document["limit_fen"] or 0), least)


def overrides(world: World) -> Iterator[dict[str, Any]]:
    """In their order; the reason is null where the company was erased."""
    for event in world.log.events(EVENT):
        private = world.log.private(event)
        yield {"decision": event.ref, "company": event.subject, "at": event.at, **event.public, "reason": private["reason"] if private else None}  # fmt: skip


def counted(world: World) -> dict[str, Any]:
    """How often persons decide otherwise: by direction, by who did it, and of all decisions."""
    found = list(overrides(world))
    decisions = sum(1 for _ in world.log.events("decision"))
    ways: dict[str, int] = {}
    makers: dict[str, int] = {}
    for each in found:
        way = f"{each['from']}→{each['to']}"
        ways[way] = ways.get(way, 0) + 1
        makers[each["by"]] = makers.get(each["by"], 0) + 1
    share = div_half_up(len(found) * PPM, decisions) if decisions else None
    return {"overrides": len(found), "decisions": decisions, "share_ppm": share, "ways": ways, "makers": makers}


def back_test(world: World, bad_days: int) -> list[dict[str, Any]]:
    """Loans by how they came to be approved: as decided, or by a person; beside the PD that was expected of each.

    bad: more than bad_days past due at some time since it was last cured, written off, or restructured in difficulty. Declined
    ones have no loan of their own: their row counts the loans that the company got on another decision.
    """
    last = {str(event.ref): event for event in world.log.events(EVENT)}
    declined = {event.subject for event in last.values() if event.public["to"] == "decline"}
    known = loans(world).select(["loan", "company", "decision", "pd_ppm"]).to_pylist()
    stood = {row["loan"]: row for row in states(world).to_pylist()}
    groups: dict[str, list[tuple[bool, int | None]]] = {
        "as_decided": [],
        "approved_by_person": [],
        "declined_by_person": [],
    }
    for row in known:
        state = stood[row["loan"]]
        if row["decision"] is None or state["status"] == "agreed":
            continue
        bad = (
            state["worst_past_due_days"] > bad_days or state["status"] == "written_off" or bool(state["in_difficulty"])
        )
        event = last.get(row["decision"])
        by_person = event is not None and event.public["to"] == "approve"
        group = (
            "approved_by_person" if by_person else "declined_by_person" if row["company"] in declined else "as_decided"
        )
        groups[group].append((bad, event.public["pd_ppm"] if by_person and event else row["pd_ppm"]))
    return [_tested(name, found) for name, found in groups.items()]


def _tested(name: str, found: list[tuple[bool, int | None]]) -> dict[str, Any]:
    expected = [pd for _, pd in found if pd is not None]
    bad = sum(one for one, _ in found)
    return {
        "group": name, "loans": len(found), "bad": bad, "bad_ppm": div_half_up(bad * PPM, len(found)) if found else None,
        "expected_ppm": div_half_up(sum(expected), len(expected)) if expected else None,
    }  # fmt: skip
