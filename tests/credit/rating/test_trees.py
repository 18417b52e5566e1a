"""A challenger: one score everywhere, reasons that add up, risk that goes one way, nothing learnt from rows held out."""

from __future__ import annotations

import json
import tomllib
from dataclasses import replace
from importlib.resources import files

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kemiao.base.refusal import Refusal
from kemiao.credit.rating.challenger import booster, grow
from kemiao.credit.rating.choice import fit_kind
from kemiao.credit.rating.columns import read_training
from kemiao.credit.rating.fit import fit
from kemiao.credit.rating.fitted_card import scorecard
from kemiao.credit.rating.grown_trees import trees_model
from kemiao.credit.rating.model import base_points, check, features_of, kind_of, model_files, model_from_files, score
from kemiao.credit.rating.rules import rules_from_policy
from kemiao.credit.rating.screen import screen
from kemiao.credit.rating.sql_export import card_sql
from kemiao.credit.rating.sql_trees import trees_sql
from kemiao.credit.rating.tree_sums import leaves_sums
from kemiao.credit.rating.trees import MILLI, Feature, Input, Tree, Trees, lightgbm_text, parse_lightgbm, walk
from kemiao.credit.rating.unknowns import coverage_ppm, unknowns
from kemiao.credit.rating.validate import HoldOut, validate

RULES = rules_from_policy(tomllib.loads(files("kemiao.bank.default_policy").joinpath("rating.toml").read_text("utf-8")))
ONE_REPEAT = replace(RULES, validation=replace(RULES.validation, repeats=((10**9, 1),)))


def loans(rows: int = 500, seed: int = 3) -> pa.Table:
    """Risk that two columns make together, which a card of single ones can't see."""
    draw = np.random.default_rng(seed)
    debt, cover, score_before = (
        draw.normal(size=rows),
        draw.normal(size=rows),
        draw.integers(300, 900, rows).astype(float),
    )
    industry = draw.choice(["软件", "制造", "零 售'", "其它"], rows, p=[0.4, 0.3, 0.28, 0.02])
    logit = -0.5 + 2.5 * debt * (cover < 0) + (industry == "软件") + (600 - score_before) / 300
    default = draw.uniform(size=rows) < 1 / (1 + np.exp(-logit))
    score_before[::12] = -1  # no record
    cover[::9] = np.nan
    return pa.table({
        "debt": debt, "cover": pa.array(cover, from_pandas=True), "score_before": pa.array(score_before), "industry": pa.array(industry.tolist()),
        "default": default.astype(int),
    })  # fmt: skip


def learnt(table: pa.Table):
    read = read_training(table, "default")
    return screen(read.columns, read.event, RULES.screen, 0).usable, read.event


@pytest.fixture(scope="module")
def grown():
    columns, event = learnt(loans())
    return grow(columns, event, np.arange(event.size), RULES, (0,)), columns, event


@pytest.fixture(scope="module")
def models(grown):
    found, columns, event = grown
    card = fit(columns, event, np.arange(event.size), RULES, (0,))
    return {
        "challenger": trees_model(found, columns, "test", {}, {"rows": 500}),
        "card": scorecard(card, columns, "test", {}, {"rows": 500}),
    }


@pytest.fixture(params=["card", "challenger"])
def model(request, models):
    return models[request.param]


FLOATS = st.one_of(
    st.none(), st.floats(allow_nan=True, allow_infinity=True), st.sampled_from([-1.0, 0.0, 1e-40, -0.0, 1e308])
)
ROW = st.tuples(
    FLOATS, FLOATS, FLOATS, st.one_of(st.none(), st.sampled_from(["软件", " 制造", "零 售'", "没见过", "", "NA", "-"]))
)


def table_of(rows) -> pa.Table:
    debt, cover, before, industry = zip(*rows, strict=True)
    numbers = {
        name: pa.array(values, pa.float64())
        for name, values in (("debt", debt), ("cover", cover), ("score_before", before))
    }
    return pa.table(
        {"company": [f"C{n}" for n in range(len(rows))], **numbers, "industry": pa.array(industry, pa.string())}
    )


# -- one suite for both kinds


@settings(max_examples=8, deadline=None)
@given(rows=st.lists(ROW, min_size=1, max_size=40))
def test_one_row_alone_has_the_points_that_it_has_among_others_after_reload_and_in_sql(models, rows):
    table = table_of(rows)
    for model in models.values():
        scored = score(model, table)
        assert (
            pa.concat_tables([score(model, table.slice(row, 1)) for row in range(len(rows))]).to_pylist()
            == scored.to_pylist()
        )
        reread = model_from_files(kind_of(model), model_files(model))
        assert score(reread, table).to_pylist() == scored.to_pylist()
        sql = trees_sql(model, "duckdb", "t") if isinstance(model, Trees) else card_sql(model, "duckdb", "t")
        with duckdb.connect() as connection:
            connection.register("t", table)
            found = connection.execute(f"SELECT company, points, pd_ppm FROM ({sql}) ORDER BY ALL").fetchall()  # noqa: S608
        assert found == sorted(
            zip(*(scored[name].to_pylist() for name in ("company", "points", "pd_ppm")), strict=True)
        )


@settings(max_examples=30, deadline=None)
@given(rows=st.lists(ROW, min_size=1, max_size=12))
def test_parts_add_up_to_the_points(models, rows):
    for model in models.values():
        scored = score(model, table_of(rows))
        parts = sum(np.asarray(scored[f"points.{name}"]).astype(np.int64) for name in features_of(model))
        assert (parts + base_points(model)).tolist() == scored["points"].to_pylist()


def test_the_same_rows_give_the_same_bytes(models, grown):
    _, columns, event = grown
    again = trees_model(grow(columns, event, np.arange(event.size), RULES, (0,)), columns, "test", {}, {"rows": 500})
    assert model_files(again) == model_files(models["challenger"])
    other = trees_model(grow(columns, event, np.arange(event.size), RULES, (1,)), columns, "test", {}, {"rows": 500})
    assert other.digest != again.digest


def test_a_file_that_lacks_is_altered_or_is_of_another_form_is_refused(model):
    whole = model_files(model)
    assert model_from_files(kind_of(model), whole) == model and check(model) is None
    assert model_from_files("forest", whole).code == "MODEL_KIND_UNKNOWN"
    for name in whole:
        assert (
            model_from_files(kind_of(model), {other: whole[other] for other in whole if other != name}).code
            == "MODEL_MISSING"
        )
        assert isinstance(model_from_files(kind_of(model), whole | {name: whole[name][:-20]}), Refusal)
    name = next(iter(whole))
    newer = json.loads(whole[name]) | {"form": "kemiao/unheard/9"}
    assert model_from_files(kind_of(model), whole | {name: json.dumps(newer).encode()}).code == "MODEL_FORM_UNKNOWN"


def test_a_lacking_column_and_text_for_numbers_are_refused_by_name(model):
    table = table_of([(0.0, 0.0, 600.0, "软件")])
    assert ("column", "debt") in score(model, table.drop_columns(["debt"])).where
    as_text = table.set_column(table.column_names.index("debt"), "debt", pa.array(["x"]))
    assert score(model, as_text).code == "COLUMN_NOT_NUMBERS"


# -- trees


def test_the_plain_walk_equals_lightgbm_and_its_float_leaves_rounded(models, grown):
    model, (found, columns, event) = models["challenger"], grown
    rows = np.arange(event.size)
    draw = np.random.default_rng(1)
    matrix = np.column_stack([draw.normal(size=(3000, len(model.inputs) - 1)) * 10, draw.integers(0, 2, 3000)])
    matrix[draw.uniform(size=matrix.shape) < 0.2] = np.nan
    by_lightgbm = booster(lightgbm_text(model.trees, len(model.inputs))).predict(matrix, raw_score=True)
    by_walk = walk(model.trees, matrix)
    assert by_lightgbm.tolist() == by_walk.tolist() == leaves_sums(model.trees, matrix).tolist()
    splits = [(each, mark) for tree in model.trees for each, mark in zip(tree.inputs, tree.thresholds, strict=True)]
    for row, (each, mark) in enumerate(splits[: len(matrix)]):  # on the very thresholds, and one double above them
        matrix[row, each] = mark if row % 2 else np.nextafter(mark, np.inf)
    assert walk(model.trees, matrix).tolist() == leaves_sums(model.trees, matrix).tolist()
    stump = Tree((), (), (), (), (), (7,), (5,))
    assert leaves_sums((stump,), matrix).tolist() == [7] * len(matrix)
    assert ((model.base_milli + walk(found.trees, np.column_stack([each.of(columns[each.column], rows) for each in found.reads]))) // MILLI).tolist() == found.points(columns, rows).tolist()  # fmt: skip


def test_unknown_has_a_branch_where_training_had_none():
    stump = ("x", "Tree=0\nnum_leaves=2\nsplit_feature=0\nthreshold=0.5\ndecision_type=2\nleft_child=-1\nright_child=-2\nleaf_value=1 -1\nleaf_count={} {}\n")  # fmt: skip
    for counts, branch in (((30, 70), -5.0), ((70, 30), 5.0)):
        trees = parse_lightgbm("\n".join(stump).format(*counts), 5.0)
        assert walk(trees, np.array([[np.nan], [0.0], [1.0]])).tolist() == [branch, 5, -5]
        assert booster(lightgbm_text(trees, 1)).predict(np.array([[np.nan]]), raw_score=True).tolist() == [branch]


def test_whole_numbers_beyond_doubles_are_the_same_in_sql():
    tree = Tree((0,), (9007199254740992.0,), (True,), (-1,), (-2,), (-7500, 9001), (5, 5))
    model = Trees("big", 500_499, (Feature("x", "x", "x", "count", False, 0),), (Input(0),), (tree,), ((0, 900_000), (500, 20_000)))  # fmt: skip
    table = pa.table({"company": [str(n) for n in range(6)], "x": pa.array([2**53 - 1, 2**53, 2**53 + 1, 2**53 + 2, None, -(2**62)], pa.int64())})  # fmt: skip
    scored = score(model, table)
    with duckdb.connect() as connection:
        connection.register("t", table)
        assert connection.execute(trees_sql(model, "duckdb", "t")).fetchall() == list(zip(*(scored[name].to_pylist() for name in ("company", "points", "pd_ppm")), strict=True))  # fmt: skip
    assert scored["points"].to_pylist() == [492, 492, 492, 509, 492, 492]


def test_what_an_unknown_could_become_is_what_the_model_says_of_its_answers(models):
    draw = np.random.default_rng(2)
    table = table_of([
        tuple(None if draw.uniform() < 0.4 else value for value in (draw.normal(), draw.normal(), 300.0 + 500 * draw.uniform(), "制造")) for _ in range(60)
    ])  # fmt: skip
    answers = {"debt": np.linspace(-4, 4, 41), "cover": np.linspace(-4, 4, 41), "score_before": [-1.0, *np.linspace(300, 899, 41)], "industry": ["软件", "制造", "零 售'", "其它", "?"]}  # fmt: skip
    for model in models.values():
        scored = score(model, table)
        found, together = unknowns(model, scored, table)
        for each in found:
            for row, (worst, best) in zip(each.rows.tolist(), each.shift.T.tolist(), strict=True):
                one = table.slice(row, 1)
                place, kind = one.column_names.index(each.feature), one.schema.field(each.feature).type
                naive = [score(model, one.set_column(place, each.feature, pa.array([value], kind)))["points"][0].as_py() for value in answers[each.feature]]  # fmt: skip
                now = scored["points"][row].as_py()
                assert one[each.feature][0].as_py() is None and worst <= best
                slack = (
                    25 if isinstance(model, Trees) else 0
                )  # its ends are the stored ones, those here a grid of other values
                assert abs(min(naive) - now - worst) <= slack and abs(max(naive) - now - best) <= slack
        whole = coverage_ppm(model, scored)
        assert (whole == 1_000_000).tolist() == [
            all(row[name] is not None for name in features_of(model)) for row in table.to_pylist()
        ]
        assert (together[:, whole == 1_000_000] == 0).all() and (together[0] <= together[1]).all()


@pytest.mark.parametrize(
    "broken",
    [
        Tree((0,), (0.5,), (True,), (0,), (-2,), (1, 2), (1, 1)),  # a walk that never ends
        Tree((0,), (0.5,), (True,), (-1,), (-1,), (1, 2), (1, 1)),  # a leaf that nobody reaches
        Tree((3,), (0.5,), (True,), (-1,), (-2,), (1, 2), (1, 1)),  # an input that is not there
        Tree((0,), (float("inf"),), (True,), (-1,), (-2,), (1, 2), (1, 1)),
        Tree((0,), (0.5,), (True,), (-1,), (-2,), (1, 2**60), (1, 1)),  # a sum that doubles can't hold
    ],
    ids=["loop", "lost_leaf", "no_input", "infinite", "huge"],
)
def test_trees_that_are_none_are_refused_before_anything_walks_them(broken):
    model = Trees("broken", 0, (Feature("x", "x", "x", "", False, 0),), (Input(0),), (broken,), ((0, 500_000),))
    assert check(model).code == "BAD_TREES"
    assert isinstance(model_from_files("challenger", model_files(model)), Refusal)


def test_risk_goes_the_way_that_training_was_sure_of_whatever_else_holds():
    draw = np.random.default_rng(0)
    debt, other = draw.normal(size=600), draw.normal(size=600)
    default = (draw.uniform(size=600) < 1 / (1 + np.exp(-1.5 * debt - other * np.sin(3 * debt)))).astype(int)
    columns, event = learnt(pa.table({"debt": debt, "other": other, "default": default}))
    found = grow(columns, event, np.arange(event.size), RULES, (0,))
    assert found.reads[0].direction == 1
    model = trees_model(found, columns, "m", {}, {})
    steps = np.sort(draw.normal(size=400) * 2)
    for beside in (-1.0, 0.0, 2.0):
        points = np.asarray(score(model, pa.table({"debt": steps, "other": np.full(400, beside)}), None)["points"])
        assert (np.diff(points) <= 0).all() and points[0] > points[-1]


# -- validation and choice


def quiet(done: int, total: int) -> None:
    del done, total


def test_what_only_two_columns_tell_together_makes_the_challenger_win():
    found = validate(read_training(loans(1200), "default"), ONE_REPEAT, 0, None, quiet)
    assert found.difference.low > 0 and found.challenger_chosen == found.fits == 5
    assert found.auc == found.challenger_auc > found.card_auc
    assert abs(found.mean_pd_ppm - found.event_rate_ppm) < 20_000


def test_the_card_stays_where_the_challenger_is_not_surely_better():
    draw = np.random.default_rng(5)
    columns = {f"x{n}": draw.integers(0, 3, 400) for n in range(4)}  # nothing but what each answer is worth by itself
    default = draw.uniform(size=400) < 1 / (1 + np.exp(4 - sum(columns.values())))
    found = validate(
        read_training(pa.table(columns | {"default": default.astype(int)}), "default"), ONE_REPEAT, 0, None, quiet
    )
    assert found.challenger_chosen <= 1 and found.difference.low < 0  # a fold may be mistaken once in forty


@pytest.mark.parametrize("kind", ["card", "challenger", "best"])
def test_labels_of_rows_held_out_change_nothing_that_is_predicted_of_them(kind):
    columns, event = learnt(loans())
    rows = np.arange(event.size)
    train, held = rows[rows % 4 > 0], rows[rows % 4 == 0]
    shuffled = event.copy()
    shuffled[held] = np.random.default_rng(0).permutation(event[held])
    assert (shuffled != event).sum() > 20
    one, other = (fit_kind(kind, columns, outcome, train, RULES, (7,)) for outcome in (event, shuffled))
    assert one.chose == other.chose
    assert one.chosen.points(columns, held).tolist() == other.chosen.points(columns, held).tolist()
    assert one.chosen.curve == other.chosen.curve


def test_each_value_of_a_column_is_held_out_in_turn_and_is_not_learnt_from():
    table = loans()
    year = np.where(np.arange(500) % 3 == 0, 2021, np.where(np.arange(500) % 3 == 1, 2022, 2023))
    read = read_training(table.append_column("year", pa.array(year)), "default")
    found = validate(read, ONE_REPEAT, 0, None, quiet, "card", HoldOut("year"))
    assert (found.folds, found.rows, found.split) == (3, 500, "fold year")
    by_fold = {
        fold: set(read.columns[-1].values[found.held.rows[found.held.folds[0] == fold]].tolist()) for fold in range(3)
    }
    assert by_fold == {0: {2021.0}, 1: {2022.0}, 2: {2023.0}}
    assert "year" not in {each.name for each in found.screened.usable}


def test_rows_with_a_value_are_held_out_once():
    table = loans().append_column("part", pa.array(np.where(np.arange(500) < 350, "learn", "test").tolist()))
    read = read_training(table, "default")
    found = validate(read, ONE_REPEAT, 0, None, quiet, "best", HoldOut("part", "test"))
    assert (found.rows, found.fits, found.repeats) == (150, 1, 1)
    assert set(read.numbers[found.held.rows].tolist()) == set(range(350, 500))
    assert validate(read, ONE_REPEAT, 0, None, quiet, "best", HoldOut("part", "later")).code == "NO_SUCH_VALUE"
    assert validate(read, ONE_REPEAT, 0, None, quiet, "best", HoldOut("debt")).code == "NOT_FOLDS"


def test_a_weight_of_two_is_the_row_twice_for_what_a_level_is_worth():
    columns, event = learnt(loans())
    weights = np.where(event == 1, 3.0, 1.0)
    plain, weighted = (grow(columns, event, np.arange(event.size), RULES, (0,), case) for case in (None, weights))
    points = [each.points(columns, np.arange(event.size)) for each in (plain, weighted)]
    pds = [each.pd_ppm(own).mean() / 1e6 for each, own in zip((plain, weighted), points, strict=True)]
    assert pds[0] == pytest.approx(event.mean(), abs=0.02)
    assert pds[1] == pytest.approx((weights @ event) / weights.sum(), abs=0.03)


def test_no_split_can_be_found_and_the_card_stays():
    draw = np.random.default_rng(1)
    columns, event = learnt(pa.table({"x": draw.normal(size=30), "default": (np.arange(30) < 12).astype(int)}))
    found = fit_kind("best", columns, event, np.arange(30), RULES, (0,))
    assert found.chose == "card"


def test_a_tree_that_found_no_split_is_one_leaf():
    block = "tree\n\nTree=0\nnum_leaves=1\nnum_cat=0\nsplit_feature=\nleaf_value=0\nleaf_weight=\nleaf_count=\nshrinkage=1\n\n\nend of trees\n"
    (tree,) = parse_lightgbm(block, -1000.0)
    assert (tree.leaves, tree.rows, tree.inputs) == ((0,), (0,), ())


def test_a_split_of_the_known_from_the_unknown_has_a_finite_threshold():
    block = "x\nTree=0\nnum_leaves=2\nsplit_feature=0\nthreshold=inf\ndecision_type=8\nleft_child=-1\nright_child=-2\nleaf_value=1 -1\nleaf_count=30 70\n"
    trees = parse_lightgbm(block, 5.0)
    model = Trees("gaps", 500_499, (Feature("x", "x", "x", "", False, 0),), (Input(0),), trees, ((0, 900_000),))
    assert check(model) is None
    rows = np.array([[np.nan], [-1e308], [1.7e308]])
    assert walk(trees, rows).tolist() == [-5, 5, 5]
    assert booster(lightgbm_text(trees, 1)).predict(rows, raw_score=True).tolist() == [-5, 5, 5]
