"""The first view of a company's page in a real Chromium with an empty cache, DevTools' Fast 4G and a processor four times slower.

Playwright and a browser are for development: where they are not, this row is not measured and says so.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import time
from pathlib import Path
from typing import Any

_FAST_4G = {
    "offline": False, "downloadThroughput": 9_000_000 / 8 * 0.9, "uploadThroughput": 1_500_000 / 8 * 0.9, "latency": 60 * 2.75,
}  # fmt: skip
_FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync")  # fmt: skip
_TIMES, _MOST_MS = 3, 20_000


def first_view(root: Path, port: int, account: str) -> dict[str, Any]:
    """Medians: until the page's own heading stands and its first answers are shown, and the bytes that came until then."""
    what = {
        "what": "first view of the company's page, empty cache, Fast 4G, processor 4x slower",
        "reach": "usable < 2.5 s, < 300 kB",
    }
    browser = os.environ.get("KEMIAO_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if importlib.util.find_spec("playwright") is None or browser is None:
        return {**what, "not_measured": "no browser here"}
    from playwright.sync_api import Error

    try:
        return {**what, **_measured(root, port, account, browser)}
    except Error as error:  # a browser that does not start, a page that does not come in its time
        return {**what, "not_measured": error.message[:200]}


def _measured(root: Path, port: int, account: str, browser: str) -> dict[str, Any]:
    from playwright.sync_api import sync_playwright

    from kemiao.app.bench_portal import signed_in

    ((cookie, _),) = signed_in(root, account)
    name, _, value = cookie.removeprefix("cookie: ").strip().partition("=")
    seen: list[tuple[float, int]] = []
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser, args=list(_FLAGS))
        for _ in range(_TIMES):
            context = chromium.new_context(locale="zh-CN", viewport={"width": 390, "height": 844})
            context.add_cookies([{"name": name, "value": value, "url": f"http://127.0.0.1:{port}"}])
            page = context.new_page()
            tools = context.new_cdp_session(page)
            came = [0]
            tools.on(
                "Network.loadingFinished",
                lambda said, came=came: came.__setitem__(0, came[0] + int(said["encodedDataLength"])),
            )
            tools.send("Network.enable")
            tools.send("Network.setCacheDisabled", {"cacheDisabled": True})
            tools.send("Network.emulateNetworkConditions", _FAST_4G)
            tools.send("Emulation.setCPUThrottlingRate", {"rate": 4})
            start = time.perf_counter()
            page.goto(f"http://127.0.0.1:{port}/", wait_until="commit", timeout=_MOST_MS)
            page.get_by_role("main").get_by_role("heading", level=1).wait_for(timeout=_MOST_MS)
            seen.append((time.perf_counter() - start, came[0]))
            context.close()
        chromium.close()
    seen.sort()
    usable, came_bytes = seen[len(seen) // 2]
    return {"usable_s": round(usable, 2), "kB": round(came_bytes / 1000), "times": _TIMES}
