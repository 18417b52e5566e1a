"""report: the credit investigation report on a decision, or the summary of all latest decisions, as bytes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Any

from kemiao.bank.commands.portrait import Request as Seeing
from kemiao.bank.commands.portrait import see
from kemiao.bank.event_log import Event
from kemiao.bank.names import registered_names
from kemiao.bank.permits import permit, receipt
from kemiao.bank.portrait_content import content_of
from kemiao.bank.provenance import provenance
from kemiao.bank.reasons import explained
from kemiao.bank.report_content import (
    Document,
    Evidence,
    Stamp,
    feature_words,
    industries,
    model_of,
    papers_lacking,
    reasons_of,
    report_content,
    steps,
    table_words,
)
from kemiao.bank.rulebook import kept_rulebook
from kemiao.bank.technology_page import technology_page
from kemiao.bank.views import companies
from kemiao.bank.world import World
from kemiao.base.digest import merkle_root
from kemiao.base.refusal import BrokenInvariant, Outage, Refusal, Refused
from kemiao.credit.assessment import Rulebook
from kemiao.credit.document import differences, explain
from kemiao.credit.profile import PAPERS, months, top_counterparties
from kemiao.credit.profile.window import Span
from kemiao.data.lake import Facts
from kemiao.facts.permit import Permit
from kemiao.facts.tables import TABLES
from kemiao.papers.content import BatchContent, BatchRow, Model, Point, ReportContent, Source, Text
from kemiao.papers.portrait import PortraitContent
from kemiao.papers.render import Form, render_report
from kemiao.papers.words import Lang

_MONTHS, _LARGEST = 24, 5
_AT_ONCE = 5_000
_RATING, _UNKNOWN = "RATING_", "_UNKNOWN"  # how credit/document names a reason of the card


@dataclass(frozen=True, slots=True)
class ReportRequest:
    """company: None for the summary of all. decision: an id, or None for the company's newest."""

    company: str | None
    form: Form
    lang: Lang
    decision: str | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """The bytes of the file and their plain SHA-256, which the event log holds too: `sha256sum` finds the same."""

    content: bytes
    sha256: str
    decisions: int
    decision_id: str | None
    erased: int


def report(world: World, request: ReportRequest) -> Written | Refusal:
    return _one(world, request, request.company) if request.company is not None else _all(world, request)


def _one(world: World, request: ReportRequest, company: str) -> Written | Refusal:
    event = _decision(world, company, request.decision)
    if isinstance(event, Refusal):
        return event
    document = world.log.private(event)
    if document is None:
        return Refusal.at(
            "INPUTS_ERASED",
            "该企业的资料已删除,决策只留摘要,无法再出报告",
            "the company's data were erased: only digests of the decision remain, and no report can be made",
            company=company,
        )
    book = _book(world, document)
    given = permit(world, (company,), "report")
    evidence, snapshot = _evidence(world, given, document, event)
    stamp = Stamp(datetime.fromisoformat(event.at).isoformat(" ", "seconds"), event.digest, event.commitment, snapshot)
    since = _since(world, event, document)
    said = next(explained(world, [document], book, date.fromisoformat(document["law_on"])))
    content = report_content(document, said, book, evidence, stamp, since, world.clock.today())
    return _append(world, request, content, given, [event.ref or ""], 0)


def _decision(world: World, company: str, wanted: str | None) -> Event | Refusal:
    event = world.log.last("decision", ref=wanted) if wanted else world.log.last("decision", subject=company)
    if event is None:
        return Refusal.at(
            "NO_DECISION",
            f"没有这项决策,请先运行 kemiao assess {company}",
            f"there is no such decision: run kemiao assess {company} first",
            company=company,
            decision=wanted,
        )
    if event.subject != company:
        return Refusal.at(
            "DECISION_OF_ANOTHER",
            "这项决策是关于另一家企业的",
            "this decision is about another company",
            company=company,
            decision=wanted,
        )
    return event


def _book(world: World, document: Document) -> Rulebook:
    return kept_rulebook(
        world, document["model"], document["policy"], document["law_tables"], date.fromisoformat(document["law_on"])
    )


def _since(world: World, event: Event, document: Document) -> Document | None:
    """What differs from the decision before this one."""
    for earlier in world.log.events("decision", subject=event.subject, newest_first=True):
        if earlier.seq < event.seq and earlier.ref != event.ref:
            kept = world.log.private(earlier)
            return None if kept is None else differences(kept, dict(document))
    return None


def _evidence(world: World, given: Permit, document: Document, event: Event) -> tuple[Evidence, int]:
    """Read in the decision's own snapshot; where its files are swept, in the present one, which then says so if it differs."""
    number = int(event.public["snapshot"])
    try:
        return _read(world, given, document, event, _tables(world, number)), number
    except Outage as outage:
        if outage.code != "SNAPSHOT_GONE":
            raise
    number, tables = world.log.snapshot()
    return _read(world, given, document, event, tables), number


def _tables(world: World, number: int) -> Mapping[str, int]:
    snapshot = next(world.log.events("snapshot", after=number - 1), None)
    if snapshot is None or snapshot.seq != number:
        raise BrokenInvariant(f"a decision rests on snapshot {number}, which is not in the log")
    return dict(snapshot.public["tables"])


def _read(world: World, given: Permit, document: Document, event: Event, tables: Mapping[str, int]) -> Evidence:
    as_of = date.fromisoformat(document["as_of"])
    company = document["company"]
    first = Span.until(as_of).back(_MONTHS)
    with world.lake.open(given, tables, as_of, world.clock.today()) as facts:
        differ = provenance(facts, given.tables).get(company, {}) != document["rows"]
        drawn: list[tuple[date, int, int]] = []
        sides: dict[str, tuple[tuple[str, int, int], ...]] = {}
        if "invoice" in given.tables:
            drawn = _months(facts, as_of, first)
            sides = {side: _largest(facts, as_of, side) for side in ("customers", "suppliers")}
        return Evidence(
            _name(facts, given), _sources(world, facts, given, document), first, tuple(drawn),
            sides.get("customers", ()), sides.get("suppliers", ()), differ, technology_page(world, facts, document, event),
            _beside(world, given, company, as_of),
        )  # fmt: skip


def _beside(world: World, given: Permit, company: str, as_of: date) -> PortraitContent | None:
    """The company among its peers on the decision's day; None where its papers were undone since, and where the bank has
    no policy of portraits (an older home)."""
    if company not in companies(world) or not {"portrait", "technology"} <= set(world.policy.on(world.clock.today())):
        return None
    seen = see(world, Seeing(company, as_of), given)
    if isinstance(seen, Refusal):
        raise Refused(seen)
    return content_of(seen)


def _months(facts: Facts, as_of: date, first: date) -> list[tuple[date, int, int]]:
    rows = facts.arrow(months(facts, facts.subjects, as_of))
    columns = (rows[name].to_pylist() for name in ("month", "sales_fen", "purchases_fen"))
    return [(month, sales, bought) for month, sales, bought in zip(*columns, strict=True) if month >= first]


def _largest(facts: Facts, as_of: date, side: str) -> tuple[tuple[str, int, int], ...]:
    rows = facts.arrow(top_counterparties(facts, facts.subjects, as_of, side, _LARGEST))  # type: ignore[arg-type]
    return tuple(zip(*(rows[name].to_pylist() for name in ("counterparty", "amount_fen", "share_ppm")), strict=True))


def _name(facts: Facts, given: Permit) -> str | None:
    names = registered_names(facts, given)
    return names.get(given.subjects[0])


def _sources(world: World, facts: Facts, given: Permit, document: Document) -> tuple[Source, ...]:
    """Rows behind the report by table, map and batch, numbered in the order of the tables of facts."""
    files = _file_names(world)
    found: list[Source] = []
    for table in (name for name in TABLES if name in given.tables):
        # Names of tables come from facts, never from a user.
        rows = facts.sql(
            f"SELECT source, batch, basis, list(DISTINCT file ORDER BY file) AS files, count(*) AS rows, min(happened_on) AS first_on, "  # noqa: S608
            f'max(happened_on) AS last_on FROM "{table}" GROUP BY source, batch, basis ORDER BY batch, source, basis'
        )
        for row in rows.to_pylist():
            names = tuple(files.get((row["batch"], number), f"#{number}") for number in row["files"])
            found.append(
                Source(
                    len(found) + 1, table_words(table), row["source"], row["batch"], tuple(dict.fromkeys(names)), row["rows"],
                    row["basis"], row["source"] in document["assumed"], row["first_on"], row["last_on"],
                )
            )  # fmt: skip
    return tuple(found)


def _file_names(world: World) -> dict[tuple[int, int], str]:
    return {
        (event.public["batch"], file["number"]): f"{file['file']}:{file['sheet']}" if file["sheet"] else file["file"]
        for event in world.log.events("import")
        for file in event.public["files"]
    }


def _all(world: World, request: ReportRequest) -> Written | Refusal:
    events = list(world.log.last_of_each("decision"))
    if not events:
        return Refusal(
            "NO_DECISION",
            "还没有任何决策,请先运行 kemiao assess --all",
            "there are no decisions yet: run kemiao assess --all first",
        )
    given = permit(world, [event.subject or "" for event in events], "report", ("company",))
    kept = [document for document in _privates(world, events) if document is not None]
    names = _all_names(world, given) if given.tables else {}
    content = _batch_content(world, kept, names, len(events) - len(kept), [event.ref or "" for event in events])
    return _append(world, request, content, given, [event.ref or "" for event in events], len(events) - len(kept))


def _privates(world: World, events: Sequence[Event]) -> Iterator[dict[str, Any] | None]:
    for start in range(0, len(events), _AT_ONCE):
        yield from world.log.privates(events[start : start + _AT_ONCE])


def _all_names(world: World, given: Permit) -> dict[str, str]:
    with world.lake.open(given, world.log.snapshot()[1], None, world.clock.today()) as facts:
        return registered_names(facts, given)


def _batch_content(
    world: World, kept: Sequence[Document], names: Mapping[str, str], erased: int, ids: Sequence[str]
) -> BatchContent:
    books: dict[tuple[str, ...], Rulebook] = {}
    models: dict[str, Model] = {}
    rows = []
    for document in kept:
        key = tuple(document[name] for name in ("model", "policy", "law_tables", "law_on"))
        if key not in books:
            books[key] = _book(world, document)
        models.setdefault(document["model"], model_of(document, books[key]))
        rows.append(_batch_row(document, books[key], names))
    scale = steps(next(iter(books.values())).scale) if books else ()
    return BatchContent(
        world.clock.today(),
        tuple(sorted({date.fromisoformat(document["as_of"]) for document in kept})),
        tuple(sorted({date.fromisoformat(document["law_on"]) for document in kept})),
        tuple(models[digest] for digest in sorted(models)),
        tuple(sorted({basis for document in kept for basis in document["bases"]})),
        tuple(sorted({name for document in kept for name in document["assumed"]})),
        scale,
        tuple(sorted(rows, key=lambda row: row.company)),
        erased,
        ((Text("决策编号的默克尔根", "Merkle root of the decision ids"), merkle_root([each.encode() for each in sorted(ids)])),),
    )  # fmt: skip


def _batch_row(document: Document, book: Rulebook, names: Mapping[str, str]) -> BatchRow:
    said = explain(dict(document), book)
    industry = document["features"].get("industry")
    proposed = document["decision"] != "decline"
    return BatchRow(
        document["company"],
        names.get(document["company"]),
        industries(book).get(industry, Text(industry, industry)) if industry else None,
        document["decision"],
        document["grade"],
        document["pd_ppm"],
        document["limit_fen"],
        document["rate_ppm"] if proposed else None,
        said["decision_id"],
        tuple(_in_general(point) for point in reasons_of(said, book)),
        tuple(Text(*PAPERS[table]) for table in papers_lacking(document)),
    )


def _in_general(point: Point) -> Point:
    """A reason as it can be counted over companies: which feature cost points, not how many and where."""
    name = point.code.removeprefix(_RATING).removesuffix(_UNKNOWN).lower()
    if not point.code.startswith(_RATING):
        return point
    title = feature_words(name)
    if point.code.endswith(_UNKNOWN):
        return Point(point.code, Text(f"评分失分:{title.zh}(未知)", f"points lost: {title.en} (unknown)"))
    return Point(point.code, Text(f"评分失分:{title.zh}", f"points lost: {title.en}"))


def _append(
    world: World, request: ReportRequest, content: ReportContent | BatchContent, given: Permit, ids: Sequence[str], erased: int
) -> Written:  # fmt: skip
    made = render_report(content, request.form, request.lang)
    mark = sha256(made).hexdigest()
    with world.log.write() as tx:
        receipt(tx, given)
        tx.append(
            "report",
            request.company,
            ids[0] if request.company is not None else None,
            public={
                "form": request.form, "lang": request.lang, "sha256": mark, "bytes": len(made),
                "decisions": len(ids), "root": merkle_root([each.encode() for each in sorted(ids)]),
            },
        )  # fmt: skip
    return Written(made, mark, len(ids) - erased, ids[0] if request.company is not None else None, erased)
