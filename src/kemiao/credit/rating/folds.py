"""Stratified folds from a seed."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]


def stratified_folds(event: Ints, folds: int, seed: tuple[int, ...]) -> Ints:
    """The fold of each row, each class dealt out evenly. The same rows in the same order and seed give the same folds."""
    fold = np.empty(event.size, dtype=np.int64)
    for outcome in (0, 1):
        members = np.flatnonzero(event == outcome)
        shuffled = np.random.default_rng((*seed, outcome)).permutation(members)
        fold[shuffled] = np.arange(shuffled.size) % folds
    return fold
