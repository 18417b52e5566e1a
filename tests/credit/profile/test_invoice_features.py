"""Features of invoices against a naive loop that a clerk could do by hand, with exact fractions."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from fractions import Fraction
from math import isqrt
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kemiao.credit.profile import FEATURES

from .conftest import AS_OF

INVOICE_FEATURES = [feature.name for feature in FEATURES if feature.tables == ("invoice",)]


def half_up(value: Fraction) -> int:
    whole = (2 * abs(value.numerator) + value.denominator) // (2 * value.denominator)
    return -whole if value < 0 else whole


def ppm(part: int | None, whole: int | None) -> int | None:
    if part is None or whole is None or whole <= 0:
        return None
    ratio = half_up(Fraction(part * 10**6, whole))
    return ratio if abs(ratio) < 10**15 else None


def age_of(day: date, as_of: date) -> int:
    """1 is the last month that was over on as_of."""
    end = as_of + timedelta(days=1)
    return (end.year * 12 + end.month) - (day.year * 12 + day.month)


def naive(invoices: list[dict[str, Any]], me: str, as_of: date) -> dict[str, int | None]:
    seen = [i for i in invoices if i["issued_on"] <= as_of and i["seller"] != i["buyer"]]
    issued = [i for i in seen if i["seller"] == me]
    sales = [i for i in issued if i["status"] == "normal"]
    purchases = [i for i in seen if i["buyer"] == me and i["status"] == "normal"]
    result: dict[str, int | None] = dict.fromkeys(INVOICE_FEATURES)
    if issued:
        result |= sales_side(issued, sales, as_of)
    if purchases:
        bought = by_age(purchases, as_of)
        now, before = total(bought, 1, 12), total(bought, 13, 24)
        result["purchases_12m_fen"] = now
        if max(age_of(i["issued_on"], as_of) for i in purchases) >= 24:
            result["purchases_growth_ppm"] = ppm(now - before, before)
        if issued:
            result["trading_margin_ppm"] = ppm(result["revenue_12m_fen"] - now, result["revenue_12m_fen"])
    for side, sides, rows, other in (
        ("customer", "customers", sales, "buyer"),
        ("supplier", "suppliers", purchases, "seller"),
    ):
        if rows:
            result |= counterparty_side(side, sides, rows, other, as_of)
    return result


def sales_side(issued: list[dict[str, Any]], sales: list[dict[str, Any]], as_of: date) -> dict[str, int | None]:
    months = by_age(sales, as_of)
    revenue = total(months, 1, 12)
    year = [i for i in sales if 1 <= age_of(i["issued_on"], as_of) <= 12]
    plain = [i["amount_fen"] for i in year if not i["red_letter"]]
    taxed = [i for i in year if i["tax_fen"] is not None]
    selling = [age for age in range(1, 13) if months[age] > 0]
    all_year = [i for i in issued if 1 <= age_of(i["issued_on"], as_of) <= 12]
    size = sum(abs(i["amount_fen"]) for i in all_year)
    voids = [i for i in all_year if i["status"] == "void"]
    reds = [i for i in all_year if i["status"] == "normal" and i["red_letter"]]
    result: dict[str, int | None] = {
        "revenue_12m_fen": revenue,
        "sales_gap_months": max(selling) - min(selling) + 1 - len(selling) if selling else None,
        "average_invoice_fen": half_up(Fraction(sum(plain_sums(year)), len(plain))) if plain else None,
        "sales_tax_ppm": ppm(sum(i["tax_fen"] for i in taxed), sum(i["amount_fen"] for i in taxed)) if taxed else None,
        "void_count_ppm": ppm(len(voids), len(all_year)),
        "void_amount_ppm": ppm(sum(abs(i["amount_fen"]) for i in voids), size),
        "red_count_ppm": ppm(len(reds), len(all_year)),
        "red_amount_ppm": ppm(sum(abs(i["amount_fen"]) for i in reds), size),
    }
    if not sales:
        return result
    history = max(0, *(age_of(i["issued_on"], as_of) for i in sales))
    last = max(i["issued_on"] for i in sales)
    result["sales_history_months"] = history
    result["days_since_last_sale"] = (as_of - last).days
    result["months_since_last_sale"] = (as_of.year * 12 + as_of.month) - (last.year * 12 + last.month)
    if history >= 12:
        result["months_without_sales"] = 12 - len(selling)
        quarters: dict[int, int] = defaultdict(int)
        for invoice in year:
            quarters[(invoice["issued_on"].month - 1) // 3] += invoice["amount_fen"]
        result["peak_quarter_ppm"] = ppm(max(quarters[n] for n in range(4)), revenue)
        if revenue > 0:
            spread = 12 * sum(months[age] ** 2 for age in range(1, 13)) - revenue**2
            result["sales_cv_ppm"] = (isqrt(spread * 4 * 10**12 // revenue**2) + 1) // 2
    if history >= 15:
        before = total(months, 13, 15)
        result["sales_growth_3m_ppm"] = ppm(total(months, 1, 3) - before, before)
    if history >= 24:
        before = total(months, 13, 24)
        result["sales_growth_ppm"] = ppm(revenue - before, before)
    return result


def plain_sums(year: list[dict[str, Any]]) -> list[int]:
    return [i["amount_fen"] for i in year if not i["red_letter"]]


def counterparty_side(
    side: str, sides: str, rows: list[dict[str, Any]], other: str, as_of: date
) -> dict[str, int | None]:
    now: dict[str, int] = defaultdict(int)
    before: dict[str, int] = defaultdict(int)
    for invoice in rows:
        age = age_of(invoice["issued_on"], as_of)
        if 1 <= age <= 12:
            now[invoice[other]] += invoice["amount_fen"]
        elif 13 <= age <= 24:
            before[invoice[other]] += invoice["amount_fen"]
    positive = {name: fen for name, fen in now.items() if fen > 0}
    ordered, whole = sorted(positive.values(), reverse=True), sum(positive.values())
    result: dict[str, int | None] = {
        f"{sides}_12m": len(positive),
        f"largest_{side}_ppm": ppm(ordered[0], whole) if ordered else None,
        f"top5_{sides}_ppm": ppm(sum(ordered[:5]), whole) if ordered else None,
        f"{sides}_hhi_ppm": half_up(sum(Fraction(fen, whole) ** 2 for fen in ordered) * 10**6) if ordered else None,
    }
    if max(age_of(i["issued_on"], as_of) for i in rows) >= 24:
        repeat = sum(fen for name, fen in positive.items() if before[name] > 0)
        result[f"repeat_{sides}_ppm"] = ppm(repeat, whole) if ordered else None
        largest = sorted((name for name, fen in before.items() if fen > 0), key=lambda name: (-before[name], name))[:10]
        result[f"lost_{sides}_top10"] = sum(name not in positive for name in largest)
    return result


def by_age(rows: list[dict[str, Any]], as_of: date) -> dict[int, int]:
    sums: dict[int, int] = defaultdict(int)
    for invoice in rows:
        sums[age_of(invoice["issued_on"], as_of)] += invoice["amount_fen"]
    return sums


def total(months: dict[int, int], first: int, last: int) -> int:
    return sum(months[age] for age in range(first, last + 1))


def agree(found: dict[str, Any], expected: dict[str, int | None]) -> list[str]:
    """Names that differ: ratios by more than 1 ppm, others at all."""
    wrong = []
    for name in INVOICE_FEATURES:
        have, want = found[name], expected[name]
        slack = 1 if name.endswith("_ppm") else 0
        if (have is None) != (want is None) or (have is not None and abs(have - want) > slack):
            wrong.append(f"{name}: {have}, by hand {want}")
    return wrong


COMPANIES = ("foreign:a", "foreign:b", "foreign:c", "foreign:d")
OTHERS = tuple(f"foreign:o{n}" for n in range(14))


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
            "tax_fen": draw(st.one_of(st.none(), st.integers(0, 10**6))),
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
    assert [name for name in INVOICE_FEATURES if found[name] is None] == []
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
