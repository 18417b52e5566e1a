"""Ratings measured: our card beside scikit-learn on the same folds; CUMCM's 123 labelled companies beside their size alone.

The way of fitting was settled on german, sba_case, `load_breast_cancer` and drawn tables; CUMCM is only looked at here.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import redirect_stdout
from datetime import date
from io import StringIO
from pathlib import Path
from time import perf_counter
from typing import Any

SEED = 0
# What sba_case's README names as leaks or as known only after the approval, and what follows from them.
SBA_LEAKS = (
    "Selected", "MIS_Status", "ChgOffDate", "ChgOffPrinGr", "BalanceGross", "Term", "daysterm", "xx", "RealEstate", "Recession",
    "DisbursementGross", "DisbursementDate",
)  # fmt: skip
SBA_TIME = ("ApprovalFY", "ApprovalDate")  # a random split rewards knowing the year of the crisis


def bench_rating(shared_data: Path) -> Iterator[dict[str, Any]]:
    """One figure a line: table, who, auc with its interval, and the paired difference of our card to each peer."""
    german, sba = shared_data / "german/german_readable.csv", shared_data / "sba_case/SBAcase.csv"
    yield from _beside_sklearn("german", german, "default", ())
    yield from _beside_sklearn("sba_case, at application, without the year", sba, "Default", (*SBA_LEAKS, *SBA_TIME))
    yield from _beside_sklearn("sba_case, at application", sba, "Default", SBA_LEAKS)
    yield from bench_cumcm(shared_data / "cumcm2020c")


def _beside_sklearn(name: str, path: Path, label: str, drop: Sequence[str]) -> Iterator[dict[str, Any]]:
    import numpy as np

    from kemiao.bank.commands.fit_rating import Request, material, rules_on
    from kemiao.credit.rating import figures
    from kemiao.credit.rating.folds import stratified_folds
    from kemiao.credit.rating.validate import validate

    rules = rules_on(None, None)
    table = material(None, Request(path, label, tuple(drop))).table
    started = perf_counter()
    found = validate(table, rules, SEED, None, _silent)
    seconds = perf_counter() - started
    columns, ours = found.screened.usable, found.held.chosen.rank
    yield _figure(name, "kemiao card", found) | {"seconds": round(seconds, 1)}
    for who, peer in (("logistic regression", _logistic), ("gradient boosting", _boosting)):
        theirs = []
        started = perf_counter()
        for repeat in range(found.repeats):
            folds = stratified_folds(table.event, rules.validation.folds, (SEED, 10, repeat))  # as validate's
            theirs.append(_held_out(peer, columns, table.event, folds))
        seconds = perf_counter() - started
        draws = figures.bootstrap_aucs([*ours, *theirs], table.event, rules.validation.bootstrap_draws, SEED)
        own, other = draws[:, : found.repeats].mean(axis=1), draws[:, found.repeats :].mean(axis=1)
        auc = float(np.mean([figures.auc(each, table.event) for each in theirs]))
        yield {
            "table": name, "who": who, "auc": round(auc, 4), "auc_low_high": _rounded(figures.interval(other)),
            "card_minus_it": round(found.auc - auc, 4), "difference_low_high": _rounded(figures.interval(own - other)), "seconds": round(seconds, 1),
        }  # fmt: skip


def _held_out(peer: Callable[[Any], Any], columns: Any, event: Any, folds: Any) -> Any:
    import numpy as np
    import pandas as pd

    frame = pd.DataFrame({
        each.name: each.values if each.kind == "number" else [each.levels[code] if code >= 0 else "?" for code in each.values.tolist()]
        for each in columns
    })  # fmt: skip
    score = np.zeros(event.size)
    for fold in np.unique(folds):
        held = folds == fold
        model = peer(frame)
        model.fit(frame[~held], event[~held])
        score[held] = model.predict_proba(frame[held])[:, 1]
    return score


def _kinds(frame: Any) -> tuple[list[str], list[str]]:
    from pandas.api.types import is_numeric_dtype

    numbers = [name for name in frame.columns if is_numeric_dtype(frame[name])]
    return numbers, [name for name in frame.columns if name not in numbers]


def _logistic(frame: Any) -> Any:
    """C = 0.1 on quantile-normalised numbers and one-hot levels: the README's own baseline."""
    from sklearn.compose import make_column_transformer
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, QuantileTransformer

    numbers, levels = _kinds(frame)
    normal = make_pipeline(SimpleImputer(strategy="median"), QuantileTransformer(n_quantiles=100, output_distribution="normal", random_state=SEED))  # fmt: skip
    columns = make_column_transformer((normal, numbers), (OneHotEncoder(handle_unknown="ignore"), levels))
    return make_pipeline(columns, LogisticRegression(C=0.1, max_iter=2000))


def _boosting(frame: Any) -> Any:
    """150 trees, 15 leaves, learning rate 0.06: the README's own baseline."""
    from sklearn.compose import make_column_transformer
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OrdinalEncoder

    numbers, levels = _kinds(frame)
    coded = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    columns = make_column_transformer(("passthrough", numbers), (coded, levels))
    trees = HistGradientBoostingClassifier(max_iter=150, max_leaf_nodes=15, learning_rate=0.06, random_state=SEED)
    return make_pipeline(columns, trees)


# -- CUMCM

_FILE_END = date(2020, 2, 21)
# Each company as it was on the day of its own last invoice: its dates are moved so that this day is the end of the file.
_OWN_DAY = """
WITH owned AS (SELECT invoice.*, subjects.company AS owner FROM temp.main.invoice JOIN subjects ON subjects.company IN (seller, buyer)),
last AS (SELECT owner, CAST(DATE '{as_of}' - max(issued_on) AS INTEGER) AS gap FROM owned GROUP BY owner),
invoice AS (SELECT owned.* EXCLUDE (owner) REPLACE (issued_on + gap AS issued_on, happened_on + gap AS happened_on) FROM owned JOIN last USING (owner))
SELECT * FROM ({features}) ORDER BY company
"""
# How long a company's invoices go on, in a file that begins for all on one day, is the gap before its end once more.
_SEES_THE_GAP = ("sales_history_months",)


def bench_cumcm(folder: Path) -> Iterator[dict[str, Any]]:
    """Three arms: own_day (the one that counts), file_end (as `rating fit` in a home), leak (also features that see the
    days between a company's last invoice and the end of the file). The peer is total sales alone, on the same folds."""
    from kemiao.bank.commands.fit_rating import rules_on
    from kemiao.credit.rating.columns import column_named, read_training
    from kemiao.credit.rating.validate import validate

    rules = rules_on(None, None)
    for arm, rows in _cumcm_arms(folder):
        read = read_training(rows, "defaulted", (), "company")
        size = column_named(read, "total_sales_fen")
        table = read.without("total_sales_fen")
        started = perf_counter()
        found = validate(table, rules, SEED, size, _silent)
        yield _figure(f"cumcm2020c, {arm}", "kemiao card", found) | {
            "size_only_auc": round(found.baseline.auc, 4), "size_only_low_high": _rounded((found.baseline.auc_low, found.baseline.auc_high)),
            "card_minus_size": round(found.baseline.difference, 4),
            "difference_low_high": _rounded((found.baseline.difference_low, found.baseline.difference_high)),
            "columns": len(found.screened.usable), "refused": len(found.screened.refused),
            "suspect": [each.column for each in found.screened.suspect], "seconds": round(perf_counter() - started, 1),
        }  # fmt: skip


def _cumcm_arms(folder: Path) -> Iterator[tuple[str, Any]]:
    from kemiao.app.door import Door
    from kemiao.app.world import open_world
    from kemiao.bank.commands.assess import profile_rows
    from kemiao.bank.commands.fit_rating import labels
    from kemiao.bank.permits import permit
    from kemiao.bank.views import companies
    from kemiao.credit.profile import FEATURES, features_sql

    with tempfile.TemporaryDirectory() as place:
        home = Path(place) / "home"
        _kemiao("init", "--home", home)
        _kemiao("import", "cumcm2020c", folder, "--home", home)
        with open_world(Door(home, "zh", False)) as world:
            given, (_, tables), today = permit(world, companies(world), "model_fitting"), world.log.snapshot(), world.clock.today()  # fmt: skip
            with world.lake.open(given, tables, today, today) as facts:
                label = labels(facts.sql("SELECT company, observed_on, defaulted FROM outcome WHERE defaulted IS NOT NULL ORDER BY ALL"), None)  # fmt: skip
                sales = facts.sql("SELECT seller AS company, CAST(sum(amount_fen) AS BIGINT) AS total_sales_fen FROM invoice WHERE status = 'normal' GROUP BY seller")  # fmt: skip
            with world.lake.open(given, tables, _FILE_END, today) as facts:
                at_end = profile_rows(facts, _FILE_END, frozenset())
                own_day = facts.sql(_OWN_DAY.format(as_of=_FILE_END, features=features_sql(_FILE_END, frozenset())))
    usable = [each for each in FEATURES if each.unit != "day"]
    plain = [each.name for each in usable if not each.leak]
    arms = {
        "own_day": (own_day, [name for name in plain if name not in _SEES_THE_GAP]),
        "file_end": (at_end, plain),
        "leak": (at_end, [each.name for each in usable]),
    }
    for arm, (rows, names) in arms.items():
        yield arm, rows.select(["company", *names]).join(label, "company", join_type="inner").join(sales, "company").combine_chunks()  # fmt: skip


def _kemiao(*arguments: object) -> None:
    import typer

    from kemiao.app.cli import cli

    with redirect_stdout(StringIO()):
        typer.main.get_command(cli).main(
            args=[str(each) for each in arguments], prog_name="kemiao", standalone_mode=False
        )


def _figure(table: str, who: str, found: Any) -> dict[str, Any]:
    return {
        "table": table, "who": who, "auc": round(found.auc, 4), "auc_low_high": _rounded((found.auc_low, found.auc_high)),
        "ks": round(found.ks, 3), "brier": round(found.brier, 4), "rows": found.rows, "events": found.events,
        "folds": found.folds, "repeats": found.repeats, "characteristics": round(found.characteristics, 1),
    }  # fmt: skip


def _rounded(pair: tuple[float, float]) -> list[float]:
    return [round(each, 4) for each in pair]


def _silent(done: int, total: int) -> None:
    del done, total


if __name__ == "__main__":
    import json
    import sys

    for line in bench_rating(Path(sys.argv[1] if len(sys.argv) > 1 else os.environ["KEMIAO_SHARED_DATA"])):
        sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
        sys.stdout.flush()
