"""kemiao rating at its door: figures for scripts, a model that is stored, put into use, and taken out of use again."""

from __future__ import annotations

import json
from datetime import date

import numpy as np
import pytest
from typer.testing import CliRunner

from kemiao.app.cli import cli


@pytest.fixture
def loans(tmp_path):
    """Columns that the profile has too, so that a model of them can rate companies. One company a row, in yuan as text."""
    draw = np.random.default_rng(4)
    rows = 700
    growth, staff = draw.integers(-500_000, 500_000, rows), draw.integers(1, 200, rows)
    bad = draw.uniform(size=rows) < 1 / (1 + np.exp(1.0 + growth / 150_000 + (staff - 100) / 60))
    lines = ["company,sales_growth_ppm,staff_total,grade_after,default"]
    lines += [f"C{n:04},{growth[n]},{staff[n]},{'D' if bad[n] else 'A'},{int(bad[n])}" for n in range(rows)]
    path = tmp_path / "loans.csv"
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def run(*arguments, code: int = 0) -> list[dict]:
    done = CliRunner().invoke(cli, [*map(str, arguments), "--json"])
    assert done.exit_code == code, done.output
    return [json.loads(line) for line in done.stdout.splitlines()]


def fitted(loans, home, *more) -> dict:
    return run(
        "rating", "fit", "--table", loans, "--label", "default", "--kind", "card", "--by", "李强", "--home", home, *more
    )[0]


@pytest.mark.slow
def test_validate_gives_scripts_the_names_they_rely_on_and_needs_no_home(loans, tmp_path):
    asked = (
        "rating",
        "validate",
        "--table",
        loans,
        "--label",
        "default",
        "--baseline",
        "staff_total",
        "--home",
        tmp_path / "none",
    )
    (found,) = run(*asked, "--lang", "en")
    assert {"auc", "auc_low", "auc_high", "ks", "brier", "rows", "events", "folds", "refused"} <= set(found)
    assert found["auc_low"] < found["auc"] < found["auc_high"] and found["rows"] == 700
    assert {each["column"]: each["code"] for each in found["refused"]} == {
        "company": "IDENTIFIER",
        "grade_after": "KNOWS_OUTCOME",
    }
    assert all(each["why"] == each["en"] and each["zh"] for each in found["refused"])
    assert found["baseline"]["difference_low"] > 0 and "without horizon" in found["horizon"]
    assert run(*asked, "--lang", "en") == [found]
    assert not (tmp_path / "none").exists()


def test_a_label_with_three_values_leaves_with_three_and_names_them(loans, tmp_path):
    loans.write_text(loans.read_text("utf-8").replace(",1\n", ",2\n", 5), "utf-8")
    (answer,) = run("rating", "validate", "--table", loans, "--label", "default", "--home", tmp_path, code=3)
    assert answer["refused"]["code"] == "LABEL_MORE_THAN_TWO" and "0, 1, 2" in answer["refused"]["en"]
    assert answer["refused"]["where"] == {"file": "loans.csv", "column": "default"}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "EMPTY_FILE"),
        ("a,b\n1,2\n", "NO_SUCH_COLUMN"),
        ("x,default\n1,0\n2,0\n", "LABEL_ONE_VALUE"),
        ("x,default\n", "TABLE_EMPTY"),
    ],
)
def test_files_that_teach_nothing_are_refused(text, code, loans, tmp_path):
    loans.write_text(text, "utf-8")
    assert (
        run("rating", "validate", "--table", loans, "--label", "default", "--home", tmp_path, code=3)[0]["refused"][
            "code"
        ]
        == code
    )


def test_a_model_is_stored_by_its_digest_and_takes_effect_only_when_promoted(loans, tmp_path):
    home = tmp_path / "home"
    model = fitted(loans, home, "--name", "first", "--horizon-days", "365")["model"]
    assert {each.name for each in (home / "models" / model).iterdir()} >= {
        "manifest.json",
        "inputs.json",
        "validation.json",
    }
    (row,) = run("rating", "list", "--home", home)
    assert (row["model"], row["in_use"], row["horizon_days"]) == (model, False, 365)
    expert = run("rating", "show", "--home", home)[0]["card"]["kind"]
    promoted = run("rating", "promote", model[:10], "--by", "王敏", "--reason", "折外 AUC", "--home", home)[0]
    assert (expert, promoted["now"], promoted["before"]) == ("expert", model, None)
    assert run("rating", "show", "--home", home)[0]["model"] == model
    back = run("rating", "promote", "--expert", "--by", "王敏", "--reason", "试用结束", "--home", home)[0]
    assert (back["now"], back["before"]) == (None, model)
    assert run("rating", "show", "--home", home)[0]["card"]["kind"] == "expert"


@pytest.mark.slow
def test_fitting_twice_gives_the_same_model_and_another_seed_another(loans, tmp_path):
    home = tmp_path / "home"
    first = fitted(loans, home)["model"]
    assert fitted(loans, home)["model"] == first
    assert fitted(loans, home, "--seed", "1")["model"] != first
    assert len(run("rating", "list", "--home", home)) == 2


@pytest.mark.slow
def test_an_altered_model_and_one_of_strange_columns_are_not_promoted(loans, tmp_path):
    home = tmp_path / "home"
    who = ("--by", "a", "--reason", "b", "--home", home)
    model = fitted(loans, home)["model"]
    path = home / "models" / model / "card.json"
    path.write_bytes(path.read_bytes().replace(b'"base_points":', b'"base_points":1', 1))
    assert run("rating", "promote", model, *who, code=3)[0]["refused"]["code"] == "MODEL_ALTERED"
    loans.write_text(loans.read_text("utf-8").replace("staff_total", "shoe_size"), "utf-8")
    strange = fitted(loans, home)["model"]
    refused = run("rating", "promote", strange, *who, code=3)[0]["refused"]
    assert refused["code"] == "MODEL_NOT_OF_PROFILE" and "shoe_size" in refused["en"]
    assert run("rating", "promote", "nobody", *who, code=3)[0]["refused"]["code"] == "NO_SUCH_MODEL"


def test_labels_of_dated_outcomes_look_a_year_ahead_and_leave_out_who_had_defaulted():
    import pyarrow as pa

    from kemiao.bank.commands.fit_rating import labels

    outcomes = pa.table({
        "company": ["gone", "bad", "bad", "good", "late", "old"],
        "observed_on": [date(2023, 5, 1), date(2023, 9, 1), date(2024, 3, 1), date(2024, 6, 30), date(2024, 8, 1), date(2023, 1, 1)],
        "defaulted": [True, False, True, False, True, False],
    })  # fmt: skip
    assert labels(outcomes, date(2023, 7, 1)).to_pylist() == [
        {"company": "bad", "defaulted": True},
        {"company": "good", "defaulted": False},
    ]


@pytest.mark.slow
def test_german_is_ranked_as_well_as_by_logistic_regression(shared_data, tmp_path):
    table = shared_data / "german/german_readable.csv"
    (found,) = run("rating", "validate", "--table", table, "--label", "default", "--home", tmp_path)
    assert found["auc"] > 0.78 and not found["refused"]


@pytest.mark.slow
def test_what_knows_the_outcome_of_sba_loans_is_refused(shared_data, tmp_path):
    from kemiao.bank.commands.fit_rating import Request, material, rules_on
    from kemiao.credit.rating.screen import screen

    rules = rules_on(None, None)
    table = material(None, Request(shared_data / "sba_case/SBAcase.csv", "Default")).table
    refused = {each.column: each.code for each in screen(table.columns, table.event, rules.screen, 0).refused}
    assert {name for name, code in refused.items() if code == "KNOWS_OUTCOME"} >= {"MIS_Status", "ChgOffDate", "ChgOffPrinGr", "Term"}  # fmt: skip
    assert refused["Name"] == "TOO_MANY_LEVELS" and refused["LoanNr_ChkDgt"] == "IDENTIFIER"


@pytest.mark.slow
def test_absurd_columns_and_weights_end_clearly_and_quietly(tmp_path, recwarn, capfd):
    draw = np.random.default_rng(3)
    rows = 300
    signal = draw.normal(size=rows)
    bad = draw.uniform(size=rows) < 1 / (1 + np.exp(1 - signal))
    ends = np.where(draw.uniform(size=rows) < 0.5, -1.7e308, 1.7e308)
    lines = ["signal,ends,far,infinite,on,one,w,default"]
    lines += [f"{signal[n]},{ends[n]},{'1e300' if n % 3 else '1e-300'},{'inf' if n % 4 else n / 7},2020-0{1 + n % 9}-1{n % 9},{int(n == 7)},{1 + n % 3},{int(bad[n])}" for n in range(rows)]  # fmt: skip
    path = tmp_path / "odd.csv"
    path.write_text("\n".join(lines) + "\n", "utf-8")
    asked = ("rating", "validate", "--table", path, "--label", "default", "--weight", "w", "--home", tmp_path / "none")
    (found,) = run(*asked, "--size", "signal", "--report", tmp_path / "out.json")
    assert {each["column"]: each["code"] for each in found["refused"]} == {"on": "RAW_DATE", "one": "ALMOST_CONSTANT"}
    assert found["weighted"] and found["auc_low"] > 0.5 and found["baseline"]["column"] == "signal"
    assert json.loads((tmp_path / "out.json").read_bytes()) == found["report"]["examination"]
    assert not [str(each) for each in recwarn.list] and "Overriding" not in "".join(capfd.readouterr())
    lines[5] = lines[5].replace(f",{1 + 4 % 3},{int(bad[4])}", f",-2,{int(bad[4])}")
    path.write_text("\n".join(lines) + "\n", "utf-8")
    refused = run(*asked, code=3)[0]["refused"]
    assert refused["code"] == "BAD_WEIGHTS" and refused["where"] == {"file": "odd.csv", "row": "6", "column": "w"}
