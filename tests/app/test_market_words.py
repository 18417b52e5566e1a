"""What the page and the terminal claim of a market's result: no more than was proven."""

from __future__ import annotations

import pytest

from kemiao.app.market_shown import blocking_text, floors_text, price_text

FLOORS = [{"group": "green", "share_ppm": 200_000}]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_price_is_against_what_was_found_and_at_most_against_the_bound(lang: str) -> None:
    said = price_text(
        {"welfare": {"stable_fen": 900, "lost_fen": 10_000, "lost_ppm": 50_000, "bound_fen": 12_900}}, lang
    )
    assert "100" in said and "5.00%" in said and "120" in said


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_with_floors_the_stable_result_may_be_worth_more_and_that_is_no_negative_price(lang: str) -> None:
    said = price_text(
        {"welfare": {"stable_fen": 900, "lost_fen": -10_000, "lost_ppm": -50_000, "bound_fen": 900}}, lang
    )
    assert "-" not in said and "100" in said and ("多" in said or "more" in said)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_it_is_said_that_floors_do_not_bind_the_stable_result(lang: str) -> None:
    def said(floors: list, unmet: list) -> str:
        return floors_text({"rules": {"fairness": {"floors": floors}}, "stable": {"floors_unmet": unmet}}, lang)

    assert said([], []) == ""
    kept, missed = said(FLOORS, []), said(FLOORS, ["green"])
    assert "20.0%" in kept and kept != missed
    assert all("只约束最优配置" in each or "best result alone" in each for each in (kept, missed))


def test_what_blocks_is_counted_in_contracts() -> None:
    stable = {"blocking": {"count": 3, "listed": []}}
    assert "3 份合同" in blocking_text(stable, "zh") and "3 contracts" in blocking_text(stable, "en")
