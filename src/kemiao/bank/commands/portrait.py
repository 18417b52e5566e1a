"""portrait: one company beside its peers. Reading the peers is a reading like any other: under a Permit, with a receipt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from kemiao.bank.commands.assess import profile_rows, silent
from kemiao.bank.lending.own_book import own_book
from kemiao.bank.names import registered_names
from kemiao.bank.permits import permit, receipt
from kemiao.bank.views import Batch, batches, companies, default_as_of
from kemiao.bank.world import World
from kemiao.base.refusal import Refusal
from kemiao.base.tables import DatedTable
from kemiao.credit.portrait import Portrait, PortraitPolicy, policy_of, portrait, told
from kemiao.credit.technology.innovation_points import stage_of
from kemiao.credit.technology.rules import Stages, read_technology
from kemiao.facts.permit import Permit, Purpose
from kemiao.law import sme_size


@dataclass(frozen=True, slots=True)
class Request:
    company: str
    as_of: date | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    portrait: Portrait
    as_of: date
    name: str | None


@dataclass(frozen=True, slots=True)
class Crowd:
    """All companies with what circles of peers and portraits read of them."""

    rows: pa.Table
    policy: PortraitPolicy
    as_of: date


def see(world: World, request: Request, own: Permit | None = None, purpose: Purpose = "report") -> Seen | Refusal:
    """Refuses a company without papers, and a policy that can't be drawn. own: opens the company's rows already, for a report;
    else they are read for the purpose. As a company's own enquiry it says nothing of a few peers, and of none alone."""
    everybody = companies(world)
    if request.company not in everybody:
        return Refusal.at("NO_SUCH_COMPANY", "没有这家企业的资料", "nothing is known of this company", company=request.company)  # fmt: skip
    found = crowd(world, request.as_of, request.company, own, purpose)
    if isinstance(found, Refusal):
        return found
    if request.company not in found.rows["company"].to_pylist():
        return Refusal.at("NOT_YET_FOUNDED", f"{found.as_of} 这家企业还未成立", f"the company was not founded by {found.as_of}", company=request.company)  # fmt: skip
    names = dict(zip(found.rows["company"].to_pylist(), found.rows["name"].to_pylist(), strict=True))
    seen = portrait(found.rows, request.company, found.policy)
    if purpose == "subject_access":
        seen = told(seen, found.policy)
    return Seen(seen, found.as_of, names[request.company])


def crowd(
    world: World, day: date | None, company: str, own: Permit | None = None, purpose: Purpose = "report"
) -> Crowd | Refusal:
    """Reads every company's profile once: the peers' to compare with, the company's own to report on it. Peers that may not be
    read for that are none."""
    today = world.clock.today()
    policy = world.policy.on(today)
    lacking = [name for name in ("portrait", "technology") if name not in policy]
    if lacking:
        names = ", ".join(lacking)
        return Refusal.at("POLICY_NOT_IN_FORCE", f"{today} 没有生效的政策:{names}", f"no policy is in force on {today}: {names}", home=world.home.policy)  # fmt: skip
    read = policy_of(policy["portrait"])
    if isinstance(read, Refusal):
        return read
    brought = batches(world)
    as_of = day or default_as_of(world, brought)
    others = [each for each in companies(world) if each != company]
    new = [permit(world, others, "peer_comparison", brought=brought, or_nobody=True)]
    if own is None:
        own = permit(world, (company,), purpose, brought=brought)
        new.append(own)
    parts = [_profiles(world, each, as_of, brought) for each in (new[0], own)]
    with world.log.write() as tx:
        for given in new:
            receipt(tx, given)
    rows = pa.concat_tables(parts).sort_by("company")
    rows = rows.filter(
        pc.fill_null(pc.less_equal(rows["registered_on"], as_of), True)
    )  # who was not founded yet is no peer
    traits = _traits(rows, world.law, today, read_technology(policy["technology"]).stages)
    if isinstance(traits, Refusal):
        return traits
    for title, values in traits.items():
        rows = rows.append_column(title, values)
    return Crowd(rows, read, as_of)


def _profiles(world: World, given: Permit, as_of: date, brought: Sequence[Batch]) -> pa.Table:
    """Profiles with the registered names, by company."""
    _, tables = world.log.snapshot()
    own = own_book(world, given.subjects, as_of)
    with world.lake.open(given, tables, as_of, world.clock.today()) as facts:
        rows = profile_rows(facts, as_of, silent(brought, as_of) & frozenset(given.tables), own.loans if own else None)
        named = registered_names(facts, given)
    told = pa.array([named.get(company) for company in rows["company"].to_pylist()], pa.string())
    return rows.append_column("name", told)


def _traits(rows: pa.Table, law: Mapping[str, DatedTable], on: date, stages: Stages) -> dict[str, pa.Array] | Refusal:
    """Size by the law; stage by the bank's cut-offs, where growth of two years is not read growth of one stands in."""
    size = sme_size.RULE.check(rows, law, on, {})
    if isinstance(size, Refusal):
        return size
    grown = rows.append_column("revenue_growth_2y_ppm", rows["revenue_growth_ppm"])
    return {"size_class": size["size_class"], "stage": pa.array(stage_of(grown, stages).names(), pa.string())}
