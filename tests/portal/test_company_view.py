"""One company on one page: its figures are those of profile and commands; one receipt a visit; nobody's but who may see it."""

from __future__ import annotations

from typing import Any

import pytest

from kemiao.bank.commands.assess import Request, assess
from kemiao.bank.commands.patents import Request as PatentsRequest
from kemiao.bank.commands.patents import patents
from little_bank import ME, OTHER, put
from portal.served import Served


def view(portal: Served, account: str = "li", company: str = ME) -> dict[str, Any]:
    answer = portal.get(account, f"/companies/{company}/view")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def features(portal: Served) -> dict[str, Any]:
    with portal.portal.worlds.world() as world:
        kept = world.log.private(world.log.last("decision", subject=ME))
    assert kept is not None
    return dict(kept["features"])


def receipts(portal: Served) -> int:
    with portal.portal.worlds.world() as world:
        return sum(1 for _ in world.log.events("reading", subject=ME))


@pytest.mark.parametrize(("side", "number", "largest", "top5", "hhi"), [
    ("customers", "customers_12m", "largest_customer_ppm", "top5_customers_ppm", "customers_hhi_ppm"),
    ("suppliers", "suppliers_12m", "largest_supplier_ppm", "top5_suppliers_ppm", "suppliers_hhi_ppm"),
])  # fmt: skip
def test_dealings_are_those_of_the_profile(
    portal: Served, side: str, number: str, largest: str, top5: str, hhi: str
) -> None:
    seen, known = view(portal)[side], features(portal)
    assert (seen["number"], seen["largest_ppm"], seen["top5_ppm"], seen["hhi_ppm"]) == (known[number], known[largest], known[top5], known[hhi])  # fmt: skip
    assert sum(row["fen"] for row in seen["rows"]) + seen["others_fen"] == seen["whole_fen"]


def test_months_of_invoices_and_cash_are_those_of_the_profile(portal: Served) -> None:
    seen, known = view(portal), features(portal)
    months = [row for row in seen["invoices"] if "2023-07-01" <= row["month"] < "2024-07-01"]
    assert sum(row["sales_fen"] for row in months) == known["revenue_12m_fen"]
    cash = [row for row in seen["cash"] if "2023-07-01" <= row["month"] < "2024-07-01"]
    assert sum(row["inflow_fen"] for row in cash) == known["inflow_12m_fen"]
    assert seen["cash"][-1]["balance_fen"] == known["cash_balance_fen"]


@pytest.mark.slow
def test_patents_are_those_of_the_command(portal: Served) -> None:
    with portal.portal.worlds.world() as world:
        said: Any = patents(world, PatentsRequest(ME))
    seen = view(portal)["technology"]
    assert (seen["pledge_fen"], seen["index_sum_milli"]) == (said["pledge_fen"], said["index_sum_milli"])
    names = ("number", "index_milli", "lending_fen", "pledge_fen")
    assert [[row[name] for name in names] for row in seen["patents"]] == [[row[name] for name in names] for row in said["patents"]]  # fmt: skip


def test_a_visit_leaves_one_receipt_however_often_it_looks(portal: Served) -> None:
    before = receipts(portal)
    first = view(portal)
    assert [view(portal) for _ in range(3)] == [first] * 3
    assert receipts(portal) == before + 1
    view(portal, "wang")
    assert receipts(portal) == before + 2, "another person's look is another reading"


@pytest.mark.slow
def test_papers_that_came_in_are_read_and_a_new_decision_is_shown_at_once(portal: Served) -> None:
    before = view(portal)
    with portal.portal.worlds.world() as world:
        case = {
            "company": ME,
            "case_no": "1",
            "role": "enforced",
            "filed_on": before_day(),
            "amount_fen": 1,
            "status": "open",
        }
        put(world, {"court_case": [case]}, companies=(ME,))
        assess(world, Request((ME,)))
    now = view(portal)
    assert len(now["documents"]) == len(before["documents"]) + 1
    newest = now["decisions"][0]
    assert [each["decision_id"] for each in now["decisions"][1:]] == [before["decisions"][0]["decision_id"]]
    assert newest["since"]["headline"]["decision"] == ["approve", newest["decision"]]
    assert "enforced_open" in {each["feature"] for each in newest["since"]["features"]}


def before_day() -> Any:
    from datetime import date

    return date(2024, 6, 1)


@pytest.mark.parametrize("path", ["view", "portrait", "report", "portrait.svg", "calls"])
def test_companies_administrators_and_funders_see_none_of_it(portal: Served, path: str) -> None:
    for account in ("mine", "theirs", "chen", "fund"):
        assert portal.get(account, f"/companies/{ME}/{path}").status_code == 403


def test_a_company_that_is_unknown_has_no_page(portal: Served) -> None:
    answer = portal.get("li", "/companies/cumcm:E999/view")
    assert (answer.status_code, answer.json()["code"]) == (404, "NO_SUCH_COMPANY")


@pytest.mark.slow
def test_the_portrait_has_figures_and_no_other_company(portal: Served) -> None:
    answer = portal.get("li", f"/companies/{ME}/portrait")
    assert answer.json()["axes"]
    assert OTHER.partition(":")[2] not in answer.text
