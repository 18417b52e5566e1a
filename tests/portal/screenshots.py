"""Pictures of every page, in both languages, light and dark, for a desk and for a phone: `make screenshots`.

python tests/portal/screenshots.py DEMO OUT [ACCOUNT…]: DEMO is a folder of `kemiao demo --out`, with the accounts that it printed.
"""

from __future__ import annotations

import os
import re
import sys
from itertools import product
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from portal.browsing import browsing, serving, sign_in
from portal.visiting import addresses, show

SIZES = {"desk": (1280, 900), "phone": (390, 844)}


def main(demo: Path, out: Path, accounts: list[str]) -> None:
    known = dict(line.split() for line in (demo / "accounts.txt").read_text("utf-8").splitlines() if line.strip())
    os.environ.setdefault("KEMIAO_PASSPHRASE_FILE", str(demo / "passphrase"))
    with serving(demo / "home") as server, browsing() as browser:
        for account in accounts or known:
            folder = out / account
            folder.mkdir(parents=True, exist_ok=True)
            context = browser.new_context(viewport={"width": 1280, "height": 900})
            page = context.new_page()
            sign_in(page, server.address, account, known[account])
            paths = list(addresses(page))
            for lang, dark, (size, (width, height)) in product(("zh", "en"), (False, True), SIZES.items()):
                page.set_viewport_size({"width": width, "height": height})
                page.evaluate(f"localStorage.lang = '{lang}'; localStorage.dark = '{int(dark)}'")
                page.reload()
                for path in paths:
                    show(page, path)
                    name = re.sub(r"[^a-z0-9]+", "-", path.lower()).strip("-")[:60] or "first"
                    page.screenshot(
                        path=folder / f"{name}.{lang}.{'dark' if dark else 'light'}.{size}.png", full_page=True
                    )
            context.close()
            sys.stdout.write(f"{account}: {len(paths)} pages\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:])
