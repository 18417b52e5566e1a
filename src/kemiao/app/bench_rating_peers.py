"""What our ratings are measured beside: optbinning's scorecard and LightGBM, as their packages have them by default."""

from __future__ import annotations

from typing import Any

import numpy as np

PEERS = ("optbinning", "lightgbm")


def held_out(who: str, frame: Any, event: Any, held: Any, folds: list[Any]) -> list[Any]:
    """By repeat, the peer's prediction of each row held out; it learns from all rows but those of the fold.

    frame: the columns, a row for each of event. held: places of the rows held out; folds: by repeat, the fold of each.
    """
    found = []
    for fold in folds:
        score = np.zeros(held.size)
        for number in np.unique(fold):
            tested = held[fold == number]
            train = np.setdiff1d(np.arange(event.size), tested)
            score[fold == number] = _PREDICTS[who](frame.iloc[train], event[train], frame.iloc[tested])
        found.append(score)
    return found


def _optbinning(train: Any, event: Any, tested: Any) -> Any:
    """BinningProcess (monotonic trend "auto"), scikit-learn's LogisticRegression, Scorecard; text columns declared."""
    from optbinning import BinningProcess, Scorecard
    from sklearn.linear_model import LogisticRegression

    names = list(train.columns)
    binning = BinningProcess(names, categorical_variables=_texts(train))
    card = Scorecard(binning_process=binning, estimator=LogisticRegression()).fit(train, event)
    return card.predict_proba(tested)[:, 1]


def _lightgbm(train: Any, event: Any, tested: Any) -> Any:
    """LGBMClassifier(); text columns as categories."""
    import pandas as pd
    from lightgbm import LGBMClassifier

    texts, names = _texts(train), [f"column_{place}" for place in range(train.shape[1])]
    of_level = {name: pd.CategoricalDtype(sorted(train[name].dropna().unique())) for name in texts}
    learnt, asked = (frame.astype(of_level).set_axis(names, axis=1) for frame in (train, tested))
    return LGBMClassifier(verbose=-1).fit(learnt, event).predict_proba(asked)[:, 1]


def _texts(frame: Any) -> list[str]:
    from pandas.api.types import is_numeric_dtype

    return [name for name in frame.columns if not is_numeric_dtype(frame[name])]


_PREDICTS = {"optbinning": _optbinning, "lightgbm": _lightgbm}
