"""The portal over a little bank: two companies with papers and decisions, five staff, two companies' accounts, a funder, an auditor."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from portal.served import Served, little_home, served
from portal.two_sides import Sides, two_sides


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return little_home(tmp_path / "home")


@pytest.fixture
def portal(home: Path) -> Iterator[Served]:
    with served(home) as found:
        yield found


@pytest.fixture(scope="module")
def sides(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sides]:
    """Two companies, two funders and canaries in all that is theirs: of one module."""
    with pytest.MonkeyPatch.context() as patched:
        yield two_sides(tmp_path_factory.mktemp("sides") / "home", patched)
