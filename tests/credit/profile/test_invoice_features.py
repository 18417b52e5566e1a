"""Features of invoices against a naive loop that a clerk could do by hand, with exact fractions."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kemiao.credit.profile import FEATURES

from .conftest import AS_OF
from .naive_invoices import naive

INVOICE_FEATURES = [feature.name for feature in FEATURES if feature.tables == ("invoice",)]


def agree(found: dict[str, Any], expected: dict[str, int | None]) -> list[str]:
    """Names that differ: ratios by more than 1 ppm, differences of two ratios by more than 2, others at all."""
    wrong = []
    for name in INVOICE_FEATURES:
        have, want = found[name], expected[name]
        slack = 2 if name.endswith("_change_ppm") else 1 if name.endswith("_ppm") else 0
        if (have is None) != (want is None) or (have is not None and abs(have - want) > slack):
            wrong.append(f"{name}: {have}, by hand {want}")
    return wrong


COMPANIES = ("foreign:a", "foreign:b", "foreign:c", "foreign:d")
OTHERS = (
    *(f"foreign:o{n}" for n in range(10)),
    "uscc:91330106MA2ABCDE1X",
    "uscc:91330106MA2ABCDF3T",
    "person:p",
    "person:q",
)


@st.composite
def invoice_sets(draw: st.DrawFn) -> list[dict[str, Any]]:
    def one(number: int) -> dict[str, Any]:
        mine = draw(st.sampled_from(COMPANIES))
        other = draw(st.sampled_from(COMPANIES + OTHERS))
        seller, buyer = (mine, other) if draw(st.booleans()) else (other, mine)
        red = draw(st.sampled_from((False, False, False, True)))
        size = draw(st.one_of(st.integers(0, 5000), st.integers(0, 10**13)))
        return {
            "invoice_no": str(number), "seller": seller, "buyer": buyer,
            "issued_on": AS_OF - timedelta(days=draw(st.integers(-40, 1100))),
            "amount_fen": -size if red else size,
            "tax_fen": draw(st.one_of(st.none(), st.just(0), st.integers(0, 10**6), st.just(size * 3 // 100), st.just(size * 13 // 100))),
            "status": draw(st.sampled_from(("normal", "normal", "normal", "void"))), "red_letter": red,
        }  # fmt: skip

    return [one(number) for number in range(draw(st.integers(0, 60)))]


@pytest.mark.slow
def test_columns_agree_with_the_naive_loop(profile: Any) -> None:
    @settings(max_examples=40, deadline=None)
    @given(invoice_sets(), st.sampled_from((AS_OF, AS_OF - timedelta(days=1), AS_OF - timedelta(days=17))))
    def check(invoices: list[dict[str, Any]], as_of: date) -> None:
        found = profile({"invoice": invoices}, COMPANIES, as_of)
        assert sorted(found) == sorted(COMPANIES)
        for company in COMPANIES:
            assert agree(found[company], naive(invoices, company, as_of)) == []

    check()


def steady(me: str, months: int, customers: int = 12) -> list[dict[str, Any]]:
    """A company that sells every month to each of its customers, more each year, and buys from two suppliers."""
    rows = []
    for age in range(1, months + 1):
        year, month = divmod(AS_OF.year * 12 + AS_OF.month - 1 - age, 12)
        issued_on = date(year, month + 1, 15)
        for other in range(customers):
            rows.append(("sale", f"foreign:c{other:02d}", 10_000 * (1 + other) + 100 * (months - age), issued_on))
        rows += [("purchase", f"foreign:s{n}", 30_000, issued_on) for n in range(2)]
    return [
        {
            "invoice_no": f"{me}-{number}", "seller": me if kind == "sale" else other,
            "buyer": other if kind == "sale" else me, "issued_on": issued_on, "amount_fen": fen, "tax_fen": fen * 6 // 100,
            "status": "normal", "red_letter": False,
        }
        for number, (kind, other, fen, issued_on) in enumerate(rows)
    ]  # fmt: skip


def test_a_steady_company_is_seen_whole(profile: Any) -> None:
    invoices = steady("foreign:a", 36)
    found = profile({"invoice": invoices}, ["foreign:a"])["foreign:a"]
    assert agree(found, naive(invoices, "foreign:a", AS_OF)) == []
    of_voids_and_reds = ["void_size_ppm", "largest_void_ppm", "void_rebilled_ppm", "red_year_end_ppm"]
    assert [name for name in INVOICE_FEATURES if found[name] is None] == of_voids_and_reds
    assert found["revenue_source"] == "invoice"
    assert found["revenue_fen"] == found["revenue_12m_fen"]


def test_one_invoice_shows_a_sale_but_no_year(profile: Any) -> None:
    only = steady("foreign:a", 1, customers=1)[:1]
    found = profile({"invoice": only}, ["foreign:a"])["foreign:a"]
    assert found["revenue_12m_fen"] == only[0]["amount_fen"]
    assert found["customers_12m"] == 1
    unknown = (
        "sales_growth_ppm",
        "sales_cv_ppm",
        "repeat_customers_ppm",
        "purchases_12m_fen",
        "trading_margin_ppm",
        "revenue_fen",
    )
    assert {name: found[name] for name in unknown} == dict.fromkeys(unknown)


def test_an_old_company_that_stopped_has_sales_of_zero_not_unknown(profile: Any) -> None:
    old = [row for row in steady("foreign:a", 36) if row["issued_on"] < date(2023, 1, 1)]
    found = profile({"invoice": old}, ["foreign:a"])["foreign:a"]
    assert (found["revenue_12m_fen"], found["customers_12m"], found["months_without_sales"]) == (0, 0, 12)
    assert found["sales_growth_ppm"] == -1_000_000
    assert found["lost_customers_top10"] == 10


def test_growth_from_next_to_nothing_is_unknown(profile: Any) -> None:
    def sale(number: int, fen: int, issued_on: date) -> dict[str, Any]:
        return {
            "invoice_no": str(number), "seller": "foreign:a", "buyer": "foreign:b", "issued_on": issued_on, "amount_fen": fen,
            "tax_fen": None, "status": "normal", "red_letter": False,
        }  # fmt: skip

    rows = [sale(1, 1, date(2022, 7, 1)), sale(2, 10**13, date(2024, 1, 1))]
    found = profile({"invoice": rows}, ["foreign:a"])["foreign:a"]
    assert found["sales_growth_ppm"] is None
    assert found["revenue_12m_fen"] == 10**13
