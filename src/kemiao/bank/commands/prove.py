"""chain prove: a file with which a stranger can check an entry, a row, a decision, a receipt, or that a head was continued."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kemiao.bank.chain_side import SharedChain, chain_of
from kemiao.bank.world import World
from kemiao.base.refusal import BrokenInvariant, Outage, Refusal
from kemiao.chain import proof
from kemiao.chain.node import Record
from kemiao.chain.proof_checking import Proved, check

if TYPE_CHECKING:
    from kemiao.chain.following import Replica

_DECISION = re.compile(r"dec-[0-9a-f]{20}")
_HEX = re.compile(r"[0-9a-f]{8,64}")
_INDEX = re.compile(r"0|[1-9][0-9]{0,14}")


@dataclass(frozen=True, slots=True)
class Prove:
    """what: an entry's id, its beginning or its index; a decision's id; None for consistency alone. row: of a batch, from 0.
    head: a checkpoint that the reader holds. receipt: the node's word on the entry, instead of the entry. to_company: the row is
    for the company that it is about, which needs no consent of its own."""

    what: str | None
    row: int | None = None
    head: str | None = None
    receipt: bool = False
    to_company: bool = False


@dataclass(frozen=True, slots=True)
class ProofMade:
    """facts: what the file proves (chain.proof_checking)."""

    content: bytes
    facts: dict[str, Any]


def prove(world: World, asked: Prove) -> ProofMade | Refusal:
    """Nothing leaves that its reader would refuse: the file is checked as a stranger checks it.

    Raises Refused NO_CHAIN. A follower proves under the newest signed head that it keeps.
    """
    chain = chain_of(world)
    head = _kept_head(world, chain)
    if isinstance(head, Refusal):
        return head
    content = _content(world, chain, asked, head)
    if isinstance(content, Refusal):
        return content
    proved = check(content, chain.chain, asked.head)
    return ProofMade(content, dict(proved.facts)) if isinstance(proved, Proved) else proved


def signed_head(world: World) -> str | None:
    """The newest head that a node has signed, as far as this home knows; None where there is none yet. Raises Refused NO_CHAIN."""
    from kemiao.chain import checkpoint

    chain = chain_of(world)
    kept = _kept_head(world, chain)
    text = chain.node.checkpoint() if kept is None else kept
    if isinstance(text, Refusal):
        return None
    read = checkpoint.read(text)
    return None if isinstance(read, Refusal) or not read.signatures else text


def write_proof(made: ProofMade, out: Path) -> None:
    """Whole or not at all. Raises Outage."""
    building = out.with_name(f".{out.name}.new")
    try:
        building.write_bytes(made.content)
        building.replace(out)
    except OSError as error:
        building.unlink(missing_ok=True)
        raise Outage("FILE_UNWRITABLE", f"文件无法写入:{error.strerror}", f"the file can't be written: {error.strerror}", {"file": out}) from error  # fmt: skip


def _content(world: World, chain: SharedChain, asked: Prove, head: str | None) -> bytes | Refusal:
    if asked.what is None:
        if asked.head is None:
            raise BrokenInvariant("nothing was asked for")
        return proof.of_consistency(chain.node, asked.head, head=head)
    if _DECISION.fullmatch(asked.what):
        return _decision(world, chain, asked, head)
    if asked.receipt:
        return _receipt(world, chain, asked, head)
    record = find(chain, asked.what)
    if isinstance(record, Refusal):
        return record
    row = None if asked.row is None else _row(world, record, asked, asked.row)
    return row if isinstance(row, Refusal) else proof.of_entry(chain.node, record, row=row, older=asked.head, head=head)


def find(chain: SharedChain, text: str) -> Record | Refusal:
    """By id, by its beginning (8 digits or more) or by index. Digits alone are an index while there are fewer than 8 of them,
    or where no id begins so. Refuses NO_SUCH_ENTRY, AMBIGUOUS_ID."""
    from kemiao.chain.sqlite_node import SqliteNode

    node, typed = chain.node, text.strip().lower()
    if not isinstance(node, SqliteNode):
        raise BrokenInvariant("a home reads from a file of its own")
    found = node.beginning(typed) if _HEX.fullmatch(typed) else []
    if not found and _INDEX.fullmatch(typed):
        found = node.records(int(typed), 1)
    if len(found) > 1:
        return Refusal.at("AMBIGUOUS_ID", "不止一个编号这样开头,请多给几位", "more than one id begins so: give more digits", given=typed)  # fmt: skip
    if not found:
        return Refusal.at("NO_SUCH_ENTRY", "链上没有这个条目(给编号、其开头至少 8 位,或序号)", "there is no such entry on the chain (give its id, the first 8 digits of it or more, or its index)", entry=text[:70])  # fmt: skip
    return found[0]


def _row(world: World, record: Record, asked: Prove, number: int) -> proof.Row | Refusal:
    """What strangers are shown is read under the company's consent; what it asks for itself is its right."""
    from kemiao.bank.attested import attested_row

    fact = attested_row(world, record.id, number, "subject_access" if asked.to_company else "trace")
    if isinstance(fact, Refusal):
        return fact if fact.code != "NO_SUCH_ROW" else Refusal.at("NO_SUCH_ROW", "该批次没有这一行", "the batch has no such row", row=number + 1)  # fmt: skip
    return proof.Row(fact.columns, fact.cells, fact.salt, fact.index, fact.path)


def _decision(world: World, chain: SharedChain, asked: Prove, head: str | None) -> bytes | Refusal:
    from kemiao.bank.own_entries import decision_leaf
    from kemiao.base import tree

    named = str(asked.what)
    stands = decision_leaf(world, named)
    if isinstance(stands, Refusal):
        return stands
    entry, place, leaves = stands
    record, event = chain.node.find(entry), world.log.last("decision", ref=named)
    if record is None or event is None or event.commitment is None:
        return Refusal.at("REPLICA_BEHIND", "副本还没有这个条目:kemiao chain follow", "the replica does not have the entry yet: kemiao chain follow", entry=entry)  # fmt: skip
    rows = tree.levels([tree.leaf_hash(leaf) for leaf in leaves])
    path = tree.inclusion_path(place, len(leaves), lambda level, i: rows[level][i])
    shown = proof.Decision(named, event.commitment, place, path)
    return proof.of_entry(chain.node, record, decision=shown, older=asked.head, head=head)


def _receipt(world: World, chain: SharedChain, asked: Prove, head: str | None) -> bytes | Refusal:
    """The receipt that our log keeps; the entry itself may be gone from the chain: that is what a receipt is for."""
    from kemiao.chain import receipt

    stands = find(chain, str(asked.what))
    named = str(asked.what).strip().lower() if isinstance(stands, Refusal) else stands.id
    effects = [event for event in world.log.events("chain_effect") if str(event.ref).startswith(named)]
    if not effects or not _HEX.fullmatch(named):
        return Refusal.at("NO_RECEIPT", "本目录没有该条目的回执(只有自己提交的条目才有)", "there is no receipt for this entry here: only for what this home submitted", entry=asked.what)  # fmt: skip
    kept = world.log.last("chain_receipt", ref=str(effects[-1].public["receipt"]))
    given = receipt.read("" if kept is None else str(kept.public["text"]))
    alone = given if isinstance(given, Refusal) else receipt.part(given, str(effects[-1].ref))
    if isinstance(alone, Refusal):
        return alone
    return proof.of_receipt(chain.node, alone, older=asked.head, head=head)


def _kept_head(world: World, chain: SharedChain) -> str | Refusal | None:
    """None where this home is a node: it signs its own heads."""
    if chain.settings.node is None:
        return None
    kept = _replica(world, chain).last_head()
    if kept is None:
        return Refusal("HEAD_NOT_SIGNED", "还没有收到节点签名的树头:kemiao chain follow", "no head signed by the node was received yet: kemiao chain follow")  # fmt: skip
    return kept[1]


def _replica(world: World, chain: SharedChain) -> Replica:
    from kemiao.chain.following import Replica
    from kemiao.chain.sqlite_node import SqliteNode

    own = chain.node
    if not isinstance(own, SqliteNode):
        raise BrokenInvariant("a follower reads from a file of its own")
    return Replica(world.home.chain, own, own)
