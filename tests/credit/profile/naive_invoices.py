"""The features of invoices as a clerk would work them out by hand: loops over rows, exact fractions."""

from __future__ import annotations

import itertools
from collections import defaultdict
from datetime import date, timedelta
from fractions import Fraction
from math import isqrt
from typing import Any

from kemiao.credit.profile import FEATURES

INVOICE_FEATURES = [feature.name for feature in FEATURES if feature.tables == ("invoice",)]
Invoices = list[dict[str, Any]]
Answers = dict[str, int | None]


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
        result |= purchases_side(purchases, bought, as_of)
    result |= year_side(sales, purchases, issued, as_of, result)
    result |= network_side(sales, purchases, as_of)
    for side, sides, rows, other in (
        ("customer", "customers", sales, "buyer"),
        ("supplier", "suppliers", purchases, "seller"),
    ):
        if rows:
            result |= counterparty_side(side, sides, rows, other, as_of)
    if issued:
        result |= customers_side(issued, as_of)
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
    result |= rhythm(year, plain)
    result |= voids_by_month(all_year, voids, reds, revenue)
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
    if history >= 12:
        result["weak_quarter_ppm"] = ppm(min(quarters[n] for n in range(4)), revenue)
        result["fourth_quarter_ppm"] = ppm(quarters[3], revenue)
        result["new_year_ppm"] = ppm(sum(i["amount_fen"] for i in year if i["issued_on"].month <= 2), revenue)
        result["recent_3m_ppm"] = ppm(total(months, 1, 3), revenue)
        result["sales_trend_ppm"] = trend(months)
    if history >= 18:
        before = total(months, 13, 18)
        result["sales_growth_6m_ppm"] = ppm(total(months, 1, 6) - before, before)
    if history >= 24:
        before = total(months, 13, 24)
        result["sales_growth_ppm"] = ppm(revenue - before, before)
        result["months_up"] = sum(months[age] > months[age + 12] for age in range(1, 13))
        issued_before = [i for i in issued if 13 <= age_of(i["issued_on"], as_of) <= 24]
        shares = [ppm(sum(i["status"] == "void" for i in rows), len(rows)) for rows in (all_year, issued_before)]
        result["void_change_ppm"] = difference(*shares)
        plain_before = [i["amount_fen"] for i in issued_before if i["status"] == "normal" and not i["red_letter"]]
        if plain and plain_before:
            result["average_invoice_growth_ppm"] = ppm(
                sum(plain) * len(plain_before) - sum(plain_before) * len(plain), sum(plain_before) * len(plain)
            )
    sold_in = sorted(age for age, fen in months.items() if age >= 1 and fen > 0)
    result["longest_gap_months"] = max((older - newer - 1 for newer, older in itertools.pairwise(sold_in)), default=None)  # fmt: skip
    return result


def trend(months: dict[int, int]) -> int | None:
    """The slope of a line through twelve points, from the textbook's sums, over a year and against the mean."""
    points = [(12 - age, months[age]) for age in range(1, 13)]
    mean_x, mean_y = Fraction(sum(x for x, _ in points), 12), Fraction(sum(y for _, y in points), 12)
    slope = sum((x - mean_x) * (y - mean_y) for x, y in points) / sum((x - mean_x) ** 2 for x, _ in points)
    return ratio(12 * slope, mean_y)


def ratio(part: Fraction, whole: Fraction) -> int | None:
    if whole <= 0:
        return None
    value = half_up(part / whole * 10**6)
    return value if abs(value) < 10**15 else None


def difference(now: int | None, before: int | None) -> int | None:
    return None if now is None or before is None else now - before


def root_ppm(square: int, whole_square: int) -> int | None:
    """The root of a ratio in ppm; whole_square above zero."""
    if whole_square <= 0:
        return None
    value = (isqrt(square * 4 * 10**12 // whole_square) + 1) // 2
    return value if value < 10**15 else None


def cosine_ppm(left: list[int], right: list[int]) -> int | None:
    dot = sum(a * b for a, b in zip(left, right, strict=True))
    size = root_ppm(dot**2, sum(a * a for a in left) * sum(b * b for b in right))
    return size if size is None or dot >= 0 else -size


def rhythm(year: Invoices, fens: list[int]) -> Answers:
    plain = [i for i in year if not i["red_letter"]]
    taxed = [i for i in plain if i["tax_fen"] is not None]
    days = {i["issued_on"] for i in plain}
    month_end = sum(i["amount_fen"] for i in plain if i["issued_on"].day >= 26)
    near = [fen for fen in fens if any(fen <= cap <= Fraction(fen * 10, 9) for cap in (10**6, 10**7, 10**8, 10**9))]
    classes: dict[str, int] = defaultdict(int)
    for invoice in taxed:
        tax, fen = invoice["tax_fen"], invoice["amount_fen"]
        rate = Fraction(tax, fen) if fen else Fraction(1 if tax else 0)
        kind = (
            "zero"
            if tax == 0
            else "low"
            if rate < Fraction(45, 1000)
            else "high"
            if rate >= Fraction(75, 1000)
            else "middle"
        )
        classes[kind] += fen
    rated = sum(classes.values())
    return {
        "invoices_12m": len(plain),
        "invoice_days": len(days),
        "invoices_per_day_ppm": ppm(len(plain), len(days)),
        "weekend_ppm": ppm(sum(i["issued_on"].isoweekday() > 5 for i in plain), len(plain)),
        "month_end_ppm": ppm(month_end, sum(fens)),
        "largest_invoice_ppm": ppm(max(fens, default=0), sum(fens)),
        "round_invoices_ppm": ppm(sum((i["amount_fen"] + i["tax_fen"]) % 100_000 == 0 for i in taxed), len(taxed)),
        "near_cap_ppm": ppm(len(near), len(plain)),
        "small_invoices_ppm": ppm(sum(fen < 100_000 for fen in fens), len(plain)),
        "zero_rated_ppm": ppm(classes["zero"], rated),
        "low_rated_ppm": ppm(classes["low"], rated),
        "high_rated_ppm": ppm(classes["high"], rated),
        "rate_mix_ppm": ppm(rated**2 - sum(fen**2 for fen in classes.values()), rated**2),
    }


def voids_by_month(all_year: Invoices, voids: Invoices, reds: Invoices, revenue: int) -> Answers:
    plain = [i["amount_fen"] for i in all_year if i["status"] == "normal" and not i["red_letter"]]
    sizes = [abs(i["amount_fen"]) for i in voids]
    billed = {(i["buyer"], month(i)) for i in all_year if i["status"] == "normal" and not i["red_letter"]}
    voided = {(i["buyer"], month(i)) for i in voids}
    return {
        "void_months": len({month(i) for i in voids}),
        "void_size_ppm": ppm(sum(sizes) * len(plain), sum(plain) * len(voids)) if voids and plain else None,
        "largest_void_ppm": ppm(max(sizes), revenue) if voids else None,
        "void_rebilled_ppm": ppm(len(voided & billed), len(voided)),
        "red_year_end_ppm": ppm(
            sum(-i["amount_fen"] for i in reds if i["issued_on"].month == 12), sum(-i["amount_fen"] for i in reds)
        ),
    }


def month(invoice: dict[str, Any]) -> tuple[int, int]:
    return invoice["issued_on"].year, invoice["issued_on"].month


def purchases_side(purchases: Invoices, bought: dict[int, int], as_of: date) -> Answers:
    year = [i for i in purchases if 1 <= age_of(i["issued_on"], as_of) <= 12]
    plain = [i["amount_fen"] for i in year if not i["red_letter"]]
    taxed = [i for i in year if i["tax_fen"] is not None]
    now, history = total(bought, 1, 12), max(age_of(i["issued_on"], as_of) for i in purchases)
    result: Answers = {
        "purchases_history_months": history,
        "average_purchase_fen": half_up(Fraction(sum(plain), len(plain))) if plain else None,
        "largest_purchase_ppm": ppm(max(plain, default=0), sum(plain)),
        "purchases_tax_ppm": ppm(sum(i["tax_fen"] for i in taxed), sum(i["amount_fen"] for i in taxed))
        if taxed
        else None,
        "purchases_red_ppm": ppm(sum(-i["amount_fen"] for i in year if i["red_letter"]), sum(plain)),
    }
    if history >= 12 and now > 0:
        result["purchases_cv_ppm"] = root_ppm(12 * sum(bought[age] ** 2 for age in range(1, 13)) - now**2, now**2)
    if history >= 15:
        before = total(bought, 13, 15)
        result["purchases_growth_3m_ppm"] = ppm(total(bought, 1, 3) - before, before)
    return result


def year_side(sales: Invoices, purchases: Invoices, issued: Invoices, as_of: date, seen: Answers) -> Answers:
    """What needs two years or both sides; `issued` and `seen` tell what is on record at all."""
    sold, bought = by_age(sales, as_of), by_age(purchases, as_of)
    s, p = ([months[age] for age in range(1, 13)] for months in (sold, bought))
    result: Answers = {}
    sales_history, purchases_history = seen["sales_history_months"], seen["purchases_history_months"]
    if sales_history is not None and sales_history >= 24:
        result["season_similarity_ppm"] = cosine_ppm(s, [sold[age] for age in range(13, 25)])
    taxes = [
        [i for i in rows if 1 <= age_of(i["issued_on"], as_of) <= 12 and i["tax_fen"] is not None]
        for rows in (sales, purchases)
    ]
    if issued and all(taxes):
        output, input_ = (sum(i["tax_fen"] for i in rows) for rows in taxes)
        result["vat_added_ppm"] = ppm(output - input_, sum(i["amount_fen"] for i in taxes[0]))
    if purchases_history is None or sales_history is None or sales_history < 12:
        return result
    rest = [a - b for a, b in zip(s, p, strict=True)]
    result |= {
        "trading_margin_3m_ppm": ppm(sum(rest[:3]), sum(s[:3])) if any_month(sold, bought) else None,
        "negative_margin_months": sum(each < 0 for each in rest),
        "pass_through_months": sum(a > 0 and 50 * abs(each) <= a for a, each in zip(s, rest, strict=True)),
        "purchases_match_sales_ppm": cosine_ppm(s, p),
    }
    if sum(s) > 0:
        result["margin_spread_ppm"] = root_ppm(12 * sum(each**2 for each in rest) - sum(rest) ** 2, sum(s) ** 2)
        if sum(p) > 0:
            middle = [sum(Fraction(age * fen) for age, fen in enumerate(side, 1)) / sum(side) for side in (p, s)]
            lead = half_up((middle[0] - middle[1]) * 365 / 12)
            result["purchase_lead_days"] = lead if abs(lead) < 10**15 else None
    if sales_history >= 24 and purchases_history >= 24:
        sold_before, bought_before = total(sold, 13, 24), total(bought, 13, 24)
        result["trading_margin_change_ppm"] = difference(
            ppm(sum(rest), sum(s)), ppm(sold_before - bought_before, sold_before)
        )
    return result


def any_month(sold: dict[int, int], bought: dict[int, int]) -> bool:
    return any(1 <= age <= 24 for age in (*sold, *bought))


def network_side(sales: Invoices, purchases: Invoices, as_of: date) -> Answers:
    if not sales or not purchases:
        return {}
    to, from_ = net_by_other(sales, "buyer", as_of), net_by_other(purchases, "seller", as_of)
    both = to.keys() & from_.keys()
    return {
        "two_way_sales_ppm": ppm(sum(to[name] for name in both), sum(to.values())),
        "two_way_partners_ppm": ppm(len(both), len(to.keys() | from_.keys())),
        "circular_sales_ppm": ppm(sum(min(to[name], from_[name]) for name in both), sum(to.values())),
        "partner_balance_ppm": ppm(len(to) - len(from_), len(to) + len(from_)),
    }


def net_by_other(rows: Invoices, other: str, as_of: date, first: int = 1, last: int = 12) -> dict[str, int]:
    sums: dict[str, int] = defaultdict(int)
    for invoice in rows:
        if first <= age_of(invoice["issued_on"], as_of) <= last:
            sums[invoice[other]] += invoice["amount_fen"]
    return {name: fen for name, fen in sums.items() if fen > 0}


def customers_side(issued: Invoices, as_of: date) -> Answers:
    year = [i for i in issued if 1 <= age_of(i["issued_on"], as_of) <= 12]
    to = net_by_other([i for i in year if i["status"] == "normal"], "buyer", as_of)
    voided = {i["buyer"] for i in year if i["status"] == "void"}
    reversed_ = {i["buyer"] for i in year if i["status"] == "normal" and i["red_letter"]}
    whole = sum(to.values())
    return {
        "sales_per_customer_fen": half_up(Fraction(whole, len(to))) if to else None,
        "person_customers_ppm": ppm(sum(fen for name, fen in to.items() if name.startswith("person:")), whole),
        "voided_customers_ppm": ppm(sum(fen for name, fen in to.items() if name in voided), whole),
        "reversed_customers_ppm": ppm(sum(fen for name, fen in to.items() if name in reversed_), whole),
    }


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
    since: dict[str, int] = defaultdict(int)
    months: dict[str, set[int]] = defaultdict(set)
    for invoice in rows:
        age = age_of(invoice["issued_on"], as_of)
        if not invoice["red_letter"] and age >= 1:
            since[invoice[other]] = max(since[invoice[other]], age)
            months[invoice[other]] |= {age} if age <= 12 else set()
    history = max(age_of(i["issued_on"], as_of) for i in rows)
    result[f"{side}_months"] = (
        half_up(Fraction(sum(fen * since[name] for name, fen in positive.items()), whole)) if ordered else None
    )
    result[f"registered_{sides}_ppm"] = ppm(
        sum(fen for name, fen in positive.items() if name.startswith("uscc:")), whole
    )
    if history >= 12:
        unbroken = [name for name in positive if {(age - 1) // 3 for age in months[name]} == {0, 1, 2, 3}]
        result[f"unbroken_{sides}_ppm"] = ppm(sum(positive[name] for name in unbroken), whole)
        result[f"one_off_{sides}_ppm"] = ppm(sum(len(months[name]) == 1 for name in positive), len(positive))
    if history >= 24:
        earlier = {name: fen for name, fen in before.items() if fen > 0}
        result[f"new_{sides}_ppm"] = ppm(sum(since[name] <= 12 for name in positive), len(positive))
        result[f"{side}_churn_ppm"] = ppm(sum(name not in positive for name in earlier), len(earlier))
        result[f"{sides}_growth_ppm"] = ppm(len(positive) - len(earlier), len(earlier))
        result[f"{sides}_hhi_change_ppm"] = difference(
            *(ppm(sum(fen**2 for fen in side.values()), sum(side.values()) ** 2) for side in (positive, earlier))
        )
        result[f"lasting_{sides}_ppm"] = ppm(sum(fen for name, fen in positive.items() if since[name] >= 24), whole)
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
