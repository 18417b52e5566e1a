"""From prices to loans: whole fen, inside every limit exactly. All sums here are Python integers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kemiao.base.money import PPM
from kemiao.base.refusal import BrokenInvariant
from kemiao.credit.allocate.offers import VALUE_SCALE, Offers
from kemiao.credit.allocate.prices import FloatColumn, answer, company_prices

IntColumn = npt.NDArray[np.int64]
UPGRADE_AT = (
    1 - 1e-6,
    0.99,
    0.97,
    0.9,
    0.75,
)  # shares of the price at which a company is asked again what it would take


@dataclass(slots=True)
class Draft:
    """A feasible plan at all times. option, amount_fen: (n,), amount 0 where there is no loan. room: ppm of a fen."""

    option: list[int]
    amount_fen: list[int]
    room: list[int]


class Desk:
    """The offers as Python lists: a loop of exact steps over them is quick."""

    def __init__(self, offers: Offers) -> None:
        self.offers = offers
        self.value, self.use = offers.value.tolist(), offers.use.tolist()
        self.cap, self.member = offers.cap_fen.tolist(), offers.member.tolist()
        self.cost = offers.cost_fen * VALUE_SCALE

    def blank(self) -> Draft:
        n = len(self.offers)
        return Draft([0] * n, [0] * n, [limit.limit_fen * PPM for limit in self.offers.limits])

    def lend(self, draft: Draft, company: int, option: int) -> bool:
        """A new loan, as large as fits; none where it would be below the least or lose money."""
        amount = self._largest(draft, company, option, 0)
        if amount < self.offers.min_fen or self.value[company][option] * amount <= self.cost:
            return False
        self._book(draft, company, option, amount)
        return True

    def hold(self, draft: Draft, company: int, option: int) -> None:
        """The least loan, if it fits, whatever it earns: it is raised later, or dropped."""
        if self._largest(draft, company, option, 0) >= self.offers.min_fen:
            self._book(draft, company, option, self.offers.min_fen)

    def move(self, draft: Draft, company: int, option: int, most_fen: int) -> None:
        """A loan made by this option instead, as large as fits up to most_fen, if that earns more than what it has."""
        amount, old = draft.amount_fen[company], draft.option[company]
        if amount == 0:
            return
        larger = min(self._largest(draft, company, option, amount * self.use[company][old]), most_fen)
        if larger >= self.offers.min_fen and self.value[company][option] * larger > self.value[company][old] * amount:
            self._book(draft, company, old, -amount)
            self._book(draft, company, option, larger)

    def drop_if_losing(self, draft: Draft, company: int) -> None:
        amount, option = draft.amount_fen[company], draft.option[company]
        if amount and self.value[company][option] * amount <= self.cost:
            self._book(draft, company, option, -amount)

    def _largest(self, draft: Draft, company: int, option: int, freed: int) -> int:
        """What fits the company's cap and, with `freed` given back, the room of its limits."""
        use = self.use[company][option]
        if use == 0:
            return int(self.cap[company])
        budget, industry, grade = self.member[company]
        room = min(draft.room[budget], draft.room[industry], draft.room[grade]) + freed
        return int(min(self.cap[company], room // use))

    def _book(self, draft: Draft, company: int, option: int, amount: int) -> None:
        use = self.use[company][option] * amount
        for limit in self.member[company]:
            draft.room[limit] -= use
        draft.option[company] = option
        draft.amount_fen[company] += amount

    def profit(self, draft: Draft) -> int:
        """10^-12 fen, exact."""
        return sum(
            self.value[company][draft.option[company]] * amount - self.cost
            for company, amount in enumerate(draft.amount_fen)
            if amount
        )

    def check(self, draft: Draft) -> None:
        """Counts everything again. A plan that breaks a limit is a fault of ours, never shown."""
        room = [limit.limit_fen * PPM for limit in self.offers.limits]
        for company, amount in enumerate(draft.amount_fen):
            if amount and not self.offers.min_fen <= amount <= self.cap[company]:
                raise BrokenInvariant(f"loan {company} of {amount} fen is outside its range")
            for limit in self.member[company] if amount else ():
                room[limit] -= amount * self.use[company][draft.option[company]]
        if room != draft.room or min(room) < 0:
            raise BrokenInvariant("the plan does not fit its limits")


def by_prices(desk: Desk, price: FloatColumn) -> Draft:
    """Takes companies by what they are worth above the price, a unit used, and fills what is left downwards.

    Just above the price companies take the option that uses least; what then is left is spent on better options, in
    the order of what the change earns.
    """
    offers = desk.offers
    at = company_prices(offers, price)
    draft = desk.blank()
    base = answer(offers, at * (1 + 1e-6))
    for company in _order(base.worth / np.maximum(base.use, 1.0), offers):
        desk.lend(draft, company, int(base.option[company]))
    if offers.value.shape[1] > 1:
        for share in UPGRADE_AT:
            wanted = answer(offers, at * share)
            held = np.array(draft.option)
            changed = np.flatnonzero((wanted.option != held) & (np.array(draft.amount_fen) > 0))
            gain = wanted.worth - np.take_along_axis(offers.value, held[:, None], axis=1)[:, 0] * offers.cap_fen
            for company in changed[np.argsort(-gain[changed], kind="stable")].tolist():
                desk.move(draft, company, int(wanted.option[company]), desk.cap[company])
    return draft


def from_choice(desk: Desk, chosen: Iterable[tuple[int, int, int]]) -> Draft:
    """(company, option, amount) as a solver gave them, with its rounding, cut to fit and then topped up to the fen.

    Everybody's least loan first: a solver's tolerance of a few fen must not push the last one below it.
    """
    draft = desk.blank()
    ordered = sorted(chosen, key=lambda loan: (-desk.value[loan[0]][loan[1]], loan[0]))
    for company, option, _ in ordered:
        desk.hold(draft, company, option)
    for company, option, amount in ordered:
        desk.move(draft, company, option, amount)
    for company, option, _ in ordered:
        desk.move(draft, company, option, desk.cap[company])
    for company, _, _ in ordered:
        desk.drop_if_losing(draft, company)
    return draft


def _order(score: FloatColumn, offers: Offers) -> list[int]:
    """Best first; equal ones by company, which is how the offers stand."""
    order: list[int] = np.argsort(-score, kind="stable").tolist()
    return order
