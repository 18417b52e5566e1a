"""The patent value index: parts in, scores out; what is unknown lowers the confidence and nothing else."""

from __future__ import annotations

import tomllib
from datetime import date, timedelta
from importlib.resources import files
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kemiao.base.refusal import Refusal
from kemiao.base.tables import read_all_packaged
from kemiao.credit.technology.patent_value import GROUPS, PatentRules, ipc_subclasses, patent_rules, patent_value
from kemiao.facts.tables import INTELLECTUAL_PROPERTY
from kemiao.law.patent_term import patent_terms

DAY = date(2024, 7, 1)
POLICY = tomllib.loads(files("kemiao.bank.default_policy").joinpath("patent_value.toml").read_text("utf-8"))
SCHEMA = INTELLECTUAL_PROPERTY.arrow_schema


def _rules() -> PatentRules:
    terms = patent_terms(read_all_packaged("kemiao.law.tables"), DAY)
    assert not isinstance(terms, Refusal)
    rules = patent_rules(POLICY, terms[0])
    assert not isinstance(rules, Refusal)
    return rules


RULES = _rules()
some_day = st.integers(0, 9_000).map(lambda back: DAY - timedelta(days=back))
small, fen = st.integers(0, 60), st.integers(0, 10**12)
patents = st.fixed_dictionaries(
    {"kind": st.sampled_from(["invention", "utility_model", "design"])},
    optional={
        "filed_on": some_day, "granted_on": some_day, "claims": small, "forward_citations": small, "family_size": small,
        "inventors": small, "inventors_employed": small, "alternatives": small, "product_income_fen": fen, "licence_income_fen": fen,
        "disputed": st.booleans(), "survived": st.booleans(), "economic_until": st.integers(-2_000, 6_000).map(lambda ahead: DAY + timedelta(days=ahead)),
        "fees_paid_until": st.integers(-400, 400).map(lambda ahead: DAY + timedelta(days=ahead)), "ipc": st.sampled_from(["G06N 3/08", "G06N3/08; G06F17/16", "A61B5/00,G06T 7/00;H04L"]),
    },
)  # fmt: skip


def valued(*rows: dict[str, Any]) -> Any:
    full = [{"company": "cumcm:E1", "number": str(at), "status": "in_force", **row} for at, row in enumerate(rows)]
    own = pa.schema(
        [field for field in SCHEMA if field.name in {column.name for column in INTELLECTUAL_PROPERTY.columns}]
    )
    return patent_value(pa.Table.from_pylist(full, schema=own), RULES, DAY)


@given(st.lists(patents, min_size=1, max_size=6))
def test_columns_agree_with_the_naive_loop(rows: list[dict[str, Any]]) -> None:
    found = valued(*rows)
    for at in range(len(rows)):
        groups, confidence = {}, 0.0
        for group in GROUPS:
            parts = [part for part in RULES.parts if part.of == group]
            known = [(part.weight, int(found.parts[part.name].values[at])) for part in parts if found.parts[part.name].known[at]]  # fmt: skip
            if known:
                groups[group] = sum(weight * score for weight, score in known) / sum(weight for weight, _ in known)
            confidence += RULES.weights_ppm[group] * sum(weight for weight, _ in known) / sum(part.weight for part in parts)  # fmt: skip
        shares = {group: RULES.weights_ppm[group] for group in groups}
        index = sum(groups[group] * shares[group] for group in groups) / sum(shares.values())
        assert abs(found.index_milli.values[at] - 1000 * index) <= 2
        assert abs(found.confidence_ppm[at] - confidence) <= 3


@given(patents)
def test_one_patent_is_a_one_row_table(row: dict[str, Any]) -> None:
    alone, among = valued(row), valued({"kind": "design", "claims": 3}, row)
    assert alone.index_milli.values[0] == among.index_milli.values[1]
    assert alone.confidence_ppm[0] == among.confidence_ppm[1]


@given(patents, st.data())
def test_not_knowing_a_part_leaves_the_other_parts_as_they_are_and_lowers_the_confidence(row: dict[str, Any], data: Any) -> None:  # fmt: skip
    known = [name for name in ("claims", "family_size", "survived", "alternatives", "licence_income_fen", "ipc") if name in row]  # fmt: skip
    if not known:
        return
    left_out = data.draw(st.sampled_from(known))
    whole, less = valued(row), valued({name: value for name, value in row.items() if name != left_out})
    read = {"ipc": "ipc_subclasses"}.get(left_out, left_out)
    for part in RULES.parts:
        if part.name != read:
            assert whole.parts[part.name].arrow() == less.parts[part.name].arrow()
    assert not less.parts[read].known[0]
    assert less.confidence_ppm[0] < whole.confidence_ppm[0]


@pytest.mark.parametrize(
    ("column", "sign"),
    [("claims", 1), ("forward_citations", 1), ("family_size", 1), ("inventors_employed", 1), ("product_income_fen", 1), ("licence_income_fen", 1), ("alternatives", -1)],
)  # fmt: skip
@given(row=patents, low=st.integers(0, 40), more=st.integers(0, 10**6))
def test_more_of_what_is_good_is_never_worth_less(column: str, sign: int, row: dict[str, Any], low: int, more: int) -> None:  # fmt: skip
    base = {"filed_on": date(2019, 3, 1), "inventors": 50, **row}
    found = valued(base | {column: low}, base | {column: low + more})
    assert sign * (found.index_milli.values[1] - found.index_milli.values[0]) >= 0
    assert found.confidence_ppm[0] == found.confidence_ppm[1]


def test_a_strong_patent_and_a_weak_one() -> None:
    strong = {"kind": "invention", "filed_on": date(2020, 1, 1), "granted_on": date(2021, 6, 1), "claims": 18, "forward_citations": 12, "family_size": 6, "ipc": "G06N 3/08; G06F 17/16; H04L 9/00", "inventors": 4, "inventors_employed": 4, "fees_paid_until": date(2025, 1, 1), "disputed": False, "survived": True, "product_income_fen": 2_000_000_000, "licence_income_fen": 20_000_000, "alternatives": 0, "economic_until": date(2032, 1, 1)}  # fmt: skip
    weak = {"kind": "utility_model", "filed_on": date(2015, 1, 1), "granted_on": date(2015, 9, 1), "claims": 2, "forward_citations": 0, "family_size": 1, "ipc": "B25J 9/16", "inventors": 3, "inventors_employed": 0, "fees_paid_until": date(2024, 1, 1), "disputed": True, "product_income_fen": 0, "licence_income_fen": 0, "alternatives": 9, "economic_until": date(2024, 8, 1)}  # fmt: skip
    found = valued(strong, weak)
    assert found.index_milli.values[0] > 85_000 and found.index_milli.values[1] < 35_000
    assert found.confidence_ppm[0] == 1_000_000


def test_citations_are_measured_by_age_and_kind() -> None:
    young, old = valued({"kind": "invention", "filed_on": date(2023, 7, 1), "forward_citations": 3}, {"kind": "invention", "filed_on": date(2014, 7, 1), "forward_citations": 3}).observed["citations_milli"].values  # fmt: skip
    assert young == 10_000 and old == 600  # 3 against 0.3 and against 5 expected


@pytest.mark.parametrize(("text", "many"), [(None, None), ("", None), ("G06N 3/08", 1), ("G06N 3/08;g06n3/10;H04L", 2), ("A61B,A61K", 2)])  # fmt: skip
def test_ipc_subclasses_are_counted_once(text: str | None, many: int | None) -> None:
    assert ipc_subclasses(text) == many


def test_a_policy_with_a_hole_is_refused() -> None:
    for broken in ({}, POLICY | {"part": [POLICY["part"][0] | {"of": "moral"}]}, POLICY | {"part": [POLICY["part"][1] | {"cuts": [[3, 1], [2, 2]]}]}):  # fmt: skip
        assert isinstance(patent_rules(broken, {}), Refusal)
