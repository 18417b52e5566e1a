"""Sign-in behind one interface: whoever proves to be an account gets a session. Local accounts today."""

from __future__ import annotations

from typing import Protocol

from kemiao.bank.credentials import credential, opens
from kemiao.bank.portal_accounts import PortalAccount, portal_account
from kemiao.base.refusal import Refusal
from kemiao.portal.sessions import Sessions
from kemiao.portal.who import Who
from kemiao.portal.worlds import Worlds


class SignIn(Protocol):
    """Methods may block: they are called in threads."""

    def enter(self, account: str, password: str) -> tuple[str, Who] | Refusal:
        """A new session's token. Refuses SIGN_IN_FAILED, whatever was wrong."""
        ...

    def by_session(self, token: str) -> Who | None:
        """Who has this session; None where there is none, or its account has been closed."""
        ...

    def by_token(self, token: str) -> Who | None:
        """Who has this API token."""
        ...


class LocalSignIn:
    """Accounts of this home."""

    def __init__(self, worlds: Worlds, sessions: Sessions) -> None:
        self._worlds, self._sessions = worlds, sessions

    def enter(self, account: str, password: str) -> tuple[str, Who] | Refusal:
        with self._worlds.world() as world:
            fits = opens(credential(world, account), password)
            found = portal_account(world, account)
        if not fits or isinstance(found, Refusal):
            return Refusal("SIGN_IN_FAILED", "账户或密码不对", "the account or the password is wrong")
        token, session = self._sessions.begin(account)
        return token, who_of(found, session.digest, session.csrf)

    def by_session(self, token: str) -> Who | None:
        session = self._sessions.of(token)
        if session is None:
            return None
        with self._worlds.world() as world:
            account = portal_account(world, session.account)
        return None if isinstance(account, Refusal) else who_of(account, session.digest, session.csrf)

    def by_token(self, token: str) -> Who | None:
        return None


def who_of(account: PortalAccount, session: str, csrf: str = "", scopes: frozenset[str] | None = None) -> Who:
    return Who(
        account.account, account.kind, account.person, account.roles, session, csrf, account.unit, account.company, account.funder, scopes
    )  # fmt: skip
