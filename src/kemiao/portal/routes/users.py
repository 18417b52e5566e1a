"""Accounts of the portal, as an administrator sees them: who they are and what they sign in with. No company's data."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from kemiao.base.refusal import Refused
from kemiao.portal.door import SECRET, Asking, Cursor, Limit, Page, done, paged, router
from kemiao.portal.problems import NO_SUCH_PAGE
from kemiao.portal.routes.account import SessionRow, TokenRow, end_named, session_name, session_row, token_row

routes = router("users")
AccountName = Annotated[str, Path(max_length=64)]


class UserRow(BaseModel):
    """password: none, first (set by an administrator, opens once), lapsed, set. tokens: how many stand."""

    account: str
    kind: str
    person: str | None
    roles: list[str]
    unit: str | None
    company: str | None
    funder: str | None
    closed: bool
    password: str
    password_at: str | None
    totp: bool
    recovery_left: int | None
    tokens: int


class AddingUser(BaseModel):
    """company: of kind company. funder: of kind funder, the name that its mandates begin with."""

    model_config = ConfigDict(extra="forbid")
    account: str = Field(max_length=64)
    kind: Literal["company", "funder", "auditor"]
    person: str = Field(max_length=100)
    company: str | None = Field(default=None, max_length=80)
    funder: str | None = Field(default=None, max_length=80)


class Added(BaseModel):
    account: str
    by: str | None


class FirstPassword(BaseModel):
    """password: told once; it opens once, until that day, and is changed then."""

    account: str
    password: str
    until: str


@routes.get("/users")
def users(asked: Asking, cursor: Cursor = None, limit: Limit = 100) -> Page[UserRow]:
    """Staff and all others, by account."""
    from kemiao.bank.commands.users import users as run

    with asked.world() as world:
        some, after = paged(list(run(world)), lambda row: str(row["account"]), cursor, limit)
    return Page(items=[UserRow(**row) for row in some], next=after)


@routes.post("/users", status_code=201)
def add(asked: Asking, body: AddingUser) -> Added:
    """Four eyes as for staff: refused FOUR_EYES_NEEDED, and the same again once another administrator has approved."""
    from kemiao.bank.commands.users import AddUser, add_user

    request = AddUser(body.account, body.kind, body.person, body.company or None, body.funder or None)
    with asked.world() as world:
        answer = done(add_user(world, asked.account, request))
    return Added(account=answer["account"], by=answer["by"])


@routes.post("/users/{account}/close", status_code=204)
def close(asked: Asking, account: AccountName) -> Response:
    """A user's account, or one of staff."""
    from kemiao.bank.commands.staff import close as close_staff
    from kemiao.bank.commands.users import close_user
    from kemiao.bank.portal_accounts import USER_ADDED

    with asked.world() as world:
        run = close_user if world.log.last(USER_ADDED, ref=account) is not None else close_staff
        done(run(world, asked.account, account))
    asked.portal.sessions.end_all(account)
    return Response(status_code=204)


@routes.post("/users/{account}/password", openapi_extra=SECRET)
def reset_password(asked: Asking, account: AccountName) -> FirstPassword:
    """A new first password, told once; the account's sessions end."""
    from kemiao.bank.commands.users import set_password

    with asked.world() as world:
        answer = done(set_password(world, asked.account, account, None))
    return FirstPassword(account=account, password=answer["password"], until=answer["until"])


@routes.post("/users/{account}/totp/removal", status_code=204)
def reset_totp(asked: Asking, account: AccountName) -> Response:
    """Of somebody who lost the phone and the recovery codes; the account's sessions end."""
    from kemiao.bank.commands.users import reset_totp as run

    with asked.world() as world:
        done(run(world, asked.account, account))
    return Response(status_code=204)


@routes.get("/users/{account}/tokens")
def tokens(asked: Asking, account: AccountName) -> list[TokenRow]:
    """Tokens of an account, without their secrets."""
    from kemiao.bank.credentials import tokens as run

    with asked.world() as world:
        return [token_row(each) for each in run(world, account)]


@routes.delete("/users/{account}/tokens/{token}", status_code=204)
def revoke_token(asked: Asking, account: AccountName, token: str) -> Response:
    """Revokes a token of an account."""
    from kemiao.bank.commands.users import revoke_token as run
    from kemiao.bank.credentials import tokens as known

    with asked.world() as world:
        if all(each.number != token for each in known(world, account)):
            raise Refused(NO_SUCH_PAGE)
        done(run(world, asked.account, token))
    return Response(status_code=204)


@routes.get("/sessions")
def sessions(asked: Asking) -> list[SessionRow]:
    """Everybody's, the newest first."""
    return [session_row(asked, each) for each in asked.portal.sessions.of_account()]


@routes.delete("/sessions/{session}", status_code=204)
def end_session(asked: Asking, session: str) -> Response:
    """Ends anybody's session."""
    found = next((each for each in asked.portal.sessions.of_account() if session_name(each) == session), None)
    if found is None:
        raise Refused(NO_SUCH_PAGE)
    end_named(asked, found.account, session)
    return Response(status_code=204)
