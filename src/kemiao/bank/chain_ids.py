"""Entries as people name them: the id, or its beginning where that is unique."""

from __future__ import annotations

import re

from kemiao.base.refusal import Refusal
from kemiao.chain.views import Scanned

LEAST = 8  # hex digits of a beginning
_BEGINNING = re.compile(rf"[0-9a-f]{{{LEAST},64}}")


def named(node: Scanned, kind: str, text: str) -> str | Refusal:
    """kind: consent, request or attestation, as the state's keys begin. Refuses NOT_AN_ID, NO_SUCH_ID, AMBIGUOUS_ID."""
    typed = text.strip().lower()
    if not _BEGINNING.fullmatch(typed):
        return Refusal.at("NOT_AN_ID", f"编号是 64 位十六进制数,或其至少 {LEAST} 位的开头", f"an id is 64 hex digits, or at least the first {LEAST}", given=text[:70])  # fmt: skip
    found = node.scan(f"{kind}/{typed}", limit=2)
    if not found:
        return Refusal.at("NO_SUCH_ID", "链上没有这个编号", "there is no such id on the chain", kind=kind, given=typed)
    if len(found) > 1:
        return Refusal.at("AMBIGUOUS_ID", "不止一个编号这样开头,请多给几位", "more than one id begins so: give more digits", kind=kind, given=typed)  # fmt: skip
    return found[0][0].removeprefix(f"{kind}/")
