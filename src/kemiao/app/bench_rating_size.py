"""Ratings of many rows: fit and validate in a process of its own, scoring a million rows, reasons for a whole book."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections.abc import Iterator
from time import perf_counter
from typing import Any

SEED = 0
_TOLD = 10  # columns that tell something of the drawn outcome; the rest is noise


def bench_size(divided_by: int) -> Iterator[dict[str, Any]]:
    for rows, columns in ((100_000, 100), (1_000, 10_000), (1_000_000, 20)):
        yield _in_own_process(rows // divided_by, columns if rows > columns else columns // divided_by)
    yield from _scoring(1_000_000 // divided_by, 200_000 // divided_by)


def drawn(rows: int, columns: int) -> Any:
    """A table with a default rate of about 8 %: numbers of three shapes, some unknown, every tenth column text."""
    import numpy as np
    import pyarrow as pa

    draw = np.random.default_rng(SEED)
    logit = np.full(rows, -2.9)
    table: dict[str, Any] = {}
    for place in range(columns):
        values = draw.normal(size=rows)
        if place < _TOLD:
            logit += 0.45 * (np.abs(values) if place == 3 else values)
        if place % 10 == 9:
            table[f"x{place}"] = pa.array(np.array(list("ABCDEFGH"))[np.clip(values * 1.5 + 4, 0, 7).astype(int)])
        else:
            shaped = (values, np.exp(values), np.rint(values * 50))[place % 3]
            table[f"x{place}"] = pa.array(shaped, mask=draw.uniform(size=rows) < 0.05)
    table["default"] = (draw.uniform(size=rows) < 1 / (1 + np.exp(-logit))).astype(np.int64)
    return pa.table(table)


def fit_and_validate(rows: int, columns: int) -> dict[str, Any]:
    """Validates and fits on the drawn table; seconds from the table in memory to the model."""
    import numpy as np

    from kemiao.bank.commands.fit_rating import rules_on
    from kemiao.credit.rating.choice import fit_kind
    from kemiao.credit.rating.columns import read_training
    from kemiao.credit.rating.validate import validate

    rules, table = rules_on(None, None), drawn(rows, columns)
    started = perf_counter()
    read = read_training(table, "default")
    found = validate(read, rules, SEED, None, lambda done, total: None)
    validated = perf_counter()
    fit_kind("best", found.screened.usable, read.event, np.arange(read.event.size), rules, (SEED, 30))
    return {
        "what": "fit and validate", "rows": rows, "columns": columns, "events": int(read.event.sum()), "folds": found.folds, "repeats": found.repeats,
        "card_auc": round(found.card_auc, 4), "challenger_auc": round(found.challenger_auc, 4),
        "validate_seconds": round(validated - started, 1), "seconds": round(perf_counter() - started, 1),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }  # fmt: skip


def _in_own_process(rows: int, columns: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "kemiao.app.bench_rating_size", str(rows), str(columns)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def _scoring(rows: int, companies: int) -> Iterator[dict[str, Any]]:
    import numpy as np

    from kemiao.bank.commands.fit_rating import rules_on
    from kemiao.credit.rating.choice import fit_kind
    from kemiao.credit.rating.columns import read_training
    from kemiao.credit.rating.fitted_card import scorecard
    from kemiao.credit.rating.grown_trees import trees_model
    from kemiao.credit.rating.model import score
    from kemiao.credit.rating.reasons import reasons

    rules, table = rules_on(None, None), drawn(max(rows, companies), 30)
    read = read_training(table.slice(0, 20_000), "default")
    fitted = fit_kind("best", read.columns, read.event, np.arange(read.event.size), rules, (SEED, 30))
    card = scorecard(fitted.card, read.columns, "bench", {}, {})
    trees = trees_model(fitted.challenger, read.columns, "bench", {}, {})
    many, book = table.slice(0, rows), table.slice(0, companies)
    for who, model in (("card", card), ("challenger", trees)):
        started = perf_counter()
        score(model, many, None, parts=False)
        yield {"what": "score", "who": who, "rows": rows, "seconds": round(perf_counter() - started, 2)}
    started = perf_counter()
    score(trees, book, None)
    yield {"what": "reasons, exact TreeSHAP", "who": "challenger", "rows": companies, "seconds": round(perf_counter() - started, 1)}  # fmt: skip
    started = perf_counter()
    scored, count = score(card, book, None), 4
    for row in range(companies):
        reasons(card, scored, row, count)
    yield {"what": "reasons", "who": "card", "rows": companies, "seconds": round(perf_counter() - started, 1)}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(fit_and_validate(int(sys.argv[1]), int(sys.argv[2]))))
