"""The lottery that breaks every tie: a number a name, from the seed that is published with the result."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

import numpy as np

from kemiao.credit.matching.market import IntColumn

_FORM = b"kemiao/market/lot\0"


def number(seed: str, name: str) -> bytes:
    """32 bytes: SHA-256 of "kemiao/market/lot", a zero byte, the seed as it is written, a zero byte, the name in UTF-8."""
    return sha256(_FORM + seed.encode() + b"\0" + name.encode()).digest()


def lots(seed: str, names: Sequence[str]) -> IntColumn:
    """(n,) places 0 … n-1 in the order of the numbers; the name decides between equal numbers."""
    order = sorted(range(len(names)), key=lambda row: (number(seed, names[row]), names[row]))
    result = np.empty(len(names), dtype=np.int64)
    result[order] = np.arange(len(names), dtype=np.int64)
    return result
