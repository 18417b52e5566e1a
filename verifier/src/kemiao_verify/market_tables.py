"""The posted tables of a market, read as docs/market-tables.md says. CSV alone; a bad row is left out, as it was when it cleared."""

from __future__ import annotations

import csv
import datetime
import io
import re
import unicodedata
from collections.abc import Callable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from kemiao_verify.outcome import NotProved

M = 1_000_000
ALL = 10**15
FEN_MAX = 10**13  # 100 billion yuan
Row = dict[str, Any]
_UNITS = {"": 1, "千": 10**3, "万": 10**4, "百万": 10**6, "千万": 10**7, "亿": 10**8, "十亿": 10**9, "百亿": 10**10}
_AMOUNT = re.compile(
    r"(?:RMB)?¥?(\d{1,3}(?:,\d{3})+(?:\.\d*)?|\d+(?:\.\d*)?|\.\d+)(百亿|十亿|亿|千万|百万|万|千)?(?:元|圆|块)?[整正]?"
)
_RATE = re.compile(r"(-?\d+(?:\.\d+)?)(%|‰|bp|)")
_MEASURED = re.compile(r"\d{1,3}(?:\.\d{1,40})?(?:[eE][-+]?\d{1,2})?%?", re.ASCII)
_DAY = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?|(\d{4})(\d{2})(\d{2})(?:\d{6})?"
)
_SERIAL = re.compile(r"\d{5}(?:\.\d+)?")  # of a spreadsheet: days from 1899-12-30
_UNSEEN = ("Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp")
_FILLERS = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\ufe00-\ufe0f\U000e0100-\U000e01ef]")
LONG = 4_000  # characters of a number: no more are read
_NAMES = {
    "requests": "request 申请 company 企业 amount 金额 months 期限月数 rate_max 最高利率 form 方式 least 至少 latest 最晚日期 purpose 用途 industry 行业 region 地区 "
    "grade 等级 technology 科技等级 pd 违约概率 lgd 违约损失率 patents 专利 age_months 成立月数 green 绿色 first_time 首贷 size 规模 covered 担保 collateral 押品 "
    "collateral_value 押品价值 ranking 排序 veto 不接受 relations 往来机构 speed 早一天 relation 已有往来 flexible 提前还款",
    "mandates": "mandate 授权 funder 机构 kind 类别 product 产品 budget 预算 rate 利率 rate_per_grade 每降一级加 rate_per_technology 科技等级每降一级加 covered_off 有担保减 "
    "amount_low 最低金额 amount_high 最高金额 months_low 最短月数 months_high 最长月数 grade_floor 最低等级 technology_floor 最低科技等级 industries 行业 not_industries 不投行业 "
    "regions 地区 purposes 用途 collateral 押品 loan_to_value 抵押率 patents_least 最少专利 green_only 仅绿色 speed_days 放款天数 flexible 可提前还款 share_max 单笔占比 "
    "industry_share 行业占比 covered 担保 value_least 最低价值 ranking 排序 funding 资金成本 operating 运营成本 target_return 目标回报 capital_ratio 资本充足率 risk_weight 风险权重 loyal 老客户",
    "covers": "cover 担保额度 guarantor 担保机构 kind 类别 capacity 额度 share 分担比例 fee 费率 industries 行业 regions 地区 sizes 规模 mandates 合作机构 grade_floor 最低等级 "
    "technology_floor 最低科技等级 amount_high 最高金额 months_high 最长月数 first_time_only 仅首贷 green_only 仅绿色",
}
_ALIASES = {
    "requests": {"申请编号": "request", "企业名称": "company", "申请金额": "amount", "贷款金额": "amount", "期限": "months", "最高综合成本": "rate_max", "信用等级": "grade"},
    "mandates": {"授权编号": "mandate", "资金编号": "mandate", "机构名称": "funder", "最短期限": "months_low", "最长期限": "months_high"},
    "covers": {"担保编号": "cover", "最长期限": "months_high"},
}  # fmt: skip
_AMOUNTS = {"amount", "least", "collateral_value", "budget", "amount_low", "amount_high", "capacity"}
_SHARES = {
    "rate_max", "pd", "lgd", "speed", "relation", "flexible", "rate", "rate_per_grade", "rate_per_technology", "covered_off", "share_max", "loan_to_value",
    "value_least", "funding", "operating", "target_return", "capital_ratio", "risk_weight", "loyal", "share", "fee",
}  # fmt: skip
_STEPS = {
    "speed",
    "relation",
    "flexible",
    "rate_per_grade",
    "rate_per_technology",
    "covered_off",
    "value_least",
    "loyal",
}
_WORDS: dict[str, dict[str, Any]] = {
    "form": {"whole": 0, "整笔": 0, "split": 1, "拆分": 1, "syndicated": 2, "银团": 2},
    "covered": {"no": 0, "不要": 0, "accept": 1, "可以": 1, "need": 2, "必须": 2},
    "size": {"micro": "micro", "微型": "micro", "small": "small", "小型": "small", "medium": "medium", "中型": "medium", "large": "large", "大型": "large"},
    "kind": {"guarantee": "guarantee", "担保": "guarantee", "pool": "pool", "风险补偿": "pool"},
    "flag": {"yes": 1, "true": 1, "1": 1, "是": 1, "no": 0, "false": 0, "0": 0, "否": 0},
}  # fmt: skip


class _Bad(Exception):
    """A cell that can't be read: its row is left out."""


def read(side: str, content: bytes, grades: tuple[str, ...], rules: Mapping[str, Any]) -> list[Row]:
    """Good rows by id. Raises NotProved where the table has a column that nobody knows or can't be read at all."""
    try:
        lines = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    except (UnicodeDecodeError, csv.Error) as error:
        raise NotProved("MARKET_TABLE", "表格不是 UTF-8 的 CSV", "the table is no CSV in UTF-8", table=side) from error
    if not lines:
        return []
    words = _NAMES[side].split()
    known = {**{name: name for name in words[::2]}, **dict(zip(words[1::2], words[::2], strict=True)), **_ALIASES[side]}
    while lines[0] and not _clean(lines[0][-1]):
        lines[0].pop()
    header = [("#", str(place)) if _clean(text).startswith("#") else _column(text, known, grades) for place, text in enumerate(lines[0])]  # fmt: skip
    if None in header or len(set(header)) != len(header):
        raise NotProved(
            "MARKET_TABLE", "表头有不认识或重复的列", "the header has an unknown or a repeated column", table=side
        )
    make = {"requests": _request, "mandates": _mandate, "covers": _cover}[side]
    rows: dict[str, Row] = {}
    companies: set[str] = set()
    for line in lines[1:]:
        if not any(_clean(cell) for cell in line) or len(line) < len(header):
            continue
        try:
            row = make(_Cells(header, line), grades, rules)
        except _Bad:
            continue
        if row["id"] in rows or (side == "requests" and row["company"] in companies):
            continue
        rows[row["id"]] = row
        if side == "requests":
            companies.add(row["company"])
    owner = {"requests": "company", "mandates": "funder"}.get(side)
    owners = {row[owner] for row in rows.values()} if owner else set()  # an id that is another's name is a bad row
    return [rows[name] for name in sorted(rows) if owner is None or name not in owners or rows[name][owner] == name]


def _column(text: str, known: Mapping[str, str], grades: tuple[str, ...]) -> tuple[str, str] | None:
    """(name, unit) of a header; unit: "", fen, ppm, or what stands in brackets behind the name."""
    name = _clean(text).lower().replace(" (", "(")
    if name.endswith(")") and "(" in name:
        base, _, behind = name[:-1].partition("(")
        found = None if base.endswith(("_fen", "_ppm")) else _column(base, known, grades)
        if found is None or found[1]:
            return None
        if behind in ("元", "万元", "亿元"):
            return (found[0], behind) if found[0] in _AMOUNTS else None
        if behind == "%":
            return (found[0], behind) if found[0] in _SHARES or found[0].removeprefix("rate_") in grades else None
        return found if behind == "月" and found[0] in ("months", "months_low", "months_high") else None
    if name in known:
        return known[name], ""
    if name == "speed_ppm_day" and "speed" in known:
        return "speed", "ppm"
    for unit in ("fen", "ppm"):
        if name.endswith("_" + unit):
            base = name[: -len(unit) - 1]
            base = "collateral_value" if base == "collateral" and unit == "fen" else base
            if base in known:
                return known[base], unit
            name, kept = base, unit
            break
    else:
        kept = ""
    for grade in grades:
        if name in (f"rate_{grade.lower()}", f"利率_{grade.lower()}"):
            return f"rate_{grade}", kept
    return None


def _clean(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip()


def _with_unit(text: str, unit: str, doubtful: str) -> str:
    """A plain number is of the unit of its column; in per cent, a small one must have its sign."""
    if not re.fullmatch(r"-?\d[\d,]{0,20}(\.\d{1,40})?", text, re.ASCII):
        return text
    if unit == "%" and 0 < abs(Decimal(text.replace(",", ""))) < Decimal(doubtful):
        raise _Bad
    return text + unit


def _seen(text: str) -> bool:
    kinds = {sign: unicodedata.category(sign) for sign in set(text)}
    return not _FILLERS.search(text) and all(kind not in _UNSEEN and (kind != "Zs" or sign == " ") for sign, kind in kinds.items())  # fmt: skip


class _Cells:
    def __init__(self, header: list[Any], line: list[str]) -> None:
        self.cells: dict[str, tuple[str, str]] = {}
        if len(line) > len(header) and any(_clean(cell) for cell in line[len(header) :]):
            raise _Bad
        for (name, unit), cell in zip(header, line, strict=False):
            if name == "#":
                continue
            text = _clean(cell)
            if not _seen(text) or text[:1] in ("=", "@"):
                raise _Bad
            if unit not in ("", "fen", "ppm"):
                text, own = _with_unit(text, unit, "0.01" if name in _STEPS else "0.1"), ""
            else:
                own = unit
            if text:
                if name in self.cells:
                    raise _Bad
                self.cells[name] = (text, own)

    def take(
        self, name: str, read_it: Callable[[str, str], Any], blank: Any = None, least: Any = None, most: Any = None
    ) -> Any:
        if name not in self.cells:
            if blank is _Bad:
                raise _Bad
            return blank
        value = read_it(*self.cells[name])
        if (least is not None and value < least) or (most is not None and value > most):
            raise _Bad
        return value


def _fen(text: str, unit: str) -> int:
    if unit:
        return _whole(text, "")
    found = _AMOUNT.fullmatch(text.replace(" ", "")) if len(text) < LONG else None
    if not found:
        raise _Bad
    fen = Fraction(found[1].replace(",", "")) * _UNITS[found[2] or ""] * 100
    if fen.denominator != 1:
        raise _Bad
    return int(fen)


def _ppm(text: str, unit: str) -> int:
    if unit:
        if not re.fullmatch(r"-?\d{1,16}", text, re.ASCII):
            raise _Bad
        return int(text)
    found = _RATE.fullmatch(text.replace(" ", ""))
    if not found or len(found[1]) > 20:
        raise _Bad
    ppm = Fraction(found[1]) * {"": M, "%": 10**4, "bp": 100, "‰": 1000}[found[2]]
    if ppm.denominator != 1:
        raise _Bad
    return int(ppm)


def _risk(text: str, unit: str) -> int:
    """pd and lgd: any number of digits, half up to a millionth."""
    if unit:
        return _whole(text, "")
    if not _MEASURED.fullmatch(text):
        raise _Bad
    value = Fraction(text.rstrip("%")) * (10**4 if text.endswith("%") else M)
    if value > M:
        raise _Bad
    return int((2 * value + 1) // 2)


def _whole(text: str, _: str) -> int:
    if not re.fullmatch(r"\d{1,16}", text, re.ASCII):
        raise _Bad
    return int(text)


def _name(text: str, _: str = "") -> str:
    if not text or len(text) > 120 or any(sign in text for sign in ">;=") or text[0] in "+-" or text == "*":
        raise _Bad
    return text


def _set(text: str, _: str) -> frozenset[str]:
    parts = [part.strip() for part in text.split(";") if part.strip()]
    if len(parts) > 2_000:
        raise _Bad
    return frozenset(map(_name, parts))


def _wish(text: str, _: str) -> tuple[dict[str, int], bool]:
    """(name → place, whether others follow)."""
    parts = [part.strip() for part in text.split(">")]
    others = parts[-1] == "*"
    if len(parts) - others > 2_000:
        raise _Bad
    named: dict[str, int] = {}
    for part in parts[:-1] if others else parts:
        named.setdefault(_name(part), len(named))
    return named, others


def _word(kind: str) -> Callable[[str, str], Any]:
    def read_it(text: str, _: str) -> Any:
        if text.lower() not in _WORDS[kind]:
            raise _Bad
        return _WORDS[kind][text.lower()]

    return read_it


def _grade(grades: tuple[str, ...]) -> Callable[[str, str], int]:
    def read_it(text: str, _: str) -> int:
        if text.upper() not in grades:
            raise _Bad
        return grades.index(text.upper())

    return read_it


def _technology(text: str, _: str) -> int:
    found = re.fullmatch(r"T?(10|[1-9])", text.upper())
    if not found:
        raise _Bad
    return int(found[1])


def _day(text: str, _: str) -> int:
    found = _DAY.fullmatch(text)
    if not found:
        if not _SERIAL.fullmatch(text):
            raise _Bad
        return datetime.date(1899, 12, 30).toordinal() + int(text[:5])
    try:
        return datetime.date(*(int(part) for part in found.groups() if part)).toordinal()
    except ValueError as error:
        raise _Bad from error


def _request(cells: _Cells, grades: tuple[str, ...], rules: Mapping[str, Any]) -> Row:
    take, flag = cells.take, _word("flag")
    row: Row = {"id": take("request", _name, _Bad)}
    row["company"] = take("company", _name, row["id"])
    row["amount"] = take("amount", _fen, _Bad, 1, 10**11)
    row["months"] = take("months", _whole, _Bad, 1, 600)
    row["rate_max"] = take("rate_max", _ppm, _Bad, 0, M - 1)
    row["form"] = take("form", _word("form"), 0)
    row["least"] = take("least", _fen, 0, 0, row["amount"] if row["form"] == 1 else 0)
    row["latest"] = take("latest", _day, ALL)
    for name in ("purpose", "industry", "region"):
        row[name] = take(name, _name, "")
    row["grade"] = take("grade", _grade(grades), -1)
    row["technology"] = take("technology", _technology, -1)
    blank = rules["pd_ppm"][grades[row["grade"]]] if row["grade"] >= 0 else rules["funder"]["unknown_pd_ppm"]
    row["pd"] = take("pd", _risk, blank, 0, M)
    row["lgd"] = take("lgd", _risk, rules["funder"]["lgd_ppm"], 0, M)
    row["patents"], row["age_months"] = take("patents", _whole, -1, 0, 10**6), take("age_months", _whole, -1, 0, 12_000)
    row["green"], row["first_time"] = take("green", flag, -1), take("first_time", flag, -1)
    row["size"] = take("size", _word("size"), "")
    row["covered"] = take("covered", _word("covered"), 1)
    row["collateral"] = take("collateral", _set, frozenset())
    row["collateral_value"] = take("collateral_value", _fen, -1, 0, FEN_MAX)
    row["ranking"] = take("ranking", _wish)
    row["veto"], row["relations"] = take("veto", _set, frozenset()), take("relations", _set, frozenset())
    row["speed"] = take("speed", _ppm, rules["company"]["speed_ppm_day"], 0, 2000)
    row["relation"] = take("relation", _ppm, rules["company"]["relation_ppm"], 0, M)
    row["flexible"] = take("flexible", _ppm, rules["company"]["flexible_ppm"], 0, M)
    return row


def _mandate(cells: _Cells, grades: tuple[str, ...], rules: Mapping[str, Any]) -> Row:
    take, flag = cells.take, _word("flag")
    row: Row = {"id": take("mandate", _name, _Bad)}
    row["funder"] = take("funder", _name, row["id"])
    take("kind", _name)
    take("product", _name)
    row["budget"] = take("budget", _fen, _Bad, 0, FEN_MAX)
    rate = take("rate", _ppm, None, 0, M - 1)
    per_grade, per_technology = take("rate_per_grade", _ppm, 0, 0, M - 1), take("rate_per_technology", _ppm, 0, 0, M - 1)  # fmt: skip
    row["covered_off"] = take("covered_off", _ppm, 0, 0, M - 1)
    for name, read_it, most in (("amount", _fen, FEN_MAX), ("months", _whole, 600)):
        row[name + "_low"], row[name + "_high"] = take(name + "_low", read_it, 0, 0, most), take(name + "_high", read_it, ALL, 0, most)  # fmt: skip
        if row[name + "_low"] > row[name + "_high"]:
            raise _Bad
    row["grade_floor"] = take("grade_floor", _grade(grades), -1)
    row["technology_floor"] = take("technology_floor", _technology, -1)
    for name in ("industries", "not_industries", "regions", "purposes", "collateral"):
        row[name] = take(name, _set, frozenset())
    if row["industries"] and row["industries"] <= row["not_industries"]:
        raise _Bad
    row["loan_to_value"] = take("loan_to_value", _ppm, None, 0, 10 * M)
    row["patents_least"] = take("patents_least", _whole, 0, 0, 10**6)
    row["green_only"] = take("green_only", flag, 0)
    row["speed_days"] = take("speed_days", _whole, 0, 0, 366)
    row["flexible"] = take("flexible", flag, 0)
    row["share_max"] = take("share_max", _ppm, M, 0, M)
    row["industry_share"] = take("industry_share", _shares, {})
    row["covered"] = take("covered", _word("covered"), 1)
    row["value_least"] = take("value_least", _ppm, None, -M, M)
    row["ranking"] = take("ranking", _wish)
    for name in ("funding", "operating", "target_return", "capital_ratio", "risk_weight", "loyal"):
        row[name] = take(name, _ppm, rules["funder"][name + "_ppm"], 0, 15 * M if name == "risk_weight" else M)
    row["rates"] = {}
    for grade in (*range(len(grades)), -1):
        own = "none" if grade < 0 else take(f"rate_{grades[grade]}", _rate_or_none, "")
        place = grade if grade >= 0 else len(grades) - 1
        floor = row["grade_floor"]
        if (grade < 0 and (floor >= 0 or rate is None)) or (grade >= 0 and floor >= 0 and grade > floor):
            continue
        if grade >= 0 and own == "none":
            continue
        base = own if grade >= 0 and own != "" else None if rate is None else rate + per_grade * place
        if base is not None:
            for technology in (*range(1, 11), -1):
                quoted = base + per_technology * ((technology if technology > 0 else 10) - 1)
                row["rates"][grade, technology] = quoted
    if not row["rates"] or max(row["rates"].values()) >= M:
        raise _Bad
    return row


def _rate_or_none(text: str, unit: str) -> Any:
    if text.lower() in ("none", "不贷") and not unit:
        return "none"
    ppm = _ppm(text, unit)
    if not 0 <= ppm < M:
        raise _Bad
    return ppm


def _shares(text: str, _: str) -> dict[str, int]:
    shares: dict[str, int] = {}
    for part in text.split(";"):
        if part.strip():
            name, _, share = (each.strip() for each in part.partition("="))
            if name in shares or not 0 <= _ppm(share, "") <= M:
                raise _Bad
            shares[name if name == "*" else _name(name)] = _ppm(share, "")
    return shares


def _cover(cells: _Cells, grades: tuple[str, ...], _: Mapping[str, Any]) -> Row:
    take, flag = cells.take, _word("flag")
    row: Row = {"id": take("cover", _name, _Bad)}
    take("guarantor", _name)
    row["pool"] = take("kind", _word("kind"), "guarantee") == "pool"
    row["capacity"] = take("capacity", _fen, _Bad, 0, FEN_MAX)
    row["share"] = take("share", _ppm, _Bad, 10**4, M)
    row["fee"] = take("fee", _ppm, 0, 0, 0 if row["pool"] else M - 1)
    for name in ("industries", "regions", "mandates"):
        row[name] = take(name, _set, frozenset())
    row["sizes"] = frozenset(_word("size")(name, "") for name in take("sizes", _set, frozenset()))
    row["grade_floor"] = take("grade_floor", _grade(grades), -1)
    row["technology_floor"] = take("technology_floor", _technology, -1)
    row["amount_high"], row["months_high"] = (
        take("amount_high", _fen, ALL, 0, FEN_MAX),
        take("months_high", _whole, ALL, 0, 600),
    )
    row["first_time_only"], row["green_only"] = take("first_time_only", flag, 0), take("green_only", flag, 0)
    return row
