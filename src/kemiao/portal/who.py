"""Who asks: an account that has signed in, or a token of one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from kemiao.base.refusal import Refusal

Kind = Literal["staff", "company", "funder", "auditor"]
KINDS: tuple[Kind, ...] = ("staff", "company", "funder", "auditor")


@dataclass(frozen=True, slots=True)
class Who:
    """roles: of organisation.toml for staff; for others the kind itself. company: whose account it is (kind company). funder: whose
    mandates are its own (kind funder). session: digest of the session, or the token's number. scopes: of a token; None for a session,
    which may do all that its roles may. unready: why it may do nothing yet but what its rule says `unready` of: its password is another's
    choice, or it lacks one-time codes."""

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
    unready: Refusal | None = None
