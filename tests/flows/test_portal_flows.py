"""What people do at the portal, from the first page to the receipt: each flow in browsers of their own, over the real thing, looked up in
the event log and on the chain by its ids; between the steps the server is killed and started anew. One home, as a bank has it: a later flow
finds there what an earlier one left."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from flows.portal_acting import (
    PHONE,
    Bank,
    accept,
    approve,
    ask,
    bank_at_work,
    choose,
    confirm,
    countersign,
    every_payment_needs_two,
    look_into,
    pay_out,
    propose,
    second_person,
    tick_all,
    told,
    waited,
)
from flows.portal_keys import PHRASE, backup, signed
from kemiao.bank.lending.standing import states
from kemiao.bank.market.matches import standing
from little_bank import ME, OTHER, put, sound
from portal.browsing import watched
from portal.trust_home import trust_home, world_of

pytestmark = pytest.mark.slow
WAIT_SECONDS, SCREENS_MOST, TYPED_MOST = 10, 4, 6
FIELDS = "main input:not([type=radio]):not([type=checkbox]), main textarea"


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bank]:
    home = trust_home(tmp_path_factory.mktemp("flows") / "home")
    every_payment_needs_two(home)
    with bank_at_work(home, "li", "wang", "zhao", "sun", "fund", "audit") as found:
        found.page("theirs", "/money/ask").get_by_label("金额").wait_for()  # a portal that has been up for a while
        yield found


def counted(page: Page) -> list[tuple[str, int]]:
    """Collects what each screen of the page asks to be typed while the person goes on."""
    seen: dict[str, int] = {}
    page.expose_function("fieldsSeen", lambda screen, fields: seen.update({screen: max(fields, seen.get(screen, 0))}))
    page.evaluate(
        """selector => setInterval(() => {
            const head = document.querySelector("main h2");
            const shown = [...document.querySelectorAll(selector)].filter(one => one.offsetParent !== null);
            if (head && location.pathname === "/money/ask") window.fieldsSeen(head.textContent, shown.length);
        }, 50)""",
        FIELDS,
    )
    return seen.items()  # type: ignore[return-value]  # a view: filled while the page is used


def test_three_minutes_at_a_phone_and_the_money_is_there(bank: Bank, tmp_path: Path) -> None:
    waits: list[float] = []
    with waited(waits):
        mine = bank.page("mine", **PHONE)
    complaints, screens = watched(mine), counted(mine)
    own = ask(mine, "30万", waits)
    assert max(waits) < WAIT_SECONDS, waits
    assert 1 <= len(screens) <= SCREENS_MOST and sum(fields for _, fields in screens) <= TYPED_MOST, screens
    applied, offered = bank.events("application", ref=own)
    assert [step.public["step"] for step in (applied, offered)] == ["applied", "offered"]
    assert (applied.public["applicant"], offered.public["by"]) == ("mine", None)
    expect(mine.get_by_text(f"#{offered.seq}")).to_be_visible()
    assert [
        line for line in complaints if "Failed to load" not in line
    ] == []  # the server may be busy: asked for again

    bank.killed_and_started()
    accept(bank, "mine", own)
    look_into(bank, "li", ME, own)
    tick_all(bank, "li", own, tmp_path / "决议.pdf")
    propose(bank, "li", own)
    signature = countersign(bank, "mine", own)
    loan = pay_out(bank, "sun", own, "wang")

    page = bank.page("mine", f"/money/loans/{loan}")
    expect(page.get_by_text("还款中").first).to_be_visible()
    expect(page.get_by_text("300,000.00").first).to_be_visible()
    assert page.get_by_role("row").filter(has_text="2025-").count() >= 6
    with world_of(bank.home) as world:
        assert states(world, own=loan).to_pylist()[0]["drawn_fen"] == 30_000_000
    # what the chain has of it: the decision and the signature, checked in this browser, and by who trusts nobody
    decision = str(offered.public["decision"])
    assert decision in json.dumps(bank.proved("mine", decision))
    page = bank.page("mine", "/trust/receipts")
    row = page.get_by_role("row").filter(has_text=signature[:16])
    row.get_by_role("button", name="核验 / 下载").click()
    page.get_by_role("button", name="在本机核验").first.click()
    expect(page.get_by_text("证明成立").first).to_be_visible()


def test_an_officer_refers_a_case_and_another_decides_it_with_a_second_person(bank: Bank) -> None:
    theirs = bank.page("theirs", "/money")
    own = ask(theirs, "35万", [], "政银担风险分担贷", "某担保公司")
    assert [step.public["step"] for step in bank.events("application", ref=own)] == ["applied"]
    expect(theirs.get_by_text("需要人工审批").first).to_be_visible()

    li = bank.page("li", "/work")
    li.get_by_role("row").filter(has_text="35万").first.click()
    li.wait_for_url(f"**/work/applications/{own}")
    li.get_by_role("tab", name="上报或退回").click()
    choose(li, "交给", "支行审批官")
    li.get_by_label("说明").fill("订单集中于一家客户,请判断")
    confirm(li, "提交")
    referred = told(li)
    assert bank.last("application_referred", ref=own).seq == referred

    wang = bank.page("wang", f"/work/applications/{own}")
    expect(wang.get_by_text("订单集中于一家客户").first).to_be_visible()
    confirm(wang, "提出要约")
    request = second_person(wang)
    approved = approve(bank, "zhao", request)
    bank.killed_and_started()
    wang = bank.page("wang", f"/work/applications/{own}")
    confirm(wang, "提出要约")
    event = told(wang)
    offered = bank.last("application", ref=own)
    assert (offered.seq, offered.public["by"], offered.public["approved_by"]) == (event, "wang", "zhao")
    assert referred < approved < event
    theirs = bank.page("theirs", f"/money/applications/{own}")
    expect(theirs.get_by_role("button", name="接受", exact=True)).to_be_visible()
    decision = str(offered.public["decision"])
    assert decision in json.dumps(bank.proved("theirs", decision))


def test_a_funders_mandate_comes_to_a_loan_by_a_match(bank: Bank, tmp_path: Path) -> None:
    fund = bank.page("fund", "/mandates")
    fund.get_by_role("button", name="登记资金").click()
    fund.get_by_label("名称(编号为 fund-a-名称)").fill("科技一号")
    fund.get_by_label("预算", exact=True).fill("40万")
    fund.get_by_label("利率(最好等级)").fill("4.2")
    fund.get_by_text("更多条件(可不填)").click()
    fund.get_by_label("放款产品").fill("tech_credit")
    fund.get_by_role("button", name="登记", exact=True).click()
    expect(fund.get_by_role("heading", name="fund-a-科技一号")).to_be_visible()
    mandate = bank.last("market_posting", ref="fund-a-科技一号")

    mine = bank.page("mine", "/money/market")
    mine.get_by_role("button", name="登记需求").click()
    mine.get_by_label("需要多少").fill("20万")
    mine.get_by_label("最多愿意付(年化综合成本,含担保费)").fill("9")
    choose(mine, "用来做什么", "采购原材料")
    mine.get_by_role("button", name="登记", exact=True).click()
    expect(mine.get_by_role("button", name="修改")).to_be_visible()
    request = bank.last("market_posting", subject=ME)
    assert request.seq > mandate.seq

    sun = bank.page("sun", "/market")
    sun.get_by_role("button", name="开启一场撮合").click()
    dialog = sun.get_by_role("dialog")
    dialog.get_by_label("只在本机构,不上链").click()
    dialog.get_by_label("提交时间(分钟,空为策略默认)").fill("0")
    dialog.get_by_label("揭示时间(分钟,空为策略默认)").fill("0")
    dialog.get_by_role("button", name="开启").click()
    sun.get_by_role("row").filter(has_text="待撮合").get_by_role("link").click()
    sun.get_by_role("button", name="撮合", exact=True).click()
    expect(sun.get_by_role("tab", name="成交")).to_be_visible()
    with world_of(bank.home) as world:
        (match,) = standing(world)
    assert (match.company, match.mandate, match.amount_fen) == (ME, "fund-a-科技一号", 20_000_000)

    bank.killed_and_started()
    fund = bank.page("fund", "/matches")
    expect(fund.get_by_role("row").filter(has_text="fund-a-科技一号").first).to_be_visible()
    li = bank.page("li", "/market")
    li.get_by_role("row").filter(has_text="已撮合").get_by_role("link").click()
    li.get_by_role("button", name="办理成交贷款").click()
    li.get_by_text("已办 1 笔").wait_for()
    offered = bank.last("application", subject=ME)
    own = str(offered.ref)
    assert offered.public["step"] == "offered"

    accept(bank, "mine", own)
    if not bank.events("due_diligence", subject=ME):
        look_into(bank, "li", ME, own)
    tick_all(bank, "li", own, tmp_path / "决议.pdf")
    propose(bank, "li", own)
    countersign(bank, "mine", own)
    loan = pay_out(bank, "sun", own, "wang")
    decision = str(offered.public["decision"])
    assert decision in json.dumps(bank.proved("mine", decision))
    fund = bank.page("fund", "/portfolio")
    expect(fund.get_by_role("row").filter(has_text=loan[:12]).first).to_be_visible()


def test_an_auditor_decides_a_decision_again_to_the_byte(bank: Bank) -> None:
    decision = str(bank.last("decision", subject=ME).ref)
    assert decision in json.dumps(bank.proved("audit", decision))
    bank.killed_and_started()
    before = bank.last("reading").seq
    page = bank.page("audit", "/replay")
    page.get_by_role("textbox", name="决定编号").fill(decision)
    page.get_by_role("button", name="重演").first.click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("逐字节一致")).to_be_visible()
    expect(dialog.get_by_text(decision).first).to_be_visible()
    traced = [each for each in bank.events("reading", after=before) if each.public["purpose"] == "trace"]
    assert traced and {each.subject for each in traced} <= {ME, None}, traced


def test_what_was_typed_by_keyboard_outlasts_a_server_that_is_away_and_is_sent_once(bank: Bank) -> None:
    page = bank.page("theirs", "/money/ask")
    page.get_by_label("金额").wait_for()
    _typed(page, "金额", "20万")
    _reach(page, "button", "下一步")
    page.keyboard.press("Enter")
    page.get_by_role("radio").first.wait_for()
    page.get_by_role("radio", name="科技信用贷").check()
    page.get_by_role("button", name="下一步").click()
    page.get_by_label("联系人和电话").fill("王会计 13900000000")
    before = len(bank.events("application", subject=OTHER))
    bank.server.stop()
    page.get_by_role("button", name="提交申请").click()
    expect(page.get_by_role("alert").filter(has_text="没有应答")).to_be_visible()
    expect(page.get_by_label("联系人和电话")).to_have_value("王会计 13900000000")
    time.sleep(1)  # away for some seconds, with its start
    bank.server.start()
    page.get_by_role("button", name="提交申请").click()
    page.wait_for_url("**/money/applications/app-*")
    own = page.url.rpartition("/")[2]
    made = bank.events("application", subject=OTHER)[before:]
    assert {event.ref for event in made} == {own} and [event.public["step"] for event in made].count("applied") == 1


def test_what_a_company_takes_back_in_its_browser_the_bank_can_read_no_more(bank: Bank, tmp_path: Path) -> None:
    page = bank.page("theirs", "/trust/keys")
    page.get_by_label("备份口令", exact=False).last.fill(PHRASE)
    kept = tmp_path / "backup.json"
    kept.write_bytes(backup(page))
    page.locator("input[type=file][accept*=json]").last.set_input_files(kept)
    expect(page.get_by_text("已恢复:这台设备可以签署").first).to_be_visible()

    page = bank.page("theirs", "/trust/consents")
    page.get_by_role("button", name="给出授权").first.click()
    page.get_by_role("button", name="查看并签署").click()
    consent = signed(bank, page)
    with world_of(bank.home) as world:  # papers that come under it, as an import leaves them
        put(world, sound(OTHER), companies=(OTHER,), basis=f"consent:{consent}")

    bank.page("li", f"/companies/{OTHER}")
    looked = bank.get("li", f"/companies/{OTHER}/view")
    assert looked.status == 200, looked.text()
    reading = bank.last("reading", subject=OTHER)
    assert reading.public["purpose"] == "credit_review"

    page = bank.page("theirs", "/trust/consents")
    page.get_by_role("row").filter(has_text="有效").get_by_role("button", name="撤回").click()
    back = signed(bank, page)
    assert back != consent
    expect(page.get_by_role("row").filter(has_text="已撤回").first).to_be_visible()

    bank.killed_and_started()
    refused = bank.get("li", f"/companies/{OTHER}/view")
    assert (refused.status, refused.json()["code"]) == (409, "CONSENT_REVOKED"), refused.text()
    page = bank.page("li", f"/companies/{OTHER}")
    expect(page.get_by_text("CONSENT_REVOKED").first).to_be_visible()
    ended = bank.last("company_signature", ref=back).seq
    assert reading.seq < ended
    assert {each.public["purpose"] for each in bank.events("reading", subject=OTHER) if each.seq > ended} <= {
        "subject_access"
    }


def _typed(page: Page, label: str, text: str) -> None:
    """Without a pointer: on to the field by Tab, what stands there replaced."""
    _reach(page, "textbox", label)
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type(text)


def _reach(page: Page, role: Any, name: str) -> None:
    wanted = page.get_by_role(role, name=name)
    for _ in range(60):
        if wanted.evaluate("one => one === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{name} is not reached by keyboard")
