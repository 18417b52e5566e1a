"""Decisions rest on statements; models, policies and law tables have a history."""

from __future__ import annotations

from typing import Any

import pytest

from chain.actors import ACME, Stage
from kemiao.chain import views

ROOT = "ab" * 32
DECISION = {
    "count": 1, "root": ROOT, "model": "cd" * 32, "policy": "ef" * 32, "law": ["12" * 32], "code": "34" * 32,
    "as_of": "2026-01-01", "law_on": "2026-01-01",
}  # fmt: skip
MADE = {"what": "model", "digest": ROOT, "event": "fitted", "before": None}


def attest(stage: Stage, author: str = "bank-a") -> str:
    body = {"form": "batch", "table": "invoice", "count": 1, "root": ROOT}
    return stage.accepted("attestation", author, subject=ACME, body=body)


def contradict(stage: Stage, attestation: str) -> str:
    body = {"attestation": attestation, "verdict": "contradict", "evidence": None, "grounds": "已作废"}
    return stage.accepted("check", "acme", subject=ACME, commitment=ROOT, body=body)


def test_decisions_that_rested_on_a_contradicted_statement_are_listed() -> None:
    stage = Stage()
    false, true = attest(stage), attest(stage)
    first = stage.accepted("decision", "bank-a", body=DECISION, refs=(false, true))
    other = stage.accepted("decision", "bank-b", body=DECISION, refs=(true,))
    second = stage.accepted("decision", "bank-b", body=DECISION, refs=(false,))
    assert views.contradicted(stage.state) == []
    contradict(stage, false)
    (found,) = views.contradicted(stage.state)
    assert found.attestation == false
    assert [(one["id"], one["author"]) for one in found.decisions] == [(first, "bank-a"), (second, "bank-b")]
    assert [one["checker"] for one in found.checks] == ["acme"]
    assert [one["id"] for one in views.rested_on(stage.state, true)] == [first, other]
    assert views.contradicted(stage.state, "bank-b") == []
    assert found.as_json()["decisions"][0]["id"] == first


def test_who_decides_on_a_contradicted_statement_is_told() -> None:
    stage = Stage()
    said = attest(stage)
    contradict(stage, said)
    stage.accepted("decision", "bank-a", body=DECISION, refs=(said,))
    assert [(note.code, dict(note.where)) for note in stage.last.notes] == [
        ("RESTS_ON_CONTRADICTED", {"attestation": said})
    ]


def test_a_decision_rests_on_statements_that_are_there() -> None:
    assert Stage().refused("decision", "bank-a", body=DECISION, refs=("0" * 64,)) == "NO_SUCH_ATTESTATION"


@pytest.mark.parametrize("changed", [{"count": 0}, {"root": None}, {"law": "x"}, {"law": ["x", "x"]}, {"as_of": "2026"}, {"code": ""}, {"policy": "x" * 201}, {"more": 1}])  # fmt: skip
def test_a_decision_of_another_form_is_refused(changed: dict[str, Any]) -> None:
    assert Stage().refused("decision", "bank-a", body={**DECISION, **changed}) == "MALFORMED_BODY"


def test_a_model_has_a_history_that_anybody_follows() -> None:
    stage = Stage()
    made = stage.accepted("lineage", "bank-a", body=MADE)
    promoted = stage.accepted("lineage", "bank-a", body={**MADE, "event": "promoted", "before": "cd" * 32})
    carried = stage.accepted("lineage", "bank-b", body={**MADE, "event": "imported"})
    found = views.lineage(stage.state, "model", ROOT)
    assert [(one["id"], one["event"], one["author"]) for one in found] == [
        (made, "fitted", "bank-a"),
        (promoted, "promoted", "bank-a"),
        (carried, "imported", "bank-b"),
    ]
    assert found[1]["before"] == "cd" * 32
    assert views.lineage(stage.state, "policy", ROOT) == []


@pytest.mark.parametrize(
    "changed", [{"what": "weather"}, {"event": "lost"}, {"digest": "x"}, {"before": "x"}, {"more": 1}]
)
def test_lineage_of_another_form_is_refused(changed: dict[str, Any]) -> None:
    assert Stage().refused("lineage", "bank-a", body={**MADE, **changed}) == "MALFORMED_BODY"
