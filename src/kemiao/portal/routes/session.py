"""Signing in and out, and who one is."""

from __future__ import annotations

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from kemiao.base.refusal import Refusal
from kemiao.portal import sign_in
from kemiao.portal.door import COOKIE, PLAIN_COOKIE, Asking, done, router
from kemiao.portal.problems import status_of

routes = router("session")
BROWSER_COOKIE, PLAIN_BROWSER_COOKIE = "__Host-kemiao-browser", "kemiao-browser"
_BROWSER_KEPT_S = 365 * 86_400


class Me(BaseModel):
    """csrf: sent back in X-CSRF-Token with every write of a browser. unready: what has to be done first: a password of one's own
    (PASSWORD_TO_CHANGE), or one-time codes (TOTP_TO_SET); until then nothing else is open."""

    account: str
    kind: str
    person: str
    roles: list[str]
    unit: str | None
    company: str | None
    funder: str | None
    csrf: str
    day: str
    unready: str | None = None


class Entering(BaseModel):
    """code: a one-time code, or a recovery code, where the account has them."""

    model_config = ConfigDict(extra="forbid")
    account: str = Field(max_length=64)
    password: str = Field(max_length=256)
    code: str | None = Field(default=None, max_length=64)


@routes.post("/session", status_code=204)
def enter(asked: Asking, request: Request, body: Entering) -> Response:
    """Signs in: the session is in a cookie that no script can read. Every try, also of one who fails, stands in the access log."""
    tls = asked.portal.tls
    browser = BROWSER_COOKIE if tls else PLAIN_BROWSER_COOKIE
    address = request.client.host if request.client else ""
    answer = asked.portal.sign_in.enter(
        sign_in.Entering(body.account, body.password, body.code, address, request.headers.get("user-agent", ""), request.cookies.get(browser))
    )  # fmt: skip
    _record(asked, body.account.strip(), answer)
    entered = done(answer)
    response = Response(status_code=204)
    response.set_cookie(COOKIE if tls else PLAIN_COOKIE, entered.token, httponly=True, secure=tls, samesite="strict", path="/")  # fmt: skip
    if entered.known is not None:
        response.set_cookie(browser, entered.known, max_age=_BROWSER_KEPT_S, httponly=True, secure=tls, samesite="strict", path="/")  # fmt: skip
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
    """Who is signed in, as what, and the token that its writes carry."""
    who = asked.someone
    with asked.world() as world:
        day = world.clock.today().isoformat()
    return Me(account=who.account, kind=who.kind, person=who.person, roles=sorted(who.roles), unit=who.unit, company=who.company, funder=who.funder, csrf=who.csrf, day=day, unready=who.unready.code if who.unready else None)  # fmt: skip


def _record(asked: Asking, name: str, answer: sign_in.Entered | Refusal) -> None:
    """What was typed as a name is kept only where there is such an account: it may have been a password."""
    from kemiao.bank.portal_accounts import portal_account

    with asked.world() as world:
        account = portal_account(world, name)
    known = None if isinstance(account, Refusal) else account
    status = status_of(answer) if isinstance(answer, Refusal) else 204
    said = {"route": "POST /session", "why": "sign_in", "status": status, "request": asked.request}
    asked.portal.access_log.record_now(known.account if known else None, known.company if known else None, said)
