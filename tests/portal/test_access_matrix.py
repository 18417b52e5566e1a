"""Every route × every role × own and other, generated from the OpenAPI; what may be expected is read from access.toml itself.

A leak is any byte of another's canary in any answer, header, list, search, export or log.
"""

from __future__ import annotations

import io
import json
import shutil
import tomllib
import uuid
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from httpx import Response
from starlette.testclient import TestClient

from kemiao.app.door import Door
from kemiao.app.portal_serving import portal_of
from kemiao.portal.application import application
from kemiao.portal.door import API
from kemiao.portal.published import published
from little_bank import ME, OTHER
from portal.served import Served, served
from portal.two_sides import FUND_A, FUND_B, MINE, THEIRS, Sides

pytestmark = pytest.mark.slow
ROLES = {
    "li": "customer_manager", "wang": "branch_officer", "zhao": "head_office_officer", "sun": "operations", "qian": "compliance", "chen": "administrator",
    "mine": "company", "theirs": "company", "fund": "funder", "fundb": "funder", "audit": "auditor",
}  # fmt: skip
OWN = {"mine": ME, "theirs": OTHER, "fund": "fund-a", "fundb": "fund-b"}
OWNED = frozenset({
    "company", "application", "decision", "review", "approval_request", "complaint", "loan", "repayment", "consent", "receipt",
})  # fmt: skip
OPEN_ENDED = "GET /events"  # lasts: asked once, below
# A proof begins at the chain's genesis, which names its founders with their keys (docs/chain-proofs.md): who founds a chain with others
# is known to them. Nothing else of them may stand in it.
FROM_THE_GENESIS = frozenset({"GET /receipts/{receipt}/proof", "GET /receipts/{receipt}/promise"})
ENDS = frozenset({"DELETE /session", "DELETE /account/sessions"})


@pytest.fixture(scope="module")
def portal(sides: Sides) -> Iterator[Served]:
    with portal_of(Door(sides.home, "zh", False)) as found:
        found.log = LINES.append
        with TestClient(application(found), raise_server_exceptions=False) as client:
            yield Served(found, client)


LINES: list[str] = []


@pytest.fixture(scope="module")
def api() -> dict[str, Any]:
    return dict(json.loads(published()))


@pytest.fixture(scope="module")
def rules(sides: Sides) -> dict[str, Mapping[str, Any]]:
    content = tomllib.loads((sides.home / "policy" / "access.toml").read_text("utf-8"))
    groups = content["group"]
    return {row["route"]: {**row, "anyone": {one for name in row.get("anyone", ()) for one in groups.get(name, (name,))}} for row in content["rule"]}  # fmt: skip


def operations(api: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for path, methods in api["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path.removeprefix(API), operation


def filled(path: str, ids: Mapping[str, str]) -> str:
    """With what there is; other things by a name that nothing has."""
    names = [piece[1:-1] for piece in path.replace(".svg", "").split("/") if piece.startswith("{")]
    for name in names:
        path = path.replace("{" + name + "}", ids.get(name, "nothing0" if name != "batch" else "1"))
    return path


def sample(schema: Mapping[str, Any], api: Mapping[str, Any], text: str) -> Any:
    """The smallest that fits a schema, with `text` wherever text may be."""
    if "$ref" in schema:
        return sample(api["components"]["schemas"][schema["$ref"].rpartition("/")[2]], api, text)
    for name in ("anyOf", "oneOf", "allOf"):
        if name in schema:
            return sample(schema[name][0], api, text)
    if "const" in schema or "enum" in schema:
        return schema.get("const", schema.get("enum", [None])[0])
    match schema.get("type"):
        case "object":
            return {name: sample(each, api, text) for name, each in schema.get("properties", {}).items()}
        case "array":
            return [sample(schema["items"], api, text)]
        case "integer" | "number":
            return max(schema.get("minimum", 1), schema.get("exclusiveMinimum", 0) + 1)
        case "boolean":
            return True
        case _:
            return "2024-07-01" if schema.get("format") == "date" else text[: schema.get("maxLength", 1000)]


def body_of(operation: Mapping[str, Any], api: Mapping[str, Any], text: str = "nothing0") -> Any:
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    return sample(content["schema"], api, text) if content else None


def bytes_of(answer: Response) -> bytes:
    """All that was answered: head and body, unpacked where it is a workbook."""
    told = b"\n".join(name + b": " + value for name, value in answer.headers.raw) + answer.content
    if answer.content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
            told += b"".join(archive.read(name) for name in archive.namelist())
    return told


def expected(rule: Mapping[str, Any] | None, account: str | None, path: str, whose: str) -> int | None:
    """A status that refuses; None: the door lets it in."""
    if rule is None:
        return 403
    if rule.get("open"):
        return None
    if account is None:
        return 401
    if rule.get("signed_in") or ROLES[account] in rule["anyone"]:
        return None
    kind = ROLES[account]
    if kind not in rule.get("own", ()):
        return 403
    names = {piece[1:-1] for piece in path.split("/") if piece.startswith("{")}
    owned = names & (OWNED if kind == "company" else {"mandate"})
    return 404 if owned and whose != OWN[account] else None


def test_every_route_for_every_role_of_own_and_of_other(sides: Sides, portal: Served, api: Any, rules: Any) -> None:
    """Refused as access.toml has it, with well-formed requests; let in where it has it so: readings are read, writes stop at the missing
    key. What is answered to one side has nothing of the other."""
    wrong: list[str] = []
    count = 0
    for method, path, operation in operations(api):
        route = f"{method} {path}"
        if route == OPEN_ENDED or route in ENDS:
            continue
        body = body_of(operation, api) if method != "GET" else None
        for account in (None, *ROLES):
            for whose in sides_of(path):
                refusal = expected(rules.get(route), account, path, whose)
                if refusal is None and again(account, method, whose):
                    continue
                key = None if refusal is None and method != "GET" else "k" * 16
                answer = portal._ask(method, account, filled(path, sides.ids[whose]), key=key, json=body)
                if answer.status_code == 503:  # a machine at its limit: as a browser does
                    answer = portal._ask(method, account, filled(path, sides.ids[whose]), key=key, json=body)
                count += 1
                place = f"{route} as {account} of {whose}: {answer.status_code}"
                if answer.status_code >= 500:
                    wrong.append(place)
                elif refusal is not None and answer.status_code != refusal:
                    wrong.append(f"{place}, not {refusal}")
                elif refusal is None and route != "POST /session":
                    if answer.status_code in (401, 403):
                        wrong.append(f"{place} {answer.text[:200]}")
                    if method != "GET" and answer.status_code != 400:
                        wrong.append(f"{place} without a key")
                wrong += leaks(route, account, answer)
    assert not wrong, "\n".join(wrong)
    assert count > 1500


def sides_of(path: str) -> tuple[str, ...]:
    if "{" not in path:
        return (ME,)
    return ("fund-a", "fund-b") if "{mandate}" in path else (ME, OTHER)


def again(account: str | None, method: str, whose: str) -> bool:
    """People of the bank all see the same: one side is enough, and for readings three of them."""
    staff = account is not None and ROLES[account] not in ("company", "funder")
    return staff and (whose not in (ME, "fund-a") or (method == "GET" and account not in ("li", "chen", "audit")))


def others(account: str | None) -> list[str]:
    """Canaries that this account may never see. The administrator sees no company's; the funder of companies what its sheet tells."""
    match account:
        case "mine":
            return [THEIRS, OTHER.removeprefix("uscc:"), FUND_B]
        case "theirs":
            return [MINE, ME.removeprefix("uscc:"), FUND_B]
        case "fund":
            return [FUND_B, MINE, THEIRS]
        case "fundb":
            return [FUND_A, MINE, THEIRS]
        case None:
            return [MINE, THEIRS, FUND_A, FUND_B]
        case _:
            return []


def leaks(route: str, account: str | None, answer: Response) -> list[str]:
    told = bytes_of(answer)
    if route in FROM_THE_GENESIS and answer.is_success:
        told = json.dumps({**answer.json(), "genesis": None}).encode()
    return [f"{route} tells {account} of {canary}: {answer.text[:300]}" for canary in others(account) if canary.encode() in told]  # fmt: skip


def test_no_filter_and_no_search_finds_what_is_anothers(sides: Sides, portal: Served, api: Any, rules: Any) -> None:
    """Every parameter of every reading that a company may ask, filled with the other's things."""
    wrong: list[str] = []
    theirs = sides.ids[OTHER]
    for method, path, operation in operations(api):
        rule = rules[f"{method} {path}"]
        if method != "GET" or "company" not in rule.get("own", ()):
            continue
        names = [one["name"] for one in operation.get("parameters", ()) if one["in"] == "query"]
        for value in (THEIRS, OTHER, theirs["decision"], theirs["loan"]) if names else ():
            query = {name: value for name in names if name not in ("limit", "amount_fen", "months", "cursor")}
            fit = {"amount_fen": "20000000", "months": "12", "rate_max_ppm": "90000", "purpose": "raw_materials", "kind": "payoff", "on": "2024-07-01"}  # fmt: skip
            asks = [query] + [{**{one: fit[one] for one in names if one in fit}, name: value} for name in query if name not in fit]  # fmt: skip
            for each in asks:
                answer = portal.get("mine", filled(path, sides.ids[ME]), params=each)
                told = answer.content.replace(value.encode(), b"")  # what was asked may be said again
                if answer.status_code >= 500:
                    wrong.append(f"{path} {each}: {answer.status_code}")
                wrong += [f"{path} {each}: {answer.text[:300]}" for canary in (THEIRS, OTHER[5:]) if canary.encode() in told]  # fmt: skip
    assert not wrong, "\n".join(wrong)


def test_no_body_of_ones_own_touches_what_is_anothers(sides: Sides, portal: Served, api: Any, rules: Any) -> None:
    """Every write that a company or a funder may make to its own, its body filled with the other's things: nothing of the other is
    answered, and nothing is written about it."""
    wrong: list[str] = []
    with portal.portal.worlds.world() as world:
        end = world.log.end()
    for account, own, other in (("mine", ME, OTHER), ("fund", "fund-a", "fund-b")):
        for method, path, operation in operations(api):
            rule = rules[f"{method} {path}"]
            if method == "GET" or ROLES[account] not in rule.get("own", ()):
                continue
            for text in {*sides.ids[other].values()}:
                body = body_of(operation, api, text)
                answer = portal._ask(method, account, filled(path, sides.ids[own]), key=uuid.uuid4().hex, json=body)
                if answer.status_code >= 500:
                    wrong.append(f"{method} {path} {text}: {answer.status_code}")
                told = bytes_of(answer).replace(text.encode(), b"")
                wrong += [f"{method} {path} {text}: {answer.text[:300]}" for canary in others(account) if canary.encode() in told]  # fmt: skip
                if body is None:
                    break
    with portal.portal.worlds.world() as world:
        touched = [event for event in world.log.events(after=end, most=1000) if event.subject == OTHER or event.ref in sides.ids["fund-b"].values()]  # fmt: skip
    assert [(event.kind, event.ref) for event in touched] == []
    assert not wrong, "\n".join(wrong)


def test_a_token_opens_what_it_was_made_for_and_nothing_else(
    sides: Sides, portal: Served, api: Any, rules: Any
) -> None:
    portal.client.cookies.clear()
    for method, path, operation in operations(api):
        rule = rules[f"{method} {path}"]
        if rule.get("open") or rule.get("scope") == "events":
            continue
        body = body_of(operation, api)
        answer = portal.client.request(
            method, API + filled(path, sides.ids[ME]), json=body, headers={"authorization": f"Bearer {sides.token}", "idempotency-key": "k" * 16}
        )  # fmt: skip
        assert answer.status_code == 403, (method, path, answer.text)
        assert MINE.encode() not in answer.content


def test_a_route_that_no_rule_names_is_nobodys(sides: Sides, portal: Served, tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(sides.home, home)
    policy = home / "policy" / "access.toml"
    text = policy.read_text("utf-8")
    rule = '[[rule]]\nroute = "GET /companies"\n'
    assert text.count(rule) == 1
    policy.write_text(text.replace(rule, '[[rule]]\nroute = "GET /companies-of-old"\n'), "utf-8")
    with served(home) as other:
        for account in ROLES:
            answer = other.get(account, "/companies")
            assert (answer.status_code >= 400, MINE in answer.text) == (True, False), answer.text


def test_no_log_has_a_word_of_anybody(portal: Served) -> None:
    """Of all that was asked above."""
    assert len(LINES) > 1000
    lines = "\n".join(LINES)
    assert [word for word in (MINE, THEIRS, FUND_A, FUND_B, ME[5:], OTHER[5:]) if word in lines] == []


def test_the_application_has_no_route_but_those_of_its_description(portal: Served, api: Any) -> None:
    listed = {(method, API + path) for method, path, _ in operations(api)}
    known = {(method.upper(), path) for path, methods in application(portal.portal).openapi()["paths"].items() for method in methods}  # fmt: skip
    assert known == listed
