"""tech, tech-reference: technology grades of companies against a stored reference, and the references themselves.

A reference is made from all companies that the permit allows as of a day, stored by digest in the home, and recorded by an
event that is witnessed. A grade for a day is given against the newest reference whose own day is not later.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa

from kemiao.bank.event_log import Event
from kemiao.bank.permits import permit, receipt
from kemiao.bank.policy import freeze
from kemiao.bank.rulebook import code_version, technology_rules
from kemiao.bank.views import Batch, batches, companies, default_as_of
from kemiao.bank.world import World
from kemiao.base.digest import digest
from kemiao.base.refusal import Outage, Refusal, Refused
from kemiao.base.tables import DatedTable
from kemiao.credit.technology.grade import explain, make_reference, technology_grade
from kemiao.credit.technology.inputs import PROFILE_READ, row_rules, technology_rows
from kemiao.credit.technology.matrix import Technology
from kemiao.credit.technology.patent_value import patent_rules
from kemiao.credit.technology.reference import Reference, digest_of, reference_from
from kemiao.data.lake import Facts
from kemiao.facts.permit import Permit, Purpose
from kemiao.law.patent_term import patent_terms

Progress = Callable[[int, int], None]
Document = dict[str, Any]
Policies = Mapping[str, Mapping[str, Any]]
Law = Mapping[str, DatedTable]


@dataclass(frozen=True, slots=True)
class Request:
    """companies: keys, or None for all. as_of: None for the home's day. make: a reference where the day has none."""

    companies: tuple[str, ...] | None
    as_of: date | None = None
    make: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """documents: one a company, as credit/technology/grade explains them. made: whether the reference is new."""

    documents: tuple[Document, ...]
    as_of: date
    reference: Reference
    made: bool


def technology(
    world: World, request: Request, progress: Progress = lambda done, total: None, purpose: Purpose = "credit_review"
) -> Answer | Refusal:
    brought = batches(world)
    if not brought:
        return Refusal("NOTHING_IMPORTED", "还没有导入任何资料:先 kemiao import", "nothing has been imported: run kemiao import first")  # fmt: skip
    as_of = request.as_of or default_as_of(world, brought)
    rules = technology_rules(world.policy.on(world.clock.today()))
    found = newest_reference(world, as_of)
    made = found is None and request.make
    if made:
        new = make(world, as_of)
        if isinstance(new, Refusal):
            return new
        found = new.digest
    if found is None:
        return Refusal.at("NO_REFERENCE", "这一天还没有技术参照:先 kemiao tech --all 或 kemiao tech-reference make", "the day has no technology reference: kemiao tech --all or kemiao tech-reference make makes one", as_of=as_of)  # fmt: skip
    reference = read_reference(world, found)
    wanted = request.companies if request.companies is not None else companies(world)
    rows, given, read = _rows(world, wanted, as_of, brought, purpose)
    strangers = [company for company in wanted if company not in read]
    if strangers and request.companies is not None:
        return Refusal.at("NO_FACTS", "没有这家企业的资料", "there are no facts about this company", company=strangers[0], as_of=as_of)  # fmt: skip
    documents: list[Document] = []
    for start in range(0, rows.num_rows, _AT_ONCE):
        documents += explain(technology_grade(rows.slice(start, _AT_ONCE), rules, reference), rules)
        progress(len(documents), rows.num_rows)
    with world.log.write() as tx:
        receipt(tx, given)
    return Answer(tuple(documents), as_of, reference, made)


_AT_ONCE = 20_000


def grade_against(
    world: World, reference: str, facts: Facts, profile: pa.Table, as_of: date, silent_means_none: frozenset[str], law_on: date
) -> Technology:  # fmt: skip
    """The technology grades of the subjects of `facts`, by key, under law and policy of the day. profile: their rows."""
    policy = world.policy.on(law_on)
    rows = rows_of(facts, profile, as_of, silent_means_none, policy, world.law, law_on)
    return technology_grade(rows, technology_rules(policy), read_reference(world, reference)).technology()


def rows_of(
    facts: Facts, profile: pa.Table, as_of: date, silent_means_none: frozenset[str], policy: Policies, law: Law, law_on: date
) -> pa.Table:  # fmt: skip
    """One row a subject, by key. profile: their rows, as of the same day and with the same silence."""
    if "patent_value" not in policy:
        raise Refused(Refusal.at("POLICY_NOT_IN_FORCE", "没有生效的专利价值政策", "no policy of patent value is in force", file="patent_value.toml"))  # fmt: skip
    terms = patent_terms(law, law_on)
    rules = row_rules(policy["patent_value"])
    if isinstance(terms, Refusal):
        raise Refused(terms)
    if isinstance(rules, Refusal):
        raise Refused(rules)
    patents = patent_rules(policy["patent_value"], terms[0])
    if isinstance(patents, Refusal):
        raise Refused(patents)
    facts.put("profile", profile.select(["company", *PROFILE_READ]))
    return technology_rows(facts.sql, as_of, silent_means_none, rules, patents)


def make(world: World, as_of: date | None = None) -> Reference | Refusal:
    """From every company that is somebody's subject, as of the day."""
    brought = batches(world)
    day = as_of or default_as_of(world, brought)
    policy = world.policy.on(world.clock.today())
    rules = technology_rules(policy)
    rows, given, _ = _rows(world, companies(world), day, brought)
    lineage = {
        "as_of": day.isoformat(), "snapshot": world.log.snapshot()[0], "companies": rows.num_rows, "code": code_version(),
        "policy": digest("policy", freeze(policy["technology"])), "bases": list(given.bases),
    }  # fmt: skip
    content = make_reference(rows, rules, lineage)
    return content if isinstance(content, Refusal) else _append(world, content, given)


def load(world: World, file: Path) -> Reference | Refusal:
    """A reference that another installation made: the same file gives the same digest, and the same grades."""
    try:
        content = file.read_bytes()
    except OSError as error:
        return Refusal.at("NO_FILE", f"文件读不了:{error.strerror}", f"the file can't be read: {error.strerror}", file=file)  # fmt: skip
    found = _parsed(content, None)
    if isinstance(found, Refusal):
        return Refusal(found.code, found.zh, found.en, (("file", file.name),))
    least = technology_rules(world.policy.on(world.clock.today())).reference.companies_least
    if found.companies < least:
        return Refusal.at("REFERENCE_TOO_SMALL", f"参照至少要 {least} 家企业", f"a reference takes {least} companies", file=file.name)  # fmt: skip
    return _append(world, content, None)


def references(world: World) -> list[Event]:
    """The newest event of each, in the order of their making."""
    return list({event.ref: event for event in world.log.events("technology_reference")}.values())


def newest_reference(world: World, as_of: date) -> str | None:
    """Digest of the newest whose day is not later: a grade must not rest on what was known only later."""
    for event in world.log.events("technology_reference", newest_first=True):
        if event.public["as_of"] <= as_of.isoformat():
            return event.ref
    return None


def reference_named(world: World, name: str) -> str:
    """By digest or the beginning of one (6 characters or more). Raises Refused."""
    found = [event.ref for event in references(world) if event.ref and len(name) >= 6 and event.ref.startswith(name)]
    if len(found) != 1:
        raise Refused(Refusal.at("NO_SUCH_REFERENCE", "没有这份技术参照(kemiao tech-reference list)", "there is no such technology reference (kemiao tech-reference list)", reference=name))  # fmt: skip
    return found[0]


def has_reference(world: World, name: str) -> bool:
    return _path(world, name).is_file()


def read_reference(world: World, name: str) -> Reference:
    """By its digest. Raises Refused where the file is gone or altered."""
    key = ("technology_reference", name)
    if key not in world.read_once:
        path = _path(world, name)
        if not path.is_file():
            raise Refused(Refusal.at("REFERENCE_MISSING", "技术参照文件不在了", "the technology reference's file is gone", file=path))  # fmt: skip
        read = _parsed(path.read_bytes(), name)
        if isinstance(read, Refusal):
            raise Refused(read)
        world.read_once[key] = read
    found: Reference = world.read_once[key]
    return found


def _path(world: World, name: str) -> Path:
    return world.home.references / f"{name}.json"


def _parsed(content: bytes, wanted: str | None) -> Reference | Refusal:
    try:
        document = json.loads(content)
    except ValueError:
        if wanted is None:
            return Refusal("NOT_A_REFERENCE", "不是技术参照文件", "this is no technology reference")
        document = None
    return reference_from(document, content, wanted)


def _rows(
    world: World, wanted: Sequence[str], as_of: date, brought: Sequence[Batch], purpose: Purpose = "credit_review"
) -> tuple[pa.Table, Permit, set[str]]:
    """The technology rows under a Permit, and whose papers there are at all."""
    from kemiao.bank.commands.assess import profile_rows, silent

    given = permit(world, wanted, purpose, brought=brought)
    _, tables = world.log.snapshot()
    with world.lake.open(given, tables, as_of, world.clock.today()) as facts:
        today = world.clock.today()
        none = silent(brought, as_of) & frozenset(given.tables)
        profile = profile_rows(facts, as_of, none)
        rows = rows_of(facts, profile, as_of, none, world.policy.on(today), world.law, today)
    known = set(companies(world))
    return rows, given, known & set(wanted)


def _append(world: World, content: bytes, given: Permit | None) -> Reference:
    """The file first, then the event that names it: a file without an event is nothing."""
    found = _parsed(content, digest_of(content))
    if isinstance(found, Refusal):
        raise Refused(found)
    with world.log.write() as tx:
        _store(_path(world, found.digest), content)
        if given is not None:
            receipt(tx, given)
        seq = tx.append("technology_reference", ref=found.digest, public=dict(found.lineage))
        tx.witness(seq, {"kind": "technology_reference", "digest": found.digest})
    return found


def _store(path: Path, content: bytes) -> None:
    building = path.with_suffix(".new")
    try:
        path.parent.mkdir(exist_ok=True)
        building.write_bytes(content)
        with building.open("rb") as file:
            os.fsync(file.fileno())
        building.rename(path)
    except OSError as error:
        raise Outage("HOME_UNWRITABLE", f"技术参照无法写入:{error.strerror}", f"the technology reference can't be written: {error.strerror}", {"file": path}) from error  # fmt: skip
