"""The whole API against its own description: whatever fits it or nearly does is answered as described, and never by a fault."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from httpx import Response
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from kemiao.portal.door import API, PLAIN_COOKIE
from kemiao.portal.published import published
from little_bank import ME
from portal.served import Served
from portal.two_sides import Sides, asked

pytestmark = pytest.mark.slow
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
# By whom what is asked. The others' routes answer 403, which is not worth asking often.
ACCOUNTS = ("mine", "li", "sun", "wang", "qian", "chen", "fund", "audit")
LASTS = "/events"  # never ends: test_events
EXAMPLES, SOAKED = 2, 20


@pytest.fixture(scope="module")
def portal(sides: Sides) -> Iterator[Served]:
    with asked(sides) as found:
        yield found


def test_no_request_is_a_fault_and_every_answer_is_as_described(sides: Sides, portal: Served) -> None:
    assert tried(sides, portal, EXAMPLES) > 300


@pytest.mark.soak
def test_no_request_is_a_fault_long(sides: Sides, portal: Served) -> None:
    assert tried(sides, portal, SOAKED) > 2000


def tried(sides: Sides, portal: Served, examples: int) -> int:
    """How many requests were answered. All that went wrong is told together."""
    api = json.loads(published())
    schema = schemathesis.openapi.from_dict(api)
    wrong: dict[str, str] = {}
    statuses: list[int] = []
    for result in schema.get_all_operations():
        operation = result.ok()
        name = f"{operation.method.upper()} {operation.path.removeprefix(API)}"
        if operation.path == API + LASTS or name in ("DELETE /session", "DELETE /account/sessions"):
            continue
        account = by_whom(portal, name)

        def ask(case: Any) -> None:
            answer = answered(sides, portal, account, case)  # noqa: B023 - asked before the next
            statuses.append(answer.status_code)
            try:
                case.validate_response(answer, checks=CHECKS)
            except Exception as error:  # noqa: BLE001 - told below, with all others
                what = str(error).strip().split("Reproduce with")[0][:500]
                wrong.setdefault(f"{name} as {account}: {answer.status_code}", what)  # noqa: B023

        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            bounded = settings(
                max_examples=examples, database=None, derandomize=examples == EXAMPLES, deadline=None, phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )  # fmt: skip
            try:
                bounded(given(operation.as_strategy(generation_mode=mode))(ask))()
            except Exception as error:
                if type(error).__name__ not in ("Unsatisfiable", "SkipTest", "Skipped"):  # nothing to make unfit
                    raise
    assert not wrong, "\n\n".join(f"{place}\n{what}" for place, what in sorted(wrong.items()))
    return len(statuses)


def by_whom(portal: Served, route: str) -> str:
    """The first account that may."""
    from kemiao.portal.application import rules_of

    with portal.portal.worlds.world() as world:
        rule = rules_of(world)[route]
    kinds = {"mine": {"company"}, "fund": {"funder"}, "audit": {"auditor"}, "chen": {"administrator"}}
    staff = {"li": "customer_manager", "sun": "operations", "wang": "branch_officer", "qian": "compliance"}
    for account in ACCOUNTS:
        roles = kinds.get(account) or {staff[account]}
        if rule.open or rule.signed_in or roles & rule.anyone or roles & rule.own:
            return account
    raise AssertionError(route)


def answered(sides: Sides, portal: Served, account: str, case: Any) -> Response:
    """Every other time with what there is in place of what was made up, so that more than `no such` is answered."""
    if int(uuid.uuid5(uuid.NAMESPACE_OID, repr(case.path_parameters)).int) % 2 or account in ("mine", "fund"):
        own = sides.ids["fund-a" if account == "fund" else ME]
        case.path_parameters = {name: own.get(name, value) for name, value in (case.path_parameters or {}).items()}
    sent = case.as_transport_kwargs(base_url="http://testserver")
    token, csrf = portal._session(account)
    portal.client.cookies.clear()
    headers = {
        name: value for name, value in dict(sent.pop("headers")).items() if name.lower() not in ("cookie", "user-agent")
    }
    headers |= {"cookie": f"{PLAIN_COOKIE}={token}", "x-csrf-token": csrf, "idempotency-key": uuid.uuid4().hex}
    known = {name: sent[name] for name in ("params", "json", "data", "files") if sent.get(name) is not None}
    if "data" in known and isinstance(known["data"], bytes | str):
        known["content"] = known.pop("data")
    answer = portal.client.request(sent["method"], sent["url"], headers=headers, **known)
    if answer.status_code == 401:
        portal.tokens.pop(account)
    return answer
