"""The Merkle tree of RFC 9162, section 2.1, over leaf hashes: roots, paths, their checks, growing.

node(level, i) gives the stored hash of a complete subtree: the one over the leaves [i * 2^level, (i + 1) * 2^level).
Only complete subtrees are ever stored; what is ragged on the right is hashed when it is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256

from kemiao.base.refusal import BrokenInvariant

Stored = Callable[[int, int], bytes]

EMPTY_ROOT = sha256(b"").digest()
_HASH_BYTES = 32


def leaf_hash(data: bytes) -> bytes:
    return sha256(b"\0" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\1" + left + right).digest()


def root(leaf_hashes: Sequence[bytes]) -> bytes:
    if not leaf_hashes:
        return EMPTY_ROOT
    # By level, not by leaf; from below, each row's odd last one is the next peak of the right edge.
    peaks, row = [], leaf_hashes
    while row:
        if len(row) & 1:
            peaks.append(row[-1])
        below = iter(row)
        row = [sha256(b"\1" + left + right).digest() for left, right in zip(below, below, strict=False)]
    return _folded(peaks[::-1])


def levels(leaf_hashes: Sequence[bytes]) -> list[list[bytes]]:
    """All complete subtrees, by level from the leaves up: levels(…)[level][i] is what node(level, i) answers."""
    rows = [list(leaf_hashes)]
    while len(rows[-1]) > 1:
        below = iter(rows[-1])
        rows.append([sha256(b"\1" + left + right).digest() for left, right in zip(below, below, strict=False)])
    return rows


def stored_root(size: int, node: Stored) -> bytes:
    return _ragged(0, size, node) if size else EMPTY_ROOT


def stored_range(start: int, end: int, node: Stored) -> bytes:
    """The hash over the leaves [start, end), where start is a multiple of the width of the largest subtree inside."""
    return _ragged(start, end, node)


def inclusion_path(index: int, size: int, node: Stored) -> list[bytes]:
    """Hashes that lead from leaf `index` to the root of the first `size` leaves, from below. Raises BrokenInvariant
    unless 0 <= index < size."""
    if not 0 <= index < size:
        raise BrokenInvariant(f"no leaf {index} in a tree of {size}")
    return _path(0, index, size, node)


def root_from(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes | None:
    """The root that the path leads to, or None where no tree of `size` has such a path for `index`. leaf: its hash."""
    if not 0 <= index < size or len(leaf) != _HASH_BYTES:
        return None
    inside = (index ^ (size - 1)).bit_length()
    if len(path) != inside + (index >> inside).bit_count() or not _all_hashes(path):
        return None
    return _climbed(leaf, index, inside, path)


def check_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Nothing about the arguments is taken for granted but their types."""
    return root_from(leaf, index, size, path) == root


def consistency_path(old: int, new: int, node: Stored) -> list[bytes]:
    """Hashes that show the first `old` leaves of a tree of `new` to be what they were. Raises BrokenInvariant unless
    0 <= old <= new. Empty where there is nothing to show: old is 0 or new."""
    if not 0 <= old <= new:
        raise BrokenInvariant(f"a tree of {new} has no older head of {old}")
    if old in (0, new):
        return []
    level = _trailing_zeros(old)  # of the subtree that ends where the old tree ended
    index = (old >> level) - 1
    first = [] if index == 0 else [node(level, index)]  # a power of two: the old root itself, which the reader has
    return first + _path(level, index, new, node)


def check_consistency(old: int, new: int, old_root: bytes, new_root: bytes, path: Sequence[bytes]) -> bool:
    if not 0 <= old <= new or not _all_hashes((old_root, new_root, *path)):
        return False
    if old in (0, new):
        return not path and old_root == (EMPTY_ROOT if old == 0 else new_root) and (new > 0 or new_root == EMPTY_ROOT)
    level = _trailing_zeros(old)
    index = (old >> level) - 1
    inside = (index ^ ((new - 1) >> level)).bit_length()
    rest = list(path)
    if index and not rest:
        return False
    seed = rest.pop(0) if index else old_root
    if len(rest) != inside + (index >> inside).bit_count():
        return False
    older = seed
    for step, other in enumerate(rest):
        if step >= inside or index >> step & 1:  # what lies to the left belonged to the old tree
            older = sha256(b"\1" + other + older).digest()
    return older == old_root and _climbed(seed, index, inside, rest) == new_root


class Edge:
    """The right edge of a growing tree: the complete subtrees that its size is made of, the largest first."""

    __slots__ = ("_peaks", "size")

    def __init__(self, peaks: Iterable[bytes] = (), size: int = 0) -> None:
        self._peaks, self.size = list(peaks), size
        if len(self._peaks) != size.bit_count():
            raise BrokenInvariant(f"a tree of {size} has {size.bit_count()} peaks, not {len(self._peaks)}")

    @classmethod
    def stored(cls, size: int, node: Stored) -> Edge:
        return cls((node(level, i) for level, i in _pieces(0, size)), size)

    def append(self, leaf: bytes) -> list[tuple[int, int, bytes]]:
        """(level, i, hash) of every subtree that is complete now, the leaf first: what is to be stored."""
        index, level = self.size, 0
        made = [(0, index, leaf)]
        while index & 1:
            leaf = sha256(b"\1" + self._peaks.pop() + leaf).digest()
            index, level = index >> 1, level + 1
            made.append((level, index, leaf))
        self._peaks.append(leaf)
        self.size += 1
        return made

    def extend(self, leaf_hashes: Iterable[bytes]) -> list[tuple[int, int, bytes]]:
        return [made for leaf in leaf_hashes for made in self.append(leaf)]

    def root(self) -> bytes:
        return _folded(self._peaks) if self._peaks else EMPTY_ROOT

    def copy(self) -> Edge:
        """For trying: a group that is rolled back leaves the first as it was."""
        return Edge(self._peaks, self.size)


def _path(level: int, index: int, size: int, node: Stored) -> list[bytes]:
    """From the subtree (level, index) to the root. Up to the split from the tree's last leaf, siblings are on both sides and
    complete, but for the one that holds the last leaf; above it they are all on the left."""
    inside = (index ^ ((size - 1) >> level)).bit_length()
    path = [node(level + step, (index >> step) ^ 1) for step in range(inside - 1)]
    if inside:
        path.append(_ragged(((index >> (inside - 1)) + 1) << (level + inside - 1), size, node))
    above, step = index >> inside, level + inside
    while above:
        if above & 1:
            path.append(node(step, above - 1))
        above, step = above >> 1, step + 1
    return path


def _climbed(hash_: bytes, index: int, inside: int, path: Sequence[bytes]) -> bytes:
    for other in path[:inside]:
        hash_ = sha256(b"\1" + other + hash_ if index & 1 else b"\1" + hash_ + other).digest()
        index >>= 1
    for other in path[inside:]:
        hash_ = sha256(b"\1" + other + hash_).digest()
    return hash_


def _ragged(start: int, end: int, node: Stored) -> bytes:
    return _folded([node(level, i) for level, i in _pieces(start, end)])


def _pieces(start: int, end: int) -> Iterable[tuple[int, int]]:
    """The complete subtrees that [start, end) is made of, from the left; start is a multiple of the first one's width."""
    while start < end:
        level = (end - start).bit_length() - 1
        yield level, start >> level
        start += 1 << level


def _folded(peaks: Sequence[bytes]) -> bytes:
    hash_ = peaks[-1]
    for left in reversed(peaks[:-1]):
        hash_ = sha256(b"\1" + left + hash_).digest()
    return hash_


def _all_hashes(hashes: Sequence[bytes]) -> bool:
    return set(map(len, hashes)) <= {_HASH_BYTES}


def _trailing_zeros(number: int) -> int:
    return (number & -number).bit_length() - 1
