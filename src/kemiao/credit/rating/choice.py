"""Card or challenger: the card stays unless the challenger ranks better beyond the 95 % interval.

Decided on what the inner folds of the training rows predict, on the same inner folds for both. Nothing that an outer
fold holds out has a say.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from kemiao.credit.rating.challenger import Grown, grow
from kemiao.credit.rating.columns import Column
from kemiao.credit.rating.delong import Estimate, paired_difference
from kemiao.credit.rating.fit import Fit, code, fit
from kemiao.credit.rating.rules import RatingRules
from kemiao.credit.rating.scorecard import Scorecard

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Kind = Literal["card", "challenger", "best"]


@dataclass(frozen=True, slots=True)
class Fitted:
    """chose: which of the two is `chosen`. difference: AUC of the challenger less the card's in inner folds."""

    card: Fit | None
    challenger: Grown | None
    chosen: Fit | Grown
    chose: Literal["card", "challenger"]
    difference: Estimate | None


def fit_kind(
    kind: Kind,
    columns: Sequence[Column],
    event: Ints,
    rows: Ints,
    rules: RatingRules,
    seed: tuple[int, ...],
    weights: Floats | None = None,
    prior: Scorecard | None = None,
) -> Fitted:
    """The kind that is asked for, or the better one of both. Only the given rows are learnt from."""
    if kind == "card":
        card = fit(columns, event, rows, rules, seed, weights, prior)
        return Fitted(card, None, card, "card", None)
    coded = code(columns, event, rows, rules, weights, prior)
    challenger = grow(columns, event, rows, rules, seed, weights, coded)
    if kind == "challenger":
        return Fitted(None, challenger, challenger, "challenger", None)
    card = fit(columns, event, rows, rules, seed, weights, prior, coded)
    case = None if weights is None else weights[rows][card.held]
    difference = paired_difference(-challenger.held_points, -card.held_points, event[rows][card.held], case)
    if difference.low > 0:
        return Fitted(card, challenger, challenger, "challenger", difference)
    return Fitted(card, challenger, card, "card", difference)
