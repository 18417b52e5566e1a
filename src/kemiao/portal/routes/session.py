"""Signing in and out, and who one is."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from kemiao.portal.door import COOKIE, PLAIN_COOKIE, Asking, done, router

routes = router("session")


class Me(BaseModel):
    """csrf: sent back in X-CSRF-Token with every write of a browser."""

    account: str
    kind: str
    person: str
    roles: list[str]
    unit: str | None
    company: str | None
    funder: str | None
    csrf: str
    day: str


class Entering(BaseModel):
    model_config = ConfigDict(extra="forbid")
    account: str = Field(max_length=64)
    password: str = Field(max_length=256)


@routes.post("/session", status_code=204)
def enter(asked: Asking, body: Entering) -> Response:
    """Signs in: the session is in a cookie that no script can read."""
    token, _ = done(asked.portal.sign_in.enter(body.account, body.password))
    response = Response(status_code=204)
    name = COOKIE if asked.portal.tls else PLAIN_COOKIE
    response.set_cookie(name, token, httponly=True, secure=asked.portal.tls, samesite="strict", path="/")
    return response


@routes.delete("/session", status_code=204)
def leave(asked: Asking) -> Response:
    """Signs out: the token opens nothing any more."""
    asked.portal.sessions.end(asked.someone.session)
    response = Response(status_code=204)
    response.delete_cookie(COOKIE if asked.portal.tls else PLAIN_COOKIE, path="/")
    return response


@routes.get("/session")
def me(asked: Asking) -> Me:
    who = asked.someone
    with asked.world() as world:
        day = world.clock.today().isoformat()
    return Me(account=who.account, kind=who.kind, person=who.person, roles=sorted(who.roles), unit=who.unit, company=who.company, funder=who.funder, csrf=who.csrf, day=day)  # fmt: skip
