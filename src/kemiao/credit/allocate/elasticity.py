"""Who walks away at which rate: churn by rate and class of customer, from a file or from policy, made monotone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import numpy.typing as npt

from kemiao.base.money import PPM
from kemiao.base.rates import parse_ppm, percent_text
from kemiao.base.refusal import Refusal
from kemiao.credit.allocate.terms import PlanPolicy

IntColumn = npt.NDArray[np.int64]
_CHURN = re.compile(r"\d+(?:\.\d+)?(?:[eE][-+]?\d+)?%?")


@dataclass(frozen=True, slots=True)
class Elasticity:
    """rates_ppm: (k,) rising. churn_ppm: (classes, k), never falling along a row. dips: how often the raw data fell."""

    classes: tuple[str, ...]
    rates_ppm: IntColumn
    churn_ppm: IntColumn
    dips: int
    largest_change_ppm: int

    def accept_ppm(self, rates_ppm: IntColumn) -> IntColumn:
        """(classes, rates): the share that stays. Straight lines between the given rates: no curvature is invented."""
        left = np.clip(np.searchsorted(self.rates_ppm, rates_ppm, side="right") - 1, 0, len(self.rates_ppm) - 2)
        x0, x1 = self.rates_ppm[left], self.rates_ppm[left + 1]
        y0, y1 = self.churn_ppm[:, left], self.churn_ppm[:, left + 1]
        churn: IntColumn = y0 + ((y1 - y0) * (rates_ppm - x0) * 2 + (x1 - x0)) // (2 * (x1 - x0))
        return PPM - churn


def covers(table: Elasticity, low_ppm: int, high_ppm: int) -> Refusal | None:
    """Outside the rates that were observed nothing is known: refused, not extended."""
    first, last = int(table.rates_ppm[0]), int(table.rates_ppm[-1])
    if first <= low_ppm and high_ppm <= last:
        return None
    known, asked = (f"{percent_text(a)}..{percent_text(b)}" for a, b in ((first, last), (low_ppm, high_ppm)))
    return Refusal(
        "RATE_OUTSIDE_CHURN_TABLE",
        f"流失率表只覆盖 {known},不能回答 {asked}",
        f"the churn table covers {known} and cannot answer for {asked}",
    )


def monotone(classes: Sequence[str], rates_ppm: Sequence[int], churn_ppm: Sequence[Sequence[int]]) -> Elasticity:
    """Pools adjacent rates where churn falls as the rate rises (isotonic regression, equal weights)."""
    raw = np.array(churn_ppm, dtype=np.int64)
    smooth = np.array([_pooled(row) for row in raw.tolist()], dtype=np.int64)
    dips = int((np.diff(raw, axis=1) < 0).sum())
    change = int(np.abs(smooth - raw).max())
    return Elasticity(tuple(classes), np.array(rates_ppm, dtype=np.int64), smooth, dips, change)


def _pooled(values: list[int]) -> list[int]:
    blocks: list[list[int]] = []  # [sum, count]
    for value in values:
        blocks.append([value, 1])
        while len(blocks) > 1 and blocks[-2][0] * blocks[-1][1] > blocks[-1][0] * blocks[-2][1]:
            total, count = blocks.pop()
            blocks[-1][0] += total
            blocks[-1][1] += count
    return [(2 * total + count) // (2 * count) for total, count in blocks for _ in range(count)]


def from_policy(policy: PlanPolicy) -> Elasticity | Refusal:
    classes = sorted(set(policy.churn_class.values()))
    rows = sorted(policy.elasticity, key=lambda row: row[0])
    rates = [rate for rate, _ in rows]
    complete = all(set(classes) <= set(churn) and all(0 <= c <= PPM for c in churn.values()) for _, churn in rows)
    if not complete or len(set(rates)) < max(2, len(rates)):
        return Refusal.at(
            "POLICY_KEY_BAD",
            "策略 plan 的 elasticity 须有两个以上不同的利率,且每类客户都有 0..1000000 的流失率",
            "policy plan: elasticity needs two or more different rates, each with a churn of 0..1000000 for every class",
            file="plan.toml",
            key="elasticity",
        )
    return monotone(classes, rates, [[churn[name] for _, churn in rows] for name in classes])


def from_rows(
    header: Sequence[str], rows: Iterable[tuple[int, Sequence[str]]], file: str, classes: Iterable[str]
) -> Elasticity | Refusal:
    """`rate,churn_A,churn_B,…`: decimals or percents. Every class that policy maps a grade to must have its column.

    rows: (row number as the owner counts, cells as text). Refuses with file, row and column: a wrong header, a cell that
    is no number, a rate or churn outside its range, a rate given twice, fewer than two rates.
    """
    wanted = sorted(set(classes))
    names = [name.strip() for name in header]
    needed = ["rate", *(f"churn_{name}" for name in wanted)]
    missing = [name for name in needed if name not in names]
    if missing:
        return Refusal.at(
            "CHURN_HEADER",
            f"表头应有 {','.join(needed)};实为 {','.join(names) or '(空)'}",
            f"the header should have {','.join(needed)}; found {','.join(names) or '(nothing)'}",
            file=file,
            row=1,
            column=missing[0],
        )
    places = [names.index(name) for name in needed]
    found: dict[int, list[int]] = {}
    for number, cells in rows:
        parsed: list[int] = []
        for name, place in zip(needed, places, strict=True):
            cell = cells[place].strip() if place < len(cells) else ""
            value = _rate(cell) if name == "rate" else _share(cell)
            if isinstance(value, Refusal):
                return Refusal.at(value.code, value.zh, value.en, file=file, row=number, column=name)
            parsed.append(value)
        if parsed[0] in found:
            zh, en = f"利率 {percent_text(parsed[0])} 出现两次", f"the rate {percent_text(parsed[0])} is given twice"
            return Refusal.at("RATE_TWICE", zh, en, file=file, row=number, column="rate")
        found[parsed[0]] = parsed[1:]
    if len(found) < 2:
        return Refusal.at("CHURN_TOO_SHORT", "至少要有两个利率", "needs at least two rates", file=file)
    rates = sorted(found)
    return monotone(wanted, rates, [[found[rate][place] for rate in rates] for place in range(len(wanted))])


def _rate(cell: str) -> int | Refusal:
    ppm = parse_ppm(cell)
    if isinstance(ppm, Refusal) or 0 < ppm < PPM:
        return ppm
    return Refusal("RATE_OUT_OF_RANGE", f"利率“{cell}”不在 0 与 1 之间", f"the rate {cell!r} is not between 0 and 1")


def _share(cell: str) -> int | Refusal:
    """A churn is measured, not typed: sixteen digits are rounded half up to a ppm."""
    if not _CHURN.fullmatch(cell):
        return Refusal("NOT_A_CHURN", f"“{cell}”不是流失率(0 到 1)", f"{cell!r} is not a churn between 0 and 1")
    value = Decimal(cell.rstrip("%")) * (10_000 if cell.endswith("%") else PPM)
    if value > PPM:
        return Refusal("CHURN_OUT_OF_RANGE", f"流失率“{cell}”大于 1", f"the churn {cell!r} is above 1")
    return int((2 * value + 1) // 2)


def rate_grid(table: Elasticity, from_file: bool, low_ppm: int, high_ppm: int, step_ppm: int) -> IntColumn:
    """The rates to choose from: a file's own rates within the range and the two ends; else the ends and policy's steps."""
    inner = table.rates_ppm if from_file else np.arange(low_ppm, high_ppm, step_ppm, dtype=np.int64)
    inner = inner[(inner >= low_ppm) & (inner <= high_ppm)]
    return np.unique(np.concatenate([inner, np.array([low_ppm, high_ppm], dtype=np.int64)]))
