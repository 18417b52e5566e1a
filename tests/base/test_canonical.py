from __future__ import annotations

import json
from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kemiao.base.canonical import SAFE_INTEGER, canonical_bytes
from kemiao.base.refusal import BrokenInvariant


def test_keys_stand_in_utf_16_order():
    # RFC 8785, 3.2.3: a surrogate pair sorts before U+FB33 though its code point is larger
    keys = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\u0080", "\u00f6"]
    ordered = ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]
    assert list(json.loads(canonical_bytes(dict.fromkeys(keys)))) == ordered


def test_text_is_escaped_as_the_standard_says():
    # RFC 8785, 3.2.2.2
    text = "\u20ac$\u000f\u000aA'\u0042\u0022\u005c\\\"\u002f\u2028\u007f"
    assert canonical_bytes(text) == '"\u20ac$\\u000f\\nA\'B\\"\\\\\\\\\\"/\u2028\u007f"'.encode()


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "null"), (True, "true"), (False, "false"), (0, "0"), (-5, "-5"), (SAFE_INTEGER, "9007199254740991"), (date(2024, 7, 1), '"2024-07-01"'), ([1, [], {}], "[1,[],{}]"), ((1, 2), "[1,2]"), ({"b": 1, "a": {"d": 2, "c": 3}}, '{"a":{"c":3,"d":2},"b":1}'), ("科苗", '"科苗"')],
)  # fmt: skip
def test_each_kind_of_value(value, text):
    assert canonical_bytes(value).decode() == text


@pytest.mark.parametrize("value", [0.5, 1.0, float("nan"), [1, 2.0], {"a": 1.5}, SAFE_INTEGER + 1, -SAFE_INTEGER - 1, {1: 2}, b"x", {1, 2}, "\ud800", {"\udc00": 1}])  # fmt: skip
def test_what_has_no_canonical_form_stops_the_program(value):
    with pytest.raises(BrokenInvariant):
        canonical_bytes(value)


def test_an_instant_keeps_its_zone_and_is_no_day():
    assert canonical_bytes(datetime.fromisoformat("2024-07-01T09:00:00+08:00")) == b'"2024-07-01T09:00:00+08:00"'


VALUES = st.recursive(st.none() | st.booleans() | st.integers(-SAFE_INTEGER, SAFE_INTEGER) | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner))  # fmt: skip


@given(VALUES)
def test_a_value_reads_back_and_is_written_the_same_again(value):
    written = canonical_bytes(value)
    assert json.loads(written) == value
    assert canonical_bytes(json.loads(written)) == written
