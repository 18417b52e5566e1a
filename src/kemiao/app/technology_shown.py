"""How technology grades are printed for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kemiao.app.door import Door
from kemiao.app.shown import value_text
from kemiao.base.rates import percent_text

if TYPE_CHECKING:
    from kemiao.bank.commands.technology import Answer

_PEERS = {"stage_industry": ("同阶段同行业", "stage, industry"), "stage": ("同阶段", "stage"), "all": ("全体", "all")}
_BAR = 20


def show_all(door: Door, answer: Answer) -> None:
    """How many of each grade, then each company, the best first."""
    documents = sorted(answer.documents, key=lambda each: (-(each["flow"]["score_ppm"] or -1), each["company"]))
    counted = Counter(each["flow"]["grade"] or door.word("无法判断", "cannot tell") for each in documents)
    most = max(counted.values(), default=1)
    order = [*(f"T{number}" for number in range(1, 11)), door.word("无法判断", "cannot tell")]
    door.table(door.word("技术流等级", "technology flow"), [door.word("等级", "grade"), door.word("家数", "companies"), ""],
               [(grade, counted[grade], "█" * -(-counted[grade] * _BAR // most)) for grade in order if grade in counted])  # fmt: skip
    titles = [door.word(*pair) for pair in (("企业", "company"), ("技术流", "flow"), ("创新积分", "points"), ("阶段", "stage"), ("已知", "known"), ("负面清单", "negative list"))]  # fmt: skip
    door.table("", titles, [(
        each["company"], each["flow"]["grade"] or "—", _points(each["points"]["points_milli"]), _stage(door, each["points"]),
        percent_text(each["flow"]["coverage_ppm"], 0), "; ".join(hit[door.lang] for hit in each["flow"]["negative"]),
    ) for each in documents])  # fmt: skip
    _foot(door, answer)


def show_one(door: Door, answer: Answer, document: Mapping[str, Any]) -> None:
    own = door.lang
    points, flow = document["points"], document["flow"]
    grade = flow["grade"] or door.word("技术流无法判断", "flow: cannot tell")
    door.text(f"{document['company']}   {grade}   {door.word('创新积分', 'innovation points')} {_points(points['points_milli'])}   {_stage(door, points)}")  # fmt: skip
    classes = {each["name"]: each for each in points["classes"]}
    for name, each in classes.items():
        rows = [row for row in points["indicators"] if row["class"] == name]
        title = f"{each[own]}  {_points(each['points_milli'])}"
        door.table(title, [door.word(*pair) for pair in (("指标", "indicator"), ("取值", "value"), ("分位", "percentile"), ("", ""), ("权重", "weight"), ("同类", "peers"))],
                   [_indicator(door, row) for row in rows])  # fmt: skip
    door.text(door.word(f"  积分已知权重 {percent_text(points['coverage_ppm'], 0)}", f"  known of the points' weight: {percent_text(points['coverage_ppm'], 0)}"))  # fmt: skip
    door.table(door.word("技术流", "technology flow"), [door.word("维度", "measure"), "", "", door.word("读取", "reads")],
               [(each[own], percent_text(each["ppm"], 1) if each["ppm"] is not None else door.word("未知", "unknown"), _bar(each["ppm"]),
                 "; ".join(f"{part[own]} {percent_text(part['ppm'], 0) if part['ppm'] is not None else '?'}" for part in each["parts"])) for each in flow["measures"]])  # fmt: skip
    _flow_words(door, flow)
    for hit in flow["negative"]:
        door.text(door.word(f"  负面清单:{hit['zh']}(最高 {hit['grade_best']},否则 {flow['before_negative_list']})", f"  negative list: {hit['en']} (at best {hit['grade_best']}, else {flow['before_negative_list']})"))  # fmt: skip
    if document["matrix"]:
        door.table(door.word(f"双维评价:{grade} 对各信用等级的额度", f"credit × technology: what {grade} does to a limit"),
                   [row["credit"] for row in document["matrix"]], [[_cell(door, row) for row in document["matrix"]]])  # fmt: skip
    if document["unknown"]:
        door.table(door.word("未知项:补什么资料", "unknown: the paper that settles it"), [door.word("项目", "item"), door.word("权重", "weight"), door.word("资料", "paper")],
                   [(each[own], each["weight"] or "", each[f"paper_{own}"]) for each in document["unknown"]])  # fmt: skip
    _foot(door, answer)


def _flow_words(door: Door, flow: Mapping[str, Any]) -> None:
    known = percent_text(flow["coverage_ppm"], 0)
    if flow["score_ppm"] is None:
        door.text(door.word(f"  已知 {known},不足以判断", f"  known: {known}, too little to tell"))
        return
    factor = f"{flow['correction_ppm'] / 10**6:.2f}" + ("" if flow["conversion_known"] else door.word("(未知)", " (unknown)"))  # fmt: skip
    door.text(door.word(
        f"  均值 {percent_text(flow['raw_ppm'], 1)} × 转化修正 {factor} = {percent_text(flow['score_ppm'], 1)},胜过参照中的 {percent_text(flow['place_ppm'], 1)} → {flow['grade']};已知 {known}",
        f"  mean {percent_text(flow['raw_ppm'], 1)} × conversion {factor} = {percent_text(flow['score_ppm'], 1)}, ahead of {percent_text(flow['place_ppm'], 1)} of the reference → {flow['grade']}; known {known}",
    ))  # fmt: skip


def _cell(door: Door, row: Mapping[str, Any]) -> str:
    if row["outcome"] is not None:
        return door.word({"refer": "转人工", "decline": "拒绝"}[row["outcome"]], row["outcome"])
    factor = f"× {row['factor_ppm'] / 10**6:.2f}"
    return factor + door.word(" 须担保", " + guarantee") if row["guarantee"] else factor


def _indicator(door: Door, row: Mapping[str, Any]) -> tuple[object, ...]:
    value = value_text(row["value"], row["unit"], door.lang)
    if row["percentile_ppm"] is None:
        return row[door.lang], value, "—", "", row["weight"], ""
    group = _PEERS[row["peer_group"]][door.lang != "zh"]
    return row[door.lang], value, percent_text(row["percentile_ppm"], 0), _bar(row["percentile_ppm"]), row["weight"], f"{row['peers']} {group}"  # fmt: skip


def _points(milli: int | None) -> str:
    return "—" if milli is None else f"{milli / 1000:.1f}"


def _stage(door: Door, points: Mapping[str, Any]) -> str:
    if points["stage"] is None:
        return door.word("阶段未知", "stage unknown")
    name = points["stage_zh"] if door.lang == "zh" else points["stage"]
    return name if points["stage_certain"] else name + "?"


def _bar(ppm: int | None) -> str:
    return "" if ppm is None else "█" * min(_BAR, (ppm * _BAR + 500_000) // 10**6)


def _foot(door: Door, answer: Answer) -> None:
    made = door.word("新建参照", "new reference") if answer.made else door.word("参照", "reference")
    firm = any(each["provisional"] for each in answer.documents)
    note = door.word(",企业较少,等级仅供参考", ", few companies: provisional") if firm else ""
    door.text(door.word(f"资料截至 {answer.as_of};{made} {answer.reference.digest[:12]}({answer.reference.companies} 家{note})",
                        f"as of {answer.as_of}; {made} {answer.reference.digest[:12]} ({answer.reference.companies} companies{note})"))  # fmt: skip
