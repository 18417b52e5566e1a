"""The validation report: figures by hand, groups too small to tell, PSI with its noise, and the paper in both languages."""

from __future__ import annotations

import json
from datetime import date

import numpy as np
import pypdfium2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from kemiao.app.cli import cli
from kemiao.bank.commands.examine_rating import validation_report
from kemiao.bank.examination import rules_for
from kemiao.bank.examination_json import examination_bytes, examination_from
from kemiao.credit.rating.columns import Column
from kemiao.credit.rating.examination_rules import CutoffRules
from kemiao.credit.rating.fairness import approvals, grouping
from kemiao.credit.rating.intervals import gap, share
from kemiao.credit.rating.profit import approval_at, cutoff, sweep
from kemiao.credit.rating.stability import periods_of, psi


def test_wilsons_and_newcombes_intervals_are_those_of_the_textbook():
    """R. Newcombe 1998: 56/70 less 48/80 is 0.2, by method 10 from 0.0524 to 0.3339."""
    found = gap(share(56, 70), share(48, 80))
    assert (found.value, found.low, found.high) == pytest.approx((0.2, 0.0524, 0.3339), abs=5e-5)
    assert share(0, 10).low == 0 and share(0, 10).high == pytest.approx(0.2775, abs=1e-4)


def test_a_cutoff_by_hand():
    """Ten rows, the two riskiest default: approving eight earns 8 x 0.1; one more costs its loss."""
    event = np.array([0] * 8 + [1] * 2)
    found = sweep([np.arange(10)], event, 50, 0)
    rules = CutoffRules(100_000, 500_000, 0, 600_000, 50_000, (100_000,))
    best = cutoff(found, [np.arange(10) * 10_000], rules)
    assert best.best.approval == pytest.approx(0.8) and best.best.profit.value == pytest.approx(0.08)
    assert [each.profit.value for each in best.neighbours] == pytest.approx([0.07, 0.03])
    assert best.all_approved.profit.value == pytest.approx((0.8 - 1.0) / 10)
    assert approval_at(found, 0.0).value == pytest.approx(0.8)
    assert best.break_even_pd == pytest.approx(1 / 6, abs=1e-6)


@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 1)), min_size=5, max_size=60).filter(
        lambda r: 0 < sum(e for _, e in r) < len(r)
    )
)
def test_equals_are_approved_alike_and_the_shares_add_up(rows):
    rank, event = (np.array(each) for each in zip(*rows, strict=True))
    approved = approvals([rank], 0.6)
    assert approved.sum() == pytest.approx(0.6 * event.size)
    assert all(np.ptp(approved[rank == value]) < 1e-12 for value in set(rank.tolist()))
    found = sweep([rank], event, 3, 0)
    np.testing.assert_allclose(found.goods[0] + found.bads[0], found.approval * event.size, atol=1e-9)
    assert found.bads[0, 120] == pytest.approx((approved * event).sum())


def test_psi_without_change_exceeds_its_noise_level_as_often_as_it_says():
    draw, beyond = np.random.default_rng(5), 0
    for _ in range(400):
        found, noise, p = psi(draw.integers(0, 10, 800), 10, np.arange(800) >= 300)
        assert (found > noise) == (p < 0.05)
        beyond += found > noise
    assert 8 <= beyond <= 34  # 20 expected; 99.9 % lies within
    assert psi(np.repeat([0, 1], 500), 2, np.arange(1000) >= 500)[2] < 1e-9


def test_a_group_of_few_rows_is_named_as_too_small():
    draw = np.random.default_rng(2)
    event, rank = draw.integers(0, 2, 300), draw.normal(size=300)
    column = Column("region", "choice", np.array([0] * 290 + [1] * 10), ("east", "west"))
    found = grouping(column, False, [np.full(300, 500_000)], [rank], event, rules_for(None, None))
    assert [each.name for each in found.groups] == ["east"] and found.too_small == (("west", 10),)


def test_dates_of_many_forms_are_years():
    column = Column("on", "date", np.array([0, 1, 2, -1]), ("28-Feb-97", "2006-05-01", "2007年1月3日"))
    assert periods_of(column, 8)[0] == ("1997", "2006", "2007") and periods_of(column, 8)[1].tolist() == [0, 1, 2, -1]


@pytest.mark.slow
def test_german_is_reported_in_both_languages_and_from_its_json_alike(shared_data, tmp_path):
    asked = ["rating", "report", "--table", str(shared_data / "german/german_readable.csv"), "--label", "default", "--groups", "personal_status_and_sex,age,foreign",
             "--drop", "foreign,personal_status_and_sex", "--size", "amount", "--home", str(tmp_path / "none"), "--output"]  # fmt: skip
    done = CliRunner().invoke(cli, [*asked, str(tmp_path / "out.json"), "--json"])
    assert done.exit_code == 0, done.output
    answer, kept = json.loads(done.stdout), (tmp_path / "out.json").read_bytes()
    found = examination_from(kept)
    assert examination_bytes(found) == kept and answer["examination"] == json.loads(kept)
    assert found.ranking.auc.low < found.ranking.auc.value < found.ranking.auc.high and found.ranking.auc.value > 0.77
    assert [each.column for each in found.groupings] == ["amount", "personal_status_and_sex", "age", "foreign"]
    assert found.contests[-1].name == "amount" and found.contests[-1].difference.low > 0
    own = found.calibration
    assert own.brier.value == pytest.approx(own.reliability - own.resolution + own.uncertainty, abs=0.005)
    for lang, words in (
        ("zh", ("评级模型验证报告", "好客户更难通过的组", "独立验证人")),
        ("en", ("Validation report", "Profit curve", "Head of model risk")),
    ):
        pdf = validation_report(found, "pdf", lang, date(2024, 7, 1))
        assert pdf == validation_report(found, "pdf", lang, date(2024, 7, 1))
        document = pypdfium2.PdfDocument(pdf)
        text = "".join(page.get_textpage().get_text_range() for page in document)
        document.close()
        assert all(word in text for word in words)
        page = validation_report(found, "html", lang, date(2024, 7, 1)).decode()
        assert "<script" not in page and page.count("<svg") > 10
