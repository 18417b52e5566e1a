"""Which terms of a request, a mandate and a cover are not met by each other: named, with what was asked and what there is.

Said here in words, beside the arithmetic of options.py: what can be contracted is decided there alone, and a test holds the two
together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Literal

from kemiao.base.money import PPM, short_text
from kemiao.base.rates import percent_text
from kemiao.credit.matching.market import (
    ALL,
    NEED,
    NO,
    SIZES,
    TECHNOLOGY,
    UNKNOWN,
    WHOLE,
    Covers,
    Mandates,
    Market,
    Wish,
)

Side = Literal["company", "mandate", "cover"]


@dataclass(frozen=True, slots=True)
class Unmet:
    """whose: the side whose term it is. needed, has: whole numbers or names, as in the postings; None where nobody stated it."""

    code: str
    zh: str
    en: str
    whose: Side
    needed: Any
    has: Any

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def unmet(market: Market, i: int, j: int, unit_fen: int = 1) -> tuple[Unmet, ...]:
    """Of request i and mandate j alone, but for the cost and the value, which need the figures of a contract (see cost_unmet)."""
    return tuple(_pair(market, i, j, unit_fen))


def unmet_cover(market: Market, i: int, j: int, g: int, unit_fen: int = 1) -> tuple[Unmet, ...]:
    """Of cover g with request i and mandate j; g -1: of a contract without one."""
    return tuple(_cover(market, i, j, g, unit_fen) if g >= 0 else _uncovered(market, i, j))


def cost_unmet(cost_ppm: int, rate_max_ppm: int) -> Unmet:
    return Unmet(
        "COST_ABOVE_MOST", f"综合成本 {percent_text(cost_ppm)} 高于企业最高 {percent_text(rate_max_ppm)}",
        f"it costs {percent_text(cost_ppm)} a year, above the company's most, {percent_text(rate_max_ppm)}",
        "company", cost_ppm, rate_max_ppm,
    )  # fmt: skip


def value_unmet(value_ppm: int, least_ppm: int) -> Unmet:
    return Unmet(
        "VALUE_BELOW_LEAST", f"对资金方的价值 {percent_text(value_ppm)} 低于其最低 {percent_text(least_ppm)}",
        f"it is worth {percent_text(value_ppm)} a year to the funder, below its least, {percent_text(least_ppm)}",
        "mandate", least_ppm, value_ppm,
    )  # fmt: skip


def tier(wish: Wish | None, names: Iterable[str]) -> int | None:
    """Place in a ranking, 0 the most wanted; None where it is not wanted. Without a ranking all are 0."""
    if wish is None:
        return 0
    known = set(names)
    for place, name in enumerate(wish.named):
        if name in known:
            return place
    return len(wish.named) if wish.others else None


def _pair(market: Market, i: int, j: int, unit_fen: int) -> Iterator[Unmet]:
    r, m = market.requests, market.mandates
    lender, company = {m.id[j], m.funder[j]}, {r.id[i], r.company[i]}
    if r.veto[i] & lender:
        yield Unmet("VETOED", "企业排除了该资金方", "the company keeps this funder out", "company", None, m.id[j])
    if tier(r.ranking[i], lender) is None:
        yield Unmet("NOT_IN_COMPANY_RANKING", "不在企业的排序内", "it is not in the company's ranking", "company", None, m.id[j])  # fmt: skip
    if tier(m.ranking[j], company) is None:
        yield Unmet("NOT_IN_FUNDER_RANKING", "不在资金方的排序内", "the company is not in the funder's ranking", "mandate", None, r.id[i])  # fmt: skip
    yield from _amounts(market, i, j, unit_fen)
    months = int(r.months[i])
    if months < m.months_low[j]:
        yield _number("MONTHS_BELOW_LOW", "期限(月)", "months", "mandate", int(m.months_low[j]), months, least=True)
    if months > m.months_high[j]:
        yield _number("MONTHS_ABOVE_HIGH", "期限(月)", "months", "mandate", int(m.months_high[j]), months, least=False)
    if r.pd_ppm[i] == UNKNOWN:
        yield Unmet("PD_UNKNOWN", "违约概率未知", "its probability of default is not known", "mandate", None, None)
    yield from _grades(market, i, j, m, "mandate")
    grade, technology = int(r.grade[i]), int(r.technology[i])
    if m.rate_ppm[j, grade if grade != UNKNOWN else len(market.grades), technology if technology != UNKNOWN else 0] == UNKNOWN:  # fmt: skip
        yield Unmet("NO_RATE", "该等级没有报价", "it quotes no rate for this grade", "mandate", None, _grade(market, grade))  # fmt: skip
    yield from _places(market, i, j, m, "mandate")
    if r.industry[i] in m.not_industries[j]:
        yield Unmet("INDUSTRY_KEPT_OUT", f"不投行业“{r.industry[i]}”", f"it keeps the industry {r.industry[i]!r} out", "mandate", sorted(m.not_industries[j]), r.industry[i])  # fmt: skip
    if m.purposes[j] and r.purpose[i] not in m.purposes[j]:
        yield _named("PURPOSE_NOT_TAKEN", "用途", "purpose", "mandate", m.purposes[j], r.purpose[i])
    if m.collateral[j] and not m.collateral[j] & r.collateral[i]:
        yield Unmet("COLLATERAL_MISSING", f"要求押品:{_list(m.collateral[j])}", f"it asks for one of: {_list(m.collateral[j])}", "mandate", sorted(m.collateral[j]), sorted(r.collateral[i]))  # fmt: skip
    if m.patents_least[j] > 0 and r.patents[i] < m.patents_least[j]:
        yield _number("PATENTS_BELOW_LEAST", "有效专利", "patents in force", "mandate", int(m.patents_least[j]), _known(r.patents[i]), least=True)  # fmt: skip
    if m.green_only[j] == 1 and r.green[i] != 1:
        yield Unmet("NOT_GREEN", "只投绿色贷款", "it lends for green purposes alone", "mandate", 1, _known(r.green[i]))
    ready = market.day.toordinal() + int(m.speed_days[j])
    if ready > r.latest_day[i]:
        yield Unmet("TOO_SLOW", f"最早 {_day(ready)} 到账,企业最迟 {_day(int(r.latest_day[i]))}", f"its money comes on {_day(ready)}, needed by {_day(int(r.latest_day[i]))}", "company", _day(ready), _day(int(r.latest_day[i])))  # fmt: skip


def _uncovered(market: Market, i: int, j: int) -> Iterator[Unmet]:
    if market.requests.covered[i] == NEED:
        yield Unmet("COVER_NEEDED_BY_COMPANY", "企业只接受有担保的贷款", "the company takes a covered loan alone", "company", "need", None)  # fmt: skip
    if market.mandates.covered[j] == NEED:
        yield Unmet("COVER_NEEDED_BY_FUNDER", "资金方只做有担保的贷款", "the funder lends with a cover alone", "mandate", "need", None)  # fmt: skip


def _amounts(market: Market, i: int, j: int, unit_fen: int) -> Iterator[Unmet]:
    r, m = market.requests, market.mandates
    amount, low = int(r.amount_fen[i]), int(m.amount_low_fen[j])
    if amount < low:
        yield _money("AMOUNT_BELOW_LOW", "单笔最低", "the least of a loan", "mandate", low, amount, least=True)
    budget = int(m.budget_fen[j]) // unit_fen * unit_fen
    for code, zh, en, most in (
        ("AMOUNT_ABOVE_HIGH", "单笔最高", "the most of a loan", int(m.amount_high_fen[j])),
        ("AMOUNT_ABOVE_BUDGET", "预算", "the budget", budget),
        ("AMOUNT_ABOVE_SHARE", "单笔占预算上限", "the largest part of the budget in one loan", budget * min(int(m.share_max_ppm[j]), PPM) // PPM),
        ("AMOUNT_ABOVE_INDUSTRY", "行业集中度上限", "the limit of the industry", industry_limit(market, i, j, unit_fen)),
    ):  # fmt: skip
        if not fits(market, i, most, unit_fen):
            yield _money(code, zh, en, "mandate", most, amount, least=False)
    ratio, value = int(m.loan_to_value_ppm[j]), int(r.collateral_fen[i])
    if ratio not in (ALL, UNKNOWN) and (value == UNKNOWN or value * ratio < amount * PPM):
        needed = -(-amount * PPM // ratio) if ratio > 0 else ALL
        yield _money("COLLATERAL_VALUE_LOW", "押品价值", "the collateral's value", "mandate", needed, _known(value), least=True)  # fmt: skip


def fits(market: Market, i: int, most_fen: int, unit_fen: int) -> bool:
    """Whether a loan of this request fits under it: in full, or a part in whole units where it may come in parts."""
    if int(market.requests.amount_fen[i]) <= most_fen:
        return True
    return int(market.requests.form[i]) != WHOLE and most_fen // unit_fen > 0


def industry_limit(market: Market, i: int, j: int, unit_fen: int) -> int:
    """fen; ALL where there is none."""
    shares = market.mandates.industry_share_ppm[j]
    share = shares.get(market.requests.industry[i], shares.get("*", PPM))
    return ALL if share >= PPM else int(market.mandates.budget_fen[j]) * share // PPM // unit_fen * unit_fen


def _cover(market: Market, i: int, j: int, g: int, unit_fen: int) -> Iterator[Unmet]:
    r, m, c = market.requests, market.mandates, market.covers
    if r.covered[i] == NO:
        yield Unmet("COVER_NOT_TAKEN_BY_COMPANY", "企业不接受担保", "the company takes no covered loan", "company", "no", c.id[g])  # fmt: skip
    if m.covered[j] == NO:
        yield Unmet("COVER_NOT_TAKEN_BY_FUNDER", "资金方不做担保贷款", "the funder lends without a cover", "mandate", "no", c.id[g])  # fmt: skip
    if c.mandates[g] and not c.mandates[g] & {m.id[j], m.funder[j]}:
        yield _named("COVER_NOT_WITH_FUNDER", "合作资金方", "funders it works with", "cover", c.mandates[g], m.id[j])
    yield from _grades(market, i, g, c, "cover")
    yield from _places(market, i, g, c, "cover")
    size = int(r.size[i])
    if c.sizes[g] and (size == UNKNOWN or SIZES[size] not in c.sizes[g]):
        yield _named("SIZE_NOT_COVERED", "规模", "size", "cover", c.sizes[g], None if size == UNKNOWN else SIZES[size])
    if not fits(market, i, int(c.amount_high_fen[g]), unit_fen):
        yield _money("AMOUNT_ABOVE_COVER", "单笔担保上限", "the most of a loan it covers", "cover", int(c.amount_high_fen[g]), int(r.amount_fen[i]), least=False)  # fmt: skip
    if r.months[i] > c.months_high[g]:
        yield _number("MONTHS_ABOVE_COVER", "担保期限(月)", "months covered", "cover", int(c.months_high[g]), int(r.months[i]), least=False)  # fmt: skip
    if c.first_time_only[g] == 1 and r.first_time[i] != 1:
        yield Unmet("NOT_FIRST_TIME", "只担保首贷户", "it covers first-time borrowers alone", "cover", 1, _known(r.first_time[i]))  # fmt: skip
    if c.green_only[g] == 1 and r.green[i] != 1:
        yield Unmet("COVER_NOT_GREEN", "只担保绿色贷款", "it covers green loans alone", "cover", 1, _known(r.green[i]))
    share, capacity = int(c.share_ppm[g]), int(c.capacity_fen[g])
    if share > 0 and not fits(market, i, capacity * PPM // share, unit_fen):
        borne = -(-int(r.amount_fen[i]) * share // PPM)
        yield _money("AMOUNT_ABOVE_CAPACITY", "担保余量", "its capacity", "cover", capacity, borne, least=False)


def _grades(market: Market, i: int, place: int, side: Mandates | Covers, whose: Side) -> Iterator[Unmet]:
    grade, floor = int(market.requests.grade[i]), int(side.grade_floor[place])
    if floor != UNKNOWN and (grade == UNKNOWN or grade > floor):
        needed, has = market.grades[floor], _grade(market, grade)
        yield Unmet("GRADE_BELOW_FLOOR", f"信用等级最低 {needed},现为 {has or '未知'}", f"the grade has to be {needed} or better and is {has or 'unknown'}", whose, needed, has)  # fmt: skip
    technology, floor = int(market.requests.technology[i]), int(side.technology_floor[place])
    if floor != UNKNOWN and (technology == UNKNOWN or technology > floor):
        needed, has = TECHNOLOGY[floor - 1], None if technology == UNKNOWN else TECHNOLOGY[technology - 1]
        yield Unmet("TECHNOLOGY_BELOW_FLOOR", f"技术等级最低 {needed},现为 {has or '未知'}", f"the technology grade has to be {needed} or better and is {has or 'unknown'}", whose, needed, has)  # fmt: skip


def _places(market: Market, i: int, place: int, side: Mandates | Covers, whose: Side) -> Iterator[Unmet]:
    industry, region = market.requests.industry[i], market.requests.region[i]
    if side.industries[place] and industry not in side.industries[place]:
        yield _named("INDUSTRY_NOT_TAKEN", "行业", "industry", whose, side.industries[place], industry)
    if side.regions[place] and region not in side.regions[place]:
        yield _named("REGION_NOT_TAKEN", "地区", "region", whose, side.regions[place], region)


def _money(code: str, zh: str, en: str, whose: Side, needed: int, has: int | None, *, least: bool) -> Unmet:
    bound = ("最低", "at least") if least else ("最高", "at most")
    return Unmet(
        code, f"{zh} {short_text(needed)}({bound[0]}),现为 {'未知' if has is None else short_text(has)}",
        f"{en}: {bound[1]} {short_text(needed, 'en')}, it is {'unknown' if has is None else short_text(has, 'en')}", whose, needed, has,
    )  # fmt: skip


def _number(code: str, zh: str, en: str, whose: Side, needed: int, has: int | None, *, least: bool) -> Unmet:
    bound = ("最少", "at least") if least else ("最多", "at most")
    return Unmet(
        code, f"{zh}{bound[0]} {needed},现为 {'未知' if has is None else has}",
        f"{en}: {bound[1]} {needed}, it is {'unknown' if has is None else has}", whose, needed, has,
    )  # fmt: skip


def _named(code: str, zh: str, en: str, whose: Side, needed: frozenset[str], has: str | None) -> Unmet:
    return Unmet(code, f"{zh}限于 {_list(needed)},现为“{has or '未知'}”", f"{en}: one of {_list(needed)}, it is {has or 'unknown'!r}", whose, sorted(needed), has)  # fmt: skip


def _list(names: frozenset[str], most: int = 5) -> str:
    shown = sorted(names)
    return "、".join(shown[:most]) + ("…" if len(shown) > most else "")


def _grade(market: Market, grade: int) -> str | None:
    return None if grade == UNKNOWN else market.grades[grade]


def _known(value: Any) -> int | None:
    return None if value == UNKNOWN else int(value)


def _day(ordinal: int) -> str:
    return date.fromordinal(ordinal).isoformat() if ordinal <= date.max.toordinal() else "9999-12-31"
