"""What a report says, before it has a form: values with their units, their sources, and both languages.

Money is fen, rates and shares are ppm, and None means unknown wherever a value stands. `sources` are numbers of
`Source` rows of the same content: the evidence behind a figure.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from kemiao.papers.portrait import PortraitContent

from kemiao.papers.punctuation import full_width

Decision = Literal["approve", "refer", "decline"]


@dataclass(frozen=True, slots=True)
class Text:
    """The same words in Chinese and in English."""

    zh: str
    en: str

    def say(self, lang: str) -> str:
        return full_width(self.zh) if lang == "zh" else self.en


Value = int | bool | str | date | Text | None


@dataclass(frozen=True, slots=True)
class Source:
    """Rows of one table of facts that came in by one map from one batch. `assumed`: when they were known is assumed."""

    number: int
    table: Text
    map_name: str
    batch: int
    files: tuple[str, ...]
    rows: int
    basis: str
    assumed: bool
    first_on: date | None
    last_on: date | None


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure of the portrait. `unit` is a word of papers/figures.py (fen, ppm, count, days, flag, day, text, …)."""

    name: str
    title: Text
    value: Value
    unit: str
    sources: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class MeasureGroup:
    title: Text
    measures: tuple[Measure, ...]


@dataclass(frozen=True, slots=True)
class Series:
    """One value a month, in the order of the chart's months; None where the source is silent."""

    title: Text
    values: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class Monthly:
    """A chart over months. `months` are their first days, without gaps. `silent`: what a month without values means."""

    title: Text
    silent: Text
    unit: Literal["fen", "count"]
    months: tuple[date, ...]
    series: tuple[Series, ...]
    sources: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Counterparty:
    key: str
    amount_fen: int
    share_ppm: int


@dataclass(frozen=True, slots=True)
class Counterparties:
    """The largest customers, or the largest suppliers, of the last 12 whole months, largest first."""

    title: Text
    largest: tuple[Counterparty, ...]
    sources: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule of law made of the company. `result` None: cannot tell, and `missing` says why."""

    title: Text
    result: Text | None
    confidence: str | None
    missing: tuple[Text, ...] = ()


@dataclass(frozen=True, slots=True)
class Contribution:
    """Points of one characteristic. `label` is the bin that the value fell into."""

    title: Text
    value: Value
    unit: str
    label: Text
    points: int
    best_points: int
    sources: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Grade:
    """One step of the master scale: PD from low (inclusive) to high (exclusive), in ppm."""

    name: str
    low_ppm: int
    high_ppm: int


@dataclass(frozen=True, slots=True)
class Rating:
    base_points: int | None
    points: int | None
    contributions: tuple[Contribution, ...]
    scale: tuple[Grade, ...]


@dataclass(frozen=True, slots=True)
class Theme:
    """Points lost by what a person can act on. change: company, time or none."""

    text: Text
    change: Literal["company", "time", "none"]
    lost: int


@dataclass(frozen=True, slots=True)
class Sureness:
    """How sure the grade is. unknown_band_ppm: PD with all that is unknown answered best, and worst."""

    level: Literal["high", "medium", "low"]
    reasons: tuple[Text, ...]
    unknown_band_ppm: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Candidate:
    """One way to reach a limit. fen None: could not be computed, and `missing` says what it lacked."""

    name: str
    title: Text
    fen: int | None
    missing: tuple[Text, ...] = ()


@dataclass(frozen=True, slots=True)
class PricePart:
    title: Text
    ppm: int


@dataclass(frozen=True, slots=True)
class Price:
    parts: tuple[PricePart, ...]
    floor_ppm: int | None
    cap_ppm: int | None
    built_ppm: int | None  # the sum of the parts, rounded to policy's step
    rate_ppm: int | None
    lpr_ppm: int | None
    lpr_observed_until: date | None
    lpr_stale: bool


@dataclass(frozen=True, slots=True)
class Point:
    """A reason or a condition, with its stable code. `ruled`: a rule of policy says it, not the rating."""

    code: str
    text: Text
    ruled: bool = False


@dataclass(frozen=True, slots=True)
class Unknown:
    """A paper that would settle what is unknown, and how far the limit could then fall or rise (None: not worked out).

    note: said in place of the two amounts, where what is found is simply deducted.
    """

    items: tuple[Text, ...]
    paper: Text
    fall_fen: int | None
    rise_fen: int | None
    note: Text | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """One line of the difference from the last decision."""

    title: Text
    before: Value
    after: Value
    unit: str


@dataclass(frozen=True, slots=True)
class Model:
    name: str
    kind: str  # expert | fitted
    digest: str
    facts: tuple[tuple[str, str], ...] = ()  # of the fit: rows, events, how well it ranked
    moved: Text | None = None  # how its PD was moved through the cycle; None where it is the model's own


@dataclass(frozen=True, slots=True)
class TechnologyMeasure:
    """One measure of the technology flow, and in words what it read. ppm None: unknown."""

    title: Text
    ppm: int | None
    reads: Text


@dataclass(frozen=True, slots=True)
class TechnologyPage:
    """The technology grade as the decision kept it, and the figures behind it. grade None: cannot tell.

    effect: what it did to the limit, in words. scale: grades with the place that each begins at, in ppm.
    """

    grade: str | None
    scale: tuple[tuple[str, int], ...]
    stage: Text | None
    points_milli: int | None
    points_coverage_ppm: int
    classes: tuple[tuple[Text, int | None], ...]
    measures: tuple[TechnologyMeasure, ...]
    correction_ppm: int | None  # None: the share of high-tech income is unknown
    place_ppm: int | None
    coverage_ppm: int
    negative: tuple[Text, ...]
    effect: Text
    unknowns: tuple[tuple[Text, Text], ...]  # item, paper
    reference: str
    companies: int


@dataclass(frozen=True, slots=True)
class ReportContent:
    """A credit investigation report on one company, about one decision."""

    company: str
    name: str | None
    profile: tuple[Measure, ...]  # who it is: industry, region, founded, …
    prepared_on: date
    as_of: date
    law_on: date
    decision: Decision
    decision_id: str
    decided_at: str
    grade: str | None
    pd_ppm: int | None
    limit_fen: int | None
    rate_ppm: int | None
    authority: Text
    model: Model
    reasons: tuple[Point, ...]
    conditions: tuple[Point, ...]
    unknowns: tuple[Unknown, ...]
    portrait: tuple[MeasureGroup, ...]
    monthly: tuple[Monthly, ...]
    counterparties: tuple[Counterparties, ...]
    findings: tuple[Finding, ...]
    rating: Rating
    candidates: tuple[Candidate, ...]
    binding: str | None
    price: Price
    adverse: Text | None
    changes: tuple[Change, ...]
    bases: tuple[str, ...]
    assumed: tuple[str, ...]  # maps whose known_at is assumed
    snapshot: int  # the number of the lake version that the figures were read in
    rows_differ: bool  # the rows behind charts and sources are no longer those that the decision read
    sources: tuple[Source, ...]
    digests: tuple[tuple[Text, str], ...]
    beside: PortraitContent | None = None  # among its peers; None: the bank has no policy of portraits
    sureness: Sureness | None = None  # with themes: None and empty where the bank has no policy of reasons
    themes: tuple[Theme, ...] = ()
    technology: TechnologyPage | None = None  # None: the decision was made without a technology reference


@dataclass(frozen=True, slots=True)
class BatchRow:
    """One company in the summary of a batch."""

    company: str
    name: str | None
    industry: Text | None
    decision: Decision
    grade: str | None
    pd_ppm: int | None
    limit_fen: int | None
    rate_ppm: int | None
    decision_id: str
    reasons: tuple[Point, ...]
    papers: tuple[Text, ...]  # those that would settle what is unknown


@dataclass(frozen=True, slots=True)
class BatchContent:
    """All companies' latest decisions. `rows` are sorted by company key by whoever builds this."""

    prepared_on: date
    as_of: tuple[date, ...]  # the days in use, ascending; one in the ordinary case
    law_on: tuple[date, ...]
    models: tuple[Model, ...]
    bases: tuple[str, ...]
    assumed: tuple[str, ...]
    scale: tuple[Grade, ...]
    rows: tuple[BatchRow, ...]
    erased: int  # companies whose decisions can no longer be read
    digests: tuple[tuple[Text, str], ...]
