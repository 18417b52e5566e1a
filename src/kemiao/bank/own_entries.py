"""What of ours stands under entries of the chain: a decision in its run, a row in its batch."""

from __future__ import annotations

from kemiao.bank.event_log import Event
from kemiao.bank.world import World
from kemiao.base.digest import merkle_root
from kemiao.base.refusal import Refusal
from kemiao.chain.decision_leaf import decision_leaf_data


def run_of(world: World, decision: Event) -> Event | None:
    """The run that appended a decision: it stands behind its decisions, in the same transaction."""
    return next(iter(world.log.events("assessment", after=decision.seq)), None)


def decision_leaf(world: World, decision_id: str) -> tuple[str, int, list[bytes]] | Refusal:
    """The entry of the decision's run, the decision's place in the run (from 0), and leaf data of the whole run.

    Refuses NO_DECISION, NOT_ANCHORED (kemiao chain submit sends what waits) and RUN_WITHOUT_LEAVES (made before runs had them).
    """
    from kemiao.bank.outbox import anchors

    event = world.log.last("decision", ref=decision_id)
    run = None if event is None else run_of(world, event)
    if event is None or run is None:
        return no_decision(decision_id)
    first = run.seq - run.public["decisions"]
    decisions = [each for each in world.log.events("decision", after=first - 1) if each.seq < run.seq]
    leaves = [decision_leaf_data(str(each.ref), str(each.commitment)) for each in decisions]
    if merkle_root(leaves) != run.public["root"]:
        return Refusal.at("RUN_WITHOUT_LEAVES", "作出决定的版本早于链上证明", "the decision was made by a version that knew no proofs on the chain", decision=decision_id)  # fmt: skip
    anchored = anchors(world, run.seq)
    if not anchored:
        return Refusal.at("NOT_ANCHORED", "决定还没有上链:kemiao chain submit", "the decision is not on the chain yet: kemiao chain submit", decision=decision_id)  # fmt: skip
    return anchored[0]["entry"], event.seq - first, leaves


def no_decision(wanted: str) -> Refusal:
    return Refusal.at(
        "NO_DECISION", "没有这份决定;kemiao assess 企业 可以作出一份", "there is no such decision; kemiao assess COMPANY makes one", decision=wanted
    )  # fmt: skip
