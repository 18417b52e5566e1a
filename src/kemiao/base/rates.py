"""Rates and shares are whole ppm (parts per million). `4%` is 40_000 ppm; one basis point is 100 ppm."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal

from kemiao.base.refusal import Refusal

PPM = 1_000_000
_RATE = re.compile(r"(-?\d+(?:\.\d+)?)(%|‰|bp|)")
_SCALE = {"%": 10_000, "‰": 1_000, "bp": 100, "": PPM}


def parse_ppm(text: str) -> int | Refusal:
    """`4%`, `4.25%`, `35bp`, `0.04` → ppm. Refuses fractions of a ppm."""
    match = _RATE.fullmatch(unicodedata.normalize("NFKC", text).replace(" ", ""))
    if match is None:
        return Refusal("NOT_A_RATE", f"“{text}”不是利率(例如 4.35%)", f"{text!r} is not a rate (write 4.35%)")
    # Decimal rounds to 28 digits: what is longer than that is no rate that anybody quotes.
    ppm = Decimal(match[1]) * _SCALE[match[2]]
    if len(match[1]) > 20 or ppm != ppm.to_integral_value():
        return Refusal("FRACTION_OF_A_PPM", f"“{text}”比百万分之一还细", f"{text!r} is finer than one part per million")
    return int(ppm)


def parse_ppm_range(text: str) -> tuple[int, int] | Refusal:
    """`4%..15%` → (40_000, 150_000), both ends included."""
    low_text, dots, high_text = text.partition("..")
    low, high = parse_ppm(low_text), parse_ppm(high_text if dots else low_text)
    if isinstance(low, Refusal):
        return low
    if isinstance(high, Refusal):
        return high
    if low > high:
        return Refusal("RANGE_REVERSED", f"“{text}”下限高于上限", f"{text!r}: the lower end is above the upper")
    return low, high


def percent_text(ppm: int, places: int = 2) -> str:
    """43_500 → `4.35%`, rounded half up at `places`."""
    step = 10 ** (4 - places)
    units = (2 * abs(ppm) + step) // (2 * step)
    whole, part = divmod(units, 10**places)
    return f"{'-' if ppm < 0 and units else ''}{whole}{f'.{part:0{places}d}' if places else ''}%"
