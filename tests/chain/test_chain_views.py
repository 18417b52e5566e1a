"""Reading functions over a state: whole lists, only what was asked for, in words that fit."""

from __future__ import annotations

from typing import Any

from chain.actors import ACME, BOLT, START, MemoryState, Stage
from kemiao.chain import views
from kemiao.chain.rules.state import day_of

TODAY = day_of(START)


def grant(stage: Stage, reader: str, company: str = ACME, author: str = "acme", **changed: Any) -> str:
    body = {
        "reader": reader, "tables": ["invoice"], "purposes": ["credit_review"], "from": TODAY, "until": "2026-12-31", "may_pass_on": False,
        "queries": None, "accounts": None, "ask": True, "notice": None, **changed,
    }  # fmt: skip
    return stage.accepted("consent.grant", author, subject=company, body=body)


def ask(stage: Stage, consent: str | None, author: str, company: str = ACME, at: int | None = None) -> str:
    body = {"consent": consent, "purpose": "credit_review", "tables": ["invoice"]}
    return stage.accepted("consent.request", author, subject=company, body=body, at=at)


def test_a_list_longer_than_one_page_is_whole() -> None:
    for count in (999, 1000, 1001, 2500):
        state = MemoryState(
            {f"rests/x/{number:064x}": {"author": "a", "at": number, "sequence": 1} for number in range(count)}
        )
        assert [one["at"] for one in views.rested_on(state, "x")] == list(range(count))


def test_consents_and_requests_are_those_of_the_company_and_the_reader_that_were_asked_for() -> None:
    stage = Stage()
    one, two, three = grant(stage, "bank-a"), grant(stage, "bank-b"), grant(stage, "bank-a", BOLT, "bolt")
    assert [seen.id for seen in views.consents(stage.state, TODAY, company=ACME)] == [one, two]
    assert [seen.id for seen in views.consents(stage.state, TODAY, reader="bank-a")] == [one, three]
    assert [seen.id for seen in views.consents(stage.state, TODAY, company=BOLT, reader="bank-a")] == [three]
    first, second, third = ask(stage, one, "bank-a"), ask(stage, two, "bank-b"), ask(stage, three, "bank-a", BOLT)
    assert [seen.id for seen in views.requests(stage.state, TODAY, company=ACME)] == [first, second]
    assert [seen.id for seen in views.requests(stage.state, TODAY, reader="bank-a")] == [first, third]
    assert [seen.id for seen in views.requests(stage.state, TODAY, company=ACME, reader="bank-a")] == [first]


def test_a_company_whose_key_goes_on_behind_a_slash_is_another_company() -> None:
    stage = Stage()
    own = grant(stage, "bank-a")
    stage.state.values[f"consents/{ACME}/x/bank-a/{'0' * 64}"] = START
    stage.state.values[f"consent/{'0' * 64}"] = {**stage.state.get(f"consent/{own}"), "company": f"{ACME}/x"}
    assert [seen.id for seen in views.consents(stage.state, TODAY, company=ACME)] == [own]


def test_a_request_is_waiting_approved_used_or_lapsed_with_its_consent() -> None:
    stage = Stage()
    consent = grant(stage, "bank-a")
    requests = [ask(stage, consent, "bank-a") for _ in range(3)]
    for request in requests[:2]:
        stage.accepted("consent.approve", "acme", subject=ACME, body={"request": request})
    body = {
        "consent": consent,
        "request": requests[0],
        "purpose": "credit_review",
        "tables": ["invoice"],
        "accounts": None,
    }
    stage.accepted("reading", "bank-a", subject=ACME, basis={"consent": consent}, body=body)
    assert [one.word for one in views.requests(stage.state, TODAY, company=ACME)] == ["used", "approved", "waiting"]
    assert [one.word for one in views.requests(stage.state, "2027-01-01", company=ACME)] == ["used", "lapsed", "lapsed"]


def test_a_grant_of_the_same_moment_answers_a_request_and_an_earlier_one_does_not() -> None:
    stage = Stage()
    grant(stage, "bank-a")
    ask(stage, None, "bank-a")
    assert [one.word for one in views.requests(stage.state, TODAY, company=ACME)] == ["waiting"]
    stage.at -= 1000  # the next comes in the same millisecond
    grant(stage, "bank-a")
    assert [one.word for one in views.requests(stage.state, TODAY, company=ACME)] == ["answered"]
    assert views.consent_seen(stage.state, "0" * 64, TODAY) is None


def test_what_is_left_of_a_consent_is_the_least_of_what_it_uses_up() -> None:
    stage = Stage()
    consent = grant(stage, "bank-a", queries=2, may_pass_on=True, ask=False)
    body = {
        "consent": consent,
        "reader": "bank-b",
        "tables": ["invoice"],
        "purposes": ["credit_review"],
        "until": "2026-12-31",
        "queries": 5,
    }
    child = stage.accepted("consent.pass", "bank-a", subject=ACME, body=body)
    seen = views.consent_seen(stage.state, child, TODAY)
    assert seen is not None and (seen.word, seen.left) == ("standing", 2)
    for _ in range(2):
        made = {
            "consent": consent,
            "request": None,
            "purpose": "credit_review",
            "tables": ["invoice"],
            "accounts": None,
        }
        stage.accepted("reading", "bank-a", subject=ACME, basis={"consent": consent}, body=made)
    seen = views.consent_seen(stage.state, child, TODAY)
    assert seen is not None and (seen.word, seen.left) == ("used_up", 0)
