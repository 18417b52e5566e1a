"""Reads a bank's statement, camt.053 of ISO 20022 (any version from .02 on): balances, and entries down to single payments.

Others wrote it: no entities, no DTD, bounded in size; what is not as the form says is refused with its place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

from kemiao.base.digest import digest
from kemiao.base.money import FEN_MAX
from kemiao.base.refusal import Outage, Refusal, Refused

FILE_BYTES = 64 * 1024 * 1024
ELEMENTS_MAX, ENTRIES_MAX, STATEMENTS_MAX, DEPTH_MAX, TEXT_MAX = 4_000_000, 100_000, 400, 40, 1_000
_FORM = re.compile(r"\{urn:iso:std:iso:20022:tech:xsd:camt\.053\.001\.(\d\d)\}Document")
_DAY = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:[TZ+-].*)?")
_AMOUNT = re.compile(r"(\d{1,15})(?:\.(\d{1,2})0*)?")


@dataclass(frozen=True, slots=True)
class BankEntry:
    """One payment. id: from account and the bank's reference, the same in whatever file it comes. amount_fen: received above zero."""

    id: str
    reference: str
    amount_fen: int
    booked_on: date
    value_day: date
    reversal: bool
    end_to_end: str
    party: str
    party_account: str
    party_id: str
    text: str


@dataclass(frozen=True, slots=True)
class Statement:
    """One account's statement. opening + entries = closing: checked."""

    id: str
    account: str
    opening_fen: int
    opening_on: date
    closing_fen: int
    closing_on: date
    entries: tuple[BankEntry, ...]
    pending: int  # entries that are not booked yet: not taken

    @property
    def digest(self) -> str:
        said = [
            [each.id, each.amount_fen, each.value_day.isoformat(), each.end_to_end, each.text] for each in self.entries
        ]
        return digest(
            "statement", [self.account, self.id, self.opening_fen, self.closing_fen, self.closing_on.isoformat(), said]
        )


def read_statements(path: Path) -> list[Statement]:
    """All statements of a file, by their day. Raises Outage FILE_UNREADABLE, Refused FILE_TOO_LARGE, NOT_XML, NOT_CAMT053,
    BAD_STATEMENT (with the place), NOT_CNY, STATEMENT_DOES_NOT_ADD."""
    root = _parsed(path)
    found = _FORM.fullmatch(root.tag)
    body = root.find("{*}BkToCstmrStmt")
    if found is None or body is None:
        raise _refused(path, "NOT_CAMT053", "不是 ISO 20022 camt.053 对账单", "is no camt.053 statement of ISO 20022")
    sheets = body.findall("{*}Stmt")
    if not sheets or len(sheets) > STATEMENTS_MAX:
        raise _bad(path, "Stmt", f"1 … {STATEMENTS_MAX}")
    made = [_statement(path, sheet) for sheet in sheets]
    return sorted(made, key=lambda each: (each.account, each.closing_on))


def _parsed(path: Path) -> Any:
    from xml.etree.ElementTree import ParseError

    from defusedxml.common import DefusedXmlException  # type: ignore[import-untyped]
    from defusedxml.ElementTree import iterparse  # type: ignore[import-untyped]

    try:
        with path.open("rb") as file:
            content = file.read(FILE_BYTES + 1)
    except OSError as error:
        raise Outage("FILE_UNREADABLE", f"文件无法读取:{error.strerror}", f"the file can't be read: {error.strerror}", {"file": path}) from error  # fmt: skip
    if len(content) > FILE_BYTES:
        raise _refused(
            path, "FILE_TOO_LARGE", f"文件超过 {FILE_BYTES >> 20} MB", f"the file is above {FILE_BYTES >> 20} MB"
        )
    deep, count, root = 0, 0, None
    try:
        for event, element in iterparse(BytesIO(content), events=("start", "end"), forbid_dtd=True):
            if event == "end":
                deep -= 1
                continue
            root = element if root is None else root
            deep, count = deep + 1, count + 1
            if deep > DEPTH_MAX or count > ELEMENTS_MAX:
                raise _refused(path, "FILE_TOO_LARGE", "元素过多或嵌套过深", "too many elements, or nested too deeply")
    except (ParseError, DefusedXmlException, UnicodeDecodeError, LookupError) as error:
        raise _refused(path, "NOT_XML", f"不是可接受的 XML:{type(error).__name__}", f"is no XML that is taken: {error}"[:200]) from error  # fmt: skip
    return root


def _statement(path: Path, sheet: Any) -> Statement:
    own = _text(sheet, "Id")
    account = _text(sheet, "Acct/Id/Othr/Id") or _text(sheet, "Acct/Id/IBAN")
    if not own or not account:
        raise _bad(path, "Stmt/Id, Acct/Id")
    balances = {}
    for balance in sheet.findall("{*}Bal"):
        code = _text(balance, "Tp/CdOrPrtry/Cd")
        balances[code] = (_signed(path, balance, own), _day(path, balance, "Dt", own))
    opening = balances.get("OPBD") or balances.get("PRCD")  # the previous closing is this opening
    closing = balances.get("CLBD")
    if opening is None or closing is None:
        raise _bad(path, f"{own}: Bal OPBD, CLBD")
    rows = sheet.findall("{*}Ntry")
    if len(rows) > ENTRIES_MAX:
        raise _refused(
            path,
            "FILE_TOO_LARGE",
            f"一份对账单超过 {ENTRIES_MAX} 笔",
            f"a statement has more than {ENTRIES_MAX} entries",
        )
    entries: list[BankEntry] = []
    pending, seen = 0, dict[str, int]()
    for number, row in enumerate(rows, 1):
        status = _text(row, "Sts/Cd") or _text(row, "Sts")
        if status not in ("", "BOOK"):
            pending += 1
            continue
        entries += _entries(path, row, account, f"{own} Ntry {number}", seen)
    total = opening[0] + sum(entry.amount_fen for entry in entries)
    if total != closing[0]:
        raise Refused(
            Refusal.at("STATEMENT_DOES_NOT_ADD", f"期初余额加发生额为 {total} 分,期末余额却是 {closing[0]} 分", f"opening and entries make {total} fen, the closing balance says {closing[0]}", file=path.name, statement=own)
        )  # fmt: skip
    return Statement(own, account, *opening, *closing, tuple(entries), pending)


def _entries(path: Path, row: Any, account: str, place: str, seen: dict[str, int]) -> Iterator[BankEntry]:
    """An entry, or the payments that it sums up where they say their amounts and these add up."""
    whole = _signed(path, row, place)
    booked = _day(path, row, "BookgDt", place)
    value_day = _day(path, row, "ValDt", place, booked)
    reversal = _text(row, "RvslInd") == "true"
    parts = row.findall("{*}NtryDtls/{*}TxDtls")
    said_amounts = [_part(path, part, whole, place) for part in parts]
    amounts = [amount for amount in said_amounts if amount is not None]
    if len(parts) < 2 or len(amounts) < len(parts) or sum(amounts) != whole:
        parts, amounts = (parts[:1] or [row]) if len(parts) < 2 else [row], [whole]
    reference = _text(row, "AcctSvcrRef") or _text(row, "NtryRef")
    for number, (part, amount) in enumerate(zip(parts, amounts, strict=True), 1):
        payer = amount > 0
        who, its = ("Dbtr", "DbtrAcct") if payer else ("Cdtr", "CdtrAcct")
        end_to_end = _text(part, "Refs/EndToEndId")
        said = " ".join(_text_of(each) for each in part.findall("{*}RmtInf/{*}Ustrd"))
        said = f"{said} {_text(part, 'RmtInf/Strd/CdtrRefInf/Ref')} {_text(row, 'AddtlNtryInf')}".strip()
        name = _text(part, f"RltdPties/{who}/Pty/Nm") or _text(part, f"RltdPties/{who}/Nm")
        number_of = _text(part, f"RltdPties/{its}/Id/Othr/Id") or _text(part, f"RltdPties/{its}/Id/IBAN")
        organisation = _text(part, f"RltdPties/{who}/Pty/Id/OrgId/Othr/Id") or _text(
            part, f"RltdPties/{who}/Id/OrgId/Othr/Id"
        )
        own = [account, reference, number] if reference else [account, booked.isoformat(), value_day.isoformat(), amount, end_to_end, said, name]  # fmt: skip
        key = digest("bank_entry", own)[:20]
        seen[key] = seen.get(key, 0) + 1
        if seen[key] > 1:
            if reference:
                raise _bad(path, f"{place}: AcctSvcrRef/NtryRef {reference}", "each once")
            key = digest("bank_entry", [*own, seen[key]])[:20]  # without a reference, equal payments are counted
        yield BankEntry(
            f"bank-{key}", reference, amount, booked, value_day, reversal, "" if end_to_end == "NOTPROVIDED" else end_to_end,
            name, number_of, organisation, said[:TEXT_MAX],
        )  # fmt: skip


def _part(path: Path, part: Any, whole: int, place: str) -> int | None:
    amount = part.find("{*}Amt")
    if amount is None:
        amount = part.find("{*}AmtDtls/{*}TxAmt/{*}Amt")
    if amount is None:
        return None
    way = _text(part, "CdtDbtInd")
    fen = _fen(path, amount, place)
    return -fen if (way == "DBIT" if way else whole < 0) else fen


def _signed(path: Path, element: Any, place: str) -> int:
    amount, way = element.find("{*}Amt"), _text(element, "CdtDbtInd")
    if amount is None or way not in ("CRDT", "DBIT"):
        raise _bad(path, f"{place}: Amt, CdtDbtInd")
    fen = _fen(path, amount, place)
    return -fen if way == "DBIT" else fen


def _fen(path: Path, amount: Any, place: str) -> int:
    if amount.get("Ccy") != "CNY":
        raise _refused(path, "NOT_CNY", f"{place}:币种不是人民币", f"{place}: the currency is not CNY")
    match = _AMOUNT.fullmatch((amount.text or "").strip())
    fen = int(match[1]) * 100 + int((match[2] or "").ljust(2, "0")) if match else -1
    if not 0 <= fen <= FEN_MAX:
        raise _bad(path, f"{place}: Amt", "yuan with at most two places, up to 100 billion")
    return fen


def _day(path: Path, element: Any, name: str, place: str, without: date | None = None) -> date:
    text = _text(element, f"{name}/Dt") or _text(element, f"{name}/DtTm")
    if not text and without is not None:
        return without
    match = _DAY.fullmatch(text)
    try:
        if match:
            return date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        pass
    raise _bad(path, f"{place}: {name}")


def _text(element: Any, way: str) -> str:
    found = element.find("/".join("{*}" + step for step in way.split("/")))
    return "" if found is None else _text_of(found)


def _text_of(element: Any) -> str:
    return " ".join((element.text or "").split())[:TEXT_MAX]


def _bad(path: Path, place: str, expected: str = "") -> Refused:
    return _refused(path, "BAD_STATEMENT", f"对账单有误:{place} {expected}".strip(), f"the statement is faulty: {place} {expected}".strip())  # fmt: skip


def _refused(path: Path, code: str, zh: str, en: str) -> Refused:
    return Refused(Refusal.at(code, zh, en, file=path.name))
