"""What the end of a day rests on besides loans and messages: chart, servicing rules, fixings, calendar, as of that day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

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
    policy = policy_of(world, "accounts", day)
    key = ("chart", str(policy.get("_file")))
    if key not in world.read_once:
        made = chart_of(policy)
        if isinstance(made, Refusal):
            raise Refused(made)
        world.read_once[key] = made
    chart: Chart = world.read_once[key]
    return chart


def policy_of(world: World, name: str, day: date) -> Mapping[str, Any]:
    """Raises Refused where the home has none in force."""
    policy = world.policy.on(day)
    if name not in policy:
        raise Refused(
            Refusal.at("POLICY_NOT_IN_FORCE", f"{day} 没有生效的政策:{name}(旧的数据目录请先 kemiao upgrade)", f"no policy is in force on {day}: {name} (an older home: run kemiao upgrade)", home=world.home.policy)
        )  # fmt: skip
    return policy[name]


def fixings_digest(lpr: LprSeries, until: date) -> str:
    """Of the LPR as known for the days up to one."""
    seen = lpr.until(until)
    return digest_bytes("fixings", b"".join(column.tobytes() for column in (seen.days, seen.one_year_ppm, seen.five_year_ppm)))  # fmt: skip
