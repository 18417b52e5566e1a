"""Who may be lent to: from decisions, or from a table that anybody can type."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt

from kemiao.base.money import FEN_MAX, PPM, parse_fen
from kemiao.base.refusal import Refusal
from kemiao.credit.allocate.terms import Costs, PlanPolicy

IntColumn = npt.NDArray[np.int64]
UNKNOWN = -1  # in a column of candidates: not stated; `complete` puts policy's value and counts it


@dataclass(frozen=True, slots=True)
class Candidates:
    """Columns of one length, sorted by company. industry is "" where unknown; lgd and risk weight are UNKNOWN (-1).

    decided_rate_ppm: the price of the company's own decision, for comparison (-1 where there is none).
    not_considered: (why, how many) of those that a decision keeps out.
    """

    company: tuple[str, ...]
    grade: tuple[str, ...]
    industry: tuple[str, ...]
    pd_ppm: IntColumn
    lgd_ppm: IntColumn
    limit_fen: IntColumn
    risk_weight_ppm: IntColumn
    decided_rate_ppm: IntColumn
    not_considered: tuple[tuple[str, int], ...] = ()

    def __len__(self) -> int:
        return len(self.company)

    def as_json(self) -> dict[str, object]:
        """All columns, for the digest of a plan's inputs."""
        arrays = ("pd_ppm", "lgd_ppm", "limit_fen", "risk_weight_ppm", "decided_rate_ppm")
        columns: dict[str, object] = {name: getattr(self, name).tolist() for name in arrays}
        return columns | {name: list(getattr(self, name)) for name in ("company", "grade", "industry")}


def candidates_from_decisions(decisions: Sequence[Mapping[str, Any]], include_refer: bool = False) -> Candidates:
    """The latest decision document of each company (the last one wins). Approved ones, and on request referred ones.

    What a decision keeps out is counted: "decline", "refer", "incomplete" (an approval without PD, grade or limit).
    """
    latest = {str(decision["company"]): decision for decision in decisions}
    wanted = ("approve", "refer") if include_refer else ("approve",)
    rows: list[dict[str, Any]] = []
    out: Counter[str] = Counter()
    for company, decision in latest.items():
        if decision["decision"] not in wanted:
            out[str(decision["decision"])] += 1
        elif any(decision.get(name) is None for name in ("pd_ppm", "grade", "limit_fen")):
            out["incomplete"] += 1
        else:
            law = decision.get("law") or {}
            rows.append(
                {
                    "company": company,
                    "grade": str(decision["grade"]),
                    "industry": str((decision.get("features") or {}).get("industry") or ""),
                    "pd_ppm": int(decision["pd_ppm"]),
                    "limit_fen": int(decision["limit_fen"]),
                    "risk_weight_ppm": _or(law.get("risk_weight_ppm"), UNKNOWN),
                    "decided_rate_ppm": _or(decision.get("rate_ppm"), UNKNOWN),
                }
            )
    return replace(_columns(rows), not_considered=tuple(sorted(out.items())))


def _or(value: object, absent: int) -> int:
    return value if isinstance(value, int) else absent


def _columns(rows: Iterable[Mapping[str, Any]]) -> Candidates:
    ordered = sorted(rows, key=lambda row: str(row["company"]))

    def numbers(name: str) -> IntColumn:
        return np.array([row.get(name, UNKNOWN) for row in ordered], dtype=np.int64)

    return Candidates(
        tuple(row["company"] for row in ordered),
        tuple(row["grade"] for row in ordered),
        tuple(row["industry"] for row in ordered),
        numbers("pd_ppm"),
        numbers("lgd_ppm"),
        numbers("limit_fen"),
        numbers("risk_weight_ppm"),
        numbers("decided_rate_ppm"),
    )


def complete(candidates: Candidates, policy: PlanPolicy, costs: Costs) -> Candidates:
    """LGD and risk weight by policy where nobody stated them."""
    return replace(
        candidates,
        lgd_ppm=np.where(candidates.lgd_ppm == UNKNOWN, costs.lgd_ppm, candidates.lgd_ppm),
        risk_weight_ppm=np.where(
            candidates.risk_weight_ppm == UNKNOWN, policy.risk_weight_ppm, candidates.risk_weight_ppm
        ),
    )


# --- from a table ------------------------------------------------------------------------------------------------

_DECIMAL = re.compile(r"\d+(?:\.\d+)?(?:[eE][-+]?\d+)?%?")


def _share(most: int) -> Callable[[str], int | Refusal]:
    def read(cell: str) -> int | Refusal:
        if not _DECIMAL.fullmatch(cell):
            return Refusal("NOT_A_SHARE", f"“{cell}”不是比率(例如 0.02 或 2%)", f"{cell!r} is not a share (0.02 or 2%)")
        value = Decimal(cell.rstrip("%")) * (10_000 if cell.endswith("%") else PPM)
        if value > most:
            return Refusal("SHARE_OUT_OF_RANGE", f"“{cell}”超出范围", f"{cell!r} is out of range")
        return int((2 * value + 1) // 2)

    return read


def _whole(most: int) -> Callable[[str], int | Refusal]:
    def read(cell: str) -> int | Refusal:
        if cell.isascii() and cell.isdigit() and int(cell) <= most:
            return int(cell)
        return Refusal(
            "NOT_A_WHOLE_NUMBER", f"“{cell}”不是 0 到 {most} 的整数", f"{cell!r} is not a whole number of 0 to {most}"
        )

    return read


def _limit(cell: str) -> int | Refusal:
    fen = parse_fen(cell)
    if isinstance(fen, int) and fen < 0:
        return Refusal("LIMIT_NEGATIVE", f"额度“{cell}”为负", f"the limit {cell!r} is negative")
    return fen


_READINGS: tuple[tuple[str, str, bool, Callable[[str], int | Refusal]], ...] = (  # raw, canonical, needed, reading
    ("pd", "pd_ppm", True, _share(PPM)),
    ("pd_ppm", "pd_ppm", True, _whole(PPM)),
    ("limit", "limit_fen", True, _limit),
    ("limit_fen", "limit_fen", True, _whole(FEN_MAX)),
    ("lgd", "lgd_ppm", False, _share(PPM)),
    ("lgd_ppm", "lgd_ppm", False, _whole(PPM)),
    ("risk_weight", "risk_weight_ppm", False, _share(15 * PPM)),
    ("risk_weight_ppm", "risk_weight_ppm", False, _whole(15 * PPM)),
)


def candidates_from_table(
    header: Sequence[str], rows: Iterable[tuple[int, Sequence[str]]], file: str
) -> Candidates | Refusal:
    """company, grade, industry, pd (0.02, 2%) or pd_ppm, limit (yuan, 50万) or limit_fen; lgd and risk_weight if known.

    rows: (row number as the owner counts, cells as text). A blank industry is unknown. A company stands once. One bad
    cell refuses the table, naming file, row and column: a plan over a part of the table would answer another question.
    """
    names = [name.strip() for name in header]
    readings = {raw: (canonical, reading) for raw, canonical, _, reading in _READINGS if raw in names}
    found = {canonical for canonical, _ in readings.values()}
    for name in ("company", "grade", "industry"):
        if name not in names:
            return _header(name, names, file)
    for raw, canonical, needed, _ in _READINGS:
        if needed and canonical not in found:
            return _header(raw, names, file)
    parsed: dict[str, dict[str, Any]] = {}
    for number, cells in rows:
        by_name = {name: cells[place].strip() if place < len(cells) else "" for place, name in enumerate(names)}
        row: dict[str, Any] = {name: by_name[name] for name in ("company", "grade", "industry")}
        for name in ("company", "grade"):
            if not row[name]:
                return Refusal.at("CELL_BLANK", "不能为空", "may not be blank", file=file, row=number, column=name)
        for raw, (canonical, reading) in readings.items():
            optional = canonical in ("lgd_ppm", "risk_weight_ppm")
            value = UNKNOWN if optional and not by_name[raw] else reading(by_name[raw])
            if isinstance(value, Refusal):
                return Refusal.at(value.code, value.zh, value.en, file=file, row=number, column=raw)
            row[canonical] = value
        if row["company"] in parsed:
            zh, en = f"企业“{row['company']}”出现两次", f"the company {row['company']!r} stands twice"
            return Refusal.at("COMPANY_TWICE", zh, en, file=file, row=number, column="company")
        parsed[row["company"]] = row
    return _columns(parsed.values())


def _header(missing: str, found: Sequence[str], file: str) -> Refusal:
    needed = "company,grade,industry,pd|pd_ppm,limit|limit_fen"
    return Refusal.at(
        "TABLE_HEADER",
        f"表头应有 {needed};实为 {','.join(found) or '(空)'}",
        f"the header should have {needed}; found {','.join(found) or '(nothing)'}",
        file=file,
        row=1,
        column=missing,
    )
