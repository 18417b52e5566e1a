"""A file of registrations (CSV, XLSX, Parquet, JSON Lines): one a row. A bad cell is named by file, row and column; the others go on."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path

from kemiao.bank.commands.collateral import Registration, Thing
from kemiao.base.dates import parse_date
from kemiao.base.keys import parse_company
from kemiao.base.money import parse_fen
from kemiao.base.refusal import BrokenInvariant, Refusal
from kemiao.chain.blinding import PARTS
from kemiao.data.readers import open_file
from kemiao.law.priority import KINDS

HEADERS: Mapping[str, tuple[str, ...]] = {
    "kind": ("种类", "担保物种类", "担保物"), "number": ("号码", "发票号码", "发票号", "专利号", "登记号", "invoice no", "invoice number"),
    "date": ("日期", "开票日期", "invoice date"), "seller": ("销方", "销方代码", "销售方", "销方税号", "销售方税号"),
    "buyer": ("购方", "购方代码", "购买方", "购方税号", "购买方税号"), "total": ("总额", "价税合计", "发票金额", "total amount"),
    "serial": ("铭牌号", "出厂编号", "设备编号", "serial number"), "maker": ("制造商", "生产厂家", "厂家"),
    "lot": ("批号", "仓单号", "warehouse receipt"), "keeper": ("保管人", "仓库"), "register": ("登记簿", "登记机关"),
    "right": ("权利", "担保方式", "权利种类"), "debtor": ("债务人", "企业", "担保人"), "claim": ("债权", "担保金额", "债权额", "claim amount"),
    "pledged": ("质押额", "质押金额", "出质额"), "until": ("到期", "登记到期", "登记到期日", "届满日"), "contract_on": ("合同日", "合同日期", "contract date"),
    "delivered": ("交付日", "交付日期", "delivered on"), "behind": ("在先权利", "承认在先"),
}  # fmt: skip
_KIND_WORDS = {"发票": "invoice", "应收账款": "invoice", "设备": "machine", "机器": "machine", "存货": "stock", "仓单": "stock", "专利": "patent", "其他": "other", "全部动产": "movables"}  # fmt: skip
_RIGHT_WORDS = {word: name for name, words in KINDS.items() for word in (name, *words)}
_UNIT = re.compile(r"(.*?)[((](元|万元|亿元)[))]")
_ROUNDED = re.compile(r"\d(?:\.\d+)?[eE]\+\d+")  # how a spreadsheet shows a long number that it has rounded
_EXACT = 10**15  # beyond it a spreadsheet's number has lost digits
_NUMBERS = ("number", "serial", "lot")
_NEEDED = ("kind", "right", "debtor", "claim", "until")
ROWS_MAX = 100_000


def read_registrations(path: Path) -> list[Registration | Refusal] | Refusal:
    """In the rows' order. Refuses as a whole only where the columns that every row needs are not there."""
    sheet = open_file(path)[0]
    heads = [_columns([cell or "" for cell in head]) for head in sheet.head]
    place = max(range(len(heads)), key=lambda row: (len(heads[row]), -row), default=None)
    known = {} if place is None else heads[place]
    absent = [name for name in _NEEDED if name not in known]
    if place is None or absent:
        names = ", ".join(absent)
        return Refusal.at("COLUMN_MISSING", f"缺少列:{names}", f"columns are missing: {names}", file=path.name)
    header = sheet.head[place]
    answers: list[tuple[int, Registration | Refusal]] = []
    for batch in sheet.read(place):
        answers += [(fault.row, Refusal.at(fault.code, "这一行读不出来", "the row can't be read", file=path.name, row=fault.row)) for fault in batch.faults]  # fmt: skip
        columns = {name: batch.cells.column(number).to_pylist() for name, (number, _) in known.items()}
        for row, number in enumerate(batch.cells["row"].to_pylist()):
            cells = {name: _with_unit(_text(column[row]), known[name][1]) for name, column in columns.items()}
            headers = {name: header[number] or name for name, (number, _) in known.items()}
            answers.append((number, _registration(cells, headers, (("file", path.name), ("row", str(number))))))
        if len(answers) > ROWS_MAX:
            return Refusal.at("TOO_MANY_ROWS", f"一个文件最多 {ROWS_MAX} 行", f"a file has {ROWS_MAX} rows at most", file=path.name)  # fmt: skip
    return [answer for _, answer in sorted(answers, key=lambda pair: pair[0])]


def _columns(header: Sequence[str]) -> dict[str, tuple[int, str]]:
    """name → (column, unit to append to a bare amount)."""
    found: dict[str, tuple[int, str]] = {}
    for number, text in enumerate(header):
        plain = unicodedata.normalize("NFKC", text).strip().casefold()
        unit = _UNIT.fullmatch(plain)
        bare = (unit[1] if unit else plain).strip().replace("_", " ")
        for name, words in HEADERS.items():
            if bare in (name.replace("_", " "), *words):
                found.setdefault(name, (number, unit[2] if unit else ""))
    return found


def _registration(
    cells: Mapping[str, str], headers: Mapping[str, str], where: tuple[tuple[str, str], ...]
) -> Registration | Refusal:
    def bad(name: str, refusal: Refusal) -> Refusal:
        return Refusal(refusal.code, refusal.zh, refusal.en, (*where, ("column", headers.get(name, name))))

    kind = _KIND_WORDS.get(cells["kind"], cells["kind"])
    if kind not in PARTS:
        return bad("kind", Refusal("UNKNOWN_KIND", f"担保物种类须为 {'、'.join(PARTS)}", f"the kind is one of {', '.join(PARTS)}"))  # fmt: skip
    right = _RIGHT_WORDS.get(cells["right"])
    if right is None:
        return bad("right", Refusal("UNKNOWN_RIGHT", f"权利须为 {'、'.join(KINDS)}", f"the right is one of {', '.join(KINDS)}"))  # fmt: skip
    rounded = next((name for name in _NUMBERS if _ROUNDED.fullmatch(cells.get(name, ""))), None)
    if rounded is not None:
        return bad(rounded, Refusal("DIGITS_LOST", "表格软件把长号码变成了科学计数,末位已丢失", "a spreadsheet has rounded a long number: its last digits are lost"))  # fmt: skip
    readers: Mapping[str, Callable[[str], object]] = {
        "debtor": parse_company, "claim": _positive, "until": parse_date, "contract_on": parse_date, "delivered": parse_date,
        "pledged": _positive,
    }  # fmt: skip
    read: dict[str, object] = {}
    for name, reader in readers.items():
        text = cells.get(name, "")
        if not text and name not in _NEEDED:
            continue
        value = reader(text)
        if isinstance(value, Refusal):
            return bad(name, value)
        read[name] = value
    debtor, claim, until = read["debtor"], read["claim"], read["until"]
    pledged, signed_on, delivered = read.get("pledged"), read.get("contract_on"), read.get("delivered")
    if not (isinstance(debtor, str) and isinstance(claim, int) and isinstance(until, date)):
        raise BrokenInvariant("the readers of a row gave other types")
    return Registration(
        Thing(kind, {name: cells.get(name) for name in PARTS[kind]} | ({"debtor": debtor} if kind == "movables" else {})),
        right, debtor, claim, until,
        signed_on if isinstance(signed_on, date) else None, pledged if isinstance(pledged, int) else None,
        delivered if isinstance(delivered, date) else None, tuple(re.split(r"[,;、\s]+", cells["behind"])) if cells.get("behind") else (),
        None, where, headers,
    )  # fmt: skip


def _positive(text: str) -> int | Refusal:
    fen = parse_fen(text)
    if isinstance(fen, int) and fen <= 0:
        return Refusal("NOT_POSITIVE", f"“{text}”应大于零", f"{text!r} is to be above zero")
    return fen


def _with_unit(text: str, unit: str) -> str:
    """A unit in the cell wins over that of the header."""
    return text + unit if unit and text and text[-1].isdigit() else text


def _text(cell: object) -> str:
    match cell:
        case None:
            return ""
        case date():
            return cell.isoformat()[:10]
        case float():
            return repr(cell) if abs(cell) >= _EXACT else format(Decimal(repr(cell)).normalize(), "f")
    return str(cell).strip()
