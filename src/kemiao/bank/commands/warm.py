"""warm: what the first who asks would otherwise wait for: long queries parsed, kernels loaded, law, policy and products read.

Nobody's papers are opened: the permit is for nobody, and who is judged is a row of unknowns that is thrown away.
"""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa

from kemiao.bank.commands.assess import decide, look_up
from kemiao.bank.commands.replay import row_schema
from kemiao.bank.lending.loan_store import LOAN
from kemiao.bank.lending.own_book import standing_of
from kemiao.bank.lending.products import product_files
from kemiao.bank.permits import permit
from kemiao.bank.rulebook import grounds
from kemiao.bank.views import batches, default_as_of
from kemiao.bank.world import World

_NOBODY = "nobody"


def warm(world: World) -> None:
    """Raises Refused where the policy is not complete."""
    day, brought = world.clock.today(), batches(world)
    product_files(world)
    lent = world.log.last(LOAN)
    if lent is not None and lent.subject is not None:
        standing_of(world, (lent.subject,), day)  # of the bank's own book: no papers
    if not brought:
        return
    as_of, base = default_as_of(world, brought), grounds(world, day)
    given = permit(world, (), "credit_review", brought=brought, or_nobody=True)
    found = look_up(world, given, brought, as_of, day, base, None)
    unknown = pa.Table.from_pylist([{"company": _NOBODY}], schema=row_schema())
    decide(replace(found, features=unknown, technology=None), lambda done, total: None)
