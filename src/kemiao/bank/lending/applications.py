"""Applications as the event log has them: one event a step, folded into where an application stands on a day.

application (subject: company, ref: the application): public {step, by, person, minutes, machine_ms, until, …}. Steps: applied,
offered, declined, accepted, proposed, signed, ticked, disbursed, withdrawn, reopened. What is signed is a loan_signed event beside.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from kemiao.bank.event_log import Draft, Event
from kemiao.bank.lending.people import Account
from kemiao.bank.world import World
from kemiao.base.digest import digest
from kemiao.base.refusal import BrokenInvariant, Refusal

KIND = "application"
POLICY = "lending"
WAITING = ("applied", "offered", "accepted", "proposed", "signed")  # somebody is to do something within their days
REOPENED_FROM = ("declined", "withdrawn", "lapsed")
APPLICANTS = ("applied", "accepted", "withdrawn", "reopened", "signed")
"""Steps that an applicant's account may take; of a contract it signs, the bank's part has been done before (proposed)."""


@dataclass(frozen=True, slots=True)
class Applicant:
    """A company's own account at the portal. session: digest of the session in which it acts."""

    account: str
    company: str
    session: str


@dataclass(frozen=True, slots=True)
class Effort:
    """Who acts (None: nobody, the program or the applicant alone), the minutes they say it took, and the command's clock so far.
    applicant: the company itself, by its account at the portal; it is no member of the staff, and takes the applicant's steps only."""

    account: Account | None = None
    minutes: int | None = None
    machine_ms: Callable[[], int] = lambda: 0
    applicant: Applicant | None = None


@dataclass(frozen=True, slots=True)
class Application:
    """asked: product, amount_fen, months, purpose, payee, round, as it was last (re)opened. offer, contract, ticks: of this round.
    until: the last day of the next step."""

    id: str
    company: str
    asked: Mapping[str, Any]
    step: str
    on: date
    until: date | None
    offer: Mapping[str, Any] | None = None
    contract: Mapping[str, Any] | None = None
    why: tuple[Mapping[str, Any], ...] = ()  # of a declined one
    ticks: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    loan: str | None = None
    disbursed_fen: int = 0
    steps: tuple[Event, ...] = ()

    def word(self, day: date) -> str:
        """The step, or lapsed where the next one did not come in time. What is signed stays signed."""
        late = self.until is not None and day > self.until and self.step in WAITING and self.step != "signed"
        return "lapsed" if late else self.step

    @property
    def round(self) -> int:
        return int(self.asked["round"])


def application(world: World, own: str) -> Application | Refusal:
    events = list(world.log.events(KIND, ref=own.strip()))
    if events:
        return _folded(events)
    return Refusal.at("NO_SUCH_APPLICATION", "没有这份申请:kemiao application list", "there is no such application: kemiao application list", application=own)  # fmt: skip


def applications(world: World, company: str | None = None) -> Iterator[Application]:
    """All, or a company's, in the order in which they came."""
    grouped: dict[str, list[Event]] = {}
    for event in world.log.events(KIND, subject=company):
        grouped.setdefault(str(event.ref), []).append(event)
    return (_folded(events) for events in grouped.values())


def at_step(world: World, own: str, *steps: str) -> Application | Refusal:
    """The application, where it stands at one of the steps today. Refuses NO_SUCH_APPLICATION, APPLICATION_LAPSED, NOT_AT_THIS_STEP."""
    found = application(world, own)
    if isinstance(found, Refusal):
        return found
    word = found.word(world.clock.today())
    if word in steps:
        return found
    if word == "lapsed":
        return Refusal.at("APPLICATION_LAPSED", f"已于 {found.until} 过期:kemiao application reopen {found.id}", f"lapsed after {found.until}: kemiao application reopen {found.id}", application=found.id)  # fmt: skip
    zh, en = "、".join(WORDS[step][0] for step in steps), ", ".join(WORDS[step][1] for step in steps)
    return Refusal.at("NOT_AT_THIS_STEP", f"申请的状态是“{WORDS[word][0]}”,这一步须在“{zh}”之后", f"the application is {WORDS[word][1]}; this comes after: {en}", application=found.id)  # fmt: skip


def application_id(company: str, asked: Mapping[str, Any], day: date) -> str:
    """The same application made twice on one day is one."""
    return "app-" + digest("application", {"company": company, "day": day.isoformat(), **asked})[:20]


def step_draft(
    world: World, own: str, company: str, step: str, effort: Effort, public: Mapping[str, Any], private: Mapping[str, Any] | None = None
) -> Draft | Refusal:  # fmt: skip
    """The event of a step: what was done, who did it, how long it took, until when the next is to come."""
    rules = lending_policy(world)
    if isinstance(rules, Refusal):
        return rules
    account, days, applicant = effort.account, rules["days"].get(step), effort.applicant
    if applicant is not None and (applicant.company != company or step not in APPLICANTS or account is not None):
        return Refusal.at("NOT_THE_APPLICANT", "这一步不由该企业账户办理", "this step is not taken by that company's account", application=own)  # fmt: skip
    minutes = effort.minutes if effort.minutes is not None else (int(rules["minutes"].get(step, 0)) if account else 0)
    until = None if days is None else (world.clock.today() + timedelta(days=days)).isoformat()
    said = {
        "step": step, "by": account.account if account else None, "unit": account.unit if account else None, "minutes": minutes,
        "stated": effort.minutes is not None, "machine_ms": effort.machine_ms(), "until": until, **public,
        **({"applicant": applicant.account, "session": applicant.session} if applicant else {}),
    }  # fmt: skip
    return Draft(KIND, company, own, said, private)


def lending_policy(world: World) -> Mapping[str, Any] | Refusal:
    """lending.toml as in force today, its numbers whole and not below zero. Refuses POLICY_INCOMPLETE. Raises Refused."""
    day = world.clock.today()
    key = (POLICY, day)
    if key not in world.read_once:
        world.read_once[key] = _fit(world.policy.named(POLICY, day))
    read: Mapping[str, Any] | Refusal = world.read_once[key]
    return read


_TABLES = {
    "days": ("applied", "offered", "accepted", "signed"), "due_diligence_days": ("low", "medium", "high"), "owners": ("named_from_ppm",),
    "cost": ("machine_fen_per_hour", "labour_fen_per_hour"), "minutes": (),
}  # fmt: skip


def _fit(content: Mapping[str, Any]) -> Mapping[str, Any] | Refusal:
    file = str(content.get("_file", "lending.toml"))
    for table, names in _TABLES.items():
        given = content.get(table)
        if not isinstance(given, Mapping):
            return Refusal.at("POLICY_INCOMPLETE", f"缺少 [{table}]", f"lacks [{table}]", file=file, key=table)
        for name in {*names, *given}:
            value = given.get(name)
            if type(value) is not int or value < 0:
                return Refusal.at("POLICY_INCOMPLETE", f"{table}.{name} 须为不小于零的整数", f"{table}.{name} is a whole number, not below zero", file=file, key=f"{table}.{name}")  # fmt: skip
    return content


def _folded(events: Iterable[Event]) -> Application:
    found: Application | None = None
    for event in events:
        found = after(found, event)
    if found is None:
        raise BrokenInvariant("an application without a step")
    return found


def after(now: Application | None, event: Event) -> Application:
    """The application after one more of its events; now: None before the first."""
    said, on = event.public, datetime.fromisoformat(event.at).date()
    until = date.fromisoformat(said["until"]) if said["until"] else None
    step = str(said["step"])
    if now is None or step == "reopened":
        before = now.steps if now else ()
        # Of an earlier round nothing counts: neither its offer nor what was ticked for it.
        return Application(str(event.ref), str(event.subject), said["asked"], "applied", on, until, steps=(*before, event))  # fmt: skip
    if step == "disbursed" and any(each.public.get("message") == said["message"] for each in now.steps):
        return now  # two operators at once: the money was recorded once, and is counted once
    now = replace(now, steps=(*now.steps, event))
    match step:
        case "offered":
            return replace(now, step=step, on=on, until=until, offer=said)
        case "declined":
            return replace(now, step=step, on=on, until=None, why=tuple(said["why"]))
        case "proposed":
            return replace(now, step=step, on=on, contract=said)  # the days of the acceptance run on
        case "signed":
            return replace(now, step=step, on=on, until=until, contract=said, loan=said["loan"])
        case "ticked":
            return replace(now, ticks={**now.ticks, said["condition"]: said})
        case "disbursed":
            return replace(now, step=step, on=on, until=None, disbursed_fen=now.disbursed_fen + said["amount_fen"])
        case _:
            return replace(now, step=step, on=on, until=until)


WORDS: Mapping[str, tuple[str, str]] = {
    "applied": ("已申请", "applied for"), "offered": ("已要约", "offered"), "declined": ("已拒绝", "declined"), "accepted": ("已接受", "accepted"),
    "proposed": ("待企业签署", "waiting for the company's signature"), "signed": ("已签署", "signed"), "ticked": ("条件已落实", "condition met"),
    "disbursed": ("已放款", "disbursed"), "withdrawn": ("已撤回", "withdrawn"), "reopened": ("已重开", "reopened"), "lapsed": ("已过期", "lapsed"),
}  # fmt: skip
