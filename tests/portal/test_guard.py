"""Every route is guarded: sign-in, rule, own or other, the page's token, the idempotency key, the access log."""

from __future__ import annotations

import pytest

from kemiao.portal.application import application, rules_of
from kemiao.portal.door import API
from kemiao.portal.published import PUBLISHED, published
from little_bank import ME, OTHER
from portal.served import Served


def test_every_route_has_a_rule_and_every_rule_a_route(portal: Served) -> None:
    routes = {
        f"{method.upper()} {path.removeprefix(API)}"
        for path, methods in application(portal.portal).openapi()["paths"].items()
        for method in methods
    }
    with portal.portal.worlds.world() as world:
        rules = rules_of(world)
    assert routes == rules.keys()


def test_without_signing_in_there_is_nothing(portal: Served) -> None:
    answer = portal.get(None, "/companies")
    assert (answer.status_code, answer.json()["code"]) == (401, "NOT_SIGNED_IN")
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(("account", "path", "status"), [
    ("li", f"/companies/{ME}", 200), ("mine", f"/companies/{ME}", 200), ("mine", f"/companies/{OTHER}", 404),
    ("chen", f"/companies/{ME}", 403), ("fund", f"/companies/{ME}", 403),
])  # fmt: skip
def test_a_company_sees_itself_and_an_administrator_no_company(
    portal: Served, account: str, path: str, status: int
) -> None:
    assert portal.get(account, path).status_code == status


def test_a_list_shows_a_company_itself_only(portal: Served) -> None:
    assert [row["company"] for row in portal.get("mine", "/companies").json()["items"]] == [ME]
    assert {row["company"] for row in portal.get("li", "/companies").json()["items"]} >= {ME, OTHER}


def test_what_was_asked_stands_in_the_access_log_refused_or_not(portal: Served) -> None:
    portal.get("li", f"/companies/{ME}")
    portal.get("chen", f"/companies/{ME}")
    entries = portal.portal.access_log.entries()
    assert [(each.account, each.said["status"]) for each in entries] == [("chen", 403), ("li", 200)]
    assert entries[1].company == ME
    assert portal.portal.access_log.broken_link() is None


def test_what_has_not_changed_is_not_sent_again(portal: Served) -> None:
    first = portal.get("li", f"/companies/{ME}")
    again = portal.get("li", f"/companies/{ME}", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_the_published_api_is_what_the_code_makes() -> None:
    assert PUBLISHED.read_text("utf-8") == published(), "run: make client"
