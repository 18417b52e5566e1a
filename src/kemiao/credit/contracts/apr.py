"""What a loan costs a year, all fees in: the annual percentage rate in both forms of the PBoC, and the effective rate of the bank.

中国人民银行公告〔2021〕第3号: a lender shows the annualised rate of all that the borrower pays for the loan over the principal that he
really has; the compound form is the internal rate of return, the simple form must be said to be simple.

* compound (复利, IRR): the yearly rate i with sum of flow / (1 + i)^(days / 365) = 0, days from the first flow.
* simple (单利): costs / (principal outstanding * days / 365), where principal is what has been paid out less what came back of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import numpy as np
import pyarrow as pa

from kemiao.base.columns import IntArray, Ints
from kemiao.credit.contracts.apr_kernel import irr_of_flows, irr_of_plans, simple_of_plans
from kemiao.credit.contracts.calendars import monday_to_friday
from kemiao.credit.contracts.lpr_series import LprSeries
from kemiao.credit.contracts.schedule import schedule
from kemiao.credit.contracts.schedule_terms import starts_of

_SLICE = 20_000  # loans


def apr_ppm(offsets: IntArray, days: IntArray, amounts_fen: IntArray) -> Ints:
    """Internal rate of return of each loan's flows, ppm a year, compounded once a year.

    offsets: loan k has flows offsets[k]..offsets[k + 1] - 1, in any order; days since 1970; + what the borrower receives, - what
    he pays (or the other way round). Unknown where there is no such rate between -99 % and 10 000 %: all of one sign, all on one day.
    """
    rates, known = irr_of_flows(offsets, days, amounts_fen)
    return Ints(rates, known)


def apr_of_loans(
    loans: pa.Table, lpr: LprSeries, disbursed_on: date | pa.Array | None = None
) -> tuple[Ints, Ints]:  # fmt: skip
    """(compound, simple) annual percentage rates of plans, ppm: by due days, all fees in. Unknown where there is no plan."""
    if loans.num_rows == 0:
        return Ints.all(0, 0), Ints.all(0, 0)
    compound, simple = zip(*_of_plans(loans, lpr, disbursed_on), strict=True)
    return _joined(compound), _joined(simple)


def effective_rate_ppm(loans: pa.Table, lpr: LprSeries, disbursed_on: date | pa.Array | None = None) -> Ints:
    """The rate that discounts a loan's plan, fee included, to what was paid out: compounded yearly, ppm, as expected losses need.

    The plan is the one at disbursement, and so is the rate (IFRS 9 B5.4.1-3; 企业会计准则第22号). Unknown where there is no plan.
    """
    return apr_of_loans(loans, lpr, disbursed_on)[0]


def _of_plans(loans: pa.Table, lpr: LprSeries, disbursed_on: date | pa.Array | None) -> Iterator[tuple[Ints, Ints]]:
    """In slices of loans, whose plans are in memory two at a time."""
    starts, amounts = starts_of(loans, disbursed_on), Ints.of(loans["amount_fen"])

    def rates_of(first: int) -> tuple[Ints, Ints]:
        last = min(first + _SLICE, loans.num_rows)
        some = loans.slice(first, last - first)
        plan = schedule(some, _days(starts[first:last]), lpr, calendar=monday_to_friday(), threads=1)
        offsets = np.searchsorted(np.asarray(plan["loan"].chunk(0).indices), np.arange(last - first + 1))
        known = np.asarray(plan["refused"].combine_chunks().is_null())[offsets[:-1]]
        due = np.asarray(plan["due_on"].cast(pa.int32()).fill_null(0))
        columns = [np.asarray(plan[name].fill_null(0)) for name in ("interest_fen", "principal_fen", "fee_fen")]
        arguments = (offsets, starts[first:last], amounts.values[first:last], due, *columns)
        rates, found = irr_of_plans(*arguments)
        return Ints(rates, found & known), Ints(simple_of_plans(*arguments), known)

    firsts = range(0, loans.num_rows, _SLICE)
    if len(firsts) == 1:
        yield rates_of(0)
        return
    with ThreadPoolExecutor(2) as pool:
        yield from pool.map(rates_of, firsts)


def _days(numbers: IntArray) -> pa.Array:
    return pa.array(np.clip(numbers, -(2**31), 2**31 - 1).astype(np.int32), pa.int32()).cast(pa.date32())


def _joined(parts: tuple[Ints, ...]) -> Ints:
    return Ints(np.concatenate([part.values for part in parts]), np.concatenate([part.known for part in parts]))
