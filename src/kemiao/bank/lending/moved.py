"""What a movement table rests on: the day it opens with, and what write-offs took since."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kemiao.bank.lending import loan_store
from kemiao.bank.lending.began import began_on
from kemiao.bank.lending.chunks import read_chunk
from kemiao.bank.lending.postings_store import of_loans
from kemiao.bank.lending.quality import Judged
from kemiao.bank.lending.standing import calendar, lpr_series, servicing_rules
from kemiao.bank.world import World
from kemiao.base.columns import IntArray
from kemiao.credit.quality.book import flat
from kemiao.credit.quality.provisions import USED
from kemiao.credit.servicing.serve import serve


def opening_on(world: World, closing: date, since: date | None) -> date:
    """The day whose end a movement opens with: as asked; else the end of last year, or where the book began later the day before
    it began, or where nothing can be judged then the first day of the bank's provisioning policy."""
    if since is not None:
        return since
    opened, began = date(closing.year - 1, 12, 31), began_on(world)
    if began is None or began > closing:
        return opened
    opened = max(opened, began - timedelta(1))
    policies = [file.effective_from for file in world.policy.files if file.name == "provisioning"]
    first = min(policies, default=opened)
    return first if began <= opened < first < closing else opened


def written_off(world: World, opening: Judged, closing: Judged) -> pa.Table:
    """Schema USED: what write-offs took out of each loan's balance and allowance between two judgements, to the fen; below zero
    where one was taken back. Of closed days as it was posted, of others as servicing has it now."""
    some = closing.loans.filter(
        pc.is_in(closing.loans["loan"], value_set=pa.array(_ever_written_off(world), pa.string()))
    )
    if not some.num_rows:
        return USED.empty_table()
    taken = _so_far(world, closing, some) - _so_far(world, opening, some)
    return pa.table([some["loan"], pa.array(taken, pa.int64())], schema=USED)


def _ever_written_off(world: World) -> list[str]:
    """Loans with a message that says so, whether it was taken back or not."""
    found = {
        str(event.public["loan"])
        for event in world.log.events(loan_store.MESSAGE)
        if event.public["kind"] == "write_off"
    }
    for event in world.log.events(loan_store.MESSAGE_CHUNK):
        table = read_chunk(world.home, event.public["digest"])
        found.update(table["loan"].filter(pc.equal(table["kind"], "write_off")).to_pylist())
    return sorted(found)


def _so_far(world: World, found: Judged, some: pa.Table) -> IntArray:
    """Fen for each row of `some`, by the end of the judged day."""
    if not found.quality.num_rows:
        return np.zeros(some.num_rows, np.int64)
    if found.closed:
        pairs = dict(zip(some["loan"].to_pylist(), some["company"].to_pylist(), strict=True))
        legs = [_legs(rows) for rows in of_loans(world, pairs, found.day)]
    else:
        messages = loan_store.messages_of(world, some)
        lines = serve(some, messages, lpr_series(world), found.day, rules=servicing_rules(world, found.day), calendar=calendar()).lines  # fmt: skip
        off = lines.filter(pc.and_(pc.equal(lines["kind"], "write_off"), pc.invert(lines["off_balance"])))
        legs = [pa.table([off["loan"].cast(pa.string()), pc.subtract(off["amount_fen"], off["sold_fen"])], schema=USED)]
    every = pa.concat_tables([USED.empty_table(), *legs])
    sums = np.zeros(some.num_rows, np.int64)
    place = pc.index_in(flat(every["loan"]), value_set=flat(some["loan"]))
    np.add.at(sums, np.asarray(place, np.int64), np.asarray(flat(every["used_fen"])))
    return sums


def _legs(postings: pa.Table) -> pa.Table:
    """What was taken out of the allowance, without what was provided."""
    own = postings.filter(
        pc.and_(pc.equal(postings["account"], "allowance"), pc.not_equal(postings["kind"], "provide"))
    )
    return pa.table([own["loan"], own["amount_fen"]], schema=USED)
