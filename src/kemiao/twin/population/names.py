"""Names and codes that nobody has: a place that does not exist, brand syllables, a trade, a legal form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from kemiao.base.keys import uscc_check_digit

_BODY = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)  # GB 11714-1997: check character of the organisation code
_ORGANISATION_VALUES = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def company_codes(rng: np.random.Generator, areas: Sequence[str]) -> list[str]:
    """One valid unified social credit code for each area code given; all differ."""
    codes: dict[str, None] = {}
    while len(codes) < len(areas):
        left = areas[len(codes) :]
        for area, places in zip(left, rng.integers(0, len(_BODY), (len(left), 6)).tolist(), strict=True):
            code = _code(area, "MA" + "".join([_BODY[place] for place in places]))
            if code in codes:
                break  # hardly ever: draw this one and those after it again
            codes[code] = None
    return list(codes)


def _code(area: str, body: str) -> str:
    """body: the eight characters of the organisation code; its own check character is the ninth."""
    total = sum(
        _ORGANISATION_VALUES.index(character) * weight
        for character, weight in zip(body, _ORGANISATION_WEIGHTS, strict=True)
    )
    first_17 = f"91{area}{body}{'0123456789X0'[(11 - total % 11) % 11]}"
    return first_17 + uscc_check_digit(first_17)


def company_names(
    rng: np.random.Generator, words: Mapping[str, Any], places: Sequence[str], trades: Sequence[str]
) -> list[str]:
    """`云岚启芯微电子有限公司`: one for each place and trade given; all differ."""
    taken: dict[str, None] = {}
    for place, trade in zip(places, trades, strict=True):
        name = _name(rng, words, place, trade)
        while name in taken:
            name = _name(rng, words, place, trade)
        taken[name] = None
    return list(taken)


def _name(rng: np.random.Generator, words: Mapping[str, Any], place: str, trade: str) -> str:
    pick = [words[key][int(rng.integers(len(words[key])))] for key in ("first", "second", "third", "legal_forms")]
    return f"{place}{pick[0]}{pick[1]}{pick[2]}{trade}{pick[3]}"


def person_names(rng: np.random.Generator, words: Mapping[str, Any], how_many: int) -> list[str]:
    surnames, given = words["surnames"], words["given"]
    picks = rng.integers(0, [len(surnames), len(given), len(given) + 6], (how_many, 3))
    return [surnames[a] + given[b] + (given[c] if c < len(given) else "") for a, b, c in picks]
