"""book: how good the loan book is on a day, and how it came to be so. Read only: nothing here is appended."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kemiao.bank.lending.began import began_on
from kemiao.bank.lending.flags import standing_flags
from kemiao.bank.lending.loan_store import loans as all_loans
from kemiao.bank.lending.moved import opening_on, written_off
from kemiao.bank.lending.quality import Judged, as_of, grounds_on
from kemiao.bank.lending.standing import states
from kemiao.bank.world import World
from kemiao.base.dates import add_months, month_start
from kemiao.base.refusal import Refusal
from kemiao.credit.quality.book import flat
from kemiao.credit.quality.concentration import concentration as concentrated
from kemiao.credit.quality.concentration import limits_of
from kemiao.credit.quality.movement import movement as moved
from kemiao.credit.quality.totals import by, by_class, by_stage, totals
from kemiao.credit.quality.vintage import BUCKETS, bucket, roll, vintages

Progress = Callable[[int, int], None]
_MONTHS_MAX = 480


def show(world: World, day: date | None) -> dict[str, Any] | Refusal:
    """The whole book in few figures: classes, stages, days past due, ratios, flags that stand."""
    found = as_of(world, day)
    quality = found.quality
    return head(found) | totals(quality) | {
        "by_class": by_class(quality), "by_stage": by_stage(quality), "past_due": past_due(quality),
        "flags": standing_flags(world, found.day), "assumed": assumed(quality),
    }  # fmt: skip


def classify(world: World, day: date | None, company: str | None, but_class: str | None) -> dict[str, Any] | Refusal:
    """Each loan with its class and why. but_class: all but those of that class."""
    found = as_of(world, day)
    quality = found.quality
    if company is not None:
        quality = quality.filter(pc.equal(quality["company"], company))
    if but_class is not None:
        quality = quality.filter(pc.not_equal(quality["class"], but_class))
    return head(found) | {"loans": quality.to_pylist()}


def provision(world: World, day: date | None) -> dict[str, Any] | Refusal:
    """Allowances by stage and class; scenarios and weights."""
    found = as_of(world, day)
    grounds = grounds_on(world, found.day)
    policy = grounds.provisioning
    return head(found) | totals(found.quality) | {
        "by_stage": by_stage(found.quality), "by_class": by_class(found.quality), "assumed": assumed(found.quality),
        "scenarios": [{"name": one.name, "weight_ppm": one.weight_ppm, "multiplier_ppm": one.multiplier_ppm} for one in policy.scenarios],
    }  # fmt: skip


def capital(world: World, day: date | None) -> dict[str, Any] | Refusal:
    """Risk-weighted assets and capital by row of the standardised approach; RAROC."""
    found = as_of(world, day)
    quality = found.quality
    return head(found) | totals(quality) | {"by_row": by(quality, quality["risk_row"]), "by_class": by_class(quality), "assumed": assumed(quality)}  # fmt: skip


def concentration(world: World, day: date | None, top: int) -> dict[str, Any] | Refusal:
    found = as_of(world, day)
    limits = limits_of(world.policy.named("concentration", found.day))
    if isinstance(limits, Refusal):
        return limits
    return head(found) | concentrated(found.quality, found.loans, limits, top)


def movement(world: World, since: date | None, day: date | None) -> dict[str, Any] | Refusal:
    """since: the opening is the end of that day; None: as moved.opening_on says."""
    closing = as_of(world, day)
    opened = opening_on(world, closing.day, since)
    if opened >= closing.day:
        return Refusal.at("PERIOD_REVERSED", "期初须早于期末", "the opening must be before the closing", since=opened, as_of=closing.day)  # fmt: skip
    opening = as_of(world, opened)
    return head(closing) | {"since": opened.isoformat(), **moved(opening.quality, closing.quality, written_off(world, opening, closing))}  # fmt: skip


def vintage(
    world: World, day: date | None, days_over: int, progress: Progress = lambda done, total: None
) -> dict[str, Any] | Refusal:
    end = day or world.clock.today()
    if end > world.clock.today():
        return Refusal.at("DAY_TO_COME", "日期还没有到", "that day is still to come", day=end)
    known = all_loans(world)
    known = known.filter(pc.less_equal(known["starts_on"], pa.scalar(end, pa.date32())).fill_null(False))
    if not known.num_rows:
        return {"as_of": end.isoformat(), "days_over": days_over, "vintages": []}
    first = max(
        pc.min(known["starts_on"]).as_py(), began_on(world) or end
    )  # how imported ones stood before is not known
    months = list(month_ends(first, end))
    if len(months) > _MONTHS_MAX:
        return Refusal.at("TOO_MANY_MONTHS", f"跨越 {len(months)} 个月,至多 {_MONTHS_MAX}", f"{len(months)} months are spanned, at most {_MONTHS_MAX}", loan=first)  # fmt: skip

    def stood() -> Iterator[tuple[date, pa.Table]]:
        for number, each in enumerate(months, start=1):
            yield each, states(world, each)
            progress(number, len(months))

    return {"as_of": end.isoformat(), "days_over": days_over, "vintages": vintages(known, stood(), days_over)}


def roll_rates(world: World, since: date | None, day: date | None) -> dict[str, Any] | Refusal:
    """Where the loans of each bucket are now; since: None for the end of last month."""
    end = day or world.clock.today()
    opened = since or month_start(end) - timedelta(1)
    if end > world.clock.today():
        return Refusal.at("DAY_TO_COME", "日期还没有到", "that day is still to come", day=end)
    if opened >= end:
        return Refusal.at("PERIOD_REVERSED", "期初须早于期末", "the opening must be before the closing", since=opened, as_of=end)  # fmt: skip
    before, now = states(world, opened), states(world, end)
    drawn = before.filter(pa.array(bucket(before) >= 0)) if before.num_rows else before
    return {"as_of": end.isoformat(), "since": opened.isoformat(), "buckets": list(BUCKETS), "roll": roll(drawn, now)}


def month_ends(first: date, last: date) -> Iterator[date]:
    """The ends of the months from that of `first` on; the last one is `last` itself."""
    start = month_start(first)
    while (end := add_months(start, 1) - timedelta(1)) < last:
        yield end
        start = add_months(start, 1)
    yield last


def head(found: Judged) -> dict[str, Any]:
    """closed: as judged when the day was closed; otherwise judged just now."""
    return {"as_of": found.day.isoformat(), "closed": found.closed}


def past_due(quality: pa.Table) -> list[dict[str, Any]]:
    number = bucket(quality) if quality.num_rows else np.zeros(0, np.int64)
    names = pa.array(BUCKETS).take(pa.array(number, pa.int64(), mask=number < 0))
    return by(quality, names, BUCKETS[:5])


def assumed(quality: pa.Table) -> dict[str, int]:
    """Loans for which a figure was taken from policy, by what was unknown."""
    counted = pc.value_counts(pc.list_flatten(flat(quality["assumed"]))).to_pylist() if quality.num_rows else []
    return {row["values"]: row["counts"] for row in sorted(counted, key=lambda row: str(row["values"]))}
