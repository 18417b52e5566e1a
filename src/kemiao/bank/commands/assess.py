"""assess: see, rate, price, decide; one company or all, by the same columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kemiao.bank.commands.technology import grade_against, newest_reference
from kemiao.bank.event_log import Draft
from kemiao.bank.kept_query import profile_query
from kemiao.bank.lending.own_book import OwnBook, own_book
from kemiao.bank.permits import opened_together, permit, receipt
from kemiao.bank.provenance import provenance
from kemiao.bank.rulebook import Grounds, code_version, grounds
from kemiao.bank.views import Batch, batches, companies, default_as_of
from kemiao.bank.world import World
from kemiao.base.canonical import canonical_bytes
from kemiao.base.digest import merkle_root
from kemiao.base.refusal import Refusal, Refused
from kemiao.chain.decision_leaf import decision_leaf_data
from kemiao.credit.assessment import assess as judge
from kemiao.credit.document import Document, decision_id, differences, documents, id_of
from kemiao.credit.profile.own_loans import KEY
from kemiao.credit.technology.matrix import Technology
from kemiao.facts.permit import Permit, Purpose
from kemiao.facts.tables import TABLES

Progress = Callable[[int, int], None]
NOTHING = Refusal("NOTHING_IMPORTED", "还没有导入任何资料:先 kemiao import", "nothing has been imported: run kemiao import first")  # fmt: skip
_AT_ONCE = 20_000  # companies judged and written together: memory stays flat, one transaction all the same


@dataclass(frozen=True, slots=True)
class Request:
    """companies: keys, or None for all that are known. as_of, law_on: None for the defaults of the home. book_on: the day of the
    bank's own book; None for as_of where that is given, else today. renews: a loan that counts as repaid, for what is asked takes it over."""

    companies: tuple[str, ...] | None
    as_of: date | None = None
    law_on: date | None = None
    book_on: date | None = None
    renews: str | None = None


@dataclass(frozen=True, slots=True)
class Inputs:
    """Everything a decision reads, as values."""

    features: pa.Table
    rows: Mapping[str, Document]  # company → table → batch → rows read, with their fingerprint
    permit: Permit
    grounds: Grounds
    snapshot: int
    rested_on: Document
    technology: Technology | None  # grades of the same rows; None where no reference was made by the day
    own: OwnBook | None = None  # the loans of this bank's book; None in a home without a book


@dataclass(frozen=True, slots=True)
class Decided:
    """Kept documents by company key; `appended` are those that are new."""

    documents: tuple[Document, ...]
    appended: int
    since: Mapping[str, Document]  # company → difference from its last other decision
    left_out: tuple[tuple[str, Refusal], ...] = ()  # companies that the shared chain does not open, and why


def assess(world: World, request: Request, progress: Progress = lambda done, total: None) -> Decided | Refusal:
    inputs = read(world, request)
    if isinstance(inputs, Refusal):
        return inputs
    outcome = decide(inputs, progress)
    return outcome if isinstance(outcome, Refusal) else append(world, inputs, outcome)


def read(world: World, request: Request, purpose: Purpose = "credit_review") -> Inputs | Refusal:
    """The only I/O in: the profile as of the day under a Permit, and the grounds of the day of the law."""
    brought = batches(world)
    if not brought:
        return NOTHING
    subjects = request.companies if request.companies is not None else companies(world)
    as_of, law_on = request.as_of or default_as_of(world, brought), request.law_on or world.clock.today()
    base = grounds(world, law_on)  # before the permit: a reading that leads to nothing would still be counted
    given = permit(world, subjects, purpose, brought=brought)
    if given.left_out and request.companies is not None:
        return given.left_out[0][1]
    # Facts may end in the past (historical maps), the bank's own book does not.
    book_on = request.book_on or request.as_of or world.clock.today()
    own = own_book(world, given.subjects, book_on, renews=request.renews)
    found = look_up(world, given, brought, as_of, law_on, base, own)
    strangers = _strangers(found, brought)
    if strangers and request.companies is not None:
        return _no_facts(strangers[0], as_of)
    return found


def read_each(
    world: World, subjects: Sequence[str], book_on: date, purpose: Purpose = "credit_review"
) -> dict[str, Inputs | Refusal]:
    """As `read` of each by itself, with a permit of its own; the lake is opened once for all whose permits open the same."""
    brought = batches(world)
    if not brought:
        return dict.fromkeys(subjects, NOTHING)
    as_of, law_on = default_as_of(world, brought), world.clock.today()
    base = grounds(world, law_on)
    own = own_book(world, sorted(subjects), book_on)
    found: dict[str, Inputs | Refusal] = {}
    alike: dict[object, list[tuple[Permit, OwnBook | None]]] = {}
    for subject in subjects:
        try:
            given = permit(world, (subject,), purpose, brought=brought)
        except Refused as refused:
            found[subject] = refused.refusal
            continue
        its = own.of([subject]) if own else None
        # Whose own loans stand in place of the ledger's is read otherwise than who has none.
        shape = (given.tables, given.closed, given.accounts, its is not None and its.loans.num_rows > 0)
        alike.setdefault(shape, []).append((given, its))
    for some in alike.values():
        every = own.of([given.subjects[0] for given, _ in some]) if own else None
        whole = look_up(world, opened_together([given for given, _ in some]), brought, as_of, law_on, base, every)
        at = {company: row for row, company in enumerate(whole.features["company"].to_pylist())}
        for given, its in some:
            (subject,) = given.subjects
            one = replace(
                whole, features=whole.features.slice(at[subject], 1), rows={subject: whole.rows.get(subject, {})}, permit=given, own=its,
                rested_on=rested_on(base, as_of, law_on, brought, given), technology=whole.technology.at(np.arange(at[subject], at[subject] + 1)) if whole.technology else None,
            )  # fmt: skip
            found[subject] = _no_facts(subject, as_of) if _strangers(one, brought) else one
    return found


def look_up(
    world: World, given: Permit, brought: Sequence[Batch], as_of: date, law_on: date, base: Grounds, own: OwnBook | None
) -> Inputs:
    number, tables = world.log.snapshot()
    with world.lake.open(given, tables, as_of, world.clock.today()) as facts:
        rows = provenance(facts, given.tables)
        none = silent(brought, as_of) & frozenset(given.tables)
        features = profile_rows(facts, as_of, none, own.loans if own else None)
        reference = newest_reference(world, as_of)  # without one its facts are not even read
        technology = grade_against(world, reference, facts, features, as_of, none, law_on) if reference else None
    return Inputs(features, rows, given, base, number, rested_on(base, as_of, law_on, brought, given), technology, own)


def _strangers(found: Inputs, brought: Sequence[Batch]) -> list[str]:
    owners = {str(batch.number): frozenset(batch.companies) for batch in brought}
    return [one for one in found.permit.subjects if not _has_papers(one, found.rows.get(one, {}), owners)]


def _no_facts(company: str, as_of: date) -> Refusal:
    return Refusal.at("NO_FACTS", "没有这家企业的资料", "there are no facts about this company", company=company, as_of=as_of)  # fmt: skip


def _has_papers(company: str, rows: Mapping[str, Mapping[str, Any]], owners: Mapping[str, frozenset[str]]) -> bool:
    """Whether papers of the company itself were brought: being named on another's invoices is no consent of its own.

    owners: batch → whose papers it brought, where that is known.
    """
    if any(TABLES[table].subjects == ("company",) for table in rows):
        return True
    brought = (owners.get(batch) for by_batch in rows.values() for batch in by_batch)
    return any(not known or company in known for known in brought)


def profile_rows(
    facts: Any, as_of: date, silent_means_none: frozenset[str], own_loans: pa.Table | None = None
) -> pa.Table:
    """One row a subject, by key: the same order whoever asks. own_loans: of the bank's book (schema OWN_LOANS), in place of the ledger's
    rows of the same loans; a loan drawn after as_of counts as if drawn on that day."""
    if own_loans is not None and own_loans.num_rows:
        at = own_loans.schema.get_field_index("drawn_on")
        drawn = pc.min_element_wise(own_loans["drawn_on"], pa.scalar(as_of, pa.date32()))
        facts.put_in_place("own_loan", own_loans.set_column(at, "drawn_on", drawn), KEY)
    query = profile_query(as_of, silent_means_none, frozenset(facts))
    return facts.sql(f"SELECT * FROM ({query}) ORDER BY company")  # noqa: S608 - our own text


def silent(brought: Sequence[Batch], as_of: date) -> frozenset[str]:
    """Tables whose source was asked about every company: there no row means none.

    A list that is known from its import on says nothing about the days before; a register whose facts carry days does.
    """
    return frozenset(
        table
        for batch in brought
        for table in batch.tables
        if batch.absence == "none" and (table not in batch.known_from_import or batch.imported_on <= as_of)
    )


def rested_on(base: Grounds, as_of: date, law_on: date, brought: Sequence[Batch], given: Permit) -> Document:
    return {
        "as_of": as_of.isoformat(), "law_on": law_on.isoformat(), "model": base.model, "policy": base.policy, "law_tables": base.law_tables,
        "code": code_version(), "assumed": sorted({batch.map for batch in brought if batch.assumed}), "bases": list(given.bases),
    }  # fmt: skip


def decide(inputs: Inputs, progress: Progress) -> list[Document] | Refusal:
    """Pure: the same inputs give the same documents, bytes and all."""
    decided: list[Document] = []
    total = inputs.features.num_rows
    own = inputs.own.by_company() if inputs.own else {}
    for start in range(0, total, _AT_ONCE):
        here = inputs.features.slice(start, _AT_ONCE)
        graded = inputs.technology.at(np.arange(start, start + here.num_rows)) if inputs.technology else None
        assessed = judge(here, inputs.grounds.book, graded)
        if isinstance(assessed, Refusal):
            return assessed
        for document in documents(assessed, inputs.grounds.book, inputs.rested_on):
            document["rows"] = inputs.rows.get(document["company"], {})
            if document["company"] in own:  # of others nothing is said: their decisions stay as they were
                document["own_book"] = own[document["company"]]
            decided.append(document)
        progress(len(decided), total)
    return decided


def decide_each(found: Mapping[str, Inputs | Refusal]) -> dict[str, tuple[Inputs, Document] | Refusal]:
    """What each is decided by itself, byte for byte, judged as one table: rows don't look at each other."""
    read = [one for one in found.values() if isinstance(one, Inputs)]
    judged: dict[str, tuple[Inputs, Document] | Refusal] = {
        company: one for company, one in found.items() if isinstance(one, Refusal)
    }
    if not read:
        return judged
    graded = [one.technology for one in read if one.technology is not None]  # all against one reference, or none
    technology = replace(graded[0], grade=np.concatenate([one.grade for one in graded])) if graded else None
    rows = {company: its for one in read for company, its in one.rows.items()}
    features = pa.concat_tables([one.features for one in read])
    together = decide(replace(read[0], features=features, rows=rows, technology=technology, own=None), lambda done, total: None)  # fmt: skip
    if isinstance(together, Refusal):
        return judged | {one.permit.subjects[0]: together for one in read}
    for one, document in zip(read, together, strict=True):
        company = document["company"]
        book = one.own.by_company() if one.own else {}
        own_book = {"own_book": book[company]} if company in book else {}
        judged[company] = (one, {**document, **one.rested_on, **own_book})
    return judged


def append(world: World, inputs: Inputs, decided: Sequence[Document]) -> Decided:
    """One transaction: the receipt of the reading, each new decision, and one commitment to them for the shared chain."""
    drafts = []
    with world.log.write() as tx:  # the last decisions are read under the lock: two at once append one
        before = last_decisions(world, [document["company"] for document in decided])
        for document in decided:
            content = canonical_bytes(document)  # made once: it is hashed for the id and sealed as it is
            own = id_of(content)
            if before.get(document["company"], (None, None))[0] != own:
                drafts.append(_draft(document, content, own, inputs))
        since = _since(world, decided, before)
        read = receipt(tx, inputs.permit)
        inputs.grounds.keep(world, tx)
        appended = tx.append_committed(drafts)
        if drafts:
            leaves = [
                decision_leaf_data(str(draft.ref), str(sealed))
                for draft, (_, sealed) in zip(drafts, appended, strict=True)
            ]
            root = merkle_root(leaves)
            run = tx.append(
                "assessment",
                public={"decisions": len(drafts), "root": root, "snapshot": inputs.snapshot, "reading": read},
            )
            tx.witness(run, {"kind": "decisions", "root": root, "count": len(drafts), **_on_chain(inputs, drafts)})
    return Decided(tuple(decided), len(drafts), since, inputs.permit.left_out)


def _on_chain(inputs: Inputs, drafts: Sequence[Draft]) -> Document:
    """What everybody may read of a run: digests and days; and the batches, whose attestations it will name."""
    rested = inputs.rested_on
    numbers = sorted({batch for draft in drafts for batch in (draft.public or {})["batches"]})
    return {
        "model": rested["model"], "policy": rested["policy"], "law": [rested["law_tables"]], "code": rested["code"],
        "as_of": rested["as_of"], "law_on": rested["law_on"], "batches": numbers,
    }  # fmt: skip


def _draft(document: Document, content: bytes, own: str, inputs: Inputs) -> Draft:
    numbers = sorted({int(batch) for table in document["rows"].values() for batch in table})
    public = {
        "as_of": document["as_of"], "law_on": document["law_on"], "model": document["model"], "policy": document["policy"],
        "law_tables": document["law_tables"], "code": document["code"], "snapshot": inputs.snapshot, "batches": numbers,
        **({"book": inputs.own.until} if inputs.own and "own_book" in document else {}),
    }  # fmt: skip
    return Draft("decision", document["company"], own, public, content)


def last_decisions(world: World, wanted: Sequence[str]) -> dict[str, tuple[str | None, int]]:
    """company → (decision id, event number) of its newest decision."""
    if len(wanted) == 1:
        event = world.log.last("decision", subject=wanted[0])
        return {wanted[0]: (event.ref, event.seq)} if event else {}
    return {event.subject or "": (event.ref, event.seq) for event in world.log.last_of_each("decision")}


def _since(
    world: World, decided: Sequence[Document], before: Mapping[str, tuple[str | None, int]]
) -> dict[str, Document]:
    """The difference from the last decision that was another one. For one or few companies; a whole book asks by company."""
    since = {}
    for document in decided if len(decided) <= 100 else []:
        company, own = document["company"], decision_id(document)
        if company not in before:
            continue
        for event in world.log.events("decision", subject=company, newest_first=True):
            if event.ref != own:
                kept = world.log.private(event)
                if kept is not None:
                    since[company] = differences(kept, document)
                break
    return since
