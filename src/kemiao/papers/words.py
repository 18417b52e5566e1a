"""Words that several chapters use, in both languages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from kemiao.papers.content import Text

Lang = Literal["zh", "en"]

NOTHING = Text("—", "—")
DECISION = {
    "approve": Text("同意授信", "Approve"),
    "refer": Text("转人工审查", "Refer to a person"),
    "decline": Text("不予授信", "Decline"),
}
MODEL_KIND = {"expert": Text("专家评分卡", "expert card"), "fitted": Text("拟合评分卡", "fitted scorecard")}
CONFIDENCE = {
    "text": Text("已核原文", "text was read"),
    "corroborated": Text("多源印证", "corroborated"),
    "single": Text("单一来源", "single source"),
    "recalled": Text("未复核", "recalled, not re-read"),
    "synthetic": Text("合成(演示或研究)", "synthetic, for a study"),
}
WEAK = ("single", "recalled", "synthetic")  # numbers that a reader should check before relying on them
BASIS_WORDS = {
    "consent": Text("授权书", "consent"),
    "office": Text("依法提供", "by law"),
    "anonymised": Text("匿名化数据", "anonymised"),
    "own": Text("本行数据", "own records"),
}
_NUMERALS = "一二三四五六七八九十"


def basis_text(basis: str, lang: str) -> str:
    """`consent:FILE` → 授权书 FILE."""
    kind, _, detail = basis.partition(":")
    word = BASIS_WORDS.get(kind)
    if word is None:
        return basis
    return word.say(lang) + (f"{'：' if lang == 'zh' else ': '}{detail}" if detail else "")


def chapter_number(number: int, lang: str) -> str:
    """一、 to 十九、; in English 1 to 19."""
    if lang != "zh":
        return f"{number}"
    return (_NUMERALS[number - 1] if number <= 10 else "十" + _NUMERALS[number - 11]) + "、"


def names(names: Sequence[Text], lang: Lang, most: int | None = None) -> str:
    """The names, or the first `most` of them and how many there are."""
    if not names:
        return NOTHING.say(lang)
    listed = Text("、", ", ").say(lang).join(name.say(lang) for name in names[:most])
    if most is None or len(names) <= most:
        return listed
    return listed + Text(f" 等 {len(names)} 项", f" and {len(names) - most} more").say(lang)
