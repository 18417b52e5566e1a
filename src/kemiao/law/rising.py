"""What an asset needs to rise again (上调、重组资产): the observation of a restructured one, the upgrade of a non-performing one."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa

from kemiao.base.columns import BoolArray, IntArray, Ints
from kemiao.base.refusal import Refusal
from kemiao.base.tables import Row
from kemiao.law.columns import Cases, answer, names_at, weight_of
from kemiao.law.five_class import CLASSES
from kemiao.law.in_force import by_id, number, rows_in_force
from kemiao.law.months import day_after_months, day_array, days_of
from kemiao.law.rule import Input, Law, Output, Rule
from kemiao.law.truth import Truth

_EPOCH = date(1970, 1, 1)
_RS = ("RS2", "RS3", "RS4", "RS5", "RS6", "U1")


def restructured(cases: pa.Table, law: Law, on: date) -> pa.Table | Refusal:
    """RS1–RS6. restructured: in difficulty and changed in the debtor's favour. Its observation starts at the first payment date
    after the change, again at each missed date and at a non-performing trigger in the period, and at another restructuring
    (missed_on, nonperforming_on, again_on: the last of each), and ends not before the longer of a year and two periods; where
    difficulty is unsolved at its end it starts again there. What is missed after the end says nothing: only the last one being
    told, whoever follows a loan day by day gives the start of the running period as first_payment_on. floor: the least class on
    the day `on`.
    """
    rows = rows_in_force(law, "five_class", on, _RS)
    if isinstance(rows, Refusal):
        return rows
    given = Cases(cases)
    both = given.flag("in_difficulty") & given.flag("changed_in_favour")
    first, period = days_of(given.day("first_payment_on")), given.count("period_months")
    unsolved = given.flag("difficulty_unsolved").sure
    starts = _later(first, days_of(given.day("again_on")), np.ones(given.rows, bool))
    for _ in range(2):  # the later of two can lie in the period that the earlier one prolongs
        for name in ("missed_on", "nonperforming_on"):
            at, ends = days_of(given.day(name)), day_after_months(starts, _months(period, by_id(rows, "RS2")))
            starts = _later(starts, at, at.values <= ends.values)
    starts, ends = _observation(starts, period, by_id(rows, "RS2"), unsolved, (on - _EPOCH).days)
    before_end = Truth.where_known((on - _EPOCH).days < ends.values, ends.known)
    observed = both & before_end
    again = days_of(given.day("again_on"))
    worst = observed & Truth(again.known, again.known)
    below = observed & Truth.of(given.flag("nonperforming_before").arrow(np.ones(given.rows, bool)))
    low_class, rs6 = (CLASSES.index(str(by_id(rows, name).cells["class"])) for name in ("RS4", "RS6"))
    barred = CLASSES.index(str(by_id(rows, "U1").cells["class"]))
    met = given.flag("upgrade_met").sure
    risen = Truth(met, met)
    held = below & ~risen
    low = np.maximum.reduce([np.where(observed.sure, low_class, 0), np.where(worst.sure & ~risen.sure, rs6, 0), np.where(held.sure, barred, 0)])  # fmt: skip
    high = np.maximum.reduce([np.where(observed.possible, low_class, 0), np.where(worst.possible & ~risen.sure, rs6, 0), np.where(held.possible, barred, 0)])  # fmt: skip
    asked = both.possible
    missing = {
        "in_difficulty": both.undecided & given.flag("in_difficulty").undecided,
        "changed_in_favour": both.undecided & given.flag("changed_in_favour").undecided,
        "first_payment_on": asked & ~first.known,
        "period_months": asked & ~period.known,
        "nonperforming_before": (low != high) & given.flag("nonperforming_before").undecided,
    }
    everywhere = np.ones(given.rows, bool)
    outputs = {
        "restructured": both.arrow(everywhere),
        "observed_from": day_array(starts.where(both.sure)),
        "observed_until": day_array(ends.where(both.sure)),
        "observed": observed.arrow(everywhere),
        "floor": names_at(low, CLASSES, low == high),
    }
    return answer(RESTRUCTURED, given, on, outputs, missing, _confidence(given, rows, _RS))


def _later(starts: Ints, at: Ints, counts: BoolArray) -> Ints:
    later = counts & at.known & starts.known & (at.values > starts.values)
    return Ints(np.where(later, at.values, starts.values), starts.known)


def _months(period: Ints, row: Row) -> Ints:
    """The longer of the row's months and its number of payment periods."""
    return Ints(np.maximum(number(row, "months_at_least"), number(row, "periods_at_least") * period.values), period.known)  # fmt: skip


def _observation(starts: Ints, period: Ints, row: Row, unsolved: BoolArray, today: int) -> tuple[Ints, Ints]:
    months = _months(period, row)
    ends = day_after_months(starts, months)
    for _ in range(200):  # 200 years of unsolved difficulty
        over = unsolved & ends.known & (ends.values <= today)
        if not over.any():
            break
        starts = Ints(np.where(over, ends.values, starts.values), starts.known)
        ends = Ints(np.where(over, day_after_months(starts, months).values, ends.values), ends.known)
    return starts, ends


def upgrade(cases: pa.Table, law: Law, on: date) -> pa.Table | Refusal:
    """U1. eligible_on: the first day on which a non-performing asset may rise; upgrade: whether it may on the day `on`.

    cleared_on: since when all claims are paid and nothing was missed. period_months 0: no instalments, only months count.
    """
    rows = rows_in_force(law, "five_class", on, ("U1",))
    if isinstance(rows, Refusal):
        return rows
    given, row = Cases(cases), by_id(rows, "U1")
    cleared, period, timely = (
        days_of(given.day("cleared_on")),
        given.count("period_months"),
        given.count("periods_timely"),
    )
    months = _months(period, row)
    eligible = day_after_months(cleared, months)
    waited = Truth.where_known(eligible.values <= (on - _EPOCH).days, eligible.known)
    paid = ~Truth.at_most(timely, number(row, "periods_at_least") - 1) | Truth(period.known & (period.values == 0), period.known & (period.values == 0))  # fmt: skip
    expected, left = given.flag("performance_expected"), given.flag("impaired_left")
    risen = waited & paid & expected & ~left
    missing = {
        "cleared_on": risen.undecided & ~cleared.known, "period_months": risen.undecided & ~period.known,
        "periods_timely": risen.undecided & paid.undecided, "performance_expected": risen.undecided & expected.undecided,
        "impaired_left": risen.undecided & left.undecided,
    }  # fmt: skip
    everywhere = np.ones(given.rows, bool)
    outputs = {"eligible_on": day_array(eligible), "upgrade": risen.arrow(everywhere)}
    return answer(UPGRADE, given, on, outputs, missing, _confidence(given, rows, ("U1",)))


def _confidence(given: Cases, rows: tuple[Row, ...], names: tuple[str, ...]) -> IntArray:
    return np.full(given.rows, max(weight_of(by_id(rows, name).confidence) for name in names))


_SOURCE = "商业银行金融资产风险分类办法, 银保监会 人民银行令2023年第1号"
RESTRUCTURED = Rule(
    "restructured", "重组资产观察期", "observation of restructured assets", _SOURCE,
    (
        Input("in_difficulty", "flag", "债务人财务困难", "the debtor is in financial difficulty", ("difficulty", "财务困难")),
        Input("changed_in_favour", "flag", "合同作有利于债务人的调整或再融资", "contract changed in the debtor's favour or refinanced", ("changed", "重组")),
        Input("first_payment_on", "day", "变更后第一个还款日", "first payment date after the change", ("first payment", "首个还款日")),
        Input("period_months", "count", "还款期(月)", "months of a payment period", ("period", "months", "还款周期")),
        Input("nonperforming_before", "flag", "重组前为不良", "non-performing before", ("npl before",)),
        Input("missed_on", "day", "最近一次未按时足额偿还之日", "last date that was missed", ("missed",), elected=True),
        Input("nonperforming_on", "day", "观察期内转为不良之日", "day of a non-performing trigger in the period", elected=True),
        Input("again_on", "day", "观察期内再次重组后的第一个还款日", "first payment date after another restructuring in the period", ("restructured again",), elected=True),
        Input("difficulty_unsolved", "flag", "期满困难未解除", "difficulty unsolved at the end", elected=True),
        Input("upgrade_met", "flag", "已满足上调条件", "the conditions of an upgrade are met", elected=True),
    ),
    (
        Output("restructured", "flag", "重组资产", "restructured asset"),
        Output("observed_from", "day", "观察期自", "observed from"),
        Output("observed_until", "day", "观察期不早于此日结束", "observation ends not before"),
        Output("observed", "flag", "观察期内", "in the observation period"),
        Output("floor", "choice", "至少归为", "at least"),
    ),
    ("five_class",), restructured,
)  # fmt: skip
UPGRADE = Rule(
    "upgrade", "不良资产上调", "upgrade of non-performing assets", _SOURCE,
    (
        Input("cleared_on", "day", "逾期债权及费用全部清偿之日", "day since when all overdue claims and costs are paid", ("cleared", "清偿日")),
        Input("period_months", "count", "还款期(月)", "months of a payment period", ("period", "months", "还款周期")),
        Input("periods_timely", "count", "此后连续按时偿还的期数", "periods paid on time since then", ("timely", "按时期数")),
        Input("performance_expected", "flag", "预计今后能按时履约", "future performance is expected", ("expected",)),
        Input("impaired_left", "flag", "债务人在本行尚有减值资产", "an impaired asset of the debtor is left at this bank", ("impaired left",)),
    ),
    (
        Output("eligible_on", "day", "最早可上调日", "first day on which it may rise"),
        Output("upgrade", "flag", "可上调", "may rise"),
    ),
    ("five_class",), upgrade,
)  # fmt: skip
