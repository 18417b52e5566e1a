"""The pattern against the definition of an entry's form."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain.actors import ACME, chain, entry
from chain.node_suite import model
from kemiao.chain.entry import BASES, Entry, envelope, open_envelope
from kemiao.chain.quick_form import fields_of, opened

DIGESTS = st.sampled_from(["0" * 64, "a1" * 32, "A" * 64, "0" * 63, 'f"' * 32])
DAYS = st.sampled_from(["2026-01-01", "2026-02-28", "2026-02-30", "0000-01-01", "2026-1-1", "２０２６-01-01"])
TEXTS = st.text(max_size=8) | st.sampled_from(['"', "\\", "\x7f", " ", '},"chain":"', "甲", "😀", "x" * 201])
BODIES = st.recursive(
    st.none() | st.integers(-5, 5) | TEXTS, lambda inner: st.dictionaries(TEXTS, inner, max_size=3) | st.lists(inner, max_size=3)
)  # fmt: skip
ENTRIES = st.builds(
    Entry,
    st.sampled_from(["lineage", "key.rotate", "a.b.c", "", "Upper"]), st.sampled_from(["bank-a", "b", "-x", "甲"]),
    st.sampled_from(["0" * 32, "f" * 33]), st.sampled_from([1, 0, -1, 10**14, 2**53 - 1]), DIGESTS,
    st.none() | st.sampled_from([ACME, "uscc:", "cumcm:E 1", "foreign:é", 'person:"', "other:x", "uscc:" + "9" * 65]),
    st.none() | st.fixed_dictionaries({"from": DAYS, "until": DAYS}),
    st.none() | st.dictionaries(st.sampled_from([*BASES, "else"]), DIGESTS | TEXTS, min_size=1, max_size=1),
    st.dictionaries(TEXTS, BODIES, max_size=3), st.none() | DIGESTS, st.lists(DIGESTS, max_size=3).map(tuple),
)  # fmt: skip


@given(ENTRIES, st.sampled_from([b"\0" * 64, b"\xff" * 64, b"\1" * 63]))
def test_what_one_takes_the_other_reads_alike(made, signature):
    content = envelope(made, signature)
    assert opened(content) == open_envelope(content)


@given(st.integers(0, 2**32))
def test_spoiled_envelopes_are_refused_alike(seed):
    lots = random.Random(seed)  # noqa: S311 - where to spoil
    body = {"what": "model", "x": [{'},"chain":"' + "0" * 64: 1}], "y": "text"}
    content = bytearray(envelope(entry("lineage", "bank-a", sequence=12, subject=ACME, refs=["1" * 64, "2" * 64], about={"from": "2026-01-01", "until": "2026-01-31"}, basis={"office": "tax"}, body=body), bytes(64)))  # fmt: skip
    for _ in range(lots.choice([1, 1, 2])):
        place = lots.randrange(len(content))
        match lots.randrange(3):
            case 0:
                content[place] = lots.choice(b'"{}[]:,0a\\ \x00\xff')
            case 1:
                del content[place]
            case _:
                content.insert(place, lots.choice(b'"{}[],: 01ae'))
    assert opened(bytes(content)) == open_envelope(bytes(content))


@pytest.mark.parametrize("refs", [256, 257])
def test_the_number_of_references_is_bounded_alike(refs):
    content = envelope(entry("lineage", "bank-a", sequence=1, refs=[f"{number:064x}" for number in range(refs)]), bytes(64))  # fmt: skip
    assert opened(content) == open_envelope(content)
    assert (fields_of(content) is None) == (refs > 256)


def test_the_usual_entry_takes_the_short_way():
    assert fields_of(model("bank-a", 1)) is not None
    assert chain() in fields_of(model("bank-a", 1))[0]


def test_hostile_text_costs_no_more_than_its_length():
    tail = b'},"chain":"' + b"0" * 64 + b'","commitment":null,"key":"' + b"0" * 32 + b'","kind":"a","refs":['
    content = b'{"entry":{"about":null,"author":"bank-a","basis":null,"body":{' + tail * 400
    assert fields_of(content[: 64 * 1024]) is None
