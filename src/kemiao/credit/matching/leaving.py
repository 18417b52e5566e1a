"""Who walks away at which rate, by grade: the plan's table of a few classes of customer, laid out for the market's grades."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kemiao.base.refusal import Refusal
from kemiao.credit.allocate.elasticity import Elasticity


def by_grade(table: Elasticity, class_of: Mapping[str, str], grades: Sequence[str]) -> Elasticity | Refusal:
    """A row a grade, in the order of the grades. Refuses a grade that policy puts in no class of the table."""
    missing = [grade for grade in grades if class_of.get(grade) not in table.classes]
    if missing:
        named = "、".join(missing)
        return Refusal.at(
            "GRADE_WITHOUT_CLASS", f"等级 {named} 没有对应的流失率类别", f"no class of the churn table is given for the grades {', '.join(missing)}",
            file="plan.toml", key="churn_class",
        )  # fmt: skip
    rows = [table.classes.index(class_of[grade]) for grade in grades]
    return Elasticity(tuple(grades), table.rates_ppm, table.churn_ppm[rows], table.dips, table.largest_change_ppm)
