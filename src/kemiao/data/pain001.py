"""Writes orders to the bank that holds the settlement account: pain.001.001.09 of ISO 20022. The same orders give the same bytes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from xml.etree.ElementTree import Element, SubElement, indent, tostring

FORM = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
_NAME_MAX, _TEXT_MAX = 140, 140


@dataclass(frozen=True, slots=True)
class Order:
    """One payment. reference: its EndToEndId, at most 35 characters, by which the statement names it again."""

    reference: str
    amount_fen: int
    name: str
    account: str
    bank: str | None  # clearing number (联行号) of the payee's bank; None: not known
    text: str


@dataclass(frozen=True, slots=True)
class Payer:
    name: str
    account: str
    bank: str


def order_file(own: str, at: datetime, on: date, payer: Payer, orders: Sequence[Order]) -> bytes:
    root = Element("Document", xmlns=FORM)
    body = SubElement(root, "CstmrCdtTrfInitn")
    total = yuan(sum(order.amount_fen for order in orders))
    head = SubElement(body, "GrpHdr")
    _put(head, "MsgId", own)
    _put(head, "CreDtTm", at.replace(microsecond=0, tzinfo=None).isoformat())
    _put(head, "NbOfTxs", str(len(orders)))
    _put(head, "CtrlSum", total)
    _put(head, "InitgPty/Nm", payer.name[:_NAME_MAX])
    block = SubElement(body, "PmtInf")
    _put(block, "PmtInfId", own)
    _put(block, "PmtMtd", "TRF")
    _put(block, "NbOfTxs", str(len(orders)))
    _put(block, "CtrlSum", total)
    _put(block, "ReqdExctnDt/Dt", on.isoformat())
    _put(block, "Dbtr/Nm", payer.name[:_NAME_MAX])
    _put(block, "DbtrAcct/Id/Othr/Id", payer.account)
    _put(block, "DbtrAgt/FinInstnId/ClrSysMmbId/MmbId", payer.bank)
    for order in orders:
        one = SubElement(block, "CdtTrfTxInf")
        _put(one, "PmtId/EndToEndId", order.reference)
        amount = SubElement(SubElement(one, "Amt"), "InstdAmt", Ccy="CNY")
        amount.text = yuan(order.amount_fen)
        if order.bank:
            _put(one, "CdtrAgt/FinInstnId/ClrSysMmbId/MmbId", order.bank)
        _put(one, "Cdtr/Nm", order.name[:_NAME_MAX])
        _put(one, "CdtrAcct/Id/Othr/Id", order.account)
        _put(one, "RmtInf/Ustrd", order.text[:_TEXT_MAX])
    indent(root)
    written: bytes = tostring(root, "utf-8")
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + written + b"\n"


def yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}"


def _put(parent: Element, path: str, text: str) -> None:
    """Text at a path of new elements; those of the path that are there are used."""
    *way, name = path.split("/")
    for step in way:
        found = parent.find(step)
        parent = SubElement(parent, step) if found is None else found
    # What XML can't hold is left out: names come from forms that people fill in.
    SubElement(parent, name).text = "".join(letter for letter in text if letter >= " " and not "\ud800" <= letter <= "\udfff" and letter not in "\ufffe\uffff")  # fmt: skip
