"""A watch as whole numbers, as the event log keeps it, and what it proposes: a text with its evidence and the command to run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kemiao.bank.world import World
from kemiao.credit.rating.contest import Match, Record, Rival, Round, record
from kemiao.credit.rating.delong import Estimate
from kemiao.credit.rating.drift import Drift, Promise, Ranking, Said, Shift
from kemiao.credit.rating.intervals import Figure
from kemiao.credit.rating.watch_rules import WatchRules

_REASONS = 3  # of a proposal; the watch has them all


def watch_facts(head: Mapping[str, Any], found: Drift, rivals: Sequence[Rival]) -> dict[str, Any]:
    """Shares, AUC, PSI, chances and ratios in ppm; expected defaults and losses in thousandths."""
    return {
        **head, "state": found.state, "rows": found.rows, "outcomes": found.outcomes, "events": found.events,
        "score": _shift(found.score) if found.score else None, "inputs": [_shift(each) for each in found.inputs],
        "ranking": _ranking(found.ranking) if found.ranking else None,
        "overall": _promise(found.overall) if found.overall else None, "grades": [_promise(each) for each in found.grades],
        "reasons": [_said(each) for each in found.reasons], "untold": [_said(each) for each in found.untold],
        "rivals": [_rival(each) for each in rivals],
    }  # fmt: skip


def _shift(one: Shift) -> dict[str, Any]:
    return {"name": one.name, "psi_ppm": _ppm(one.psi), "noise_ppm": _ppm(one.noise), "p_ppm": _ppm(one.p), "beyond_noise": one.beyond_noise, "large": one.large}  # fmt: skip


def _ranking(one: Ranking) -> dict[str, Any]:
    return {
        "auc": _interval(one.now), "auc_then": _interval(one.then), "difference": _interval(one.difference), "p_ppm": _ppm(one.p),
        "beyond_noise": one.beyond_noise, "large": one.large,
    }  # fmt: skip


def _promise(one: Promise) -> dict[str, Any]:
    return {
        "grade": one.grade, "rows": one.rows, "events": one.events, "expected_milli": round(one.expected * 1000),
        "pd_ppm_mean": _ppm(one.expected / one.rows), "rate": _interval(one.rate), "ratio_ppm": None if one.ratio is None else _ppm(one.ratio),
        "ratio_then_ppm": _ppm(one.ratio_then), "p_ppm": _ppm(one.p), "beyond_noise": one.beyond_noise, "large": one.large,
    }  # fmt: skip


def _rival(one: Rival) -> dict[str, Any]:
    head = {"model": one.digest, "name": one.name, "state": one.state}
    return head | (_match(one.found) if one.found else {"not_compared": _said(one.reason) if one.reason else None})


def _match(one: Match) -> dict[str, Any]:
    return {
        "rows": one.rows, "events": one.events, "auc": _interval(one.auc), "difference": _interval(one.difference),
        "loss_milli": round(one.loss * 1000), "loss_more": _interval(one.loss_more),
    }  # fmt: skip


def _interval(one: Figure | Estimate) -> dict[str, int]:
    return {"value_ppm": _ppm(one.value), "low_ppm": _ppm(one.low), "high_ppm": _ppm(one.high)}


def _said(one: Said) -> dict[str, str]:
    return {"code": one.code, "zh": one.zh, "en": one.en}


def _ppm(value: float) -> int:
    return round(value * 1_000_000)


def proposals_of(world: World, public: Mapping[str, Any], fit: str, rules: WatchRules) -> list[dict[str, Any]]:
    """A new fit, where the state asks for one; another model, where over the record it ranks better beyond its interval."""
    found: list[dict[str, Any]] = []
    if public["state"] == "refit":
        why = public["reasons"][:_REASONS]
        found.append({
            "what": "refit", "command": f"{fit} --name {public['name']}-next --by NAME",
            "zh": f"建议重新训练 {public['name']}:{';'.join(each['zh'] for each in why)}", "en": f"fit {public['name']} again: {'; '.join(each['en'] for each in why)}",
        })  # fmt: skip
    for rival in public["rivals"]:
        told = record(rounds_of(world, public, rival["model"]))
        if told is None or min(told.events, told.others) < rules.record_class_min or told.difference.low <= 0:
            continue
        span = _span(told)
        found.append({
            "what": "promote", "model": rival["model"], "difference": _interval(told.difference), "rounds": told.rounds, "events": told.events,
            "command": f"kemiao rating promote {rival['model'][:12]} --by NAME --reason WHY",
            "zh": f"建议启用 {rival['name']}:{told.rounds} 组结果({told.events} 违约)上 AUC 高 {span}", "en": f"promote {rival['name']}: its AUC is {span} higher over {told.rounds} sets of outcomes ({told.events} defaults)",
        })  # fmt: skip
    return found


def _span(one: Record) -> str:
    return f"{one.difference.value:.3f} [{one.difference.low:.3f}, {one.difference.high:.3f}]"


def rounds_of(world: World, public: Mapping[str, Any], rival: str) -> list[Round]:
    """What past watches and this one say of another model, oldest first."""
    past = [event.public for event in world.log.events("model_watch", ref=public["model"])]
    return [
        Round(each["outcomes_of"], match["events"], match["rows"] - match["events"], Estimate(*(match["difference"][name] / 1e6 for name in ("value_ppm", "low_ppm", "high_ppm"))))
        for each in (*past, public)
        for match in each["rivals"]
        if match["model"] == rival and "rows" in match
    ]  # fmt: skip
