"""What the end of a day rests on besides loans and messages: chart, servicing rules, fixings, calendar, as of that day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from kemiao.bank.lending.standing import calendar, lpr_series, servicing_rules
from kemiao.bank.world import World
from kemiao.base.digest import digest_bytes
from kemiao.base.refusal import Refusal, Refused
from kemiao.credit.books.chart import Chart, chart_of
from kemiao.credit.contracts.calendars import Calendar
from kemiao.credit.contracts.lpr_series import LprSeries
from kemiao.credit.servicing.serve import ServicingRules


@dataclass(frozen=True, slots=True)
class DayGrounds:
    chart: Chart
    rules: ServicingRules
    lpr: LprSeries
    calendar: Calendar


def day_grounds(world: World, day: date) -> DayGrounds:
    """Raises Refused where a policy is missing or says what can't be."""
    return DayGrounds(chart_on(world, day), servicing_rules(world, day), lpr_series(world), calendar())


def chart_on(world: World, day: date) -> Chart:
    """Raises Refused: POLICY_NOT_IN_FORCE, CHART_BAD."""
    policy = world.policy.named("accounts", day)
    key = ("chart", str(policy.get("_file")))
    if key not in world.read_once:
        made = chart_of(policy)
        if isinstance(made, Refusal):
            raise Refused(made)
        world.read_once[key] = made
    chart: Chart = world.read_once[key]
    return chart


def fixings_digest(lpr: LprSeries, until: date) -> str:
    """Of the LPR as known for the days up to one."""
    seen = lpr.until(until)
    return digest_bytes("fixings", b"".join(column.tobytes() for column in (seen.days, seen.one_year_ppm, seen.five_year_ppm)))  # fmt: skip
