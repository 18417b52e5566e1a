"""A repayment that is heard of weeks later, across a change of rate, by the command line: nothing shows that it was late."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from credit.servicing.book import a_loan
from flows.typed import by_two, run
from kemiao.bank.lending.loan_store import loan_draft
from little_bank import ME, at, clock_on, new_home

TERMS = {"company": ME, "amount_fen": 50_000_000, "rate_kind": "lpr_1y", "spread_ppm": 5_000, "rate_ppm": 39_500,
         "first_reset_on": date(2024, 8, 5), "reset_months": 3, "manager": "zhou", "unit": "technology_team"}  # fmt: skip


def a_bank(root: Path) -> Path:
    home = new_home(root)
    with at(home, clock_on(date(2024, 1, 5))) as world, world.log.write() as tx:
        tx.append_many([loan_draft(a_loan(**TERMS))])
        tx.append("loan_message", ME, "out", {"message": "out", "loan": "one", "kind": "disburse", "value_day": "2024-01-05", "amount_fen": 50_000_000})  # fmt: skip
    run(home, "2024-01-05", "staff", "add", "root", "--person", "管理员", "--role", "administrator", "--unit", "head_office")  # fmt: skip
    run(home, "2024-01-05", "staff", "add", "zhou", "--person", "周", "--role", "customer_manager", "--unit", "technology_team", "--as", "root")  # fmt: skip
    return home


def looked_at(home: Path) -> list[str]:
    day = "2024-09-30"
    return [
        run(home, day, "loan", "show", "one"), run(home, day, "loan", "show", "one", "--as-of", "2024-08-04"), run(home, day, "loan", "list"),
        run(home, day, "loan", "schedule", "one"), run(home, day, "loan", "due", "--within", "30"), run(home, day, "loan", "payoff", "one", "--on", "2024-12-24"),
    ]  # fmt: skip


@pytest.mark.slow
def test_a_late_repayment_gives_the_same_to_the_byte_as_one_in_time(tmp_path: Path) -> None:
    bank = a_bank(tmp_path / "in-time"), a_bank(tmp_path / "late")
    february = ("loan", "repay", "one", "--amount", "42507.13", "--on", "2024-02-05", "--as", "zhou")
    july = ("loan", "repay", "one", "--amount", "20万", "--on", "2024-07-10", "--as", "zhou")
    rate = ("loan", "rate", "one", "--rate", "3.9%", "--on", "2024-07-15", "--as", "zhou")
    for words, in_time, late in ((february, "2024-02-05", "2024-02-05"), (july, "2024-07-10", "2024-09-02"), (rate, "2024-07-15", "2024-07-15")):  # fmt: skip
        run(bank[0], in_time, *words)
        if words is not july:
            run(bank[1], late, *words)
    before = looked_at(bank[1])
    run(bank[1], "2024-09-02", *july)
    assert looked_at(bank[1]) == looked_at(bank[0]) != before
    wrong = json.loads(run(bank[1], "2024-09-02", "loan", "repay", "one", "--amount", "5万", "--on", "2024-08-01", "--as", "zhou"))  # fmt: skip
    run(bank[1], "2024-09-03", "loan", "reverse", "one", "--message", wrong["message"], "--reason", "入错账", "--as", "zhou", code=3)  # fmt: skip
    run(bank[1], "2024-09-03", "staff", "add", "sun", "--person", "孙", "--role", "operations", "--unit", "technology_team", "--as", "root")  # fmt: skip
    back = run(bank[1], "2024-09-03", "loan", "reverse", "one", "--message", wrong["message"], "--reason", "入错账", "--as", "sun", code=3)  # fmt: skip
    assert json.loads(back)["refused"]["code"] == "FOUR_EYES_NEEDED"
    request = json.loads(back)["refused"]["where"]["request"]
    run(bank[1], "2024-09-03", "staff", "add", "wang", "--person", "王", "--role", "branch_officer", "--unit", "technology_branch", "--as", "root")  # fmt: skip
    run(bank[1], "2024-09-03", "approval", "give", request, "--as", "wang")
    run(bank[1], "2024-09-03", "loan", "reverse", "one", "--message", wrong["message"], "--reason", "入错账", "--as", "sun")  # fmt: skip
    one, other = looked_at(bank[0]), looked_at(bank[1])
    shown: list[dict[str, Any]] = [json.loads(each[0]) for each in (one, other)]
    gone = {wrong["message"]}
    told = [row for row in shown[1]["messages"] if row["message"] not in gone and row.get("word") not in gone]
    assert told == shown[0]["messages"]
    assert shown[1]["state"] == shown[0]["state"]
    assert one[2:] == other[2:]


@pytest.mark.slow
def test_the_command_line_refuses_what_makes_no_sense_and_takes_a_message_once(tmp_path: Path) -> None:
    home, day = a_bank(tmp_path / "home"), "2024-02-05"

    def refused(*words: str) -> str:
        return str(json.loads(run(home, day, "loan", *words, code=3))["refused"]["code"])

    assert refused("repay", "one", "--amount", "0", "--as", "zhou") == "AMOUNT_NOT_POSITIVE"
    assert refused("repay", "one", "--amount=-5", "--as", "zhou") == "AMOUNT_NOT_POSITIVE"
    assert refused("repay", "nobody", "--amount", "5", "--as", "zhou") == "NO_SUCH_LOAN"
    assert refused("repay", "one", "--amount", "5") == "NO_ACCOUNT_NAMED"
    assert refused("repay", "one", "--amount", "5", "--on", "2024-01-04", "--as", "zhou") == "BEFORE_THE_LOAN"
    assert refused("repay", "one", "--amount", "5", "--on", "2024-02-06", "--as", "zhou") == "IN_THE_FUTURE"
    assert refused("refund", "one", "--amount", "5", "--as", "zhou") == "MORE_THAN_KEPT"
    assert refused("recover", "one", "--amount", "5", "--as", "zhou") == "NOT_WRITTEN_OFF"
    assert refused("extend", "one", "--until", "2024-12-31", "--as", "zhou") == "DAY_OUT_OF_RANGE"
    assert refused("show", "nobody") == "NO_SUCH_LOAN"
    paid = (
        "loan",
        "repay",
        "one",
        "--amount",
        "60万",
        "--message",
        "bank-1",
        "--as",
        "zhou",
    )  # more than is owed: kept
    run(home, day, "staff", "add", "wang", "--person", "王", "--role", "branch_officer", "--unit", "technology_branch", "--as", "root")  # fmt: skip
    first, second = json.loads(by_two(home, day, *paid, other="wang")), json.loads(run(home, day, *paid))
    assert (first["again"], second["again"]) == (False, True)
    assert refused("repay", "one", "--amount", "60.01万", "--message", "bank-1", "--as", "zhou") == "MESSAGE_ID_TAKEN"
    state = json.loads(run(home, day, "loan", "show", "one"))["state"]
    assert (state["status"], state["kept_fen"]) == ("settled", 60_000_000 - 50_000_000 - 170_069)
    back = str(state["kept_fen"] / 100)
    assert refused("refund", "one", "--amount", back, "--as", "zhou") == "FOUR_EYES_NEEDED"
    run(home, day, "loan", "refund", "one", "--amount", "5000", "--as", "zhou")
    assert json.loads(run(home, day, "loan", "show", "one"))["state"]["kept_fen"] == state["kept_fen"] - 500_000
