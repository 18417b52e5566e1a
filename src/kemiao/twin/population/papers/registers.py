"""工商登记, 股权, 知识产权, 资质, 涉诉, 失信名录: what public registers say."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np

from kemiao.base.dates import add_months
from kemiao.twin.population.city import City
from kemiao.twin.population.names import person_names
from kemiao.twin.population.papers.technology import extra_rights, right_details
from kemiao.twin.population.setting import Calendar
from kemiao.twin.population.sheet import Paper, Sheet, text_table, wan, yuan

Row = tuple[object, ...]


def registers(rng: np.random.Generator, city: City) -> list[Paper]:
    parts = rng.spawn(6)
    rights = [*_rights(parts[0], city), *extra_rights(parts[4], city, _right_number)]
    cases, listings = _trouble(parts[1], city)
    return [
        _register(city),
        _shareholding(parts[2], city),
        *_right_papers(parts[5], city, rights),
        _qualifications(parts[3], city, rights),
        _cases(city, cases),
        _listings(city, listings),
    ]


def _who(city: City, firms: list[int]) -> dict[str, list[str]]:
    return {"统一社会信用代码": [city.code(firm) for firm in firms], "企业名称": [city.name(firm) for firm in firms]}


def _sheet(name: str, columns: dict[str, list[str]], **options: object) -> Sheet:
    cells = text_table(dict(columns))
    return Sheet(name, cells, np.arange(cells.num_rows), **options)  # type: ignore[arg-type]


def _day(day: date | None, style: str = "-") -> str:
    if day is None:
        return ""
    return {
        "-": f"{day:%Y-%m-%d}",
        "/": f"{day.year}/{day.month}/{day.day}",
        "年": f"{day.year}年{day.month}月{day.day}日",
    }[style]


def _register(city: City) -> Paper:
    firms = [int(firm) for firm in city.tenants]
    goods = [city.setting.sectors[int(city.firms.sector[firm])]["goods"] for firm in firms]
    columns = _who(city, firms) | {
        "行业": [city.sector(firm, "industry_name") for firm in firms],
        "所属地区": [f"{city.setting.words['city']}市{city.setting.words['districts'][int(city.firms.district[firm])]}" for firm in firms],
        "成立日期": [_day(city.registered_on(firm), "年") for firm in firms],
        "注册资本(万元)": wan(city.firms.capital[city.tenants]).to_pylist(),
        "法定代表人": [city.firms.representative[firm] for firm in firms],
        "登记状态": ["存续"] * len(firms),
        "经营范围": [f"{'、'.join(some[:3])}的研发、生产和销售" for some in goods],
    }  # fmt: skip
    return Paper("工商登记/企业登记信息.csv", "company_register", [_sheet("登记", columns)], "gb18030")


def _shareholding(rng: np.random.Generator, city: City) -> Paper:
    """Founders, sometimes a staff platform or another company, and funds in young firms; shares add up to 100 %."""
    rows: list[Row] = []
    kinds = {"person": "自然人", "company": "法人", "fund": "投资基金", "state": "国有法人"}
    for firm in (int(firm) for firm in city.tenants):
        owners = [
            ("person", name)
            for name in dict.fromkeys(
                [city.firms.representative[firm], *person_names(rng, city.setting.words, int(rng.integers(0, 3)))]
            )
        ]
        if city.firms.stage[firm] != 2 and rng.random() < 0.45:
            owners.append(("fund", ""))
        if rng.random() < 0.25:
            owners.append(("state" if rng.random() < 0.15 else "company", ""))
        parts = rng.dirichlet(np.array([6.0] + [2.0] * (len(owners) - 1))) if len(owners) > 1 else np.array([1.0])
        basis_points = np.maximum(np.floor(parts * 10_000).astype(np.int64), 1)
        basis_points[0] += 10_000 - basis_points.sum()
        registered_on = city.registered_on(firm)
        for place, ((kind, name), share) in enumerate(zip(owners, basis_points, strict=True)):
            outside = int(rng.choice(city.parties.buyers))
            since = (
                registered_on
                if place == 0
                else min(
                    registered_on + timedelta(days=int(rng.integers(0, 900))), city.calendar.day - timedelta(days=20)
                )
            )
            pledged = int(rng.integers(10, 100)) if place == 0 and rng.random() < 0.06 else 0
            code = "" if kind == "person" else city.code(outside)
            rows.append(
                (firm, name or city.name(outside), code, kinds[kind], _day(since), f"{share / 100:.2f}%", f"{pledged}%")
            )
    columns = _who(city, [int(str(row[0])) for row in rows]) | {
        header: [str(row[place]) for row in rows]
        for place, header in enumerate(
            ("股东名称", "股东代码", "股东类型", "取得日期", "持股比例", "质押比例"), start=1
        )
    }
    return Paper("股权/股东信息.csv", "shareholding", [_sheet("股东", columns)])


# ── intellectual property ────────────────────────────────────────────────────────────────────────────────────────
KIND_ZH = {"invention": "发明专利", "utility_model": "实用新型", "design": "外观设计", "software_copyright": "软件著作权", "ic_layout": "集成电路布图设计"}  # fmt: skip
_LAG_MONTHS = {"invention": (14, 32), "utility_model": (5, 10), "design": (4, 8), "software_copyright": (1, 4), "ic_layout": (3, 8)}  # fmt: skip
_WHAT = ("方法", "装置", "系统", "设备", "结构")


def _rights(rng: np.random.Generator, city: City) -> Iterator[Row]:
    """(firm, kind, number, title, filed_on, granted_on, status, bought)."""
    number = 0
    for firm in (int(firm) for firm in city.tenants):
        sector = city.setting.sectors[int(city.firms.sector[firm])]
        kinds, weights = list(sector["rights"]), np.array(list(sector["rights"].values()))
        first = max(city.registered_on(firm), add_months(city.calendar.day, -120))
        years = (city.calendar.day - first).days / 365
        size = 0.2 + 0.28 * np.log10(1 + city.firms.heads_start[firm])
        zeal = rng.gamma(1.3, 1 / 1.3)
        for _ in range(int(rng.poisson(sector["rights_a_year"] * years * size * zeal))):
            number += 1
            kind = str(rng.choice(kinds, p=weights / weights.sum()))
            filed_on = first + timedelta(days=int(rng.random() ** 0.7 * (city.calendar.day - first).days * 0.999))
            lag = int(rng.integers(*_LAG_MONTHS[kind]))
            granted_on: date | None = add_months(filed_on, lag)
            refused = kind == "invention" and rng.random() < 0.38
            if granted_on is not None and granted_on >= city.calendar.day:
                granted_on, status = None, "审中"
            elif refused:
                granted_on, status = None, "失效"
            else:
                old = (city.calendar.day - filed_on).days / 365
                status = "失效" if rng.random() < 0.03 * old and kind != "software_copyright" else "有效"
            bought = granted_on is not None and rng.random() < (0.1 if city.firms.stage[firm] == 0 else 0.04)
            good = sector["goods"][int(rng.integers(len(sector["goods"])))]
            title = (
                f"{good}软件V{1 + number % 4}.0" if kind == "software_copyright" else f"一种{good}的{_WHAT[number % 5]}"
            )
            yield firm, kind, _right_number(kind, filed_on, number), title, filed_on, granted_on, status, bought


def _right_number(kind: str, filed_on: date, number: int) -> str:
    if kind == "software_copyright":
        return f"{filed_on.year}SR{9_000_000 + number:07d}"
    if kind == "ic_layout":
        return f"BS.{filed_on.year % 100:02d}{5_000_000 + number:07d}"
    place = {"invention": 1, "utility_model": 2, "design": 3}[kind]
    body = f"{filed_on.year}{place}{9_000_000 + number:07d}"
    check = (
        sum(int(digit) * weight for digit, weight in zip(body, (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5), strict=True)) % 11
    )
    return f"{body}.{'X' if check == 10 else check}"


def _right_papers(rng: np.random.Generator, city: City, rights: list[Row]) -> list[Paper]:
    """Granted ones in a workbook of the office; applications that were published, in a text file without a day of grant."""
    granted = [row for row in rights if row[5] is not None]
    open_ = [row for row in rights if row[5] is None and add_months(row[4], 18) < city.calendar.day]  # type: ignore[arg-type]

    def columns(rows: list[Row]) -> dict[str, list[str]]:
        return _who(city, [int(str(row[0])) for row in rows]) | {
            "申请号/登记号": [str(row[2]) for row in rows],
            "类型": [KIND_ZH[str(row[1])] for row in rows],
            "名称": [str(row[3]) for row in rows],
            "申请日": [_day(row[4], "/") for row in rows],  # type: ignore[arg-type]
            "法律状态": [str(row[6]) for row in rows],
        }

    of_granted, of_open = right_details(rng, city, granted), right_details(rng, city, open_)
    told = ("权利要求数", "同族数", "IPC分类号", "发明人数", "PCT", "与主营业务相关", "在职发明人数")
    with_grant = columns(granted) | {
        "授权公告日": [_day(row[5], "/") for row in granted],  # type: ignore[arg-type]
        "是否受让": ["是" if row[7] else "否" for row in granted],
        **of_granted,
    }
    return [
        Paper("知识产权/授权专利与登记.xlsx", "patents", [_sheet("授权", with_grant)]),
        Paper(
            "知识产权/已公开申请.csv",
            "patents",
            [_sheet("申请", columns(open_) | {header: of_open[header] for header in told})],
        ),
    ]


# ── qualifications ───────────────────────────────────────────────────────────────────────────────────────────────
def _qualifications(rng: np.random.Generator, city: City, rights: list[Row]) -> Paper:
    granted: dict[int, list[date]] = {}
    for row in rights:
        if isinstance(row[5], date):
            granted.setdefault(int(str(row[0])), []).append(row[5])
    rows: list[tuple[int, str, str, date, date | None]] = []
    for firm in (int(firm) for firm in city.tenants):
        rows.extend(_certificates(rng, city, firm, granted.get(firm, [])))
    columns = _who(city, [row[0] for row in rows]) | {
        "资质类型": [row[1] for row in rows],
        "证书编号": [row[2] for row in rows],
        "发证日期": [_day(row[3]) for row in rows],
        "有效期至": [_day(row[4]) for row in rows],
    }
    return Paper("资质/科技类资质名单.csv", "qualifications", [_sheet("资质", columns)])


def _certificates(
    rng: np.random.Generator, city: City, firm: int, granted: list[date]
) -> Iterator[tuple[int, str, str, date, date | None]]:
    """Who applies and seems to qualify gets one. The rules for real companies are law; here an office's rough look."""
    zeal, valid_until = rng.random(), date.min
    shares = city.firms.tech_share[firm]
    for year in range(city.calendar.day.year - 5, city.calendar.day.year + 1):
        autumn, summer = date(year, 11, 15) + timedelta(days=firm % 20), date(year, 6, 1) + timedelta(days=firm % 25)
        old_enough = (autumn - city.registered_on(firm)).days > 400
        rights = sum(day < autumn for day in granted)
        if (
            old_enough
            and rights >= 2
            and shares > 0.12
            and autumn > valid_until
            and zeal < 0.62
            and autumn < city.calendar.day
        ):
            valid_until = autumn.replace(year=year + 3)
            yield firm, "高新技术企业", f"GR{year}99{firm:06d}", autumn, valid_until
        if (
            summer < city.calendar.day
            and summer > city.registered_on(firm)
            and rights >= 1
            and zeal < 0.8
            and year >= city.calendar.day.year - 3
        ):
            yield firm, "科技型中小企业", f"{year}9901{firm:06d}", summer, date(year, 12, 31)
    day = date(city.calendar.day.year - 2, 9, 20)
    if len(granted) >= 8 and rng.random() < 0.35 and city.registered_on(firm) < date(day.year - 3, 1, 1):
        yield firm, "专精特新中小企业", f"ZJTX{day.year}{firm:05d}", day, day.replace(year=day.year + 3)
        if rng.random() < 0.2:
            later = date(day.year + 1, 7, 14)
            yield firm, "专精特新“小巨人”企业", f"XJR{later.year}{firm:05d}", later, later.replace(year=later.year + 3)
    elif len(granted) >= 3 and rng.random() < 0.3:
        yield firm, "创新型中小企业", f"CX{day.year}{firm:05d}", day, day.replace(year=day.year + 3)
    if rng.random() < 0.03:
        yield firm, "省级研发机构", f"YF{day.year - 1}{firm:05d}", date(day.year - 1, 12, 8), None
    if rng.random() < 0.02:
        yield firm, "主导制定标准", f"BZ{day.year}{firm:05d}", date(day.year, 4, 1), None


# ── courts and lists ─────────────────────────────────────────────────────────────────────────────────────────────
Case = tuple[int, str, str, date, int, str]
Listing = tuple[int, str, date, date | None]


def _trouble(rng: np.random.Generator, city: City) -> tuple[list[Case], list[Listing]]:
    """Cases follow from who did not pay whom; some are chance. Lists follow from cases and from papers not filed."""
    flow, calendar = city.books.flow, city.calendar
    cases: list[Case] = []
    listings: list[Listing] = []
    for firm in (int(firm) for firm in city.tenants):
        for month in range(calendar.shown, calendar.now):
            tight = bool(flow["tight"][firm, month])
            missed = bool(flow["missed"][firm, month])
            sued = 0.25 if missed else 0.03 if tight else 0.004
            draw, other, size, office = rng.random(4)
            if draw < sued:
                amount = int(flow["late_payable"][firm, month] * (0.15 + 0.5 * size)) + int(2_000_000 * size) + 300_000
                filed_on = _in_month(calendar, month, office)
                _sue(rng, city, cases, listings, firm, filed_on, amount, pays=not (tight or missed))
            elif other < 0.006:
                amount = int(flow["receivable"][firm, month] * (0.01 + 0.08 * size)) + 500_000
                cases.append((firm, "原告", _case_no(cases, "民初", _in_month(calendar, month, office)), _in_month(calendar, month, office), amount, "审理中" if month > calendar.now - 8 else "已结案"))  # fmt: skip
            if month % 12 == 6 and draw < (0.06 if tight else 0.012):  # the annual report falls due at the end of June
                listed_on = _in_month(calendar, month, office)
                removed_on = listed_on + timedelta(days=30 + int(400 * size))
                listings.append((firm, "经营异常名录", listed_on, removed_on if removed_on < calendar.day else None))
    return cases, listings


def _sue(
    rng: np.random.Generator, city: City, cases: list[Case], listings: list[Listing], firm: int, filed_on: date, amount: int, *, pays: bool
) -> None:  # fmt: skip
    lasts = timedelta(days=int(rng.integers(120, 420)))
    over = filed_on + lasts < city.calendar.day
    cases.append((firm, "被告", _case_no(cases, "民初", filed_on), filed_on, amount, "已结案" if over else "审理中"))
    if over and not pays and rng.random() < 0.5:
        enforced_on = filed_on + lasts
        settled = rng.random() < 0.5
        cases.append(
            (
                firm,
                "被执行人",
                _case_no(cases, "执", enforced_on),
                enforced_on,
                amount,
                "已结案" if settled else "执行中",
            )
        )
        listed_on = enforced_on + timedelta(days=int(rng.integers(40, 120)))
        if not settled and rng.random() < 0.5 and listed_on < city.calendar.day:
            listings.append((firm, "失信被执行人", listed_on, None))


def _in_month(calendar: Calendar, month: int, part: float) -> date:
    return calendar.start(month) + timedelta(days=int(28 * part))


def _case_no(cases: list[Case], word: str, filed_on: date) -> str:
    return f"({filed_on.year})云9901{word}{10_001 + len(cases)}号"


def _cases(city: City, cases: list[Case]) -> Paper:
    columns = _who(city, [row[0] for row in cases]) | {
        "案号": [row[2] for row in cases],
        "身份": [row[1] for row in cases],
        "立案日期": [_day(row[3], "年") for row in cases],
        "标的额(元)": yuan(np.array([row[4] for row in cases], dtype=np.int64)).to_pylist(),
        "案件状态": [row[5] for row in cases],
    }
    return Paper("涉诉/涉诉案件.csv", "courts", [_sheet("案件", columns)], "gb18030")


def _listings(city: City, listings: list[Listing]) -> Paper:
    seen = list({(row[0], row[1], row[2]): row for row in listings}.values())
    columns = _who(city, [row[0] for row in seen]) | {
        "名录": [row[1] for row in seen],
        "列入日期": [_day(row[2]) for row in seen],
        "移出日期": [_day(row[3]) for row in seen],
    }
    return Paper("失信名录/失信与异常名录.csv", "dishonest_lists", [_sheet("名录", columns)])
