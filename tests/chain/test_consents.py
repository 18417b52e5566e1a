"""Consent on the chain: every way in which a reading is refused, and what each entry leaves behind."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from chain.actors import ACME, BOLT, START, Stage, seeded
from kemiao.chain import views
from kemiao.chain.rules.standing import standing
from kemiao.chain.rules.state import day_of

DAY_MS = 86_400_000
TODAY = day_of(START)
LATER = "2026-12-31"
PAPER = {"paper": "授权书 2025-17"}


def grant(stage: Stage, reader: str = "bank-a", company: str = ACME, author: str = "acme", **changed: Any) -> str:
    return stage.accepted("consent.grant", author, subject=company, body=granted(reader, **changed))


def granted(reader: str = "bank-a", **changed: Any) -> dict[str, Any]:
    return {
        "reader": reader, "tables": ["invoice", "bank_transaction"], "purposes": ["credit_review"], "from": TODAY, "until": LATER,
        "may_pass_on": False, "queries": None, "accounts": None, "ask": False, "notice": None, **changed,
    }  # fmt: skip


def read(consent: str | None, *, basis: dict[str, str] | None = None, **changed: Any) -> dict[str, Any]:
    """The parts of a reading of acme's invoices."""
    body = {
        "consent": consent,
        "request": None,
        "purpose": "credit_review",
        "tables": ["invoice"],
        "accounts": None,
        **changed,
    }
    return {"subject": ACME, "basis": basis or {"consent": consent}, "body": body}


def passed(consent: str, reader: str = "bank-b", **changed: Any) -> dict[str, Any]:
    body = {
        "consent": consent,
        "reader": reader,
        "tables": ["invoice"],
        "purposes": ["credit_review"],
        "until": LATER,
        **changed,
    }
    return {"subject": ACME, "body": body}


def ask(stage: Stage, consent: str | None, author: str = "bank-a") -> str:
    body = {"consent": consent, "purpose": "credit_review", "tables": ["invoice"]}
    return stage.accepted("consent.request", author, subject=ACME, body=body)


def approve(stage: Stage, request: str) -> str:
    return stage.accepted("consent.approve", "acme", subject=ACME, body={"request": request})


def revoke(stage: Stage, consent: str | None = None, reader: str | None = None) -> str:
    return stage.accepted("consent.revoke", "acme", subject=ACME, body={"consent": consent, "reader": reader})


def test_a_reading_under_a_consent_is_counted_and_the_company_finds_it() -> None:
    stage = Stage()
    consent = grant(stage, queries=2)
    first = stage.accepted("reading", "bank-a", **read(consent))
    stage.accepted("reading", "bank-a", **read(consent, purpose="report", tables=["invoice", "bank_transaction"]))
    assert stage.refused("reading", "bank-a", **read(consent)) == "CONSENT_USED_UP"
    found = views.readings(stage.state, ACME)
    assert [(one["reader"], one["purpose"], one["consent"]) for one in found] == [
        ("bank-a", "credit_review", consent),
        ("bank-a", "report", consent),
    ]
    assert found[0]["id"] == first
    assert views.readings(stage.state, BOLT) == []
    (seen,) = views.consents(stage.state, TODAY, company=ACME)
    assert (seen.word, seen.left, seen.value["used"]) == ("used_up", 0, 2)


@pytest.mark.parametrize(
    ("code", "author", "changed"),
    [
        ("NOT_THE_READER", "bank-b", {}),
        ("PURPOSE_NOT_COVERED", "bank-a", {"purpose": "post_loan"}),  # review does not cover what follows the loan
        ("TABLE_NOT_COVERED", "bank-a", {"tables": ["invoice", "payroll"]}),
        ("NO_APPROVAL_NEEDED", "bank-a", {"request": "0" * 64}),
    ],
)
def test_a_reading_beyond_its_consent_is_refused(code: str, author: str, changed: dict[str, Any]) -> None:
    stage = Stage()
    consent = grant(stage)
    before = dict(stage.state.values)
    assert stage.refused("reading", author, **read(consent, **changed)) == code
    assert stage.state.values == before


def test_a_consent_that_was_never_given_or_is_another_companys_opens_nothing() -> None:
    stage = Stage()
    assert stage.refused("reading", "bank-a", **read("0" * 64)) == "NO_SUCH_CONSENT"
    theirs = grant(stage, company=BOLT, author="bolt")
    assert stage.refused("reading", "bank-a", **read(theirs)) == "OTHER_COMPANY"
    assert stage.refused("reading", "bank-a", **read(theirs, basis=PAPER)) == "MALFORMED_BODY"  # two bases at once
    assert stage.refused("reading", "bank-a", **read(None, basis={"consent": theirs})) == "MALFORMED_BODY"
    assert stage.refused("reading", "bank-a", subject=ACME, body=read(None)["body"]) == "NO_BASIS"


def test_a_consent_stands_from_its_first_day_to_its_last_by_days_in_china() -> None:
    stage = Stage()
    consent = grant(stage, **{"from": "2026-01-10", "until": "2026-01-12"})
    first = START + 9 * DAY_MS - 8 * 3_600_000  # START is 08:00 there on 1 January
    end = first + 3 * DAY_MS
    assert stage.refused("reading", "bank-a", at=first - 1, **read(consent)) == "CONSENT_NOT_YET"
    stage.accepted("reading", "bank-a", at=first, **read(consent))
    stage.accepted("reading", "bank-a", at=end - 1, **read(consent))
    assert stage.refused("reading", "bank-a", at=end, **read(consent)) == "CONSENT_EXPIRED"


def test_a_consent_may_be_for_today_alone() -> None:
    stage = Stage()
    consent = grant(stage, until=TODAY, may_pass_on=True)
    stage.accepted("reading", "bank-a", **read(consent))
    stage.accepted("consent.pass", "bank-a", **passed(consent, until=TODAY))


@pytest.mark.parametrize("by_reader", [False, True])
def test_a_revocation_is_effective_for_the_very_next_entry(by_reader: bool) -> None:
    stage = Stage()
    consent = grant(stage)
    now = stage.at + 1000
    body = {"consent": None if by_reader else consent, "reader": "bank-a" if by_reader else None}
    stage.accepted("consent.revoke", "acme", subject=ACME, at=now, body=body)
    assert stage.refused("reading", "bank-a", at=now, **read(consent)) == "CONSENT_REVOKED"  # in the same millisecond


def test_withdrawing_from_a_reader_ends_its_paper_too_until_a_new_consent() -> None:
    stage = Stage()
    old = grant(stage)
    stage.accepted("reading", "bank-a", **read(None, basis=PAPER))
    revoke(stage, reader="bank-a")
    assert stage.refused("reading", "bank-a", **read(None, basis=PAPER)) == "WITHDRAWN"
    stage.accepted("reading", "bank-b", **read(None, basis=PAPER))
    assert stage.state.get(f"withdrawn/{ACME}/bank-a")["count"] == 1
    new = grant(stage)
    stage.accepted("reading", "bank-a", **read(new))
    assert stage.refused("reading", "bank-a", **read(old)) == "CONSENT_REVOKED"
    assert stage.refused("reading", "bank-a", **read(None, basis=PAPER)) == "WITHDRAWN"
    revoke(stage, reader="bank-a")
    assert stage.refused("reading", "bank-a", **read(new)) == "CONSENT_REVOKED"
    assert [one.word for one in views.consents(stage.state, TODAY, company=ACME)] == ["revoked", "revoked"]


def test_what_a_reader_must_read_by_law_or_has_of_its_own_is_no_paper_and_stands_in_the_companys_list() -> None:
    stage = Stage()
    for reader, basis in (("tax-office", {"office": "税收征收管理法 54"}), ("bank-a", {"own": "贷款台账"})):
        revoke(stage, reader=reader)
        stage.accepted("reading", reader, **read(None, basis=basis))
        assert stage.refused("reading", reader, **read(None, basis=PAPER)) == "WITHDRAWN"
    assert [one["basis"] for one in views.readings(stage.state, ACME)] == [
        {"office": "税收征收管理法 54"},
        {"own": "贷款台账"},
    ]


def test_accounts_are_held_to_those_that_the_company_picked() -> None:
    stage = Stage()
    consent = grant(stage, accounts=["6621", "0094"])
    flows = ["bank_transaction"]
    assert stage.refused("reading", "bank-a", **read(consent, tables=flows)) == "ACCOUNT_NOT_COVERED"  # all of them
    assert (
        stage.refused("reading", "bank-a", **read(consent, tables=flows, accounts=["6621", "7777"]))
        == "ACCOUNT_NOT_COVERED"
    )
    stage.accepted("reading", "bank-a", **read(consent, tables=flows, accounts=["0094", "6621"]))
    stage.accepted("reading", "bank-a", **read(consent, tables=flows, accounts=["6621"]))
    stage.accepted("reading", "bank-a", **read(consent))  # invoices belong to no account


def test_under_an_ask_consent_each_reading_needs_its_own_approval_once() -> None:
    stage = Stage()
    consent = grant(stage, ask=True)
    assert stage.refused("reading", "bank-a", **read(consent)) == "APPROVAL_NEEDED"
    request = ask(stage, consent)
    assert stage.refused("reading", "bank-a", **read(consent, request=request)) == "APPROVAL_NEEDED"
    approve(stage, request)
    assert stage.refused("consent.approve", "acme", subject=ACME, body={"request": request}) == "APPROVED_ALREADY"
    for changed in ({"tables": ["bank_transaction"]}, {"tables": ["invoice", "bank_transaction"]}, {"request": None}):
        assert (
            stage.refused("reading", "bank-a", **read(consent, **{"request": request, **changed})) == "APPROVAL_NEEDED"
        )
    stage.accepted("reading", "bank-a", **read(consent, request=request))
    assert stage.refused("reading", "bank-a", **read(consent, request=request)) == "APPROVAL_NEEDED"
    assert [one.word for one in views.requests(stage.state, TODAY, company=ACME)] == ["used"]


def test_an_approval_of_one_consent_opens_no_other() -> None:
    stage = Stage()
    one, other = grant(stage, ask=True), grant(stage, ask=True)
    request = ask(stage, one)
    approve(stage, request)
    assert stage.refused("reading", "bank-a", **read(other, request=request)) == "APPROVAL_NEEDED"


def test_requests_are_the_readers_and_approvals_the_companys() -> None:
    stage = Stage()
    consent = grant(stage, ask=True)
    body = {"consent": consent, "purpose": "credit_review", "tables": ["invoice"]}
    assert stage.refused("consent.request", "bank-b", subject=ACME, body=body) == "NOT_THE_READER"
    assert stage.refused("consent.request", "bank-a", subject=BOLT, body=body) == "OTHER_COMPANY"
    assert (
        stage.refused("consent.request", "bank-a", subject=ACME, body={**body, "tables": ["payroll"]})
        == "TABLE_NOT_COVERED"
    )
    request = ask(stage, consent)
    assert stage.refused("consent.approve", "bolt", subject=ACME, body={"request": request}) == "NOT_THE_COMPANY"
    assert stage.refused("consent.approve", "bolt", subject=BOLT, body={"request": request}) == "OTHER_COMPANY"
    assert stage.refused("consent.approve", "bank-a", subject=ACME, body={"request": request}) == "NOT_THE_COMPANY"
    assert stage.refused("consent.approve", "acme", subject=ACME, body={"request": "0" * 64}) == "NO_SUCH_REQUEST"
    revoke(stage, consent)
    assert stage.refused("consent.approve", "acme", subject=ACME, body={"request": request}) == "CONSENT_REVOKED"
    plain = grant(stage)
    assert (
        stage.refused("consent.request", "bank-a", subject=ACME, body={**body, "consent": plain})
        == "NO_APPROVAL_NEEDED"
    )


def test_a_request_without_a_consent_asks_for_one_and_is_answered_by_a_grant() -> None:
    stage = Stage()
    request = ask(stage, None)
    assert stage.refused("consent.approve", "acme", subject=ACME, body={"request": request}) == "NO_SUCH_CONSENT"
    assert [one.word for one in views.requests(stage.state, TODAY, company=ACME)] == ["waiting"]
    grant(stage)
    assert [one.word for one in views.requests(stage.state, TODAY, reader="bank-a")] == ["answered"]
    body = {"consent": None, "purpose": "credit_review", "tables": ["invoice"]}
    assert stage.refused("consent.request", "bank-a", subject="cumcm:E1", body=body) == "NO_SUCH_COMPANY"
    revoke(stage, reader="bank-a")
    assert stage.refused("consent.request", "bank-a", subject=ACME, body=body) == "WITHDRAWN"


def test_only_the_company_grants_and_revokes() -> None:
    stage = Stage()
    consent = grant(stage)
    assert stage.refused("consent.grant", "bank-a", subject=ACME, body=granted("bank-b")) == "NOT_THE_COMPANY"
    assert stage.refused("consent.grant", "acme", subject=BOLT, body=granted()) == "NOT_THE_COMPANY"
    assert stage.refused("consent.grant", "acme", body=granted()) == "NOT_THE_COMPANY"
    assert stage.refused("consent.grant", "acme", subject=ACME, body=granted("nobody-x")) == "NO_SUCH_PARTICIPANT"
    assert stage.refused("consent.grant", "acme", subject=ACME, body=granted("acme")) == "READER_IS_THE_COMPANY"
    assert stage.refused("consent.grant", "acme", subject=ACME, body=granted(**{"from": "2025-01-01", "until": "2025-12-31"})) == "CONSENT_EXPIRED"  # fmt: skip
    for author, subject, code in (("bank-a", ACME, "NOT_THE_COMPANY"), ("bolt", BOLT, "OTHER_COMPANY")):
        body = {"consent": consent, "reader": None}
        assert stage.refused("consent.revoke", author, subject=subject, body=body) == code
    revoke(stage, consent)
    assert (
        stage.refused("consent.revoke", "acme", subject=ACME, body={"consent": consent, "reader": None})
        == "CONSENT_REVOKED"
    )
    assert (
        stage.refused("consent.revoke", "acme", subject=ACME, body={"consent": "0" * 64, "reader": None})
        == "NO_SUCH_CONSENT"
    )
    for both in ({"consent": consent, "reader": "bank-a"}, {"consent": None, "reader": None}):
        assert stage.refused("consent.revoke", "acme", subject=ACME, body=both) == "MALFORMED_BODY"


def test_a_company_signs_consents_with_a_key_for_consents() -> None:
    stage = Stage()
    assert stage.refused("consent.grant", "acme", purpose="keys", subject=ACME, body=granted()) == "KEY_NOT_FOR_THIS"


def test_passed_on_it_is_a_part_that_uses_up_both_and_dies_with_its_parent() -> None:
    stage = Stage()
    consent = grant(stage, may_pass_on=True, queries=3)
    child = stage.accepted("consent.pass", "bank-a", **passed(consent, queries=2))
    stage.accepted("reading", "bank-b", **read(child))
    stage.accepted("reading", "bank-a", **read(consent))
    stage.accepted("reading", "bank-b", **read(child))
    assert stage.refused("reading", "bank-b", **read(child)) == "CONSENT_USED_UP"  # its own two
    assert stage.refused("reading", "bank-a", **read(consent)) == "CONSENT_USED_UP"  # three together
    assert stage.state.get(f"consent/{consent}")["used"] == 3
    assert stage.refused("reading", "bank-a", **read(child)) == "NOT_THE_READER"

    other = grant(stage, may_pass_on=True)
    child = stage.accepted("consent.pass", "bank-a", **passed(other))
    stage.accepted("reading", "bank-b", **read(child))
    revoke(stage, other)
    assert stage.refused("reading", "bank-b", **read(child)) == "CONSENT_REVOKED"


def test_withdrawing_from_whoever_passed_it_on_or_holds_it_ends_it() -> None:
    for reader in ("bank-a", "bank-b"):
        stage = Stage()
        child = stage.accepted("consent.pass", "bank-a", **passed(grant(stage, may_pass_on=True)))
        revoke(stage, reader=reader)
        assert stage.refused("reading", "bank-b", **read(child)) == "CONSENT_REVOKED"


def test_nothing_is_passed_on_beyond_what_is_held() -> None:
    stage = Stage()
    held = grant(stage, may_pass_on=True, tables=["invoice"], until="2026-06-30")
    fixed = grant(stage)
    assert stage.refused("consent.pass", "bank-a", **passed(fixed)) == "PASSING_NOT_ALLOWED"
    for code, changed in (
        ("TABLE_NOT_COVERED", {"tables": ["invoice", "payroll"]}),
        ("PURPOSE_NOT_COVERED", {"purposes": ["credit_review", "post_loan"]}),
        ("PURPOSE_NOT_COVERED", {"purposes": ["report"]}),  # covered when reading, not there to be given away
        ("CONSENT_EXPIRED", {"until": LATER}),
        ("CONSENT_EXPIRED", {"until": "2025-12-31"}),
        ("NO_SUCH_PARTICIPANT", {"reader": "nobody-x"}),
        ("READER_IS_THE_COMPANY", {"reader": "acme"}),
        ("MALFORMED_BODY", {"reader": "bank-a"}),
    ):
        assert stage.refused("consent.pass", "bank-a", **passed(held, **{"until": "2026-06-30", **changed})) == code
    assert stage.refused("consent.pass", "bank-b", **passed(held, until="2026-06-30")) == "NOT_THE_READER"
    child = stage.accepted("consent.pass", "bank-a", **passed(held, until="2026-06-30"))
    assert (
        stage.refused("consent.pass", "bank-b", **passed(child, "leasing-c", until="2026-06-30"))
        == "PASSING_NOT_ALLOWED"
    )
    revoke(stage, reader="leasing-c")
    assert stage.refused("consent.pass", "bank-a", **passed(held, "leasing-c", until="2026-06-30")) == "WITHDRAWN"


def test_a_chain_of_passing_has_an_end() -> None:
    stage = Stage()
    own, hands = grant(stage, may_pass_on=True), ["bank-a", "bank-b", "leasing-c", "auditor", "regulator", "tax-office"]
    for giver, taker in pairwise(hands[:5]):
        own = stage.accepted("consent.pass", giver, **passed(own, taker, may_pass_on=True))
    assert stage.refused("consent.pass", "regulator", **passed(own, "tax-office")) == "PASSING_NOT_ALLOWED"
    stage.accepted("reading", "regulator", **read(own))
    assert [one.value["used"] for one in views.consents(stage.state, TODAY, company=ACME)] == [1] * 5


def test_an_ask_consent_that_was_passed_on_still_asks_the_company() -> None:
    stage = Stage()
    child = stage.accepted("consent.pass", "bank-a", **passed(grant(stage, may_pass_on=True, ask=True)))
    assert stage.refused("reading", "bank-b", **read(child)) == "APPROVAL_NEEDED"
    request = ask(stage, child, "bank-b")
    approve(stage, request)
    stage.accepted("reading", "bank-b", **read(child, request=request))


def distrust(stage: Stage, author: str, since: int) -> None:
    """The author's key for consents and entries was in wrong hands since then."""

    body = {"retire": seeded(f"{author} consent").key_id, "add": None, "distrusted_from": since}
    stage.accepted("key.rotate", author, body=body)


def test_what_a_stolen_key_granted_or_approved_does_not_stand_and_what_came_before_does() -> None:
    stage = Stage()
    good = grant(stage)
    stolen_at = stage.at + 1
    bad, asked = grant(stage), grant(stage, ask=True)
    request = ask(stage, asked)
    distrust(stage, "acme", stolen_at)
    stage.accepted("reading", "bank-a", **read(good))
    assert stage.refused("reading", "bank-a", **read(bad)) == "CONSENT_DISTRUSTED"
    assert stage.refused("reading", "bank-a", **read(asked, request=request)) == "CONSENT_DISTRUSTED"

    stage = Stage()
    asked = grant(stage, ask=True)
    request = ask(stage, asked)
    approve(stage, request)
    distrust(stage, "acme", stage.at)
    assert stage.refused("reading", "bank-a", **read(asked, request=request)) == "APPROVAL_NEEDED"

    stage = Stage()
    child = stage.accepted("consent.pass", "bank-a", **passed(grant(stage, may_pass_on=True)))
    distrust(stage, "bank-a", stage.at)
    assert stage.refused("reading", "bank-b", **read(child)) == "CONSENT_DISTRUSTED"
    assert [one.word for one in views.consents(stage.state, TODAY, reader="bank-b")] == ["distrusted"]


@pytest.mark.parametrize(
    "changed",
    [
        {"tables": []}, {"tables": ["no_such_table"]}, {"tables": ["invoice", "invoice"]}, {"tables": "invoice"}, {"tables": [["invoice"]]},
        {"purposes": []}, {"purposes": ["sale"]}, {"purposes": None}, {"queries": 0}, {"queries": True}, {"queries": 10**9}, {"queries": -1},
        {"accounts": []}, {"accounts": [""]}, {"accounts": ["x" * 65]}, {"accounts": [str(n) for n in range(101)]}, {"ask": 1},
        {"may_pass_on": None}, {"notice": "x"}, {"from": "2026-1-1"}, {"from": "2026-02-30"}, {"from": "2027-01-01"}, {"until": None},
        {"reader": "Bank A"}, {"reader": None}, {"more": 1},
    ],
)  # fmt: skip
def test_a_grant_of_another_form_is_refused(changed: dict[str, Any]) -> None:
    assert Stage().refused("consent.grant", "acme", subject=ACME, body=granted(**changed)) == "MALFORMED_BODY"


@pytest.mark.parametrize("missing", sorted(granted()))
def test_a_grant_leaves_nothing_to_be_guessed(missing: str) -> None:
    body = {name: value for name, value in granted().items() if name != missing}
    assert Stage().refused("consent.grant", "acme", subject=ACME, body=body) == "MALFORMED_BODY"


def test_a_reading_of_many_commits_to_whom_it_read() -> None:
    stage = Stage()
    body = {
        "count": 3,
        "root": "0" * 64,
        "purpose": "model_fitting",
        "tables": ["invoice"],
        "bases": ["consent:授权书"],
    }
    stage.accepted("reading", "bank-a", basis=PAPER, body=body)
    assert stage.refused("reading", "bank-a", basis={"consent": "0" * 64}, body=body) == "NO_BASIS"
    assert stage.refused("reading", "bank-a", body=body) == "NO_BASIS"
    assert stage.refused("reading", "bank-a", basis=PAPER, body={**body, "subjects": [ACME]}) == "MALFORMED_BODY"


def test_a_company_whose_key_holds_a_slash_does_not_enter_anothers_list() -> None:
    stage = Stage()
    intruder = {**read(None, basis=PAPER), "subject": f"{ACME}/x"}
    assert stage.refused("reading", "bank-a", **{**intruder, "subject": "x"}) == "MALFORMED_ENTRY"
    stage.accepted("reading", "bank-a", **intruder)
    assert views.readings(stage.state, ACME) == []


def test_standing_answers_a_reader_as_the_chain_would() -> None:
    stage = Stage()
    consent = grant(stage, until="2026-03-01")
    assert isinstance(standing(stage.state, consent, "bank-a", "trace", ["invoice"], None, TODAY), dict)
    for day, code in (("2025-12-31", "CONSENT_NOT_YET"), ("2026-03-02", "CONSENT_EXPIRED")):
        refused = standing(stage.state, consent, "bank-a", "trace", ["invoice"], None, day)
        assert not isinstance(refused, dict) and refused.code == code
