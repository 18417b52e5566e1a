"""How watches of a model are printed for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kemiao.app.door import Door

STATES = {"steady": ("平稳", "steady"), "watch": ("留意", "watch"), "refit": ("应重新训练", "refit"), "untold": ("无从判断", "can't be told")}  # fmt: skip
COUNTS = {
    "defaulted": ("违约", "defaulted"), "held": ("未违约", "held"), "awaiting": ("满期未知", "ripe, no word yet"), "unripe": ("未满期", "not ripe"),
    "gone": ("此前已违约", "defaulted before"), "known": ("训练时已知", "known when it learnt"), "overlapping": ("同一年内重复", "within a year of another"),
    "erased": ("已删除", "erased"),
}  # fmt: skip
_INPUTS = 8


def show_watch(door: Door, found: Mapping[str, Any]) -> None:
    name, state = f"{found['name']} {found['model'][:12]}", door.word(*STATES[found["state"]])
    door.text(f"{name}: {state}")
    if found["counts"]:
        parts = [f"{door.word(*COUNTS[key])} {count}" for key, count in found["counts"].items() if count]
        door.text(door.word("决定:", "decisions: ") + door.word(",", ", ").join(parts))
    for each in found["reasons"]:
        door.text("  " + door.word(each["zh"], each["en"]))
    _population(door, found)
    _promises(door, found)
    if found["ranking"]:
        now, then, gap = (found["ranking"][name] for name in ("auc", "auc_then", "difference"))
        door.text(door.word(f"AUC {_span(now)},验证时 {_span(then)},差 {_span(gap)}", f"AUC {_span(now)}, {_span(then)} when validated, difference {_span(gap)}"))  # fmt: skip
    _rivals(door, found)
    for each in found["untold"]:
        door.say(f"没有看:{each['zh']}", f"not looked at: {each['en']}")
    if found["own_rows"]:
        door.say("这张表正是它训练所用:不核对结果", "it learnt from this very table: its outcomes are not compared")
    for each in found["proposals"]:
        door.text(door.word(each["zh"], each["en"]))
        door.text(f"  {each['command']}")


def _population(door: Door, found: Mapping[str, Any]) -> None:
    if not found["score"]:
        return
    shown = [found["score"], *found["inputs"][:_INPUTS]]
    rows = [(each["name"], f"{each['psi_ppm'] / 1e6:.3f}", f"{each['noise_ppm'] / 1e6:.3f}", _chance(each["p_ppm"]), _mark(door, each)) for each in shown]  # fmt: skip
    titles = (("分布", "distribution"), ("PSI", "PSI"), ("偶然可达", "chance reaches"), ("p", "p"), ("", ""))
    door.table(door.word(f"{found['rows']} 行与训练时相比", f"{found['rows']} rows beside the training"), [door.word(*pair) for pair in titles], rows)  # fmt: skip
    left = len(found["inputs"]) - _INPUTS
    if left > 0:
        door.text(door.word(f"另有 {left} 项,变化更小", f"{left} more moved less"))


def _promises(door: Door, found: Mapping[str, Any]) -> None:
    if not found["overall"]:
        return
    rows = [
        (each["grade"] or door.word("合计", "in all"), each["rows"], each["events"], f"{each['expected_milli'] / 1000:.1f}", _rate(each["rate"]), f"{each['pd_ppm_mean'] / 1e6:.2%}", _chance(each["p_ppm"]), _mark(door, each))
        for each in (found["overall"], *found["grades"])
    ]  # fmt: skip
    titles = (("等级", "grade"), ("行数", "rows"), ("违约", "defaults"), ("预计", "predicted"), ("违约率", "rate"), ("平均 PD", "mean PD"), ("p", "p"), ("", ""))  # fmt: skip
    door.table(door.word("违约与预计", "defaults and PD"), [door.word(*pair) for pair in titles], rows)


def _rivals(door: Door, found: Mapping[str, Any]) -> None:
    if not found["rivals"]:
        return
    titles = (("其他模型", "other model"), ("AUC", "AUC"), ("与被看的模型之差", "difference to the watched one"), ("每行对数损失之差", "log loss more, a row"))  # fmt: skip
    rows = [
        (f"{each['name']} {each['model'][:12]}", _span(each["auc"]), _span(each["difference"]), _span(each["loss_more"]))
        if "auc" in each
        else (f"{each['name']} {each['model'][:12]}", door.word(each["not_compared"]["zh"], each["not_compared"]["en"]), "", "")
        for each in found["rivals"]
    ]  # fmt: skip
    door.table("", [door.word(*pair) for pair in titles], rows)


def show_record(door: Door, events: Sequence[Any]) -> None:
    if not events:
        door.say("还没有监测过:kemiao rating watch", "it was not watched yet: kemiao rating watch")
        return
    titles = (("时间", "at"), ("来源", "from"), ("状态", "state"), ("行数", "rows"), ("结果", "outcomes"), ("违约", "defaults"), ("AUC", "AUC"), ("实际/预计", "observed/predicted"), ("建议", "proposals"))  # fmt: skip
    door.table("", [door.word(*pair) for pair in titles], (_row(door, each.at, each.public) for each in events))


def _row(door: Door, at: str, found: Mapping[str, Any]) -> tuple[object, ...]:
    source = found["source"].get("file") or door.word("本目录", "home")
    ratio = found["overall"] and found["overall"]["ratio_ppm"]
    told = ", ".join(" ".join(filter(None, (each["what"], each.get("model", "")[:12]))) for each in found["proposals"])
    return (
        at[:16], source, door.word(*STATES[found["state"]]), found["rows"], found["outcomes"], found["events"],
        _span(found["ranking"]["auc"]) if found["ranking"] else "", "" if ratio is None else f"{ratio / 1e6:.2f}", told,
    )  # fmt: skip


def _span(one: Mapping[str, int]) -> str:
    value, low, high = (one[name] / 1e6 for name in ("value_ppm", "low_ppm", "high_ppm"))
    return f"{value:.3f} [{low:.3f}, {high:.3f}]"


def _rate(one: Mapping[str, int]) -> str:
    value, low, high = (one[name] / 1e6 for name in ("value_ppm", "low_ppm", "high_ppm"))
    return f"{value:.2%} [{low:.2%}, {high:.2%}]"


def _chance(ppm: int) -> str:
    return f"{ppm / 1e6:.3g}" if ppm >= 1_000 else "<0.001"


def _mark(door: Door, one: Mapping[str, Any]) -> str:
    """Both are said: beyond noise, and large."""
    if not one["beyond_noise"]:
        return door.word("大,但可能是偶然", "large, but chance may do it") if one["large"] else ""
    return door.word("超出偶然,大", "beyond chance, large") if one["large"] else door.word("超出偶然,小", "beyond chance, small")  # fmt: skip
