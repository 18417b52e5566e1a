"""Ends of days killed at any moment: what the next run makes of it is what an unkilled run wrote."""

from __future__ import annotations

import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import pytest

KEMIAO = Path(sys.executable).with_name("kemiao")
LOANS, KILLS = 200, 60


def kemiao(home: Path, *words: object) -> None:
    run = subprocess.run([KEMIAO, *map(str, words), "--home", home], check=False, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr


def events(home: Path) -> list[tuple[object, ...]]:
    """What the log says, without when and without what is sealed."""
    with closing(sqlite3.connect(f"file:{home / 'event_log.db'}?mode=ro", uri=True)) as log:
        return list(log.execute("SELECT kind, subject, ref, public FROM event ORDER BY seq"))


def ledger(path: Path) -> None:
    """Existing loans that fall due, reset and end within the days that are closed."""
    from kemiao.base.keys import uscc_check_digit

    drawn = random.Random(2)  # noqa: S311 - an invented ledger
    lines = ["借据号,统一社会信用代码,发放日期,到期日,贷款金额,余额,年利率"]
    for number in range(LOANS):
        body = f"91990100{number:09d}"
        start = date(2023, 7, 1) + timedelta(days=drawn.randrange(300))
        amount = drawn.randrange(10, 500) * 10_000
        lines.append(f"J{number},{body}{uscc_check_digit(body)},{start},{start + timedelta(days=drawn.randrange(380, 700))},{amount},{amount},{drawn.randrange(300, 700) / 100}%")  # fmt: skip
    path.write_text("\n".join(lines) + "\n", "utf-8")


@pytest.mark.soak
def test_killed_ends_of_days_lose_and_double_nothing(tmp_path: Path) -> None:
    fresh, book = tmp_path / "fresh", tmp_path / "ledger.csv"
    ledger(book)
    kemiao(fresh, "init", "--today", "2024-07-01")
    kemiao(fresh, "staff", "add", "chen", "--person", "陈静", "--role", "administrator", "--unit", "head_office")
    kemiao(
        fresh,
        "staff",
        "add",
        "sun",
        "--person",
        "孙丽",
        "--role",
        "operations",
        "--unit",
        "head_office",
        "--as",
        "chen",
    )
    kemiao(fresh, "loan", "import", book, "--on", "2024-06-30", "--as", "sun")
    kemiao(fresh, "today", "2024-07-31")
    whole = tmp_path / "whole"
    shutil.copytree(fresh, whole)
    kemiao(whole, "books", "balance")  # compiled before the clock runs
    start = time.monotonic()
    kemiao(whole, "eod")
    span, expected = time.monotonic() - start, events(whole)
    moments = random.Random(1)  # noqa: S311 - when to kill, not a secret
    killed = 0
    for number in range(KILLS):
        home = tmp_path / f"killed-{number}"
        shutil.copytree(fresh, home)
        process = subprocess.Popen(
            [KEMIAO, "eod", "--home", home], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        time.sleep(moments.uniform(0, span))
        process.send_signal(signal.SIGKILL)
        killed += process.wait() == -signal.SIGKILL
        kemiao(home, "eod")
        assert events(home) == expected, number
        kemiao(home, "books", "check")
        shutil.rmtree(home)
    print(f"{killed} of {KILLS} ends of days were killed in their midst; every log is the unkilled one")
    assert killed > KILLS // 4
