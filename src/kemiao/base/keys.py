"""Keys of companies: `scheme:value`. A unified social credit code carries a check digit (GB 32100-2015)."""

from __future__ import annotations

import re

from kemiao.base.refusal import Refusal

_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # GB 32100: no I, O, S, V, Z
_VALUES = {character: value for value, character in enumerate(_ALPHABET)}
_WEIGHTS = tuple(pow(3, place, 31) for place in range(17))
_USCC = re.compile(rf"[{_ALPHABET}]{{2}}\d{{6}}[{_ALPHABET}]{{10}}")
_KEY = re.compile(r"(cumcm|foreign|person):[^\s:][^\s]{0,63}")
SCHEMES = ("uscc", "cumcm", "foreign", "person")


def uscc_check_digit(first_17: str) -> str:
    """The 18th character of a unified social credit code. Source: GB 32100-2015, 附录 A."""
    total = sum(_VALUES[character] * weight for character, weight in zip(first_17, _WEIGHTS, strict=True))
    return _ALPHABET[(31 - total % 31) % 31]


def parse_company(text: str) -> str | Refusal:
    """`uscc:91…`, a bare 18-character code, or another scheme's key → the canonical key."""
    typed = text.strip()
    scheme, colon, value = typed.partition(":")
    if colon and scheme != "uscc":
        if _KEY.fullmatch(typed):
            return typed
        return Refusal(
            "NOT_A_COMPANY_KEY",
            f"“{text}”不是企业编号(scheme:value,scheme 为 {'、'.join(SCHEMES)})",
            f"{text!r} is not a company key (scheme:value, scheme one of {', '.join(SCHEMES)})",
        )
    code = (value if colon else typed).upper()
    if not _USCC.fullmatch(code):
        return Refusal(
            "NOT_A_USCC",
            f"“{text}”不是统一社会信用代码(18 位)",
            f"{text!r} is not a unified social credit code (18 characters)",
        )
    if uscc_check_digit(code[:17]) != code[17]:
        return Refusal("USCC_CHECK_DIGIT", f"“{text}”的校验码不对", f"the check digit of {text!r} is wrong")
    return f"uscc:{code}"
