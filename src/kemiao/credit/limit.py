"""How much: the smallest of several ceilings, each shown, the binding one named.

    need        what the working-capital formula says (law/working_capital), or a share of turnover where its inputs are
                unknown (流动资金贷款管理办法 2024, small enterprises may be judged by other ways)
    repayment   what yearly surplus can repay in the policy's number of years, less debts that are known; of research expense
                the policy counts a part as surplus, for a company may put research off but not its wages
    exposure    a share of turnover that all debts together may reach, less debts that are known
    grade       the policy's cap for the grade
    product     the policy's cap for one borrower

Own and external loans that are unknown are not taken as zero in silence: the ceilings are those before them, and the
decision carries the condition precedent that they be shown and deducted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from kemiao.base.columns import IntArray, Ints, least

CEILINGS = ("need", "repayment", "exposure", "grade", "product")
WORDS: Mapping[str, tuple[str, str]] = {
    "need": ("流动资金需求", "working-capital need"),
    "repayment": ("还款能力", "repayment capacity"),
    "exposure": ("总负债上限", "ceiling on all debts"),
    "grade": ("评级上限", "cap of the grade"),
    "product": ("产品上限", "cap of the product"),
}
INPUTS: Mapping[str, tuple[str, ...]] = {  # what each ceiling reads; what is null of it is "missing"
    "need": ("revenue_fen",),
    "repayment": ("net_profit_fen", "rd_expense_fen", "revenue_12m_fen", "purchases_12m_fen"),
    "exposure": ("revenue_fen",),
    "grade": ("revenue_fen",),
    "product": (),
}
DEBTS = ("own_loan_balance_fen", "external_loan_balance_fen")
READS = tuple(dict.fromkeys(name for names in (*INPUTS.values(), DEBTS) for name in names))


@dataclass(frozen=True, slots=True)
class LimitPolicy:
    """policy/limits.toml. Shares in ppm, amounts in fen."""

    step_fen: int
    min_fen: int
    max_fen: int
    turnover_share_ppm: int
    margin_kept_ppm: int  # of the trading margin, what is left to repay with where no profit is known
    research_postponable_ppm: int  # of research expense, what could be put off to repay
    repayment_years: int
    debt_to_turnover_ppm: int
    other_sources_fen: int  # working-capital sources that nobody has declared
    growth_low_ppm: int
    growth_high_ppm: int
    grade_share_ppm: Mapping[str, int]  # of turnover
    grade_max_fen: Mapping[str, int]

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> LimitPolicy:
        grades = {row["grade"]: row for row in content["grade"]}
        own = {name: content[name] for name in cls.__dataclass_fields__ if not name.startswith("grade_")}
        return cls(
            **own,
            grade_share_ppm={grade: row["share_ppm"] for grade, row in grades.items()},
            grade_max_fen={grade: row["max_fen"] for grade, row in grades.items()},
        )


@dataclass(frozen=True, slots=True)
class Limit:
    """Columns: each ceiling as it stands (unknown where it can't be told), the limit and the number of what binds.

    limit: whole steps, never below zero; zero where nothing is known, for a proposal of nothing is what that is.
    need_by: "formula", "turnover" or null for each row.
    """

    ceilings: Mapping[str, Ints]
    limit: IntArray
    binding: IntArray
    need_by: pa.Array
    debts_unknown: np.typing.NDArray[np.bool_]


def limit(features: pa.Table, need_formula: Ints, grade: pa.Array | Sequence[str | None], policy: LimitPolicy) -> Limit:
    """features: one row a company with the columns of INPUTS and DEBTS; need_formula: WC less own funds, before debts.

    grade: the row's grade, null where it could not be rated.
    """
    rows = features.num_rows
    column = {name: Ints.of(features[name]) for names in (*INPUTS.values(), DEBTS) for name in names}
    revenue = column["revenue_fen"]
    debts = [column[name] for name in DEBTS]
    known_debt = Ints(sum((debt.values for debt in debts), np.zeros(rows, np.int64)), np.ones(rows, bool))
    by_turnover = revenue.share(Ints.all(policy.turnover_share_ppm, rows))
    ceilings = {
        "need": need_formula.or_else(by_turnover) - known_debt,
        "repayment": _surplus(column, policy) - known_debt,
        "exposure": revenue.share(Ints.all(policy.debt_to_turnover_ppm, rows)) - known_debt,
        "grade": _by_grade(revenue, grade, policy),
        "product": Ints.all(policy.max_fen, rows),
    }
    smallest, binding = least([ceilings[name] for name in CEILINGS])
    anything = ceilings["need"].known  # without turnover only the product's cap is left: that is no basis for an amount
    return Limit(
        ceilings,
        np.where(anything, smallest.steps_of(policy.step_fen).values, 0),
        np.where(anything, binding, -1),
        pa.array(np.where(need_formula.known, "formula", "turnover"), mask=~(need_formula.known | revenue.known)),
        ~np.logical_and.reduce([debt.known for debt in debts]),
    )


def _surplus(column: Mapping[str, Ints], policy: LimitPolicy) -> Ints:
    """Net profit and the postponable part of research expense, otherwise the kept part of the trading margin, over the years.

    Research expense that is unknown adds nothing: it can only raise the ceiling, and is named as missing.
    """
    rows = len(column["net_profit_fen"])
    margin = (column["revenue_12m_fen"] - column["purchases_12m_fen"]).at_least(0)
    postponable = column["rd_expense_fen"].share(Ints.all(policy.research_postponable_ppm, rows))
    earned = column["net_profit_fen"]
    stated = Ints(earned.values + postponable.values, earned.known)
    yearly = stated.or_else(margin.share(Ints.all(policy.margin_kept_ppm, rows)))
    return Ints(yearly.values * policy.repayment_years, yearly.known)


def _by_grade(revenue: Ints, grade: pa.Array | Sequence[str | None], policy: LimitPolicy) -> Ints:
    share = revenue.share(Ints.by_name(grade, policy.grade_share_ppm))
    return least([share, Ints.by_name(grade, policy.grade_max_fen)])[0].where(share.known)
