"""Clocks of a consumer complaint (消费投诉), in calendar days (自然日). Source: law/tables/complaint.toml."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pyarrow as pa

from kemiao.base.columns import IntArray, Ints
from kemiao.base.refusal import Refusal
from kemiao.base.tables import weakest
from kemiao.law.columns import Cases, answer, weight_of
from kemiao.law.in_force import by_id, number, rows_in_force
from kemiao.law.months import day_array, days_of
from kemiao.law.rule import Input, Law, Output, Rule

CLOCKS = ("CM1", "CM2", "CM3")  # by how often the answer was put off
_IDS = (*CLOCKS, "CM4", "CM9", "CM10", "CM13", "CM14")


@dataclass(frozen=True, slots=True)
class ComplaintLaw:
    """answer_days: from receipt, by how often it was put off. years: how long the file is kept."""

    answer_days: tuple[int, ...]
    credit_report_days: int
    representatives_max: int
    remedies: tuple[str, ...]
    review_request_days: int
    review_days: int
    years: int
    confidence: str

    def due_on(self, received_on: date, extensions: int = 0, *, credit_report: bool = False) -> date:
        """The last day for the answer. A dispute over a credit report has one clock, which is not put off."""
        days = self.credit_report_days if credit_report else self.answer_days[extensions]
        return received_on + timedelta(days=days)


def complaint_law(law: Law, on: date) -> ComplaintLaw | Refusal:
    """As in force on the day of receipt."""
    rows = rows_in_force(law, "complaint", on, _IDS)
    if isinstance(rows, Refusal):
        return rows
    row = {name: by_id(rows, name) for name in _IDS}
    remedies = row["CM9"].cells["remedies"]
    if not isinstance(remedies, list):
        raise TypeError(f"remedies of {row['CM9'].source} are {remedies!r}, not a list")
    return ComplaintLaw(
        tuple(number(row[name], "days") for name in CLOCKS), number(row["CM14"], "days"), number(row["CM4"], "representatives_max"),
        tuple(map(str, remedies)), number(row["CM10"], "request_days"), number(row["CM10"], "days"), number(row["CM13"], "years"),
        weakest([one.confidence for one in row.values()]),
    )  # fmt: skip


def complaint(cases: pa.Table, law: Law, on: date) -> pa.Table | Refusal:
    """due_on: the last day for the answer; late: whether closed_on is after it; review_until: the last day to ask for a review.

    Null where the day that it counts from is unknown. A credit-report dispute is not put off: its extensions don't count.
    """
    rules = complaint_law(law, on)
    if isinstance(rules, Refusal):
        return rules
    rows = rows_in_force(law, "complaint", on, _IDS)
    if isinstance(rows, Refusal):
        return rows
    given = Cases(cases)
    received, closed = days_of(given.day("received_on")), days_of(given.day("closed_on"))
    extensions, disputed = given.count("extensions"), given.flag("credit_report").sure
    given.refuse(extensions.values >= len(CLOCKS), "OUT_OF_RANGE")
    put_off = np.minimum(extensions.values, len(CLOCKS) - 1)
    told = received.known & closed.known
    given.refuse(told & (closed.values < received.values), "CLOSED_BEFORE_RECEIVED")
    clock = np.where(disputed, rules.credit_report_days, np.array(rules.answer_days)[put_off])
    due = Ints(received.values + clock, received.known)
    outputs = {
        "due_on": day_array(due),
        "late": pa.array(closed.values > due.values, pa.bool_(), mask=~told),
        "review_until": day_array(Ints(closed.values + rules.review_request_days, closed.known & ~disputed)),
    }
    weights = np.array([weight_of(by_id(rows, name).confidence) for name in CLOCKS])
    confidence: IntArray = np.where(disputed, weight_of(by_id(rows, "CM14").confidence), weights[put_off])
    return answer(RULE, given, on, outputs, {"received_on": ~received.known}, confidence)


RULE = Rule(
    "complaint", "消费投诉处理期限", "clocks of a consumer complaint", "银行业保险业消费投诉处理管理办法, 银保监会令2020年第3号",
    (
        Input("received_on", "day", "收到日期", "received on", ("received", "收到投诉日期")),
        Input("extensions", "count", "延期次数", "extensions", ("extended", "延长次数"), elected=True),
        Input("closed_on", "day", "告知日期", "told on", ("answered_on", "decided_on", "办结日期"), elected=True),
        Input("credit_report", "flag", "征信异议", "credit-report dispute", elected=True),
    ),
    (
        Output("due_on", "day", "最迟答复日", "answer due on"), Output("late", "flag", "逾期答复", "late"),
        Output("review_until", "day", "最迟申请核查日", "review may be asked until"),
    ),
    ("complaint",), complaint,
)  # fmt: skip
