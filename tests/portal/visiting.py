"""Every page of an account: those of its menu, and one of each kind that they lead to."""

from __future__ import annotations

import re
from collections.abc import Iterator

from playwright.sync_api import Page

_ROUNDS = 2  # from the menu, and from there
_NAMED = re.compile(r"[0-9:%]")  # a part of an address that names a thing and not a page


def addresses(page: Page, rest_ms: int = 300) -> Iterator[str]:
    """Paths, each shown when it is given. The page is signed in."""
    seen: set[str] = set()
    rounds = [_links(page)]
    for depth in range(_ROUNDS + 1):
        found: list[str] = []
        for path in rounds[depth]:
            if kind_of(path) in seen:
                continue
            seen.add(kind_of(path))
            show(page, path, rest_ms)
            found += _links(page)
            yield path
        rounds.append(found)


def show(page: Page, path: str, rest_ms: int = 300) -> None:
    """As a link of the page does: without a load."""
    page.evaluate("path => { history.pushState(null, '', path) }", path)
    settled(page, rest_ms)


def settled(page: Page, rest_ms: int = 300) -> None:
    """Shown, with nothing on its way that is no stream of changes. A chart is drawn in the frame after its module came."""
    page.locator("main h1").first.wait_for(timeout=60_000)
    page.wait_for_function(
        "() => !document.querySelector('.waiting, .ant-skeleton-active, .ant-spin-spinning')", timeout=60_000
    )
    page.wait_for_timeout(rest_ms)


def kind_of(path: str) -> str:
    """The address with a star for what it names."""
    parts = path.partition("?")[0].split("/")
    return "/".join("*" if _NAMED.search(part) else part for part in parts)


def _links(page: Page) -> list[str]:
    hrefs: list[str] = page.eval_on_selector_all(
        "a[href^='/']", "links => links.map(link => link.getAttribute('href'))"
    )
    return [href for href in hrefs if not href.startswith(("/api", "/assets"))]
