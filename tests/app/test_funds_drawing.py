"""The drawing of a tracing: what is drawn adds up to what the table says, whatever became of the money."""

from __future__ import annotations

from collections import Counter
from typing import Any, cast

import pytest

from kemiao.app import funds_drawing
from kemiao.app.door import Door


class Words:
    lang = "zh"

    def word(self, zh: str, en: str) -> str:
        return zh


def payment(hop: int, source: str, to: str | None, fen: int, reason: str | None, known: str = "plain", name: str = "") -> dict[str, Any]:  # fmt: skip
    outcome = None if reason is None else funds_drawing.REASONS[reason][0]
    return {
        "hop": hop, "known": known, "from": source, "from_name": source, "to": to, "to_name": name or to, "summary": "转账",
        "amount_fen": fen, "outcome": outcome, "reason": reason,
    }  # fmt: skip


CASES = {
    "through a supplier and a sister": (
        "me", {"for_purpose": 400, "securities": 250, "related": 50, "round_trip": 200, "cash_own": 100},
        [payment(1, "me", "supplier", 600, None, "reached"), payment(1, "me", "sister", 300, None, "related"),
         payment(2, "supplier", None, 200, "round_trip", "reached", "me"), payment(2, "sister", None, 250, "securities", "related", "证券")],
    ),
    "to many": ("me", {"for_purpose": 990, "left": 10}, [*(payment(1, "me", None, 33, "for_purpose", "plain", f"s{n}") for n in range(30)), payment(1, "me", None, 10, "left")]),
    "one account got it both ways": ("me", {"for_purpose": 300, "cash_others": 700}, [payment(1, "me", "x", 300, None, "reached"), payment(1, "me", "x", 700, None)]),
    "to the payee": ("payee", {"for_purpose": 900, "round_trip": 100}, [payment(2, "payee", None, 100, "round_trip", "reached", "me")]),
    "nowhere seen": (None, {"not_seen": 1_000}, []),
    "to a payee elsewhere": (None, {"for_purpose": 1_000}, []),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_ends_add_up_to_the_outcomes(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    arrived, reasons, payments = CASES[case]
    outcomes = dict.fromkeys(funds_drawing.OUTCOMES, 0)
    for reason, fen in reasons.items():
        outcomes[funds_drawing.REASONS[reason][0]] += fen
    finding = {
        "loan": "loan-1", "company": "me", "name": None, "amount_fen": 1_000, "value_day": "2024-03-05", "booked_on": "2024-03-05", "as_of": "2024-03-31",
        "arrived_at": arrived, "verdict": "cannot_tell", "seen_fen": {"fifo": 0}, "accounts_read": 1, "companies_closed": 0, "gaps": 0,
        "methods": {"fifo": {"outcomes": outcomes, "reasons": reasons}}, "payments": {"fifo": payments},
    }  # fmt: skip
    drawn: list[Any] = []
    draw = funds_drawing.flow_chart
    monkeypatch.setattr(funds_drawing, "flow_chart", lambda *parts: drawn.append(parts) or draw(*parts))
    assert funds_drawing.drawing(cast(Door, Words()), finding, "fifo").startswith("<svg ")
    _, nodes, bands = drawn[0]
    ends: Counter[str] = Counter()
    for band in bands:
        if nodes[band.target].outcome:
            ends[nodes[band.target].outcome] += band.amount
    assert dict(ends) == {name: fen for name, fen in outcomes.items() if fen}
    for place, node in nodes.items():
        if not node.outcome:  # who hands on pays out what came in
            came = 1_000 if place == (0, "me") else sum(band.amount for band in bands if band.target == place)
            assert came == sum(band.amount for band in bands if band.source == place)
