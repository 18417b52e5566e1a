"""What a clearing knows of a company: from the operator's own newest decision about it, never from what was typed.

As cells of the market's table of requests, each with the decision that it came from.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from kemiao.bank.event_log import Event
from kemiao.bank.world import World
from kemiao.base.clock import epoch_ms
from kemiao.base.refusal import Refusal

COLUMNS = ("grade", "technology", "pd_ppm", "industry", "region", "patents", "size", "age_months", "first_time")
"""Of the requests' table; they are refused where somebody types them for a company that the operator knows."""


def facts_of(
    world: World, companies: Collection[str], until: int | None = None, by_ms: int | None = None
) -> dict[str, dict[str, Any] | Refusal]:
    """company → {"decision": id, "cells": {column: text}}; a refusal for who has no decision, was declined, or waits for a person.

    until: decisions up to that event. by_ms: of who was decided on by then (milliseconds since 1970) nothing later counts: whoever has seen
    the bids can't move a company by assessing it again. Who is known only from its bid is assessed after it.
    """
    newest: dict[str, Event] = {}
    for event in world.log.among("decision", "subject", companies):  # of one company the older come first
        company = str(event.subject)
        if (until is None or event.seq <= until) and (company not in newest or by_ms is None or _at(event) <= by_ms):
            newest[company] = event
    events = list(newest.values())
    kept = dict(zip(newest, world.log.privates(events), strict=True))
    found: dict[str, dict[str, Any] | Refusal] = {}
    for company in companies:
        document = kept.get(company)
        if document is None:
            found[company] = Refusal.at(
                "NO_DECISION", f"还没有评估过这家企业:先运行 kemiao assess {company}",
                f"this company has not been assessed: run kemiao assess {company} first", company=company,
            )  # fmt: skip
        elif _said(world, newest[company], document) == "refer":
            found[company] = Refusal.at(
                "REFERRED", "最近一次评估转人工:有权人先复核(kemiao override),再参加撮合",
                "the newest assessment refers it to a person: it takes part once one with authority has approved it (kemiao override)", company=company, decision=newest[company].ref,
            )  # fmt: skip
        elif _said(world, newest[company], document) == "decline":
            found[company] = Refusal.at(
                "DECLINED", "最近一次评估未通过,不能参加撮合(kemiao assess 可查看原因)",
                "the newest assessment declines it: it can't take part (kemiao assess shows why)", company=company, decision=newest[company].ref,
            )  # fmt: skip
        else:
            found[company] = {"decision": newest[company].ref, "cells": cells_of(document)}
    return found


def _said(world: World, event: Event, document: Mapping[str, Any]) -> str:
    """approve, refer or decline: as a person with authority had it, else as it was decided."""
    over = world.log.last("override", ref=event.ref)
    return str(document["decision"] if over is None else over.public["to"])


def _at(event: Event) -> int:
    return epoch_ms(datetime.fromisoformat(event.at))


def cells_of(document: Mapping[str, Any]) -> dict[str, str]:
    """What is unknown is absent."""
    features = document["features"]
    technology = document.get("technology") or {}
    values = {
        "grade": document["grade"],
        "technology": None if technology.get("provisional") else technology.get("grade"),
        "pd_ppm": document["pd_ppm"],
        "industry": features.get("industry"),
        "region": features.get("region"),
        "patents": features.get("inventions_in_force"),
        "size": document["law"].get("size_class"),
        "age_months": features.get("age_months"),
        "first_time": _first_time(features.get("own_loans_repaid"), features.get("lenders")),
    }
    return {column: str(value) for column, value in values.items() if value is not None}


def _first_time(repaid: int | None, lenders: int | None) -> int | None:
    """No earlier bank loan: known where both are known to be none; one that is known to be there is enough for no."""
    if (repaid or 0) > 0 or (lenders or 0) > 0:
        return 0
    return None if repaid is None or lenders is None else 1


def typed(columns: Iterable[str]) -> list[str]:
    """The columns that nobody may type; of a row that is written in our own columns (reading.plain_of)."""
    return sorted(column for column in columns if column in (*COLUMNS, "lgd_ppm"))
