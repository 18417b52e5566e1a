"""Shares compared without floats and without wrapping: int64 columns of at most 10^13, shares in ppm."""

from __future__ import annotations

import numpy as np

from kemiao.base.columns import PPM, BoolArray, IntArray


def reaches_share(part: IntArray, whole: IntArray, ppm: int) -> BoolArray:
    """part / whole >= ppm, exactly. No whole, no share: false where whole is 0.

    part * 10^6 would wrap beyond 9.2 * 10^12, so the smallest part that reaches the share is compared instead.
    """
    millions, rest = np.divmod(whole, PPM)
    smallest = ppm * millions + -(-ppm * rest // PPM)
    return np.asarray((part >= smallest) & (whole > 0))


def within_share(part: IntArray, whole: IntArray, ppm: int) -> BoolArray:
    """part / whole <= ppm, exactly; 0 of 0 is within."""
    millions, rest = np.divmod(whole, PPM)
    largest = ppm * millions + ppm * rest // PPM
    return np.asarray(part <= largest)
