"""Capital, standardised approach (权重法): the weight of a loan to a company, its risk-weighted assets, the capital on it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from kemiao.base.columns import BoolArray, IntArray, Ints
from kemiao.base.tables import Row
from kemiao.law.columns import Cases, names_at, weight_of
from kemiao.law.default_status import in_default
from kemiao.law.exact import reaches_share, within_share
from kemiao.law.in_force import by_id, number
from kemiao.law.sme_size import CLASSES
from kemiao.law.truth import Truth

ROWS = ("W1", "W2", "W4", "W6", "W7", "W8")
NEEDED = (*ROWS, "default", "ratio")
FEN_PER_YUAN = 100
_SMALL, _MEDIUM = CLASSES.index("small"), CLASSES.index("medium")


@dataclass(frozen=True, slots=True)
class Standardised:
    """risk_weight_high_ppm is the largest weight that the unknown leaves possible: what a careful bank reckons with."""

    row: pa.Array
    risk_weight_ppm: Ints
    risk_weight_high_ppm: Ints
    rwa_fen: Ints
    capital_fen: Ints
    missing: dict[str, BoolArray]
    confidence: IntArray


def standardised(given: Cases, rows: tuple[Row, ...], pd_ppm: Ints) -> Standardised:
    """rows: NEEDED of law/tables/capital_standardised.toml in force. Provision above the balance is refused."""
    size = given.choice("size_class", CLASSES)
    exposure, bank_total = given.amount("exposure_fen"), given.amount("bank_exposure_fen")
    turnover, balance = given.amount("turnover_mean_fen"), given.amount("balance_fen")
    provision, housing = given.amount("provision_fen"), given.flag("housing_secured")
    given.refuse(balance.known & provision.known & (provision.values > balance.values), "PROVISION_ABOVE_BALANCE")
    row = {name: by_id(rows, name) for name in NEEDED}

    small = Truth.where_known(size.index <= _SMALL, size.known)
    sme = Truth.where_known(size.index <= _MEDIUM, size.known)
    # Nothing is within any share, and a provision of nothing is below any: the other side need not be known.
    share_known = (exposure.known & bank_total.known) | _nothing(exposure)
    share = Truth.where_known(within_share(exposure.values, bank_total.values, number(row["W1"], "exposure_share_at_most_ppm")), share_known)  # fmt: skip
    granular = Truth.at_most(exposure, number(row["W1"], "exposure_at_most_yuan") * FEN_PER_YUAN) & share
    modest = Truth.at_most(turnover, number(row["W2"], "turnover_at_most_yuan") * FEN_PER_YUAN)
    default = in_default(given, pd_ppm, row["default"])
    covered = Truth.where_known(
        reaches_share(provision.values, balance.values, number(row["W7"], "provision_share_at_least_ppm")),
        (balance.known & provision.known) | _nothing(balance) | _nothing(provision),
    )

    w1, w2 = small & granular, sme & modest
    performing = ~default.sure
    possible = {
        "W1": performing & w1.possible,
        "W2": performing & w2.possible & ~w1.sure,
        "W4": performing & ~w1.sure & ~w2.sure,
        "W6": default.possible & ~covered.sure & ~housing.sure,
        "W7": default.possible & covered.possible,
        "W8": default.possible & housing.possible & ~covered.sure,
    }
    may = np.stack([possible[name] for name in ROWS], axis=1)
    weights = np.array([number(row[name], "risk_weight_ppm") for name in ROWS], np.int64)
    lowest = np.where(may, weights, np.iinfo(np.int64).max).min(axis=1)
    highest = np.where(may, weights, -1).max(axis=1)
    weight = Ints(lowest, lowest == highest)

    net = balance - provision
    idle = Ints(np.zeros(given.rows, np.int64), net.known & (net.values == 0))
    rwa = idle.or_else(net.share(weight))
    ratio = Ints.all(number(row["ratio"], "total_capital_ppm"), given.rows)
    open_ = ~weight.known
    on_size, by_default = open_ & performing, open_ & default.possible
    reached_by_w2 = sme.possible & ~(small.sure & granular.sure)
    w1_open = on_size & small.possible & granular.undecided
    provision_matters = (by_default & ~housing.sure & covered.undecided) | ~rwa.known
    missing = {
        "size_class": on_size & ~size.known & (granular.possible | modest.possible),
        "exposure_fen": w1_open & ~exposure.known,
        "bank_exposure_fen": w1_open & ~bank_total.known,
        "turnover_mean_fen": on_size & ~turnover.known & reached_by_w2,
        "defaulted": open_ & default.undecided,
        "balance_fen": provision_matters & ~balance.known,
        "provision_fen": provision_matters & ~provision.known,
        "housing_secured": by_default & ~covered.sure & housing.undecided,
    }
    return Standardised(
        names_at(may.argmax(axis=1), ROWS, may.sum(axis=1) == 1),
        weight,
        Ints(highest, np.ones(given.rows, bool)),
        rwa,
        rwa.share(ratio),
        missing,
        _confidence(row, may),
    )


def _nothing(column: Ints) -> BoolArray:
    return np.asarray(column.known & (column.values == 0))


def _confidence(row: dict[str, Row], may: BoolArray) -> IntArray:
    """The weakest of the rows that were weighed."""
    own = np.array([weight_of(row[name].confidence) for name in ROWS], np.int64)
    always = max(weight_of(row[name].confidence) for name in ("default", "ratio"))
    return np.asarray(np.maximum(np.where(may, own, 0).max(axis=1), always))
