from __future__ import annotations

import pytest

from kemiao.papers.punctuation import full_width


@pytest.mark.parametrize(
    ("typed", "printed"),
    [
        ("未知,按未知档计分", "未知，按未知档计分"),
        ("占 53.4%,超过政策的 50%,转人工", "占 53.4%，超过政策的 50%，转人工"),
        ("符合(评分 78)", "符合（评分 78）"),
        ("额度 1,234.56 万元;利率:4.35%", "额度 1,234.56 万元；利率：4.35%"),
        ("[10%, 20%)", "[10%, 20%)"),
        ("rate 4.74% (LPR 3.45%, + 128.5 bp)", "rate 4.74% (LPR 3.45%, + 128.5 bp)"),
        ("见 https://a.b 说明", "见 https://a.b 说明"),
    ],
)
def test_marks_beside_characters_are_full_width_and_figures_keep_theirs(typed, printed):
    assert full_width(typed) == printed
