"""Flags of companies that the classification reads: raised and cleared by accounts, or found by the tracing of funds.

company_flag (subject: company, ref: flag): public {flag, raised, on, by, all_banks_fen?, overdue_90_fen?}, private {reason}.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import pyarrow as pa

from kemiao.bank.event_log import Event
from kemiao.bank.world import World
from kemiao.credit.quality.columns import FLAGS

FLAG = "company_flag"
_FINDING = "funds_finding"


def flags_on(world: World, day: date) -> pa.Table:
    """Schema FLAGS: what stands at the end of a day, by what was recorded until then."""
    rows = [
        {"company": company, "flag": flag, "all_banks_fen": public.get("all_banks_fen"), "overdue_90_fen": public.get("overdue_90_fen")}
        for (company, flag), public in sorted(_standing(world, day).items())
    ]  # fmt: skip
    return pa.Table.from_pylist(rows, FLAGS)


def standing_flags(world: World, day: date, company: str | None = None) -> list[dict[str, Any]]:
    """For people: company, flag, since when, by whom or by what finding."""
    return [
        {"company": own, "flag": flag, "on": public["on"], "by": public["by"], "loan": public.get("loan"), "all_banks_fen": public.get("all_banks_fen"), "overdue_90_fen": public.get("overdue_90_fen")}
        for (own, flag), public in sorted(_standing(world, day).items())
        if company in (None, own)
    ]  # fmt: skip


def _standing(world: World, day: date) -> dict[tuple[str, str], dict[str, Any]]:
    """The newest word on each flag counts. A finding that money went elsewhere raises use_changed until somebody clears it, or
    until the disbursement is looked at again and nothing is found."""
    said: dict[tuple[str, str], tuple[int, dict[str, Any]]] = {}
    found: dict[tuple[str, str], tuple[int, dict[str, Any]]] = {}
    for event in _until(world.log.events(FLAG), day):
        said[(event.subject or "", str(event.ref))] = event.seq, dict(event.public)
    for event in _until(world.log.events(_FINDING), day):
        found[(event.subject or "", str(event.public["disbursement"]))] = event.seq, dict(event.public)
    standing = {key: public for key, (_, public) in said.items() if public["raised"]}
    for (company, _), (seq, finding) in sorted(found.items()):
        key = (company, "use_changed")
        if finding["verdict"] == "use_changed" and key not in standing and said.get(key, (0, {}))[0] < seq:
            standing[key] = {"on": finding["as_of"], "by": _FINDING, "loan": finding["loan"]}
    return standing


def _until(events: Iterator[Event], day: date) -> Iterator[Event]:
    return (event for event in events if datetime.fromisoformat(event.at).date() <= day)
