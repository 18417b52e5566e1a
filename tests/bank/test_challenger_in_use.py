"""A challenger that is promoted decides as a card does: points, reasons, moves of the limit, and the same again in a replay."""

from __future__ import annotations

import json
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from typer.testing import CliRunner

from kemiao.app.cli import cli
from kemiao.bank.commands.replay import row_schema
from kemiao.bank.model_store import read_directory
from kemiao.bank.models import stored_model
from kemiao.bank.rulebook import grounds
from kemiao.credit.rating.model import kind_of, model_files, model_from_files, score
from little_bank import ME, OTHER, THIN, at, decided_home

FEATURES = ("sales_growth_ppm", "staff_total", "age_months")


def kemiao(*arguments: object, code: int = 0) -> list[dict[str, Any]]:
    done = CliRunner().invoke(cli, [*map(str, arguments), "--json"])
    assert done.exit_code == code, done.output
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture
def home(tmp_path):
    """Decisions by the expert card stand there already; then a challenger of three features is fitted and promoted."""
    draw = np.random.default_rng(4)
    growth, staff, age = draw.integers(-500_000, 500_000, 900), draw.integers(1, 200, 900), draw.integers(6, 240, 900)
    bad = draw.uniform(size=900) < 1 / (
        1 + np.exp(1.0 + growth / 150_000 * np.where(age > 60, 1.5, 0.2) + (staff - 100) / 60)
    )
    lines = ["sales_growth_ppm,staff_total,age_months,default"]
    lines += [f"{growth[n]},{'' if n % 10 == 0 else staff[n]},{age[n]},{int(bad[n])}" for n in range(900)]
    table = tmp_path / "loans.csv"
    table.write_text("\n".join(lines) + "\n", "utf-8")
    folder = tmp_path / "home"
    decided_home(folder)
    fit = ("rating", "fit", "--table", table, "--label", "default", "--kind", "challenger", "--horizon-days", "365", "--by", "李强", "--home", folder)  # fmt: skip
    (fitted,) = kemiao(*fit)
    assert fitted["model_kind"] == "challenger" and fitted["card"] is None
    kemiao("rating", "promote", fitted["model"], "--by", "王敏", "--reason", "折外更好", "--home", folder)
    return folder, fitted["model"]


@pytest.mark.slow
def test_a_promoted_challenger_decides_and_is_replayed_to_the_byte(home):
    folder, model = home
    said = {}
    for company in (ME, OTHER, THIN):
        (said[company],) = kemiao("assess", company, "--home", folder)
        assert said[company]["model"] == {"name": "rating", "kind": "challenger", "digest": model}
        (again,) = kemiao("replay", said[company]["decision_id"], "--home", folder)
        assert (again["result"], again["identical"]) == ("identical", True)
    mine = said[ME]["rating"]
    assert [each["feature"] for each in mine["contributions"]] == list(FEATURES)
    lost = [reason["code"] for reason in said[ME]["reasons"] if reason["code"].startswith("RATING_")]
    below_best = [each["feature"] for each in mine["contributions"] if each["points"] < each["best_points"]]
    assert set(lost) <= {f"RATING_{name.upper()}{end}" for name in below_best for end in ("", "_UNKNOWN")} and lost
    assert 0 <= said[THIN]["rating"]["coverage_ppm"] < mine["coverage_ppm"] <= 1_000_000
    unknown = {each["feature"] for each in said[THIN]["unknown_papers"]}
    assert unknown <= {each["feature"] for each in said[THIN]["rating"]["contributions"] if each["value"] is None}


@pytest.mark.slow
def test_a_company_is_judged_by_a_challenger_alone_as_it_is_among_all(home):
    folder, model = home
    (one,) = kemiao("assess", ME, "--home", folder)
    everybody = kemiao("assess", "--all", "--home", folder)
    assert {row["decision_id"] for row in everybody if row["company"] == ME} == {one["decision_id"]}
    shown = kemiao("rating", "show", "--home", folder)[0]
    assert shown["model"] == model


@pytest.mark.slow
def test_every_model_of_a_home_gives_one_score_everywhere(home, tmp_path):
    """Expert card, fitted card and challenger: whole, in pieces, row by row, exported and read again, and as SQL."""
    folder, challenger = home
    (card,) = kemiao("rating", "fit", "--table", tmp_path / "loans.csv", "--label", "default", "--kind", "card", "--name", "card", "--by", "李强", "--home", folder)  # fmt: skip
    listed = [row["model"] for row in kemiao("rating", "list", "--home", folder)]
    assert set(listed) == {challenger, card["model"]}
    rows = drawn_rows(150)
    kemiao("rating", "promote", "--expert", "--by", "王敏", "--reason", "比较", "--home", folder)
    with at(folder) as world:
        models = {None: grounds(world, world.clock.today()).book.card}
        models |= {name: stored_model(world, name)[1].model for name in listed}
    for name, model in models.items():
        whole = score(model, rows, parts=False).select(["company", "points", "pd_ppm"])
        assert len(set(whole["points"].to_pylist())) > 10
        for size in (1, 7):
            pieces = [score(model, rows.slice(first, size), parts=False).select(whole.column_names) for first in range(0, rows.num_rows, size)]  # fmt: skip
            assert pa.concat_tables(pieces).equals(whole)
        assert score(model_from_files(kind_of(model), model_files(model)), rows, parts=False).select(whole.column_names).equals(whole)  # fmt: skip
        if name is not None:
            kemiao("rating", "export", name, "--to", tmp_path / name, "--home", folder)
            assert score(read_directory(tmp_path / name).model, rows, parts=False).select(whole.column_names).equals(whole)  # fmt: skip
        sql = tmp_path / "score.sql"
        kemiao("rating", "export", *([name] if name else []), "--sql", "duckdb", "--output", sql, "--home", folder)
        with duckdb.connect() as connection:
            connection.register("companies", rows)
            found = connection.execute(f"SELECT company, points, pd_ppm FROM ({sql.read_text('utf-8').rstrip().rstrip(';')}) ORDER BY company")  # noqa: S608  # fmt: skip
            assert found.fetchall() == list(zip(*(whole[column].to_pylist() for column in whole.column_names), strict=True))  # fmt: skip


def drawn_rows(count: int) -> pa.Table:
    """Profiles with everything that a column can hold, a fifth of it unknown."""
    draw = np.random.default_rng(6)
    columns = []
    for field in row_schema():
        unknown = draw.uniform(size=count) < 0.2
        if field.name == "company":
            columns.append(pa.array([f"C{n:04}" for n in range(count)]))
        elif pa.types.is_boolean(field.type):
            columns.append(pa.array(draw.integers(0, 2, count) == 1, mask=unknown))
        elif pa.types.is_integer(field.type):
            size = 10.0 ** draw.integers(0, 9, count)
            columns.append(pa.array((draw.normal(size=count) * size).astype(np.int64), mask=unknown))
        elif pa.types.is_string(field.type):
            columns.append(
                pa.array(np.array(["软件", "manufacturing", "其它'"])[draw.integers(0, 3, count)], mask=unknown)
            )
        else:
            columns.append(pa.nulls(count, field.type))
    return pa.table(columns, schema=row_schema())
