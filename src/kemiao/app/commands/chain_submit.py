"""kemiao chain submit"""

from __future__ import annotations

import typer

from kemiao.app.door import Door, command
from kemiao.app.groups import group


def register(cli: typer.Typer) -> None:
    @command(group(cli, "chain"))
    def submit(door: Door):
        """把等待的条目送上链:决定、模型、导入批次、读取回执 / Sends what waits to the chain: decisions, models, batches, readings.

        例 e.g.: kemiao chain submit --json
        """
        from kemiao.app.world import open_world
        from kemiao.bank.attesting import attest_missing
        from kemiao.bank.chain_side import chain_of
        from kemiao.bank.outbox import flush

        with open_world(door) as world:
            chain_of(world)
            attested = attest_missing(world)
            answer = flush(world)
        for refusal in answer.refused:
            door.say(f"链拒绝:{refusal.code} {refusal.text('zh')}", f"refused by the chain: {refusal.code} {refusal.text('en')}")  # fmt: skip
        if door.as_json:
            return door.document({**answer.as_json(), "attested": attested})
        return door.text(door.word(
            f"上链 {answer.anchored} 条,仍在等待 {answer.waiting} 条", f"{answer.anchored} entries on the chain, {answer.waiting} still wait",
        ))  # fmt: skip
