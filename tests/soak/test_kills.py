"""A hundred imports killed at any moment: nothing half-written is ever seen, and the next import makes the whole good."""

from __future__ import annotations

import json
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs" / "worked-example"
KEMIAO = Path(sys.executable).with_name("kemiao")
COMPANY = "91990100MA0EXAMP1C"
KILLS = 100


def kemiao(home: Path, *arguments: object) -> str:
    return subprocess.run(
        [KEMIAO, *map(str, arguments), "--home", home], check=True, capture_output=True, text=True
    ).stdout


def rows_seen(home: Path) -> int:
    """Rows behind a decision, by its own account; 0 where nothing can be assessed yet."""
    run = subprocess.run(
        [KEMIAO, "assess", COMPANY, "--json", "--home", home], capture_output=True, text=True, check=False
    )
    if run.returncode == 3:
        return 0
    assert run.returncode == 0, run.stderr
    rows = json.loads(run.stdout)["rests_on"]["rows"]
    return sum(count for batches in rows.values() for count, _ in batches.values())


@pytest.mark.soak
def test_killed_imports_leave_nothing_half_done(tmp_path) -> None:
    fresh = tmp_path / "fresh"
    kemiao(fresh, "init", "--today", "2024-07-01")
    kemiao(fresh, "import", "company_register", DOCS / "工商登记.csv")
    start = time.monotonic()
    whole = tmp_path / "whole"
    shutil.copytree(fresh, whole)
    kemiao(whole, "import", "etax_invoices", DOCS / "发票.csv")
    span, expected = time.monotonic() - start, rows_seen(whole)
    moments = random.Random(1)  # noqa: S311 - when to kill, not a secret
    finished = 0
    for number in range(KILLS):
        home = tmp_path / f"killed-{number}"
        shutil.copytree(fresh, home)
        process = subprocess.Popen(
            [KEMIAO, "import", "etax_invoices", DOCS / "发票.csv", "--home", home],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(moments.uniform(0, span))
        process.send_signal(signal.SIGKILL)
        process.wait()
        seen = rows_seen(home)
        assert seen in (1, expected), f"kill {number}: {seen} rows are visible"  # the register's row, or all
        finished += seen == expected
        again = json.loads(kemiao(home, "import", "etax_invoices", DOCS / "发票.csv", "--json"))
        assert again["taken"] + again["duplicates"] == 62
        assert rows_seen(home) == expected
        shutil.rmtree(home)
    print(f"{KILLS} kills: {finished} had finished before, {KILLS - finished} left nothing; all were made whole")
