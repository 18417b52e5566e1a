"""Rules of a decision: how they are read, what they find, and the most severe outcome."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kemiao.base.refusal import Refused
from kemiao.credit.decision.authority import authority, levels_of
from kemiao.credit.decision.rules import OUTCOMES, find, read_rules, verdict

COLUMNS = {"a": "number", "b": "number"}
TEXT = '''# a > 0 stands in a comment
[[rule]]
code = "ONE"
outcome = "decline"
when = "a > 0"
zh = "一"
en = "one"

[[rule]]
code = "ONE_MORE"
outcome = "refer"
when = """
a > 0
  AND {last} > 0"""
zh = "二"
en = "two"
'''


def content(text: str) -> dict[str, object]:
    import tomllib

    return tomllib.loads(text) | {"_file": "decision.toml", "_text": text}


def refusal_of(text: str):
    with pytest.raises(Refused) as refused:
        read_rules(content(text), COLUMNS)
    return refused.value.refusal.code, dict(refused.value.refusal.where)


def test_an_unknown_column_is_named_at_its_own_place_even_if_the_words_stand_elsewhere_too():
    assert refusal_of(TEXT.format(last="c")) == ("UNKNOWN_COLUMN", {"file": "decision.toml", "line": "14", "column": "7"})  # fmt: skip
    first = TEXT.format(last="b").replace('when = "a > 0"', 'when = "c > 0"')
    assert refusal_of(first) == ("UNKNOWN_COLUMN", {"file": "decision.toml", "line": "5", "column": "9"})


def test_a_code_that_stands_twice_is_named_at_the_second():
    twice = TEXT.format(last="b").replace("ONE_MORE", "ONE")
    assert refusal_of(twice) == ("RULE_TWICE", {"file": "decision.toml", "line": "10"})


@pytest.mark.parametrize(
    ("before", "after", "code"),
    [
        ('zh = "二"\n', "", "RULE_INCOMPLETE"),
        ('en = "two"', 'en = "two"\nwhen_unkown = "refer"', "RULE_KEY_UNKNOWN"),
        ('outcome = "refer"', 'outcome = "reject"', "RULE_OUTCOME"),
        ('en = "two"', 'en = "two"\nwhen_unknown = "decline"', "RULE_OUTCOME"),  # an unknown never declines
        ('code = "ONE_MORE"', "code = 7", "RULE_INCOMPLETE"),
    ],
)
def test_a_rule_that_can_not_be_read_is_named_by_its_line(before, after, code):
    text = TEXT.format(last="b")
    head, tail = text.split('[[rule]]\ncode = "ONE_MORE"')
    broken = head + ('[[rule]]\ncode = "ONE_MORE"' + tail).replace(before, after)
    assert refusal_of(broken) == (code, {"file": "decision.toml", "line": "9"})


def test_rules_are_read_without_their_file_as_a_replay_has_them():
    rules = read_rules({"rule": content(TEXT.format(last="b"))["rule"]}, COLUMNS)
    assert [(rule.code, rule.when_unknown) for rule in rules] == [("ONE", "ignore"), ("ONE_MORE", "ignore")]
    assert rules[0].unknown_en == "cannot tell: one"


def test_a_product_beyond_64_bits_is_refused_and_does_not_wrap():
    rules = read_rules(content(TEXT.format(last="b").replace('"a > 0"', '"a * a > 0"')), COLUMNS)
    with pytest.raises(Refused) as refused:
        find(rules, pa.table({"a": [10**13], "b": [1]}))
    assert (refused.value.refusal.code, dict(refused.value.refusal.where)) == ("RULE_OVERFLOWS", {"rule": "ONE"})


def rules_of(*drafts: tuple[str, str]):
    cells = [
        {"code": f"R{number}", "outcome": outcome, "when": f"f{number}", "when_unknown": unknown, "zh": "-", "en": "-"}
        for number, (outcome, unknown) in enumerate(drafts)
    ]
    return read_rules({"rule": cells}, {f"f{number}": "flag" for number in range(len(drafts))})


DRAFTS = st.lists(
    st.tuples(st.sampled_from(["decline", "refer", "condition"]), st.sampled_from(["ignore", "refer", "condition"])),
    min_size=1, max_size=4,
)  # fmt: skip


@given(DRAFTS, st.data())
def test_the_most_severe_outcome_is_what_a_loop_over_rules_finds(drafts, data):
    rows = data.draw(st.lists(st.tuples(*[st.booleans() | st.none()] * len(drafts)), min_size=1, max_size=5))
    table = pa.table({f"f{n}": pa.array([row[n] for row in rows], pa.bool_()) for n in range(len(drafts))})
    got = verdict(find(rules_of(*drafts), table), len(rows))

    def naive(row) -> str:
        found = {outcome for (outcome, _), value in zip(drafts, row, strict=True) if value}
        found |= {unknown for (_, unknown), value in zip(drafts, row, strict=True) if value is None}
        return "decline" if "decline" in found else "refer" if "refer" in found else "approve"

    assert [OUTCOMES[number] for number in got] == [naive(row) for row in rows]


LEVELS = {"level": [
    {"name": "high", "zh": "-", "en": "-", "limit_fen": 500}, {"name": "low", "zh": "-", "en": "-", "limit_fen": 100},
]}  # fmt: skip


def test_the_first_level_that_covers_the_proposal_decides_and_a_referral_goes_one_up():
    proposed, referred = np.array([0, 100, 101, 500, 501, 100, 400]), np.array([0, 0, 0, 0, 0, 1, 1], bool)
    assert authority(levels_of(LEVELS), proposed, referred) == ["low", "low", "high", "high", "high", "high", "high"]
