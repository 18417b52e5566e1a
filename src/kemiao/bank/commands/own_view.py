"""What a company sees of itself: its facts as they are judged, its certificates, its decision in words. Read as its own enquiry."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from kemiao.bank.commands.assess import Inputs, Request
from kemiao.bank.commands.override import now as stands_now
from kemiao.bank.commands.technology import Request as TechnologyRequest
from kemiao.bank.commands.technology import technology
from kemiao.bank.commands.what_if import Lifted, lifted, looked
from kemiao.bank.lending.loan_store import LOAN, LOAN_CHUNK, MESSAGE, MESSAGE_CHUNK
from kemiao.bank.names import registered_names
from kemiao.bank.permits import permit, receipt
from kemiao.bank.reasons import explained, reasons_on
from kemiao.bank.rulebook import grounds, kept_rulebook
from kemiao.bank.world import World
from kemiao.base.refusal import Refusal
from kemiao.credit.profile import COLUMNS
from kemiao.credit.qualification_gaps import Size, TechSme, size_steps, tech_sme_gaps
from kemiao.credit.rating.actionable import said_value
from kemiao.credit.rating.sliders import Slider, sliders

_CERTIFICATES = """
SELECT kind, certificate_no, granted_on, expires_on FROM qualification
WHERE kind IS NOT NULL AND granted_on IS NOT NULL ORDER BY granted_on DESC, kind, certificate_no
"""
_MOVING = (LOAN_CHUNK, MESSAGE, MESSAGE_CHUNK, "import_undone", "technology_reference")
LADDER = ("innovative_sme", "specialized_sme", "little_giant")  # of 梯度培育, each step asks for the one before
_FAVOURABLE_PPM = 750_000  # of the most points that a figure can earn, so many and it is told as a strength


@dataclass(frozen=True, slots=True)
class Certificate:
    kind: str
    number: str
    granted_on: date
    expires_on: date | None
    days_left: int | None  # below zero: expired


@dataclass(frozen=True, slots=True)
class Look:
    """One reading of a company about itself. name: as registered, where a register told it."""

    inputs: Inputs
    name: str | None
    certificates: tuple[Certificate, ...]

    @property
    def as_of(self) -> str:
        return str(self.inputs.rested_on["as_of"])


@dataclass(frozen=True, slots=True)
class Qualifications:
    company: str
    as_of: str
    law_on: str
    tech_sme: TechSme
    size: Size
    certificates: tuple[Certificate, ...]
    ladder: str | None  # the highest step of it that is in force

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def stand(world: World, company: str) -> tuple[Hashable, ...]:
    """Changes when what a look at the company would find, or how it is judged, may have changed: facts, the bank's book of it, law,
    policy, model, reference, erasure, the day. While it stands, one look and its receipt serve a visit, however many sliders move."""
    today = world.clock.today()
    rests = grounds(world, today)
    last = [world.log.last(kind, subject=company) for kind in (LOAN, "erased")] + [world.log.last(kind) for kind in _MOVING]  # fmt: skip
    seqs = (event.seq if event else 0 for event in last)
    return (company, today, world.log.snapshot()[0], rests.model, rests.policy, rests.law_tables, world.policy.digest_on(today), *seqs)  # fmt: skip


def name_of(world: World, company: str) -> str | None:
    """As registered, read as the company's own enquiry. Leaves a receipt where anything was read."""
    given = permit(world, (company,), "subject_access", ("company",))
    if not given.tables:
        return None
    with world.lake.open(given, world.log.snapshot()[1], None, world.clock.today()) as facts:
        names = registered_names(facts, given)
    with world.log.write() as tx:
        receipt(tx, given)
    return names.get(company)


def look(world: World, company: str) -> Look | Refusal:
    """Refuses NO_FACTS where nothing about the company was brought."""
    inputs = looked(world, Request((company,)), "subject_access")
    if isinstance(inputs, Refusal):
        return inputs
    as_of = date.fromisoformat(inputs.rested_on["as_of"])
    with world.lake.open(inputs.permit, world.log.snapshot()[1], as_of, world.clock.today()) as facts:
        names = registered_names(facts, inputs.permit)
        rows = facts.sql(_CERTIFICATES).to_pylist() if "qualification" in inputs.permit.tables else []
    held = {(row["kind"], row["certificate_no"]): row for row in reversed(rows)}  # of one certificate the newest row
    certificates = tuple(
        Certificate(row["kind"], row["certificate_no"], row["granted_on"], row["expires_on"], (row["expires_on"] - as_of).days if row["expires_on"] else None)
        for row in held.values()
    )  # fmt: skip
    return Look(inputs, names.get(company), tuple(sorted(certificates, key=lambda each: each.granted_on, reverse=True)))


def qualifications(world: World, company: str) -> Qualifications | Refusal:
    seen = look(world, company)
    return seen if isinstance(seen, Refusal) else qualified(world, seen)


def qualified(world: World, seen: Look) -> Qualifications | Refusal:
    """Of a look: nothing is read."""
    today, row = world.clock.today(), seen.inputs.features
    tech, size = tech_sme_gaps(row, world.law, today), size_steps(row, world.law, today)
    if isinstance(tech, Refusal):
        return tech
    if isinstance(size, Refusal):
        return size
    standing = {each.kind for each in seen.certificates if each.days_left is None or each.days_left >= 0}
    ladder = next((step for step in reversed(LADDER) if step in standing), None)
    return Qualifications(row["company"][0].as_py(), seen.as_of, today.isoformat(), tech, size, seen.certificates, ladder)  # fmt: skip


def lift_of(world: World, seen: Look) -> Lifted | Refusal:
    """What would lift the grade, of a look: nothing is read."""
    return lifted(seen.inputs, reasons_on(world, world.clock.today())[0])


def sliders_of(world: World, seen: Look) -> list[Slider]:
    book = seen.inputs.grounds.book
    policy, _ = reasons_on(world, world.clock.today())
    ruled = frozenset().union(*(rule.when.columns for rule in book.rules))
    return sliders(seen.inputs.features.to_pylist()[0], book.card, ruled, policy)


def own_decision(world: World, company: str) -> dict[str, Any] | None:
    """Its newest decision in words, with what speaks for it; now: approve | refer | decline after what persons decided. Read from the
    kept decision: no fact is opened. None where there is none, or it was erased."""
    event = world.log.last("decision", subject=company)
    document = world.log.private(event) if event else None
    if event is None or document is None:
        return None
    day = date.fromisoformat(document["law_on"])
    book = kept_rulebook(world, document["model"], document["policy"], document["law_tables"], day)
    (said,) = explained(world, [document], book, day)
    return said | {"now": stands_now(world, event, document), "favourable": _favourable(world, day, said), "at": event.at}  # fmt: skip


def _favourable(world: World, day: date, said: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Known figures that earn most of what they can, the greatest first. What may not be said of a choice stays unsaid."""
    policy, _ = reasons_on(world, day)
    found = []
    for each in said["rating"]["contributions"]:
        if each["value"] is None or each["best_points"] <= 0 or each["points"] * 1_000_000 < each["best_points"] * _FAVOURABLE_PPM:  # fmt: skip
            continue
        feature, name = COLUMNS.get(each["feature"]), each["feature"]
        value = said_value(each["unit"], each["value"]) if each["unit"] != "text" or name in policy.say_levels else None
        found.append({
            "feature": name, "zh": feature.zh if feature else each["zh"], "en": feature.en if feature else each["en"],
            "value_zh": value.zh if value else None, "value": value.en if value else None, "points": each["points"], "best_points": each["best_points"],
        })  # fmt: skip
    return sorted(found, key=lambda each: -each["points"])


def own_technology(world: World, company: str) -> dict[str, Any] | Refusal:
    """Its technology grade in words (`kemiao tech`), read as its own enquiry. Refuses NO_REFERENCE."""
    answer = technology(world, TechnologyRequest((company,)), purpose="subject_access")
    return answer if isinstance(answer, Refusal) else {"as_of": answer.as_of.isoformat()} | answer.documents[0]
