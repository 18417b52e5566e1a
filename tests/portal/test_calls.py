"""Whom to call: the page says what the command says, and what came of a call is remembered."""

from __future__ import annotations

import pytest

from kemiao.bank.commands.call_list import MADE, call_list
from kemiao.base.refusal import Refusal
from little_bank import ME, OTHER
from portal.served import Served


def test_the_page_shows_what_the_command_says(portal: Served) -> None:
    with portal.portal.worlds.world() as world:
        said = call_list(world)
    assert not isinstance(said, Refusal)
    seen = portal.get("li", "/calls").json()
    assert (seen["considered"], seen["waiting"], len(seen["rows"])) == (said.considered, said.waiting, 2)
    for row, own in zip(seen["rows"], said.rows, strict=True):
        assert {name: row[name] for name in own} == own
    assert all(row["reasons"] for row in seen["rows"])


def test_who_was_called_is_not_shown_again_until_then(portal: Served) -> None:
    assert {row["company"] for row in portal.get("li", "/calls").json()["rows"]} == {ME, OTHER}
    made = portal.post(
        "li", f"/companies/{ME}/calls", {"outcome": "not_now", "until": "2024-09-01", "note": "秋后再谈"}
    )
    assert (made.status_code, made.json()["until"]) == (201, "2024-09-01")
    seen = portal.get("li", "/calls").json()
    assert ([row["company"] for row in seen["rows"]], seen["waiting"]) == ([OTHER], 1)
    (one,) = portal.get("li", f"/companies/{ME}/calls").json()
    assert (one["by"], one["outcome"], one["note"]) == ("li", "not_now", "秋后再谈")


def test_without_a_day_policy_says_how_long(portal: Served) -> None:
    until = {
        outcome: portal.post("li", f"/companies/{ME}/calls", {"outcome": outcome}).json()["until"]
        for outcome in ("called", "interested", "not_reached", "not_now")
    }
    assert until == {"called": "2024-07-31", "interested": "2024-07-15", "not_reached": "2024-07-03", "not_now": "2024-09-29"}  # fmt: skip


def test_a_note_is_sealed(portal: Served) -> None:
    portal.post("li", f"/companies/{ME}/calls", {"outcome": "called", "note": "老板手机 13800000000"})
    with portal.portal.worlds.world() as world:
        event = world.log.last(MADE, subject=ME)
    assert event is not None
    assert "13800000000" not in str(event.public)


def test_a_repeated_request_records_one_call(portal: Served) -> None:
    for _ in range(2):
        answer = portal.post("li", f"/companies/{ME}/calls", {"outcome": "called"}, key="the-same-key")
        assert answer.status_code == 201
    assert len(portal.get("li", f"/companies/{ME}/calls").json()) == 1


@pytest.mark.parametrize(("body", "status", "code"), [
    ({"outcome": "never"}, 422, "UNFIT_INPUT"), ({"outcome": "called", "until": "2024-06-30"}, 409, "DAY_PASSED"), ({"outcome": "called", "until": "2034-01-01"}, 409, "DAY_TOO_FAR"),
    ({"outcome": "called", "by": "wang"}, 422, "UNFIT_INPUT"), ({"outcome": "called", "note": "x" * 501}, 422, "UNFIT_INPUT"),
])  # fmt: skip
def test_what_does_not_fit_is_refused(portal: Served, body: dict[str, str], status: int, code: str) -> None:
    answer = portal.post("li", f"/companies/{ME}/calls", body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_company_without_an_assessment_is_not_called(portal: Served) -> None:
    answer = portal.post("li", "/companies/cumcm:E999/calls", {"outcome": "called"})
    assert answer.json()["code"] == "NO_SUCH_COMPANY"


@pytest.mark.parametrize(("account", "reads", "records"), [("wang", 200, 201), ("qian", 200, 403), ("sun", 403, 403), ("mine", 403, 403), ("fund", 403, 403), ("audit", 403, 403)])  # fmt: skip
def test_who_may_see_and_record(portal: Served, account: str, reads: int, records: int) -> None:
    assert portal.get(account, "/calls").status_code == reads
    assert portal.post(account, f"/companies/{ME}/calls", {"outcome": "called"}).status_code == records
