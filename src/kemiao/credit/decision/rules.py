"""The bank's rules: each a condition, an outcome and words. All companies are judged at once."""

from __future__ import annotations

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
    rules = tuple(_rule(cells, columns, file, text) for cells in content["rule"])
    codes = [rule.code for rule in rules]
    twice = sorted({code for code in codes if codes.count(code) > 1})
    if twice:
        raise Refused(
            Refusal.at(
                "RULE_TWICE",
                f"规则代码重复:{twice[0]}",
                f"the code {twice[0]} stands twice",
                file=file,
                line=_line(text, twice[0]),
            )
        )
    return rules


def find(rules: Sequence[Rule], table: pa.Table) -> tuple[Finding, ...]:
    findings = []
    for rule in rules:
        truth = evaluate(rule.when, table)
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


def _rule(cells: Mapping[str, Any], columns: Mapping[str, str], file: str, text: str) -> Rule:
    missing = [word for word in _WORDS if not isinstance(cells.get(word), str)]
    line = _line(text, str(cells.get("code", "")))
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
    when = parse(cells["when"], columns, file, *_place(text, cells["when"]))
    zh, en = cells["zh"], cells["en"]
    return Rule(
        cells["code"], outcome, when, when_unknown, zh, en,
        cells.get("unknown_zh", f"无法判断:{zh}"), cells.get("unknown_en", f"cannot tell: {en}"),
    )  # fmt: skip


def _line(text: str, piece: str) -> int:
    return _place(text, piece)[0]


def _place(text: str, piece: str) -> tuple[int, int]:
    """Line and column at which a piece stands in the file; 1, 1 where the file's text is not at hand (a replay)."""
    at = text.find(piece.splitlines()[0]) if piece else -1
    if at < 0:
        return 1, 1
    return text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
