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

    def lend(self, draft: Draft, company: int, option: int, most_fen: int) -> bool:
        """A new loan, as large as fits up to most_fen; none where it would be below the least or lose money."""
        use = self.use[company][option]
        budget, industry, grade = self.member[company]
        room = min(draft.room[budget], draft.room[industry], draft.room[grade])
        amount = min(most_fen, self.cap[company], room // use if use else self.cap[company])
        if amount < self.offers.min_fen or self.value[company][option] * amount <= self.cost:
            return False
        self._book(draft, company, option, amount)
        return True

    def change(self, draft: Draft, company: int, option: int) -> None:
        """The same company by another option and as large as fits, if that earns more than what it has."""
        amount, old = draft.amount_fen[company], draft.option[company]
        before = self.value[company][old] * amount
        use = self.use[company][option]
        freed = amount * self.use[company][old]
        room = min(draft.room[limit] for limit in self.member[company]) + freed
        larger = min(self.cap[company], room // use if use else self.cap[company])
        if larger >= self.offers.min_fen and self.value[company][option] * larger > before:
            self._book(draft, company, old, -amount)
            self._book(draft, company, option, larger)

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
        desk.lend(draft, company, int(base.option[company]), desk.cap[company])
    if offers.value.shape[1] > 1:
        for share in UPGRADE_AT:
            wanted = answer(offers, at * share)
            held = np.array(draft.option)
            changed = np.flatnonzero((wanted.option != held) & (np.array(draft.amount_fen) > 0))
            gain = wanted.worth - np.take_along_axis(offers.value, held[:, None], axis=1)[:, 0] * offers.cap_fen
            for company in changed[np.argsort(-gain[changed], kind="stable")].tolist():
                desk.change(draft, company, int(wanted.option[company]))
    return draft


def from_choice(desk: Desk, chosen: Iterable[tuple[int, int, int]]) -> Draft:
    """(company, option, amount) as a solver gave them, with its rounding: cut to fit, then topped up to the fen."""
    draft = desk.blank()
    ordered = sorted(chosen, key=lambda loan: (-desk.value[loan[0]][loan[1]], loan[0]))
    for company, option, amount in ordered:
        desk.lend(draft, company, option, max(amount, desk.offers.min_fen))
    for company, option, _ in ordered:
        if draft.amount_fen[company]:
            desk.change(draft, company, option)
    return draft


def _order(score: FloatColumn, offers: Offers) -> list[int]:
    """Best first; equal ones by company, which is how the offers stand."""
    order: list[int] = np.argsort(-score, kind="stable").tolist()
    return order
