from __future__ import annotations

import pytest

from kemiao.base.tables import DatedTable, read_all_packaged


@pytest.fixture(scope="session")
def law() -> dict[str, DatedTable]:
    return read_all_packaged("kemiao.law.tables")
