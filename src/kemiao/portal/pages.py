"""The front end: files that were built from web/, each compressed beforehand, and one page that is the same for every address.

A style that a component adds while the page runs carries the nonce of its page; everything else comes from files.
"""

from __future__ import annotations

import mimetypes
from base64 import urlsafe_b64encode
from pathlib import Path

from fastapi import APIRouter, Request
from starlette.responses import FileResponse, Response

from kemiao.base.refusal import Refusal
from kemiao.portal.door import language
from kemiao.portal.headers import CSP
from kemiao.portal.problems import NO_SUCH_PAGE, problem

BUILT = Path(__file__).with_name("static")
_NONCE = "KEMIAO-NONCE"  # stands in index.html where the nonce belongs
_YEAR = "public, max-age=31536000, immutable"
_ENCODINGS = (("br", ".br"), ("gzip", ".gz"))
routes = APIRouter(include_in_schema=False)


@routes.get("/assets/{name}")
async def asset(request: Request, name: str) -> Response:
    """A file whose name has its digest: kept for a year."""
    folder: Path = request.app.state.portal.pages / "assets"
    file = folder / name
    if "/" in name or "\\" in name or name.startswith(".") or file.parent != folder or not file.is_file():
        return problem(NO_SUCH_PAGE, language(request), "")
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    accepted = request.headers.get("accept-encoding", "")
    for encoding, ending in _ENCODINGS:
        compressed = folder / f"{name}{ending}"
        if encoding in accepted and compressed.is_file():
            return FileResponse(compressed, media_type=kind, headers={"Content-Encoding": encoding, "Vary": "Accept-Encoding", "Cache-Control": _YEAR})  # fmt: skip
    return FileResponse(file, media_type=kind, headers={"Vary": "Accept-Encoding", "Cache-Control": _YEAR})


@routes.get("/{path:path}")
async def page(request: Request, path: str) -> Response:
    """One page, whatever the address: it shows what the address says. Addresses of the API are no pages."""
    if path.startswith("api/"):
        return problem(NO_SUCH_PAGE, language(request), "")
    portal = request.app.state.portal
    index: Path = portal.pages / "index.html"
    if not index.is_file():
        return problem(Refusal("NO_PAGES", "网页尚未构建:make setup", "the pages are not built: make setup"), language(request), "", 503)  # fmt: skip
    nonce = urlsafe_b64encode(portal.random_bytes(16)).decode().rstrip("=")
    styles = f"style-src 'self' 'nonce-{nonce}'"
    return Response(
        index.read_text("utf-8").replace(_NONCE, nonce), media_type="text/html",
        headers={"Content-Security-Policy": CSP.replace("style-src 'self'", styles), "Cache-Control": "no-store"},
    )  # fmt: skip
