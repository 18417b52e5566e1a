"""Problem details (RFC 9457): how the API says no. The code is the refusal's own; the words are Chinese and English."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from starlette.responses import Response

from kemiao.base.refusal import Refusal

MEDIA_TYPE = "application/problem+json"
_STATUS = {
    "BAD_REQUEST": 400, "IDEMPOTENCY_KEY_MISSING": 400, "NOT_SIGNED_IN": 401, "SIGN_IN_FAILED": 401, "TOTP_NEEDED": 401, "PASSWORD_SPENT": 401,
    "NOT_ALLOWED": 403, "CSRF": 403, "CROSS_SITE": 403, "PASSWORD_TO_CHANGE": 403, "TOTP_TO_SET": 403, "PASSWORD_WRONG": 403,
    "BAD_UPLOAD": 400, "TOO_MANY_FILES": 413, "NO_SUCH_PAGE": 404, "METHOD_NOT_ALLOWED": 405, "PRECONDITION_FAILED": 412, "BODY_TOO_LARGE": 413,
    "NOT_THIS_KIND_OF_FILE": 415, "UNFIT_INPUT": 422, "IDEMPOTENCY_KEY_REUSED": 422, "TOO_MANY_REQUESTS": 429, "FAULT": 500,
}  # fmt: skip
_OTHERWISE = 409  # refused by a command


def status_of(refusal: Refusal) -> int:
    if refusal.code in _STATUS:
        return _STATUS[refusal.code]
    return 404 if refusal.code.startswith("NO_SUCH_") else _OTHERWISE


def problem(
    refusal: Refusal, lang: str, request: str, status: int | None = None, *, fields: Sequence[Mapping[str, Any]] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:  # fmt: skip
    """request: its id, by which people find it in the log. fields: what is unfit where, of input that did not pass."""
    status = status or status_of(refusal)
    body: dict[str, Any] = {
        "type": f"/problems/{refusal.code}", "title": refusal.zh if lang == "zh" else refusal.en, "status": status, "code": refusal.code,
        "zh": refusal.zh, "en": refusal.en, "where": dict(refusal.where), "request": request,
    }  # fmt: skip
    if fields:
        body["fields"] = list(fields)
    return Response(json.dumps(body, ensure_ascii=False), status, {**(headers or {})}, MEDIA_TYPE)


NOT_SIGNED_IN = Refusal("NOT_SIGNED_IN", "请先登录", "sign in first")
NOT_ALLOWED = Refusal("NOT_ALLOWED", "您的角色不能这样做", "your role may not do this")
NO_SUCH_PAGE = Refusal("NO_SUCH_PAGE", "没有这个地址,或不属于您", "there is nothing here, or it is not yours")
FAULT = Refusal("FAULT", "系统故障:已记录,没有半途写入;请稍后再试", "a fault: it is on record and nothing is half-written; try again later")  # fmt: skip
