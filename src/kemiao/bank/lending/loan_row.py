"""One row of a ledger of existing loans: everything that is wrong with it, each fault with its column."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from kemiao.bank.lending.loan_file import LOAN_INPUTS
from kemiao.base.dates import add_months
from kemiao.base.keys import parse_company
from kemiao.base.money import PPM, yuan_text
from kemiao.base.rates import percent_text
from kemiao.base.refusal import Refusal, Refused
from kemiao.credit.contracts.lpr_series import LprSeries

Fault = tuple[str, str, str, str]  # code, column, zh, en
YEARS_MAX, MONTHS_MAX, NUMBER_MAX = 60, 120, 64
NEEDED = ("loan_no", "company", "drawn_on", "due_on", "principal_fen", "balance_fen", "rate_ppm")
_SHARES = ("floor_ppm", "cap_ppm", "overdue_markup_ppm", "guaranteed_ppm", "vat_ppm", "pd_ppm", "lgd_ppm")
_NAMES = {item.name: (item.zh, item.en) for item in LOAN_INPUTS}
_NUMBER = re.compile(r"[A-Za-z0-9\u3007\u3400-\u4dbf\u4e00-\u9fff][A-Za-z0-9\u3007\u3400-\u4dbf\u4e00-\u9fff_./-]*")
_LPR = {"lpr_1y": ("一年期 LPR", "one-year LPR"), "lpr_5y": ("五年期以上 LPR", "five-year LPR")}


@dataclass(frozen=True, slots=True)
class Grounds:
    """defaults: what holds where the ledger does not say. spread_max_ppm: either way.
    rate_tolerance_ppm: how far a stated rate may lie from the LPR and the spread of its last reset."""

    defaults: Mapping[str, Any]
    spread_max_ppm: int
    rate_tolerance_ppm: int
    lpr: LprSeries


def grounds(policy: Mapping[str, Any], lpr: LprSeries) -> Grounds:
    """From policy own_loans.toml. Raises Refused POLICY_NUMBER."""
    limits = policy.get("limits", {})
    for key in ("spread_max_ppm", "rate_tolerance_ppm"):
        if type(limits.get(key)) is not int or not 0 < limits[key] <= PPM:
            raise Refused(Refusal.at("POLICY_NUMBER", f"须为 1 至 {PPM} 的整数(ppm);旧的政策文件请补上 [limits]", f"a whole number of ppm from 1 to {PPM}; an older file lacks [limits]: add it", file=policy.get("_file"), key=f"limits.{key}"))  # fmt: skip
    return Grounds(policy["defaults"], limits["spread_max_ppm"], limits["rate_tolerance_ppm"], lpr)


def wrong(row: Mapping[str, Any], unread: Set[str], on: date, by: Grounds) -> list[Fault]:
    """unread: columns whose cell could not be read, which is said already. on: the day at whose end the balances hold."""
    return [
        *(("MISSING", name, f"缺少{_NAMES[name][0]}", f"the {_NAMES[name][1]} is missing") for name in NEEDED if row.get(name) is None and name not in unread),
        *_names(row), *_negative(row), *_days(row, on), *_amounts(row), *_terms(row, by.defaults, unread), *_rates(row, on, by), *_arrears(row, unread, on, by.defaults),
    ]  # fmt: skip


def either(row: Mapping[str, Any], name: str, defaults: Mapping[str, Any]) -> Any:
    """What the ledger says, or what holds where it does not."""
    value = row.get(name)
    return defaults[name] if value is None else value


def oldest_due(row: Mapping[str, Any], on: date) -> date | None:
    """The oldest unpaid due: as told, by the days past due, or maturity where that has come."""
    if row.get("oldest_due_on") is not None:
        told: date = row["oldest_due_on"]
        return told
    if row.get("overdue_days"):
        return on - timedelta(days=min(int(row["overdue_days"]), (on - date.min).days))
    matured: date | None = row.get("due_on")
    return matured if matured is not None and matured <= on and row.get("balance_fen") else None


def _names(row: Mapping[str, Any]) -> Iterator[Fault]:
    number, company = row.get("loan_no"), row.get("company")
    if number is not None and len(number) > NUMBER_MAX:
        yield "BAD_LOAN_NUMBER", "loan_no", f"借据号最多 {NUMBER_MAX} 个字符", f"a loan number has at most {NUMBER_MAX} characters"  # fmt: skip
    elif number is not None and (not _NUMBER.fullmatch(number) or ".." in number):
        yield "BAD_LOAN_NUMBER", "loan_no", "借据号只含字母、数字、汉字和 - _ . /,以字母、数字或汉字开头,不含 ..", "a loan number has letters, digits, Chinese characters and - _ . /, begins with one of the first three, and has no .."  # fmt: skip
    key = None if company is None else parse_company(company)
    if isinstance(key, Refusal):
        yield key.code, "company", key.zh, key.en


def _negative(row: Mapping[str, Any]) -> Iterator[Fault]:
    for name, value in row.items():
        if name != "spread_ppm" and isinstance(value, int) and value < 0:
            yield "NEGATIVE", name, "不应小于零", "is below zero"


def _days(row: Mapping[str, Any], on: date) -> Iterator[Fault]:
    drawn, due, first = row.get("drawn_on"), row.get("due_on"), row.get("first_due_on")
    if drawn is not None and drawn > on:
        yield "DRAWN_LATER", "drawn_on", f"发放日期在余额日 {on} 之后", f"it was drawn after {on}, the day of the balances"  # fmt: skip
    if drawn is None or due is None:
        return
    if due < drawn:
        yield "DUE_BEFORE_DRAWN", "due_on", f"到期日不应早于发放日期 {drawn}", f"a loan is not due before it is drawn, on {drawn}"  # fmt: skip
    if (due - drawn).days > 366 * YEARS_MAX:
        yield "TERM_TOO_LONG", "due_on", f"期限超过 {YEARS_MAX} 年", f"the term is beyond {YEARS_MAX} years"
    if first is not None and not drawn <= first <= due:
        yield "OUT_OF_RANGE", "first_due_on", f"应在发放日 {drawn} 与到期日 {due} 之间", f"lies between drawing, {drawn}, and maturity, {due}"  # fmt: skip


def _amounts(row: Mapping[str, Any]) -> Iterator[Fault]:
    principal, balance, due = row.get("principal_fen"), row.get("balance_fen"), row.get("principal_due_fen")
    if principal == 0:
        yield "ZERO", "principal_fen", "贷款金额不应为零", "the principal is zero"
    if principal is not None and balance is not None and balance > principal:
        yield "BALANCE_ABOVE_PRINCIPAL", "balance_fen", f"余额 {yuan_text(balance)} 元大于贷款金额 {yuan_text(principal)} 元", f"the balance of {yuan_text(balance)} yuan is above the principal of {yuan_text(principal)} yuan"  # fmt: skip
    if due is not None and balance is not None and due > balance:
        yield "DUE_ABOVE_BALANCE", "principal_due_fen", f"逾期本金 {yuan_text(due)} 元大于余额 {yuan_text(balance)} 元", f"the principal due of {yuan_text(due)} yuan is above the balance of {yuan_text(balance)} yuan"  # fmt: skip


def _terms(row: Mapping[str, Any], defaults: Mapping[str, Any], unread: Set[str]) -> Iterator[Fault]:
    if either(row, "repayment", defaults) != "bullet" and not 1 <= either(row, "every_months", defaults) <= MONTHS_MAX:
        yield "OUT_OF_RANGE", "every_months", f"应为 1 至 {MONTHS_MAX}", f"is from 1 to {MONTHS_MAX}"
    if either(row, "rate_kind", defaults) == "fixed":
        return
    for name in ("spread_ppm", "first_reset_on"):
        if row.get(name) is None and name not in unread:
            yield "MISSING", name, f"浮动利率须有{_NAMES[name][0]}", f"a rate by the LPR needs its {_NAMES[name][1]}"
    if not 0 <= either(row, "reset_months", defaults) <= MONTHS_MAX:
        yield "OUT_OF_RANGE", "reset_months", f"应为 0 至 {MONTHS_MAX}", f"is from 0 to {MONTHS_MAX}"


def _rates(row: Mapping[str, Any], on: date, by: Grounds) -> Iterator[Fault]:
    rate, spread = row.get("rate_ppm"), row.get("spread_ppm")
    for name in ("rate_ppm", *_SHARES):
        value, zh = row.get(name), _NAMES[name][0]
        if value is not None and value > PPM:
            read = percent_text(value)
            yield "OUT_OF_RANGE", name, f"读作 {read},超过 100%:写成 {_less(value)},或把列名改为 {zh}(%)", f"reads as {read}, above 100%: write {_less(value)}, or head the column {zh}(%)"  # fmt: skip
    if spread is not None and abs(spread) > by.spread_max_ppm:
        read, most = percent_text(spread), percent_text(by.spread_max_ppm)
        yield "SPREAD_OUT_OF_RANGE", "spread_ppm", f"读作 {read},超出 ±{most}:写成 1.40% 或 140BP,或把列名改为 利差(BP)、利差(%)", f"reads as {read}, beyond ±{most}: write 1.40% or 140BP, or head the column 利差(BP) or 利差(%)"  # fmt: skip
    elif rate is not None and spread is not None and rate <= PPM:
        yield from _by_lpr(row, rate, spread, on, by)


def _less(ppm: int) -> str:
    """435 % as the 4.35 % that was probably meant."""
    return f"{ppm / PPM:.2f}%"


def _by_lpr(row: Mapping[str, Any], rate: int, spread: int, on: date, by: Grounds) -> Iterator[Fault]:
    """A stated rate against the LPR on the day of its last reset and the spread, within floor and cap."""
    kind = either(row, "rate_kind", by.defaults)
    if kind == "fixed" or row.get("drawn_on") is None or row.get("first_reset_on") is None or row["drawn_on"] > on:
        return
    day = last_reset(row["drawn_on"], row["first_reset_on"], either(row, "reset_months", by.defaults), on)
    both = by.lpr.on(day)
    if both is None:  # older than the series
        return
    lpr = both[0 if kind == "lpr_1y" else 1]
    expected = max(lpr + spread, row.get("floor_ppm") or 0)
    if row.get("cap_ppm") is not None:
        expected = min(expected, row["cap_ppm"])
    if abs(rate - expected) > by.rate_tolerance_ppm:
        zh, en = _LPR[kind]
        told, added, due, off = (percent_text(ppm) for ppm in (lpr, spread, expected, by.rate_tolerance_ppm))
        yield "RATE_DISAGREES", "rate_ppm", f"年利率 {percent_text(rate)},按 {day} 的{zh} {told} 加利差 {added} 应为 {due}(容差 {off})", f"the rate is {percent_text(rate)}; by the {en} of {day}, {told}, and the spread of {added} it is expected to be {due} (tolerance {off})"  # fmt: skip


def last_reset(drawn: date, first: date, months: int, on: date) -> date:
    """The newest day of reset at or before `on`, or the drawing: `first` may be the next one, as some ledgers have it."""
    if not 0 < months <= MONTHS_MAX:
        return first if drawn <= first <= on else drawn
    periods = (12 * (on.year - first.year) + on.month - first.month) // months
    day = add_months(first, periods * months)
    if day > on:  # the day of the month is not reached yet
        day = add_months(first, (periods - 1) * months)
    return max(day, drawn)


def _arrears(row: Mapping[str, Any], unread: Set[str], on: date, defaults: Mapping[str, Any]) -> Iterator[Fault]:
    """Amounts owed are never assumed: what is past due says its interest and its penalty, be they 0."""
    days, said, due, drawn = row.get("overdue_days"), row.get("oldest_due_on"), row.get("due_on"), row.get("drawn_on")
    oldest, balance = oldest_due(row, on), row.get("balance_fen")
    owed = bool(row.get("principal_due_fen") or row.get("interest_due_fen"))
    ended = due is not None and due <= on and bool(balance)
    matured = ended and due != on
    late = bool(days) or matured or (said is not None and said < on)
    if days and said is not None and (on - said).days != days:
        yield "ARREARS_DISAGREE", "overdue_days", f"逾期天数与最早欠款日不一致:{said} 至 {on} 为 {(on - said).days} 天", f"days past due and the oldest due disagree: from {said} to {on} are {(on - said).days} days"  # fmt: skip
    if matured and days == 0:
        yield "ARREARS_DISAGREE", "overdue_days", "已到期仍有余额,逾期天数却为零", "is past its maturity with a balance, and yet zero days past due"  # fmt: skip
    if owed and oldest is None and "overdue_days" not in unread:
        yield "ARREARS_UNSAID", "overdue_days", "有逾期金额,但未给出逾期天数或最早欠款日", "amounts are due, but neither days past due nor the oldest due is given"  # fmt: skip
    if oldest is not None and drawn is not None and not drawn <= oldest <= on:
        yield "OUT_OF_RANGE", "oldest_due_on", f"最早欠款日 {oldest} 应在发放日 {drawn} 与余额日 {on} 之间", f"the oldest due, {oldest}, lies between drawing, {drawn}, and {on}, the day of the balances"  # fmt: skip
    unsaid = [name for name in ("interest_due_fen", "penalty_fen") if (late or owed) and row.get(name) is None]
    if ended and not late and row.get("interest_due_fen") is None and row.get("interest_fen") is None:
        unsaid = ["interest_due_fen"]  # due today: all interest that has run is due
    falls_due = str(either(row, "repayment", defaults)).startswith("equal")
    if (late or owed) and not ended and row.get("principal_due_fen") is None and falls_due:
        unsaid.append("principal_due_fen")
    for name in unsaid:
        if name not in unread:
            yield "ARREARS_UNSAID", name, f"已到期或逾期,须给出{_NAMES[name][0]}(没有则填 0)", f"is past due: its {_NAMES[name][1]} must be given (0 where there is none)"  # fmt: skip
    if late and not owed and not matured and not unsaid and not unread:
        yield "ARREARS_UNSAID", "principal_due_fen", "逾期,但逾期本金与欠息都为零", "is past due, but with neither principal nor interest due"  # fmt: skip
