"""rating watch: how a model does in use. What is found is appended to the log; nothing takes effect by it.

Without a table: the home's own decisions by the model whose year is over, with the outcomes that have come since, and the
companies as they are now. With a table: its rows, and where it has labels, its outcomes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from kemiao.bank.commands.assess import profile_rows, silent
from kemiao.bank.commands.replay import row_schema
from kemiao.bank.commands.score_table import Request as ScoreRequest
from kemiao.bank.commands.score_table import Scored, places_of, typed_rows
from kemiao.bank.event_log import Event
from kemiao.bank.lending.own_book import own_book
from kemiao.bank.model_store import REFERENCE, Stored
from kemiao.bank.models import Known, in_use, known_models, stored_model
from kemiao.bank.packaged_policy import policy_of
from kemiao.bank.permits import permit, receipt
from kemiao.bank.rulebook import grounds
from kemiao.bank.training_file import read_training_file
from kemiao.bank.views import batches, companies, default_as_of
from kemiao.bank.watch_facts import proposals_of, watch_facts
from kemiao.bank.world import World
from kemiao.base.digest import digest, digest_bytes
from kemiao.base.refusal import Refusal
from kemiao.credit.rating.columns import read_training, text_of
from kemiao.credit.rating.contest import Rival, match
from kemiao.credit.rating.drift import Before, Drift, Outcomes, Said, drift
from kemiao.credit.rating.intervals import Figure
from kemiao.credit.rating.model import Model, score
from kemiao.credit.rating.reference import Band, Reference, reference_from
from kemiao.credit.rating.ripening import apart, ripe
from kemiao.credit.rating.watch_rules import WatchRules, watch_rules
from kemiao.facts.permit import Permit

Ints = npt.NDArray[np.int64]
_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class Request:
    """model: digest or name; None for the one in use. table, label, event_value: a file; label None: no outcomes in it."""

    model: str | None = None
    table: Path | None = None
    label: str | None = None
    event_value: str | None = None
    as_of: date | None = None


@dataclass(frozen=True, slots=True)
class Watched:
    """The model that is watched, with what it kept of its training and validation."""

    digest: str
    name: str
    model: Model
    reference: Reference | None
    before: Before | None
    known_until: date | None  # the day to which it knows the home's own outcomes
    learnt_from: str | None  # digest of the table


@dataclass(slots=True)
class Material:
    """now: rows that the model meets now. ripe, event, decided_on: rows whose outcome is known.

    outcomes: names these rows in the record. counts: decisions awaiting, unripe, gone, erased, overlapping, known. learnt:
    digest of the table that could have been learnt from."""

    source: Mapping[str, str]
    as_of: date | None
    now: pa.Table | None = None
    ripe: pa.Table | None = None
    event: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    decided_on: list[date] = field(default_factory=list)
    outcomes: str = "home"
    counts: dict[str, int] = field(default_factory=dict)
    permit: Permit | None = None
    learnt: str | None = None


def watch_rating(world: World, request: Request) -> dict[str, Any] | Refusal:
    """The event's content, with its number and time: what it says is what the record keeps."""
    rules = watch_rules(policy) if not isinstance(policy := policy_of(world, "models"), Refusal) else policy
    if isinstance(rules, Refusal):
        return rules
    watched = watched_model(world, request.model)
    if isinstance(watched, Refusal):
        return watched
    material = _table(request, request.table) if request.table else _home(world, watched, request, rules)
    if isinstance(material, Refusal):
        return material
    return _append(world, watched, material, request, rules)


def watched_model(world: World, name: str | None) -> Watched | Refusal:
    wanted = name or in_use(world)
    if wanted is None:
        card = grounds(world, world.clock.today()).book.card
        return Watched(card.digest, card.name, card, None, None, None, None)
    read = stored_model(world, wanted)
    if isinstance(read, Refusal):
        return read
    known, one = read
    try:
        reference = reference_from(one.files[REFERENCE]) if REFERENCE in one.files else None
    except (ValueError, KeyError, TypeError) as error:
        return Refusal.at("NOT_A_MODEL", f"训练分布无法读取:{error}", f"the counts of its training can't be read: {error}", model=known.name, file=REFERENCE)  # fmt: skip
    return Watched(one.digest, one.name, one.model, reference, _before(one, reference), _known_until(known, one), one.lineage.get("table_digest"))  # fmt: skip


def _before(one: Stored, reference: Reference | None) -> Before | None:
    """Of rows held out: the AUC with its interval, and defaults against PD. A model of the first release keeps it in ppm."""
    said: Any = one.model.facts.get("validation")
    if not isinstance(said, Mapping) or "auc_ppm" not in said:
        return None
    auc = Figure(*(said[name] / 1e6 for name in ("auc_ppm", "auc_low_ppm", "auc_high_ppm")))
    if reference is not None:
        sums = [sum(getattr(each, name) for each in reference.bands) for name in ("rows", "events", "expected", "squares")]  # fmt: skip
        return Before(auc, Band("", 0, *sums))
    if not {"rows", "events", "mean_pd_ppm"} <= said.keys():
        return None
    expected = said["mean_pd_ppm"] * said["rows"] / 1e6
    return Before(auc, Band("", 0, said["rows"], said["events"], expected, expected**2 / said["rows"]))


def _known_until(known: Known, one: Stored) -> date | None:
    """A model fitted on the home's facts knows their outcomes to the end of its label's year, or to its own day."""
    source = one.lineage.get("source") or {}
    if "as_of" not in source:
        return None
    days = one.lineage.get("horizon_days")
    return date.fromisoformat(source["as_of"]) + timedelta(days=days) if days else datetime.fromisoformat(known.at).date()  # fmt: skip


def _table(request: Request, path: Path) -> Material | Refusal:
    file = read_training_file(path)
    if isinstance(file, Refusal):
        return file
    content = digest_bytes("watched_table", path.read_bytes())
    found = Material({"file": path.name}, request.as_of, file.table, outcomes=content)  # fmt: skip
    if request.label is None:
        return found
    learnt = read_training(file.table, request.label, event_value=request.event_value)
    if isinstance(learnt, Refusal) and learnt.code == "LABEL_ONE_VALUE" and request.event_value is not None:
        texts = text_of(file.table[request.label]).to_pylist()  # nobody defaulted, or all did: that is a result here
        places = [place for place, text in enumerate(texts) if text is not None]
        event = np.array([texts[place] == request.event_value for place in places], np.int64)
    elif isinstance(learnt, Refusal):
        return Refusal(learnt.code, learnt.zh, learnt.en, (("file", path.name), *learnt.where))
    else:
        order = np.argsort(learnt.numbers)
        places, event, found.learnt = learnt.numbers[order].tolist(), learnt.event[order], learnt.digest
    found.ripe, found.event = file.table.take(pa.array(places, pa.int64())), event
    return found


def _home(world: World, watched: Watched, request: Request, rules: WatchRules) -> Material | Refusal:
    brought = batches(world)
    if not brought:
        return Refusal("NOTHING_IMPORTED", "还没有导入任何资料:先 kemiao import", "nothing has been imported: run kemiao import first")  # fmt: skip
    as_of, given, today = request.as_of or default_as_of(world, brought), permit(world, companies(world), "model_fitting", brought=brought), world.clock.today()  # fmt: skip
    _, tables = world.log.snapshot()
    own = own_book(world, given.subjects, as_of)
    with world.lake.open(given, tables, as_of, today) as facts:
        now = profile_rows(facts, as_of, silent(brought, as_of) & frozenset(given.tables), own.loans if own else None)
        seen = _seen(facts) if "outcome" in given.tables else {}
    found = Material({"home": "decisions"}, as_of, now, permit=given)
    decided, features = _decisions(world, watched, as_of, rules, found.counts)
    kept = apart(decided, rules)
    found.counts["overlapping"] = len(decided) - len(kept)
    rows: list[Mapping[str, Any]] = []
    events: list[int] = []
    for place in kept:
        company, day = decided[place]
        how = "known" if watched.known_until and day < watched.known_until else ripe(day, seen.get(company, ()), as_of, rules)  # fmt: skip
        found.counts[how] = found.counts.get(how, 0) + 1
        if how in ("defaulted", "held"):
            rows.append(features[place])
            events.append(how == "defaulted")
            found.decided_on.append(day)
    found.ripe, found.event = _feature_rows(rows), np.array(events, np.int64)
    return found


def _seen(facts: Any) -> dict[str, list[tuple[date, bool]]]:
    table = facts.sql("SELECT company, observed_on, defaulted FROM outcome WHERE defaulted IS NOT NULL AND observed_on IS NOT NULL ORDER BY ALL")  # fmt: skip
    seen: dict[str, list[tuple[date, bool]]] = {}
    for company, day, defaulted in zip(*(table[name].to_pylist() for name in ("company", "observed_on", "defaulted")), strict=True):  # fmt: skip
        seen.setdefault(company, []).append((day, defaulted))
    return seen


def _decisions(
    world: World, watched: Watched, as_of: date, rules: WatchRules, counts: dict[str, int]
) -> tuple[list[tuple[str, date]], list[Mapping[str, Any]]]:
    """(company, day) and the kept input row of each decision by the model up to the day, in the order of the log."""
    decided: list[tuple[str, date]] = []
    features: list[Mapping[str, Any]] = []
    found = (event for event in world.log.events("decision") if event.public["model"] == watched.digest)
    while some := list(islice(found, _AT_ONCE)):
        for event, kept in zip(some, world.log.privates(some), strict=True):
            day = date.fromisoformat(event.public["as_of"])
            if day > as_of:
                continue
            if kept is None:
                counts["erased"] = counts.get("erased", 0) + 1
                continue
            decided.append((kept["company"], day))
            features.append({"company": kept["company"], **kept["features"]})
    return decided, features


def _feature_rows(rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Kept input rows as columns; what a row does not name is unknown."""
    columns = {}
    for each in row_schema():
        values = [row.get(each.name) for row in rows]
        if pa.types.is_date(each.type):
            values = [None if value is None else date.fromisoformat(value) for value in values]
        columns[each.name] = pa.array(values, each.type)
    return pa.table(columns, schema=row_schema())


def asked(model: Model, rows: pa.Table, file: str) -> pa.Table | Refusal:
    """The columns that the model reads, as it reads them from a file."""
    places = places_of(model, rows.column_names, ScoreRequest(Path(file)))
    if isinstance(places, Refusal):
        return places
    cells = rows.rename_columns([f"c{place}" for place in range(rows.num_columns)])
    return typed_rows(model, cells.append_column("row", pa.array(np.arange(rows.num_rows))), places, Scored())


def _points(model: Model, typed: pa.Table) -> tuple[Ints, Ints] | Refusal:
    scored = score(model, typed, None, parts=False)
    if isinstance(scored, Refusal):
        return scored
    return np.asarray(scored["points"], dtype=np.int64), np.asarray(scored["pd_ppm"], dtype=np.int64)


def _outcomes(model: Model, material: Material, rows: npt.NDArray[np.bool_] | None = None) -> Outcomes | Refusal | None:
    """By a model, of the rows whose outcome is known, or of some of them."""
    if material.ripe is None or not material.event.size or (rows is not None and not rows.any()):
        return None
    table, event = material.ripe, material.event
    if rows is not None:
        table, event = table.filter(pa.array(rows)), event[rows]
    typed = asked(model, table, material.source.get("file", ""))
    found = typed if isinstance(typed, Refusal) else _points(model, typed)
    return found if isinstance(found, Refusal) else Outcomes(*found, event)


def _drift(watched: Watched, material: Material, rules: WatchRules) -> Drift | Refusal:
    now = points = None
    if material.now is not None and material.now.num_rows:
        now = asked(watched.model, material.now, material.source.get("file", ""))
        if isinstance(now, Refusal):
            return now
        scored = _points(watched.model, now)
        if isinstance(scored, Refusal):
            return scored
        points = scored[0]
    outcomes = None if _is_own(watched.learnt_from, material) else _outcomes(watched.model, material)
    if isinstance(outcomes, Refusal):
        return outcomes
    return drift(watched.reference, watched.before, now, points, outcomes, rules, awaiting=material.counts.get("awaiting", 0))  # fmt: skip


def _is_own(learnt_from: str | None, material: Material) -> bool:
    return learnt_from is not None and learnt_from == material.learnt


def _append(
    world: World, watched: Watched, material: Material, request: Request, rules: WatchRules
) -> dict[str, Any] | Refusal:
    found = _drift(watched, material, rules)
    if isinstance(found, Refusal):
        return found
    others = [each for each in known_models(world) if each.digest != watched.digest and each.state != "retired"]
    rivals = [_rival(world, watched, each, material) for each in others if material.event.size]
    own = _is_own(watched.learnt_from, material)
    head = {
        "model": watched.digest, "name": watched.name, "source": dict(material.source), "as_of": material.as_of.isoformat() if material.as_of else None,
        "outcomes_of": material.outcomes, "counts": material.counts, "own_rows": own, "false_alarm_ppm": rules.false_alarm_ppm,
    }  # fmt: skip
    public = watch_facts(head, found, rivals)
    public["proposals"] = proposals_of(world, public, fit_command(request, material), rules)
    with world.log.write() as tx:
        if material.permit is not None:
            receipt(tx, material.permit)
        seq = tx.append("model_watch", ref=watched.digest, public=public)
        tx.witness(seq, {"kind": "model_watch", "model": watched.digest, "digest": digest("model_watch", public)})
        for each in public["proposals"]:
            tx.append("model_proposal", ref=watched.digest, public={**each, "watch": seq})
    return {"seq": seq, **public}


def _rival(world: World, watched: Watched, known: Known, material: Material) -> Rival:
    """Another model on those rows of which neither knew the end when it learnt."""
    named = known.digest, known.name, known.state
    read = stored_model(world, known.digest)
    if isinstance(read, Refusal):
        return Rival(*named, None, Said(read.code, read.zh, read.en))
    one, until = read[1], _known_until(*read)
    if _is_own(one.lineage.get("table_digest"), material) or _is_own(watched.learnt_from, material):
        return Rival(*named, None, Said("LEARNT_HERE", "正是在这些行上训练的", "it learnt from these very rows"))
    rows = np.array([until is None or day >= until for day in material.decided_on], bool) if material.decided_on else None  # fmt: skip
    sides = [_outcomes(model, material, rows) for model in (watched.model, one.model)]
    for side in sides:
        if isinstance(side, Refusal):
            return Rival(*named, None, Said(side.code, side.zh, f"{side.en}: {', '.join(value for _, value in side.where)}"))  # fmt: skip
    used, other = sides
    if not isinstance(used, Outcomes) or not isinstance(other, Outcomes):
        return Rival(*named, None, Said("NO_OUTCOMES", "没有它训练以后的结果", "there are no outcomes after its training"))  # fmt: skip
    result = match(used, other)
    one_sided = Said("ONE_OUTCOME", "这些行没有违约,或全部违约", "none of the rows defaulted, or all of them did")
    return Rival(*named, result, None if result else one_sided)


def fit_command(request: Request, material: Material) -> str:
    """How the same rows would be learnt from."""
    if request.table is not None:
        event = f" --event {request.event_value}" if request.event_value else ""
        return f"kemiao rating fit --table {request.table} --label {request.label or 'LABEL'}{event}"
    return "kemiao rating fit"


def past_watches(world: World, model: str | None) -> tuple[Event, ...] | Refusal:
    """Of one model, oldest first; without a name of the one in use, or of the expert card."""
    watched = watched_model(world, model)
    return watched if isinstance(watched, Refusal) else tuple(world.log.events("model_watch", ref=watched.digest))
