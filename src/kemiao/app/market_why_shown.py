"""kemiao market explain, one-more, decline: the market that is asked about, and the answers for people."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from kemiao.app.door import Door
from kemiao.base.money import short_text
from kemiao.base.rates import percent_text
from kemiao.base.refusal import Refusal

if TYPE_CHECKING:
    from kemiao.credit.matching.clearing import Cleared

_PPM = ("rate_max",)
_WORDS = {"whole": "整笔", "split": "拆分", "syndicated": "银团", "no": "不要", "accept": "可以", "need": "必须"}
_FEN = ("amount", "least", "collateral_value")


def asked(
    door: Door, requests: Path | None, mandates: Path | None, covers: Path | None, call: str | None, seed: str | None, on: str | None,
    clears: str | None, policy: Path | None, churn: Path | None,
) -> Cleared | Refusal:  # fmt: skip
    """The market of a call of this home, or of files; cleared again, which gives what was published."""
    from kemiao.app.market_asked import asked_market
    from kemiao.bank.commands.market_clear_files import Posted
    from kemiao.credit.matching.clearing import clear

    found = asked_market(door, requests, mandates, covers, call, seed, on, clears, policy, churn)
    return clear(found.market, found.terms.rules, found.terms.churn) if isinstance(found, Posted) else found


def show_why(door: Door, why: dict[str, Any]) -> None:
    from kemiao.credit.matching.again import FULL
    from kemiao.credit.matching.explain import STATES

    door.text(
        f"{why['request']} ({why['company']})  {door.word('申请', 'asks for')} {short_text(why['amount_fen'], door.lang)}"
    )
    heads = [
        ("结果", "result"),
        ("金额", "amount"),
        ("资金", "mandate"),
        ("担保", "cover"),
        ("利率", "rate"),
        ("综合成本", "true cost"),
    ]
    names = {"stable": ("稳定匹配", "stable"), "best": ("最优配置", "best")}
    door.table("", [door.word(*head) for head in heads], [
        row for key, name in names.items() for row in _contracts(door, door.word(*name), why[key]["matches"])
    ])  # fmt: skip
    rows = []
    for each in why["mandates"]:
        said = "; ".join(door.word(term["zh"], term["en"]) for term in each["unmet"])
        first = next((option for option in each["options"] if option["state"] == each["state"]), None)
        value = "" if first is None else percent_text(first["value"]["value_ppm"])
        cut = percent_text(first["cut_off"]["value_ppm"]) if first is not None and first["cut_off"] else ""
        rows.append((each["mandate"], each["funder"], door.word(*STATES[each["state"]]), value, cut, said))
    door.table(
        door.word("逐笔资金(按稳定匹配)", "mandate by mandate, in the stable matching"),
        [door.word(*head) for head in (("资金", "mandate"), ("资金方", "funder"), ("结果", "what became of it"), ("对其价值", "worth to it"), ("录取线", "cut-off"), ("不符的条件", "terms not met"))],
        rows, ("没有资金", "there are no mandates"),
    )  # fmt: skip
    if why["clears"] == "best":
        door.text(door.word("以最优配置成交;名次、录取线与下面的改变说的是稳定匹配", "The best allocation counts; places, cut-offs and changes are of the stable matching"))  # fmt: skip
    if why["stable"]["amount_fen"] < why["amount_fen"]:
        verified = next((row["verified"] for row in why["changes"]), FULL)
        how = "完整重新撮合" if verified == FULL else "从原结果续撮合"
        door.table(
            door.word(f"能使它得到更多的改变:每项中找到的最小者,逐一以{how}验证", f"changes by which it would get more: of each kind the smallest found, each verified by {verified}"),
            [door.word(*head) for head in (("项目", "what"), ("现在", "now"), ("改为", "instead"), ("得到", "gets"), ("资金", "from"), ("能否自行改变", "in its own hand"))],
            [
                (door.word(row["zh"], row["en"]), _changed(door, row, "before"), _changed(door, row, "after"), short_text(row["amount_fen"], door.lang),
                 ", ".join(dict.fromkeys(match["mandate"] for match in row["matches"])), door.word("能" if row["in_hand"] else "不能", "yes" if row["in_hand"] else "no"))
                for row in why["changes"]
            ],
            ("没有找到能使它得到更多的改变", "no change was found by which it would get more"),
        )  # fmt: skip


def show_one_more(door: Door, more: dict[str, Any]) -> None:
    lang = door.lang
    side = door.word("资金", "mandate") if more["side"] == "mandate" else door.word("担保", "cover")
    title = door.word(f"{side} {more['name']} 增加 {short_text(more['step_fen'])}", f"{side} {more['name']}, {short_text(more['step_fen'], 'en')} more")  # fmt: skip
    best = more["best"]
    each = {key: f"{best[key] / 10**6:.4f}" for key in ("proven_low_ppm", "proven_high_ppm", "price_estimate_ppm")}

    def pair(key: str, result: str) -> str:
        return f"{short_text(more[result][key]['before'], lang)} → {short_text(more[result][key]['after'], lang)}"

    def row(zh: str, en: str, said: Any) -> tuple[str, str, str]:
        return door.word(zh, en), said("stable"), said("best")

    door.table(title, [door.word("项目", "what"), door.word("稳定匹配", "stable"), door.word("最优配置", "best")], [
        row("成交金额", "lent", lambda result: pair("lent_fen", result)),
        row("社会福利(年)", "welfare, a year", lambda result: pair("welfare_fen", result)),
        row("每多一元的福利", "welfare of each yuan more", lambda result: f"{more[result]['per_yuan_ppm'] / 10**6:.4f}"),
        row("多得的企业", "companies that get more", lambda result: f"{more[result]['reached']['more']['count']}: " + ", ".join(one["company"] for one in more[result]["reached"]["more"]["listed"][:5])),
        row("少得的企业", "companies that get less", lambda result: str(more[result]["reached"]["less"]["count"])),
        (door.word("已证明的范围", "proven range"), "", f"{each['proven_low_ppm']} … {each['proven_high_ppm']}"),
        (door.word("价格(估计)", "price (estimate)"), "", each["price_estimate_ppm"]),
    ])  # fmt: skip


def show_declining(door: Door, answer: dict[str, Any]) -> None:
    heads = [
        ("", ""),
        ("金额", "amount"),
        ("资金", "mandate"),
        ("担保", "cover"),
        ("利率", "rate"),
        ("综合成本", "true cost"),
    ]
    for offer in answer["offers"]:
        door.table(
            door.word(f"{answer['request']} 放弃要约", f"{answer['request']} declines its offer"), [door.word(*head) for head in heads],
            [*_contracts(door, door.word("放弃", "declined"), offer["declined"]), *_contracts(door, door.word("改得", "instead"), offer["instead"])],
        )  # fmt: skip
        lost = short_text(offer["value_fen"]["lost"], door.lang)
        door.text(door.word(f"每年损失(按其自己的价值){lost}", f"it loses {lost} a year, by its own measure"))
        place, less = offer["place"], offer["others"]["less"]
        names = ", ".join(one["company"] for one in place["listed"][:5])
        door.text(door.word(f"补上的:{place['count']} 家 {names};因此少得的 {less['count']} 家", f"who takes its place: {place['count']} {names}; who gets less by it: {less['count']}"))  # fmt: skip


def _contracts(door: Door, name: str, matches: list[dict[str, Any]]) -> list[tuple[str, ...]]:
    if not matches:
        return [(name, door.word("未成交", "nothing"), "", "", "", "")]
    return [
        (name, short_text(one["amount_fen"], door.lang), one["mandate"], one["cover"] or "", percent_text(one["rate_ppm"]), percent_text(one["cost_ppm"]))
        for one in matches
    ]  # fmt: skip


def _changed(door: Door, row: dict[str, Any], key: str) -> str:
    from kemiao.credit.matching.steps import DIMENSIONS

    value, name = row[key], row["dimension"]
    if value is None:
        return door.word("未知", "unknown")
    if isinstance(value, dict):
        return "; ".join(f"{door.word(*DIMENSIONS[part])} {_value(door, part, said)}" for part, said in value.items())
    return _value(door, name, value)


def _value(door: Door, name: str, value: Any) -> str:
    if value is None:
        return door.word("未知", "unknown")
    if isinstance(value, list):  # collateral may come with what it is worth
        words = [short_text(each, door.lang) if isinstance(each, int) else str(each) for each in value]
        return door.word("、", ", ").join(words) or door.word("无", "none")
    if name in _PPM:
        return percent_text(value, 4)
    if name in _FEN:
        return short_text(value, door.lang)
    return door.word(_WORDS.get(str(value), str(value)), str(value))
