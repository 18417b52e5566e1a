"""What a company sees of itself: the command's numbers, of itself alone, one receipt a visit, and no peer by itself."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kemiao.app.cli import cli
from kemiao.bank.lending.loan_store import loan_draft, message_draft
from kemiao.credit.what_if import typed_change
from little_bank import LOAN, ME, OTHER, at, put, sound
from portal.served import Served

pytestmark = pytest.mark.slow

OWN = (
    "own",
    "own/portrait",
    "own/qualifications",
    "own/grade",
    "own/technology",
    "own/lift",
    "own/what-if?change=revenue_fen=1",
)


def _events(portal: Served, kind: str) -> int:
    with portal.portal.worlds.world() as world:
        return sum(1 for _ in world.log.events(kind))


def _command(home: Path, *words: str) -> dict:
    ran = CliRunner().invoke(cli, [*words, "--home", str(home), "--json"])
    assert ran.exit_code == 0, ran.output
    return json.loads(ran.stdout)


@pytest.mark.parametrize("path", OWN)
def test_a_company_sees_itself_and_nobody_else_does(portal: Served, path: str) -> None:
    assert portal.get("mine", f"/companies/{ME}/{path}").status_code == 200
    assert portal.get("theirs", f"/companies/{ME}/{path}").status_code == 404
    assert {portal.get(who, f"/companies/{ME}/{path}").status_code for who in ("fund", "audit", "chen", "li")} == {403}


def test_the_first_page_says_what_the_decision_says_and_what_comes_next(portal: Served, home: Path) -> None:
    shown = portal.get("mine", f"/companies/{ME}/own").json()
    decided = _command(home, "decisions", ME)
    assert {name: shown[name] for name in ("decision_id", "grade", "pd_ppm", "limit_fen", "rate_ppm")} == {
        name: decided[name] for name in ("decision_id", "grade", "pd_ppm", "limit_fen", "rate_ppm")
    }
    assert (shown["next"]["what"], shown["next"]["who"], shown["name"]) == ("ask", "company", "甲")
    assert 1 <= shown["step"] <= shown["steps"]


def test_a_company_without_a_decision_is_told_to_bring_papers(portal: Served) -> None:
    fresh = "cumcm:E9"
    with portal.portal.worlds.world() as world:
        from kemiao.bank.portal_accounts import USER_ADDED

        with world.log.write() as tx:
            tx.append(USER_ADDED, None, "fresh", {"kind": "company", "person": "新", "company": fresh})
    shown = portal.get("fresh", f"/companies/{fresh}/own").json()
    assert (shown["decision"], shown["next"]["what"]) == (None, "bring_papers")
    assert portal.get("fresh", f"/companies/{fresh}/own/lift").json()["code"] == "NO_FACTS"


@pytest.mark.parametrize("changed", [
    {"revenue_fen": 100_000_000}, {"largest_customer_ppm": 950_000, "sales_cv_ppm": 900_000}, {"high_tech_certificate": "false"},
    {"tax_credit_grade": "C"}, {"cash_days": ""},
])  # fmt: skip
def test_a_slider_says_what_the_command_says_to_the_ppm(portal: Served, home: Path, changed: dict) -> None:
    pairs = [f"{name}={value}" for name, value in changed.items()]
    shown = portal.get("mine", f"/companies/{ME}/own/what-if", params={"change": pairs}).json()
    said = _command(home, "assess", ME, *(word for pair in pairs for word in ("--what-if", pair)))
    assert (shown["before"], shown["after"]) == (said["before"], said["after"])
    assert shown["appended"] is False


def test_what_would_lift_it_is_what_the_command_says(portal: Served, home: Path) -> None:
    shown, said = portal.get("mine", f"/companies/{ME}/own/lift").json(), _command(home, "assess", ME, "--lift")
    assert shown["now"] == said["now"]
    assert [(way["changes"][0]["to"], way["after"]) for way in shown["changes"]] == [(each["to"], each["after"]) for each in said["changes"]]  # fmt: skip
    assert [way["after"] for way in shown["paths"]] == [each["after"] for each in said["paths"]]


def test_every_slider_holds_what_is_now_and_what_is_advised(portal: Served) -> None:
    shown = portal.get("mine", f"/companies/{ME}/own/lift").json()
    ranges = {each["feature"]: each for each in shown["sliders"]}
    assert ranges
    for each in ranges.values():
        if not each["levels"]:
            assert each["low"] <= each["now"] <= each["high"]
            assert 20 <= (each["high"] - each["low"]) // each["step"] <= 250 or each["step"] == 1
    for change in (one for way in (*shown["changes"], *shown["paths"]) for one in way["changes"]):
        own = ranges[change["feature"]]
        assert own["levels"] or own["low"] <= change["to"] <= own["high"]


def test_moving_sliders_decides_nothing_and_leaves_one_receipt(portal: Served) -> None:
    readings, decisions = _events(portal, "reading"), _events(portal, "decision")
    for revenue in range(100_000_000, 110_000_000, 1_000_000):
        assert portal.get("mine", f"/companies/{ME}/own/what-if", params={"change": f"revenue_fen={revenue}"}).status_code == 200  # fmt: skip
    portal.get("mine", f"/companies/{ME}/own/lift")
    portal.get("mine", f"/companies/{ME}/own/qualifications")
    assert _events(portal, "reading") == readings + 1
    assert _events(portal, "decision") == decisions
    with portal.portal.worlds.world() as world:
        last = world.log.last("reading")
        assert last is not None
        assert (last.subject, last.public["purpose"]) == (ME, "subject_access")


def test_new_papers_are_read_anew(portal: Served, home: Path) -> None:
    before = portal.get("mine", f"/companies/{ME}/own/lift").json()["now"]
    rows = sound()
    with at(home) as world:
        put(world, {"staff": [dict(rows["staff"][-1], total=400)]}, companies=(ME,))
        put(world, {"tax_filing": [dict(row, arrears_fen=9_000_000_00) for row in rows["tax_filing"]]}, companies=(ME,))
    readings = _events(portal, "reading")
    after = portal.get("mine", f"/companies/{ME}/own/lift").json()["now"]
    assert _events(portal, "reading") == readings + 1
    assert before != after


@pytest.mark.parametrize("change", ["nothing=1", "revenue_fen=viel", "revenue_fen=1e9", f"revenue_fen={10**17}", "customers_12m=-1", "high_tech_certificate=perhaps"])  # fmt: skip
def test_what_is_no_value_is_refused(portal: Served, change: str) -> None:
    answer = portal.get("mine", f"/companies/{ME}/own/what-if", params={"change": change})
    assert answer.status_code in (404, 409)
    assert answer.json()["code"] in ("NO_SUCH_FEATURE", "NOT_A_VALUE")


def test_an_empty_text_is_unknown() -> None:
    assert typed_change("revenue_fen", "") is None
    assert typed_change("registered_on", "2020-01-31") == "2020-01-31"


def test_of_fewer_than_ten_peers_nothing_is_told(portal: Served) -> None:
    shown = portal.get("mine", f"/companies/{ME}/own/portrait").json()
    assert (shown["peers"], shown["least"]) == (1, 10)
    figures = [each for axis in shown["axes"] for each in axis["figures"]]
    assert any(each["value"] is not None for each in figures)
    assert all(each["quartiles"] is None and each["standing_ppm"] is None for each in figures)
    assert OTHER not in json.dumps(shown)


def test_a_missing_item_has_its_number_and_its_source(portal: Served, home: Path) -> None:
    shown = portal.get("mine", f"/companies/{ME}/own/qualifications").json()
    said = _command(home, "qualifications", ME)
    assert shown["tech_sme"]["score"] == said["tech_sme"]["said"]["score"]
    for each in (*shown["tech_sme"]["conditions"], *shown["tech_sme"]["routes"], *shown["tech_sme"]["scores"]):
        assert each["source"].startswith("科技型中小企业评价办法")
    for each in shown["tech_sme"]["scores"]:
        assert (each["need"] is None) == (each["earns"] is None)
        assert each["more"] is None or each["more"] > 0


def test_the_letter_can_be_kept_and_is_in_the_log(portal: Served) -> None:
    own = portal.get("mine", f"/companies/{ME}/own").json()["decision_id"]
    nothing = portal.post("mine", f"/decisions/{own}/letters", {"form": "txt"})
    assert nothing.json()["code"] == "NOTHING_ADVERSE"
    made = portal.post("mine", f"/decisions/{own}/letters", {"form": "txt", "asked_fen": 10**12})
    assert (made.status_code, own in made.text) == (200, True)
    assert portal.post("theirs", f"/decisions/{own}/letters", {"form": "txt", "asked_fen": 10**12}).status_code == 404
    assert _events(portal, "letter") == 1


def test_who_is_past_due_is_told_so_before_all_else(portal: Served) -> None:
    paid_out = {
        "message": "m-1",
        "loan": LOAN["loan"],
        "kind": "disburse",
        "value_day": date(2024, 1, 10),
        "amount_fen": LOAN["amount_fen"],
    }
    with portal.portal.worlds.world() as world, world.log.write() as tx:
        tx.append_many([loan_draft(LOAN), message_draft(ME, paid_out)])
    then = portal.get("mine", f"/companies/{ME}/own").json()["next"]
    (owed,) = portal.get("mine", f"/companies/{ME}/loans").json()["items"]
    assert (then["what"], then["loan"], then["days"], then["due_fen"]) == (
        "pay_overdue",
        LOAN["loan"],
        owed["past_due_days"],
        owed["due_fen"],
    )
    assert then["days"] > 100 and then["due_fen"] > 0


def test_who_owes_its_whole_limit_is_not_told_that_it_can_borrow(portal: Served) -> None:
    before = portal.get("mine", f"/companies/{ME}/own").json()
    assert before["left_fen"] == before["limit_fen"] and before["next"]["what"] == "ask"
    with portal.portal.worlds.world() as world, world.log.write() as tx:
        tx.append_many([loan_draft(LOAN | {"amount_fen": before["limit_fen"]})])
    after = portal.get("mine", f"/companies/{ME}/own").json()
    assert (after["left_fen"], after["next"]["what"]) == (0, "limit_used")
