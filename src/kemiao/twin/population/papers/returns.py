"""纳税申报, 财务报表, 研发费用, 人员, 代发工资, 用电: what companies and their suppliers report of them, month by month."""

from __future__ import annotations

import numpy as np

from kemiao.base.dates import add_months
from kemiao.twin.population.cash import INFLOWS, PROFIT
from kemiao.twin.population.city import City
from kemiao.twin.population.invoices import Invoices
from kemiao.twin.population.papers.technology import shell
from kemiao.twin.population.setting import Flags, Ints
from kemiao.twin.population.sheet import Paper, Sheet, days, text_table, wan, yuan
from kemiao.twin.population.trade import CAPEX

TARIFF_FEN = 68  # yuan cents a kWh without tax
_SERVICE = ("wages_paid", "vat_paid", "income_tax_paid", "interest_paid", "misfortune")


def returns(rng: np.random.Generator, city: City, invoices: Invoices) -> list[Paper]:
    parts = rng.spawn(6)
    return [
        *_tax(parts[0], city, invoices),
        *_statements(parts[1], city),
        _research(parts[2], city),
        _staff(parts[3], city),
        *_payroll(parts[4], city),
        _power(parts[5], city),
    ]


def _rows(city: City, months: range, holds: Flags | None = None) -> tuple[Ints, Ints]:
    """(firm, month) of all tenants that were registered, company by company."""
    firm, month = np.repeat(city.tenants, len(months)), np.tile(np.array(months), len(city.tenants))
    keep = np.asarray(month >= city.firms.registered[firm])
    if holds is not None:
        keep &= holds[firm]
    return firm[keep], month[keep]


def _who(city: City, firm: Ints) -> dict[str, list[str]]:
    return {
        "统一社会信用代码": [city.code(int(one)) for one in firm],
        "企业名称": [city.name(int(one)) for one in firm],
    }


def _month_end(city: City, month: Ints) -> np.ndarray:
    return np.asarray(city.calendar.starts()[month + 1] - np.timedelta64(1, "D"))


# ── tax ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def declared_late(rng: np.random.Generator, city: City, invoices: Invoices) -> Ints:
    """(firms, months) fen: sales invoiced in the last two days of a month which some book-keepers declare a month later."""
    shape = city.books.flow["revenue"].shape
    habit = np.asarray(rng.random(shape[0]) < 0.3)
    last = _month_end(city, invoices.month) - invoices.day < np.timedelta64(2, "D")
    rows = last & invoices.counts & (invoices.net > 0) & (invoices.seller < shape[0])
    rows &= habit[np.minimum(invoices.seller, shape[0] - 1)]
    place = invoices.seller[rows] * shape[1] + invoices.month[rows]
    late = np.rint(np.bincount(place, invoices.net[rows].astype(np.float64), shape[0] * shape[1])).astype(np.int64)
    late = late.reshape(shape)
    late[:, city.calendar.now - 1] = 0
    return np.where(late <= city.books.flow["revenue"], late, 0)


def _tax(rng: np.random.Generator, city: City, invoices: Invoices) -> list[Paper]:
    """VAT month by month and income tax by quarter; only what was filed before the day."""
    flow, calendar = city.books.flow, city.calendar
    late = declared_late(rng, city, invoices)
    declared = flow["revenue"] - late
    declared[:, 1:] += late[:, :-1]
    arrears = np.roll(flow["tax_arrears"], -1, axis=1)  # what was still unpaid a month after the period
    grade = _grades(rng, city)
    delay = np.where(flow["tight"] > 0, rng.integers(0, 25, flow["tight"].shape), 0) + rng.integers(
        7, 16, flow["tight"].shape
    )
    papers = []
    for kind, step, due in (("增值税", 1, flow["vat_payable"]), ("企业所得税", 3, flow["income_tax"])):
        firm, month = _rows(city, range(calendar.shown, calendar.now))
        sales = declared
        if step == 3:
            sales = np.cumsum(flow["revenue"], axis=1)
            sales = sales - np.pad(sales, ((0, 0), (3, 0)))[:, :-3]
            firm, month = firm[month % 3 == 2], month[month % 3 == 2]
        filed = calendar.starts()[month + 1] + (delay[firm, month] - 1).astype("timedelta64[D]")
        known = filed < np.datetime64(calendar.day)
        firm, month, filed = firm[known], month[known], filed[known]
        tax, owing = due[firm, month], np.minimum(arrears[firm, month], due[firm, month])
        columns = _who(city, firm) | {
            "税种": [kind] * len(firm),
            "税款所属期止": days(_month_end(city, month)),
            "申报日期": days(filed),
            "申报销售额": yuan(sales[firm, month]),
            "应纳税额": yuan(tax),
            "已缴税额": yuan(tax - owing),
            "欠税金额": yuan(owing),
            "纳税信用等级": [grade[int(one), int(at) // 12] for one, at in zip(firm, month, strict=True)],
        }
        papers.append(_paper(f"纳税申报/{kind}申报.csv", "tax_filings", "申报", columns, "utf-8-sig"))
    return papers


def _grades(rng: np.random.Generator, city: City) -> np.ndarray:
    """(firms, years): the grade of a year looks at the arrears of the year before; a new firm has M."""
    flow = city.books.flow
    years = -(-city.calendar.months // 12)
    grades = np.full((len(city.firms.sector), years), "M", dtype=object)
    neat = rng.random(grades.shape)
    for year in range(years):
        before = slice(max(year - 1, 0) * 12, max(year, 1) * 12)
        behind = (flow["tax_arrears"][:, before] > 0).sum(axis=1)
        old = city.firms.registered < (year - 1) * 12
        good = np.where(neat[:, year] < 0.4, "A", "B")
        grades[:, year] = np.where(~old, "M", np.where(behind == 0, good, np.where(behind < 3, "C", "D")))
    return grades


# ── statements ───────────────────────────────────────────────────────────────────────────────────────────────────
def _statements(rng: np.random.Generator, city: City) -> list[Paper]:
    calendar = city.calendar
    share = rng.random(len(city.firms.sector)) < 0.9
    years = [month for month in range(0, calendar.now, 12) if add_months(calendar.start(month), 12 + 4) <= calendar.day]
    sheets = [_statement(rng, city, f"{calendar.start(month).year}年", month, 12, share) for month in years]
    quarter = (calendar.now - 1) // 3 * 3 - 3  # the last one whose month of grace is over
    some = share & (rng.random(len(city.firms.sector)) < 0.6)
    first_quarter = _statement(rng, city, "季报", quarter, 3, some)
    return [
        Paper("财务报表/年度财务报表汇总.xlsx", "financial_statements", sheets),
        Paper("财务报表/季度财务报表汇总.csv", "financial_statements", [first_quarter], "utf-8"),
    ]


def _statement(rng: np.random.Generator, city: City, name: str, first: int, months: int, share: np.ndarray) -> Sheet:
    """One period's figures of all companies that share them; of a firm registered in the period, since then."""
    flow, opening = city.books.flow, city.books.opening
    last = first + months - 1
    firm = city.tenants[share[city.tenants] & (city.firms.registered[city.tenants] < last)]
    began = np.maximum(city.firms.registered[firm], first)
    window = slice(first, last + 1)

    def total(column: str) -> Ints:
        return np.asarray(flow[column][firm, window].sum(axis=1))

    def stock(column: str, at: int) -> Ints:
        return np.asarray(opening[column][firm] if at < 0 else flow[column][firm, at])

    profit = total("revenue") - sum(total(column) for column in PROFIT if column != "revenue")
    workers = (flow["wages"] - flow["wages"] * flow["tech_heads"] // np.maximum(flow["heads"], 1))[firm, window].sum(
        axis=1
    )
    cost = total("consumed") + workers * 6 // 10 + total("power_bought") * 8 // 10 + total("depreciation") * 7 // 10
    equipment = np.zeros(len(city.firms.sector))
    bought = city.relations.kind == CAPEX
    np.add.at(equipment, city.relations.buyer[bought], city.books.settled[bought, window].sum(axis=1))
    operating = sum(total(column) for column in INFLOWS[:3]) - sum(
        total(column) for column in ("paid", "advance_down", "prepay_up", *_SERVICE)
    )
    vat = stock("vat_due", last)
    assets = sum(stock(column, last) for column in ("cash", "receivable", "inventory", "prepayment", "fixed"))
    liabilities = sum(
        stock(column, last) for column in ("payable", "advance", "income_tax_due", "wages_due", "interest_due", "debt")
    )
    end = np.full(len(firm), city.calendar.starts()[last + 1] - np.timedelta64(1, "D"))
    names = {
        "inventory": "存货",
        "receivable": "应收账款",
        "payable": "应付账款",
        "prepayment": "预付款项",
        "advance": "预收款项",
    }
    columns = _who(city, firm) | {
        "报表截止日": days(end),
        "月数": [str(last + 1 - int(one)) for one in began],
        "是否审计": ["是" if months == 12 and one < 0.6 else "否" for one in rng.random(len(firm))],
        "营业收入": yuan(total("revenue")),
        "营业成本": yuan(cost),
        "成本费用总额": yuan(total("revenue") - profit - total("income_tax")),
        "净利润": yuan(profit),
        "经营活动现金流净额": yuan(operating + np.rint(equipment[firm]).astype(np.int64)),
        "资产总额": yuan(assets + np.maximum(-vat, 0)),
        "负债总额": yuan(liabilities + np.maximum(vat, 0)),
        "货币资金": yuan(stock("cash", last)),
        "短期借款": yuan(stock("debt", last)),
        **{f"{zh}期初": yuan(stock(column, first - 1)) for column, zh in names.items()},
        **{f"{zh}期末": yuan(stock(column, last)) for column, zh in names.items()},
    }
    cells = text_table(dict(columns))
    money = tuple(header for header in cells.column_names[5:])
    return Sheet(name, cells, np.arange(len(firm)) + first * 100_000, numeric=money)


def _research(rng: np.random.Generator, city: City) -> Paper:
    """Yearly, in 万元: what was bought for research and six tenths of the pay of technology staff."""
    flow, calendar = city.books.flow, city.calendar
    pay = flow["wages"] * flow["tech_heads"] // np.maximum(flow["heads"], 1) * 6 // 10 + flow["research_bought"]
    rows = []
    for first in range(0, calendar.now - 11, 12):
        for firm in (int(one) for one in city.tenants):
            if city.firms.registered[firm] < first + 11:
                amount = int(pay[firm, first : first + 12].sum())
                claimed = rng.random() < 0.85
                rows.append((firm, calendar.start(first).year, amount, amount if claimed else 0))
    columns = _who(city, np.array([row[0] for row in rows])) | {
        "年度": [f"{row[1]}年" for row in rows],
        "研发费用(万元)": wan(np.array([row[2] for row in rows], dtype=np.int64)),
        "加计扣除额(万元)": wan(np.array([row[3] for row in rows], dtype=np.int64)),
        "加计扣除所得税减免额(万元)": wan(np.array([row[3] * 15 // 100 for row in rows], dtype=np.int64)),
    }
    return _paper("研发费用/研发费用加计扣除.csv", "research", "研发", columns, "gb18030")


def _staff(rng: np.random.Generator, city: City) -> Paper:
    """A workbook with a title line and merged cells, as people make them."""
    flow, calendar = city.books.flow, city.calendar
    months = [*range(11, calendar.now, 12), calendar.now - 2]
    firm = np.repeat(city.tenants, len(months))
    month = np.tile(np.array(months), len(city.tenants))
    keep = month > city.firms.registered[firm]
    firm, month = firm[keep], month[keep]
    heads, tech = flow["heads"][firm, month], flow["tech_heads"][firm, month]
    graduates = rng.binomial(tech, 0.22)
    tech = np.where([shell(city, int(one)) for one in firm], 0, tech)
    graduates = np.minimum(graduates, tech)
    insured = rng.binomial(heads, np.where(city.firms.stage[firm] == 0, 0.86, 0.96))
    columns = {"企业名称": _who(city, firm)["企业名称"], "统一社会信用代码": _who(city, firm)["统一社会信用代码"]} | {
        "统计日期": days(_month_end(city, month), "/"),
        "职工总数": [f"{one}" for one in heads],
        "科技人员": [f"{one}" for one in tech],
        "研究生以上": [f"{one}" for one in graduates],
        "参保人数": [f"{one}" for one in insured],
        "当年吸纳应届毕业生": [f"{one}" for one in rng.binomial(tech, 0.08)],
    }
    counts = ("职工总数", "科技人员", "研究生以上", "参保人数", "当年吸纳应届毕业生")
    sheet = Sheet(
        "人员",
        text_table(dict(columns)),
        np.arange(len(firm)),
        numeric=counts,
        title="云岚科技园企业人员结构统计表",
        merged="企业名称",
    )
    return Paper("人员/企业人员结构统计.xlsx", "staff", [sheet])


def _payroll(rng: np.random.Generator, city: City) -> list[Paper]:
    """Of the companies whose wages this bank pays out. One branch's file lacks the day of payment."""
    flow, calendar = city.books.flow, city.calendar
    holds = rng.random(len(city.firms.sector)) < 0.72
    firm, month = _rows(city, range(calendar.shown, calendar.now - 1), holds)
    late = flow["missed"][firm, month + 1] * 30 + np.where(
        flow["tight"][firm, month] > 0, rng.integers(0, 9, len(firm)), 0
    )
    paid_on = calendar.starts()[month + 1] + (9 + rng.integers(0, 3, len(firm)) + late).astype("timedelta64[D]")
    keep = (paid_on < np.datetime64(calendar.day)) & (flow["wages"][firm, month] > 0)
    firm, month, paid_on = firm[keep], month[keep], paid_on[keep]
    papers = []
    for name, here in (("园区支行", city.firms.district[firm] != 4), ("南浦支行", city.firms.district[firm] == 4)):
        rows = np.flatnonzero(here)
        columns = _who(city, firm[rows]) | {
            "工资月份": [f"{city.calendar.start(int(one)):%Y%m}" for one in month[rows]],
            "代发人数": [str(one) for one in flow["heads"][firm, month][rows]],
            "代发金额": yuan(flow["wages"][firm, month][rows]),
        }
        if name == "园区支行":
            columns["发放日期"] = days(paid_on[rows], "-")
        papers.append(_paper(f"代发工资/{name}代发工资.csv", "payroll", "代发", columns, "gb18030"))
    return papers


def _power(rng: np.random.Generator, city: City) -> Paper:
    flow, calendar = city.books.flow, city.calendar
    firm, month = _rows(city, range(calendar.shown, calendar.now))
    cost = flow["power_bought"][firm, month]
    kwh = cost // TARIFF_FEN
    paid_on = calendar.starts()[month + 1] + np.where(
        flow["tight"][firm, month] > 0, rng.integers(10, 60, len(firm)), rng.integers(4, 14, len(firm))
    ).astype("timedelta64[D]")
    paid_on = np.where(paid_on < np.datetime64(calendar.day), paid_on, np.datetime64("NaT"))
    columns = _who(city, firm) | {
        "用电月份": [f"{calendar.start(int(one)).year}年{calendar.start(int(one)).month}月" for one in month],
        "用电量(千瓦时)": [str(one) for one in kwh],
        "电费(元)": yuan(cost * 113 // 100),
        "缴费日期": days(paid_on.astype("datetime64[D]")),
    }
    return _paper("用电/企业用电量.csv", "power", "用电", columns, "utf-8")


def _paper(path: str, map_name: str, sheet: str, columns: dict[str, object], encoding: str) -> Paper:
    cells = text_table(columns)
    return Paper(path, map_name, [Sheet(sheet, cells, np.arange(cells.num_rows))], encoding)
