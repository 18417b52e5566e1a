"""kemiao actus check: exit 0 where all agree, 3 where a case differs or is not ours, a clear word on a bad file."""

from __future__ import annotations

import json

from typer.testing import CliRunner

from kemiao.app.cli import cli

CASE = {
    "terms": {
        "contractType": "PAM", "contractRole": "RPA", "notionalPrincipal": "3000", "nominalInterestRate": "0.1", "dayCountConvention": "A365",
        "statusDate": "2012-12-30T00:00:00", "initialExchangeDate": "2013-01-01T00:00:00", "maturityDate": "2013-02-01T00:00:00",
    },
    "to": "", "dataObserved": {}, "eventsObserved": [],
    "results": [
        {"eventDate": "2013-01-01T00:00", "eventType": "IED", "payoff": -3000, "notionalPrincipal": 3000, "nominalInterestRate": 0.1, "accruedInterest": 0},
        {"eventDate": "2013-02-01T00:00", "eventType": "IP", "payoff": "25.4794520547945", "notionalPrincipal": 3000, "nominalInterestRate": 0.1, "accruedInterest": 0},
        {"eventDate": "2013-02-01T00:00", "eventType": "MD", "payoff": 3000, "notionalPrincipal": 0, "nominalInterestRate": 0.1, "accruedInterest": 0},
    ],
}  # fmt: skip


def run(*arguments) -> tuple[int, str]:
    result = CliRunner().invoke(cli, ["actus", "check", *map(str, arguments)])
    return result.exit_code, result.output


def test_cases_that_agree_exit_with_0_and_one_line_each(tmp_path):
    file = tmp_path / "good.json"
    file.write_text(json.dumps({"pam01": CASE}))
    code, output = run(file, "--json")
    line = json.loads(output.splitlines()[0])
    assert (code, line["case"], line["type"], line["events"], line["mismatches"]) == (0, "pam01", "PAM", 3, 0)
    assert run(file)[0] == 0


def test_a_difference_or_another_type_exits_with_3_and_is_named(tmp_path):
    file = tmp_path / "mixed.json"
    wrong = json.loads(json.dumps(CASE))
    wrong["results"][1]["payoff"] = "25.4794521"
    file.write_text(json.dumps({"wrong": wrong, "swap": CASE | {"terms": {"contractType": "SWAPS"}}}))
    code, output = run(file, "--json")
    lines = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    assert code == 3
    assert [(line["case"], line["mismatches"]) for line in lines] == [("wrong", 1), ("swap", None)]
    assert lines[0]["differences"][0]["what"] == "payoff"
    assert lines[1]["refused"]["code"] == "UNKNOWN_CONTRACT_TYPE"


def test_a_file_that_is_no_test_file_is_refused_by_name(tmp_path):
    bad = tmp_path / "bad.json"
    bad.write_text("{")
    assert run(bad)[0] == 3
    assert "NOT_JSON" in run(bad)[1]
    assert "bad.json" in run(bad)[1]
    assert "FILE_NOT_READ" in run(tmp_path / "absent.json")[1]


def test_an_unreadable_file_stops_no_other_and_a_notice_that_is_not_given_is_said(tmp_path):
    bad, good = tmp_path / "bad.json", tmp_path / "good.json"
    bad.write_text("{")
    good.write_text(json.dumps({"pam01": CASE, "clm": CASE | {"terms": CASE["terms"] | {"contractType": "CLM"}}}))
    code, output = run(bad, good, tmp_path / "absent.json", "--json")
    lines = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    assert code == 3
    assert [line["case"] for line in lines] == ["pam01", "clm", None, None]
    assert [line["assumed"] for line in lines[:2]] == [[], ["xDayNotice=P0D"]]
    assert [line["refused"]["code"] for line in lines[2:]] == ["NOT_JSON", "FILE_NOT_READ"]
