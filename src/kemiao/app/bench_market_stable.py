"""The stable matching at size, lists included, and the same checked by the stranger's verifier from the posted files."""

from __future__ import annotations

import csv
import io
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

# Form, covers, requests of the stated size. "divisible": split with nothing at the least, where the matching is exact.
MARKETS = (
    ("divisible", 0, 100_000), ("split", 0, 100_000), ("whole", 0, 100_000), ("whole", 0, 10_000), ("whole", 3, 2_000), ("split", 3, 2_000),
)  # fmt: skip


def bench_market_stable(folder: Path, divided_by: int = 1) -> Iterator[dict[str, Any]]:
    """A line a market: what, reach, measured_seconds (processor time of one thread), its parts, what blocks. Then the verifier's line:
    wall time of another program that rebuilds the options from the files, and what it says."""
    _once(200, 5, "split", 1)  # compiles
    for form, covers, requests in MARKETS:
        yield _once(max(requests // divided_by, 100), 50 if requests > 2_000 else 20, form, covers)
    yield _verified(100_000 // divided_by, folder)


def _market(requests: int, mandates: int, form: str, covers: int) -> Any:
    import numpy as np

    from kemiao.twin.population.market import drawn

    market = drawn(requests, mandates, covers, 1, {"split" if form == "divisible" else form: 1.0})
    if form != "divisible":
        return market
    return replace(market, requests=replace(market.requests, least_fen=np.zeros_like(market.requests.least_fen)))


def _once(requests: int, mandates: int, form: str, covers: int) -> dict[str, Any]:
    from kemiao.app.bench_market_rules import packaged_rules
    from kemiao.base.refusal import Refusal, Refused
    from kemiao.credit.matching.book import broken
    from kemiao.credit.matching.options import book
    from kemiao.credit.matching.stable import stable

    rules, market = packaged_rules(), _market(requests, mandates, form, covers)
    started = time.process_time()
    made = book(market, rules, None)
    if isinstance(made, Refusal):
        raise Refused(made)
    listed = time.process_time()
    found = stable(made, rules)
    done = time.process_time()
    return {
        "what": f"stable, {requests} requests x {mandates} mandates x {covers} covers, {form}", "reach": "under 10 s, lists included",
        "measured_seconds": round(done - started, 2), "lists_seconds": round(listed - started, 2), "stable_seconds": round(done - listed, 2),
        "options": len(made.request), "blocking": found.blocking_count, "exact": found.exact, "broken": len(broken(made, found.amount_fen)),
        "lent_ppm_of_budget": int(found.amount_fen.sum()) * 1_000_000 // max(1, int(made.budget_fen.sum())), "steps": found.steps,
    }  # fmt: skip


def _verified(requests: int, folder: Path) -> dict[str, Any]:
    from kemiao.bank.commands.market_clear_files import Files, clear_files
    from kemiao.base.canonical import canonical_bytes
    from kemiao.base.refusal import Refusal, Refused
    from kemiao.credit.matching.posted import mandate_table, request_table

    market = _market(requests, 50, "divisible", 0)
    folder.mkdir(parents=True, exist_ok=True)
    for name, (header, rows) in (
        ("requests", request_table(market.requests, market.grades)), ("mandates", mandate_table(market.mandates, market.grades)),
    ):  # fmt: skip
        text = io.StringIO()
        csv.writer(text).writerows([header, *rows])
        (folder / f"{name}.csv").write_text(text.getvalue(), "utf-8")
    paths = (folder / "requests.csv", folder / "mandates.csv")
    started = time.perf_counter()
    cleared = clear_files(None, Files(*paths, None, market.day))
    if isinstance(cleared, Refusal):
        raise Refused(cleared)
    (folder / "result.json").write_bytes(canonical_bytes(cleared.document))
    done = time.perf_counter()
    program = str(Path(sys.executable).with_name("kemiao-verify"))
    words = [program, "market", str(folder / "result.json"), "--requests", str(paths[0]), "--mandates", str(paths[1])]
    told = subprocess.run(words, capture_output=True, text=True, check=False)  # noqa: S603 - our own program
    return {
        "what": f"stable checked by kemiao-verify, {requests} requests x 50 mandates, divisible", "reach": "no pair blocks, by code that shares nothing",
        "clear_seconds": round(done - started, 1), "verify_seconds": round(time.perf_counter() - done, 1), "exit": told.returncode,
        "says": (told.stdout or told.stderr).splitlines()[:1], "blocking": cleared.cleared.stable.blocking_count, "best_gap_ppm": cleared.cleared.best.gap_ppm,
    }  # fmt: skip
