"""The tree against a naive recursion written from RFC 9162, section 2.1, everywhere up to 64 leaves."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kemiao.base import tree
from kemiao.base.digest import merkle_root
from kemiao.base.refusal import BrokenInvariant

LEAVES = [f"leaf {number}".encode() for number in range(64)]
HASHES = [tree.leaf_hash(leaf) for leaf in LEAVES]
ROWS = tree.levels(HASHES)


def node(level: int, index: int) -> bytes:
    return ROWS[level][index]


def naive_root(hashes):
    if len(hashes) <= 1:
        return hashes[0] if hashes else sha256(b"").digest()
    k = naive_split(len(hashes))
    return sha256(b"\1" + naive_root(hashes[:k]) + naive_root(hashes[k:])).digest()


def naive_split(size):
    k = 1
    while k * 2 < size:
        k *= 2
    return k


def naive_path(m, hashes):
    if len(hashes) == 1:
        return []
    k = naive_split(len(hashes))
    if m < k:
        return [*naive_path(m, hashes[:k]), naive_root(hashes[k:])]
    return [*naive_path(m - k, hashes[k:]), naive_root(hashes[:k])]


def naive_subproof(m, hashes, whole):
    if m == len(hashes):
        return [] if whole else [naive_root(hashes)]
    k = naive_split(len(hashes))
    if m <= k:
        return [*naive_subproof(m, hashes[:k], whole), naive_root(hashes[k:])]
    return [*naive_subproof(m - k, hashes[k:], False), naive_root(hashes[:k])]


ROOTS = [naive_root(HASHES[:size]) for size in range(65)]


def test_roots_agree_with_the_recursion_and_with_the_digest_module():
    for size in range(65):
        assert tree.root(HASHES[:size]) == ROOTS[size]
        assert merkle_root(LEAVES[:size]) == ROOTS[size].hex()
        assert tree.stored_root(size, node) == ROOTS[size]
        assert tree.Edge.stored(size, node).root() == ROOTS[size]


def test_every_inclusion_path_up_to_64_leaves_is_the_recursions_and_holds_for_its_place_only():
    for size in range(1, 65):
        for index in range(size):
            path = tree.inclusion_path(index, size, node)
            assert path == naive_path(index, HASHES[:size])
            held = [
                other for other in range(size) if tree.check_inclusion(HASHES[index], other, size, path, ROOTS[size])
            ]
            assert held == [index]


def test_every_consistency_path_up_to_64_leaves_is_the_recursions_and_holds_for_its_heads_only():
    for new in range(1, 65):
        for old in range(1, new + 1):
            path = tree.consistency_path(old, new, node)
            assert path == naive_subproof(old, HASHES[:new], True)
            assert tree.check_consistency(old, new, ROOTS[old], ROOTS[new], path)
            assert not tree.check_consistency(old, new, ROOTS[old - 1], ROOTS[new], path)
            assert not tree.check_consistency(old, new, ROOTS[old], ROOTS[new - 1], path)
            for wrong in (path[:-1], [*path, ROOTS[1]], [ROOTS[1], *path]):
                assert wrong == path or not tree.check_consistency(old, new, ROOTS[old], ROOTS[new], wrong)


def test_an_empty_tree_is_consistent_with_every_later_one_and_only_with_its_own_root():
    assert tree.consistency_path(0, 7, node) == []
    assert tree.check_consistency(0, 7, tree.EMPTY_ROOT, ROOTS[7], [])
    assert not tree.check_consistency(0, 7, ROOTS[1], ROOTS[7], [])
    assert not tree.check_consistency(0, 0, tree.EMPTY_ROOT, ROOTS[1], [])


def test_heads_in_the_wrong_order_and_roots_of_the_wrong_length_are_not_consistent():
    path = tree.consistency_path(3, 7, node)
    assert tree.check_consistency(3, 7, ROOTS[3], ROOTS[7], path)
    assert not tree.check_consistency(7, 3, ROOTS[7], ROOTS[3], path)
    assert not tree.check_consistency(8, 7, ROOTS[7], ROOTS[7], [])
    assert not tree.check_consistency(-1, 7, ROOTS[3], ROOTS[7], path)
    assert not tree.check_consistency(7, 7, b"short", b"short", [])
    assert not tree.check_inclusion(b"short", 0, 1, [], b"short")


def test_growing_leaf_by_leaf_stores_every_complete_subtree_once():
    edge, stored = tree.Edge(), {}
    for size, leaf in enumerate(HASHES, 1):
        for level, index, hash_ in edge.append(leaf):
            assert (level, index) not in stored
            stored[level, index] = hash_
        assert (edge.size, edge.root()) == (size, ROOTS[size])
    assert stored == {(level, index): hash_ for level, row in enumerate(ROWS) for index, hash_ in enumerate(row)}


def test_a_tried_group_leaves_the_edge_as_it_was():
    edge = tree.Edge()
    edge.extend(HASHES[:11])
    trial = edge.copy()
    trial.extend(HASHES[11:20])
    assert (edge.root(), trial.root()) == (ROOTS[11], ROOTS[20])


def test_an_edge_of_the_wrong_length_and_paths_of_what_is_not_there_are_faults_of_ours():
    for wrong in (
        lambda: tree.Edge(HASHES[:2], 4),
        lambda: tree.inclusion_path(5, 5, node),
        lambda: tree.inclusion_path(-1, 5, node),
        lambda: tree.consistency_path(6, 5, node),
    ):
        with pytest.raises(BrokenInvariant):
            wrong()


@given(st.data(), st.integers(1, 64))
def test_a_path_with_any_bit_turned_or_any_hash_moved_proves_nothing(data, size):
    index = data.draw(st.integers(0, size - 1))
    path = tree.inclusion_path(index, size, node)
    old = data.draw(st.integers(1, size))
    between = tree.consistency_path(old, size, node)
    for good, check in (
        (path, lambda it: tree.check_inclusion(HASHES[index], index, size, it, ROOTS[size])),
        (between, lambda it: tree.check_consistency(old, size, ROOTS[old], ROOTS[size], it)),
    ):
        assert check(good)
        if not good:
            continue
        at = data.draw(st.integers(0, len(good) - 1))
        turned = bytearray(good[at])
        turned[data.draw(st.integers(0, 31))] ^= 1 << data.draw(st.integers(0, 7))
        broken = [
            [*good[:at], bytes(turned), *good[at + 1 :]], [*good[:at], *good[at + 1 :]], [*good[:at], good[at][:31], *good[at + 1 :]],
            [*good[:at], good[at], *good[at:]],
        ]  # fmt: skip
        assert not any(check(one) for one in broken)
        moved = data.draw(st.permutations(good))
        assert moved == good or not check(moved)


@given(
    st.binary(max_size=40), st.integers(-5, 1 << 70), st.integers(-5, 1 << 70), st.lists(st.binary(max_size=40), max_size=80), st.binary(max_size=40)
)  # fmt: skip
def test_checks_answer_no_to_rubbish(leaf, index, size, path, root):
    assert not tree.check_inclusion(leaf, index, size, path, root)
    assert not tree.check_consistency(index, size, leaf, root, path) or (index == size and leaf == root)
