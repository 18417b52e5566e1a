"""Capital that the book binds (standardised approach), and what it earns on it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa

from kemiao.base.columns import PPM, BoolArray, IntArray, Ints
from kemiao.base.money import FEN_MAX
from kemiao.base.refusal import BrokenInvariant, Refusal, Refused
from kemiao.credit.quality.book import Book, as_rules_take, flat
from kemiao.credit.quality.expected import Expected
from kemiao.credit.quality.grounds import QualityGrounds
from kemiao.law.capital_standardised import NEEDED, standardised
from kemiao.law.columns import Cases
from kemiao.law.in_force import by_id, number, rows_in_force


@dataclass(frozen=True, slots=True)
class Bound:
    """weight: where size or turnover is unknown the largest that is still possible; `unsure` says so."""

    row: pa.Array
    weight_ppm: Ints
    rwa: Ints
    capital: Ints
    raroc: Ints
    unsure: BoolArray


def bound(book: Book, impaired: BoolArray, losses: Expected, grounds: QualityGrounds, on: date) -> Bound:
    """Exposure is that to the debtor's group. The promise to lend counts by its conversion factor. Raises Refused without law."""
    rows, factors = (rows_in_force(grounds.law, table, on, ids) for table, ids in (("capital_standardised", NEEDED), ("capital_conversion", ("commitment",))))  # fmt: skip
    if isinstance(rows, Refusal):
        raise Refused(rows)
    if isinstance(factors, Refusal):
        raise Refused(factors)
    every = np.ones(book.rows, bool)
    own = book.balance.values
    allowance = np.minimum(losses.ecl_fen, own)
    zero = np.zeros(book.rows, bool)
    exposure = np.minimum(book.by_group(own + book.undrawn), FEN_MAX)
    balance, provision = as_rules_take(own, allowance)
    given = Cases(pa.table({
        "size_class": flat(book.loans["size_class"]), "exposure_fen": pa.array(exposure),
        "bank_exposure_fen": pa.array(np.full(book.rows, grounds.bank_exposure_fen, np.int64)), "turnover_mean_fen": book.turnover_mean.arrow(),
        "defaulted": pa.array(impaired), "balance_fen": pa.array(balance), "provision_fen": pa.array(provision), "housing_secured": pa.array(zero),
    }))  # fmt: skip
    weighed = standardised(given, rows, Ints.all(0, book.rows).where(zero))
    if not given.judged.all():
        raise BrokenInvariant(f"capital: {sorted(set(given.refused[~given.judged]))}")
    weight = weighed.risk_weight_high_ppm
    factor = Ints.all(number(by_id(factors, "commitment"), "factor_ppm"), book.rows)
    promised = Ints(np.where(impaired, 0, book.undrawn), every).share(factor)
    assets = (Ints(own - allowance, every) + promised).share(weight)
    capital = assets.share(Ints.all(number(by_id(rows, "ratio"), "total_capital_ppm"), book.rows))
    unsure = ~weighed.risk_weight_ppm.known & (own + book.undrawn > 0)
    return Bound(weighed.row, weight, assets, capital, _raroc(book, impaired, losses, capital.values, grounds), unsure)


def _raroc(book: Book, impaired: BoolArray, losses: Expected, capital: IntArray, grounds: QualityGrounds) -> Ints:
    """(rate − funding − operating − expected loss of a year) × balance ÷ capital, a year; before taxes."""
    margin = book.state("rate_ppm").values - grounds.funding_ppm - grounds.operating_ppm - (losses.pd_ppm * losses.lgd_ppm + PPM // 2) // PPM  # fmt: skip
    earns = ~impaired & (capital > 0) & (book.balance.values > 0)
    ratio = margin * (book.balance.values / np.maximum(capital, 1))
    return Ints(np.where(earns, np.rint(np.clip(ratio, -1e12, 1e12)), 0).astype(np.int64), earns)
