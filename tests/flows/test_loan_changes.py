"""Everything that `kemiao loan` can do to a loan, typed once to its success; then the days are closed, and the books agree."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from credit.servicing.book import a_loan
from flows.typed import by_two, refused, run
from kemiao.bank.lending.loan_store import loan_draft
from little_bank import ME, at, clock_on, new_home

START, LATER, TODAY = "2024-05-06", "2024-06-20", "2024-07-01"
COMMON = {
    "company": ME, "amount_fen": 60_000_000, "unit": "technology_team", "manager": "zhou", "signed_on": date(2024, 5, 6), "starts_on": date(2024, 5, 6),
    "matures_on": date(2025, 5, 6), "first_due_on": date(2024, 6, 6), "pd_ppm": 20_000, "lgd_ppm": 450_000, "grade": "A", "security": "none",
    "guaranteed_ppm": 0, "pool_ppm": 0, "industry": "C39", "size_class": "small",
}  # fmt: skip
LOANS = {
    "plan": {}, "line": {"repayment": "revolving"}, "bad": {"repayment": "interest_first"}, "ill": {"repayment": "interest_first"},
    "old": {"repayment": "interest_first"}, "new": {"repayment": "interest_first", "renews": "old", "starts_on": date(2024, 6, 20)},
}  # fmt: skip
PEOPLE = (("zhou", "周", "customer_manager", "technology_team"), ("sun", "孙", "operations", "head_office"), ("wu", "吴", "head_office_officer", "head_office"))  # fmt: skip


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Six loans, of which five were drawn: 200,000 yuan of the line, 600,000 of each other."""
    root = new_home(tmp_path / "home")
    with at(root, clock_on(date(2024, 5, 6))) as world, world.log.write() as tx:
        tx.append_many([loan_draft(a_loan(**{**COMMON, "loan": own, **terms})) for own, terms in LOANS.items()])
        for own in ("plan", "line", "bad", "ill", "old"):
            amount = 20_000_000 if own == "line" else 60_000_000
            tx.append("loan_message", ME, f"out-{own}", {"message": f"out-{own}", "loan": own, "kind": "disburse", "value_day": START, "amount_fen": amount})  # fmt: skip
    run(root, START, "staff", "add", "root", "--person", "管理员", "--role", "administrator", "--unit", "head_office")
    for account, person, role, unit in PEOPLE:
        run(root, START, "staff", "add", account, "--person", person, "--role", role, "--unit", unit, "--as", "root")
    return root


def shown(home: Path, own: str) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(run(home, TODAY, "loan", "show", own))["state"]
    return answer


@pytest.mark.slow
def test_each_change_is_typed_once_and_the_books_agree_with_the_loans(home: Path) -> None:
    def loan(*words: str, by: str = "zhou", day: str = TODAY) -> str:
        return run(home, day, "loan", *words, "--as", by)

    def approved(*words: str, by: str = "zhou", day: str = TODAY) -> str:
        return by_two(home, day, "loan", *words, "--as", by, other="wu")

    loan("defer", "plan", "--periods", "2", "--reason", "订单推迟", day=START)
    loan("repay", "plan", "--amount", "1885.83", "--on", "2024-06-06", day="2024-06-06")
    loan("rate", "plan", "--rate", "3.3%", day=LATER)
    loan("fee", "plan", "--amount", "500", "--reason", "评估费")
    loan("extend", "plan", "--until", "2025-11-06")
    plan = shown(home, "plan")
    assert (plan["fee_fen"], plan["rate_ppm"], plan["matures_on"], plan["extended"], plan["past_due_days"]) == (50_000, 33_000, "2025-11-06", True, 0)  # fmt: skip
    assert (
        plan["principal_fen"] == 60_000_000 and plan["next_due_fen"] == plan["interest_fen"] + 27_500
    )  # 5 nights more

    loan("draw", "line", "--amount", "15万", day=LATER)
    loan("divert", "line", "--share", "40%", "--reason", "购置房产", day=LATER)
    repaid = json.loads(approved("repay", "line", "--amount", "36万", by="sun"))
    assert refused(home, TODAY, "loan", "reverse", "line", "--message", repaid["message"], "--reason", "入错账", "--as", "zhou")["code"] == "NOT_YOUR_ROLE"  # fmt: skip
    approved("reverse", "line", "--message", repaid["message"], "--reason", "入错账", by="sun")
    approved("repay", "line", "--amount", "36万", "--message", "again", by="sun")
    kept = shown(home, "line")["kept_fen"]
    assert kept > 0
    loan("refund", "line", "--amount", str(kept / 100), by="sun")
    line = shown(home, "line")
    assert (line["drawn_fen"], line["principal_fen"], line["kept_fen"], line["diverted_ppm"]) == (35_000_000, 0, 0, 400_000)  # fmt: skip

    approved("restructure", "ill", "--until", "2026-05-06", "--rate", "3%", "--every-months", "3", "--forgive", "1万", "--reason", "订单推迟")  # fmt: skip
    ill = shown(home, "ill")
    assert (ill["restructurings"], ill["in_difficulty"], ill["past_due_days"], ill["rate_ppm"]) == (1, True, 0, 30_000)
    assert ill["principal_fen"] > 59_000_000 and ill["interest_due_fen"] == ill["penalty_fen"] == 0

    approved("write-off", "bad", "--amount", "10万", "--reason", "部分核销", by="sun", day=LATER)
    approved("write-off", "bad", "--reason", "破产终结", by="sun")
    owed = shown(home, "bad")["written_off_fen"]
    approved("recover", "bad", "--amount", "20万", by="sun")
    bad = shown(home, "bad")
    assert owed > 60_000_000
    assert (bad["status"], bad["principal_fen"], bad["written_off_fen"], bad["recovered_fen"]) == ("written_off", 0, owed, 20_000_000)  # fmt: skip

    approved("renew", "old", "--into", "new", day=LATER)  # with the extension: 1.2 million by one person in 30 days
    old, new = shown(home, "old"), shown(home, "new")
    assert (old["status"], old["principal_fen"], new["status"], new["principal_fen"]) == ("renewed", 0, "active", 60_000_000)  # fmt: skip

    run(home, TODAY, "eod", "--day", TODAY)
    run(home, TODAY, "books", "check")
