"""The contracts of the ACTUS standard against its own cases."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from time import perf_counter
from typing import Any

from kemiao.base.refusal import Refused


def bench_actus(folder: Path) -> Iterable[dict[str, Any]]:
    """A row for each file of the standard in the folder: cases, and how many agree in every number of every event."""
    from kemiao.credit.contracts.actus.cases import cases_of
    from kemiao.credit.contracts.actus.check import TOLERANCE, check

    for file in sorted(folder.glob("actus-tests-*.json")):
        cases = cases_of(file.read_bytes())
        if not isinstance(cases, dict):
            raise Refused(cases)
        start = perf_counter()
        checked = list(check(cases))
        agree = sum(not case.mismatches and case.refusal is None for case in checked)
        yield {
            "what": f"cases of the standard, {file.stem.rpartition('-')[2].upper()}", "reach": f"all at {TOLERANCE:g}", "cases": len(checked),
            "agree": agree, "events": sum(case.events for case in checked), "seconds": round(perf_counter() - start, 2),
        }  # fmt: skip
