"""A provisioning policy that can't be is refused by file and key."""

from __future__ import annotations

import pytest

from credit.quality.small_book import policy
from kemiao.base.refusal import Refusal
from kemiao.credit.quality.grounds import provisioning_of


@pytest.mark.parametrize(
    ("changed", "code", "key"),
    [
        ({"lgd_assumed_ppm": None}, "POLICY_INCOMPLETE", "lgd_assumed_ppm"), ({"lgd_assumed_ppm": 1_000_001}, "POLICY_NUMBER", "lgd_assumed_ppm"),
        ({"lgd_assumed_ppm": 0.45}, "POLICY_NUMBER", "lgd_assumed_ppm"), ({"pd_assumed_ppm": True}, "POLICY_NUMBER", "pd_assumed_ppm"),
        ({"recovery": [{"year": 0, "share_ppm": 1_000_000}]}, "POLICY_NUMBER", "recovery.year"),
        ({"recovery": [{"year": 10**9, "share_ppm": 1_000_000}]}, "POLICY_NUMBER", "recovery.year"),
        ({"recovery": [{"year": 1, "share_ppm": 999_999}]}, "POLICY_NUMBER", "recovery"), ({"ageing": "old"}, "POLICY_NUMBER", "[[ageing]]"),
        ({"ageing": [7]}, "POLICY_NUMBER", "[[ageing]]"), ({"ageing": [{"days_over": 180, "kept_ppm": 2_000_000}]}, "POLICY_NUMBER", "ageing.kept_ppm"),
        ({"scenario": []}, "POLICY_INCOMPLETE", "[[scenario]]"),
    ],
)  # fmt: skip
def test_what_a_policy_can_not_say(changed, code, key):
    refused = provisioning_of({**policy(), **changed})
    assert isinstance(refused, Refusal)
    assert (refused.code, dict(refused.where)["key"]) == (code, key)
