"""Reviews by a person: asked for by a company, taken up and answered by the bank."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from kemiao.bank.company_index import CompanyIndex
from kemiao.portal.door import Asking, Cursor, Limit, Page, done, paged, router

routes = router("reviews")


class Review(BaseModel):
    """name: of the company, in the bank's list. state: asked | taken | answered | withdrawn. outcome: upheld | changed | corrected.
    text, answer: null where erased. Of the bank's people the company sees none by name: taken_by and answered_by are the bank's own to see."""

    review: str
    company: str
    name: str | None = None
    decision: str
    about: str
    fact: str | None
    asked_on: str
    asked_by: str | None
    channel: str
    due_on: str
    state: str
    late: bool
    taken_by: str | None
    taken_on: str | None
    ended_on: str | None
    outcome: str | None
    to: str | None
    new_decision: str | None
    answered_by: str | None
    text: str | None
    answer: str | None


class AskReview(BaseModel):
    """fact: a column of the profile or a table of papers, where about is fact."""

    model_config = ConfigDict(extra="forbid")
    decision: str = Field(max_length=64)
    about: Literal["decision", "fact"]
    fact: str | None = Field(default=None, max_length=64)
    text: str = Field(min_length=1, max_length=4000)


class AnswerReview(BaseModel):
    model_config = ConfigDict(extra="forbid")
    outcome: Literal["upheld", "changed", "corrected"]
    reason: str = Field(min_length=1, max_length=4000)
    to: Literal["approve", "decline"] | None = None
    new_decision: str | None = Field(default=None, max_length=64)


@routes.get("/reviews")
def reviews(asked: Asking, cursor: Cursor = None, limit: Limit = 50) -> Page[Review]:
    """By due day, those that wait first. A company sees its own."""
    from kemiao.bank.lending.reviews import reviews as known

    with asked.world() as world:
        some, after = paged(known(world, asked.only), _place, cursor, limit)
        names = (
            {} if asked.only else asked.portal.kept.view(CompanyIndex).names(world, {row["company"] for row in some})
        )
    return Page(items=[_shown(asked, row | {"name": names.get(row["company"])}) for row in some], next=after)


@routes.post("/reviews", status_code=201)
def ask(asked: Asking, body: AskReview) -> Review:
    """Objects to a decision or to a fact behind it, and asks that a person looks again."""
    from kemiao.bank.commands.review import ask as run

    with asked.world() as world:
        return _shown(asked, done(run(world, asked.account, body.decision, body.about, body.text, body.fact)))


@routes.get("/reviews/{review}")
def review(asked: Asking, review: str) -> Review:
    """A company's objection, and how its review by a person stands."""
    from kemiao.bank.lending.reviews import shown

    with asked.world() as world:
        return _shown(asked, done(shown(world, review)))


@routes.post("/reviews/{review}/withdrawal")
def withdraw(asked: Asking, review: str) -> Review:
    """The company takes its objection back."""
    from kemiao.bank.commands.review import withdraw as run

    with asked.world() as world:
        return _shown(asked, done(run(world, asked.account, review)))


@routes.post("/reviews/{review}/taking")
def take(asked: Asking, review: str) -> Review:
    """A person takes it up: not one who had a part in the decision."""
    from kemiao.bank.commands.review import take as run

    with asked.world() as world:
        return _shown(asked, done(run(world, asked.account, review)))


@routes.post("/reviews/{review}/giving-back")
def give_back(asked: Asking, review: str) -> Review:
    """Gives a review back that this person had taken up: another takes it."""
    from kemiao.bank.commands.review import give_back as run

    with asked.world() as world:
        return _shown(asked, done(run(world, asked.account, review)))


@routes.post("/reviews/{review}/answer")
def answer(asked: Asking, review: str, body: AnswerReview) -> Review:
    """Upholds, changes (FOUR_EYES_NEEDED until a second person approved the override; then the same again) or names the corrected decision."""
    from kemiao.bank.commands.review import answer as run

    with asked.world() as world:
        said = run(world, asked.account, review, body.outcome, body.reason, body.to, body.new_decision)
        return _shown(asked, done(said))


def _place(row: dict[str, object]) -> str:
    return f"{0 if row['state'] in ('asked', 'taken') else 1} {row['due_on']} {row['review']}"


def _shown(asked: Asking, row: dict[str, object]) -> Review:
    hidden = {"taken_by": None, "answered_by": None} if asked.only is not None else {}
    if asked.only is not None and row["channel"] == "staff":
        hidden["asked_by"] = None
    return Review.model_validate({**row, **hidden})
