"""The document of a cleared market, for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kemiao.app.door import Door
from kemiao.base.money import short_text
from kemiao.base.rates import percent_text

RESULTS = {
    "stable": ("稳定匹配", "stable"),
    "best": ("最优配置", "best"),
    "greedy": ("先到先得", "first come, first served"),
}
_BAD, _BLOCKING = 20, 10


def show(door: Door, whole: Mapping[str, Any], rows: int) -> None:
    counts = whole["counts"]
    door.text(
        door.word(
            f"撮合 {whole['day']}:{counts['requests']} 笔需求,{counts['mandates']} 笔资金,{counts['covers']} 项担保,{counts['options']} 种可签的合同;以“{RESULTS[whole['cleared']][0]}”成交",
            f"market of {whole['day']}: {counts['requests']} requests, {counts['mandates']} mandates, {counts['covers']} covers, {counts['options']} contracts that could be signed; the {whole['cleared']} result counts",
        )
    )
    _shown(door, "", ("项目", "what"), list(summary(whole, door.lang)))
    mandates(door, whole)
    if whole["stable"]["covers"]:
        _covers(door, whole)
    _fair(door, whole)
    for said in (floors_text(whole, door.lang), price_text(whole["price_of_stability"], door.lang)):
        if said:
            door.text(said)
    _blocking(door, whole["stable"])
    _matches(door, whole, rows)
    _bad(door, whole)


def summary(whole: Mapping[str, Any], lang: str) -> Iterator[tuple[str, str, str, str]]:
    """name, stable, best, greedy. The page shows the same rows."""

    def money(fen: int | None) -> str:
        return "" if fen is None else short_text(fen, lang)

    def percent(ppm: int | None) -> str:
        return "" if ppm is None else percent_text(ppm, 2)

    def row(zh: str, en: str, key: str, said: Any) -> tuple[str, str, str, str]:
        return (zh if lang == "zh" else en, *(said(whole[name][key]) for name in RESULTS))

    yield row("得到资金的企业", "companies served", "matched", str)
    yield row("成功率", "of all", "success_ppm", percent)
    yield row("成交金额", "lent", "lent_fen", money)
    yield row("占需求", "of what was asked for", "lent_ppm", percent)
    yield row("社会福利(年)", "welfare, a year", "welfare_fen", money)
    yield row("其中企业", "of it companies'", "companies_fen", money)
    yield row("其中资金方", "funders'", "funders_fen", money)
    yield row("其中担保方", "guarantors'", "guarantors_fen", money)
    yield row("平均利率", "mean rate", "rate_ppm", percent)
    yield row("平均综合成本", "mean true annual cost", "cost_ppm", percent)
    stable, best = whole["stable"], whole["best"]
    zh = lang == "zh"
    exact = ("严格稳定" if zh else "exactly stable") if stable["exact"] else str(stable["blocking"]["count"])
    yield ("阻碍合同" if zh else "contracts that block", exact, "–", "–")
    bound = f"≤ {money(best['bound_fen'])} ({percent_text(best['gap_ppm'], 4)})"
    yield ("不可能超过(已证明的差距)" if zh else "no allocation can pass (proven gap)", "–", bound, "–")


def mandates(door: Door, whole: Mapping[str, Any]) -> None:
    waits = {each["mandate"]: each["count"] for each in whole["waiting"]}
    cuts: dict[str, list[str]] = {}
    for cut in whole["stable"]["cut_offs"]:
        if cut["at"] == "mandate":
            cuts.setdefault(cut["name"], []).append(cut_text(cut, door.lang))
    rows = [
        (
            one["mandate"], one["funder"], short_text(one["budget_fen"], door.lang), short_text(one["lent_fen"], door.lang), one["loans"],
            short_text(other["lent_fen"], door.lang), other["loans"], "; ".join(cuts.get(one["mandate"], [])), waits[one["mandate"]],
        )
        for one, other in zip(whole["stable"]["mandates"], whole["best"]["mandates"], strict=True)
    ]  # fmt: skip
    heads = (("资金", "mandate"), ("机构", "funder"), ("预算", "budget"), ("稳定", "stable"), ("笔", "loans"), ("最优", "best"), ("笔", "loans"), ("录取线", "cut-off"), ("候补", "waiting"))  # fmt: skip
    door.table(door.word("资金方", "funders"), [door.word(*pair) for pair in heads], rows)


def cut_text(cut: Mapping[str, Any], lang: str) -> str:
    zh = lang == "zh"
    named = {"others": ("其他", "others"), "reserved": ("预留", "reserved")}.get(cut["class"])
    prefix = "" if named is None else f"{named[0] if zh else named[1]} "
    if cut["open"]:
        return prefix + ("不设线" if zh else "none")
    if cut["value_ppm"] is None:
        return prefix + ("不再接受" if zh else "closed")
    tier = "" if cut["tier"] in (None, 0) else (f"第 {cut['tier'] + 1} 档 " if zh else f"tier {cut['tier'] + 1} ")
    return f"{prefix}{tier}{percent_text(cut['value_ppm'], 4)}"


def _covers(door: Door, whole: Mapping[str, Any]) -> None:
    rows = [
        (one["cover"], one["guarantor"], short_text(one["capacity_fen"], door.lang), short_text(one["borne_fen"], door.lang), one["loans"], short_text(other["borne_fen"], door.lang), other["loans"])
        for one, other in zip(whole["stable"]["covers"], whole["best"]["covers"], strict=True)
    ]  # fmt: skip
    heads = (("担保", "cover"), ("机构", "guarantor"), ("额度", "capacity"), ("稳定", "stable"), ("笔", "loans"), ("最优", "best"), ("笔", "loans"))  # fmt: skip
    door.table(door.word("担保与风险补偿", "guarantees and risk pools"), [door.word(*pair) for pair in heads], rows)


GROUPS = {
    "first_time": ("首贷户", "first-time borrowers"), "green": ("绿色", "green"), "micro": ("微型", "micro"), "small": ("小型", "small"),
    "medium": ("中型", "medium"), "large": ("大型", "large"),
}  # fmt: skip


def group_text(group: str, lang: str) -> str:
    """`size:micro`, `age_below:36`, … in words."""
    name, _, value = group.partition(":")
    if name == "age_below":
        return f"成立不满 {value} 个月" if lang == "zh" else f"younger than {value} months"
    if name == "region":
        return value
    zh, en = GROUPS[value or name]
    return zh if lang == "zh" else en


def _fair(door: Door, whole: Mapping[str, Any]) -> None:
    def share(interval: Mapping[str, int] | None) -> str:
        if interval is None:
            return ""
        value, low, high = (percent_text(interval[name], 1) for name in ("ppm", "low_ppm", "high_ppm"))
        return f"{value} [{low}, {high}]"

    rows = []
    for one, other in zip(whole["fairness"]["stable"], whole["fairness"]["best"], strict=True):
        number = one["number"]
        rows.append((
            group_text(one["group"], door.lang), number["members"]["of"], share(number["members"]["share"]), share(number["others"]["share"]),
            share(number["within_grade"]), share(other["number"]["members"]["share"]), share(other["number"]["within_grade"]),
        ))  # fmt: skip
    heads = (("群体", "group"), ("笔", "requests"), ("稳定:得到资金", "stable: served"), ("其他企业", "others"), ("同等级的差", "difference within grade"), ("最优:得到资金", "best: served"), ("同等级的差", "difference within grade"))  # fmt: skip
    if rows:
        door.table(door.word("谁得到了资金", "who was served"), [door.word(*pair) for pair in heads], rows)


def _blocking(door: Door, stable: Mapping[str, Any]) -> None:
    blocking = stable["blocking"]
    if blocking["count"]:
        door.table(
            door.word("阻碍合同", "contracts that block"),
            [door.word("需求", "request"), door.word("资金", "mandate"), door.word("担保", "cover")],
            [(one["request"], one["mandate"], one["cover"]) for one in blocking["listed"][:_BLOCKING]],
        )  # fmt: skip
        door.say(
            f"{blocking_text(stable, 'zh')};--json 列出 {len(blocking['listed'])} 份",
            f"{blocking_text(stable, 'en')}; --json lists {len(blocking['listed'])}",
        )
        fewest = blocking["fewest"]
        if fewest is not None:
            door.say(f"少于 {fewest['at_least']} 份的配置不存在(已证明)", f"no allocation has fewer than {fewest['at_least']} (proven)")  # fmt: skip
    if stable["incomplete"]:
        door.say(
            f"{len(stable['incomplete'])} 笔需求因凑不齐而落空", f"{len(stable['incomplete'])} requests could not be filled to their least and got nothing"
        )  # fmt: skip


def blocking_text(stable: Mapping[str, Any], lang: str) -> str:
    """Counted are contracts: a company and a funder with another cover are another one."""
    count = stable["blocking"]["count"]
    if lang == "zh":
        return f"有 {count} 份合同,有关各方都宁愿签它而不是现在所得(同一企业与资金方,担保不同即另一份);整笔贷款或有担保时可能不存在稳定匹配"
    return f"{count} contracts block: all who would sign them would rather have them (the same company and funder with another cover count again); with whole loans or covers there may be no stable matching"


def floors_text(whole: Mapping[str, Any], lang: str) -> str:
    """Nothing where the policy has no floors. They bind the best result alone."""
    floors, unmet = whole["rules"]["fairness"]["floors"], whole["stable"]["floors_unmet"]
    if not floors:
        return ""
    if lang == "zh":
        named = "、".join(f"{group_text(one['group'], lang)} {percent_text(one['share_ppm'], 1)}" for one in floors)
        missed = f"未达到 {'、'.join(group_text(group, lang) for group in unmet)}" if unmet else "这一次也都达到"
        return f"放款的最低占比:{named}。只约束最优配置;稳定匹配不管下限,{missed}。"
    named = ", ".join(f"{group_text(one['group'], lang)} {percent_text(one['share_ppm'], 1)}" for one in floors)
    missed = (
        f"does not reach {', '.join(group_text(group, lang) for group in unmet)}" if unmet else "reaches them this time"
    )
    return f"Least shares of all that is lent: {named}. They bind the best result alone; the stable one heeds none and {missed}."


def price_text(price: Mapping[str, Any], lang: str) -> str:
    """What the stable result lacks to the best that was found, and to the bound of all there are."""
    welfare = price["welfare"]
    lost, most = welfare["lost_fen"], welfare["bound_fen"] - welfare["stable_fen"]
    if lost < 0:
        more = short_text(-lost, lang)
        return f"稳定匹配的社会福利每年多 {more}:它不受下限约束。" if lang == "zh" else f"The stable result is worth {more} yuan a year more: no floor binds it."  # fmt: skip
    share, less, at_most = percent_text(welfare["lost_ppm"]), short_text(lost, lang), short_text(most, lang)
    if lang == "zh":
        return f"稳定匹配的社会福利比找到的最优配置每年少 {less}({share}),比符合全部限额与下限的任何配置至多少 {at_most}(已证明)。"
    return f"The stable result is worth {less} yuan a year less than the best that was found ({share}), and at most {at_most} less than any allocation within all limits and floors (proven)."


def _matches(door: Door, whole: Mapping[str, Any], rows: int) -> None:
    found = whole[whole["cleared"]]["matches"]
    name = door.word(*RESULTS[whole["cleared"]])
    heads = (("企业", "company"), ("资金", "mandate"), ("机构", "funder"), ("担保", "cover"), ("金额", "amount"), ("期限", "months"), ("利率", "rate"), ("综合成本", "true cost"), ("志愿", "choice"))  # fmt: skip
    door.table(
        door.word(f"{name}(前 {min(rows, len(found))} 笔,共 {len(found)} 笔)", f"{name} (the first {min(rows, len(found))} of {len(found)})"),
        [door.word(*pair) for pair in heads],
        (
            (match["company"], match["mandate"], match["funder"], match["cover"], short_text(match["amount_fen"], door.lang), match["months"],
             percent_text(match["rate_ppm"], 2), percent_text(match["cost_ppm"], 2), match["choice"])
            for match in found[:rows]
        ),
        none=("没有成交", "nothing is lent"),
    )  # fmt: skip


def _bad(door: Door, whole: Mapping[str, Any]) -> None:
    from kemiao.base.refusal import Refusal

    bad = whole["bad_rows"]
    files: dict[str, list[Any]] = {}
    for each in bad:
        files.setdefault(each["where"].get("file", ""), []).append(each)
    # A funder's row weighs more than one of hundreds of requests: each file has its share, the one with fewest faults first.
    few = sorted(files.values(), key=len)
    for each in [each for found in few for each in found[: max(_BAD // len(few), 1)]]:
        fault = Refusal.at(each["code"], each["zh"], each["en"], **each["where"])
        door.say(f"{fault.code}  {fault.text('zh')}", f"{fault.code}  {fault.text('en')}")
    if bad:
        by_file = ", ".join(
            f"{file} {len({each['where'].get('row') for each in found})}" for file, found in files.items()
        )
        door.say(
            f"{whole['counts']['bad_rows']} 行未能读入,未参加撮合({by_file})", f"rows that could not be read and took no part: {whole['counts']['bad_rows']} ({by_file})"
        )  # fmt: skip


def _shown(door: Door, title: str, first: tuple[str, str], rows: list[Any]) -> None:
    door.table(title, [door.word(*first), *(door.word(*pair) for pair in RESULTS.values())], rows)
