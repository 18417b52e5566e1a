"""The park as files: the same bytes each time, spoilt where the manifest says and nowhere else."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path

import pytest
from openpyxl import load_workbook

from kemiao.base.dates import parse_date
from kemiao.base.keys import parse_company
from kemiao.base.refusal import Refusal, Refused
from kemiao.twin.population.park import Written, generate_park

Park = tuple[Path, list[Written]]
Row = tuple[int, dict[str, str]]  # row as the owner counts, cells
pytestmark = pytest.mark.slow
CODES = ("统一社会信用代码", "销方识别号", "购方识别号")


@pytest.fixture(scope="module")
def read(park: Park) -> dict[str, list[Row]]:
    """Path → rows of each file, read without any map."""
    folder, written = park
    return {one.path: list(rows_of(folder, one)) for one in written}


def rows_of(folder: Path, written: Written) -> Iterator[Row]:
    """Rows of all sheets; of invoices not their lines."""
    path = folder / written.path
    if path.suffix == ".xlsx":
        sheets = load_workbook(io.BytesIO(path.read_bytes())).worksheets
        pages = sheets[:1] if written.map == "etax_invoices" else sheets
        for page in pages:
            lines = [["" if cell is None else str(cell) for cell in line] for line in page.iter_rows(values_only=True)]
            at = next(place for place, line in enumerate(lines) if "统一社会信用代码" in line or "销方识别号" in line)
            for number, line in enumerate(lines[at + 1 :], start=at + 2):
                yield number, dict(zip(lines[at], line, strict=False))
        return
    raw = path.read_bytes()
    text = raw.decode("utf-8-sig" if _is_utf8(raw) else "gb18030", errors="replace")
    header, *lines = csv.reader(text.splitlines())
    for number, line in enumerate(lines, start=2):
        yield number, dict(zip(header, line, strict=False))


def _is_utf8(raw: bytes) -> bool:
    try:
        raw[:2000].decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return error.start > 1990
    return True


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_the_same_seed_gives_the_same_bytes_and_another_seed_does_not(tmp_path: Path) -> None:
    for name, seed in (("one", 7), ("two", 7), ("other", 8)):
        generate_park(tmp_path / name, 12, seed)
    one, two, other = (files(tmp_path / name) for name in ("one", "two", "other"))
    assert list(one) == list(two)
    assert [name for name in one if one[name] != two[name]] == []
    assert one["manifest.json"] != other["manifest.json"]


def test_the_manifest_counts_the_rows_of_each_file(park: Park, read: dict[str, list[Row]]) -> None:
    folder, written = park
    assert json.loads((folder / "manifest.json").read_text("utf-8"))["companies"] == 40
    for one in written:
        assert len(read[one.path]) == one.rows, one.path


def test_every_credit_code_is_valid_but_those_in_the_manifest(park: Park, read: dict[str, list[Row]]) -> None:
    _, written = park
    wrong = [
        (one.path, number)
        for one in written
        for number, row in read[one.path]
        if any(isinstance(parse_company(row[name]), Refusal) for name in CODES if row.get(name))
        and not _cut(one, number)
    ]
    assert sorted(wrong) == sorted(spots(written, "wrong_check_digit"))


def test_a_naive_scan_of_the_invoices_finds_the_dirt_of_the_manifest(park: Park, read: dict[str, list[Row]]) -> None:
    _, written = park
    found: dict[str, list[tuple[str, int]]] = {"letter_o": [], "text_date": [], "total_does_not_add_up": []}
    bad = rows = 0
    for one in written:
        if one.map == "etax_invoices":
            bad, rows = bad + one.quarantined, rows + one.rows
            for number, row in read[one.path]:
                if not _cut(one, number):
                    _look(row, (one.path, number), found)
    handed_in = [one for one in written if one.map == "etax_invoices"]
    for kind, places in found.items():
        assert sorted(places) == sorted(spots(handed_in, kind)), kind
    assert 0.002 < bad / rows < 0.008


def _look(row: dict[str, str], place: tuple[str, int], found: dict[str, list[tuple[str, int]]]) -> None:
    if isinstance(parse_date(row["开票日期"]), Refusal):
        found["text_date"].append(place)
    try:
        amount, tax, total = (Decimal(row[name]) for name in ("金额", "税额", "价税合计"))
    except InvalidOperation:
        found["letter_o"].append(place)
        return
    if abs(total - amount - tax) > Decimal("0.01"):
        found["total_does_not_add_up"].append(place)


def _cut(one: Written, number: int) -> bool:
    return any(spot.kind == "cut_line" and spot.row == number for spot in one.dirt)


def spots(written: list[Written], kind: str) -> list[tuple[str, int]]:
    return [(one.path, spot.row) for one in written for spot in one.dirt if spot.kind == kind]


def test_the_faults_that_are_not_in_cells_are_there(park: Park, read: dict[str, list[Row]]) -> None:
    folder, written = park
    copies = [one for one in written if one.copy_of]
    assert [(folder / one.path).read_bytes() for one in copies] == [
        (folder / one.copy_of).read_bytes() for one in copies
    ]
    assert len(copies) == 1
    ((cut_path, _),) = spots(written, "cut_line")
    assert not (folder / cut_path).read_bytes().endswith(b"\n")
    ((stray_path, stray_row),) = spots(written, "stray_byte")
    line = (folder / stray_path).read_bytes().split(b"\r\n")[stray_row - 1]
    with pytest.raises(UnicodeDecodeError):
        line.decode("gb18030")
    workbook = load_workbook(io.BytesIO((folder / "人员/企业人员结构统计.xlsx").read_bytes()))
    merged = workbook.worksheets[0].merged_cells.ranges
    assert len(merged) > 10
    headers = {one.path: read[one.path][0][1].keys() for one in written if one.map == "payroll"}
    assert sorted("发放日期" in header for header in headers.values()) == [False, True]


def test_red_letters_and_voids_of_the_manifest_stand_in_the_files(park: Park, read: dict[str, list[Row]]) -> None:
    folder, written = park
    seen: dict[str, tuple[str, str]] = {}
    for one in written:
        if one.map == "etax_invoices":
            for _, row in read[one.path]:
                number = row.get("数电发票号码") or f"{row.get('发票代码')}-{row.get('发票号码')}"
                seen[number] = (row.get("发票状态", ""), row.get("是否正数发票", ""))
    counted = json.loads((folder / "manifest.json").read_text("utf-8"))["invoices"]
    states = Counter(state for state, _ in seen.values())
    assert abs(len(seen) - counted["written"]) <= 1  # the number of a cut line may be cut as well
    assert abs(states["已作废"] - counted["void"]) <= 1
    assert abs(Counter(sign for _, sign in seen.values())["否"] - counted["red_letter"]) <= 1


def test_what_became_of_the_companies_lies_apart(park: Park) -> None:
    folder, written = park
    assert not any(one.path.startswith("事后/") for one in written)
    with (folder / "事后/违约结果.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    bad = [row for row in rows if row["是否违约"] == "是"]
    assert len(rows) == 40 and 0 < len(bad) < 12
    assert all(re.fullmatch(r"2024-(0[7-9]|1[0-2])|2025-0[1-6]", row["资金断裂月份"]) for row in bad)


def test_a_day_within_a_month_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused) as refused:
        generate_park(tmp_path, 5, 1, date(2024, 7, 2))
    assert refused.value.refusal.code == "NOT_THE_FIRST_OF_A_MONTH"
