"""What the bench of ratings says of approvals is what a loop over cut-offs finds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kemiao.app.bench_rating import _approvals, _figure, approved_share
from kemiao.app.bench_rating_size import drawn
from kemiao.bank.commands.fit_rating import rules_on
from kemiao.credit.rating.columns import column_named, read_training
from kemiao.credit.rating.validate import validate


@given(st.lists(st.tuples(st.integers(0, 9), st.booleans()), min_size=1, max_size=60))
def test_the_largest_share_with_five_percent_bad_is_approved(rows):
    risk, event = (np.array(each, dtype=np.int64) for each in zip(*rows, strict=True))
    shares = [0.0]
    for cut in set(risk.tolist()):
        approved = risk <= cut
        if event[approved].mean() <= 0.05:
            shares.append(approved.mean())
    assert approved_share(risk, event) == pytest.approx(max(shares))


@pytest.mark.slow
def test_approvals_of_the_chosen_model_stand_beside_those_of_one_column():
    table = drawn(600, 6)
    read = read_training(table, "default")
    found = validate(read.without("x0"), rules_on(None, None), 0, column_named(read, "x0"), lambda done, total: None)
    told = _approvals(found)
    assert _figure(found)["rows"] == 600
    for name in ("approved_chosen", "approved_size_only"):
        share, low, high = told[name]
        assert 0 <= low <= share + 0.2 and share <= high + 0.2 and high <= 1
    assert told["approved_chosen"][0] - told["approved_size_only"][0] == pytest.approx(told["approved_chosen_less_size"][0], abs=2e-4)  # fmt: skip
