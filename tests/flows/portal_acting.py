"""People at the portal in a real Chromium, each with a browser of their own; what they did is looked up in the home's event log and on its chain."""

from __future__ import annotations

import re
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from kemiao.bank.event_log import Event
from kemiao.chain.proof_checking import Proved, check
from portal.browsing import PASSWORD, Server, browsing, give_passwords, serving, sign_in
from portal.trust_home import PASSPHRASE, world_of

PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True, "device_scale_factor": 2}  # fmt: skip
PATIENCE_MS = 60_000  # of a step; that a wait is short is asserted where it is promised


class Bank:
    """A served home and the browsers of those who use it."""

    def __init__(self, home: Path, server: Server, browser: Browser) -> None:
        self.home, self.server, self._browser = home, server, browser
        self._pages: dict[str, Page] = {}

    def page(self, account: str, path: str = "", **screen: Any) -> Page:
        """Of the account, signed in; at the path. screen: of its browser, where it has none yet. Others have left theirs: an open
        page listens, and shows anew what has changed."""
        page = self._pages.get(account)
        for other in self._pages.values():
            if other is not page and other.url != "about:blank":
                other.goto("about:blank")
        if page is None:
            page = self._browser.new_context(**(screen or {"viewport": {"width": 1280, "height": 900}})).new_page()
            page.set_default_timeout(PATIENCE_MS)
            sign_in(page, self.server.address + path, account, PASSWORD)
            self._pages[account] = page
        elif path:
            page.goto(self.server.address + path)
            page.locator("main h1").first.wait_for()
        return page

    def get(self, account: str, path: str) -> Any:
        """As the account's browser asks the API: under its session."""
        page = self._pages.get(account) or self.page(account)
        return page.request.get(f"{self.server.address}/api/v1{path}", timeout=PATIENCE_MS)

    def killed_and_started(self) -> None:
        """In the middle of whatever it does beside the requests: what was answered is kept."""
        self.server.restart(signal.SIGKILL)

    def events(self, kind: str, **which: Any) -> list[Event]:
        with world_of(self.home) as world:
            return list(world.log.events(kind, **which))

    def last(self, kind: str, **which: Any) -> Event:
        return self.events(kind, **which)[-1]

    def proved(self, account: str, receipt: str) -> dict[str, Any]:
        """What the proof file of a receipt shows to whoever trusts nobody."""
        found = check(until(lambda: self._proof(account, receipt)))
        assert isinstance(found, Proved), found
        return dict(found.facts)

    def _proof(self, account: str, receipt: str) -> bytes | None:
        answer = self.get(account, f"/receipts/{receipt}/proof")
        return bytes(answer.body()) if answer.status == 200 else None


@contextmanager
def bank_at_work(home: Path, *accounts: str) -> Iterator[Bank]:
    """accounts: who signs in beside the two companies."""
    expect.set_options(PATIENCE_MS)
    give_passwords(home, "mine", "theirs", *accounts)
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("KEMIAO_PASSPHRASE", PASSPHRASE)
        with serving(home, "--no-log") as server, browsing() as browser:
            yield Bank(home, server, browser)


def until(found: Callable[[], Any], seconds: float = PATIENCE_MS / 1000) -> Any:
    """What is found at last: of what another process does in its own time."""
    end = time.monotonic() + seconds
    while (answer := found()) is None:
        assert time.monotonic() < end, "it never came"
        time.sleep(0.1)
    return answer


@contextmanager
def waited(waits: list[float]) -> Iterator[None]:
    began = time.monotonic()
    yield
    waits.append(time.monotonic() - began)


def confirm(page: Page | Locator, name: str) -> None:
    """A button that asks once more."""
    page.get_by_role("button", name=name, exact=True).last.click()
    page.get_by_role("button", name=f"确认 · {name}").click()


def choose(page: Page, label: str, option: str) -> None:
    """In a list that opens."""
    page.get_by_label(label, exact=True).last.click()
    page.locator(f".ant-select-item-option[title='{option}']").last.click()


def told(page: Page) -> int:
    """The event that the page says a step has left."""
    text = page.get_by_role("status").filter(has_text="已办").first.inner_text()
    found = re.search(r"事件 (\d+)", text)
    assert found is not None, text
    return int(found[1])


def second_person(page: Page) -> str:
    """The request that the page says another person is to approve."""
    link = page.get_by_role("status").filter(has_text="已提交复核").get_by_role("link")
    return str(link.get_attribute("href")).rpartition("/")[2]


def approve(bank: Bank, account: str, request: str) -> int:
    page = bank.page(account, f"/approvals/{request}")
    confirm(page, "批准")
    event = told(page)
    assert bank.last("approval_given", ref=request).seq == event
    return event


def ask(page: Page, amount: str, waits: list[float], product: str = "科技信用贷", guarantor: str = "") -> str:
    """From the menu to the answer: the application."""
    with waited(waits):
        menu = page.get_by_role("button", name="菜单")
        if menu.is_visible():
            menu.click()
        page.get_by_role("link", name="申请贷款", exact=True).click()
        page.get_by_label("金额").wait_for()
    page.get_by_label("金额").fill(amount)
    with waited(waits):
        page.get_by_role("button", name="下一步").click()
        page.get_by_role("radio").first.wait_for()
    page.get_by_role("radio", name=product).check()
    with waited(waits):
        page.get_by_role("button", name="下一步").click()
        page.get_by_label("联系人和电话").wait_for()
    page.get_by_label("联系人和电话").fill("张会计 13800000000")
    if guarantor:
        page.get_by_label("保证人").fill(guarantor)
    with waited(waits):
        page.get_by_role("button", name="提交申请").click()
        page.wait_for_url("**/money/applications/app-*")
        page.get_by_text("接下来").wait_for()
    return page.url.rpartition("/")[2]


def accept(bank: Bank, account: str, own: str) -> int:
    page = bank.page(account, f"/money/applications/{own}")
    page.get_by_role("button", name="接受", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="接受").click()
    page.locator("#main").get_by_role("button", name="接受", exact=True).wait_for(state="detached")
    event = until(lambda: next((each for each in bank.events("application", ref=own) if each.public["step"] == "accepted"), None))  # fmt: skip
    assert (event, event.public["applicant"]) == (bank.last("application", ref=own), account)
    expect(page.get_by_text(f"#{event.seq}")).to_be_visible()
    return int(event.seq)


def look_into(bank: Bank, account: str, company: str, own: str) -> None:
    """Who stands behind the company, before the bank signs anything with it."""
    page = bank.page(account, f"/work/applications/{own}")
    page.get_by_role("button", name="尽职调查").click()
    page.get_by_label("姓名").fill("张三")
    page.get_by_label("比例 %").fill("60")
    confirm(page, "提交")
    assert told(page) == bank.last("due_diligence", subject=company).seq


def tick_all(bank: Bank, account: str, own: str, paper: Path) -> None:
    """What the offer asks for, with what shows it."""
    page = bank.page(account, f"/work/applications/{own}")
    page.get_by_role("tab", name="条件").click()
    boxes = page.get_by_role("group", name="条件").get_by_role("checkbox")
    boxes.first.wait_for()
    for box in boxes.all():
        box.check()
    paper.write_bytes(b"%PDF-1.4 resolved")
    page.get_by_label("凭据文件").set_input_files(paper)
    confirm(page, "落实所选条件")
    assert told(page) == bank.last("application", ref=own).seq


def propose(bank: Bank, account: str, own: str) -> None:
    """The bank's signature on the chain, by its key."""
    page = bank.page(account, f"/work/applications/{own}")
    page.get_by_role("tab", name="签约").click()
    choose(page, "方式", "链上双方密钥")
    confirm(page, "签约")
    event = told(page)
    proposed = bank.last("application", ref=own)
    assert (event, proposed.public["step"]) == (proposed.seq, "proposed")


def countersign(bank: Bank, account: str, own: str) -> str:
    """The company's, by its own key, which lies in custody here: the entry."""
    mine = bank.page(account, f"/money/applications/{own}")
    mine.get_by_role("button", name="阅读并签署合同").click()
    mine.get_by_label("密码", exact=True).fill(PASSWORD)
    mine.get_by_role("button", name="签署合同").click()
    mine.wait_for_url(f"**/money/applications/{own}")
    signed = bank.last("application", ref=own)
    assert signed.public["step"] == "signed"
    entry = str(signed.public["signature"])
    assert bank.last("company_signature", ref=entry).public["account"] == account
    assert bank.proved(account, entry)["entry"]["id"] == entry
    return entry


def pay_out(bank: Bank, account: str, own: str, approver: str) -> str:
    """By one, approved by another; carried out after the server was killed. The loan."""
    page = _pay_out(bank, account, own)
    request = second_person(page)
    approve(bank, approver, request)
    bank.killed_and_started()
    event = told(_pay_out(bank, account, own))
    paid = bank.last("application", ref=own)
    assert (paid.seq, paid.public["step"], paid.public["by"]) == (event, "disbursed", account)
    assert bank.last("approval_used", ref=request).public["by"] == account
    assert bank.last("loan_message", ref=paid.public["message"]).seq < event
    return str(paid.public["loan"])


def _pay_out(bank: Bank, account: str, own: str) -> Page:
    page = bank.page(account, f"/work/applications/{own}")
    page.get_by_role("tab", name="放款").click()
    confirm(page, "放款")
    return page


def every_payment_needs_two(home: Path) -> None:
    """The bank's own rule, stricter than as it comes."""
    rules = home / "policy" / "organisation.toml"
    before, name, after = rules.read_text("utf-8").partition('name = "disburse"\n')
    changed = after.replace("four_eyes_from_fen = 100_000_000", "four_eyes_from_fen = 0", 1)
    assert changed != after
    rules.write_text(before + name + changed, "utf-8")
