"""A model of either kind: a scorecard, or the trees of a challenger. What can be asked of both is asked here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import pyarrow as pa

from kemiao.base.refusal import Refusal
from kemiao.credit.rating import scoring, tree_scoring, trees
from kemiao.credit.rating.scorecard import Scorecard, from_bytes, to_bytes
from kemiao.credit.rating.scorecard import check as check_card
from kemiao.credit.rating.scoring import Ints
from kemiao.credit.rating.trees import Trees

Model = Scorecard | Trees
ModelKind = Literal["card", "challenger"]
CARD = "card.json"


def score(model: Model, table: pa.Table, key: str | None = "company", *, parts: bool = True) -> pa.Table | Refusal:
    """points and pd_ppm of each row (int64) and, with parts, `points.FEATURE`: of a card the points of the bin (with
    `bin.FEATURE`), of trees the part by exact TreeSHAP (with `known.FEATURE`). Of trees parts cost ten times the rest."""
    if isinstance(model, Trees):
        return tree_scoring.score_trees(model, table, key, parts=parts)
    return scoring.score(model, table, key)


def pd_ppm(model: Model, points: Ints) -> Ints:
    """The curve's step at each number of points."""
    return tree_scoring.pd_ppm(model, points) if isinstance(model, Trees) else scoring.pd_ppm(model, points)


def base_points(model: Model) -> int:
    """What the parts of a row are added to."""
    return tree_scoring.average_points(model) if isinstance(model, Trees) else model.base_points


def features_of(model: Model) -> tuple[str, ...]:
    """The columns that the model reads, in its order."""
    return tuple(each.feature for each in (model.features if isinstance(model, Trees) else model.characteristics))


def kind_of(model: Model) -> ModelKind:
    return "challenger" if isinstance(model, Trees) else "card"


def check(model: Model) -> Refusal | None:
    return trees.check(model) if isinstance(model, Trees) else check_card(model)


def model_files(model: Model) -> dict[str, bytes]:
    """Plain files: the same model gives the same bytes on every machine."""
    return trees.to_files(model) if isinstance(model, Trees) else {CARD: to_bytes(model)}


def model_from_files(kind: str, files: Mapping[str, bytes]) -> Model | Refusal:
    """Reads what `model_files` wrote. kind: as `kind_of`. Refuses an unknown kind, a lacking file, and what is not well formed."""
    needed = {"card": (CARD,), "challenger": ("model.json", "trees.txt")}.get(kind)
    if needed is None:
        return Refusal("MODEL_KIND_UNKNOWN", f"模型种类“{kind}”不认识", f"a model of the kind {kind!r} is not known")
    missing = [name for name in needed if name not in files]
    if missing:
        return Refusal.at("MODEL_MISSING", "模型缺少文件", "the model lacks a file", file=", ".join(missing))
    return trees.from_files(files) if kind == "challenger" else from_bytes(files[CARD])
