from __future__ import annotations

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from openpyxl import Workbook
from typer.testing import CliRunner

from kemiao.app.cli import cli

SIZES = "vector,industry,staff,rev (wan),assets (wan),note\nSZ1,software,120,900,–,x\nSZ2,工业,12O,2500,–,\nSZ7,other,300,,,\n"


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("KEMIAO_HOME", raising=False)

    def call(*arguments, code=0):
        result = CliRunner().invoke(cli, ["law", *map(str, arguments)])
        assert result.exit_code == code, result.output
        return result

    return call


def rows(result):
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_a_file_of_cases_gives_a_line_a_row_and_one_bad_row_stops_nobody(run, tmp_path):
    (tmp_path / "sizes.csv").write_text(SIZES, "utf-8")
    result = run("check", "sme_size", "sizes.csv", "--json", "--on", "2024-07-01")
    first, second, third = rows(result)
    assert (first["row"], first["id"], first["size_class"], first["missing"], first["law_on"]) == (2, "SZ1", "small", [], "2024-07-01")  # fmt: skip
    assert (second["size_class"], second["errors"][0]["where"]) == (
        None,
        {"file": "sizes.csv", "row": "3", "column": "staff"},
    )
    assert (third["size_class"], third["refused"]) == ("large", None)
    assert "note" in result.stderr


@pytest.mark.parametrize("kind", ["gb18030", "xlsx", "parquet", "jsonl"])
def test_the_same_cases_in_other_kinds_of_file(run, tmp_path, kind):
    header, cases = (
        ["从业人员", "行业", "营业收入(万元)"],
        [[120, "software", 900.0], [9, "软件和信息技术服务业", 5000.5]],
    )
    match kind:
        case "gb18030":
            path = tmp_path / "a.csv"
            path.write_text("\n".join(",".join(map(str, line)) for line in [header, *cases]) + "\n", "gb18030")
        case "xlsx":
            path, book = tmp_path / "a.xlsx", Workbook()
            for line in [["企业划型表"], header, *cases]:
                book.active.append(line)
            book.save(path)
        case "parquet":
            path = tmp_path / "a.parquet"
            pq.write_table(pa.table({name: [case[place] for case in cases] for place, name in enumerate(header)}), path)
        case "jsonl":
            path = tmp_path / "a.jsonl"
            path.write_text("\n".join(json.dumps(dict(zip(header, case, strict=True))) for case in cases), "utf-8")
    assert [row["size_class"] for row in rows(run("check", "sme_size", path, "--json"))] == ["small", "micro"]


def test_a_row_that_was_cut_off_is_named(run, tmp_path):
    (tmp_path / "cut.csv").write_text("industry,staff,rev\nsoftware,120,900\nsoftware,12", "utf-8")
    whole, cut = rows(run("check", "sme_size", "cut.csv", "--json"))
    assert whole["size_class"] == "small"
    assert (cut["row"], cut["size_class"], cut["errors"][0]["code"]) == (3, None, "TOO_FEW_CELLS")


def test_a_day_before_the_law_refuses_each_row(run, tmp_path):
    (tmp_path / "sizes.csv").write_text(SIZES, "utf-8")
    answers = rows(run("check", "sme_size", "sizes.csv", "--json", "--on", "2011-06-17"))
    assert {row["refused"]["code"] for row in answers} == {"LAW_NOT_IN_FORCE"}


def test_negative_cycles_take_the_banks_own_choice(run, tmp_path):
    header = "sales,COGS,profit rate,growth,inventory_opening,inventory_closing,receivable_opening,receivable_closing,payable_opening,payable_closing,prepayment_opening,prepayment_closing,advance_opening,advance_closing,own funds,existing loans,other"
    wc1 = "30000000,21000000,0.10,0.20,3000000,4000000,5000000,7000000,2500000,3500000,600000,800000,1000000,1400000,3000000,2000000,500000"
    (tmp_path / "wc.csv").write_text(f"{header}\n{wc1}\n{wc1.replace('3500000', '99000000')}\n", "utf-8")
    normal, negative = rows(run("check", "working_capital", "wc.csv", "--json"))
    assert (normal["new_loan_fen"], normal["manual_review"]) == (153_542_857, False)
    assert (negative["new_loan_fen"], negative["manual_review"]) == (0, True)


def test_capital_is_judged_by_each_approach_as_far_as_its_inputs_are_there(run, tmp_path):
    text = "id,PD,LGD,M,S,EAD,size,defaulted,balance,provision,exposure,bank exposure\nIR1,0.02,0.40,2.5,3,5000000,,,,,,\nW1,,,,,,small,否,5000000,0,5000000,10000000000\n"
    (tmp_path / "capital.csv").write_text(text, "utf-8")
    irb, standard = rows(run("check", "capital", "capital.csv", "--json"))
    assert (irb["irb_risk_weight_ppm"], irb["irb_rwa_fen"], irb["irb_missing"]) == (787_072, 393_535_867, [])
    assert (standard["row"], standard["rwa_fen"], standard["capital_fen"], standard["missing"]) == ("W1", 375_000_000, 30_000_000, [])  # fmt: skip


def test_rules_are_listed_and_shown_with_sources_days_and_units(run):
    listed = rows(run("list", "--json"))
    assert [row["rule"] for row in listed[:6]] == [
        "sme_size",
        "tech_sme",
        "working_capital",
        "capital",
        "lpr",
        "priority",
    ]
    for name in (row["rule"] for row in listed):
        (shown,) = rows(run("show", name, "--json", "--on", "2025-10-01"))
        assert shown["inputs"] and all(item["unit"] for item in shown["inputs"])
        for table in shown["tables"]:
            assert all(
                row["source"] and row["confidence"] and row["effective_from"] <= "2025-10-01" for row in table["rows"]
            )
    (lpr,) = rows(run("show", "lpr", "--json", "--on", "2025-06-01"))
    assert [(row["tenor"], row["rate_ppm"]) for row in lpr["tables"][0]["rows"]] == [("1Y", 30_000), ("5Y", 35_000)]
    assert run("show", "sme_size", "--lang", "en", "--on", "2025-06-01").stdout.count("corroborated") == 12


@pytest.mark.parametrize(("arguments", "refusal"), [(["show", "nothing"], "NO_SUCH_RULE"), (["show", "sme_size", "--on", "2011-06-17"], "LAW_NOT_IN_FORCE"), (["show", "sme_size", "--on", "soon"], "NOT_A_DATE"), (["check", "sme_size", "absent.csv"], "NO_SUCH_FILE"), (["load", "sme_size", "x.csv"], "NOT_A_SERIES")])  # fmt: skip
def test_what_cannot_be_done_is_refused_with_code_three(run, arguments, refusal):
    assert rows(run(*arguments, "--json", code=3))[0]["refused"]["code"] == refusal


def test_loaded_fixings_stay_in_the_home_and_are_recorded(run, tmp_path):
    (tmp_path / "lpr.csv").write_text("日期,1年期,5年期以上,来源\n2025-09-22,3.00,3.50,公告\n2025-10-20,2.90,3.40,公告\n", "utf-8")  # fmt: skip
    (loaded,) = rows(run("load", "lpr", "lpr.csv", "--home", "bank", "--json"))
    assert (loaded["fixings"], loaded["observed_until"], len(loaded["changes"])) == (2, "2025-10-20", 2)
    (tmp_path / "days.csv").write_text("day\n2025-10-19\n2025-10-20\n2025-10-21\n", "utf-8")
    answers = rows(run("check", "lpr", "days.csv", "--home", "bank", "--json"))
    assert [(row["one_year_ppm"], row["stale"]) for row in answers] == [
        (30_000, False),
        (29_000, False),
        (29_000, True),
    ]
    (tmp_path / "more.csv").write_text("date,1Y,5Y,source\n2025-10-20,2.80,3.40,更正\n", "utf-8")
    run("load", "lpr", "more.csv", "--home", "bank")
    run("load", "lpr", "more.csv", "--home", "bank")  # again: nothing is doubled
    answers = rows(run("check", "lpr", "days.csv", "--home", "bank", "--json"))
    assert [row["one_year_ppm"] for row in answers] == [30_000, 28_000, 28_000]
    assert (tmp_path / "bank" / "law" / "lpr.toml").read_text("utf-8").count("[[row]]") == 4


def test_a_bad_file_of_fixings_changes_nothing(run, tmp_path):
    (tmp_path / "lpr.csv").write_text("date,1Y,5Y,source\n2025-09-22,3.O0,3.50,公告\n", "utf-8")
    (refused,) = rows(run("load", "lpr", "lpr.csv", "--home", "bank", "--json", code=3))
    assert refused["refused"]["where"] == {"file": "lpr.csv", "row": "2", "column": "1Y"}
    assert not (tmp_path / "bank" / "law" / "lpr.toml").exists()
