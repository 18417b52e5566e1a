"""payments out, account: money that was paid out or is to be given back goes to the bank as orders (pain.001), once each."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from kemiao.bank.event_log import Event
from kemiao.bank.lending import settlement as kept
from kemiao.bank.lending.clearance import clear, unfit_maker
from kemiao.bank.lending.loan_store import loans, messages
from kemiao.bank.lending.people import Account
from kemiao.bank.world import World
from kemiao.base.digest import digest, digest_bytes
from kemiao.base.money import FEN_MAX
from kemiao.base.refusal import Outage, Refusal
from kemiao.data.pain001 import Order, order_file

_NAME_MAX = 140
_PAID = ("disburse", "refund")


@dataclass(frozen=True, slots=True)
class Sent:
    """file: the id of the order file, None where there was nothing to send. left_out: messages that could not be ordered, and why."""

    file: str | None
    orders: int
    total_fen: int
    left_out: tuple[tuple[str, Refusal], ...]


def payments_out(world: World, out: Path, account: Account) -> Sent | Refusal:
    """Writes the file, whole or not at all, then says so in the log. The same call again sends nothing twice."""
    own = kept.settlement(world, world.clock.today())
    refused = unfit_maker(world, account, "payments_out")
    if isinstance(own, Refusal):
        return own
    if refused is not None:
        return refused
    if out.exists():
        return Refusal.at("FILE_EXISTS", "文件已存在", "the file exists already", file=out)
    made, left_out = waiting(world)
    made = made[: own.orders_max]
    if not made:
        return Sent(None, 0, 0, tuple(left_out))
    now = world.clock.now()
    messages_of = [row["message"] for row, _ in made]
    file = "KMO" + digest("payment_orders", messages_of)[:30]
    content = order_file(file, now, now.date(), own.payer, [order for _, order in made])
    total = sum(order.amount_fen for _, order in made)
    may = clear(
        world, account, "payments_out", min(total, FEN_MAX), {"messages": messages_of, "orders": _digest_of(made)}
    )
    if isinstance(may, Refusal):
        return may
    public = {
        "digest": digest_bytes("pain.001", content), "total_fen": total, **may.public,
        "orders": [
            {"reference": order.reference, "message": row["message"], "loan": row["loan"], "company": row["company"], "amount_fen": order.amount_fen}
            for row, order in made
        ],
    }  # fmt: skip
    building = out.with_name(f".{out.name}.{os.getpid()}.part")
    try:
        _write(building, content)
        with world.log.write() as tx:
            if world.log.last(kept.ORDERS, ref=file) is not None:
                return Refusal("ORDERED_MEANWHILE", "刚刚已由另一操作下达", "another has just ordered them")
            may.use(tx)
            tx.append(kept.ORDERS, ref=file, public=public, private={"content": content.decode()})
        building.rename(out)
    except OSError as error:
        raise Outage("FILE_UNWRITABLE", f"无法写入:{error.strerror}(已下达的可用 --again 重写)", f"can't be written: {error.strerror} (what was ordered is written anew by --again)", {"file": out}) from error  # fmt: skip
    finally:
        building.unlink(missing_ok=True)
    return Sent(file, len(made), total, tuple(left_out))


def again(world: World, file: str, out: Path, account: Account) -> Sent | Refusal:
    """The same bytes once more, for a file that got lost: it orders nothing new, and needs the role alone."""
    refused = unfit_maker(world, account, "payments_out")
    if refused is not None:
        return refused
    event = world.log.last(kept.ORDERS, ref=file)
    kept_content = None if event is None else world.log.private(event)
    if event is None or kept_content is None:
        return Refusal.at("NO_SUCH_FILE", "没有这份付款文件", "there is no such order file", file=file)
    if out.exists():
        return Refusal.at("FILE_EXISTS", "文件已存在", "the file exists already", file=out)
    building = out.with_name(f".{out.name}.{os.getpid()}.part")
    try:
        _write(building, str(kept_content["content"]).encode())
        building.rename(out)
    except OSError as error:
        raise Outage("FILE_UNWRITABLE", f"无法写入:{error.strerror}", f"can't be written: {error.strerror}", {"file": out}) from error  # fmt: skip
    finally:
        building.unlink(missing_ok=True)
    return Sent(file, len(event.public["orders"]), event.public["total_fen"], ())


def waiting(world: World) -> tuple[list[tuple[dict[str, Any], Order]], list[tuple[str, Refusal]]]:
    """Messages that pay money out and were not ordered yet, by day, with their orders; and those that can't be."""
    company = dict(zip(*(loans(world)[name].to_pylist() for name in ("loan", "company")), strict=True))
    told = messages(world).to_pylist()
    never = {row["word"] for row in told if row["kind"] == "reverse"}
    ordered = {one["message"] for _, one in kept.orders(world)}
    made: list[tuple[dict[str, Any], Order]] = []
    left_out: list[tuple[str, Refusal]] = []
    accounts: dict[str, list[Event]] = {}
    for row in sorted(told, key=lambda row: (row["value_day"] or date.min, row["message"])):
        # Imported history (a seq of a chunk) was paid long ago: only what this home recorded itself is ordered.
        if (
            row["kind"] not in _PAID
            or row["message"] in ordered
            or row["message"] in never
            or row["loan"] not in company
        ):
            continue
        if (event := world.log.last("loan_message", ref=row["message"])) is None:
            continue
        row |= {"company": company[row["loan"]]}
        if row["company"] not in accounts:
            accounts[row["company"]] = list(world.log.events(kept.ACCOUNT, subject=row["company"], newest_first=True))
        payee = _payee(row, _account_for(world, accounts[row["company"]], event.seq))
        if isinstance(payee, Refusal):
            left_out.append((row["message"], payee))
            continue
        name, number, bank = payee
        words = f"{'贷款发放' if row['kind'] == 'disburse' else '退还多收款'} {row['loan']}"
        made.append((row, Order(kept.reference_of(row["message"]), int(row["amount_fen"]), name, number, bank, words)))
    return made, left_out


def _account_for(world: World, told: list[Event], seq: int) -> Mapping[str, Any] | None:
    """The account that stood when the payment was recorded, or a later one that a second person approved; newest first."""
    fit = next((each for each in told if each.seq < seq or each.public.get("approval") is not None), None)
    return None if fit is None else world.log.private(fit)


def _digest_of(made: list[tuple[dict[str, Any], Order]]) -> str:
    """Of payees and amounts, for an approval: names stay out of it."""
    return digest("payment_orders_paid", [[order.reference, order.amount_fen, digest("payee", [order.name, order.account])] for _, order in made])  # fmt: skip


def _payee(row: Mapping[str, Any], own: Mapping[str, Any] | None) -> tuple[str, str, str | None] | Refusal:
    """Name, account, bank: of the payee that the disbursement names with its account, else the borrower's own on record."""
    named = str(row["counterparty"] or "")
    name, _, number = named.rpartition(" ")
    if row["kind"] == "disburse" and name and not isinstance(kept.account_number(number), Refusal) and any(map(str.isdigit, number)):  # fmt: skip
        return name, number, None
    if row["kind"] == "disburse" and (named or row["word"] == "entrusted"):  # never to the borrower instead
        return Refusal.at("PAYEE_ACCOUNT_NEEDED", f"放款写明付给“{named}”,没有其账户:冲正后写明账户重新放款", f"it is to be paid to {named!r}, whose account is not stated: reverse it and pay out anew with the account", loan=row["loan"])  # fmt: skip
    if own is None:
        return Refusal.at("NO_PAYMENT_ACCOUNT", "没有登记收款账户:kemiao payments account", "no account is on record: kemiao payments account", company=row["company"])  # fmt: skip
    return str(own["name"]), str(own["number"]), own.get("bank")


def set_account(
    world: World, company: str, number: str, name: str, bank: str | None, account: Account
) -> dict[str, Any] | Refusal:
    """The account that a company's money goes to and comes from. Kept sealed under the company's key. A second person approves it."""
    typed = kept.account_number(number)
    if isinstance(typed, Refusal):
        return typed
    if not 0 < len(name.strip()) <= _NAME_MAX or (bank is not None and not (bank.isdigit() and len(bank) == 12)):
        return Refusal.at("NOT_AN_ACCOUNT", "户名不能为空,联行号为 12 位数字", "the name is needed; a clearing number has 12 digits", name=name, bank=bank)  # fmt: skip
    content = {"number": typed, "name": name.strip(), "bank": bank}
    if kept.payment_account(world, company) != content:
        may = clear(world, account, "payments_account", 0, {"company": company, **content})
        if isinstance(may, Refusal):
            return may
        with world.log.write() as tx:
            may.use(tx)
            tx.append(kept.ACCOUNT, company, public=may.public, private=content)
    return {"company": company, **content}


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
