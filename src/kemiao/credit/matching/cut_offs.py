"""The published cut-offs of the stable result: the last that could come in at each mandate, limit and cover, and nobody behind it.

By tier, value and lot, without a name: whoever was not taken compares its own three numbers with them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from kemiao.credit.matching.clearing import Cleared
from kemiao.credit.matching.coding import places_of, tiers_of
from kemiao.credit.matching.market import KINDS, IntColumn
from kemiao.credit.matching.result_names import limit_names

NO_CUT = 2**62
CLASSES = ("others", "reserved")


def cut_offs(cleared: Cleared) -> list[dict[str, Any]]:
    """Mandates, each class by itself where a part of the budgets is reserved, then limits, then covers.

    open: it took everybody who came. A place that is closed to everybody has neither tier, value nor lot, and is not open.
    """
    market, book, found = cleared.market, cleared.book, cleared.stable
    classes = CLASSES if book.reserved.any() else ("all",)
    cuts = []
    named_in = places_of(market.requests.id, market.requests.company) if any(market.mandates.ranking) else {}
    of_mandate = _sorted(book.mandate, book.standing, book.mandates)
    for k, name in enumerate(market.mandates.id):
        for column, named in enumerate(classes):
            place = _marginal(of_mandate, k, int(found.cut[k, column]))
            cuts.append({"at": "mandate", "name": name, "class": named, **_told(cleared, place, named_in)})
    for limit, name in enumerate(limit_names(cleared)):
        place = _marginal(of_mandate, int(book.limit_mandate[limit]), int(found.limit_cut[limit]))
        cuts.append({"at": "limit", "name": name, "class": "all", **_told(cleared, place, named_in)})
    of_cover = _sorted(book.cover, book.cover_standing, len(book.capacity_fen))
    for cover, name in enumerate(market.covers.id):
        place = _marginal(of_cover, cover, int(found.cover_cut[cover]))
        cuts.append(
            {"at": "cover", "name": name, "class": "all", **_of_cover(cleared, place, market.covers.kind[cover])}
        )
    return cuts


def _sorted(group: IntColumn, standing: IntColumn, groups: int) -> tuple[IntColumn, IntColumn]:
    """Options by group, then standing, and where each group begins; those of no group come first."""
    order = np.lexsort((standing, group))
    return order, np.searchsorted(group[order], np.arange(groups + 1))


def _marginal(of_group: tuple[IntColumn, IntColumn], group: int, standing: int) -> int | None:
    """The option of that standing, -1 where nobody may come in, None where everybody may."""
    order, start = of_group
    first, last = int(start[group]), int(start[group + 1])
    if standing >= NO_CUT:
        return None
    return int(order[first + min(standing, last - first - 1)]) if standing >= 0 else -1


def _told(cleared: Cleared, place: int | None, named_in: Mapping[str, list[int]]) -> dict[str, Any]:
    if place is None or place < 0:
        return _nothing(place)
    book = cleared.book
    request = int(book.request[place])
    wish = cleared.market.mandates.ranking[int(book.mandate[place])]
    tier = 0 if wish is None else tiers_of(wish, named_in).get(request, len(wish.named))
    return {"tier": tier, "value_ppm": int(book.funder_ppm[place]), "lot": int(book.lot[request]), "open": False}


def _of_cover(cleared: Cleared, place: int | None, kind: str) -> dict[str, Any]:
    """A pool earns nothing: it takes the likeliest to repay first, so its value is the probability of default, below zero."""
    if place is None or place < 0:
        return _nothing(place)
    book = cleared.book
    request = int(book.request[place])
    pool = kind == KINDS[1]
    value = -int(cleared.market.requests.pd_ppm[request]) if pool else int(book.guarantor_ppm[place])
    return {"tier": 0, "value_ppm": value, "lot": int(book.lot[request]), "open": False}


def _nothing(place: int | None) -> dict[str, Any]:
    return {"tier": None, "value_ppm": None, "lot": None, "open": place is None}
