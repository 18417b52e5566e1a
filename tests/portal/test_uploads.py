"""Files through the portal: streamed, bounded, what they say they are; imported, undone, corrected."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from httpx import Response

from kemiao.data.sent_files import unfit_file
from kemiao.portal.door import BODY_BYTES
from kemiao.portal.uploads import FOLDER, shown_name
from little_bank import ME
from portal.served import Served

pytestmark = pytest.mark.slow
HOW = {"map": "orders", "basis": "consent:2024-17", "company": ME}


@pytest.fixture
def orders() -> bytes:
    """Two good rows and one that can't be read."""
    code = ME.removeprefix("uscc:")
    head = "统一社会信用代码,订单号,客户名称,签订日期,合同金额(万元),交付日期,状态"
    rows = [
        f"{code},D{number},甲公司,2024-0{number}-15,{amount},2024-09-30,执行中"
        for number, amount in ((1, "100"), (2, "1;0"), (3, "50"))
    ]
    return "\n".join([head, *rows, ""]).encode()


def send(
    portal: Served, path: str, account: str, fields: dict[str, str], files: list[Any], key: str | None = None
) -> Response:
    return portal.post(account, path, key=key, data=fields, files=files)


def test_what_a_file_is_called_is_never_a_path() -> None:
    assert shown_name("../../etc/passwd") == "passwd"
    assert shown_name("C:\\Users\\li\\账.csv") == "账.csv"
    assert shown_name("..") == "file"
    assert shown_name("=cmd|'/c calc'!A0.csv") == "c calc_!A0.csv".replace(" ", "_").replace("!", "_")
    assert shown_name("\x00\u202ex.csv").endswith("x.csv")
    assert len(shown_name("长" * 300 + ".csv").encode()) <= 151


def test_a_body_that_is_too_large_is_refused_before_it_is_read(portal: Served) -> None:
    def parts() -> Iterator[bytes]:
        for _ in range(10):
            yield b" " * (BODY_BYTES // 4)

    sized = portal.post(
        "li", "/account/tokens", content=b"{" + b" " * BODY_BYTES + b"}", headers={"content-type": "application/json"}
    )
    assert (sized.status_code, sized.json()["code"]) == (413, "BODY_TOO_LARGE")
    chunked = portal.post("li", "/account/tokens", content=parts(), headers={"content-type": "application/json"})
    assert chunked.status_code == 413  # no size told: as soon as it is passed
    entering = portal.post(None, "/session", content=b" " * (BODY_BYTES + 1))
    assert entering.status_code == 413  # also of who has not signed in


def test_a_zip_bomb_is_refused_whatever_its_directory_says(tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"<x/>")
        archive.writestr("xl/sheet.xml", b"\0" * 30_000_000)
    lying = bytearray(bomb.read_bytes())
    size = (30_000_000).to_bytes(4, "little")
    assert lying.count(size) == 2
    (tmp_path / "lying.xlsx").write_bytes(bytes(lying).replace(size, (10).to_bytes(4, "little")))
    for name in ("bomb.xlsx", "lying.xlsx"):
        refused = unfit_file(tmp_path / name, 20_000_000)
        assert refused is not None and refused.code == "UNPACKS_TOO_LARGE", name
    assert unfit_file(bomb, 40_000_000) is None


@pytest.mark.parametrize(("name", "content", "code"), [
    ("a.csv", b"%PDF-1.7", "NOT_THIS_KIND_OF_FILE"), ("a.csv", b"a,b\n\0\0", "NOT_THIS_KIND_OF_FILE"), ("a.csv", "a,b\n1,2\n".encode("utf-16"), None),
    ("a.csv", "名称,值\n".encode("gb18030"), None), ("a.xlsx", b"a,b", "NOT_THIS_KIND_OF_FILE"), ("a.xlsx", b"PK\x03\x04cut", "NOT_THIS_KIND_OF_FILE"),
    ("a.exe", b"MZ", "UNKNOWN_KIND_OF_FILE"), ("a.parquet", b"PAR1junk", "NOT_THIS_KIND_OF_FILE"), ("a.xls", b"PK\x03\x04", "NOT_THIS_KIND_OF_FILE"), ("a.csv", b"", "EMPTY_FILE"),
])  # fmt: skip
def test_content_is_what_the_name_says(tmp_path: Path, name: str, content: bytes, code: str | None) -> None:
    (tmp_path / name).write_bytes(content)
    refused = unfit_file(tmp_path / name, 10**6)
    assert (refused.code if refused else None) == code


def test_files_come_in_are_listed_and_undone(portal: Served, home: Path, orders: bytes) -> None:
    files = [("files", ("../订单.csv", orders, "text/csv"))]
    brought = send(portal, "/imports", "sun", HOW, files, key="upload-0001")
    assert brought.status_code == 201, brought.text
    batch = brought.json()["batch"]
    assert (batch["taken"], batch["quarantined"], batch["files"][0]["file"], batch["companies"]) == (
        2,
        1,
        "订单.csv",
        [ME],
    )
    again = send(portal, "/imports", "sun", HOW, files, key="upload-0001")  # another boundary, the same parts
    assert (again.json(), again.headers["idempotency-replayed"]) == (brought.json(), "true")
    other = send(
        portal, "/imports", "sun", HOW, [("files", ("订单.csv", orders + b" ", "text/csv"))], key="upload-0001"
    )
    assert other.json()["code"] == "IDEMPOTENCY_KEY_REUSED"
    assert list((home / "work" / FOLDER).iterdir()) == []  # nothing stays

    number = batch["batch"]
    assert portal.get("li", "/imports").json()["items"][0]["batch"] == number
    assert portal.post("li", f"/imports/{number}/undo").status_code == 403  # operations undo
    assert portal.post("sun", f"/imports/{number}/undo").json()["removed"] == {"contract_order": 2}
    assert portal.get("sun", f"/imports/{number}").json()["undone"]
    assert portal.post("sun", "/imports/99/undo").status_code == 404


def test_a_row_is_corrected_in_the_workbook_and_taken(portal: Served, orders: bytes) -> None:
    send(portal, "/imports", "li", HOW, [("files", ("订单.csv", orders.replace(b"D2", b"=1+2"), "text/csv"))])
    (row,) = portal.get("li", "/quarantine").json()["items"]
    for account, count in (
        ("li", 1),
        ("sun", 1),
        ("wang", 0),
    ):  # on the list of who may bring them again, and of nobody else
        waits = [item for item in portal.get(account, "/work").json()["items"] if item["kind"] == "quarantine"]
        assert (len(waits), portal.get(account, "/quarantine").status_code) == (count, 200 if count else 403)
    assert (row["row"], row["errors"][0]["column"], row["errors"][0]["value"]) == (3, "合同金额(万元)", "1;0")
    out = portal.get("li", "/quarantine/workbook")
    book = openpyxl.load_workbook(io.BytesIO(out.content))
    sheet = book.active
    titles = [cell.value for cell in sheet[1]]
    assert sheet.cell(2, titles.index("订单号") + 1).data_type == "s"  # what begins with = is no formula
    sheet.cell(2, titles.index("合同金额(万元)") + 1).value = "100000"
    corrected = io.BytesIO()
    book.save(corrected)
    tried = send(
        portal, "/quarantine/retry", "li", {}, [("file", ("q.xlsx", corrected.getvalue(), "application/octet-stream"))]
    )
    assert (tried.json()["retried"], tried.json()["taken"]) == (1, 1), tried.text
    assert portal.get("li", "/quarantine").json()["items"] == []


@pytest.mark.parametrize(("fields", "files", "code"), [
    ({"map": "/etc/passwd"}, [("files", ("a.csv", b"a,b\n", "text/csv"))], "NO_SUCH_MAP"),
    ({"map": "orders"}, [("files", ("a.csv", b"%PDF", "text/csv"))], "NOT_THIS_KIND_OF_FILE"),
    ({"map": "orders", "role": "administrator"}, [("files", ("a.csv", b"a,b\n", "text/csv"))], "BAD_UPLOAD"),
    ({"map": "orders", "company": "x"}, [("files", ("a.csv", b"a,b\n", "text/csv"))], "NOT_A_USCC"),
    ({"map": "orders"}, [("files", (f"{number}.csv", b"a", "text/csv")) for number in range(21)], "TOO_MANY_FILES"),
])  # fmt: skip
def test_what_is_wrong_with_an_upload_is_said_and_nothing_comes_in(
    portal: Served, home: Path, fields: dict[str, str], files: list[Any], code: str
) -> None:
    answer = send(portal, "/imports", "sun", fields, files)
    assert answer.json()["code"] == code, answer.text
    assert str(home) not in answer.text
    assert not (home / "work" / FOLDER).exists() or list((home / "work" / FOLDER).iterdir()) == []


def test_others_than_the_banks_people_bring_nothing(portal: Served, orders: bytes) -> None:
    for account in ("mine", "fund", "chen", "audit", "qian"):
        assert (
            send(portal, "/imports", account, {"map": "orders"}, [("files", ("o.csv", orders, "text/csv"))]).status_code
            == 403
        )
    assert portal.post("sun", "/imports", {"map": "orders"}).json()["code"] == "NOT_THIS_KIND_OF_FILE"
