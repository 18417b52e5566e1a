"""Fitted cards: the same bytes for the same rows, honest figures, refusals that name the column."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from importlib.resources import files

import numpy as np
import pyarrow as pa
import pytest

from kemiao.base.refusal import Refusal
from kemiao.credit.rating.columns import column_named, read_training
from kemiao.credit.rating.fit import fit
from kemiao.credit.rating.fitted_card import scorecard
from kemiao.credit.rating.logistic import Pull, fit_logistic
from kemiao.credit.rating.rules import rules_from_policy
from kemiao.credit.rating.scorecard import check, from_bytes, to_bytes
from kemiao.credit.rating.scoring import score
from kemiao.credit.rating.screen import screen
from kemiao.credit.rating.validate import validate

RULES = rules_from_policy(tomllib.loads(files("kemiao.bank.default_policy").joinpath("rating.toml").read_text("utf-8")))
ONE_REPEAT = replace(RULES, validation=replace(RULES.validation, repeats=((10**9, 1),), bootstrap_draws=300))


def loans(rows: int = 400, seed: int = 3) -> pa.Table:
    draw = np.random.default_rng(seed)
    debt, sales = draw.normal(size=rows), draw.lognormal(size=rows)
    industry = draw.choice(["软件", "制造", "零售"], rows)
    logit = -1.2 + debt - 0.8 * np.log(sales) + (industry == "零售")
    default = draw.uniform(size=rows) < 1 / (1 + np.exp(-logit))
    sales[::9] = np.nan
    return pa.table({
        "loan": [f"L{number:05}" for number in draw.permutation(rows)], "debt": debt, "sales": pa.array(sales, from_pandas=True), "industry": industry,
        "noise": draw.integers(0, 5, rows), "default": default.astype(int),
    })  # fmt: skip


def card_of(table: pa.Table, seed: int = 0):
    read = read_training(table, "default", (), "loan")
    usable = screen(read.columns, read.event, RULES.screen, 0).usable
    found = fit(usable, read.event, np.arange(read.event.size), RULES, (seed,))
    return found, usable, read, scorecard(found, usable, "test", {}, {})


def quiet(done: int, total: int) -> None:
    del done, total


def test_the_card_scores_a_table_as_the_fit_does_and_is_well_formed():
    found, usable, read, card = card_of(loans())
    assert check(card) is None and from_bytes(to_bytes(card)) == card
    typed = pa.table({
        column.name: pa.array([column.levels[code] if code >= 0 else None for code in column.values]) if column.levels else pa.array(column.values, from_pandas=True)
        for column in usable
    })  # fmt: skip
    scored = score(card, typed, key=None)
    points = found.points(usable, np.arange(read.event.size))
    assert scored["points"].to_pylist() == points.tolist()
    assert scored["pd_ppm"].to_pylist() == found.pd_ppm(points).tolist()


def test_shuffled_rows_and_columns_read_as_text_give_the_same_card_byte_for_byte():
    table = loans()
    order = np.random.default_rng(0).permutation(table.num_rows)
    as_text = pa.table({name: pa.array(["" if v is None else str(v) for v in table[name].to_pylist()]) for name in table.column_names}).take(order)  # fmt: skip
    assert to_bytes(card_of(table)[3]) == to_bytes(card_of(as_text)[3])


def test_another_seed_is_another_card_and_the_same_seed_the_same():
    assert to_bytes(card_of(loans(), 5)[3]) == to_bytes(card_of(loans(), 5)[3])
    assert to_bytes(card_of(loans(), 5)[3]) != to_bytes(card_of(loans(), 6)[3])


def test_predicted_and_real_default_rates_agree_in_the_large():
    found = validate(read_training(loans(1500), "default", (), "loan"), ONE_REPEAT, 0, None, quiet)
    assert abs(found.mean_pd_ppm - found.event_rate_ppm) < 15_000
    assert found.auc > 0.75 and found.auc_low < found.auc < found.auc_high


@pytest.mark.slow
def test_two_hundred_columns_of_noise_teach_nothing():
    draw = np.random.default_rng(11)
    noise = {f"x{number}": draw.normal(size=100) for number in range(200)}
    table = pa.table(noise | {"default": (np.arange(100) < 30).astype(int)})
    found = validate(read_training(table, "default"), ONE_REPEAT, 0, None, quiet)
    assert found.auc_low < 0.5 < found.auc_high


def test_a_permuted_label_covers_one_half():
    table = loans()
    label = np.random.default_rng(2).permutation(np.asarray(table["default"]))
    shuffled = table.set_column(table.column_names.index("default"), "default", pa.array(label))
    found = validate(read_training(shuffled, "default", (), "loan"), ONE_REPEAT, 0, None, quiet)
    assert found.auc_low < 0.5 < found.auc_high


def test_a_baseline_on_the_same_folds_is_beaten_beyond_its_interval_or_it_is_not():
    table = loans(800)
    read = read_training(table, "default", (), "loan")
    against_noise = validate(read, ONE_REPEAT, 0, column_named(read, "noise"), quiet).baseline
    assert against_noise.difference_low > 0 and abs(against_noise.auc - 0.5) < 0.06
    alone = read_training(table.select(["debt", "default"]), "default")
    only_debt = validate(alone, ONE_REPEAT, 0, column_named(alone, "debt"), quiet)
    assert only_debt.baseline.difference_low < 0.01  # a card of one column cannot be better than that column


def test_no_coefficient_turns_a_reason_round_and_a_strong_penalty_makes_them_equal():
    draw = np.random.default_rng(0)
    features = draw.normal(size=(300, 3))
    event = (draw.uniform(size=300) < 1 / (1 + np.exp(-features @ [1.0, 0.4, -1.0]))).astype(np.int64)
    free = fit_logistic(features, event, Pull(0.0, 0.0))[1]
    assert free[2] == 0.0 and free[0] > 2 * free[1] > 0
    equal = fit_logistic(features[:, :2], event, Pull(1e7, 0.0))[1]
    assert equal[0] == pytest.approx(equal[1], rel=1e-3)


# -- what is refused


def with_column(name: str, values) -> pa.Table:
    return loans().append_column(name, pa.array(values))


def refused(table: pa.Table) -> dict[str, str]:
    read = read_training(table, "default", (), "loan")
    return {each.column: each.code for each in screen(read.columns, read.event, RULES.screen, 0).refused}


DEFAULT = np.asarray(loans()["default"])
ROWS = DEFAULT.size


@pytest.mark.parametrize(
    ("values", "code"),
    [
        (["同"] * ROWS, "CONSTANT"),
        ([7] * (ROWS - 1) + [8], "ALMOST_CONSTANT"),
        ([None] * (ROWS - 1) + ["x"], "ALMOST_ALL_MISSING"),
        ([f"公司{number}" for number in range(ROWS)], "IDENTIFIER"),
        (list(range(5000, 5000 + ROWS)), "IDENTIFIER"),
        ([f"2024-01-{number % 28 + 1:02}" for number in range(ROWS)], "RAW_DATE"),
        ([f"备注 {number // 2}" for number in range(ROWS)], "TOO_MANY_LEVELS"),
        (np.where(DEFAULT == 1, "坏账", "结清").tolist(), "KNOWS_OUTCOME"),
        ([f"2024-01-{number % 28 + 1:02}" if bad else None for number, bad in enumerate(DEFAULT)], "KNOWS_OUTCOME"),
        ([f"${1000 + number:,}.00" if bad else "$0.00" for number, bad in enumerate(DEFAULT)], "KNOWS_OUTCOME"),
        ((DEFAULT + np.random.default_rng(0).normal(0, 0.2, ROWS)).tolist(), "KNOWS_OUTCOME"),
        (["A" if bad and number % 2 else "BCD"[number % 3] for number, bad in enumerate(DEFAULT)], "KNOWS_OUTCOME"),
    ],
    ids=[
        "constant",
        "constant_but_one",
        "missing",
        "names",
        "row_numbers",
        "dates",
        "free_text",
        "copy",
        "date_of_default",
        "loss_as_text",
        "nearly_the_label",
        "grade_given_afterwards",
    ],
)
def test_a_column_that_must_not_be_learnt_from_is_refused(values, code):
    assert refused(with_column("odd", values)) == {"odd": code}


def test_a_code_written_afterwards_is_at_least_suspected():
    term = np.where(DEFAULT == 1, np.arange(ROWS) % 97, 12 * (np.arange(ROWS) % 9))
    term[::11] = 12 * (np.arange(ROWS)[::11] % 9)
    read = read_training(with_column("term", term), "default", (), "loan")
    screened = screen(read.columns, read.event, RULES.screen, 0)
    assert "term" in {each.column for each in (*screened.refused, *screened.suspect)}


def test_honest_columns_are_not_refused():
    assert refused(loans()) == {}


def label_of(values) -> object:
    return read_training(pa.table({"x": list(range(len(values))), "y": values}), "y")


def test_labels_that_are_not_two_valued_are_refused_by_name():
    three = label_of(["0", "1", "2", "0"])
    assert isinstance(three, Refusal) and three.code == "LABEL_MORE_THAN_TWO" and "0, 1, 2" in three.en
    assert label_of([1, 1, 1]).code == "LABEL_ONE_VALUE" and label_of([0, 0]).code == "LABEL_ONE_VALUE"
    assert label_of([None, None]).code == "LABEL_EMPTY"
    assert label_of(["甲", "乙", "甲"]).code == "LABEL_UNCLEAR"


@pytest.mark.parametrize(
    "pair",
    [("是", "否"), ("yes", "no"), ("bad", "good"), ("违约", "正常"), ("True", "False"), ("1", "0"), ("1.0", "0.0")],
)
def test_a_label_may_be_written_as_people_write_it(pair):
    read = label_of([pair[0], pair[1], " " + pair[1] + " ", ""])
    assert sorted(read.event.tolist()) == [0, 0, 1] and read.without_label == 1


def test_too_few_defaults_are_refused_with_their_number():
    few = read_training(pa.table({"x": list(range(100)), "default": [1] * 4 + [0] * 96}), "default")
    found = validate(few, ONE_REPEAT, 0, None, quiet)
    assert found.code == "TOO_FEW_EVENTS" and "4" in found.en


def test_money_as_text_is_numbers_and_codes_with_leading_zeros_are_not():
    table = pa.table(
        {"money": ["$1,234.50", "(300)", "¥20", "-"], "code": ["007", "012", "007", "110"], "default": [1, 0, 1, 0]}
    )
    money, code = read_training(table, "default").columns
    assert sorted(money.values[~np.isnan(money.values)].tolist()) == [-300.0, 20.0, 1234.5]
    assert code.kind == "choice" and code.levels == ("007", "012", "110")


def test_amounts_are_read_as_people_write_them_and_flags_in_any_case():
    table = pa.table(
        {
            "sales": ["1,234.50元", "0.5万", "¥2亿元", "(3 万元)"],
            "paid": ["True", "false", "TRUE", "False"],
            "default": [1, 0, 1, 0],
        }
    )
    sales, paid = read_training(table, "default").columns
    assert sorted(sales.values.tolist()) == [-30_000.0, 1234.5, 5_000.0, 200_000_000.0]
    assert paid.levels == ("false", "true")
