"""A home with a clock that stands still."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kemiao.bank.commands.import_files import Imported, ImportFiles, import_files
from kemiao.bank.home import create_home
from kemiao.bank.world import World, open_world
from kemiao.base.clock import FixedClock
from kemiao.base.refusal import Refusal
from kemiao.data.map import load_map

NOW = FixedClock(datetime(2024, 7, 1, 9, tzinfo=UTC))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    root = tmp_path / "home"
    create_home(root, os.urandom)
    return root


@pytest.fixture
def world(home: Path) -> Iterator[World]:
    with open_world(home, NOW, os.urandom) as opened:
        yield opened


Bring = Callable[..., Imported | Refusal]


@pytest.fixture
def bring(world: World) -> Bring:
    """bring(path, …, map="etax_invoices", **options) imports into the world."""

    def run(*paths: Path, map: str = "etax_invoices", basis: str | None = None, **options: str) -> Imported | Refusal:
        return import_files(world, ImportFiles(load_map(map), map, paths, options, basis))

    return run
