"""A batch: many facts under one root, so that one signature covers all and each can be proved alone, the others unseen.

Leaf of a row = SHA-256(00 ‖ "kemiao/fact" 00 ‖ salt ‖ cells), a leaf hash of RFC 9162. Cells are netstrings: `LEN:TEXT` with
the count of UTF-8 bytes in decimal, `-` for null. The salt of row i is the first half of SHA-256("kemiao/salt" 00 ‖ key ‖ i as
8 bytes): without the batch's secret key, or the one salt, nobody can try out what a hidden row may say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Any

from kemiao.base.refusal import BrokenInvariant, Refusal, Refused
from kemiao.base.tree import check_inclusion
from kemiao.chain.flat_tree import HASH_BYTES, flat_path, flat_root

KEY_BYTES, SALT_BYTES = 32, 16
SALT_DOMAIN, FACT_DOMAIN = b"kemiao/salt\0", b"kemiao/fact\0"

Cell = str | None


@dataclass(frozen=True, slots=True)
class Fact:
    """One row of a batch and what shows it to be there: hashes from its leaf up to the root of `count` leaves."""

    columns: tuple[str, ...]
    cells: tuple[Cell, ...]
    salt: bytes
    index: int
    count: int
    path: tuple[bytes, ...]

    def is_under(self, root: str) -> bool:
        leaf = leaf_of(self.salt, self.cells)
        return check_inclusion(leaf, self.index, self.count, self.path, bytes.fromhex(root))


@dataclass(frozen=True, slots=True)
class Batch:
    """leaves: the leaf hashes, one behind the other. The cells stay with the caller."""

    columns: tuple[str, ...]
    key: bytes
    leaves: bytes
    root: str

    @property
    def count(self) -> int:
        return len(self.leaves) // HASH_BYTES

    def row(self, index: int, values: Sequence[object]) -> Fact:
        """Raises BrokenInvariant where the values are not those that the batch was made of."""
        fact = Fact(
            self.columns, tuple(text_of(value) for value in values), salt_of(self.key, index), index, self.count,
            tuple(flat_path(self.leaves, index)),
        )  # fmt: skip
        if not fact.is_under(self.root):
            raise BrokenInvariant(f"row {index} is not what the batch was made of")
        return fact


def batch_of_rows(columns: Sequence[str], rows: Iterable[Sequence[object]], key: bytes) -> Batch:
    """From objects, one by one. Raises Refused NO_FIXED_TEXT with row (from 0) and column, EMPTY_BATCH."""
    names, width = tuple(columns), len(columns)
    opening = SALT_DOMAIN + _checked(key)
    leaves: list[bytes] = []
    for index, row in enumerate(rows):
        if len(row) != width:
            raise BrokenInvariant(f"row {index} has {len(row)} cells for {width} columns")
        salt = sha256(opening + index.to_bytes(8, "big")).digest()[:SALT_BYTES]
        try:
            leaves.append(leaf_of(salt, [value if type(value) is str else text_of(value) for value in row]))
        except (Refused, UnicodeEncodeError):
            raise _no_text(names, index, row) from None
    return finished(names, key, b"".join(leaves), flat_root)


def finished(columns: tuple[str, ...], key: bytes, leaves: bytes, root: Callable[[bytes], bytes]) -> Batch:
    if not leaves:
        raise Refused(Refusal("EMPTY_BATCH", "一条事实也没有", "there is not a single fact"))
    return Batch(columns, key, leaves, root(leaves).hex())


def leaf_of(salt: bytes, cells: Sequence[Cell]) -> bytes:
    return sha256(b"\0" + preimage(salt, cells)).digest()


def preimage(salt: bytes, cells: Sequence[Cell]) -> bytes:
    """What is hashed for a leaf, without the 00 of RFC 9162."""
    parts = ["-" if text is None else f"{len(text) if text.isascii() else len(text.encode())}:{text}" for text in cells]
    return FACT_DOMAIN + salt + "".join(parts).encode()


def salt_of(key: bytes, index: int) -> bytes:
    return sha256(SALT_DOMAIN + _checked(key) + index.to_bytes(8, "big")).digest()[:SALT_BYTES]


def text_of(value: object) -> Cell:
    """The one text of a value: days ISO, whole numbers decimal, flags true or false, bytes lower-case hex, text as it is.
    Raises Refused NO_FIXED_TEXT for all else: a float or an instant is written in many ways."""
    write = _TEXT.get(type(value))
    if write is None:
        raise Refused(no_fixed_text(type(value).__name__))
    return write(value)


def no_fixed_text(kind: str, **where: object) -> Refusal:
    return Refusal.at(
        "NO_FIXED_TEXT",
        f"{kind} 没有唯一的文字写法;请先转为文字或整数",
        f"{kind} has no single form as text: make it text or a whole number first",
        **where,
    )


_TEXT: Mapping[type, Callable[[Any], Cell]] = {
    str: lambda text: text,
    int: str,
    bool: lambda flag: "true" if flag else "false",
    type(None): lambda _: None,
    date: lambda day: day.isoformat(),
    bytes: lambda raw: raw.hex(),
}


def _checked(key: bytes) -> bytes:
    if len(key) != KEY_BYTES:
        raise BrokenInvariant(f"a batch key has {KEY_BYTES} bytes")
    return key


def _no_text(columns: Sequence[str], index: int, row: Sequence[object]) -> Refused:
    for column, value in zip(columns, row, strict=True):
        if type(value) is str:
            try:
                value.encode()
            except UnicodeEncodeError:
                return Refused(no_fixed_text("half of a surrogate pair", row=index, column=column))
        elif type(value) not in _TEXT:
            return Refused(no_fixed_text(type(value).__name__, row=index, column=column))
    raise BrokenInvariant(f"row {index} has a text for every cell")
