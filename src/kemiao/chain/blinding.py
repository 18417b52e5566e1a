"""Identifiers of collateral, normalised and blinded, so that two banks compute alike and an outsider can't enumerate.

HMAC-SHA256 under the consortium's key, with a domain for each kind and each variant. What somebody who has the key can test is
said in docs/chain-collateral.md; why it is so in docs/decisions/021.
"""

from __future__ import annotations

import hmac
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from kemiao.base.canonical import canonical_bytes
from kemiao.base.dates import parse_date
from kemiao.base.keys import parse_company
from kemiao.base.money import parse_fen
from kemiao.base.refusal import BrokenInvariant, Refusal

KEY_BYTES = 32
TEXT_MAX = 128  # characters of a number or a name, as typed
PARTS: Mapping[str, tuple[str, ...]] = {
    "invoice": ("number", "date", "seller", "buyer", "total"),
    "machine": ("serial", "maker"),
    "stock": ("lot", "keeper"),
    "patent": ("number",),
    "other": ("register", "number"),
    "movables": ("debtor",),  # all present and future equipment and stock of a company: what a floating charge is over
}
VARIANTS: Mapping[str, tuple[str, ...]] = {
    "invoice": ("number", "parties_date_total", "number_less_last"),
    "machine": ("serial", "serial_less_last", "folded"),
    "stock": ("lot", "lot_less_last"),
    "patent": ("number_less_check",),
    "other": ("number",),
    "movables": (),
}
_NUMBER = re.compile(r"[0-9A-Z]+")
_SERIAL = re.compile(r"[0-9A-Z一-鿿/+#()*&:]+")  # only ASCII and Han: letters of other scripts look like Latin ones
_NAME = re.compile(r"[0-9A-Z一-鿿/+#()*&:',]+")
_DROPPED = frozenset(".·・•。︒−⁃")  # beside blanks, dashes and what can't be seen
_UNSEEN = frozenset(
    ("Zs", "Zl", "Zp", "Cc", "Cf", "Pd")
)  # not Cn: what this Python doesn't know is refused, not dropped
_PATENT = re.compile(r"(\d{12}|\d{8})([0-9X]?)")
_PATENT_WEIGHTS = (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)
_FOLDED = str.maketrans("OI", "01")  # how a nameplate is misread


@dataclass(frozen=True, slots=True)
class Blinded:
    """variants: name → what near-duplicates would share (see VARIANTS). total_fen: of an invoice, else None. odd_check_digit: of
    a patent, whose number may be mistyped."""

    kind: str
    id: str
    variants: Mapping[str, str]
    total_fen: int | None = None
    odd_check_digit: bool = False

    def place(self) -> dict[str, str]:
        return {"kind": self.kind, "id": self.id}

    def as_json(self) -> dict[str, object]:
        return {"kind": self.kind, "id": self.id, "variants": dict(self.variants)}


def blinded(key: bytes, kind: str, parts: Mapping[str, object]) -> Blinded | Refusal:
    """parts: PARTS[kind], as people type them (total: text in yuan, or whole fen). Any spelling of one thing gives one answer.

    Refuses UNKNOWN_KIND, PART_MISSING, NOT_AN_IDENTIFIER, NOT_A_RECEIVABLE (a total of nothing or less), NOT_A_PATENT_NUMBER and
    what dates, amounts and company codes are refused for; `where` names the part.
    """
    if len(key) != KEY_BYTES:
        raise BrokenInvariant(f"a blinding key has {KEY_BYTES} bytes")
    if kind not in PARTS:
        return Refusal.at("UNKNOWN_KIND", f"担保物种类须为 {'、'.join(PARTS)}", f"the kind of collateral is one of {', '.join(PARTS)}", kind=kind)  # fmt: skip
    read: dict[str, str | int] = {}
    for name in PARTS[kind]:
        value = parts.get(name)
        if value is None or (isinstance(value, str) and not value.strip()):
            return Refusal.at("PART_MISSING", f"缺少 {name}", f"{name} is missing", part=name)
        normal = _normal(kind, name, value)
        if isinstance(normal, Refusal):
            return Refusal(normal.code, normal.zh, normal.en, (("part", name),))
        read[name] = normal
    total = read.get("total")
    return Blinded(
        kind,
        _hmac(key, kind, [read[name] for name in PARTS[kind]]),
        {name: _hmac(key, f"{kind}/{name}", value) for name, value in _variants(kind, read).items()},
        total if isinstance(total, int) else None,
        kind == "patent" and not str(read["number"]).endswith(patent_check_digit(str(read["number"])[:-1])),
    )


def key_check(key: bytes) -> str:
    """Stands in the genesis (blinding_check), so that a member sees whether it holds the consortium's key."""
    return hmac.digest(key, b"kemiao/blinding/check", "sha256").hex()


def _hmac(key: bytes, domain: str, value: object) -> str:
    return hmac.digest(key, f"kemiao/blinding/{domain}".encode() + b"\0" + canonical_bytes(value), "sha256").hex()


def _variants(kind: str, read: Mapping[str, str | int]) -> dict[str, object]:
    match kind:
        case "invoice":
            number = str(read["number"])
            return {
                "number": number,
                "parties_date_total": [read[name] for name in ("seller", "buyer", "date", "total")],
                "number_less_last": number[:-1],
            }
        case "machine":
            serial = str(read["serial"])
            folded = [str(read[name]).translate(_FOLDED) for name in ("maker", "serial")]
            return {"serial": serial, "serial_less_last": serial[:-1], "folded": folded}
        case "stock":
            lot = str(read["lot"])
            return {"lot": lot, "lot_less_last": lot[:-1]}
        case "patent":
            return {"number_less_check": str(read["number"])[:-1]}
        case "other":
            return {"number": read["number"]}
    return {}


def _normal(kind: str, name: str, value: object) -> str | int | Refusal:
    if name == "total":
        return _total(value)
    if name == "date":
        day = value if type(value) is date else parse_date(unicodedata.normalize("NFKC", str(value)))
        return day if isinstance(day, Refusal) else day.isoformat()
    text = str(value)
    if any("\ud800" <= each <= "\udfff" for each in text):  # half a pair: bytes of the command line that are no text
        return _no_identifier(ascii(text))
    if len(text) > TEXT_MAX:
        return Refusal("NOT_AN_IDENTIFIER", f"超过 {TEXT_MAX} 个字符", f"has more than {TEXT_MAX} characters")
    if name in ("seller", "buyer", "keeper", "debtor"):
        return parse_company("".join(unicodedata.normalize("NFKC", text).split()))
    plain = squeezed(text)
    if kind == "patent":
        return _patent(plain, text)
    if name in ("maker", "register"):
        return plain if _NAME.fullmatch(plain) else _no_identifier(text)
    form = _NUMBER if kind == "invoice" else _SERIAL
    bare = plain.lstrip("0")
    return bare if bare and form.fullmatch(bare) else _no_identifier(text)


def squeezed(text: str) -> str:
    """NFKC, upper case, without blanks, dashes, dots and what can't be seen. Squeezing twice is squeezing once."""
    wide = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).upper())
    kept = (each for each in wide if each not in _DROPPED and unicodedata.category(each) not in _UNSEEN)
    return unicodedata.normalize("NFKC", "".join(kept))  # accents that a blank held apart now meet


def _total(value: object) -> int | Refusal:
    fen = value if type(value) is int else parse_fen(str(value))
    if isinstance(fen, int) and fen <= 0:
        return Refusal("NOT_A_RECEIVABLE", "红字或零金额的发票不是应收账款", "an invoice of nothing or less (red-letter) is no receivable")  # fmt: skip
    return fen


def _patent(plain: str, typed: str) -> str | Refusal:
    """The application number, twelve or (to 2003) eight digits, with its check digit: computed where it was left out.

    A typed one that is wrong stays: with another in the register the number less it is the same, which is a suspicion.
    """
    match = _PATENT.fullmatch(plain.removeprefix("ZL").removeprefix("CN"))
    if match is None:
        return Refusal("NOT_A_PATENT_NUMBER", f"“{typed}”不是专利(申请)号,例如 ZL 2017 1 0601862.3", f"{typed!r} is not a patent's application number (ZL 2017 1 0601862.3)")  # fmt: skip
    return match[1] + (match[2] or patent_check_digit(match[1]))


def patent_check_digit(digits: str) -> str:
    """Of the twelve or eight digits before it. Source: ZC 0006-2003 (as 2017 1 0601862.3 and 95 1 15608.X bear out)."""
    rest = sum(int(digit) * weight for digit, weight in zip(digits, _PATENT_WEIGHTS, strict=False)) % 11
    return "X" if rest == 10 else str(rest)


def _no_identifier(typed: str) -> Refusal:
    return Refusal("NOT_AN_IDENTIFIER", f"“{typed}”不是编号或名称", f"{typed!r} is neither a number nor a name")
