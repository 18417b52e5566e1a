"""One case, or many, through a rule: what most tests of law do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import pyarrow as pa

from kemiao.base.refusal import Refusal
from kemiao.base.tables import DatedTable
from kemiao.law.registry import RULES
from kemiao.law.rule import ARROW

ON = date(2025, 8, 20)  # every table has rows, the LPR is observed
CHOICES = {"negative_cycle_loan_fen": 0}
YUAN, WAN, MILLION = 100, 10**6, 10**8  # fen

Cells = Mapping[str, object]


def table(rule: str, cases: Sequence[Cells]) -> pa.Table:
    """All inputs of the rule, null where a case does not give one."""
    given = {name for cells in cases for name in cells}
    assert given <= {item.name for item in RULES[rule].inputs}, f"not inputs of {rule}: {given}"
    return pa.table({item.name: pa.array([cells.get(item.name) for cells in cases], ARROW[item.kind]) for item in RULES[rule].inputs})  # fmt: skip


def judge(law: Mapping[str, DatedTable], rule: str, cases: Sequence[Cells], on: date = ON) -> list[dict[str, object]]:
    answer = RULES[rule].check(table(rule, cases), law, on, CHOICES)
    assert not isinstance(answer, Refusal), answer
    return answer.to_pylist()


def judge_one(law: Mapping[str, DatedTable], rule: str, on: date = ON, **cells: object) -> dict[str, object]:
    return judge(law, rule, [cells], on)[0]


def refuses(law: Mapping[str, DatedTable], rule: str, on: date, **cells: object) -> bool:
    answer = RULES[rule].check(table(rule, [cells]), law, on, CHOICES)
    return isinstance(answer, Refusal) and answer.code == "LAW_NOT_IN_FORCE"
