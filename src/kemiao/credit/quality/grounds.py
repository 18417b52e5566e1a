"""What a judgement of the book rests on, as values: the law, the bank's provisioning policy, prices of money, what is known of debtors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import pyarrow as pa

from kemiao.base.money import FEN_MAX, PPM
from kemiao.base.refusal import Refusal
from kemiao.credit.contracts.lpr_series import LprSeries
from kemiao.law.rule import Law


@dataclass(frozen=True, slots=True)
class Scenario:
    name: str
    weight_ppm: int
    multiplier_ppm: int  # of the conditional probabilities of default


@dataclass(frozen=True, slots=True)
class Provisioning:
    """policy/provisioning.toml."""

    pd_assumed_ppm: int  # where a loan came without one
    lgd_assumed_ppm: int
    undrawn_drawn_ppm: int  # of an undrawn line, that is drawn by the time of default
    horizon_days_least: int  # a loan at or past its maturity still runs that risk that long
    pd_rises_times_ppm: int  # significant increase: so many times the PD of the decision, and
    pd_rises_by_ppm: int
    guarantee_counts_ppm: int  # of the guaranteed share
    pool_counts_ppm: int
    retail_at_most_fen: int  # small enterprises up to it are judged as retail assets (no cross-default); 0: none
    past_due_pd: tuple[tuple[int, int], ...]  # days past due from, PD at least
    recovery: tuple[tuple[int, int], ...]  # year after impairment, share of what is recovered
    ageing: tuple[tuple[int, int], ...]  # days past due over, share of the recoveries still expected
    scenarios: tuple[Scenario, ...]


@dataclass(frozen=True, slots=True)
class QualityGrounds:
    """debtors: DEBTORS. funding_ppm, operating_ppm: what money and work cost a year, for RAROC."""

    law: Law
    provisioning: Provisioning
    bank_exposure_fen: int
    funding_ppm: int
    operating_ppm: int
    debtors: pa.Table
    lpr: LprSeries | None = None  # for the effective rate of loans with fees; without it their fee is not spread


_LISTS = {"past_due_pd": ("days_from", "pd_ppm"), "recovery": ("year", "share_ppm"), "ageing": ("days_over", "kept_ppm"), "scenario": ("weight_ppm", "multiplier_ppm")}  # fmt: skip
_SHARES = ("pd_assumed_ppm", "lgd_assumed_ppm", "undrawn_drawn_ppm", "guarantee_counts_ppm", "pool_counts_ppm", "pd_ppm", "share_ppm", "kept_ppm", "weight_ppm")  # fmt: skip
_DAYS_MAX, _TIMES_MAX, _YEARS_MAX = 36_500, 100 * PPM, 30


def provisioning_of(content: Mapping[str, Any]) -> Provisioning | Refusal:
    """policy/provisioning.toml as values. Refuses by file and key what is missing or can't be: POLICY_INCOMPLETE, POLICY_NUMBER."""
    file = str(content.get("_file", "provisioning.toml"))
    numbers: dict[str, int] = {}
    for name in (field.name for field in fields(Provisioning) if field.name not in ("scenarios", *_LISTS)):
        if not _fits(name, content.get(name)):
            return _bad(file, name, name, content.get(name))
        numbers[name] = content[name]
    rows: dict[str, list[Mapping[str, Any]]] = {}
    for name, cells in _LISTS.items():
        rows[name] = content.get(name, [])
        if not isinstance(rows[name], list) or not rows[name] or not all(isinstance(row, Mapping) for row in rows[name]):  # fmt: skip
            return _bad(file, f"[[{name}]]", name, rows[name])
        for row in rows[name]:
            for cell in cells:
                if not _fits(cell, row.get(cell)):
                    return _bad(file, f"{name}.{cell}", cell, row.get(cell))
    for name, cell in (("scenario", "weight_ppm"), ("recovery", "share_ppm")):
        total = sum(row[cell] for row in rows[name])
        if total != PPM:
            return Refusal.at("POLICY_NUMBER", f"{name}.{cell} 之和须为 1_000_000,却是 {total}", f"{name}.{cell} must sum to 1_000_000, not {total}", file=file, key=name)  # fmt: skip
    pairs = {
        name: tuple(sorted((row[cells[0]], row[cells[1]]) for row in rows[name])) for name, cells in _LISTS.items()
    }
    scenarios = tuple(Scenario(str(row.get("name", "")), row["weight_ppm"], row["multiplier_ppm"]) for row in rows["scenario"])  # fmt: skip
    return Provisioning(**numbers, past_due_pd=pairs["past_due_pd"], recovery=pairs["recovery"], ageing=pairs["ageing"], scenarios=scenarios)  # fmt: skip


def _ends(name: str) -> tuple[int, int]:
    """Least and most that a number may be."""
    if name in _SHARES:
        return 0, PPM
    if name == "year":
        return 1, _YEARS_MAX
    if name.endswith("_fen"):
        return 0, FEN_MAX
    return 0, _TIMES_MAX if name.endswith("_ppm") else _DAYS_MAX


def _fits(name: str, value: object) -> bool:
    low, high = _ends(name)
    return type(value) is int and low <= value <= high


def _bad(file: str, key: str, name: str, value: object) -> Refusal:
    if value is None or value == []:
        return Refusal.at("POLICY_INCOMPLETE", f"缺少 {key}", f"lacks {key}", file=file, key=key)
    if name in _LISTS:
        return Refusal.at("POLICY_NUMBER", f"须写成 [[{name}]] 的列表", f"is to be a list: [[{name}]]", file=file, key=key)  # fmt: skip
    low, high = _ends(name)
    return Refusal.at("POLICY_NUMBER", f"{key} 须为 {low} 至 {high} 的整数,却是 {value!r:.60}", f"{key} is a whole number from {low} to {high}, not {value!r:.60}", file=file, key=key)  # fmt: skip
