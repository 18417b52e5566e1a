"""The verifier's own tree and notes, against figures of other implementations and every tree up to 40 leaves."""

from __future__ import annotations

import json
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from chain.actors import seeded
from kemiao.base import tree
from kemiao_verify import merkle, signatures
from kemiao_verify.canonical import canonical
from kemiao_verify.outcome import NotProved

VECTORS = json.loads((Path(__file__).parents[1] / "base" / "vectors" / "rfc9162.json").read_text())
ROOTS = [bytes.fromhex(root) for root in VECTORS["roots"]]


def test_paths_of_another_implementation_hold_and_no_others():
    for case in VECTORS["inclusion"]:
        leaf = merkle.leaf_hash(bytes.fromhex(VECTORS["leaves"][case["index"]]))
        path = [bytes.fromhex(step) for step in case["path"]]
        size = case["size"]  # it comes from a signed head: a path alone does not know it
        for index in range(8):
            for root in ROOTS:
                right = (index, root) == (case["index"], ROOTS[size - 1])
                assert merkle.includes(leaf, index, size, path, root) is right
    for case in VECTORS["consistency"]:
        path = [bytes.fromhex(step) for step in case["path"]]
        for old in range(1, 9):
            for new in range(1, 9):
                right = (old, new) == (case["old"], case["new"]) or (not path and old == new)
                assert merkle.extends(old, new, ROOTS[old - 1], ROOTS[new - 1], path) is right


def test_all_paths_that_kemiao_makes_hold_for_their_places_alone():
    hashes = [merkle.leaf_hash(bytes([number])) for number in range(40)]
    rows = tree.levels(hashes)
    roots = [tree.root(hashes[:size]) for size in range(41)]
    for size in range(1, 41):
        for index in range(size):
            path = tree.inclusion_path(index, size, lambda level, i: rows[level][i])
            assert [other for other in range(45) if merkle.includes(hashes[index], other, size, path, roots[size])] == [index]  # fmt: skip
        for old in range(size + 1):
            path = tree.consistency_path(old, size, lambda level, i: rows[level][i])
            assert merkle.extends(old, size, roots[old], roots[size], path)
            assert not merkle.extends(old, size, bytes(32), roots[size], path)
            assert not merkle.extends(old, size, roots[old], bytes(32), path) or old == 0
            assert not merkle.extends(old, size, roots[old], roots[size], [*path, bytes(32)])


@given(st.recursive(st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(), lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4), max_leaves=20))  # fmt: skip
def test_the_canonical_form_is_kemiaos(value):
    from kemiao.base.canonical import canonical_bytes

    assert canonical(value) == canonical_bytes(value)


@given(
    st.sampled_from(sorted(signatures.LENGTHS)), st.binary(max_size=70), st.binary(max_size=20), st.binary(max_size=70)
)
def test_signatures_of_rubbish_do_not_hold(suite, public, message, signature):
    assert not signatures.holds(suite, public, message, signature)
    assert not signatures.holds("rsa", public, message, signature)
    assert NotProved("A", "b", "c", at=1).as_json()["where"] == {"at": "1"}


def test_a_signature_in_its_second_spelling_and_keys_of_small_order_do_not_hold():
    signer = seeded("malleable")
    good = signer.sign(b"message")
    order = 2**252 + 27742317777372353535851937790883648493
    second = good[:32] + (int.from_bytes(good[32:], "little") + order).to_bytes(32, "little")
    assert signatures.holds("ed25519", signer.public, b"message", good)
    assert not signatures.holds("ed25519", signer.public, b"message", second)
    zero = bytes([1]) + bytes(31)  # the group's zero: with it a signature of nothing would hold
    assert not signatures.holds("ed25519", zero, b"message", zero + bytes(32))
    sm2 = seeded("malleable", "sm2")
    good = sm2.sign(b"message")
    assert signatures.holds("sm2", sm2.public, b"message", good)
    assert not signatures.holds("sm2", sm2.public, b"message", good[32:] + good[:32])
    assert not signatures.holds("sm2", sm2.public[:32] + bytes(32), b"message", good)
    for suite, key in (("ed25519", signer), ("sm2", sm2)):
        assert signatures.key_id(suite, key.public) == key.key_id
