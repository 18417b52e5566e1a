"""The demo's end: the portal over the bank's home, and an account of each role that signs in there as its owner would."""

from __future__ import annotations

import http.cookiejar
import json
import os
import secrets
import signal
import subprocess
import sys
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kemiao.app.door import Door

ADMINISTRATOR = "chen"
# Staff are there already; these come from outside. The funder's mandates are those that begin with its name.
OUTSIDE = (
    ("qiye", "企业负责人", "company"), ("lianshang", "链上企业负责人", "company"), ("zijin", "资金方经理", "funder"), ("shenji", "审计员", "auditor"),
)  # fmt: skip
FUNDER = "科技支行"
_SIGNS_IN = ("qiye", "lianshang", "li", "wang", "sun", "zijin", "shenji", ADMINISTRATOR)
_WORDS = {
    "qiye": ("企业", "company"), "lianshang": ("链上的企业", "company on the chain"), "li": ("客户经理", "customer manager"), "wang": ("支行审批官", "branch credit officer"), "sun": ("运营", "operations"),
    "zijin": ("资金方", "funder"), "shenji": ("审计", "auditor"), ADMINISTRATOR: ("管理员", "administrator"),
}  # fmt: skip
_ENDS_SECONDS = 60


class PortalNotReady(Exception):
    """The server of the demo's portal did not start, or did not let an account in; its own message stands above."""


def portal(
    door: Door, typist: Any, home: Path, company: str, on_chain: str, accounts: Path, port: int, *, stay: bool
) -> None:
    """company: who can ask for money; on_chain: who gave a consent and took it back. accounts: the file that the passwords go into.
    stay: serve until Ctrl-C; else it is shown that all can sign in, and it ends."""
    for account, person, kind in OUTSIDE:
        whose = on_chain if account == "lianshang" else company
        own = {"company": ("--company", whose), "funder": ("--funder", FUNDER), "auditor": ()}[kind]
        typist("user", "add", account, "--kind", kind, "--person", person, *own, "--as", ADMINISTRATOR, "--home", home)
    first = {account: _first(typist, home, account) for account in _SIGNS_IN}
    with _served(home, port if stay else 0) as (address, process):
        passwords = {account: _entered(address, account, first[account]) for account in _SIGNS_IN}
        _keep(accounts, passwords)
        sys.stdout.write(door.word(f"\n门户:{address}\n", f"\nThe portal: {address}\n"))
        for account, password in passwords.items():
            sys.stdout.write(f"  {account:9} {password}   {door.word(*_WORDS[account])}\n")
        sys.stdout.write(door.word(f"  (也在 {accounts};Ctrl-C 结束)\n", f"  (also in {accounts}; Ctrl-C ends it)\n"))
        sys.stdout.flush()
        if stay:
            signal.signal(signal.SIGINT, lambda *_: process.terminate())
            signal.signal(signal.SIGTERM, lambda *_: process.terminate())
            process.wait()


def _first(typist: Any, home: Path, account: str) -> str:
    """What an administrator gives: it opens once."""
    (made,) = typist.read("user", "password", account, "--generate", "--as", ADMINISTRATOR, "--home", home)
    return str(made["password"])


def _entered(address: str, account: str, first: str) -> str:
    """Signs in with the first password and sets a lasting one, over the API, as the page does."""
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
    )
    lasting = secrets.token_urlsafe(12)

    def ask(method: str, path: str, body: object = None, **headers: str) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(  # noqa: S310 - our own server on loopback
            f"{address}/api/v1{path}", data, {"Content-Type": "application/json", "Origin": address, **headers}, method=method
        )  # fmt: skip
        try:
            with opener.open(request, timeout=60) as answer:
                text = answer.read()
        except urllib.error.HTTPError as error:
            raise PortalNotReady(f"{method} {path}: {error.read().decode()}") from error
        return json.loads(text) if text else None

    ask("POST", "/session", {"account": account, "password": first})
    csrf = ask("GET", "/session")["csrf"]
    sent = {"X-CSRF-Token": csrf, "Idempotency-Key": uuid.uuid4().hex}
    ask("POST", "/account/password", {"old": first, "new": lasting}, **sent)
    if ask("GET", "/session")["unready"] is not None:
        raise PortalNotReady(account)
    return lasting


@contextmanager
def _served(home: Path, port: int) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    words = ["serve", "--home", str(home), "--port", str(port), "--no-log"]
    sys.stdout.write(f"\n$ kemiao {' '.join(words)} &\n")
    sys.stdout.flush()
    program = "from kemiao.app.cli import main; main()"
    process = subprocess.Popen([sys.executable, "-c", program, *words], stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own program
    try:
        address = process.stdout.readline().strip() if process.stdout else ""
        if not address:
            raise PortalNotReady(str(process.wait(_ENDS_SECONDS)))
        yield address, process
    finally:
        process.terminate()
        process.wait(_ENDS_SECONDS)
        if process.stdout:
            process.stdout.close()


def _keep(path: Path, passwords: dict[str, str]) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.writelines(f"{account}\t{password}\n" for account, password in passwords.items())
