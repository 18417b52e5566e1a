"""What a cell of a posting may say, and how it is read. A reading is text → value or Refusal; the text is tidied before."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from kemiao.base.dates import parse_date
from kemiao.base.money import FEN_MAX, PPM, parse_fen, short_text
from kemiao.base.rates import parse_ppm, percent_text
from kemiao.base.refusal import Refusal
from kemiao.credit.matching.market import Wish

Reading = Callable[[str], object]
"""Returns the value, or a Refusal."""
NAME_MOST = 120  # characters
NAMES_MOST = 2_000  # in one cell
_FORMULA = ("=", "@")
# They look like nothing, and yet are letters or marks for Unicode.
_FILLERS = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_WHOLE = re.compile(r"\d{1,16}")
_MEASURED = re.compile(r"\d{1,3}(?:\.\d{1,40})?(?:[eE][-+]?\d{1,2})?%?")
_PLAIN = re.compile(r"-?\d[\d,]{0,20}(?:\.\d{1,40})?", re.ASCII)
_YES, _NO = ("yes", "true", "1", "是"), ("no", "false", "0", "否")


def tidy(cell: str) -> str | Refusal:
    """In NFKC (full-width signs become plain ones), without blanks around it. Refuses what can't be seen, and formulas."""
    if not cell.isascii():
        cell = unicodedata.normalize("NFKC", cell)
    text = cell.strip()
    if not text.isprintable() or _FILLERS.search(text):
        return Refusal("INVISIBLE_CHARACTER", "含有看不见的字符", "has characters that can't be seen")
    if text.startswith(_FORMULA):
        return Refusal("FORMULA", f"“{shown(text)}”像公式", f"{shown(text)!r} looks like a formula")
    return text


def shown(text: str) -> str:
    """For a message: not the whole of a book that somebody pasted."""
    return text if len(text) <= 60 else text[:60] + "…"


def name(text: str) -> str | Refusal:
    """An id or a word. > ; = separate names in lists, * stands for all others, and a spreadsheet runs what begins with a sign."""
    if len(text) > NAME_MOST or text == "*" or any(mark in text for mark in ">;=") or text.startswith(("+", "-")):
        return Refusal(
            "BAD_NAME",
            f"“{shown(text)}”不能作名称:最多 {NAME_MOST} 字,不含 > ; =,不以 + - 开头,不能是 *",
            f"{shown(text)!r} is no name: at most {NAME_MOST} characters, without > ; =, not begun by + or -, and not *",
        )
    return text


def names(text: str) -> frozenset[str] | Refusal:
    """`A;B;C`."""
    found = [name(part.strip()) for part in text.split(";") if part.strip()]
    if len(found) > NAMES_MOST:
        return _too_many()
    refused = next((each for each in found if isinstance(each, Refusal)), None)
    return refused or frozenset(each for each in found if isinstance(each, str))


def some_of(allowed: Mapping[str, str]) -> Reading:
    """As names, of these words alone (spelling → word)."""

    def read(text: str) -> frozenset[str] | Refusal:
        found = names(text)
        if isinstance(found, Refusal):
            return found
        odd = sorted(each for each in found if each.lower() not in allowed)
        return _not_one(odd[0], allowed) if odd else frozenset(allowed[each.lower()] for each in found)

    return read


def wish(text: str) -> Wish | Refusal:
    """`A>B>*`: from the most wanted on; * at the end: all others follow, by value."""
    parts = [part.strip() for part in text.split(">")]
    others = parts[-1] == "*"
    found = [name(part) for part in (parts[:-1] if others else parts)]
    refused = next((each for each in found if isinstance(each, Refusal)), None)
    if refused or "" in found:
        return refused or Refusal("BAD_RANKING", f"“{shown(text)}”中有空名称;写法 A>B>*", f"{shown(text)!r} has an empty name; write A>B>*")  # fmt: skip
    if len(found) > NAMES_MOST:
        return _too_many()
    return Wish(tuple(dict.fromkeys(each for each in found if isinstance(each, str))), others)


def _too_many() -> Refusal:
    return Refusal("TOO_MANY_NAMES", f"一格最多 {NAMES_MOST} 个名称", f"a cell has at most {NAMES_MOST} names")


def one_of(allowed: Mapping[str, object]) -> Reading:
    """spelling, whatever its case → value."""
    by_spelling = {spelling.lower(): value for spelling, value in allowed.items()}

    def read(text: str) -> object:
        found = by_spelling.get(text.lower())
        return _not_one(text, allowed) if found is None else found

    return read


def _not_one(text: str, allowed: Mapping[str, object]) -> Refusal:
    listed = ", ".join(allowed)
    return Refusal("NOT_ONE_OF", f"“{shown(text)}”不在其中:{listed}", f"{shown(text)!r} is none of {listed}")


YES_NO = one_of({**dict.fromkeys(_YES, 1), **dict.fromkeys(_NO, 0)})


def amount(least: int = 0, most: int = FEN_MAX) -> Reading:
    """Yuan as people write them, in fen, from `least` to `most`."""

    def read(text: str) -> int | Refusal:
        fen = parse_fen(text)
        if isinstance(fen, Refusal):
            return Refusal(fen.code, f"“{shown(text)}”不是金额(例如 200万,以元计,最多 {short_text(most)})", f"{shown(text)!r} is no amount in yuan (write 200万 or 2000000; at most {short_text(most, 'en')})")  # fmt: skip
        if fen < least:
            return Refusal("AMOUNT_TOO_SMALL", f"“{shown(text)}”须{'大于零' if least else '不为负'}", f"{shown(text)!r} must {'be above zero' if least else 'not be negative'}")  # fmt: skip
        if fen > most:
            return Refusal("AMOUNT_TOO_LARGE", f"“{shown(text)}”超过 {short_text(most)}", f"{shown(text)!r} is above {short_text(most, 'en')} yuan")  # fmt: skip
        return fen

    return read


def whole(least: int, most: int) -> Reading:
    """A whole number, plain digits."""

    def read(text: str) -> int | Refusal:
        if text.isascii() and _WHOLE.fullmatch(text) and least <= int(text) <= most:
            return int(text)
        return Refusal("NOT_A_WHOLE_NUMBER", f"“{shown(text)}”不是 {least} 到 {most} 的整数", f"{shown(text)!r} is not a whole number of {least} to {most}")  # fmt: skip

    return read


def rate(most: int = PPM - 1, least: int = 0) -> Reading:
    """`4.5%`, `35bp` or `0.045` in ppm."""

    def read(text: str) -> int | Refusal:
        ppm = parse_ppm(text)
        if isinstance(ppm, Refusal):
            return Refusal(ppm.code, f"“{shown(text)}”不是利率或比率(例如 4.5% 或 0.045)", f"{shown(text)!r} is no rate (write 4.5% or 0.045)")  # fmt: skip
        if not least <= ppm <= most:
            low, high = percent_text(least, 4), percent_text(most, 4)
            return Refusal("RATE_OUT_OF_RANGE", f"“{shown(text)}”不在 {low} 到 {high} 之间", f"{shown(text)!r} is not within {low} and {high}")  # fmt: skip
        return ppm

    return read


def ppm(most: int = PPM - 1, least: int = 0) -> Reading:
    plain = whole(max(least, 0), most)

    def read(text: str) -> object:
        if least < 0 and text.startswith("-"):
            below = whole(0, -least)(text[1:])
            return -below if isinstance(below, int) else below
        return plain(text)

    return read


def in_unit(reading: Reading, unit: str, doubtful: str = "0") -> Reading:
    """Of a column whose name ends in `(万元)` or `(%)`: a plain number is of that unit; what has a unit of its own keeps it.

    doubtful: in per cent, 0.055 may well be 5.5% as a spreadsheet keeps it; below this the sign must be written.
    """

    def read(text: str) -> object:
        if not _PLAIN.fullmatch(text):
            return reading(text)
        if 0 < abs(Decimal(text.replace(",", ""))) < Decimal(doubtful):
            return Refusal("PERCENT_OR_SHARE", f"“{shown(text)}”在以 % 计的列中:是 {shown(text)}%,还是比率?请写上 %", f"{shown(text)!r} in a column of per cent: is it {shown(text)}%, or a share? write the % sign")  # fmt: skip
        return reading(text + unit)

    return read


def measured(text: str) -> int | Refusal:
    """A share that somebody measured, `0.0213` or `2.13%`: many digits are rounded half up to a ppm."""
    if not (text.isascii() and _MEASURED.fullmatch(text)):
        return Refusal("NOT_A_SHARE", f"“{shown(text)}”不是比率(例如 0.02 或 2%)", f"{shown(text)!r} is no share (write 0.02 or 2%)")  # fmt: skip
    value = Decimal(text.rstrip("%")) * (10_000 if text.endswith("%") else PPM)
    if value > PPM:
        return Refusal("SHARE_OUT_OF_RANGE", f"“{shown(text)}”大于 1", f"{shown(text)!r} is above 1")
    return int((2 * value + 1) // 2)


def day(text: str) -> int | Refusal:
    """As date.toordinal."""
    found = parse_date(text)
    return found if isinstance(found, Refusal) else found.toordinal()


def shares(text: str) -> tuple[tuple[str, int], ...] | Refusal:
    """`软件=30%;*=40%`: name → ppm, * for each one not named; none twice."""
    found: dict[str, int] = {}
    for part in filter(None, map(str.strip, text.split(";"))):
        word, sign, share = (each.strip() for each in part.partition("="))
        said = word if word == "*" else name(word)
        value = rate(PPM)(share)
        if isinstance(said, Refusal) or isinstance(value, Refusal) or not (sign and word) or word in found:
            return Refusal("BAD_SHARES", f"“{shown(part)}”读不懂;写法 软件=30%;*=40%,每个名称一次", f"{shown(part)!r}: write software=30%;*=40%, each name once")  # fmt: skip
        if isinstance(value, int):
            found[word] = value
    return tuple(found.items())


def place_in(words: Sequence[str]) -> Reading:
    """The place of a word, whatever its case."""
    return one_of({word: place for place, word in enumerate(words)})
