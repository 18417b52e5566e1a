"""The form of entries and their envelopes, and what an attacker does to one on its way."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain.actors import ACME, Stage, cast, chain, entry, signed
from kemiao.base.canonical import canonical_bytes
from kemiao.base.digest import digest
from kemiao.base.refusal import Refusal
from kemiao.base.signing import SUITES, verify
from kemiao.chain.entry import (
    DEPTH,
    ENVELOPE_BYTES,
    REFS,
    entry_from_json,
    envelope,
    leaf,
    open_envelope,
    signed_bytes,
)

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=10)
BODIES = st.dictionaries(TEXT, st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | TEXT | st.lists(TEXT, max_size=3), max_size=4)  # fmt: skip
FULL = entry(
    "consent.grant", "acme", sequence=7, purpose="consent", subject=ACME, about={"from": "2026-01-01", "until": "2026-12-31"},
    basis={"office": "银行业监督管理法"}, body={"b": [1, {"c": None}], "a": "文"}, commitment="a" * 64, refs=["b" * 64, "c" * 64],
)  # fmt: skip


def code(content: bytes) -> str | None:
    opened = open_envelope(content)
    return opened.code if isinstance(opened, Refusal) else None


def changed(**fields) -> dict:
    return {**FULL.as_json(), **fields}


def fault(**fields) -> str | None:
    """Which field is refused."""
    made = entry_from_json(changed(**fields))
    return dict(made.where)["field"] if isinstance(made, Refusal) else None


def test_an_envelope_opens_to_the_entry_that_was_put_in():
    opened = open_envelope(envelope(FULL, bytes(range(64))))
    assert opened.entry == FULL
    assert opened.signature == bytes(range(64))
    assert opened.id == FULL.id() == digest("entry", FULL.as_json())


@given(BODIES, st.integers(1, 2**53 - 1))
def test_an_id_is_the_digest_of_the_entry_whatever_stands_in_it(body, sequence):
    made = entry("decision", "bank-a", sequence=sequence, body=body)
    opened = open_envelope(envelope(made, bytes(64)))
    assert opened.id == made.id()
    assert opened.entry == made


def test_the_signature_is_not_part_of_the_id():
    assert open_envelope(envelope(FULL, bytes(64))).id == open_envelope(envelope(FULL, b"\1" * 64)).id


def test_nothing_of_an_entry_can_be_left_out_of_its_id():
    others = {
        "about": None, "author": "acme-2", "basis": None, "body": {}, "chain": "d" * 64, "commitment": None, "key": "e" * 32,
        "kind": "reading", "refs": [], "sequence": 8, "subject": None,
    }  # fmt: skip
    assert others.keys() == FULL.as_json().keys()
    ids = {entry_from_json(changed(**{field: value})).id() for field, value in others.items()}
    assert len(ids | {FULL.id()}) == len(others) + 1


def test_a_leaf_holds_its_time_and_its_entry_apart_from_every_other_use():
    assert leaf(1, "0" * 64) != leaf(2, "0" * 64) != leaf(2, "1" + "0" * 63)
    assert not leaf(0, "0" * 64).startswith(b"kemiao/signature/")
    assert not signed_bytes("0" * 64).startswith(b"kemiao/leaf\0")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("kind", ""), ("kind", "Consent"), ("kind", "a.b.c"), ("kind", None), ("kind", "consent.grant\n"),
        ("author", "A"), ("author", "acme\n"), ("author", "科苗"), ("author", 1), ("author", "-acme"),
        ("key", "E" * 32), ("key", "e" * 31), ("key", None),
        ("sequence", 0), ("sequence", -1), ("sequence", True), ("sequence", "1"), ("sequence", None),
        ("chain", "d" * 63), ("chain", None),
        ("subject", ""), ("subject", "uscc:"), ("subject", "acme"), ("subject", "uscc:a b"), ("subject", "uscc:" + "9" * 65), ("subject", 1),
        ("about", {}), ("about", "2026"), ("about", {"from": "2026-01-01"}), ("about", {"from": "2026-02-01", "until": "2026-01-01"}),
        ("about", {"from": "2026-02-30", "until": "2026-03-01"}), ("about", {"from": "20260101", "until": "2026-01-02"}),
        ("about", {"from": "2026-01-01", "until": "2026-01-02", "at": "x"}), ("about", {"from": "2026-W01-1", "until": "2026-01-02"}),
        ("basis", {}), ("basis", "consent"), ("basis", {"consent": "x"}), ("basis", {"whim": "x"}), ("basis", {"office": 1}),
        ("basis", {"office": "x" * 201}), ("basis", {"office": "x", "own": "y"}),
        ("body", None), ("body", []), ("body", "x"),
        ("commitment", "x"), ("commitment", "A" * 64), ("commitment", 1),
        ("refs", None), ("refs", ["x"]), ("refs", ["b" * 64, "b" * 64]), ("refs", [f"{n:064x}" for n in range(REFS + 1)]), ("refs", [None]),
        ("refs", [[]]),
    ],
)  # fmt: skip
def test_a_malformed_field_is_named(field, value):
    assert fault(**{field: value}) == field


def test_what_may_be_absent_may_and_nothing_else():
    assert fault(about=None, basis=None, commitment=None, subject=None, refs=[], body={}) is None
    assert fault(refs=[f"{n:064x}" for n in range(REFS)]) is None
    for field in FULL.as_json():
        assert isinstance(entry_from_json({key: value for key, value in changed().items() if key != field}), Refusal)
    assert isinstance(entry_from_json(changed(more=1)), Refusal)
    for value in (None, [], "entry", 1):
        assert isinstance(entry_from_json(value), Refusal)


@pytest.mark.parametrize(
    "value",
    [[], "x", {"entry": FULL.as_json()}, {"entry": FULL.as_json(), "signature": "0" * 128, "time": 1}, {"entry": [], "signature": "0" * 128},
     *({"entry": FULL.as_json(), "signature": wrong} for wrong in (None, "", "0" * 126, "0" * 130, "0" * 127 + "G", "A" * 128, 1, ["0" * 128]))],
)  # fmt: skip
def test_a_malformed_envelope_is_refused(value):
    assert code(canonical_bytes(value)) == "MALFORMED_ENTRY"


def test_a_second_spelling_of_an_envelope_is_refused():
    content = envelope(FULL, bytes(64))
    value = json.loads(content)
    spellings = [
        json.dumps(value).encode(),
        json.dumps(value, separators=(",", ":"), sort_keys=True).encode(),  # with \u escapes
        json.dumps(dict(reversed(value.items())), separators=(",", ":"), ensure_ascii=False).encode(),
        content + b"\n",
        b" " + content,
        b"\xef\xbb\xbf" + content,
        content.replace(b'"sequence":7', b'"sequence":7,"sequence":7'),
        content.replace(b'"sequence":7', b'"sequence":7.0'),
        content.replace(b'"sequence":7', b'"sequence":7e0'),
        content.replace(b'"sequence":7', b'"sequence":07'),
    ]
    assert code(content) is None
    for spelling in spellings:
        assert spelling != content
        assert code(spelling) in ("NOT_CANONICAL", "NOT_JSON")


def test_huge_and_deep_envelopes_are_refused():
    fits = ENVELOPE_BYTES - len(envelope(entry("decision", "bank-a", sequence=1, body={"a": ""}), bytes(64)))
    assert code(envelope(entry("decision", "bank-a", sequence=1, body={"a": "x" * fits}), bytes(64))) is None
    assert code(envelope(entry("decision", "bank-a", sequence=1, body={"a": "x" * (fits + 1)}), bytes(64))) == "ENTRY_TOO_LARGE"  # fmt: skip
    body: dict = {}
    for _ in range(DEPTH - 3):  # envelope, entry and body are three
        body = {"a": body}
    assert code(envelope(entry("decision", "bank-a", sequence=1, body=body), bytes(64))) is None
    assert code(envelope(entry("decision", "bank-a", sequence=1, body={"a": body}), bytes(64))) == "TOO_DEEP"
    assert code(b"[" * ENVELOPE_BYTES) == "TOO_DEEP"


@given(st.binary(max_size=200))
def test_garbage_is_refused_and_raises_nothing(content):
    assert code(content) is not None


@pytest.mark.parametrize("suite", SUITES)
def test_no_byte_of_a_signed_entry_can_be_changed(suite):
    content = signed("consent.request", "bank-a", suite=suite, sequence=1, body={"consent": "a" * 64, "purpose": "trace", "tables": ["tax"]})  # fmt: skip
    signer = cast(suite)["bank-a"].signers["entries"]
    for place in range(len(content)):
        turned = bytearray(content)
        turned[place] ^= 1
        opened = open_envelope(bytes(turned))
        assert isinstance(opened, Refusal) or not verify(
            suite, signer.public, signed_bytes(opened.id), opened.signature
        )


@pytest.mark.parametrize("suite", SUITES)
def test_replayed_reordered_and_foreign_entries_are_refused(suite):
    stage = Stage(suite)
    body = {"what": "model", "digest": "a" * 64, "event": "fitted", "before": None}
    first, second = (signed("lineage", "bank-a", suite=suite, sequence=number, body=body) for number in (1, 2))
    assert stage.submit(second).code == "SEQUENCE_GAP"
    assert isinstance(stage.submit(first), str)
    assert stage.submit(first).code == "SEQUENCE_USED"
    assert isinstance(stage.submit(second), str)
    assert stage.submit(first).code == "SEQUENCE_USED"


def test_an_entry_of_another_chain_is_refused():
    stage = Stage()

    signer = cast()["bank-a"].signers["entries"]
    other = entry("lineage", "bank-a", sequence=1)._replace(chain=chain("sm2"))
    assert stage.submit(envelope(other, signer.sign(signed_bytes(other.id())))).code == "OTHER_CHAIN"


def test_an_unknown_kind_is_refused():
    assert Stage().refused("coup", "bank-a") == "NO_SUCH_KIND"
