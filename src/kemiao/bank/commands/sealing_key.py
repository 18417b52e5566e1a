"""participant sealing-key: the key that others seal for us with, made here and named on the chain."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from kemiao.bank.chain_side import SharedChain, chain_of
from kemiao.bank.world import World
from kemiao.base.refusal import Refusal
from kemiao.chain.sealed import Cost
from kemiao.chain.sealing import SealingKeys


@dataclass(frozen=True, slots=True)
class SealingKey:
    """made: whether it is new. entry: that names it on the chain."""

    participant: str
    public: str
    file: Path
    entry: str
    made: bool


def make_sealing_key(
    world: World, passphrase: Callable[[], str], *, renew: bool = False, cost: Cost | None = None
) -> SealingKey | Refusal:
    """The one that is in use, where its file lies here and no new one is wanted; else a new one. Its file is on disk before the
    chain hears of it: nothing is ever sealed for a key that is lost."""
    chain, keys = chain_of(world), SealingKeys(world.home.keys)
    chain.refresh()
    chain.finish()
    current = _current(chain)
    if current is not None and not renew and keys.has(chain.me, current[0]):
        return SealingKey(chain.me, current[0], keys.file(chain.me, current[0]), current[1], False)
    chain.signer("keys")  # a mistyped passphrase must not become the new key's
    public = keys.make(chain.me, passphrase(), world.random_bytes, cost)
    answer = chain.act(
        "sealing_key", body={"public": public}
    )  # where this raises, the entry may still come in: the file stays
    if isinstance(answer, Refusal):
        keys.file(chain.me, public).unlink(missing_ok=True)
        return answer
    return SealingKey(chain.me, public, keys.file(chain.me, public), answer.id, True)


def _current(chain: SharedChain) -> tuple[str, str] | None:
    """Our key on the chain, and the entry that named it; None where there is none, or a stolen key named it."""
    from kemiao.chain.rules.calls import is_trusted

    known = chain.node.get(f"sealing/{chain.me}")
    return (known["public"], known["entry"]) if known is not None and is_trusted(chain.node, chain.me, known) else None
