"""The command line as scripts use it: exit codes, promised keys, one document on stdout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from kemiao.app.cli import cli
from little_bank import ME, OTHER, decided_home

PROGRAM = Path(sys.executable).with_name("kemiao")
DONE, FAULT, USAGE, REFUSED, OUTAGE = range(5)
pytestmark = pytest.mark.slow


def kemiao(*words: object, home: Path | None = None) -> subprocess.CompletedProcess[str]:
    plain = {name: value for name, value in os.environ.items() if name not in ("PYTHONDONTWRITEBYTECODE", "KEMIAO_HOME", "KEMIAO_LANG")}  # fmt: skip
    where = [] if home is None else ["--home", str(home)]
    return subprocess.run(
        [str(PROGRAM), *map(str, words), *where], capture_output=True, text=True, check=False, env=plain
    )


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("flow") / "home"
    decided_home(root)
    (root / "kemiao.toml").write_text("schema = 1\ntoday = 2024-07-01\n", "utf-8")
    return root


def here(*words: object, home: Path) -> tuple[int, str, str]:
    """The same command line inside this process: where many are tried and a cold start of each would tell nothing."""
    answer = CliRunner().invoke(cli, [*map(str, words), "--home", str(home)])
    return answer.exit_code, answer.stdout, answer.stderr


def told(*words: object, home: Path) -> list[dict[str, Any]]:
    code, shown, stderr = here(*words, "--json", home=home)
    assert code == DONE, stderr
    return [json.loads(line) for line in shown.splitlines()]


PROMISED = {
    "company": str, "as_of": str, "law_on": str, "decision": str, "grade": str, "pd": float, "pd_ppm": int, "limit_fen": int, "rate_ppm": int,
    "authority": str, "reasons": list, "unknown": list, "decision_id": str, "model": dict,
}  # fmt: skip


def test_assess_gives_one_object_a_line_with_the_promised_keys(home):
    cold = kemiao("assess", "--all", "--as-of", "2024-07-01", "--json", home=home)
    assert cold.returncode == DONE, cold.stderr
    documents = [json.loads(line) for line in cold.stdout.splitlines()]
    assert [document["company"] for document in documents] == sorted(document["company"] for document in documents)
    assert len(documents) == 3
    for document in documents:
        for name, kind in PROMISED.items():
            assert type(document[name]) is kind, name
        assert document["decision"] in ("approve", "refer", "decline")
        assert document["pd"] == document["pd_ppm"] / 10**6
        assert document["as_of"] == document["law_on"] == "2024-07-01"
        assert all(set(reason) == {"code", "zh", "en"} and all(type(word) is str for word in reason.values()) for reason in document["reasons"])  # fmt: skip
        assert all(type(name) is str for name in document["unknown"])
        assert document["decision_id"].startswith("dec-")


def test_a_decision_is_listed_traced_replayed_and_shown(home):
    row = next(row for row in told("decisions", home=home) if row["company"] == ME)
    wanted = row["decision_id"]
    assert told("replay", wanted, home=home)[0] | {"code": None} == {"decision_id": wanted, "result": "identical", "identical": True, "differing": {}, "rows": "identical", "code": None, "command": None}  # fmt: skip
    changed = told("replay", wanted, "--with", "dishonest_listings=1", home=home)[0]
    assert (changed["result"], changed["identical"], changed["differing"]["decision"]) == ("differs", False, ["approve", "decline"])  # fmt: skip
    traced = told("trace", wanted, "--rows", "1", home=home)[0]
    assert traced["decision"]["decision_id"] == wanted
    assert len(traced["rows"]["invoice"]) == 1
    for words, lang, word in (
        (("trace", wanted), "en", "approve"), (("replay", wanted), "zh", "完全一致"), (("assess", ME), "zh", "批准"),
        (("decisions",), "en", "approved"), (("assess", "--all"), "en", "approve"),
    ):  # fmt: skip
        code, shown, stderr = here(*words, "--lang", lang, home=home)
        assert code == DONE, stderr
        assert word in shown


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("version",), DONE, ""),
        (("policy", "check"), DONE, ""),
        (("policy", "columns", "--json"), DONE, ""),
        (("company", "list"), DONE, ""),
        (("assess",), USAGE, "--all"),
        (("assess", ME, "--all"), USAGE, "--all"),
        (("assess", "91110108MA01KPGK0X"), USAGE, "check digit"),
        (("assess", ME, "--as-of", "soon"), USAGE, "soon"),
        (("nonsense",), USAGE, "nonsense"),
        (("replay", "dec-0", "--with", "nope=1"), USAGE, "nope"),
        (("assess", "cumcm:E404"), REFUSED, "NO_FACTS"),
        (("assess", ME, "--law-on", "2009-01-01"), REFUSED, "POLICY_NOT_IN_FORCE"),
        (("replay", "dec-0"), REFUSED, "NO_DECISION"),
        (("trace", "dec-0"), REFUSED, "NO_DECISION"),
        (("init",), REFUSED, "HOME_EXISTS"),
        (("erase", ME, "--reason", " "), REFUSED, "REASON_MISSING"),
    ],
)
def test_exit_codes(home, words, code, said):
    found, _, stderr = here(*words, home=home)
    assert found == code, stderr
    assert said.lower() in stderr.lower()


def test_a_home_that_is_not_there_not_writable_or_of_the_future_says_so(tmp_path):
    assert kemiao("assess", "--all", home=tmp_path / "nowhere").returncode == REFUSED
    (tmp_path / "file").touch()
    assert here("init", home=tmp_path / "file" / "home")[0] == OUTAGE
    assert here("init", home=Path("/proc/kemiao"))[0] == OUTAGE
    assert here("init", "--today", "2024-07-01", home=tmp_path / "home")[0] == DONE
    (tmp_path / "home" / "kemiao.toml").write_text("schema = 7\n", "utf-8")
    code, shown, _ = here("assess", "--all", "--json", home=tmp_path / "home")
    assert (code, json.loads(shown)["refused"]["code"]) == (REFUSED, "HOME_IS_NEWER")


def test_a_policy_with_a_typo_is_named_by_file_line_and_column(tmp_path):
    home = tmp_path / "home"
    decided_home(home)
    path = home / "policy" / "decision.toml"
    text = path.read_text("utf-8").replace("age_months < 12", "age_month < 12")
    path.write_text(text, "utf-8")
    line = next(number for number, each in enumerate(text.splitlines(), start=1) if "age_month <" in each)
    for words in (("policy", "check"), ("assess", ME)):
        code, _, said = here(*words, "--lang", "en", home=home)
        assert code == REFUSED
        assert f"UNKNOWN_COLUMN  decision.toml:{line}:9: there is no column 'age_month'; did you mean age_months?" in said  # fmt: skip


def test_the_doctor_says_what_is_wrong_and_fails_only_where_something_is(home, tmp_path):
    states = {finding["check"]: finding["state"] for finding in told("doctor", home=home)}
    assert states["event log"] == states["policy"] == states["home"] == "good"
    assert told("doctor", home=tmp_path / "nowhere")  # no home yet is no fault
    broken = tmp_path / "broken"
    decided_home(broken)
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(broken / "event_log.db")) as connection, connection:
        connection.execute("UPDATE event SET at = 'x' WHERE seq = 3")
    code, shown, _ = here("doctor", "--lang", "en", home=broken)
    assert code == FAULT
    assert "the digests break at event 3" in shown
    (broken / "event_log.db").unlink()
    without = kemiao("doctor", home=broken)
    assert without.returncode == FAULT and "Traceback" not in without.stderr


def test_a_home_is_backed_up_restored_and_one_company_erased(home, tmp_path):
    file, again = tmp_path / "b.tar.gz", tmp_path / "again"
    assert told("backup", file, home=home)[0]["bytes"] == file.stat().st_size
    assert here("backup", file, home=home)[0] == REFUSED
    assert kemiao("restore", file, home=again).returncode == DONE
    assert told("assess", ME, home=again) == told("assess", ME, home=home)
    assert told("upgrade", home=again) == [{"from": 1, "to": 1}]
    erased = told("erase", ME, "--reason", "撤回授权", home=again)[0]
    assert (erased["company"], erased["key_destroyed"]) == (ME, True)
    rows = {row["company"]: row["erased"] for row in told("decisions", home=again)}
    assert (rows[ME], rows[OTHER]) == (True, False)
    assert here("assess", ME, home=again)[0] == REFUSED
    wanted = next(row["decision_id"] for row in told("decisions", ME, home=again))
    replayed = told("replay", wanted, home=again)[0]
    assert (replayed["result"], replayed["identical"]) == ("inputs_erased", None)


def test_a_reader_that_leaves_early_is_no_fault(home):
    command = f"'{PROGRAM}' policy columns --json --home '{home}' | head -1"
    piped = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)
    assert json.loads(piped.stdout)["column"]
    assert piped.stderr == ""
