"""The matrix of credit and technology: each cell of the table, its bounds, and what an assessment makes of it."""

import numpy as np
import pyarrow as pa
import pytest

from kemiao.base.columns import Ints
from kemiao.credit.assessment import assess
from kemiao.credit.document import documents, explain
from kemiao.credit.limit import CEILINGS, Limit
from kemiao.credit.technology.matrix import Technology, technology_of, two_dimensions
from little_bank import policy_on, profile_table, rulebook_of, sound_row
from technology_population import rules

MATRIX = rules().matrix
STEP = 1_000_000
TABLE = {  # RULES 16.4, row by row: T1–T2, T3–T4, T5–T6, T7–T10
    "AAA": ("1.5", "1.3", "1.1", "1.0"), "A": ("1.5", "1.3", "1.1", "1.0"), "BBB": ("1.3", "1.15", "1.0", "0.9"),
    "BB": ("1.1+", "1.0+", "refer", "refer"), "B": ("refer", "refer", "decline", "decline"), "C": ("refer", "refer", "decline", "decline"),
}  # fmt: skip


@pytest.mark.parametrize("credit", TABLE)
@pytest.mark.parametrize("number", range(1, 11))
def test_every_cell_is_that_of_the_table(credit, number):
    said = TABLE[credit][min((number - 1) // 2, 3)]
    cell = MATRIX[credit, number]
    if said in ("refer", "decline"):
        assert (cell.outcome, cell.factor_ppm) == (said, 1_000_000)
    else:
        assert (cell.outcome, cell.factor_ppm, cell.guarantee) == (
            None,
            round(float(said.rstrip("+")) * 10**6),
            said.endswith("+"),
        )


def moved(limit_fen, need_fen, product_fen, grade, number, formula=None, provisional=False):
    known = np.array([True])
    ceilings = {name: Ints(np.array([need_fen if name == "need" else product_fen]), known) for name in CEILINGS}
    allowed = Limit(ceilings, np.array([limit_fen]), np.array([0]), pa.array(["turnover"]), np.array([False]))
    need = Ints(np.array([formula or 0]), np.array([formula is not None]))
    after, step = two_dimensions(allowed, need, [grade], Technology(np.array([number]), "r", provisional), MATRIX, STEP)
    return int(after.limit[0]), step


def test_a_raised_limit_stays_below_the_formulas_need_and_the_products_cap_but_not_below_a_share_of_turnover():
    assert moved(300 * STEP, 300 * STEP, 1000 * STEP, "A", 1)[0] == 450 * STEP
    assert moved(300 * STEP, 320 * STEP, 1000 * STEP, "A", 1, formula=320 * STEP)[0] == 320 * STEP
    assert moved(800 * STEP, 5000 * STEP, 1000 * STEP, "A", 1, formula=5000 * STEP)[0] == 1000 * STEP
    assert moved(333 * STEP, 900 * STEP, 1000 * STEP, "BBB", 10)[0] == 299 * STEP  # 299.7, in whole steps


def test_what_cannot_be_told_and_what_is_provisional_is_neutral_even_where_the_cell_would_decline():
    for number, provisional, status in ((0, False, "cannot_tell"), (10, True, "provisional")):
        after, step = moved(300 * STEP, 300 * STEP, 1000 * STEP, "B", number, provisional=provisional)
        assert (after, step.outcome.tolist(), step.status) == (300 * STEP, [0], (status,))


RESTED_ON = {"as_of": "2024-07-01", "law_on": "2024-07-01", "model": "m", "policy": "p", "law_tables": "l", "code": "c", "assumed": [], "bases": ["own"]}  # fmt: skip


def test_the_step_is_named_in_the_decision_and_its_kept_inputs_decide_alike():
    book = rulebook_of(policy_on())
    rows = profile_table([sound_row()])

    def document(technology):
        return documents(assess(rows, book, technology), book, RESTED_ON)[0] | {"rows": {}}

    plain = document(None)
    assert "technology" not in plain  # without a reference a decision is what it was
    assert explain(plain, book)["technology"]["status"] == "no_reference"
    best = document(Technology(np.array([1]), "ref", False))
    said = explain(best, book)["technology"]
    assert said["before_fen"] == plain["allowed_fen"]
    assert said["factor_ppm"] == MATRIX[plain["grade"], 1].factor_ppm > 1_000_000
    assert best["allowed_fen"] >= plain["allowed_fen"]
    assert said["cell"] == f"{plain['grade']} × T1"
    assert document(technology_of(best["technology"])) == best
    unknown = document(Technology(np.array([0]), "ref", False))
    assert (unknown["limit_fen"], unknown["decision"]) == (plain["limit_fen"], plain["decision"])


def test_a_cell_that_refers_or_asks_for_a_guarantee_says_so():
    weak = rulebook_of(policy_on())
    rows = profile_table([sound_row()])
    graded = assess(rows, weak, None).grades[0].as_py()
    matrix = {(graded, n): MATRIX["BB", n] for n in range(1, 11)}
    from dataclasses import replace

    book = replace(weak, matrix=matrix)

    def said(number):
        return explain(
            documents(assess(rows, book, Technology(np.array([number]), "ref", False)), book, RESTED_ON)[0] | {"rows": {}}, book
        )  # fmt: skip

    assert "TECHNOLOGY_GUARANTEE" in [each["code"] for each in said(3)["conditions"]]
    assert said(7)["decision"] == "refer"
    assert "investment-loan linkage" in next(
        each["en"] for each in said(7)["reasons"] if each["code"] == "TECHNOLOGY_MATRIX_REFER"
    )
