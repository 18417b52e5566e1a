"""The maps bring in every file of the park: what the manifest calls clean is taken, the rest lies in quarantine."""

from __future__ import annotations

import json
import os
from collections import Counter
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path

import pytest

from kemiao.bank.commands.import_files import Imported, ImportFiles, import_files
from kemiao.bank.home import create_home
from kemiao.bank.world import open_world
from kemiao.base.clock import FixedClock
from kemiao.data.map import load_map
from kemiao.twin.population.park import Written

pytestmark = pytest.mark.slow
Park = tuple[Path, list[Written]]


@pytest.fixture(scope="module")
def imports(park: Park, tmp_path_factory: pytest.TempPathFactory) -> list[tuple[list[Written], Imported]]:
    """All files, map by map (a statement with its owner), into one empty home on the park's day."""
    folder, written = park
    home = tmp_path_factory.mktemp("home") / "home"
    create_home(home, os.urandom)
    answers = []
    by_map = sorted(written, key=lambda one: (one.map, one.option))  # stable: files keep their order
    with open_world(home, FixedClock(datetime(2024, 7, 1, 9, tzinfo=UTC)), os.urandom) as world:
        for (name, option), group in groupby(by_map, key=lambda one: (one.map, one.option)):
            files = list(group)
            paths = tuple(folder / one.path for one in files)
            answer = import_files(world, ImportFiles(load_map(name), name, paths, dict(option)))
            assert isinstance(answer, Imported), answer
            answers.append((files, answer))
    return answers


def test_each_file_is_accounted_for_as_the_manifest_says(imports: list[tuple[list[Written], Imported]]) -> None:
    for files, answer in imports:
        rows: Counter[str] = Counter()
        quarantined: Counter[str] = Counter()
        for one in answer.files:
            assert one.taken + one.duplicates + one.quarantined == one.rows
            rows[one.file] += one.rows
            quarantined[one.file] += one.quarantined
        for written in files:
            name = Path(written.path).name
            assert (name, rows[name], quarantined[name]) == (name, written.rows, written.quarantined)


def test_each_clean_fact_is_taken_once(park: Park, imports: list[tuple[list[Written], Imported]]) -> None:
    folder, _ = park
    invoices = json.loads((folder / "manifest.json").read_text("utf-8"))["invoices"]
    for files, answer in imports:
        if files[0].map == "etax_invoices":
            assert answer.taken == invoices["distinct_clean"]
            assert answer.duplicates > 0
        else:
            assert answer.taken == sum(one.rows - one.quarantined for one in files)


def test_only_lines_of_invoices_are_left_out(imports: list[tuple[list[Written], Imported]]) -> None:
    left = [one for _, answer in imports for one in answer.left_out]
    assert left and {one.sheet for one in left} == {"信息汇总表"}
