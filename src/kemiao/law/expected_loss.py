"""Expected credit loss (预期信用损失): stages, and the probability-weighted present value of what will not come in.

    mPD_t = S_{t-1} * h_t;  S_t = S_{t-1} * (1 - h_t);  ECL_t = mPD_t * LGD * EAD_t / (1 + EIR)^t;  scenarios weigh h_t * m_s

Probabilities and discounting run in doubles; what goes in and what comes out is whole fen.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from kemiao.base.columns import PPM, BoolArray, IntArray, Ints
from kemiao.base.refusal import Refusal
from kemiao.base.tables import Row
from kemiao.law.columns import Cases, answer, weight_of
from kemiao.law.in_force import by_id, number, rows_in_force
from kemiao.law.rule import Input, Law, Output, Rule
from kemiao.law.truth import Truth

NEEDED = ("stage2", "stage3", "measure")
YEARS = 5  # of the columns of cases; the book's own run over as many as its longest loan
Floats = npt.NDArray[np.float64]


def losses(hazard: Floats, lgd: Floats, ead: Floats, eir: Floats, ends: Floats, scenarios: Sequence[tuple[float, float]]) -> tuple[Floats, Floats]:  # fmt: skip
    """ECL of the first year, and over the whole life; per row, in the unit of ead.

    hazard, ead, ends: (rows, years): conditional PD, exposure, and when the year ends (1, 2, … or the broken end of a loan).
    lgd, eir: per row. scenarios: (weight, multiplier of the hazard).
    """
    discount = (1 + eir)[:, None] ** -ends
    first, life = np.zeros(len(lgd)), np.zeros(len(lgd))
    for weight, multiplier in scenarios:
        h = np.minimum(hazard * multiplier, 1.0)
        alive = np.cumprod(1 - h, axis=1)
        before = np.concatenate([np.ones((len(h), 1)), alive[:, :-1]], axis=1)
        each = before * h * lgd[:, None] * ead * discount
        first, life = first + weight * each[:, 0], life + weight * each.sum(axis=1)
    return first, life


def shortfall(gross: IntArray, recoveries: Floats, eir: Floats) -> Floats:
    """Stage 3: the gross balance less the present value of what is still expected at the ends of the years. recoveries: (rows, years)."""
    years = np.arange(1, recoveries.shape[1] + 1)
    present = (recoveries * (1 + eir)[:, None] ** -years).sum(axis=1)
    return np.asarray(np.maximum(gross - present, 0.0))


def stages(overdue_days: Ints, impaired: Truth, increased: Truth, rows: tuple[Row, ...]) -> tuple[IntArray, IntArray]:
    """Least and greatest stage that the unknown leaves. rows: NEEDED of law/tables/expected_loss.toml in force."""
    late = {name: ~Truth.at_most(overdue_days, number(by_id(rows, name), "overdue_days_over")) for name in ("stage2", "stage3")}  # fmt: skip
    third, second = impaired | late["stage3"], increased | late["stage2"]
    low, high = (np.where(t, 3, np.where(s, 2, 1)) for t, s in ((third.sure, second.sure), (third.possible, second.possible)))  # fmt: skip
    return low, high


def expected_loss(cases: pa.Table, law: Law, on: date) -> pa.Table | Refusal:
    """stage, twelve_month_fen, lifetime_fen and allowance_fen, rounded half up to a fen.

    Exposures end with the first year that is not given. Without scenarios (weight_up_ppm …) the base one is all there is.
    In stage 3 the allowance is the balance less the present value of recovery_1_fen ….
    """
    rows = rows_in_force(law, "expected_loss", on, NEEDED)
    if isinstance(rows, Refusal):
        return rows
    given = Cases(cases)
    days, impaired, increased = given.count("overdue_days"), given.flag("impaired"), given.flag("significant_increase")
    low, high = stages(days, impaired, increased, rows)
    eir, lgd, balance = given.ppm("eir_ppm", 0, 10 * PPM), given.ppm("lgd_ppm", 0, PPM), given.amount("balance_fen")
    ead = [given.amount(f"ead_{year}_fen") for year in range(1, YEARS + 1)]
    hazard = [given.ppm(f"hazard_{year}_ppm", 0, PPM) for year in range(1, YEARS + 1)]
    recovery = [given.amount(f"recovery_{year}_fen") for year in range(1, YEARS + 1)]
    weights = {name: given.ppm(f"{name}_ppm", 0, 10 * PPM) for name in ("weight_up", "multiplier_up", "weight_down", "multiplier_down")}  # fmt: skip
    tilt_known = np.logical_and.reduce([column.known for column in weights.values()])
    given.refuse(tilt_known & (weights["weight_up"].values + weights["weight_down"].values > PPM), "WEIGHTS_ABOVE_ONE")

    live = np.logical_and.accumulate([column.known for column in ead], axis=0).T
    exposures = np.where(live, np.stack([column.values for column in ead], axis=1), 0).astype(float)
    chances = np.where(live, np.stack([column.values for column in hazard], axis=1), 0) / PPM
    curve_known = live[:, 0] & lgd.known & eir.known
    hazards_known = np.logical_and.reduce([~live[:, year] | hazard[year].known for year in range(YEARS)])
    ends = np.broadcast_to(np.arange(1.0, YEARS + 1), exposures.shape)
    up, down = (np.where(tilt_known, weights[f"weight_{name}"].values, 0) / PPM for name in ("up", "down"))
    first, life = np.zeros(given.rows), np.zeros(given.rows)
    for weight, multiplier in ((1 - up - down, np.ones(given.rows)), (up, weights["multiplier_up"].values / PPM), (down, weights["multiplier_down"].values / PPM)):  # fmt: skip
        one = losses(np.minimum(chances * multiplier[:, None], 1.0), lgd.values / PPM, exposures, eir.values / PPM, ends, ((1.0, 1.0),))  # fmt: skip
        first, life = first + weight * one[0], life + weight * one[1]
    due_in = np.stack([np.where(column.known, column.values, 0) for column in recovery], axis=1).astype(float)
    left = shortfall(balance.values, due_in, eir.values / PPM)

    twelve = whole(first, curve_known & hazard[0].known)
    lifetime = whole(life, curve_known & hazards_known)
    defaulted = whole(left, balance.known & eir.known & recovery[0].known)
    known = low == high
    by_stage = (twelve, lifetime, defaulted)
    allowance = Ints(
        np.select([low == stage for stage in (1, 2, 3)], [column.values for column in by_stage]),
        known & np.select([low == stage for stage in (1, 2, 3)], [column.known for column in by_stage], False),
    )
    needs_curve, needs_recovery = known & (low < 3), known & (low == 3)
    open_ = low != high
    missing: dict[str, BoolArray] = {
        "overdue_days": open_ & ~days.known, "impaired": open_ & impaired.undecided, "significant_increase": open_ & increased.undecided & (low < 2),
        "eir_ppm": ~eir.known, "lgd_ppm": needs_curve & ~lgd.known, "balance_fen": needs_recovery & ~balance.known,
        "ead_1_fen": needs_curve & ~ead[0].known, "recovery_1_fen": needs_recovery & ~recovery[0].known,
    }  # fmt: skip
    missing |= {f"hazard_{year}_ppm": needs_curve & live[:, year - 1] & ~hazard[year - 1].known & ((low == 2) | (year == 1)) for year in range(1, YEARS + 1)}  # fmt: skip
    outputs = {
        "stage": Ints(low, known),
        "twelve_month_fen": twelve,
        "lifetime_fen": lifetime,
        "allowance_fen": allowance,
    }
    ordered = {item.name: missing[item.name] for item in RULE.inputs if item.name in missing}
    confidence = np.full(given.rows, max(weight_of(by_id(rows, name).confidence) for name in NEEDED))
    return answer(RULE, given, on, outputs, ordered, confidence)


def whole(values: Floats, known: BoolArray) -> Ints:
    """Half up to a fen; amounts here are at least 0."""
    return Ints(np.where(known, np.floor(np.where(known, values, 0) + 0.5), 0).astype(np.int64), known)


RULE = Rule(
    "expected_loss", "预期信用损失", "expected credit loss", "企业会计准则第22号, 财会〔2017〕7号; 银保监规〔2022〕10号",
    (
        Input("overdue_days", "count", "逾期天数", "days past due", ("overdue", "days past due", "dpd")),
        Input("impaired", "flag", "已发生信用减值", "credit-impaired", ("信用减值",)),
        Input("significant_increase", "flag", "信用风险显著增加", "significant increase in credit risk", ("sicr", "显著增加")),
        Input("eir_ppm", "ppm", "实际利率", "effective rate", ("eir",), "fraction"),
        Input("lgd_ppm", "ppm", "违约损失率", "loss given default", ("lgd",), "fraction"),
        Input("balance_fen", "fen", "账面余额", "gross balance", ("balance", "gross", "余额"), "yuan"),
        *(Input(f"ead_{year}_fen", "fen", f"第{year}年违约风险暴露", f"exposure at default, year {year}", (f"ead{year}", f"ead_{year}"), "yuan") for year in range(1, YEARS + 1)),
        *(Input(f"hazard_{year}_ppm", "ppm", f"第{year}年条件违约概率", f"conditional PD, year {year}", (f"h{year}", f"h_{year}"), "fraction") for year in range(1, YEARS + 1)),
        *(Input(f"recovery_{year}_fen", "fen", f"第{year}年预期收回", f"expected recovery, year {year}", (f"recovery{year}",), "yuan") for year in range(1, YEARS + 1)),
        Input("weight_up_ppm", "ppm", "乐观情景权重", "weight of the good scenario", ("w_up",), "fraction", elected=True),
        Input("multiplier_up_ppm", "ppm", "乐观情景倍数", "multiplier of the good scenario", ("m_up",), "fraction", elected=True),
        Input("weight_down_ppm", "ppm", "悲观情景权重", "weight of the bad scenario", ("w_down",), "fraction", elected=True),
        Input("multiplier_down_ppm", "ppm", "悲观情景倍数", "multiplier of the bad scenario", ("m_down",), "fraction", elected=True),
    ),
    (
        Output("stage", "count", "阶段", "stage"),
        Output("twelve_month_fen", "fen", "12个月预期信用损失", "12-month expected credit loss"),
        Output("lifetime_fen", "fen", "整个存续期预期信用损失", "lifetime expected credit loss"),
        Output("allowance_fen", "fen", "减值准备", "loss allowance"),
    ),
    ("expected_loss",), expected_loss,
)  # fmt: skip
