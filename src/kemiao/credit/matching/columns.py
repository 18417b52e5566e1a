"""The columns of the three tables: names in English and Chinese, how a cell is read, what stands where it is blank."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kemiao.base.money import FEN_MAX, PPM
from kemiao.credit.matching.cells import (
    YES_NO,
    Reading,
    amount,
    day,
    in_unit,
    measured,
    name,
    names,
    one_of,
    place_in,
    ppm,
    rate,
    shares,
    some_of,
    whole,
    wish,
)
from kemiao.credit.matching.market import ALL, TECHNOLOGY, UNKNOWN, Wish
from kemiao.credit.matching.rules import MarketRules
from kemiao.credit.matching.sheet import REQUIRED, Column

MONTHS_MOST, DAYS_MOST, COUNT_MOST = 600, 366, 10**6
REQUEST_MOST = 10**11  # a billion yuan: whoever asks for more is none of the companies that this is for
SPEED_MOST = 2_000  # 0.2 % a year for each day sooner
ANY = -ALL  # of value_least: whatever fulfils the terms
NONE = -2  # of a grade's rate: lends none at it
_FORMS = {"whole": 0, "split": 1, "syndicated": 2, "整笔": 0, "拆分": 1, "银团": 2}
_COVERED = {"no": 0, "accept": 1, "need": 2, "不要": 0, "可以": 1, "必须": 2}
_SIZES = {"micro": 0, "small": 1, "medium": 2, "large": 3, "微型": 0, "小型": 1, "中型": 2, "大型": 3}
_SIZE_WORDS = {word: word for word in list(_SIZES)[:4]} | dict(zip(list(_SIZES)[4:], list(_SIZES)[:4], strict=True))
_KINDS = {"guarantee": "guarantee", "pool": "pool", "担保": "guarantee", "风险补偿": "pool"}
_TECHNOLOGY: dict[str, int] = {word: number for number, word in enumerate(TECHNOLOGY, 1)} | {
    str(number): number for number in range(1, 11)
}
_LEND_NONE = one_of({"none": NONE, "不贷": NONE})
_EMPTY: frozenset[str] = frozenset()
_NO_WISH: Wish | None = None
_NO_SHARES: tuple[tuple[str, int], ...] = ()


def _plain(column: str, zh: str, reading: Reading, default: object) -> Column:
    return Column(column, {column: reading, **_also(zh, {"": reading})}, default)


def _months(column: str, zh: str, least: int, default: object) -> Column:
    reading = whole(least, MONTHS_MOST)
    return Column(column, {column: reading, **_also(zh, {"": reading, "(月)": reading})}, default)


def _fen(column: str, zh: str, default: object, least: int = 0, most: int = FEN_MAX, fen: str = "") -> Column:
    """In yuan (200万), in the unit that stands behind its name, or in fen under its own name."""
    yuan, own = amount(least, most), fen or f"{column}_fen"
    units = {"": yuan} | {f"({unit})": in_unit(yuan, unit) for unit in ("元", "万元", "亿元")}
    return Column(own, {column: yuan, own: whole(least, most), **_also(f"{column} {zh}", units)}, default)


def _also(names: str, units: Mapping[str, Reading]) -> dict[str, Reading]:
    """Every name with every unit behind it."""
    return {f"{one}{unit}": reading for one in names.split() for unit, reading in units.items()}


def _ppm(
    column: str,
    zh: str,
    default: object,
    most: int = PPM - 1,
    least: int = 0,
    measure: bool = False,
    unit: str = "",
    step: bool = False,
) -> Column:
    """As a rate (4.5%), in per cent where its name says so, or in ppm under its own name. step: it may well be a few basis points."""
    reading = measured if measure else rate(most, least)
    own = unit or f"{column}_ppm"
    units = {"": reading, "(%)": in_unit(reading, "%", "0.01" if step else "0.1")}
    return Column(own, {column: reading, own: ppm(most, least), **_also(f"{column} {zh}", units)}, default)


def request_columns(grades: Sequence[str], rules: MarketRules) -> tuple[Column, ...]:
    company, funder = rules.company, rules.funder
    return (
        _plain("request", "申请 申请编号", name, REQUIRED), _plain("company", "企业 企业名称", name, ""), _plain("purpose", "用途", name, ""),
        _plain("industry", "行业", name, ""), _plain("region", "地区", name, ""), _plain("collateral", "押品", names, _EMPTY),
        _plain("ranking", "排序", wish, _NO_WISH), _plain("veto", "不接受", names, _EMPTY), _plain("relations", "往来机构", names, _EMPTY),
        _fen("amount", "金额 申请金额 贷款金额", REQUIRED, 1, REQUEST_MOST), _fen("least", "至少", 0), _plain("form", "方式", one_of(_FORMS), 0),
        _months("months", "期限月数 期限", 1, REQUIRED), _ppm("rate_max", "最高利率 最高综合成本", REQUIRED),
        Column("latest_day", {"latest": day, "最晚日期": day}, ALL),
        _plain("grade", "等级 信用等级", place_in(grades), UNKNOWN), _plain("technology", "科技等级", one_of(_TECHNOLOGY), UNKNOWN),
        _ppm("pd", "违约概率", UNKNOWN, PPM, measure=True), _ppm("lgd", "违约损失率", funder["lgd_ppm"], PPM, measure=True),
        _plain("patents", "专利", whole(0, COUNT_MOST), UNKNOWN), _plain("green", "绿色", YES_NO, UNKNOWN),
        _plain("size", "规模", one_of(_SIZES), UNKNOWN), _plain("age_months", "成立月数", whole(0, 12_000), UNKNOWN),
        _plain("first_time", "首贷", YES_NO, UNKNOWN), _plain("covered", "担保", one_of(_COVERED), 1),
        _fen("collateral_value", "押品价值", UNKNOWN, fen="collateral_fen"),
        _ppm("speed", "早一天", company["speed_ppm_day"], SPEED_MOST, unit="speed_ppm_day", step=True),
        _ppm("relation", "已有往来", company["relation_ppm"], PPM, step=True), _ppm("flexible", "提前还款", company["flexible_ppm"], PPM, step=True),
    )  # fmt: skip


def mandate_columns(grades: Sequence[str], rules: MarketRules) -> tuple[Column, ...]:
    own = rules.funder
    return (
        _plain("mandate", "授权 授权编号 资金编号", name, REQUIRED), _plain("funder", "机构 机构名称", name, ""), _plain("kind", "类别", name, "bank"),
        _plain("industries", "行业", names, _EMPTY), _plain("not_industries", "不投行业", names, _EMPTY),
        _plain("regions", "地区", names, _EMPTY), _plain("purposes", "用途", names, _EMPTY), _plain("collateral", "押品", names, _EMPTY),
        _plain("industry_share", "行业占比", shares, _NO_SHARES), _plain("ranking", "排序", wish, _NO_WISH), _plain("product", "产品", name, ""),
        _fen("budget", "预算", REQUIRED), _fen("amount_low", "最低金额", 0), _fen("amount_high", "最高金额", ALL),
        _months("months_low", "最短月数 最短期限", 0, 0), _months("months_high", "最长月数 最长期限", 0, ALL),
        _plain("grade_floor", "最低等级", place_in(grades), UNKNOWN), _plain("technology_floor", "最低科技等级", one_of(_TECHNOLOGY), UNKNOWN),
        _ppm("rate", "利率", UNKNOWN), _ppm("rate_per_grade", "每降一级加", 0, step=True), _ppm("rate_per_technology", "科技等级每降一级加", 0, step=True),
        *(_grade_rate(grade) for grade in grades),
        _ppm("covered_off", "有担保减", 0, step=True), _plain("patents_least", "最少专利", whole(0, COUNT_MOST), 0), _plain("green_only", "仅绿色", YES_NO, 0),
        _plain("speed_days", "放款天数", whole(0, DAYS_MOST), 0), _plain("flexible", "可提前还款", YES_NO, 0), _ppm("share_max", "单笔占比", PPM, PPM),
        _plain("covered", "担保", one_of(_COVERED), 1), _ppm("loan_to_value", "抵押率", UNKNOWN, 10 * PPM), _ppm("value_least", "最低价值", ANY, PPM, -PPM, step=True),
        _ppm("funding", "资金成本", own["funding_ppm"], PPM), _ppm("operating", "运营成本", own["operating_ppm"], PPM),
        _ppm("target_return", "目标回报", own["target_return_ppm"], PPM), _ppm("capital_ratio", "资本充足率", own["capital_ratio_ppm"], PPM),
        _ppm("risk_weight", "风险权重", own["risk_weight_ppm"], 15 * PPM), _ppm("loyal", "老客户", own["loyal_ppm"], PPM, step=True),
    )  # fmt: skip


def _grade_rate(grade: str) -> Column:
    def rate_or_none(text: str) -> object:
        none = _LEND_NONE(text)
        return none if none == NONE else rate()(text)

    return Column(
        f"rate_{grade}",
        {
            f"rate_{grade}": rate_or_none,
            f"rate_{grade}_ppm": ppm(),
            **_also(f"rate_{grade} 利率_{grade}", {"": rate_or_none, "(%)": in_unit(rate_or_none, "%", "0.1")}),
        },
        UNKNOWN,
    )


def cover_columns(grades: Sequence[str]) -> tuple[Column, ...]:
    return (
        _plain("cover", "担保额度 担保编号", name, REQUIRED), _plain("guarantor", "担保机构", name, ""), _plain("kind", "类别", one_of(_KINDS), "guarantee"),
        _plain("industries", "行业", names, _EMPTY), _plain("regions", "地区", names, _EMPTY), _plain("sizes", "规模", some_of(_SIZE_WORDS), _EMPTY),
        _plain("mandates", "合作机构", names, _EMPTY), _fen("capacity", "额度", REQUIRED), _ppm("share", "分担比例", REQUIRED, PPM, 10_000),
        _ppm("fee", "费率", 0), _plain("grade_floor", "最低等级", place_in(grades), UNKNOWN),
        _plain("technology_floor", "最低科技等级", one_of(_TECHNOLOGY), UNKNOWN), _fen("amount_high", "最高金额", ALL),
        _months("months_high", "最长月数 最长期限", 0, ALL), _plain("first_time_only", "仅首贷", YES_NO, 0), _plain("green_only", "仅绿色", YES_NO, 0),
    )  # fmt: skip
