"""The industry of the size standard from a company's name, where no register says it: words of trade, and how far to trust them.

The guess is for portraits, peers and ratings. The rules of law read `industry`, which a register alone fills.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from kemiao.base.rates import PPM
from kemiao.base.tables import DatedTable, read_packaged
from kemiao.credit.profile.expressions import first_known, only_if

if TYPE_CHECKING:
    from ibis.expr.types import Table, Value


_ASIDE = "[(（][^()（）]*[)）]"  # 电子(中国)有限公司: what stands in brackets is no trade


_NOTHING = "--"  # the place of names that tell of no industry


@dataclass(frozen=True, slots=True)
class Named:
    """industry and confidence_ppm are null where the word could mean anything, or there is none."""

    industry: str | None
    confidence_ppm: int | None
    word: str | None


@dataclass(frozen=True, slots=True)
class Words:
    """pattern: over the name read backwards, so that its first match is the word that ends last, and of those the longest.
    trades: word → industry and trust; vague words are in the pattern alone."""

    pattern: str
    trades: Mapping[str, tuple[str, int]]

    @property
    def said(self) -> list[tuple[str, int]]:
        """Each industry with each trust, in the order of their places in columns."""
        return sorted(set(self.trades.values()))


def industry_of(name: str) -> Named:
    """The industry that a name tells of: 云岚建筑劳务有限公司 → leasing_business, by 建筑劳务; nothing by 科技 or 实业."""
    book = words()
    found = re.search(book.pattern, re.sub(_ASIDE, "", name)[::-1])
    word = found[0][::-1] if found else None
    industry, trust = book.trades.get(word or "", (None, None))
    return Named(industry, trust, word)


def heard(name: Value) -> Value:
    """A column of names → the place in `said`, as two digits of text; _NOTHING without one, null without a name.

    The words are one text, cut where the word stands, and its two digits stand before it: one literal is planned much faster
    than six hundred (28 ms as a map, 12 ms as a list on the machine where one company took 300 ms).
    """
    import ibis

    book = words()
    places = {trade: f"{place:02d}" for place, trade in enumerate(book.said)}
    listed = "".join(f"{places[trade]}={word[::-1]}|" for word, trade in book.trades.items()) + _NOTHING
    word = name.re_replace(_ASIDE, "").reverse().re_extract(book.pattern, 0)
    return ibis.literal(listed).split("=" + word + "|")[0].right(len(_NOTHING))


def derive(row: Table) -> dict[str, Value]:
    """industry_of as columns, behind the register's own industry; only that one is certain."""
    import ibis

    said = [(f"{place:02d}", *trade) for place, trade in enumerate(words().said)]
    named = row.named_trade.cases(*((place, industry) for place, industry, _ in said))
    trust = row.named_trade.cases(*((place, trust) for place, _, trust in said)).cast("int64")
    registered = row.industry.notnull()
    return {
        "industry_named": first_known(row.industry, named),
        "industry_source": registered.ifelse("register", only_if(row.named_trade != _NOTHING, ibis.literal("name"))),
        "industry_confidence_ppm": registered.ifelse(PPM, trust),
    }


@lru_cache(maxsize=1)
def words() -> Words:
    """The packaged table: data of the release as the code is, since no day changes what a word means."""
    return words_of(read_packaged("kemiao.credit.profile", "industry_words"))


def words_of(table: DatedTable) -> Words:
    every: list[str] = []
    trades: dict[str, tuple[str, int]] = {}
    for row in table.rows:
        cells = row.cells
        listed = [str(word) for word in cells["words"]] if isinstance(cells["words"], list) else []
        every += listed
        if cells["strength"] != "vague":
            trades |= dict.fromkeys(listed, (str(cells["industry"]), int(str(table.head[f"{cells['strength']}_ppm"]))))
    # Backwards and the longest first: both engines of patterns take the first alternative that fits.
    backwards = (re.escape(word[::-1]) for word in sorted(every, key=lambda word: (-len(word), word)))
    return Words("|".join(backwards), trades)
