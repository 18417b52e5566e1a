"""Contracts of a test file against the events that the standard states."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from kemiao.base.refusal import Refusal
from kemiao.credit.contracts.actus.cases import Case, Row
from kemiao.credit.contracts.actus.columns import FAULTS, WELL
from kemiao.credit.contracts.actus.contracts import contracts_of
from kemiao.credit.contracts.actus.engine import evaluate

TOLERANCE = 1e-8
_AT_ONCE = 100  # room for the events of so many contracts is taken at a time
_NUMBERS = ("payoff", "notional", "rate", "accrued")


@dataclass(frozen=True, slots=True)
class Checked:
    """One case: how many events it states, and each difference as (row from 1, what, expected, found)."""

    case: str
    type: str
    events: int
    mismatches: tuple[tuple[int, str, object, object], ...]
    refusal: Refusal | None  # it could not be computed


def check(cases: Mapping[str, Case | Refusal]) -> Iterator[Checked]:
    """All cases of a file, in its order; many are computed at once."""
    names = list(cases)
    for first in range(0, len(names), _AT_ONCE):
        some = names[first : first + _AT_ONCE]
        computed = _computed([case for name in some if isinstance(case := cases[name], Case)])
        for name in some:
            given = cases[name]
            found = given if isinstance(given, Refusal) else computed[name]
            kind, rows = ("", ()) if isinstance(given, Refusal) else (given.type, given.rows)
            if isinstance(found, Refusal):
                yield Checked(name, kind, len(rows), (), found)
            else:
                yield Checked(name, kind, len(rows), tuple(_differences(rows, found.to_pylist())), None)


def _computed(cases: list[Case]) -> dict[str, pa.Table | Refusal]:
    contracts, refusals = contracts_of(cases)
    events, faults = evaluate(contracts)
    places = np.asarray(events["contract"])
    computed: dict[str, pa.Table | Refusal] = {}
    row = 0
    for case, refusal in zip(cases, refusals, strict=True):
        if refusal is not None:
            computed[case.name] = refusal
            continue
        first, last = np.searchsorted(places, [row, row + 1])
        computed[case.name] = events.slice(first, last - first) if faults[row] == WELL else Refusal.at(*FAULTS[int(faults[row])], case=case.name)  # fmt: skip
        row += 1
    return computed


def _differences(expected: tuple[Row, ...], found: list[dict[str, Any]]) -> Iterator[tuple[int, str, object, object]]:
    for number, (row, event) in enumerate(zip(expected, found, strict=False), 1):
        if row.time != event["time"]:
            yield number, "time", time_text(row.time), time_text(event["time"])
        if row.event != event["event"]:
            yield number, "event", row.event, event["event"]
        for name in _NUMBERS:
            stated = getattr(row, name)
            # Written so that a number that is none does not pass.
            if stated is not None and not abs(stated - event[name]) <= TOLERANCE:
                yield number, name, stated, event[name]
    for number, row in enumerate(expected[len(found) :], len(found) + 1):
        yield number, "missing", f"{time_text(row.time)} {row.event}", None
    for number, event in enumerate(found[len(expected) :], len(expected) + 1):
        yield number, "surplus", None, f"{time_text(event['time'])} {event['event']}"


def time_text(time: int) -> str:
    return str(np.datetime64(time, "s"))
