"""Invented technology rows: a population with the columns of credit/technology/inputs, and unknowns in it."""

import random
import tomllib
from importlib.resources import files

import pyarrow as pa

from kemiao.credit.technology.grade import make_reference
from kemiao.credit.technology.inputs import TECHNOLOGY_COLUMNS
from kemiao.credit.technology.reference import Reference, digest_of, reference_from
from kemiao.credit.technology.rules import TechnologyRules, read_technology

LINEAGE = {"as_of": "2024-07-01", "companies": 0}


def policy() -> dict:
    return tomllib.loads(files("kemiao.bank.default_policy").joinpath("technology.toml").read_text("utf-8"))


def rules() -> TechnologyRules:
    return read_technology(policy())


def table(rows: list[dict]) -> pa.Table:
    kinds = {"text": pa.string(), "flag": pa.bool_()}
    columns = {"company": pa.array([row.get("company", f"c:{n}") for n, row in enumerate(rows)])}
    for name, feature in TECHNOLOGY_COLUMNS.items():
        columns[name] = pa.array([row.get(name) for row in rows], kinds.get(feature.unit, pa.int64()))
    return pa.table(columns)


def companies(count: int, seed: int = 7, unknown: float = 0.1) -> list[dict]:
    random_ = random.Random(seed)  # noqa: S311 - the same companies every time

    def drawn(name: str):
        if random_.random() < unknown and name not in ("industry",):
            return None
        match name:
            case "industry":
                return random_.choice(["software", "industry", None])
            case "age_months":
                return random_.randint(6, 200)
            case "revenue_growth_2y_ppm" | "revenue_growth_ppm" | "rd_growth_ppm" | "rights_weighted_growth_ppm":
                return random_.randint(-500_000, 900_000)
            case "return_on_equity_ppm":
                return random_.randint(-3_000_000, 600_000)
            case "rd_to_revenue_ppm":
                return int(random_.expovariate(1 / 150_000))
            case "years_with_invention_5" | "years_with_rd_5":
                return random_.randint(0, 5)
            case "dishonest_listings" | "bought_before_application" | "fees_unpaid":
                return int(random_.random() < 0.05)
            case "rd_without_staff":
                return random_.random() < 0.05
            case _ if name.endswith("_fen"):
                return int(random_.expovariate(1 / 10**9))
            case _ if name.endswith("_ppm"):
                return random_.randint(0, 1_000_000)
            case _:
                return random_.choice([0, 0, 0, 1, 2, random_.randint(3, 60)])

    return [{"company": f"c:{n}", **{name: drawn(name) for name in TECHNOLOGY_COLUMNS}} for n in range(count)]


def reference(rows: list[dict], by: TechnologyRules | None = None) -> Reference:
    import json

    content = make_reference(table(rows), by or rules(), LINEAGE | {"companies": len(rows)})
    assert isinstance(content, bytes), content
    return reference_from(json.loads(content), content, digest_of(content))
