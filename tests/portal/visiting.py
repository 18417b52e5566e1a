"""Every page of an account: those of its menu, and one of each kind that they lead to."""

from __future__ import annotations

import re
from collections.abc import Iterator

from playwright.sync_api import Page

_ROUNDS = 2  # from the menu, and from there
_NAMED = re.compile(r"[0-9:%]")  # a part of an address that names a thing and not a page


def addresses(page: Page, address: str) -> Iterator[str]:
    """Paths, each visited when it is given. The page is signed in."""
    seen: dict[str, str] = {}
    rounds = [_links(page)]
    for depth in range(_ROUNDS + 1):
        found: list[str] = []
        for path in rounds[depth]:
            if _kind(path) in seen:
                continue
            seen[_kind(path)] = path
            page.goto(address + path)
            settled(page)
            found += _links(page)
            yield path
        rounds.append(found)


def settled(page: Page) -> None:
    """Shown, with nothing on its way that is no stream of changes."""
    page.locator("main h1").first.wait_for(timeout=60_000)
    page.wait_for_function("() => !document.querySelector('.waiting, .ant-skeleton-active, .ant-spin-spinning')", timeout=60_000)
    page.wait_for_timeout(300)  # a chart is drawn in the frame after its module came


def _links(page: Page) -> list[str]:
    hrefs: list[str] = page.eval_on_selector_all(
        "a[href^='/']", "links => links.map(link => link.getAttribute('href'))"
    )
    return [href for href in hrefs if not href.startswith(("/api", "/assets"))]


def _kind(path: str) -> str:
    parts = path.partition("?")[0].split("/")
    return "/".join("*" if _NAMED.search(part) else part for part in parts)
