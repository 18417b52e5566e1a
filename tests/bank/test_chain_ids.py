from __future__ import annotations

from typing import Any

import pytest

from kemiao.bank.chain_ids import named
from kemiao.base.refusal import Refusal

IDS = ("a" * 64, "abcdef01" + "0" * 56, "abcdef01" + "1" * 56)


class Node:
    """What is scanned of a node: two consents begin alike."""

    def get(self, key: str) -> Any | None:
        return None

    def scan(self, prefix: str, after: str = "", limit: int = 1000) -> list[tuple[str, Any]]:
        return [(key, {}) for key in sorted(f"consent/{own}" for own in IDS) if key.startswith(prefix)][:limit]


@pytest.mark.parametrize("typed", [IDS[1], f" {IDS[1].upper()} ", IDS[1][:9]])
def test_an_entry_is_named_by_its_id_or_by_a_beginning_that_is_its_own(typed: str) -> None:
    assert named(Node(), "consent", typed) == IDS[1]


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("abcdef01", "AMBIGUOUS_ID"), ("a" * 7, "NOT_AN_ID"), ("a" * 65, "NOT_AN_ID"), ("授权书", "NOT_AN_ID"), ("b" * 8, "NO_SUCH_ID"),
        ("%______%", "NOT_AN_ID"),
    ],
)  # fmt: skip
def test_what_names_none_or_several_is_refused(typed: str, code: str) -> None:
    answer = named(Node(), "consent", typed)
    assert isinstance(answer, Refusal)
    assert answer.code == code
