"""What knows the outcome is refused with evidence, honest columns are kept, and a label that turns over is named by its rows."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from kemiao.bank.commands.fit_rating import rules_on
from kemiao.base.refusal import Refusal
from kemiao.credit.rating.columns import TrainingTable, read_training
from kemiao.credit.rating.leaks import turned_over
from kemiao.credit.rating.screen import Screened, screen

RULES = rules_on(None, None).screen
ROWS = 1200


def drawn(seed: int = 5, **more: object) -> tuple[dict[str, object], np.ndarray]:
    """Six honest columns and an outcome, in no order."""
    draw = np.random.default_rng(seed)
    honest = draw.normal(size=(ROWS, 6))
    bad = (draw.uniform(size=ROWS) < 1 / (1 + np.exp(1.2 - honest @ np.array([1, -0.8, 0.7, -0.6, 0.5, 0])))).astype(
        int
    )
    return {f"honest_{n}": honest[:, n] for n in range(6)} | more, bad


def looked_at(columns: dict[str, object], bad: np.ndarray) -> tuple[Screened, TrainingTable]:
    table = read_training(pa.table(columns | {"default": bad}), "default")
    assert not isinstance(table, Refusal)
    return screen(table.columns, table.event, RULES, 0, table.numbers), table


def why(screened: Screened) -> dict[str, str]:
    return {each.column: each.en for each in screened.refused}


def test_honest_columns_in_any_order_are_kept():
    columns, bad = drawn()
    screened, table = looked_at(columns, bad)
    assert [each.name for each in screened.usable] == list(columns) and not screened.refused
    assert turned_over(screened.usable, table.event, table.numbers, RULES) is None


def test_a_copy_of_the_label_is_refused_even_with_slips_and_in_other_words():
    columns, bad = drawn()
    slips = np.where(np.random.default_rng(1).uniform(size=ROWS) < 0.04, 1 - bad, bad)
    screened, _ = looked_at(columns | {"again": np.where(slips == 1, "written off", "performing"), "minus": -bad}, bad)
    assert set(why(screened)) == {"again", "minus"}
    assert "entropy" not in why(screened)["again"] and "uncertainty" in why(screened)["again"]


def test_what_is_computed_from_a_leak_is_refused_with_it_and_a_coarse_honest_column_is_not():
    columns, bad = drawn()
    months = np.where(
        bad == 1, np.random.default_rng(2).integers(1, 12, ROWS), np.random.default_rng(3).integers(12, 60, ROWS)
    )
    screened, _ = looked_at(
        columns | {"months_paid": months, "long": months >= 30, "rough": columns["honest_0"] > 0}, bad
    )
    assert set(why(screened)) == {"months_paid", "long"}
    assert "'months_paid'" in why(screened)["long"]


def test_a_file_sorted_by_the_outcome_and_the_numbers_given_along_it_are_named():
    columns, bad = drawn()
    order = np.argsort(bad + np.random.default_rng(4).normal(scale=0.4, size=ROWS))
    given = 100_000 + np.cumsum(np.random.default_rng(5).integers(1, 90, ROWS))
    ordered = {name: np.asarray(values)[order] for name, values in columns.items()}
    ordered |= {"number": given, "code": [f"E{n}" for n in range(ROWS)]}
    screened, _ = looked_at(ordered, bad[order])
    assert set(why(screened)) == {"number", "code", "#"}
    assert all("AUC" in text for text in why(screened).values())


def test_an_amount_that_the_file_is_sorted_by_is_no_identifier():
    columns, bad = drawn()
    sales = np.sort(np.exp(np.random.default_rng(6).normal(16, 1.5, ROWS)).astype(np.int64))[::-1]
    screened, _ = looked_at(columns | {"sales": sales}, bad)
    assert "sales" not in why(screened)


def test_a_label_that_means_the_opposite_further_down_is_refused_with_the_rows():
    columns, bad = drawn()
    turned = np.where(np.arange(ROWS) >= 960, 1 - bad, bad)
    screened, table = looked_at(columns, turned)
    refused = turned_over(screened.usable, table.event, table.numbers, RULES)
    assert refused is not None and refused.code == "LABEL_TURNS_OVER"
    assert "from row 961 to 1200" in refused.en


@pytest.mark.parametrize("seed", range(20))
def test_an_honest_label_is_never_said_to_turn_over(seed):
    columns, bad = drawn(seed)
    screened, table = looked_at(columns, bad)
    assert turned_over(screened.usable, table.event, table.numbers, RULES) is None


def test_infinite_and_absurd_ratios_are_unknown_and_counted_and_a_hundred_thousand_levels_are_refused():
    columns, bad = drawn()
    odd = np.array(columns["honest_1"])
    odd[:7], odd[7] = np.inf, 1e300
    table = read_training(pa.table(columns | {"odd": odd, "default": bad}), "default")
    found = next(each for each in table.columns if each.name == "odd")
    assert found.odd == 7 and np.isnan(found.values).sum() == 7
    many = 100_000
    names = pa.array([f"公司{n}" for n in range(many)])
    large = read_training(pa.table({"name": names, "default": np.arange(many) % 9 == 0}), "default")
    assert [each.code for each in screen(large.columns, large.event, RULES, 0).refused] == ["IDENTIFIER"]
