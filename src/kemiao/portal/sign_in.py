"""Sign-in behind one interface: whoever proves to be an account gets a session. Local accounts today."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Protocol

from kemiao.bank.commands.users import must_have_totp
from kemiao.bank.credentials import (
    Standing,
    fits,
    spent,
    standing,
    step_of,
    token_of,
    totp_of,
    use_first,
    use_recovery,
)
from kemiao.bank.portal_accounts import PortalAccount
from kemiao.bank.sign_in_rules import SignInRules, sign_in_rules
from kemiao.bank.world import World
from kemiao.base.refusal import Refusal
from kemiao.portal.sessions import Limits, Sessions, Tried
from kemiao.portal.who import Who
from kemiao.portal.worlds import Worlds

FAILED = Refusal("SIGN_IN_FAILED", "账户、密码或验证码不对", "the account, the password or the code is wrong")
CODE_NEEDED = Refusal(
    "TOTP_NEEDED", "请输入手机上的一次性验证码,或一个恢复码", "type the one-time code of your phone, or a recovery code"
)
SPENT = Refusal("PASSWORD_SPENT", "首次密码已用过或已过期:请联系管理员重设", "the first password was used before or has waited too long: ask an administrator for another")  # fmt: skip
CHANGE_FIRST = Refusal("PASSWORD_TO_CHANGE", "请先设定自己的密码", "choose a password of your own first")
TOTP_FIRST = Refusal("TOTP_TO_SET", "您的角色须先启用一次性验证码", "your role needs one-time codes first")
_CODE_DIGITS = 6
_CACHED = 10_000


@dataclass(frozen=True, slots=True)
class Entering:
    """What a person types, and from where. known: what the browser keeps since its account signed in there before."""

    account: str
    password: str
    code: str | None = None
    address: str = ""
    browser: str = ""
    known: str | None = None


@dataclass(frozen=True, slots=True)
class Entered:
    """token: of the new session, told once. known: for the browser to keep, where it had none."""

    token: str
    who: Who
    known: str | None


class SignIn(Protocol):
    """Methods may block: they are called in threads."""

    def enter(self, entering: Entering) -> Entered | Refusal:
        """A new session. Refuses SIGN_IN_FAILED, whatever was wrong; TOTP_NEEDED; PASSWORD_SPENT; TOO_MANY_REQUESTS with the seconds."""
        ...

    def by_session(self, token: str, noted: bool = True) -> Who | None:
        """Who has this session; None where there is none, or its account has been closed."""
        ...

    def by_token(self, token: str) -> Who | None:
        """Who has this API token."""
        ...

    def tries_within(self, name: str) -> list[Tried]:
        """What is counted where one who is signed in types the password again."""
        ...

    def waits(self, tries: Sequence[Tried]) -> Refusal | None:
        """None: the try may be made. Refuses TOO_MANY_REQUESTS with the seconds."""
        ...


class LocalSignIn:
    """Accounts of this home. now_ms: the machine's clock, by which one-time codes go."""

    def __init__(self, worlds: Worlds, sessions: Sessions, now_ms: Callable[[], int]) -> None:
        self._worlds, self._sessions, self._now_ms = worlds, sessions, now_ms
        self._lock = threading.Lock()
        self._cached: dict[str, tuple[object, Standing | None]] = {}

    def enter(self, entering: Entering) -> Entered | Refusal:
        """Every try counts as failed until it has succeeded, so that many at once are counted too."""
        name = entering.account.strip()
        with self._worlds.world() as world:
            rules = sign_in_rules(world)
            known = entering.known is not None and self._sessions.knows_browser(entering.known, name)
            tries, shared = _tries(rules, name, entering, known)
            wait = self.waits(tries)
            if wait is not None:
                return wait
            event = fits(world, name, entering.password, rules)
            found = standing(world, name)
            if event is None or isinstance(found, Refusal):
                return FAILED
            if spent(world, event, rules):
                self._sessions.succeeded(tries, shared)
                return SPENT
            refused = self._code(world, name, entering.code)
            if refused is not None:
                if refused is CODE_NEEDED:
                    self._sessions.succeeded(tries, shared)
                return refused
            if event.public.get("first") and not use_first(world, event):
                return SPENT
            unready = _unready(world, found)
        self._sessions.succeeded(tries, shared)
        token, session = self._sessions.begin(name, found.version, entering.browser, entering.address)
        keep = None if known else self._sessions.new_browser(name)
        return Entered(token, who_of(found.account, session.digest, session.csrf, unready=unready), keep)

    def by_session(self, token: str, noted: bool = True) -> Who | None:
        with self._worlds.world() as world:
            session = self._sessions.of(token, _limits(world), noted)
            found, unready = (None, None) if session is None else self._standing(world, session.account)
        if session is None or found is None or found.version != session.version:
            return None
        return who_of(found.account, session.digest, session.csrf, unready=unready)

    def by_token(self, token: str) -> Who | None:
        with self._worlds.world() as world:
            own = token_of(world, token)
            if own is None:
                return None
            found, unready = self._standing(world, own.account)
        return None if found is None else who_of(found.account, own.number, scopes=frozenset(own.scopes), unready=unready)  # fmt: skip

    def tries_within(self, name: str) -> list[Tried]:
        """How often one who is signed in may mistype a password."""
        with self._worlds.world() as world:
            wait = sign_in_rules(world).waits["account_address"]
        return [Tried(f"within:{_blurred(name)}", wait.after, wait.forget_ms)]

    def waits(self, tries: Sequence[Tried]) -> Refusal | None:
        wait = self._sessions.waits(tries)
        return _wait(wait) if wait > 0 else None

    def _code(self, world: World, name: str, code: str | None) -> Refusal | None:
        kept = totp_of(world, name)
        if kept is None:
            return None
        typed = "".join((code or "").split())
        if not typed:
            return CODE_NEEDED
        if len(typed) == _CODE_DIGITS and typed.isascii() and typed.isdigit():
            step = step_of(str(kept["secret"]), typed, self._now_ms())
            return None if step is not None and self._sessions.code_once(name, step) else FAILED
        return None if use_recovery(world, name, typed) else FAILED

    def _standing(self, world: World, name: str) -> tuple[Standing | None, Refusal | None]:
        """As it stands now: found out again when the event log has grown or the day has changed."""
        now = (world.log.end(), world.clock.today())
        kept = self._cached.get(name)
        if kept is None or kept[0] != now:
            read = standing(world, name)
            kept = now, None if isinstance(read, Refusal) else read
            with self._lock:
                if len(self._cached) > _CACHED:
                    self._cached.clear()
                self._cached[name] = kept
        found = kept[1]
        return found, None if found is None else _unready(world, found)


def limits_of(worlds: Worlds) -> Callable[[], Limits]:
    """Of sign_in.toml as in force."""

    def limits() -> Limits:
        with worlds.world() as world:
            return _limits(world)

    return limits


def _limits(world: World) -> Limits:
    rules = sign_in_rules(world)
    return Limits(rules.idle_ms, rules.whole_ms, rules.sessions_most)


def who_of(
    account: PortalAccount, session: str, csrf: str = "", scopes: frozenset[str] | None = None, unready: Refusal | None = None
) -> Who:  # fmt: skip
    return Who(
        account.account, account.kind, account.person, account.roles, session, csrf, account.unit, account.company, account.funder, scopes, unready
    )  # fmt: skip


def _unready(world: World, found: Standing) -> Refusal | None:
    if found.first:
        return CHANGE_FIRST
    return TOTP_FIRST if not found.totp and must_have_totp(world, found) else None


def _tries(rules: SignInRules, name: str, entering: Entering, known: bool) -> tuple[list[Tried], frozenset[str]]:
    """What a failure is counted by. A browser that the account signed in with before has a count of its own, which no stranger can
    raise: so nobody locks a person out."""
    address = network(entering.address)

    def tried(kind: str, wait: str, *of: str) -> Tried:
        return Tried(f"{kind}:{_blurred(*of)}", rules.waits[wait].after, rules.waits[wait].forget_ms)

    if known:
        return [tried("browser", "account_address", name, entering.known or "")], frozenset()
    everybody = tried("address", "address", address)
    return [tried("account_address", "account_address", name, address), tried("account", "account", name), everybody], frozenset((everybody.what,))  # fmt: skip


def _blurred(*of: str) -> str:
    """No names in a file that is not sealed."""
    return blake2b("\0".join(of).encode(), digest_size=16).hexdigest()


def network(address: str) -> str:
    """One household of addresses: of IPv6 its /64."""
    try:
        read = ip_address(address)
    except ValueError:
        return address
    return str(ip_network((read, 64), strict=False)) if isinstance(read, IPv6Address) else address


def _wait(milliseconds: int) -> Refusal:
    seconds = -(-milliseconds // 1000)
    return Refusal.at("TOO_MANY_REQUESTS", f"尝试次数过多,请 {seconds} 秒后再试", f"too many tries: wait {seconds} seconds", seconds=seconds)  # fmt: skip
