"""The bank's rules: each a condition, an outcome and words. All companies are judged at once."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from kemiao.base.refusal import Refusal, Refused
from kemiao.credit.decision.expression import Expression, evaluate, parse

Outcome = Literal["decline", "refer", "condition"]
WhenUnknown = Literal["ignore", "refer", "condition"]
OUTCOMES = ("approve", "refer", "decline")  # rising severity
_OUTCOME, _WHEN_UNKNOWN = ("decline", "refer", "condition"), ("ignore", "refer", "condition")
_WORDS = ("code", "outcome", "when", "zh", "en")
_HEADING = re.compile(r"^[ \t]*\[\[[ \t]*rule[ \t]*\]\]", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Rule:
    """when true: the outcome, or a condition precedent. when unknown: what the rule itself says, never a guess.

    unknown_zh, unknown_en: the words where it can't be told.
    """

    code: str
    outcome: Outcome
    when: Expression
    when_unknown: WhenUnknown
    zh: str
    en: str
    unknown_zh: str
    unknown_en: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule over all rows: where it holds and where it can't be told."""

    rule: Rule
    holds: npt.NDArray[np.bool_]
    unknown: npt.NDArray[np.bool_]


def read_rules(content: Mapping[str, Any], columns: Mapping[str, str]) -> tuple[Rule, ...]:
    """policy/decision.toml → rules. Raises Refused with file, line and column where a rule can't be read."""
    file, text = str(content.get("_file", "decision.toml")), str(content.get("_text", ""))
    places = _Places.of(text, len(content["rule"]))
    rules = tuple(_rule(cells, columns, file, places, number) for number, cells in enumerate(content["rule"]))
    codes = [rule.code for rule in rules]
    again = next((number for number, code in enumerate(codes) if code in codes[:number]), None)
    if again is not None:
        code, line = codes[again], places.of_key(again, "code")[0]
        raise Refused(
            Refusal.at("RULE_TWICE", f"规则代码重复:{code}", f"the code {code} stands twice", file=file, line=line)
        )
    return rules


def find(rules: Sequence[Rule], table: pa.Table) -> tuple[Finding, ...]:
    findings = []
    for rule in rules:
        try:
            truth = evaluate(rule.when, table)
        except pa.ArrowInvalid as error:  # checked arithmetic: a product beyond 64 bits is refused, it does not wrap
            raise Refused(
                Refusal.at(
                    "RULE_OVERFLOWS",
                    f"规则 {rule.code} 的计算超出 64 位整数:{error}",
                    f"the rule {rule.code} computes beyond 64 bits: {error}",
                    rule=rule.code,
                )
            ) from error
        unknown = np.asarray(truth.is_null())
        findings.append(Finding(rule, np.asarray(truth.fill_null(False)), unknown))
    return tuple(findings)


def verdict(findings: Sequence[Finding], rows: int) -> npt.NDArray[np.int64]:
    """The most severe outcome of each row, as its number in OUTCOMES."""
    worst = np.zeros(rows, np.int64)
    for finding in findings:
        if finding.rule.outcome != "condition":
            worst = np.maximum(worst, np.where(finding.holds, OUTCOMES.index(finding.rule.outcome), 0))
        if finding.rule.when_unknown == "refer":
            worst = np.maximum(worst, np.where(finding.unknown, OUTCOMES.index("refer"), 0))
    return worst


def _rule(cells: Mapping[str, Any], columns: Mapping[str, str], file: str, places: _Places, number: int) -> Rule:
    missing = [word for word in _WORDS if not isinstance(cells.get(word), str)]
    line = places.of_rule(number)
    if missing:
        names = ", ".join(missing)
        raise Refused(
            Refusal.at("RULE_INCOMPLETE", f"规则缺少 {names}", f"the rule lacks {names}", file=file, line=line)
        )
    unknown_key = set(cells) - {*_WORDS, "when_unknown", "unknown_zh", "unknown_en"}
    if unknown_key:
        name = sorted(unknown_key)[0]
        raise Refused(
            Refusal.at("RULE_KEY_UNKNOWN", f"规则中没有“{name}”这一项", f"a rule has no {name!r}", file=file, line=line)
        )
    outcome, when_unknown = cells["outcome"], cells.get("when_unknown", "ignore")
    if outcome not in _OUTCOME or when_unknown not in _WHEN_UNKNOWN:
        raise Refused(
            Refusal.at("RULE_OUTCOME", f"outcome 须为 {'、'.join(_OUTCOME)};when_unknown 须为 {'、'.join(_WHEN_UNKNOWN)}",
                       f"outcome is one of {', '.join(_OUTCOME)}; when_unknown one of {', '.join(_WHEN_UNKNOWN)}", file=file, line=line)
        )  # fmt: skip
    when = parse(cells["when"], columns, file, *places.of_key(number, "when"))
    zh, en = cells["zh"], cells["en"]
    return Rule(
        cells["code"], outcome, when, when_unknown, zh, en,
        cells.get("unknown_zh", f"无法判断:{zh}"), cells.get("unknown_en", f"cannot tell: {en}"),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Places:
    """Where each rule begins in the file's text; empty where the text is not at hand (a replay)."""

    text: str
    starts: tuple[int, ...]

    @classmethod
    def of(cls, text: str, rules: int) -> _Places:
        starts = tuple(match.start() for match in _HEADING.finditer(text))
        return cls(text, starts if len(starts) == rules else ())

    def of_rule(self, number: int) -> int:
        return self._place(self.starts[number])[0] if self.starts else 1

    def of_key(self, number: int, key: str) -> tuple[int, int]:
        """Line and column (from 1) at which the text of a rule's key begins."""
        if not self.starts:
            return 1, 1
        end = self.starts[number + 1] if number + 1 < len(self.starts) else len(self.text)
        found = re.compile(rf"^[ \t]*{key}[ \t]*=[ \t]*(?:\"\"\"\n?|'''\n?|[\"'])", re.MULTILINE).search(
            self.text, self.starts[number], end
        )
        return self._place(found.end() if found else self.starts[number])

    def _place(self, at: int) -> tuple[int, int]:
        return self.text.count("\n", 0, at) + 1, at - self.text.rfind("\n", 0, at)
