"""Inclusive small-and-micro loans (普惠型小微企业贷款): what counts as one, how much, at what rate."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kemiao.base.columns import IntArray
from kemiao.base.money import div_half_up
from kemiao.base.refusal import Refusal
from kemiao.credit.quality.book import flat, total
from kemiao.credit.quality.totals import share_ppm
from kemiao.law.in_force import by_id, number, rows_in_force
from kemiao.law.rule import Law


def inclusive(quality: pa.Table, loans: pa.Table, law: Law, on: date) -> dict[str, Any] | Refusal:
    """Of micro and small borrowers whose credit line (balances and what may still be drawn) is within the statistical cap.

    mean_rate_ppm: weighed by balance; new_mean_rate_ppm: of loans that began this year, by agreed amount. Source: loan_terms L10.
    """
    rows = rows_in_force(law, "loan_terms", on, ("L10",))
    if isinstance(rows, Refusal):
        return rows
    row = by_id(rows, "L10")
    sizes = [str(name) for name in row.cells["size_classes"]] if isinstance(row.cells["size_classes"], list) else []
    cap = number(row, "inclusive_line_max_fen")
    alive = quality.filter(pc.not_equal(quality["status"], "written_off"))
    agreed = loans.take(pc.index_in(flat(alive["loan"]), value_set=flat(loans["loan"])))
    balance, undrawn = np.asarray(flat(alive["balance_fen"])), np.asarray(flat(alive["undrawn_fen"]))
    company = np.asarray(flat(alive["company"]).dictionary_encode().indices, np.int64)
    small = np.asarray(pc.is_in(flat(agreed["size_class"]), value_set=pa.array(sizes)))
    within = small & (total(balance + undrawn, company) <= cap)
    rate, amount = np.asarray(flat(alive["rate_ppm"])), np.asarray(flat(agreed["amount_fen"]))
    starts = flat(agreed["starts_on"])
    fresh = within & np.asarray(pc.and_(pc.greater_equal(starts, pa.scalar(date(on.year, 1, 1))), pc.less_equal(starts, pa.scalar(on))).fill_null(False))  # fmt: skip
    bad = np.asarray(pc.equal(flat(alive["stage"]), 3))
    return {
        "line_max_fen": cap, "size_classes": sizes, "confidence": row.confidence,
        "loans": int(within.sum()), "borrowers": len(np.unique(company[within])), "balance_fen": int(balance[within].sum()),
        "share_ppm": share_ppm(int(balance[within].sum()), int(balance.sum())), "nonperforming_fen": int(balance[within & bad].sum()),
        "npl_ratio_ppm": share_ppm(int(balance[within & bad].sum()), int(balance[within].sum())), "mean_rate_ppm": _mean(rate[within], balance[within]),
        "new_loans": int(fresh.sum()), "new_amount_fen": int(amount[fresh].sum()), "new_mean_rate_ppm": _mean(rate[fresh], amount[fresh]),
    }  # fmt: skip


def _mean(rate: IntArray, weight: IntArray) -> int | None:
    """Exact: the products pass int64."""
    whole = int(weight.sum())
    return None if whole == 0 else div_half_up(int((rate.astype(object) * weight.astype(object)).sum()), whole)
