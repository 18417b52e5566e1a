"""The portal as a test speaks to it: the whole application over a home, asked as one account or another."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from httpx import Response
from starlette.testclient import TestClient

from kemiao.app.door import Door
from kemiao.app.portal_serving import portal_of
from kemiao.bank.commands.assess import Request, assess
from kemiao.bank.credentials import standing
from kemiao.bank.lending.people import ADDED
from kemiao.bank.portal_accounts import USER_ADDED
from kemiao.base.refusal import Refusal
from kemiao.portal.application import Portal, application
from kemiao.portal.door import API, PLAIN_COOKIE
from little_bank import ME, OTHER, at, new_home, put, sound

STAFF = (
    ("chen", "陈静", "administrator", "head_office"), ("li", "李强", "customer_manager", "technology_team"),
    ("wang", "王敏", "branch_officer", "technology_branch"), ("zhao", "赵磊", "head_office_officer", "head_office"),
    ("sun", "孙丽", "operations", "technology_branch"), ("qian", "钱法", "compliance", "head_office"),
)  # fmt: skip
OUTSIDE = (
    ("mine", "company", "企业甲", {"company": ME}), ("theirs", "company", "企业乙", {"company": OTHER}),
    ("fund", "funder", "资金方", {"funder": "fund-a"}), ("audit", "auditor", "审计", {}),
)  # fmt: skip


@cache
def _template() -> Path:
    root = new_home(Path(mkdtemp(prefix="kemiao-portal-")) / "home")
    with at(root) as world:
        for company in (ME, OTHER):
            put(world, sound(company), companies=(company,))
        with world.log.write() as tx:
            for name, person, role, unit in STAFF:
                tx.append(ADDED, None, name, {"person": person, "roles": [role], "unit": unit, "bootstrap": name == "chen", "by": None})  # fmt: skip
            for name, kind, person, own in OUTSIDE:
                tx.append(USER_ADDED, None, name, {"kind": kind, "person": person, **own})
        assess(world, Request(None))
    settings = root / "kemiao.toml"
    settings.write_text("today = 2024-07-01\n" + settings.read_text("utf-8"), "utf-8")
    return root


def little_home(root: Path) -> Path:
    shutil.copytree(_template(), root)
    return root


@dataclass
class Served:
    """Asks as an account: `portal.get("li", "/companies")`. A session of each is begun when it first asks."""

    portal: Portal
    client: TestClient
    tokens: dict[str, tuple[str, str]] = field(default_factory=dict)

    def get(self, account: str | None, path: str, **options: Any) -> Response:
        return self._ask("GET", account, path, **options)

    def post(
        self, account: str | None, path: str, json: Any = None, key: str | None = None, **options: Any
    ) -> Response:
        return self._ask("POST", account, path, json=json, key=key or uuid.uuid4().hex, **options)

    def put(self, account: str | None, path: str, json: Any = None, key: str | None = None, **options: Any) -> Response:
        return self._ask("PUT", account, path, json=json, key=key or uuid.uuid4().hex, **options)

    def delete(self, account: str | None, path: str, key: str | None = None, **options: Any) -> Response:
        return self._ask("DELETE", account, path, key=key or uuid.uuid4().hex, **options)

    def _ask(
        self,
        method: str,
        account: str | None,
        path: str,
        *,
        key: str | None = None,
        headers: Any = None,
        **options: Any,
    ) -> Response:
        said = {**({"idempotency-key": key} if key else {}), **(headers or {})}
        self.client.cookies.clear()
        if account is not None:
            token, csrf = self._session(account)
            said = {"cookie": f"{PLAIN_COOKIE}={token}", "x-csrf-token": csrf} | said
        return self.client.request(method, API + path, headers=said, **options)

    def _session(self, account: str) -> tuple[str, str]:
        if account not in self.tokens:
            with self.portal.worlds.world() as world:
                found = standing(world, account)
            token, session = self.portal.sessions.begin(account, 0 if isinstance(found, Refusal) else found.version)
            self.tokens[account] = (token, session.csrf)
        return self.tokens[account]


@contextmanager
def served(home: Path) -> Iterator[Served]:
    with portal_of(Door(home, "zh", False)) as portal, TestClient(application(portal), raise_server_exceptions=False) as client:  # fmt: skip
        yield Served(portal, client)
