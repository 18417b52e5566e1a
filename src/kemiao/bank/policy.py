"""The bank's own knobs: dated TOML files in the home, each with an owner and an approval. Never law, never settings."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from kemiao.base.digest import digest
from kemiao.base.refusal import Refusal, Refused

HEAD = {"owner": str, "approved_by": str, "approved_on": date, "effective_from": date}


@dataclass(frozen=True, slots=True)
class PolicyFile:
    """One version of one policy: `pricing.toml`, or `pricing.2025.toml` for the version that follows it."""

    name: str
    file: str
    effective_from: date
    content: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Policy:
    files: tuple[PolicyFile, ...]

    def on(self, day: date) -> dict[str, Mapping[str, Any]]:
        """The version of each policy in force on a day: the newest that has begun."""
        in_force = sorted(
            (file for file in self.files if file.effective_from <= day),
            key=lambda file: (file.effective_from, file.file),
        )
        return {file.name: file.content for file in in_force}

    def named(self, name: str, day: date) -> Mapping[str, Any]:
        """One policy as in force on a day. Raises Refused POLICY_NOT_IN_FORCE: a home that was made before it was brought has none."""
        in_force = self.on(day)
        if name not in in_force:
            raise Refused(
                Refusal.at(
                    "POLICY_NOT_IN_FORCE", f"{day} 没有生效的政策 {name};旧的数据目录请先运行 kemiao upgrade",
                    f"no policy {name} is in force on {day}; an older home needs kemiao upgrade", policy=f"{name}.toml",
                )
            )  # fmt: skip
        return in_force[name]

    def digest_on(self, day: date) -> str:
        """Names the policy that a decision rested on."""
        return digest("policy", freeze(self.on(day)))


def read_policy(folder: Path) -> Policy:
    """Reads every TOML file. Refuses with file and key what is not a policy."""
    return Policy(tuple(_read(path) for path in sorted(folder.glob("*.toml"))))


_parsed = lru_cache(256)(tomllib.loads)  # of one text once: a demo opens its home for each command


def _read(path: Path) -> PolicyFile:
    try:
        text = path.read_text("utf-8")
        content = dict(_parsed(text))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Refused(
            Refusal.at("NOT_TOML", f"不是合法的 TOML:{error}", f"is not valid TOML: {error}", file=path.name)
        ) from error
    head = content.pop("policy", {})
    for key, kind in HEAD.items():
        if not isinstance(head, dict) or type(head.get(key)) is not kind:  # a date with a time is no day
            raise Refused(
                Refusal.at("POLICY_HEAD", f"[policy] 缺少 {key} 或类型不对(须为 {kind.__name__})", f"[policy] needs {key} ({kind.__name__})", file=path.name, key=key)
            )  # fmt: skip
    content |= {"_file": path.name, "_text": text}  # for messages; not part of what the policy says
    return PolicyFile(path.name.split(".")[0], path.name, head["effective_from"], content)


def freeze(value: Any) -> Any:
    """Parsed TOML as canonical JSON can hold it: floats and dates are marked, keys that begin with _ are left out."""
    match value:
        case float():
            return {"$float": repr(value)}
        case date():
            return {"$date": value.isoformat()}
        case list() | tuple():
            return [freeze(item) for item in value]
        case Mapping():
            return {key: freeze(item) for key, item in value.items() if not key.startswith("_")}
        case _:
            return value


def thaw(value: Any) -> Any:
    """The way back from `freeze`."""
    match value:
        case {"$float": text}:
            return float(text)
        case {"$date": text}:
            return date.fromisoformat(text)
        case list():
            return [thaw(item) for item in value]
        case dict():
            return {key: thaw(item) for key, item in value.items()}
        case _:
            return value
