"""My account: password, one-time codes, sessions, API tokens. Everybody's own, and nobody else's."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from kemiao.base.refusal import Refusal, Refused
from kemiao.portal.door import SECRET, Asking, done, router
from kemiao.portal.guessing import counted
from kemiao.portal.problems import NO_SUCH_PAGE
from kemiao.portal.sessions import Session

routes = router("account")
T = TypeVar("T")


class AccountState(BaseModel):
    """password: none, first, lapsed, set. recovery_left: recovery codes that still open; null without one-time codes."""

    account: str
    password: str
    password_at: str | None
    totp: bool
    recovery_left: int | None
    totp_needed: bool
    password_length_min: int
    token_days_max: int
    scopes: list[str]


class SessionRow(BaseModel):
    """began, seen: UTC. browser: as it says of itself."""

    session: str
    account: str
    began: str
    seen: str
    browser: str
    address: str
    this: bool


class TokenRow(BaseModel):
    token: str
    account: str
    name: str
    scopes: list[str]
    until: str
    made_at: str
    revoked: bool


class Changing(BaseModel):
    model_config = ConfigDict(extra="forbid")
    old: str = Field(max_length=256)
    new: str = Field(max_length=256)


class Confirming(BaseModel):
    model_config = ConfigDict(extra="forbid")
    password: str = Field(max_length=256)
    code: str = Field(min_length=6, max_length=6, pattern="^[0-9]{6}$")


class Proving(BaseModel):
    model_config = ConfigDict(extra="forbid")
    password: str = Field(max_length=256)


class Offered(BaseModel):
    """uri: what the QR code says."""

    secret: str
    uri: str


class Confirmed(BaseModel):
    """recovery: told once; each opens once, in place of a one-time code."""

    recovery: list[str]


class MakingToken(BaseModel):
    model_config = ConfigDict(extra="forbid")
    password: str = Field(max_length=256)
    name: str = Field(max_length=100)
    scopes: list[str] = Field(min_length=1, max_length=50)
    until: date


class MadeToken(BaseModel):
    """text: the token itself, told once."""

    token: str
    text: str
    until: str


@routes.get("/account")
def state(asked: Asking) -> AccountState:
    """The account that asks: what it is, and what it signs in with."""
    from kemiao.bank.commands.users import scopes_of, state_of
    from kemiao.bank.sign_in_rules import sign_in_rules

    with asked.world() as world:
        rules = sign_in_rules(world)
        return AccountState(
            **done(state_of(world, asked.account)), password_length_min=rules.length_min, token_days_max=rules.token_days_max,
            scopes=sorted(scopes_of(world)),
        )  # fmt: skip


@routes.post("/account/password", status_code=204, openapi_extra=SECRET)
def change_password(asked: Asking, body: Changing) -> Response:
    """All other sessions of the account end."""
    from kemiao.bank.commands.users import change_password as run

    counted(asked, lambda world: run(world, asked.account, body.old, body.new))
    _go_on(asked)
    asked.portal.sessions.forget_browsers(asked.account)
    return Response(status_code=204)


@routes.post("/account/totp", openapi_extra=SECRET)
def offer_totp(asked: Asking) -> Offered:
    """A secret for an authenticator; it counts once it is confirmed."""
    from kemiao.bank.commands.users import offer_totp as run

    with asked.world() as world:
        return Offered(**done(run(world, asked.account)))


@routes.put("/account/totp", openapi_extra=SECRET)
def confirm_totp(asked: Asking, body: Confirming) -> Confirmed:
    """All other sessions of the account end. The recovery codes are told once."""
    from kemiao.bank.commands.users import confirm_totp as run

    now = asked.portal.now_ms()
    made = counted(asked, lambda world: run(world, asked.account, body.password, body.code, now))
    asked.portal.sessions.code_once(asked.account, made["step"])
    _go_on(asked)
    return Confirmed(recovery=made["recovery"])


@routes.post("/account/totp/removal", status_code=204, openapi_extra=SECRET)
def remove_totp(asked: Asking, body: Proving) -> Response:
    """No more one-time codes, where the role does not need them. Refuses PASSWORD_WRONG, NO_TOTP."""
    from kemiao.bank.commands.users import remove_totp as run

    counted(asked, lambda world: run(world, asked.account, body.password))
    _go_on(asked)
    return Response(status_code=204)


@routes.get("/account/sessions")
def sessions(asked: Asking) -> list[SessionRow]:
    """Mine, the newest first."""
    return [session_row(asked, each) for each in asked.portal.sessions.of_account(asked.account)]


@routes.delete("/account/sessions", status_code=204)
def end_others(asked: Asking) -> Response:
    """All but this one."""
    asked.portal.sessions.end_all(asked.account, but=asked.someone.session)
    return Response(status_code=204)


@routes.delete("/account/sessions/{session}", status_code=204)
def end_one(asked: Asking, session: str) -> Response:
    """Ends one of the account's own sessions, this one too."""
    if all(session_name(each) != session for each in asked.portal.sessions.of_account(asked.account)):
        raise Refused(NO_SUCH_PAGE)
    end_named(asked, asked.account, session)
    return Response(status_code=204)


@routes.get("/account/tokens")
def tokens(asked: Asking) -> list[TokenRow]:
    """Tokens of the account, without their secrets."""
    from kemiao.bank.credentials import tokens as run

    with asked.world() as world:
        return [token_row(each) for each in run(world, asked.account)]


@routes.post("/account/tokens", openapi_extra=SECRET)
def make_token(asked: Asking, body: MakingToken) -> MadeToken:
    """For a machine: it may what its scopes say, as far as its account may. Told once."""
    from kemiao.bank.commands.users import make_token as run
    from kemiao.bank.commands.users import wrong_password
    from kemiao.bank.credentials import fits

    def made(world: Any) -> dict[str, Any] | Refusal:
        if fits(world, asked.account, body.password) is None:
            return wrong_password()
        return run(world, asked.account, body.name, tuple(body.scopes), body.until)

    answer = counted(asked, made)
    return MadeToken(token=answer["token"], text=answer["text"], until=answer["until"])


@routes.delete("/account/tokens/{token}", status_code=204)
def revoke_token(asked: Asking, token: str) -> Response:
    """Revokes one of the account's own tokens: it opens nothing from then on."""
    from kemiao.bank.commands.users import revoke_token as run

    with asked.world() as world:
        done(run(world, asked.account, token, own_only=True))
    return Response(status_code=204)


def session_name(session: Session) -> str:
    """How a session is called: nothing that opens it."""
    return session.digest[:16]


def end_named(asked: Asking, account: str, name: str) -> None:
    for each in asked.portal.sessions.of_account(account):
        if session_name(each) == name:
            asked.portal.sessions.end(each.digest)


def session_row(asked: Asking, each: Session) -> SessionRow:
    return SessionRow(
        session=session_name(each), account=each.account, began=_utc(each.began), seen=_utc(each.seen), browser=each.browser, address=each.address,
        this=each.digest == asked.someone.session,
    )  # fmt: skip


def token_row(token: Any) -> TokenRow:
    return TokenRow(token=token.number, account=token.account, name=token.name, scopes=list(token.scopes), until=token.until.isoformat(), made_at=token.made_at, revoked=token.revoked)  # fmt: skip


def _go_on(asked: Asking) -> None:
    """This session goes on under what was changed; all others have ended by it."""
    from kemiao.bank.credentials import standing

    with asked.world() as world:
        found = done(standing(world, asked.account))
    asked.portal.sessions.renew(asked.someone.session, found.version)
    asked.portal.sessions.end_all(asked.account, but=asked.someone.session)


def _utc(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms // 1000, UTC).isoformat()
