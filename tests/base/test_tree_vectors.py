"""Figures that another implementation of RFC 6962/9162 made (vectors/rfc9162.json names it)."""

from __future__ import annotations

import json
from pathlib import Path

from kemiao.base import tree

VECTORS = json.loads((Path(__file__).parent / "vectors" / "rfc9162.json").read_text())
HASHES = [tree.leaf_hash(bytes.fromhex(leaf)) for leaf in VECTORS["leaves"]]
ROOTS = [bytes.fromhex(root) for root in VECTORS["roots"]]
ROWS = tree.levels(HASHES)


def test_roots_of_the_first_leaves_are_theirs():
    assert [tree.root(HASHES[: size + 1]) for size in range(len(HASHES))] == ROOTS


def test_their_inclusion_paths_are_ours_and_hold():
    for case in VECTORS["inclusion"]:
        index, size, path = case["index"], case["size"], [bytes.fromhex(step) for step in case["path"]]
        assert tree.inclusion_path(index, size, lambda level, i: ROWS[level][i]) == path
        assert tree.check_inclusion(HASHES[index], index, size, path, ROOTS[size - 1])


def test_their_consistency_paths_are_ours_and_hold():
    for case in VECTORS["consistency"]:
        old, new, path = case["old"], case["new"], [bytes.fromhex(step) for step in case["path"]]
        assert tree.consistency_path(old, new, lambda level, i: ROWS[level][i]) == path
        assert tree.check_consistency(old, new, ROOTS[old - 1], ROOTS[new - 1], path)
