"""The verifier knows every kind of entry that the chain takes, and which key may sign it."""

from __future__ import annotations

from kemiao.chain.rules.apply import KINDS
from kemiao_verify.entry import KINDS as THEIRS


def test_both_know_the_same_kinds_and_the_same_purposes() -> None:
    assert {name: kind.purpose for name, kind in KINDS.items()} == {name: known[0] for name, known in THEIRS.items()}
