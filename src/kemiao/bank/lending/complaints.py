"""Complaints as the event log has them, and how they stand by the law's clocks.

complaint_filed, complaint_extended, complaint_answered, complaint_withdrawn, complaint_review_asked, complaint_reviewed; ref: the
complaint's id. Who complains and what about is sealed; days, kinds and who handled it are not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from kemiao.bank.event_log import Event
from kemiao.bank.lending.organisation import organisation
from kemiao.bank.world import World
from kemiao.base.dates import add_months
from kemiao.base.refusal import Refusal
from kemiao.law.complaint import complaint_law

FILED, EXTENDED, ANSWERED, WITHDRAWN = (
    "complaint_filed",
    "complaint_extended",
    "complaint_answered",
    "complaint_withdrawn",
)
REVIEW_ASKED, REVIEWED = "complaint_review_asked", "complaint_reviewed"
_KINDS = (FILED, EXTENDED, ANSWERED, WITHDRAWN, REVIEW_ASKED, REVIEWED)


def shown(world: World, own: str) -> dict[str, Any] | Refusal:
    """A complaint as it stands. state: open | answered | withdrawn | review | reviewed; late: the answer's clock ran out."""
    told = {kind: events for kind in _KINDS if (events := list(world.log.events(kind, ref=own)))}
    if FILED not in told:
        return Refusal.at("NO_SUCH_COMPLAINT", "没有这份投诉:kemiao complaint list", "there is no such complaint: kemiao complaint list", complaint=own)  # fmt: skip
    return _shown(world, own, told)


def _shown(world: World, own: str, events: Mapping[str, Sequence[Event]]) -> dict[str, Any] | Refusal:
    """events: of this complaint by kind, the older first; FILED among them."""
    filed = events[FILED][-1]
    received = date.fromisoformat(filed.public["received_on"])
    rules, house = complaint_law(world.law, received), organisation(world, world.clock.today())
    if isinstance(rules, Refusal):
        return rules
    if isinstance(house, Refusal):
        return house
    extensions = len(events.get(EXTENDED, ()))
    due = rules.due_on(received, extensions, credit_report=bool(filed.public["credit_report"]))
    found = {
        kind: events[kind][-1] if kind in events else None for kind in (ANSWERED, WITHDRAWN, REVIEW_ASKED, REVIEWED)
    }
    answered, asked, reviewed = found[ANSWERED], found[REVIEW_ASKED], found[REVIEWED]
    decided = reviewed or answered
    ended = answered or found[WITHDRAWN]
    told = date.fromisoformat(ended.public.get("told_on") or ended.public["received_on"]) if ended else None
    state = (
        "reviewed" if reviewed else "review" if asked else "answered" if answered else "withdrawn" if ended else "open"
    )
    years = max(rules.years, house.complaint_file_years)
    asked_on = date.fromisoformat(asked.public["received_on"]) if asked else None
    return {
        "complaint": own, "company": filed.subject, **filed.public, "extensions": extensions, "due_on": due, "state": state,
        "told_on": told.isoformat() if told else None, "late": (told or world.clock.today()) > due,
        "outcome": decided.public["outcome"] if decided else None,
        "remedies_told": answered.public["remedies_told"] if answered else None,
        "review_until": told + timedelta(rules.review_request_days) if answered and told else None,
        "review_due_on": asked_on + timedelta(rules.review_days) if asked_on else None,
        "keep_until": add_months(told, 12 * years) if told else None, "confidence": rules.confidence,
    }  # fmt: skip


def complaints(world: World) -> list[dict[str, Any]]:
    """All of them, the most urgent first; what ended stands behind."""
    told: dict[str, dict[str, list[Event]]] = {}
    for kind in _KINDS:
        for event in world.log.events(kind):
            told.setdefault(str(event.ref), {}).setdefault(kind, []).append(event)
    found = [_shown(world, own, events) for own, events in told.items() if FILED in events]
    rows = [each for each in found if not isinstance(each, Refusal)]
    return sorted(rows, key=lambda row: (row["state"] not in ("open", "review"), row["due_on"], row["complaint"]))


def sealed(world: World, own: str) -> dict[str, Any]:
    """What is sealed, by event; empty where its key is destroyed."""
    parts: dict[str, Any] = {}
    for kind in (FILED, EXTENDED, ANSWERED, REVIEW_ASKED, REVIEWED):
        texts = [world.log.private(event) for event in world.log.events(kind, ref=own)]
        if any(texts):
            parts[kind] = [text for text in texts if text]
    return parts
