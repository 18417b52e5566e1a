"""Chinese punctuation for print. Messages are typed with half-width marks, which stand too tight beside characters."""

from __future__ import annotations

import re

_HAN = "\u3400-\u9fff\uf900-\ufaff、。“”《》〔〕"
_FULL = {",": "，", ";": "；", ":": "：", "?": "？", "!": "！"}
_MARK = re.compile(rf"(?<=[{_HAN}])[,;:?!](?!//)|[,;:?!](?=[{_HAN}])|(?<=[)%])[,;](?=$|[^\s\d])")
_PAIR = re.compile(r"\(([^()]*)\)")
_ANY_HAN = re.compile(f"[{_HAN}]")


def full_width(words: str) -> str:
    """Full-width marks and brackets beside Chinese characters; `1,234`, `[10%, 20%)` and English stay as they are.

    For sentences of ours only: a company's or a file's name keeps the marks that it was registered with.
    """

    def pair(match: re.Match[str]) -> str:
        before, after = words[: match.start()][-1:], words[match.end() :][:1]
        if _ANY_HAN.search(match[1]) or _ANY_HAN.match(before) or _ANY_HAN.match(after):
            return f"（{match[1]}）"
        return match[0]

    return _MARK.sub(lambda match: _FULL[match[0]], _PAIR.sub(pair, words))
