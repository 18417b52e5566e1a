"""技术合同, 科技平台与项目, 风险投资, 高新收入, and what a patent is worth: what the technology side of a company looks like.

Two kinds of company are there to be told apart: laboratories, with few sales and strong technology of their own, and shells,
which bought patents shortly before the day, claim research and employ nobody who could do it. Who is which follows from the
firm's number, not from how it will fare.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta

import numpy as np

from kemiao.base.dates import add_months
from kemiao.twin.population.city import City
from kemiao.twin.population.sheet import Paper, Sheet, text_table, wan

Row = tuple[object, ...]
_IPC = ("G06F 17/16", "G06N 3/08", "H04L 67/10", "G01N 21/88", "B25J 9/16", "H01M 10/42", "A61B 5/00", "C08L 23/06")
_TERM_YEARS = {"invention": 20, "utility_model": 10, "design": 15}
PATENTS = tuple(_TERM_YEARS)


def laboratory(city: City, firm: int) -> bool:
    """A start-up around its inventions: about one in five start-ups."""
    return bool(city.firms.stage[firm] == 0 and firm * 7919 % 100 < 20)


def shell(city: City, firm: int) -> bool:
    """About one company in thirty."""
    return bool(firm * 7907 % 100 in (11, 42, 77) and not laboratory(city, firm))


def extra_rights(rng: np.random.Generator, city: City, number_of: Callable[[str, date, int], str]) -> Iterator[Row]:
    """Rights of laboratories (own, young, many) and of shells (old, bought), as registers lists them."""
    number = 500_000
    day = city.calendar.day
    for firm in (int(firm) for firm in city.tenants):
        goods = city.setting.sectors[int(city.firms.sector[firm])]["goods"]
        if laboratory(city, firm):
            first = city.registered_on(firm)
            for _ in range(int(rng.integers(3, 9))):
                number += 1
                filed_on = first + timedelta(days=int(rng.random() * max((day - first).days - 20, 1)))
                granted_on = add_months(filed_on, int(rng.integers(7, 15)))  # examined with priority
                state = (granted_on, "有效") if granted_on < day else (None, "审中")
                yield (
                    firm,
                    "invention",
                    number_of("invention", filed_on, number),
                    f"一种{goods[number % len(goods)]}的方法",
                    filed_on,
                    *state,
                    False,
                )
        elif shell(city, firm):
            for _ in range(int(rng.integers(3, 7))):
                number += 1
                kind = "invention" if rng.random() < 0.4 else "utility_model"
                filed_on = day - timedelta(days=int(rng.integers(1_300, 3_000)))
                granted_on = add_months(filed_on, 24 if kind == "invention" else 8)
                yield (
                    firm,
                    kind,
                    number_of(kind, filed_on, number),
                    f"一种{goods[number % len(goods)]}的装置",
                    filed_on,
                    granted_on,
                    "有效",
                    True,
                )


def right_details(rng: np.random.Generator, city: City, rights: list[Row]) -> dict[str, list[str]]:
    """Columns of the register and of the owner's list beside the rights; blank where the kind has none or nobody says."""
    revenue = _last_year(city)
    tells = {int(firm): bool(rng.random() < 0.75) for firm in city.tenants}
    forgets = {int(firm): bool(rng.random() < 0.08) for firm in city.tenants}
    headers = (
        "权利要求数", "被引用次数", "同族数", "IPC分类号", "发明人数", "年费缴至", "无效或权属争议", "经无效或诉讼维持", "是否质押", "是否许可", "PCT", "受让日期",
        "与主营业务相关", "在职发明人数", "年许可收入(万元)", "专利产品年收入(万元)", "可替代方案数", "经济寿命至", "直接研发成本(万元)", "间接研发成本(万元)",
    )  # fmt: skip
    columns: dict[str, list[str]] = {header: [] for header in headers}
    count: dict[int, int] = {}
    for row in rights:
        count[int(str(row[0]))] = count.get(int(str(row[0])), 0) + (row[1] in PATENTS)
    for row in rights:
        cells = _details(rng, city, row, revenue, count, tells, forgets) if row[1] in PATENTS else [""] * len(headers)
        for header, cell in zip(headers, cells, strict=True):
            columns[header].append(cell)
    return columns


def _details(
    rng: np.random.Generator, city: City, row: Row, revenue: dict[int, int], count: dict[int, int], tells: dict[int, bool], forgets: dict[int, bool]
) -> list[str]:  # fmt: skip
    firm, kind, filed_on, granted_on, bought = int(str(row[0])), str(row[1]), row[4], row[5], bool(row[7])
    if not isinstance(filed_on, date):
        raise TypeError("a right has a day of filing")
    day, strong = city.calendar.day, laboratory(city, firm)
    age = (day - filed_on).days / 365
    claims = 1 + int(rng.poisson({"invention": 8, "utility_model": 5, "design": 0}[kind] + (4 if strong else 0)))
    cited = int(rng.poisson(age * {"invention": 0.45, "utility_model": 0.2, "design": 0.05}[kind] * (3 if strong else 1) * rng.gamma(0.7, 1 / 0.7)))  # fmt: skip
    family = 1 + int(rng.poisson(1.6 if strong else 0.15))
    classes = "; ".join(_IPC[(firm + int(step)) % len(_IPC)] for step in range(1 + int(rng.poisson(0.6))))
    inventors = 1 + int(rng.integers(0, 5))
    pays = not (forgets[firm] and rng.random() < 0.6)
    paid = (
        day + timedelta(days=int(rng.integers(20, 360))) if pays else day - timedelta(days=int(rng.integers(15, 200)))
    )
    staying = 0 if bought else int(rng.binomial(inventors, 0.93 if strong else 0.75))
    earliest = granted_on if isinstance(granted_on, date) else filed_on
    recent = shell(city, firm) or rng.random() < 0.04
    back = int(rng.integers(25, 330)) if recent else int(rng.integers(800, 2_500))
    transferred = max(day - timedelta(days=back), earliest + timedelta(days=5)) if bought else None
    if transferred is not None and transferred >= day:
        transferred = day - timedelta(days=1)
    income = int(revenue.get(firm, 0) * rng.beta(2, 5) / max(count[firm], 1) * 2) if not bought else 0
    licensed = rng.random() < (0.12 if strong else 0.04)
    years = max(1.0, {"invention": 11, "utility_model": 6, "design": 5}[kind] + rng.normal() * 2)
    direct = int(rng.lognormal(3.6 if kind == "invention" else 2.4, 0.6) * 1_000_000)
    yes = ("否", "是")
    office = [
        str(claims), str(cited), str(family), classes if kind != "design" else "", str(inventors),
        f"{paid:%Y-%m-%d}" if isinstance(granted_on, date) and row[6] == "有效" else "",
        yes[rng.random() < 0.01], yes[rng.random() < 0.02], yes[rng.random() < 0.04], yes[licensed], yes[kind == "invention" and rng.random() < (0.4 if strong else 0.04)],
        f"{transferred:%Y-%m-%d}" if transferred else "",
    ]  # fmt: skip
    own = [
        yes[not bought or rng.random() < 0.3], str(staying), f"{rng.integers(2, 60):d}" if licensed else "0", wan(np.array([income])).to_pylist()[0],
        str(int(rng.poisson(0.8 if strong else 2.5))), f"{filed_on + timedelta(days=int(years * 365)):%Y-%m-%d}",
        wan(np.array([direct])).to_pylist()[0], wan(np.array([direct // 4])).to_pylist()[0],
    ]  # fmt: skip
    return office + (own if tells[firm] else [""] * len(own))


def _last_year(city: City) -> dict[int, int]:
    window = slice(max(city.calendar.now - 12, 0), city.calendar.now)
    return {int(firm): int(city.books.flow["revenue"][firm, window].sum()) for firm in city.tenants}


# ── papers of their own ──────────────────────────────────────────────────────────────────────────────────────────
def technology(rng: np.random.Generator, city: City) -> list[Paper]:
    parts = rng.spawn(4)
    return [_contracts(parts[0], city), _titles(parts[1], city), _ventures(parts[2], city), _high_tech(parts[3], city)]


def _who(city: City, firms: list[int]) -> dict[str, list[str]]:
    return {"统一社会信用代码": [city.code(firm) for firm in firms], "企业名称": [city.name(firm) for firm in firms]}


def _paper(
    path: str, name: str, sheet: str, city: City, headers: tuple[str, ...], rows: list[tuple[int, ...]]
) -> Paper:
    columns: dict[str, list[str]] = _who(city, [row[0] for row in rows])
    columns |= {header: [str(row[place]) for row in rows] for place, header in enumerate(headers, start=1)}
    cells = text_table(dict(columns))
    return Paper(path, name, [Sheet(sheet, cells, np.arange(cells.num_rows))])


def _ago(rng: np.random.Generator, city: City, firm: int, most: int) -> date:
    """A day since the firm was registered and at most so many days before the day."""
    since = min(most, (city.calendar.day - city.registered_on(firm)).days - 2)
    return city.calendar.day - timedelta(days=1 + int(rng.integers(0, max(since, 1))))


def _contracts(rng: np.random.Generator, city: City) -> Paper:
    rows: list[tuple[int, ...]] = []
    kinds = ("技术开发", "技术服务", "技术咨询", "技术转让", "技术许可")
    for firm in (int(one) for one in city.tenants):
        many = int(rng.poisson(2.2 if laboratory(city, firm) else 0 if shell(city, firm) else 0.5))
        for _ in range(many):
            signed = _ago(rng, city, firm, 900)
            amount = int(min(rng.lognormal(3.2, 0.8), 900) * 10) * 100_000
            rows.append((firm, f"{signed.year}9901{100_001 + len(rows)}", f"{signed:%Y-%m-%d}", kinds[int(rng.integers(0, 5))], wan(np.array([amount])).to_pylist()[0]))  # type: ignore[arg-type]  # fmt: skip
    return _paper("技术合同/技术合同登记.csv", "technology_contracts", "合同", city, ("合同登记编号", "登记日期", "合同类别", "成交额(万元)"), rows)  # fmt: skip


def _titles(rng: np.random.Generator, city: City) -> Paper:
    rows: list[tuple[int, ...]] = []
    for firm in (int(one) for one in city.tenants):
        strength = 3.0 if laboratory(city, firm) else 0.0 if shell(city, firm) else 0.5 + city.firms.tech_share[firm]
        for kind, rate in (("研发平台", 0.08), ("科技奖励", 0.05), ("科技计划项目", 0.22)):
            for _ in range(int(rng.poisson(rate * strength))):
                granted = _ago(rng, city, firm, 1_600)
                level = ("国家级", "省级", "市级")[int(rng.choice(3, p=[0.1, 0.45, 0.45]))]
                funds = wan(np.array([int(rng.integers(10, 200)) * 1_000_000])).to_pylist()[0] if kind == "科技计划项目" else ""  # fmt: skip
                rows.append((firm, kind, f"KJ{granted.year}{10_001 + len(rows)}", level, f"{granted:%Y-%m-%d}", funds))  # type: ignore[arg-type]
    return _paper("科技项目/平台奖励与项目.csv", "innovation_titles", "名单", city, ("类别", "编号", "级别", "认定日期", "资助金额(万元)"), rows)  # fmt: skip


def _ventures(rng: np.random.Generator, city: City) -> Paper:
    rows: list[tuple[int, ...]] = []
    rounds = ("天使轮", "Pre-A轮", "A轮")
    for firm in (int(one) for one in city.tenants):
        chance = 0.7 if laboratory(city, firm) else 0.12 if city.firms.stage[firm] < 2 else 0.03
        for step in range(3):
            if rng.random() >= chance / (1 + step):
                break
            amount = int(rng.integers(1, 12)) * (3**step) * 100_000_000
            rows.append((firm, f"{_ago(rng, city, firm, 1_000):%Y-%m-%d}", rounds[step], city.name(int(rng.choice(city.parties.buyers))), wan(np.array([amount])).to_pylist()[0]))  # type: ignore[arg-type]  # fmt: skip
    return _paper("风险投资/融资情况.csv", "venture_investments", "融资", city, ("到账日期", "轮次", "投资方", "投资金额(万元)"), rows)  # fmt: skip


def _high_tech(rng: np.random.Generator, city: City) -> Paper:
    """Yearly, of those who report it: the share of sales that is high-tech is a firm's own and moves little."""
    calendar, rows = city.calendar, []
    for firm in (int(one) for one in city.tenants):
        share = 0.05 if shell(city, firm) else float(rng.beta(6, 3))
        reports = rng.random() < 0.8
        for first in range(0, calendar.now - 11, 12):
            if reports and city.firms.registered[firm] < first + 11:
                sold = int(city.books.flow["revenue"][firm, first : first + 12].sum())
                part = min(max(share + 0.03 * rng.normal(), 0.0), 1.0)
                rows.append((firm, f"{calendar.start(first).year}年", wan(np.array([int(sold * part)])).to_pylist()[0]))
    return _paper("高新收入/高新技术产品收入.csv", "high_tech_income", "收入", city, ("年度", "高新技术产品(服务)收入(万元)"), rows)  # type: ignore[arg-type]  # fmt: skip
