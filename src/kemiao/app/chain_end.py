"""What the end of a command tells of the chain: companies that were left out, entries that went there or wait."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from kemiao.app.door import Door
from kemiao.app.passphrase import IN_ENVIRONMENT, IN_FILE
from kemiao.base.refusal import Outage, Refused

if TYPE_CHECKING:
    from kemiao.bank.world import World


def end(door: Door, world: World, outbox_before: int) -> None:
    """outbox_before: the newest entry that waited when the command began. Nothing here makes a command fail that succeeded."""
    chain = world.chain
    if chain is None:
        return
    for company, why in sorted(chain.left_out.items()):
        door.say(f"未读取 {company}:{why.code} {why.zh}", f"left out {company}: {why.code} {why.en}")
    if world.log.outbox_end() <= outbox_before:
        return
    from kemiao.bank.outbox import flush, waiting

    # Nobody is asked for a passphrase at the end of a command that needed none.
    if chain.is_unlocked or os.environ.get(IN_FILE) or os.environ.get(IN_ENVIRONMENT):
        try:
            for refusal in flush(world).refused:
                door.say(f"链拒绝:{refusal.code} {refusal.text('zh')}", f"refused by the chain: {refusal.code} {refusal.text('en')}")  # fmt: skip
        except (Refused, Outage) as stopped:
            why = stopped.refusal if isinstance(stopped, Refused) else stopped.as_refusal()
            door.say(f"暂时未能上链:{why.code} {why.text('zh')}", f"not on the chain yet: {why.code} {why.text('en')}")
    left = waiting(world)
    if left:
        door.say(f"{left} 条等待上链:kemiao chain submit", f"{left} entries wait for the chain: kemiao chain submit")
