"""The node's word on what it accepted."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain.actors import seeded
from kemiao.base.refusal import BrokenInvariant, Refusal
from kemiao.chain import receipt

CHAIN = "cd" * 32
NODE, OTHER = seeded("node one"), seeded("node two", "sm2")
KEYS = [(signer.suite, signer.public) for signer in (NODE, OTHER)]
PROMISES = [(number, 1000 + number, f"{number:064x}") for number in range(5, 12)]
GIVEN = receipt.read(receipt.write(NODE, CHAIN, PROMISES))


def test_a_receipt_comes_back_as_it_was_given_and_holds():
    assert isinstance(GIVEN, receipt.Receipt)
    assert (GIVEN.chain, GIVEN.accepted, receipt.check(GIVEN, KEYS)) == (CHAIN, tuple(PROMISES), None)


def test_each_entry_is_shown_alone_without_the_others():
    for _, _, entry_id in PROMISES:
        one = receipt.part(GIVEN, entry_id)
        assert isinstance(one, receipt.Receipt)
        again = receipt.read(one.text())
        assert isinstance(again, receipt.Receipt)
        assert (again, receipt.check(again, KEYS), len(again.accepted)) == (one, None, 1)
        assert not [other for _, _, other in PROMISES if other != entry_id and other in one.text()]
        assert receipt.part(one, entry_id) == one
    refused = receipt.part(GIVEN, "ff" * 32)
    assert isinstance(refused, Refusal) and refused.code == "NOT_ON_THE_RECEIPT"


def test_a_receipt_that_was_changed_in_any_part_does_not_hold():
    one = receipt.part(GIVEN, PROMISES[2][2])
    assert isinstance(one, receipt.Receipt)
    index, at, entry_id = one.accepted[0]
    changed = [
        replace(one, accepted=((index + 1, at, entry_id),)), replace(one, accepted=((index, at + 1, entry_id),)),
        replace(one, accepted=((index, at, "ff" * 32),)), replace(one, chain="ef" * 32), replace(one, count=8), replace(one, place=3),
        replace(one, path=one.path[:-1]), replace(one, path=(*one.path, bytes(32))), replace(one, signature=bytes(64)),
        replace(GIVEN, accepted=GIVEN.accepted[::-1]),
    ]  # fmt: skip
    for wrong in changed:
        refused = receipt.check(wrong, KEYS)
        assert refused is not None and refused.code == "RECEIPT_BADLY_SIGNED"
    refused = receipt.check(GIVEN, KEYS[1:])
    assert refused is not None and refused.code == "RECEIPT_OF_NO_NODE"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"count":7', '"count":8'), ('"count":7', '"count":0'), ('"count":7', '"count":true'), ('"place":null', '"place":0'),
        ('"path":null', '"path":[]'), ('"accepted":[[5', '"accepted":[[-5'), ('"chain":"cd', '"chain":"CD'), ('"accepted":[[', '"accepted":[[1,'),
        ('"key":', '"kay":'), (',"place"', ', "place"'),
    ],
)  # fmt: skip
def test_every_other_form_is_refused(old, new):
    text = GIVEN.text()
    assert old in text
    assert isinstance(receipt.read(text.replace(old, new, 1)), Refusal)


@given(st.recursive(st.none() | st.integers() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=4)), st.sampled_from(sorted(receipt._FIELDS)))  # fmt: skip
def test_no_value_of_a_field_brings_reading_down(value, field):
    made = receipt.from_json({**json.loads(GIVEN.text()), field: value})
    assert isinstance(made, Refusal) or receipt.check(made, KEYS) is not None or made == GIVEN


def test_a_receipt_for_one_entry_is_read_and_a_path_that_is_none_is_not():
    one = receipt.read(receipt.write(NODE, CHAIN, PROMISES[:1]))
    assert isinstance(one, receipt.Receipt) and receipt.check(one, KEYS) is None
    alone = receipt.part(GIVEN, PROMISES[0][2])
    assert isinstance(alone, receipt.Receipt)
    good = json.loads(alone.text())
    assert receipt.from_json(good) == alone
    for path in ([1], ["0" * 63], "0" * 64, [*good["path"], None], ["0" * 64] * 65, {}, 3):
        assert isinstance(receipt.from_json({**good, "path": path}), Refusal)
    longest = receipt.from_json({**good, "path": ["0" * 64] * 64})
    assert isinstance(longest, receipt.Receipt) and receipt.check(longest, KEYS) is not None


def test_a_receipt_for_nothing_is_a_fault_of_ours():
    with pytest.raises(BrokenInvariant):
        receipt.write(NODE, CHAIN, [])
