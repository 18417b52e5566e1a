"""The technology row: against a naive reading of the same rows, and what silence means."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from importlib.resources import files
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kemiao.base.dates import add_months
from kemiao.base.refusal import Refusal
from kemiao.base.tables import read_all_packaged
from kemiao.credit.profile import TABLES as PROFILE_TABLES
from kemiao.credit.profile import features_sql
from kemiao.credit.technology.inputs import PROFILE_READ, TABLES, TECHNOLOGY_COLUMNS, row_rules, technology_rows
from kemiao.credit.technology.patent_value import patent_rules, patent_value
from kemiao.facts.tables import TABLES as FORMS
from kemiao.law.patent_term import patent_terms
from little_bank import lake_table

DAY = date(2024, 7, 1)
ME, OTHER = "cumcm:E1", "cumcm:E2"
POLICY = tomllib.loads(files("kemiao.bank.default_policy").joinpath("patent_value.toml").read_text("utf-8"))
RULES = row_rules(POLICY)
Row = Callable[..., dict[str, Any]]


def _patents() -> Any:
    terms = patent_terms(read_all_packaged("kemiao.law.tables"), DAY)
    assert not isinstance(terms, Refusal)
    return patent_rules(POLICY, terms[0])


PATENTS = _patents()


@pytest.fixture(scope="module")
def row() -> Iterable[Row]:
    """`row(rows_by_table, silent)` → the technology row of ME."""
    with duckdb.connect() as connection:

        def of(rows: Mapping[str, Iterable[Mapping[str, Any]]], silent: frozenset[str] = frozenset()) -> dict[str, Any]:
            for name in TABLES:
                connection.register(name, lake_table(name, rows.get(name, ())))
            connection.register("subjects", pa.table({"company": [ME, OTHER]}))
            assert not isinstance(RULES, Refusal)
            asked = features_sql(DAY, silent & frozenset(PROFILE_TABLES))
            connection.register("profile", connection.sql(asked).to_arrow_table().select(["company", *PROFILE_READ]))
            found = technology_rows(lambda query: connection.sql(query).to_arrow_table(), DAY, silent, RULES, PATENTS)
            assert found.column_names == ["company", *TECHNOLOGY_COLUMNS]
            mine, other = found.to_pylist()
            assert mine["company"] == ME and other["company"] == OTHER
            return dict(mine)

        yield of


def right(number: int = 1, **known: Any) -> dict[str, Any]:
    return {"company": ME, "number": str(number), "kind": "invention", "status": "in_force", "filed_on": date(2020, 1, 1), "granted_on": date(2021, 1, 1), **known}  # fmt: skip


def test_a_company_of_which_nothing_is_said_is_unknown_in_everything(row: Row) -> None:
    assert {name for name, value in row({}).items() if value is not None} == {"company"}


def test_silence_of_a_source_that_was_asked_about_everybody_is_none(row: Row) -> None:
    found = row({}, frozenset(TABLES))
    zero = {name for name, value in found.items() if value == 0}
    assert zero == {
        "invention_applications", "pct_applications", "rights_weighted_milli", "years_with_invention_5", "bought_before_application",
        "fees_unpaid", "patent_value_index", "technology_contracts_fen", "provincial_awards", "provincial_projects", "rd_platforms",
        "venture_investment_fen", "dishonest_listings",
    }  # fmt: skip


some_day = st.integers(-30, 2_600).map(lambda back: DAY - timedelta(days=back))
flags = st.sampled_from([None, True, False])
rights = st.fixed_dictionaries(
    {"kind": st.sampled_from(["invention", "utility_model", "design", "software_copyright"]), "status": st.sampled_from(["in_force", "pending", "lapsed"]),
     "filed_on": some_day, "granted_on": st.one_of(st.none(), some_day), "transferred_in": flags, "transferred_on": st.one_of(st.none(), some_day),
     "fees_paid_until": st.one_of(st.none(), some_day), "main_business": flags, "pct": flags, "claims": st.one_of(st.none(), st.integers(0, 20))}
)  # fmt: skip


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(rows=st.lists(rights, max_size=6))
def test_columns_of_rights_agree_with_the_naive_loop(row: Row, rows: list[dict[str, Any]]) -> None:
    listed = [right(place) | one for place, one in enumerate(rows)]
    found = row({"intellectual_property": listed})
    seen = [one for one in listed if one["filed_on"] <= DAY]
    for one in seen:
        one["bought"] = one["transferred_in"] if one["transferred_in"] is not None else True if one["transferred_on"] else None  # fmt: skip
    own = [one for one in seen if not one["bought"]]
    inventions = [one for one in own if one["kind"] == "invention"]
    patents = [one for one in seen if one["status"] == "in_force" and one["kind"] != "software_copyright"]
    weight = {"invention": 1000, "utility_model": 300, "software_copyright": 250, "design": 100}

    def unless_unsaid(rows: list[Any], said: list[Any], count: int) -> int | None:
        return count if said or not rows else None

    if not seen:
        assert found["rights_weighted_milli"] is None
        return
    assert found["rights_weighted_milli"] == sum(weight[one["kind"]] for one in seen if one["status"] == "in_force")
    assert found["invention_applications"] == unless_unsaid(inventions, [one for one in inventions if one["main_business"] is not None], sum(one["main_business"] is True for one in inventions))  # fmt: skip
    assert found["pct_applications"] == unless_unsaid(own, [one for one in seen if one["pct"] is not None], sum(bool(one["pct"] and one["main_business"]) for one in own))  # fmt: skip
    assert found["fees_unpaid"] == unless_unsaid(patents, [one for one in patents if one["fees_paid_until"]], sum(one["fees_paid_until"] is not None and one["fees_paid_until"] < DAY for one in patents))  # fmt: skip
    lately = [one for one in patents if one["bought"] is not False and one["transferred_on"] and add_months(DAY, -24) < one["transferred_on"] <= DAY]  # fmt: skip
    lately += [one for one in patents if one["bought"] is False and one["transferred_on"] and add_months(DAY, -24) < one["transferred_on"] <= DAY]  # fmt: skip
    undated = [one for one in patents if one["bought"] is None or (one["bought"] and one["transferred_on"] is None)]
    assert found["bought_before_application"] == (len(lately) if lately or not undated else None)
    years = {
        next(year for year in range(8) if one["filed_on"] > add_months(DAY, -12 * (year + 1))) for one in inventions
    }
    assert found["years_with_invention_5"] == len(years & set(range(5)))
    if patents:
        form = pa.schema([FORMS["intellectual_property"].arrow_schema.field(c.name) for c in FORMS["intellectual_property"].columns])  # fmt: skip
        index = patent_value(pa.Table.from_pylist(patents, schema=form), PATENTS, DAY).index_milli
        assert found["patent_value_index"] == int(index.values.sum())


def test_money_people_and_titles(row: Row) -> None:
    found = row({
        "technology_contract": [{"company": ME, "contract_no": "1", "registered_on": date(2024, 1, 5), "amount_fen": 100}, {"company": ME, "contract_no": "2", "registered_on": date(2023, 6, 30), "amount_fen": 5}],
        "innovation_title": [
            {"company": ME, "kind": "award", "reference": "1", "level": "provincial", "granted_on": date(2020, 1, 1)},
            {"company": ME, "kind": "award", "reference": "2", "level": "municipal", "granted_on": date(2020, 1, 1)},
            {"company": ME, "kind": "project", "reference": "3", "level": "national", "granted_on": date(2012, 1, 1)},
            {"company": ME, "kind": "rd_platform", "reference": "4", "level": "national", "granted_on": date(2012, 1, 1), "ends_on": date(2024, 6, 30)},
        ],
        "venture_investment": [{"company": ME, "round": "A", "received_on": date(2023, 1, 1), "amount_fen": 700}],
        "high_tech_income": [{"company": ME, "year_end": date(2023, 12, 31), "amount_fen": 60}, {"company": ME, "year_end": date(2022, 12, 31), "amount_fen": 50}],
        "research_expense": [{"company": ME, "year_end": date(year, 12, 31), "amount_fen": 10 * (year != 2021), "relief_fen": year} for year in (2021, 2022, 2023)],
        "staff": [{"company": ME, "counted_on": date(2024, 5, 31), "total": 20, "tech": 0, "graduates_hired": 3}],
        "financial_statement": [{"company": ME, "period_end": date(2023, 12, 31), "months": 12, "revenue_fen": 144, "net_profit_fen": 5, "total_assets_fen": 200, "total_liabilities_fen": 100}, {"company": ME, "period_end": date(2021, 12, 31), "months": 12, "revenue_fen": 100}],
        "company": [{"company": ME, "name": "x", "registered_on": date(2019, 1, 1)}],
    })  # fmt: skip
    expected = {
        "technology_contracts_fen": 100, "provincial_awards": 1, "provincial_projects": 0, "rd_platforms": 0, "venture_investment_fen": 700,
        "high_tech_income_fen": 60, "high_tech_income_ppm": 416_667, "rd_relief_fen": 2023, "years_with_rd_5": 3, "graduates_hired": 3,
        "revenue_growth_2y_ppm": 200_000, "return_on_equity_ppm": 50_000, "rd_without_staff": True,
    }  # fmt: skip
    assert {name: found[name] for name in expected} == expected


def test_an_amount_that_is_not_stated_is_not_nothing(row: Row) -> None:
    found = row({"technology_contract": [{"company": ME, "contract_no": "1", "registered_on": date(2024, 1, 5)}]})
    assert found["technology_contracts_fen"] is None
    assert row({"research_expense": [{"company": ME, "year_end": date(2023, 12, 31), "amount_fen": 9}], "staff": [{"company": ME, "counted_on": date(2024, 5, 31), "total": 20}]})["rd_without_staff"] is None  # fmt: skip


def test_growth_of_rights_looks_at_what_was_there_three_years_ago(row: Row) -> None:
    old, new = right(1, granted_on=date(2021, 7, 1)), right(2, granted_on=date(2022, 1, 1))
    assert row({"intellectual_property": [old, new]})["rights_weighted_growth_ppm"] == 1_000_000
    assert row({"intellectual_property": [new]})["rights_weighted_growth_ppm"] is None


def test_each_column_says_what_it_asks() -> None:
    assert all(each.question_zh and each.question_en and set(each.tables) <= set(TABLES) for each in TECHNOLOGY_COLUMNS.values())  # fmt: skip
    assert isinstance(row_rules({}), Refusal)
