"""The models that a home knows: who fitted each, and where it stands in its life. A fold over the event log."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from kemiao.bank.model_store import Stored, read_model
from kemiao.bank.world import World
from kemiao.base.refusal import Refusal, Refused

# What a card's facts say of it also stands in the event that names it.
SHOWN = ("label", "horizon_days", "rows", "events", "table_digest", "seed", "code", "calibration", "validation")
State = Literal["fitted", "imported", "in_use", "promoted", "retired"]


@dataclass(frozen=True, slots=True)
class Known:
    """state "promoted": was in use once. fitters: everybody who fitted this very model. public: of its newest event."""

    digest: str
    name: str
    state: State
    at: str
    fitters: tuple[str, ...]
    was_promoted: bool
    public: Mapping[str, Any]

    @property
    def manifest(self) -> str | None:
        digest = self.public.get("manifest")
        return None if digest is None else str(digest)


def known_models(world: World) -> tuple[Known, ...]:
    """In the order of their first event."""
    events: dict[str, list[Any]] = {}
    for event in world.log.events("model"):
        events.setdefault(event.ref or "", []).append(event)
    retired = {event.ref for event in world.log.events("retirement")}
    promoted = {event.public["model"] for event in world.log.events("promotion")}
    used = in_use(world)

    def state(digest: str, how: str) -> State:
        if digest in retired:
            return "retired"
        if digest == used:
            return "in_use"
        return "promoted" if digest in promoted else "imported" if how == "import" else "fitted"

    return tuple(
        Known(
            digest, each[-1].public["name"], state(digest, each[-1].public.get("how", "fit")), each[-1].at,
            tuple(dict.fromkeys(by for event in each if (by := event.public.get("fitted_by")))), digest in promoted, each[-1].public,
        )
        for digest, each in events.items()
    )  # fmt: skip


def model_named(world: World, name: str) -> Known:
    """By digest, the beginning of one (6 characters or more), or name (the newest). Raises Refused."""
    found = [each for each in known_models(world) if each.name == name or (len(name) >= 6 and each.digest.startswith(name))]  # fmt: skip
    if not found:
        raise Refused(Refusal.at("NO_SUCH_MODEL", "没有这个模型(kemiao rating list 列出全部)", "there is no such model (kemiao rating list)", model=name))  # fmt: skip
    return found[-1]


def stored_model(world: World, name: str) -> tuple[Known, Stored] | Refusal:
    """A model and its files, checked against what the log says of them. Raises Refused where no model has that name."""
    known = model_named(world, name)
    found = read_model(world.home.models, known.digest, known.manifest)
    return found if isinstance(found, Refusal) else (known, found)


def kept_model(world: World, digest: str) -> Stored | Refusal:
    """By its whole digest."""
    event = world.log.last("model", ref=digest)
    return read_model(world.home.models, digest, event.public.get("manifest") if event else None)


def in_use(world: World) -> str | None:
    """Digest of the promoted model; None where the expert card is in use."""
    event = world.log.last("promotion")
    digest: Any = event.public.get("model") if event else None
    return None if digest is None else str(digest)


def same_person(one: str, other: str) -> bool:
    """Case, blanks and full-width letters apart."""
    return _plain(one) == _plain(other)


def _plain(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())
