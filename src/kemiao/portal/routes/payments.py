"""Operations: orders out as a file for the bank's payment system, statements in, what waits for a person, and the reconciliation."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date
from pathlib import Path as File
from tempfile import TemporaryDirectory
from typing import Annotated, Any

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field

from kemiao.bank.commands import payments_in as incoming
from kemiao.bank.commands import payments_out as outgoing
from kemiao.bank.commands.payments_reconcile import reconcile
from kemiao.bank.company_index import CompanyIndex
from kemiao.bank.lending import settlement
from kemiao.bank.lending.people import account_of
from kemiao.bank.world import World
from kemiao.portal.door import Asking, CompanyKey, done, router

routes = router("payments")
STATEMENT_CHARACTERS = 8_000_000


class OrderRow(BaseModel):
    """why: it can't be ordered yet."""

    message: str
    loan: str | None
    company: str | None
    name: str | None
    amount_fen: int | None
    value_day: date | None
    why_zh: str | None = None
    why_en: str | None = None


class EntryRow(BaseModel):
    entry: str
    value_day: date
    amount_fen: int
    details: dict[str, Any]


class OrderFile(BaseModel):
    file: str
    at: str
    by: str | None
    orders: int
    total_fen: int


class Payments(BaseModel):
    """waiting: paid out in the books and not ordered yet. entries: of bank statements, that wait for a person. files: ordered before."""

    waiting: list[OrderRow]
    entries: list[EntryRow]
    files: list[OrderFile]


class OrderingPayments(BaseModel):
    """again: the same file once more, that was ordered before."""

    model_config = ConfigDict(extra="forbid")
    again: str | None = Field(default=None, max_length=60)


class OrderedFile(BaseModel):
    """content: pain.001, to be handed to the payment system; null where there was nothing to order."""

    file: str | None
    orders: int
    total_fen: int
    content: str | None
    left_out: list[OrderRow]


class Statement(BaseModel):
    """content: camt.053 as text."""

    model_config = ConfigDict(extra="forbid")
    name: str = Field(min_length=1, max_length=200)
    content: str = Field(min_length=1, max_length=STATEMENT_CHARACTERS)


class TakenShown(BaseModel):
    statement: str
    account: str
    closing_on: date | None
    again: bool
    counts: dict[str, int]
    waiting: list[dict[str, Any]]


class ReconciledShown(BaseModel):
    agrees: bool
    details: dict[str, Any]


class Matching(BaseModel):
    """loan: that it repays; null where it concerns none, then with a reason."""

    model_config = ConfigDict(extra="forbid")
    loan: str | None = Field(default=None, max_length=80)
    reason: str | None = Field(default=None, max_length=200)


class AccountSet(BaseModel):
    model_config = ConfigDict(extra="forbid")
    number: str = Field(min_length=1, max_length=60)
    name: str = Field(min_length=1, max_length=140)
    bank: str | None = Field(default=None, pattern=r"^\d{12}$")


class Kept(BaseModel):
    entry: str | None = None
    company: str | None = None
    status: str


@routes.get("/payments")
def payments(asked: Asking) -> Payments:
    """Money that is to go out, entries of the bank's statement that wait for a person, and files of orders that were made."""
    with asked.world() as world:
        made, left_out = outgoing.waiting(world)
        names = asked.portal.kept.view(CompanyIndex).names(world, {row["company"] for row, _ in made})
        ready = [
            OrderRow(message=str(row["message"]), loan=row["loan"], company=row["company"], name=names.get(row["company"]), amount_fen=order.amount_fen, value_day=row["value_day"])
            for row, order in made
        ]  # fmt: skip
        files = [
            OrderFile(file=str(event.ref), at=event.at, by=event.public.get("by"), orders=len(event.public["orders"]), total_fen=event.public["total_fen"])
            for event in world.log.events(settlement.ORDERS, newest_first=True, most=100)
        ]  # fmt: skip
        entries = [
            EntryRow(entry=row["entry"], value_day=row["value_day"], amount_fen=row["amount_fen"], details={name: _plain(value) for name, value in row.items() if name not in ("entry", "value_day", "amount_fen")})
            for row in incoming.unmatched(world)
        ]  # fmt: skip
        return Payments(waiting=[*ready, *(_left_out(world, message, why) for message, why in left_out)], entries=entries, files=files)  # fmt: skip


@routes.post("/payments/orders")
def order(asked: Asking, body: OrderingPayments) -> OrderedFile:
    """What was paid out in the books and not ordered yet. The same again sends nothing twice."""
    with asked.world() as world, _folder(world) as folder:
        account, out = done(account_of(world, asked.account)), folder / "orders.xml"
        sent = done(outgoing.payments_out(world, out, account) if body.again is None else outgoing.again(world, body.again, out, account))  # fmt: skip
        content = out.read_text("utf-8") if sent.file is not None else None
        left_out = [_left_out(world, message, why) for message, why in sent.left_out]
    return OrderedFile(file=sent.file, orders=sent.orders, total_fen=sent.total_fen, content=content, left_out=left_out)


@routes.post("/payments/statements")
def take_in(asked: Asking, body: Statement) -> list[TakenShown]:
    """Repayments find their loans; what does not waits for a person. A statement that came in before does nothing."""
    with asked.world() as world, _file(world, body) as path:
        taken = done(incoming.payments_in(world, path, done(account_of(world, asked.account)), lambda _done, _of: None))
    return [
        TakenShown(statement=each.statement, account=each.account, closing_on=each.closing_on, again=each.again, counts=dict(each.counts), waiting=[{name: _plain(value) for name, value in row.items()} for row in each.unmatched])
        for each in taken
    ]  # fmt: skip


@routes.post("/payments/reconciliation")
def compare(asked: Asking, body: Statement) -> list[ReconciledShown]:
    """The settlement account: books against the statement, each difference. Nothing is changed."""
    with asked.world() as world, _file(world, body) as path:
        found = done(reconcile(world, path))
    return [ReconciledShown(agrees=each.agrees, details=_deep(asdict(each))) for each in found]


@routes.post("/payments/entries/{entry}/match")
def match(asked: Asking, entry: Annotated[str, Path(max_length=60)], body: Matching) -> Kept:
    """A person says which loan an entry repays, or why it concerns none."""
    with asked.world() as world:
        said = done(incoming.match(world, entry, body.loan, body.reason, done(account_of(world, asked.account))))
    return Kept(entry=entry, status=str(said["status"]))


@routes.post("/companies/{company}/payment-account")
def set_account(asked: Asking, company: CompanyKey, body: AccountSet) -> Kept:
    """The account that a company's money goes to and comes from; a second person approves it."""
    with asked.world() as world:
        done(outgoing.set_account(world, company, body.number, body.name, body.bank, done(account_of(world, asked.account))))  # fmt: skip
    return Kept(company=company, status="set")


def _left_out(world: World, message: str, why: Any) -> OrderRow:
    said = world.log.last("loan_message", ref=message)
    public = said.public if said else {}
    return OrderRow(message=message, loan=public.get("loan"), company=said.subject if said else None, name=None, amount_fen=public.get("amount_fen"), value_day=public.get("value_day"), why_zh=why.zh, why_en=why.en)  # fmt: skip


@contextmanager
def _folder(world: World) -> Iterator[File]:
    world.home.work.mkdir(exist_ok=True)
    with TemporaryDirectory(dir=world.home.work) as folder:
        yield File(folder)


@contextmanager
def _file(world: World, body: Statement) -> Iterator[File]:
    with _folder(world) as folder:
        path = folder / "statement.xml"
        path.write_text(body.content, "utf-8")
        yield path


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, (str, int, float, bool, dict, list)) else str(value)


def _deep(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(name): _deep(each) for name, each in value.items()}
    return [_deep(each) for each in value] if isinstance(value, (list, tuple)) else _plain(value)
