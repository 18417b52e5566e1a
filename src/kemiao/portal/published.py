"""The published API: openapi.json beside this file, as the code makes it. `python -m kemiao.portal.published` writes it anew."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from fastapi import FastAPI

from kemiao.portal.routes import all_routes

PUBLISHED = Path(__file__).with_name("openapi.json")


def published() -> str:
    """OpenAPI 3.1, as text: the same for the same code."""
    from kemiao.portal.application import TITLE, VERSION

    app = FastAPI(title=TITLE, version=VERSION)
    for routes in all_routes():
        app.include_router(routes)
    return json.dumps(app.openapi(), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


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
