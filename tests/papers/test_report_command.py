"""kemiao report, from files to a paper: what is written, what is recorded, and what is refused in plain words."""

from __future__ import annotations

import hashlib
import json
import random
import re
from datetime import UTC, date, datetime
from pathlib import Path

import pypdfium2
import pytest
import typer
from typer.testing import CliRunner

from kemiao.app.commands import report as command
from kemiao.bank.commands.assess import Request, assess
from kemiao.bank.commands.erase import erase
from kemiao.bank.commands.import_files import Imported, ImportFiles, import_files
from kemiao.bank.commands.report import ReportRequest, Written, report
from kemiao.bank.commands.undo_import import undo_import
from kemiao.bank.home import create_home
from kemiao.bank.world import World, open_world
from kemiao.base.clock import FixedClock
from kemiao.base.refusal import Refusal
from kemiao.data.map import load_map

pytestmark = pytest.mark.slow  # makes homes, imports and assesses
DAY = date(2024, 7, 1)
NAME = "云岭<b>#精密$仪器&有限公司"
SALES, BUYS = "企业代号,发票号码,开票日期,购方单位代号,金额,税额,价税合计,发票状态\n", "企业代号,发票号码,开票日期,销方单位代号,金额,税额,价税合计,发票状态\n"  # fmt: skip


def bytes_of_chance(count: int) -> bytes:
    return random.Random(count).randbytes(count)  # noqa: S311


def write_papers(folder: Path) -> list[Path]:
    """Three years of invoices of E1 (sound), six months of E2; names of both."""
    chance = random.Random(7)  # noqa: S311
    out, back = [SALES], [BUYS]
    for company, months in (("E1", range(36)), ("E2", range(30, 36))):
        for month in months:
            day = f"{2021 + (6 + month) // 12}-{(6 + month) % 12 + 1:02d}-{chance.randint(1, 28):02d}"
            for k in range(4):
                number = f"{company[1]}{month:03d}{k}"
                amount = chance.randint(80_000, 160_000)
                out.append(f"{company},{number},{day},B{k},{amount},{amount * 0.13:.2f},{amount * 1.13:.2f},有效发票\n")
                spent = amount * 6 // 10
                back.append(f"{company},9{number},{day},A{k},{spent},{spent * 0.13:.2f},{spent * 1.13:.2f},有效发票\n")
    folder.mkdir()
    (folder / "销项发票.csv").write_text("".join(out), "utf-8")
    (folder / "进项发票.csv").write_text("".join(back), "utf-8")
    (folder / "企业.csv").write_text(f"企业代号,企业名称\nE1,{NAME}\nE2,二号公司\n", "utf-8")
    return sorted(folder.iterdir())


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    """A home with both companies imported and assessed on DAY."""
    folder = tmp_path_factory.mktemp("report")
    create_home(folder / "home", bytes_of_chance, DAY)
    with opened(folder / "home") as world:
        source = load_map("cumcm2020c")
        assert isinstance(
            import_files(world, ImportFiles(source, "cumcm2020c", tuple(write_papers(folder / "papers")))), Imported
        )
        assert not isinstance(assess(world, Request(None)), Refusal)
    return folder / "home"


def opened(home: Path):
    return open_world(home, FixedClock(datetime(2024, 7, 1, 9, tzinfo=UTC)), bytes_of_chance)


def run(home: Path, *words: str):
    cli = typer.Typer()
    command.register(cli)
    return CliRunner().invoke(cli, [*words, "--home", str(home)])


def made(world: World, company: str | None = "cumcm:E1", form: str = "pdf", decision: str | None = None) -> Written:
    answer = report(world, ReportRequest(company, form, "zh", decision))  # type: ignore[arg-type]
    assert isinstance(answer, Written)
    return answer


def pdf_text(content: bytes) -> str:
    document = pypdfium2.PdfDocument(content)
    words = "\n".join(page.get_textpage().get_text_range() for page in document)
    document.close()
    return words


def test_a_report_says_what_the_decision_says_and_where_each_figure_comes_from(root):
    with opened(root) as world:
        words = pdf_text(made(world).content)
        kept = world.log.private(world.log.last("decision", subject="cumcm:E1"))
    assert NAME in re.sub(r"(?<=\W) | (?=\W)", "", words)  # a PDF's text has thin spaces between scripts
    assert kept["policy"] in words  # a digest can be copied whole
    assert kept["grade"] in words
    assert f"{kept['points']}" in words
    for expected in (
        "销项发票.csv",
        "进项发票.csv",
        "企业.csv",
        "cumcm2020c",
        "匿名化数据",
        "可知日期为推定",
        "企业征信报告",
    ):
        assert expected in words.replace("\n", "").replace("\r", "").replace("\u200b", "")
    rows = re.search(r"cumcm2020c\* 1 .*?(\d{3}) 2021-07", words.replace("\r\n", " "))
    assert rows
    assert int(rows[1]) == 2 * 4 * 36


def test_the_same_decision_gives_the_same_bytes_and_each_report_is_recorded_with_their_digest(root):
    with opened(root) as world:
        first, again = made(world), made(world)
        assert first.content == again.content
        event = world.log.last("report", subject="cumcm:E1")
        assert event.public["sha256"] == hashlib.sha256(first.content).hexdigest() == first.sha256
        assert event.ref == first.decision_id
        reading = world.log.last("reading", subject="cumcm:E1")
        assert reading.public["purpose"] == "report"


def test_the_command_writes_the_file_whole_and_says_its_digest(root, tmp_path):
    out = tmp_path / "报告.html"
    answer = run(root, "cumcm:E1", "--out", str(out), "--json")
    assert answer.exit_code == 0
    said = json.loads(answer.stdout)
    assert said["sha256"] == hashlib.sha256(out.read_bytes()).hexdigest()
    assert "&lt;b&gt;#精密$仪器&amp;" in out.read_text("utf-8")
    assert list(tmp_path.iterdir()) == [out]


def test_all_companies_stand_in_the_summary(root, tmp_path):
    out = tmp_path / "all.pdf"
    assert run(root, "--all", "--out", str(out), "--lang", "en").exit_code == 0
    words = pdf_text(out.read_bytes())
    assert "Assessment of 2 companies" in words
    assert {"cumcm:E1", "cumcm:E2"} <= set(re.findall(r"cumcm:E\d", words))


@pytest.mark.parametrize(
    "words",
    [
        ("cumcm:E1", "--out", "report.docx"),
        ("cumcm:E1", "--out", "report"),
        ("--out", "report.pdf"),
        ("cumcm:E1", "--all", "--out", "report.pdf"),
        ("--all", "--decision", "dec-1", "--out", "report.pdf"),
        ("cumcm:E1",),
    ],
)
def test_what_was_typed_wrongly_is_a_usage_error_and_writes_nothing(root, tmp_path, monkeypatch, words):
    monkeypatch.chdir(tmp_path)
    assert run(root, *words).exit_code == 2
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_said_before_anything_is_read(root, tmp_path):
    with opened(root) as world:
        before = sum(1 for _ in world.log.events())
    for out in (tmp_path / "nowhere" / "a.pdf", tmp_path / "folder.pdf"):
        (tmp_path / "folder.pdf").mkdir(exist_ok=True)
        answer = run(root, "cumcm:E1", "--out", str(out), "--json")
        assert answer.exit_code == 3
        assert json.loads(answer.stdout)["refused"]["code"] == "OUT_UNWRITABLE"
    with opened(root) as world:
        assert sum(1 for _ in world.log.events()) == before


def test_without_a_decision_the_way_to_one_is_named(root, tmp_path):
    for company, decision, code in (("cumcm:E9", None, "NO_DECISION"), ("cumcm:E1", "dec-none", "NO_DECISION")):
        extra = ("--decision", decision) if decision else ()
        answer = run(root, company, *extra, "--out", str(tmp_path / "a.pdf"), "--json")
        assert answer.exit_code == 3
        refused = json.loads(answer.stdout)["refused"]
        assert refused["code"] == code
        assert f"kemiao assess {company}" in refused["zh"]
        assert f"kemiao assess {company}" in refused["en"]


def test_a_decision_about_another_company_is_refused(root):
    with opened(root) as world:
        other = world.log.last("decision", subject="cumcm:E2").ref
        answer = report(world, ReportRequest("cumcm:E1", "html", "zh", other))
    assert isinstance(answer, Refusal)
    assert answer.code == "DECISION_OF_ANOTHER"


@pytest.fixture
def erased(tmp_path) -> Path:
    """A home of its own in which E2 was erased after both were assessed."""
    create_home(tmp_path / "home", bytes_of_chance, DAY)
    with opened(tmp_path / "home") as world:
        import_files(world, ImportFiles(load_map("cumcm2020c"), "cumcm2020c", tuple(write_papers(tmp_path / "papers"))))
        assess(world, Request(None))
        erase(world, "cumcm:E2", "撤回授权")
    return tmp_path / "home"


def test_of_an_erased_company_no_report_is_made_and_the_summary_counts_it_out(erased):
    with opened(erased) as world:
        answer = report(world, ReportRequest("cumcm:E2", "pdf", "zh"))
        assert isinstance(answer, Refusal)
        assert answer.code == "INPUTS_ERASED"
        summary = made(world, None, "html")
        assert (summary.decisions, summary.erased) == (1, 1)
        assert "cumcm:E2" not in summary.content.decode()
        assert "另有 1 家的资料已删除" in summary.content.decode()


def test_others_keep_their_reports_after_an_erasure_swept_the_old_snapshot(erased):
    with opened(erased) as world:
        page = made(world, "cumcm:E1", "html").content.decode()
        assert "数据行已有变动" not in page  # the rows of E1 are as they were
        assert "销项发票.csv" in page
        assert "360° 画像" in page and "最相近的同业" not in page  # the only other company was erased


def test_a_report_on_rows_that_were_undone_since_says_so_and_keeps_the_decisions_figures(tmp_path):
    create_home(tmp_path / "home", bytes_of_chance, DAY)
    with opened(tmp_path / "home") as world:
        import_files(world, ImportFiles(load_map("cumcm2020c"), "cumcm2020c", tuple(write_papers(tmp_path / "papers"))))
        assess(world, Request(None))
        kept = world.log.private(world.log.last("decision", subject="cumcm:E1"))
        assert not isinstance(undo_import(world, 1), Refusal)
        page = made(world, "cumcm:E1", "html").content.decode()
    assert "数据行已有变动" in page
    assert "没有可用的数据来源" in page
    assert f"{kept['points']} 分" in page
