"""The book as it is judged: its grounds from law, policy and log, and the judgement of a day, kept or made."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import pyarrow as pa

from kemiao.bank.lending.began import began_on
from kemiao.bank.lending.chunks import read_chunk
from kemiao.bank.lending.flags import flags_on
from kemiao.bank.lending.loan_store import loans as all_loans
from kemiao.bank.lending.standing import lpr_series
from kemiao.bank.lending.standing import states as states_on
from kemiao.bank.world import World
from kemiao.base.refusal import Refusal, Refused
from kemiao.credit.quality.columns import DEBTORS, QUALITY
from kemiao.credit.quality.grounds import QualityGrounds, provisioning_of
from kemiao.credit.quality.judge import judge
from kemiao.credit.quality.kept import unpack
from kemiao.law.lpr import lpr_on

END_OF_DAY, RELATED = "end_of_day", "related_borrowers"


@dataclass(frozen=True, slots=True)
class Judged:
    """quality: QUALITY. loans: LOANS of the bank. closed: as it was judged when that day was closed, so that it ties to the books."""

    day: date
    quality: pa.Table
    loans: pa.Table
    closed: bool


def judge_book(world: World, states: pa.Table, loans: pa.Table, before: pa.Table | None, day: date) -> pa.Table:
    """QUALITY of a day from its states; before: QUALITY of the day before. Raises Refused: POLICY_NOT_IN_FORCE, LAW_NOT_IN_FORCE."""
    return judge(states, loans, flags_on(world, day), before, grounds_on(world, day), day)


def as_of(world: World, day: date | None = None) -> Judged:
    """The book on a day (None: today): as kept where the day is closed; else judged now, on what the closed day before knew."""
    on = day or world.clock.today()
    if on > world.clock.today():
        raise Refused(Refusal.at("DAY_TO_COME", "日期还没有到", "that day is still to come", day=on))
    known = all_loans(world)
    newest = kept(world, on)
    if newest is not None and newest[0] == on:
        return Judged(on, newest[1], known, True)
    began = began_on(world)
    if began is None or on < began:  # there was nothing yet that law or policy could be asked about
        return Judged(on, QUALITY.empty_table(), known, False)
    quality = judge_book(world, states_on(world, on), known, newest[1] if newest else None, on)
    return Judged(on, quality, known, False)


def kept(world: World, until: date) -> tuple[date, pa.Table] | None:
    """The newest judgement of a closed day not after `until`. Raises Outage CHUNK_MISSING."""
    for event in world.log.events(END_OF_DAY, newest_first=True):
        own, day = event.public["digests"].get("quality"), date.fromisoformat(event.public["day"])
        if own and day <= until:
            return day, unpack(read_chunk(world.home, own))
    return None


def grounds_on(world: World, day: date) -> QualityGrounds:
    """Raises Refused."""
    key = ("quality_grounds", day)
    if key not in world.read_once:
        world.read_once.pop(world.read_once.get("quality_grounds_kept"), None)  # a run of days keeps one day's
        world.read_once["quality_grounds_kept"], world.read_once[key] = key, _grounds(world, day)
    base: QualityGrounds = world.read_once[key]
    return QualityGrounds(base.law, base.provisioning, base.bank_exposure_fen, base.funding_ppm, base.operating_ppm, debtors_on(world, day), base.lpr)  # fmt: skip


def _grounds(world: World, day: date) -> QualityGrounds:
    provisioning = provisioning_of(world.policy.named("provisioning", day))
    if isinstance(provisioning, Refusal):
        raise Refused(provisioning)
    pricing = world.policy.named("pricing", day)
    lpr = lpr_on(world.law, day)
    if isinstance(lpr, Refusal):
        raise Refused(lpr)
    funding = lpr.one_year_ppm + int(pricing["funding_to_lpr_ppm"])
    return QualityGrounds(world.law, provisioning, int(pricing["bank_exposure_fen"]), funding, int(pricing["operating_ppm"]), DEBTORS.empty_table(), lpr_series(world))  # fmt: skip


def debtors_on(world: World, day: date) -> pa.Table:
    """Schema DEBTORS: groups under one control, as they were last read by that day; empty where they never were."""
    for event in world.log.events(RELATED, newest_first=True):
        if datetime.fromisoformat(event.at).date() <= day:
            return read_chunk(world.home, event.public["digest"])
    return DEBTORS.empty_table()
