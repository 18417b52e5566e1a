"""Intervals of shares and of differences of shares, in whole numbers: the same on every machine.

Wilson, E. B. (1927), Probable inference, JASA 22. Sato, T. (1989), On the variance estimator for the Mantel-Haenszel risk
difference, Biometrics 45. Klingenberg, B. (2014), A new and improved confidence interval for the Mantel-Haenszel risk difference,
Statistics in Medicine 33.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor, isqrt
from statistics import NormalDist

from kemiao.base.money import PPM


@dataclass(frozen=True, slots=True)
class Interval:
    """ppm: the estimate, rounded half up; low rounded down, high up."""

    ppm: int
    low_ppm: int
    high_ppm: int

    def as_json(self) -> dict[str, int]:
        return {"ppm": self.ppm, "low_ppm": self.low_ppm, "high_ppm": self.high_ppm}


def two_sided(confidence_ppm: int) -> Fraction:
    """The normal quantile that leaves as much on each side, to a millionth: the last digits of a machine's logarithm don't count."""
    z = NormalDist().inv_cdf((1 + confidence_ppm / PPM) / 2)
    return Fraction(round(z * PPM), PPM)


def wilson(share: Fraction, of: Fraction, z: Fraction) -> Interval:
    """Of `share` among `of` that were drawn alike (of > 0; an effective number where they weigh differently)."""
    squared = z * z
    centre = (share * of + squared / 2) / (of + squared)
    half = z / (of + squared) * root(share * (1 - share) * of + squared / 4)
    return _interval(share, max(centre - half, Fraction(0)), min(centre + half, Fraction(1)))


@dataclass(frozen=True, slots=True)
class Stratum:
    """Of members of a group and of the others: how many, and how many of these succeeded. Effective numbers where they weigh differently."""

    members: Fraction | int
    succeeded: Fraction | int
    others: Fraction | int
    others_succeeded: Fraction | int


def mantel_haenszel(strata: Sequence[Stratum], z: Fraction) -> Interval | None:
    """Members' share less the others', compared within each stratum alone. None where no stratum has both.

    Sato's variance is (d * first + second) / weight^2. Klingenberg puts each difference d that might be true into it, not the estimate,
    which would leave an interval of no width wherever all members succeeded and none of the others, be they two companies.
    """
    weight, difference, first, second = (Fraction(0) for _ in range(4))
    for s in strata:
        both = Fraction(s.members + s.others)
        if not s.members or not s.others:
            continue
        n1, n0, x1, x0 = s.members, s.others, s.succeeded, s.others_succeeded
        weight += n1 * n0 / both
        difference += (x1 * n0 - x0 * n1) / both
        first += (2 * (n1 * n1 * x0 - n0 * n0 * x1) + n1 * n0 * (n0 - n1)) / (2 * both * both)
        second += (x1 * (n0 - x0) + x0 * (n1 - x1)) / (2 * both)
    if not weight:
        return None
    estimate, spread = difference / weight, z * z / (weight * weight)
    middle = estimate + spread * first / 2
    half = root(max(middle * middle - estimate * estimate + spread * second, Fraction(0)))
    low, high = min(middle - half, estimate), max(middle + half, estimate)
    return _interval(estimate, max(low, Fraction(-1)), min(high, Fraction(1)))


def root(value: Fraction) -> Fraction:
    """Rounded down to 10^-9."""
    return Fraction(isqrt(floor(value * 10**18)), 10**9)


def _interval(estimate: Fraction, low: Fraction, high: Fraction) -> Interval:
    return Interval(floor(estimate * PPM + Fraction(1, 2)), floor(low * PPM), ceil(high * PPM))
