"""replay: a decision is computed again from what it kept, without looking at what it said; then the two are compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import pyarrow as pa

from kemiao.bank.commands.assess import profile_rows, silent
from kemiao.bank.commands.technology import has_reference, read_reference, rows_of
from kemiao.bank.event_log import Event
from kemiao.bank.lending.own_book import OwnBook, own_book
from kemiao.bank.own_entries import no_decision
from kemiao.bank.permits import permit, receipt
from kemiao.bank.provenance import provenance
from kemiao.bank.rulebook import code_version, kept_law, kept_policy, kept_rulebook, technology_rules
from kemiao.bank.views import batches
from kemiao.bank.world import World
from kemiao.base.refusal import Outage, Refusal, Refused
from kemiao.credit.assessment import assess as judge
from kemiao.credit.document import Document, decision_id, documents, table_of
from kemiao.credit.profile import COLUMNS
from kemiao.credit.technology import matrix
from kemiao.credit.technology.grade import technology_grade
from kemiao.data.lake import Facts

Result = Literal["identical", "differs", "inputs_erased", "other_code_version"]
_RESTED_ON = ("as_of", "law_on", "model", "policy", "law_tables", "code", "assumed", "bases")


@dataclass(frozen=True, slots=True)
class Replayed:
    """identical: null where nothing could be compared. differing: name → [then, now].

    rows: "identical", "differs", "not_kept" (the lake no longer holds the decision's snapshot) or "closed" (the shared chain does
    not open them now): whether the rows that it read still say what they said. command: how to replay it with the code that decided it.
    """

    decision_id: str
    result: Result
    identical: bool | None
    differing: Mapping[str, Any]
    rows: str
    code: str
    command: str | None = None


def replay(world: World, wanted: str, changed: Mapping[str, Any] | None = None) -> Replayed | Refusal:
    """changed: inputs to be taken as other values, to see that the decision follows from them."""
    event = world.log.last("decision", ref=wanted)
    if event is None:
        return no_decision(wanted)
    code = event.public["code"]
    kept = world.log.private(event)
    if kept is None:
        return Replayed(wanted, "inputs_erased", None, {}, "not_kept", code)
    inputs, said = _hidden(kept, changed or {})
    again = _decide(world, inputs)
    if isinstance(again, Refusal):
        if code == code_version():
            return again
        # This code can't even read what that code decided with: a policy without a key that it now needs, say.
        return Replayed(wanted, "other_code_version", None, {}, "unchecked", code, _command(code, wanted, world))
    rows, moved = ("unchecked", {}) if changed else _rows(world, event, kept)
    differing = {
        name: [said.get(name), again.get(name)] for name in said | again if said.get(name) != again.get(name)
    } | moved
    # Where the rows still say the same, it is the other code that sees or judges them otherwise.
    if differing and rows != "differs" and not changed and code != code_version():
        return Replayed(wanted, "other_code_version", None, differing, rows, code, _command(code, wanted, world))
    # The id is the digest of the whole document: equal ids are equal bytes.
    same = not differing and decision_id(again) == decision_id(kept)
    return Replayed(wanted, "identical" if same else "differs", same, differing, rows, code)


def _hidden(kept: Document, changed: Mapping[str, Any]) -> tuple[Document, Document]:
    """What the decision rested on, and apart from it what it said."""
    resting = {name: kept[name] for name in ("company", "features", "rows", *_RESTED_ON)}
    if "own_book" in kept:
        resting["own_book"] = kept["own_book"]
    if "technology" in kept:  # the grade and the reference are inputs; what the matrix made of them is not
        resting["technology"] = {name: kept["technology"][name] for name in matrix.RESTED}
    features = {name: value for name, value in {**kept["features"], **changed}.items() if value is not None}
    return resting | {"features": features}, kept | {"features": features} if changed else kept


def _decide(world: World, inputs: Document) -> Document | Refusal:
    law_on = date.fromisoformat(inputs["law_on"])
    try:
        book = kept_rulebook(world, inputs["model"], inputs["policy"], inputs["law_tables"], law_on)
    except Refused as refused:
        return refused.refusal
    assessed = judge(table_of(inputs, row_schema()), book, matrix.technology_of(inputs.get("technology")))
    if isinstance(assessed, Refusal):
        return assessed
    again = documents(assessed, book, {name: inputs[name] for name in _RESTED_ON})[0]
    again |= {name: inputs[name] for name in ("rows", "own_book") if name in inputs}
    return again


def row_schema() -> pa.Schema:
    """The kinds of a profile's columns, as credit/profile states their units."""
    kinds = {"text": pa.string(), "flag": pa.bool_(), "day": pa.date32()}
    return pa.schema(
        [("company", pa.string()), *((name, kinds.get(feature.unit, pa.int64())) for name, feature in COLUMNS.items())]
    )


def _rows(world: World, event: Event, kept: Document) -> tuple[str, dict[str, Any]]:
    """The rows of the decision's own snapshot, read again: what they are and what the profile makes of them."""
    snapshot = next((past for past in world.log.events("snapshot") if past.seq == event.public["snapshot"]), None)
    if snapshot is None:
        return "not_kept", {}
    as_of = date.fromisoformat(kept["as_of"])
    known = set(kept["rows"])
    stood = batches(world, until=event.seq)
    own = _own_book(world, event, kept)
    try:
        given = permit(world, (kept["company"],), "trace", sorted(known), brought=stood)
    except Refused:
        return "closed", {}  # the decision replays from what it kept; its rows are not looked at again
    try:
        with world.lake.open(given, snapshot.public["tables"], as_of, world.clock.today()) as facts:
            now = provenance(facts, given.tables).get(kept["company"], {})
            profile = profile_rows(facts, as_of, silent(stood, as_of), own.loans if own else None)
            graded = _technology_again(world, kept, facts, profile, as_of, silent(stood, as_of))
    except Outage as gone:
        if gone.code != "SNAPSHOT_GONE":
            raise
        return "not_kept", {}
    with world.log.write() as tx:
        receipt(tx, given)
    moved: dict[str, Any] = {
        f"rows.{table}": [kept["rows"].get(table), now.get(table)]
        for table in sorted(known | set(now))
        if kept["rows"].get(table) != now.get(table)
    }
    if own is not None and own.by_company().get(kept["company"]) != kept["own_book"]:
        moved["own_book"] = [kept["own_book"], own.by_company().get(kept["company"])]
    rows = "differs" if moved else "identical"
    for name, value in _known(profile).items():
        if kept["features"].get(name) != value:
            moved[f"features.{name}"] = [kept["features"].get(name), value]
    if "technology" in kept and graded != (kept["technology"]["grade"],) and graded != ():
        moved["technology.grade"] = [kept["technology"]["grade"], *graded]
    return rows, moved


def _own_book(world: World, event: Event, kept: Document) -> OwnBook | None:
    """The book as the decision saw it: on its day, of what was known then. What came late moves the book of that day, not the decision."""
    if "own_book" not in kept:
        return None
    said = kept["own_book"]
    day = date.fromisoformat(said["day"])
    return own_book(world, (kept["company"],), day, event.public["book"], said.get("renews"))


def _technology_again(
    world: World, kept: Document, facts: Facts, profile: pa.Table, as_of: date, silent_means_none: frozenset[str]
) -> tuple[str | None, ...]:
    """The technology grade from the rows again, against the reference that the decision named; empty where that is gone."""
    if "technology" not in kept or not has_reference(world, kept["technology"]["reference"]):
        return ()
    policy, law = kept_policy(world, kept["policy"]), kept_law(world, kept["law_tables"])
    rows = rows_of(facts, profile, as_of, silent_means_none, policy, law, date.fromisoformat(kept["law_on"]))
    reference = read_reference(world, kept["technology"]["reference"])
    return tuple(technology_grade(rows, technology_rules(policy), reference).technology().names())


def _known(profile: pa.Table) -> dict[str, Any]:
    row = profile.to_pylist()[0]
    row.pop("company")
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in row.items()}


def _command(code: str, wanted: str, world: World) -> str:
    release, _, _ = code.partition("+")
    return f"git checkout v{release} && make setup && .venv/bin/kemiao replay {wanted} --home {world.home.root}"
