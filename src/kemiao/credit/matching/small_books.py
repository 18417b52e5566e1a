"""Small books: where the optimum itself, or a proof closer than prices give, is within reach."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kemiao.credit.matching.book import Book
from kemiao.credit.matching.portfolios import fits, portfolios
from kemiao.credit.matching.rules import MarketRules

if TYPE_CHECKING:  # best.py calls this module
    from kemiao.credit.matching.best import Best


def small(book: Book) -> bool:
    """Whether proven() has something to say of this book."""
    return fits(book)


def proven(book: Book, rules: MarketRules, found: Best) -> Best:
    """Improves what was found and its bound; never worse than either. Asks for small(book). Stops on nodes or gap."""
    return portfolios(book, rules, found)
