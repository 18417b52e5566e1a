"""The few steps in which amounts meet rates: in floating point where the standard's own figures are wanted, in whole fen in a bank.

The kernels call these by one name; the compiler takes the form that fits the column's type. Rates are fractions a year in the
first form, ppm in the second.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, cast

from numba import types
from numba.extending import overload

from kemiao.credit.contracts.interest import PPM, accrue_fen


def _specialised(function: Any) -> Callable[[Any], Any]:
    """The compiler's choice of a form by types. Not strict: our signatures carry annotations, the forms don't."""
    return cast(Callable[[Any], Any], overload(function, strict=False))


def interest(base: Any, rate: Any, numerator: int, denominator: int, rest: int) -> tuple[Any, int]:
    """Interest on a base over a fraction of a year, and what of a fen is not yet posted (0 without rounding)."""
    if isinstance(base, float):
        return base * rate * numerator / denominator, rest
    return accrue_fen(base, rate, numerator, denominator, rest)


def scaled(amount: Any, ratio: float) -> Any:
    """An amount or a rate times a ratio; whole numbers stay whole, halves go away from zero."""
    if isinstance(amount, float):
        return amount * ratio
    return int(math.copysign(math.floor(abs(amount * ratio) + 0.5), amount * ratio))


def yearly(rate: Any) -> float:
    """A rate as a fraction a year."""
    return rate if isinstance(rate, float) else rate / PPM


@_specialised(interest)
def _interest(base: Any, rate: Any, numerator: Any, denominator: Any, rest: Any) -> Any:
    if isinstance(base, types.Float):
        return lambda base, rate, numerator, denominator, rest: (base * rate * numerator / denominator, rest)
    return lambda base, rate, numerator, denominator, rest: accrue_fen(base, rate, numerator, denominator, rest)  # noqa: PLW0108 (a kernel of the compiler, not a function)


@_specialised(scaled)
def _scaled(amount: Any, ratio: Any) -> Any:
    if isinstance(amount, types.Float):
        return lambda amount, ratio: amount * ratio

    def whole(amount: Any, ratio: Any) -> Any:
        if ratio == 1.0:  # most are; and a product in floating point ends at 2^53
            return amount
        product = amount * ratio
        return math.floor(product + 0.5) if product >= 0 else -math.floor(0.5 - product)

    return whole


@_specialised(yearly)
def _yearly(rate: Any) -> Any:
    return (lambda rate: rate) if isinstance(rate, types.Float) else (lambda rate: rate / PPM)


def amount_like(sample: Any, value: float) -> Any:
    """A computed amount in the form of another amount: as it is, or whole, half up."""
    return value if isinstance(sample, float) else math.floor(value + 0.5)


@_specialised(amount_like)
def _amount_like(sample: Any, value: Any) -> Any:
    if isinstance(sample, types.Float):
        return lambda sample, value: value
    return lambda sample, value: math.floor(value + 0.5)
