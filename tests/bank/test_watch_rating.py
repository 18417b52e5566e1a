"""A model in use is watched by what came of its own decisions: ripe ones only, each year once, and not what it learnt from."""

from __future__ import annotations

import json
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from kemiao.app.cli import cli
from kemiao.bank.commands.assess import Request as Assess
from kemiao.bank.commands.assess import assess
from kemiao.bank.commands.watch_rating import Request, past_watches, watch_rating
from kemiao.credit.rating.contest import Round, match, record
from kemiao.credit.rating.delong import Estimate
from kemiao.credit.rating.drift import Outcomes
from kemiao.credit.rating.ripening import apart, ripe
from kemiao.credit.rating.watch_rules import watch_rules
from little_bank import DAY, at, clock_on, new_home, policy_on, put, rulebook_of

RULES = watch_rules(policy_on()["models"])
YEAR = timedelta(days=365)
LATER = clock_on(DAY + timedelta(days=400))


def kemiao(*arguments: object, code: int = 0) -> list[dict[str, Any]]:
    done = CliRunner().invoke(cli, [*map(str, arguments), "--json"])
    assert done.exit_code == code, done.output
    return [json.loads(line) for line in done.stdout.splitlines()]


def invoices(company: str, sales: int, until: date) -> list[dict[str, Any]]:
    return [
        {"invoice_no": f"{company}-{month}", "seller": company, "buyer": "foreign:x", "issued_on": until - timedelta(days=30 * month + 5), "amount_fen": sales, "status": "normal", "red_letter": False}
        for month in range(14)
    ]  # fmt: skip


@pytest.fixture
def home(tmp_path):
    """Ninety companies assessed by the expert card. A year later sixty have a word: the ten smallest had defaulted."""
    root = new_home(tmp_path / "home")
    keys = [f"cumcm:E{number}" for number in range(1, 91)]
    with at(root) as world:
        facts = [row for number, key in enumerate(keys, start=1) for row in invoices(key, number * 10_000_00, DAY)]
        put(world, {"invoice": facts}, companies=keys)
        assess(world, Assess(None))
    with at(root, clock_on(DAY + timedelta(days=20))) as world:
        assess(world, Assess(tuple(keys[:5])))  # of the same year: counted once
    with at(root, LATER) as world:
        put(world, {"outcome": outcomes(keys)})
    return root


def outcomes(keys: list[str]) -> list[dict[str, Any]]:
    said = [{"company": key, "loan_no": "1", "observed_on": DAY + timedelta(days=100), "defaulted": True} for key in keys[:10]]  # fmt: skip
    return said + [{"company": key, "loan_no": "1", "observed_on": DAY + YEAR, "defaulted": False} for key in keys[10:60]]  # fmt: skip


def test_a_model_is_watched_by_what_came_of_its_decisions(home):
    with at(home, LATER) as world:
        found = watch_rating(world, Request())
        assert found["model"] == rulebook_of().card.digest
        counts = {name: count for name, count in found["counts"].items() if count}
        assert counts == {"defaulted": 10, "held": 50, "awaiting": 30, "overlapping": 5}
        assert (found["outcomes"], found["events"], found["rows"]) == (60, 10, 90)
        assert {one["code"] for one in found["untold"]} == {"NO_REFERENCE", "NO_VALIDATION", "OUTCOMES_MISSING"}
        (kept,) = past_watches(world, None)
        assert {"seq": kept.seq, **kept.public} == found
        assert [one["kind"] for one in world.log.outbox()][-1] == "model_watch"


def test_before_the_year_is_over_a_default_is_not_counted_nor_a_loan_that_holds(home):
    with at(home, LATER) as world:
        early = watch_rating(world, Request(as_of=DAY + timedelta(days=200)))
    assert {name: count for name, count in early["counts"].items() if count} == {"unripe": 90, "overlapping": 5}
    assert (early["state"], early["outcomes"]) == ("untold", 0)


def test_a_company_that_was_erased_is_counted_as_erased(home):
    from kemiao.bank.commands.erase import erase

    with at(home, LATER) as world:
        erase(world, "cumcm:E40", "本人要求")
        assert watch_rating(world, Request())["counts"]["erased"] == 1


def test_days_around_the_end_of_the_year():
    day, ends = date(2023, 3, 1), date(2024, 2, 29)
    month = timedelta(days=RULES.observed_within_days)
    assert ripe(day, [(day + timedelta(days=1), True)], ends - timedelta(days=1), RULES) == "unripe"
    assert ripe(day, [(day + timedelta(days=1), True)], ends, RULES) == "defaulted"
    assert ripe(day, [(ends + month, True)], ends + YEAR, RULES) == "defaulted"
    assert ripe(day, [(ends + month + timedelta(days=1), True)], ends + YEAR, RULES) == "held"
    assert ripe(day, [(ends - month, False)], ends, RULES) == "held"
    assert ripe(day, [(ends - month - timedelta(days=1), False)], ends, RULES) == "awaiting"
    assert ripe(day, [(day, True)], ends, RULES) == "gone"
    assert ripe(day, [], ends, RULES) == "awaiting"


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 1500)), max_size=20))
def test_the_years_of_a_company_never_overlap_and_its_first_decision_counts(pairs):
    decided = [(company, date(2020, 1, 1) + timedelta(days=after)) for company, after in pairs]
    kept = [decided[place] for place in apart(decided, RULES)]
    for company in {company for company, _ in decided}:
        days = sorted(day for owner, day in kept if owner == company)
        assert days[0] == min(day for owner, day in decided if owner == company)
        assert all(later - earlier >= YEAR for earlier, later in pairwise(days))


def test_the_record_takes_new_rows_together_and_the_same_rows_once():
    one, other = Estimate(0.02, -0.01, 0.05), Estimate(0.04, 0.01, 0.07)
    both = record([Round("a", 50, 200, one), Round("b", 50, 200, other)])
    assert (both.rounds, both.events) == (2, 100) and both.difference.value == pytest.approx(0.03)
    assert both.difference.high - both.difference.low == pytest.approx(0.06 / np.sqrt(2))
    again = record([Round("a", 50, 200, other), Round("a", 60, 240, one)])
    assert (again.rounds, again.events) == (1, 60)
    assert (again.difference.value, again.difference.low) == (pytest.approx(one.value), pytest.approx(one.low))
    assert record([Round("a", 5, 5, Estimate(0.0, 0.0, 0.0))]) is None


def test_a_match_is_about_the_same_rows():
    draw = np.random.default_rng(1)
    event = (draw.uniform(size=400) < 0.2).astype(np.int64)
    blind, seeing = draw.integers(0, 100, 400), draw.integers(0, 100, 400) - 40 * event
    found = match(Outcomes(blind, np.full(400, 200_000), event), Outcomes(seeing, np.where(event == 1, 400_000, 150_000), event))  # fmt: skip
    assert found.difference.low > 0 and found.loss_more.high < 0
    assert match(Outcomes(blind, blind, event * 0), Outcomes(blind, blind, event * 0)) is None


@pytest.mark.slow
def test_tables_over_the_years_build_a_record_and_a_proposal(tmp_path):
    """By the command line: the first year is like the training; then a wave of defaults. The trees see what the card can't."""

    def table(name: str, rows: int, seed: int, worse: float = 0.0):
        draw = np.random.default_rng(seed)
        x, y = draw.normal(size=rows), draw.normal(size=rows)
        logit = -1.6 + 1.6 * np.sign(x * y) * np.minimum(np.abs(x), 1) + 0.6 * x + worse
        bad = draw.uniform(size=rows) < 1 / (1 + np.exp(-logit))
        lines = [f"{a:.3f},{b:.3f},{'bad' if c else 'good'}" for a, b, c in zip(x, y, bad, strict=True)]
        (tmp_path / name).write_text("\n".join(["x,y,label", *lines]) + "\n", "utf-8")
        return tmp_path / name

    folder = tmp_path / "home"
    train = table("train.csv", 1_500, 1)
    for kind in ("card", "challenger"):
        kemiao("rating", "fit", "--table", train, "--label", "label", "--kind", kind, "--name", kind, "--by", "李强", "--home", folder)  # fmt: skip
    same = kemiao("rating", "watch", "card", "--table", table("2023.csv", 800, 2), "--label", "label", "--home", folder)[0]  # fmt: skip
    assert same["state"] == "steady" and same["reasons"] == []
    assert [one["what"] for one in same["proposals"]] == ["promote"]
    assert same["rivals"][0]["difference"]["low_ppm"] > 0
    wave = kemiao("rating", "watch", "card", "--table", table("2024.csv", 800, 3, 1.2), "--label", "label", "--home", folder)[0]  # fmt: skip
    assert (wave["state"], {one["what"] for one in wave["proposals"]}) == ("refit", {"refit", "promote"})
    refit, promote = wave["proposals"]
    assert "2024.csv" in refit["command"] and promote["rounds"] == 2
    assert promote["command"].startswith(f"kemiao rating promote {promote['model'][:12]}")
    own = kemiao("rating", "watch", "card", "--table", train, "--label", "label", "--home", folder)[0]
    assert own["own_rows"] and own["ranking"] is None and own["score"]["psi_ppm"] == 0
    lines = kemiao("rating", "record", "card", "--home", folder)
    assert [line["state"] for line in lines] == ["steady", "refit", "steady"]
    listed = kemiao("rating", "list", "--home", folder)
    assert [line["state"] for line in listed] == ["fitted", "fitted"]  # nothing took effect
    unlabelled = tmp_path / "now.csv"
    unlabelled.write_text("x,y\n" + "\n".join(f"{n / 50:.2f},{n % 7}" for n in range(120)), "utf-8")
    seen = kemiao("rating", "watch", "card", "--table", unlabelled, "--home", folder)[0]
    assert seen["score"]["beyond_noise"] and seen["overall"] is None and seen["rivals"] == []
    refused = kemiao("rating", "watch", "card", "--table", unlabelled, "--label", "none", "--home", folder, code=3)
    assert refused[0]["refused"]["code"] == "NO_SUCH_COLUMN"
