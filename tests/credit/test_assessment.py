"""Assessment: one company is a one-row table; what is unknown is never nothing, and alone never blocks an approval."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from kemiao.base.canonical import canonical_bytes
from kemiao.credit.assessment import Rulebook, assess, judged_columns
from kemiao.credit.document import Document, decision_id, differences, documents, explain, table_of
from kemiao.credit.limit import INPUTS
from kemiao.credit.profile import COLUMNS
from little_bank import ME, profile_table, rulebook_of, sound_row

RESTED_ON = {"as_of": "2024-07-01", "law_on": "2024-07-01", "model": "m", "policy": "p", "law_tables": "l", "code": "c", "assumed": [], "bases": ["own"]}  # fmt: skip
NEED = {
    "revenue_source", "revenue_growth_ppm", "cost_of_sales_fen", "net_profit_fen", "cash_fen",
    *(f"{name}_{end}_fen" for name in ("inventory", "receivable", "payable", "prepayment", "advance") for end in ("opening", "closing")),
}  # fmt: skip


@pytest.fixture(scope="module")
def book() -> Rulebook:
    return rulebook_of()


def decide(rows: Sequence[Mapping[str, Any]], book: Rulebook) -> list[Document]:
    """Kept documents, their rows left out: which rows were read is the command's affair."""
    return [document | {"rows": {}} for document in documents(assess(profile_table(rows), book), book, RESTED_ON)]


def by_question(document: Document, book: Rulebook, name: str) -> dict[str, Any]:
    """bins or moves by the card's characteristics."""
    return dict(zip([each.feature for each in book.card.characteristics], document[name], strict=False))


@pytest.fixture(scope="module")
def silenced(book) -> dict[str, Document]:
    """The sound company as it is (""), and with each input unknown in turn."""
    row = sound_row()
    names = [name for name in row if name != "company"]
    told = decide([row, *({**row, name: None} for name in names)], book)
    return dict(zip(["", *names], told, strict=True))


def strangers(count: int, seed: int = 7) -> list[dict[str, Any]]:
    """Companies with some inputs unknown and amounts scaled: of every grade and outcome."""
    drawn = random.Random(seed)  # noqa: S311 - the same strangers every time
    rows = []
    for number in range(count):
        row: dict[str, Any] = {"company": f"cumcm:{number}"}
        for name, value in sound_row().items():
            if name == "company":
                continue
            keep = drawn.random() > 0.15
            small = type(value) is int and drawn.random() < 0.5
            row[name] = None if not keep else int(value * drawn.choice([-1, 0, 0.1, 0.5, 2, 40])) if small else value
        rows.append(row)
    return rows


def test_the_sound_company_is_known_in_every_input_and_approved(book, silenced):
    assert None not in sound_row().values()
    whole = silenced[""]
    assert (whole["decision"], whole["rules_unknown"]) == ("approve", [])
    assert (set(whole["moves"]), explain(whole, book)["unknown"]) == ({None}, [])


@pytest.mark.parametrize("count", [6, pytest.param(60, marks=pytest.mark.slow)])
def test_companies_get_together_what_each_gets_alone_byte_for_byte(book, count):
    rows = [sound_row(), *strangers(count)]
    together = [canonical_bytes(document) for document in decide(rows, book)]
    assert together == [canonical_bytes(decide([row], book)[0]) for row in rows]
    outcomes = {document["decision"] for document in decide(rows, book)}
    assert len(outcomes) > 1, outcomes


def test_no_company_is_no_fault(book):
    assert decide([], book) == []


def test_an_unknown_answer_falls_into_the_bin_for_the_unknown(book, silenced):
    for each in book.card.characteristics:
        document = silenced[each.feature]
        bins, whole = by_question(document, book, "bins"), by_question(silenced[""], book, "bins")
        assert bins == {**whole, each.feature: each.unknown_bin}, each.feature


def test_what_is_unknown_is_named_and_kept_out_of_the_features(book, silenced):
    for name, document in silenced.items():
        if name:
            assert explain(document, book)["unknown"] == [name]
            assert name not in document["features"]


def test_an_unknown_is_not_the_zero_that_it_might_be_taken_for(book, silenced):
    """The company that says 0 and the one that says nothing are told apart in every document."""
    names = [name for name, value in sound_row().items() if type(value) is int and value != 0]
    for name, zero in zip(names, decide([{**sound_row(), name: 0} for name in names], book), strict=True):
        judged = [document | {"features": None} for document in (silenced[""], zero, silenced[name])]
        # Most features are for reading, not for judging; and research adds nothing to what repays, said or unsaid.
        if judged[0] != judged[1] and name != "rd_expense_fen":
            assert judged[1] != judged[2], name


def test_the_ceilings_that_an_unknown_moves_are_the_documented_ones(silenced):
    whole = silenced[""]["ceilings"]
    moved = {
        name: {each: value for each, value in document["ceilings"].items() if value != whole[each]}
        for name, document in silenced.items()
        if document["ceilings"] != whole
    }
    assert moved.pop("revenue_fen") == {"need": None, "exposure": None, "grade": None}
    assert moved.pop("net_profit_fen").keys() == {"need", "repayment"}  # by turnover, and by the trading margin
    assert moved.pop("rd_expense_fen")["repayment"] < whole["repayment"]
    loans = moved.pop("external_loan_balance_fen")  # deducted when it is shown: a condition of the approval
    assert {each: value - whole[each] for each, value in loans.items()} == dict.fromkeys(("need", "repayment", "exposure"), 50_000_000)  # fmt: skip
    assert moved.keys() == NEED - {"net_profit_fen"}
    assert all(each.keys() == {"need"} for each in moved.values())
    assert {document["need_by"] for name, document in silenced.items() if name in NEED} == {"turnover"}


REFERRED = {"revenue_fen": ["TURNOVER_UNKNOWN"]}  # without turnover there is no amount to approve


def test_no_single_unknown_blocks_an_approval(silenced):
    """A person is asked only where the rules themselves say so, and nobody is declined for silence."""
    assert {name: document["rules"] for name, document in silenced.items() if document["decision"] != "approve"} == REFERRED  # fmt: skip


def test_unknown_loans_are_a_condition_precedent(book, silenced):
    for name, code in (("own_loan_overdue_days", "PAST_DUE_OWN"), ("external_loan_overdue_days", "PAST_DUE_ELSEWHERE")):
        conditions = explain(silenced[name], book)["conditions"]
        assert [each["code"] for each in conditions] == [f"{code}_UNKNOWN"]
        assert "扣除" in conditions[0]["zh"]
        assert "deducted" in conditions[0]["en"]


def test_an_unknown_industry_carries_the_full_risk_weight(silenced):
    assert silenced[""]["law"]["risk_weight_ppm"] < 1_000_000
    assert silenced["industry"]["law"]["risk_weight_ppm"] == 1_000_000
    assert silenced["industry"]["rate_ppm"] >= silenced[""]["rate_ppm"]


@pytest.mark.slow
def test_how_far_the_limit_would_move_is_what_it_moves_when_the_answer_comes(book):
    """Every answer that the card knows is tried; the ends that the decision names are the worst and the best of them."""
    weak = {"tax_credit_grade": "D", "void_count_ppm": 500_000, "red_amount_ppm": 200_000}  # so that the grade binds
    row = {**sound_row(), "cash_fen": None, **weak}
    checked = 0
    for each in book.card.characteristics:
        if each.is_choice or each.feature in {name for names in INPUTS.values() for name in names} | NEED:
            continue
        silent = decide([{**row, each.feature: None}], book)[0]
        answers = [
            int(one.low if one.low is not None else one.high - 1)
            for one in each.bins
            if one.low is not None or one.high is not None
        ]
        limits = [document["allowed_fen"] - silent["allowed_fen"] for document in decide([{**row, each.feature: answer} for answer in answers], book)]  # fmt: skip
        assert by_question(silent, book, "moves")[each.feature] == [min(limits), max(limits)], each.feature
        checked += any(limits)
    assert checked


def test_a_decision_reads_back_as_the_row_that_it_was_made_of(book):
    from kemiao.bank.commands.replay import row_schema

    for row in (sound_row(), *strangers(5)):
        document = decide([row], book)[0]
        again = table_of(document, row_schema()).to_pylist()[0]
        assert again == {name: row[name] for name in again}


def test_a_referral_and_a_decline_say_why_in_both_languages(book):
    referred = explain(decide([{**sound_row(), "enforced_open": 1}], book)[0], book)
    assert (referred["decision"], referred["reasons"][0]["code"], referred["adverse"]) == ("refer", "ENFORCED", None)
    declined = explain(decide([{**sound_row(), "dishonest_listings": 1}], book)[0], book)
    assert (declined["decision"], declined["limit_fen"], declined["conditions"]) == ("decline", 0, [])
    assert declined["reasons"][0]["code"] == "DISHONEST_LISTED"
    assert declined["reasons"][0]["zh"] in declined["adverse"]["zh"]
    assert "a person reviews" in declined["adverse"]["en"]
    assert declined["limit"]["allowed_fen"] > 0  # what it would have been


def test_what_is_printed_adds_up(book):
    document = explain(decide([sound_row()], book)[0], book)
    assert sum(part["points"] for part in document["rating"]["contributions"]) + book.card.base_points == document["rating"]["points"]  # fmt: skip
    total = sum(part["ppm"] for part in document["price"]["parts"])
    assert document["price"]["built_ppm"] - book.pricing.step_ppm < total <= document["price"]["built_ppm"]
    known = [each["fen"] for each in document["limit"]["candidates"] if each["fen"] is not None]
    assert document["limit_fen"] == min(known) // book.limits.step_fen * book.limits.step_fen
    assert document["pd"] == document["pd_ppm"] / 10**6


def test_differences_name_what_moved(book):
    before, now = decide([sound_row()], book)[0], decide([{**sound_row(), "enforced_open": 2}], book)[0]
    found = differences(before, now)
    assert found["decision"] == ["approve", "refer"]
    assert found["features"] == {"enforced_open": [before["features"]["enforced_open"], 2]}
    assert found["decision_id"] == decision_id(before)
    assert found["rests_on"] == []
    assert "grade" not in found


def test_every_column_that_a_rule_may_name_is_there_when_rules_are_judged(book):
    """Each column, in a rule of its own kind, over the sound company: none is missing and none has another kind."""
    from dataclasses import replace

    from kemiao.credit.decision.rules import read_rules

    columns = judged_columns({name: feature.unit for name, feature in COLUMNS.items()})
    tests = {"number": "{} > 0", "text": "{} = 'x'", "flag": "{}", "day": "{0} = {0}"}
    rules = [{"code": name, "outcome": "condition", "when": tests[kind].format(name), "zh": "-", "en": "-"} for name, kind in columns.items()]  # fmt: skip
    strict = replace(book, rules=read_rules({"rule": rules}, columns))
    assert len(assess(profile_table([sound_row()]), strict).findings) == len(columns)
    assert sound_row()["company"] == ME
