"""Technology-based SME (科技型中小企业): conditions T1 to T4, a score of at least 60 with staff points (T5) or a direct route.

The score has three groups of points: staff, research, results. Each group is known, or lies between a lowest and a highest,
and the answer is given where it is the same over all that the unknown may be.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import reduce
from operator import and_, or_

import numpy as np
import pyarrow as pa

from kemiao.base.columns import PPM, BoolArray, IntArray, Ints
from kemiao.base.refusal import Refusal
from kemiao.base.tables import Row
from kemiao.law.columns import Cases, answer, names_at, names_where, weight_of
from kemiao.law.exact import reaches_share
from kemiao.law.in_force import by_id, number, rows_in_force
from kemiao.law.rule import Input, Law, Output, Rule
from kemiao.law.truth import Truth

FEN_PER_YUAN = 100


@dataclass(frozen=True, slots=True)
class Points:
    """Points of one group: lowest and highest where T2 holds, the points between that are possible, and whether they are
    known without that condition."""

    low: IntArray
    high: IntArray
    may: Mapping[int, BoolArray]
    known: BoolArray


@dataclass(frozen=True, slots=True)
class PassLine:
    """T5."""

    score_at_least: int
    staff_points_over: int

    def reached(self, staff: IntArray | int, others: IntArray | int) -> BoolArray:
        return np.asarray((staff > self.staff_points_over) & (staff + others >= self.score_at_least))


def tech_sme(cases: pa.Table, law: Law, on: date) -> pa.Table | Refusal:
    """passes, with the points, the route and the conditions that surely fail.

    figures_pass leaves T1, T3, T4 and the routes that nobody has stated aside: what the figures say so far. A ratio over
    nothing earns no points. Tech staff above total staff is refused. Source: law/tables/tech_sme.toml.
    """
    rows = rows_in_force(law, "tech_sme", on, ("T1", "T2a", "T2b", "T2c", "T3", "T4", "T5", "R1", "R2", "R3", "R4"))
    if isinstance(rows, Refusal):
        return rows
    given = Cases(cases)
    read = {item.name: given.count(item.name) if item.kind == "count" else given.amount(item.name) for item in RULE.inputs if item.kind in ("count", "fen")}  # fmt: skip
    total, tech, sales = read["staff_total"], read["staff_tech"], read["revenue_fen"]
    given.refuse(total.known & tech.known & (tech.values > total.values), "TECH_STAFF_ABOVE_TOTAL")

    staff_most, sales_most, assets_most = (_ceiling(by_id(rows, name)) for name in ("T2a", "T2b", "T2c"))
    ceilings = {
        "T2a": _staff_ceiling(total, tech, staff_most),
        "T2b": Truth.at_most(sales, sales_most),
        "T2c": Truth.at_most(read["total_assets_fen"], assets_most),
    }
    flags = {str(row.cells["input"]): _flag(given, row) for row in rows if row.cells["kind"] == "flag"}
    routes = {str(row.cells["id"]): given.flag(str(row.cells["input"])) for row in rows if row.cells["kind"] == "route"}

    staff = _staff_points(tech, total, staff_most, _bands(rows, "staff"))
    work = _research_points(read["rd_expense_fen"], sales, read["total_cost_fen"], sales_most, rows)
    results = _result_points(read["ip_class_1"], read["ip_class_2"], _steps(rows, "class_1"), _steps(rows, "class_2"))
    line = PassLine(number(by_id(rows, "T5"), "score_at_least"), number(by_id(rows, "T5"), "staff_points_over"))
    by_score = Truth(
        line.reached(staff.low, work.low + results.low), line.reached(staff.high, work.high + results.high)
    )
    direct = reduce(or_, routes.values())
    sized = reduce(and_, ceilings.values())
    entry = sized & reduce(and_, flags.values())
    passes = entry & (by_score | direct)

    scored = staff.known & work.known & results.known
    open_, by_route = passes.undecided, passes.undecided & ~by_score.sure & ~direct.sure
    missing = {name: open_ & ~read[name].known for name in ("staff_total", "revenue_fen", "total_assets_fen")}
    missing |= {name: open_ & truth.undecided for name, truth in flags.items()}
    missing |= {str(row.cells["input"]): by_route & routes[str(row.cells["id"])].undecided for row in rows if row.cells["kind"] == "route"}  # fmt: skip
    matters = _score_inputs_that_matter(read, staff, work, results, rows, line)
    missing |= {name: by_route & by_score.possible & mask for name, mask in matters.items()}
    missing = {item.name: missing[item.name] for item in RULE.inputs}
    conditions = {"T1": flags["is_resident_mainland"]} | ceilings | {"T3": flags["in_negative_catalogue"]}
    conditions |= {"T4": reduce(and_, (_flag(given, row) for row in rows if row.cells.get("id") == "T4"))}
    failed = {name: ~truth.possible & given.judged for name, truth in conditions.items()}
    failed["T5"] = ~(by_score | direct).possible & given.judged
    judged = given.judged
    outputs = {
        "passes": passes.arrow(judged),
        "figures_pass": (sized & (by_score | Truth(direct.sure, direct.sure))).arrow(judged),
        "route": _route(routes, by_score, passes),
        "score": Ints(staff.low + work.low + results.low, scored),
        "staff_points": Ints(staff.low, staff.known),
        "rd_points": Ints(work.low, work.known),
        "ip_points": Ints(results.low, results.known),
        "failed": names_where(failed, given.rows),
    }
    return answer(RULE, given, on, outputs, missing, _confidence(rows, entry, by_score))


def _ceiling(row: Row) -> int:
    return number(row, "at_most") if "at_most" in row.cells else number(row, "at_most_yuan") * FEN_PER_YUAN


def _staff_ceiling(total: Ints, tech: Ints, most: int) -> Truth:
    """Tech staff are part of the staff: more of them than the ceiling decides even where the total is unknown."""
    within = total.known & (total.values <= most)
    return Truth(within, within | (~total.known & ~(tech.known & (tech.values > most))))


def _flag(given: Cases, row: Row) -> Truth:
    truth = given.flag(str(row.cells["input"]))
    return truth if row.cells["must_be"] else ~truth


def _bands(rows: tuple[Row, ...], kind: str) -> list[tuple[int, int]]:
    """(lower end in ppm, points), ascending."""
    return sorted((number(row, "from_ppm"), number(row, "points")) for row in rows if row.cells["kind"] == kind)


def _steps(rows: tuple[Row, ...], kind: str) -> list[tuple[int, int]]:
    """(items, points), ascending."""
    return sorted((number(row, "at_least"), number(row, "points")) for row in rows if row.cells["kind"] == kind)


def _share_points(part: IntArray, whole: IntArray, bands: list[tuple[int, int]]) -> IntArray:
    points = np.zeros(len(part), np.int64)
    for lower, earned in bands:
        points = np.where(reaches_share(part, whole, lower), earned, points)
    return points


def _item_points(items: IntArray, steps: list[tuple[int, int]]) -> IntArray:
    points = np.zeros(len(items), np.int64)
    for at_least, earned in steps:
        points = np.where(items >= at_least, earned, points)
    return points


def _share_range(part: Ints, whole: Ints, whole_most: int | None, bands: list[tuple[int, int]]) -> Points:
    """Points of part / whole. whole_most: the largest whole for which they matter (None: there is none)."""
    top = bands[-1][1]
    exact = _share_points(part.values, whole.values, bands)
    both = part.known & whole.known
    nothing = (part.known & (part.values == 0)) | (whole.known & (whole.values == 0))
    # An unknown whole can be as small as the part, which is the top band, or as large as its ceiling.
    floor = np.int64(0) if whole_most is None else _share_points(part.values, np.full(len(part), whole_most), bands)
    low = np.where(both, exact, np.where(part.known & ~nothing, floor, 0))
    high = np.where(both, exact, np.where(nothing, 0, top))
    return Points(low, high, _between(low, high, {points for _, points in bands}), both | nothing)


def _between(low: IntArray, high: IntArray, levels: set[int]) -> dict[int, BoolArray]:
    return {level: (low <= level) & (level <= high) for level in sorted(levels)}


def _staff_points(tech: Ints, total: Ints, most: int, bands: list[tuple[int, int]]) -> Points:
    """As _share_range; but people are few, so that not every band can be reached: of 3 people none are 15 %."""
    span = _share_range(tech, total, most, bands)
    may = dict(span.may)
    for lower, level in bands:
        fewest = -(-total.values * lower // PPM)
        reached = (fewest <= total.values) & (_share_points(fewest, total.values, bands) == level)
        may[level] &= tech.known | ~total.known | reached
    return Points(span.low, span.high, may, span.known)


def _research_points(research: Ints, sales: Ints, cost: Ints, sales_most: int, rows: tuple[Row, ...]) -> Points:
    """The better of two ratios: where one earns the most there is, the other does not matter."""
    first = _share_range(research, sales, sales_most, _bands(rows, "rd_to_sales"))
    second = _share_range(research, cost, None, _bands(rows, "rd_to_cost"))
    top = max(*first.may, *second.may)
    best = (first.known & (first.low == top)) | (second.known & (second.low == top))
    low, high = np.maximum(first.low, second.low), np.maximum(first.high, second.high)
    return Points(low, high, _between(low, high, {*first.may, *second.may}), (first.known & second.known) | best)


def _result_points(
    class_1: Ints, class_2: Ints, steps_1: list[tuple[int, int]], steps_2: list[tuple[int, int]]
) -> Points:
    first, second = _item_points(class_1.values, steps_1), _item_points(class_2.values, steps_2)
    top_1, top_2 = steps_1[-1][1], steps_2[-1][1]
    low = np.maximum(np.where(class_1.known, first, 0), np.where(class_2.known, second, 0))
    high = np.maximum(np.where(class_1.known, first, top_1), np.where(class_2.known, second, top_2))
    may = _between(low, high, {0} | {points for _, points in (*steps_1, *steps_2)})
    for level in may:  # an unknown class I makes them jump: nothing lies between class II's points and the top
        may[level] &= class_1.known | ~class_2.known | (level == low) | (level == top_1)
    return Points(low, high, may, low == high)


def _score_inputs_that_matter(
    read: Mapping[str, Ints], staff: Points, work: Points, results: Points, rows: tuple[Row, ...], line: PassLine
) -> dict[str, BoolArray]:  # fmt: skip
    """Unknown inputs of the score whose group, for some points of the other two, falls on both sides of the line.

    Unknown tech staff may be nobody, so they matter wherever the line can be reached at all.
    """
    none = np.zeros(len(staff.low), np.int64)
    top_1, top_2 = none + _steps(rows, "class_1")[-1][1], none + _steps(rows, "class_2")[-1][1]
    matter = {name: np.zeros(len(none), bool) for name in ("rd", "ip_class_1", "ip_class_2")}
    matter["staff_tech"] = np.ones(len(none), bool)
    for one, one_may in staff.may.items():
        for other, other_may in results.may.items():
            crosses = ~line.reached(one, work.low + other) & line.reached(one, work.high + other)
            matter["rd"] |= one_may & other_may & crosses
        for other, other_may in work.may.items():
            here = one_may & other_may
            matter["ip_class_1"] |= here & ~line.reached(one, results.low + other) & line.reached(one, top_1 + other)
            matter["ip_class_2"] |= here & ~line.reached(one, none + other) & line.reached(one, top_2 + other)
    matter["rd_expense_fen"] = matter["total_cost_fen"] = matter.pop("rd")
    matter["ip_class_2"] &= results.low < top_1  # with an item of class I, class II adds nothing
    return {name: mask & ~read[name].known for name, mask in matter.items()}


def _route(routes: dict[str, Truth], by_score: Truth, passes: Truth) -> pa.Array:
    """By what it passes: the first direct route that is sure, otherwise the score."""
    names = [*routes, "score"]
    sure = np.stack([*(truth.sure for truth in routes.values()), by_score.sure])
    return names_at(sure.argmax(axis=0), names, passes.sure)


def _confidence(rows: tuple[Row, ...], entry: Truth, by_score: Truth) -> IntArray:
    """The direct routes are used unless the entry conditions fail or the score is enough."""
    always = max(weight_of(row.confidence) for row in rows if row.cells["kind"] != "route")
    routes = max(weight_of(row.confidence) for row in rows if row.cells["kind"] == "route")
    return np.where(~entry.possible | by_score.sure, always, max(always, routes))


_POINTS = (("staff", "科技人员", "staff"), ("rd", "研发投入", "R&D"), ("ip", "科技成果", "results"))

RULE = Rule(
    "tech_sme", "科技型中小企业评价", "technology-based SME", "科技型中小企业评价办法, 国科发政〔2017〕115号",
    (
        Input("staff_total", "count", "职工总数", "total staff", ("staff", "total staff", "employees", "从业人员", "职工人数", "员工人数")),
        Input("staff_tech", "count", "科技人员", "technology staff", ("tech", "tech staff", "科技人员数", "科技人员人数")),
        Input("revenue_fen", "fen", "销售收入", "sales revenue", ("sales", "revenue", "rev", "营业收入", "年销售收入"), "yuan"),
        Input("total_assets_fen", "fen", "资产总额", "total assets", ("assets", "total assets", "资产", "总资产", "资产总计"), "yuan"),
        Input("rd_expense_fen", "fen", "研发费用", "R&D expense", ("r&d", "rd", "rd expense", "研发费用总额", "研究开发费用"), "yuan"),
        Input("total_cost_fen", "fen", "成本费用", "total cost and expense", ("cost", "total cost", "成本费用支出", "成本费用总额"), "yuan"),
        Input("ip_class_1", "count", "Ⅰ类知识产权", "Class I intellectual property", ("class i", "class 1", "一类知识产权", "I类知识产权", "1类知识产权")),
        Input("ip_class_2", "count", "Ⅱ类知识产权", "Class II intellectual property", ("class ii", "class 2", "二类知识产权", "II类知识产权", "2类知识产权")),
        Input("high_tech_certificate", "flag", "有效高新技术企业证书(R1)", "valid high-tech enterprise certificate (R1)", ("R1", "valid r1", "高新技术企业", "高新技术企业证书", "高新证书")),
        Input("national_award", "flag", "国家级科技奖励(R2)", "national science award, first 3 units, 5 years (R2)", ("R2", "国家级科技奖励")),
        Input("rd_institution", "flag", "省部级以上研发机构(R3)", "recognised R&D institution (R3)", ("R3", "省部级以上研发机构", "省部级研发机构")),
        Input("led_standard", "flag", "主导制定标准(R4)", "led the drafting of a standard, 5 years (R4)", ("R4", "主导制定标准")),
        Input("is_resident_mainland", "flag", "境内注册的居民企业(T1)", "resident enterprise in mainland China (T1)", ("T1", "境内注册的居民企业", "居民企业")),
        Input("in_negative_catalogue", "flag", "禁止、限制、淘汰类(T3)", "prohibited, restricted or to be eliminated (T3)", ("!T3", "禁止限制淘汰类")),
        Input("major_safety_accident", "flag", "重大安全事故(T4)", "major safety accident, two years (T4)", ("!T4", "重大安全事故")),
        Input("major_quality_accident", "flag", "重大质量事故(T4)", "major quality accident, two years (T4)", ("!T4", "重大质量事故")),
        Input("serious_environmental_violation", "flag", "严重环境违法(T4)", "serious environmental violation, two years (T4)", ("!T4", "严重环境违法")),
        Input("serious_research_dishonesty", "flag", "科研严重失信(T4)", "serious research dishonesty, two years (T4)", ("!T4", "科研严重失信", "严重科研失信")),
        Input("on_abnormal_operation_list", "flag", "列入经营异常名录(T4)", "on the abnormal-operation list (T4)", ("!T4", "经营异常名录", "经营异常")),
        Input("on_serious_dishonesty_list", "flag", "列入严重违法失信名单(T4)", "on the serious-dishonesty list (T4)", ("!T4", "严重违法失信企业名单", "严重违法失信名单", "严重违法失信")),
    ),
    (
        Output("passes", "flag", "是否通过", "passes"),
        Output("figures_pass", "flag", "仅按已填数据(T2、T5或已填的直接确认)是否通过", "passes on what is stated: T2, and T5 or a stated direct route"),
        Output("route", "choice", "通过途径", "route: R1 to R4, score"),
        Output("score", "count", "综合评价得分", "score"),
        *(Output(f"{name}_points", "count", f"{zh}得分", f"{en} points") for name, zh, en in _POINTS),
        Output("failed", "names", "不满足的条件", "conditions that fail"),
    ),
    ("tech_sme",), tech_sme,
)  # fmt: skip
