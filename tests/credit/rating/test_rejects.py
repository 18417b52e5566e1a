"""Reject inference where the truth is known: the refused carry outcomes that the command must not read."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest
from typer.testing import CliRunner

from kemiao.app.cli import cli


def written(path, labels_of_refused: str):
    draw = np.random.default_rng(6)
    rows = 1_500
    size, debt = draw.normal(size=rows), draw.normal(size=rows)
    bad = draw.uniform(size=rows) < 1 / (1 + np.exp(1.8 + 1.2 * size - 1.0 * debt))
    refused = draw.uniform(size=rows) < 1 / (1 + np.exp(1.0 + size - debt))
    with path.open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["size", "debt", "status", "default"])
        for n in range(rows):
            label = int(bad[n]) if not refused[n] else {"empty": "", "true": int(bad[n]), "zero": 0}[labels_of_refused]
            out.writerow([f"{size[n]:.4f}", f"{debt[n]:.4f}", "declined" if refused[n] else "ok", label])
    return bad, refused


def run(path, *more, code=0):
    done = CliRunner().invoke(
        cli,
        [
            "rating",
            "rejects",
            "--table",
            str(path),
            "--label",
            "default",
            "--home",
            str(path.parent / "none"),
            "--json",
            *more,
        ],
    )
    assert done.exit_code == code, done.output
    return json.loads(done.stdout.splitlines()[0])


@pytest.mark.slow
def test_the_band_holds_the_truth_and_labels_of_the_refused_change_nothing(tmp_path):
    bad, refused = written(tmp_path / "a.csv", "true")
    found = run(tmp_path / "a.csv", "--rejected", "status=declined")
    arms = {each["factor"]: each for each in found["arms"]}
    assert list(arms) == [None, 1.0, 2.0, 3.0]
    assert arms[1.0]["bad_rate"] < arms[2.0]["bad_rate"] <= arms[3.0]["bad_rate"]
    # Even where refusal hangs on nothing but what the card sees, its optimistic end is too low: bins don't extrapolate.
    assert arms[1.0]["rejected_bad_rate"] < bad[refused].mean() < arms[3.0]["rejected_bad_rate"]
    assert arms[3.0]["bad_rate"] > bad.mean() > bad[~refused].mean()
    assert (
        arms[1.0]["approval"] >= arms[3.0]["approval"] and found["labels_ignored"] == refused.sum() == found["rejected"]
    )
    assert sum(each["rejected"] for each in found["bands"]) == refused.sum()
    written(tmp_path / "b.csv", "zero")
    written(tmp_path / "c.csv", "empty")
    for name in ("b.csv", "c.csv"):
        other = run(tmp_path / name, "--rejected", "status=declined")
        assert (other["arms"], other["bands"]) == (found["arms"], found["bands"])


def test_too_few_refused_and_a_column_that_is_not_there_are_refusals(tmp_path):
    written(tmp_path / "a.csv", "true")
    assert run(tmp_path / "a.csv", code=3)["refused"]["code"] == "TOO_FEW_REJECTS"
    assert run(tmp_path / "a.csv", "--rejected", "state=declined", code=3)["refused"]["code"] == "NO_SUCH_COLUMN"
