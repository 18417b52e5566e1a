"""The published API: openapi.json beside this file, as the code makes it. `python -m kemiao.portal.published` writes it anew."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel

from kemiao.portal.problems import MEDIA_TYPE
from kemiao.portal.routes import all_routes

PUBLISHED = Path(__file__).with_name("openapi.json")


class Unfit(BaseModel):
    """at: the place in what was sent."""

    at: str
    kind: str
    en: str


class Problem(BaseModel):
    """RFC 9457. code: of the refusal; the same for ever. where: what it is about. request: the number by which the log knows it."""

    type: str
    title: str
    status: int
    code: str
    zh: str
    en: str
    where: dict[str, str]
    request: str
    fields: list[Unfit] | None = None


def published() -> str:
    """OpenAPI 3.1, as text: the same for the same code."""
    from kemiao.portal.application import TITLE, VERSION

    app = FastAPI(title=TITLE, version=VERSION)
    for routes in all_routes():
        app.include_router(routes)
    return json.dumps(_with_problems(app.openapi()), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def _with_problems(api: dict[str, Any]) -> dict[str, Any]:
    """Every route may answer a problem, whoever refuses: the door or the command. In place of what FastAPI says of unfit input."""
    schemas = api["components"]["schemas"]
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    own = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas |= own.pop("$defs") | {"Problem": own}
    shown = {"content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
    api["components"]["responses"] = {
        "Refused": {"description": "Refused: nothing was done", **shown},
        "Away": {"description": "Not to be had just now: ask again with the same Idempotency-Key", **shown},
    }
    for methods in api["paths"].values():
        for operation in methods.values():
            operation["responses"].pop("422", None)
            operation["responses"] |= {
                "4XX": {"$ref": "#/components/responses/Refused"},
                "503": {"$ref": "#/components/responses/Away"},
            }
    return api


def routes() -> frozenset[str]:
    """`METHOD /path` of every route, as access.toml names them."""
    prefix = "/api/v1"
    paths = json.loads(published())["paths"]
    return frozenset(
        f"{method.upper()} {path.removeprefix(prefix)}" for path, methods in paths.items() for method in methods
    )


if __name__ == "__main__":
    PUBLISHED.write_text(published(), "utf-8")
    sys.stdout.write(f"{PUBLISHED.name}\n")
