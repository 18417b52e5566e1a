"""Interest in whole fen, exactly: what was posted and the part of a fen that was not, as a whole number.

Cumulative interest is posted rounded half up; a day posts the rounded total less what was posted. `rest` is the exact total less
the posted one, in units of 1 / (denominator * 10^6) fen, and lies within half a fen. It lives as long as the loan: it is not
dropped at a due, so that over the loan's whole life the interest is off by half a fen at most.
"""

from __future__ import annotations

from kemiao.credit.contracts.compiled import compiled

PPM = 1_000_000


@compiled
def accrue_fen(principal: int, rate_ppm: int, numerator: int, denominator: int, rest: int) -> tuple[int, int]:
    """Interest on a principal over numerator/denominator years: (whole fen to post, the new rest).

    Exact for principals to 10^13, rates to 10^6 ppm (100 %) and 200 years, of either sign: products are taken in limbs.
    """
    millions, few = principal // PPM, principal % PPM
    years, part = numerator // denominator, numerator % denominator
    # principal * rate * numerator / (denominator * PPM), from its largest part to its smallest
    yearly, small = millions * rate_ppm, few * rate_ppm  # in fen, in millionths of a fen
    whole = yearly * years + yearly * part // denominator
    over = yearly * part % denominator * PPM + small * part + rest
    if years:
        whole += small * years // PPM
        over += small * years % PPM * denominator
    unit = denominator * PPM
    posted = (2 * over + unit) // (2 * unit)
    return whole + posted, over - posted * unit
