"""What the bank asks of signing in: sign_in.toml, read and checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from typing import Any

from kemiao.bank.world import World
from kemiao.base.refusal import Refusal, Refused

NAME = "sign_in"
WAITS = ("account_address", "account", "address")
_WORDS_MOST = 1000
_KINDS = ("staff", "company", "funder", "auditor")


@dataclass(frozen=True, slots=True)
class Wait:
    """After `free` failures in a row the next try waits first_ms, then twice as long each time, most_ms at most."""

    free: int
    first_ms: int
    most_ms: int
    forget_ms: int

    def after(self, failures: int) -> int:
        """How long the try after so many failures waits."""
        over = failures - self.free
        return 0 if over < 0 else min(self.most_ms, self.first_ms << min(over, 30))


@dataclass(frozen=True, slots=True)
class SignInRules:
    length_min: int
    length_max: int
    first_days: int
    memory_kib: int
    passes: int
    lanes: int
    idle_ms: int
    whole_ms: int
    sessions_most: int
    waits: Mapping[str, Wait]
    totp_for: frozenset[str]
    recovery_codes: int
    token_days_max: int
    tokens_most: int
    words: tuple[str, ...] = ()  # of the bank, which guessers try


def sign_in_rules(world: World, day: date | None = None) -> SignInRules:
    """As in force on a day, today's without one. A home that was made before there was such a policy has the packaged one.
    Raises Refused SIGN_IN_UNFIT."""
    on = day or world.clock.today()
    key = (NAME, on)
    if key not in world.read_once:
        roles = frozenset(row["name"] for row in world.policy.on(on).get("organisation", {}).get("role", ()))
        world.read_once[key] = rules_of(world.policy.on(on).get(NAME) or _packaged(), roles)
    read: SignInRules = world.read_once[key]
    return read


def rules_of(content: Mapping[str, Any], roles: frozenset[str]) -> SignInRules:
    """Raises Refused SIGN_IN_UNFIT with the key."""

    def number(table: Any, place: str, name: str, least: int, most: int) -> int:
        value = table.get(name) if isinstance(table, Mapping) else None
        if type(value) is not int or not least <= value <= most:
            raise Refused(Refusal.at("SIGN_IN_UNFIT", f"须为 {least} 至 {most} 的整数", f"is a whole number from {least} to {most}", file=f"{NAME}.toml", key=f"{place}.{name}"))  # fmt: skip
        return value

    def of(place: str) -> Any:
        return content.get(place)

    waits = {}
    for name in WAITS:
        table = (of("wait") or {}).get(name)
        waits[name] = Wait(
            number(table, f"wait.{name}", "free", 1, 1000), 1000 * number(table, f"wait.{name}", "first_seconds", 1, 3600),
            1000 * number(table, f"wait.{name}", "most_seconds", 1, 86_400), 3_600_000 * number(table, f"wait.{name}", "forget_hours", 1, 720),
        )  # fmt: skip
    needed = (of("totp") or {}).get("needed_for")
    unknown = sorted(set(needed) - roles - set(_KINDS)) if isinstance(needed, list) else ["needed_for"]
    if unknown:
        raise Refused(Refusal.at("SIGN_IN_UNFIT", f"没有角色或账户类型 {unknown[0]}", f"there is no role or kind of account {unknown[0]}", file=f"{NAME}.toml", key="totp.needed_for"))  # fmt: skip
    least = number(of("password"), "password", "length_min", 8, 64)
    return SignInRules(
        least, number(of("password"), "password", "length_max", max(64, least), 256), number(of("password"), "password", "first_days", 1, 90),
        number(of("argon2id"), "argon2id", "memory_kib", 7_168, 1_048_576), number(of("argon2id"), "argon2id", "passes", 1, 20),
        number(of("argon2id"), "argon2id", "lanes", 1, 16), 60_000 * number(of("session"), "session", "idle_minutes", 1, 1440),
        3_600_000 * number(of("session"), "session", "whole_hours", 1, 720), number(of("session"), "session", "most", 1, 1000), waits,
        frozenset(str(name) for name in needed or ()), number(of("totp"), "totp", "recovery_codes", 4, 20), number(of("token"), "token", "days_max", 1, 3660),
        number(of("token"), "token", "most", 1, 1000), _words((of("password") or {}).get("words", [])),
    )  # fmt: skip


def _words(found: Any) -> tuple[str, ...]:
    if (
        not isinstance(found, list)
        or len(found) > _WORDS_MOST
        or not all(isinstance(each, str) and each.strip() for each in found)
    ):
        raise Refused(Refusal.at("SIGN_IN_UNFIT", f"须为至多 {_WORDS_MOST} 个词的列表", f"is a list of at most {_WORDS_MOST} words", file=f"{NAME}.toml", key="password.words"))  # fmt: skip
    return tuple(found)


def _packaged() -> Mapping[str, Any]:
    import tomllib

    return tomllib.loads((files("kemiao.bank") / "default_policy" / f"{NAME}.toml").read_text("utf-8"))
