"""Complaints: from acceptance to answer and review, by the law's clocks. For those who handle them."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from fastapi import Path, Query
from pydantic import BaseModel, ConfigDict, Field

from kemiao.bank.commands import complaint as commands
from kemiao.bank.lending.complaints import complaints, sealed, shown
from kemiao.bank.lending.people import accounts
from kemiao.base.keys import parse_company
from kemiao.base.money import FEN_MAX
from kemiao.portal.door import Asking, Cursor, Limit, Page, done, paged, router

routes = router("complaints")
Own = Annotated[str, Path(max_length=40, description="the complaint's id")]
Text = Annotated[str, Field(min_length=1, max_length=4000)]
Outcome = Literal["upheld", "partly_upheld", "rejected", "settled"]


class ComplaintShown(BaseModel):
    """state: open, answered, withdrawn, review, reviewed. due_on: of the answer; review_until: until when a review can be asked for;
    review_due_on: of the review. late: the answer's clock ran out. details: who and what, sealed; only where one complaint is opened."""

    complaint: str
    company: str | None
    received_on: date
    channel: str
    category: str
    by_role: str
    product: str | None
    amount_fen: int | None
    respondent: str | None
    handler: str
    credit_report: bool
    extensions: int
    state: str
    due_on: date
    late: bool
    told_on: date | None
    outcome: str | None
    remedies_told: list[str] | None
    review_until: date | None
    review_due_on: date | None
    keep_until: date | None
    confidence: str
    details: dict[str, Any] | None = None


class Filed(BaseModel):
    """As bank.commands.complaint.Filing."""

    model_config = ConfigDict(extra="forbid")
    received_on: date
    channel: Literal["branch", "phone", "letter", "web", "regulator"]
    category: str = Field(min_length=1, max_length=60)
    by: Literal["complainant", "legal_representative", "agent", "heir"]
    person: str = Field(min_length=1, max_length=200)
    contact: str = Field(min_length=1, max_length=200)
    request: Text
    facts: Text
    handler: str = Field(min_length=1, max_length=64)
    company: str | None = Field(default=None, max_length=80)
    respondent: str | None = Field(default=None, max_length=64)
    product: str | None = Field(default=None, max_length=60)
    amount_fen: int | None = Field(default=None, ge=0, le=FEN_MAX)
    authorisation: str | None = Field(default=None, max_length=200)
    representatives: int = Field(default=1, ge=1, le=100)
    credit_report: bool = False


class Extending(BaseModel):
    model_config = ConfigDict(extra="forbid")
    reason: Text
    told_on: date


class Answering(BaseModel):
    model_config = ConfigDict(extra="forbid")
    outcome: Outcome
    reason: Text
    told_on: date
    root_cause: str = Field(default="", max_length=4000)
    correction: str = Field(default="", max_length=4000)


class AskingReview(BaseModel):
    model_config = ConfigDict(extra="forbid")
    received_on: date
    reason: Text


class Reviewing(BaseModel):
    model_config = ConfigDict(extra="forbid")
    outcome: Outcome
    reason: Text
    told_on: date


class ComplaintWithdrawing(BaseModel):
    model_config = ConfigDict(extra="forbid")
    received_on: date


class Colleague(BaseModel):
    account: str
    person: str
    roles: list[str]
    unit: str


@routes.get("/complaints")
def all_complaints(
    asked: Asking, state: Annotated[str | None, Query(max_length=20)] = None, cursor: Cursor = None, limit: Limit = 50
) -> Page[ComplaintShown]:
    """The most urgent first; what has ended stands behind."""
    with asked.world() as world:
        rows = [row for row in complaints(world) if state in (None, row["state"])]
    place = {row["complaint"]: f"{number:09}" for number, row in enumerate(rows)}
    some, after = paged(rows, lambda row: place[row["complaint"]], cursor, limit)
    return Page(items=[_shown(row) for row in some], next=after)


@routes.get("/complaints/{complaint}")
def one(asked: Asking, complaint: Own) -> ComplaintShown:
    """With who complains and what about."""
    with asked.world() as world:
        row = done(shown(world, complaint))
        return _shown(row, sealed(world, complaint))


@routes.post("/complaints")
def file(asked: Asking, body: Filed) -> ComplaintShown:
    """The same again is the same complaint."""
    said = body.model_dump()
    if body.company is not None:
        said["company"] = done(parse_company(body.company))
    with asked.world() as world:
        return _shown(done(commands.file(world, asked.account, commands.Filing(**said))))


@routes.post("/complaints/{complaint}/extension")
def extend(asked: Asking, complaint: Own, body: Extending) -> ComplaintShown:
    """Once by the handler, a second time with a second person's approval."""
    with asked.world() as world:
        return _shown(done(commands.extend(world, asked.account, complaint, body.reason, body.told_on)))


@routes.post("/complaints/{complaint}/answer")
def answer(asked: Asking, complaint: Own, body: Answering) -> ComplaintShown:
    """Answers the complaint, with reasons and what else the complainant may do."""
    with asked.world() as world:
        return _shown(done(commands.answer(world, asked.account, complaint, body.outcome, body.reason, body.told_on, body.root_cause, body.correction)))  # fmt: skip


@routes.post("/complaints/{complaint}/withdrawal")
def withdraw(asked: Asking, complaint: Own, body: ComplaintWithdrawing) -> ComplaintShown:
    """The complainant takes the complaint back."""
    with asked.world() as world:
        return _shown(done(commands.withdraw(world, asked.account, complaint, body.received_on)))


@routes.post("/complaints/{complaint}/review-request")
def ask_review(asked: Asking, complaint: Own, body: AskingReview) -> ComplaintShown:
    """The complainant asks for a review, within the days of law."""
    with asked.world() as world:
        return _shown(done(commands.ask_review(world, asked.account, complaint, body.received_on, body.reason)))


@routes.post("/complaints/{complaint}/review")
def review(asked: Asking, complaint: Own, body: Reviewing) -> ComplaintShown:
    """By another person of the office above."""
    with asked.world() as world:
        return _shown(done(commands.review(world, asked.account, complaint, body.outcome, body.reason, body.told_on)))


@routes.get("/colleagues")
def colleagues(asked: Asking) -> list[Colleague]:
    """Accounts of the staff that are open: who handles a complaint, and whom it is about."""
    with asked.world() as world:
        return [Colleague(**{name: row[name] for name in Colleague.model_fields}) for row in accounts(world) if not row["closed"]]  # fmt: skip


def _shown(row: dict[str, Any], details: dict[str, Any] | None = None) -> ComplaintShown:
    said = {name: row.get(name) for name in ComplaintShown.model_fields if name != "details"}
    return ComplaintShown.model_validate({**said, "details": details})
