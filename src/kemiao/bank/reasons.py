"""The policy of reasons of a day, and what it makes of kept decisions: themes and confidence beside the explanation.

They are worked out from the kept document and never kept with it: a decision's bytes don't change with how it is told.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from kemiao.bank.model_store import is_kept
from kemiao.bank.models import kept_model
from kemiao.bank.world import World
from kemiao.base.refusal import Refusal, Refused
from kemiao.credit.assessment import Rulebook
from kemiao.credit.document import Document, explain
from kemiao.credit.rating.actionable import ReasonsPolicy, actionable, reasons_policy
from kemiao.credit.rating.confidence import ConfidenceRules, confidence_rules, confidences, features_table
from kemiao.credit.rating.inputs import Input

NAME = "reasons"
_AT_ONCE = 20_000


def reasons_on(world: World, day: date) -> tuple[ReasonsPolicy, ConfidenceRules]:
    """Raises Refused where none is in force, or it can't be read."""
    content = world.policy.on(day).get(NAME)
    if content is None:
        raise Refused(Refusal.at("POLICY_NOT_IN_FORCE", f"{day} 没有生效的政策:{NAME}", f"no policy is in force on {day}: {NAME}", home=world.home.policy))  # fmt: skip
    reasons, rules = reasons_policy(content), confidence_rules(content)
    if isinstance(reasons, Refusal):
        raise Refused(reasons)
    if isinstance(rules, Refusal):
        raise Refused(rules)
    return reasons, rules


def explained(world: World, documents: Sequence[Document], book: Rulebook, day: date) -> Iterator[Document]:
    """`explain` of each, with `themes` and `confidence`: null in a home whose policy has no reasons.toml.

    All of one model. day: of the policy that words and thresholds are taken from.
    """
    if NAME not in world.policy.on(day):
        yield from (explain(each, book) | {"themes": None, "confidence": None} for each in documents)
        return
    policy, rules = reasons_on(world, day)
    for start in range(0, len(documents), _AT_ONCE):
        some = documents[start : start + _AT_ONCE]
        learnt = _learnt(world, some[0]["model"])
        table = features_table([each["features"] for each in some], book.card)
        shift = book.cycle.shift_ppm if book.cycle else 0
        sure = confidences(book.card, learnt, table, book.scale, rules, shift)
        for document, confidence in zip(some, sure, strict=True):
            said = explain(document, book)
            themes = actionable(said["rating"]["contributions"], tuple(document["rows"]), policy)
            yield said | {"themes": [each.as_json() for each in themes], "confidence": confidence.as_json()}


def _learnt(world: World, model: str) -> tuple[Input, ...] | None:
    """What a stored model's inputs were; None of the expert card and of models of earlier releases."""
    if not is_kept(world.home.models, model):
        return None
    found = kept_model(world, model)
    if isinstance(found, Refusal):
        raise Refused(found)
    return found.inputs
