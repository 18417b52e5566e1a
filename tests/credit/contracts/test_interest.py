"""Interest to the fen: nothing is lost and nothing wraps, whatever the amounts."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import example, given
from hypothesis import strategies as st

from kemiao.credit.contracts.interest import accrue_fen

PRINCIPAL, RATE = st.integers(-(10**13), 10**13), st.integers(-(10**6), 10**6)


@given(
    PRINCIPAL, RATE, st.sampled_from([360, 365, 365 * 366]), st.integers(0, 100 * 365 * 366), st.floats(-0.5, 0.4999)
)
@example(10**13, 10**6, 365 * 366, 100 * 365 * 366 - 1, 0.4999)
def test_a_step_posts_whole_fen_and_keeps_the_part_that_it_did_not_post(principal, rate, denominator, numerator, part):
    unit = denominator * 10**6
    rest = int(part * unit)
    posted, left = accrue_fen(principal, rate, numerator, denominator, rest)
    assert posted * unit + left == principal * rate * numerator + rest
    assert -unit <= 2 * left < unit


@given(st.integers(0, 10**11), st.integers(0, 240_000), st.lists(st.integers(0, 400), min_size=1, max_size=30))
def test_however_a_time_is_cut_the_total_is_the_exact_one_rounded(principal, rate, pieces):
    total, rest = 0, 0
    for days in pieces:
        fen, rest = accrue_fen(principal, rate, days, 360, rest)
        total += fen
    exact = Fraction(principal * rate * sum(pieces), 360 * 10**6)
    assert total == (2 * exact.numerator + exact.denominator) // (2 * exact.denominator)
