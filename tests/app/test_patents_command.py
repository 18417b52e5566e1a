"""kemiao patents, kemiao patent-value, and the papers that they read, by the command line."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from kemiao.app.cli import cli
from kemiao.bank.permits import permit
from kemiao.bank.provenance import provenance
from little_bank import ME, at, new_home

CODE = ME.removeprefix("uscc:")
SHORT = "统一社会信用代码,申请号/登记号,类型,名称,申请日,授权公告日,法律状态,是否受让\n"
LONG = SHORT.strip() + ",权利要求数,被引用次数,同族数,IPC分类号,发明人数,在职发明人数,年费缴至,无效或权属争议,是否质押,PCT,受让日期,与主营业务相关,专利产品年收入(万元)\n"  # fmt: skip
RIGHT = f"{CODE},202010000001.X,发明专利,一种方法,2020-01-01,2021-06-01,有效,否"


def run(home: Path, *words: str) -> Any:
    done = CliRunner().invoke(cli, [*words, "--home", str(home), "--json"])
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def paper(folder: Path, name: str, text: str) -> str:
    (folder / name).write_text(text, "utf-8")
    return str(folder / name)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    root = new_home(tmp_path / "home")
    settings = root / "kemiao.toml"
    settings.write_text(settings.read_text("utf-8") + "today = 2024-07-01\n", "utf-8")
    return root


@pytest.mark.slow
def test_from_a_sheet_of_patents_to_their_values(home: Path, tmp_path: Path) -> None:
    rows = [
        f"{RIGHT},12,6,4,G06N 3/08; G06F 17/16,3,3,2025-03-01,否,否,是,,是,800",
        f"{CODE},202020000002.X,实用新型,一种装置,2020-01-01,2020-09-01,有效,是,,,,,,,,,,,2024-05-01,,",
    ]
    assert run(home, "import", "patents", paper(tmp_path, "a.csv", LONG + "\n".join(rows)))["taken"] == 2
    answer = run(home, "patents", ME)
    invention, bought = answer["patents"]
    assert invention["confidence_ppm"] > 700_000 > bought["confidence_ppm"]
    assert (
        invention["lending_fen"] > 0 and invention["blocks"] == [] and answer["pledge_fen"] == invention["pledge_fen"]
    )
    assert {value["method"]: value["lacking"] for value in invention["values"]}["cost"] == ["direct_cost_fen", "indirect_cost_fen"]  # fmt: skip
    assert "claims" in bought["unknown"] and bought["blocks"] == ["no_value"] and "fees_unpaid" in bought["to_check"]
    longer = run(home, "patents", ME, "--loan-months", "220")["patents"][0]
    assert longer["blocks"] == ["shorter_than_loan"]
    nobody = CliRunner().invoke(cli, ["patents", "cumcm:E404", "--home", str(home), "--json"])
    assert nobody.exit_code == 3 and json.loads(nobody.stdout)["refused"]["code"] == "NO_PATENTS"


@pytest.mark.slow
def test_a_paper_without_the_newer_columns_is_the_same_fact_as_before_them(home: Path, tmp_path: Path) -> None:
    """Ids and fingerprints are those that the first release computed: over its columns, null as chr(0)."""
    run(home, "import", "patents", paper(tmp_path, "a.csv", SHORT + RIGHT))
    cells = [ME, "202010000001.X", "invention", "一种方法", "2020-01-01", "2021-06-01", "in_force", "false"]
    content = hashlib.sha256(b"intellectual_property\x1f\x1f" + "\x1f".join(cells).encode()).digest()[:16]
    seen = "\x1f".join([*cells, "2021-06-01", "2020-01-01", "0"])
    with at(home) as world:
        given = permit(world, [ME], "credit_review")
        with world.lake.open(given, world.log.snapshot()[1], None, date(2024, 7, 1)) as facts:
            row = facts.sql(
                "SELECT content_id, md5_number_lower($1) AS mark FROM intellectual_property", [seen]
            ).to_pylist()[0]
            found = provenance(facts, ["intellectual_property"])[ME]["intellectual_property"]
    assert row["content_id"] == content
    assert list(found.values()) == [[1, row["mark"] % (2**53 - 1)]]
    again = run(home, "import", "patents", paper(tmp_path, "b.csv", SHORT + RIGHT))
    assert (again["taken"], again["duplicates"]) == (0, 1)
    more = run(home, "import", "patents", paper(tmp_path, "c.csv", LONG + RIGHT + ",9,,,,,,,,,,,,"))
    assert more["taken"] == 1  # a later state of the same right


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "text", "rows", "bad"),
    [
        ("technology_contracts", "统一社会信用代码,合同登记编号,登记日期,合同类别,成交额(万元)\n{c},1,2024-01-02,技术开发,12.5\n{c},2,上月,技术服务,3\n", 2, 1),
        ("innovation_titles", "统一社会信用代码,类别,编号,级别,认定日期,有效期至\n{c},研发平台,A,省级,2022-01-01,\n{c},科技奖励,B,国家级,2022-01-01,2021-01-01\n{c},科技奖励,C,县级,2022-01-01,\n", 3, 2),
        ("venture_investments", "统一社会信用代码,到账日期,轮次,投资方,投资金额(万元)\n{c},2023-03-01,A轮,某基金,1000\n", 1, 0),
        ("high_tech_income", "统一社会信用代码,年度,高新技术产品(服务)收入(万元)\n{c},2023年,100\n{c},2022年,-1\n", 2, 1),
    ],
)  # fmt: skip
def test_each_new_paper_is_read_and_its_bad_rows_are_kept_apart(home: Path, tmp_path: Path, name: str, text: str, rows: int, bad: int) -> None:  # fmt: skip
    answer = run(home, "import", name, paper(tmp_path, "a.csv", text.replace("{c}", CODE)), "--basis", "consent:T-1")
    assert (answer["taken"], answer["quarantined"]) == (rows - bad, bad)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--method", "cost", "--direct", "1万", "--indirect", "1万", "--profit", "1%", "--obsolescence", "120%"], "OUT_OF_RANGE"),
        (["--method", "market", "--comparable", "1万元整多", "--adjust", "1"], "NOT_AN_AMOUNT"),
        (["--method", "market", "--comparable", "1万,2万", "--adjust", "1"], "ONE_NUMBER"),
        (["--method", "royalty", "--revenue", "-1万", "--royalty", "3%", "--discount", "20%"], "BELOW_ZERO"),
    ],
)  # fmt: skip
def test_the_calculator_refuses_what_is_no_input(words: list[str], code: str) -> None:
    refused = CliRunner().invoke(cli, ["patent-value", *words, "--json"])
    assert refused.exit_code == 3 and json.loads(refused.stdout)["refused"]["code"] == code


def test_the_calculator_gives_the_vectors_and_asks_for_what_is_lacking() -> None:
    done = CliRunner().invoke(cli, ["patent-value", "--method", "market", "--comparable", "100万", "--adjust", "1.05,0.9,1.1,0.95", "--json"])  # fmt: skip
    assert json.loads(done.stdout)["value_fen"] == 98_752_500
    assert CliRunner().invoke(cli, ["patent-value", "--method", "royalty", "--royalty", "3%"]).exit_code == 2
    assert CliRunner().invoke(cli, ["patent-value", "--method", "guess"]).exit_code == 2
