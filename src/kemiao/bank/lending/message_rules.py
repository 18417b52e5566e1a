"""Whether a message makes sense for a loan as it stands: asked before it is recorded, since servicing takes what the log has."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from kemiao.bank.lending.loan_store import message_known, messages
from kemiao.bank.lending.standing import states
from kemiao.bank.world import World
from kemiao.base.money import FEN_MAX, PPM
from kemiao.base.refusal import Refusal
from kemiao.credit.servicing.columns import KINDS, REPAYMENTS

_WITH_AMOUNT = ("opening", "disburse", "repay", "fee", "renewed", "sell", "buy_back", "recover", "refund")
_WHATEVER_STANDS = ("repay", "fee")  # taken in any state: what is too much is kept for the borrower
_RATE_MAX = 1_000_000  # 100 % a year
_YEARS_MAX = 50  # of a maturity beyond today: what is later is a typing error
_COUNT_MAX = 360
_TEXT_MAX = 4_000
State = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Standing:
    """How the loan stands, asked for only where a message's fitness depends on it: the day of its opening, its state on a day."""

    opened_on: Callable[[], date | None]
    state: Callable[[date], State]


def unfit(
    world: World, agreed: Mapping[str, Any], row: Mapping[str, Any], now: Standing | None = None
) -> Refusal | None:
    """agreed: the loan (LOANS). row: the message (MESSAGES). now: None reads the log. None where it may be recorded."""
    own = str(row["loan"])
    now = now or Standing(lambda: _opening_day(world, own), lambda day: states(world, day, own).to_pylist()[0])
    return _form(world, agreed, row, now) or _by_state(world, agreed, row, now)


def with_day_of_reversed(world: World, row: Mapping[str, Any]) -> Mapping[str, Any] | Refusal:
    """A reversal counts from the day of what it takes back. Other messages as they are."""
    if row.get("kind") != "reverse":
        return row
    where = {"loan": row.get("loan"), "message": row.get("word")}
    told = messages(world, str(row.get("loan")))
    found = [each for each in told.to_pylist() if each["message"] == row.get("word")]
    if not found:
        elsewhere = message_known(world, str(row.get("word")))
        zh, en = ("该报文属于另一笔贷款", "that message is another loan's") if elsewhere else ("没有这条报文", "there is no such message")  # fmt: skip
        return Refusal.at("NO_SUCH_MESSAGE", zh, en, **where)
    if found[0]["kind"] == "reverse":
        return Refusal.at("REVERSAL_STAYS", "冲正不能再冲正:请重新入账", "a reversal is not reversed: record the message anew", **where)  # fmt: skip
    return {**row, "value_day": found[0]["value_day"]}


def _form(world: World, agreed: Mapping[str, Any], row: Mapping[str, Any], now: Standing) -> Refusal | None:
    """What can be seen without serving the loan."""
    kind, day, amount = row["kind"], row["value_day"], row["amount_fen"]
    where = {"loan": row["loan"], "message": row["message"]}
    if kind not in KINDS:
        return Refusal.at("NO_SUCH_KIND", f"没有“{kind}”这种报文", f"there is no message of kind {kind}", **where)
    if type(day) is not date:
        return Refusal.at("NOT_A_DATE", "须有起息日", "a value day is needed", **where)
    if day > world.clock.today():
        return Refusal.at("IN_THE_FUTURE", f"起息日 {day} 在今天之后", f"the value day {day} is after today", **where)
    if day < agreed["starts_on"] and kind != "opening":
        return Refusal.at("BEFORE_THE_LOAN", f"起息日 {day} 早于贷款起始日 {agreed['starts_on']}", f"the value day {day} is before the loan's start on {agreed['starts_on']}", **where)  # fmt: skip
    # Of a loan that came in from elsewhere: the day whose balances it came with. What was before is in them.
    opened_on = now.opened_on() if agreed["origin"] == "imported" else None
    if opened_on is not None and day <= opened_on and kind not in ("opening", "reverse"):
        return Refusal.at("BEFORE_THE_OPENING", f"贷款按 {opened_on} 日终余额迁入:起息日须在其后", f"the loan came in with its balances at the end of {opened_on}: the value day is after it", **where)  # fmt: skip
    if amount is None and kind in _WITH_AMOUNT:
        return Refusal.at("AMOUNT_MISSING", "须有金额", "an amount is needed", **where)
    if amount is not None and (type(amount) is not int or amount < 0 or (amount == 0 and kind not in ("sell", "buy_back"))):  # fmt: skip
        return Refusal.at("AMOUNT_NOT_POSITIVE", "金额须大于零", "the amount must be above zero", **where)
    if amount is not None and amount > FEN_MAX:
        return Refusal.at("AMOUNT_TOO_LARGE", "金额超过一千亿元", "the amount is above 100 billion yuan", **where)
    if any(len(str(row[name] or "")) > _TEXT_MAX for name in ("message", "word", "counterparty", "reason")):
        return Refusal.at("TEXT_TOO_LONG", f"文字超过 {_TEXT_MAX} 字", f"a text is longer than {_TEXT_MAX}", loan=row["loan"])  # fmt: skip
    return _terms(world, row, where)


def _opening_day(world: World, own: str) -> date | None:
    told = messages(world, own).select(["kind", "value_day"]).to_pylist()
    return next((each["value_day"] for each in told if each["kind"] == "opening"), None)


def _terms(world: World, row: Mapping[str, Any], where: dict[str, Any]) -> Refusal | None:
    kind, rate, day, count, share = row["kind"], row["rate_ppm"], row["day"], row["count"], row["share_ppm"]
    if rate is not None and not 0 <= rate <= _RATE_MAX:
        return Refusal.at("RATE_OUT_OF_RANGE", "利率须在 0 与 100% 之间", "a rate is between 0 and 100 %", **where)
    if day is not None and not row["value_day"] < day <= world.clock.today().replace(day=1, year=world.clock.today().year + _YEARS_MAX):  # fmt: skip
        return Refusal.at("DAY_OUT_OF_RANGE", f"到期日须晚于起息日,且不超过 {_YEARS_MAX} 年", f"the maturity is after the value day and within {_YEARS_MAX} years", **where)  # fmt: skip
    if count is not None and not 0 < count <= _COUNT_MAX:
        return Refusal.at("COUNT_OUT_OF_RANGE", f"期数须在 1 与 {_COUNT_MAX} 之间", f"a count is between 1 and {_COUNT_MAX}", **where)  # fmt: skip
    if share is not None and not 0 < share <= PPM:
        return Refusal.at("SHARE_OUT_OF_RANGE", "份额须大于零且不超过 100%", "a share is above zero and at most 100 %", **where)  # fmt: skip
    needed = {"extend": "day", "rate": "rate_ppm", "defer": "count", "sell": "share_ppm", "buy_back": "share_ppm", "renew": "word", "renewed": "word"}  # fmt: skip
    if kind in needed and row[needed[kind]] is None:
        return Refusal.at("FIELD_MISSING", f"缺少 {needed[kind]}", f"{needed[kind]} is missing", **where)
    if kind == "repay" and row["word"] not in (None, "early", "next"):
        return Refusal.at("NO_SUCH_WORD", "多还部分:early(提前还本)或 next(留待下期)", "of what is paid too much: early or next", **where)  # fmt: skip
    if kind == "restructure":
        if row["word"] not in (None, *REPAYMENTS):
            return Refusal.at("NO_SUCH_WORD", f"还款方式须为 {'、'.join(REPAYMENTS)}", f"the way of repaying is one of {', '.join(REPAYMENTS)}", **where)  # fmt: skip
        if all(row[name] is None for name in ("day", "rate_ppm", "word", "count", "amount_fen")):
            return Refusal.at("NOTHING_CHANGES", "重组须至少改变一项", "a restructuring changes something", **where)
    return None


def _by_state(world: World, agreed: Mapping[str, Any], row: Mapping[str, Any], now: Standing) -> Refusal | None:
    """What depends on how the loan stands: on the value day, and on today where that is later."""
    if row["kind"] == "reverse":
        return _reversed_already(world, row)
    if row["kind"] in _WHATEVER_STANDS:
        return None
    for day in dict.fromkeys((row["value_day"], world.clock.today())):
        refusal = _at(now.state(day), agreed, row)
        if refusal is not None:
            return refusal
    return None


def _at(state: State, agreed: Mapping[str, Any], row: Mapping[str, Any]) -> Refusal | None:
    kind, amount = row["kind"], row["amount_fen"] or 0
    where = {"loan": row["loan"], "on": state["day"]}
    if kind in ("extend", "restructure", "rate", "defer", "divert", "sell", "buy_back", "renew", "write_off") and state["status"] != "active":  # fmt: skip
        return Refusal.at(
            "NOT_ACTIVE", f"贷款状态为 {state['status']},不能办理", f"the loan is {state['status']}", **where
        )
    if kind in ("write_off", "restructure") and amount > state["principal_fen"]:
        return Refusal.at("MORE_THAN_OWED", "超过所欠本金", "more than the principal that is owed", **where)
    if kind == "refund" and amount > max(state["kept_fen"], 0):
        return Refusal.at("MORE_THAN_KEPT", "超过为借款人保留的余额", "more than is kept for the borrower", **where)
    if kind == "recover" and amount > state["written_off_fen"] - state["recovered_fen"]:
        if not state["written_off_fen"]:
            return Refusal.at("NOT_WRITTEN_OFF", "该贷款未核销:请用还款", "nothing was written off: record a repayment", **where)  # fmt: skip
        return Refusal.at("MORE_THAN_OWED", "超过核销后尚欠的金额", "more than is still owed after the write-off", **where)  # fmt: skip
    if kind in ("disburse", "renewed"):
        used = state["principal_fen"] if agreed["repayment"] == "revolving" else state["drawn_fen"]
        if agreed["origin"] == "imported" and agreed["repayment"] != "revolving":
            used = agreed["amount_fen"]  # it was drawn before it came in; what was repaid since is not drawn again
        if amount > agreed["amount_fen"] - used:
            return Refusal.at("MORE_THAN_AGREED", "超过合同金额的可用部分", "more than the contract leaves to be drawn", **where)  # fmt: skip
        if row["value_day"] >= state["matures_on"] or state["status"] in ("written_off", "renewed"):
            return Refusal.at("NOT_ACTIVE", "贷款已到期或已结束", "the loan has matured or ended", **where)
    if kind == "opening" and state["drawn_fen"]:
        return Refusal.at("OPENED_ALREADY", "该贷款已有发放或期初余额", "the loan was drawn or opened already", **where)
    if kind == "sell" and row["share_ppm"] > PPM - state["sold_ppm"]:
        return Refusal.at("MORE_THAN_OWED", "超过尚未转让的份额", "more than the share that is left", **where)
    if kind == "buy_back" and row["share_ppm"] > state["sold_ppm"]:
        return Refusal.at("MORE_THAN_SOLD", "超过已转让的份额", "more than was sold", **where)
    if kind == "extend" and row["day"] <= state["matures_on"]:
        return Refusal.at("DAY_OUT_OF_RANGE", f"展期须晚于现到期日 {state['matures_on']}", f"an extension is later than the maturity {state['matures_on']}", **where)  # fmt: skip
    return None


def _reversed_already(world: World, row: Mapping[str, Any]) -> Refusal | None:
    told = messages(world, str(row["loan"]))
    for each in told.select(["message", "kind", "word"]).to_pylist():
        if each["kind"] == "reverse" and each["word"] == row["word"]:
            return Refusal.at("REVERSED_ALREADY", "该报文已冲正", "that message was reversed already", message=row["word"], by=each["message"])  # fmt: skip
    return None
