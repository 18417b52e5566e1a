from __future__ import annotations

import pytest
from hypothesis import settings

from kemiao.base.tables import read_all_packaged


class Tables(dict):
    """A failing test prints its arguments: not all the rows of the law."""

    def __repr__(self) -> str:
        return "law"


@pytest.fixture(scope="session")
def law() -> Tables:
    return Tables(read_all_packaged("kemiao.law.tables"))


settings.register_profile("kemiao", deadline=None)  # shared machines stall: a deadline would only measure that
settings.load_profile("kemiao")
