"""The published cut-offs of the stable result: the last that could come in at each mandate, limit and cover, and nobody behind it.

By tier, value and lot, without a name: whoever was not taken compares its own three numbers with them.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from kemiao.credit.matching.clearing import Cleared
from kemiao.credit.matching.market import IntColumn
from kemiao.credit.matching.orders import Standing, at_cover, at_mandate
from kemiao.credit.matching.result_names import limit_names
from kemiao.credit.matching.stable import NO_CUT

CLASSES = ("others", "reserved")


def cut_offs(cleared: Cleared) -> list[dict[str, Any]]:
    """Mandates, each class by itself where a part of the budgets is reserved, then limits, then covers.

    open: it took everybody who came. A place that is closed to everybody has neither tier, value nor lot, and is not open.
    """
    market, book, found = cleared.market, cleared.book, cleared.stable
    classes = CLASSES if book.reserved.any() else ("all",)
    standing, in_line = at_mandate(market, book), _sorted(book.mandate, book.standing, book.mandates)
    cuts = []
    for k, name in enumerate(market.mandates.id):
        for column, named in enumerate(classes):
            told = _told(standing, in_line, k, int(found.cut[k, column]))
            cuts.append({"at": "mandate", "name": name, "class": named, **told})
    for limit, name in enumerate(limit_names(cleared)):
        told = _told(standing, in_line, int(book.limit_mandate[limit]), int(found.limit_cut[limit]))
        cuts.append({"at": "limit", "name": name, "class": "all", **told})
    standing, in_line = at_cover(market, book), _sorted(book.cover, book.cover_standing, len(book.capacity_fen))
    for cover, name in enumerate(market.covers.id):
        told = _told(standing, in_line, cover, int(found.cover_cut[cover]))
        cuts.append({"at": "cover", "name": name, "class": "all", **told})
    return cuts


def _sorted(group: IntColumn, place: IntColumn, groups: int) -> tuple[IntColumn, IntColumn]:
    """Options by group, then place, and where each group begins; those of no group come first."""
    order = np.lexsort((place, group))
    return order, np.searchsorted(group[order], np.arange(groups + 1))


def _told(standing: Standing, in_line: tuple[IntColumn, IntColumn], group: int, cut: int) -> dict[str, Any]:
    order, start = in_line
    first, last = int(start[group]), int(start[group + 1])
    if cut >= NO_CUT or cut < 0:
        return {"tier": None, "value_ppm": None, "lot": None, "open": cut >= 0}
    marginal = int(order[first + min(cut, last - first - 1)])
    tier, value, lot = (int(column[marginal]) for column in standing)
    return {"tier": tier, "value_ppm": value, "lot": lot, "open": False}
