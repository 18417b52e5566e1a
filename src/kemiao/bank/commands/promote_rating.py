"""rating promote: which card assess uses from now on. Who, why, and on what figures, stands in the event log."""

from __future__ import annotations

from dataclasses import dataclass

from kemiao.bank.commands.fit_rating import in_use, model_named
from kemiao.bank.world import World
from kemiao.base.refusal import Refusal
from kemiao.credit.profile import COLUMNS
from kemiao.credit.rating.scorecard import Scorecard, from_bytes


@dataclass(frozen=True, slots=True)
class Request:
    """model: digest, its beginning, or a name; None goes back to the expert card."""

    model: str | None
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Promoted:
    """Digests of the model in use now and before; None is the expert card."""

    now: str | None
    before: str | None
    name: str
    seq: int


def promote_rating(world: World, request: Request) -> Promoted | Refusal:
    """Refuses a model that is not there or altered, and one that asks for columns which the profile does not have."""
    before = in_use(world)
    if request.model is None:
        return _append(world, request, None, before)
    card = read_model(world, request.model)
    if isinstance(card, Refusal):
        return card
    strange = [each.feature for each in card.characteristics if each.feature not in COLUMNS]
    if strange:
        listed = ", ".join(strange[:8])
        return Refusal.at(
            "MODEL_NOT_OF_PROFILE", f"这个模型用的列不是企业画像的指标:{listed}", f"the model uses columns that are no features of the profile: {listed}",
            model=card.name,
        )  # fmt: skip
    return _append(world, request, card, before)


def read_model(world: World, name: str) -> Scorecard | Refusal:
    """A stored card, checked against its digest. Raises Refused where no model has that name."""
    digest = model_named(world, name).ref or ""
    path = world.home.models / f"{digest}.json"
    if not path.is_file():
        return Refusal.at("MODEL_MISSING", "模型文件不在了", "the model's file is gone", file=path)
    return from_bytes(path.read_bytes(), digest)


def _append(world: World, request: Request, card: Scorecard | None, before: str | None) -> Promoted:
    figures = card.facts["validation"] if card else None
    digest, name = (card.digest, card.name) if card else (None, "expert_card")
    with world.log.write() as tx:
        public = {"model": digest, "name": name, "before": before, "by": request.by, "reason": request.reason, "validation": figures}  # fmt: skip
        seq = tx.append("promotion", ref=digest, public=public)
        tx.witness(seq, {"kind": "promotion", "model": digest})
    return Promoted(digest, before, name, seq)
