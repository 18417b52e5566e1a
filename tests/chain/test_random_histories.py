"""The rules against the naive chain under histories that honest and dishonest participants could write."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chain.histories import KINDS, History


@given(st.integers(0, 2**32))
@settings(max_examples=5)
def test_rules_and_naive_chain_agree_on_every_entry_and_every_question(seed: int) -> None:
    history = History(Random(seed))  # noqa: S311  # a history, no secret
    history.go_on(60)
    history.compare()


@pytest.mark.slow
def test_ten_thousand_entries_reach_every_refusal() -> None:
    told: Counter[str] = Counter()
    for seed in range(40):
        history = History(Random(seed))  # noqa: S311
        history.go_on(250)
        history.compare()
        told += history.told
    assert sum(told.values()) == 10_000
    assert {line.split()[0] for line in told if line.endswith("accepted")} == set(KINDS)
    assert {line.split()[1] for line in told} >= {
        "NO_SUCH_CONSENT", "NOT_THE_READER", "CONSENT_NOT_YET", "CONSENT_EXPIRED", "CONSENT_REVOKED", "CONSENT_USED_UP", "PURPOSE_NOT_COVERED",
        "CONSENT_DISTRUSTED", "TABLE_NOT_COVERED", "ACCOUNT_NOT_COVERED", "APPROVAL_NEEDED", "PASSING_NOT_ALLOWED", "WITHDRAWN", "NOT_THE_COMPANY",
        "OTHER_COMPANY", "NO_APPROVAL_NEEDED", "MALFORMED_BODY", "SEQUENCE_USED", "SEQUENCE_GAP", "KEY_RETIRED", "FOREIGN_KEY", "SUSPENDED",
        "MAY_NOT_CHECK", "CHECKED_ALREADY", "OWN_STATEMENT", "EVIDENCE_NEEDED", "NO_SUCH_EVIDENCE",
    }  # fmt: skip
