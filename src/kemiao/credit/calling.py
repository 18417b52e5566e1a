"""Whom to call: which signals a company shows, the chance that a call leads to a loan, what it would bring, in which order.

Columns in, columns out: a company is a row. The chances are policy's assumptions, not measurements: see policy/calling.toml.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kemiao.base.columns import PPM, BoolArray, IntArray
from kemiao.base.refusal import Refusal

# What a call may be about, the first that holds is the reason that is named first.
SIGNALS = ("offer_open", "maturing", "nearly_repaid", "qualification_new", "growing", "product_fits", "unused_limit")
OUTCOMES = ("called", "interested", "not_reached", "not_now")
COLUMNS = pa.schema([
    ("company", pa.string()), ("decision", pa.string()), ("pd_ppm", pa.int64()),
    ("unused_fen", pa.int64()),  # of the limit, beside what is owed, promised and offered; null where the limit is not known
    ("rate_ppm", pa.int64()), ("lgd_ppm", pa.int64()), ("funds_ppm", pa.int64()),
    ("amount_fen", pa.int64()), ("months", pa.int64()),  # of the product that is thought of; else the unused limit for a year
    ("product", pa.string()),  # that fits; null before any was tried, or where none does
    ("lacking", pa.int64()),  # how much the product still lacks (security, a guarantor), taken to be there; null for nothing
    ("matures_in_days", pa.int64()), ("repaid_ppm", pa.int64()),  # of its loans: the soonest, the most
    ("past_due_days", pa.int64()), ("offer_in_days", pa.int64()),  # until its open offer lapses
    ("qualifications", pa.int64()), ("qualifications_before", pa.int64()),  # in force at this decision and the one before
    ("growth_ppm", pa.int64()), ("sales_fen", pa.int64()),
])  # fmt: skip


@dataclass(frozen=True, slots=True)
class CallPolicy:
    """policy/calling.toml."""

    most: int
    tried: int
    value_months: int
    unused_fen: int
    growth_ppm: int
    growth_sales_fen: int
    maturing_days: int
    repaid_ppm: int
    offer_days: int
    chance_ppm: Mapping[str, int]  # by decision
    chance_most_ppm: int
    lacking_ppm: int
    adds_ppm: Mapping[str, int]  # by signal
    pd_above_ppm: int
    past_due: bool
    days: Mapping[str, int]  # by outcome
    days_most: int


def call_policy(content: Mapping[str, Any]) -> CallPolicy | Refusal:
    """Refuses POLICY_NUMBER by file and key."""
    file = str(content.get("_file", "calling.toml"))
    wanted = {
        "list": ("most", "tried", "value_months"), "chance": ("approve_ppm", "refer_ppm", "most_ppm", "lacking_ppm"), "adds": tuple(f"{name}_ppm" for name in SIGNALS),
        "from": ("unused_fen", "growth_ppm", "growth_sales_fen", "maturing_days", "repaid_ppm", "offer_days"), "never": ("pd_above_ppm",),
        "days": (*OUTCOMES, "most"),
    }  # fmt: skip
    for table, names in wanted.items():
        for name in names:
            value = content.get(table, {}).get(name)
            if type(value) is not int or value < 0:
                return Refusal.at("POLICY_NUMBER", f"{table}.{name} 须为不小于零的整数", f"{table}.{name} is a whole number, not below zero", file=file, key=f"{table}.{name}")  # fmt: skip
    past_due = content["never"].get("past_due")
    if type(past_due) is not bool:
        return Refusal.at("POLICY_NUMBER", "never.past_due 须为 true 或 false", "never.past_due is true or false", file=file, key="never.past_due")  # fmt: skip
    since, chance = content["from"], content["chance"]
    return CallPolicy(
        content["list"]["most"], content["list"]["tried"], content["list"]["value_months"], since["unused_fen"], since["growth_ppm"], since["growth_sales_fen"],
        since["maturing_days"], since["repaid_ppm"], since["offer_days"], {"approve": chance["approve_ppm"], "refer": chance["refer_ppm"]},
        chance["most_ppm"], chance["lacking_ppm"], {name: content["adds"][f"{name}_ppm"] for name in SIGNALS}, content["never"]["pd_above_ppm"], past_due,
        {name: content["days"][name] for name in OUTCOMES}, content["days"]["most"],
    )  # fmt: skip


def signals(rows: pa.Table, policy: CallPolicy) -> dict[str, BoolArray]:
    """By name, whether each row shows it. What is unknown shows nothing."""
    grown = _at_least(rows["growth_ppm"], policy.growth_ppm) & _at_least(rows["sales_fen"], policy.growth_sales_fen)
    more = pc.greater(rows["qualifications"], rows["qualifications_before"])
    return {
        "offer_open": _within(rows["offer_in_days"], policy.offer_days), "maturing": _within(rows["matures_in_days"], policy.maturing_days),
        "nearly_repaid": _at_least(rows["repaid_ppm"], policy.repaid_ppm), "qualification_new": _flags(more), "growing": grown,
        "product_fits": _flags(pc.is_valid(rows["product"])), "unused_limit": _at_least(rows["unused_fen"], policy.unused_fen),
    }  # fmt: skip


def ranked(rows: pa.Table, policy: CallPolicy) -> pa.Table:
    """Schema COLUMNS with `signals` (list), chance_ppm, value_fen (expected, of the loan's life) and, the most valuable first.

    Left out: declined or never judged, too risky, past due, and who shows no signal. value_fen: chance × amount × (rate − cost of
    funds − PD × LGD) a year × months ÷ 12, of the first policy.value_months; 0 where that margin is negative, null where a part is unknown, and then last.
    """
    seen = signals(rows, policy)
    matrix = np.stack([seen[name] for name in SIGNALS])
    decision = rows["decision"].to_pylist()
    wanted = np.array([each in policy.chance_ppm for each in decision], bool) & matrix.any(axis=0)
    wanted &= ~_at_least(rows["pd_ppm"], policy.pd_above_ppm + 1)
    if policy.past_due:
        wanted &= ~_at_least(rows["past_due_days"], 1)
    base = np.array([policy.chance_ppm.get(each, 0) for each in decision], np.int64)
    chance = np.minimum(base + np.array([policy.adds_ppm[name] for name in SIGNALS], np.int64) @ matrix.astype(np.int64), policy.chance_most_ppm)  # fmt: skip
    lacking = _at_least(rows["lacking"], 1)
    chance = np.where(lacking, (chance * policy.lacking_ppm + PPM // 2) // PPM, chance)
    value = _value_fen(rows, chance, policy.value_months)
    names = np.array(SIGNALS)
    table = rows.append_column("signals", pa.array([names[matrix[:, row]].tolist() for row in range(rows.num_rows)], pa.list_(pa.string())))  # fmt: skip
    table = table.append_column("chance_ppm", pa.array(chance, pa.int64())).append_column("value_fen", value)
    table = table.filter(pa.array(wanted))
    return table.sort_by([("value_fen", "descending"), ("chance_ppm", "descending"), ("company", "ascending")])


def _value_fen(rows: pa.Table, chance: IntArray, months_most: int) -> pa.Array:
    """In Python's whole numbers: four factors of an amount do not fit into 64 bits."""
    names = ("amount_fen", "rate_ppm", "funds_ppm", "pd_ppm", "lgd_ppm", "months")
    found: list[int | None] = []
    for each, (amount, rate, funds, pd, lgd, months) in zip(chance.tolist(), zip(*(rows[name].to_pylist() for name in names), strict=True), strict=True):  # fmt: skip
        if None in (amount, rate, funds, pd, lgd, months):
            found.append(None)
            continue
        margin = max((rate - funds) * PPM - pd * lgd, 0)  # in parts of 10^12
        found.append(each * amount * margin * min(months, months_most) // (12 * PPM**3))
    return pa.array(found, pa.int64())


def _at_least(column: Any, low: int) -> BoolArray:
    return _flags(pc.greater_equal(column, low))


def _within(column: Any, days: int) -> BoolArray:
    return _flags(pc.and_(pc.greater_equal(column, 0), pc.less_equal(column, days)))


def _flags(column: Any) -> BoolArray:
    flat = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    return np.asarray(flat.fill_null(False), bool) if len(flat) else np.zeros(0, bool)
