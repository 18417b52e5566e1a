"""kemiao plan at its door: from a table, from decisions, what it appends, and how it leaves when it can't plan."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, date, datetime
from hashlib import sha256
from itertools import count

import pytest
from typer.testing import CliRunner

from kemiao.app.cli import cli
from kemiao.bank.home import create_home
from kemiao.bank.world import open_world
from kemiao.base.clock import FixedClock

DAY = date(2024, 7, 1)
ASK = ("plan", "--budget", "300万", "--min", "10万", "--max", "100万", "--rate", "4%..9%", "--json")


def counted_bytes():
    """Bytes that are the same in every run."""
    draws = count()
    return lambda size: (sha256(str(next(draws)).encode()).digest() * (size // 32 + 1))[:size]


@pytest.fixture
def home(tmp_path):
    create_home(tmp_path / "home", counted_bytes(), DAY)
    return tmp_path / "home"


@pytest.fixture
def table(tmp_path):
    lines = ["company,grade,industry,pd,limit"]
    lines += [
        f"C{number},{('AA', 'A', 'BBB')[number % 3]},制造业,0.0{number % 3 + 1},{20 + number}万" for number in range(12)
    ]
    path = tmp_path / "companies.csv"
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def run(home, *more, ask=ASK):
    return CliRunner().invoke(cli, [*ask, "--home", str(home), *map(str, more)])


def refused(result):
    assert result.exit_code == 3, result.output
    return json.loads(result.stdout.splitlines()[0])["refused"]


def opened(home):
    return open_world(home, FixedClock(datetime(2024, 7, 1, 9, tzinfo=UTC)), counted_bytes())


def test_a_plan_is_appended_and_the_same_question_prints_the_same_bytes(home, table):
    first, second = run(home, "--table", table), run(home, "--table", table)
    assert first.exit_code == 0, first.output
    assert first.stdout == second.stdout
    made = json.loads(first.stdout)
    assert 0 < made["spent_fen"] <= 300 * 10**6
    assert made["gap_ppm"] <= 1_000
    assert sum(loan["amount_fen"] for loan in made["allocations"]) == made["offered_fen"]
    with opened(home) as world:
        events = list(world.log.events("plan"))
        assert [event.ref for event in events] == [made["plan_id"]] * 2
        kept = events[0].public
        assert kept["expected_profit_fen"] == made["expected_profit_fen"]
        assert [loan["company"] for loan in kept["allocations"]] == [loan["company"] for loan in made["allocations"]]
        assert set(kept["allocations"][0]) == {
            "company",
            "amount_fen",
            "rate_ppm",
        }  # how a company stands is not public


def test_another_table_is_another_plan(home, table):
    before = json.loads(run(home, "--table", table).stdout)
    table.write_text(table.read_text("utf-8").replace("C0,AA", "C0,A"), "utf-8")
    after = json.loads(run(home, "--table", table).stdout)
    assert before["inputs_digest"] != after["inputs_digest"]


@pytest.mark.slow
def test_the_latest_decisions_are_planned_and_erased_ones_left_alone(home):
    def decided(company, decision):
        return {
            "company": company, "decision": decision, "grade": "A", "pd_ppm": 5_000, "limit_fen": 50 * 10**6, "rate_ppm": 45_000,
            "features": {"industry": "制造业"}, "law": {"risk_weight_ppm": 750_000},
        }  # fmt: skip

    log = [("a", "decline"), ("a", "approve"), ("b", "refer"), ("c", "decline"), ("d", "approve")]
    with opened(home) as world:
        with world.log.write() as tx:
            for company, decision in log:
                tx.append("decision", subject=f"foreign:{company}", private=decided(f"foreign:{company}", decision))
        world.vault.destroy("foreign:d")
    made = json.loads(run(home).stdout)
    assert [loan["company"] for loan in made["allocations"]] == ["foreign:a"]
    assert made["allocations"][0]["decided_rate_ppm"] == 45_000
    assert made["not_considered"] == {"decline": 1, "refer": 1}
    assert json.loads(run(home, "--include-refer").stdout)["loans"] == 2


def test_nothing_decided_yet_is_refused(home):
    assert refused(run(home))["code"] == "NO_CANDIDATES"


def test_bad_files_are_refused_at_their_cell(home, table, tmp_path):
    table.write_text(table.read_text("utf-8").replace("C3,AA,制造业,0.01,23万", "C3,AA,制造业,0.01,二十万"), "utf-8")
    assert refused(run(home, "--table", table))["where"] == {"file": "companies.csv", "row": "5", "column": "limit"}
    churn = tmp_path / "churn.csv"
    churn.write_text("rate,churn_A,churn_B,churn_C\n0.04,0,0,0\n0.15,0.9,oops,0.8\n", "utf-8")
    assert refused(run(home, "--table", table, "--churn", churn))["where"] == {
        "file": "churn.csv",
        "row": "3",
        "column": "churn_B",
    }
    assert refused(run(home, "--table", tmp_path / "absent.csv"))["code"] == "NO_SUCH_FILE"


@pytest.mark.parametrize(
    ("more", "code"),
    [
        (("--budget", "1万"), "BUDGET_BELOW_ONE_LOAN"),
        (("--min", "200万"), "LOAN_RANGE_REVERSED"),
        (("--budget", "一个亿"), "NOT_AN_AMOUNT"),
        (("--rate", "15%..4%"), "RANGE_REVERSED"),
        (("--rate", "16%..20%"), "RATES_OUTSIDE_POLICY"),
    ],
)
def test_what_cannot_be_planned_exits_3_with_its_code(home, table, more, code):
    assert refused(run(home, "--table", table, *more))["code"] == code


def test_a_missing_option_is_a_usage_error(home):
    assert CliRunner().invoke(cli, ["plan", "--budget", "1亿", "--home", str(home)]).exit_code == 2


@pytest.mark.slow
def test_stdout_holds_one_document_and_nothing_that_a_solver_says(home, table, tmp_path):
    shock = tmp_path / "shock.csv"
    shock.write_text("industry,pd_factor,revenue_factor,lgd_factor\n制造业,3,0.5,1.2\n旅游,2,1,1\n", "utf-8")
    code = "import sys; from kemiao.app.cli import main; sys.argv[0] = 'kemiao'; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, *ASK, "--home", str(home), "--table", str(table), "--shock", str(shock)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    made = json.loads(done.stdout)
    assert made["shock"]["expected_profit_after_fen"] < made["expected_profit_fen"]
    assert "SHOCK_ROW_UNUSED" in {note["code"] for note in made["notes"]}
