"""Two dimensions (双维评价): the credit grade and the technology grade give a factor on the limit, or a person decides.

A limit that technology raises never passes the formula's need of working capital, nor the product's cap: the first is
the law's own bound on such a loan, the second the bank's on any borrower. Technology that can't be told, and grades
against a provisional reference, are neutral: factor one, no outcome, and the decision says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pyarrow as pa

from kemiao.base.columns import BoolArray, IntArray, Ints
from kemiao.credit.limit import Limit
from kemiao.credit.technology.rules import GRADES, Cell

PPM = 1_000_000
Matrix = Mapping[tuple[str, int], Cell]
Status = Literal["applied", "cannot_tell", "provisional", "off"]
_OUTCOMES = (None, "refer", "decline")


@dataclass(frozen=True, slots=True)
class Technology:
    """Technology grades by row, 1 … 10, 0 where it can't be told, and the reference that they were given against."""

    grade: IntArray
    reference: str
    provisional: bool

    def at(self, rows: IntArray) -> Technology:
        return Technology(self.grade[rows], self.reference, self.provisional)

    def names(self) -> list[str | None]:
        return [GRADES[number - 1] if number else None for number in self.grade.tolist()]


@dataclass(frozen=True, slots=True)
class Step:
    """What the matrix did: factor, limit before it, outcome (0 none, 1 refer, 2 decline: as numbers of credit.decision), guarantee."""

    technology: Technology
    factor_ppm: IntArray
    before: IntArray
    outcome: IntArray
    guarantee: BoolArray
    status: tuple[Status, ...]


def two_dimensions(
    allowed: Limit,
    need_formula: Ints,
    grades: pa.Array | Sequence[str | None],
    technology: Technology,
    matrix: Matrix,
    step_fen: int,
) -> tuple[Limit, Step]:
    """allowed: the limit by its ceilings. need_formula: before debts, as `limit` was given it."""
    known = (technology.grade > 0) & (not technology.provisional)
    names = grades.to_pylist() if isinstance(grades, pa.Array) else list(grades)
    cells = [
        matrix.get((name, number)) if told and name is not None else None
        for name, number, told in zip(names, technology.grade.tolist(), known.tolist(), strict=True)
    ]
    factor = np.array([cell.factor_ppm if cell else PPM for cell in cells], np.int64)
    everywhere = np.ones(len(cells), bool)
    raised = Ints(allowed.limit, everywhere).share(Ints(factor, everywhere)).values
    most = _most(allowed, need_formula)
    moved = np.where(factor > PPM, np.minimum(raised, np.maximum(most, allowed.limit)), raised)
    moved = np.maximum(moved, 0) // step_fen * step_fen
    moved = np.where(factor == PPM, allowed.limit, moved)
    words: tuple[Status, ...] = tuple(
        _status(technology, number, cell) for number, cell in zip(technology.grade.tolist(), cells, strict=True)
    )
    return replace(allowed, limit=moved), Step(
        technology, factor, allowed.limit,
        np.array([_OUTCOMES.index(cell.outcome) if cell else 0 for cell in cells], np.int64),
        np.array([cell.guarantee if cell else False for cell in cells], bool), words,
    )  # fmt: skip


def _status(technology: Technology, number: int, cell: Cell | None) -> Status:
    if not number:
        return "cannot_tell"
    if technology.provisional:
        return "provisional"
    return "applied" if cell else "off"


def _most(allowed: Limit, need_formula: Ints) -> IntArray:
    """The formula's need less known debts where there is a formula, and the product's cap."""
    need, product = allowed.ceilings["need"], allowed.ceilings["product"]
    by_formula = need_formula.known & need.known
    return np.where(by_formula, np.minimum(need.values, product.values), product.values)


# How a decision keeps the step, and what is said of it. Kept: grade, reference and provisional are what it rested on.
STATUS_WORDS: Mapping[str, tuple[str, str]] = {
    "applied": ("按双维矩阵调整", "by the matrix of credit and technology"),
    "cannot_tell": ("技术等级无法判断:额度不调整", "the technology grade can't be told: the limit is not moved"),
    "provisional": ("技术参照企业太少,等级仅供参考:额度不调整", "the technology reference is small, its grade provisional: the limit is not moved"),
    "off": ("政策的矩阵没有这一格:额度不调整", "the policy's matrix has no such cell: the limit is not moved"),
}  # fmt: skip
_NO_REFERENCE = ("没有技术参照:额度不按技术调整(kemiao tech --all 建立)", "no technology reference: technology moves no limit (kemiao tech --all makes one)")  # fmt: skip
RESTED = ("grade", "reference", "provisional")


def kept(step: Step | None) -> list[dict[str, Any]]:
    """One document a row; none where there is no reference."""
    if step is None:
        return []
    columns = (step.technology.names(), step.factor_ppm.tolist(), step.before.tolist(), step.outcome.tolist(), step.guarantee.tolist(), step.status)  # fmt: skip
    return [
        {
            "grade": grade, "reference": step.technology.reference, "provisional": step.technology.provisional,
            "factor_ppm": factor, "before_fen": before, "outcome": _OUTCOMES[outcome], "guarantee": guarantee, "status": status,
        }
        for grade, factor, before, outcome, guarantee, status in zip(*columns, strict=True)
    ]  # fmt: skip


def technology_of(said: Mapping[str, Any] | None) -> Technology | None:
    """What a kept decision rested on, as the one row that it was."""
    if said is None:
        return None
    number = GRADES.index(said["grade"]) + 1 if said["grade"] else 0
    return Technology(np.array([number], np.int64), said["reference"], said["provisional"])


def explain(said: Mapping[str, Any] | None, grade: str | None) -> dict[str, Any]:
    """The named step in words. Without a reference: that there is none."""
    if said is None:
        zh, en = _NO_REFERENCE
        return {"grade": None, "factor_ppm": PPM, "status": "no_reference", "zh": zh, "en": en}
    zh, en = STATUS_WORDS[said["status"]]
    return {**said, "cell": f"{grade} × {said['grade']}" if said["status"] == "applied" else None, "zh": zh, "en": en}


def reasons(said: Mapping[str, Any] | None, grade: str | None) -> list[dict[str, Any]]:
    if said is None or said["outcome"] is None:
        return []
    cell = f"{grade} × {said['grade']}"
    words = {
        "refer": ("TECHNOLOGY_MATRIX_REFER", f"双维评价 {cell}:转人工,考虑投贷联动", f"credit × technology {cell}: refer, a person weighs investment-loan linkage"),
        "decline": ("TECHNOLOGY_MATRIX_DECLINE", f"双维评价 {cell}:信用与技术都不足以支持贷款", f"credit × technology {cell}: neither credit nor technology carries a loan"),
    }  # fmt: skip
    code, zh, en = words[said["outcome"]]
    return [{"code": code, "zh": zh, "en": en}]


def conditions(said: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    if said is None or not said["guarantee"]:
        return []
    return [{
        "code": "TECHNOLOGY_GUARANTEE", "zh": f"须提供保证或质押(如知识产权质押):技术等级 {said['grade']}",
        "en": f"a guarantee or a pledge (of intellectual property, say) is to be given: technology grade {said['grade']}",
    }]  # fmt: skip
