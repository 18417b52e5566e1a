"""What a route is given, and how it answers. Every route of the API goes through GuardedRoute: sign-in, rule, own or other, idempotency,
access log, problem details, ETag. A route itself only reads a view or runs a command.

    routes = router("companies")

    @routes.get("/companies/{company}/portrait")
    def portrait(asked: Asking, company: CompanyKey) -> Portrait: ...
        with asked.world() as world:
            return Portrait(**done(run(world, company)))
"""

from __future__ import annotations

import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from hashlib import blake2b, sha256
from pathlib import Path as FilePath
from typing import Annotated, Any, Generic, TypeVar
from urllib.parse import urlsplit

from anyio.to_thread import run_sync
from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response, StreamingResponse

from kemiao.bank.views import was_done
from kemiao.bank.world import World
from kemiao.base.digest import digest_bytes
from kemiao.base.keys import parse_company
from kemiao.base.refusal import Outage, Refusal, Refused
from kemiao.portal import owners
from kemiao.portal.access import NOBODY, Rule
from kemiao.portal.knowing import ACCOUNTS, Mark
from kemiao.portal.problems import FAULT, NO_SUCH_PAGE, NOT_ALLOWED, NOT_SIGNED_IN, problem
from kemiao.portal.sessions import Answered
from kemiao.portal.uploads import Upload, bounded, is_upload
from kemiao.portal.who import Who

API = "/api/v1"
LISTENING = f"{API}/events"
COOKIE = "__Host-kemiao"  # over TLS; without it (loopback) the browser takes no such name
PLAIN_COOKIE = "kemiao"
CSRF_HEADER, KEY_HEADER = "x-csrf-token", "idempotency-key"
BODY_BYTES = 256 * 1024
_READS = ("GET", "HEAD")
_KEY_MAX = 200
SECRET = {"x-secret": True}
"""openapi_extra of a route that is sent or answers a secret: no digest of the body and no answer is kept under its idempotency key."""
_STANDING, _STANDING_BYTES = "_standing", 4096
_RESUMABLE = "_resumable"
T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Asked:
    """who: None on routes that are open. only: the company whose things alone may be shown (a company's account); None where all may.
    cause: digest of the idempotency key, under which the event log keeps what this request did."""

    who: Who | None
    lang: str
    request: str
    portal: Any
    only: str | None = None
    only_funder: str | None = None
    cause: str | None = None

    @property
    def someone(self) -> Who:
        """Who asks, where it must be somebody. Raises Refused on a route that is open."""
        if self.who is None:
            raise Refused(NOT_SIGNED_IN)
        return self.who

    @property
    def account(self) -> str:
        return self.someone.account

    @contextmanager
    def world(self) -> Iterator[World]:
        with self.portal.worlds.world() as world:
            yield self.caused(world)

    def caused(self, world: World) -> World:
        """What is committed in it carries this request's mark."""
        return world if self.cause is None else replace(world, log=world.log.caused_by(self.cause))

    def word(self, zh: str, en: str) -> str:
        return zh if self.lang == "zh" else en


def _asked(request: Request) -> Asked:
    asked: Asked = request.state.asked
    return asked


def _company(company: Annotated[str, Path(max_length=80, description="uscc:… or 18 characters")]) -> str:
    return done(parse_company(company))


def _upload(request: Request) -> Upload:
    """Raises Refused NOT_THIS_KIND_OF_FILE where the body is no multipart/form-data."""
    upload: Upload | None = getattr(request.state, "upload", None)
    if upload is None:
        raise Refused(Refusal("NOT_THIS_KIND_OF_FILE", "请以 multipart/form-data 上传", "send multipart/form-data"))
    return upload


Asking = Annotated[Asked, Depends(_asked)]
Uploading = Annotated[Upload, Depends(_upload)]
CompanyKey = Annotated[str, Depends(_company)]
Cursor = Annotated[str | None, Query(max_length=400, description="from `next` of the page before")]
Limit = Annotated[int, Query(ge=1, le=200)]


class Page(BaseModel, Generic[T]):
    """next: the cursor of the page that follows; null on the last."""

    items: list[T]
    next: str | None = None


def paged(rows: Sequence[T], key: Callable[[T], str], cursor: str | None, limit: int) -> tuple[list[T], str | None]:
    """rows: in ascending order of key, which is unique. What is added while somebody pages is seen or not, and nothing is seen twice."""
    after = opened_cursor(cursor)
    rest = [row for row in rows if after is None or key(row) > after]
    return rest[:limit], closed_cursor(key(rest[limit - 1])) if len(rest) > limit else None


def closed_cursor(last: str) -> str:
    return urlsafe_b64encode(last.encode()).decode().rstrip("=")


def opened_cursor(cursor: str | None) -> str | None:
    if cursor is None:
        return None
    try:
        return urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except (ValueError, UnicodeDecodeError) as error:
        raise Refused(Refusal("BAD_REQUEST", "分页标记不对", "the cursor is none of ours")) from error


def done(answer: T | Refusal) -> T:
    """What a command answered; its refusal becomes a problem."""
    if isinstance(answer, Refusal):
        raise Refused(answer)
    return answer


def router(tag: str) -> APIRouter:
    return APIRouter(prefix=API, route_class=GuardedRoute, tags=[tag])


def standing(route: F) -> F:
    """Marks a reading whose answer follows from the event log, policy, path and query, day, language and whose things alone may be
    shown, and from nothing else: while these stand, its bytes are sent again without being made again."""
    setattr(route, _STANDING, "all")
    return route


def standing_of_company(route: F) -> F:
    """The same where of the event log only events about the path's company matter."""
    setattr(route, _STANDING, "company")
    return route


def resumable(route: F) -> F:
    """Marks a write of several transactions that may be done again after it was cut off between two of them: what it has done already
    it finds, and goes on. Others that have done anything are not done again."""
    setattr(route, _RESUMABLE, True)
    return route


Handler = Callable[[Request], Awaitable[Response]]


class GuardedRoute(APIRoute):
    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handler = super().get_route_handler()
        method = next(iter(sorted((self.methods or set()) - {"HEAD"})))
        name = f"{method} {self.path.removeprefix(API)}"
        secret = bool((self.openapi_extra or {}).get("x-secret"))
        stands, resumes = getattr(self.endpoint, _STANDING, None), hasattr(self.endpoint, _RESUMABLE)

        async def guarded(request: Request) -> Response:
            return await _guarded(name, handler, request, secret, stands, resumes)

        return guarded


async def _guarded(
    name: str, handler: Handler, request: Request, secret: bool, stands: str | None, resumes: bool
) -> Response:
    portal = request.app.state.portal
    asked = Asked(None, language(request), portal.new_id(), portal)
    rule: Rule | None = None
    request.state.asked, request.state.company = asked, None
    try:
        mark = await portal.knowing.mark()
        rule = await portal.rule(name)
        who = await _admitted(portal, rule, request, asked, mark)
        asked = request.state.asked
        if stands and request.method == "GET" and who is not None:
            about = request.state.company if stands == "company" else None
            response = await _standing(portal, mark, handler, request, asked, about)
        elif request.method in _READS:
            response = await handler(request)
        else:
            async with _body(portal, rule, request, asked) as body:
                if who is None:
                    response = await handler(request)
                else:
                    response = await _once(portal, name, handler, request, asked, "" if secret else body, resumes)
    except Refused as refused:
        response = problem(refused.refusal, asked.lang, asked.request, headers=_again(refused.refusal))
    except ClientDisconnect:
        response = problem(_CUT_OFF, asked.lang, asked.request)
    except Outage as outage:
        response = problem(outage.as_refusal(), asked.lang, asked.request, 503, headers={"Retry-After": "2"})
    except RequestValidationError as error:
        response = unfit(error, asked.lang, asked.request)
    except HTTPException as error:  # FastAPI's own: a body that is no JSON
        response = problem(_NOT_READ, asked.lang, asked.request, error.status_code)
    asked = request.state.asked
    if rule is not None and rule.why is not None:
        said = {"route": name, "why": rule.why, "status": response.status_code, "request": asked.request}
        try:
            await portal.record(asked.who.account if asked.who else None, request.state.company, said)
        except Outage as outage:  # no answer without its entry
            return problem(outage.as_refusal(), asked.lang, asked.request, 503, headers={"Retry-After": "2"})
    return _tagged(request, response, asked)


@asynccontextmanager
async def _body(portal: Any, rule: Rule | None, request: Request, asked: Asked) -> AsyncIterator[str]:
    """The digest of the body, once it is read: in memory where it is small, on the disk where it brings files and its rule lets it.
    Raises Refused BODY_TOO_LARGE before more is read than may be."""
    most = (rule.bytes if rule else None) or BODY_BYTES
    if rule is None or rule.bytes is None or not is_upload(request):
        body = bytearray()
        async for part in bounded(request, min(most, BODY_BYTES)):
            body += part
        request._body = bytes(body)  # where Starlette keeps a body that was read
        yield sha256(body).hexdigest()
        return

    def work() -> FilePath:
        with portal.worlds.world() as world:
            found: FilePath = world.home.work
        return found

    folder = await run_sync(work)
    async with portal.uploads.received(request, folder, asked.request, most, portal.now_ms()) as upload:
        upload.inflated_bytes = rule.inflated_bytes or most
        request.state.upload = upload
        yield upload.digest


_NOT_READ = Refusal("BAD_REQUEST", "请求无法理解", "the request can't be understood")
_CUT_OFF = Refusal("BAD_REQUEST", "请求在传送中断开", "the request was cut off")


def _again(refusal: Refusal) -> dict[str, str]:
    seconds = dict(refusal.where).get("seconds") if refusal.code == "TOO_MANY_REQUESTS" else None
    return {"Retry-After": seconds} if seconds else {}


def _from_elsewhere(request: Request) -> bool:
    """Whether a browser sends it from another site's page: browsers say so themselves, and no page can make them say otherwise."""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is not None and site not in ("same-origin", "none"):
        return True
    return origin is not None and urlsplit(origin).netloc.lower() != request.headers.get("host", "").lower()


async def _standing(
    portal: Any, mark: Mark, handler: Handler, request: Request, asked: Asked, about: str | None
) -> Response:
    key = (
        request.scope["path"],
        request.scope["query_string"],
        asked.lang,
        asked.only,
        asked.only_funder,
    )
    body = portal.knowing.kept(mark, key)
    if body is not None:
        return Response(body, media_type="application/json")
    response = await handler(request)
    if response.status_code == 200 and len(response.body) <= _STANDING_BYTES:
        portal.knowing.keep(mark, key, bytes(response.body), about)
    return response


async def _admitted(portal: Any, rule: Rule | None, request: Request, asked: Asked, mark: Mark) -> Who | None:
    """Who asks, and in the request's state what is known of it. Raises Refused NO_RULE, NOT_SIGNED_IN, CSRF, NOT_ALLOWED, NO_SUCH_PAGE."""
    if rule is None:
        raise Refused(NOBODY)
    if request.method not in _READS and "authorization" not in request.headers and _from_elsewhere(request):
        raise Refused(Refusal("CROSS_SITE", "请求来自其他网站,已拒绝", "the request comes from another site's page: refused"))  # fmt: skip
    if rule.open:
        return None
    who, by_cookie = await _who(portal, request, mark)
    if who is None:
        raise Refused(NOT_SIGNED_IN)
    asked = replace(asked, who=who)
    request.state.asked = asked
    if by_cookie and request.method not in _READS and not hmac.compare_digest(request.headers.get(CSRF_HEADER, ""), who.csrf):  # fmt: skip
        raise Refused(Refusal("CSRF", "请求缺少防伪标记:请刷新页面", "the request lacks its token: reload the page"))
    if not rule.admits(who):
        raise Refused(NOT_ALLOWED)
    if who.unready is not None and not rule.unready:
        raise Refused(who.unready)
    request.state.asked = await _owned(portal, rule, who, request, asked)
    return who


async def _owned(portal: Any, rule: Rule, who: Who, request: Request, asked: Asked) -> Asked:
    """With whose things alone may be shown; what is another's is as if it were not there. Raises Refused NO_SUCH_PAGE."""
    params = request.path_params
    company, funder = params.get("company"), None
    if company is not None:
        key = parse_company(str(company))
        company = None if isinstance(key, Refusal) else key
    named = [(of, table[name], str(params[name])) for of, table in (("company", owners.COMPANY), ("funder", owners.FUNDER)) for name in params if name in table and name != "company"]  # fmt: skip
    only_own = rule.only_own(who)
    request.state.company = company
    if named:

        def found() -> list[tuple[str, str | None]]:
            with portal.worlds.world() as world:
                return [(of, owner(world, own)) for of, owner, own in named]

        whose = await run_sync(found)
        companies = {each for of, each in whose if of == "company"} | ({company} if "company" in params else set())
        company = companies.pop() if len(companies) == 1 else None  # of two that an address names, neither
        funder = dict(whose).get("funder")
        request.state.company = company
    if only_own and who.kind == "company":
        if ("company" in params or any(of == "company" for of, *_ in named)) and company != who.company:
            raise Refused(NO_SUCH_PAGE)
        asked, request.state.company = replace(asked, only=who.company), who.company
    if only_own and who.kind == "funder":
        if any(of == "funder" for of, *_ in named) and funder != who.funder:
            raise Refused(NO_SUCH_PAGE)
        asked = replace(asked, only_funder=who.funder)
    return asked


async def _who(portal: Any, request: Request, mark: Mark) -> tuple[Who | None, bool]:
    """And whether a browser sent it by itself. Of a session it is looked up each time whether it stands; whose it is and what that account
    may, when the home has changed."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return await run_sync(portal.sign_in.by_token, token.strip()), False
    cookie = request.cookies.get(COOKIE if request.scope["scheme"] == "https" else PLAIN_COOKIE)
    if not cookie:
        return None, True
    noted = request.scope["path"] != LISTENING  # an open page that listens is nobody at work
    session = portal.sessions.known(cookie, noted=noted)  # the mark came of a look
    if session is None:
        return None, True
    key = ("who", session.digest, session.version)
    who = portal.knowing.kept(mark, key)
    if who is None:
        who = await run_sync(portal.sign_in.by_session, cookie, noted)
        if who is not None:
            portal.knowing.keep(mark, key, who, ACCOUNTS)
    return who, True


async def still(asked: Asked, request: Request, whole: bool) -> bool:
    """Whether who asked may go on: for answers that last. whole: the account is looked at too, else the session only. Raises Outage."""
    cookie = request.cookies.get(COOKIE if request.scope["scheme"] == "https" else PLAIN_COOKIE)
    if not whole and cookie and "authorization" not in request.headers:
        await asked.portal.knowing.end()  # for all who listen at once
        return asked.portal.sessions.known(cookie, noted=False) is not None
    who, _ = await _who(asked.portal, request, await asked.portal.knowing.mark())
    rule = await asked.portal.rule(f"GET {LISTENING.removeprefix(API)}")
    return who is not None and who == asked.who and rule is not None and rule.admits(who)


async def _once(
    portal: Any, name: str, handler: Handler, request: Request, asked: Asked, body: str, resumes: bool
) -> Response:
    """A write under an idempotency key: repeated, it answers what it answered, and does nothing; cut off, it is finished where it can be."""
    key, account = request.headers.get(KEY_HEADER, ""), asked.account
    if not 8 <= len(key) <= _KEY_MAX:
        raise Refused(Refusal("IDEMPOTENCY_KEY_MISSING", "写入须带 Idempotency-Key(8 至 200 个字符)", "a write carries an Idempotency-Key of 8 to 200 characters"))  # fmt: skip
    same = digest_bytes("request", f"{name}\0{request.url.path}\0{request.url.query}\0{body}".encode())
    cause = digest_bytes("cause", f"{account}\0{key}".encode())
    before = await run_sync(portal.sessions.claim, account, key, same)
    begun = False
    if before is not None:
        answered, begun = await _answered(portal, before, same, cause)
        if begun and not resumes:
            raise Refused(_DONE_BEFORE)
        if answered is not None:
            return answered
    request.state.asked = replace(asked, cause=cause)
    portal.in_hand.add(cause)
    try:
        response = await handler(request)
    except (Refused, RequestValidationError, HTTPException) as error:
        waits = (
            isinstance(error, Refused) and error.refusal.code == "FOUR_EYES_NEEDED"
        )  # what was done is the question to a second person
        if begun and not waits:  # it stands where nothing is left to be done
            raise Refused(_DONE_BEFORE) from error
        # Nothing was done: the key is free.
        await run_sync(portal.sessions.release, account, key)
        raise
    finally:
        portal.in_hand.discard(cause)
    if isinstance(response, StreamingResponse):
        await run_sync(portal.sessions.release, account, key)
        return response
    kept = json.dumps(
        {"content-type": response.headers.get("content-type", ""), **({"told": "once"} if not body else {})}
    )
    await run_sync(
        portal.sessions.answer, account, key, response.status_code, kept, bytes(response.body) if body else b""
    )
    return response


_DONE_BEFORE = Refusal("DONE_BEFORE", "该请求已经办成,答复在中断时丢失:请刷新查看", "the request was done, its answer was lost: reload to see it")  # fmt: skip


async def _answered(portal: Any, before: Answered, same: str, cause: str) -> tuple[Response | None, bool]:
    """What was answered under the key; or None where the request was cut off, and whether it had done anything before."""
    if before.request != same:
        raise Refused(Refusal("IDEMPOTENCY_KEY_REUSED", "同一个 Idempotency-Key 用于了不同的请求", "the Idempotency-Key stood for another request"))  # fmt: skip
    if before.status is not None:
        if "told" in json.loads(before.headers or "{}"):
            raise Refused(Refusal("DONE_BEFORE", "该请求已经办成,答复只显示一次", "the request was done, and its answer is told once"))  # fmt: skip
        headers = {**json.loads(before.headers or "{}"), "Idempotency-Replayed": "true"}
        return Response(before.body, before.status, headers), False
    if cause in portal.in_hand:
        raise Refused(
            Refusal("IN_HAND", "同一请求正在办理,请稍候再问", "the same request is being done: ask again shortly")
        )

    def known() -> bool:
        with portal.worlds.world() as world:
            return was_done(world, cause)

    return None, await run_sync(known)


def _tagged(request: Request, response: Response, asked: Asked) -> Response:
    response.raw_headers.append((b"x-request-id", asked.request.encode()))
    if request.method not in _READS or response.status_code != 200 or isinstance(response, StreamingResponse):
        return response
    tag = f'"{blake2b(response.body, digest_size=16).hexdigest()}"'
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers={"ETag": tag, "X-Request-Id": asked.request})
    response.raw_headers.append((b"etag", tag.encode()))
    return response


def unfit(error: RequestValidationError, lang: str, request: str) -> Response:
    """What was sent is told by place, not by value: that may be personal."""
    fields = [{"at": ".".join(str(part) for part in one["loc"]), "kind": one["type"], "en": one["msg"]} for one in error.errors()]  # fmt: skip
    places = ", ".join(field["at"] for field in fields[:5])
    return problem(Refusal.at("UNFIT_INPUT", "提交的内容不合要求", "what was sent does not fit", fields=places), lang, request, fields=fields)  # fmt: skip


def language(request: Request) -> str:
    """zh unless English is asked for before Chinese."""
    asked = request.headers.get("x-lang") or request.headers.get("accept-language", "")
    first = asked.split(",")[0].strip().lower()
    return "en" if first.startswith("en") else "zh"


def fault(request: str, lang: str) -> Response:
    return problem(FAULT, lang, request)
