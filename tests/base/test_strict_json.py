from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kemiao.base.canonical import canonical_bytes
from kemiao.base.refusal import Refusal
from kemiao.base.strict_json import parse_strict

SAFE = 2**53 - 1
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-SAFE, SAFE) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=25,
)


def code(content: bytes, depth: int = 10) -> str | None:
    read = parse_strict(content, depth=depth)
    return read.code if isinstance(read, Refusal) else None


def depth_of(value: object) -> int:
    if isinstance(value, dict):
        return 1 + max(map(depth_of, value.values()), default=0)
    if isinstance(value, list):
        return 1 + max(map(depth_of, value), default=0)
    return 0


def same(one: object, other: object) -> bool:
    """Equal, and of equal types: True is not 1."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


@given(VALUES)
def test_what_is_canonical_comes_back_as_it_was(value):
    assert same(parse_strict(canonical_bytes(value), depth=50), value)


@given(VALUES, st.booleans(), st.sampled_from([(",", ":"), (", ", ":"), (",", ": "), (",\n", ":")]), st.booleans())
def test_any_other_spelling_of_a_value_is_refused(value, ascii_only, separators, reverse):
    def turned(item):
        if isinstance(item, dict):
            return {key: turned(inner) for key, inner in sorted(item.items(), reverse=reverse)}
        return [turned(inner) for inner in item] if isinstance(item, list) else item

    spelled = json.dumps(turned(value), ensure_ascii=ascii_only, separators=separators).encode()
    if spelled != canonical_bytes(value):
        assert code(spelled, depth=50) == "NOT_CANONICAL"


@given(VALUES, st.data())
def test_a_byte_more_less_or_changed_is_refused_or_is_the_form_of_another_value(value, data):
    content = bytearray(canonical_bytes(value))
    place = data.draw(st.integers(0, len(content) - 1))
    if data.draw(st.booleans()):
        content[place : place + 1] = data.draw(st.binary(max_size=2))
    else:
        content.insert(place, data.draw(st.sampled_from(b' \n\t0-+."\\,[]{}')))
    read = parse_strict(bytes(content), depth=50)
    assert isinstance(read, Refusal) or canonical_bytes(read) == content


@given(st.binary(max_size=60))
def test_garbage_is_refused_or_is_canonical(content):
    read = parse_strict(content, depth=5)
    assert isinstance(read, Refusal) or canonical_bytes(read) == content


@given(VALUES)
def test_depth_is_counted_exactly(value):
    content, depth = canonical_bytes(value), depth_of(value)
    assert code(content, depth=depth) is None
    if depth:
        assert code(content, depth=depth - 1) == "TOO_DEEP"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b'{"a":1,"a":1}', "NOT_CANONICAL"),  # a key twice
        (b'{"b":1,"a":2}', "NOT_CANONICAL"),
        (b"1.0", "NOT_JSON"),
        (b"1e2", "NOT_JSON"),
        (b"-0", "NOT_CANONICAL"),
        (b"01", "NOT_CANONICAL"),
        (b"NaN", "NOT_JSON"),
        (b"-Infinity", "NOT_JSON"),
        (b"9007199254740991", None),
        (b"-9007199254740991", None),
        (b"9007199254740992", "NOT_CANONICAL"),
        (b"-9007199254740992", "NOT_CANONICAL"),
        (b"9" * 60_000, "NOT_CANONICAL"),
        (b"\xef\xbb\xbf1", "NOT_JSON"),  # a byte order mark
        (b"\xff\xfe1\x00", "NOT_JSON"),
        (b'"\xed\xa0\x80"', "NOT_JSON"),  # half of a surrogate pair as bytes, and escaped
        (rb'"\ud800"', "NOT_CANONICAL"),
        (rb'"\ud83d\ude00"', "NOT_CANONICAL"),
        ('"\U0001f600"'.encode(), None),
        (b'"\xc0\x80"', "NOT_JSON"),  # a second spelling of U+0000 in UTF-8
        (rb'"\u4e2d"', "NOT_CANONICAL"),
        (rb'"\/"', "NOT_CANONICAL"),
        (rb'"\u000A"', "NOT_CANONICAL"),
        (rb'"\u001f"', None),
        (rb'"\u001F"', "NOT_CANONICAL"),
        (b'"\n"', "NOT_JSON"),
        ('{"\U00010000":1,"\ue000":2}'.encode(), None),  # UTF-16 order: the pair of U+10000 begins with D800
        ('{"\ue000":2,"\U00010000":1}'.encode(), "NOT_CANONICAL"),
        (b"", "NOT_JSON"),
        (b"1 ", "NOT_CANONICAL"),
        (b"1 2", "NOT_CANONICAL"),
        (b"[1,]", "NOT_JSON"),
        (b"{'a':1}", "NOT_JSON"),
        (b"[1]//", "NOT_CANONICAL"),
        (b" 1", "NOT_JSON"),
        (b"[1]]", "NOT_CANONICAL"),
        (b'"open [[[[[[[[[[[[', "NOT_JSON"),
        (b'"\\"' + b"[" * 60_000, "NOT_JSON"),
        (b'"[[[[[[[[[[[[[[[["', None),  # brackets in a text are no depth
        (rb'["\"[[[[[[[[[[[[[["]', None),
        (rb'["\\",[[[[[[[[[[[[[[]]]]]]]]]]]]]]]', "TOO_DEEP"),
    ],
)
def test_spellings_of_one_value(content, expected):
    assert code(content) == expected


@pytest.mark.parametrize(
    "content",
    [
        b"[" * 65_536,
        b"[" * 32_768 + b"]" * 32_768,
        b'{"a":' * 13_000 + b"1" + b"}" * 13_000,
        b"[{" * 32_768,
        b"]" * 32_768 + b"[" * 32_768,
        b"[" * 20 + b'"' + rb"\"" * 32_000,  # an unfinished text full of escaped quotes
        b"[" * 20 + b'"' * 65_000,
        b"[" * 20 + b"\\" * 65_000,
        b"[" + b"[]," * 21_000 + b"[]]",
    ],
)
def test_what_is_made_to_stall_the_parser_is_answered_at_once(content):
    start = time.process_time()
    code(content)
    assert time.process_time() - start < 1  # seconds; it takes under a hundredth
