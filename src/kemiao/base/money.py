"""Money is whole fen in int64. Yuan exist at the edge only, where people type and read them."""

from __future__ import annotations

import re
import unicodedata

from kemiao.base.refusal import Refusal

FEN_PER_YUAN = 100
FEN_MAX = 10**13  # 100 billion yuan: beyond it a figure is a typing error, and products of columns would near int64
PPM = 1_000_000

_DIGITS = 16  # before the point more is above FEN_MAX, behind it more is a fraction of a fen, whatever the unit
_UNITS = {
    "": 1,
    "元": 1,
    "圆": 1,
    "块": 1,
    "千": 10**3,
    "万": 10**4,
    "百万": 10**6,
    "千万": 10**7,
    "亿": 10**8,
    "十亿": 10**9,
    "百亿": 10**10,
}
_AMOUNT = re.compile(
    r"(?:(?P<sign>[-+])|(?P<open>\())?(?P<digits>\d{1,3}(?:,\d{3})+(?:\.\d*)?|\d+(?:\.\d*)?|\.\d+)(?P<unit>百亿|十亿|亿|千万|百万|万|千)?(?P<yuan>元|圆|块)?(?:整|正)?(?(open)\))"
)


def parse_fen(text: str) -> int | Refusal:
    """What people type: `500万`, `1亿`, `1,234.56`, `¥12.30`, `(1,200.00)` (negative, as accountants write it).

    Returns whole fen. Refuses what is not an amount, fractions of a fen, and amounts beyond FEN_MAX.
    """
    typed = unicodedata.normalize("NFKC", text).replace(" ", "").replace("−", "-").removeprefix("RMB")
    typed = typed.removeprefix("¥") if not typed.startswith("-¥") else "-" + typed[2:]
    match = _AMOUNT.fullmatch(typed)
    if match is None:
        return Refusal("NOT_AN_AMOUNT", f"“{text}”不是金额", f"{text!r} is not an amount in yuan")
    # Whole numbers throughout: Decimal rounds to 28 digits and would lose a fraction of a fen behind them.
    whole, _, part = match["digits"].replace(",", "").partition(".")
    whole, part = whole.lstrip("0"), part.rstrip("0")
    if len(whole) > _DIGITS:
        return _too_large(text)
    fen, rest = (0, 1) if len(part) > _DIGITS else divmod(int(f"{whole}{part}" or "0") * _UNITS[match["unit"] or ""] * FEN_PER_YUAN, 10 ** len(part))  # fmt: skip
    if fen > FEN_MAX or (fen == FEN_MAX and rest):
        return _too_large(text)
    if rest:
        return Refusal("FRACTION_OF_A_FEN", f"“{text}”小于一分", f"{text!r} has a fraction of a fen")
    return -fen if match["sign"] == "-" or match["open"] else fen


def _too_large(text: str) -> Refusal:
    return Refusal("AMOUNT_TOO_LARGE", f"“{text}”超过一千亿元", f"{text!r} is above 100 billion yuan")


def yuan_text(fen: int) -> str:
    """`1,234.56`: exact, for people and for files."""
    sign, fen = ("-" if fen < 0 else ""), abs(fen)
    return f"{sign}{fen // 100:,}.{fen % 100:02d}"


def short_text(fen: int, lang: str = "zh") -> str:
    """`500万` or `1.25亿` in Chinese, `5,000,000` in English: rounded half up, to hundredths of its unit."""
    yuan = div_half_up(abs(fen), FEN_PER_YUAN)
    sign = "-" if fen < 0 and yuan else ""
    if lang != "zh":
        return f"{sign}{yuan:,}"
    for unit, size in (("亿", 10**8), ("万", 10**4)):
        if yuan >= size:
            hundredths = div_half_up(abs(fen), size)
            return f"{sign}{hundredths // 100:,}{_fraction(hundredths % 100)}{unit}"
    return f"{sign}{yuan:,}元"


def _fraction(hundredths: int) -> str:
    return "" if hundredths == 0 else f".{hundredths:02d}".rstrip("0")


def div_half_up(numerator: int, denominator: int) -> int:
    """Rounds halves away from zero. Python integers, so exact. The denominator is above zero."""
    if numerator < 0:
        return -div_half_up(-numerator, denominator)
    return (2 * numerator + denominator) // (2 * denominator)


def share_fen(amount_fen: int, rate_ppm: int) -> int:
    """rate_ppm of an amount, rounded half up to a fen."""
    return div_half_up(amount_fen * rate_ppm, PPM)
