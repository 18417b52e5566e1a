"""Statements, checks of them by others, and the record that follows."""

from __future__ import annotations

from typing import Any

import pytest

from chain.actors import ACME, BOLT, START, Stage, seeded
from kemiao.chain import views
from kemiao.chain.rules.attestations import record_of
from kemiao.chain.rules.state import day_of

TODAY = day_of(START)
ROOT = "ab" * 32
BATCH = {"form": "batch", "table": "invoice", "columns": ["invoice_no", "amount_fen"], "count": 12, "root": ROOT}
SAID = {"form": "statement", "table": "tax_filing", "statement": {"tax_credit_grade": "A", "arrears_fen": 0}}


def attest(stage: Stage, author: str = "bank-a", subject: str | None = ACME, body: dict[str, Any] = BATCH) -> str:
    return stage.accepted("attestation", author, subject=subject, body=body)


def verdict(
    attestation: str, what: str = "agree", evidence: str | None = None, grounds: str = "金额不符", **parts: Any
) -> dict[str, Any]:
    body = {"attestation": attestation, "verdict": what, "evidence": evidence, "grounds": grounds}
    return {"subject": ACME, "body": body, **parts}


def record(stage: Stage, participant: str) -> tuple[int, ...]:
    """As the state has it, which must be what the view counts anew."""
    kept = record_of(stage.state, participant)
    assert kept == views.record(stage.state, participant)
    return tuple(kept[name] for name in ("statements", "checked", "agreed", "contradicted", "upheld"))


def grant_invoices(stage: Stage, reader: str, tables: tuple[str, ...] = ("invoice",)) -> str:
    body = {
        "reader": reader, "tables": list(tables), "purposes": ["credit_review"], "from": TODAY, "until": "2026-12-31", "may_pass_on": False,
        "queries": None, "accounts": None, "ask": False, "notice": None,
    }  # fmt: skip
    return stage.accepted("consent.grant", "acme", subject=ACME, body=body)


def test_a_statement_is_upheld_when_another_agreed_and_nobody_contradicted() -> None:
    stage = Stage()
    first, second = attest(stage), attest(stage)
    assert record(stage, "bank-a") == (2, 0, 0, 0, 0)
    stage.accepted("check", "acme", **verdict(first, grounds=""))
    assert record(stage, "bank-a") == (2, 1, 1, 0, 1)
    stage.accepted("check", "tax-office", **verdict(first, grounds=""))  # a second agreement is no second statement
    assert record(stage, "bank-a") == (2, 1, 1, 0, 1)
    evidence = attest(stage, "tax-office")
    stage.accepted("check", "tax-office", **verdict(second, "contradict", evidence))
    assert record(stage, "bank-a") == (2, 2, 1, 1, 1)


def test_a_later_contradiction_moves_what_was_upheld() -> None:
    stage = Stage()
    said = attest(stage)
    stage.accepted("check", "acme", **verdict(said, grounds=""))
    stage.accepted("check", "tax-office", **verdict(said, "contradict", attest(stage, "tax-office")))
    assert record(stage, "bank-a") == (1, 1, 1, 1, 0)
    stage.accepted(
        "check", "acme", **verdict(said, "contradict", attest(stage, "acme"))
    )  # whoever agreed may learn better
    assert record(stage, "bank-a") == (1, 1, 1, 1, 0)
    assert stage.refused("check", "acme", **verdict(said)) == "CHECKED_ALREADY"  # but takes no contradiction back
    assert stage.refused("check", "tax-office", **verdict(said, "contradict", said)) == "NO_SUCH_EVIDENCE"


def test_a_statement_is_contradicted_from_its_first_contradiction_on() -> None:
    stage = Stage()
    said = attest(stage)
    stage.accepted("check", "acme", **verdict(said, grounds=""))
    assert stage.state.get(f"contradicted/{said}") is None
    stage.accepted("check", "acme", **verdict(said, "contradict", commitment="cd" * 32))
    first = stage.at
    stage.accepted("check", "auditor", **verdict(said, "contradict", commitment="cd" * 32))
    assert stage.state.get(f"contradicted/{said}") == first < stage.at


def test_nobody_checks_a_statement_of_its_own_or_twice() -> None:
    stage = Stage()
    said = attest(stage, "acme")
    assert stage.refused("check", "acme", **verdict(said)) == "OWN_STATEMENT"
    stage.accepted("check", "auditor", **verdict(said))
    assert stage.refused("check", "auditor", **verdict(said)) == "CHECKED_ALREADY"
    assert stage.refused("check", "auditor", **verdict("0" * 64)) == "NO_SUCH_ATTESTATION"
    assert stage.refused("check", "auditor", **verdict(said, subject=BOLT)) == "OTHER_COMPANY"


def test_a_contradiction_needs_evidence_or_a_commitment_to_it_and_grounds() -> None:
    stage = Stage()
    said = attest(stage)
    assert stage.refused("check", "acme", **verdict(said, "contradict")) == "EVIDENCE_NEEDED"
    assert (
        stage.refused("check", "acme", **verdict(said, "contradict", attest(stage, "acme"), grounds=" "))
        == "EVIDENCE_NEEDED"
    )
    assert stage.refused("check", "acme", **verdict(said, "contradict", "0" * 64)) == "NO_SUCH_EVIDENCE"
    stage.accepted("check", "acme", **verdict(said, "contradict", commitment="cd" * 32))


def test_only_who_may_see_both_sides_checks() -> None:
    stage = Stage()
    said = attest(stage)
    own = attest(stage, "bank-b")
    assert stage.refused("check", "bank-b", **verdict(said, "contradict", own)) == "MAY_NOT_CHECK"
    assert stage.refused("check", "bolt", **verdict(said)) == "MAY_NOT_CHECK"  # another company
    payroll = grant_invoices(stage, "bank-b", ("payroll",))
    assert stage.refused("check", "bank-b", **verdict(said, basis={"consent": payroll})) == "MAY_NOT_CHECK"
    given = grant_invoices(stage, "bank-b")
    assert stage.refused("check", "leasing-c", **verdict(said, basis={"consent": given})) == "MAY_NOT_CHECK"
    stage.accepted("check", "bank-b", **verdict(said, basis={"consent": given}))
    stage.accepted("consent.revoke", "acme", subject=ACME, body={"consent": given, "reader": None})
    assert (
        stage.refused("check", "bank-b", **verdict(said, "contradict", own, basis={"consent": given}))
        == "MAY_NOT_CHECK"
    )


def test_a_batch_about_nobody_in_particular_is_checked_by_who_has_one_of_its_own() -> None:
    stage = Stage()
    body = {"form": "batch", "tables": {"invoice": 10, "payroll": 2}, "count": 12, "root": ROOT}
    said, theirs = attest(stage, subject=None, body=body), attest(stage, "tax-office", None, body)
    assert stage.refused("check", "bank-b", **verdict(said, subject=None)) == "MAY_NOT_CHECK"
    assert stage.refused("check", "bank-b", **verdict(said, "contradict", theirs, subject=None)) == "MAY_NOT_CHECK"
    stage.accepted("check", "bank-b", **verdict(said, "contradict", attest(stage, "bank-b", None, body), subject=None))
    assert stage.state.get(f"attestation/{said}")["tables"] == ["invoice", "payroll"]


@pytest.mark.parametrize(
    "body",
    [
        {}, {"form": "rumour"}, {**BATCH, "root": "x"}, {**BATCH, "count": -1}, {**BATCH, "count": True}, {**BATCH, "tables": {"invoice": 12}},
        {name: value for name, value in BATCH.items() if name != "table"}, {**BATCH, "table": "no_such_table"}, {**BATCH, "more": 1},
        {"form": "batch", "tables": {"invoice": 11}, "count": 12, "root": ROOT}, {"form": "batch", "tables": {}, "count": 0, "root": ROOT}, {"form": "batch", "tables": {"no_such_table": 12}, "count": 12, "root": ROOT}, {"form": "batch", "tables": {"invoice": "12"}, "count": 12, "root": ROOT},
        {"form": "batch", "tables": {"invoice": -1, "payroll": 1}, "count": 0, "root": ROOT},
        {"form": "batch", "tables": ["invoice"], "count": 0, "root": ROOT}, {**SAID, "statement": {}}, {**SAID, "statement": {"a": {"b": 1}}},
        {**SAID, "statement": ""}, {**SAID, "statement": "x" * 2001}, {**SAID, "statement": {"x" * 65: 1}},
    ],
)  # fmt: skip
def test_an_attestation_of_another_form_is_refused(body: dict[str, Any]) -> None:
    assert Stage().refused("attestation", "bank-a", subject=ACME, body=body) == "MALFORMED_BODY"


def test_a_public_statement_is_accepted_in_words_or_by_names() -> None:
    stage = Stage()
    attest(stage, "tax-office", body=SAID)
    attest(stage, "tax-office", body={"form": "statement", "statement": "纳税信用 A 级\n无欠税"})
    assert stage.state.get("record/tax-office")["statements"] == 2


@pytest.mark.parametrize("changed", [{"verdict": "maybe"}, {"grounds": "x" * 201}, {"grounds": None}, {"grounds": "ok\n  第二行"}, {"grounds": "\x1b[2J"}, {"grounds": "\u202eabc"}, {"evidence": "x"}, {"attestation": None}, {"more": 1}])  # fmt: skip
def test_a_check_of_another_form_is_refused(changed: dict[str, Any]) -> None:
    stage = Stage()
    said = verdict(attest(stage))
    assert stage.refused("check", "acme", subject=ACME, body={**said["body"], **changed}) == "MALFORMED_BODY"


def test_what_a_stolen_key_checked_or_stated_leaves_the_record() -> None:
    stage = Stage()
    said = attest(stage)
    stage.accepted("check", "auditor", **verdict(said, "contradict", commitment="cd" * 32))
    assert [one.attestation for one in views.contradicted(stage.state)] == [said]
    retire = {"retire": seeded("auditor consent").key_id, "add": None, "distrusted_from": stage.at}
    stage.accepted("key.rotate", "auditor", body=retire)
    assert views.record(stage.state, "bank-a")["contradicted"] == 0
    assert views.contradicted(stage.state) == []
    retire = {"retire": seeded("bank-a consent").key_id, "add": None, "distrusted_from": START}
    stage.accepted("key.rotate", "bank-a", body=retire)
    assert views.record(stage.state, "bank-a")["statements"] == 0
