"""One small city and one small park for all tests of the population."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from kemiao.twin.population.city import City, make_city
from kemiao.twin.population.invoices import Invoices, make_invoices
from kemiao.twin.population.park import Written, draw_papers, generate_park
from kemiao.twin.population.sheet import Paper

DAY = date(2024, 7, 1)
COMPANIES, SEED = 40, 5


@pytest.fixture(scope="session")
def city() -> City:
    return make_city(np.random.Generator(np.random.PCG64(SEED)), COMPANIES, DAY)


@pytest.fixture(scope="session")
def invoices(city: City) -> Invoices:
    return make_invoices(np.random.Generator(np.random.PCG64(SEED + 1)), city)


@pytest.fixture(scope="session")
def papers(city: City, invoices: Invoices) -> list[Paper]:
    """The papers as they are drawn, before any is spoilt."""
    return draw_papers(np.random.Generator(np.random.PCG64(SEED + 2)), city, invoices)


@pytest.fixture(scope="session")
def park(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Written]]:
    folder = tmp_path_factory.mktemp("park")
    return folder, generate_park(folder, COMPANIES, SEED, DAY)
