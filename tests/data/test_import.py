"""Flows of one import: what is taken, what is a duplicate, what waits."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kemiao.bank.commands.import_files import Imported
from kemiao.bank.commands.undo_import import Undone, undo_import
from kemiao.bank.quarantined import still_waiting, waiting_rows
from kemiao.bank.views import batches
from kemiao.base.refusal import Refusal, Refused
from kemiao.data.map import load_map

from .papers import BUYER, HEADER, SELLER, adds_up, invoice, lake_rows, write_csv


def codes(world) -> list[tuple[int, str, str]]:
    return [
        (row.row, error.code, error.column) for row in waiting_rows(world, still_waiting(world)) for error in row.errors
    ]


def refusal_of(bring, *paths, **options) -> Refusal:
    with pytest.raises(Refused) as refused:
        bring(*paths, **options)
    return refused.value.refusal


def test_good_rows_are_taken_with_money_in_fen_and_their_place(world, bring, tmp_path):
    imported = bring(
        write_csv(
            tmp_path / "发票.csv", [invoice(1), invoice(2, 金额="-500", 税额="-65", 价税合计="-565", 是否正数发票="否")]
        )
    )
    assert (imported.taken, imported.duplicates, imported.quarantined) == (2, 0, 0)
    first, second = lake_rows(world)
    assert (first["amount_fen"], first["tax_fen"], first["total_fen"]) == (100_000, 13_000, 113_000)
    assert (first["seller"], first["buyer"], first["row"], first["file"]) == (f"uscc:{SELLER}", f"uscc:{BUYER}", 2, 0)
    assert (first["happened_on"], first["known_at"], first["revision"]) == (date(2024, 5, 1), date(2024, 5, 1), 0)
    assert (second["amount_fen"], second["red_letter"], second["status"]) == (-50_000, True, "normal")


def test_importing_twice_changes_nothing(world, bring, tmp_path):
    file = write_csv(tmp_path / "a.csv", [invoice(1), invoice(2), invoice(3, 金额="x")])
    bring(file)
    before, snapshot = lake_rows(world), world.log.snapshot()
    again = bring(file)
    assert (again.taken, again.duplicates, again.quarantined, again.confirmed) == (0, 2, 1, 0)
    assert lake_rows(world) == before
    assert world.log.snapshot() == snapshot
    assert len(still_waiting(world)) == 1


def test_the_same_invoice_in_two_files_is_one_fact_with_two_sources(world, bring, tmp_path):
    sellers = write_csv(tmp_path / "销项.csv", [invoice(1), invoice(2)])
    buyers = write_csv(tmp_path / "进项.csv", [invoice(2), invoice(3)])
    imported = bring(sellers, buyers)
    assert [(f.taken, f.duplicates) for f in imported.files] == [(2, 0), (1, 1)]
    assert imported.confirmed == 1
    assert len(lake_rows(world)) == 3


def test_identical_rows_inside_one_file_count_as_duplicates(bring, tmp_path):
    imported = bring(write_csv(tmp_path / "a.csv", [invoice(1), invoice(1), invoice(2)]))
    assert (imported.taken, imported.duplicates) == (2, 1)


def test_a_later_state_of_an_invoice_is_known_from_the_day_of_its_import(world, bring, tmp_path):
    bring(write_csv(tmp_path / "may.csv", [invoice(1)]))
    assert bring(write_csv(tmp_path / "june.csv", [invoice(1, 发票状态="已作废")])).taken == 1
    first, later = lake_rows(world)
    assert (first["revision"], first["status"], first["known_at"]) == (0, "normal", date(2024, 5, 1))
    assert (later["revision"], later["status"], later["known_at"]) == (1, "void", date(2024, 7, 1))
    assert bring(tmp_path / "may.csv").duplicates == 1  # an old export again does not bring the old state back
    assert len(lake_rows(world)) == 2


def test_two_states_of_one_invoice_in_one_file_are_a_contradiction(world, bring, tmp_path):
    imported = bring(write_csv(tmp_path / "a.csv", [invoice(1), invoice(1, 金额="2000", 税额="260", 价税合计="2260")]))
    assert (imported.taken, imported.quarantined) == (1, 1)
    assert codes(world) == [(3, "TWO_STATES_IN_ONE_FILE", "seller / invoice_no")]


def test_what_was_booked_does_not_change(world, bring, tmp_path):
    rows = "交易日期,交易流水号,借方发生额,贷方发生额\n20240105,7,,100.00\n"
    (tmp_path / "a.csv").write_text(rows)
    (tmp_path / "b.csv").write_text(rows.replace("100.00", "101.00"))
    options = {"map": "bank_statement", "company": f"uscc:{SELLER}"}
    assert bring(tmp_path / "a.csv", **options).taken == 1
    assert bring(tmp_path / "b.csv", **options).quarantined == 1
    assert [code for _, code, _ in codes(world)] == ["FACT_CHANGED"]


@pytest.mark.parametrize(
    ("cells", "code", "column"),
    [
        ({"金额": "12,3O0.00"}, "NOT_AN_AMOUNT", "金额"),
        ({"金额": "10000000000000.00", "税额": "", "价税合计": ""}, "AMOUNT_TOO_LARGE", "金额"),
        ({"金额": "0.001", "税额": "", "价税合计": ""}, "FRACTION_OF_A_FEN", "金额"),
        ({"金额": "", "税额": ""}, "MISSING", "金额 / 不含税金额 / 合计金额"),
        ({"开票日期": "2024-02-30"}, "NO_SUCH_DAY", "开票日期"),
        ({"开票日期": "去年"}, "NOT_A_DATE", "开票日期"),
        ({"销方识别号": SELLER[:-1] + "0"}, "USCC_CHECK_DIGIT", "销方识别号"),
        ({"发票状态": "不明"}, "NOT_A_CHOICE", "发票状态"),
        ({"是否正数发票": "?"}, "NOT_A_FLAG", "是否正数发票"),
        ({"是否正数发票": "否"}, "RED_LETTER_SIGN", "是否正数发票 / 金额"),
        ({"价税合计": "1131.00"}, "TOTAL_DOES_NOT_ADD_UP", "金额 / 税额 / 价税合计"),
        ({"数电发票号码": "2.4312E+19"}, "DIGITS_LOST", "数电发票号码"),
    ],
)
def test_a_bad_cell_is_named_by_row_and_column_and_the_other_rows_go_on(world, bring, tmp_path, cells, code, column):
    imported = bring(write_csv(tmp_path / "a.csv", [invoice(1), invoice(2, **cells), invoice(3)]))
    assert (imported.taken, imported.quarantined) == (2, 1)
    found = codes(world)
    assert (3, code) in [(row, found_code) for row, found_code, _ in found]
    assert any(
        set(column.split(" / ")) & set(found_column.split(" / "))
        for _, found_code, found_column in found
        if found_code == code
    )


def test_a_row_tells_all_its_bad_cells(world, bring, tmp_path):
    bring(write_csv(tmp_path / "a.csv", [invoice(1, 金额="x", 开票日期="y", 发票状态="z")]))
    assert {code for _, code, _ in codes(world)} == {"NOT_AN_AMOUNT", "NOT_A_DATE", "NOT_A_CHOICE"}


def test_zero_and_negative_amounts_are_amounts_and_ten_to_the_fifteen_is_none(world, bring, tmp_path):
    rows = [
        invoice(1, 金额="0", 税额="0", 价税合计="0"),
        invoice(2, 金额="-1", 税额="-0.13", 价税合计="-1.13", 是否正数发票="否"),
        invoice(3, 金额="1000000000000000", 税额="0", 价税合计="1000000000000000"),
    ]
    imported = bring(write_csv(tmp_path / "a.csv", rows))
    assert (imported.taken, imported.quarantined) == (2, 1)
    assert {code for _, code, _ in codes(world)} == {"AMOUNT_TOO_LARGE"}


def test_a_loan_is_never_below_zero(world, bring, tmp_path):
    (tmp_path / "l.csv").write_text(
        f"借据号,统一社会信用代码,发放日期,到期日,贷款金额,余额\nJ1,{SELLER},2024-01-01,2025-01-01,100万,-1\n"
    )
    assert bring(tmp_path / "l.csv", map="own_loans").quarantined == 1
    assert codes(world) == [(2, "TOO_LOW", "余额")]


def test_dates_and_amounts_as_chinese_files_have_them(world, bring, tmp_path):
    days = ["2024-5-1", "2024/05/01", "2024.5.1", "2024年5月1日", "20240501", "2024-05-01 13:14:15", "45413"]
    money = ["1,000.00", "¥1000", "1000元", "1000.0", "0.1万", "1 000", "１０００"]
    rows = [invoice(n, 开票日期=d, 金额=m) for n, (d, m) in enumerate(zip(days, money, strict=True))]
    assert bring(write_csv(tmp_path / "a.csv", rows)).taken == 7
    assert {(row["issued_on"], row["amount_fen"]) for row in lake_rows(world)} == {(date(2024, 5, 1), 100_000)}


def test_a_person_is_never_readable_in_a_key(world, bring, tmp_path):
    rows = [
        invoice(1, 购方识别号="", 购买方名称="张三"),
        invoice(2, 购方识别号="", 购买方名称="张 三"),
        invoice(3, 购方识别号="11010519491231002X", 购买方名称="李四"),
    ]
    assert bring(write_csv(tmp_path / "a.csv", rows)).taken == 3
    buyers = [row["buyer"] for row in lake_rows(world)]
    assert buyers[0] == buyers[1] != buyers[2]
    assert all(buyer.startswith("foreign:h") for buyer in buyers)
    stored = b"".join(path.read_bytes() for path in world.home.root.rglob("*") if path.is_file())
    assert "张三".encode() not in stored
    assert b"11010519491231002X" not in stored


def test_names_and_summaries_are_sealed_before_anything_is_written(world, bring, tmp_path):
    (tmp_path / "s.csv").write_text(
        "交易日期,交易流水号,借方发生额,贷方发生额,对方户名,摘要\n20240105,7,,100.00,王五,工资\n"
    )
    bring(tmp_path / "s.csv", map="bank_statement", company=f"uscc:{SELLER}")
    (row,) = lake_rows(world, "bank_transaction")
    opened = world.vault.open_column(pa.array([row["company"]]), pa.array([row["counterparty_name"]], pa.binary()))
    assert opened.to_pylist() == ["王五"]
    assert "王五".encode() not in b"".join(p.read_bytes() for p in world.home.root.rglob("*") if p.is_file())


def test_what_a_statement_does_not_say_is_asked_for(bring, tmp_path):
    (tmp_path / "s.csv").write_text("交易日期,借方发生额,贷方发生额\n20240105,,100.00\n")
    assert refusal_of(bring, tmp_path / "s.csv", map="bank_statement").code == "OPTION_NEEDED"


@pytest.mark.parametrize(
    ("text", "fen"),
    [
        ("交易日期,借方,贷方\n20240105,,5\n", 500),
        ("交易日期,支出,收入\n20240105,5.00,0.00\n", -500),
        ("交易日期,交易金额,借贷标志\n20240105,5,借\n", -500),
        ("交易日期,交易金额,借贷标志\n20240105,5,贷\n", 500),
        ("交易日期,交易金额\n20240105,-5\n", -500),
    ],
)
def test_statements_say_in_and_out_in_three_ways(world, bring, tmp_path, text, fen):
    (tmp_path / "s.csv").write_text(text)
    assert bring(tmp_path / "s.csv", map="bank_statement", company=f"uscc:{SELLER}").taken == 1
    assert [row["amount_fen"] for row in lake_rows(world, "bank_transaction")] == [fen]


# -- files that are wrong as a whole


def test_an_empty_file_is_refused(bring, tmp_path):
    (tmp_path / "a.csv").touch()
    assert refusal_of(bring, tmp_path / "a.csv").code == "EMPTY_FILE"
    (tmp_path / "b.csv").write_text(" \n,,\n")
    assert refusal_of(bring, tmp_path / "b.csv").code == "EMPTY_FILE"


def test_a_file_of_only_a_header_has_no_rows(bring, tmp_path):
    imported = bring(write_csv(tmp_path / "a.csv", []))
    assert (imported.taken, imported.files[0].rows) == (0, 0)


def test_a_wrong_header_is_refused_with_what_was_found_and_what_is_lacking(bring, tmp_path):
    (tmp_path / "a.csv").write_text("数电发票号码,销方识别号,购方识别号,开票日期,发票状态\n1,2,3,4,5\n")
    refusal = refusal_of(bring, tmp_path / "a.csv")
    assert refusal.code == "HEADER_NOT_FOUND"
    assert dict(refusal.where)["file"] == "a.csv"
    assert "金额" in refusal.en
    assert "数电发票号码" in refusal.en


def test_a_header_that_fits_under_a_name_that_does_not_is_told_which_names_do(bring, tmp_path):
    (tmp_path / "报表.csv").write_text("统一社会信用代码,报表截止日,月数,资产总额,负债总额\n")
    refusal = refusal_of(bring, tmp_path / "报表.csv", map="financial_statements")
    assert refusal.code == "NAME_DOES_NOT_FIT"
    assert "*年*" in refusal.zh


def test_a_folder_takes_what_fits_and_lists_the_rest(bring, tmp_path):
    (tmp_path / "in" / "deep").mkdir(parents=True)
    write_csv(tmp_path / "in" / "deep" / "a.csv", [invoice(1)])
    (tmp_path / "in" / "note.txt").write_text("hello")
    (tmp_path / "in" / "empty.csv").touch()
    (tmp_path / "in" / "photo.jpg").write_bytes(b"x")
    imported = bring(tmp_path / "in")
    assert imported.taken == 1
    assert sorted(left.file for left in imported.left_out) == ["empty.csv", "note.txt", "photo.jpg"]


@pytest.mark.parametrize("name", ["nothing.csv", "no/such"])
def test_a_path_that_is_not_there_is_refused(bring, tmp_path, name):
    assert refusal_of(bring, tmp_path / name).code == "NO_SUCH_FILE"


def test_titles_above_the_header_and_a_second_header_are_not_rows(world, bring, tmp_path):
    header, row = ",".join(HEADER), ",".join(invoice(1).values())
    other = ",".join(invoice(2).values())
    (tmp_path / "a.csv").write_text(
        f"全量发票查询导出结果\n导出时间:2024-06-01,,\n{header}\n{row}\n\n{header}\n{other}\n"
    )
    imported = bring(tmp_path / "a.csv")
    assert (imported.taken, imported.files[0].rows, imported.files[0].blank) == (2, 2, 2)
    assert [row["row"] for row in lake_rows(world)] == [4, 7]


def test_a_csv_cut_in_the_middle_of_a_row_loses_only_that_row(world, bring, tmp_path):
    file = write_csv(tmp_path / "a.csv", [invoice(1), invoice(2)])
    file.write_bytes(file.read_bytes()[:-40])
    imported = bring(file)
    assert (imported.taken, imported.quarantined) == (1, 1)
    assert [(row, code) for row, code, _ in codes(world)] == [(3, "TOO_FEW_CELLS")]


def test_rows_with_too_many_or_too_few_cells_wait(world, bring, tmp_path):
    good = ",".join(invoice(1).values())
    (tmp_path / "a.csv").write_text(",".join(HEADER) + f"\n{good},extra\n1,2\n{good},,\n")
    imported = bring(tmp_path / "a.csv")
    assert (imported.taken, imported.quarantined) == (1, 2)
    assert {code for _, code, _ in codes(world)} == {"TOO_MANY_CELLS", "TOO_FEW_CELLS"}


def test_gb18030_is_found_out_and_a_stray_byte_spoils_only_its_row(world, bring, tmp_path):
    file = write_csv(tmp_path / "a.csv", [invoice(1), invoice(2), invoice(3)], "gb18030")
    lines = file.read_bytes().split(b"\r\n")
    lines[2] = lines[2].replace("乙公司".encode("gb18030"), b"\xff\xd2\xd2")
    file.write_bytes(b"\r\n".join(lines))
    imported = bring(file)
    assert (imported.taken, imported.quarantined) == (2, 1)
    assert codes(world) == [(3, "NOT_DECODABLE", "购买方名称")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_encodings_are_found_out(bring, tmp_path, encoding):
    assert bring(write_csv(tmp_path / "a.csv", [invoice(1)], encoding)).taken == 1


def test_a_line_break_inside_a_cell_is_no_new_row(world, bring, tmp_path):
    imported = bring(write_csv(tmp_path / "a.csv", [invoice(1, 购买方名称="乙\n公司"), invoice(2)]))
    assert (imported.taken, [row["row"] for row in lake_rows(world)]) == (2, [2, 3])


def test_a_quote_that_is_never_closed_spoils_one_row(world, bring, tmp_path):
    file = write_csv(tmp_path / "a.csv", [invoice(n) for n in range(200)])
    file.write_text(file.read_text().replace("甲公司", '"甲公司', 1))
    imported = bring(file)
    assert (imported.taken, imported.quarantined) == (199, 1)
    assert codes(world)[0][:2] == (2, "QUOTE_NOT_CLOSED")


# -- workbooks and typed files


def workbook(path: Path, **sheets: list[list[object]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def typed(row: dict[str, str]) -> list[object]:
    """A row as a spreadsheet holds it: numbers and days are no texts."""
    money = {name: float(row[name]) for name in ("金额", "税额", "价税合计")}
    return [*(row | money | {"开票日期": datetime.fromisoformat(row["开票日期"])}).values()]


def test_a_workbook_with_numbers_merged_titles_and_text_dates(world, bring, tmp_path):
    file = workbook(
        tmp_path / "a.xlsx",
        发票基础信息=[
            ["全量发票查询导出结果"],
            list(HEADER),
            typed(invoice(1)),
            list(invoice(2, 开票日期="2024年5月1日").values()),
        ],
        说明=[["本表仅供参考"]],
    )
    book = openpyxl.load_workbook(file)
    book["发票基础信息"].merge_cells("A1:K1")
    book.save(file)
    imported = bring(file)
    assert (imported.taken, imported.quarantined) == (2, 0)
    assert [(left.file, left.sheet) for left in imported.left_out] == [("a.xlsx", "说明")]
    assert {(row["amount_fen"], row["issued_on"]) for row in lake_rows(world)} == {(100_000, date(2024, 5, 1))}


def test_a_cell_merged_over_rows_says_the_same_for_each(world, bring, tmp_path):
    file = workbook(
        tmp_path / "l.xlsx",
        贷款=[
            ["统一社会信用代码", "借据号", "发放日期", "到期日", "贷款金额", "余额"],
            [SELLER, "J1", "2024-01-01", "2025-01-01", 100, 100],
            [None, "J2", "2024-01-01", "2025-01-01", 100, 100],
        ],
    )
    book = openpyxl.load_workbook(file)
    book["贷款"].merge_cells("A2:A3")
    book.save(file)
    assert bring(file, map="own_loans").taken == 2
    assert {row["company"] for row in lake_rows(world, "own_loan")} == {f"uscc:{SELLER}"}


LINE_HEADER = [*HEADER[:6], "货物或应税劳务名称", *HEADER[6:]]


def line(number: int, net: float, tax: float, **cells: str) -> list[object]:
    row = invoice(number, **cells) | {"金额": net, "税额": tax, "价税合计": round(net + tax, 2)}
    values = list(row.values())
    return [*values[:6], "*软件*服务", *values[6:]]


def test_lines_are_never_added_to_the_invoices_beside_them(world, bring, tmp_path):
    file = workbook(
        tmp_path / "a.xlsx",
        发票基础信息=[list(HEADER), typed(invoice(1))],
        信息汇总表=[LINE_HEADER, line(1, 600, 78), line(1, 400, 52)],
    )
    imported = bring(file)
    assert (imported.taken, len(lake_rows(world))) == (1, 1)
    assert [left.sheet for left in imported.left_out] == ["信息汇总表"]


def test_lines_alone_are_added_up_to_the_invoice_that_the_base_sheet_would_give(world, bring, tmp_path):
    lines = workbook(
        tmp_path / "lines.xlsx",
        信息汇总表=[LINE_HEADER, line(1, 600, 78), line(1, 400, 52), line(2, 10, 1.3), line(2, 10, 1.3)],
    )
    imported = bring(lines)
    assert (imported.taken, imported.files[0].rows) == (4, 4)
    assert [(row["amount_fen"], row["tax_fen"], row["total_fen"]) for row in lake_rows(world)] == [
        (100_000, 13_000, 113_000),
        (2_000, 260, 2_260),
    ]
    again = bring(write_csv(tmp_path / "base.csv", [invoice(1)]))
    assert (again.taken, again.duplicates) == (0, 1)
    assert bring(lines).duplicates == 4


def test_an_invoice_with_one_bad_line_waits_whole(world, bring, tmp_path):
    rows = [LINE_HEADER, line(1, 600, 78), line(1, 400, 52, 发票状态="?"), line(2, 10, 1.3)]
    imported = bring(workbook(tmp_path / "lines.xlsx", 信息汇总表=rows))
    assert (imported.taken, imported.quarantined) == (1, 2)
    assert sorted((row, code) for row, code, _ in codes(world)) == [(2, "OTHER_LINE_IS_BAD"), (3, "NOT_A_CHOICE")]


def test_the_same_row_from_csv_workbook_parquet_and_json_is_one_fact(world, bring, tmp_path):
    import json

    row = invoice(1)
    money = {name: float(row[name]) for name in ("金额", "税额", "价税合计")}
    columns = row | money | {"开票日期": date(2024, 5, 1)}
    pq.write_table(pa.table({name: [value] for name, value in columns.items()}), tmp_path / "a.parquet")
    (tmp_path / "a.jsonl").write_text(json.dumps(row | {"金额": 1000.00}, ensure_ascii=False) + "\n{broken\n")
    files = [
        write_csv(tmp_path / "a.csv", [row]), workbook(tmp_path / "a.xlsx", s=[list(HEADER), typed(row)]),
        tmp_path / "a.parquet", tmp_path / "a.jsonl",
    ]  # fmt: skip
    imported = bring(*files)
    assert [(f.taken, f.duplicates, f.quarantined) for f in imported.files] == [
        (1, 0, 0),
        (0, 1, 0),
        (0, 1, 0),
        (0, 1, 1),
    ]
    assert [(row, code) for row, code, _ in codes(world)] == [(2, "NOT_JSON")]


def test_a_double_is_money_only_where_it_means_whole_fen(world, bring, tmp_path):
    rows = [invoice(n) for n in range(4)]
    amounts = [0.1 + 0.2, 9_999_984.51, 0.005, float("nan")]
    table = {name: [row[name] for row in rows] for name in HEADER} | {
        "金额": amounts,
        "税额": [None] * 4,
        "价税合计": [None] * 4,
    }
    pq.write_table(pa.table(table), tmp_path / "a.parquet")
    imported = bring(tmp_path / "a.parquet")
    assert (imported.taken, imported.quarantined) == (2, 2)
    assert [row["amount_fen"] for row in lake_rows(world)] == [30, 999_998_451]
    assert {(row, code) for row, code, _ in codes(world)} == {(4, "FRACTION_OF_A_FEN"), (5, "MISSING")}


def test_files_that_are_not_what_their_name_says_are_refused(bring, tmp_path):
    (tmp_path / "a.xlsx").write_text("not a workbook")
    (tmp_path / "a.parquet").write_text("not parquet")
    (tmp_path / "a.docx").write_text("x")
    codes_found = [refusal_of(bring, tmp_path / name).code for name in ("a.xlsx", "a.parquet", "a.docx")]
    assert codes_found == ["NOT_A_WORKBOOK", "NOT_PARQUET", "UNKNOWN_KIND_OF_FILE"]


# -- the record


def test_the_batch_says_what_it_brought_on_what_basis(world, bring, tmp_path):
    bring(
        write_csv(tmp_path / "a.csv", [invoice(1), invoice(2, 购方识别号="", 购买方名称="丙")]), basis="consent:2024-17"
    )
    (batch,) = batches(world)
    assert (batch.number, batch.map, batch.basis, batch.tables) == (
        1,
        "etax_invoices",
        "consent:2024-17",
        {"invoice": 2},
    )
    assert (batch.assumed, batch.historical, batch.newest_on) == (True, False, date(2024, 5, 1))
    assert batch.companies == (f"uscc:{SELLER}",)  # the party that stands on every row


def test_where_both_parties_stand_on_every_row_the_one_that_is_known_is_meant(world, bring, tmp_path):
    bring(write_csv(tmp_path / "a.csv", [invoice(1), invoice(2, 购方识别号="", 购买方名称="丙")]))
    bring(write_csv(tmp_path / "b.csv", [invoice(3)]))
    assert batches(world)[1].companies == (f"uscc:{SELLER}",)


def test_a_basis_that_is_none_is_refused(bring, tmp_path):
    answer = bring(write_csv(tmp_path / "a.csv", [invoice(1)]), basis="because")
    assert isinstance(answer, Refusal)
    assert answer.code == "BAD_BASIS"


def test_undo_takes_the_batch_back_and_names_what_rested_on_it(world, bring, tmp_path):
    bring(write_csv(tmp_path / "a.csv", [invoice(1), invoice(2)]))
    bring(write_csv(tmp_path / "b.csv", [invoice(2), invoice(3)]))
    with world.log.write() as tx:
        tx.append("decision", f"uscc:{SELLER}", ref="D1", public={"batches": [1]})
        tx.append("decision", f"uscc:{SELLER}", ref="D2", public={"batches": [2]})
    undone = undo_import(world, 1)
    assert isinstance(undone, Undone)
    assert (undone.removed, undone.decisions, undone.confirmed_by) == ({"invoice": 2}, ("D1",), (2,))
    assert [row["batch"] for row in lake_rows(world)] == [2]
    assert [batch.number for batch in batches(world)] == [2]
    assert undo_import(world, 1).code == "ALREADY_UNDONE"
    assert undo_import(world, 9).code == "NO_SUCH_BATCH"
    assert (
        bring(tmp_path / "b.csv").taken == 1
    )  # what only batch 1 had brought comes back with the file that confirmed it


CELL = st.sampled_from(
    [
        "",
        " ",
        "1000.00",
        "-1",
        "x",
        "2024-05-01",
        "2024年5月1日",
        "正常",
        "已作废",
        "是",
        "否",
        SELLER,
        BUYER,
        "张三",
        '"',
        "1e20",
        "\u3000",
        "0",
    ]
)


@pytest.mark.slow
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 3), st.dictionaries(st.sampled_from(HEADER), CELL, max_size=3)), max_size=12))
def test_counts_add_up_for_any_dirty_file(world, bring, tmp_path, rows):
    file = write_csv(tmp_path / "dirty.csv", [invoice(number, **cells) for number, cells in rows])
    imported = bring(file)
    assert isinstance(imported, Imported)
    assert adds_up(imported)
    assert imported.files[0].rows + imported.files[0].blank == len(rows)
    again = bring(file)
    assert (again.taken, again.quarantined) == (0, imported.quarantined)


@pytest.mark.slow
def test_the_contest_files_come_in_whole(world, bring, shared_data):
    imported = bring(shared_data / "cumcm2020c", map="cumcm2020c")
    assert adds_up(imported)
    assert (imported.duplicates, imported.quarantined) == (11_665, 0)
    assert sum(file.rows for file in imported.files if file.tables == ("invoice",)) == 1_099_441
    assert "rate_churn.csv" in {left.file for left in imported.left_out}
    assert batches(world)[0].newest_on == date(2020, 2, 21)
    assert len(batches(world)[0].companies) == 425


def test_every_packaged_map_reads():
    from kemiao.data.map import packaged_maps

    assert all(load_map(name).name == name for name in packaged_maps())


def test_the_contest_attachment_is_a_workbook_of_three_sheets(world, bring, tmp_path):
    """The same rows as CSV, under the file names of the prepared data, are duplicates."""
    sold = ["企业代号", "发票号码", "开票日期", "购方单位代号", "金额", "税额", "价税合计", "发票状态"]
    bought = [name.replace("购方", "销方") for name in sold]
    row = ["E1", 390939, date(2017, 7, 18), "B1", -943.4, -56.6, -1000, "有效发票"]
    void = ["E1", 390940, date(2017, 7, 19), "B1", 0, 0, 0, " 作废发票"]
    book = workbook(
        tmp_path / "附件1:123家有信贷记录企业的相关数据.xlsx",
        企业信息=[
            ["企业代号", "企业名称", "信誉评级", "是否违约"],
            ["E1", "***公司", "A", "否"],
            ["E2", "***公司", "D", "是"],
        ],
        进项发票信息=[bought, row, row],
        销项发票信息=[sold, row, void],
    )
    imported = bring(book, map="cumcm2020c")
    assert [(f.sheet, f.rows, f.taken, f.duplicates) for f in imported.files] == [
        ("企业信息", 2, 2, 0),
        ("进项发票信息", 2, 1, 1),
        ("销项发票信息", 2, 2, 0),
    ]
    assert imported.tables == {"company": 2, "outcome": 2, "invoice": 3}
    assert {(r["seller"], r["buyer"], r["amount_fen"], r["status"]) for r in lake_rows(world)} == {
        ("cumcm:B1", "cumcm:E1", -94340, "normal"), ("cumcm:E1", "cumcm:B1", -94340, "normal"), ("cumcm:E1", "cumcm:B1", 0, "void"),
    }  # fmt: skip
    assert [(r["defaulted"], r["external_grade"], r["known_at"]) for r in lake_rows(world, "outcome")] == [
        (False, "A", date(2024, 7, 1)), (True, "D", date(2024, 7, 1)),
    ]  # fmt: skip
    (tmp_path / "credit_output_invoices.csv").write_text(
        ",".join(sold)
        + "\nE1,390939,2017-07-18,B1,-943.40,-56.60,-1000.00,有效发票\nE1,390940,2017/7/19,B1,0.0,0,0,作废发票\n"
    )
    assert bring(tmp_path / "credit_output_invoices.csv", map="cumcm2020c").duplicates == 2
