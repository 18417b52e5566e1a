"""A model of either kind as SQL."""

from __future__ import annotations

from collections.abc import Collection

from kemiao.base.refusal import Refusal
from kemiao.credit.rating.model import Model, features_of
from kemiao.credit.rating.scorecard import Scorecard
from kemiao.credit.rating.sql_export import Dialect, card_sql
from kemiao.credit.rating.sql_trees import trees_sql


def model_sql(model: Model, dialect: Dialect, table: str, key: str | None, lacking: Collection[str]) -> str | Refusal:
    """key, points, pd_ppm of each row of the table; of a card also the points of each characteristic."""
    if isinstance(model, Scorecard):
        return card_sql(model, dialect, table, key, lacking)
    if lacking:
        names = ", ".join(lacking)
        return Refusal.at("COLUMN_MISSING", f"挑战者模型需要全部列:{', '.join(features_of(model))}", f"a challenger needs all of its columns: {', '.join(features_of(model))}", card=model.name, column=names)  # fmt: skip
    return trees_sql(model, dialect, table, key)
