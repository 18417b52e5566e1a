"""On a park of 300 companies the features say different things: of two that rank companies alike, one counts."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime
from itertools import chain, groupby

import numpy as np
import pyarrow as pa
import pytest

from kemiao.bank.commands.assess import Inputs, Request, read
from kemiao.bank.commands.import_files import Imported, ImportFiles, import_files
from kemiao.bank.home import create_home
from kemiao.bank.world import World, open_world
from kemiao.base.clock import FixedClock
from kemiao.credit.profile import FEATURES
from kemiao.data.map import load_map
from kemiao.twin.population.park import generate_park

pytestmark = pytest.mark.slow
COMPANIES, SEED, DAY = 300, 7, date(2024, 7, 1)
ALIKE, KNOWN = 0.95, 30  # fewer companies with both known say nothing of how alike two features are


@pytest.fixture(scope="module")
def profile(tmp_path_factory: pytest.TempPathFactory) -> pa.Table:
    folder = tmp_path_factory.mktemp("independent")
    written = sorted(generate_park(folder / "park", COMPANIES, SEED, DAY), key=lambda one: (one.map, one.option))
    create_home(folder / "home", os.urandom)
    with open_world(folder / "home", FixedClock(datetime(2024, 7, 1, 9, tzinfo=UTC)), os.urandom) as world:
        for (name, option), group in groupby(written, key=lambda one: (one.map, one.option)):
            paths = tuple(folder / "park" / one.path for one in group)
            assert isinstance(import_files(world, ImportFiles(load_map(name), name, paths, dict(option))), Imported)
        return _features(world)


def _features(world: World) -> pa.Table:
    inputs = read(world, Request(None, DAY, DAY))
    assert isinstance(inputs, Inputs), inputs
    return inputs.features


def test_at_least_eighty_features_rank_the_companies_of_a_park_each_its_own_way(profile: pa.Table) -> None:
    ranks = {name: numbers for name, numbers in _numbers(profile).items() if _tells(numbers)}
    groups = _groups(ranks)
    silent = [feature.name for feature in FEATURES if feature.name not in ranks]
    shown = "\n".join(", ".join(group) for group in groups if len(group) > 1)
    said = f"{len(FEATURES)} features, {len(groups)} apart; alike:\n{shown}\nthe same of nearly all, or known of few: {', '.join(silent)}"
    assert len(groups) >= 80, said
    assert len(groups) >= 0.8 * len(ranks), said


def _numbers(profile: pa.Table) -> dict[str, np.ndarray]:
    """Each feature as doubles with NaN where unknown; text by its place in the alphabet."""
    found = {}
    for feature in FEATURES:
        column = profile[feature.name].combine_chunks()
        if pa.types.is_string(column.type):
            column = pa.array(np.unique(column.fill_null("").to_numpy(zero_copy_only=False), return_inverse=True)[1], mask=column.is_null().to_numpy(zero_copy_only=False))  # fmt: skip
        elif pa.types.is_date32(column.type):
            column = column.cast(pa.int32())
        found[feature.name] = column.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    return found


def _tells(numbers: np.ndarray) -> bool:
    """Known of enough companies, and not the same of nearly all of them."""
    known = numbers[~np.isnan(numbers)]
    if len(known) < KNOWN:
        return False
    return bool(len(known) - np.unique(known, return_counts=True)[1].max() >= 3)


def _groups(ranks: dict[str, np.ndarray]) -> list[list[str]]:
    """Features joined wherever two of them are alike, the way round does not matter."""
    groups: list[list[str]] = []
    for name, numbers in ranks.items():
        alike = [group for group in groups if any(_alike(numbers, ranks[other]) for other in group)]
        groups = [group for group in groups if group not in alike] + [[*chain.from_iterable(alike), name]]
    return groups


def _alike(one: np.ndarray, other: np.ndarray) -> bool:
    both = ~np.isnan(one) & ~np.isnan(other)
    if both.sum() < KNOWN:
        return False
    first, second = _mean_ranks(one[both]), _mean_ranks(other[both])
    if first.std() == 0 or second.std() == 0:
        return False
    return abs(float(np.corrcoef(first, second)[0, 1])) > ALIKE


def _mean_ranks(values: np.ndarray) -> np.ndarray:
    """Ranks; equal values share the mean of their places."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[place]
