"""发票, 订单: what companies export themselves from the electronic tax bureau, and their order books."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from kemiao.base.dates import add_months
from kemiao.twin.population.city import City
from kemiao.twin.population.invoices import Invoices, numbers
from kemiao.twin.population.setting import PPM, Ints
from kemiao.twin.population.sheet import Paper, Sheet, days, text_table, wan, yuan
from kemiao.twin.population.trade import SALE

BY_COMPANY = 8  # companies that hand in a workbook of their own; the others come in the file of their district
_GB18030_DISTRICTS = (1, 3)
_DATE_STYLE = ("-", "/", "-", "年", "-")  # by district: each office has its habit
_ORDER_AT_LEAST_FEN = 50_000_000  # smaller ones are bought without a contract
_MONEY = ("金额", "税额", "价税合计")


def invoice_papers(rng: np.random.Generator, city: City, invoices: Invoices) -> list[Paper]:
    alone = np.sort(rng.choice(city.tenants, min(BY_COMPANY, len(city.tenants) // 10), replace=False))
    district = np.full(len(city.parties.code), -1)
    district[city.tenants] = city.firms.district[city.tenants]
    district[alone] = -1
    whole = _invoice_table(city, invoices)
    year = invoices.day.astype("datetime64[Y]").astype(np.int64) + 1970
    papers = []
    for place, name in enumerate(city.setting.words["districts"]):
        here = (district[invoices.seller] == place) | (district[invoices.buyer] == place)
        for one in np.unique(year):
            rows = np.flatnonzero(here & (year == one))
            if len(rows):
                table = _dated(whole.take(pa.array(rows)), invoices.day[rows], _DATE_STYLE[place])
                encoding = "gb18030" if place in _GB18030_DISTRICTS else ("utf-8-sig" if place == 2 else "utf-8")
                sheet = Sheet("发票", table, rows)
                papers.append(Paper(f"发票/{name}{one}年发票.csv", "etax_invoices", [sheet], encoding))
    for firm in alone:
        rows = np.flatnonzero((invoices.seller == firm) | (invoices.buyer == firm))
        table = _dated(whole.take(pa.array(rows)), invoices.day[rows], "-")
        lines = _line_table(rng, city, invoices, rows, table)
        sheets = [
            Sheet("发票基础信息", table, rows, numeric=_MONEY),
            Sheet(
                "信息汇总表",
                lines,
                np.zeros(lines.num_rows, dtype=np.int64),
                numeric=(*_MONEY, "单价", "数量"),
                is_lines=True,
            ),
        ]
        papers.append(Paper(f"发票/全量发票查询导出_{city.name(int(firm))}.xlsx", "etax_invoices", sheets))
    return papers


def _invoice_table(city: City, invoices: Invoices) -> pa.Table:
    """All columns of the tax bureau's export; 序号 and 开票日期 are filled in by the file they go to."""
    code, number, electronic = numbers(invoices)
    names, codes = pa.array(city.parties.name), pa.array(city.parties.code)
    seller, buyer = pa.array(invoices.seller), pa.array(invoices.buyer)
    blank = pa.array([""]).take(pa.array(np.zeros(len(invoices), dtype=np.int64)))
    issuers = pa.array(
        [city.firms.representative[place % len(city.firms.representative)] for place in range(len(codes))]
    )
    kind = np.where(invoices.paper, "增值税专用发票", "数电发票(增值税专用发票)").astype(object)
    return text_table({
        "序号": blank,
        "发票代码": code,
        "发票号码": number,
        "数电发票号码": electronic,
        "销方识别号": codes.take(seller),
        "销方名称": names.take(seller),
        "购方识别号": codes.take(buyer),
        "购买方名称": names.take(buyer),
        "开票日期": blank,
        "金额": yuan(invoices.net),
        "税额": yuan(invoices.tax),
        "价税合计": yuan(invoices.net + invoices.tax),
        "发票来源": pa.array(np.where(invoices.paper, "增值税发票管理系统", "电子发票服务平台").astype(object)),
        "发票票种": pa.array(kind),
        "发票状态": pa.array(np.where(invoices.void, "已作废", "正常").astype(object)),
        "是否正数发票": pa.array(np.where(invoices.red, "否", "是").astype(object)),
        "发票风险等级": pa.array(["正常"]).take(pa.array(np.zeros(len(invoices), dtype=np.int64))),
        "开票人": issuers.take(seller),
        "备注": blank,
    })  # fmt: skip


def _dated(table: pa.Table, day: NDArray[np.datetime64], style: str) -> pa.Table:
    number = pa.array(np.arange(1, table.num_rows + 1)).cast(pa.string())
    table = table.set_column(table.column_names.index("序号"), "序号", number)
    return table.set_column(table.column_names.index("开票日期"), "开票日期", days(day, style))


def _line_table(rng: np.random.Generator, city: City, invoices: Invoices, rows: Ints, table: pa.Table) -> pa.Table:
    """One or two lines an invoice, which add up to it."""
    two = rng.random(len(rows)) < 0.35
    source = np.repeat(np.arange(len(rows)), 1 + two)
    second = np.concatenate([[False], source[1:] == source[:-1]])
    net, tax = invoices.net[rows][source], invoices.tax[rows][source]
    part = np.repeat(rng.integers(200, 800, len(rows)), 1 + two)
    net_first, tax_first = net * part // 1000, tax * part // 1000
    split = np.repeat(two, 1 + two)
    net = np.where(split, np.where(second, net - net_first, net_first), net)
    tax = np.where(split, np.where(second, tax - tax_first, tax_first), tax)
    lines = table.take(pa.array(source))
    firm = np.minimum(invoices.seller[rows][source], city.parties.inside - 1)
    sectors = city.setting.sectors
    goods = [sectors[city.firms.sector[one]]["goods"][int(row) % 5] for one, row in zip(firm, source, strict=True)]
    classes = [sectors[city.firms.sector[one]]["tax_class"] for one in firm]
    quantity = np.where(net < 0, -1, 1)
    rate = city.relations.vat_ppm[invoices.relation[rows]][source] * 100 // PPM
    for name, column in (("金额", yuan(net)), ("税额", yuan(tax)), ("价税合计", yuan(net + tax))):
        lines = lines.set_column(lines.column_names.index(name), name, column)
    added = {
        "货物或应税劳务名称": pa.array([f"*{kind}*{good}" for kind, good in zip(classes, goods, strict=True)]),
        "规格型号": pa.array([""] * len(source)),
        "单位": pa.array(["项"] * len(source)),
        "数量": pa.array(quantity).cast(pa.string()),
        "单价": yuan(np.abs(net)),
        "税率": pa.array([f"{one}%" for one in rate]),
    }
    at = lines.column_names.index("金额")
    for offset, (name, column) in enumerate(added.items()):
        lines = lines.add_column(at + offset, name, column)
    return lines.set_column(0, "序号", pa.array(np.arange(1, len(source) + 1)).cast(pa.string()))


def order_paper(rng: np.random.Generator, city: City) -> Paper:
    """Order books of about half of the companies, in 万元. An order covers the next months of one customer's demand.

    Open orders come from what customers mean to buy, not from what was sold later: they don't know who will close.
    """
    relations, calendar = city.relations, city.calendar
    shares = rng.random(len(city.firms.sector)) < 0.55
    tenant = np.zeros(len(city.firms.sector), dtype=bool)
    tenant[city.tenants] = True
    ours = np.flatnonzero((relations.kind == SALE) & (tenant & shares)[np.minimum(relations.seller, len(tenant) - 1)])
    quarters = range(calendar.shown, calendar.now + 6, 3)
    rows = []
    for quarter in quarters:
        demand = city.demand.outside[ours, quarter : quarter + 3]
        amount = np.rint(demand.sum(axis=1)).astype(np.int64)
        starts = quarter + np.argmax(demand > 0, axis=1)
        lead = rng.integers(1, 5, len(ours))
        for place in np.flatnonzero(amount > _ORDER_AT_LEAST_FEN):
            signed_on = add_months(calendar.start(int(starts[place])), -int(lead[place])).replace(
                day=1 + int(place) * 5 % 27
            )
            if signed_on < calendar.day and starts[place] - lead[place] >= 0:
                rows.append((int(ours[place]), signed_on, int(amount[place]), quarter + 3))
    cancelled = rng.random(len(rows)) < 0.03
    seller = [int(relations.seller[row[0]]) for row in rows]
    status = [
        "已取消" if lost else ("已交付" if row[3] <= calendar.now else "执行中")
        for row, lost in zip(rows, cancelled, strict=True)
    ]
    cells = text_table({
        "统一社会信用代码": [city.code(firm) for firm in seller],
        "企业名称": [city.name(firm) for firm in seller],
        "订单号": [f"HT{row[1]:%Y%m}{number:05d}" for number, row in enumerate(rows, start=1)],
        "客户名称": [city.name(int(relations.buyer[row[0]])) for row in rows],
        "签订日期": [f"{row[1]:%Y/%m/%d}" for row in rows],
        "交付日期": [f"{calendar.start(row[3]):%Y/%m/%d}" for row in rows],
        "合同金额(万元)": wan(np.array([row[2] for row in rows], dtype=np.int64)),
        "状态": status,
    })  # fmt: skip
    return Paper("订单/企业订单台账.csv", "orders", [Sheet("订单", cells, np.arange(len(rows)))], "gb18030")
