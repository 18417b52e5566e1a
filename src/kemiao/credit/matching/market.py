"""The two sides of the market and the third, as they posted themselves: requests, mandates, covers.

Text columns are tuples, numbers are int64 arrays; UNKNOWN stands for what nobody stated, ALL for a limit that nobody set. What
a mandate asks for and nobody knows of a company is not fulfilled: nothing is guessed in anybody's favour.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

IntColumn = npt.NDArray[np.int64]
BoolColumn = npt.NDArray[np.bool_]

UNKNOWN = -1
ALL = 10**15  # of fen, months, days, ppm: more than anything can be
WHOLE, SPLIT, SYNDICATED = 0, 1, 2
FORMS = ("whole", "split", "syndicated")
"""whole: one mandate lends all of it, or nobody. split: several may lend parts, and any total from `least` is taken.
syndicated: several may lend parts, together exactly the amount, or nobody."""
NO, ACCEPT, NEED = 0, 1, 2
COVERED = ("no", "accept", "need")
"""Of a request: whether it takes a covered loan, or no other. Of a mandate: whether it lends with a cover, or not without."""
KINDS = ("guarantee", "pool")
"""Of a cover: a guarantor that is paid a fee, or a risk compensation fund. Both bear a share of the loss of what they cover."""
SIZES = ("micro", "small", "medium", "large")
TECHNOLOGY = tuple(f"T{number}" for number in range(1, 11))


@dataclass(frozen=True, slots=True)
class Wish:
    """An order that somebody typed: names from the most wanted on. others: whether those not named follow, by value; else
    they are not wanted at all."""

    named: tuple[str, ...]
    others: bool


@dataclass(frozen=True, slots=True)
class Requests:
    """What companies ask for, one a company, sorted by id. (n,) each.

    amount_fen, least_fen (of a split one), form (FORMS), months, rate_max_ppm: the highest true annual cost, guarantee's fee
    included. latest_day: date.toordinal of the day by which it needs the money. grade: place in Market.grades, technology: 1..10,
    size: place in SIZES, green, first_time: 0, 1; patents in force; age_months; all of them UNKNOWN where not known.
    covered: place in COVERED. collateral_fen: value of what it offers. speed_ppm_day: what a day sooner is worth to it, relation_ppm: a funder that
    it knows, flexible_ppm: a loan that may be repaid early without fee; ppm of the amount a year.
    ranking: None where its own value ranks. Names in ranking, veto, relations are of mandates or of funders.
    """

    id: tuple[str, ...]
    company: tuple[str, ...]
    purpose: tuple[str, ...]
    industry: tuple[str, ...]
    region: tuple[str, ...]
    collateral: tuple[frozenset[str], ...]
    ranking: tuple[Wish | None, ...]
    veto: tuple[frozenset[str], ...]
    relations: tuple[frozenset[str], ...]
    amount_fen: IntColumn
    least_fen: IntColumn
    form: IntColumn
    months: IntColumn
    rate_max_ppm: IntColumn
    latest_day: IntColumn
    grade: IntColumn
    technology: IntColumn
    pd_ppm: IntColumn
    lgd_ppm: IntColumn
    patents: IntColumn
    green: IntColumn
    size: IntColumn
    age_months: IntColumn
    first_time: IntColumn
    covered: IntColumn
    collateral_fen: IntColumn
    speed_ppm_day: IntColumn
    relation_ppm: IntColumn
    flexible_ppm: IntColumn

    def __len__(self) -> int:
        return len(self.id)


@dataclass(frozen=True, slots=True)
class Mandates:
    """What funders lend, sorted by id. (k,) each.

    kind: bank, branch, government, leasing, ... (a word). An empty set of industries, regions, purposes: all of them; not_industries are
    kept out. collateral: one of these is asked for; empty: none is. amount_low_fen, amount_high_fen: of what is asked for (a part of a split
    loan is held to the upper one alone). grade_floor, technology_floor: the worst that is taken (UNKNOWN: any, unknown too). rate_ppm: (k, grades + 1,
    11), by the request's grade (the last: unknown) and technology (0: unknown); UNKNOWN where it lends none. covered_off_ppm: taken off the rate of a covered loan.
    share_max_ppm: the largest part of the budget in one loan; industry_share_ppm: the largest part in one industry, by name
    ("*": each one not named). speed_days: from the match to the money. flexible: 1 where early repayment costs nothing. value_least_ppm: it lends
    nothing of less value (-ALL: whatever fulfils its terms). funding_ppm … risk_weight_ppm: its costs; loyal_ppm: what a company that it
    knows is worth to it. ranking: None where its value ranks; names are of requests or of companies.
    """

    id: tuple[str, ...]
    funder: tuple[str, ...]
    kind: tuple[str, ...]
    industries: tuple[frozenset[str], ...]
    not_industries: tuple[frozenset[str], ...]
    regions: tuple[frozenset[str], ...]
    purposes: tuple[frozenset[str], ...]
    collateral: tuple[frozenset[str], ...]
    industry_share_ppm: tuple[Mapping[str, int], ...]
    ranking: tuple[Wish | None, ...]
    product: tuple[str, ...]
    budget_fen: IntColumn
    amount_low_fen: IntColumn
    amount_high_fen: IntColumn
    months_low: IntColumn
    months_high: IntColumn
    grade_floor: IntColumn
    technology_floor: IntColumn
    rate_ppm: IntColumn
    covered_off_ppm: IntColumn
    patents_least: IntColumn
    green_only: IntColumn
    speed_days: IntColumn
    flexible: IntColumn
    share_max_ppm: IntColumn
    covered: IntColumn
    loan_to_value_ppm: IntColumn
    value_least_ppm: IntColumn
    funding_ppm: IntColumn
    operating_ppm: IntColumn
    target_return_ppm: IntColumn
    capital_ratio_ppm: IntColumn
    risk_weight_ppm: IntColumn
    loyal_ppm: IntColumn

    def __len__(self) -> int:
        return len(self.id)


@dataclass(frozen=True, slots=True)
class Covers:
    """Guarantors and risk compensation funds, sorted by id. (c,) each.

    capacity_fen: what it may bear at most. share_ppm: of a loan that it bears. fee_ppm: a year, of what it bears, paid by the
    company. mandates: the ones that it works with (ids or funders; empty: all). first_time_only, green_only: 0, 1. sizes: empty: all.
    """

    id: tuple[str, ...]
    guarantor: tuple[str, ...]
    kind: tuple[str, ...]
    industries: tuple[frozenset[str], ...]
    regions: tuple[frozenset[str], ...]
    sizes: tuple[frozenset[str], ...]
    mandates: tuple[frozenset[str], ...]
    capacity_fen: IntColumn
    share_ppm: IntColumn
    fee_ppm: IntColumn
    grade_floor: IntColumn
    technology_floor: IntColumn
    amount_high_fen: IntColumn
    months_high: IntColumn
    first_time_only: IntColumn
    green_only: IntColumn

    def __len__(self) -> int:
        return len(self.id)


@dataclass(frozen=True, slots=True)
class Market:
    """Everything that a clearing rests on beside its rules. grades: best first. day: on which it clears. seed: hex, of the lottery
    that breaks every tie; published with the result."""

    requests: Requests
    mandates: Mandates
    covers: Covers
    grades: tuple[str, ...]
    day: date
    seed: str
