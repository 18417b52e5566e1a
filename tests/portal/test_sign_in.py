"""Signing in: passwords, waits, one-time codes, sessions, tokens."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pyotp
import pytest
from httpx import Response

from kemiao.bank.commands.users import make_token, revoke_token, set_password
from kemiao.bank.credentials import SET, hashed, unfit_password
from kemiao.bank.sign_in_rules import rules_of, sign_in_rules
from kemiao.base.refusal import Refused
from kemiao.portal.door import API, PLAIN_COOKIE
from kemiao.portal.routes.session import PLAIN_BROWSER_COOKIE
from kemiao.portal.sessions import FILE, Limits, Session, Sessions
from kemiao.portal.sign_in import network
from little_bank import ME, at
from portal.served import Served

pytestmark = pytest.mark.slow
PASSWORD = "十二个字以上的一句话才好记 ok"  # noqa: S105


@pytest.fixture(autouse=True)
def passwords(home: Path) -> None:
    with at(home) as world, world.log.write() as tx:
        for name in ("li", "mine"):
            tx.append(SET, None, name, {"first": False}, {"password": hashed(PASSWORD)})


def enter(portal: Served, account: str, password: str, code: str | None = None, **headers: str) -> Response:
    portal.client.cookies.clear()
    body = {"account": account, "password": password, **({"code": code} if code else {})}
    return portal.client.post(f"{API}/session", json=body, headers=headers)


def as_of(portal: Served, entered: Response) -> dict[str, str]:
    """Headers of the browser that signed in."""
    cookie = f"{PLAIN_COOKIE}={entered.cookies[PLAIN_COOKIE]}"
    portal.client.cookies.clear()
    csrf = portal.client.get(f"{API}/session", headers={"cookie": cookie}).json()["csrf"]
    return {"cookie": cookie, "x-csrf-token": csrf, "idempotency-key": "k" * 8}


def ask(
    portal: Served, method: str, path: str, headers: dict[str, str], key: str = "key-00000", **options: Any
) -> Response:
    portal.client.cookies.clear()
    return portal.client.request(method, API + path, headers=headers | {"idempotency-key": key}, **options)


def test_who_has_the_password_gets_a_session_that_no_script_reads(portal: Served) -> None:
    entered = enter(portal, "li", PASSWORD)
    assert entered.status_code == 204
    assert all(
        "httponly" in each.lower() and "samesite=strict" in each.lower()
        for each in entered.headers.get_list("set-cookie")
    )
    cookie = {"cookie": f"{PLAIN_COOKIE}={entered.cookies[PLAIN_COOKIE]}"}
    portal.client.cookies.clear()
    assert portal.client.get(f"{API}/session", headers=cookie).json()["account"] == "li"
    assert [each.said["status"] for each in portal.portal.access_log.entries(account="li")] == [204]


def test_a_wrong_password_and_an_unknown_account_are_told_alike_and_tried_ever_more_slowly(portal: Served) -> None:
    said = []
    for account in ("li", "nobody-here"):
        answers = [enter(portal, account, "wrong") for _ in range(7)]
        said.append([(each.status_code, each.json()["code"]) for each in answers])
    assert said[0] == said[1] == [(401, "SIGN_IN_FAILED")] * 5 + [(429, "TOO_MANY_REQUESTS")] * 2
    assert answers[-1].headers["retry-after"] == "5"
    assert enter(portal, "li", PASSWORD).status_code == 429  # the right one waits too, from where it was guessed
    names = {each.account for each in portal.portal.access_log.entries()}
    assert names == {"li", None}  # what was typed as a name and is none may have been a password


def test_nobody_locks_out_a_browser_that_signed_in_before(portal: Served) -> None:
    entered = enter(portal, "li", PASSWORD)
    known = f"{PLAIN_BROWSER_COOKIE}={entered.cookies[PLAIN_BROWSER_COOKIE]}"
    for _ in range(7):
        enter(portal, "li", "wrong")
    assert enter(portal, "li", PASSWORD).status_code == 429
    assert enter(portal, "li", PASSWORD, cookie=known).status_code == 204
    assert enter(portal, "mine", PASSWORD, cookie=known).status_code == 204  # counted apart, as a stranger's


def test_a_first_password_opens_once_and_only_to_be_changed(portal: Served, home: Path) -> None:
    with portal.portal.worlds.world() as world:
        first = set_password(world, "chen", "wang", None)
    assert not isinstance(first, Refused)
    headers = as_of(portal, enter(portal, "wang", first["password"]))
    refused = ask(portal, "GET", "/companies", headers)
    assert (refused.status_code, refused.json()["code"]) == (403, "PASSWORD_TO_CHANGE")
    assert ask(portal, "GET", "/session", headers).json()["unready"] == "PASSWORD_TO_CHANGE"
    assert enter(portal, "wang", first["password"]).json()["code"] == "PASSWORD_SPENT"
    own = {"old": first["password"], "new": PASSWORD}
    assert (
        ask(portal, "POST", "/account/password", headers, json=own | {"new": "wang1234567890"}).json()["code"]
        == "PASSWORD_COMMON"
    )
    assert ask(portal, "POST", "/account/password", headers, "key-00001", json=own).status_code == 204
    assert ask(portal, "GET", "/companies", headers).status_code == 200


def test_a_changed_password_ends_all_other_sessions_wherever_it_was_changed(portal: Served, home: Path) -> None:
    one, other = as_of(portal, enter(portal, "li", PASSWORD)), as_of(portal, enter(portal, "li", PASSWORD))
    changed = {"old": PASSWORD, "new": PASSWORD + "!"}
    assert (
        ask(portal, "POST", "/account/password", one, json=changed | {"old": "wrong"}).json()["code"]
        == "PASSWORD_WRONG"
    )
    assert ask(portal, "POST", "/account/password", one, "key-00001", json=changed).status_code == 204
    assert (ask(portal, "GET", "/session", one).status_code, ask(portal, "GET", "/session", other).status_code) == (
        200,
        401,
    )
    with at(home) as world:  # as the command line does, in another process
        set_password(world, "chen", "li", None)
    assert ask(portal, "GET", "/session", one).status_code == 401
    kept = sqlite3.connect(home / FILE)
    with closing(kept):
        texts = repr(kept.execute("SELECT * FROM answered").fetchall())
    assert PASSWORD not in texts


def test_codes_of_a_phone_open_once_and_recovery_codes_too(portal: Served) -> None:
    headers = as_of(portal, enter(portal, "li", PASSWORD))
    offered = ask(portal, "POST", "/account/totp", headers).json()
    assert offered["uri"].startswith("otpauth://totp/Kemiao:li?secret=" + offered["secret"])
    now = portal.portal.now_ms() // 1000
    maker = pyotp.TOTP(offered["secret"])
    wrong = {"password": PASSWORD, "code": "000000"}
    assert ask(portal, "PUT", "/account/totp", headers, "key-00001", json=wrong).json()["code"] == "CODE_WRONG"
    confirmed = ask(portal, "PUT", "/account/totp", headers, "key-00002", json=wrong | {"code": maker.at(now)})
    recovery = confirmed.json()["recovery"]
    assert len(recovery) == 8
    again = ask(portal, "PUT", "/account/totp", headers, "key-00002", json=wrong | {"code": maker.at(now)})
    assert again.json()["code"] == "DONE_BEFORE"  # told once, kept nowhere

    assert enter(portal, "li", PASSWORD).json()["code"] == "TOTP_NEEDED"
    assert enter(portal, "li", PASSWORD, maker.at(now)).json()["code"] == "SIGN_IN_FAILED"  # it confirmed: used
    assert enter(portal, "li", PASSWORD, maker.at(now + 30)).status_code == 204
    assert enter(portal, "li", PASSWORD, maker.at(now + 30)).json()["code"] == "SIGN_IN_FAILED"
    assert enter(portal, "li", PASSWORD, recovery[0].lower()).status_code == 204
    assert enter(portal, "li", PASSWORD, recovery[0]).json()["code"] == "SIGN_IN_FAILED"


def test_ones_own_sessions_are_listed_and_ended(portal: Served) -> None:
    headers = as_of(portal, enter(portal, "li", PASSWORD, **{"user-agent": "Phone"}))
    other = as_of(portal, enter(portal, "li", PASSWORD))
    as_of(portal, enter(portal, "mine", PASSWORD))
    rows = ask(portal, "GET", "/account/sessions", other).json()
    assert [(row["browser"] == "Phone", row["this"]) for row in rows] == [(False, True), (True, False)]
    assert ask(portal, "DELETE", f"/account/sessions/{rows[1]['session']}", other).status_code == 204
    assert ask(portal, "GET", "/session", headers).status_code == 401
    theirs = portal.portal.sessions.of_account("mine")[0].digest[:16]
    assert ask(portal, "DELETE", f"/account/sessions/{theirs}", other, "key-00001").status_code == 404
    assert ask(portal, "DELETE", "/session", other, "key-00002").status_code == 204
    assert ask(portal, "GET", "/session", other).status_code == 401


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "null"},
    ],
)
def test_no_other_sites_page_writes_or_signs_in(portal: Served, headers: dict[str, str]) -> None:
    assert portal.delete("li", "/session", headers=headers).json()["code"] == "CROSS_SITE"
    assert enter(portal, "li", PASSWORD, **headers).json()["code"] == "CROSS_SITE"


def test_a_write_without_the_pages_token_is_refused(portal: Served) -> None:
    assert portal.delete("li", "/session", headers={"x-csrf-token": "x"}).json()["code"] == "CSRF"
    assert portal.delete("li", "/session", headers={"origin": "http://testserver"}).status_code == 204


def test_a_token_does_what_its_scopes_and_its_account_may_until_it_is_revoked(portal: Served) -> None:
    with portal.portal.worlds.world() as world:
        made = make_token(world, "mine", "取数", ("companies",), date(2024, 12, 31))
        staff = make_token(world, "chen", "管理", ("companies",), date(2024, 12, 31))
    bearer = {"authorization": f"Bearer {made['text']}"}
    assert [row["company"] for row in portal.get(None, "/companies", headers=bearer).json()["items"]] == [ME]
    assert portal.get(None, "/account", headers=bearer).status_code == 403  # no scope reaches one's account
    assert portal.get(None, "/companies", headers={"authorization": f"Bearer {staff['text']}"}).status_code == 403
    assert portal.get(None, "/companies", headers={"authorization": f"Bearer {made['text'][:-1]}x"}).status_code == 401
    with portal.portal.worlds.world() as world:
        revoke_token(world, "mine", made["token"])
    assert portal.get(None, "/companies", headers=bearer).status_code == 401


def test_a_token_is_told_once_and_made_with_the_password(portal: Served) -> None:
    headers = as_of(portal, enter(portal, "li", PASSWORD))
    asked = {"password": "wrong", "name": "取数", "scopes": ["companies"], "until": "2024-12-31"}
    assert ask(portal, "POST", "/account/tokens", headers, json=asked).json()["code"] == "PASSWORD_WRONG"
    made = ask(portal, "POST", "/account/tokens", headers, "key-00001", json=asked | {"password": PASSWORD}).json()
    assert made["text"].startswith(f"km_{made['token']}_")
    assert (
        ask(portal, "POST", "/account/tokens", headers, "key-00001", json=asked | {"password": PASSWORD}).json()["code"]
        == "DONE_BEFORE"
    )
    rows = ask(portal, "GET", "/account/tokens", headers).json()
    assert [row["token"] for row in rows] == [made["token"]]
    assert "text" not in rows[0]
    assert ask(portal, "DELETE", f"/account/tokens/{made['token']}", headers, "key-00002").status_code == 204
    assert ask(portal, "GET", "/account/tokens", headers).json()[0]["revoked"]


# -- sessions by themselves


@pytest.fixture
def clock() -> list[int]:
    return [1_000_000_000_000]


@pytest.fixture
def sessions(tmp_path: Path, clock: list[int]) -> Iterator[Sessions]:
    made = iter(range(10**6))
    opened = Sessions(
        tmp_path / FILE,
        lambda: clock[0],
        lambda size: next(made).to_bytes(size, "big"),
        lambda: Limits(1_800_000, 7_200_000, 3),
    )
    yield opened
    opened.close()


def test_a_session_ends_when_it_idles_and_when_its_whole_time_is_over(sessions: Sessions, clock: list[int]) -> None:
    token, _ = sessions.begin("li")
    for _ in range(4):
        clock[0] += 1_700_000
        assert isinstance(sessions.of(token), Session)
    clock[0] += 1_700_000
    assert sessions.of(token) is None  # busy, and over
    token, _ = sessions.begin("li")
    clock[0] += 1_800_000
    assert sessions.of(token) is None


def test_what_another_process_ends_is_ended_here(sessions: Sessions, tmp_path: Path, clock: list[int]) -> None:
    token, session = sessions.begin("li")
    other = Sessions(tmp_path / FILE, lambda: clock[0], lambda size: b"x" * size)
    assert sessions.of(token) == other.of(token) == session
    other.end(session.digest)
    assert sessions.of(token) is None
    other.close()


def test_who_reads_waits_for_nobody_that_writes(sessions: Sessions, tmp_path: Path, clock: list[int]) -> None:
    token, _ = sessions.begin("li")
    with closing(sqlite3.connect(tmp_path / FILE, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        clock[0] += 120_000  # it is noted that it was seen, and written later
        assert sessions.of(token) is not None
        other.execute("ROLLBACK")


def test_of_too_many_sessions_the_oldest_ends(sessions: Sessions, clock: list[int]) -> None:
    tokens = []
    for _ in range(4):
        clock[0] += 1
        tokens.append(sessions.begin("li")[0])
    assert [sessions.of(token) is not None for token in tokens] == [False, True, True, True]


# -- rules


@pytest.mark.parametrize("password", [
    "password1234", "Password!!!!2024", "qwertyuiop123", "aaaaaaaaaaaa", "abcabcabcabc", "123456789012", "passwordpassword", "liqianglili", "correct horse battery staple",
])  # fmt: skip
def test_common_and_short_passwords_are_refused(home: Path, password: str) -> None:
    with at(home) as world:
        assert unfit_password(password, sign_in_rules(world), "li", "李强") is not None


def test_no_password_is_made_of_the_banks_words(home: Path) -> None:
    with at(home) as world:
        rules = sign_in_rules(world)
        assert unfit_password("linhukeji-6152", rules, "li", "李强") is None
        refused = unfit_password("linhukeji-6152", replace(rules, words=("Linhukeji",)), "li", "李强")
    assert refused is not None and refused.code == "PASSWORD_COMMON"


@pytest.mark.parametrize("password", ["all lower case is fine", "四个字一组共有三组哦", "7f3kq-9zzt2-mm1xp"])
def test_no_rule_asks_for_capitals_or_signs(home: Path, password: str) -> None:
    with at(home) as world:
        assert (unfit_password(password, sign_in_rules(world), "li", "李强") is None) == (len(password) >= 12)


def test_a_policy_of_signing_in_is_refused_by_its_key(home: Path) -> None:
    with at(home) as world:
        content = world.policy.named("sign_in", date(2024, 7, 1))
    for place, name, value in (
        ("password", "length_min", 4),
        ("session", "idle_minutes", 0),
        ("totp", "needed_for", ["nobody"]),
    ):
        with pytest.raises(Refused) as refused:
            rules_of({**content, place: {**content[place], name: value}}, frozenset(("administrator",)))
        assert dict(refused.value.refusal.where)["key"] == f"{place}.{name}"


def test_one_household_of_addresses_is_counted_as_one() -> None:
    assert network("2001:db8:1:2:3::4") == network("2001:db8:1:2::9") != network("2001:db8:1:3::9")
    assert network("192.0.2.7") == "192.0.2.7"
