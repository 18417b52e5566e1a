"""book_related: which borrowers stand under one control, by their newest shareholdings; and their mean turnover of three years.

Event related_borrowers: {digest of a chunk (schema DEBTORS), borrowers, groups, control_ppm, reading}. The judgement of the book reads
the newest one, so what is read of companies here is read once, under a permit, with a receipt.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kemiao.bank.lending.chunks import write_chunk
from kemiao.bank.lending.loan_store import loans
from kemiao.bank.lending.quality import RELATED
from kemiao.bank.permits import permit, receipt
from kemiao.bank.world import World
from kemiao.base.refusal import Refusal
from kemiao.credit.quality.columns import DEBTORS
from kemiao.credit.quality.concentration import limits_of
from kemiao.credit.tracing.related import groups

_TABLES = ("shareholding", "financial_statement")
_HOLDINGS = "SELECT company, holder, arg_max(share_ppm, since) AS share FROM shareholding WHERE since <= ? GROUP BY company, holder ORDER BY company, holder"  # fmt: skip
_TURNOVER = (
    "SELECT company, CAST(floor(avg(revenue_fen)) AS BIGINT) AS mean FROM (SELECT company, period_end, max(revenue_fen) AS revenue_fen, "
    "row_number() OVER (PARTITION BY company ORDER BY period_end DESC) AS place FROM financial_statement "
    "WHERE months = 12 AND period_end <= ? AND revenue_fen IS NOT NULL GROUP BY company, period_end) WHERE place <= 3 GROUP BY company HAVING count(*) = 3"
)


def book_related(
    world: World, progress: Callable[[int, int], None] = lambda done, total: None
) -> dict[str, Any] | Refusal:
    """As of today. Companies whose papers may not be read stand by themselves, and are counted. Refuses NO_LOANS, POLICY_NUMBER."""
    day = world.clock.today()
    limits = limits_of(world.policy.named("concentration", day))
    if isinstance(limits, Refusal):
        return limits
    borrowers = sorted(pc.unique(loans(world)["company"]).to_pylist())
    if not borrowers:
        return Refusal("NO_LOANS", "还没有贷款", "there are no loans yet")
    given = permit(world, borrowers, "post_loan", _TABLES, or_nobody=True)
    held, turnover = [], {}
    if given.subjects and given.tables:
        _, snapshot = world.log.snapshot()
        with world.lake.open(given, snapshot, day, day) as facts:
            progress(0, 2)
            if "shareholding" in given.tables:
                held = [(row["company"], row["holder"], int(row["share"] or 0)) for row in facts.sql(_HOLDINGS, [day]).to_pylist()]  # fmt: skip
            progress(1, 2)
            if "financial_statement" in given.tables:
                turnover = {row["company"]: row["mean"] for row in facts.sql(_TURNOVER, [day]).to_pylist()}
            progress(2, 2)
    # Above control: more than the share, so that two halves of one company are nobody's.
    codes = groups({company: place for place, company in enumerate(borrowers)}, held, limits.control_ppm + 1)
    size = np.bincount(codes, minlength=len(codes)) if len(codes) else np.zeros(0, np.int64)
    first: dict[int, str] = {}
    for company, code in zip(borrowers, codes.tolist(), strict=True):
        first.setdefault(code, company)
    rows = [
        {"company": company, "group": "group:" + first[code] if size[code] > 1 else None, "turnover_mean_fen": turnover.get(company)}
        for company, code in zip(borrowers, codes.tolist(), strict=True)
    ]  # fmt: skip
    table = pa.Table.from_pylist(rows, DEBTORS)
    own = write_chunk(world.home, table)
    public = {
        "digest": own,
        "borrowers": len(borrowers),
        "groups": int((size > 1).sum()),
        "control_ppm": limits.control_ppm,
    }
    with world.log.write() as tx:
        last = world.log.last(RELATED)
        again = last is not None and last.public["digest"] == own
        reading = receipt(tx, given) if given.subjects and given.tables else None
        if not again:
            tx.append(RELATED, ref=own, public=public | {"reading": reading})
    members: dict[str, list[str]] = {}
    for row in rows:
        if row["group"] is not None:
            members.setdefault(row["group"], []).append(row["company"])
    return {"as_of": day.isoformat(), **{name: value for name, value in public.items() if name != "digest"}, "members": members, "left_out": len(given.left_out), "again": again}  # fmt: skip
