"""The bank's organisation as policy: units, roles, and what each action asks of its maker and approver. organisation.toml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from typing import Any

from kemiao.bank.world import World
from kemiao.base.refusal import Refusal

NAME = "organisation"
KINDS = ("head_office", "branch", "team")
COUNTED_DAYS_MAX = 366
ACTIONS = (
    "disburse", "write_off", "refund", "restructure", "extend", "rate", "reverse", "repay", "recover", "fee", "divert", "sell", "buy_back",
    "payments_account", "payments_out", "payments_in", "payments_match", "condition", "override", "due_diligence_high", "due_diligence",
    "own_loans", "offer", "decline", "sign", "complaint", "complaint_extension", "staff",
)  # fmt: skip
"""What the program asks the file for."""


@dataclass(frozen=True, slots=True)
class Unit:
    name: str
    zh: str
    en: str
    kind: str
    under: str | None


@dataclass(frozen=True, slots=True)
class Role:
    """limit_fen: up to which amount it approves; 0 without a level of authority (then only what moves no amount); None: the highest level, beyond all limits."""

    name: str
    zh: str
    en: str
    limit_fen: int | None


@dataclass(frozen=True, slots=True)
class Action:
    """counted_days: over how many days, today included, what one person did of it for one company counts together; 0: never."""

    name: str
    zh: str
    en: str
    makers: frozenset[str]
    approvers: frozenset[str]
    four_eyes_from_fen: int | None
    counted_days: int = 0


@dataclass(frozen=True, slots=True)
class Organisation:
    units: Mapping[str, Unit]
    roles: Mapping[str, Role]
    actions: Mapping[str, Action]
    request_days: int
    complaint_file_years: int

    def covers(self, unit: str, other: str | None) -> bool:
        """Whether `unit` is `other` or lies above it. A thing of no unit belongs to the head office."""
        if other is None:
            return self.units[unit].kind == "head_office"
        at: str | None = other
        while at is not None:
            if at == unit:
                return True
            at = self.units[at].under if at in self.units else None
        return False


def organisation(world: World, day: date) -> Organisation | Refusal:
    """As in force on a day. Refuses ORGANISATION_UNFIT. Raises Refused POLICY_NOT_IN_FORCE."""
    key = ("organisation", day)
    if key not in world.read_once:
        named = world.policy.named
        world.read_once[key] = organisation_of(named(NAME, day), named("authority", day))
    read: Organisation | Refusal = world.read_once[key]
    return read


def organisation_of(content: Mapping[str, Any], authority: Mapping[str, Any]) -> Organisation | Refusal:
    """Reads organisation.toml with the levels of authority.toml. Refuses ORGANISATION_UNFIT with the place."""
    limits = {level.get("name"): level.get("limit_fen") for level in authority.get("level", ())}
    highest = max((limit for limit in limits.values() if isinstance(limit, int)), default=0)
    try:
        units = {
            row["name"]: Unit(row["name"], row["zh"], row["en"], row["kind"], row.get("under"))
            for row in content["unit"]
        }
        levels = {row["name"]: row.get("level") for row in content["role"]}
        roles = {
            row["name"]: Role(row["name"], row["zh"], row["en"], _limit(limits, highest, row.get("level")))
            for row in content["role"]
        }
        actions = {
            row["name"]: Action(row["name"], row["zh"], row["en"], frozenset(row["makers"]), frozenset(row["approvers"]), row.get("four_eyes_from_fen"), _counted_days(row))
            for row in content["action"]
        }  # fmt: skip
        days, years = content["request_days"], content["complaint_file_years"]
    except (KeyError, TypeError, AttributeError) as error:
        return _unfit(str(error), "缺少或写法不对", "is missing or of the wrong form")
    twice = _twice(content)
    if twice is not None:
        return _unfit(twice, "出现了两次", "stands twice")
    for unit in units.values():
        if unit.kind not in KINDS or (unit.under is None) != (unit.kind == "head_office"):
            return _unfit(f"unit.{unit.name}", f"kind 须为 {KINDS} 之一,且只有总行没有 under", f"kind is one of {KINDS}, and only the head office has no `under`")  # fmt: skip
        if not _reaches_the_top(units, unit):
            return _unfit(f"unit.{unit.name}", "under 不通向总行", "`under` does not lead to the head office")
    for name, level in levels.items():
        if level is not None and level not in limits:
            return _unfit(f"role.{name}", f"authority.toml 没有层级 {level}", f"authority.toml has no level {level}")
    for action in actions.values():
        unknown = sorted((action.makers | action.approvers) - roles.keys())
        least = action.four_eyes_from_fen
        if unknown:
            return _unfit(f"action.{action.name}", f"没有角色 {unknown}", f"there are no roles {unknown}")
        if least is not None and (type(least) is not int or least < 0):
            return _unfit(f"action.{action.name}", "four_eyes_from_fen 须为不小于零的整数(分)", "four_eyes_from_fen is whole fen, not below zero")  # fmt: skip
        if type(action.counted_days) is not int or not 0 <= action.counted_days <= COUNTED_DAYS_MAX:
            return _unfit(f"action.{action.name}", f"counted_days 须为 0 至 {COUNTED_DAYS_MAX} 的整数", f"counted_days is a whole number from 0 to {COUNTED_DAYS_MAX}")  # fmt: skip
    if type(days) is not int or not 1 <= days <= 366:
        return _unfit("request_days", "须为 1 至 366 的整数", "is a whole number from 1 to 366")
    if type(years) is not int or not 1 <= years <= 100:
        return _unfit("complaint_file_years", "须为 1 至 100 的整数", "is a whole number from 1 to 100")
    return Organisation(units, roles, actions, days, years)


def unknown_action(name: str) -> Refusal:
    """An action that the file lacks, as a file that was made before the action: nobody does it until the bank has said who may."""
    zh = f"organisation.toml 没有动作 {name}:请照随附文件补上 [[action]](kemiao upgrade 不覆盖已有的政策文件),再 kemiao policy check"
    en = f"organisation.toml has no action {name}: add its [[action]] as in the packaged file (kemiao upgrade does not overwrite a policy that is there), then kemiao policy check"  # fmt: skip
    packaged = files("kemiao.bank") / "default_policy" / f"{NAME}.toml"
    return Refusal.at("ACTION_UNKNOWN", zh, en, file=f"{NAME}.toml", key=f"action.{name}", packaged=packaged)


def every_action(world: World, day: date) -> Organisation | Refusal:
    """As organisation, and every action that the program asks for is there. Refuses ACTION_UNKNOWN with all that lack."""
    read = organisation(world, day)
    missing = [] if isinstance(read, Refusal) else [name for name in ACTIONS if name not in read.actions]
    return unknown_action(", ".join(missing)) if missing else read


def _counted_days(row: Mapping[str, Any]) -> Any:
    """A file that says nothing of it was made before: where a threshold could be split, all that can count does."""
    least = row.get("four_eyes_from_fen")
    return row.get("counted_days", COUNTED_DAYS_MAX if least is not None and least > 0 else 0)


def _twice(content: Mapping[str, Any]) -> str | None:
    """A name that two units, roles or actions have: of two rules for one thing neither is the bank's word."""
    for table in ("unit", "role", "action"):
        names = [row["name"] for row in content[table]]
        again = next((name for place, name in enumerate(names) if name in names[:place]), None)
        if again is not None:
            return f"{table}.{again}"
    return None


def _limit(limits: Mapping[str, Any], highest: int, level: str | None) -> int | None:
    """Beyond the highest limit the highest level decides, as in credit.decision.authority."""
    if level is None or level not in limits:
        return 0
    return None if limits[level] == highest else int(limits[level])


def _reaches_the_top(units: Mapping[str, Unit], unit: Unit) -> bool:
    seen = set()
    while unit.under is not None:
        if unit.name in seen or unit.under not in units:
            return False
        seen.add(unit.name)
        unit = units[unit.under]
    return True


def _unfit(key: str, zh: str, en: str) -> Refusal:
    return Refusal.at("ORGANISATION_UNFIT", zh, en, file=f"{NAME}.toml", key=key)
