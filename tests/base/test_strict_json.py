"""Strict JSON against its definition: parse, write canonically, compare."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kemiao.base.canonical import canonical_bytes
from kemiao.base.refusal import Refusal
from kemiao.base.strict_json import parse_strict

_TEXT = st.text(max_size=12) | st.sampled_from(["（全角）", "😀", "\ud7ff", "[{", '"\\', "\ufffd", "\x7f"])
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | _TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXT, inner, max_size=4),
    max_leaves=12,
)


@given(_VALUES)
def test_what_is_canonical_comes_back(value):
    assert parse_strict(canonical_bytes(value), depth=40) == value


@given(_VALUES)
def test_another_spelling_is_refused(value):
    content = canonical_bytes(value)
    for other in (json.dumps(value, sort_keys=True).encode("utf-8", "surrogatepass"), content + b" "):
        if other != content:
            assert isinstance(parse_strict(other, depth=40), Refusal)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b'{"a":1,"a":1}', "NOT_CANONICAL"),
        (b'{"b":1,"a":1}', "NOT_CANONICAL"),
        (b'"\\u0041"', "NOT_CANONICAL"),
        (b'"\\ud800"', "NOT_CANONICAL"),
        (b'{"\xf0\x9f\x98\x80":1,"\xef\xbf\xbd":1,"x":9007199254740992}', "NOT_CANONICAL"),
        (b'{"\xef\xbf\xbd":1,"\xf0\x9f\x98\x80":1}', "NOT_CANONICAL"),  # sorted by code point, not by UTF-16
        (b"9007199254740992", "NOT_CANONICAL"),
        (b"-0", "NOT_CANONICAL"),
        (b"1.0", "NOT_JSON"),
        (b"1e2", "NOT_JSON"),
        (b"NaN", "NOT_JSON"),
        (b"1" * 60_000, "NOT_CANONICAL"),
        (b'"\xff"', "NOT_JSON"),
        (b"\xef\xbb\xbf1", "NOT_JSON"),
        (b'"open [[[[[[[[[[', "NOT_JSON"),
        (b"[" * 60_000, "TOO_DEEP"),
        (b'{"a":' * 11 + b"1" + b"}" * 11, "TOO_DEEP"),
        (b'"\\"' + b"[" * 60_000, "NOT_JSON"),
    ],
)
def test_what_is_not_canonical_is_refused(content, code):
    answer = parse_strict(content, depth=10)
    assert isinstance(answer, Refusal)
    assert answer.code == code


def test_brackets_inside_strings_do_not_count_for_the_depth():
    content = canonical_bytes(["]]]]", "[" * 50, [[[[["{" * 9]]]]]])
    assert not isinstance(parse_strict(content, depth=6), Refusal)
    assert parse_strict(content, depth=5).code == "TOO_DEEP"
