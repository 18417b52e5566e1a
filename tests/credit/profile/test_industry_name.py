"""The industry from a name: what words tell of, how often that is right on names that no word was chosen by, and as columns."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from kemiao.credit.profile.industry_name import industry_of, words
from kemiao.facts.tables import INDUSTRIES

_CLASSES = {"agri": {"农、林、牧、渔业"}, "industry": {"制造业"}, "construction": {"建筑业"}, "software": {"专业、科学与技术"},
            "telecom": {"专业、科学与技术"}, "other": {"专业、科学与技术", "服务业"}}  # fmt: skip


@pytest.fixture(scope="module")
def names(shared_data: Path) -> dict[int, tuple[str, str]]:
    """The number of each firm of CUMCM 2020 C → its name, and one of six classes by hand."""
    folder = shared_data / "cumcm2020c"
    classes = {row["企业代号"]: row["行业"] for row in _rows(folder / "industry_uestc.csv")}
    files = (folder / "credit_enterprises.csv", folder / "nocredit_enterprises.csv")
    rows = [row for file in files for row in _rows(file)]
    return {int(row["企业代号"][1:]): (row["企业名称"], classes[row["企业代号"]]) for row in rows}


def _rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text("utf-8-sig").splitlines()))


@pytest.mark.parametrize(
    ("name", "industry"),
    [
        ("云岚建筑劳务有限公司", "leasing_business"),  # the longest of the words that end last
        ("云岚电子(中国)有限公司远江分公司", "industry"),
        ("远江药业连锁有限公司金沙洲药店", "retail"),
        ("远江信息科技有限公司", "software"),
        ("白石饲料科技有限公司", None),  # a generic head says nothing
        ("白石实业有限公司", None),
        ("某某", None),
        ("", None),
    ],
)
def test_the_last_and_longest_word_counts(name: str, industry: str | None) -> None:
    said = industry_of(name)
    assert (said.industry, said.confidence_ppm is None) == (industry, industry is None)


def test_each_word_stands_once_and_tells_of_an_industry_of_the_standard() -> None:
    book = words()
    listed = book.pattern.split("|")
    assert len(listed) == len(set(listed))
    assert {industry for industry, _ in book.trades.values()} == set(INDUSTRIES)


def test_half_of_the_names_that_were_held_out_are_told_and_right_as_often_as_said(names: Any) -> None:
    held = [names[number] for number in range(125, 426, 2)]
    said = [(industry_of(name), by_hand) for name, by_hand in held]
    right = [
        (one.confidence_ppm, by_hand in _CLASSES.get(one.industry, {"服务业"})) for one, by_hand in said if one.industry
    ]
    speaking = sum(by_hand != "个体经营" for _, by_hand in held)  # 个体经营E125: a mask without any word
    assert len(right) >= 0.75 * speaking
    assert sum(hit for _, hit in right) >= 0.78 * len(right)
    for level in {level for level, _ in right}:
        hits = [hit for one, hit in right if one == level]
        share = level / 10**6
        assert abs(sum(hits) - share * len(hits)) <= 2.5 * (share * (1 - share) * len(hits)) ** 0.5


def test_columns_say_what_the_function_says_of_every_name(profile: Any, names: Any) -> None:
    of = {f"cumcm:E{number}": name for number, (name, _) in names.items()}
    rows = [{"company": key, "name": name} for key, name in of.items()]
    found = profile({"company": rows}, of, tables=frozenset({"company"}))
    for key, name in of.items():
        said, row = industry_of(name), found[key]
        source = None if said.industry is None else "name"
        assert (row["industry_named"], row["industry_source"], row["industry_confidence_ppm"]) == (
            said.industry,
            source,
            said.confidence_ppm,
        )
        assert row["industry"] is None  # what the law reads stays the register's
