"""Fixtures that many tests share."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import typer.testing
from hypothesis import settings

from postgres import Postgres

settings.register_profile("kemiao", deadline=None)  # shared machines stall: a deadline would only measure that
settings.load_profile("kemiao")
# The runner would build all commands again for each line that a test types, a fifth of a second every time; a program builds them once.
typer.testing._get_command = cache(typer.main.get_command)

# Files that take minutes go first: the last of them would keep one worker while the other has nothing left to do.
LONG = ("test_demo.py", "test_portal_flows.py", "test_accessible.py", "test_schemathesis.py", "test_access_matrix.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: LONG.index(item.path.name) if item.path.name in LONG else len(LONG))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real data, never in the repository: ../shared/data or KEMIAO_SHARED_DATA. Where it must be, absence fails."""
    folder = Path(os.environ.get("KEMIAO_SHARED_DATA", Path(__file__).parents[2] / "shared" / "data"))
    if not folder.is_dir():
        message = f"shared data is not at {folder}; set KEMIAO_SHARED_DATA"
        if os.environ.get("KEMIAO_REQUIRE_DATA") == "1":
            pytest.fail(message)
        pytest.skip(message)
    return folder


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A server of PostgreSQL, made when the first test asks for it."""
    server = Postgres()
    yield server
    server.close()
