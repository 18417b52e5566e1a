"""Labels of bins where nobody wrote one: `>= 10%, < 20%`, in the unit of the feature."""

from __future__ import annotations

from decimal import Decimal

from kemiao.base.money import short_text
from kemiao.base.rates import percent_text

UNKNOWN = ("未知", "unknown")
OTHER = ("其他", "other")
SHOWN_LEVELS = 4


def range_label(unit: str, low: Decimal | None, high: Decimal | None) -> tuple[str, str]:
    """(zh, en) of low <= value < high."""
    if low is None and high is None:
        return "任意数值", "any number"
    zh = [f"≥{number_text(unit, low, 'zh')}" if low is not None else "", f"<{number_text(unit, high, 'zh')}" if high is not None else ""]  # fmt: skip
    en = [f"≥{number_text(unit, low, 'en')}" if low is not None else "", f"<{number_text(unit, high, 'en')}" if high is not None else ""]  # fmt: skip
    return "且".join(filter(None, zh)), " and ".join(filter(None, en))


def number_text(unit: str, number: Decimal, lang: str) -> str:
    """A bound as people read it: fen as yuan, ppm as per cent, else the number itself."""
    if unit == "fen" and number == int(number):
        return short_text(int(number), lang)
    if unit == "ppm" and number == int(number):
        return percent_text(int(number))
    return format(number.normalize(), "f")


def levels_label(levels: tuple[str, ...]) -> tuple[str, str]:
    shown, rest = levels[:SHOWN_LEVELS], len(levels) - SHOWN_LEVELS
    zh, en = "、".join(shown), ", ".join(shown)
    return (f"{zh} 等 {len(levels)} 类", f"{en} and {rest} more") if rest > 0 else (zh, en)


def value_label(unit: str, value: object) -> tuple[str, str]:
    """One company's own answer in words."""
    if value is None:
        return UNKNOWN
    if isinstance(value, bool):
        return ("是", "yes") if value else ("否", "no")
    if isinstance(value, int | float):
        number = Decimal(str(value))
        return number_text(unit, number, "zh"), number_text(unit, number, "en")
    return str(value), str(value)
