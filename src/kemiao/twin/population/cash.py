"""The months of the city: sales, purchases, wages, taxes, loans, and what is left in the account.

Every amount is whole fen. What a firm can't pay waits; a firm that has missed wages or loan service for some months
running has run out of cash and closes. Nothing here knows of ratings, and no outcome is drawn: it happens.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kemiao.twin.population.firms import Firms, Parties
from kemiao.twin.population.setting import PPM, Calendar, Flags, Floats, Ints, Setting
from kemiao.twin.population.trade import (
    AGES,
    CAPEX,
    MATERIAL,
    POWER,
    RENT,
    RESEARCH,
    SERVICE,
    Demand,
    Relations,
)

SLOTS = 3  # a firm's loans at one time: 0 with this bank, 1 and 2 with other lenders
INFLOWS = ("received", "advance_up", "prepay_down", "equity", "owner", "drawn")
OUTFLOWS = ("paid", "advance_down", "prepay_up", "wages_paid", "vat_paid", "income_tax_paid", "interest_paid", "repaid", "misfortune", "dividend")  # fmt: skip
PROFIT = ("revenue", "consumed", "wages", "services", "research_bought", "rent", "power_bought", "depreciation", "interest", "surcharge", "bad_debt", "misfortune", "income_tax")  # fmt: skip
STOCKS = ("cash", "receivable", "inventory", "prepayment", "fixed", "payable", "advance", "vat_due", "income_tax_due", "wages_due", "interest_due", "debt")  # fmt: skip
SEEN = ("heads", "tech_heads", "tight", "missed", "late_payable", "tax_arrears", "vat_payable", "alive")


@dataclass(frozen=True, slots=True)
class Loan:
    firm: int
    slot: int
    number: int
    drawn: int  # month
    due: int  # month in which the principal falls due
    principal: int
    rate_ppm: int


@dataclass(slots=True)
class Books:
    """All flows and month-end stocks by name, (firms, months), fen; and what each relation invoiced and paid."""

    flow: dict[str, Ints]
    opening: dict[str, Ints]  # stocks on the day the run began, (firms,)
    sold: Ints  # (relations, months) without tax, before returns
    returned: Ints  # (relations, months) without tax
    settled: Ints  # (relations, months) paid, with tax
    closed: Ints  # month in which a firm ran out of cash, or `months`
    loan_left: Ints  # (firms, SLOTS, months): principal owed at the month's end
    loan_late: Ints  # (firms, SLOTS, months): months running with service unpaid
    loan_number: Ints  # (firms, SLOTS, months): which loan stands in the slot, -1 for none
    loans: list[Loan] = field(default_factory=list)


def run(
    rng: np.random.Generator,
    setting: Setting,
    calendar: Calendar,
    firms: Firms,
    parties: Parties,
    relations: Relations,
    demand: Demand,
) -> Books:
    """Plays all months. Identities that hold to the fen, for each firm and month: cash = cash before + INFLOWS -
    OUTFLOWS; assets - liabilities move by profit and by what owners add."""
    city = _City(rng, setting, calendar, firms, parties, relations, demand)
    for month in range(calendar.months):
        city.play(month)
    return city.books


def _whole(amount: NDArray[Any]) -> Ints:
    return np.asarray(np.rint(amount).astype(np.int64))


class _City:
    """The state between two months."""

    def __init__(
        self,
        rng: np.random.Generator,
        setting: Setting,
        calendar: Calendar,
        firms: Firms,
        parties: Parties,
        relations: Relations,
        demand: Demand,
    ) -> None:
        self.setting, self.calendar, self.firms, self.parties = setting, calendar, firms, parties
        self.relations, self.demand, self.rules = relations, demand, setting.economy["cash"]
        self.count, months = len(firms.sector), calendar.months
        self.inside_seller = relations.seller < parties.inside
        self.inside_buyer = relations.buyer < parties.inside
        self.seller = np.where(self.inside_seller, relations.seller, 0)
        self.buyer = np.where(self.inside_buyer, relations.buyer, 0)
        self.steady = {  # the supplier of a kind that always delivers: the first relation of that kind for each firm
            kind: np.flatnonzero(relations.kind == kind)[: self.count] for kind in (MATERIAL, SERVICE, RESEARCH, CAPEX)
        }
        shape = (self.count, months)
        self.chance = {name: rng.random(shape) for name in ("round", "borrow", "rescue", "project")}
        self.size = {name: np.exp(0.5 * rng.standard_normal(shape)) for name in ("round", "project", "loan")}
        self.renew = rng.random((self.count, SLOTS, months))
        self.rate = rng.random((self.count, SLOTS, months))
        self.bank_first = rng.random(shape) < 0.55
        names = dict.fromkeys((*INFLOWS, *OUTFLOWS, *PROFIT, *STOCKS, *SEEN))
        blank = {name: np.zeros(shape, dtype=np.int64) for name in names}
        trades = (len(relations.seller), months)
        slots = (self.count, SLOTS, months)
        self.owed = np.zeros((len(relations.seller), AGES), dtype=np.int64)  # with tax, by age in months
        self.cash = np.where(firms.registered < 0, firms.cash_start, 0)
        self.inventory = np.where(firms.registered < 0, _whole(firms.sales * firms.material * firms.stock_months), 0)
        self.fixed = np.where(firms.registered < 0, _whole(firms.sales * 12 * (firms.capex + 0.05)), 0)
        self.smooth = np.where(firms.registered < 0, firms.sales, firms.sales * 0.3)
        self.heads = firms.heads_start.astype(np.float64)
        self.owner = firms.owner.copy()
        zero = np.zeros(self.count, dtype=np.int64)
        self.advance, self.prepayment = zero.copy(), zero.copy()
        self.vat_due, self.vat_carried, self.income_tax_due, self.wages_due = (
            zero.copy(),
            zero.copy(),
            zero.copy(),
            zero.copy(),
        )
        self.interest_due, self.quarter_profit = zero.copy(), zero.copy()
        self.missed, self.quarter_research = zero.copy(), zero.copy()
        self.debt = np.zeros((self.count, SLOTS), dtype=np.int64)
        self.due_month = np.full((self.count, SLOTS), -1)
        self.loan_rate = np.zeros((self.count, SLOTS), dtype=np.int64)
        self.loan_late = np.zeros((self.count, SLOTS), dtype=np.int64)
        self.loan_number = np.full((self.count, SLOTS), -1)
        self.alive = firms.registered <= 0
        self.closed = np.full(self.count, months)
        self.tight = np.zeros(self.count, dtype=bool)
        opening = {name: zero.copy() for name in STOCKS} | {
            "cash": self.cash.copy(), "inventory": self.inventory.copy(), "fixed": self.fixed.copy(),
        }  # fmt: skip
        self.books = Books(
            blank, opening, np.zeros(trades, dtype=np.int64), np.zeros(trades, dtype=np.int64),
            np.zeros(trades, dtype=np.int64), self.closed, np.zeros(slots, dtype=np.int64),
            np.zeros(slots, dtype=np.int64), np.full(slots, -1),
        )  # fmt: skip

    def play(self, month: int) -> None:
        flow = {name: column[:, month] for name, column in self.books.flow.items()}  # views: written in place
        born = (self.firms.registered == month) & (month > 0)
        self.alive |= born
        flow["equity"][:] = np.where(born, self.firms.cash_start, 0)
        self._people(month, flow)
        self._trade(month, flow)
        self._accrue(month, flow)
        self._pay(month, flow)
        self._close(month, flow)

    # ── what is sold and bought ──────────────────────────────────────────────────────────────────────────────────
    def _trade(self, month: int, flow: dict[str, Ints]) -> None:
        relations, firms = self.relations, self.firms
        able = relations.active(month) & (~self.inside_seller | self.alive[self.seller])
        able &= ~self.inside_buyer | self.alive[self.buyer]
        wanted = self._plan(month)
        raw = np.where(able, relations.weight * (self.demand.noise[:, month] + 1e-9), 0.0)
        sold = np.where(able, self.demand.outside[:, month], 0.0)
        for kind, amount in wanted.items():
            of_kind = relations.kind == kind
            share = np.where(of_kind, raw, 0.0)
            total = np.bincount(self.buyer[of_kind], share[of_kind], self.count)
            sold = np.where(of_kind, amount[self.buyer] * share / np.maximum(total, 1e-12)[self.buyer], sold)
        sold = np.where(sold < 20_000, 0.0, sold)  # nobody writes an invoice over less than 200 yuan
        amounts = _whole(sold)
        revenue_gross = self._by_seller(amounts)
        used = _whole(firms.material * revenue_gross / self.demand.price[:, month])
        bought = self._by_buyer(amounts, MATERIAL)
        rush = np.maximum(used - self.inventory - bought, 0) * self.alive
        amounts[self.steady[MATERIAL]] += rush
        before = self.books.sold[:, month - 1] if month else np.zeros_like(amounts)
        back = np.minimum(before * 3 // 10, amounts * 6 // 10) * self.demand.returned[:, month]
        self.books.sold[:, month], self.books.returned[:, month] = amounts, back
        net = amounts - back
        tax = _whole(net * (relations.vat_ppm / PPM))
        flow["revenue"][:] = self._by_seller(net)
        flow["consumed"][:] = used
        material = self._by_buyer(net, MATERIAL)
        self.inventory += material - used
        flow["services"][:] = self._by_buyer(net, SERVICE)
        flow["research_bought"][:] = self._by_buyer(net, RESEARCH)
        flow["rent"][:] = self._by_buyer(net, RENT)
        flow["power_bought"][:] = self._by_buyer(net, POWER)
        self.fixed += self._by_buyer(net, CAPEX)
        vat = self._by_seller(tax) - self._by_buyer(tax) - self.vat_carried
        self.vat_carried = np.maximum(-vat, 0)
        flow["vat_payable"][:] = np.maximum(vat, 0)
        flow["surcharge"][:] = flow["vat_payable"] * self.rules["surcharge_ppm"] // PPM
        self.owed[:, 0] += net + tax
        self.bought = material
        flow["depreciation"][:] = self.fixed // self.rules["depreciation_months"]
        self.fixed -= flow["depreciation"]
        expected = flow["revenue"] / np.maximum(self.demand.season[:, month], 0.3)
        self.smooth = np.where(self.alive, 0.82 * self.smooth + 0.18 * expected, 0.0)

    def _plan(self, month: int) -> dict[int, Floats]:
        """What each firm means to buy, by kind; short of cash it buys what it must."""
        firms, price = self.firms, self.demand.price[:, month]
        pace = self.smooth * self.alive
        season = self.demand.season[:, month]
        target = pace * firms.material * firms.stock_months / price
        material = np.maximum(pace * season * firms.material / price + (target - self.inventory) / 3, 0)
        thrift = np.where(self.tight, 0.5, 1.0)
        floor = firms.sales * 0.5 * self.alive  # what a firm needs however little it sells
        return {
            MATERIAL: material * np.where(self.tight, 0.75, 1.0),
            SERVICE: np.maximum(pace, floor * 0.6) * firms.service * thrift,
            RESEARCH: np.maximum(pace, floor) * firms.research * thrift,
            CAPEX: pace * firms.capex * np.where(self.tight, 0.0, 1.0),
            RENT: np.maximum(floor, pace * 0.8) * firms.rent,
            POWER: (0.7 * pace * season / price + 0.3 * floor) * firms.power,
        }

    def _by_seller(self, amounts: Ints) -> Ints:
        mask = self.inside_seller
        return _whole(np.bincount(self.seller[mask], amounts[mask].astype(np.float64), self.count))

    def _by_buyer(self, amounts: Ints, kind: int | None = None) -> Ints:
        mask = self.inside_buyer if kind is None else self.inside_buyer & (self.relations.kind == kind)
        return _whole(np.bincount(self.buyer[mask], amounts[mask].astype(np.float64), self.count))

    # ── people ───────────────────────────────────────────────────────────────────────────────────────────────────
    def _people(self, month: int, flow: dict[str, Ints]) -> None:
        firms, rules = self.firms, self.rules
        gain = (1 + rules["productivity_ppm_year"] / PPM) ** (month / 12)
        target = np.maximum(self.smooth * firms.heads / gain, 0.35 * firms.heads_start)
        step = np.where(target > self.heads, rules["hire_ppm_month"], rules["fire_ppm_month"]) / PPM
        step = np.where(self.tight & (target > self.heads), 0.0, step)
        self.heads += step * (target - self.heads)
        heads = np.maximum(np.rint(self.heads), 2) * self.alive
        pay = firms.pay * (1 + rules["raise_ppm_year"] / PPM) ** (month / 12)
        bonus = 1.0 + (month % 12 == 0) * 0.6  # the thirteenth month comes with the new year
        flow["heads"][:] = heads
        flow["tech_heads"][:] = np.minimum(np.rint(heads * firms.tech_share), heads)
        flow["wages"][:] = _whole(heads * pay * bonus)

    # ── what falls due ───────────────────────────────────────────────────────────────────────────────────────────
    def _accrue(self, month: int, flow: dict[str, Ints]) -> None:
        flow["interest"][:] = (self.debt * self.loan_rate // (12 * PPM)).sum(axis=1) * self.alive
        unlucky = (self.chance["project"][:, month] < self.rules["project_ppm_month"] / PPM) & self.alive
        self.loss = np.where(unlucky, _whole(self.smooth * 1.6 * self.size["project"][:, month]), 0)
        doubtful = self.owed[:, AGES - 1] // 2 * (month % 12 == 11)  # written off at the year's end
        self.owed[:, AGES - 1] -= doubtful
        self.written_off = doubtful
        flow["bad_debt"][:] = self._by_seller(doubtful) - self._by_buyer(doubtful)
        if month % 3 == 2:
            taxable = np.maximum(self.quarter_profit - self.quarter_research, 0)
            flow["income_tax"][:] = taxable * self.rules["income_tax_ppm"] // PPM * self.alive

    def _profit(self, flow: dict[str, Ints]) -> Ints:
        total: Ints = flow["revenue"] - sum(flow[name] for name in PROFIT if name != "revenue")
        return total

    # ── what is paid ─────────────────────────────────────────────────────────────────────────────────────────────
    def _pay(self, month: int, flow: dict[str, Ints]) -> None:
        """Outside money first; then wages, loans, taxes, suppliers; what firms of the city pay is there next month."""
        due = _whole(self.owed * self.relations.pays)
        outside = np.where(self.inside_buyer, 0.0, self.demand.stress[self.relations.buyer, month])
        settled = _whole(due * outside[:, None])
        received = self._by_seller(settled.sum(axis=1))
        purse = self.cash + flow["equity"] + received
        purse = self._prepay(flow, self._advance(flow, purse))
        principal = self._loans(month, flow)
        purse += flow["drawn"] - flow["repaid"]  # so far only renewals, whose new loan repays the old one
        tax_due = self.vat_due + self.income_tax_due
        hard = self.wages_due + self.interest_due + flow["interest"] + principal
        supplier_due = self._by_buyer(np.where(self.inside_buyer, due.sum(axis=1), 0))
        purse += self._rounds(month, flow, purse, hard + tax_due)
        purse += self._help(month, flow, purse - hard - tax_due - supplier_due * 3 // 10)
        flow["misfortune"][:] = np.minimum(self.loss, purse)
        purse -= flow["misfortune"]
        flow["wages_paid"][:] = np.minimum(purse, self.wages_due)
        purse -= flow["wages_paid"]
        purse = self._service(month, flow, purse)
        for tax, owing in (("income_tax_paid", self.income_tax_due), ("vat_paid", self.vat_due)):
            flow[tax][:] = np.minimum(purse, owing)
            purse -= flow[tax]
        purse = self._suppliers(month, flow, due, settled, supplier_due, purse)
        purse -= self._dividend(month, flow, purse)
        self.owed -= settled
        self.books.settled[:, month] = settled.sum(axis=1)
        flow["received"][:] = self._by_seller(self.books.settled[:, month])
        flow["paid"][:] = self._by_buyer(self.books.settled[:, month])
        self.cash = purse + flow["received"] - received
        self._carry(month, flow)

    def _advance(self, flow: dict[str, Ints], purse: Ints) -> Ints:
        """Customers' advances follow sales: more of them bring money, fewer take it. Returns the purse."""
        target = self.firms.advance * flow["revenue"]
        move = self._step(purse, target - self.advance)
        self.advance = self.advance + move
        flow["advance_up"][:], flow["advance_down"][:] = np.maximum(move, 0), np.maximum(-move, 0)
        return purse + move

    def _prepay(self, flow: dict[str, Ints], purse: Ints) -> Ints:
        """Prepayments follow purchases as far as the purse allows. Returns the purse."""
        move = self._step(purse, self.prepayment - self.firms.prepay * self.bought)
        self.prepayment = self.prepayment - move
        flow["prepay_down"][:], flow["prepay_up"][:] = np.maximum(move, 0), np.maximum(-move, 0)
        return purse + move

    def _step(self, purse: Ints, gap: Floats) -> Ints:
        """Two fifths of the gap a month; at most a fifth of the purse goes out for it."""
        return np.asarray(np.maximum(_whole(0.4 * gap) * self.alive, -(purse // 5)))

    def _loans(self, month: int, flow: dict[str, Ints]) -> Ints:
        """Renewals and new loans; returns the principal that falls due and is not renewed, with what is still unpaid."""
        rules = self.rules
        falls = (self.due_month == month) & (self.debt > 0) & self.alive[:, None]
        weak = (self.loan_late > 0).any(axis=1) | self.tight
        chance = np.where(weak, rules["renew_weak_ppm"], rules["renew_ppm"]) / PPM
        renewed = falls & (self.renew[:, :, month] < chance[:, None]) & (self.loan_late == 0)
        for firm, slot in zip(*np.nonzero(renewed), strict=True):
            amount = int(self.debt[firm, slot])
            flow["repaid"][firm] += amount
            self._draw(month, flow, int(firm), int(slot), amount, int(self.loan_rate[firm, slot]))
        wants = (self.chance["borrow"][:, month] < rules["borrow_ppm_month"] / PPM) & self.alive & ~self.tight
        wants &= month - self.firms.registered > 8
        room = _whole(self.smooth * 12 * 0.35) - self.debt.sum(axis=1)
        asked = _round_loan(self.smooth * 12 * rules["loan_of_sales_ppm"] / PPM * self.size["loan"][:, month])
        for firm in np.flatnonzero(wants & (room > asked) & (asked > 0)):
            slot = 0 if self.bank_first[firm, month] else 1
            if self.debt[firm, slot] == 0:
                low, high = rules["own_rate_ppm"] if slot == 0 else rules["other_rate_ppm"]
                rate = int(low + (high - low) * self.rate[firm, slot, month]) // 500 * 500
                self._draw(month, flow, int(firm), slot, int(asked[firm]), rate)
        expired = (self.due_month <= month) & (self.debt > 0)
        return np.asarray((self.debt * expired).sum(axis=1) * self.alive)

    def _draw(self, month: int, flow: dict[str, Ints], firm: int, slot: int, amount: int, rate_ppm: int) -> None:
        number = len(self.books.loans)
        self.books.loans.append(Loan(firm, slot, number, month, month + 12, amount, rate_ppm))
        flow["drawn"][firm] += amount
        self.debt[firm, slot], self.due_month[firm, slot] = amount, month + 12
        self.loan_rate[firm, slot], self.loan_number[firm, slot] = rate_ppm, number

    def _rounds(self, month: int, flow: dict[str, Ints], purse: Ints, due: Ints) -> Ints:
        """Investors come to young firms that burn money, in their own time."""
        burn = np.maximum(flow["wages"] * 14 // 10 - flow["revenue"] // 2, 0)
        young = (month - self.firms.registered < 72) & (self.firms.stage == 0)
        comes = (self.chance["round"][:, month] < self.rules["round_ppm_month"] / PPM) & young & self.alive
        raised = np.where(comes, _round_loan(burn * 12.0 * self.size["round"][:, month]), 0)
        flow["equity"][:] += raised
        return raised

    def _help(self, month: int, flow: dict[str, Ints], gap: Ints) -> Ints:
        """Short of cash: the owner gives what is left, and now and then a lender at a price."""
        short = np.maximum(-gap, 0) * self.alive
        given = np.minimum(self.owner, short)
        self.owner -= given
        flow["owner"][:] = given
        still = short - given
        lent = np.zeros(self.count, dtype=np.int64)
        ready = self.chance["rescue"][:, month] < self.rules["rescue_ppm_month"] / PPM
        low, high = self.rules["rescue_rate_ppm"]
        for firm in np.flatnonzero((still > 0) & ready & (self.debt[:, 2] == 0) & (self.missed == 0)):
            amount = int(_round_loan(np.array([min(1.5 * still[firm], self.smooth[firm] * 1.5)]))[0])
            if amount > 0:
                rate = int(low + (high - low) * self.rate[firm, 2, month]) // 1000 * 1000
                self._draw(month, flow, int(firm), 2, amount, rate)
                lent[firm] = amount
        return np.asarray(given + lent)

    def _dividend(self, month: int, flow: dict[str, Ints], purse: Ints) -> Ints:
        """Once a year owners of a firm that earned money take part of what it does not need."""
        if month % 12 == self.rules["dividend_month"] - 1 and month >= 12:
            year = {name: self.books.flow[name][:, month - 12 : month].sum(axis=1) for name in PROFIT}
            cost = sum(year[name] for name in PROFIT if name not in ("revenue", "bad_debt"))
            needed = _whole(cost * (self.rules["dividend_keeps_months"] / 12))
            earned = (self._profit(year) > 0) & ~self.tight & self.alive
            spare = np.maximum(purse - needed, 0) * self.rules["dividend_ppm"] // PPM
            flow["dividend"][:] = np.where(earned, spare, 0)
        return flow["dividend"]

    def _service(self, month: int, flow: dict[str, Ints], purse: Ints) -> Ints:
        """Interest, then principal that fell due, slot by slot; what stays unpaid makes the loan late. Returns the purse."""
        left = purse
        owing = self.interest_due + flow["interest"]
        flow["interest_paid"][:] = np.minimum(left, owing)
        left = left - flow["interest_paid"]
        short = owing > flow["interest_paid"]
        for slot in range(SLOTS):
            due = np.where((self.due_month[:, slot] <= month) & self.alive, self.debt[:, slot], 0)
            paid = np.minimum(left, due)
            left = left - paid
            flow["repaid"][:] += paid
            self.debt[:, slot] -= paid
            late = ((due > paid) | (short & (self.debt[:, slot] > 0))) & self.alive
            self.loan_late[:, slot] = np.where(late, self.loan_late[:, slot] + 1, 0)
            self.loan_number[:, slot] = np.where(self.debt[:, slot] > 0, self.loan_number[:, slot], -1)
        return left

    def _suppliers(self, month: int, flow: dict[str, Ints], due: Ints, settled: Ints, owing: Ints, purse: Ints) -> Ints:
        """Suppliers wait when money is short: all by the same share. Writes what is settled in place."""
        kept = flow["wages"] * self.rules["buffer_ppm"] // PPM
        ready = np.maximum(purse - kept, 0)
        share = np.minimum(ready / np.maximum(owing, 1), 1.0) * self.alive
        paid = np.where(self.inside_buyer[:, None], np.floor(due * share[self.buyer, None]), 0).astype(np.int64)
        settled += paid
        self.tight = (share < 0.8) & self.alive
        return purse - self._by_buyer(paid.sum(axis=1))

    def _carry(self, month: int, flow: dict[str, Ints]) -> None:
        """Closes the month: what was not paid is owed, and unpaid amounts grow a month older."""
        missed_interest = self.interest_due + flow["interest"] - flow["interest_paid"]
        missed_wages = self.wages_due - flow["wages_paid"]
        fallen = np.where(self.due_month <= month, self.debt, 0).sum(axis=1)
        missed = ((missed_interest > 0) | (missed_wages > 0) | (fallen > 0)) & self.alive
        self.missed = np.where(missed, self.missed + 1, 0)
        flow["missed"][:] = self.missed
        self.interest_due = missed_interest
        self.wages_due = missed_wages + flow["wages"]
        arrears = self.vat_due - flow["vat_paid"] + self.income_tax_due - flow["income_tax_paid"]
        flow["tax_arrears"][:] = arrears
        self.vat_due = self.vat_due - flow["vat_paid"] + flow["vat_payable"] + flow["surcharge"]
        self.income_tax_due = self.income_tax_due - flow["income_tax_paid"] + flow["income_tax"]
        profit = self._profit(flow) + flow["income_tax"]
        self.quarter_profit = profit + self.quarter_profit * (month % 3 != 2)
        research = (
            flow["research_bought"] + flow["wages"] * flow["tech_heads"] // np.maximum(flow["heads"], 1) * 6 // 10
        )
        self.quarter_research = research + self.quarter_research * (month % 3 != 2)
        self.owed[:, -1] += self.owed[:, -2]
        self.owed[:, 1:-1] = self.owed[:, :-2].copy()
        self.owed[:, 0] = 0
        total = self.owed.sum(axis=1)
        stocks = {
            "cash": self.cash, "receivable": self._by_seller(total), "inventory": self.inventory, "prepayment": self.prepayment,
            "fixed": self.fixed, "payable": self._by_buyer(total), "advance": self.advance, "vat_due": self.vat_due - self.vat_carried,
            "income_tax_due": self.income_tax_due, "wages_due": self.wages_due, "interest_due": self.interest_due,
            "debt": self.debt.sum(axis=1), "tight": self.tight, "late_payable": self._by_buyer(self.owed[:, 6:].sum(axis=1)), "alive": self.alive,
        }  # fmt: skip
        for name, stock in stocks.items():
            flow[name][:] = stock
        self.books.loan_left[:, :, month] = self.debt
        self.books.loan_late[:, :, month] = self.loan_late
        self.books.loan_number[:, :, month] = self.loan_number

    def _close(self, month: int, flow: dict[str, Ints]) -> None:
        gone: Flags = self.alive & (self.missed >= self.rules["missed_months"])
        self.closed[gone] = month
        self.alive &= ~gone


def _round_loan(amount: Floats) -> Ints:
    """Whole 100,000 yuan, down."""
    return np.floor(amount / 10_000_000).astype(np.int64) * 10_000_000
