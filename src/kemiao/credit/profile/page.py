"""docs/features.md, printed from the catalogue: `python -m kemiao.credit.profile.page > docs/features.md`."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from kemiao.credit.profile.catalogue import FEATURES, LAW_INPUTS
from kemiao.credit.profile.feature import PAPERS, UNITS, WINDOWS, Feature

_HEAD = """# 特征 Features

本页由目录生成,请勿手改(`python -m kemiao.credit.profile.page > docs/features.md`)。This page is printed from the catalogue.

Each column answers a question that a credit officer asks. Null is unknown, never zero; zero stands only where the data say so,
or where the source was asked about every company and is silent about this one. Windows are whole months that were over on
`as_of`. Money is in fen, ratios are in ppm, rounded half away from zero from one division of doubles: within 1 ppm. `leak`
marks columns that see the days between the last invoice and `as_of`: where outcomes have no date, fitting leaves them out.
"""
_COLUMNS = "| name | 问题 | question | unit | window | source |\n|---|---|---|---|---|---|\n"


def page() -> str:
    parts = [_HEAD]
    for group in dict.fromkeys(feature.group for feature in FEATURES):
        parts.append(f"\n## {group}\n\n{_COLUMNS}{_lines(each for each in FEATURES if each.group == group)}")
    more = [each for each in LAW_INPUTS if each not in FEATURES]
    parts.append(f"\n## Inputs of law besides\n\n{_COLUMNS}{_lines(more)}")
    papers = "".join(f"| {table} | {zh} | {en} |\n" for table, (zh, en) in PAPERS.items())
    parts.append(
        f"\n## 未知时看哪份材料 The paper that settles an unknown\n\n| source | 材料 | paper |\n|---|---|---|\n{papers}"
    )
    return "".join(parts)


def _lines(features: Iterable[Feature]) -> str:
    return "".join(_line(feature) for feature in features)


def _line(feature: Feature) -> str:
    unit = UNITS[feature.unit][1]
    window = WINDOWS[feature.window][1] + (" (leak)" if feature.leak else "")
    return (
        f"| `{feature.name}` | {feature.zh}:{feature.question_zh} | {feature.en}: {feature.question_en} "
        f"| {unit} | {window} | {', '.join(feature.tables)} |\n"
    )


if __name__ == "__main__":
    sys.stdout.write(page())
