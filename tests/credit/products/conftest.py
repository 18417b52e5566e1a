from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import date
from importlib.resources import files
from typing import Any

import pytest

from kemiao.base.tables import read_all_packaged
from kemiao.credit.products.product import Product
from kemiao.credit.products.reading import read_product
from kemiao.law.green_loan import green_headings
from kemiao.law.loan_terms import loan_law

LAW = read_all_packaged("kemiao.law.tables")
PRODUCTS = files("kemiao.bank.default_policy").joinpath("products")
NAMES = sorted(item.name.removesuffix(".toml") for item in PRODUCTS.iterdir() if item.name.endswith(".toml"))


def content_of(name: str) -> dict[str, Any]:
    text = PRODUCTS.joinpath(f"{name}.toml").read_text("utf-8")
    content = tomllib.loads(text)
    return content | {"_head": content.pop("policy"), "_file": f"{name}.toml", "_text": text}


def product_of(name: str, day: date = date(2024, 7, 1)) -> Product:
    read = read_product(name, "0" * 64, content_of(name))
    law = loan_law(LAW, read.head.law_kind, day)
    return replace(read, law=law, green=green_headings(LAW, day) if read.head.green else None)


def decided() -> dict[str, Any]:
    """What an assessment keeps of the sound company of little_bank, as far as products read it (tests/bank has the whole)."""
    return {
        "company": "uscc:91330106MA2ABCDE1G", "as_of": "2024-07-01", "law_on": "2024-07-01", "decision": "approve", "grade": "A", "points": 750,
        "pd_ppm": 3_204, "coverage_ppm": 1_000_000, "limit_fen": 57_000_000, "allowed_fen": 57_000_000, "rate_ppm": 40_000, "authority": "automatic",
        "binding": "need", "need_by": "formula", "debts_unknown": False, "rules": [], "rules_unknown": [],
        "ceilings": {"need": 57_864_000, "repayment": 274_000_000, "exposure": 238_000_000, "grade": 144_000_000, "product": 1_000_000_000},
        "price": {"funding": 22_500, "operating": 6_000, "expected_loss": 1_442, "capital": 6_000, "margin": 4_000},
        "law": {"lpr_ppm": 34_500, "size_class": "small", "tech_sme": True, "tech_sme_score": 100, "risk_weight_ppm": 750_000, "working_capital_review": False},
        "features": {
            "industry": "software", "high_tech_certificate": True, "specialized": False, "enforced_open": 0, "sales_history_months": 36,
            "sales_growth_ppm": 100_000, "largest_customer_ppm": 300_000, "circular_sales_ppm": 0, "inventions_in_force": 2, "ip_class_1": 2,
            "ip_class_2": 3, "ip_bought_ppm": 0, "power_low_months": 0, "longest_gap_months": 0, "own_loan_balance_fen": 0, "cash_cycle_days": 80,
        },
    }  # fmt: skip


@pytest.fixture
def decision() -> dict[str, Any]:
    """What an assessment keeps of a sound company: approved, grade A, 570,000 yuan, 4.00 %."""
    return decided()
