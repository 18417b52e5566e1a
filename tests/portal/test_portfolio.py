"""The book and its economics: the page says what the commands say."""

from __future__ import annotations

from dataclasses import asdict

import pytest

from kemiao.bank.book_workbook import book_workbook
from kemiao.bank.commands import book
from kemiao.bank.commands.book_report import book_report
from kemiao.bank.commands.economics import economics
from kemiao.base.refusal import Refusal
from portal.served import Served


@pytest.mark.slow
def test_pages_say_what_the_commands_say(portal: Served) -> None:
    with portal.portal.worlds.world() as world:
        whole, cost, document = book.show(world, None), economics(world), book_report(world, None, None)
    assert not isinstance(whole, Refusal)
    assert not isinstance(cost, Refusal)
    assert not isinstance(document, Refusal)
    seen = portal.get("li", "/portfolio").json()
    assert {name: whole[name] for name in seen["totals"]} == seen["totals"]
    assert [row["key"] for row in seen["by_class"]] == [row["key"] for row in whole["by_class"]]
    told = portal.get("li", "/economics").json()
    assert {name: value for name, value in asdict(cost).items() if name not in ("by_step", "practice")} == {name: value for name, value in told.items() if name not in ("by_step", "practice")}  # fmt: skip
    assert ("loans_of_applications", 300_000) in {(row["figure"], row["value"]) for row in told["practice"]}
    assert portal.get("audit", "/portfolio/workbook").content == book_workbook(document, lambda zh, _: zh)


@pytest.mark.parametrize("path", ["", "/movement", "/vintage", "/balance", "/workbook"])
def test_companies_and_funders_see_no_book(portal: Served, path: str) -> None:
    for account in ("mine", "fund", "chen"):
        assert portal.get(account, f"/portfolio{path}").status_code == 403
