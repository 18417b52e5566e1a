"""The auditor's place: decisions decided again, calls cleared again, the regulator's workbook, the access log, whether the logs are whole."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import Path, Query
from pydantic import BaseModel
from starlette.responses import Response

from kemiao.base.keys import parse_company
from kemiao.base.refusal import Refusal, Refused
from kemiao.portal.door import Asking, Cursor, Limit, Page, closed_cursor, done, opened_cursor, router

routes = router("audit")
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CompanyFilter = Annotated[str | None, Query(max_length=80)]


class AuditedDecision(BaseModel):
    """code: the version of the program that decided it."""

    decision: str
    company: str | None
    at: str
    as_of: str
    code: str


class Differing(BaseModel):
    """What was said then and what is said now, as JSON."""

    name: str
    then: Any
    now: Any


class DecisionReplayed(BaseModel):
    """result: identical, differs, inputs_erased, other_code_version. rows: identical, differs, not_kept, closed, unchecked: whether the
    rows that it read still say the same. command: how anybody does it again."""

    decision: str
    company: str | None
    result: str
    identical: bool | None
    differing: list[Differing]
    rows: str
    code: str
    command: str


class RecheckFinding(BaseModel):
    what: str
    then: str
    now: str
    holds: bool


class CallReplayed(BaseModel):
    """by: auditor (from its own copies, as the chain named it) or operator (from what was kept of the clearing here).
    bids, opened: of an auditor's replay."""

    call: str
    number: int
    by: str
    identical: bool
    findings: list[RecheckFinding]
    bids: int | None
    opened: int | None
    command: str


class AccessEntry(BaseModel):
    """at: milliseconds since 1970, UTC. status: of HTTP. kind: of the account, where there still is one."""

    seq: int
    at: int
    account: str | None
    kind: str | None
    company: str | None
    route: str
    why: str
    status: int
    request: str


class LogChecked(BaseModel):
    """broken: the first entry that was altered or lacks the one before it."""

    log: str
    entries: int
    broken: int | None
    head: str | None
    holds: bool


class Exceptions(BaseModel):
    overrides: dict[str, Any]
    undone_imports: dict[str, Any]
    fallen_matches: dict[str, Any]
    quarantine: list[dict[str, Any]]


@routes.get("/audit/decisions")
def decisions(asked: Asking, company: CompanyFilter = None, cursor: Cursor = None, limit: Limit = 50) -> Page[AuditedDecision]:  # fmt: skip
    """Newest first, in plain: what was said is sealed under its company."""
    from kemiao.bank.commands.audit_summary import decisions as known

    with asked.world() as world:
        found = known(world, _key(company), _before(cursor), limit + 1)
    some = found[:limit]
    items = [AuditedDecision(decision=each.decision, company=each.company, at=each.at, as_of=each.as_of, code=each.code) for each in some]  # fmt: skip
    return Page(items=items, next=closed_cursor(str(some[-1].seq)) if len(found) > limit else None)


@routes.post("/audit/decisions/{decision}/replays")
def replay(asked: Asking, decision: Annotated[str, Path(max_length=80)]) -> DecisionReplayed:
    """Decided again from what it kept, without looking at what it said, then compared to the byte. Its rows are read again: a reading."""
    from kemiao.bank.commands.replay import replay as command

    with asked.world() as world:
        made = done(command(world, decision))
        event = world.log.last("decision", ref=decision)
    differing = [Differing(name=name, then=pair[0], now=pair[1]) for name, pair in made.differing.items()]
    return DecisionReplayed(
        decision=made.decision_id, company=event.subject if event else None, result=made.result, identical=made.identical, differing=differing,
        rows=made.rows, code=made.code, command=made.command or f"kemiao replay {made.decision_id}",
    )  # fmt: skip


@routes.post("/audit/calls/{call}/replays")
def replay_call(asked: Asking, call: Annotated[str, Path(max_length=80)]) -> CallReplayed:
    """A call cleared again: in an auditor's home from the copies that it was sent, in the operator's from what was kept."""
    from kemiao.bank.commands.market_recheck import recheck
    from kemiao.bank.commands.market_replay import replay as command
    from kemiao.bank.market.calls import named

    with asked.world() as world:
        found = done(named(world, call))
        if world.chain is not None and found.auditor == world.chain.me:
            made = done(command(world, call))
            findings = [RecheckFinding(what=f"{each.code} {each.bid[:12]}".strip(), then=each.zh, now=each.en, holds=False) for each in made.differences]  # fmt: skip
            return CallReplayed(call=found.id, number=found.number, by="auditor", identical=made.identical, findings=findings, bids=made.bids, opened=made.opened, command=f"kemiao market replay {found.number}")  # fmt: skip
        kept = done(recheck(world, call))
    findings = [RecheckFinding(what=each.what, then=each.then, now=each.now, holds=each.holds) for each in kept.findings]  # fmt: skip
    return CallReplayed(call=found.id, number=found.number, by="operator", identical=kept.identical, findings=findings, bids=None, opened=None, command=f"kemiao market recheck {found.number}")  # fmt: skip


@routes.get("/audit/workbook", response_class=Response, responses={200: {"content": {_XLSX: {}}}})
def workbook(asked: Asking, as_of: date | None = None, since: date | None = None) -> Response:
    """The regulator's workbook, as `kemiao book report --out` writes it: the same figures give the same bytes."""
    from kemiao.bank.book_workbook import book_workbook
    from kemiao.bank.commands.book_report import book_report

    with asked.world() as world:
        document = done(book_report(world, as_of, since))
    content = book_workbook(document, asked.word)
    name = f"kemiao-book-{document['as_of']}.xlsx"
    return Response(content, media_type=_XLSX, headers={"Content-Disposition": f'attachment; filename="{name}"'})


@routes.get("/audit/access")
def access(
    asked: Asking, company: CompanyFilter = None, account: Annotated[str | None, Query(max_length=64)] = None,
    route: Annotated[str | None, Query(max_length=200, description="as access.toml writes it")] = None, cursor: Cursor = None, limit: Limit = 100,
) -> Page[AccessEntry]:  # fmt: skip
    """Who asked the portal for what, and what came of it; newest first."""
    log = asked.portal.access_log
    found = log.entries(company=_key(company), account=account, route=route, before=_before(cursor), most=limit + 1)
    some = found[:limit]
    with asked.world() as world:
        kinds = _kinds(world, {each.account for each in some if each.account is not None})
    items = [
        AccessEntry(
            seq=each.seq, at=each.at, account=each.account, kind=kinds.get(each.account or ""), company=each.company, route=each.said.get("route", ""),
            why=each.said.get("why", ""), status=each.said.get("status", 0), request=each.said.get("request", ""),
        )
        for each in some
    ]  # fmt: skip
    return Page(items=items, next=closed_cursor(str(some[-1].seq)) if len(found) > limit else None)


@routes.get("/audit/logs")
def logs(asked: Asking) -> list[LogChecked]:
    """Both logs from their first entry on: digests chained, sealed parts as they were committed to."""
    from kemiao.bank.commands.audit_summary import Checked, check_event_log

    with asked.world() as world:
        checked = [check_event_log(world)]
    newest = asked.portal.access_log.entries(most=1)
    checked.append(Checked("access", newest[0].seq if newest else 0, asked.portal.access_log.broken_link(), None))
    return [LogChecked(**each.as_json()) for each in checked]


@routes.get("/audit/exceptions")
def exceptions(asked: Asking) -> Exceptions:
    """Decisions that people decided otherwise, imports that were undone, matches that fell, rows in quarantine."""
    from kemiao.bank.commands.audit_summary import summary

    with asked.world() as world:
        return Exceptions(**summary(world))


def _key(company: str | None) -> str | None:
    return None if company is None or not company.strip() else done(parse_company(company))


def _before(cursor: str | None) -> int | None:
    text = opened_cursor(cursor)
    if text is None:
        return None
    if not text.isdecimal() or len(text) > 18:
        raise Refused(Refusal("BAD_REQUEST", "分页标记不对", "the cursor is none of ours"))
    return int(text)


def _kinds(world: Any, accounts: set[str]) -> dict[str, str]:
    from kemiao.bank.portal_accounts import portal_account

    found = {name: portal_account(world, name) for name in accounts}
    return {name: each.kind for name, each in found.items() if not isinstance(each, Refusal)}
