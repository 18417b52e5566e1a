"""The whole book of a day in one pass: triggers → impairment → stage → expected loss → class → capital. Nothing feeds back."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa

from kemiao.base.columns import Ints
from kemiao.credit.quality.book import book, flat
from kemiao.credit.quality.bound import bound
from kemiao.credit.quality.columns import CLASSES, QUALITY
from kemiao.credit.quality.expected import expected
from kemiao.credit.quality.grounds import QualityGrounds
from kemiao.credit.quality.impairment import impairment, with_losses
from kemiao.law.columns import names_where
from kemiao.law.months import day_array


def judge(states: pa.Table, loans: pa.Table, flags: pa.Table, before: pa.Table | None, grounds: QualityGrounds, day: date) -> pa.Table:  # fmt: skip
    """QUALITY of the loans that are agreed, active or written off, by loan.

    states: STATES of the day. loans: LOANS, others than those of the states are not read. flags: FLAGS that stand on the day.
    before: QUALITY of an earlier day (the end of the day before; None: nothing is known of earlier days, so who was
    non-performing once may pass as never having been). Raises Refused where no law is in force on the day
    (LAW_NOT_IN_FORCE), BrokenInvariant where a state has no loan.
    """
    here = book(states, loans, flags, before, grounds.debtors, day)
    if not here.rows:
        return QUALITY.empty_table()
    impaired = impairment(here, grounds, day)
    losses = expected(here, impaired, grounds, day)
    final = with_losses(impaired, losses.ecl_fen, here.balance.values, grounds, day)
    capital = bound(here, final.impaired, losses, grounds, day)
    every = np.ones(here.rows, bool)
    columns = {
        "loan": flat(here.states["loan"]), "company": flat(here.loans["company"]), "group": here.group,
        "day": day_array(Ints(np.full(here.rows, here.day, np.int64), every)), "status": here.status,
        "class": pa.array(CLASSES).take(pa.array(final.rank)), "class_reasons": final.reasons,
        "stage": pa.array(losses.stage), "impaired": pa.array(final.impaired), "past_due_days": flat(here.states["past_due_days"]),
        "balance_fen": here.balance.arrow(), "rate_ppm": flat(here.states["rate_ppm"]), "undrawn_fen": pa.array(here.undrawn),
        "pd_ppm": pa.array(losses.pd_ppm), "lgd_ppm": pa.array(losses.lgd_ppm), "ead_fen": pa.array(losses.ead_fen),
        "eir_ppm": pa.array(losses.eir_ppm), "ecl_fen": pa.array(losses.ecl_fen),
        "risk_row": capital.row, "risk_weight_ppm": capital.weight_ppm.arrow(), "rwa_fen": capital.rwa.arrow(),
        "capital_fen": capital.capital.arrow(), "raroc_ppm": capital.raroc.arrow(), "observed_from": day_array(final.observed_from), "observed_until": day_array(final.observed_until),
        "nonperforming_since": day_array(final.nonperforming_since), "clean_since": day_array(final.clean_since),
        "restructurings": flat(here.states["restructurings"]),
        "assumed": names_where({"pd_ppm": losses.pd_assumed, "lgd_ppm": losses.lgd_assumed, "risk_weight_ppm": capital.unsure}, here.rows),
    }  # fmt: skip
    return pa.table([_as(columns[field.name], field.type) for field in QUALITY], schema=QUALITY)


def _as(column: pa.Array, kind: pa.DataType) -> pa.Array:
    return column if pa.types.is_list(kind) else column.cast(kind)
