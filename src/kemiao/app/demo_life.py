"""The demo lives on after the assessment: loans are made, and served month by month on a virtual clock, by the commands that
a bank would type. How the borrowers pay is drawn by the twin; the bank learns of it from its settlement bank's messages only.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from kemiao.base.dates import add_months, month_start
from kemiao.twin.population.park import AFTERWARDS
from kemiao.twin.population.paying import Due, Payment, cash_out, payments
from kemiao.twin.population.setting import read_setting
from kemiao.twin.population.settlement_bank import Executed, executed, statement

STAFF = (
    ("chen", "陈静", "administrator", "head_office"), ("li", "李强", "customer_manager", "technology_team"),
    ("wang", "王敏", "branch_officer", "technology_branch"), ("zhao", "赵磊", "head_office_officer", "head_office"),
    ("sun", "孙丽", "operations", "technology_branch"),
)  # fmt: skip
MANAGER, OPERATIONS = "li", "sun"
_ACCOUNT = "61000000000000000001"  # the settlement account of policy payments.toml
_APPROVERS = ("wang", "zhao")  # the branch first; what is beyond it goes to the head office
_ON_PAPER = 8  # companies that sign by hand
_NEW_LOAN_FEN = (10_000_000, 300_000_000)
_WRITE_OFF_DAYS = (180, 90)  # past due by more; the second once it was restructured
_RESTRUCTURE_DAYS = (31, 120)


@dataclass(slots=True)
class Life:
    """typist: types commands. home: the bank's. seed: of how borrowers pay. day: the first of the first month."""

    typist: Any
    out: Path
    home: Path
    seed: int
    day: date

    @property
    def messages(self) -> Path:
        return self.out / "messages"

    def type(self, *words: object) -> None:
        self.typist(*words, "--home", self.home)

    def read(self, *words: object) -> list[dict[str, Any]]:
        return list(self.typist.read(*words, "--home", self.home))

    def by_two(self, *words: object, maker: str) -> bool:
        """A command that a second person may have to clear: asked for, given, and sent again."""
        command = (*words, "--as", maker, "--home", self.home)
        if self.typist.tries(*command):
            return True
        waiting = self._waiting()
        return bool(waiting) and self._given(waiting[-1]) and bool(self.typist.tries(*command))

    def all_by_two(self, *words: object, maker: str) -> bool:
        """A command over many, each of which a second person may have to clear."""
        command = (*words, "--as", maker, "--home", self.home)
        if self.typist.tries(*command):
            return True
        given = [self._given(request) for request in self._waiting()]
        return any(given) and bool(self.typist.tries(*command))

    def _waiting(self) -> list[str]:
        return [row["request"] for row in self.read("approval", "list") if row["state"] == "waiting"]

    def _given(self, request: str) -> bool:
        """By the first of the approvers who may."""
        return any(self.typist.tries("approval", "give", request, "--as", other, "--home", self.home) for other in _APPROVERS)  # fmt: skip


def staffed(life: Life) -> None:
    """Accounts of five persons: the first needs nobody, the others are named by it."""
    (first, *others) = STAFF
    for account, person, role, unit in (first, *others):
        by = () if account == first[0] else ("--as", first[0])
        life.type("staff", "add", account, "--person", person, "--role", role, "--unit", unit, *by)


def lent(life: Life, company: Path, on_chain: str, decisions: Sequence[dict[str, Any]]) -> None:
    """From application to money: one company signs by its own key on the chain, the others by hand."""
    life.messages.mkdir()
    approved = sorted(
        (row for row in decisions if row["decision"] == "approve" and row["company"] != on_chain),
        key=lambda row: (-row["limit_fen"], row["company"]),
    )
    life.type("product", "list")
    if approved:
        # Refused where the company owes this bank its whole limit already: in a small park that may be the first one.
        life.typist.tries(
            "product", "try", approved[0]["company"], "--product", "tech_credit", "--amount", "50万", "--months", "12", "--home", life.home,
        )  # fmt: skip
    own = next((row for row in decisions if row["company"] == on_chain), None)
    if own is not None and _let_through(life, own):
        _one(life, own, "tech_credit", company)
    for number, row in enumerate(approved[:_ON_PAPER]):
        _one(life, row, ("tech_credit", "revolving")[number % 2], None)
    life.typist.tries("payments", "out", "--out", life.messages / "orders.xml", "--as", OPERATIONS, "--home", life.home)


def _let_through(life: Life, own: dict[str, Any]) -> bool:
    """Approved by the system; or referred, and then decided by two persons, with a reason that is kept."""
    if own["decision"] == "refer":
        return life.by_two("override", own["decision_id"], "--to", "approve", "--reason", "现场走访:订单与设备属实", maker=MANAGER)  # fmt: skip
    return bool(own["decision"] == "approve")


def _one(life: Life, row: dict[str, Any], product: str, signs_at: Path | None) -> None:
    """signs_at: the company's own home; None where it signs on paper."""
    low, high = _NEW_LOAN_FEN
    amount = max(low, min(high, row["limit_fen"] // 2 // 1_000_000 * 1_000_000)) // 100
    own = row["company"]
    asked = ("--product", product, "--amount", amount, "--months", 12, "--purpose", "采购原材料", "--as", MANAGER)
    life.type("apply", own, *asked)
    application = _at_step(life, own, "applied")
    if (
        application is None
        or not life.by_two("offer", application, maker=MANAGER)
        or not _at_step(life, own, "offered")
    ):
        return  # refused, or declined with reasons: both were shown
    taken_up(life, own, application, signs_at)
    _ticked(life, application, "drawdown")
    name = f"客户 {own[-6:]}"
    life.by_two("payments", "account", own, "--number", f"6222{own[-6:]}0001", "--name", name, maker=OPERATIONS)
    life.by_two("disburse", application, maker=MANAGER)


def taken_up(life: Life, company: str, application: str, signs_at: Path | None) -> None:
    """From an offer to a contract that both have signed."""
    life.type("due-diligence", company, "--owner", "张建国=70%", "--risk", "low", "--as", MANAGER)
    life.type("accept", application, "--as", MANAGER)
    _ticked(life, application, "signing")
    _signed(life, application, signs_at)


def _at_step(life: Life, company: str, state: str) -> str | None:
    """The company's application that stands there."""
    found = (row for row in life.read("application", "list") if row["company"] == company and row["state"] == state)
    return next((str(row["application"]) for row in found), None)


def _ticked(life: Life, application: str, at: str) -> None:
    open_ = [
        each for each in life.read("condition", "list", application) if each["ticked"] is None and each["at"] == at
    ]
    if open_:
        codes = (each["code"] for each in open_)
        life.type("condition", "tick", application, *codes, "--note", "原件已核,存档案室", "--as", MANAGER)


def _signed(life: Life, application: str, signs_at: Path | None) -> None:
    if signs_at is None:
        paper = life.messages / f"{application}.contract.txt"
        paper.write_text(f"合同 {application}\n双方已签字盖章\n", "utf-8")
        life.type("sign", application, "--paper", paper, "--as", MANAGER)
        return
    contract = life.messages / f"{application}.contract.json"
    life.type("sign", application, "--out", contract, "--as", MANAGER)
    life.typist("sign", contract, "--yes", "--home", signs_at)
    life.type("sign", application, "--as", MANAGER)


def lived(life: Life, months: int, papers: Path) -> None:
    """Month after month: what fell due, what was paid, the end of each day; at the quarter's end the book is looked at."""
    manner = read_setting().economy["paying"]
    known = _ran_out(papers)
    listed = life.read("loan", "list")
    over = cash_out(sorted({row["company"] for row in listed}), known, add_months(life.day, 12), max(months - 12, 1), life.seed, manner)  # fmt: skip
    orders = life.messages / "orders.xml"
    sent: list[Executed] = executed(orders.read_bytes(), life.day) if orders.exists() else []
    balance, told_late = 0, list[Payment]()
    for first, last in _months(life.day, months):
        _fixing(life, last)
        dues = _dues(life, (last - first).days + 1)
        paid = payments(dues, first, last, over, life.seed, manner)
        now = [*told_late, *(one for one in paid if one.told_on <= last)]
        told_late = [one for one in paid if one.told_on > last]
        content, balance = statement(_ACCOUNT, first, last, balance, now, sent)
        sent = []
        file = life.messages / f"{first:%Y-%m}.camt053.xml"
        file.write_bytes(content)
        life.type("today", last)
        life.type("payments", "in", file, "--as", OPERATIONS)
        _decided(life, last)
        life.type("eod")
        if last.month % 3 == 0:
            life.type("book", "show")
    _looked_at(life, months, file)


def _months(day: date, months: int) -> Iterator[tuple[date, date]]:
    for number in range(months):
        first = add_months(month_start(day), number)
        yield first, add_months(first, 1) - timedelta(days=1)


def _dues(life: Life, days: int) -> list[Due]:
    """What the borrowers know that they owe, from what the bank tells them."""
    owed = {
        row["loan"]: row["principal_fen"] + row["interest_fen"] + row["interest_due_fen"] + row["penalty_fen"]
        for row in life.read("loan", "list")
    }
    found = []
    for row in life.read("loan", "due", "--within", days):
        if row["due_now_fen"] > 0 and row["oldest_due_on"]:
            found.append(Due(row["loan"], row["company"], date.fromisoformat(row["oldest_due_on"]), row["due_now_fen"], owed[row["loan"]]))  # fmt: skip
        if row["next_due_on"] and row["next_due_fen"]:
            found.append(Due(row["loan"], row["company"], date.fromisoformat(row["next_due_on"]), row["next_due_fen"], owed[row["loan"]]))  # fmt: skip
    return found


def _decided(life: Life, today: date) -> None:
    """What people decide at a month's end: one restructuring, and writing off what is long past due."""
    for row in life.read("loan", "list", "--status", "active"):
        late = row["past_due_days"]
        hopeless = late > (_WRITE_OFF_DAYS[1] if row["restructurings"] else _WRITE_OFF_DAYS[0])
        if hopeless and row["principal_fen"] > 0:
            life.by_two("loan", "write-off", row["loan"], "--reason", "长期逾期,重组后仍未还款", maker=OPERATIONS)
        elif _RESTRUCTURE_DAYS[0] <= late <= _RESTRUCTURE_DAYS[1] and not row["restructurings"] and row["matures_on"] > today.isoformat():  # fmt: skip
            until = add_months(date.fromisoformat(row["matures_on"]), 12)
            life.by_two("loan", "restructure", row["loan"], "--until", until, "--reason", "销售回款推迟", maker=MANAGER)  # fmt: skip


def _fixing(life: Life, last: date) -> None:
    """Beyond what is observed, the LPR stands as it last stood: a synthetic fixing, loaded and marked as one."""
    (law,) = life.read("law", "show", "lpr", "--on", last)
    (table,) = law["tables"]
    if date.fromisoformat(table["observed_until"]) >= last:
        return
    rates = {row["tenor"]: row["rate_ppm"] / 10_000 for row in table["rows"]}
    file = life.messages / f"lpr-{last:%Y-%m}.csv"
    with file.open("w", encoding="utf-8", newline="") as target:
        rows = csv.writer(target)
        rows.writerow(["date", "1Y", "5Y", "source", "confidence"])
        rows.writerow([last, rates["1Y"], rates["5Y"], "合成路径(演示) / synthetic path of the demo", "synthetic"])
    life.type("today", last)
    life.type("law", "load", "lpr", file)


def _looked_at(life: Life, months: int, last_statement: Path) -> None:
    """The book and the books at the end, as people look at them."""
    for words in (
        ("loan", "due", "--within", 30), ("book", "classify"), ("book", "movement", "--since", life.day), ("book", "vintage"),
        ("books", "balance"), ("books", "check"), ("payments", "reconcile", last_statement), ("funds", "trace", "--all"), ("economics",),
    ):  # fmt: skip
        life.typist.tries(*words, "--home", life.home)
    reports = life.out / "reports"
    life.type("book", "report", "--out", reports / "book.xlsx")
    life.type("books", "export", "--format", "beancount", "--out", reports / "books.beancount")
    first = next(iter(row["company"] for row in life.read("loan", "list")), None)
    if first is not None:
        life.type("books", "statement", first, "--from", life.day, "--to", add_months(life.day, months), "--out", reports / "statement.pdf")  # fmt: skip


def _ran_out(papers: Path) -> dict[str, date]:
    """Which companies' cash is gone when, as the population was played for twelve months: the borrowers know, the bank doesn't."""
    with (papers / AFTERWARDS / "违约结果.csv").open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    return {
        f"uscc:{row['统一社会信用代码']}": date.fromisoformat(row["资金断裂月份"] + "-01")
        for row in rows
        if row["资金断裂月份"]
    }
