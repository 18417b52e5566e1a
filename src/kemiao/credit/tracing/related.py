"""Groups of related parties: who is held by the same holder, or holds the other, at or above a share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from kemiao.credit.tracing.columns import Int32s


def groups(parties: Mapping[str, int], holdings: Iterable[tuple[str, str, int]], related_ppm: int) -> Int32s:
    """party → its group. parties: company or person key → 0 … n − 1. holdings: (company, holder, share in ppm)."""
    keys = dict(parties)
    above: list[int] = list(range(len(keys)))

    def top(place: int) -> int:
        while above[place] != place:
            above[place] = above[above[place]]
            place = above[place]
        return place

    for company, holder, share in holdings:
        if share < related_ppm:
            continue
        for key in (company, holder):
            if key not in keys:  # a holder that pays nobody still ties two companies together
                keys[key] = len(above)
                above.append(len(above))
        one, other = sorted((top(keys[company]), top(keys[holder])))
        above[other] = one
    return np.array([top(place) for place in range(len(parties))], np.int32)
