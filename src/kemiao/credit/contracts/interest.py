"""Interest in whole fen, exactly: what was posted and the part of a fen that was not, as a whole number.

Cumulative interest is posted rounded half up; a day posts the rounded total less what was posted. `rest` is the exact total less
the posted one, in units of 1 / (denominator * 10^6) fen, and lies within half a fen. It lives as long as the loan: it is not
dropped at a due, so that over the loan's whole life the interest is off by half a fen at most.
"""

from __future__ import annotations

import math

from kemiao.credit.kernels import compiled

PPM = 1_000_000
_SAFE = 4e18  # products below it are whole numbers of 64 bits, sums with a rest too


@compiled
def accrue_fen(principal: int, rate_ppm: int, numerator: int, denominator: int, rest: int) -> tuple[int, int]:
    """Interest on a principal over numerator/denominator years: (whole fen to post, the new rest).

    Exact for principals to 10^13, rates to 10^6 ppm (100 %) and 200 years, of either sign: products are taken in limbs.
    """
    unit = denominator * PPM
    if abs(float(principal) * rate_ppm * numerator) < _SAFE:
        return _rounded(principal * rate_ppm * numerator + rest, unit)
    millions, few = principal // PPM, principal % PPM
    years, part = numerator // denominator, numerator % denominator
    # The product from its largest part to its smallest: yearly in fen, small in millionths of a fen.
    yearly, small = millions * rate_ppm, few * rate_ppm
    whole = yearly * years + yearly * part // denominator + small * years // PPM
    over = yearly * part % denominator * PPM + small * part + small * years % PPM * denominator
    posted, left = _rounded(over + rest, unit)
    return whole + posted, left


@compiled
def _rounded(total: int, unit: int) -> tuple[int, int]:
    """Half up, and what is left: total / unit in floating point is off by one at most below _SAFE, far cheaper than a division."""
    posted = math.floor(total / unit + 0.5)
    left = total - posted * unit
    if 2 * left >= unit:
        return posted + 1, left - unit
    if 2 * left < -unit:
        return posted - 1, left + unit
    return posted, left
