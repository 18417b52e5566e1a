"""The settlement bank of the twin: a month of the lender's settlement account as a camt.053 message (ISO 20022)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from xml.etree.ElementTree import Element, SubElement, fromstring, indent, tostring

from kemiao.base.money import FEN_PER_YUAN
from kemiao.twin.population.paying import Payment

_FORM = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"


@dataclass(frozen=True, slots=True)
class Executed:
    """An order of the lender that was carried out: money that left the account."""

    reference: str
    day: date
    amount_fen: int
    payee: str


def executed(orders: bytes, day: date) -> list[Executed]:
    """The orders of a pain.001 file, all carried out on a day. orders: a file that the lender wrote."""
    found = fromstring(orders).iterfind(".//{*}CdtTrfTxInf")  # noqa: S314 - our own file
    return [
        Executed(
            one.findtext("{*}PmtId/{*}EndToEndId", ""),
            day,
            _fen(one.findtext("{*}Amt/{*}InstdAmt", "")),
            one.findtext("{*}Cdtr/{*}Nm", ""),
        )
        for one in found
    ]


def _fen(yuan: str) -> int:
    whole, _, part = yuan.partition(".")
    return int(whole) * FEN_PER_YUAN + int(part.ljust(2, "0") or 0)


def statement(
    account: str, first: date, last: date, opening_fen: int, received: Iterable[Payment], executed: Sequence[Executed]
) -> tuple[bytes, int]:
    """The message and the closing balance. What the bank tells late carries its own value day, before `first`."""
    came = sorted(received, key=lambda one: (one.value_day, one.loan, one.amount_fen))
    closing = opening_fen + sum(one.amount_fen for one in came) - sum(one.amount_fen for one in executed)
    root = Element("Document", xmlns=_FORM)
    body = SubElement(root, "BkToCstmrStmt")
    own = f"S{first:%Y%m%d}-{last:%Y%m%d}"
    head = SubElement(body, "GrpHdr")
    _put(head, "MsgId", own)
    _put(head, "CreDtTm", f"{last}T20:00:00")
    sheet = SubElement(body, "Stmt")
    _put(sheet, "Id", own)
    _put(sheet, "CreDtTm", f"{last}T20:00:00")
    period = SubElement(sheet, "FrToDt")
    _put(period, "FrDtTm", f"{first}T00:00:00")
    _put(period, "ToDtTm", f"{last}T23:59:59")
    _put(sheet, "Acct/Id/Othr/Id", account)
    for code, amount, day in (("OPBD", opening_fen, first), ("CLBD", closing, last)):
        balance = SubElement(sheet, "Bal")
        _put(balance, "Tp/CdOrPrtry/Cd", code)
        _amount(balance, amount)
        _put(balance, "Dt/Dt", day.isoformat())
    for number, payment in enumerate(came, start=1):
        entry = _entry(sheet, f"{own}-C{number:06d}", payment.amount_fen, "CRDT", last, payment.value_day)
        _put(entry, "NtryDtls/TxDtls/Refs/EndToEndId", f"{payment.loan}"[:35])
        details = entry.find("NtryDtls/TxDtls")
        if details is not None:
            _put(details, "RltdPties/Dbtr/Pty/Id/OrgId/Othr/Id", payment.company.partition(":")[2])
            _put(details, "RmtInf/Ustrd", f"还款 {payment.loan}")
    for number, order in enumerate(executed, start=1):
        entry = _entry(sheet, f"{own}-D{number:06d}", -order.amount_fen, "DBIT", order.day, order.day)
        _put(entry, "NtryDtls/TxDtls/Refs/EndToEndId", order.reference)
        details = entry.find("NtryDtls/TxDtls")
        if details is not None:
            _put(details, "RltdPties/Cdtr/Pty/Nm", order.payee)
    indent(root)
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, "utf-8"), closing


def _entry(sheet: Element, own: str, amount_fen: int, way: str, booked: date, value_day: date) -> Element:
    entry = SubElement(sheet, "Ntry")
    _put(entry, "NtryRef", own)
    _amount(entry, amount_fen, way)
    _put(entry, "Sts/Cd", "BOOK")
    _put(entry, "BookgDt/Dt", booked.isoformat())
    _put(entry, "ValDt/Dt", value_day.isoformat())
    _put(entry, "AcctSvcrRef", own)
    return entry


def _amount(parent: Element, amount_fen: int, way: str | None = None) -> None:
    whole, part = divmod(abs(amount_fen), FEN_PER_YUAN)
    element = SubElement(parent, "Amt", Ccy="CNY")
    element.text = f"{whole}.{part:02d}"
    _put(parent, "CdtDbtInd", way or ("DBIT" if amount_fen < 0 else "CRDT"))


def _put(parent: Element, path: str, text: str) -> None:
    """Text at a path of new elements; those of the path that are there are used."""
    *way, name = path.split("/")
    for step in way:
        found = parent.find(step)
        parent = SubElement(parent, step) if found is None else found
    SubElement(parent, name).text = text
