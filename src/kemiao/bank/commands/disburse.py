"""disburse: money leaves the bank, once everything that was asked for is there. Above the law's threshold the named payee gets it.

The message's id follows from the application and the number of its draw, so that a command that was killed halfway goes on
where it stopped and pays nothing twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from kemiao.bank.commands import due_diligence
from kemiao.bank.commands.apply import TEXT_MAX, step
from kemiao.bank.commands.condition import security_stands, still_open
from kemiao.bank.commands.loan_change import renew
from kemiao.bank.lending.applications import Application, Effort, at_step
from kemiao.bank.lending.clearance import clear
from kemiao.bank.lending.loan_store import loan, message_known, messages
from kemiao.bank.lending.people import Account
from kemiao.bank.lending.products import kept_product
from kemiao.bank.lending.record import record
from kemiao.bank.lending.settlement import account_number
from kemiao.bank.lending.standing import lpr_series, states
from kemiao.bank.world import World
from kemiao.base.digest import digest
from kemiao.base.money import FEN_MAX, yuan_text
from kemiao.base.refusal import Refusal
from kemiao.credit.products.cost import plan


@dataclass(frozen=True, slots=True)
class Disburse:
    """amount_fen: None for all that is left. payee: None for the one that the application named, or the borrower itself."""

    application: str
    amount_fen: int | None = None
    payee: str | None = None
    payee_account: str | None = None


@dataclass(frozen=True, slots=True)
class Disbursed:
    application: Application
    loan: Mapping[str, Any]
    message: str
    amount_fen: int
    payee: str | None
    entrusted: bool


def disburse(world: World, asked: Disburse, effort: Effort) -> Disbursed | Refusal:
    found = at_step(world, asked.application, "signed", "disbursed")
    if isinstance(found, Refusal):
        return found
    account = effort.account
    if account is None:
        return Refusal("NO_ACCOUNT_NAMED", "放款须由人办理:用 --as 账户,或设 KEMIAO_ACCOUNT", "money is paid out by a person: --as ACCOUNT, or set KEMIAO_ACCOUNT")  # fmt: skip
    row = loan(world, str(found.loan))
    if isinstance(row, Refusal):
        return row
    message = f"{found.id}/{found.round}/draw-{_draws(found) + 1}"
    before = _recorded(world, message) or _taken_over(world, found, row)
    if before is not None:  # killed after the money was recorded: only the step is missing
        return _noted(world, found, row, before, effort)
    refused = may_draw(world, found)
    if refused is not None:
        return refused
    if row["renews"] is not None:
        return _renewed(world, found, row, account, effort)
    amount = _amount(world, row, asked.amount_fen)
    if isinstance(amount, Refusal):
        return amount
    said_by = asked if asked.payee or asked.payee_account else Disburse(found.id, None, found.asked.get("payee"), found.asked.get("payee_account"))  # fmt: skip
    named = named_payee(str(row["loan"]), said_by.payee, said_by.payee_account)
    if isinstance(named, Refusal):
        return named
    payee, account_no = named
    entrusted = to_payee(world, found, row, amount, payee, account_no)
    if isinstance(entrusted, Refusal):
        return entrusted
    bound = {"loan": row["loan"], "company": found.company, "message": message, "on": world.clock.today().isoformat(), "payee": digest("payee", [payee, account_no]), "entrusted": entrusted}  # fmt: skip
    cleared = clear(world, account, "disburse", amount, bound, unit=row["unit"], opened={"payee": [payee, account_no]})
    if isinstance(cleared, Refusal):
        return cleared
    said = {
        "message": message, "loan": row["loan"], "kind": "disburse", "value_day": world.clock.today(), "amount_fen": amount,
        "counterparty": " ".join(each for each in (payee, account_no) if each) or None, "word": "entrusted" if entrusted else None,
        "reason": found.asked["purpose"],
    }  # fmt: skip
    recorded = record(world, account, said, cleared)
    if isinstance(recorded, Refusal):
        return recorded
    return _noted(world, found, row, said, effort)


def _renewed(
    world: World, found: Application, row: Mapping[str, Any], account: Account, effort: Effort
) -> Disbursed | Refusal:
    """A renewal without repayment: what is owed in principal goes over from the old loan, and no money moves."""
    if found.step == "disbursed":
        return Refusal.at("RENEWED_ALREADY", "已续贷", "it was renewed already", loan=row["loan"])
    done = renew(world, account.account, str(row["renews"]), str(row["loan"]), world.clock.today())
    if isinstance(done, Refusal):
        return done
    (taken,) = (each for each in messages(world, str(row["loan"])).to_pylist() if each["kind"] == "renewed")
    return _noted(world, found, row, {"message": taken["message"], "amount_fen": taken["amount_fen"]}, effort)


def _noted(
    world: World, found: Application, row: Mapping[str, Any], said: Mapping[str, Any], effort: Effort
) -> Disbursed | Refusal:
    public = {"message": said["message"], "loan": row["loan"], "amount_fen": said["amount_fen"]}
    done = step(world, found.id, (found.step,), "disbursed", effort, public)
    if isinstance(done, Refusal):
        return done
    entrusted = said.get("word") == "entrusted"
    return Disbursed(done.application, row, str(said["message"]), int(said["amount_fen"]), said.get("counterparty"), entrusted)  # fmt: skip


def _draws(found: Application) -> int:
    return sum(1 for event in found.steps if event.public["step"] == "disbursed")


def _recorded(world: World, message: str) -> Mapping[str, Any] | None:
    if not message_known(world, message):
        return None
    event = world.log.last("loan_message", ref=message)
    return None if event is None else event.public


def _taken_over(world: World, found: Application, row: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Of a renewal: what went over from the old loan, where that was recorded, on whatever day."""
    if row["renews"] is None or found.step != "signed":
        return None
    return next((each for each in messages(world, str(row["loan"])).to_pylist() if each["kind"] == "renewed"), None)


def may_draw(world: World, found: Application) -> Refusal | None:
    """Everything that was to be there before money leaves, as it stands today."""
    if found.step == "signed" and found.until is not None and world.clock.today() > found.until:
        return Refusal.at("AVAILABILITY_OVER", f"首次放款的期限是 {found.until}:此后须重新申请(kemiao apply)", f"the first draw was to be made by {found.until}; after it apply anew (kemiao apply)", application=found.id)  # fmt: skip
    looked = due_diligence.standing(world, found.company)
    if isinstance(looked, Refusal):
        return looked
    return still_open(found, "drawdown") or security_stands(world, found)


def _amount(world: World, row: Mapping[str, Any], asked_fen: int | None) -> int | Refusal:
    """What is left of what was agreed: of a revolving line less what is owed, else less what was ever paid out."""
    rows = states(world, own=str(row["loan"])).to_pylist()
    now: Mapping[str, Any] = rows[0] if rows else {"drawn_fen": 0, "principal_fen": 0, "status": "agreed"}
    if now["status"] not in ("agreed", "active") and not (now["status"] == "settled" and row["repayment"] == "revolving"):  # fmt: skip
        return Refusal.at(
            "LOAN_CLOSED", f"贷款状态是 {now['status']}", f"the loan is {now['status']}", loan=row["loan"]
        )
    taken = now["principal_fen"] if row["repayment"] == "revolving" else now["drawn_fen"]
    left = int(row["amount_fen"]) - int(taken)
    amount = left if asked_fen is None else asked_fen
    if not 0 < amount <= FEN_MAX:
        return Refusal.at("AMOUNT_OUT_OF_RANGE", "放款金额须大于零" if asked_fen is not None else "已全部放款", "the amount is above zero" if asked_fen is not None else "all of it was paid out", loan=row["loan"], amount_fen=amount)  # fmt: skip
    if amount > left:
        return Refusal.at("ABOVE_WHAT_IS_LEFT", f"只剩 {yuan_text(left)} 元可放", f"only {yuan_text(left)} yuan are left to be paid out", loan=row["loan"])  # fmt: skip
    return amount


def named_payee(loan: str, payee: str | None, account_no: str | None) -> tuple[str | None, str | None] | Refusal:
    """Name and account: both or neither, so that money for one who is named never goes to another.

    Refuses PAYEE_ACCOUNT_NEEDED, PAYEE_NEEDED, NOT_AN_ACCOUNT, TEXT_TOO_LONG.
    """
    if any(text is not None and len(text) > TEXT_MAX for text in (payee, account_no)):
        return Refusal.at("TEXT_TOO_LONG", f"文字超过 {TEXT_MAX} 字", f"the text has more than {TEXT_MAX} characters", what="payee")  # fmt: skip
    name = (payee or "").strip()
    if account_no is None:
        return Refusal.at("PAYEE_ACCOUNT_NEEDED", f"写明了收款人“{name}”,还须写明其账户:--payee-account", f"the payee {name!r} is named: name its account too by --payee-account", loan=loan) if name else (None, None)  # fmt: skip
    if not name:
        return Refusal.at("PAYEE_NEEDED", "写明了收款账户,还须写明户名:--payee", "an account is stated: name its owner too by --payee", loan=loan)  # fmt: skip
    number = account_number(account_no)
    return number if isinstance(number, Refusal) else (name, number)


def to_payee(
    world: World, found: Application, row: Mapping[str, Any], amount: int, payee: str | None, account_no: str | None
) -> bool | Refusal:
    """Whether the bank pays the named payee (受托支付, RULES L5): agreed so, or the law asks for it of this payment."""
    offered = found.offer or {}
    own = kept_product(world, str(offered.get("product_digest")), world.clock.today())
    if isinstance(own, Refusal):
        return own
    above = own.law.entrusted_above_fen if own.law is not None else None
    entrusted = bool(row["entrusted"]) or (above is not None and amount > above)
    if not entrusted:
        return False
    if payee is None or account_no is None:
        return Refusal.at("PAYEE_NEEDED", "受托支付须写明收款人及其账户:--payee 与 --payee-account", "entrusted payment names the payee and its account: --payee and --payee-account", loan=row["loan"])  # fmt: skip
    if found.company in (payee, f"uscc:{payee}"):
        return Refusal.at("PAYEE_IS_BORROWER", "受托支付不能付给借款人自己", "entrusted payment does not go to the borrower", loan=row["loan"])  # fmt: skip
    return True


def schedule_of(world: World, row: Mapping[str, Any], amount_fen: int, day: date) -> list[dict[str, Any]]:
    """Due by due, if nothing else happens; empty for a revolving line, whose dues follow from its draws."""
    if row["repayment"] == "revolving":
        return []
    dues = plan(row, lpr_series(world).until(day), amount_fen, day)
    return [] if isinstance(dues, Refusal) else dues
