"""Capital, internal ratings-based (内部评级法): the formula for companies with the SME adjustment, and for other retail.

The formula needs logarithms and the normal distribution, so it runs in doubles; what goes in and what comes out is whole.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kemiao.base.columns import PPM, BoolArray, IntArray, Ints
from kemiao.base.tables import Row
from kemiao.law.columns import Cases, weight_of
from kemiao.law.default_status import in_default
from kemiao.law.in_force import by_id, number

NEEDED = ("pd_floor", "lgd_senior", "lgd_subordinated", "corporate", "sme", "maturity", "retail_other", "collateral")
APPROACHES = ("foundation", "advanced")
NO_COLLATERAL = "none"
FEN_PER_YUAN = 100
FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Irb:
    """Columns of the answer by name, what is missing for them, the weakest confidence of the rows used."""

    columns: dict[str, Ints]
    missing: dict[str, BoolArray]
    confidence: IntArray


def irb(given: Cases, rows: tuple[Row, ...], default_row: Row, pd_ppm: Ints) -> Irb:
    """rows: NEEDED of law/tables/capital_irb.toml in force. Retail above its ceiling is refused (RETAIL_ABOVE_CEILING)."""
    retail = given.flag("retail_pool").sure  # elected by the bank: where nothing is said the company formula holds
    exposure, turnover = given.amount("ead_fen"), given.amount("turnover_mean_fen")
    ceiling = number(by_id(rows, "retail_other"), "exposure_at_most_yuan") * FEN_PER_YUAN
    given.refuse(retail & exposure.known & (exposure.values > ceiling), "RETAIL_ABOVE_CEILING")
    default = in_default(given, pd_ppm, default_row)
    lgd, lgd_missing = _lgd(given, rows, exposure)
    maturity = _maturity(given, by_id(rows, "maturity"))
    pd = Ints(np.maximum(pd_ppm.values, number(by_id(rows, "pd_floor"), "pd_ppm")), pd_ppm.known)
    best_loss = given.ppm("best_estimate_loss_ppm", 0, PPM)

    pd_share, lgd_share = pd.values / PPM, lgd.values / PPM
    company, other = (
        _company(rows, pd_share, lgd_share, maturity.values / PPM, turnover),
        _retail(rows, pd_share, lgd_share),
    )
    charge, correlation = np.where(retail, other[0], company[0]), np.where(retail, other[1], company[1])
    lossless = lgd.known & (lgd.values == 0)
    live = pd.known & ~default.possible
    by_formula = (live & lgd.known & (retail | (maturity.known & turnover.known))) | (lossless & ~default.possible)
    by_loss = default.sure & lgd.known & best_loss.known
    charge = np.where(default.sure, np.maximum(0, (lgd.values - best_loss.values) / PPM), charge)
    known = by_formula | by_loss
    loss_ppm = np.where(default.sure, best_loss.values, 0)

    scaling = np.where(
        retail, number(by_id(rows, "retail_other"), "scaling_ppm"), number(by_id(rows, "corporate"), "scaling_ppm")
    )
    weight = charge * scaling / PPM
    expected = np.where(default.sure, loss_ppm * float(PPM), pd.values * lgd.values.astype(float)) / PPM / PPM
    el_known = (live & lgd.known) | (lossless & ~default.possible) | (default.sure & best_loss.known)
    columns = {
        "irb_pd_ppm": Ints(np.where(default.sure, PPM, pd.values), pd.known | default.sure),
        "irb_lgd_ppm": lgd,
        "irb_r_ppm": _ppm(correlation, live & (retail | turnover.known)),
        "irb_b_ppm": _ppm(company[2], live & ~retail),
        "irb_maturity_factor_ppm": _ppm(company[3], live & ~retail & maturity.known),
        "irb_k_ppm": _ppm(charge, known),
        "irb_risk_weight_ppm": _ppm(weight, known),
        "irb_rwa_fen": _whole(weight * exposure.values, known & exposure.known),
        "irb_el_fen": _whole(expected * exposure.values, el_known & exposure.known),
    }
    wanted = ~default.sure & ~lossless
    missing = {
        "pd_ppm": wanted & ~pd.known,
        "turnover_mean_fen": wanted & ~retail & ~turnover.known,
        "maturity_years_ppm": wanted & ~retail & ~maturity.known,
        "best_estimate_loss_ppm": default.sure & ~best_loss.known,
        "ead_fen": ~exposure.known,
    } | lgd_missing
    return Irb(columns, missing, np.full(given.rows, max(weight_of(row.confidence) for row in rows)))


def _company(rows: tuple[Row, ...], pd: FloatArray, lgd: FloatArray, years: FloatArray, turnover: Ints) -> tuple[FloatArray, ...]:  # fmt: skip
    """K, R, b and the maturity factor."""
    row, sme, term = by_id(rows, "corporate"), by_id(rows, "sme"), by_id(rows, "maturity")
    low, high = (number(sme, f"turnover_{end}_yuan") * FEN_PER_YUAN for end in ("low", "high"))
    sized = np.clip(turnover.values, low, high)
    adjustment = number(sme, "adjustment_ppm") / PPM * (1 - (sized - low) / (high - low))
    correlation = _correlation(row, pd) - np.where(turnover.values <= high, adjustment, 0.0)
    b = (number(term, "intercept_e5") / 1e5 - number(term, "slope_e5") / 1e5 * np.log(pd)) ** 2
    anchor = number(term, "anchor_years_ppm") / PPM
    factor = (1 + (years - anchor) * b) / (1 - (anchor - 1) * b)
    return _unexpected(row, pd, lgd, correlation) * factor, correlation, b, factor


def _retail(rows: tuple[Row, ...], pd: FloatArray, lgd: FloatArray) -> tuple[FloatArray, FloatArray]:
    row = by_id(rows, "retail_other")
    correlation = _correlation(row, pd)
    return _unexpected(row, pd, lgd, correlation), correlation


def _correlation(row: Row, pd: FloatArray) -> FloatArray:
    decay = number(row, "decay")
    k = (1 - np.exp(-decay * pd)) / (1 - np.exp(-decay))
    low, high = number(row, "correlation_low_ppm") / PPM, number(row, "correlation_high_ppm") / PPM
    return np.asarray(low * k + high * (1 - k))


def _unexpected(row: Row, pd: FloatArray, lgd: FloatArray, correlation: FloatArray) -> FloatArray:
    """LGD * N((G(PD) + sqrt(R) * G(level)) / sqrt(1 - R)) - PD * LGD"""
    from scipy.special import ndtr, ndtri

    level = ndtri(number(row, "confidence_level_ppm") / PPM)
    stressed = ndtr((ndtri(pd) + np.sqrt(correlation) * level) / np.sqrt(1 - correlation))
    return np.asarray(lgd * stressed - pd * lgd)


def _maturity(given: Cases, row: Row) -> Ints:
    """Years in ppm: fixed under the foundation approach, otherwise the given ones between the ends of the advanced one."""
    years, approach = given.ppm("maturity_years_ppm", 0, 100 * PPM), given.choice("approach", APPROACHES)
    low, high = number(row, "low_years_ppm"), number(row, "high_years_ppm")
    foundation = approach.index == APPROACHES.index("foundation")
    fixed = number(row, "foundation_years_ppm")
    return Ints(np.where(foundation, fixed, np.clip(years.values, low, high)), years.known | foundation)


def _lgd(given: Cases, rows: tuple[Row, ...], exposure: Ints) -> tuple[Ints, dict[str, BoolArray]]:
    """The given LGD; where null, the supervisory one: unsecured, less what eligible collateral in the same currency covers."""
    own, unsecured = given.ppm("lgd_ppm", 0, PPM), given.ppm("lgd_unsecured_ppm", 0, PPM)
    junior, value = given.flag("subordinated"), given.amount("collateral_value_fen")
    kinds = [row for row in rows if row.cells["id"] == "collateral"]
    names = [NO_COLLATERAL, *(str(row.cells["collateral"]) for row in kinds)]
    collateral = given.choice("collateral", names)
    eligible = np.array([False, *(bool(row.cells["eligible"]) for row in kinds)])
    secured_lgd = np.array([0, *(number(row, "lgd_ppm") if row.cells["eligible"] else 0 for row in kinds)], np.int64)
    haircut = np.array(
        [PPM, *(number(row, "haircut_ppm") if row.cells["eligible"] else PPM for row in kinds)], np.int64
    )

    senior, sub = number(by_id(rows, "lgd_senior"), "lgd_ppm"), number(by_id(rows, "lgd_subordinated"), "lgd_ppm")
    by_rank = Ints(np.where(junior.sure, sub, senior), ~junior.undecided)
    open_lgd = unsecured.or_else(by_rank)
    counts = collateral.known & eligible[collateral.index]
    # The haircut is exact in fen, halves up; what is above the exposure secures nothing more.
    after_haircut = value.share(Ints(PPM - haircut[collateral.index], collateral.known))
    secured = Ints(np.where(counts, np.minimum(after_haircut.values, exposure.values), 0), (collateral.known & ~counts) | (counts & value.known & exposure.known))  # fmt: skip
    covered, whole = secured.values.astype(object), np.maximum(exposure.values, 1).astype(object)
    weighed = covered * secured_lgd[collateral.index] + (whole - covered) * open_lgd.values.astype(object)
    parts = ((2 * weighed + whole) // (2 * whole)).astype(np.int64)  # Python integers: money times ppm passes int64
    star = np.where(counts, parts, open_lgd.values)
    fully = counts & secured.known & (secured.values == exposure.values)
    star_known = secured.known & (open_lgd.known | fully)
    lgd = own.or_else(Ints(star, star_known))

    wanted = ~own.known & ~collateral.known
    sought = ~own.known & collateral.known
    return lgd, {
        "lgd_ppm": wanted,
        "collateral_value_fen": sought & counts & ~value.known,
        "subordinated": sought & ~open_lgd.known & ~fully,
    }


def _ppm(share: FloatArray, known: BoolArray) -> Ints:
    return _whole(share * PPM, known)


def _whole(value: FloatArray, known: BoolArray) -> Ints:
    """Halves up. Values are below 2^53, where a double still tells whole numbers apart."""
    return Ints(np.floor(np.where(known, value, 0.0) + 0.5).astype(np.int64), known)
