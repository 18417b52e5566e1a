"""A judged day is kept in fewer bytes and comes back as it was."""

from __future__ import annotations

from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from credit.quality.small_book import grounds, judged
from kemiao.credit.quality.columns import QUALITY
from kemiao.credit.quality.kept import pack, unpack

ROW = st.fixed_dictionaries({
    "company": st.sampled_from(["uscc:A", "uscc:B", "uscc:C"]), "amount_fen": st.integers(1, 10**12), "past_due_days": st.sampled_from([0, 0, 31, 95, 400]),
    "pd_ppm": st.one_of(st.none(), st.integers(0, 10**6)), "status": st.sampled_from(["active", "agreed", "written_off"]),
})  # fmt: skip
GROUPS = [{"company": name, "group": "group:uscc:A", "turnover_mean_fen": 10**10} for name in ("uscc:A", "uscc:B")]


@settings(max_examples=25)
@given(st.lists(ROW, max_size=12))
def test_a_day_comes_back_as_it_was_judged(rows):
    quality = judged(rows, base=grounds(GROUPS))
    again = unpack(pack(quality))
    assert again.equals(quality)
    assert again.schema == QUALITY


def test_a_day_is_kept_in_less_than_half_the_bytes():
    quality = judged([{"company": f"uscc:91110108MA01KP{place // 2:04d}", "matures_on": date(2026, 1, 1)} for place in range(2000)])  # fmt: skip
    packed = pack(quality)
    assert packed.nbytes < 0.45 * quality.nbytes, (packed.nbytes, quality.nbytes)
