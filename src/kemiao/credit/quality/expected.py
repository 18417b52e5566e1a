"""Stage, exposure by year, and what is expected to be lost: of the whole book, in blocks of loans with equally many years."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from kemiao.base.columns import PPM, BoolArray, IntArray, Ints
from kemiao.base.refusal import Refusal, Refused
from kemiao.credit.contracts.apr import effective_rate_ppm
from kemiao.credit.quality.book import Book, flat
from kemiao.credit.quality.grounds import Provisioning, QualityGrounds
from kemiao.credit.quality.impairment import SPECIAL, Classed
from kemiao.law import expected_loss
from kemiao.law.in_force import rows_in_force
from kemiao.law.truth import Truth

YEAR_DAYS = 365
_AT_ONCE = 100_000
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Expected:
    stage: IntArray
    pd_ppm: IntArray
    lgd_ppm: IntArray
    ead_fen: IntArray
    eir_ppm: IntArray
    ecl_fen: IntArray
    pd_assumed: BoolArray
    lgd_assumed: BoolArray


def expected(book: Book, classed: Classed, grounds: QualityGrounds, on: date) -> Expected:
    """Raises Refused where no law is in force on the day."""
    rows = rows_in_force(grounds.law, "expected_loss", on, expected_loss.NEEDED)
    if isinstance(rows, Refusal):
        raise Refused(rows)
    policy, days = grounds.provisioning, book.state("past_due_days").values
    impaired, balance = classed.impaired, book.balance.values
    pd_given, lgd_given = book.loan("pd_ppm"), book.loan("lgd_ppm")
    at_start = np.where(pd_given.known, pd_given.values, policy.pd_assumed_ppm)
    # A short technical overdue that the law exempts leaves the class normal: it says nothing of the borrower either.
    telling = np.where(classed.rank == 0, 0, days)
    pd = np.where(impaired, PPM, np.maximum(at_start, _step(telling, policy.past_due_pd)))
    risen = (pd >= Ints(at_start, np.ones(book.rows, bool)).share(Ints.all(policy.pd_rises_times_ppm, book.rows)).values) & (pd - at_start >= policy.pd_rises_by_ppm)  # fmt: skip
    increased = risen | book.flags["risk_increased"] | (classed.rank == SPECIAL)
    stage, _ = expected_loss.stages(Ints(days, np.ones(book.rows, bool)), Truth(impaired, impaired), Truth(increased, increased), rows)  # fmt: skip

    lgd = np.where(lgd_given.known, lgd_given.values, policy.lgd_assumed_ppm)
    covered = _covered(book, policy)
    own_loss = _ppm_of(lgd, PPM - covered)
    aged = PPM - covered - _ppm_of(_ppm_of(PPM - covered, PPM - lgd), np.where(impaired, _step(days - 1, policy.ageing, PPM), PPM))  # fmt: skip
    loss_share = np.where(impaired, aged, own_loss)

    drawn = Ints(book.undrawn, np.ones(book.rows, bool)).share(Ints.all(policy.undrawn_drawn_ppm, book.rows)).values
    exposure = balance + np.where(impaired, 0, drawn)
    eir = _effective_ppm(book, grounds)
    gone = book.is_(book.status, "written_off")
    ecl = np.where(stage == 3, _impaired_loss(balance, loss_share, eir, policy), _curve_loss(book, exposure, pd, loss_share, eir, stage, grounds))  # fmt: skip
    top = np.where(stage == 3, balance, exposure)
    return Expected(
        np.where(gone, 3, stage), pd, loss_share, np.where(gone, 0, exposure), eir, np.where(gone, 0, np.minimum(ecl, top)),
        ~pd_given.known, ~lgd_given.known,
    )  # fmt: skip


def _covered(book: Book, policy: Provisioning) -> IntArray:
    """Of a loss, what guarantor and pool are relied on to bear."""
    parts = [np.where(column.known, column.values, 0) for column in (book.loan("guaranteed_ppm"), book.loan("pool_ppm"))]  # fmt: skip
    return np.asarray(
        np.minimum(_ppm_of(parts[0], policy.guarantee_counts_ppm) + _ppm_of(parts[1], policy.pool_counts_ppm), PPM)
    )


def _effective_ppm(book: Book, grounds: QualityGrounds) -> IntArray:
    """The effective rate of the plan at disbursement, its fee included. It moves with the LPR of a floating rate and with nothing
    else: a rate that restructuring lowers is a loss, not a new original rate (IFRS 9 B5.4.5, 5.4.3)."""
    rate, before, fee = book.state("rate_ppm").values, book.known_before("eir_ppm"), book.loan("fee_fen")
    floats = ~book.is_(flat(book.loans["rate_kind"]), "fixed")
    changed, seen = book.state("restructured_on"), book.known_before("day")
    restructured = changed.known & (~seen.known | (changed.values > seen.values))
    agreed = book.loan("rate_ppm")
    original = np.where((floats & ~restructured) | ~agreed.known, rate, agreed.values)
    found = _compounded(book, original)
    fresh = np.flatnonzero(~before.known & fee.known & (fee.values > 0))
    if len(fresh) and grounds.lpr is not None:
        planned = effective_rate_ppm(book.loans.take(pa.array(fresh)).combine_chunks(), grounds.lpr)
        found[fresh] = np.where(planned.known, planned.values, found[fresh])
    was = book.known_before("rate_ppm")
    moved = before.values + _compounded(book, rate) - _compounded(book, np.where(was.known, was.values, rate))
    kept = np.where(floats & ~restructured, moved, before.values)
    return np.asarray(np.clip(np.where(before.known, kept, found), 0, 10 * PPM))


def _compounded(book: Book, rate_ppm: IntArray) -> IntArray:
    """What a nominal rate comes to in a year with the loan's payment periods; by A360 a year bears 365 days of 360."""
    a360 = book.is_(flat(book.loans["day_count"]), "A360")
    yearly = rate_ppm / PPM * np.where(a360, YEAR_DAYS / 360, 1.0)
    months = book.loan("every_months").values
    whole = np.maximum(book.state("matures_on").values - book.loan("starts_on").values, 1) / YEAR_DAYS
    period = np.where(months > 0, months / 12, whole)
    return np.asarray(np.rint(((1 + yearly * period) ** (1 / period) - 1) * PPM), np.int64)


def _impaired_loss(balance: IntArray, loss_share: IntArray, eir: IntArray, policy: Provisioning) -> IntArray:
    """What is recovered comes in over the years of the policy, discounted."""
    back = balance.astype(float) * ((PPM - loss_share) / PPM)  # in integers the product would wrap
    years = max(year for year, _ in policy.recovery)
    shares = np.zeros(years)
    for year, share in policy.recovery:
        shares[year - 1] += share / PPM
    loss = expected_loss.shortfall(balance, back[:, None] * shares[None, :], eir / PPM)
    return expected_loss.whole(loss, np.ones(len(balance), bool)).values


def _curve_loss(book: Book, exposure: IntArray, pd: IntArray, lgd: IntArray, eir: IntArray, stage: IntArray, grounds: QualityGrounds) -> IntArray:  # fmt: skip
    policy = grounds.provisioning
    left = np.maximum(book.state("matures_on").values - book.day, policy.horizon_days_least) / YEAR_DAYS
    # In stage 1 only the first year counts; nor does what is impaired need a curve.
    years = np.where(stage == 2, np.ceil(left - 1e-9), np.where(stage == 1, 1, 0)).astype(np.int64)
    scenarios = [(one.weight_ppm / PPM, one.multiplier_ppm / PPM) for one in policy.scenarios]
    found = np.zeros(book.rows, np.int64)
    order = np.argsort(years, kind="stable")
    start = int(np.searchsorted(years[order], 1))
    while start < book.rows:
        rows = order[start : start + _AT_ONCE]
        most = int(years[rows].max())
        first, life = _block(book, rows, most, left[rows], exposure[rows], pd[rows] / PPM, lgd[rows] / PPM, eir[rows] / PPM, scenarios)  # fmt: skip
        loss = np.where(stage[rows] == 1, first, life)
        found[rows] = expected_loss.whole(loss, np.ones(len(rows), bool)).values
        start += len(rows)
    return found


def _block(book: Book, rows: IntArray, most: int, left: Floats, exposure: IntArray, pd: Floats, lgd: Floats, eir: Floats, scenarios: list[tuple[float, float]]) -> tuple[Floats, Floats]:  # fmt: skip
    """A loan that ends inside a year runs only that part of the year's risk."""
    year = np.arange(1, most + 1)
    ends = np.minimum(year[None, :], left[:, None])
    run = np.clip(left[:, None] - year[None, :] + 1, 0, 1)
    hazard = 1 - (1 - pd)[:, None] ** run
    ead = exposure[:, None] * _outstanding(book, rows, left, year)
    return expected_loss.losses(hazard, lgd, ead, eir, ends, scenarios)


def _outstanding(book: Book, rows: IntArray, left: Floats, year: IntArray) -> Floats:
    """Of today's exposure, what is still owed at the beginning of each year by the remaining schedule."""
    passed = np.minimum(year[None, :] - 1, left[:, None])
    share = np.ones((len(rows), len(year)))
    repayment = flat(book.states["repayment"]).take(pa.array(rows))
    linear, level = (book.is_(repayment, name) for name in ("equal_principal", "equal_installment"))
    share[linear] = (1 - passed / left[:, None])[linear]
    if level.any():
        period = np.maximum(book.loan("every_months").values[rows], 1)[level] / 12
        rate = np.maximum(book.state("rate_ppm").values[rows][level], 1) / PPM * period
        end, now = (left[level] / period)[:, None], passed[level] / period[:, None]
        grow = np.log1p(rate)[:, None]
        share[level] = np.expm1(-grow * (end - now)) / np.expm1(-grow * end)
    return share


def _step(days: IntArray, steps: tuple[tuple[int, int], ...], below: int = 0) -> IntArray:
    """The value of the highest step that `days` reach."""
    edges = np.array([edge for edge, _ in steps], np.int64)
    values = np.array([below, *(value for _, value in steps)], np.int64)
    return np.asarray(values[np.searchsorted(edges, days, side="right")])


def _ppm_of(values: IntArray, share: IntArray | int) -> IntArray:
    return np.asarray((values * share + PPM // 2) // PPM)
