"""The door of this room: a report's or a batch's content in, the bytes of a PDF or an HTML file out."""

from __future__ import annotations

from typing import Literal

from kemiao.papers.batch import compose_batch
from kemiao.papers.content import BatchContent, ReportContent
from kemiao.papers.page import render_page
from kemiao.papers.pdf import render_pdf
from kemiao.papers.report import compose_report
from kemiao.papers.words import Lang

Form = Literal["pdf", "html"]


def render_report(content: ReportContent | BatchContent, form: Form, lang: Lang) -> bytes:
    """The same content, form and language give the same bytes, in any process."""
    paper = compose_report(content, lang) if isinstance(content, ReportContent) else compose_batch(content, lang)
    return render_pdf(paper) if form == "pdf" else render_page(paper)
