"""Concentration: the largest borrowers, groups and industries against the bank's limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kemiao.base.columns import PPM, IntArray
from kemiao.base.money import div_half_up
from kemiao.base.refusal import Refusal
from kemiao.credit.quality.book import flat, total
from kemiao.credit.quality.totals import share_ppm


@dataclass(frozen=True, slots=True)
class Limits:
    """policy/concentration.toml."""

    control_ppm: int
    bank_capital_fen: int
    single_limit_ppm: int
    group_limit_ppm: int
    industry_limit_ppm: int


def limits_of(content: Mapping[str, Any]) -> Limits | Refusal:
    """Refuses POLICY_NUMBER by file and key."""
    file = str(content.get("_file", "concentration.toml"))
    for name in Limits.__dataclass_fields__:
        value = content.get(name)
        if type(value) is not int or value <= 0:
            return Refusal.at("POLICY_NUMBER", f"{name} 须为正整数,却是 {value!r}", f"{name} is a whole number above zero, not {value!r}", file=file, key=name)  # fmt: skip
    return Limits(**{name: content[name] for name in Limits.__dataclass_fields__})


def concentration(quality: pa.Table, loans: pa.Table, limits: Limits, top: int = 10) -> dict[str, Any]:
    """single, group, industry: the largest exposures (balance and what may still be drawn) with share and whether it passes the limit.

    Shares of borrowers and groups are of the bank's capital, those of industries of the book. herfindahl_ppm: sum of squared
    shares of the groups, 1_000_000 where all is one's.
    """
    alive = quality.filter(pc.not_equal(quality["status"], "written_off"))
    exposure = np.asarray(flat(alive["balance_fen"])) + np.asarray(flat(alive["undrawn_fen"]))
    place = pc.index_in(flat(alive["loan"]), value_set=flat(loans["loan"]))
    whole = int(exposure.sum())
    keys = {
        "single": flat(alive["company"]),
        "group": flat(alive["group"]),
        "industry": flat(loans["industry"]).take(place),
    }
    ceilings = {"single": (limits.single_limit_ppm, limits.bank_capital_fen), "group": (limits.group_limit_ppm, limits.bank_capital_fen), "industry": (limits.industry_limit_ppm, whole)}  # fmt: skip
    tables = {name: _largest(keys[name], exposure, *ceilings[name], top) for name in keys}
    groups = _sums(keys["group"], exposure)[1]
    members = _members(alive)
    return {
        "exposure_fen": whole, "capital_fen": limits.bank_capital_fen,
        **{name: rows for name, (rows, _) in tables.items()},
        "above_limit": {name: count for name, (_, count) in tables.items()},
        "group_members": {row["key"]: members[row["key"]] for row in tables["group"][0] if len(members[row["key"]]) > 1},
        "herfindahl_ppm": None if whole == 0 else round(float(((groups / whole) ** 2).sum()) * PPM),
    }  # fmt: skip


def _largest(keys: pa.Array, exposure: IntArray, limit_ppm: int, whole: int, top: int) -> tuple[list[dict[str, Any]], int]:  # fmt: skip
    names, sums = _sums(keys, exposure)
    ceiling = div_half_up(whole * limit_ppm, PPM)
    order = np.lexsort((np.arange(len(sums)), -sums))
    rows = [
        {"key": names[each], "exposure_fen": int(sums[each]), "share_ppm": share_ppm(int(sums[each]), whole), "limit_fen": ceiling, "above": bool(sums[each] > ceiling)}
        for each in order[:top]
    ]  # fmt: skip
    return rows, int((sums > ceiling).sum())


def _sums(keys: pa.Array, exposure: IntArray) -> tuple[list[Any], IntArray]:
    """Names in their order, and the sum of each."""
    coded = keys.dictionary_encode(null_encoding="encode")
    codes = np.asarray(coded.indices, np.int64)
    first = np.unique(codes, return_index=True)[1]
    names, sums = coded.dictionary.to_pylist(), total(exposure, codes)[first]
    order = sorted(range(len(names)), key=lambda place: (names[place] is None, names[place] or ""))
    return [names[place] for place in order], np.asarray(sums[order], np.int64)


def _members(quality: pa.Table) -> dict[str, list[str]]:
    pairs = quality.select(["group", "company"]).group_by(["group", "company"]).aggregate([]).to_pylist()
    found: dict[str, list[str]] = {}
    for pair in sorted(pairs, key=lambda pair: (pair["group"], pair["company"])):
        found.setdefault(pair["group"], []).append(pair["company"])
    return found
