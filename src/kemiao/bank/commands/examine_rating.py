"""rating report: what a model-risk officer signs, of a table, of the home's facts, or of a model that is stored."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from typing import Literal, cast

from kemiao.bank.commands.fit_rating import Request, validate_rating
from kemiao.bank.examination_json import examination_bytes, examination_from
from kemiao.bank.models import stored_model
from kemiao.bank.validation_paper import validation_paper
from kemiao.bank.world import World
from kemiao.base.refusal import Refusal
from kemiao.credit.rating.examination import Examination
from kemiao.papers.page import render_page
from kemiao.papers.pdf import render_pdf
from kemiao.papers.words import Lang

Progress = Callable[[int, int], None]
Form = Literal["pdf", "html", "json"]


def examine_rating(
    world: World | None, request: Request, day: date | None, progress: Progress
) -> Examination | Refusal:
    """Validates, then examines. The size column is the baseline too, where no other is named."""
    found = validate_rating(world, request, day, progress, examine=True)
    return found if isinstance(found, Refusal) else cast(Examination, found.examination)


def examination_of(world: World, model: str) -> Examination | Refusal:
    """As it was made when the model was fitted: it stands in the model's directory, under its manifest."""
    found = stored_model(world, model)
    if isinstance(found, Refusal):
        return found
    one = found[1]
    kept = (one.validation or {}).get("examination")
    if kept is None:
        return Refusal.at("NO_EXAMINATION", "该模型没有检验结果:请重新训练", "no examination stands beside this model: fit it again", model=one.name)  # fmt: skip
    return examination_from(json.dumps(kept).encode())


def validation_report(found: Examination, form: Form, lang: Lang, prepared_on: date) -> bytes:
    """The same examination, form, language and day give the same bytes."""
    if form == "json":
        return examination_bytes(found)
    paper = validation_paper(found, prepared_on, lang)
    return render_pdf(paper) if form == "pdf" else render_page(paper)
