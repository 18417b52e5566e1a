"""The list of companies: search, filters, orders, pages; it follows the event log and shows what may be shown."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from kemiao.bank.commands.add_company import listed
from kemiao.bank.commands.assess import Request, assess
from kemiao.bank.commands.erase import erase
from little_bank import ME, OTHER, put, sound
from portal.served import Served

THIRD = "uscc:91110108MA01ABCD1X"


def items(portal: Served, query: str = "", account: str = "li") -> list[dict[str, Any]]:
    answer = portal.get(account, f"/companies{query}")
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


def rename(portal: Served, company: str, name: str) -> None:
    with portal.portal.worlds.world() as world:
        rows = [{"company": company, "name": name, "registered_on": date(2024, 6, 1), "industry": "retail"}]
        put(world, {"company": rows}, companies=(company,))


def test_names_and_industries_are_those_of_the_command_line(portal: Served) -> None:
    with portal.portal.worlds.world() as world:
        said = listed(world)
    assert [{name: row[name] for name in said[0]} for row in items(portal)] == said


def test_every_page_brings_the_next_and_nothing_twice(portal: Served) -> None:
    for order in ("company", "name", "limit", "pd", "owed", "decided"):
        seen, cursor = [], ""
        while True:
            page = portal.get("li", f"/companies?limit=1&order={order}{cursor}").json()
            seen += [row["company"] for row in page["items"]]
            if page["next"] is None:
                break
            cursor = f"&cursor={page['next']}"
        assert sorted(seen) == sorted((ME, OTHER)), order
        assert seen == [row["company"] for row in items(portal, f"?order={order}")]


@pytest.mark.slow
@pytest.mark.parametrize(("query", "found"), [
    ("?text=%E8%8B%97%E5%9C%83", [ME]), (f"?text={OTHER[5:14]}", [OTHER]), ("?text=nobody", []), ("?decision=approve&grade=A", sorted((ME, OTHER))),
    ("?decision=decline", []), ("?industry=retail", [ME]), ("?has_loan=false", sorted((ME, OTHER))), ("?has_loan=true", []), ("?text=%25", []),
])  # fmt: skip
def test_search_and_filters(portal: Served, query: str, found: list[str]) -> None:
    rename(portal, ME, "苗圃科技有限公司")
    assert [row["company"] for row in items(portal, query)] == found


@pytest.mark.slow
def test_what_comes_in_later_is_seen_at_once(portal: Served) -> None:
    assert len(items(portal)) == 2
    with portal.portal.worlds.world() as world:
        put(world, sound(THIRD), companies=(THIRD,))
    new = next(row for row in items(portal) if row["company"] == THIRD)
    assert (new["decision"], new["name"]) == (None, "甲")
    with portal.portal.worlds.world() as world:
        assess(world, Request((THIRD,)))
    judged = next(row for row in items(portal) if row["company"] == THIRD)
    assert judged["decision"] == "approve"
    assert portal.get("li", "/companies/counts").json()["decision"] == {"approve": 3}


@pytest.mark.slow
def test_who_was_erased_is_gone(portal: Served) -> None:
    assert len(items(portal)) == 2
    with portal.portal.worlds.world() as world:
        erase(world, OTHER, "企业要求")
    assert [row["company"] for row in items(portal)] == [ME]


def test_a_company_sees_itself_alone_whatever_it_asks_for(portal: Served) -> None:
    for query in ("", f"?text={OTHER[5:]}", "?order=limit&limit=200", "?has_loan=false"):
        assert {row["company"] for row in items(portal, query, "mine")} <= {ME}
    assert portal.get("mine", "/companies/counts").status_code == 403


def test_one_reading_serves_all_pages_of_a_snapshot(portal: Served) -> None:
    def receipts() -> int:
        with portal.portal.worlds.world() as world:
            return sum(1 for _ in world.log.events("reading"))

    items(portal)
    before = receipts()
    for order in ("name", "limit"):
        items(portal, f"?order={order}&limit=1")
    assert receipts() == before


@pytest.mark.parametrize("cursor", ["x", "bm9uZQ", "W10", "WzEsMiwzXQ", "W2ZhbHNlLCAieCIsICJ5Il0"])
def test_a_cursor_that_no_page_gave_is_refused(portal: Served, cursor: str) -> None:
    assert portal.get("li", f"/companies?cursor={cursor}").json()["code"] == "BAD_REQUEST"
