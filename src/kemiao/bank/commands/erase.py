"""erase: a subject's key is destroyed and its rows leave the lake; its accounts at the portal are closed. Digests and commitments stay
provable."""

from __future__ import annotations

from dataclasses import dataclass

from kemiao.bank.attesting import forget
from kemiao.bank.event_log import Draft
from kemiao.bank.portal_accounts import USER_CLOSED, accounts_of_company
from kemiao.bank.world import World
from kemiao.base.refusal import Refusal
from kemiao.facts.tables import TABLES


@dataclass(frozen=True, slots=True)
class Erased:
    company: str
    key_destroyed: bool
    tables: tuple[str, ...]
    accounts: tuple[str, ...]  # of the portal, that were its own


def erase(world: World, company: str, reason: str) -> Erased | Refusal:
    """Safe to repeat: a second run finishes what a crash left.

    A row that is also about another party (an invoice's other side, a company that it holds shares of) stays, with the erased
    company behind a pseudonym: the other side's purchases are its own facts. The pseudonym is drawn, not derived: keys can be
    listed, so a digest of one could be looked up.
    """
    if not reason.strip():
        return Refusal("REASON_MISSING", "须写明删除的依据", "the reason for an erasure must be given")
    present = [name for name in world.lake.tables() if name in world.log.snapshot()[1]]
    pseudonym = f"foreign:erased-{world.random_bytes(8).hex()}"
    with world.log.write() as tx:
        _, before = world.log.snapshot()
        world.lake.restore(before)
        destroyed = world.vault.destroy(
            company
        )  # first: from here on nothing of it can be read again, whatever happens
        forget(world, company)
        for name in present:
            _remove(world, name, company, pseudonym)
        tx.append("snapshot", public={"tables": world.lake.versions(), "cause": "erase"})
        accounts = accounts_of_company(world, company)
        open_ones = (name for name in accounts if world.log.last(USER_CLOSED, ref=name) is None)
        tx.append_many([Draft(USER_CLOSED, company, name, {"account": name, "by": None, "why": "erased"}) for name in open_ones])  # fmt: skip
        tx.append("erased", company, public={"reason": reason, "tables": present})
    world.lake.sweep()
    return Erased(company, destroyed, tuple(present), accounts)


def _remove(world: World, table: str, company: str, pseudonym: str) -> None:
    quoted = company.replace("'", "''")
    subjects = TABLES[table].subjects
    if len(subjects) == 1:
        world.lake.remove(table, f"{subjects[0]} = '{quoted}'")
    named = [column.name for column in TABLES[table].columns if column.kind == "company"]
    for column in named if len(subjects) > 1 else [name for name in named if name not in subjects]:
        # Another content under the same identity: papers that come again, on a new consent, take the row's place.
        world.lake.update(
            table, f"{column} = '{quoted}'", {column: f"'{pseudonym}'", "content_id": "sha256(content_id)"}
        )
