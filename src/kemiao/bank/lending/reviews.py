"""Reviews by a person: a company objects to a decision or to a fact behind it, and how that stands by the bank's clock.

review_asked, review_taken, review_given_back, review_answered, review_withdrawn; ref: the review's id, subject: the company. What is said is
sealed; days, states and who did it are not.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from kemiao.bank.event_log import Event
from kemiao.bank.reasons import reasons_on
from kemiao.bank.world import World
from kemiao.base.refusal import Refusal

ASKED, TAKEN, ANSWERED, WITHDRAWN = "review_asked", "review_taken", "review_answered", "review_withdrawn"
GIVEN_BACK = "review_given_back"
_KINDS = (ASKED, TAKEN, GIVEN_BACK, ANSWERED, WITHDRAWN)
ABOUT = ("decision", "fact")
OUTCOMES = ("upheld", "changed", "corrected")
WORDS = {
    "asked": ("等待受理", "waits to be taken up"), "taken": ("人工复核中", "a person looks at it"), "answered": ("已答复", "answered"),
    "withdrawn": ("已撤回", "withdrawn"),
}  # fmt: skip
OUTCOME_WORDS = {
    "upheld": ("维持原决定", "the decision stands"), "changed": ("改变决定", "the decision is changed"),
    "corrected": ("已更正资料并重新评估", "the facts were corrected and judged again"),
}  # fmt: skip


def shown(world: World, own: str) -> dict[str, Any] | Refusal:
    """state: asked | taken | answered | withdrawn. due_on: by which it is answered; late: it was not, or not in time."""
    told = {kind: event for kind in _KINDS if (event := world.log.last(kind, ref=own)) is not None}
    if ASKED not in told:
        return Refusal.at("NO_SUCH_REVIEW", "没有这份复核申请:kemiao review list", "there is no such review: kemiao review list", review=own)  # fmt: skip
    return _shown(world, told)


def _shown(world: World, newest: Mapping[str, Event]) -> dict[str, Any]:
    """newest: of one review, by kind; ASKED among them."""
    asked, answered, withdrawn = newest[ASKED], newest.get(ANSWERED), newest.get(WITHDRAWN)
    own, taken = str(asked.ref), _in_hand(newest.get(TAKEN), newest.get(GIVEN_BACK))
    state = "answered" if answered else "withdrawn" if withdrawn else "taken" if taken else "asked"
    due = date.fromisoformat(asked.public["due_on"])
    ended = answered or withdrawn
    ended_on = date.fromisoformat(ended.public["on"]) if ended else None
    texts = world.log.private(asked)
    told = world.log.private(answered) if answered else None
    return {
        "review": own, "company": asked.subject, "decision": asked.public["decision"], "about": asked.public["about"], "fact": asked.public["fact"],
        "asked_on": asked.public["on"], "asked_by": asked.public["by"], "channel": asked.public["channel"], "due_on": due.isoformat(), "state": state,
        "late": (ended_on or world.clock.today()) > due, "taken_by": taken.public["by"] if taken else None, "taken_on": taken.public["on"] if taken else None,
        "ended_on": ended_on.isoformat() if ended_on else None, "outcome": answered.public["outcome"] if answered else None,
        "to": answered.public["to"] if answered else None, "new_decision": answered.public["new_decision"] if answered else None,
        "answered_by": answered.public["by"] if answered else None,
        "text": texts["text"] if texts else None, "answer": told["reason"] if told else None,
    }  # fmt: skip


def taken_by(world: World, own: str) -> Event | None:
    """The event by which a person has it in hand; None where nobody has."""
    return _in_hand(world.log.last(TAKEN, ref=own), world.log.last(GIVEN_BACK, ref=own))


def _in_hand(taken: Event | None, back: Event | None) -> Event | None:
    return taken if taken is not None and (back is None or back.seq < taken.seq) else None


def reviews(world: World, company: str | None = None) -> list[dict[str, Any]]:
    """All, or a company's: those that wait first, by their due day."""
    rows = [_shown(world, newest) for newest in _newest(world, company)]
    return sorted(rows, key=lambda row: (row["state"] not in ("asked", "taken"), row["due_on"], row["review"]))


def _newest(world: World, company: str | None) -> list[dict[str, Event]]:
    """Of each review its newest event of each kind, in the order in which they were asked for."""
    found: dict[str, dict[str, Event]] = {}
    for kind in _KINDS:  # ASKED first
        for event in world.log.events(kind, subject=company):
            found.setdefault(str(event.ref), {})[kind] = event
    return list(found.values())


def waiting(world: World) -> list[dict[str, Any]]:
    """What the bank still has to do, the most urgent first: for the worklist."""
    standing = [newest for newest in _newest(world, None) if ANSWERED not in newest and WITHDRAWN not in newest]
    return sorted((_shown(world, newest) for newest in standing), key=lambda row: (row["due_on"], row["review"]))


def open_review(world: World, decision: str) -> dict[str, Any] | None:
    """The one about a decision that has not ended."""
    found = [row for row in waiting(world) if row["decision"] == decision]
    return found[0] if found else None


def due_on(world: World, asked: date) -> date:
    """Policy reasons.toml: an objection is answered in writing within so many days. Raises Refused where no policy is in force."""
    policy, _ = reasons_on(world, asked)
    return asked + timedelta(int(policy.letter["answer_days"]))
