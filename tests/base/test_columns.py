from __future__ import annotations

from fractions import Fraction

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kemiao.base.columns import Ints, least
from kemiao.base.money import FEN_MAX

FEN = st.integers(-FEN_MAX, FEN_MAX) | st.none()


def ints(values):
    return Ints.of(pa.array(values, pa.int64()))


def half_up(value):
    """Halves upwards: what the columns promise for amounts of at least 0."""
    return (value + Fraction(1, 2)).__floor__()


@given(st.lists(st.tuples(FEN, st.integers(0, 10**9) | st.none()), max_size=20))
def test_shares_are_exact_at_the_largest_amounts(pairs):
    got = ints([amount for amount, _ in pairs]).share(ints([ppm for _, ppm in pairs])).arrow().to_pylist()
    assert got == [None if None in pair else half_up(Fraction(pair[0] * pair[1], 10**6)) for pair in pairs]


@given(st.lists(st.tuples(FEN, FEN), max_size=20))
def test_sums_and_differences_are_known_where_both_sides_are(pairs):
    left, right = ints([pair[0] for pair in pairs]), ints([pair[1] for pair in pairs])
    assert (left + right).arrow().to_pylist() == [None if None in pair else sum(pair) for pair in pairs]
    assert (left - right).arrow().to_pylist() == [None if None in pair else pair[0] - pair[1] for pair in pairs]
    assert left.or_else(right).arrow().to_pylist() == [right if left is None else left for left, right in pairs]


def test_the_least_names_its_column_and_the_unknown_never_binds():
    smallest, binding = least([ints([5, None, 3, None]), ints([4, None, 3, 9])])
    assert smallest.arrow().to_pylist() == [4, None, 3, 9]
    assert binding.tolist() == [1, -1, 0, 1]


def test_an_unknown_value_is_never_read_back():
    column = ints([None, 7])
    assert (column.values.tolist(), column.known.tolist()) == ([0, 7], [False, True])
    assert column.at_least(1).arrow().to_pylist() == [None, 7]
    assert column.where(np.array([True, False])).arrow().to_pylist() == [None, None]
    assert ints([-5, 1_299, None]).steps_of(100).arrow().to_pylist() == [0, 1_200, None]


def test_names_become_their_values_and_no_name_is_unknown():
    values = {"a": 7, "b": 9}
    for names in (["b", None, "a", "b"], pa.array(["b", None, "a", "b"])):
        assert Ints.by_name(names, values).arrow().to_pylist() == [9, None, 7, 9]
    assert Ints.by_name([None], values).arrow().to_pylist() == [None]
    with pytest.raises(KeyError):
        Ints.by_name(["c"], values)
