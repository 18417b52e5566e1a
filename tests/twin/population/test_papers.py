"""The papers of different desks tell of the same company."""

from __future__ import annotations

from collections import Counter, defaultdict
from decimal import Decimal

import numpy as np

from kemiao.base.dates import parse_date
from kemiao.base.refusal import Refusal
from kemiao.twin.population.city import City
from kemiao.twin.population.invoices import Invoices
from kemiao.twin.population.papers.technology import laboratory, shell
from kemiao.twin.population.sheet import Paper

PAST = (
    "开票日期", "申报日期", "立案日期", "列入日期", "移出日期", "签订日期", "发放日期", "交易日期", "申请日", "授权公告日",
    "发证日期", "取得日期", "受让日期", "登记日期", "认定日期", "到账日期", "缴费日期", "成立日期", "统计日期", "报表截止日", "报告日期",
)  # fmt: skip


def rows_of(papers: list[Paper], path: str, sheet: int = 0) -> list[dict[str, str]]:
    return next(paper for paper in papers if paper.path == path).sheets[sheet].cells.to_pylist()


def test_declared_sales_are_the_invoiced_ones_at_most_two_days_late(
    city: City, invoices: Invoices, papers: list[Paper]
) -> None:
    """Cumulated, a return lags behind the invoices by no more than those of the last two days of its month."""
    place = {city.code(int(firm)): int(firm) for firm in city.tenants}
    declared: dict[int, int] = defaultdict(int)
    late = 0
    rows = rows_of(papers, "纳税申报/增值税申报.csv")
    for row in sorted(rows, key=lambda row: row["税款所属期止"]):
        firm, end = place[row["统一社会信用代码"]], np.datetime64(row["税款所属期止"])
        declared[firm] += int(Decimal(row["申报销售额"]) * 100)
        sold = invoices.counts & (invoices.seller == firm)
        upto = invoices.net[sold & (invoices.day <= end)].sum()
        last = invoices.net[sold & (invoices.day <= end) & (invoices.day > end - 2) & (invoices.net > 0)].sum()
        assert upto - last <= declared[firm] <= upto, row
        late += declared[firm] < upto
    assert late > 0  # some book-keepers are late: the check above is not about equal columns


def test_statements_say_what_the_books_say(city: City, papers: list[Paper]) -> None:
    flow = city.books.flow
    rows = [row for row in rows_of(papers, "财务报表/年度财务报表汇总.xlsx", 2) if row["月数"] == "12"]
    place = {city.code(int(firm)): int(firm) for firm in city.tenants}
    assert len(rows) > 20
    for row in rows:
        firm, year = place[row["统一社会信用代码"]], slice(24, 36)
        fen = {name: int(Decimal(row[name]) * 100) for name in list(row)[5:]}
        assert fen["营业收入"] == flow["revenue"][firm, year].sum()
        assert fen["应收账款期末"] == flow["receivable"][firm, 35] and fen["存货期初"] == flow["inventory"][firm, 23]
        assert fen["净利润"] == fen["营业收入"] - fen["成本费用总额"] - flow["income_tax"][firm, year].sum()
        assert fen["资产总额"] >= fen["货币资金"] + fen["应收账款期末"] + fen["存货期末"] + fen["预付款项期末"]


def test_a_statement_of_an_account_runs_on_from_line_to_line(city: City, papers: list[Paper]) -> None:
    statements = [paper for paper in papers if paper.map == "bank_statement"]
    assert statements
    for paper in statements:
        balances = []
        for row in paper.sheets[0].cells.to_pylist():
            move = Decimal(row["贷方发生额"] or 0) - Decimal(row["借方发生额"] or 0)
            assert not balances or Decimal(row["账户余额"]) == balances[-1] + move
            balances.append(Decimal(row["账户余额"]))
        firm = city.parties.code.index(dict(paper.option)["company"].removeprefix("uscc:"))
        assert min(balances) >= 0
        assert int(balances[-1] * 100) == city.books.flow["cash"][firm, city.calendar.now - 1]


def test_shares_of_a_company_add_up_to_all_of_it(papers: list[Paper]) -> None:
    total: Counter[str] = Counter()
    for row in rows_of(papers, "股权/股东信息.csv"):
        total[row["统一社会信用代码"]] += int(Decimal(row["持股比例"].removesuffix("%")) * 100)
    assert set(total.values()) == {10_000}


def test_nothing_that_the_bank_sees_is_from_the_day_or_after(city: City, papers: list[Paper]) -> None:
    seen = 0
    for paper in papers:
        for sheet in paper.sheets:
            for header in set(PAST) & set(sheet.cells.column_names):
                for text in set(sheet.cells[header].to_pylist()) - {""}:
                    day = parse_date(text)
                    assert not isinstance(day, Refusal) and day < city.calendar.day, (paper.path, header, text)
                    seen += 1
    assert seen > 1_000


def test_no_company_trades_before_it_is_registered(city: City, invoices: Invoices, papers: list[Paper]) -> None:
    born = {
        row["统一社会信用代码"]: parse_date(row["成立日期"]) for row in rows_of(papers, "工商登记/企业登记信息.csv")
    }
    for firm in city.tenants:
        own = invoices.day[(invoices.seller == firm) | (invoices.buyer == firm)]
        assert own.min().astype(object) > born[city.code(int(firm))]


def test_an_open_order_does_not_know_who_will_close(city: City, papers: list[Paper]) -> None:
    """Orders that run on after the day are there for the companies that close soon after it, too."""
    closing = {city.code(int(firm)) for firm in city.tenants if city.books.closed[firm] < city.calendar.months}
    open_orders = {
        row["统一社会信用代码"] for row in rows_of(papers, "订单/企业订单台账.csv") if row["状态"] == "执行中"
    }
    assert closing and closing & open_orders


def test_laboratories_and_shells_can_be_told_apart_by_their_papers(city: City, papers: list[Paper]) -> None:
    """Shells bought what they have shortly before the day and count nobody who could have made it; laboratories made theirs."""
    rights = rows_of(papers, "知识产权/授权专利与登记.xlsx")
    staff = {row["统一社会信用代码"]: row for row in rows_of(papers, "人员/企业人员结构统计.xlsx")}
    seen: Counter[str] = Counter()
    for firm in (int(firm) for firm in city.tenants):
        code = city.code(firm)
        own = [row for row in rights if row["统一社会信用代码"] == code and row["权利要求数"]]
        bought = [row for row in own if row["受让日期"]]
        assert all(row["是否受让"] == "是" for row in bought)
        if shell(city, firm):
            seen["shell"] += 1
            assert staff[code]["科技人员"] == "0" and len(bought) >= 3
            assert all(city.calendar.day.year - int(row["受让日期"][:4]) <= 1 for row in bought)
        elif laboratory(city, firm):
            seen["laboratory"] += 1
            assert len([row for row in own if row["类型"] == "发明专利"]) > len(bought)
    assert seen["laboratory"] > 0 and seen["shell"] > 0
