"""What the company spends on research, against what it sells, and whether it ever paused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kemiao.credit.profile.expressions import divided, growth_ppm, newest, only_if, ranked, ratio_ppm, within
from kemiao.credit.profile.feature import Feature
from kemiao.credit.profile.window import ANNUAL_MONTHS, Span

if TYPE_CHECKING:
    from ibis.expr.types import Table, Value

_R = ("research_expense",)
RD_EXPENSE = Feature("rd_expense_fen", "research", "研发费用", "research expense",
                     "一年花多少钱做研发?", "How much does it spend on research in a year?", "fen", "newest", _R)  # fmt: skip
FEATURES = (
    Feature("rd_to_revenue_ppm", "research", "研发费用占比", "research to revenue",
            "收入里有多少投进研发?", "Which share of its revenue goes into research?", "ppm", "newest",
            ("research_expense", "financial_statement", "tax_filing", "invoice")),
    Feature("rd_growth_ppm", "research", "研发费用增长", "growth of research expense",
            "研发投入在增加吗?", "Does it spend more on research than the year before?", "ppm", "12m/12m", _R),
    Feature("rd_years", "research", "连续研发年数", "years of research without pause",
            "研发连续做了几年?", "For how many years without a pause has it spent on research?", "count", "history", _R),
    Feature("rd_per_tech_fen", "research", "科技人员人均研发", "research expense a head",
            "每个科技人员一年花多少研发费?", "How much research does it pay for each of its technology staff?", "fen", "newest", ("research_expense", "staff")),
    Feature("rd_deduction_ppm", "research", "加计扣除比研发费用", "super-deduction to expense",
            "税务认的研发占账上多少?", "How much of its research does the tax office recognise?", "ppm", "newest", _R),
    Feature("rd_growth_2y_ppm", "research", "研发费用两年增长", "growth of research expense over two years",
            "研发投入两年里增加了多少?", "Does it spend more on research than two years before?", "ppm", "36m", _R),
    Feature("rd_to_payroll_ppm", "research", "研发费用比工资", "research to payroll",
            "工资总额里撑得起多少研发?", "How large is research beside all that it pays its people?", "ppm", "newest", ("research_expense", "payroll")),
)  # fmt: skip


def look(research_expense: Table, span: Span) -> Table:
    """company, rd_expense_fen of its newest year (null when that is stale), rd_before_fen, rd_years, rd_year."""
    import ibis

    rows = newest(research_expense.filter(research_expense.year_end <= span.as_of), ["company", "year_end"])
    rows = rows.select("company", "year_end", "amount_fen", "deduction_fen", year=rows.year_end.year())
    rows = rows.mutate(last=within(rows.year.max(), rows, ["company"]))
    spent = rows.mutate(place=ranked(rows, ["company"], [(rows.amount_fen == 0), ibis.desc(rows.year)]))
    # Years that were spent in, newest first, keep step with the calendar until the first pause.
    unbroken = (spent.amount_fen > 0) & (spent.last - spent.year == spent.place)
    sums = spent.group_by("company").aggregate(
        newest_on=spent.year_end.max(),
        rd_expense_fen=spent.amount_fen.max(where=spent.year == spent.last),
        rd_before_fen=spent.amount_fen.max(where=spent.year == spent.last - 1),
        rd_before_2_fen=spent.amount_fen.max(where=spent.year == spent.last - 2),
        rd_deduction_fen=spent.deduction_fen.max(where=spent.year == spent.last),
        rd_years=spent.count(where=unbroken),
    )
    fresh = sums.newest_on > span.ago(ANNUAL_MONTHS)
    return sums.select(
        "company",
        **{
            name: only_if(fresh, sums[name])
            for name in ("rd_expense_fen", "rd_before_fen", "rd_before_2_fen", "rd_deduction_fen", "rd_years")
        },
        rd_on=sums.newest_on,
    )


def derive(row: Table, revenue_fen: Value) -> dict[str, Value]:
    return {
        "rd_to_revenue_ppm": ratio_ppm(row.rd_expense_fen, revenue_fen),
        "rd_growth_ppm": growth_ppm(row.rd_expense_fen, row.rd_before_fen),
        "rd_per_tech_fen": divided(row.rd_expense_fen, row.staff_tech),
        "rd_deduction_ppm": ratio_ppm(row.rd_deduction_fen, row.rd_expense_fen),
        "rd_growth_2y_ppm": growth_ppm(row.rd_expense_fen, row.rd_before_2_fen),
        "rd_to_payroll_ppm": ratio_ppm(row.rd_expense_fen, row.payroll_12m_fen),
    }
