"""From the dictionary's terms to the columns of the engine. Amounts and rates come exact; `in_fen` makes them whole."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from kemiao.base.refusal import Refusal
from kemiao.credit.contracts.actus import columns as at
from kemiao.credit.contracts.actus.cases import Case, Unreadable, in_chinese, number_of, time_of
from kemiao.credit.contracts.actus.engine import Contracts
from kemiao.credit.contracts.dates import FOLLOWING, MODIFIED_FOLLOWING, MODIFIED_PRECEDING, NONE, PRECEDING
from kemiao.credit.contracts.day_counts import CODES

_CYCLE = re.compile(r"P(\d{1,5})([DWMQHY])L([01])")
_NOTICE = re.compile(r"P(\d{1,5})([DWMQHY])(?:L[01])?")
_UNITS = {"D": (1, 0), "W": (7, 0), "M": (1, 1), "Q": (3, 1), "H": (6, 1), "Y": (12, 1)}
_SHIFTS = {"NOS": NONE, "F": FOLLOWING, "MF": MODIFIED_FOLLOWING, "P": PRECEDING, "MP": MODIFIED_PRECEDING}
_SIGNS = {"RPA": 1, "LG": 1, "BUY": 1, "RFL": 1, "COL": 1, "CNO": 1, "OBL": 1, "UDL": 1, "UDLP": 1, "RPL": -1, "ST": -1, "SEL": -1, "PFL": -1, "GUA": -1, "UDLM": -1}  # fmt: skip
_CALENDARS = {
    "NC": at.NO_CALENDAR,
    "": at.NO_CALENDAR,
    "MF": at.WEEKS,
    "CN": at.CHINA,
    "NoCalendar": at.NO_CALENDAR,
    "MondayToFriday": at.WEEKS,
}
_DAY_COUNTS = {code: number for number, code in enumerate(CODES)} | {
    "A/AISDA": 3,
    "A/360": 0,
    "A/365": 1,
    "30E/360": 2,
    "30E/360ISDA": 4,
    "28E/336": 5,
}
_BASES = {"NT": at.NT_BASE, "NTL": at.LAGGED_BASE, "NTIED": at.FIXED_BASE}
_PENALTIES = {"": at.NO_PENALTY, "O": at.NO_PENALTY, "A": at.PENALTY_AMOUNT, "N": at.PENALTY_RATE, "R": at.PENALTY_RATE, "I": at.PENALTY_DIFFERENCE}  # fmt: skip
_MARKS = {"XD": at.CALL_MARK, "PR": at.MOVE_MARK, "PI": at.MOVE_MARK, "PD": at.MOVE_MARK, "PP": at.PREPAY_MARK}
_FAR = 1e300


def contracts_of(cases: Sequence[Case]) -> tuple[Contracts, list[Refusal | None]]:
    """Columns of the cases that can be read, a row for each, and for each case the reason why it can't be, or None."""
    read = [_contract(case) for case in cases]
    good = [one for one in read if not isinstance(one, Refusal)]
    marks = [one[6] for one in good]
    flat = [mark for contract in marks for mark in contract]
    offsets = np.zeros(len(good) + 1, np.int64)
    np.cumsum([len(contract) for contract in marks], out=offsets[1:])
    times, grids, codes, amounts, rates, ratios = (_matrix([one[part] for one in good], part) for part in range(6))
    contracts = Contracts(
        times, grids, codes, amounts, rates, ratios, offsets,
        np.array([mark[1] for mark in flat], np.int64), np.array([mark[0] for mark in flat], np.int64),
        *(np.array([mark[2] for mark in flat], np.float64) for _ in range(3)),
    )  # fmt: skip
    return contracts, [one if isinstance(one, Refusal) else None for one in read]


def in_fen(contracts: Contracts) -> Contracts:
    """The same contracts with amounts in whole fen and rates in whole ppm, each rounded half up."""
    rates = np.clip(contracts.rates, -(2.0**40) / 1e6, 2.0**40 / 1e6)
    return replace(
        contracts,
        amounts=_whole(contracts.amounts, 100), rates=_whole(rates, 1_000_000),
        mark_amounts=_whole(contracts.mark_amounts, 100), mark_rates=_whole(contracts.mark_rates, 1_000_000),
    )  # fmt: skip


def _whole(values: npt.NDArray[np.float64], unit: int) -> npt.NDArray[np.int64]:
    return np.floor(values * unit + 0.5).astype(np.int64)


_WIDTHS = ((len(at.TIMES),), (len(at.GRIDS), 4), (len(at.CODES),), (len(at.AMOUNTS),), (len(at.RATES),), (len(at.RATIOS),))  # fmt: skip


def _matrix(rows: list[object], part: int) -> npt.NDArray[Any]:
    return np.array(rows, np.int64 if part < 3 else np.float64).reshape(len(rows), *_WIDTHS[part])


def _contract(case: Case) -> tuple[list[int], list[list[int]], list[int], list[float], list[float], list[float], list[tuple[int, int, float]]] | Refusal:  # fmt: skip
    try:
        missing = [name for name in ("statusDate", "initialExchangeDate", "notionalPrincipal", "dayCountConvention", "contractRole") if name not in case.terms]  # fmt: skip
        if missing:
            return Refusal.at("TERM_MISSING", f"缺少条款 {'、'.join(missing)}", f"the case lacks {', '.join(missing)}", case=case.name)  # fmt: skip
        times = [_time(case, name) for name in at.TIMES[:-1]] + [at.ABSENT if case.to is None else case.to]
        grids = [_grid(case, name) for name in at.GRIDS]
        return times, grids, _codes(case), _amounts(case), _rates(case), _ratios(case), _marks(case)
    except Unreadable as bad:
        what, text, expected = bad.args
        return Refusal.at("BAD_TERM", f"“{text}”不合要求,应为{in_chinese(expected)}", f"{text!r} is not {expected}", case=case.name, term=what)  # fmt: skip


def _time(case: Case, name: str) -> int:
    return time_of(name, case.terms[name]) if name in case.terms else at.ABSENT


def _grid(case: Case, name: str) -> list[int]:
    anchor, cycle = _time(case, f"cycleAnchorDateOf{name}"), case.terms.get(f"cycleOf{name}")
    if cycle is None:
        return [anchor, 0, 0, 0]
    match = _CYCLE.fullmatch(cycle)
    if match is None or int(match[1]) == 0:
        raise Unreadable(f"cycleOf{name}", cycle, "a cycle such as P1ML0")
    size, months = _UNITS[match[2]]
    return [anchor, int(match[1]) * size, months, 1 if match[3] == "0" else 0]


def _choice(case: Case, name: str, choices: dict[str, int], missing: str) -> int:
    text = case.terms.get(name, missing)
    if text not in choices:
        raise Unreadable(name, text, " | ".join(choice for choice in choices if choice))
    return choices[text]


def _codes(case: Case) -> list[int]:
    terms = case.terms
    shift = terms.get("businessDayConvention", "NOS")
    if shift not in ("NOS", "NULL") and (shift[:2] not in ("SC", "CS") or shift[2:] not in _SHIFTS):
        raise Unreadable("businessDayConvention", shift, "NOS | SCF | SCMF | SCP | SCMP | CSF | CSMF | CSP | CSMP")
    scaling = terms.get("scalingEffect", "000").upper()
    fee = float(case.terms.get("feeRate", "0") or 0) if "feeRate" in terms and number_of("feeRate", terms["feeRate"]) else 0.0  # fmt: skip
    notice, notice_months = _notice(case)
    return [
        at.TYPES.index(case.type), _choice(case, "contractRole", _SIGNS, ""),
        _choice(case, "dayCountConvention", _DAY_COUNTS, ""),
        NONE if shift in ("NOS", "NULL") else _SHIFTS[shift[2:]], 1 if shift.startswith("SC") else 0,
        _choice(case, "endOfMonthConvention", {"SD": 0, "EOM": 1}, "SD"), _choice(case, "calendar", _CALENDARS, ""),
        int("nominalInterestRate" in terms), int("nextPrincipalRedemptionPayment" in terms), int("nextResetRate" in terms),
        int("accruedInterest" in terms), _choice(case, "interestCalculationBase", _BASES, "NT"),
        int(scaling[:1] == "I"), int(scaling[1:2] == "N"),
        at.NO_FEE if fee == 0 else _choice(case, "feeBasis", {"A": at.FEE_AMOUNT, "N": at.FEE_RATE}, "N"),
        int(terms.get("prepaymentEffect", "N") != "N"), _choice(case, "penaltyType", _PENALTIES, ""), notice, notice_months,
    ]  # fmt: skip


def _notice(case: Case) -> tuple[int, int]:
    text = case.terms.get("xDayNotice", "P0D")
    match = _NOTICE.fullmatch(text)
    if match is None:
        raise Unreadable("xDayNotice", text, "a period such as P10D")
    size, months = _UNITS[match[2]]
    return int(match[1]) * size, months


def _number(case: Case, name: str, missing: float) -> float:
    return number_of(name, case.terms[name]) if name in case.terms else missing


def _amounts(case: Case) -> list[float]:
    notional = _number(case, "notionalPrincipal", 0)
    values = [_number(case, name, 0) for name in at.AMOUNTS]
    values[at.IPCBA] = _number(case, "interestCalculationBaseAmount", notional)
    values[at.FEE], values[at.PENALTY_FIXED] = _number(case, "feeRate", 0), _number(case, "penaltyRate", 0)
    return values


def _rates(case: Case) -> list[float]:
    missing = dict.fromkeys(("periodFloor", "lifeFloor"), -_FAR) | dict.fromkeys(("periodCap", "lifeCap"), _FAR)
    return [_number(case, name, missing.get(name, 0)) for name in at.RATES]


def _ratios(case: Case) -> list[float]:
    values = [_number(case, name, 1) for name in at.RATIOS]
    if values[at.INDEX] == 0 or not all(map(math.isfinite, values)):
        raise Unreadable("scalingIndexAtContractDealDate", "0", "an index above zero")
    return values


def _marks(case: Case) -> list[tuple[int, int, float]]:
    marks = []
    for term, kind in (("marketObjectCodeOfRateReset", at.RESET_MARK), ("marketObjectCodeOfScalingIndex", at.INDEX_MARK)):  # fmt: skip
        marks += [(time, kind, value) for time, value in case.observed.get(case.terms.get(term, ""), ())]
    for time, event, value in case.happened:
        if event not in _MARKS:
            raise Unreadable("eventsObserved", event, " | ".join(_MARKS))
        marks.append((time, _MARKS[event], value))
    return sorted(marks, key=lambda mark: mark[0])
