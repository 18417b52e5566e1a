"""Every page of every account, in a real browser: nothing serious found by axe, no word outside the dictionaries, no complaint, one heading,
nothing that bursts a phone's width. Light on a desk and in the pseudo-language; then, once a kind of page, in the dark on a phone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from kemiao.portal.pages import BUILT
from portal.browsing import Server, browsing, give_passwords, serving, sign_in, watched
from portal.served import little_home
from portal.visiting import addresses, kind_of, settled, show

pytestmark = pytest.mark.slow
AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
ACCOUNTS = ("mine", "li", "zhao", "sun", "qian", "chen", "fund", "audit")

_FOUND = """only => axe.run(document, {resultTypes: ['violations'], ...(only ? {runOnly: only} : {})}).then(found => found.violations
  .filter(each => ['serious', 'critical'].includes(each.impact))
  .map(each => each.id + ': ' + each.nodes.slice(0, 3).map(node => node.html.slice(0, 160)).join(' | ')))"""
# What only a dictionary can have said: headings, labels, buttons, menus, heads of tables, names for who does not see. Ant Design names its
# icons itself (caret-up), and a field of a date.
_UNSAID = r"""() => {
  const letters = /[A-Za-z\u4e00-\u9fff]/, said = text => !letters.test(text) || text.includes('⟦');
  const static_ = 'h1, h2, h3, label, button, th, nav a, legend, .ant-card-head-title, .ant-empty-description, .ant-tabs-tab, .ant-descriptions-item-label, .ant-collapse-header';
  const shown = [...document.querySelectorAll(static_)].filter(each => each.offsetParent !== null && !each.closest('[data-own]'));
  const named = [...document.querySelectorAll('[aria-label], [placeholder]')].filter(each => !each.closest('[data-own], .anticon, .ant-picker, .ant-input-number'));
  return [...shown.map(each => each.innerText.trim()), ...named.map(each => each.getAttribute('aria-label') ?? each.getAttribute('placeholder'))]
    .filter(text => text && !said(text));
}"""
_STANDS = """() => [...document.querySelectorAll('main :is(h2, h3, button, label, th, [role=tab])')].map(each => each.innerText).join('|')"""
_SHAPE = """() => [document.querySelectorAll('h1').length,
  document.documentElement.scrollWidth - document.documentElement.clientWidth]"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    home = little_home(tmp_path_factory.mktemp("accessible") / "home")
    give_passwords(home, *ACCOUNTS)
    with serving(home) as found:
        yield found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browsing() as found:
        yield found


def begin(page: Page, lang: str, dark: bool) -> None:
    page.evaluate(f"localStorage.lang = '{lang}'; localStorage.dark = '{int(dark)}'")
    page.reload()
    settled(page, rest_ms=50)


@pytest.fixture(scope="module")
def known() -> set[str]:
    """Kinds of pages, and what stands on them: what axe has seen of another account it need not see again."""
    return set()


@pytest.mark.skipif(not BUILT.is_dir() or not AXE.is_file(), reason="the pages are not built: make setup")
@pytest.mark.parametrize("account", ACCOUNTS)
def test_pages_can_be_used_by_everybody(server: Server, browser: Browser, known: set[str], account: str) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    context.add_init_script(path=AXE)
    page, faults = context.new_page(), []
    said = watched(page)
    sign_in(page, server.address, account)
    begin(page, "pseudo", dark=False)
    paths = []
    for path in addresses(page, rest_ms=50):
        paths.append(path)
        stands = kind_of(path) + page.evaluate(_STANDS)
        if stands not in known:
            known.add(stands)
            faults += [(path, "axe", each) for each in page.evaluate(_FOUND, None)]
        faults += [(path, "no dictionary", each) for each in page.evaluate(_UNSAID)]
        if page.evaluate(_SHAPE)[0] != 1:
            faults.append((path, "h1", str(page.evaluate(_SHAPE)[0])))
    page.set_viewport_size({"width": 360, "height": 780})
    begin(page, "en", dark=True)
    for path in paths:
        if kind_of(path) in known:
            continue
        known.add(kind_of(path))
        show(page, path, rest_ms=50)
        faults += [
            (path, "axe, dark", each)
            for each in page.evaluate(_FOUND, ["color-contrast", "scrollable-region-focusable"])
        ]
        if page.evaluate(_SHAPE)[1] > 0:
            faults.append((path, "wide", str(page.evaluate(_SHAPE)[1])))
    context.close()
    assert len(paths) > 3
    assert (faults, [each for each in said if "Failed to load resource" not in each]) == ([], [])


@pytest.mark.skipif(not BUILT.is_dir(), reason="the pages are not built: make setup")
def test_the_keyboard_reaches_content_and_menu_and_sees_where_it_is(server: Server, browser: Browser) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    sign_in(page, server.address, "mine")
    page.goto(server.address + "/account")
    settled(page)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    menu = page.get_by_role("button", name="菜单")
    menu.focus()
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
    page.keyboard.press("Enter")
    page.get_by_role("navigation").get_by_role("link", name="我的企业").wait_for()
    page.keyboard.press("Escape")
    page.get_by_role("navigation").wait_for(state="hidden")
    context.close()
