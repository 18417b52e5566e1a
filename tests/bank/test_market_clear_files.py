"""Clearing from files: what is read, what is refused, what a result rests on."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from kemiao.app.market_files import matches_csv, quarantine_csv
from kemiao.bank.commands.market_clear_files import Files, FilesCleared, clear_files
from kemiao.base.canonical import canonical_bytes
from kemiao.base.refusal import Refusal, Refused
from kemiao.credit.matching.result import document_digest, published

DAY = date(2024, 7, 1)
REQUESTS = (
    "request,company,amount,months,rate_max,grade\nR1,甲,100万,12,8%,A\nR2,乙,100万,12,8%,BBB\nR3,丙,200万,12,8%,BB\n"
)
MANDATES = "mandate,budget,rate\nM1,200万,5%\nM2,100万,4.5%\n"


def files(folder: Path, requests: str = REQUESTS, mandates: str = MANDATES, **other: object) -> Files:
    (folder / "r.csv").write_text(requests, "utf-8")
    (folder / "m.csv").write_text(mandates, "utf-8")
    return replace(Files(folder / "r.csv", folder / "m.csv", None, DAY), **other)  # type: ignore[arg-type]


def cleared(asked: Files) -> FilesCleared:
    made = clear_files(None, asked)
    assert isinstance(made, FilesCleared), made
    return made


def test_the_same_files_give_the_same_bytes_and_another_seed_another_lottery(tmp_path):
    asked = files(tmp_path)
    first, again = (canonical_bytes(cleared(asked).document) for _ in range(2))
    assert first == again
    other = cleared(replace(asked, seed="a" * 64)).document
    assert other["seed"] == "a" * 64 != json.loads(first)["seed"]


def test_a_seed_made_of_the_files_moves_with_what_is_in_them_and_with_the_day(tmp_path):
    asked = files(tmp_path)
    seeds = {cleared(each).document["seed"] for each in (asked, replace(asked, day=date(2024, 7, 2)))}
    seeds.add(cleared(files(tmp_path, REQUESTS.replace("200万", "201万"))).document["seed"])
    assert len(seeds) == 3


def test_a_bad_row_is_named_kept_as_it_stood_and_can_be_corrected_in_its_file(tmp_path):
    made = cleared(files(tmp_path, REQUESTS + "R4,=丁,abc,12,8%,BB\n"))
    assert {(bad["where"]["row"], bad["where"]["column"]) for bad in made.document["bad_rows"]} == {
        ("5", "company"),
        ("5", "amount"),
    }
    assert (made.document["counts"]["bad_rows"], made.document["counts"]["requests"]) == (1, 3)
    kept = quarantine_csv(made.posted.header["requests"], made.posted.reads["requests"]).decode("utf-8-sig")
    assert "R4,'=丁,abc,12,8%,BB,5," in kept  # no spreadsheet runs it
    again = cleared(files(tmp_path, kept.replace("'=丁,abc", "丁,100万"))).document
    assert (again["counts"]["bad_rows"], again["counts"]["requests"]) == (0, 1)


@pytest.mark.parametrize(
    ("requests", "mandates", "code"),
    [
        (REQUESTS.replace("months", "moths"), MANDATES, "UNKNOWN_COLUMN"),
        ("request,amount,months,rate_max\nR1,-1,12,8%\n", MANDATES, "NO_ROW_READ"),
        (REQUESTS, "mandate,budget\nM1,1万\n", "NO_ROW_READ"),
    ],
)
def test_a_side_without_a_row_that_could_be_read_is_refused(tmp_path, requests, mandates, code):
    refused = clear_files(None, files(tmp_path, requests, mandates))
    assert isinstance(refused, Refusal)
    assert refused.code == code


@pytest.mark.parametrize("empty", ["requests", "mandates", "both"])
def test_an_empty_side_lends_nothing(tmp_path, empty):
    requests = REQUESTS if empty == "mandates" else REQUESTS.splitlines()[0] + "\n"
    mandates = MANDATES if empty == "requests" else MANDATES.splitlines()[0] + "\n"
    whole = cleared(files(tmp_path, requests, mandates)).document
    assert [whole[name]["lent_fen"] for name in ("stable", "best", "greedy")] == [0, 0, 0]
    assert whole["stable"]["matches"] == []
    assert canonical_bytes(published(whole))


def test_a_budget_of_nothing_and_a_request_above_all_budgets_lend_nothing_and_stop_nobody(tmp_path):
    mandates = MANDATES + "M3,0,1%\n"
    whole = cleared(files(tmp_path, REQUESTS + "R9,戊,5亿,12,8%,A\n", mandates)).document
    assert whole["counts"]["without_option"] == 1
    assert next(one for one in whole["stable"]["mandates"] if one["mandate"] == "M3")["lent_fen"] == 0
    assert whole["stable"]["lent_fen"] > 0


def test_what_is_published_names_no_request_and_no_company(tmp_path):
    whole = cleared(files(tmp_path)).document
    text = canonical_bytes(published(whole)).decode()
    assert published(whole)["result"] == document_digest(whole)
    for name in ("R1", "R2", "R3", "甲", "乙", "丙"):
        assert f'"{name}"' not in text
    assert published(whole)["stable"]["cut_offs"] == whole["stable"]["cut_offs"]


def test_the_other_result_clears_where_asked_and_the_two_stay_the_same(tmp_path):
    asked = files(tmp_path)
    stable, best = cleared(asked).document, cleared(replace(asked, clears="best")).document
    assert (stable["cleared"], best["cleared"]) == ("stable", "best")
    assert stable["best"] == best["best"]
    assert stable["stable"] == best["stable"]
    assert matches_csv(best).decode("utf-8-sig").count("\n") == 1 + best["best"]["contracts"]


def test_files_that_are_not_there_or_not_what_they_should_be_are_refused(tmp_path):
    asked = files(tmp_path)
    bad = tmp_path / "market.toml"
    bad.write_text("clears = [", "utf-8")
    for each, code in (
        (replace(asked, requests=tmp_path / "none.csv"), "FILE_NOT_READ"),
        (replace(asked, policy=bad), "NOT_TOML"),
    ):
        with pytest.raises(Refused) as caught:
            clear_files(None, each)
        assert caught.value.refusal.code == code
    bad.write_text('clears = "both"', "utf-8")
    refused = clear_files(None, replace(asked, policy=bad))
    assert isinstance(refused, Refusal)
    assert refused.code == "POLICY_KEY_BAD"
