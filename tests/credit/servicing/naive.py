"""One loan served the slow way: a dictionary, real dates, exact fractions. Written from docs/servicing.md, not from the kernel."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Any

import chinese_calendar

from kemiao.base.dates import add_months

ONE = timedelta(1)


def half_up(exact: Fraction) -> int:
    return (2 * exact.numerator + exact.denominator) // (2 * exact.denominator)


def ppm_of(amount: int, ppm: int) -> int:
    return half_up(Fraction(amount * ppm, 10**6))


class Naive:
    def __init__(self, loan: dict[str, Any], lpr: list[tuple[date, int]]) -> None:
        self.loan, self.lpr = loan, lpr
        self.rate, self.spread, self.matures = loan["rate_ppm"], loan.get("spread_ppm", 0), loan["matures_on"]
        self.undue = self.kept = self.fee = self.drawn = self.received = self.deferred = self.missed = 0
        self.exact = dict.fromkeys(("interest", "penalty", "compound"), Fraction(0))  # of the loan's life
        self.posted = dict.fromkeys(self.exact, 0)
        self.interest = self.penalty = self.compound = 0  # unpaid: interest not due yet
        self.arrears: list[dict[str, Any]] = []
        self.instalment: int | None = None

    # ---- the calendar
    def years(self, start: date, end: date) -> Fraction:
        if self.loan["day_count"] == "30E360":
            months = (end.year - start.year) * 12 + end.month - start.month
            return Fraction(months * 30 + min(end.day, 30) - min(start.day, 30), 360)
        return Fraction((end - start).days, 365 if self.loan["day_count"] == "A365" else 360)

    def pay_by(self, due: date) -> date:
        while not chinese_calendar.is_workday(due):
            due += ONE
        return due

    def dues_after(self, day: date) -> list[date]:
        if day >= self.matures:
            return []
        found, count = [], 0
        while self.loan["every_months"] and (due := add_months(self.loan["first_due_on"], count)) < self.matures:
            found += [due] if due > day else []
            count += self.loan["every_months"]
        return [*found, self.matures]

    # ---- the plan
    def reckon(self, day: date) -> None:
        dues = self.dues_after(day)
        accrued, start = Fraction(self.interest), day
        for _ in range(self.deferred):
            start, dues, accrued = (dues[0], dues[1:], Fraction(0)) if dues else (day, [], accrued)
        self.instalment = None
        if self.undue and self.loan["repayment"] == "equal_principal":
            self.instalment = half_up(Fraction(self.undue, max(len(dues), 1)))
        if self.undue and dues and self.loan["repayment"] == "equal_installment":
            rate, factor, total = Fraction(self.rate, 10**6), Fraction(1), Fraction(1)
            owed = self.undue + accrued + self.undue * rate * self.years(start, dues[0])
            for before, after in pairwise(dues):
                factor /= 1 + rate * self.years(before, after)
                total += factor
            self.instalment = half_up(owed / total)

    # ---- a day
    def run(self, messages: list[dict[str, Any]], until: date) -> None:
        first = min([self.loan["starts_on"], *(row["value_day"] for row in messages)])
        for day in (first + ONE * n for n in range((until - first).days + 1)):
            before = (self.undue, self.rate, self.loan["repayment"])
            self.stale = False
            self.accrue(day)
            self.reset(day)
            here = [row for row in messages if row["value_day"] == day]
            for row in here:
                self.change(row)
            if day in self.dues_after(day - ONE):
                self.fall_due(day)
            self.pay(self.take_kept(), keep=True)
            for row in here:
                self.move(row, day)
            self.pay(self.take_kept(), keep=True)
            if self.stale or (before[1] != self.rate and self.loan["repayment"] == "equal_installment"):
                self.reckon(day)

    def accrue(self, day: date) -> None:
        rate, night = Fraction(self.rate, 10**6), self.years(day - ONE, day)
        self.exact["interest"] += self.undue * rate * night
        overdue = Fraction(self.rate + ppm_of(self.rate, self.loan["overdue_markup_ppm"]), 10**6)
        for due in self.arrears:
            if day > due["pay_by"] + ONE * self.loan["grace_days"]:
                since = day - ONE if due["late"] else due["on"]
                if not due["late"]:
                    due["late"], self.missed = True, self.missed + 1
                self.exact["penalty"] += due["principal"] * overdue * self.years(since, day)
                if self.loan["compound"]:
                    self.exact["compound"] += due["interest"] * overdue * self.years(since, day)
        for name in self.exact:
            more = half_up(self.exact[name]) - self.posted[name]
            self.posted[name] += more
            setattr(self, name, getattr(self, name) + more)

    def standing_lpr(self, day: date) -> int | None:
        return next((rate for since, rate in reversed(self.lpr) if since <= day), None)

    def reset(self, day: date) -> None:
        first = self.loan.get("first_reset_on")
        if self.loan["rate_kind"] == "fixed" or first is None or day <= self.loan["starts_on"]:
            return
        months = [add_months(first, n * self.loan["reset_months"]) for n in range(60)]
        base = self.standing_lpr(day)
        if day in months and base is not None:
            self.rate = max(base + self.spread, 0)

    def change(self, row: dict[str, Any]) -> None:
        if row["kind"] == "rate":
            self.rate = row["rate_ppm"]
            base = self.standing_lpr(row["value_day"])
            if self.loan["rate_kind"] != "fixed" and base is not None:
                self.spread = self.rate - base
        elif row["kind"] == "defer":
            self.deferred, self.stale = self.deferred + row["count"], True

    def fall_due(self, day: date) -> None:
        interest, last = self.interest, day == self.matures
        principal = self.undue if last else 0
        if not last and not self.deferred and self.instalment is not None:
            part = self.instalment - (interest if self.loan["repayment"] == "equal_installment" else 0)
            principal = min(max(part, 0), self.undue)
        if interest or principal:
            self.arrears.append({"on": day, "pay_by": self.pay_by(day), "principal": principal, "interest": interest, "late": False})  # fmt: skip
        self.undue, self.interest = self.undue - principal, 0
        if self.deferred:
            self.deferred, self.stale = self.deferred - 1, True

    def take_kept(self) -> int:
        money, self.kept = self.kept, 0
        return money

    def move(self, row: dict[str, Any], day: date) -> None:
        amount = row.get("amount_fen", 0)
        if row["kind"] == "disburse":
            self.fee += 0 if self.drawn else self.loan["fee_fen"]
            self.drawn, self.stale = self.drawn + amount, True
            if day >= self.matures:
                self.arrears.append({"on": day, "pay_by": day, "principal": amount, "interest": 0, "late": False})
            else:
                self.undue += amount
        elif row["kind"] == "fee":
            self.fee += amount
        elif row["kind"] == "repay":
            self.received += amount
            money = self.pay(amount)
            if row.get("word") != "next":
                paid = min(money, self.undue)
                self.undue, money, self.stale = self.undue - paid, money - paid, self.stale or paid > 0
                if not self.undue and not self.arrears:
                    paid = min(money, self.interest)
                    self.interest, money = self.interest - paid, money - paid
                if 0 < self.undue + self.interest <= self.kept and self.undue:
                    self.kept -= self.undue + self.interest
                    self.undue, self.interest, self.stale = 0, 0, True
            self.kept += money

    def pay(self, money: int, keep: bool = False) -> int:
        for name in self.loan["allocation"].split(","):
            if name in ("fee", "penalty", "compound"):
                paid = min(money, getattr(self, name))
                setattr(self, name, getattr(self, name) - paid)
                money -= paid
                continue
            for due in self.arrears:
                paid = min(money, due[name])
                due[name], money = due[name] - paid, money - paid
        self.arrears = [due for due in self.arrears if due["principal"] or due["interest"]]
        if keep:
            self.kept += money
        return money

    def figures(self, until: date) -> dict[str, Any]:
        late = [due["pay_by"] for due in self.arrears if due["late"]]
        return {
            "principal_fen": self.undue + sum(due["principal"] for due in self.arrears),
            "principal_due_fen": sum(due["principal"] for due in self.arrears), "interest_fen": self.interest,
            "interest_due_fen": sum(due["interest"] for due in self.arrears), "penalty_fen": self.penalty, "compound_fen": self.compound,
            "fee_fen": self.fee, "kept_fen": self.kept, "rate_ppm": self.rate, "received_fen": self.received,
            "past_due_days": (until - min(late)).days if late else 0,
            "oldest_due_on": min((due["on"] for due in self.arrears), default=None),
        }  # fmt: skip
