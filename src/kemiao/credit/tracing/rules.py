"""The bank's choices for tracing (policy tracing.toml), read and checked."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from kemiao.base.refusal import Refusal
from kemiao.credit.tracing.columns import HOPS_MAX, REASON

_ENDS = ("property", "securities", "lending")
UNKNOWN = "unknown"
_WORD_MAX, _WORDS_MAX = 40, 500
_WHERE_UNSAID = {"visible_ppm": 1_000_000, "ledger_days": 0}  # a policy from before these keys: the least is concluded


@dataclass(frozen=True, slots=True)
class Kind:
    """What a payment is for, told by words in the counterparty's name or in the summary. ends: an outcome, or None."""

    name: str
    zh: str
    en: str
    ends: str | None
    names: tuple[str, ...]
    summaries: tuple[str, ...]
    industries: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TracingRules:
    """kinds: the first that fits counts; the first of all is `unknown`. purposes: name → kinds it may be spent on."""

    hops: int
    days_between: int
    watch_days: int
    least_ppm: int
    related_ppm: int
    change_ppm: int  # from what share of a disbursement in other hands on a finding is made
    supplier_days: int
    visible_ppm: int  # of a disbursement: less of it seen, and nothing can be told
    ledger_days: int  # between a ledger's day of drawing and the day on which the money came into the account
    loan_words: tuple[str, ...]  # by which a summary says that a loan came in
    kinds: tuple[Kind, ...]
    purposes: Mapping[str, tuple[str, ...]]
    words: Mapping[str, tuple[str, ...]]  # purpose → words in a loan's own purpose by which it is known

    def purpose(self, said: str | None) -> int:
        """Place of the purpose that a loan's words name; the last, which takes the least for granted, where none does."""
        names = list(self.purposes)
        text = plain(said or "")
        for place, name in enumerate(names):
            if text == name or any(word in text for word in self.words[name]):
                return place
        return len(names) - 1

    def kind(self, name: str | None, summary: str | None, industry: str | None) -> int:
        """Place of the first kind that fits; 0 where none does."""
        who, why = plain(name or ""), plain(summary or "")
        for place, kind in enumerate(self.kinds):
            if any(word in who for word in kind.names) or any(word in why for word in kind.summaries):
                return place
        for place, kind in enumerate(self.kinds):
            if industry is not None and industry in kind.industries:
                return place
        return 0

    def loan_came_in(self, summary: str | None) -> bool:
        return any(word in plain(summary or "") for word in self.loan_words)

    def allowed(self) -> Any:
        """Purposes × kinds."""
        return np.array([[kind.name in kinds for kind in self.kinds] for kinds in self.purposes.values()], bool)

    def ends(self) -> Any:
        """Kind → the reason that it ends with, 0 where it is an ordinary one, −1 where nothing is known."""
        return np.array([-1, *(REASON[kind.ends] if kind.ends else 0 for kind in self.kinds[1:])], np.int8)


def plain(text: str) -> str:
    """For comparing names: one width, no spaces, no case."""
    return "".join(unicodedata.normalize("NFKC", text).split()).casefold()


def tracing_rules(policy: Mapping[str, Any]) -> TracingRules | Refusal:
    """From a policy's content. Refuses BAD_TRACING_POLICY with the key and what was expected."""
    numbers = {}
    for key, low, high in (
        ("hops", 1, 6), ("days_between", 0, 10), ("watch_days", 0, 1_000), ("least_ppm", 0, 1_000_000),
        ("related_ppm", 1, 1_000_000), ("change_ppm", 0, 1_000_000), ("supplier_days", 0, 3_650),
        ("visible_ppm", 0, 1_000_000), ("ledger_days", 0, 100),
    ):  # fmt: skip
        value = policy.get(key, _WHERE_UNSAID.get(key))
        if type(value) is not int or not low <= value <= min(high, high if key != "hops" else HOPS_MAX):
            return _bad(policy, key, f"{low} … {high}")
        numbers[key] = value
    loan_words = _words(policy, "loan_words")
    if loan_words is None:
        return _bad(policy, "loan_words", "[…]")
    kinds = [Kind(UNKNOWN, "不明", "unknown", None, (), (), ())]
    for row in _rows(policy, "kind"):
        texts = [_words(row, key) for key in ("names", "summaries", "industries")]
        own = [row.get(key) for key in ("name", "zh", "en")]
        if not all(isinstance(text, str) and text for text in own) or any(words is None for words in texts):
            return _bad(policy, "kind", "name, zh, en, names = […], summaries = […], industries = […]")
        ends = row.get("ends")
        if ends is not None and ends not in _ENDS:
            return _bad(policy, "kind.ends", " | ".join(_ENDS))
        names, summaries, industries = (words or () for words in texts)
        called, zh, en = map(str, own)
        kinds.append(Kind(called, zh, en, ends, tuple(map(plain, names)), tuple(map(plain, summaries)), industries))
    if len({kind.name for kind in kinds}) != len(kinds) or len(kinds) > 100:
        return _bad(policy, "kind.name", "each once, at most 99")
    purposes: dict[str, tuple[str, ...]] = {}
    words: dict[str, tuple[str, ...]] = {}
    for row in _rows(policy, "purpose"):
        spent, said, name = _words(row, "kinds"), _words(row, "words"), row.get("name")
        if not isinstance(name, str) or not name or spent is None or said is None:
            return _bad(policy, "purpose", "name, kinds = […], words = […]")
        strange = [kind for kind in spent if kind not in {kind.name for kind in kinds[1:]}]
        if strange or name in purposes:
            return _bad(policy, "purpose", f"{name}: {', '.join(strange)}")
        purposes[name], words[name] = spent, tuple(map(plain, said))
    if not purposes:
        return _bad(policy, "purpose", "[[purpose]]")
    return TracingRules(
        **numbers, loan_words=tuple(map(plain, loan_words)), kinds=tuple(kinds), purposes=purposes, words=words
    )


def _rows(policy: Mapping[str, Any], key: str) -> Sequence[Mapping[str, Any]]:
    rows = policy.get(key, [])
    return [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []


def _words(row: Mapping[str, Any], key: str) -> tuple[str, ...] | None:
    words = row.get(key, [])
    fit = isinstance(words, list) and len(words) <= _WORDS_MAX
    if not fit or not all(isinstance(word, str) and 0 < len(plain(word)) <= _WORD_MAX for word in words):
        return None
    return tuple(words)


def _bad(policy: Mapping[str, Any], key: str, expected: str) -> Refusal:
    return Refusal.at(
        "BAD_TRACING_POLICY", f"资金用途追踪政策有误,应为 {expected}", f"the tracing policy is faulty, expected {expected}",
        file=policy.get("_file"), key=key,
    )  # fmt: skip
