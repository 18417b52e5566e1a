"""The rules once more, a case at a time, with fractions and numbers copied a second time: what the columns are held against."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import exp, log, sqrt
from statistics import NormalDist

# industry: indicator -> small from, medium from, large from (persons, wan)
SIZES = {
    "agri": {"revenue": (50, 500, 20000)},
    "industry": {"staff": (20, 300, 1000), "revenue": (300, 2000, 40000)},
    "construction": {"revenue": (300, 6000, 80000), "assets": (300, 5000, 80000)},
    "wholesale": {"staff": (5, 20, 200), "revenue": (1000, 5000, 40000)},
    "retail": {"staff": (10, 50, 300), "revenue": (100, 500, 20000)},
    "transport": {"staff": (20, 300, 1000), "revenue": (200, 3000, 30000)},
    "warehousing": {"staff": (20, 100, 200), "revenue": (100, 1000, 30000)},
    "postal": {"staff": (20, 300, 1000), "revenue": (100, 2000, 30000)},
    "hotel": {"staff": (10, 100, 300), "revenue": (100, 2000, 10000)},
    "catering": {"staff": (10, 100, 300), "revenue": (100, 2000, 10000)},
    "telecom": {"staff": (10, 100, 2000), "revenue": (100, 1000, 100000)},
    "software": {"staff": (10, 100, 300), "revenue": (50, 1000, 10000)},
    "real_estate": {"revenue": (100, 1000, 200000), "assets": (2000, 5000, 10000)},
    "property_mgmt": {"staff": (100, 300, 1000), "revenue": (500, 1000, 5000)},
    "leasing_business": {"staff": (10, 100, 300), "assets": (100, 8000, 120000)},
    "other": {"staff": (10, 100, 300)},
}
INPUT_OF = {"staff": ("staff_total", 1), "revenue": ("revenue_fen", 10**6), "assets": ("total_assets_fen", 10**6)}
CLASSES = ("micro", "small", "medium", "large")


def size(case: Mapping[str, object]) -> str:
    bands = []
    for indicator, steps in SIZES[case["industry"]].items():
        name, unit = INPUT_OF[indicator]
        bands.append(sum(case[name] >= step * unit for step in steps))
    return CLASSES[min(bands)]


def banded(part: int, whole: int, edges: Mapping[str, int]) -> int:
    if whole == 0:
        return 0
    return max((points for lower, points in edges.items() if Fraction(part, whole) >= Fraction(lower)), default=0)


def tech_points(case: Mapping[str, object]) -> tuple[int, int, int]:
    staff = banded(case["staff_tech"], case["staff_total"], {"0.30": 20, "0.25": 16, "0.20": 12, "0.15": 8, "0.10": 4})
    to_sales = banded(case["rd_expense_fen"], case["revenue_fen"], {"0.06": 50, "0.05": 40, "0.04": 30, "0.03": 20, "0.02": 10})  # fmt: skip
    to_cost = banded(case["rd_expense_fen"], case["total_cost_fen"], {"0.30": 50, "0.25": 40, "0.20": 30, "0.15": 20, "0.10": 10})  # fmt: skip
    results = 30 if case["ip_class_1"] >= 1 else min(case["ip_class_2"], 4) * 6
    return staff, max(to_sales, to_cost), results


T4 = ("major_safety_accident", "major_quality_accident", "serious_environmental_violation", "serious_research_dishonesty", "on_abnormal_operation_list", "on_serious_dishonesty_list")  # fmt: skip
ROUTES = ("high_tech_certificate", "national_award", "rd_institution", "led_standard")


def tech_passes(case: Mapping[str, object]) -> bool:
    points = tech_points(case)
    entry = (
        case["is_resident_mainland"]
        and case["staff_total"] <= 500
        and case["revenue_fen"] <= 200_000_000 * 100
        and case["total_assets_fen"] <= 200_000_000 * 100
        and not case["in_negative_catalogue"]
        and not any(case[name] for name in T4)
    )
    return bool(entry and ((sum(points) >= 60 and points[0] > 0) or any(case[name] for name in ROUTES)))


def half_up(value: Fraction) -> int:
    return int(abs(value) + Fraction(1, 2)) * (-1 if value < 0 else 1)


def new_loan(case: Mapping[str, int]) -> tuple[int, bool]:
    """New loan in fen, and whether the cash cycle is not above zero."""
    mean = {name: Fraction(case[f"{name}_opening_fen"] + case[f"{name}_closing_fen"], 2) for name in ("inventory", "receivable", "payable", "prepayment", "advance")}  # fmt: skip
    sales, cost = Fraction(case["revenue_fen"]), Fraction(case["cost_of_sales_fen"])
    days = lambda amount, base: 360 * amount / base  # noqa: E731
    cycle = days(mean["inventory"], cost) + days(mean["receivable"], sales) - days(mean["payable"], cost) + days(mean["prepayment"], cost) - days(mean["advance"], sales)  # fmt: skip
    if cycle <= 0:
        return 0, True
    need = sales * (1 - Fraction(case["sales_profit_rate_ppm"], 10**6)) * (1 + Fraction(case["revenue_growth_ppm"], 10**6)) / (360 / cycle)  # fmt: skip
    return half_up(need) - case["own_funds_fen"] - case["existing_loans_fen"] - case["other_sources_fen"], False


def risk_weight(case: Mapping[str, object]) -> int:
    """Per cent."""
    if case["defaulted"] or case["overdue_days"] > 90:
        covered = case["balance_fen"] == 0 or Fraction(case["provision_fen"], case["balance_fen"]) >= Fraction(1, 5)
        return 100 if case["housing_secured"] or (covered and case["balance_fen"] > 0) else 150
    small = case["size_class"] in ("micro", "small")
    if small and case["exposure_fen"] <= 10**9 and 200 * case["exposure_fen"] <= case["bank_exposure_fen"]:
        return 75
    if (small or case["size_class"] == "medium") and case["turnover_mean_fen"] <= 3 * 10**10:
        return 85
    return 100


def irb_k(pd: float, lgd: float, years: float, turnover_yuan: float) -> float:
    normal = NormalDist()
    pd = max(pd, 0.0005)
    k = (1 - exp(-50 * pd)) / (1 - exp(-50))
    r = 0.12 * k + 0.24 * (1 - k)
    s = turnover_yuan / 1e7
    if s <= 30:
        r -= 0.04 * (1 - (min(max(s, 3), 30) - 3) / 27)
    b = (0.11852 - 0.05478 * log(pd)) ** 2
    m = min(max(years, 1), 5)
    stressed = normal.cdf((normal.inv_cdf(pd) + sqrt(r) * normal.inv_cdf(0.999)) / sqrt(1 - r))
    return (lgd * stressed - pd * lgd) * (1 + (m - 2.5) * b) / (1 - 1.5 * b)
