"""What rounding to whole fen makes of a contract over its life: the same contract evaluated exactly and in fen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kemiao.base.dates import add_months
from kemiao.credit.contracts.actus.cases import Case
from kemiao.credit.contracts.actus.contracts import contracts_of, in_fen
from kemiao.credit.contracts.actus.engine import evaluate

_START = date(2024, 1, 31)
_TYPES = ("PAM", "LAM", "ANN")
_NOTIONALS = ("1000000", "12345.67")
_RATE = "0.0365"


@dataclass(frozen=True, slots=True)
class Difference:
    """Of a contract's life: interest exact and in fen, the last payment less the usual one, and the largest gap of a date's payment."""

    type: str
    notional: str
    months: int
    interest: float  # in fen, not rounded
    interest_fen: int
    largest: float  # of one event, in fen

    @property
    def difference(self) -> float:
        return self.interest_fen - self.interest


def differences(months: tuple[int, ...] = (12, 36, 360)) -> Iterator[Difference]:
    """Monthly contracts at 3.65 % from a 31 January (PAM: interest first; LAM: equal principal; ANN: equal instalments), A360."""
    keys = [(kind, notional, tenor) for kind in _TYPES for notional in _NOTIONALS for tenor in months]
    contracts, refusals = contracts_of([_case(*key) for key in keys])
    if any(refusals):
        raise ValueError(f"the contracts of the table can't be read: {refusals}")
    exact, whole = evaluate(contracts)[0], evaluate(in_fen(contracts))[0]
    for place, (kind, notional, tenor) in enumerate(keys):
        first, last = np.searchsorted(np.asarray(exact["contract"]), [place, place + 1])
        mine, theirs = whole.slice(first, last - first), exact.slice(first, last - first)
        gaps = np.abs(np.asarray(mine["payoff"]) - np.asarray(theirs["payoff"]) * 100)
        yield Difference(kind, notional, tenor, _interest(theirs) * 100, int(_interest(mine)), float(gaps.max()))


def _interest(events: pa.Table) -> float:
    return float(pc.sum(events.filter(pc.equal(events["event"].cast(pa.string()), "IP"))["payoff"]).as_py())


def _case(kind: str, notional: str, months: int) -> Case:
    first = add_months(_START, 1)
    terms = {
        "contractRole": "RPA", "notionalPrincipal": notional, "nominalInterestRate": _RATE, "dayCountConvention": "A360", "endOfMonthConvention": "EOM",
        "statusDate": "2024-01-30", "initialExchangeDate": str(_START), "maturityDate": str(add_months(_START, months)),
        "cycleAnchorDateOfInterestPayment": str(first), "cycleOfInterestPayment": "P1ML1",
    }  # fmt: skip
    if kind != "PAM":
        terms |= {"cycleAnchorDateOfPrincipalRedemption": str(first), "cycleOfPrincipalRedemption": "P1ML1"}
    return Case(f"{kind} {notional} {months}", kind, terms, None, {}, (), ())
