"""How a value is written for a reader: amounts in 万 and 亿, shares in percent, and what is unknown as unknown."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from kemiao.base.money import div_half_up, short_text, yuan_text
from kemiao.base.rates import percent_text
from kemiao.papers.content import Text, Value

UNKNOWN = Text("未知", "unknown")
MINUS = "−"
YES, NO = Text("是", "yes"), Text("否", "no")
_WORDS = {
    "count": Text("", ""),
    "points": Text("分", " points"),
    "days": Text("天", " days"),
    "months": Text("个月", " months"),
    "years": Text("年", " years"),
    "people": Text("人", " people"),
    "companies": Text("家", " companies"),
    "times": Text("次", " times"),
}


def title(words: Text, lang: str) -> str:
    """At the head of a row: in English with a capital."""
    said = words.say(lang)
    return said if lang == "zh" else said[:1].upper() + said[1:]


def figure(value: Value, unit: str, lang: str) -> str:
    """`value` in `unit`: fen, ppm, bp, flag, day, text, or a counted thing (count, days, months, …)."""
    if value is None:
        return UNKNOWN.say(lang)
    if isinstance(value, bool):
        return (YES if value else NO).say(lang)
    if isinstance(value, Text):
        return value.say(lang)
    if isinstance(value, date):
        return day_text(value, lang)
    if isinstance(value, str):
        return value
    if unit == "fen":
        return amount(value, lang)
    if unit == "ppm":
        return percent_text(value, 2 if abs(value) < 100_000 else 1).replace("-", MINUS)
    word = _WORDS.get(unit)
    return f"{value:,}{word.say(lang) if word else ' ' + unit}".replace("-", MINUS)


def amount(fen: int | None, lang: str) -> str:
    """`512.34万元`, in English `CNY 5,123,400`."""
    if fen is None:
        return UNKNOWN.say(lang)
    if lang != "zh":
        return f"CNY {short_text(fen, 'en')}".replace("CNY -", f"{MINUS}CNY ")
    text = short_text(fen, "zh").replace("-", MINUS)
    return text if text.endswith("元") else text + "元"


def wan(fen: int | None, lang: str) -> str:
    """For columns of a table, whose head says the unit: 万元 with two places, thousands of yuan in English."""
    if fen is None:
        return "—"
    if lang != "zh":
        return f"{div_half_up(fen, 100_000):,}"
    return yuan_text(div_half_up(fen, 10_000))


def exact_yuan(fen: int | None, lang: str) -> str:
    if fen is None:
        return UNKNOWN.say(lang)
    return yuan_text(fen) + ("元" if lang == "zh" else " yuan")


def rate(ppm: int | None, lang: str, places: int = 2) -> str:
    return UNKNOWN.say(lang) if ppm is None else percent_text(ppm, places)


def basis_points(ppm: int) -> str:
    """1 bp is 100 ppm; one place, so that the parts of a price visibly add up."""
    return f"{(Decimal(ppm) / 100).quantize(Decimal('0.1'), ROUND_HALF_UP):,}"


def signed(points: int) -> str:
    """With a real minus, and a plus where it adds."""
    return f"+{points}" if points > 0 else f"−{-points}" if points < 0 else "0"


def bound_text(ppm: int) -> str:
    """A bound of a scale, without trailing zeros: `0.25%`, `5%`."""
    return f"{Decimal(ppm) / 10_000:f}".rstrip("0").rstrip(".") + "%" if ppm % 10_000 else f"{ppm // 10_000}%"


def day_text(day: date | None, lang: str) -> str:
    if day is None:
        return UNKNOWN.say(lang)
    return f"{day.year}年{day.month}月{day.day}日" if lang == "zh" else day.isoformat()


def axis_text(value: int, unit: str, lang: str) -> str:
    """A tick: `50万`, `1.5亿`, in English `0.5m`, `150m`."""
    if unit != "fen" or value == 0:
        return f"{value:,}".replace("-", "−")
    sign, yuan = ("−" if value < 0 else ""), abs(value) / 100
    steps = ((1e8, "亿"), (1e4, "万")) if lang == "zh" else ((1e9, "bn"), (1e6, "m"), (1e3, "k"))
    size, word = next(((size, word) for size, word in steps if yuan >= size), (1.0, ""))
    return f"{sign}{yuan / size:,.10g}{word}"
