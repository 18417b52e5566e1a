"""Staff, roles and delegation; who may do what; the keys of the chain's participants. For administrators."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from kemiao.base.refusal import Refusal, Refused
from kemiao.portal.door import Asking, done, router
from kemiao.portal.problems import NO_SUCH_PAGE

routes = router("staff")
AccountName = Annotated[str, Path(max_length=64)]
RequestName = Annotated[str, Path(max_length=64)]
_ACTION = "staff"


class StandIn(BaseModel):
    account: str
    until: date


class StaffRow(BaseModel):
    account: str
    person: str
    roles: list[str]
    unit: str
    closed: bool
    bootstrap: bool
    stands_in_for: list[StandIn]


class Named(BaseModel):
    name: str
    zh: str
    en: str


class UnitRow(Named):
    kind: str
    under: str | None


class OrganisationPage(BaseModel):
    roles: list[Named]
    units: list[UnitRow]


class AddingStaff(BaseModel):
    model_config = ConfigDict(extra="forbid")
    account: str = Field(max_length=64)
    person: str = Field(max_length=100)
    roles: list[str] = Field(min_length=1, max_length=20)
    unit: str = Field(max_length=64)


class ChangingStaff(BaseModel):
    model_config = ConfigDict(extra="forbid")
    roles: list[str] = Field(min_length=1, max_length=20)
    unit: str = Field(max_length=64)


class Delegating(BaseModel):
    """until: that day, included; a day before today ends it."""

    model_config = ConfigDict(extra="forbid")
    to: str = Field(max_length=64)
    until: date


class StaffRequest(BaseModel):
    """bound: what exactly is asked for."""

    staff_request: str
    at: str
    state: str
    maker: str
    bound: dict[str, Any] | None
    until: date


class Refusing(BaseModel):
    model_config = ConfigDict(extra="forbid")
    reason: str = Field(min_length=1, max_length=1000)


class RuleRow(BaseModel):
    """anyone: roles and kinds of accounts that may, whosever it is. own: kinds that may, of their own. scope: what a token needs."""

    route: str
    anyone: list[str]
    own: list[str]
    open: bool
    signed_in: bool
    scope: str | None
    why: str | None


class KeyRow(BaseModel):
    """began, until: milliseconds since 1970, UTC; until: null while it is in use."""

    participant: str
    name: str
    roles: list[str]
    ours: bool
    suspended: bool
    key: str
    suite: str
    purposes: list[str]
    began: int
    until: int | None
    distrusted_from: int | None


@routes.get("/staff")
def staff(asked: Asking) -> list[StaffRow]:
    """The bank's accounts, closed ones too."""
    from kemiao.bank.lending.people import accounts

    with asked.world() as world:
        return [StaffRow(**row) for row in accounts(world)]


@routes.get("/organisation")
def organisation(asked: Asking) -> OrganisationPage:
    """Roles and units of the bank, by policy organisation.toml."""
    from kemiao.bank.lending.organisation import organisation as run

    with asked.world() as world:
        read = done(run(world, world.clock.today()))
    return OrganisationPage(
        roles=[Named(name=role.name, zh=role.zh, en=role.en) for role in read.roles.values()],
        units=[UnitRow(name=unit.name, zh=unit.zh, en=unit.en, kind=unit.kind, under=unit.under) for unit in read.units.values()],
    )  # fmt: skip


@routes.post("/staff", status_code=204)
def add(asked: Asking, body: AddingStaff) -> Response:
    """A new account of the staff. Refuses ACCOUNT_EXISTS, FOUR_EYES_NEEDED."""
    from kemiao.bank.commands.staff import Add
    from kemiao.bank.commands.staff import add as run

    with asked.world() as world:
        done(run(world, asked.account, Add(body.account, body.person, tuple(dict.fromkeys(body.roles)), body.unit)))
    return Response(status_code=204)


@routes.put("/staff/{account}", status_code=204)
def change(asked: Asking, account: AccountName, body: ChangingStaff) -> Response:
    """Other roles or another unit. Refuses NO_SUCH_ACCOUNT, FOUR_EYES_NEEDED."""
    from kemiao.bank.commands.staff import change as run

    with asked.world() as world:
        done(run(world, asked.account, account, tuple(dict.fromkeys(body.roles)), body.unit))
    return Response(status_code=204)


@routes.post("/staff/{account}/delegation", status_code=204)
def delegate(asked: Asking, account: AccountName, body: Delegating) -> Response:
    """Another stands in: given by who is away, or for him by an administrator."""
    from kemiao.bank.commands.staff import delegate as run

    with asked.world() as world:
        done(run(world, asked.account, account, body.to, body.until))
    return Response(status_code=204)


@routes.get("/staff/requests")
def requests(asked: Asking) -> list[StaffRequest]:
    """What waits for a second administrator, or was approved and waits for its maker. Oldest first."""
    from kemiao.bank.commands.approval import requests as run

    with asked.world() as world:
        rows = [row for row in done(run(world)) if row["action"] == _ACTION]
    return [StaffRequest(staff_request=row["request"], **{name: row[name] for name in ("at", "state", "maker", "bound", "until")}) for row in rows]  # fmt: skip


@routes.post("/staff/requests/{staff_request}/approval", status_code=204)
def approve(asked: Asking, staff_request: RequestName) -> Response:
    """A second administrator approves what another asked for. Refuses OWN_REQUEST, REQUEST_CLOSED."""
    from kemiao.bank.commands.approval import give

    with asked.world() as world:
        _of_staff(world, staff_request)
        done(give(world, asked.account, staff_request))
    return Response(status_code=204)


@routes.post("/staff/requests/{staff_request}/refusal", status_code=204)
def refuse(asked: Asking, staff_request: RequestName, body: Refusing) -> Response:
    """A second administrator refuses, with the reason."""
    from kemiao.bank.commands.approval import refuse as run

    with asked.world() as world:
        _of_staff(world, staff_request)
        done(run(world, asked.account, staff_request, body.reason))
    return Response(status_code=204)


@routes.get("/access/rules")
def rules(asked: Asking) -> list[RuleRow]:
    """Who may do what at the portal, as access.toml has it."""
    from kemiao.portal.application import rules_of

    with asked.world() as world:
        read = rules_of(world)
    return [
        RuleRow(route=rule.route, anyone=sorted(rule.anyone), own=sorted(rule.own), open=rule.open, signed_in=rule.signed_in, scope=rule.scope, why=rule.why)
        for rule in read.values()
    ]  # fmt: skip


@routes.get("/chain/keys")
def keys(asked: Asking) -> list[KeyRow]:
    """Of all participants; the public half only. Empty where this home takes part in no chain."""
    from kemiao.bank.commands.participant import list_participants

    with asked.world() as world:
        if world.chain is None:
            return []
        found = list_participants(world).participants
    return [
        KeyRow(
            participant=each["id"], name=each["name"], roles=each["roles"], ours=each["me"], suspended=each["suspended"] is not None, key=name,
            suite=key["suite"], purposes=key["purposes"], began=key["from"], until=key["until"], distrusted_from=key["distrusted_from"],
        )
        for each in found for name, key in each["keys"].items()
    ]  # fmt: skip


def _of_staff(world: Any, own: str) -> None:
    """What isn't about accounts is decided elsewhere."""
    from kemiao.bank.lending.clearance import REQUESTED

    event = world.log.last(REQUESTED, ref=own)
    if event is None or event.public["action"] != _ACTION:
        raise Refused(
            NO_SUCH_PAGE if event is None else Refusal("NOT_ALLOWED", "这不是账户事项", "this is not about accounts")
        )
