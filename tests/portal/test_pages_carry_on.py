"""What happens to a page when an answer is lost, when its session ends, and when its rows are taken away as a workbook."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from openpyxl import load_workbook  # type: ignore[import-untyped]
from playwright.sync_api import Page, Route

from little_bank import at
from portal.browsing import PASSWORD, browsing, give_passwords, serving, sign_in
from portal.served import little_home

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("carry_on") / "home"
    little_home(root)
    give_passwords(root, "li")
    return root


@pytest.fixture(scope="module")
def page(home: Path) -> Iterator[Page]:
    with serving(home) as server, browsing() as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        sign_in(page, server.address, "li")
        page.goto(f"{server.address}/work/complaints")
        yield page


def test_a_complaint_is_taken_once_though_its_session_ended_and_its_answer_was_lost(page: Page, home: Path, tmp_path: Path) -> None:  # fmt: skip
    page.get_by_role("button", name="受理一件投诉").click()
    for label, text in (("事由", "服务"), ("投诉人", "王女士"), ("联系方式", "13800000000"), ("诉求", "答复"), ("事实", "等了两周")):  # fmt: skip
        page.get_by_role("textbox", name=label, exact=True).fill(text)
    sent: list[str] = []

    def lost(route: Route) -> None:
        if route.request.method != "POST":
            route.continue_()
            return
        sent.append(route.request.headers["idempotency-key"])
        answer = route.fetch()
        if answer.status == 401 or len(sent) > 2:
            route.fulfill(response=answer)
        else:
            route.abort()  # it was done, and nobody heard of it

    page.route("**/api/v1/complaints", lost)
    page.context.clear_cookies()
    page.get_by_role("button", name="提交").last.click()
    door = page.get_by_role("dialog")
    door.get_by_label("密码", exact=True).fill(PASSWORD)
    door.get_by_role("button", name="登录").click()
    page.get_by_role("main").get_by_role("table").get_by_text("服务").wait_for()
    assert len(sent) == 3  # without a session, its answer lost, answered
    assert len(set(sent)) == 1
    with at(home) as world:
        assert [event.kind for event in world.log.events() if event.kind.startswith("complaint")] == ["complaint_filed"]
    with page.expect_download() as brought:
        page.get_by_role("button", name="导出 XLSX").click()
    brought.value.save_as(tmp_path / "complaints.xlsx")
    rows = list(load_workbook(tmp_path / "complaints.xlsx").active.values)
    assert len(rows) == 2
    assert "服务" in rows[1]
