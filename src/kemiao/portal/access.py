"""Who may do what: one policy file, access.toml. What it does not allow is refused; a route without a rule is open to nobody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kemiao.base.refusal import Refusal
from kemiao.portal.who import KINDS, Who

NAME = "access"
NOBODY = Refusal("NO_RULE", "access.toml 没有这个地址的规则:任何人不得访问", "access.toml has no rule for this route: it is open to nobody")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rule:
    """route: `METHOD /path` below /api/v1. anyone: roles that may, whosever it is. own: kinds of accounts that may, what is their own.
    open: without signing in. signed_in: every account. scope: what a token must have for it. why: the purpose, as the access log and
    the company are told; none where nobody's data is touched, and then no entry is made. bytes: the largest body, where it may be larger than
    others; inflated_bytes: the most that its files may hold unpacked. unready: also while the account's password is another's choice."""

    route: str
    anyone: frozenset[str]
    own: frozenset[str]
    open: bool
    signed_in: bool
    scope: str | None
    why: str | None
    bytes: int | None
    inflated_bytes: int | None = None
    unready: bool = False

    def admits(self, who: Who | None) -> bool:
        """Whether at all; `only_own` says of what."""
        if self.open:
            return True
        if who is None or (who.scopes is not None and self.scope not in who.scopes):
            return False
        return self.signed_in or bool(self.anyone & who.roles) or who.kind in self.own

    def only_own(self, who: Who) -> bool:
        return not self.open and not self.signed_in and not self.anyone & who.roles


class Unfit(ValueError):
    """access.toml is not as it must be: the message names the place."""


def read_rules(content: Mapping[str, Any], roles: frozenset[str]) -> dict[str, Rule]:
    """By route. roles: of organisation.toml. Raises Unfit: a role, a group or a kind that there is not, a route given twice, a rule that
    opens nothing or mixes `open` with others."""
    groups = {name: frozenset(names) for name, names in content.get("group", {}).items()}
    found: dict[str, Rule] = {}
    for row in content.get("rule", ()):
        route = str(row.get("route"))
        unknown = set(row) - {
            "route",
            "anyone",
            "own",
            "open",
            "signed_in",
            "scope",
            "why",
            "bytes",
            "inflated_bytes",
            "unready",
        }
        if unknown or route in found:
            raise Unfit(f"rule {route}: {sorted(unknown) or 'stands twice'}")
        anyone: frozenset[str] = frozenset()
        for name in row.get("anyone", ()):
            if name not in groups and name not in roles and name not in KINDS:
                raise Unfit(f"rule {route}: no role or group {name}")
            anyone |= groups.get(name, frozenset((name,)))
        own = frozenset(row.get("own", ()))
        rule = Rule(
            route, anyone, own, row.get("open", False), row.get("signed_in", False), row.get("scope"), row.get("why"), row.get("bytes"),
            row.get("inflated_bytes"), row.get("unready", False),
        )  # fmt: skip
        if own - set(KINDS) or anyone - roles - set(KINDS):
            raise Unfit(f"rule {route}: {sorted((own - set(KINDS)) | (anyone - roles - set(KINDS)))}")
        if sum((rule.open, rule.signed_in, bool(anyone or own))) != 1:
            raise Unfit(f"rule {route}: one of open, signed_in, anyone/own")
        found[route] = rule
    return found


def unruled(rules: Mapping[str, Rule]) -> list[str]:
    """Routes of this program that have no rule."""
    from kemiao.portal.published import routes

    return sorted(routes() - rules.keys())
