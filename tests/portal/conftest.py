"""The portal over a little bank: two companies with papers and decisions, five staff, two companies' accounts, a funder, an auditor."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from portal.served import Served, little_home, served


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return little_home(tmp_path / "home")


@pytest.fixture
def portal(home: Path) -> Iterator[Served]:
    with served(home) as found:
        yield found
