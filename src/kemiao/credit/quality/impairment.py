"""Who is impaired: by triggers that expected loss has no part in, by the debtor's other claims, by not having risen yet."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kemiao.base.columns import BoolArray, IntArray, Ints
from kemiao.base.refusal import Refusal, Refused
from kemiao.credit.quality.book import Book, as_rules_take, flat
from kemiao.credit.quality.grounds import QualityGrounds
from kemiao.law.five_class import CLASSES, five_class
from kemiao.law.months import day_array
from kemiao.law.rising import restructured, upgrade

SPECIAL, SUBSTANDARD, LOSS = CLASSES.index("special_mention"), CLASSES.index("substandard"), CLASSES.index("loss")
_DAYS_A_MONTH = 365.25 / 12


@dataclass(frozen=True, slots=True)
class Classed:
    """rank: index into CLASSES. reasons: lists of ids of floors. rising: what the next day must know."""

    rank: IntArray
    reasons: pa.Array
    impaired: BoolArray
    inputs: dict[str, Any]
    nonperforming_since: Ints
    clean_since: Ints
    observed_from: Ints
    observed_until: Ints


def impairment(book: Book, grounds: QualityGrounds, on: date) -> Classed:
    """The classes that no expected loss is needed for. Raises Refused where no law is in force on the day."""
    observed, since_when, until = _observed(book, grounds, on)
    inputs = _inputs(book, grounds, observed)
    rank, reasons = _classes(inputs, grounds, on, None)
    gone = book.is_(book.status, "written_off")
    own = (rank >= SUBSTANDARD) | gone
    since, clean = _memory(book, own)
    barred = _barred(book, own, since, clean, grounds, on)
    inputs["upgrade_barred"] = barred
    standing = own | barred
    nonperforming = book.by_company(np.where(standing, book.balance.values, 0))
    touched = book.by_company(standing.astype(np.int64)) > 0
    inputs["debtor_nonperforming"] = inputs["debtor_nonperforming"] | (touched & ~standing)
    # Of what is non-performing by itself it says nothing that the debtor has such a debt.
    here = as_rules_take(book.by_company(book.balance.values), np.where(standing, 0, nonperforming))
    inputs["debtor_here_fen"], inputs["debtor_nonperforming_here_fen"] = here
    rank, reasons = _classes(inputs, grounds, on, np.flatnonzero(touched), (rank, reasons))
    impaired = (rank >= SUBSTANDARD) | gone
    rank = np.where(gone, LOSS, rank)
    inputs["impaired"] = impaired
    first = Ints(np.where(since.known, since.values, book.day), impaired)
    return Classed(rank, reasons, impaired, inputs, first.where(impaired), clean, since_when, until)


def with_losses(classed: Classed, ecl: IntArray, balance: IntArray, grounds: QualityGrounds, on: date) -> Classed:
    """C9 and C11: of what is impaired, how much is lost. Nothing else can change by it."""
    whole, lost = as_rules_take(balance, ecl)
    inputs = classed.inputs | {"ecl_fen": lost, "balance_fen": whole}
    rows = np.flatnonzero(classed.impaired & (balance > 0))
    rank, reasons = _classes(inputs, grounds, on, rows, (classed.rank, classed.reasons))
    return replace(classed, rank=rank, reasons=reasons)


def _inputs(book: Book, grounds: QualityGrounds, observed: BoolArray) -> dict[str, Any]:
    """Columns of the rule five_class. A flag that nobody raised does not hold: the bank's own record is what it rests on."""
    none, zero = np.zeros(book.rows, bool), np.zeros(book.rows, np.int64)
    renews = np.asarray(flat(book.loans["renews"]).is_valid())
    size = flat(book.loans["size_class"])
    small = book.is_(size, "micro") | book.is_(size, "small")
    exposure = book.by_group(book.balance.values + book.undrawn)
    ceiling = grounds.provisioning.retail_at_most_fen
    restructurings, before = book.state("restructurings"), book.known_before("restructurings")
    known = before.known
    again = observed & np.where(known, restructurings.values > before.values, restructurings.values > 1)
    again &= ~known | book.known_before("observed_until").known
    return {
        "overdue_days": book.state("past_due_days").values, "impaired": book.flags["impaired"], "ecl_fen": zero, "balance_fen": zero,
        "use_changed": book.flags["use_changed"] | (book.state("diverted_ppm").values > 0),
        "rolled_over": renews, "qualifying_renewal": renews & small,
        "debtor_nonperforming": book.flags["other_bank_npl"], "rating_down": book.flags["rating_down"],
        "debtor_all_banks_fen": np.maximum(book.all_banks.values, book.overdue_90.values), "debtor_overdue_90_fen": book.overdue_90.values,
        "debtor_here_fen": zero, "debtor_nonperforming_here_fen": zero,
        "evades": book.flags["evades"], "bankrupt": book.flags["bankrupt"], "technical": book.flags["technical"],
        "retail": small & (exposure <= ceiling) & (ceiling > 0), "observed": observed, "restructured_again": again, "upgrade_barred": none,
    }  # fmt: skip


def _classes(inputs: dict[str, Any], grounds: QualityGrounds, on: date, rows: IntArray | None, kept: tuple[IntArray, pa.Array] | None = None) -> tuple[IntArray, pa.Array]:  # fmt: skip
    """Ranks and reasons by the law; of `rows` only where given, the others as kept."""
    if rows is not None and len(rows) == 0 and kept is not None:
        return kept
    cases = pa.table({name: pa.array(values if rows is None else values[rows]) for name, values in inputs.items()})
    answer = lawful(five_class(cases, grounds.law, on))
    rank = _ranks(answer)
    reasons = flat(answer["reasons"])
    if rows is None or kept is None:
        return rank, reasons
    merged = kept[0].copy()
    merged[rows] = rank
    place = np.arange(len(merged))
    place[rows] = len(merged) + np.arange(len(rows))
    return merged, pa.concat_arrays([kept[1], reasons]).take(pa.array(place))


def _ranks(answer: pa.Table) -> IntArray:
    return np.asarray(pc.index_in(flat(answer["class"]), value_set=pa.array(CLASSES)), np.int64)


def _observed(book: Book, grounds: QualityGrounds, on: date) -> tuple[BoolArray, Ints, Ints]:
    """Restructured loans in their observation period; since when that counts, and until when it lasts at least."""
    observed, since, until = np.zeros(book.rows, bool), np.zeros(book.rows, np.int64), np.zeros(book.rows, np.int64)
    changed, difficulty = book.state("restructured_on"), book.state("in_difficulty").values.astype(bool)
    rows = np.flatnonzero(changed.known & difficulty)
    if len(rows):
        first, running = book.state("observed_from").or_else(changed), book.known_before("observed_from")
        # A period that started again goes on from there: a due that is missed now is missed in it.
        first = Ints(np.where(running.known & (running.values > first.values), running.values, first.values), first.known)  # fmt: skip
        clean = book.known_before("clean_since")
        nonperforming = Ints(np.where(clean.known, clean.values, book.day), clean.known | book.known_before("nonperforming_since").known)  # fmt: skip
        take = {
            "in_difficulty": pa.array(np.ones(len(rows), bool)), "changed_in_favour": pa.array(np.ones(len(rows), bool)),
            "first_payment_on": day_array(first).take(pa.array(rows)),
            "period_months": pa.array(book.loan("every_months").values[rows]),
            "nonperforming_before": pa.array(np.zeros(len(rows), bool)),
            "missed_on": day_array(book.state("missed_on")).take(pa.array(rows)),
            "nonperforming_on": day_array(nonperforming).take(pa.array(rows)),
            "difficulty_unsolved": pa.array(book.flags["difficulty"][rows]),
        }  # fmt: skip
        answer = lawful(restructured(pa.table(take), grounds.law, on))
        observed[rows] = np.asarray(flat(answer["observed"]).fill_null(False))
        for column, name in ((since, "observed_from"), (until, "observed_until")):
            column[rows] = np.asarray(flat(answer[name]).cast(pa.int32()).fill_null(0))
    return observed, Ints(np.where(observed, since, 0), observed), Ints(np.where(observed, until, 0), observed)


def _memory(book: Book, own: BoolArray) -> tuple[Ints, Ints]:
    """Non-performing since (as the day before knew it), and clean since: nothing overdue, no trigger, of what has been non-performing."""
    since, clean, seen = (book.known_before(name) for name in ("nonperforming_since", "clean_since", "day"))
    dirty = own | (book.state("past_due_days").values > 0)
    cured, missed = book.state("cured_on"), book.state("missed_on")
    starts = np.where(cured.known & seen.known & (cured.values > seen.values), cured.values, book.day)
    broken = clean.known & missed.known & (missed.values > clean.values)
    stays = clean.known & ~broken
    has_been = since.known | clean.known
    return since, Ints(np.where(stays, clean.values, starts), has_been & ~dirty).where(has_been & ~dirty)


def _barred(book: Book, own: BoolArray, since: Ints, clean: Ints, grounds: QualityGrounds, on: date) -> BoolArray:
    """Non-performing before, no trigger now, and not allowed to rise: too early, or another of the debtor's claims is not clean."""
    barred = np.zeros(book.rows, bool)
    rows = np.flatnonzero(since.known & ~own)
    if not len(rows):
        return barred
    period = book.loan("every_months").values[rows]
    waited = (book.day - clean.values[rows]) // (np.maximum(period, 1) * _DAYS_A_MONTH)
    cured = book.state("cured_on").known[rows]
    timely = np.where(cured, book.state("timely_periods").values[rows], waited.astype(np.int64))
    take = {
        "cleared_on": day_array(clean).take(pa.array(rows)), "period_months": pa.array(period),
        "periods_timely": pa.array(np.maximum(timely, 0)), "performance_expected": pa.array(~book.flags["difficulty"][rows]),
        "impaired_left": pa.array(np.zeros(len(rows), bool)),
    }  # fmt: skip
    may = np.asarray(flat(lawful(upgrade(pa.table(take), grounds.law, on))["upgrade"]).fill_null(False))
    waits = own.copy()
    waits[rows] = ~may
    left = book.by_company(waits.astype(np.int64)) > 0
    barred[rows] = ~may | left[rows]
    return barred


def lawful(answer: pa.Table | Refusal) -> pa.Table:
    if isinstance(answer, Refusal):
        raise Refused(answer)
    return answer
