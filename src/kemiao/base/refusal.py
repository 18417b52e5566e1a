"""The three ways in which something does not happen: refused, out of service, broken."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Refusal:
    """A command that did not happen, as a value. `code` is stable and never reused; `where` names the place."""

    code: str
    zh: str
    en: str
    where: tuple[tuple[str, str], ...] = ()

    def text(self, lang: str) -> str:
        """`file:row:column: message`, as far as the place is known."""
        place = ":".join(value for _, value in self.where)
        message = self.zh if lang == "zh" else self.en
        return f"{place}: {message}" if place else message

    def as_json(self) -> dict[str, object]:
        return {"code": self.code, "zh": self.zh, "en": self.en, "where": dict(self.where)}

    @classmethod
    def at(cls, code: str, zh: str, en: str, **where: object) -> Refusal:
        return cls(code, zh, en, tuple((name, str(value)) for name, value in where.items() if value is not None))


class Refused(Exception):
    """Carries a Refusal up to the nearest command from a depth where returning it would touch every caller."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(f"{refusal.code}: {refusal.en} {dict(refusal.where)}")
        self.refusal = refusal


class Outage(Exception):
    """Something outside does not answer (disk, lock, server). The same call may succeed later."""

    def __init__(self, code: str, zh: str, en: str, where: Mapping[str, object] | None = None) -> None:
        super().__init__(f"{code}: {en} {dict(where or {})}")
        self.code, self.zh, self.en = code, zh, en
        self.where = tuple((name, str(value)) for name, value in (where or {}).items())

    def as_refusal(self) -> Refusal:
        """The same words, for showing."""
        return Refusal(self.code, self.zh, self.en, self.where)


class BrokenInvariant(Exception):
    """Something that can't be, is. Nobody catches it; the program stops."""
