"""Accounts at the portal: an administrator adds, closes and resets, with four eyes once two administer, and sees no company."""

from __future__ import annotations

from pathlib import Path

import pytest

from kemiao.bank.lending.people import ADDED
from kemiao.bank.portal_accounts import USER_ADDED
from kemiao.portal.door import API
from little_bank import ME, OTHER, at
from portal.served import Served

pytestmark = pytest.mark.slow
NEW = {"account": "zhang", "kind": "company", "person": "张伟", "company": OTHER}


def second_administrator(home: Path) -> None:
    with at(home) as world, world.log.write() as tx:
        tx.append(
            ADDED,
            None,
            "gao",
            {"person": "高洁", "roles": ["administrator"], "unit": "head_office", "bootstrap": False, "by": "chen"},
        )


def test_an_account_is_added_gets_a_password_that_opens_once_and_is_closed(portal: Served) -> None:
    assert portal.post("chen", "/users", NEW).status_code == 201
    first = portal.post("chen", "/users/zhang/password").json()["password"]
    listed = {row["account"]: row for row in portal.get("chen", "/users").json()["items"]}
    assert (listed["zhang"]["password"], listed["zhang"]["company"], listed["li"]["kind"]) == ("first", OTHER, "staff")
    portal.client.cookies.clear()
    assert portal.client.post(f"{API}/session", json={"account": "zhang", "password": first}).status_code == 204
    assert portal.get("zhang", f"/companies/{OTHER}").json()["code"] == "PASSWORD_TO_CHANGE"
    assert portal.post("chen", "/users/zhang/close").status_code == 204
    assert portal.get("zhang", "/session").status_code == 401
    assert portal.post("chen", "/users", NEW).json()["code"] == "ACCOUNT_EXISTS"


@pytest.mark.parametrize(("body", "code"), [
    (NEW | {"account": "li"}, "ACCOUNT_EXISTS"), (NEW | {"company": None}, "COMPANY_NEEDED"), (NEW | {"kind": "funder"}, "COMPANY_NEEDED"),
    (NEW | {"kind": "auditor", "company": None, "funder": "x"}, "FUNDER_NEEDED"), (NEW | {"account": "a b"}, "BAD_ACCOUNT_NAME"),
    (NEW | {"kind": "staff"}, "UNFIT_INPUT"), (NEW | {"roles": ["administrator"]}, "UNFIT_INPUT"),
])  # fmt: skip
def test_what_does_not_fit_is_refused(portal: Served, body: dict[str, object], code: str) -> None:
    assert portal.post("chen", "/users", body).json()["code"] == code


def test_names_are_given_once_to_staff_and_users_together(portal: Served) -> None:
    staff = {"account": "mine", "person": "马丽", "roles": ["operations"], "unit": "head_office"}
    assert portal.post("chen", "/staff", staff).json()["code"] == "ACCOUNT_EXISTS"


def test_where_two_administer_one_proposes_and_the_other_approves(portal: Served, home: Path) -> None:
    second_administrator(home)
    asked = portal.post("chen", "/users", NEW)
    assert (asked.status_code, asked.json()["code"]) == (409, "FOUR_EYES_NEEDED")
    request = asked.json()["where"]["request"]
    (row,) = portal.get("gao", "/staff/requests").json()
    assert (row["staff_request"], row["bound"]["account"], row["maker"]) == (request, "zhang", "chen")
    assert portal.post("chen", f"/staff/requests/{request}/approval").json()["code"] == "OWN_REQUEST"
    assert portal.post("gao", f"/staff/requests/{request}/approval").status_code == 204
    assert (
        portal.post("chen", "/users", NEW | {"company": ME}).json()["code"] == "FOUR_EYES_NEEDED"
    )  # another company was not approved
    assert portal.post("chen", "/users", NEW).status_code == 201
    with at(home) as world:
        assert world.log.last(USER_ADDED, ref="zhang").public["approved_by"] == "gao"
    assert portal.post("chen", "/users/zhang/password").json()["code"] == "FOUR_EYES_NEEDED"


@pytest.mark.parametrize("path", ["/users", "/sessions", "/staff/requests", "/access/rules", "/users/mine/tokens"])
def test_only_an_administrator_administers(portal: Served, path: str) -> None:
    assert portal.get("chen", path).status_code == 200
    for other in ("mine", "fund", "li", "sun"):
        assert portal.get(other, path).status_code == 403


def test_sessions_are_seen_and_ended_by_an_administrator(portal: Served) -> None:
    assert portal.get("mine", "/session").status_code == 200
    (own,) = [row for row in portal.get("chen", "/sessions").json() if row["account"] == "mine"]
    assert portal.delete("chen", f"/sessions/{own['session']}").status_code == 204
    assert portal.get("mine", "/session").status_code == 401
    assert portal.delete("chen", f"/sessions/{own['session']}").status_code == 404


def test_staff_are_added_changed_and_stood_in_for(portal: Served) -> None:
    staff = {"account": "ma", "person": "马丽", "roles": ["operations"], "unit": "technology_branch"}
    assert portal.post("chen", "/staff", staff).status_code == 204
    assert (
        portal.put("chen", "/staff/ma", {"roles": ["customer_manager"], "unit": "technology_team"}).status_code == 204
    )
    assert portal.post("li", "/staff/li/delegation", {"to": "ma", "until": "2024-07-31"}).status_code == 204
    row = next(row for row in portal.get("chen", "/staff").json() if row["account"] == "ma")
    assert (row["roles"], row["stands_in_for"]) == (["customer_manager"], [{"account": "li", "until": "2024-07-31"}])
    assert portal.post("chen", "/users/chen/close").json()["code"] == "LAST_ADMINISTRATOR"


def test_the_rules_are_shown_as_the_policy_has_them(portal: Served) -> None:
    rules = {row["route"]: row for row in portal.get("audit", "/access/rules").json()}
    assert rules["POST /users"]["anyone"] == ["administrator"]
    assert rules["POST /session"]["open"]
    assert portal.get("chen", "/chain/keys").json() == []  # this home takes part in no chain
