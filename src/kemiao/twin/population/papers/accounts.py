"""银行流水, 本行贷款, 他行贷款: what banks know of a company's money."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np

from kemiao.base.dates import add_months
from kemiao.twin.population.cash import Loan
from kemiao.twin.population.city import City
from kemiao.twin.population.sheet import Paper, Sheet, text_table, yuan

STATEMENTS = 6  # companies whose account statement is at hand
_IN = {
    "advance_up": "预收货款",
    "prepay_down": "预付款退回",
    "equity": "投资款",
    "owner": "股东投入",
    "drawn": "贷款发放",
}
_OUT = {"advance_down": "退预收款", "prepay_up": "预付货款", "wages_paid": "代发工资", "vat_paid": "增值税及附加", "income_tax_paid": "企业所得税", "interest_paid": "贷款利息", "repaid": "归还贷款", "misfortune": "项目赔付", "dividend": "分红"}  # fmt: skip
_DAY = {"代发工资": 10, "增值税及附加": 15, "企业所得税": 15, "贷款利息": 21}
Move = tuple[int, int, str, str]  # day of the month, fen, counterparty, summary


def accounts(rng: np.random.Generator, city: City) -> list[Paper]:
    busy = city.tenants[
        np.argsort(-city.books.flow["received"][city.tenants, city.calendar.now - 12 :].sum(axis=1), kind="stable")
    ]
    middle = busy[len(busy) // 4 : len(busy) // 4 + max(STATEMENTS * 4, 1)]
    owners = np.sort(rng.choice(middle, min(STATEMENTS, len(middle)), replace=False))
    return [*(_account(rng, city, int(firm)) for firm in owners), _own_loans(city), _other_loans(city)]


def _account(rng: np.random.Generator, city: City, firm: int) -> Paper:
    """The statement of history. The balance after each move is exact; it starts from the books' cash."""
    calendar, flow = city.calendar, city.books.flow
    first = max(calendar.shown, int(city.firms.registered[firm]) + 1)
    balance = int(flow["cash"][firm, first - 1])
    rows: list[tuple[date, int, int, str, str]] = []
    for month in range(first, calendar.now):
        for day, fen, other, summary in _in_order(list(_moves(rng, city, firm, month)), balance):
            balance += fen
            rows.append((calendar.start(month) + timedelta(days=day - 1), fen, balance, other, summary))
    amounts, balances = np.array([row[1] for row in rows]), np.array([row[2] for row in rows])
    cells = text_table({
        "交易日期": [f"{row[0]:%Y%m%d}" for row in rows],
        "交易流水号": [f"{row[0]:%y%m%d}{number:06d}" for number, row in enumerate(rows, start=1)],
        "账号": [f"99010{firm:06d}{firm * 7919 % 100_000_000:08d}"] * len(rows),
        "借方发生额": ["" if fen > 0 else text for fen, text in zip(amounts, yuan(-amounts).to_pylist(), strict=True)],
        "贷方发生额": ["" if fen < 0 else text for fen, text in zip(amounts, yuan(amounts).to_pylist(), strict=True)],
        "账户余额": yuan(balances),
        "对方户名": [row[3] for row in rows],
        "摘要": [row[4] for row in rows],
    })  # fmt: skip
    option = (("company", f"uscc:{city.code(firm)}"),)
    return Paper(
        f"银行流水/{city.name(firm)}_账户流水.csv",
        "bank_statement",
        [Sheet("流水", cells, np.arange(len(rows)))],
        "gb18030",
        option,
    )


def _moves(rng: np.random.Generator, city: City, firm: int, month: int) -> Iterator[Move]:
    settled, relations = city.books.settled[:, month], city.relations
    for sign, ours, theirs, summary in (
        (1, relations.seller, relations.buyer, "货款"),
        (-1, relations.buyer, relations.seller, "付货款"),
    ):
        for place in np.flatnonzero((ours == firm) & (settled > 0)):
            yield int(rng.integers(1, 29)), sign * int(settled[place]), city.name(int(theirs[place])), summary
    own = city.name(firm)
    for sign, names in ((1, _IN), (-1, _OUT)):
        for flow, summary in names.items():
            fen = int(city.books.flow[flow][firm, month])
            if fen:
                other = city.firms.representative[firm] if flow in ("owner", "dividend") else own
                yield _DAY.get(summary, int(rng.integers(3, 28))), sign * fen, other, summary


def _in_order(moves: list[Move], balance: int) -> list[Move]:
    """By day; where the account would be overdrawn on the way, what came in goes first, as the month's books had it."""
    by_day = sorted(moves)
    if np.min(np.cumsum([balance, *(fen for _, fen, _, _ in by_day)])) >= 0:
        return by_day
    money_in = [(min(day, 14), fen, other, what) for day, fen, other, what in by_day if fen > 0]
    money_out = [(max(day, 15), fen, other, what) for day, fen, other, what in by_day if fen < 0]
    return sorted(money_in) + sorted(money_out)


# ── loans ────────────────────────────────────────────────────────────────────────────────────────────────────────
def _standing(city: City, loan: Loan) -> tuple[int, int]:
    """(balance in fen, days past due) on the day before the park's day."""
    at = city.calendar.now - 1
    if city.books.loan_number[loan.firm, loan.slot, at] != loan.number:
        return 0, 0
    late = int(city.books.loan_late[loan.firm, loan.slot, at])
    return int(city.books.loan_left[loan.firm, loan.slot, at]), late * 30 - 12 if late else 0


def _visible(city: City, own: bool) -> list[Loan]:
    tenant = set(city.tenants.tolist())
    return [
        loan
        for loan in city.books.loans
        if loan.firm in tenant and loan.drawn < city.calendar.now and (loan.slot == 0) is own
    ]


def _drawn_on(city: City, loan: Loan) -> date:
    return city.calendar.start(loan.drawn).replace(day=3 + loan.number % 24)


def _own_loans(city: City) -> Paper:
    """Every loan that this bank has paid out in the run, with what is left of it."""
    loans = _visible(city, own=True)
    standing = [_standing(city, loan) for loan in loans]
    cells = text_table({
        "借据号": [f"JJ{_drawn_on(city, loan):%Y%m}{loan.number:06d}" for loan in loans],
        "统一社会信用代码": [city.code(loan.firm) for loan in loans],
        "企业名称": [city.name(loan.firm) for loan in loans],
        "发放日期": [f"{_drawn_on(city, loan):%Y-%m-%d}" for loan in loans],
        "到期日": [f"{add_months(_drawn_on(city, loan), 12):%Y-%m-%d}" for loan in loans],
        "贷款金额": yuan(np.array([loan.principal for loan in loans], dtype=np.int64)),
        "余额": yuan(np.array([left for left, _ in standing], dtype=np.int64)),
        "年利率": [f"{loan.rate_ppm / 10_000:.2f}%" for loan in loans],
        "逾期天数": [str(late) for _, late in standing],
    })  # fmt: skip
    return Paper("本行贷款/贷款台账.csv", "own_loans", [Sheet("贷款", cells, np.arange(len(loans)))], "gb18030")


def _other_loans(city: City) -> Paper:
    """From credit reports of the month before: open loans with other lenders."""
    reported_on = city.calendar.day - timedelta(days=10)
    loans = [
        loan for loan in _visible(city, own=False) if _standing(city, loan)[0] and _drawn_on(city, loan) < reported_on
    ]
    banks = city.setting.words["banks"]
    cells = text_table({
        "统一社会信用代码": [city.code(loan.firm) for loan in loans],
        "企业名称": [city.name(loan.firm) for loan in loans],
        "机构": [banks[3 + loan.number % 2] if loan.slot == 2 else banks[loan.number % 3] for loan in loans],
        "账户编号": [f"ZH{loan.number:08d}" for loan in loans],
        "报告日期": [f"{reported_on.year}年{reported_on.month}月{reported_on.day}日"] * len(loans),
        "到期日": [f"{add_months(_drawn_on(city, loan), 12):%Y-%m-%d}" for loan in loans],
        "余额": yuan(np.array([_standing(city, loan)[0] for loan in loans], dtype=np.int64)),
        "逾期天数": [str(_standing(city, loan)[1]) for loan in loans],
    })  # fmt: skip
    return Paper("他行贷款/信用报告未结清贷款.csv", "external_loans", [Sheet("贷款", cells, np.arange(len(loans)))])
