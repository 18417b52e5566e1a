"""Codes and names are valid, and nobody's."""

from __future__ import annotations

import numpy as np

from kemiao.base.keys import parse_company
from kemiao.twin.population.names import company_codes, company_names
from kemiao.twin.population.setting import read_setting


def test_codes_are_valid_all_differ_and_belong_to_no_province() -> None:
    areas = ["990171", "980101"] * 500
    codes = company_codes(np.random.Generator(np.random.PCG64(3)), areas)
    assert [parse_company(code) for code in codes] == [f"uscc:{code}" for code in codes]
    assert len(set(codes)) == len(areas)
    assert [code[2:8] for code in codes] == areas
    assert all(int(area[:2]) > 91 for area in areas)  # the highest code of a province-level area is 82, abroad 91


def test_names_differ_and_start_with_a_place_that_does_not_exist() -> None:
    setting = read_setting()
    names = company_names(np.random.Generator(np.random.PCG64(3)), setting.words, ["云岚"] * 500, ["软件"] * 500)
    assert len(set(names)) == 500
    assert all(name.startswith("云岚") and "软件" in name and name.endswith("公司") for name in names)
