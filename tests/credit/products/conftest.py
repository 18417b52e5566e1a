from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

import pytest

from kemiao.base.tables import read_all_packaged
from kemiao.credit.assessment import assess
from kemiao.credit.document import documents
from kemiao.credit.products.product import Product
from kemiao.credit.products.reading import read_product
from kemiao.law.green_loan import green_headings
from kemiao.law.loan_terms import loan_law
from little_bank import profile_table, rulebook_of, sound_row

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


@cache
def decided() -> dict[str, Any]:
    book = rulebook_of()
    rested = {"as_of": "2024-07-01", "law_on": "2024-07-01", "model": "m", "policy": "p", "law_tables": "l", "code": "c", "assumed": [], "bases": []}  # fmt: skip
    return documents(assess(profile_table([sound_row()]), book), book, rested)[0] | {"rows": {}}


@pytest.fixture
def decision() -> dict[str, Any]:
    """What an assessment keeps of a sound company: approved, grade A, 570,000 yuan, 4.00 %."""
    import copy

    return copy.deepcopy(decided())
