"""Ratings measured: card, challenger and the one chosen beside optbinning and LightGBM on the same folds; CUMCM beside size alone.

The way of fitting was settled on public and drawn tables (docs/decisions/014); CUMCM is only looked at here.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass
from datetime import date
from io import StringIO
from pathlib import Path
from time import perf_counter
from typing import Any

from kemiao.app.bench_rating_tables import PublicTable, public_tables

SEED = 0
_DRAWS = 2_000
_BAD_ONE_IN = 20  # 5 %


def bench_rating(shared_data: Path, divided_by: int = 1) -> Iterator[dict[str, Any]]:
    """One figure a line: each public table and who, the summary over tables, CUMCM, sizes. divided_by: of the drawn sizes."""
    from kemiao.app.bench_rating_size import bench_size

    paired: list[Paired] = []
    for table in public_tables(shared_data):
        yield from _beside_peers(table, paired)
    yield from _summaries(paired)
    yield from bench_size(divided_by)
    yield from bench_cumcm(shared_data / "cumcm2020c")


@dataclass(frozen=True, slots=True)
class Paired:
    """AUC of ours less that of theirs on the rows of one table. best: theirs is the better peer there."""

    table: str
    ours: str
    theirs: str
    value: float
    low: float
    high: float
    best: bool


def _beside_peers(table: PublicTable, paired: list[Paired]) -> Iterator[dict[str, Any]]:
    import pyarrow as pa

    from kemiao.app.bench_rating_peers import PEERS, held_out
    from kemiao.bank.commands.fit_rating import rules_on
    from kemiao.credit.rating.columns import read_training
    from kemiao.credit.rating.validate import HoldOut, validate

    read = read_training(pa.Table.from_pandas(table.frame, preserve_index=False), table.label, (), None, table.event)
    started = perf_counter()
    found = validate(read, rules_on(None, None), SEED, None, _silent, "best", table.split and HoldOut(table.split, "0"))
    seconds = {"kemiao": perf_counter() - started}
    held = found.held
    ranks = {"card": held.card.rank, "challenger": held.challenger.rank, "chosen": held.chosen.rank}
    frame = table.frame.iloc[read.numbers].drop(columns=[table.label, *([table.split] if table.split else [])])
    for who in PEERS:
        started = perf_counter()
        ranks[who] = held_out(who, frame, read.event, held.rows, held.folds)
        seconds[who] = perf_counter() - started
    aucs = {who: _mean_auc(rank, held.event) for who, rank in ranks.items()}
    best = max(PEERS, key=aucs.__getitem__)
    for ours in ("card", "challenger", "chosen"):
        for theirs in PEERS:
            paired.append(_paired(table.name, ours, theirs, ranks, held.event, theirs == best))
    for who in ranks:
        own = [each for each in paired if each.table == table.name and each.ours == who]
        yield {
            "table": table.name, "who": who, "auc": round(aucs[who], 4), "rows": found.rows, "events": found.events, "folds": found.folds, "repeats": found.repeats,
            **{f"less_{each.theirs}": [round(part, 4) for part in (each.value, each.low, each.high)] for each in own},
            **({"seconds": round(seconds["kemiao"], 1)} if who == "chosen" else {"seconds": round(seconds[who], 1)} if who in seconds else {}),
            **({"challenger_chosen_folds": [found.challenger_chosen, found.fits]} if who == "chosen" else {}),
        }  # fmt: skip


def _mean_auc(ranks: Any, event: Any) -> float:
    from kemiao.credit.rating.figures import auc

    return sum(auc(each, event) for each in ranks) / len(ranks)


def _paired(table: str, ours: str, theirs: str, ranks: Any, event: Any, best: bool) -> Paired:
    from kemiao.credit.rating.delong import auc_estimate, mean_placements

    one, other = mean_placements(ranks[ours], event), mean_placements(ranks[theirs], event)
    found = auc_estimate((one[0] - other[0], one[1] - other[1]), event)
    return Paired(table, ours, theirs, found.value, found.low, found.high, best)


def _summaries(paired: list[Paired]) -> Iterator[dict[str, Any]]:
    """The two figures that count, over tables: the chosen model to the better peer, the card alone to optbinning."""
    arms = {
        "chosen to the better peer": [each for each in paired if each.ours == "chosen" and each.best],
        "card to optbinning": [each for each in paired if each.ours == "card" and each.theirs == "optbinning"],
    }
    for what, rows in arms.items():
        worst = min(rows, key=lambda each: each.high)
        yield {
            "summary": what, "tables": len(rows), "mean_difference": round(sum(each.value for each in rows) / len(rows), 4),
            "highest_end_of_an_interval_at_least": round(worst.high, 4), "there": worst.table,
        }  # fmt: skip


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
_SEES_THE_GAP = ("sales_history_months", "purchases_history_months", "customer_months", "supplier_months")


def bench_cumcm(folder: Path) -> Iterator[dict[str, Any]]:
    """The second run, with the deeper features; the first is in docs/decisions/005.

    Three arms: own_day (the one that counts), file_end (as `rating fit` in a home), leak (also features that see the
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
        yield {"table": f"cumcm2020c, {arm}", "run": 2} | _figure(found) | _approvals(found) | {
            "size_only_auc": round(found.baseline.auc, 4), "size_only_low_high": _rounded((found.baseline.auc_low, found.baseline.auc_high)),
            "chosen_minus_size": round(found.baseline.difference, 4),
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


def _approvals(found: Any) -> dict[str, Any]:
    """Share of companies approved, safest first, while at most 5 % of them default: of the chosen ranking and of size
    alone, out of fold, the mean over repeats; intervals by a bootstrap over companies that both go through together."""
    import numpy as np

    event = found.held.event
    draw = np.random.default_rng(SEED)
    rows = [np.arange(event.size), *(draw.integers(0, event.size, event.size) for _ in range(_DRAWS))]
    shares = {
        name: np.array([np.mean([approved_share(rank[drawn], event[drawn]) for rank in ranks]) for drawn in rows])
        for name, ranks in (("chosen", found.held.chosen.rank), ("size_only", found.held.baseline))
    }
    less = shares["chosen"] - shares["size_only"]
    told = {f"approved_{name}": each for name, each in shares.items()} | {"approved_chosen_less_size": less}
    return {name: _rounded([each[0], *np.quantile(each[1:], [0.025, 0.975])]) for name, each in told.items()}


def approved_share(risk: Any, event: Any) -> float:
    """The largest share, lowest risk first, of which at most 5 % default; equal risks are approved together."""
    import numpy as np

    order = np.argsort(risk, kind="stable")
    bad = np.cumsum(event[order])
    count = np.arange(1, event.size + 1)
    ends = np.append(np.diff(risk[order]) != 0, True)
    within = ends & (bad * _BAD_ONE_IN <= count)
    return float(count[within].max() / event.size) if within.any() else 0.0


def _figure(found: Any) -> dict[str, Any]:
    return {
        "auc": round(found.auc, 4), "auc_low_high": _rounded((found.auc_low, found.auc_high)),
        "card_auc": round(found.card_auc, 4), "challenger_auc": round(found.challenger_auc, 4),
        "challenger_chosen_folds": [found.challenger_chosen, found.fits],
        "ks": round(found.ks, 3), "brier": round(found.brier, 4), "rows": found.rows, "events": found.events,
        "folds": found.folds, "repeats": found.repeats, "characteristics": round(found.characteristics, 1),
    }  # fmt: skip


def _rounded(figures: Any) -> list[float]:
    return [round(float(each), 4) for each in figures]


def _silent(done: int, total: int) -> None:
    del done, total


if __name__ == "__main__":
    import json
    import sys

    for line in bench_rating(Path(sys.argv[1] if len(sys.argv) > 1 else os.environ["KEMIAO_SHARED_DATA"])):
        sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
        sys.stdout.flush()
