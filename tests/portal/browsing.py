"""A served home and a real Chromium: as a user has them."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from kemiao.bank.credentials import SET, hashed
from little_bank import at

PASSWORD = "a long enough sentence 1"  # noqa: S105 - of accounts made for a test
# A closed network: Chromium's own conversations with its maker are switched off.
_QUIET = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync",
)  # fmt: skip
_READY_SECONDS = 180  # it stops once what is under way is done, which a busy machine takes its time for


def chromium() -> str | None:
    """The machine's; None lets Playwright take its own."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return os.environ.get("KEMIAO_CHROMIUM") or next(filter(None, map(shutil.which, names)), None)


@contextmanager
def browsing() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=list(_QUIET))
        yield browser
        browser.close()


class Server:
    """`kemiao serve` as a process of its own, at the same address after each start."""

    def __init__(self, home: Path, *options: str) -> None:
        self.home, self._options, self._port = home, options, "0"
        self._process: subprocess.Popen[str] | None = None
        self.address = ""

    def start(self) -> str:
        words = ["serve", "--home", str(self.home), "--port", self._port, *self._options]
        program = "from kemiao.app.cli import main; main()"
        kept = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}  # what was compiled once serves the next start
        self._process = subprocess.Popen(
            [sys.executable, "-c", program, *words], stdout=subprocess.PIPE, text=True, env=kept
        )
        self.address = self._process.stdout.readline().strip() if self._process.stdout else ""
        assert self.address.startswith("http"), self.address
        self._port = self.address.rpartition(":")[2]
        return self.address

    def stop(self, how: int = signal.SIGTERM) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(_READY_SECONDS)
            if self._process.stdout:
                self._process.stdout.close()
            self._process = None

    def restart(self, how: int = signal.SIGTERM) -> None:
        self.stop(how)
        self.start()


@contextmanager
def serving(home: Path, *options: str) -> Iterator[Server]:
    server = Server(home, *options)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def give_passwords(home: Path, *accounts: str) -> None:
    """Lasting ones, as their owners have set them."""
    kept = hashed(PASSWORD)
    with at(home) as world, world.log.write() as tx:
        for account in accounts:
            tx.append(SET, None, account, {}, {"password": kept})


def sign_in(page: Page, address: str, account: str, password: str = PASSWORD) -> None:
    page.goto(address)
    page.get_by_label("账户").fill(account)
    page.get_by_label("密码", exact=True).fill(password)
    page.get_by_role("button", name="登录").click()
    page.get_by_role("banner").wait_for()  # the frame of who is in
    page.get_by_role("main").get_by_role("heading", level=1).first.wait_for()


def watched(page: Page) -> list[str]:
    """What the page complains about while it is used: a script's error, a broken policy."""
    said: list[str] = []

    def hear(message: Any) -> None:
        if message.type == "error" and "401" not in message.text:
            said.append(message.text)

    page.on("console", hear)
    page.on("pageerror", lambda error: said.append(str(error)))
    return said
