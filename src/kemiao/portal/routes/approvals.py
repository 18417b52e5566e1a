"""Four eyes: what waits for a second person, exactly what it is, and that person's yes or no."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from fastapi import Path, Query
from pydantic import BaseModel, ConfigDict, Field

from kemiao.bank.commands import approval
from kemiao.bank.company_index import CompanyIndex
from kemiao.bank.lending.clearance import DECLINED, GIVEN
from kemiao.bank.world import World
from kemiao.base.refusal import BrokenInvariant
from kemiao.portal.door import Asked, Asking, Cursor, Limit, Page, done, paged, router

routes = router("approvals")
Request = Annotated[str, Path(max_length=40, description="the request's id")]


class ApprovalShown(BaseModel):
    """bound: all that is approved, as the command is bound to it; null where the company was erased. seen: its digest, sent back with a yes.
    may: whether this account can answer; if not, why: in words. answered_for: whose roles served. counted_fen: what the maker did of the
    kind for the company before, which counts with it."""

    request: str
    at: str
    state: Literal["waiting", "given", "used", "refused", "lapsed"]
    action: str
    action_zh: str | None
    action_en: str | None
    company: str | None
    name: str | None
    amount_fen: int
    counted_fen: int
    asked_fen: int
    maker: str
    person: str
    unit: str | None
    authority_zh: str | None
    authority_en: str | None
    product_zh: str | None
    product_en: str | None
    purpose: str | None
    grade: str | None
    rate_ppm: int | None
    months: int | None
    loan: str | None
    application: str | None
    bound: dict[str, Any] | None
    opened: dict[str, Any]
    seen: str
    until: date
    refused_before: int
    answered_by: str | None
    answered_for: str | None
    reason: str | None
    used_at: str | None
    may: bool
    stands_in: str | None
    why_zh: str | None
    why_en: str | None


class Giving(BaseModel):
    """seen: of the request as it was shown."""

    model_config = ConfigDict(extra="forbid")
    seen: str = Field(pattern=r"^[0-9a-f]{64}$")


class Refusing(BaseModel):
    model_config = ConfigDict(extra="forbid")
    reason: str = Field(min_length=1, max_length=1000)


class Answered(BaseModel):
    """event: its number in the log."""

    request: str
    state: str
    by: str
    event: int
    at: str


@routes.get("/approvals")
def approvals(
    asked: Asking, every: Annotated[bool, Query(description="those that are closed too")] = False, cursor: Cursor = None, limit: Limit = 50
) -> Page[ApprovalShown]:  # fmt: skip
    """Of actions that this account's roles make or approve. Oldest first."""
    with asked.world() as world:
        rows = done(approval.for_account(world, asked.account, every=every))
        some, after = paged(rows, lambda row: f"{row['at']} {row['request']}", cursor, limit)
        names = asked.portal.kept.view(CompanyIndex).names(world, {row["company"] for row in some if row["company"]})
    return Page(items=[_shown(row, names) for row in some], next=after)


@routes.get("/approvals/{approval_request}")
def one(asked: Asking, approval_request: Request) -> ApprovalShown:
    """All that is approved by a yes, and its digest. Refuses NO_SUCH_REQUEST where the account's roles have nothing to do with it."""
    with asked.world() as world:
        row = done(approval.for_account_one(world, asked.account, approval_request))
        names = asked.portal.kept.view(CompanyIndex).names(world, [row["company"]] if row["company"] else [])
    return _shown(row, names)


@routes.post("/approvals/{approval_request}/approval")
def give(asked: Asking, approval_request: Request, body: Giving) -> Answered:
    """The maker's command then goes through, once."""
    with asked.world() as world:
        done(approval.give(world, asked.account, approval_request, body.seen))
        return _answered(asked, world, approval_request, "given")


@routes.post("/approvals/{approval_request}/refusal")
def refuse(asked: Asking, approval_request: Request, body: Refusing) -> Answered:
    """Dissent: the reason is kept. What was given and not used yet can be taken back so too."""
    with asked.world() as world:
        done(approval.refuse(world, asked.account, approval_request, body.reason))
        return _answered(asked, world, approval_request, "refused")


def _answered(asked: Asked, world: World, own: str, state: Literal["given", "refused"]) -> Answered:
    event = world.log.last(GIVEN if state == "given" else DECLINED, ref=own)
    if event is None:
        raise BrokenInvariant(f"{own} was answered, and the log has no answer")
    return Answered(request=own, state=state, by=asked.account, event=event.seq, at=event.at)


def _shown(row: dict[str, Any], names: dict[str, str]) -> ApprovalShown:
    own = (row["bound"] or {}).get("application")
    said = {name: row.get(name) for name in ApprovalShown.model_fields}
    return ApprovalShown.model_validate({**said, "name": names.get(row["company"] or ""), "application": own})
