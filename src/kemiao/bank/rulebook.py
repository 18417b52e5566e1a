"""What a judgement rests on, gathered for a day and kept by digest, so that a replay years later finds the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from functools import lru_cache
from importlib.resources import files
from typing import Any, TypeVar

from kemiao import __version__
from kemiao.bank.event_log import Transaction
from kemiao.bank.model_store import is_kept
from kemiao.bank.models import in_use, kept_model
from kemiao.bank.policy import freeze, thaw
from kemiao.bank.world import World
from kemiao.base.digest import digest, digest_bytes
from kemiao.base.refusal import BrokenInvariant, Refusal, Refused
from kemiao.base.tables import DatedTable, Row
from kemiao.credit.assessment import Rulebook, judged_columns
from kemiao.credit.decision.authority import levels_of
from kemiao.credit.decision.rules import read_rules
from kemiao.credit.limit import LimitPolicy
from kemiao.credit.pricing import PricingPolicy
from kemiao.credit.profile import COLUMNS
from kemiao.credit.rating.cycle import cycle_from_policy, through_the_cycle
from kemiao.credit.rating.expert_card import card_from_policy
from kemiao.credit.rating.master_scale import scale_from_policy
from kemiao.credit.rating.model import Model
from kemiao.credit.rating.scorecard import Scorecard
from kemiao.credit.technology.rules import TechnologyRules, read_technology

T = TypeVar("T")
NEEDED = ("authority", "decision", "expert_card", "law_choices", "limits", "master_scale", "pricing")
IF_THERE = ("patent_value", "technology")  # a home that was made before it has none: no matrix then
_COUNTED = ("_fen", "_ppm", "_ppm_from", "_years", "_max", "_days")
_JUDGING = ("base", "law", "credit")  # the rooms whose code a decision follows from


@dataclass(frozen=True, slots=True)
class Grounds:
    """The rulebook with the digests that name its parts, and the frozen policy and law that they are digests of."""

    book: Rulebook
    model: str
    policy: str
    law_tables: str
    frozen_policy: Mapping[str, Any]
    frozen_law: Mapping[str, Any]

    def keep(self, world: World, tx: Transaction) -> None:
        """Writes policy and law into the log, once for each digest; where there is a chain, tells it what is first used."""
        for kind, ref, content in (
            ("policy", self.policy, self.frozen_policy),
            ("law_tables", self.law_tables, self.frozen_law),
        ):
            if world.log.last(kind, ref=ref) is None:
                tx.append(kind, ref=ref, public={"content": content})
        for what, own in (("policy", self.policy), ("law", self.law_tables), ("model", self.model)):
            if world.chain is not None and world.log.last("lineage_kept", ref=own) is None:
                tx.witness(
                    tx.append("lineage_kept", ref=own, public={"what": what}),
                    {"kind": "kept", "what": what, "digest": own},
                )


def grounds(world: World, law_on: date) -> Grounds:
    """The rulebook of a day. Raises Refused where a policy is not in force or can't be read."""
    key = ("grounds", law_on, in_use(world))
    if key not in world.read_once:
        world.read_once[key] = _grounds(world, law_on)
    read: Grounds = world.read_once[key]
    return read


def _grounds(world: World, law_on: date) -> Grounds:
    policy = world.policy.on(law_on)
    missing = [name for name in NEEDED if name not in policy]
    if missing:
        names = ", ".join(missing)
        raise Refused(
            Refusal.at(
                "POLICY_NOT_IN_FORCE",
                f"{law_on} 没有生效的政策:{names}",
                f"no policy is in force on {law_on}: {names}",
                home=world.home.policy,
            )
        )
    frozen_policy, frozen_law = (
        freeze({name: policy[name] for name in (*NEEDED, *IF_THERE) if name in policy}),
        freeze_law(world.law),
    )
    card = promoted(world) or _expert(policy)
    return Grounds(
        rulebook(card, policy, world.law, law_on), card.digest, digest("policy", frozen_policy), digest("law", frozen_law), frozen_policy, frozen_law,
    )  # fmt: skip


def rulebook(
    card: Model, policy: Mapping[str, Mapping[str, Any]], law: Mapping[str, DatedTable], law_on: date
) -> Rulebook:
    scale = scale_from_policy(policy["master_scale"])
    if isinstance(scale, Refusal):
        raise Refused(scale)
    cycle = cycle_from_policy(policy["master_scale"])
    if isinstance(cycle, Refusal):
        raise Refused(cycle)
    moved = through_the_cycle(card, cycle)
    if isinstance(moved, Refusal):
        raise Refused(moved)
    for name in ("authority", "decision", "limits", "master_scale", "pricing"):
        _whole_numbers(name, policy[name], str(policy[name].get("_file", f"{name}.toml")))
    try:
        limits, pricing = (
            _read(policy["limits"], "limits", LimitPolicy.of),
            _read(policy["pricing"], "pricing", PricingPolicy.of),
        )
        for name, known in (("limits", limits.grade_max_fen), ("pricing", pricing.margin_ppm)):
            for grade in scale:  # a grade without a limit or a margin would be lent nothing, or lent for nothing
                if grade.name not in known:
                    raise Refused(
                        Refusal.at("POLICY_INCOMPLETE", f"缺少等级 {grade.name}", f"lacks the grade {grade.name}", file=f"{name}.toml")
                    )  # fmt: skip
        return Rulebook(
            moved[0], scale, law, law_on,
            policy["law_choices"],
            limits, pricing,
            read_rules(policy["decision"], judged_columns({name: feature.unit for name, feature in COLUMNS.items()})),
            _read(policy["authority"], "authority", levels_of), policy["decision"]["coverage_low_ppm"], policy["decision"]["reasons_max"],
            technology_rules(policy).matrix if "technology" in policy else None, moved[1],
        )  # fmt: skip
    except KeyError as error:
        raise Refused(Refusal.at("POLICY_INCOMPLETE", f"政策缺少 {error}", f"the policy lacks {error}")) from error


def technology_rules(policy: Mapping[str, Mapping[str, Any]]) -> TechnologyRules:
    """What the policy says of the technology dimension. Raises Refused where it says nothing, or what can't be read."""
    if "technology" not in policy:
        raise Refused(
            Refusal.at("POLICY_NOT_IN_FORCE", "没有生效的技术评价政策", "no technology policy is in force", file="technology.toml")
        )  # fmt: skip
    content = policy["technology"]
    _whole_numbers("technology", content, str(content.get("_file", "technology.toml")))
    return _read(content, "technology", read_technology)


def _read(content: Mapping[str, Any], name: str, read: Callable[[Mapping[str, Any]], T]) -> T:
    """A part of the policy; what it lacks is named with its file, and what stands there in its place."""
    try:
        return read(content)
    except KeyError as error:
        wanted = str(error.args[0])
        typo = next(iter(get_close_matches(wanted, content, n=1)), None)
        zh, en = (f";是否写成了 {typo}?", f"; is it written {typo}?") if typo else ("", "")
        raise Refused(
            Refusal.at("POLICY_INCOMPLETE", f"缺少 {wanted}{zh}", f"lacks {wanted}{en}", file=content.get("_file", f"{name}.toml"), key=wanted)
        ) from error  # fmt: skip


def _whole_numbers(key: str, value: Any, file: str) -> None:
    """Refuses what stands where a whole number must: amounts, ppm, counts by the endings of their names."""
    if isinstance(value, Mapping):
        for name, item in value.items():
            _whole_numbers(name, item, file)
    elif isinstance(value, list):
        for item in value:
            _whole_numbers(key, item, file)
    elif key.endswith(_COUNTED) and (type(value) is not int or (key.startswith("step_") and value <= 0)):
        raise Refused(
            Refusal.at(
                "POLICY_NUMBER", f"{key} 须为整数(步长须大于零),却是 {value!r}", f"{key} is a whole number (a step is above zero), not {value!r}", file=file, key=key
            )
        )  # fmt: skip


def kept_rulebook(world: World, model: str, policy: str, law_tables: str, law_on: date) -> Rulebook:
    """The rulebook of an earlier decision, from the log and the kept models, whatever the home's files say today."""
    contents = thaw(_kept(world, "policy", policy))
    card = _model(world, model) if is_kept(world.home.models, model) else _expert(contents)
    if card.digest != model:
        raise Refused(
            Refusal.at(
                "MODEL_MISSING",
                "模型文件不在了,也不是本版本所读的专家评分卡",
                "the model is neither kept nor the expert card as this version reads it",
                model=model,
            )
        )
    return rulebook(card, contents, thaw_law(_kept(world, "law_tables", law_tables)), law_on)


def kept_policy(world: World, policy: str) -> Mapping[str, Mapping[str, Any]]:
    """The policy of an earlier decision."""
    found: Mapping[str, Mapping[str, Any]] = thaw(_kept(world, "policy", policy))
    return found


def kept_law(world: World, law_tables: str) -> Mapping[str, DatedTable]:
    """The law of an earlier decision."""
    return thaw_law(_kept(world, "law_tables", law_tables))


def _kept(world: World, kind: str, ref: str) -> Any:
    event = world.log.last(kind, ref=ref)
    if event is None:
        raise BrokenInvariant(f"{kind} {ref} is not in the log")
    return event.public["content"]


def promoted(world: World) -> Model | None:
    """The fitted model in use; None where the expert card is."""
    name = in_use(world)
    return _model(world, name) if name else None


def _model(world: World, name: str) -> Model:
    found = kept_model(world, name)
    if isinstance(found, Refusal):
        raise Refused(found)
    return found.model


def _expert(policy: Mapping[str, Mapping[str, Any]]) -> Scorecard:
    card = card_from_policy(policy["expert_card"])
    if isinstance(card, Refusal):
        raise Refused(card)
    return card


def freeze_law(law: Mapping[str, DatedTable]) -> dict[str, Any]:
    return {
        name: {"head": freeze(table.head), "rows": [freeze({"cells": row.cells, "source": row.source, "from": row.effective_from, "to": row.effective_to, "confidence": row.confidence}) for row in table.rows]}
        for name, table in law.items()
    }  # fmt: skip


def thaw_law(frozen: Mapping[str, Any]) -> dict[str, DatedTable]:
    return {
        name: DatedTable(
            name, thaw(table["head"]), tuple(Row(row["cells"], row["source"], row["from"], row["to"], row["confidence"]) for row in map(thaw, table["rows"]))
        )
        for name, table in frozen.items()
    }  # fmt: skip


@lru_cache(maxsize=1)
def code_version() -> str:
    """Release and digest of the judging code: two builds with the same digest decide alike."""
    sources = b"".join(
        path.name.encode() + b"\0" + path.read_bytes()
        for room in _JUDGING
        for path in _sources(files("kemiao").joinpath(room))
    )
    return f"{__version__}+{digest_bytes('code', sources)[:12]}"


def _sources(folder: Any) -> list[Any]:
    found = []
    for item in sorted(folder.iterdir(), key=lambda item: item.name):
        if item.is_dir():
            found += _sources(item)
        elif item.name.endswith((".py", ".toml")):
            found.append(item)
    return found
