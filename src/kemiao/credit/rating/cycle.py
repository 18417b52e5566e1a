"""Through the cycle: a fitted model's PD, moved so that its mean is what the portfolio sees in the long run.

A fitted PD speaks of the event rate of its sample. Policy may state the long-run rate, and how far the mean goes towards
it. All PDs move by one shift of the logit, so who is riskier than whom stays as it was. Why and how much:
docs/decisions/017-through-the-cycle.md
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Context, Decimal
from typing import Any

import numpy as np
import pyarrow as pa

from kemiao.base.rates import percent_text
from kemiao.base.refusal import Refusal
from kemiao.credit.rating.model import Model, pd_ppm
from kemiao.credit.rating.scorecard import PPM, step_curve

_EXACT = Context(prec=40)  # software decimals, as of the expert card's curve: the same digits on every machine
_FARTHEST = 30 * PPM  # of the logit: moves 1 ppm to 999 999
_FILE = "master_scale.toml"
Groups = Sequence[tuple[int, int]]  # (rows or their weight, pd_ppm)


@dataclass(frozen=True, slots=True)
class Cycle:
    """What the policy states. weight_ppm: how far the mean goes, 1 000 000 wholly. floor_ppm, cap_ppm: no PD beyond them."""

    long_run_pd_ppm: int
    weight_ppm: int
    floor_ppm: int
    cap_ppm: int
    source: str


@dataclass(frozen=True, slots=True)
class Moved:
    """own: the model as it was fitted. mean_from_ppm, mean_to_ppm: over the rows that its validation held out.
    shift_ppm: of the logit, in millionths."""

    own: Model
    cycle: Cycle
    shift_ppm: int
    mean_from_ppm: int
    mean_to_ppm: int


def cycle_from_policy(scale: Mapping[str, Any]) -> Cycle | Refusal | None:
    """The optional table of master_scale.toml; None where there is none.

    ```toml
    [cycle]
    long_run_pd_ppm = 21_000     # mean of the yearly default rates over a whole cycle
    weight_ppm = 1_000_000       # 1_000_000: the mean wholly there; 0: as the sample has it
    floor_ppm = 300              # no PD below, none above
    cap_ppm = 990_000
    source = "2009 to 2023, risk department, report 2024-07"
    remark = "..."               # optional
    ```
    """
    if "cycle" not in scale:
        return None
    cells = scale["cycle"]
    needed = set(Cycle.__slots__)
    if not isinstance(cells, Mapping) or needed - set(cells) or set(cells) - needed - {"remark"}:
        wrong = sorted((set(cells) ^ needed) - {"remark"}) if isinstance(cells, Mapping) else ["cycle"]
        return _bad(f"缺少或不认识 {'、'.join(wrong)}", f"lacks or does not know {', '.join(wrong)}")
    numbers = [cells[name] for name in Cycle.__slots__ if name.endswith("_ppm")]
    if any(type(each) is not int for each in numbers):
        return _bad("比率须为整数 ppm", "rates are whole ppm")
    read = Cycle(**{name: cells[name] for name in Cycle.__slots__})
    if not isinstance(read.source, str) or not read.source.strip():
        return _bad("source 须写明长期违约率的出处", "source says where the long-run rate comes from")
    if not 0 <= read.weight_ppm <= PPM:
        return _bad("weight_ppm 须在 0 与 1000000 之间", "weight_ppm is between 0 and 1000000")
    if not 1 <= read.floor_ppm <= read.long_run_pd_ppm <= read.cap_ppm < PPM:
        return _bad(
            "须 1 <= floor_ppm <= long_run_pd_ppm <= cap_ppm < 1000000",
            "1 <= floor_ppm <= long_run_pd_ppm <= cap_ppm < 1000000",
        )
    return read


def through_the_cycle(model: Model, cycle: Cycle | None) -> tuple[Model, Moved | None] | Refusal:
    """The model with its curve moved. An expert card is judgement, its PD no sample's, and stays; so does any model where the
    policy states no cycle or a weight of 0. Refuses a model that doesn't keep what its validation held out."""
    if cycle is None or cycle.weight_ppm == 0 or model.kind == "expert":
        return model, None
    groups = _groups(model)
    if not groups:
        return Refusal.at(
            "CYCLE_NO_DISTRIBUTION", "模型没有保存检验时的违约率分布,无法按长期违约率调整",
            "the model keeps no PDs of its validation, so its mean can't be moved to the long-run rate", model=model.name,
        )  # fmt: skip
    start = _mean(groups)
    target = _target(start, cycle)
    shift = _shift_to(target, groups, cycle)
    reached = _mean_at(shift, groups, cycle)
    if abs(_EXACT.subtract(reached, target)) > 1:
        return Refusal.at(
            "CYCLE_OUT_OF_REACH", f"在上下限之内平均违约率只能到 {_whole(reached)} ppm,到不了 {_whole(target)} ppm",
            f"within floor and cap the mean PD goes to {_whole(reached)} ppm, not to {_whole(target)} ppm", file=_FILE, model=model.name,
        )  # fmt: skip
    odds = _odds(shift)
    curve = step_curve([(points, _whole(_at(pd, odds, cycle))) for points, pd in model.pd_curve])
    return replace(model, pd_curve=curve), Moved(model, cycle, shift, _whole(start), _whole(reached))


def kept(moved: Moved | None, points: pa.ChunkedArray) -> list[dict[str, int]]:
    """What a decision keeps of it, a row each: the PD by the model's own curve, and how the mean moved. Empty where it did not."""
    if moved is None:
        return []
    same = cycle_of(moved)
    return [{"pd_from_ppm": own, **same} for own in pd_ppm(moved.own, np.asarray(points)).tolist()]


def cycle_of(moved: Moved) -> dict[str, int]:
    """How the mean moved, as decisions keep it."""
    return {
        "shift_ppm": moved.shift_ppm, "mean_from_ppm": moved.mean_from_ppm, "mean_to_ppm": moved.mean_to_ppm,
        "long_run_pd_ppm": moved.cycle.long_run_pd_ppm, "weight_ppm": moved.cycle.weight_ppm,
    }  # fmt: skip


def explain(document: Mapping[str, Any]) -> dict[str, Any]:
    """`cycle` in words where the kept decision has one; else nothing."""
    if "cycle" not in document:
        return {}
    said = document["cycle"]
    own, now = (percent_text(each) for each in (said["pd_from_ppm"], document["pd_ppm"]))
    zh, en = mean_words(said)
    return {"cycle": said | {"zh": f"违约概率由 {own} 调整为 {now}:{zh}", "en": f"PD moved from {own} to {now}: {en}"}}


def mean_words(said: Mapping[str, int]) -> tuple[str, str]:
    """zh and en. said: as kept."""
    start, end, long_run, weight = (
        percent_text(said[name]) for name in ("mean_from_ppm", "mean_to_ppm", "long_run_pd_ppm", "weight_ppm")
    )
    return (
        f"跨周期调整,样本平均违约率由 {start} 移到 {end}(长期违约率 {long_run},权重 {weight})",
        f"through the cycle, the sample's mean of {start} to {end} (long-run rate {long_run}, weight {weight})",
    )


def _groups(model: Model) -> Groups:
    """Rows of like PD that the validation held out; by their weights where the sample has weights."""
    validation = model.facts.get("validation")
    said: Any = validation.get("calibration", ()) if isinstance(validation, Mapping) else ()
    if model.facts.get("weight") and any("mass_ppm" not in each for each in said):
        return ()
    return [(mass, each["pd_ppm"]) for each in said if (mass := each.get("mass_ppm", each["rows"])) > 0]


def _target(start: Decimal, cycle: Cycle) -> Decimal:
    """Between the sample's mean and the long-run rate, by the weight, along the logit."""
    weight = _EXACT.divide(Decimal(cycle.weight_ppm), Decimal(PPM))
    own, long_run = (_logit(pd) for pd in (start, Decimal(cycle.long_run_pd_ppm)))
    odds = _EXACT.exp(_EXACT.add(own, _EXACT.multiply(weight, _EXACT.subtract(long_run, own))))
    return _EXACT.divide(_EXACT.multiply(odds, Decimal(PPM)), _EXACT.add(odds, Decimal(1)))


def _logit(pd: Decimal) -> Decimal:
    return _EXACT.ln(_EXACT.divide(pd, _EXACT.subtract(Decimal(PPM), pd)))


def _shift_to(target: Decimal, groups: Groups, cycle: Cycle) -> int:
    """The least shift that brings the mean to the target: a millionth of the logit moves a PD by a quarter of a ppm at most."""
    low, high = -_FARTHEST, _FARTHEST
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if _mean_at(middle, groups, cycle) >= target else (middle + 1, high)
    return low


def _mean_at(shift: int, groups: Groups, cycle: Cycle) -> Decimal:
    odds = _odds(shift)
    return _mean([(mass, _at(pd, odds, cycle)) for mass, pd in groups])


def _mean(groups: Sequence[tuple[int, int | Decimal]]) -> Decimal:
    total = Decimal(0)
    for mass, pd in groups:
        total = _EXACT.add(total, _EXACT.multiply(Decimal(mass), Decimal(pd)))
    return _EXACT.divide(total, Decimal(sum(mass for mass, _ in groups)))


def _odds(shift: int) -> Decimal:
    """What the odds of default are multiplied by."""
    return _EXACT.exp(_EXACT.divide(Decimal(shift), Decimal(PPM)))


def _at(own: int, odds: Decimal, cycle: Cycle) -> Decimal:
    bad = _EXACT.multiply(Decimal(own), odds)
    moved = _EXACT.divide(_EXACT.multiply(bad, Decimal(PPM)), _EXACT.add(bad, Decimal(PPM - own)))
    return min(max(moved, Decimal(cycle.floor_ppm)), Decimal(cycle.cap_ppm))


def _whole(pd: Decimal) -> int:
    return int(pd.to_integral_value(context=_EXACT))


def _bad(zh: str, en: str) -> Refusal:
    return Refusal.at("BAD_MASTER_SCALE", f"[cycle] {zh}", f"[cycle] {en}", file=_FILE)
