"""A group of entries on their way into the chain: applied one after another, each over what those before it have put."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from kemiao.base.refusal import Refusal
from kemiao.base.tree import leaf_hash
from kemiao.chain.checking import Checked, Key, Unproved, proved
from kemiao.chain.entry import LEAF, Signed
from kemiao.chain.node import Accepted, Record
from kemiao.chain.rules.apply import apply
from kemiao.chain.rules.state import Effects
from kemiao.chain.sqlite_store import Head, Row, record_of, row
from kemiao.chain.state_cache import Overlay

DELIVERED = ("bid_reveal",)  # kinds that name parcels, which the node must hold


class Group:
    """Nothing outside changes until it is written. at: of its newest entry (milliseconds since 1970, UTC)."""

    __slots__ = ("_by_sequence", "_earlier", "_lacks", "_listed", "at", "rows", "size", "state")

    def __init__(
        self,
        head: Head,
        at: int,
        below: Callable[[str], Any | None],
        by_sequence: Callable[[str, int], Record | None],
        lacks: Callable[[Signed], Refusal | None] | None = None,
    ) -> None:
        """at: the clock's; time never runs back, whatever the clock does. lacks: what this node, and no rule, misses beside a new
        entry of DELIVERED; a replica takes what another node has taken."""
        self._by_sequence, self._lacks = by_sequence, lacks
        self.at, self.size, self.state = max(at, head.at), head.size, Overlay(below)
        self.rows: list[Row] = []
        self._earlier: dict[tuple[str, int], int] = {}  # place by author and sequence, of the first _listed rows
        self._listed = 0

    @property
    def leaves(self) -> list[bytes]:
        """Hashes of the new leaves of the tree, made when they are asked for: see entry.leaf."""
        return [leaf_hash(LEAF + row[1].to_bytes(8, "big") + row[2]) for row in self.rows]

    def take(self, content: bytes, checked: Checked) -> Accepted | Refusal:
        """A new entry, or one that stands here already."""
        if isinstance(checked, Refusal):
            return checked
        effects = self._applied(checked, self.at)
        if isinstance(effects, Refusal):
            stands = self._standing(checked)
            return effects if stands is None else Accepted(stands.id, stands.index, stands.at, again=True)
        signed = checked.signed if isinstance(checked, Unproved) else checked
        if signed.entry.kind in DELIVERED and self._lacks is not None:
            missing = self._lacks(signed)
            if missing is not None:
                return missing
        index = self.size
        self._add(content, signed, effects.puts)
        notes = tuple([note.as_json() for note in effects.notes]) if effects.notes else ()
        return Accepted(signed.id, index, self.at, notes)

    def repeat(self, record: Record, checked: Checked) -> Refusal | None:
        """A record of another node. Why it can't be the next one here, with its index; None where it was added."""
        if record.index != self.size:
            return _at_index(
                record.index, Refusal("OUT_OF_ORDER", f"下一条应是 {self.size}", f"the next should be {self.size}")
            )
        if isinstance(checked, Refusal):
            return _at_index(record.index, checked)
        signed = checked.signed if isinstance(checked, Unproved) else checked
        if signed.id != record.id:
            return _at_index(record.index, Refusal("OTHER_ID", "编号与内容不符", "the id is not that of the content"))
        if record.at < self.at:
            return _at_index(record.index, Refusal("TIME_RAN_BACK", "时间倒退", "time ran back"))
        effects = self._applied(checked, record.at)
        if isinstance(effects, Refusal):
            return _at_index(record.index, effects)
        self.at = record.at
        self._add(record.envelope, signed, effects.puts)
        return None

    def _applied(self, checked: Signed | Unproved, at: int) -> Effects | Refusal:
        if isinstance(checked, Unproved):
            key = key_of(self.state.get, checked.signed.entry.key)
            if key is None:  # nobody's: the rules say so in their own words
                refused = apply(self.state, checked.signed, at)
                return refused if isinstance(refused, Refusal) else _nobodys(checked.signed)
            late = proved(checked.signed, key)
            if isinstance(late, Refusal):
                return late
            checked = late
        return apply(self.state, checked, at)

    def _standing(self, checked: Signed | Unproved) -> Record | None:
        """The record of this very entry, also where its author could not make it today. Its signature holds: without a good
        one nobody is told."""
        if isinstance(checked, Unproved):
            return None
        entry = checked.entry
        if entry.sequence > (self.state.get(f"sequence/{entry.author}") or 0):
            return None
        place = self._place(entry.author, entry.sequence)
        stands = self._by_sequence(entry.author, entry.sequence) if place is None else record_of(self.rows[place])
        return stands if stands is not None and stands.id == checked.id else None

    def _place(self, author: str, sequence: int) -> int | None:
        """Among the new rows. They are listed when there is first something to look for, each once."""
        self._earlier.update(
            ((row[4], row[5]), self._listed + more) for more, row in enumerate(self.rows[self._listed :])
        )
        self._listed = len(self.rows)
        return self._earlier.get((author, sequence))

    def _add(self, content: bytes, signed: Signed, puts: Mapping[str, Any]) -> None:
        self.state.put(puts)
        self.rows.append(row(self.size, self.at, signed.id, signed.entry, content))
        self.size += 1


def key_of(state: Callable[[str], Any | None], key: str) -> Key | None:
    """Suite and public key, among all that participants have or had."""
    owner = state(f"key/{key}")
    participant = None if owner is None else state(f"participant/{owner}")
    found = None if participant is None else participant["keys"].get(key)
    return None if found is None else (found["suite"], bytes.fromhex(found["public"]))


def _nobodys(signed: Signed) -> Refusal:
    return Refusal.at("FOREIGN_KEY", "没有人有这把密钥", "nobody has this key", key=signed.entry.key)


def _at_index(index: int, refusal: Refusal) -> Refusal:
    return Refusal(refusal.code, refusal.zh, refusal.en, (("index", str(index)), *refusal.where))
