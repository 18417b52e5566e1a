"""What a funder or a company gains by not telling the truth: drawn agents, a grid of lies, each cleared again and valued by the truth.

Theory (Roth 1982): where companies ask and each has one request, none gains by its order; funders can. It says little of terms
such as rates and budgets, so it is measured.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from kemiao.base.money import PPM
from kemiao.base.refusal import Refusal
from kemiao.credit.allocate.elasticity import Elasticity
from kemiao.credit.matching.book import Book
from kemiao.credit.matching.market import IntColumn, Market, Wish
from kemiao.credit.matching.options import book as contractible
from kemiao.credit.matching.rules import MarketRules
from kemiao.credit.matching.stable import stable

AGENTS_MAX = 1_000


@dataclass(frozen=True, slots=True)
class Lie:
    """Of `agents` who told it, so many gained; gains are fen a year by the true value, of those who gained."""

    side: str
    lie: str
    agents: int
    gained: int
    mean_gain_fen: int
    largest_gain_fen: int
    lost: int
    mean_change_fen: int


def strategy(
    market: Market, rules: MarketRules, churn: Elasticity | None, agents: int, seed: int
) -> tuple[Lie, ...] | Refusal:
    """agents: drawn of each side, by seed, among those who take part. Refuses what can't be counted, as book does."""
    truth = contractible(market, rules, churn)
    if isinstance(truth, Refusal):
        return truth
    told = stable(truth, rules).amount_fen
    rng = np.random.Generator(np.random.PCG64(seed))
    sides = (("funder", np.unique(truth.mandate), _FUNDER), ("company", np.unique(truth.request), _COMPANY))
    results = []
    for side, there, lies in sides:
        drawn = np.sort(rng.permutation(there)[: min(agents, AGENTS_MAX)]).tolist()
        for name, lie in lies.items():
            changes = []
            for agent in drawn:
                lied = lie(market, truth, agent)
                if lied is None:
                    continue
                made = contractible(lied, rules, churn)
                if isinstance(made, Refusal):
                    return made
                value = _funder_value if side == "funder" else _company_value
                after = value(market, lied, made, stable(made, rules).amount_fen, agent)
                changes.append(after - value(market, market, truth, told, agent))
            results.append(_summed(side, name, changes))
    return tuple(results)


def _summed(side: str, lie: str, changes: list[int]) -> Lie:
    gains = [change for change in changes if change > 0]
    return Lie(
        side, lie, len(changes), len(gains), sum(gains) // len(gains) if gains else 0, max(gains, default=0),
        sum(change < 0 for change in changes), sum(changes) // len(changes) if changes else 0,
    )  # fmt: skip


def _mine(book: Book, amount_fen: IntColumn, owner: IntColumn, agent: int) -> Iterator[tuple[int, int]]:
    for p in np.flatnonzero((owner == agent) & (amount_fen > 0)).tolist():
        yield p, int(amount_fen[p])


def _funder_value(_true: Market, _lied: Market, book: Book, amount_fen: IntColumn, j: int) -> int:
    """Whatever rate it asked, the loan earns that rate; so the value by its own numbers is the true one."""
    return sum(fen * int(book.funder_ppm[p]) for p, fen in _mine(book, amount_fen, book.mandate, j)) // PPM


def _company_value(true: Market, lied: Market, book: Book, amount_fen: IntColumn, i: int) -> int:
    """By its true highest cost; of what it needs no more than that, and what is above costs without being of use."""
    understated = int(true.requests.rate_max_ppm[i] - lied.requests.rate_max_ppm[i])
    useful, total = int(true.requests.amount_fen[i]), 0
    for p, fen in _mine(book, amount_fen, book.request, i):
        used = min(fen, useful)
        useful -= used
        total += used * (int(book.company_ppm[p]) + understated) - (fen - used) * int(book.cost_ppm[p])
    return total // PPM


def _changed(column: IntColumn, row: int, value: int) -> IntColumn:
    new = column.copy()
    new[row] = value
    return new


def _raised(more_ppm: int) -> Callable[[Market, Book, int], Market | None]:
    def lie(market: Market, _: Book, j: int) -> Market:
        rates = market.mandates.rate_ppm.copy()
        rates[j] = np.where(rates[j] >= 0, np.minimum(rates[j] + more_ppm, PPM - 1), rates[j])
        return replace(market, mandates=replace(market.mandates, rate_ppm=rates))

    return lie


def _shrunk(share_ppm: int) -> Callable[[Market, Book, int], Market | None]:
    def lie(market: Market, _: Book, j: int) -> Market:
        budget = int(market.mandates.budget_fen[j]) * share_ppm // PPM
        return replace(
            market, mandates=replace(market.mandates, budget_fen=_changed(market.mandates.budget_fen, j, budget))
        )

    return lie


def _picky(part_ppm: int) -> Callable[[Market, Book, int], Market | None]:
    """Takes only the upper part of what it could lend by value."""

    def lie(market: Market, book: Book, j: int) -> Market:
        values = np.sort(book.funder_ppm[book.mandate == j])
        least = int(values[len(values) * (PPM - part_ppm) // PPM])
        return replace(
            market,
            mandates=replace(market.mandates, value_least_ppm=_changed(market.mandates.value_least_ppm, j, least)),
        )

    return lie


def _understated(less_ppm: int) -> Callable[[Market, Book, int], Market | None]:
    def lie(market: Market, _: Book, i: int) -> Market | None:
        rate = int(market.requests.rate_max_ppm[i]) - less_ppm
        if rate <= 0:
            return None
        return replace(
            market, requests=replace(market.requests, rate_max_ppm=_changed(market.requests.rate_max_ppm, i, rate))
        )

    return lie


def _truncated(first: int) -> Callable[[Market, Book, int], Market | None]:
    def lie(market: Market, book: Book, i: int) -> Market | None:
        order = dict.fromkeys(book.mandate[book.start[i] : book.start[i + 1]].tolist())
        if len(order) <= first:
            return None
        names = tuple(market.mandates.id[j] for j in list(order)[:first])
        ranking = (*market.requests.ranking[:i], Wish(names, False), *market.requests.ranking[i + 1 :])
        return replace(market, requests=replace(market.requests, ranking=ranking))

    return lie


def _more(times_ppm: int) -> Callable[[Market, Book, int], Market | None]:
    def lie(market: Market, _: Book, i: int) -> Market:
        amount = int(market.requests.amount_fen[i]) * times_ppm // PPM
        return replace(
            market, requests=replace(market.requests, amount_fen=_changed(market.requests.amount_fen, i, amount))
        )

    return lie


_Lies = dict[str, Callable[[Market, Book, int], Market | None]]
_FUNDER: _Lies = {
    "rate_up_0.25%": _raised(2_500), "rate_up_0.5%": _raised(5_000), "rate_up_1%": _raised(10_000),
    "budget_90%": _shrunk(900_000), "budget_75%": _shrunk(750_000), "budget_50%": _shrunk(500_000),
    "upper_half_only": _picky(500_000), "upper_quarter_only": _picky(250_000),
}  # fmt: skip
_COMPANY: _Lies = {
    "rate_max_down_0.5%": _understated(5_000), "rate_max_down_1%": _understated(10_000), "rate_max_down_2%": _understated(20_000),
    "first_choice_only": _truncated(1), "first_two_only": _truncated(2), "ask_125%": _more(1_250_000), "ask_150%": _more(1_500_000),
}  # fmt: skip
