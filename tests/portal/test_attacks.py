"""Attempts that must fail."""

from __future__ import annotations

import io
import json
import socket
import uuid
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from kemiao.bank.commands.users import close_user
from kemiao.bank.credentials import SET, hashed, standing
from kemiao.bank.lending.people import ADDED
from kemiao.base.refusal import Refusal
from kemiao.portal.door import API, PLAIN_COOKIE, closed_cursor
from kemiao.portal.published import published
from little_bank import ME, OTHER
from portal.running import Running, running
from portal.served import Served, little_home
from portal.trust_home import PASSWORD
from portal.two_sides import MINE, PRODUCT, THEIRS, Sides, asked

pytestmark = pytest.mark.slow
ELSEWHERE = "https://elsewhere.example"
SQL = ("' OR '1'='1", "'; DROP TABLE event; --", '" UNION SELECT * FROM secret --', "%' --", "1); DELETE FROM event; --", "\\", "²", "9" * 300)  # fmt: skip
SCRIPT = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"


@pytest.fixture(scope="module")
def portal(sides: Sides) -> Iterator[Served]:
    with asked(sides) as found:
        yield found


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """As it is served: over a socket."""
    with running(little_home(tmp_path_factory.mktemp("raw") / "home")) as found:
        yield found


def code(answer: Any) -> str:
    assert answer.status_code >= 400, answer.text
    return str(answer.json()["code"])


def sent_by(portal: Served, account: str) -> dict[str, str]:
    token, csrf = portal._session(account)
    portal.client.cookies.clear()
    return {"cookie": f"{PLAIN_COOKIE}={token}", "x-csrf-token": csrf, "idempotency-key": uuid.uuid4().hex}


# -- bodies


def test_no_body_takes_a_field_that_its_route_does_not_name(portal: Served) -> None:
    api = json.loads(published())
    schemas = api["components"]["schemas"]
    asked_for: set[str] = set()

    def collect(schema: Any) -> None:
        if isinstance(schema, dict):
            name = str(schema.get("$ref", "")).rpartition("/")[2]
            if name and name not in asked_for:
                asked_for.add(name)
                collect(schemas[name])
            for each in schema.values():
                collect(each)
        elif isinstance(schema, list):
            for each in schema:
                collect(each)

    for methods in api["paths"].values():
        for operation in methods.values():
            collect(operation.get("requestBody", {}).get("content", {}).get("application/json"))
    assert len(asked_for) > 50
    assert [name for name in sorted(asked_for) if schemas[name]["type"] == "object" and schemas[name].get("additionalProperties") is not False] == []  # fmt: skip
    wish = {"product": PRODUCT, "amount_fen": 10_000_000, "months": 12, "purpose": "raw_materials"}
    for more in ({"company": OTHER}, {"rate_ppm": 1}, {"state": "approved"}, {"by": "li"}, {"__proto__": {}}):
        assert code(portal.post("mine", f"/companies/{ME}/applications", {**wish, **more})) == "UNFIT_INPUT"


@pytest.mark.parametrize("body", [
    b"[" * 100_000, b'{"a":' * 50_000, b'{"account":' + b"9" * 200_000 + b"}", b"\xff\xfe", b"NaN", b"", b"null", b'"text"', b'{"account":"\\ud800","password":"x"}',
], ids=["deep", "deeper", "long number", "no text", "NaN", "nothing", "null", "text", "half a letter"])  # fmt: skip
def test_odd_json_is_refused_and_no_fault(portal: Served, body: bytes) -> None:
    for account, path in ((None, "/session"), ("mine", f"/companies/{ME}/applications")):
        headers = {**(sent_by(portal, account) if account else {}), "content-type": "application/json"}
        answer = portal.client.post(API + path, content=body, headers=headers)
        assert 400 <= answer.status_code < 500, answer.text
        assert answer.headers["content-type"] == "application/problem+json"


def test_json_is_taken_as_json_alone(portal: Served) -> None:
    wish = json.dumps({"product": PRODUCT, "amount_fen": 10_000_000, "months": 12, "purpose": "raw_materials"})
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        answer = portal.client.post(f"{API}/companies/{ME}/applications", content=wish, headers=sent_by(portal, "mine") | {"content-type": kind})  # fmt: skip
        assert answer.status_code == 422, kind


def test_what_is_refused_does_not_say_again_what_was_sent(portal: Served) -> None:
    secret = "canary-of-a-password"  # noqa: S105
    bodies = {"/session": {"account": {"a": secret}, "password": [secret], secret: secret}, f"/companies/{ME}/applications": {"purpose": {"x": secret}}}  # fmt: skip
    for path, body in bodies.items():
        answer = portal.client.post(API + path, json=body, headers=sent_by(portal, "mine"))
        assert answer.status_code == 422
        assert secret not in json.dumps([each["en"] for each in answer.json()["fields"]])
    failed = portal.client.post(f"{API}/session", json={"account": "li", "password": secret})
    assert (failed.status_code, secret in failed.text) == (401, False)


def test_a_bomb_and_a_path_in_an_upload_are_refused(portal: Served, sides: Sides) -> None:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"<x/>")
        archive.writestr("../../../evil.txt", b"\0" * 10)
    before = set(sides.home.rglob("*evil*"))
    for name in ("../../evil.xlsx", "..\\..\\evil.xlsx", "/tmp/evil.xlsx", "evil.xlsx\0.csv"):  # noqa: S108
        answer = portal.post(
            "sun", "/imports", data={"map": "orders"}, files=[("files", (name, bomb.getvalue(), "x/y"))]
        )
        assert 400 <= answer.status_code < 500, answer.text
    assert set(sides.home.rglob("*evil*")) == before and not Path("/tmp/evil.xlsx").exists()  # noqa: S108


# -- other sites, other sessions


@pytest.mark.parametrize(("changed", "told"), [
    ({"x-csrf-token": ""}, "CSRF"), ({"x-csrf-token": "0" * 64}, "CSRF"), ({"origin": ELSEWHERE}, "CROSS_SITE"), ({"origin": "null"}, "CROSS_SITE"),
    ({"sec-fetch-site": "cross-site"}, "CROSS_SITE"), ({"sec-fetch-site": "same-site"}, "CROSS_SITE"), ({"origin": "http://testserver.elsewhere.example"}, "CROSS_SITE"),
])  # fmt: skip
def test_another_sites_page_writes_nothing(portal: Served, changed: dict[str, str], told: str) -> None:
    answer = portal.client.post(f"{API}/account/totp", headers=sent_by(portal, "mine") | changed)
    assert (answer.status_code, code(answer)) == (403, told)
    assert "access-control-allow-origin" not in answer.headers
    if told == "CROSS_SITE":  # nor does it sign anybody in
        entering = portal.client.post(f"{API}/session", json={"account": "mine", "password": PASSWORD}, headers=changed)
        assert (code(entering), "set-cookie" in entering.headers) == (told, False)


def test_the_token_of_another_session_is_no_token(portal: Served) -> None:
    others = sent_by(portal, "theirs")["x-csrf-token"]
    answer = portal.client.post(f"{API}/account/totp", headers=sent_by(portal, "mine") | {"x-csrf-token": others})
    assert code(answer) == "CSRF"


def test_a_session_that_somebody_chose_is_never_begun(portal: Served) -> None:
    chosen = "a" * 64
    portal.client.cookies.clear()
    entered = portal.client.post(f"{API}/session", json={"account": "mine", "password": PASSWORD}, headers={"cookie": f"{PLAIN_COOKIE}={chosen}"})  # fmt: skip
    assert entered.status_code == 204 and chosen not in str(entered.headers)
    portal.client.cookies.clear()
    assert portal.client.get(f"{API}/session", headers={"cookie": f"{PLAIN_COOKIE}={chosen}"}).status_code == 401


def test_what_has_ended_opens_nothing(portal: Served) -> None:
    for end in ("left", "password", "closed"):
        token, session = portal.portal.sessions.begin("fundb", _version(portal, "fundb"))
        headers = {
            "cookie": f"{PLAIN_COOKIE}={token}",
            "x-csrf-token": session.csrf,
            "idempotency-key": uuid.uuid4().hex,
        }
        assert portal.client.get(f"{API}/session", headers=headers).status_code == 200
        with portal.portal.worlds.world() as world:
            if end == "left":
                assert portal.client.delete(f"{API}/session", headers=headers).status_code == 204
            elif end == "password":
                with world.log.write() as tx:
                    tx.append(SET, None, "fundb", {"by": None}, {"password": hashed(PASSWORD)})
            else:
                assert not isinstance(close_user(world, "chen", "fundb"), Refusal)
        portal.client.cookies.clear()
        for method, path in (("GET", "/session"), ("GET", "/mandates"), ("POST", "/mandates"), ("GET", "/events")):
            assert portal.client.request(method, API + path, headers=headers).status_code == 401, (end, path)


def _version(portal: Served, account: str) -> int:
    with portal.portal.worlds.world() as world:
        found = standing(world, account)
    assert not isinstance(found, Refusal)
    return found.version


def test_many_guesses_at_once_are_counted_one_by_one(portal: Served) -> None:
    def guess(number: int) -> int:
        body = {"account": "audit", "password": f"guess number {number}"}
        return portal.client.post(f"{API}/session", json=body).status_code

    with ThreadPoolExecutor(8) as threads:
        told = list(threads.map(guess, range(16)))
    assert set(told) == {401, 429} and told.count(401) <= 5


def test_an_idempotency_key_is_its_accounts_own(portal: Served, sides: Sides) -> None:
    key = "the-same-key-for-both"
    mine = portal.post("mine", "/account/tokens", {"password": PASSWORD, "name": MINE, "scopes": ["companies"], "until": "2024-07-02"}, key=key)  # fmt: skip
    assert mine.status_code == 200, mine.text
    review = {"decision": sides.ids[ME]["decision"], "about": "decision", "text": "另一次复核,内容不同"}
    told = portal.post("theirs", "/reviews", review, key=key)
    assert told.status_code >= 400 and "idempotency-replayed" not in told.headers and MINE not in told.text
    again = portal.post("mine", "/account/tokens", {"password": PASSWORD, "name": MINE, "scopes": ["companies"], "until": "2024-07-02"}, key=key)  # fmt: skip
    assert (code(again), "text" in again.json()) == ("DONE_BEFORE", False)  # a secret is told once


# -- four eyes


def test_the_makers_second_account_approves_nothing(portal: Served, sides: Sides) -> None:
    with portal.portal.worlds.world() as world, world.log.write() as tx:
        for name, person in (("wang2", "王敏"), ("wang3", "王 敏"), ("wang4", "王\u200b敏")):
            tx.append(ADDED, None, name, {"person": person, "roles": ["head_office_officer"], "unit": "head_office", "bootstrap": False, "by": None})  # fmt: skip
    path = f"/approvals/{sides.ids[ME]['approval_request']}"
    seen = portal.get("zhao", path).json()["seen"]
    for account in ("wang", "wang2", "wang3", "wang4"):
        assert portal.post(account, f"{path}/approval", {"seen": seen}).status_code == 409, account
    assert portal.get("zhao", path).json()["state"] == "waiting"


def test_an_approval_is_of_what_was_seen_and_only_once(portal: Served, sides: Sides) -> None:
    path = f"/approvals/{sides.ids[OTHER]['approval_request']}"
    seen = portal.get("zhao", path).json()["seen"]
    assert code(portal.post("zhao", f"{path}/approval", {"seen": "0" * len(seen)}))
    done = portal.post("zhao", f"{path}/approval", {"seen": seen}, key="approval-1")
    assert done.status_code == 200, done.text
    assert portal.post("zhao", f"{path}/approval", {"seen": seen}, key="approval-1").headers["idempotency-replayed"]
    assert code(portal.post("zhao", f"{path}/approval", {"seen": seen}, key="approval-2"))


# -- filters, cursors, addresses, headers


def test_no_filter_and_no_cursor_is_sql(portal: Served) -> None:
    api = json.loads(published())
    with portal.portal.worlds.world() as world:
        end = world.log.end()
    for path, methods in api["paths"].items():
        names = [one["name"] for one in methods.get("get", {}).get("parameters", ()) if one["in"] == "query"]
        if not names or "{" in path or path.endswith("/events"):
            continue
        account = "chen" if path.endswith(("/users",)) else "audit" if "/audit" in path else "sun" if "import" in path or "quarantine" in path else "li"  # fmt: skip
        for text in SQL:
            for value in (text, closed_cursor(text)) if "cursor" in names else (text,):
                answer = portal.get(account, path.removeprefix(API), params=dict.fromkeys(names, value))
                assert answer.status_code < 500, (path, value, answer.text)
            for name in names:
                answer = portal.get(account, path.removeprefix(API), params={name: closed_cursor(text) if name == "cursor" else text})  # fmt: skip
                assert answer.status_code < 500, (path, name, text, answer.text)
    for text in SQL:
        assert portal.get("li", "/companies", params={"text": text}).json().get("items", []) == []
        assert portal.get("li", f"/loans/{text}").status_code == 404
    with portal.portal.worlds.world() as world:
        assert world.log.end() >= end


def test_private_answers_are_kept_by_nobody_and_all_carry_their_headers(portal: Served) -> None:
    for account, path in (("mine", f"/companies/{ME}"), ("mine", f"/companies/{OTHER}"), (None, "/session"), ("li", "/audit/workbook"), ("audit", "/audit/workbook"), ("mine", "/no-such")):  # fmt: skip
        answer = portal.get(account, path)
        assert answer.headers["cache-control"] == "no-store", path
        assert answer.headers["x-content-type-options"] == "nosniff" and answer.headers["cross-origin-resource-policy"] == "same-origin"  # fmt: skip
        assert "script-src 'self'" in answer.headers["content-security-policy"] and "unsafe" not in answer.headers["content-security-policy"]  # fmt: skip
        assert "server" not in answer.headers


def test_no_header_is_made_of_what_was_sent(portal: Served, sides: Sides) -> None:
    odd = "x%0d%0aSet-Cookie:%20owned=1"
    for path in (f"/receipts/{odd}/proof", f"/companies/{odd}/report", f"/chain/entries/{odd}/proof", f"/loans/{odd}/statement", f"/decisions/{odd}/evidence"):  # fmt: skip
        for account in ("li", "audit", "mine"):
            answer = portal.get(account, path)
            assert answer.status_code >= 400 and "owned" not in str(answer.headers), path


def test_no_address_leads_elsewhere_or_to_a_file(portal: Served) -> None:
    portal.client.cookies.clear()
    for path in ("//elsewhere.example", "/\\elsewhere.example", "/?next=https://elsewhere.example", "/api/v1/companies/", "/assets", "/assets/", "/assets/..%2f..%2fdoor.py", "/assets/%2e%2e/%2e%2e/door.py", "/..%2f..%2fportal.db", "/.git/config"):  # fmt: skip
        answer = portal.client.get(path, headers={"host": "elsewhere.example"}, follow_redirects=False)
        assert "location" not in answer.headers and answer.status_code in (200, 404, 401, 503), path
        assert (
            "elsewhere.example" not in answer.text and "Handler = " not in answer.text and "[core]" not in answer.text
        )
        assert answer.headers["content-type"].startswith(("text/html", "application/problem+json")), path


def test_no_method_hides_in_another(portal: Served, sides: Sides) -> None:
    consent = f"{API}/mandates/{sides.ids['fund-a']['mandate']}"
    for name in ("x-http-method-override", "x-method-override", "x-http-method"):
        answer = portal.client.get(consent, headers=sent_by(portal, "fund") | {name: "DELETE"})
        assert answer.status_code == 200
    assert portal.client.post(f"{consent}?_method=DELETE", headers=sent_by(portal, "fund")).status_code == 405
    for method in ("TRACE", "OPTIONS", "PATCH", "CONNECT", "PROPFIND"):
        answer = portal.client.request(
            method, f"{API}/companies", headers=sent_by(portal, "mine") | {"origin": ELSEWHERE}
        )
        assert answer.status_code == 405 and "access-control-allow-origin" not in answer.headers, method


def test_figures_of_the_server_are_for_its_own_machine(portal: Served) -> None:
    for passed in (
        {"x-forwarded-for": "127.0.0.1"},
        {"forwarded": "for=127.0.0.1"},
        {"x-real-ip": "127.0.0.1"},
        {"authorization": "Bearer x"},
        {},
    ):
        assert (
            portal.client.get("/metrics", headers=passed).status_code == 404
        )  # a test's client has no address of this machine


def test_changes_are_told_to_nobody_who_may_not_hear_them(portal: Served, sides: Sides) -> None:
    from kemiao.portal.changes import TOPICS, Audience, told

    assert portal.get(None, "/events").status_code == 401
    assert code(portal.get("mine", "/events?topics=everything")) == "UNFIT_INPUT"
    with portal.portal.worlds.world() as world:
        events = list(world.log.events(after=0, most=10_000))
    canaries = {ME: MINE, OTHER: THEIRS}
    for own, other in ((ME, OTHER), (OTHER, ME)):
        heard = [told(event, Audience(False, own, None, TOPICS)) for event in events]
        text = json.dumps([each for each in heard if each])
        assert sides.ids[own]["loan"] in text
        assert not [each for each in (other[5:], canaries[other], *sides.ids[other].values()) if len(each) > 3 and each in text and each not in sides.ids[own].values()]  # fmt: skip
    for funder in (None, "fund-a"):
        text = json.dumps([told(event, Audience(False, None, funder, TOPICS)) for event in events])
        assert not [each for each in (ME, OTHER, MINE, THEIRS, sides.ids["fund-b"]["mandate"]) if each in text]


def test_a_fault_in_the_middle_of_a_reading_keeps_nobody_from_writing(portal: Served) -> None:
    with pytest.raises(KeyError) as kept, portal.portal.worlds.world() as world:
        assert {event.public["no such word"] for event in world.log.events()}
    with portal.portal.worlds.world() as world, world.log.write() as tx:
        tx.append(SET, None, "fundb", {"by": None}, {"password": hashed(PASSWORD)})
    assert kept.value.__traceback__ is not None  # still there: its frames hold no reading


# -- over a socket


def spoken(server: Running, text: bytes, seconds: float = 4) -> bytes:
    host, _, port = server.address.removeprefix("http://").partition(":")
    heard = b""
    with socket.create_connection((host, int(port)), seconds) as connection:
        try:
            connection.sendall(text)
            while some := connection.recv(65_536):
                heard += some
        except (TimeoutError, ConnectionError):  # it hangs up on what it won't read
            pass
    return heard


@pytest.mark.parametrize("head", [
    b"Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nG", b"Content-Length: 0\r\nContent-Length: 44\r\n\r\n", b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
    b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n", b"Content-Length: +5\r\n\r\nhello", b"Content-Length: -1\r\n\r\n", b"X: a\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
], ids=["both", "two lengths", "two codings", "unknown coding", "blank", "sign", "negative", "bare line feed"])  # fmt: skip
def test_no_second_request_is_smuggled(server: Running, head: bytes) -> None:
    """What follows an unclear head is never taken for a request of its own."""
    smuggled = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
    heard = spoken(server, b"POST /api/v1/session HTTP/1.1\r\nHost: x\r\n" + head + smuggled)
    assert b'"alive"' not in heard, heard
    assert heard.count(b"HTTP/1.1 ") <= 1, heard


def test_the_server_answers_no_trace_and_no_endless_head(server: Running) -> None:
    assert (
        b" 405 "
        in spoken(server, b"TRACE / HTTP/1.1\r\nHost: x\r\nCookie: kemiao=secret\r\nConnection: close\r\n\r\n").split(
            b"\r\n"
        )[0]
    )
    assert b"secret" not in spoken(
        server, b"TRACE / HTTP/1.1\r\nHost: x\r\nCookie: kemiao=secret\r\nConnection: close\r\n\r\n"
    )
    assert (
        b" 200 " not in spoken(server, b"GET /healthz HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 200_000 + b"\r\n\r\n")[:15]
    )
    assert b'"alive"' in spoken(server, b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")


# -- in a browser


def test_a_script_in_a_name_runs_nowhere(tmp_path: Path) -> None:
    from kemiao.portal.pages import BUILT
    from little_bank import at, put, sound
    from portal.browsing import browsing, give_passwords, serving, sign_in
    from portal.visiting import settled

    assert (BUILT / "index.html").is_file(), "make setup"
    home = little_home(tmp_path / "home")
    with at(home) as world:
        company = next(iter(sound(ME)["company"]))
        put(world, {"company": [{**company, "name": SCRIPT}]}, companies=(ME,))
    give_passwords(home, "sun")
    with serving(home) as server, browsing() as browser:
        page = browser.new_page()
        ran: list[str] = []
        page.on("dialog", lambda dialog: ran.append(dialog.message))
        sign_in(page, server.address, "sun")
        for path in ("/companies", f"/companies/{ME}", "/imports"):
            page.goto(server.address + path)
            settled(page)
            assert page.title() != "owned" and page.locator("img[src='x']").count() == 0
        assert page.evaluate("() => { const s = document.createElement('script'); s.textContent = 'window.owned = 1'; document.body.append(s); return window.owned }") is None  # fmt: skip
        assert ran == []
