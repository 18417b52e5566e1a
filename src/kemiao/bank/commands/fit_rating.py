"""rating validate | fit: learn a card or a challenger from a table of one row a company or loan, or from the home's own facts.

A fit is never silent and never takes effect: it stores the model with the figures of its validation; `promote` makes it
the one that assess uses.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

import numpy as np
import pyarrow as pa

from kemiao.bank.commands.assess import profile_rows, silent
from kemiao.bank.examination import examined, look
from kemiao.bank.examination_json import examination_json
from kemiao.bank.lending.own_book import own_book
from kemiao.bank.model_store import REFERENCE, keep, stored
from kemiao.bank.models import SHOWN, in_use
from kemiao.bank.permits import permit, receipt
from kemiao.bank.policy import freeze
from kemiao.bank.rulebook import code_version
from kemiao.bank.training_file import read_training_file
from kemiao.bank.views import batches, companies, default_as_of
from kemiao.bank.world import World
from kemiao.base.digest import digest
from kemiao.base.refusal import Refusal, Refused
from kemiao.credit.profile import FEATURES
from kemiao.credit.rating.challenger import Grown
from kemiao.credit.rating.choice import Kind, fit_kind
from kemiao.credit.rating.columns import Column, TrainingTable, column_named, read_training
from kemiao.credit.rating.examination import Examination, Wanted
from kemiao.credit.rating.examination_rules import ExaminationRules
from kemiao.credit.rating.expert_card import card_from_policy
from kemiao.credit.rating.findings import as_facts, as_json, difference_facts
from kemiao.credit.rating.fit import Fit
from kemiao.credit.rating.fitted_card import Questions, scorecard
from kemiao.credit.rating.grown_trees import trees_model
from kemiao.credit.rating.inputs import Input, inputs_of
from kemiao.credit.rating.master_scale import scale_from_policy
from kemiao.credit.rating.model import Model, check, features_of, score
from kemiao.credit.rating.reference import as_rows, reference_bytes, reference_of
from kemiao.credit.rating.rules import RatingRules, rules_from_policy
from kemiao.credit.rating.scorecard import Scorecard
from kemiao.credit.rating.validate import HoldOut, Validation, validate
from kemiao.facts.permit import Permit

Progress = Callable[[int, int], None]
YEAR_DAYS = 365


@dataclass(frozen=True, slots=True)
class Request:
    """table: a file; None for the home's facts. as_of: the day whose features are learnt from (home only).
    horizon_days: within how many days the label looks; None where nobody knows. by: who fits, who can't promote then.
    kind: a card, a challenger, or the better one. fold: a column whose values are held out in turn; test: COLUMN=VALUE,
    rows that are held out once. weight: a column of case weights. groups, size, time: columns that the examination looks
    by; the policy's own where none is named."""

    table: Path | None
    label: str
    drop: tuple[str, ...] = ()
    key: str | None = None
    event_value: str | None = None
    baseline: str | None = None
    seed: int = 0
    name: str = "rating"
    horizon_days: int | None = None
    as_of: date | None = None
    by: str = ""
    kind: Kind = "best"
    fold: str | None = None
    test: str | None = None
    weight: str | None = None
    groups: tuple[str, ...] = ()
    size: str | None = None
    time: str | None = None


@dataclass(frozen=True, slots=True)
class Material:
    """What is learnt from: the table, what its columns ask, how far its label looks, what could not be read.

    prior: the bank's expert card, where the columns are those that it asks for."""

    table: TrainingTable
    questions: Questions
    horizon_days: int | None
    source: Mapping[str, object]
    left_out: int
    permit: Permit | None
    prior: Scorecard | None = None


@dataclass(frozen=True, slots=True)
class Fitted:
    model: Model
    validation: Validation
    material: Material
    examination: Examination | None = None


def rules_on(world: World | None, day: date | None) -> RatingRules | Refusal:
    """The bank's rules of a day; without a home, those that the package brings."""
    if world is None or day is None:
        text = files("kemiao.bank.default_policy").joinpath("rating.toml").read_text("utf-8")
        return rules_from_policy(tomllib.loads(text))
    policy = world.policy.on(day)
    if "rating" not in policy:
        return Refusal.at("POLICY_NOT_IN_FORCE", f"{day} 没有生效的评级政策", f"no rating policy is in force on {day}", file="rating.toml")  # fmt: skip
    return rules_from_policy(policy["rating"])


def material(world: World | None, request: Request) -> Material | Refusal:
    """Reads the file, or the home's facts."""
    if request.table is not None:
        return _file_material(request, request.table)
    if world is None:
        return Refusal("NO_TABLE", "请给出 --table 文件,或一个数据目录", "give --table FILE, or a home")
    return training_table(world, request)


def _file_material(request: Request, path: Path) -> Material | Refusal:
    file = read_training_file(path)
    if isinstance(file, Refusal):
        return file
    table = read_training(file.table, request.label, request.drop, request.key, request.event_value, request.weight)
    if isinstance(table, Refusal):
        where = ((name, str(file.rows[int(value) - 1]) if name == "row" else value) for name, value in table.where)
        return Refusal(table.code, table.zh, table.en, (("file", path.name), *where))
    return Material(table, {}, request.horizon_days, {"file": path.name}, len(file.left_out), None)


@dataclass(frozen=True, slots=True)
class HomeRows:
    """Companies with an outcome, one row each, with `defaulted`. dated: the label looks a year ahead of as_of."""

    rows: pa.Table
    as_of: date
    dated: bool
    permit: Permit


def home_rows(world: World, on: date | None) -> HomeRows | Refusal:
    """Companies with an outcome: their features as of a day, and whether they defaulted after it.

    Dated outcomes: the day is --as-of, or a year before the newest outcome, and the label looks a year ahead of it.
    Undated ones: features as of the home's day, without those that see how long a company has been silent, because a
    company may fall silent by defaulting; the label has no horizon.
    """
    brought = batches(world)
    given = permit(world, companies(world), "model_fitting")
    if "outcome" not in given.tables:
        return Refusal("NO_OUTCOMES", "还没有导入过履约结果", "no outcomes have been imported")
    _, tables = world.log.snapshot()
    today = world.clock.today()
    with world.lake.open(given, tables, today, today) as facts:
        outcomes = facts.sql(
            "SELECT company, observed_on, defaulted FROM outcome WHERE defaulted IS NOT NULL ORDER BY ALL"
        )
    if not outcomes.num_rows:
        return Refusal.at("NO_OUTCOMES", f"导入过履约结果,但到 {today} 还没有一条已知", f"outcomes have been imported, but none of them was known by {today}", file="kemiao.toml")  # fmt: skip
    dated = [day for day in outcomes["observed_on"].to_pylist() if day is not None]
    as_of = on or (max(dated) - timedelta(days=YEAR_DAYS) if dated else default_as_of(world, brought))
    label = labels(outcomes, as_of if dated else None)
    own = own_book(world, given.subjects, as_of)  # as a decision of that day would have seen it
    with world.lake.open(given, tables, as_of, today) as facts:
        rows = profile_rows(facts, as_of, silent(brought, as_of) & frozenset(given.tables), own.loans if own else None)
    if not label.num_rows:
        return Refusal.at("NO_OUTCOMES", f"{as_of} 之后一年内没有一户有已知结果", f"of no company is an outcome known in the year after {as_of}", as_of=as_of)  # fmt: skip
    kept = [each.name for each in FEATURES if each.unit != "day" and not (each.leak and not dated)]
    joined = rows.select(["company", *kept]).join(label, "company", join_type="inner").combine_chunks()
    return HomeRows(joined, as_of, bool(dated), given)


def training_table(world: World, request: Request) -> Material | Refusal:
    """The home's own companies as a table to learn from."""
    home = home_rows(world, request.as_of)
    if isinstance(home, Refusal):
        return home
    table = read_training(home.rows, "defaulted", request.drop, "company", weight=request.weight)
    if isinstance(table, Refusal):
        return table
    questions = {each.name: (each.question_zh, each.question_en, each.unit) for each in FEATURES}
    source = {"as_of": home.as_of.isoformat(), "bases": list(home.permit.bases)}
    prior = card_from_policy(world.policy.on(world.clock.today())["expert_card"])
    if isinstance(prior, Refusal):
        return prior
    return Material(table, questions, YEAR_DAYS if home.dated else None, source, 0, home.permit, prior)


def labels(outcomes: pa.Table, after: date | None) -> pa.Table:
    """company, defaulted: within a year after the day. Companies that had defaulted by then are left out, and so are those
    of which nothing is known in that year. after: None for undated outcomes."""
    found: dict[str, bool] = {}
    gone: set[str] = set()
    until = after + timedelta(days=YEAR_DAYS) if after else None
    for company, day, defaulted in zip(
        *(outcomes[name].to_pylist() for name in ("company", "observed_on", "defaulted")), strict=True
    ):
        if after is not None and until is not None:
            if day is None or day > until:
                continue
            if day <= after:
                gone |= {company} if defaulted else set()
                continue
        found[company] = found.get(company, False) or defaulted
    kept = sorted(set(found) - gone)
    return pa.table({"company": pa.array(kept, pa.string()), "defaulted": pa.array([found[key] for key in kept], pa.bool_())})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ready:
    """What is asked for, found to be there, before anything is learnt. against: of its own, else the column of size."""

    rules: RatingRules
    read: Material
    against: Column | None
    held_out: HoldOut | None
    wanted: Wanted
    looking: ExaminationRules


def ready(world: World | None, request: Request, day: date | None) -> Ready | Refusal:
    rules = rules_on(world, day)
    if isinstance(rules, Refusal):
        return rules
    read = material(world, request)
    if isinstance(read, Refusal):
        return read
    looked = look(world, read, request, day)
    if isinstance(looked, Refusal):
        return looked
    against = column_named(read.table, request.baseline)
    if isinstance(against, Refusal):
        return against
    held_out = hold_out(request)
    if isinstance(held_out, Refusal):
        return held_out
    wanted, looking = looked
    return Ready(rules, read, against or (wanted.sizes[0] if wanted.sizes else None), held_out, wanted, looking)


@dataclass(frozen=True, slots=True)
class Validated:
    validation: Validation
    material: Material
    examination: Examination | None


def validate_rating(
    world: World | None, request: Request, day: date | None, progress: Progress, *, examine: bool = False
) -> Validated | Refusal:
    """examine: also by groups, over time, against others, for a report."""
    found = ready(world, request, day)
    if isinstance(found, Refusal):
        return found
    validation = _validation(found, request, progress)
    if isinstance(validation, Refusal):
        return validation
    looked = examined(validation, found.read, found.wanted, found.looking, request.name) if examine else None
    return Validated(validation, found.read, looked)


def _validation(found: Ready, request: Request, progress: Progress) -> Validation | Refusal:
    return validate(
        found.read.table, found.rules, request.seed, found.against, progress, request.kind, found.held_out, found.read.prior
    )  # fmt: skip


def hold_out(request: Request) -> HoldOut | Refusal | None:
    if request.fold is not None and request.test is not None:
        return Refusal("FOLD_OR_TEST", "--fold 与 --test 只能给一个", "give --fold or --test, not both")
    if request.test is None:
        return None if request.fold is None else HoldOut(request.fold)
    column, sign, value = request.test.partition("=")
    if not sign or not column or not value:
        return Refusal.at("BAD_TEST", "--test 的写法是 列=值", "--test is written COLUMN=VALUE", test=request.test)
    return HoldOut(column, value)


def fit_rating(world: World, request: Request, progress: Progress = lambda done, total: None) -> Fitted | Refusal:
    found = ready(world, request, world.clock.today())
    if isinstance(found, Refusal):
        return found
    fitted = decide(found, request, progress)
    if isinstance(fitted, Refusal):
        return fitted
    looked = examined(fitted.validation, found.read, found.wanted, found.looking, request.name, fitted.model.digest)
    return append(world, replace(fitted, examination=looked), request.by)


def decide(asked: Ready, request: Request, progress: Progress) -> Fitted | Refusal:
    """Pure: validates the way of fitting, then fits on all rows."""
    validation = _validation(asked, request, progress)
    if isinstance(validation, Refusal):
        return validation
    read, rules = asked.read, asked.rules
    usable, event = validation.screened.usable, read.table.event
    rows, seed = np.arange(event.size), (request.seed, 30)
    found = fit_kind(request.kind, usable, event, rows, rules, seed, read.table.weights, read.prior)
    if not found.chosen.size:
        return Refusal.at("NOTHING_PREDICTS", "没有一列比平均违约率说明得更多", "no column tells more than the mean rate", column=request.label)  # fmt: skip
    facts = {
        "label": read.table.label, "event_value": read.table.event_value, "horizon_days": read.horizon_days,
        "rows": int(event.size), "events": int(event.sum()), "rows_without_label": read.table.without_label,
        "source": dict(read.source), "table_digest": read.table.digest, "seed": request.seed, "code": code_version(),
        "few_events": bool(event.sum() < rules.validation.events_few), "weight": request.weight,
        "prior": read.prior.digest if read.prior else None,
        "asked_for": request.kind, "challenger_less_card": difference_facts(found.difference),
        "refused": {each.column: each.code for each in validation.screened.refused},
        "suspect": [each.column for each in validation.screened.suspect],
        "validation": as_facts(validation),
    }  # fmt: skip
    model = _written(found.chosen, usable, request.name, read.questions, facts)
    problem = check(model)
    return problem or Fitted(model, validation, read)


def _written(
    found: Fit | Grown, columns: Sequence[Column], name: str, questions: Questions, facts: Mapping[str, object]
) -> Model:
    if isinstance(found, Grown):
        own = {"calibration": found.calibration, "trees": len(found.trees), "leaves": sum(len(each.leaves) for each in found.trees)}  # fmt: skip
        return trees_model(found, columns, name, questions, dict(facts) | own)
    own = {
        "calibration": found.calibration,
        "gains_millinats": {columns[part.column].name: round(part.gain * 1000) for part in found.parts},
        "turning": [columns[part.column].name for part in found.parts if part.turning],
    }
    return scorecard(found, columns, name, questions, dict(facts) | own)


def append(world: World, fitted: Fitted, by: str) -> Fitted:
    """The model's directory first, then the event that names it: a directory without an event is nothing."""
    model = fitted.model
    with world.log.write() as tx:
        one = keep(
            world.home.models, stored(model, lineage(world, fitted, by), *_beside(fitted), _reference(world, fitted))
        )
        if fitted.material.permit is not None:
            receipt(tx, fitted.material.permit)
        public = {
            "name": model.name, "kind": model.kind, "how": "fit", "fitted_by": by, "manifest": one.manifest_digest,
            **{name: model.facts[name] for name in SHOWN},
        }  # fmt: skip
        seq = tx.append("model", ref=model.digest, public=public)
        tx.witness(seq, {"kind": "model", "digest": model.digest})
    return fitted


def lineage(world: World, fitted: Fitted, by: str) -> dict[str, object]:
    """Where a model comes from. Libraries stand here and not in the card: they don't change what it is."""
    facts, material = fitted.model.facts, fitted.material
    rating = world.policy.on(world.clock.today())["rating"]
    return {
        "fitted_by": by, "code": facts["code"], "libraries": {name: version(name) for name in _LIBRARIES}, "seed": facts["seed"],
        "table_digest": material.table.digest, "source": dict(material.source), "snapshot": world.log.snapshot()[0] if material.permit else None,
        "label": material.table.label, "horizon_days": material.horizon_days, "rows": facts["rows"], "events": facts["events"],
        "policy": digest("policy", freeze({"rating": rating})), "before": in_use(world), "prior": facts.get("prior"),
    }  # fmt: skip


def _beside(fitted: Fitted) -> tuple[dict[str, object], tuple[Input, ...]]:
    """How it was validated, and what its inputs were."""
    read = fitted.material
    units = {name: unit for name, (_, _, unit) in read.questions.items()}
    features = features_of(fitted.model)
    validation = as_json(fitted.validation, read.table, read.horizon_days, "zh")
    if fitted.examination is not None:
        validation |= {"examination": examination_json(fitted.examination)}
    return validation, inputs_of(read.table.columns, features, units)  # fmt: skip


def _reference(world: World, fitted: Fitted) -> dict[str, bytes]:
    """By what the model will be watched. Raises Refused where the home's policy can't be read."""
    policy = world.policy.on(world.clock.today())
    scale = scale_from_policy(policy["master_scale"])
    if isinstance(scale, Refusal):
        raise Refused(scale)
    by_name = {each.name: each for each in fitted.material.table.columns}
    asked = [by_name[name] for name in features_of(fitted.model)]
    scored = score(fitted.model, as_rows(asked), None, parts=False)
    if isinstance(scored, Refusal):
        raise Refused(scored)
    points, bins = np.asarray(scored["points"], dtype=np.int64), policy["rating"]["examination"]["psi_bins"]
    return {REFERENCE: reference_bytes(reference_of(asked, points, fitted.validation.held, scale, bins))}


_LIBRARIES = ("lightgbm", "numpy", "pyarrow", "scipy")
