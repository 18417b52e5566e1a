"""What a judgement of the book rests on, as values: the law, the bank's provisioning policy, prices of money, what is known of debtors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import pyarrow as pa

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


def provisioning_of(content: Mapping[str, Any]) -> Provisioning | Refusal:
    """policy/provisioning.toml as values. Refuses by file and key what is missing or can't be: POLICY_INCOMPLETE, POLICY_NUMBER."""
    file = str(content.get("_file", "provisioning.toml"))
    lists = {"past_due_pd": ("days_from", "pd_ppm"), "recovery": ("year", "share_ppm"), "ageing": ("days_over", "kept_ppm"), "scenario": ("weight_ppm", "multiplier_ppm")}  # fmt: skip
    numbers: dict[str, int] = {}
    for name in (field.name for field in fields(Provisioning) if field.name not in ("scenarios", *lists)):
        value = content.get(name)
        if type(value) is not int or value < 0:
            return _bad(file, name, value)
        numbers[name] = value
    rows: dict[str, list[Mapping[str, Any]]] = {}
    for name, cells in lists.items():
        rows[name] = content.get(name, [])
        if not isinstance(rows[name], list) or not rows[name]:
            return _bad(file, f"[[{name}]]", rows[name])
        for row in rows[name]:
            for cell in cells:
                if type(row.get(cell)) is not int or row[cell] < 0:
                    return _bad(file, f"{name}.{cell}", row.get(cell))
    for name, cell in (("scenario", "weight_ppm"), ("recovery", "share_ppm")):
        total = sum(row[cell] for row in rows[name])
        if total != 1_000_000:
            return Refusal.at("POLICY_NUMBER", f"{name}.{cell} 之和须为 1_000_000,却是 {total}", f"{name}.{cell} must sum to 1_000_000, not {total}", file=file, key=name)  # fmt: skip
    pairs = {name: tuple(sorted((row[cells[0]], row[cells[1]]) for row in rows[name])) for name, cells in lists.items()}
    scenarios = tuple(
        Scenario(str(row.get("name", "")), row["weight_ppm"], row["multiplier_ppm"]) for row in rows["scenario"]
    )
    return Provisioning(
        **numbers,
        past_due_pd=pairs["past_due_pd"],
        recovery=pairs["recovery"],
        ageing=pairs["ageing"],
        scenarios=scenarios,
    )


def _bad(file: str, key: str, value: object) -> Refusal:
    if value is None or value == []:
        return Refusal.at("POLICY_INCOMPLETE", f"缺少 {key}", f"lacks {key}", file=file, key=key)
    return Refusal.at("POLICY_NUMBER", f"{key} 须为不小于零的整数,却是 {value!r}", f"{key} is a whole number of at least zero, not {value!r}", file=file, key=key)  # fmt: skip
