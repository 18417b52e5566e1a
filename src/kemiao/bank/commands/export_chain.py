"""export_chain: every entry as a line for other software, or one of our own entries as a verifiable credential."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from kemiao.bank.chain_side import chain_of
from kemiao.bank.commands.prove import find
from kemiao.bank.world import World
from kemiao.base.refusal import Refusal
from kemiao.chain.credential import TYPES, AuthorKey, to_credential
from kemiao.chain.entry import open_envelope
from kemiao.chain.rules.apply import KINDS

_PAGE = 1_000
_WHOLE = 64  # hex digits of an id


def entries(world: World, start: int = 0) -> Iterator[dict[str, Any]]:
    """index, at, id, entry and signature of each from index `start` on; of the genesis (index 0) its content."""
    node = chain_of(world).node
    end = node.size()  # entries that come meanwhile are for the next time
    while start < end:
        page = node.records(start, min(_PAGE, end - start))
        for record in page:
            place = {"index": record.index, "at": record.at, "id": record.id}
            content = json.loads(record.envelope)
            yield {**place, "genesis": content} if record.index == 0 else {**place, **content}
        start = page[-1].index + 1


def as_credential(world: World, entry_id: str) -> dict[str, Any] | Refusal:
    """Signed by our key for entries of that kind. entry_id: as prove.find. Refuses NO_SUCH_ENTRY, NOT_THE_AUTHOR, NO_CREDENTIAL_OF_THIS_KIND,
    SUITE_HAS_NO_CREDENTIAL. What others said is proved by a proof file; a credential speaks for its issuer."""
    chain = chain_of(world)
    record = chain.node.find(entry_id) if len(entry_id) == _WHOLE else find(chain, entry_id)
    if isinstance(record, Refusal):
        return record
    signed = None if record is None or record.index == 0 else open_envelope(record.envelope)
    if signed is None or isinstance(signed, Refusal):
        return Refusal.at("NO_SUCH_ENTRY", "链上没有这个条目", "there is no such entry on the chain", entry=entry_id)
    entry = signed.entry
    if entry.author != chain.me:
        return Refusal.at(
            "NOT_THE_AUTHOR", "凭证由作者自己签发;他人的条目请用 kemiao chain prove 证明",
            "a credential is issued by the author: what others stated is proved by kemiao chain prove", author=entry.author,
        )  # fmt: skip
    if entry.kind not in TYPES:
        return Refusal.at("NO_CREDENTIAL_OF_THIS_KIND", "只有授权和存证声明可以成为凭证", "only consents and attestations become credentials", kind=entry.kind)  # fmt: skip
    key = (chain.node.get(f"participant/{entry.author}") or {"keys": {}})["keys"][entry.key]
    signer = chain.signer(KINDS[entry.kind].purpose)
    return to_credential(signed, signer, world.clock.now(), AuthorKey(key["suite"], bytes.fromhex(key["public"])))
