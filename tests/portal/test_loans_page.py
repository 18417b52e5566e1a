"""A loan at the portal: from the signature to the money, the plan, a quote, an order of repayment that only money meets."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from kemiao.bank.commands.disburse import Disburse, disburse
from kemiao.bank.commands.loan_change import change
from kemiao.base.refusal import Refusal
from little_bank import DAY, ME
from portal.served import Served
from portal.test_money import PASSWORD, accepted, known, li, password_of

pytestmark = pytest.mark.slow


def lent(portal: Served) -> str:
    """A loan, paid out by the bank's staff."""
    password_of(portal, "mine")
    own = accepted(portal)["application"]
    with portal.portal.worlds.world() as world:
        known(world, own, "LICENCE", "CONSENT", "RESOLUTION", "USE")
    assert portal.post("li", f"/applications/{own}/bank-signature", {"how": "portal"}).status_code == 200
    text = portal.get("mine", f"/applications/{own}/contract").json()
    signed = portal.post("mine", f"/applications/{own}/contract/signature", {"digest": text["digest"], "password": PASSWORD}).json()  # fmt: skip
    with portal.portal.worlds.world() as world:
        from dataclasses import replace

        from kemiao.bank.lending.people import account_of

        sun = account_of(world, "sun")
        assert not isinstance(sun, Refusal)
        paid = disburse(world, Disburse(own), replace(li(world), account=sun))
        assert not isinstance(paid, Refusal), paid
    return str(signed["loan"])


def paid(portal: Served, loan: str, amount_fen: int, message: str) -> None:
    """What operations record when they have seen the money."""
    with portal.portal.worlds.world() as world:
        done = change(world, "sun", {"loan": loan, "kind": "repay", "value_day": DAY, "amount_fen": amount_fen, "message": message, "word": "early"})  # fmt: skip
        assert not isinstance(done, Refusal), done


def test_the_plan_is_the_offers_and_a_company_sees_its_loans_only(portal: Served) -> None:
    loan = lent(portal)
    (row,) = portal.get("mine", f"/companies/{ME}/loans").json()["items"]
    whole = portal.get("mine", f"/loans/{loan}").json()
    assert (row["loan"], row["principal_fen"], whole["status"]) == (loan, 30_000_000, "active")
    offer = portal.get("mine", f"/applications/{whole['application']}").json()["offer"]
    assert [due["interest_fen"] for due in whole["plan"]] == [due["interest_fen"] for due in offer["costs"]["schedule"]]
    assert whole["how"]["reference"] == loan
    for path in (f"/loans/{loan}", f"/loans/{loan}/quote?kind=payoff&on=2024-07-01", f"/loans/{loan}/statement"):
        assert portal.get("theirs", path).status_code == 404
    assert portal.get("theirs", "/repayments").json()["items"] == []


def test_an_order_credits_nothing_and_is_met_by_the_money_alone(portal: Served) -> None:
    loan = lent(portal)
    path = f"/loans/{loan}"
    early = portal.get("mine", f"{path}/quote?kind=early&on=2024-07-01&amount_fen=1000000").json()
    assert (early["principal_fen"], early["left_fen"], early["kept_fen"]) == (1_000_000, 29_000_000, 0)
    order = {"kind": "early", "pay_on": "2024-07-01", "amount_fen": 1_000_000}
    made = portal.post("mine", f"{path}/repayments", order).json()
    assert (made["order"]["state"], made["order"]["lapses_on"], made["how"]["reference"]) == (
        "waiting",
        "2024-07-06",
        loan,
    )
    assert portal.post("mine", f"{path}/repayments", order).json()["again"]
    assert portal.post("mine", f"{path}/repayments", {**order, "amount_fen": 2_000_000}).json()["code"] == "ORDER_WAITS"
    assert portal.get("mine", path).json()["principal_fen"] == 30_000_000  # the word of a company moves nothing
    assert [each["id"] for each in portal.get("sun", "/repayments?state=waiting").json()["items"]] == [
        made["order"]["id"]
    ]
    paid(portal, loan, 999_999, "another")
    assert portal.get("mine", path).json()["orders"][0]["state"] == "waiting"
    paid(portal, loan, 1_000_000, "seen")
    now = portal.get("mine", path).json()
    assert (now["orders"][0]["state"], now["orders"][0]["message"], now["principal_fen"]) == (
        "paid",
        "seen",
        28_000_001,
    )
    assert portal.post("mine", f"/repayments/{made['order']['id']}/withdrawal").json()["code"] == "ORDER_CLOSED"
    with portal.portal.worlds.world() as world:  # the bank takes the payment back: the order waits again
        undone: Any = change(world, "sun", {"loan": loan, "kind": "reverse", "value_day": DAY, "word": "seen", "reason": "入错账"})  # fmt: skip
        assert not isinstance(undone, Refusal) or undone.code == "FOUR_EYES_NEEDED"
        taken_back = not isinstance(undone, Refusal)
    assert portal.get("mine", path).json()["orders"][0]["state"] == ("waiting" if taken_back else "paid")


def test_what_settles_the_loan_is_what_the_command_line_says_and_no_more_is_taken(portal: Served) -> None:
    from kemiao.bank.commands.loan_book import quote

    loan = lent(portal)
    whole = portal.get("mine", f"/loans/{loan}/quote?kind=payoff&on=2024-08-31").json()
    with portal.portal.worlds.world() as world:
        told = quote(world, loan, date(2024, 8, 31))
    assert not isinstance(told, Refusal)
    assert (whole["payoff_fen"], whole["left_fen"]) == (told["total_fen"], 0)
    more = {"kind": "early", "pay_on": "2024-08-31", "amount_fen": whole["payoff_fen"] + 1}
    assert portal.post("mine", f"/loans/{loan}/repayments", more).json()["code"] == "MORE_THAN_OWED"
    assert portal.post("mine", f"/loans/{loan}/repayments", {"kind": "due", "pay_on": "2024-07-02"}).json()["code"] == "NOTHING_OWED"  # fmt: skip
    assert portal.post("mine", f"/loans/{loan}/repayments", {"kind": "due", "pay_on": "2024-06-30"}).json()["code"] == "DAY_PASSED"  # fmt: skip
    ordered = portal.post("mine", f"/loans/{loan}/repayments", {"kind": "payoff", "pay_on": "2024-08-31"}).json()[
        "order"
    ]
    assert portal.post("theirs", f"/repayments/{ordered['id']}/withdrawal").status_code == 404
    assert portal.post("mine", f"/repayments/{ordered['id']}/withdrawal").json()["state"] == "withdrawn"


def test_the_statement_comes_as_a_paper_once_the_day_is_closed(portal: Served) -> None:
    from kemiao.bank.commands.end_of_day import end_of_day

    loan = lent(portal)
    assert portal.get("mine", f"/loans/{loan}/statement").json()["code"] == "NOTHING_POSTED"
    with portal.portal.worlds.world() as world:
        end_of_day(world)
    answer = portal.get("mine", f"/loans/{loan}/statement")
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF")
