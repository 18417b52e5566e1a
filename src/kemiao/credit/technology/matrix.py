"""Two dimensions (双维评价): the credit grade and the technology grade give a factor on the limit, or a person decides.

A limit that technology raises never passes the formula's need of working capital, nor the product's cap: the first is
the law's own bound on such a loan, the second the bank's on any borrower. Technology that can't be told, and grades
against a provisional reference, are neutral: factor one, no outcome, and the decision says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

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
