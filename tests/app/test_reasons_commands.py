"""assess --what-if, assess --lift and letter by the command line: what they say, and that nothing is decided by asking."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from kemiao.app.cli import cli
from little_bank import ME, OTHER, THIN, at, decided_home

pytestmark = pytest.mark.slow  # homes, and models that are fitted
FEATURES = ("sales_growth_ppm", "staff_total", "age_months", "largest_customer_ppm")


def run(*arguments: object, code: int = 0) -> str:
    done = CliRunner().invoke(cli, [*map(str, arguments)])
    assert done.exit_code == code, done.output
    return done.stdout


def kemiao(*arguments: object, code: int = 0) -> dict[str, Any]:
    return json.loads(run(*arguments, "--json", code=code).splitlines()[0])


@pytest.fixture
def home(tmp_path):
    folder = tmp_path / "home"
    decided_home(folder)
    return folder


def kinds(home) -> list[str]:
    with at(home) as world:
        return [event.kind for event in world.log.events()]


def fitted(home, kind: str) -> str:
    draw = np.random.default_rng(4)
    growth, staff, age, share = (draw.integers(*ends, 900) for ends in ((-500_000, 500_000), (1, 200), (6, 240), (20_000, 990_000)))  # fmt: skip
    odds = 1.0 + growth / 150_000 + (staff - 100) / 60 - (share - 500_000) / 200_000
    bad = draw.uniform(size=900) < 1 / (1 + np.exp(odds))
    rows = [f"{growth[n]},{'' if n % 10 == 0 else staff[n]},{age[n]},{share[n]},{int(bad[n])}" for n in range(900)]
    table = home.parent / "loans.csv"
    table.write_text("\n".join([",".join([*FEATURES, "default"]), *rows]) + "\n", "utf-8")
    model = kemiao("rating", "fit", "--table", table, "--label", "default", "--kind", kind, "--horizon-days", "365", "--by", "李强", "--home", home)["model"]  # fmt: skip
    kemiao("rating", "promote", model, "--by", "王敏", "--reason", "折外更好", "--home", home)
    return model


def test_what_if_decides_nothing_and_says_both_sides(home):
    before = kinds(home)
    said = kemiao("assess", ME, "--what-if", "largest_customer_ppm=95%", "--what-if", "revenue_fen=500万", "--home", home)  # fmt: skip
    assert kinds(home) == [*before, "reading"]
    assert {name: each["to"] for name, each in said["changed"].items()} == {"largest_customer_ppm": 950_000, "revenue_fen": 5_000_000_00}  # fmt: skip
    decided = kemiao("assess", ME, "--home", home)
    now = {name: decided[name] for name in ("pd_ppm", "grade", "limit_fen", "rate_ppm", "decision", "authority")} | {"points": decided["rating"]["points"]}  # fmt: skip
    assert said["before"] == now and said["after"]["points"] != now["points"]
    assert "若" in run("assess", ME, "--what-if", "cash_days=", "--home", home)


@pytest.mark.parametrize(
    "arguments",
    [("--what-if", "nope=1"), ("--what-if", "revenue_fen=五"), ("--what-if", "largest_customer_ppm=35斤"), ("--what-if", "customers_12m=-3"),
     ("--what-if", f"revenue_fen={10**30}"), ("--lift", "--what-if", "cash_days=3"), (OTHER, "--lift")],
)  # fmt: skip
def test_what_cannot_be_supposed_is_a_usage_error(home, arguments):
    run("assess", ME, *arguments, "--home", home, code=2)


@pytest.mark.parametrize("kind", [None, "card", "challenger"])
def test_what_a_lift_promises_is_what_what_if_says(home, kind):
    if kind:
        fitted(home, kind)
        has_a_band(home)
    for company in (ME, THIN):
        said = kemiao("assess", company, "--lift", "--home", home)
        for one in (*said["changes"], *said["paths"]):
            parts = one.get("changes", [one])
            asked = [word for each in parts for word in ("--what-if", f"{each['feature']}={str(each['to']).lower() if isinstance(each['to'], bool) else each['to']}")]  # fmt: skip
            assert kemiao("assess", company, *asked, "--home", home)["after"] == one["after"]
            assert one["points_gained"] >= 0
        assert {each["feature"] for each in said["changes"]}.isdisjoint({"age_months", "region", "industry"})
    run("assess", ME, "--lift", "--lang", "en", "--home", home)


def has_a_band(home) -> None:
    """A fitted model's PD stands in a band by its validation, and it knows whom it never saw."""
    said = kemiao("assess", ME, "--home", home)["confidence"]
    low, high = said["pd_band_ppm"]
    assert 0 < low < high <= 1_000_000
    codes = [each["code"] for each in said["reasons"]]
    assert {"COVERAGE", "PD_BAND"} <= set(codes) and ("OUTSIDE_TRAINING" in codes) == bool(said["outside"])


def test_the_letter_speaks_without_codes_points_or_grades(home, tmp_path):
    decision = kemiao("assess", THIN, "--home", home)
    assert decision["decision"] != "approve"
    for lang, form in (("zh", "txt"), ("en", "txt"), ("zh", "html"), ("zh", "pdf")):
        out = tmp_path / f"{lang}.{form}"
        run("letter", decision["decision_id"], "--out", out, "--lang", lang, "--home", home)
        assert out.stat().st_size > 500
    for lang, inside in (("zh", ("审批人员", "异议", "发票")), ("en", ("person", "object", "invoice"))):
        text = (tmp_path / f"{lang}.txt").read_text("utf-8")
        assert all(word in text for word in inside)
        plain = text.replace(decision["decision_id"], "")
        assert "_" not in plain and "RATING" not in plain and "ppm" not in plain
        assert all(grade not in plain.replace("CNY", "") for grade in ("CCC", "BBB", "AAA", " BB", "等级低于"))
        assert "分," not in plain and "points" not in plain
    assert kinds(home).count("letter") == 4


def test_an_approval_in_full_has_no_letter_and_one_below_what_was_asked_has(tmp_path):
    example, home = Path(__file__).parents[2] / "docs" / "worked-example", tmp_path / "home"
    run("init", "--home", home, "--today", "2024-07-01")
    for name, file in (("etax_invoices", "发票.csv"), ("company_register", "工商登记.csv")):
        run("import", name, example / file, "--home", home)
    company = "91990100MA0EXAMP1C"
    assert kemiao("letter", company, "--home", home, code=3)["refused"]["code"] == "NO_DECISION"
    assert kemiao("assess", company, "--home", home)["decision"] == "approve"
    assert kemiao("letter", company, "--home", home, code=3)["refused"]["code"] == "NOTHING_ADVERSE"
    said = kemiao("letter", company, "--asked", "200万", "--home", home)
    assert said["asked_fen"] == 200_000_000 and "低于贵公司申请的200万元" in said["text"]
    assert "最大客户占比由 61.02% 降到 50.00% 以下" in said["text"]
    assert kemiao("letter", "dec-" + "0" * 20, "--home", home, code=3)["refused"]["code"] == "NO_DECISION"
    run("letter", company, "--out", "a.docx", "--home", home, code=2)
