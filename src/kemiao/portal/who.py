"""Who asks: an account that has signed in, or a token of one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["staff", "company", "funder", "auditor"]
KINDS: tuple[Kind, ...] = ("staff", "company", "funder", "auditor")


@dataclass(frozen=True, slots=True)
class Who:
    """roles: of organisation.toml for staff; for others the kind itself. company: whose account it is (kind company). funder: whose
    mandates are its own (kind funder). session: digest of the session or the token. scopes: of a token; None for a session, which
    may do all that its roles may."""

    account: str
    kind: Kind
    person: str
    roles: frozenset[str]
    session: str
    csrf: str = ""
    unit: str | None = None
    company: str | None = None
    funder: str | None = None
    scopes: frozenset[str] | None = None
