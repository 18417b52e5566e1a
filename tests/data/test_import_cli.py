"""What scripts rely on: the documents of import, quarantine and company, and their exit codes."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from .papers import SELLER, invoice, write_csv
from .test_import_faults import import_here, import_in_process, state


class Cli:
    def __init__(self, home: Path) -> None:
        self.home = home

    def __call__(self, *words: str) -> subprocess.CompletedProcess[str]:
        program = str(Path(sys.executable).with_name("kemiao"))
        return subprocess.run([program, *words, "--home", str(self.home)], capture_output=True, text=True, check=False)

    def json(self, *words: str) -> dict[str, object]:
        done = self(*words, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


@pytest.mark.slow
def test_a_stranger_imports_corrects_undoes_and_looks(tmp_path):
    kemiao = Cli(tmp_path / "home")
    file = write_csv(tmp_path / "a.csv", [invoice(1), invoice(1), invoice(2, 金额="x")])
    done = kemiao.json("import", "etax_invoices", str(file))
    assert (done["batch"], done["taken"], done["duplicates"], done["quarantined"]) == (1, 1, 1, 1)
    assert done["files"][0]["rows"] == 3
    listed = json.loads(kemiao("quarantine", "list", "--json").stdout)
    assert (listed["file"], listed["row"], listed["errors"][0]["column"]) == ("a.csv", 4, "金额")
    out = tmp_path / "w.csv"
    assert kemiao.json("quarantine", "export", "--out", str(out))["rows"] == 1
    out.write_text(out.read_text("utf-8-sig").replace(",x,", ",1000.00,"), "utf-8")
    assert kemiao.json("quarantine", "retry", str(out))["taken"] == 1
    assert kemiao.json("import", "undo", "2")["removed"] == {"invoice": 1}
    added = kemiao.json(
        "company",
        "add",
        "--key",
        SELLER,
        "--name",
        "甲公司",
        "--capital",
        "500万",
        "--staff",
        "12",
        "--revenue",
        "1200万",
    )
    assert added["tables"] == {"company": 1, "staff": 1, "financial_statement": 1}
    shown = kemiao.json("company", "show", SELLER)
    assert (shown["register"]["name"], shown["register"]["registered_capital_fen"]) == ("甲公司", 500_000_000)
    assert shown["tables"]["invoice"]["rows"] == 1
    assert (
        kemiao("company", "list", "--json")
        .stdout.splitlines()[0]
        .startswith(f'{{"company": "uscc:{SELLER}", "name": "甲公司"')
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("import", "no_such_map", "a.csv"), 3, "NO_SUCH_MAP"),
        (("import", "etax_invoices", "nothing.csv"), 3, "NO_SUCH_FILE"),
        (("import", "undo", "7"), 3, "NO_SUCH_BATCH"),
        (("import", "bank_statement", "a.csv", "--company", "x"), 3, "NOT_A_USCC"),
        (("import", "etax_invoices"), 2, "PATH"),
        (("company", "add", "--key", SELLER, "--name", "甲", "--capital", "much"), 3, "NOT_AN_AMOUNT"),
    ],
)
def test_what_can_not_be_done_is_said_with_its_code(home, words, code, says):
    done = Cli(home)(*words, "--lang", "en")
    assert done.returncode == code
    assert says in done.stderr


@pytest.mark.soak
def test_kills_at_any_moment_lose_nothing(home, tmp_path):
    chance, taken = random.Random(1), 0  # noqa: S311 - moments, not secrets
    for number in range(200):
        file = write_csv(tmp_path / f"{number}.csv", [invoice(number * 50 + n) for n in range(50)])
        before = state(home)
        process = import_in_process(home, file)
        try:
            process.communicate(timeout=chance.uniform(0.1, 3))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.communicate()
        after = state(home)
        assert after[3] is None
        assert after == before or len(after[1]) == len(before[1]) + 50
        taken += after != before
    assert 0 < taken < 200
    assert import_here(home, file)[0] + import_here(home, file)[1] >= 50
