"""How loans stand as of a day: served from the event log whenever it is asked, so that it can't go out of date."""

from __future__ import annotations

from datetime import date
from typing import Any

import pyarrow as pa

from kemiao.bank.lending.loan_store import loan, loans, messages
from kemiao.bank.world import World
from kemiao.base.refusal import Refusal, Refused
from kemiao.credit.contracts.calendars import Calendar, china
from kemiao.credit.contracts.lpr_series import LprSeries, series_of
from kemiao.credit.servicing.columns import LOANS
from kemiao.credit.servicing.serve import Served, ServicingRules, serve

_CALENDAR_YEARS = 2004, 2060  # beyond what is published weekends count alone, as the calendar says itself


def states(world: World, day: date | None = None, own: str | None = None) -> pa.Table:
    """Schema STATES at the end of a day (None: today), of one loan or of all. Raises Refused NO_SUCH_LOAN, POLICY_NOT_IN_FORCE."""
    return served(world, day, own, with_lines=False).states


def served(
    world: World,
    day: date | None = None,
    own: str | None = None,
    *,
    with_lines: bool = True,
    extra: list[dict[str, Any]] | None = None,
) -> Served:
    """As states, with the lines that led there. extra: messages that are not recorded: what would be if."""
    until = day or world.clock.today()
    known = one_loan(world, own) if own else loans(world)
    told = messages(world, own)
    if extra:
        told = pa.concat_tables([told, pa.Table.from_pylist(extra, told.schema)])
    return serve_now(world, known, told, until, with_lines=with_lines)


def serve_now(world: World, known: pa.Table, told: pa.Table, until: date, *, with_lines: bool = False) -> Served:
    """Loans (LOANS) that were read already, with their messages, under the policy of a day."""
    return serve(
        known, told, lpr_series(world), until, rules=servicing_rules(world, until), calendar=calendar(), with_lines=with_lines
    )  # fmt: skip


def one_loan(world: World, own: str) -> pa.Table:
    """A one-row table, schema LOANS. Raises Refused NO_SUCH_LOAN."""
    row = loan(world, own)
    if isinstance(row, Refusal):
        raise Refused(row)
    return pa.Table.from_pylist([row], LOANS)


def servicing_rules(world: World, day: date) -> ServicingRules:
    """From policy servicing.toml as of a day. Raises Refused POLICY_NOT_IN_FORCE, POLICY_NUMBER."""
    policy = world.policy.named("servicing", day)
    days = policy.get("non_accrual_days")
    if type(days) is not int or days < 0:
        raise Refused(Refusal.at("POLICY_NUMBER", "须为不小于零的整数", "a whole number, zero or more", file=policy["_file"], key="non_accrual_days"))  # fmt: skip
    return ServicingRules(days)


def lpr_series(world: World) -> LprSeries:
    if "lpr_series" not in world.read_once:
        world.read_once["lpr_series"] = series_of(world.law)
    series: LprSeries = world.read_once["lpr_series"]
    return series


def calendar() -> Calendar:
    """China's business days, as servicing shifts dues by them."""
    return china(*_CALENDAR_YEARS)
