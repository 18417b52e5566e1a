"""Who works there, what they are paid, and whether they are paid on time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kemiao.credit.profile.expressions import (
    divided,
    exact_sum,
    growth_ppm,
    month_number,
    newest,
    only_if,
    previous,
    ratio_ppm,
    within,
)
from kemiao.credit.profile.feature import Feature
from kemiao.credit.profile.window import FRESH_MONTHS, Span

if TYPE_CHECKING:
    from ibis.expr.types import Table, Value

_S, _P = ("staff",), ("payroll",)
STAFF_TOTAL = Feature("staff_total", "people", "职工总数", "total staff",
                      "有多少人在这里上班?", "How many people work there?", "count", "newest", _S)  # fmt: skip
STAFF_TECH = Feature("staff_tech", "people", "科技人员数", "technology staff",
                     "其中多少人做研发?", "How many of them do research?", "count", "newest", _S)  # fmt: skip
FEATURES = (
    STAFF_TOTAL,
    Feature("tech_staff_ppm", "people", "科技人员占比", "share of technology staff",
            "科技人员占多少?", "Which share of the staff does research?", "ppm", "newest", _S),
    Feature("postgraduate_ppm", "people", "研究生占比", "share of postgraduates",
            "高学历人员占多少?", "Which share of the staff has a postgraduate degree?", "ppm", "newest", _S),
    Feature("insured_ppm", "people", "参保比例", "share of insured staff",
            "员工都参保了吗?", "Are all of the staff insured?", "ppm", "newest", _S),
    Feature("staff_growth_ppm", "people", "人员增长", "growth of staff",
            "在招人还是在裁人?", "Does it hire or let go?", "ppm", "12m/12m", _S),
    Feature("payroll_growth_ppm", "people", "工资总额同比", "growth of payroll",
            "工资总额比去年同期多了还是少了?", "Does it pay more wages than a year ago?", "ppm", "3m/3m", _P),
    Feature("payroll_per_head_fen", "people", "月人均工资", "monthly pay a head",
            "它雇的是什么样的人?", "What kind of people does it pay for?", "fen", "3m/3m", _P),
    Feature("payroll_delay_days", "people", "发薪最长延迟", "longest delay of pay",
            "拖不拖工资?", "How many days after the month's end was pay latest?", "days", "12m", _P),
    Feature("sales_per_head_fen", "people", "人均销售", "sales a head",
            "一个人一年卖出多少?", "How much does it sell for each of its people?", "fen", "12m", ("staff", "invoice")),
    Feature("payroll_to_revenue_ppm", "people", "工资占收入", "payroll to sales",
            "收入里有多少发了工资?", "Which share of its sales goes into pay?", "ppm", "12m", ("payroll", "invoice")),
    Feature("tech_staff_growth_ppm", "people", "科技人员增长", "growth of technology staff",
            "研发队伍在扩大吗?", "Does its research staff grow?", "ppm", "12m/12m", _S),
    Feature("paid_people_growth_ppm", "people", "发薪人数同比", "growth of people paid",
            "发工资的人数比去年同期多了吗?", "Does it pay more people than a year ago?", "ppm", "3m/3m", _P),
    Feature("shrinking_months", "people", "减员月数", "months with fewer people",
            "一年里有几个月人数比上月少?", "In how many months of the year were fewer people paid than the month before?", "months", "12m", _P),
    Feature("paid_to_staff_ppm", "people", "发薪人数比职工", "people paid to staff",
            "名册上的人都在领工资吗?", "Are all on the roll paid?", "ppm", "newest", ("payroll", "staff")),
    Feature("pay_gap_months", "people", "缺发月数", "months without pay",
            "一年里有几个月没发工资?", "In how many months of the year was no pay recorded?", "months", "12m", _P),
)  # fmt: skip


def look_at_staff(staff: Table, span: Span) -> Table:
    """company and the newest count, beside the newest that is at least a year older than as_of."""
    known = staff.filter(staff.counted_on <= span.as_of)
    now = newest(known, ["company"], "counted_on")
    earlier = known.filter(known.counted_on <= span.ago(12), known.counted_on > span.ago(24))
    before = newest(earlier, ["company"], "counted_on").select("company", before="total", tech_before="tech")
    joined = now.left_join(before, "company", rname="{name}_before")
    recent = joined.counted_on > span.ago(12)
    return joined.select(
        "company",
        staff_total="total", staff_tech="tech", staff_postgraduate="postgraduate", staff_insured="insured",
        staff_before=only_if(recent, joined.before),
        tech_before=only_if(recent, joined.tech_before),
    )  # fmt: skip


def look_at_payroll(payroll: Table, span: Span) -> Table:
    """company and its last three paid months beside the same months of the year before."""
    rows = newest(payroll.filter(payroll.month_end <= span.as_of), ["company", "month_end"])
    rows = rows.mutate(month=month_number(rows.month_end))
    rows = rows.mutate(last_month=within(rows.month.max(), rows, ["company"]))
    rows = rows.mutate(
        age=rows.last_month - rows.month, fewer=rows.people < previous(rows.people, rows, ["company"], "month")
    )
    now, before = rows.age < 3, rows.age.between(12, 14)
    sums = rows.group_by("company").aggregate(
        last_month=rows.month.max(),
        pay=exact_sum(rows.total_fen, now),
        pay_before=exact_sum(rows.total_fen, before),
        heads=exact_sum(rows.people, now),
        heads_before=exact_sum(rows.people, before),
        heads_last=rows.people.max(where=rows.age == 0),
        year_pay=exact_sum(rows.total_fen, rows.age < 12),
        year_months=rows.count(where=rows.age < 12),
        history=rows.age.max(),
        shrinking=rows.count(where=rows.fewer & (rows.age < 12)),
        months=rows.count(where=now),
        months_before=rows.count(where=before),
        delay=rows.paid_on.delta(rows.month_end, unit="day").max(where=rows.month_end > span.ago(12)),
    )
    fresh = span.as_of_month - sums.last_month <= FRESH_MONTHS
    whole = fresh & (sums.months == 3)
    return sums.select(
        "company",
        payroll_3m_fen=only_if(whole, sums.pay),
        payroll_before_fen=only_if(sums.months_before == 3, sums.pay_before),
        payroll_heads=only_if(whole, sums.heads),
        payroll_heads_before=only_if(sums.months_before == 3, sums.heads_before),
        payroll_last_heads=only_if(whole, sums.heads_last),
        payroll_12m_fen=only_if(fresh & (sums.year_months == 12), sums.year_pay),
        shrinking_months=only_if(fresh & (sums.history >= 12), sums.shrinking),
        pay_gap_months=only_if(fresh & (sums.history >= 11), 12 - sums.year_months),
        payroll_delay_days=(sums.delay < 0).ifelse(0, sums.delay),
    )


def derive(row: Table) -> dict[str, Value]:
    return {
        "tech_staff_ppm": ratio_ppm(row.staff_tech, row.staff_total),
        "postgraduate_ppm": ratio_ppm(row.staff_postgraduate, row.staff_total),
        "insured_ppm": ratio_ppm(row.staff_insured, row.staff_total),
        "staff_growth_ppm": growth_ppm(row.staff_total, row.staff_before),
        "payroll_growth_ppm": growth_ppm(row.payroll_3m_fen, row.payroll_before_fen),
        "payroll_per_head_fen": divided(row.payroll_3m_fen, row.payroll_heads),
        "sales_per_head_fen": divided(row.revenue_12m_fen, row.staff_total),
        "payroll_to_revenue_ppm": ratio_ppm(row.payroll_12m_fen, row.revenue_12m_fen),
        "tech_staff_growth_ppm": growth_ppm(row.staff_tech, row.tech_before),
        "paid_people_growth_ppm": growth_ppm(row.payroll_heads, row.payroll_heads_before),
        "paid_to_staff_ppm": ratio_ppm(row.payroll_last_heads, row.staff_total),
    }
